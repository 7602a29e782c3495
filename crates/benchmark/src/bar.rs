//! Progress on standard error: a bar on a terminal; elsewhere, such as in a log, a line now and then.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often a log gets a line.
const SELDOM: Duration = Duration::from_secs(30);

/// The part that is being done.
static CURRENT: Mutex<Option<Part>> = Mutex::new(None);

struct Part {
    name: String,
    length: u64,
    position: u64,
    told: Instant,
    /// On a terminal.
    bar: Option<ProgressBar>,
}

impl Part {
    fn new(name: &str, length: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(length).with_message(name.to_owned());
            let template = "{msg} [{wide_bar}] {human_pos}/{human_len}, {eta} left";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar
        });
        Self {
            name: name.to_owned(),
            length,
            position: 0,
            told: Instant::now(),
            bar,
        }
    }

    fn moved(&mut self) {
        match &self.bar {
            Some(bar) => {
                bar.set_position(self.position);
                bar.set_message(self.name.clone());
            }
            None if self.told.elapsed() >= SELDOM => {
                self.told = Instant::now();
                let Self {
                    name,
                    length,
                    position,
                    ..
                } = self;
                say(&format!("{name}: {position} of {length}"));
            }
            None => {}
        }
    }
}

fn say(line: &str) {
    // Progress that cannot be shown stops nothing.
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn with(act: impl FnOnce(&mut Option<Part>)) {
    act(&mut CURRENT.lock().unwrap_or_else(PoisonError::into_inner));
}

/// Begins a part of so many steps; the one before it is over.
pub(crate) fn begin(name: &str, length: u64) {
    with(|current| {
        if let Some(bar) = current.take().and_then(|part| part.bar) {
            bar.finish_and_clear();
        }
        *current = Some(Part::new(name, length));
    });
}

/// So many more steps are done.
pub(crate) fn advance(steps: u64) {
    with(|current| {
        if let Some(part) = current {
            part.position += steps;
            part.moved();
        }
    });
}

/// What the part is about at the moment.
pub(crate) fn about(name: &str) {
    with(|current| match current {
        Some(part) => {
            name.clone_into(&mut part.name);
            part.moved();
        }
        None => *current = Some(Part::new(name, 1)),
    });
}

/// Says that a part is done, in place of its bar.
pub(crate) fn done(message: &str) {
    with(|current| {
        if let Some(bar) = current.take().and_then(|part| part.bar) {
            bar.finish_and_clear();
        }
    });
    say(message);
}
