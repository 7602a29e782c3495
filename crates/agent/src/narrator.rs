//! Who is told each step of a pass: the command line prints, a service is silent.

use std::time::Duration;

use crate::judge::Phase;
use crate::pass::RunReport;
use crate::run::Execution;

/// Hears each step of a pass, in order. Every method does nothing unless it is written otherwise.
pub trait Narrator {
    /// The device is enrolled: its id and its name.
    fn enrolled(&mut self, _device_id: &str, _device_name: &str) {}

    /// So many scripts are due.
    fn due(&mut self, _count: usize) {}

    /// A script of the name given begins to run.
    fn running(&mut self, _display_name: &str, _phase: Phase) {}

    /// It has run.
    fn finished(&mut self, _display_name: &str, _phase: Phase, _execution: &Execution) {}

    /// All phases of a script have run, and its state has been reported.
    fn ran(&mut self, _report: &RunReport) {}

    /// A script's state could not be reported, for the reason given.
    fn unreported(&mut self, _report: &RunReport, _reason: &str) {}

    /// A script that is due cannot be run nor reported, for the reason given.
    fn skipped(&mut self, _script_id: &str, _reason: &str) {}

    /// A request failed for the reason given; it is sent again after the wait.
    fn retrying(&mut self, _reason: &str, _wait: Duration) {}
}

/// Says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Narrator for Silent {}
