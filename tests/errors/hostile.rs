//! Thousands of generated requests: whatever comes, the answer is a sound one and never a 5xx.

use serde_json::{Value, json};

use crate::support::{FAMILIES, Request, Server, make_device, make_script, make_state};

/// A fixed sequence of numbers (SplitMix64), so that a failure comes again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides as u64).expect("less than sides")
    }

    fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.roll(of.len())]
    }
}

const METHODS: [&str; 9] = [
    "GET", "GET", "GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS",
];
const SEGMENTS: [&str; 44] = [
    "deviceRunStates",
    "deviceRunStates('one')",
    "userRunStates",
    "userRunStates/ada",
    "assignments",
    "groupAssignments",
    "runSummary",
    "managedDevice",
    "managedDevices",
    "one",
    "none",
    "$count",
    "$ref",
    "$value",
    "$batch",
    "$metadata",
    "$all",
    "assign",
    "assign()",
    "microsoft.graph.assign",
    "runstate.history()",
    "runstate.recount",
    "runstate.dueScripts()",
    "runstate.enrol",
    "getRemediationHistory",
    "displayName",
    "scriptContent",
    "detectionState",
    "id",
    "roleScopeTagIds",
    "('one')",
    "(id='one')",
    "()",
    "('')",
    "('a''b')",
    "(1)",
    "",
    "..",
    "%2F",
    "%00",
    "%F0%9F%92%BB",
    "%FF",
    "%27",
    "\u{1}",
];
const OPTIONS: [&str; 46] = [
    "$filter=id eq 'one'",
    "$filter=not (id eq null)",
    "$filter=detectionState in ('fail')",
    "$filter=((((",
    "$filter=id eq '%00'",
    "$filter=expectedStateUpdateDateTime lt 2026-01-01T00:00:00Z",
    "$filter=errorCode div 0 eq 1",
    "$filter=errorCode mul 9223372036854775807 gt 1",
    "$filter=managedDevice/deviceName eq 'x'",
    "$filter=runSummary/id eq 'x'",
    "$filter=deviceRunStates/any(s:s/id eq 'one')",
    "$filter=contains(id,'o')",
    "$filter=matchesPattern(id,'(a*)*b')",
    "$filter=roleScopeTagIds/$count gt 1",
    "$filter=target ne null",
    "$filter=scriptContent eq binary'AA=='",
    "$filter=id in (null)",
    "$filter=-errorCode eq - - 1",
    "$filter=1",
    "$filter=$it/id eq 'x'",
    "$filter=@p&@p=1",
    "$orderby=id desc",
    "$orderby=detectionState,id",
    "$orderby=target",
    "$orderby=managedDevice/deviceName",
    "$orderby=lastStateUpdateDateTime desc",
    "$select=id",
    "$select=*",
    "$select=managedDevice/id",
    "$select=target/groupId",
    "$select=id,id",
    "$expand=managedDevice",
    "$expand=*",
    "$expand=assignments,runSummary,deviceRunStates",
    "$expand=deviceRunStates($expand=managedDevice($select=id);$top=1)",
    "$expand=deviceRunStates/$count",
    "$expand=deviceRunStates/$ref",
    "$expand=runSummary($levels=max)",
    "$top=0",
    "$top=2",
    "$skip=1",
    "$count=true",
    "$skiptoken=AAAA",
    "$search=x",
    "$apply=groupby((id))",
    "$compute=1 as x",
];
const NAMES: [&str; 24] = [
    "id",
    "detectionState",
    "runState",
    "remediationState",
    "lastStateUpdateDateTime",
    "errorCode",
    "resultMessage",
    "displayName",
    "scriptContent",
    "detectionScriptContent",
    "roleScopeTagIds",
    "target",
    "targetGroupId",
    "deviceName",
    "assignmentFilterIds",
    "managedDevice@odata.bind",
    "@odata.id",
    "@odata.type",
    "@odata.context",
    "@odata.removed",
    "value",
    "deviceRunStates",
    "deviceHealthScriptAssignments",
    "executionFrequency",
];

