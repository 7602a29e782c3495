//! What the demonstration says. It goes on when nobody listens any more: its exit code counts.

use std::fmt::Display;
use std::io::Write;

use agent::run::{Execution, Outcome};
use agent::{Narrator, Phase};
use anstyle::{AnsiColor, Style};

use super::graph::ROOT;
use crate::agent::Printable;

const TITLE: Style = Style::new().bold();
const QUIET: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Yellow.on_default();
const TELLING: Style = AnsiColor::Cyan.on_default().bold();

/// Writes lines; the stream drops the colours where they are not wanted.
pub(super) struct Narration<W> {
    out: W,
    step: usize,
}

impl<W: Write> Narration<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, step: 0 }
    }

    fn write(&mut self, line: impl Display) {
        let _ = writeln!(self.out, "{line}");
    }

    pub(super) fn title(&mut self, text: &str) {
        self.write(format_args!("{TITLE}{text}{TITLE:#}"));
    }

    /// The headline of the next step.
    pub(super) fn step(&mut self, text: &str) {
        self.step += 1;
        let step = self.step;
        self.write("");
        self.write(format_args!("{TITLE}{step}. {text}{TITLE:#}"));
    }

    pub(super) fn line(&mut self, text: impl Display) {
        self.write(format_args!("   {text}"));
    }

    pub(super) fn request(&mut self, method: &str, path: &str, status: u16) {
        self.write(format_args!(
            "   {method:<4} {QUIET}{ROOT}{QUIET:#}{path} {QUIET}->{QUIET:#} {GOOD}{status}{GOOD:#}"
        ));
    }

    /// A laid-out JSON text, whose lines with one of the members named stand out.
    pub(super) fn json(&mut self, text: &str, telling: &[&str]) {
        for line in text.lines() {
            let style = if names_one(line, telling) {
                TELLING
            } else {
                QUIET
            };
            self.write(format_args!("   {style}{line}{style:#}"));
        }
    }

    /// The lines of a laid-out JSON text with one of the members named.
    pub(super) fn excerpt(&mut self, text: &str, telling: &[&str]) {
        for line in text.lines().filter(|line| names_one(line, telling)) {
            let line = line.trim_end_matches(',');
            self.write(format_args!("   {TELLING}{line}{TELLING:#}"));
        }
    }

    /// An empty line.
    pub(super) fn pause(&mut self) {
        self.write("");
    }

    /// What is good at last.
    pub(super) fn success(&mut self, text: impl Display) {
        self.write("");
        self.write(format_args!("{GOOD}{text}{GOOD:#}"));
    }
}

/// Whether a line holds one of the members named.
fn names_one(line: &str, names: &[&str]) -> bool {
    let member = line.trim_start().strip_prefix('"');
    let name = member.and_then(|rest| rest.split_once('"'));
    name.is_some_and(|(name, _)| names.contains(&name))
}

impl<W: Write> Narrator for Narration<W> {
    fn enrolled(&mut self, _device_id: &str, device_name: &str) {
        let name = Printable(device_name);
        self.line(format_args!("{name} enrols and asks what is due."));
    }

    fn finished(&mut self, _display_name: &str, phase: Phase, execution: &Execution) {
        let style = match execution.outcome {
            Outcome::Exited(0) => GOOD,
            _ => BAD,
        };
        let outcome = match &execution.outcome {
            Outcome::Exited(code) => format!("exit code {code}"),
            other => other.to_string(),
        };
        let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
        let said = match first(&execution.stdout) {
            said if said.is_empty() => first(&execution.stderr),
            said => said,
        };
        let (outcome, said) = (Printable(&outcome), Printable(&said));
        let line = format!(
            "{:<28} {style}{outcome}{style:#}  {said}",
            phase.to_string()
        );
        self.line(line.trim_end());
    }

    fn retrying(&mut self, reason: &str, wait: std::time::Duration) {
        let (reason, seconds) = (Printable(reason), wait.as_secs_f64());
        self.line(format_args!("{reason}; again in {seconds:.1} s"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_terminal_that_goes_away_ends_nothing() {
        let mut narration = Narration::new(Gone);
        narration.step("On");
        narration.json("{}", &[]);
        narration.success("Done");
    }

    #[test]
    fn members_named_stand_out() {
        let mut out = Vec::new();
        Narration::new(&mut out).json("{\n  \"a\": \"b\",\n  \"b\": 1\n}", &["b"]);
        let out = String::from_utf8(out).unwrap();
        let telling: Vec<_> = out
            .lines()
            .filter(|line| line.contains(&TELLING.to_string()))
            .collect();
        assert_eq!(telling.len(), 1, "{out}");
        assert!(telling[0].contains("\"b\": 1"), "{out}");
        let mut out = Vec::new();
        Narration::new(&mut out).excerpt("{\n  \"a\": \"b\",\n  \"b\": 1\n}", &["a"]);
        let out = anstream::adapter::strip_bytes(&out).into_vec();
        assert_eq!(out, b"     \"a\": \"b\"\n");
    }
}
