//! The documented requests, bound and written back.

use edm::{Model, StructuredId};

use super::*;

const COMPLIANCE: &str = r##"{
  "@odata.type": "#microsoft.graph.deviceComplianceScriptDeviceState",
  "detectionState": "success",
  "lastStateUpdateDateTime": "2017-01-01T00:02:58.4418045-08:00",
  "expectedStateUpdateDateTime": "2016-12-31T23:58:26.9294641-08:00",
  "lastSyncDateTime": "2017-01-01T00:02:49.3205976-08:00",
  "scriptOutput": "Script Output value",
  "scriptError": "Script Error value"
}"##;

const SHELL: &str = r##"{
  "@odata.type": "#microsoft.graph.deviceManagementScriptDeviceState",
  "runState": "success",
  "resultMessage": "Result Message value",
  "lastStateUpdateDateTime": "2017-01-01T00:02:58.4418045-08:00",
  "errorCode": 9,
  "errorDescription": "Error Description value"
}"##;

const HEALTH: &str = r##"{
  "@odata.type": "#microsoft.graph.deviceHealthScriptDeviceState",
  "detectionState": "String",
  "lastStateUpdateDateTime": "2017-01-01T00:02:30.8589467+03:00",
  "expectedStateUpdateDateTime": "2016-12-31T23:56:35.0146324+03:00",
  "lastSyncDateTime": "2017-01-01T00:02:17.5414184+03:00",
  "preRemediationDetectionScriptOutput": "Pre Remediation Detection Script Output value",
  "preRemediationDetectionScriptError": "Pre Remediation Detection Script Error value",
  "remediationScriptError": "Remediation Script Error value",
  "postRemediationDetectionScriptOutput": "Post Remediation Detection Script Output value",
  "postRemediationDetectionScriptError": "Post Remediation Detection Script Error value",
  "remediationState": "String"
}"##;

const HEALTH_POST: &str = r##"{
  "@odata.type": "#microsoft.graph.deviceHealthScriptDeviceState",
  "detectionState": "String",
  "lastStateUpdateDateTime": "2017-01-01T00:00:11.0338933+03:00",
  "expectedStateUpdateDateTime": "2016-12-31T23:58:06.1336639+03:00",
  "lastSyncDateTime": "2017-01-01T00:00:28.8363536+03:00",
  "preRemediationDetectionScriptOutput": "Pre Remediation Detection Script Output value",
  "preRemediationDetectionScriptError": "Pre Remediation Detection Script Error value",
  "remediationScriptError": "Remediation Script Error value",
  "postRemediationDetectionScriptOutput": "Post Remediation Detection Script Output value",
  "postRemediationDetectionScriptError": "Post Remediation Detection Script Error value",
  "remediationState": "String"
}"##;

/// Writes what a body gave, in its order, as an answer would.
fn write_payload(model: &Model, payload: &EntityPayload) -> String {
    let shape = EntityShape::new(model, payload.of);
    let mut out = b"{".to_vec();
    out.extend_from_slice(shape.type_member());
    for (ordinal, value) in &payload.values {
        out.push(b',');
        out.extend_from_slice(shape.property(*ordinal));
        let ty = &model.structured(payload.of).properties[*ordinal].ty;
        write_value(&mut out, model, Style::default(), ty, value);
    }
    out.push(b'}');
    String::from_utf8(out).expect("JSON is UTF-8")
}

fn bind(of: &str, body: &str) -> Result<EntityPayload, crate::Error> {
    let model = sample::graph();
    let expected: StructuredId = sample::structured(model, of);
    read_entity(
        model,
        expected,
        parse(body.as_bytes())?,
        RequestKind::Update,
    )
}

/// A document's body without the space between its tokens: none of the texts in it has two
/// spaces or a colon before a space.
fn compact(body: &str) -> String {
    body.replace("\n  ", "")
        .replace('\n', "")
        .replace("\": ", "\":")
}

#[test]
fn documented_bodies_come_back_to_the_last_digit() {
    let check = |of: &str, body: &str| {
        let payload = bind(of, body).expect("the document's example is legal");
        assert_eq!(write_payload(sample::graph(), &payload), compact(body));
    };
    check("deviceComplianceScriptDeviceState", COMPLIANCE);
    check("deviceManagementScriptDeviceState", SHELL);
    for body in [HEALTH, HEALTH_POST] {
        let legal = body
            .replace(
                r#""detectionState": "String""#,
                r#""detectionState": "fail""#,
            )
            .replace(
                r#""remediationState": "String""#,
                r#""remediationState": "skipped""#,
            );
        check("deviceHealthScriptDeviceState", &legal);
    }
}

#[test]
fn the_placeholder_in_the_documents_is_refused_with_what_is_allowed() {
    let check = |body: &str, target: &str, allowed: &str| {
        let error = bind("deviceHealthScriptDeviceState", body).expect_err("a placeholder");
        assert_eq!(
            (error.code.status(), error.target.as_deref()),
            (400, Some(target))
        );
        assert!(error.message.contains(allowed), "{}", error.message);
    };
    let detection = "'String' is not a member of microsoft.graph.runState; \
                     allowed: unknown, success, fail, scriptError, pending, notApplicable";
    check(HEALTH, "detectionState", detection);
    check(HEALTH_POST, "detectionState", detection);
    let half = HEALTH.replacen("\"String\"", "\"fail\"", 1);
    let remediation = "allowed: unknown, skipped, success, remediationFailed, scriptError";
    check(&half, "remediationState", remediation);
}

#[test]
fn a_document_for_another_type_is_refused() {
    let error = bind("deviceManagementScriptDeviceState", COMPLIANCE).expect_err("another type");
    assert_eq!(error.target.as_deref(), Some("@odata.type"));
}

#[test]
fn a_delta_of_thousands_of_states_is_read_whole() {
    let model = sample::graph();
    let mut body = r##"{"@odata.context": "#$delta", "value": ["##.to_owned();
    for n in 0..5000 {
        let comma = if n > 0 { "," } else { "" };
        body.push_str(&format!("{comma}{{\"id\": \"{n}\", {}", &SHELL[1..]));
    }
    body.push_str("]}");
    let of = sample::structured(model, "deviceManagementScriptDeviceState");
    let node = parse(body.as_bytes()).expect("JSON");
    let items = read_delta(model, of, node, false).expect("legal");
    let entities = items.into_iter().filter_map(|item| match item {
        DeltaItem::Entity(entity) => Some(entity),
        _ => None,
    });
    let members: Vec<EntityPayload> = entities.collect();
    assert_eq!(members.len(), 5000);
    assert!(members.iter().all(|member| member.values.len() == 6));
    assert_eq!(members[4999].values[0].1.as_str(), Some("4999"));
}