/// Half of all targets are a resource that is there with at most one option; the others are not
/// meant to be served.
fn target(dice: &mut Dice, roots: &[&str]) -> String {
    let mut target = dice.pick(roots).to_owned();
    let sound = dice.roll(2) == 0;
    let segments = if sound { 0 } else { dice.roll(4) };
    for _ in 0..segments {
        let segment = dice.pick(&SEGMENTS);
        if !segment.starts_with('(') || dice.roll(4) == 0 {
            target.push('/');
        }
        target.push_str(&segment.replace('\u{1}', "%01"));
    }
    let options = dice.roll(if sound { 2 } else { 4 });
    for i in 0..options {
        target.push(if i == 0 { '?' } else { '&' });
        target.push_str(dice.pick(&OPTIONS));
    }
    target
}

fn value(dice: &mut Dice, depth: usize) -> Value {
    match dice.roll(if depth == 0 { 12 } else { 15 }) {
        0 => Value::Null,
        1 => json!(dice.roll(2) == 0),
        2 => json!(dice.roll(1_000)),
        3 => json!(i64::MIN),
        4 => json!(-1.5e300),
        5 => json!("one"),
        6 => json!("fail"),
        7 => json!("2026-01-02T03:04:05.1234567+14:00"),
        8 => json!("\u{0}"),
        9 => json!("#$delta"),
        10 => json!("deviceManagement/managedDevices/none"),
        11 => json!("x".repeat(dice.roll(5_000))),
        12 => Value::Array((0..dice.roll(4)).map(|_| value(dice, depth - 1)).collect()),
        _ => body(dice, depth - 1),
    }
}

/// Some bodies are a run state's, so that a write is done now and then.
fn body(dice: &mut Dice, depth: usize) -> Value {
    if dice.roll(4) == 0 {
        let member = |id: usize| json!({ "id": format!("s{id}") });
        let members: Vec<Value> = (0..dice.roll(3)).map(member).collect();
        return match dice.roll(3) {
            0 => json!({}),
            1 => member(dice.roll(1_000)),
            _ => json!({ "@odata.context": "#$delta", "value": members }),
        };
    }
    (0..dice.roll(5))
        .map(|_| (dice.pick(&NAMES).to_owned(), value(dice, depth)))
        .collect()
}

fn request(dice: &mut Dice, roots: &[&str]) -> Request {
    let mut request = Request::new(dice.pick(&METHODS), &target(dice, roots));
    for (name, values) in [
        ("Accept", ["*/*", "application/json", "text/plain", ";,;="]),
        (
            "Prefer",
            [
                "return=minimal",
                "odata.maxpagesize=1",
                "respond-async",
                ",=;\"",
            ],
        ),
        ("OData-MaxVersion", ["4.0", "4.01", "9", ""]),
        ("If-Match", ["*", "\"x\"", "W/", ","]),
    ] {
        if dice.roll(6) == 0 {
            request = request.header(name, dice.pick(&values));
        }
    }
    match dice.roll(5) {
        0 => request,
        1 => {
            let mut text = body(dice, 4).to_string();
            let cut = (0..=text.len())
                .rev()
                .find(|i| text.is_char_boundary(*i) && dice.roll(8) == 0);
            text.truncate(cut.unwrap_or(0));
            request.text("application/json", &text)
        }
        _ => request.json(&body(dice, 4)),
    }
}

#[test]
fn no_request_breaks_the_server() {
    let server = Server::start();
    let mut roots = vec![
        "/beta".to_owned(),
        "/beta/deviceManagement".to_owned(),
        "/beta/deviceManagement/managedDevices".to_owned(),
    ];
    let device = make_device(&server, &json!({ "userId": "ada" }));
    roots.push(format!("/beta/deviceManagement/managedDevices/{device}"));
    for family in &FAMILIES {
        let (script, id) = make_script(&server, family);
        for state in ["one".to_owned(), format!("{id}:{device}")] {
            make_state(
                &server,
                &script,
                &json!({ "id": state, family.property: "fail" }),
            );
        }
        roots.extend([
            family.url(),
            script.clone(),
            format!("{script}/deviceRunStates"),
            format!("{script}/deviceRunStates/one"),
        ]);
    }
    let roots: Vec<&str> = roots.iter().map(String::as_str).collect();
    let mut dice = Dice(20_260_102);
    let mut statuses = [0_usize; 6];
    for _ in 0..6_000 {
        // `send` asserts what every answer keeps: no 5xx, the ids, the error object.
        let answer = server.send(&request(&mut dice, &roots));
        statuses[usize::from(answer.status / 100)] += 1;
    }
    // The generator reaches what is served as well as what is not.
    assert!(statuses[2] > 300 && statuses[4] > 300, "{statuses:?}");
    for family in &FAMILIES {
        server.get(&family.url()).expect(200);
    }
}
