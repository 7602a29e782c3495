//! What a server tells of itself: metrics and logs.

mod logs;
mod metrics;
mod traces;
