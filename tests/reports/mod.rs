//! Exports of reports.

mod archive;
mod exports;
mod refusals;
