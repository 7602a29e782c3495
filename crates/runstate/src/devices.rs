//! `runstate enrollment-token` and `runstate device`: what administrators do on the host with the
//! identities of devices, beside the servers.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use service::{DeviceIdentities, KnownDevice, NewEnrollmentToken, identity};
use tokio::runtime::Runtime;

use crate::Failure;
use crate::agent::Printable;
use crate::cli::{
    CreateTokenArguments, DeviceCommand, EnrollmentTokenCommand, PlaceArguments, ReleaseArguments,
};
use crate::wire;

/// 100 ns ticks of a second.
const TICKS: i64 = 10_000_000;

/// Makes, lists or deletes enrolment tokens.
pub(crate) fn enrollment_token(command: &EnrollmentTokenCommand) -> Result<ExitCode, Failure> {
    Runtime::new()?.block_on(async {
        match command {
            EnrollmentTokenCommand::Create(arguments) => create(arguments).await,
            EnrollmentTokenCommand::List(place) => list_tokens(&open(place)?).await,
            EnrollmentTokenCommand::Delete(arguments) => {
                match open(&arguments.place)?.delete_token(&arguments.id).await? {
                    true => Ok(()),
                    false => Err(format!("there is no enrolment token {}", arguments.id).into()),
                }
            }
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Lists, approves, revokes or releases devices.
pub(crate) fn device(command: &DeviceCommand) -> Result<ExitCode, Failure> {
    Runtime::new()?.block_on(async {
        match command {
            DeviceCommand::List(place) => list_devices(&open(place)?).await,
            DeviceCommand::Approve(one) => Ok(open(&one.place)?.approve(&one.id).await?),
            DeviceCommand::Revoke(one) => Ok(open(&one.place)?.revoke(&one.id).await?),
            DeviceCommand::Release(arguments) => release(arguments).await,
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

fn open(place: &PlaceArguments) -> Result<DeviceIdentities, Failure> {
    wire::devices(&place.data.data_dir, place.database.url.as_ref())
}

async fn create(arguments: &CreateTokenArguments) -> Result<(), Failure> {
    let place = &arguments.place;
    let identities = open(place)?;
    let tenant = identity::SigningKeys::new(identities.core())?
        .tenant()
        .await?;
    let seconds = i64::try_from(arguments.expires.as_secs()).unwrap_or(i64::MAX);
    let wanted = NewEnrollmentToken {
        uses: arguments.uses,
        lifetime: seconds.saturating_mul(TICKS),
        group_ids: arguments.groups.clone(),
        needs_approval: arguments.approval,
        may_replace: arguments.allow_replace,
    };
    let text = identities.create_token(wanted, tenant).await?;
    writeln!(anstream::stdout(), "{text}")?;
    Ok(())
}

async fn list_tokens(identities: &DeviceIdentities) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for token in identities.tokens().await? {
        let mut notes = Vec::new();
        if token.needs_approval {
            notes.push("approval".to_owned());
        }
        if token.may_replace {
            notes.push("allow-replace".to_owned());
        }
        notes.extend(token.group_ids.iter().map(|id| format!("group {id}")));
        rows.push([
            token.id,
            format!("{} of {} left", token.uses_left, token.uses),
            token.expires.to_string(),
            notes.join(", "),
        ]);
    }
    print(["ID", "USES", "EXPIRES", "NOTES"], &rows)
}

async fn list_devices(identities: &DeviceIdentities) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for device in identities.devices().await? {
        let since = device.key_since.map(|since| since.to_string());
        let state = match device.replaceable {
            true => format!("{}, may get a new key", device.registration),
            false => device.registration,
        };
        rows.push([device.id, state, since.unwrap_or_default(), device.name]);
    }
    print(["ID", "STATE", "KEY SINCE", "NAME"], &rows)
}

async fn release(arguments: &ReleaseArguments) -> Result<(), Failure> {
    let identities = open(&arguments.place)?;
    match &arguments.id {
        Some(id) if arguments.new_key => identities.allow_new_key(id).await?,
        Some(id) => identities.release(id).await?,
        None => {
            let in_conflict = |device: &KnownDevice| device.registration == "keyConflict";
            for device in identities
                .devices()
                .await?
                .iter()
                .filter(|d| in_conflict(d))
            {
                identities.release(&device.id).await?;
                writeln!(anstream::stdout(), "{}", device.id)?;
            }
        }
    }
    Ok(())
}

/// Prints a table. What it holds may come from devices.
fn print<const N: usize>(
    head: [&str; N],
    rows: &[[impl AsRef<str> + Display; N]],
) -> Result<(), Failure> {
    let cell = |text: &str| Printable(text).to_string();
    let mut lines = vec![head.map(cell)];
    lines.extend(
        rows.iter()
            .map(|row| row.each_ref().map(|text| cell(text.as_ref()))),
    );
    let widths: [usize; N] = std::array::from_fn(|column| {
        let widths = lines.iter().map(|line| line[column].chars().count());
        widths.max().unwrap_or(0)
    });
    let mut out = anstream::stdout();
    for line in lines {
        let cells = line.iter().zip(widths);
        let padded: Vec<String> = cells
            .map(|(text, width)| format!("{text:width$}"))
            .collect();
        writeln!(out, "{}", padded.join("  ").trim_end())?;
    }
    Ok(())
}
