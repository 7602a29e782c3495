//! How devices get their identity, and what is refused to those that have none or another's.

mod assertions;
mod clones;
mod enrolment;
pub(crate) mod holder;
