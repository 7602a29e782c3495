//! Reads the seed documents: their routes, and their examples as they are printed.

use serde_json::Value;

/// One document.
pub(super) struct Document {
    /// Its operations: method, and path with placeholders.
    pub(super) routes: Vec<(String, String)>,
    /// The method of its example, and the path behind the host.
    pub(super) example: (String, String),
    pub(super) request: Value,
    pub(super) status: u16,
    pub(super) response: Value,
}

const TEXTS: [&str; 5] = [
    include_str!("../data/seeds/000_38a2e975c8d94783.txt"),
    include_str!("../data/seeds/001_9ddd19f2ad5278bf.txt"),
    include_str!("../data/seeds/002_ed9287f1409a10bb.txt"),
    include_str!("../data/seeds/003_6e4d9adec994a449.txt"),
    include_str!("../data/seeds/004_e075b16467251352.txt"),
];

/// All documents.
pub(super) fn all() -> Vec<Document> {
    TEXTS.iter().map(|text| read(text)).collect()
}

fn read(text: &str) -> Document {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let requests: Vec<(&str, &str)> = lines
        .iter()
        .filter_map(|line| line.split_once(' '))
        .filter(|(method, _)| matches!(*method, "PATCH" | "POST"))
        .collect();
    let example = requests
        .iter()
        .find_map(|(method, url)| Some((*method, url.strip_prefix("https://graph.microsoft.com")?)))
        .expect("an example");
    let routes = requests
        .iter()
        .filter(|(_, url)| url.starts_with('/'))
        .map(|(method, path)| ((*method).to_owned(), (*path).to_owned()));
    let answered = lines
        .iter()
        .position(|line| line.starts_with("HTTP/1.1 "))
        .expect("an answer");
    let status = lines[answered].split(' ').nth(1).expect("a status");
    Document {
        routes: routes.collect(),
        example: (example.0.to_owned(), example.1.to_owned()),
        request: object_in(&lines[..answered]),
        status: status.parse().expect("a number"),
        response: object_in(&lines[answered..]),
    }
}

/// The one JSON object that is printed in these lines; comments in them hold others.
fn object_in(lines: &[&str]) -> Value {
    let start = lines.iter().rposition(|line| *line == "{").expect("{");
    let length = lines[start..].iter().position(|line| line.starts_with('}'));
    let end = start + length.expect("}");
    let text = format!("{}}}", lines[start..end].join("\n"));
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn the_documents_are_read() {
    let documents = all();
    let routes: usize = documents.iter().map(|document| document.routes.len()).sum();
    assert_eq!(routes, 8);
    assert!(
        documents
            .iter()
            .all(|d| d.request["@odata.type"].is_string())
    );
    assert!(documents.iter().all(|d| d.response["id"].is_string()));
    let printed = documents
        .iter()
        .filter(|d| d.request["detectionState"] == "String");
    assert_eq!(printed.count(), 2);
}
