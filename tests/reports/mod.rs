//! Exports of reports.

pub(crate) mod archive;
mod exports;
mod refusals;
