//! `runstate audit`: checks and exports the audit events, beside running servers.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use service::ExportFormat;
use tokio::runtime::Runtime;

use crate::Failure;
use crate::cli::{AuditCommand, AuditExportArguments, AuditFormat, AuditVerifyArguments};
use crate::wire;

pub(crate) fn run(command: &AuditCommand) -> Result<ExitCode, Failure> {
    match command {
        AuditCommand::Verify(arguments) => verify(arguments),
        AuditCommand::Export(arguments) => export(arguments),
    }
}

fn verify(arguments: &AuditVerifyArguments) -> Result<ExitCode, Failure> {
    let (data, database) = (&arguments.data.data_dir, arguments.database.url.as_ref());
    let (core, graph) = wire::core_and_graph(data, database)?;
    let verified = service::verify_audit(&core, &graph, &arguments.expected);
    let verified = Runtime::new()?.block_on(verified)?;
    let mut out = io::stdout().lock();
    for head in &verified.heads {
        writeln!(out, "{head}")?;
    }
    match verified.fault {
        Some(fault) => Err(fault.into()),
        None => Ok(ExitCode::SUCCESS),
    }
}

fn export(arguments: &AuditExportArguments) -> Result<ExitCode, Failure> {
    let (data, database) = (&arguments.data.data_dir, arguments.database.url.as_ref());
    let (core, graph) = wire::core_and_graph(data, database)?;
    let format = match arguments.format {
        AuditFormat::Jsonl => ExportFormat::JsonLines,
        AuditFormat::Csv => ExportFormat::Csv,
    };
    let out: Box<dyn Write + Send> = match &arguments.output {
        Some(path) => {
            let file = OpenOptions::new().write(true).create_new(true).open(path);
            Box::new(file.map_err(|reason| format!("cannot create {}: {reason}", path.display()))?)
        }
        None => Box::new(io::stdout()),
    };
    let mut out = BufWriter::new(out);
    let written = service::export_audit(&core, &graph, format, &mut out);
    Runtime::new()?.block_on(written)?;
    Ok(ExitCode::SUCCESS)
}
