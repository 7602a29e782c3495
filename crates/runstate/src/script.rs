//! `runstate script`: signs scripts where the administrator's key is, far from any server.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use agent::signature::{Statement, attach};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::Failure;
use crate::cli::{KeygenArguments, Role, RunAs, ScriptCommand, SignArguments, StatementArguments};

/// What the file of a secret key begins with.
const SECRET: &str = "runstate script signing key, Ed25519, PKCS #8: keep it secret";
/// The algorithm of minisign's signatures of the content itself, and of its public keys.
const ALGORITHM: &[u8] = b"Ed";

/// Makes a key, signs a script, or says what minisign must sign.
pub(crate) fn run(command: &ScriptCommand) -> Result<ExitCode, Failure> {
    match command {
        ScriptCommand::Keygen(arguments) => keygen(arguments)?,
        ScriptCommand::Sign(arguments) => {
            anstream::stdout().write_all(&sign(arguments)?)?;
        }
        ScriptCommand::Comment(arguments) => {
            writeln!(anstream::stdout(), "{}", statement(arguments)?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn keygen(arguments: &KeygenArguments) -> Result<(), Failure> {
    let pair = Ed25519KeyPair::generate().map_err(|_| "the system cannot make a key")?;
    let secret = pair
        .to_pkcs8()
        .map_err(|_| "the system cannot make a key")?;
    let secret = format!("{SECRET}\n{}\n", BASE64_STANDARD.encode(secret.as_ref()));
    let public = [ALGORITHM, &number(&pair), pair.public_key().as_ref()].concat();
    let public = format!(
        "untrusted comment: runstate script signing key\n{}\n",
        BASE64_STANDARD.encode(public)
    );
    create(&arguments.secret_key, &secret, 0o600)?;
    create(&arguments.public_key, &public, 0o644)
}

/// The number of a key, by which minisign finds it: the beginning of the public key.
fn number(pair: &Ed25519KeyPair) -> [u8; 8] {
    let mut number = [0; 8];
    for (to, from) in number.iter_mut().zip(pair.public_key().as_ref()) {
        *to = *from;
    }
    number
}

/// Writes a file that was not there.
fn create(path: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode; // There, the access list that is inherited from the directory decides.
    let written = options.open(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|reason| format!("cannot create {}: {reason}", path.display()).into())
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|reason| format!("cannot read {}: {reason}", path.display()).into())
}

/// What a script is signed for, as a line.
fn statement(arguments: &StatementArguments) -> Result<String, Failure> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let role = match arguments.role {
        Role::Detection => "detection",
        Role::Remediation => "remediation",
        Role::Script => "script",
    };
    let run_as = match arguments.run_as {
        RunAs::System => "system",
        RunAs::User => "user",
    };
    Ok(serde_json::to_string(&Statement {
        name: arguments.name.clone(),
        script_type: arguments.script_type.clone(),
        role: role.to_owned(),
        run_as: run_as.to_owned(),
        signed: i64::try_from(since.as_secs())?,
    })?)
}

/// The script with its signature.
fn sign(arguments: &SignArguments) -> Result<Vec<u8>, Failure> {
    let mut content = read(&arguments.script)?;
    if let Some(minisig) = &arguments.minisig {
        return Ok(attach(&content, &String::from_utf8(read(minisig)?)?)?);
    }
    let (Some(key), Some(about)) = (&arguments.key, &arguments.statement) else {
        return Err("say --key, --name, --type and --role, or --minisig".into());
    };
    if !content.ends_with(b"\n") {
        content.push(b'\n');
    }
    let pair = secret_key(key)?;
    let comment = statement(about)?;
    // The format of minisign: the signature of the content, then that of both it and the comment.
    let signature = pair.sign(&content);
    let global = pair.sign(&[signature.as_ref(), comment.as_bytes()].concat());
    let signature = [ALGORITHM, &number(&pair), signature.as_ref()].concat();
    let minisig = format!(
        "untrusted comment: signature of a script for runstate\n{}\ntrusted comment: {comment}\n{}\n",
        BASE64_STANDARD.encode(signature),
        BASE64_STANDARD.encode(global)
    );
    Ok(attach(&content, &minisig)?)
}

fn secret_key(path: &Path) -> Result<Ed25519KeyPair, Failure> {
    let none = || format!("{} holds no key of runstate script keygen", path.display());
    let text = String::from_utf8(read(path)?).map_err(|_| none())?;
    let key = text.strip_prefix(SECRET).ok_or_else(none)?;
    let key = BASE64_STANDARD.decode(key.trim()).map_err(|_| none())?;
    Ok(Ed25519KeyPair::from_pkcs8(&key).map_err(|_| none())?)
}
