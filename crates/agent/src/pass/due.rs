//! What is due: all pages of `runstate.dueScripts()`, within bounds.

use std::collections::HashSet;

use crate::client::{Client, Method, answer_error};
use crate::error::AgentError;
use crate::narrator::Narrator;
use crate::url::segment;
use crate::wire::{DuePage, DueScript};

/// Pages followed at most.
const MOST_PAGES: usize = 1000;
/// Bytes of all pages together at most.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// Whether a text can be an id in a URL: not empty, and no path segment with a meaning of its own.
pub(crate) fn is_id(text: &str) -> bool {
    !matches!(text, "" | "." | "..") && text.len() <= 512
}

/// The scripts that are due, each state once.
///
/// # Errors
/// The service cannot be reached or refuses; a link leads elsewhere or in a circle; an id is none;
/// or there is more than an agent takes.
pub(super) fn scripts(
    client: &Client,
    device_id: &str,
    narrator: &mut dyn Narrator,
) -> Result<Vec<DueScript>, AgentError> {
    let path = format!(
        "deviceManagement/managedDevices/{}/runstate.dueScripts()",
        segment(device_id)
    );
    let mut url = client.root().resource(&path);
    let mut asked = HashSet::new();
    let mut states = HashSet::new();
    let mut scripts = Vec::new();
    let mut bytes = 0_usize;
    loop {
        let wrong = |reason: &str| Err(answer_error(Method::Get, &url, reason));
        let (page, length) = client.get::<DuePage>(&url, narrator)?;
        bytes = bytes.saturating_add(length);
        for script in page.value {
            if !is_id(&script.script_id) || !is_id(&script.state_id) {
                return wrong("an id is none");
            }
            if states.insert(script.state_id.clone()) {
                scripts.push(script);
            }
        }
        let Some(link) = page.next_link else {
            return Ok(scripts);
        };
        if bytes > MOST_BYTES || asked.len() >= MOST_PAGES {
            return wrong("more is due than an agent takes");
        }
        let next = client.root().follow(&link)?;
        if next == url || asked.contains(&next) {
            return wrong("the next links go in a circle");
        }
        asked.insert(std::mem::replace(&mut url, next));
    }
}
