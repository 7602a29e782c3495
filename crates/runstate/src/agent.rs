//! `runstate agent run`: one pass of this device, told line by line.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use agent::run::Execution;
use agent::signature::TrustedKeys;
use agent::{AgentError, Credential, Enrolling, Narrator, Options, Phase, RunReport, Token};

use crate::Failure;
use crate::cli::AgentRunArguments;

/// The variable of the environment that may hold the token.
const TOKEN_VARIABLE: &str = "RUNSTATE_TOKEN";

/// More than any token has, in bytes.
const TOKEN_FILE_LIMIT: u64 = 64 << 10;

/// Makes one pass, or one after the other. The exit code is 0 if one came to its end, whatever the
/// scripts found.
pub(crate) fn run(arguments: &AgentRunArguments) -> Result<ExitCode, Failure> {
    let credential = credential(arguments, std::env::var_os(TOKEN_VARIABLE))?;
    let options = Options {
        require_signature: trusted_keys(arguments)?,
        ..options(arguments, credential)
    };
    let Some(every) = arguments.every else {
        pass(&options)?;
        return Ok(ExitCode::SUCCESS);
    };
    loop {
        match pass(&options) {
            // What the service or the network is to blame for may be better next time.
            Err(
                error @ (AgentError::Api(_)
                | AgentError::Unreachable { .. }
                | AgentError::Answer { .. }
                | AgentError::Unreported { .. }),
            ) => writeln!(anstream::stderr(), "runstate: {error}")?,
            ended => ended?,
        }
        std::thread::sleep(around(every));
    }
}

/// Gives this device another key.
pub(crate) fn rotate_key(arguments: &AgentRunArguments) -> Result<ExitCode, Failure> {
    let credential = credential(arguments, None)?;
    agent::rotate_key(
        &options(arguments, credential),
        &mut Console(anstream::stdout()),
    )?;
    writeln!(anstream::stdout(), "The device has another key.")?;
    Ok(ExitCode::SUCCESS)
}

/// A tenth sooner or later, so that devices that began together do not come together.
fn around(every: Duration) -> Duration {
    use std::hash::{BuildHasher, RandomState};
    let random = RandomState::new().hash_one(0_u8) % 2_001;
    every.mul_f64(0.9 + random as f64 / 10_000.0)
}

fn pass(options: &Options) -> Result<(), AgentError> {
    let mut out = anstream::stdout();
    let report = agent::run_once(options, &mut Console(anstream::stdout()))?;
    let skipped = match report.skipped.len() {
        0 => String::new(),
        count => format!(", {count} skipped"),
    };
    let ran = report.runs.len();
    // A terminal that goes away ends no pass.
    let _ = writeln!(out, "Done: {ran} run and reported{skipped}.");
    Ok(())
}

fn options(arguments: &AgentRunArguments, credential: Credential) -> Options {
    let defaults = Options::new(&arguments.server, credential);
    let arguments = arguments.clone();
    Options {
        device_name: arguments.device_name,
        device_key: arguments.device_key,
        serial_number: arguments.serial_number,
        groups: arguments.groups,
        user_id: arguments.user_id,
        user_principal_name: arguments.user_principal_name,
        state_dir: arguments.state_dir,
        work_dir: arguments.work_dir,
        timeout: arguments.timeout.unwrap_or(defaults.timeout),
        output_limit: arguments.output_limit.unwrap_or(defaults.output_limit),
        ca_file: arguments.ca_file,
        allow_http: arguments.insecure_http,
        ..defaults
    }
}

/// The keys whose signatures are demanded, if any are.
fn trusted_keys(arguments: &AgentRunArguments) -> Result<Option<TrustedKeys>, Failure> {
    let mut keys = TrustedKeys::default();
    for file in &arguments.trusted_keys {
        let added = read_token(file).map_err(|reason| reason.to_string());
        let added = added.and_then(|text| keys.add(&text).map_err(str::to_owned));
        added.map_err(|reason| format!("cannot use {}: {reason}", file.display()))?;
    }
    Ok(arguments.require_signature.then_some(keys))
}

