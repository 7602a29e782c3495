//! The five seed documents, replayed literally, and what their operations promise beyond the
//! examples.

mod bulk;
mod dates;
mod documents;
mod examples;
mod member;
mod reference;
mod through_user;
