//! Which program runs a script: its first line says so.
//!
//! The line is read here and not by the kernel, so that a line break of Windows does no harm and a
//! missing interpreter is named in the run state instead of ending in a shell's exit code.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// UTF-8's byte order mark: editors of Windows leave it, and no interpreter of Unix takes it.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The program that runs a script, and the one argument its first line may give it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Interpreter {
    pub(crate) program: PathBuf,
    pub(crate) argument: Option<OsString>,
}

/// The script without a byte order mark.
pub(crate) fn without_mark(content: &[u8]) -> &[u8] {
    content.strip_prefix(BYTE_ORDER_MARK).unwrap_or(content)
}

/// Reads the `#!` line: an absolute path and at most one argument, or `/usr/bin/env NAME`, which is
/// looked for in `search_path`. Without one it is `/bin/sh`.
///
/// # Errors
/// The reason, if the line names no program that can be run.
pub(crate) fn interpreter(content: &[u8], search_path: &str) -> Result<Interpreter, String> {
    let Some(rest) = without_mark(content).strip_prefix(b"#!") else {
        return Ok(Interpreter {
            program: PathBuf::from("/bin/sh"),
            argument: None,
        });
    };
    let line = rest
        .split(|&byte| byte == b'\n')
        .next()
        .unwrap_or_default()
        .trim_ascii();
    if line.contains(&0) {
        return Err("the #! line holds a NUL".to_owned());
    }
    let end = line
        .iter()
        .position(|byte| matches!(byte, b' ' | b'\t'))
        .unwrap_or(line.len());
    let (program, argument) = line.split_at(end);
    let program = Path::new(OsStr::from_bytes(program));
    let argument = argument.trim_ascii();
    if !program.is_absolute() {
        return Err(format!(
            "the #! line names no absolute path: {}",
            program.display()
        ));
    }
    let is_env = program == Path::new("/usr/bin/env") || program == Path::new("/bin/env");
    if is_env && is_plain_name(argument) {
        let program = find(OsStr::from_bytes(argument), search_path)?;
        return Ok(Interpreter {
            program,
            argument: None,
        });
    }
    if !is_executable(program) {
        return Err(format!("the interpreter {} is missing", program.display()));
    }
    let argument = (!argument.is_empty()).then(|| OsStr::from_bytes(argument).to_owned());
    Ok(Interpreter {
        program: program.to_owned(),
        argument,
    })
}

/// Whether `env` would take it for the name of a program: no option, no variable.
fn is_plain_name(argument: &[u8]) -> bool {
    !argument.is_empty()
        && !argument.starts_with(b"-")
        && !argument
            .iter()
            .any(|byte| matches!(byte, b' ' | b'\t' | b'=' | b'/'))
}

fn find(name: &OsStr, search_path: &str) -> Result<PathBuf, String> {
    let candidates = search_path.split(':').map(|dir| Path::new(dir).join(name));
    candidates
        .into_iter()
        .find(|path| is_executable(path))
        .ok_or_else(|| {
            format!(
                "the interpreter {} is missing; looked for in {search_path}",
                name.display()
            )
        })
}

fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PATH: &str = "/nowhere:/usr/bin:/bin";

    fn check(content: &str, expected: Result<(&str, Option<&str>), &str>) {
        let found = interpreter(content.as_bytes(), PATH);
        match (&found, expected) {
            (Ok(found), Ok((program, argument))) => {
                assert_eq!(found.program, Path::new(program), "{content:?}");
                assert_eq!(
                    found.argument.as_deref(),
                    argument.map(OsStr::new),
                    "{content:?}"
                );
            }
            (Err(reason), Err(part)) => assert!(reason.contains(part), "{content:?}: {reason}"),
            _ => panic!("{content:?}: {found:?}"),
        }
    }

    #[test]
    fn the_first_line_names_the_interpreter() {
        check("", Ok(("/bin/sh", None)));
        check("echo #!/bin/cat", Ok(("/bin/sh", None)));
        check(" #!/bin/cat", Ok(("/bin/sh", None)));
        check("#!/bin/cat", Ok(("/bin/cat", None)));
        check("#!/bin/cat\r\nx", Ok(("/bin/cat", None)));
        check("\u{FEFF}#!/bin/cat\r\nx", Ok(("/bin/cat", None)));
        check("#! \t/bin/sh -e -u \t\nx", Ok(("/bin/sh", Some("-e -u"))));
        check("#!/usr/bin/env cat\r\n", Ok(("/usr/bin/cat", None)));
        check(
            "#!/usr/bin/env -S cat -n\n",
            Ok(("/usr/bin/env", Some("-S cat -n"))),
        );
        check("#!/usr/bin/env\n", Ok(("/usr/bin/env", None)));
        check("#!\n", Err("no absolute path"));
        check("#!", Err("no absolute path"));
        check("#!sh\n", Err("no absolute path"));
        check("#!/no/such -x\n", Err("/no/such is missing"));
        check("#!/etc/passwd\n", Err("/etc/passwd is missing"));
        check("#!/tmp\n", Err("/tmp is missing"));
        check(
            "#!/usr/bin/env no-such-program\n",
            Err("no-such-program is missing"),
        );
        check("#!/bin/s\0h\n", Err("NUL"));
    }

    proptest! {
        #[test]
        fn any_line_is_read_or_refused(mut content: Vec<u8>) {
            content.splice(0..0, *b"#!/usr/bin/env ");
            if let Ok(found) = interpreter(&content, PATH) {
                prop_assert!(found.program.is_absolute());
            }
        }
    }
}
