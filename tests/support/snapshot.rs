//! Answers with what differs from run to run named instead of shown.

use serde_json::{Value, json};

use super::Answer;

/// The status, the headers that clients read and the body of an answer. Texts that differ from run
/// to run are replaced, longest first, by their names; times of the server by `[now]`.
pub(crate) fn shape_of(answer: &Answer, names: &[(&str, &str)]) -> Value {
    let mut names = names.to_vec();
    names.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
    let headers = [
        "content-type",
        "odata-version",
        "location",
        "preference-applied",
    ];
    let headers: Vec<Value> = headers
        .iter()
        .filter_map(|name| answer.header(name).map(|value| (*name, value)))
        .map(|(name, value)| json!(format!("{name}: {}", replace(value, &names))))
        .collect();
    let mut body = if answer.body.is_empty() {
        Value::Null
    } else {
        answer.json()
    };
    rename(&mut body, &names);
    json!({ "status": answer.status, "headers": headers, "body": body })
}

fn replace(text: &str, names: &[(&str, &str)]) -> String {
    names.iter().fold(text.to_owned(), |text, (value, name)| {
        text.replace(value, &format!("[{name}]"))
    })
}

fn rename(value: &mut Value, names: &[(&str, &str)]) {
    match value {
        Value::String(text) => *text = replace(text, names),
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, names)),
        Value::Object(members) => {
            for (name, member) in members {
                let set_by_server = matches!(
                    name.as_str(),
                    "createdDateTime" | "lastModifiedDateTime" | "date" | "request-id"
                );
                if set_by_server && member.is_string() {
                    *member = json!("[now]");
                }
                rename(member, names);
            }
        }
        _ => {}
    }
}