/// How the device shows who it is: by the token of the command line, or of its file, or of the
/// environment, in this order; without one, by a key of its own.
fn credential(
    arguments: &AgentRunArguments,
    variable: Option<OsString>,
) -> Result<Credential, Failure> {
    let read = |file: &Path| {
        read_token(file).map_err(|reason| format!("cannot read {}: {reason}", file.display()))
    };
    let enrolls = arguments.enrollment_token.is_some() || arguments.enrollment_token_file.is_some();
    let text = match (&arguments.token, &arguments.token_file, variable) {
        (Some(token), _, _) => Some(token.clone()),
        (None, Some(file), _) => Some(read(file)?),
        (None, None, Some(variable)) if !enrolls => Some(
            variable
                .into_string()
                .map_err(|_| format!("{TOKEN_VARIABLE} is no text"))?,
        ),
        _ => None,
    };
    if let Some(text) = text {
        return Ok(Token::new(text)?.into());
    }
    let token = match (
        &arguments.enrollment_token,
        &arguments.enrollment_token_file,
    ) {
        (Some(token), _) => Some(Token::new(token)?),
        (None, Some(file)) => Some(Token::new(read(file)?)?),
        (None, None) => None,
    };
    Ok(Credential::Key(Enrolling {
        token,
        key_kind: arguments.key_type.into(),
        rotate_key_every: Some(arguments.rotate_key_every),
    }))
}

fn read_token(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(TOKEN_FILE_LIMIT)
        .read_to_string(&mut text)?;
    Ok(text)
}

/// Prints each step.
struct Console<W>(W);

impl<W: Write> Console<W> {
    /// A terminal that goes away does not end a pass: its states are reported all the same.
    fn line(&mut self, line: fmt::Arguments<'_>) {
        let _ = writeln!(self.0, "{line}");
    }
}

impl<W: Write> Narrator for Console<W> {
    fn enrolled(&mut self, device_id: &str, device_name: &str) {
        let (id, name) = (Printable(device_id), Printable(device_name));
        self.line(format_args!("Enrolled as {name}, device {id}."));
    }

    fn due(&mut self, count: usize) {
        match count {
            0 => self.line(format_args!("Nothing is due.")),
            1 => self.line(format_args!("1 script is due:")),
            _ => self.line(format_args!("{count} scripts are due:")),
        }
    }

    fn running(&mut self, display_name: &str, phase: Phase) {
        self.line(format_args!("  {}: {phase} …", Printable(display_name)));
    }

    fn finished(&mut self, display_name: &str, phase: Phase, execution: &Execution) {
        let name = Printable(display_name);
        let outcome = execution.outcome.to_string();
        let (outcome, seconds) = (Printable(&outcome), execution.duration.as_secs_f64());
        self.line(format_args!(
            "  {name}: {phase}: {outcome} ({seconds:.2} s)"
        ));
        for output in [&execution.stdout, &execution.stderr] {
            if let Some(first) = output.lines().find(|line| !line.trim().is_empty()) {
                self.line(format_args!("    | {}", Printable(first)));
            }
        }
    }

    fn ran(&mut self, report: &RunReport) {
        let name = Printable(&report.display_name);
        let state = report.run_state;
        let id = Printable(&report.state_id);
        match report.remediation_state {
            Some(remediation) => self.line(format_args!(
                "  {name}: {state}, remediation {remediation}; reported as {id}"
            )),
            None => self.line(format_args!("  {name}: {state}; reported as {id}")),
        }
    }

    fn unreported(&mut self, report: &RunReport, reason: &str) {
        let (name, reason) = (Printable(&report.display_name), Printable(reason));
        self.line(format_args!("  {name}: could not be reported: {reason}"));
    }

    fn skipped(&mut self, script_id: &str, reason: &str) {
        let (id, reason) = (Printable(script_id), Printable(reason));
        self.line(format_args!("  script {id}: skipped: {reason}"));
    }

    fn retrying(&mut self, reason: &str, wait: Duration) {
        let seconds = wait.as_secs_f64();
        self.line(format_args!(
            "{}; again in {seconds:.1} s",
            Printable(reason)
        ));
    }
}

/// A text from elsewhere, made fit for a terminal: control characters, which could move the cursor
/// or forge lines, and those that turn the direction of writing become U+FFFD; long texts are cut.
pub(crate) struct Printable<'a>(pub(crate) &'a str);

impl Printable<'_> {
    /// In characters.
    const LIMIT: usize = 400;
}

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use std::fmt::Write;
        let turns = |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        for (index, c) in self.0.chars().enumerate() {
            if index == Self::LIMIT {
                return f.write_char('…');
            }
            let unfit = c.is_control() || turns(c) || matches!(c, '\u{2028}' | '\u{2029}');
            f.write_char(if unfit {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
