//! The demonstration, step by step. Each step checks what came of it.

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use agent::{Options, PassReport, RemediationState, RunState, Token};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::graph::Graph;
use super::narration::Narration;
use super::scene::{RIGHT, Scene, WRONG};
use super::{check, json as layout};
use crate::Failure;
use crate::agent::Printable;
use crate::serve::{EXAMPLE_ROLE, program};

/// Where the demonstration takes place.
pub(super) struct Place {
    /// The server's URL.
    pub(super) server: String,
    /// A token for it.
    pub(super) token: String,
    /// A directory for this demonstration alone.
    pub(super) directory: PathBuf,
}

/// The members of a run state that a reader should find at once.
const TELLING_STATE: [&str; 4] = [
    "detectionState",
    "remediationState",
    "preRemediationDetectionScriptOutput",
    "postRemediationDetectionScriptOutput",
];

/// Tells the story.
///
/// # Errors
/// What was expected and what was found.
pub(super) fn tell<W: Write>(place: &Place, narration: &mut Narration<W>) -> Result<(), Failure> {
    let begun = Instant::now();
    let graph = Graph::new(&place.server, &place.token);
    narration
        .title("Runstate: a remediation on this machine, seen through the Microsoft Graph API");
    narration.step("A server, and a file that is wrong");
    narration.line(format_args!(
        "{}/beta serves an empty database.",
        place.server
    ));
    let scene = Scene::make(&place.directory)?;
    let file = scene.file().display().to_string();
    narration.line(format_args!("{} says: {WRONG}", Printable(&file)));
    let script = create(&graph, &scene, narration)?;
    let mut story = Story {
        place,
        graph,
        scene,
        script,
        narration,
    };
    story.first_pass()?;
    story.second_pass()?;
    let seconds = begun.elapsed().as_secs_f64();
    narration.success(format_args!(
        "As it should be, in {seconds:.2} s: run states, counters, history and file."
    ));
    next(narration);
    Ok(())
}

/// Creates the remediation and assigns it to all devices; returns its id.
fn create<W: Write>(
    graph: &Graph,
    scene: &Scene,
    narration: &mut Narration<W>,
) -> Result<String, Failure> {
    narration.step("A remediation for it, assigned to all devices");
    narration.line("One script exits with 1 if root may log in, the other mends that.");
    let path = "deviceHealthScripts";
    let script = json!({
        "displayName": "No root login over SSH",
        "detectionScriptContent": STANDARD.encode(scene.detection()),
        "remediationScriptContent": STANDARD.encode(scene.remediation()),
    });
    let created = graph.post(path, &script)?;
    narration.request("POST", path, created.status);
    check::equal("creating a script", created.status, 201)?;
    let id = created.json["id"]
        .as_str()
        .ok_or("the new script has no id")?;
    let path = format!("{path}/{id}/assign");
    let assignment = json!({
        "runRemediationScript": true,
        "target": { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" },
    });
    let assigned = graph.post(
        &path,
        &json!({ "deviceHealthScriptAssignments": [assignment] }),
    )?;
    narration.request("POST", &path.replace(id, "{id}"), assigned.status);
    Ok(id.to_owned())
}

struct Story<'a, W> {
    place: &'a Place,
    graph: Graph,
    scene: Scene,
    script: String,
    narration: &'a mut Narration<W>,
}

