use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::*;

const SCRIPT: &[u8] = b"#!/bin/sh\necho mended\n";

fn statement() -> Statement {
    Statement {
        name: "Mend".to_owned(),
        script_type: "deviceHealthScript".to_owned(),
        role: "remediation".to_owned(),
        run_as: "system".to_owned(),
        signed: 1_700_000_000,
    }
}

fn purpose() -> Purpose<'static> {
    Purpose {
        name: "Mend",
        script_type: "deviceHealthScript",
        role: "remediation",
        account: Account::System,
    }
}

struct Signer(Ed25519KeyPair);

impl Signer {
    fn new() -> Self {
        Self(Ed25519KeyPair::generate().unwrap())
    }

    fn trusted(&self) -> TrustedKeys {
        let key = [b"Ed12345678", self.0.public_key().as_ref()].concat();
        let mut keys = TrustedKeys::default();
        let text = format!(
            "untrusted comment: a key\n{}\n",
            BASE64_STANDARD.encode(key)
        );
        keys.add(&text).unwrap();
        keys
    }

    fn sign(&self, content: &[u8], comment: &str) -> Vec<u8> {
        let signature = self.0.sign(content);
        let global = [signature.as_ref(), comment.as_bytes()].concat();
        let head = [b"Ed12345678", signature.as_ref()].concat();
        let minisig = format!(
            "untrusted comment: x\n{}\ntrusted comment: {comment}\n{}\n",
            BASE64_STANDARD.encode(head),
            BASE64_STANDARD.encode(self.0.sign(&global))
        );
        attach(content, &minisig).unwrap()
    }

    fn sign_for(&self, content: &[u8], statement: &Statement) -> Vec<u8> {
        self.sign(content, &serde_json::to_string(statement).unwrap())
    }
}

#[test]
fn what_was_signed_is_what_runs() {
    let signer = Signer::new();
    let signed = signer.sign_for(SCRIPT, &statement());
    let found = signer.trusted().check(&signed, purpose());
    assert_eq!(found, Ok((SCRIPT, statement())));
}

#[test]
fn a_script_runs_as_what_it_was_signed_for_alone() {
    let signer = Signer::new();
    let signed = signer.sign_for(SCRIPT, &statement());
    let refused = |purpose: Purpose<'_>, named: &str| {
        let said = signer.trusted().check(&signed, purpose).unwrap_err();
        assert!(said.contains(named), "{said}");
    };
    refused(
        Purpose {
            name: "Other",
            ..purpose()
        },
        "name",
    );
    refused(
        Purpose {
            script_type: "deviceShellScript",
            ..purpose()
        },
        "type",
    );
    refused(
        Purpose {
            role: "detection",
            ..purpose()
        },
        "role",
    );
    refused(
        Purpose {
            account: Account::User,
            ..purpose()
        },
        "runAs",
    );
    refused(
        Purpose {
            account: Account::Unknown,
            ..purpose()
        },
        "runAs",
    );
}

#[test]
fn whatever_a_hostile_server_makes_of_it_does_not_run() {
    let (signer, other) = (Signer::new(), Signer::new());
    let signed = signer.sign_for(SCRIPT, &statement());
    let refused = |content: &[u8]| {
        let found = signer.trusted().check(content, purpose());
        assert!(found.is_err(), "{}", String::from_utf8_lossy(content));
    };
    refused(b"");
    refused(SCRIPT);
    refused(&other.sign_for(SCRIPT, &statement()));
    refused(&signer.sign(SCRIPT, "timestamp:1700000000\tfile:mend.sh"));
    refused(&signer.sign(SCRIPT, r#"{"name":"Mend"}"#));
    let replace = |from: &str, to: &str| {
        String::from_utf8(signed.clone())
            .unwrap()
            .replace(from, to)
            .into_bytes()
    };
    refused(&replace("echo mended", "echo broken"));
    refused(&replace("remediation", "detection"));
    refused(&replace("trusted comment: {", "trusted comment:  {"));
    refused(&[b"reboot\n", signed.as_slice()].concat());
    refused(&[signed.as_slice(), b"reboot\n"].concat());
    refused(&[signed.as_slice(), b"\n"].concat());
    // The signature of one at the end of another.
    let block = &signed[SCRIPT.len()..];
    refused(&[b"reboot\n", block].concat());
    refused(&[b"reboot\n", signed.as_slice(), block].concat());
    for length in 0..signed.len() - 1 {
        refused(&signed[..length]);
    }
    for at in 0..signed.len() - 1 {
        let mut changed = signed.clone();
        changed[at] ^= 1;
        // What nobody vouches for is the untrusted comment, and the number of the key is no secret.
        let unsigned = signer.trusted().check(&changed, purpose());
        assert!(
            unsigned.is_err() || unsigned == Ok((SCRIPT, statement())),
            "{at}"
        );
    }
}

#[test]
fn keys_that_are_none() {
    for text in ["", "untrusted comment: x\n", "RW", "RWQ!", "RUQxMjM="] {
        assert!(TrustedKeys::default().add(text).is_err(), "{text}");
    }
    assert!(attach(b"no line feed", "a\nb\nc\nd\n").is_err());
    assert!(attach(b"x\n", "a\nb\n").is_err());
}
