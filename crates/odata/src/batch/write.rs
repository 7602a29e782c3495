//! Writes the answers of a batch, as JSON (OData JSON Format 4.01, section 19.5) or as parts
//! (Protocol, section 11.7.7.5).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

use super::{Answer, header, is_json, is_text, write_message};
use crate::json::write_string;

/// Writes the object of a batch's answers.
pub fn write_json(out: &mut Vec<u8>, answers: &[Answer]) {
    out.extend_from_slice(b"{\"responses\":[");
    for (index, answer) in answers.iter().enumerate() {
        out.extend_from_slice(if index == 0 { b"{" } else { b",{" });
        for (name, value) in [("id", &answer.id), ("atomicityGroup", &answer.group)] {
            if let Some(value) = value {
                write_string(out, name);
                out.push(b':');
                write_string(out, value);
                out.push(b',');
            }
        }
        out.extend_from_slice(format!("\"status\":{},\"headers\":{{", answer.status).as_bytes());
        for (at, (name, value)) in answer.headers.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            write_string(out, name);
            out.push(b':');
            write_string(out, value);
        }
        out.push(b'}');
        write_body(out, answer);
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
}

/// The member `body`: JSON as it is, text as a string, anything else as base64url.
fn write_body(out: &mut Vec<u8>, answer: &Answer) {
    if answer.body.is_empty() {
        return;
    }
    out.extend_from_slice(b",\"body\":");
    let media = header::get(&answer.headers, "content-type").map_or("", header::media_type);
    if is_json(media) {
        out.extend_from_slice(&answer.body);
        return;
    }
    match std::str::from_utf8(&answer.body) {
        Ok(text) if is_text(media) => write_string(out, text),
        _ => write_string(out, &URL_SAFE.encode(&answer.body)),
    }
}

/// Writes the parts of a batch's answers between lines with a boundary, which must not occur in
/// them. Answers of the same change set that stand together are a part of their own.
pub fn write_multipart(out: &mut Vec<u8>, boundary: &str, answers: &[Answer]) {
    let mut change_set: Option<(&str, String)> = None;
    let mut change_sets = 0_usize;
    for answer in answers {
        let group = answer.group.as_deref();
        let continues = matches!((&change_set, group), (Some((open, _)), Some(g)) if *open == g);
        if !continues {
            close(out, change_set.take());
            if let Some(group) = group {
                // It may not begin as the outer one does (RFC 2046, section 5.1.2).
                let inner = format!("cs{change_sets}_{boundary}");
                change_sets += 1;
                delimit(out, boundary);
                let head = format!("Content-Type: multipart/mixed; boundary=\"{inner}\"\r\n\r\n");
                out.extend_from_slice(head.as_bytes());
                change_set = Some((group, inner));
            }
        }
        let around = change_set.as_ref().map_or(boundary, |(_, inner)| inner);
        delimit(out, around);
        out.extend_from_slice(b"Content-Type: application/http\r\n");
        out.extend_from_slice(b"Content-Transfer-Encoding: binary\r\n");
        if let Some(id) = &answer.id {
            out.extend_from_slice(format!("Content-ID: {id}\r\n").as_bytes());
        }
        out.extend_from_slice(b"\r\n");
        write_message(out, answer);
        out.extend_from_slice(b"\r\n");
    }
    close(out, change_set);
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
}

fn delimit(out: &mut Vec<u8>, boundary: &str) {
    out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
}

fn close(out: &mut Vec<u8>, change_set: Option<(&str, String)>) {
    if let Some((_, inner)) = change_set {
        out.extend_from_slice(format!("--{inner}--\r\n").as_bytes());
    }
}