impl<W: Write> Story<'_, W> {
    /// The issue is found and mended.
    fn first_pass(&mut self) -> Result<(), Failure> {
        self.narration.step("The agent makes a pass as this device");
        let (state, summary) = self.pass(RunState::Fail, RemediationState::Success)?;
        let content = self.scene.content()?;
        check::equal("the file", content.as_str(), Scene::mended())?;
        self.narration
            .line(format_args!("The file now says: {RIGHT}"));

        self.narration
            .step("What came of it, as the Graph API tells it");
        let state = self.show(&state, &TELLING_STATE, true)?;
        let expected = [
            ("detectionState", json!("fail")),
            ("remediationState", json!("success")),
            ("preRemediationDetectionScriptOutput", json!(WRONG)),
            ("postRemediationDetectionScriptOutput", json!(RIGHT)),
        ];
        check::members("the run state", &state, &expected)?;
        let counted = [
            ("issueDetectedDeviceCount", 1),
            ("issueRemediatedDeviceCount", 1),
            ("issueRemediatedCumulativeDeviceCount", 1),
        ];
        let summary = self.show(&summary, &counted.map(|(name, _)| name), true)?;
        check::counters(&summary, &counted)?;
        self.history(&state, &[("fail", "success")])
    }

    /// Nothing is wrong any more.
    fn second_pass(&mut self) -> Result<(), Failure> {
        self.narration
            .step("A second pass, now that the file is mended");
        let (state, summary) = self.pass(RunState::Success, RemediationState::Skipped)?;
        let expected = [
            ("detectionState", json!("success")),
            ("remediationState", json!("skipped")),
        ];
        let state = self.show(&state, &["detectionState", "remediationState"], false)?;
        check::members("the run state", &state, &expected)?;
        let counted = [
            ("noIssueDetectedDeviceCount", 1),
            ("remediationSkippedDeviceCount", 1),
            // Of the last 30 days.
            ("issueRemediatedCumulativeDeviceCount", 1),
        ];
        let summary = self.show(&summary, &counted.map(|(name, _)| name), false)?;
        check::counters(&summary, &counted)?;
        self.history(&state, &[("success", "skipped"), ("fail", "success")])?;
        let path = format!("deviceHealthScripts/{}/runstate.recount", self.script);
        let recounted = self.graph.post(&path, &json!({}))?.json;
        check::equal("counters that a recount corrects", &recounted["value"], 0)
    }

    /// Runs the agent and checks its own account; returns the paths of the run state and of the
    /// run summary.
    fn pass(
        &mut self,
        detection: RunState,
        remediation: RemediationState,
    ) -> Result<(String, String), Failure> {
        let token = Token::new(&self.place.token)?;
        let options = Options {
            state_dir: Some(self.place.directory.join("agent")),
            work_dir: Some(self.place.directory.clone()),
            ..Options::new(&self.place.server, token)
        };
        let PassReport { runs, .. } = agent::run_once(&options, self.narration)?;
        let [run] = runs.as_slice() else {
            check::equal("scripts that ran", runs.len(), 1)?;
            return Err("no script ran".into());
        };
        let expected = (detection, Some(remediation));
        check::equal(
            "the agent's report",
            (run.run_state, run.remediation_state),
            expected,
        )?;
        let script = format!("deviceHealthScripts/{}", self.script);
        Ok((
            format!("{script}/deviceRunStates/{}", run.state_id),
            format!("{script}/runSummary"),
        ))
    }

    /// Prints an entity as the service answers it, whole or in the members named.
    fn show(&mut self, path: &str, telling: &[&str], whole: bool) -> Result<Value, Failure> {
        let answer = self.graph.get(path)?;
        let mut shown = path.replacen(&self.script, "{id}", 1);
        if let Some((before, _)) = shown.split_once(&self.script) {
            shown = format!("{before}{{id}}");
        }
        self.narration.request("GET", &shown, answer.status);
        let text = layout::lay_out(&answer.text);
        if whole {
            self.narration.json(&text, telling);
        } else {
            self.narration.excerpt(&text, telling);
        }
        Ok(answer.json)
    }

    /// Checks the history of a run state: the latest run first.
    fn history(&mut self, state: &Value, expected: &[(&str, &str)]) -> Result<(), Failure> {
        let id = state["id"].as_str().unwrap_or_default();
        let script = &self.script;
        let path = format!("deviceHealthScripts/{script}/deviceRunStates/{id}/runstate.history()");
        let answer = self.graph.get(&path)?;
        let rows = answer.json["value"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        let found: Vec<_> = rows
            .iter()
            .map(|row| (&row["detectionState"], &row["remediationState"]))
            .collect();
        let found = json!(found);
        check::equal("the history", found, json!(expected))?;
        let runs = if expected.len() == 1 { "run" } else { "runs" };
        self.narration.line(format_args!(
            "The history of the run state holds {} {runs}.",
            expected.len()
        ));
        Ok(())
    }
}

/// Where to go from here.
fn next<W: Write>(narration: &mut Narration<W>) {
    let program = program();
    narration.pause();
    narration.title("Next: a server of your own");
    narration.line(format_args!("{program} serve"));
    narration.line("# and in another terminal, from the same directory:");
    narration.line(format_args!(
        "TOKEN=$({program} token --role {EXAMPLE_ROLE})"
    ));
    narration.line(
        "curl -H \"Authorization: Bearer $TOKEN\" \
         http://127.0.0.1:8080/beta/deviceManagement/deviceHealthScripts",
    );
    narration.line(format_args!(
        "RUNSTATE_TOKEN=$TOKEN {program} agent run --server http://127.0.0.1:8080"
    ));
    narration.line("README.md goes on from there.");
}
