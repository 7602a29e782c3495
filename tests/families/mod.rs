//! The five families: scripts, what hangs on them, and how it moves together.

mod assignments;
mod counters;
mod deletion;
mod device_view;
mod devices;
mod dispatch;
mod filters;
mod history;
mod on_demand;
mod outages;
mod overview;
mod scripts;
mod storm;
mod summaries;
mod users;
