//! `hasPayloadLinks`: which of some scripts are assigned to anyone.

use std::sync::Arc;

use edm::{ComplexValue, Value};
use engine::{Answer, Call, Core};
use odata::Error;
use store::{Reader, Select};

use crate::columns::property;
use crate::graph::Graph;
use crate::ids;
use crate::layout::Family;

/// The type of the scripts that are the payloads of compliance policies.
const COMPLIANCE_SCRIPT: &str = "microsoft.graph.deviceComplianceScript";
/// `deviceAndAppManagementAssignmentSource/direct`.
const DIRECT: i64 = 0;

/// Answers, for each id in its order, whether the script has an assignment. An id of no script is
/// an error of its item, not of the call.
pub(crate) async fn has(graph: &Graph, core: &Arc<Core>, call: Call) -> Result<Answer, Error> {
    let model = &core.model;
    let ids = payload_ids(&call.value(model, "payloadIds"))?;
    let bound = model
        .operation(call.operation)
        .bound_to()
        .map(|(of, _)| of)
        .ok_or_else(|| Error::internal("hasPayloadLinks is bound"))?;
    let family = graph
        .layout
        .family_of(bound)
        .or_else(|| {
            graph
                .layout
                .family_of(model.find_structured(COMPLIANCE_SCRIPT)?)
        })
        .ok_or_else(|| Error::internal("hasPayloadLinks of no family"))?
        .clone();
    let (shared, graph) = (core.clone(), graph.clone());
    let items = core
        .read(move |reader| {
            let items = ids
                .iter()
                .map(|id| item(&graph, &shared, reader, &family, &call, id));
            items.collect::<Result<Vec<_>, _>>()
        })
        .await?;
    Ok(Answer::Value(Value::Collection(items)))
}

fn payload_ids(given: &Value) -> Result<Vec<String>, Error> {
    let refuse = |message: &str| Error::bad_request(message).with_target("payloadIds");
    let Value::Collection(ids) = given else {
        return Err(refuse("The action 'hasPayloadLinks' needs 'payloadIds'."));
    };
    let texts = ids.iter().map(|id| id.as_str().map(str::to_owned));
    texts
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| refuse("'payloadIds' must not contain null."))
}

fn item(
    graph: &Graph,
    core: &Core,
    reader: &mut dyn Reader,
    family: &Family,
    call: &Call,
    id: &str,
) -> Result<Value, Error> {
    let name = core.model.structured(family.of).short_name();
    let key = ids::guid(id).map(Value::String);
    let found = match &key {
        Some(key) => reader.exists(family.table, std::slice::from_ref(key))?,
        None => false,
    };
    let linked = match key.filter(|_| found) {
        Some(key) => is_assigned(graph, core, reader, family, &key)?,
        None => false,
    };
    let error = if found {
        Value::Null
    } else {
        Value::String(format!("There is no {name} '{id}'."))
    };
    let sources = if linked {
        vec![Value::Enum(DIRECT)]
    } else {
        Vec::new()
    };
    let members = [
        ("payloadId", Value::from(id)),
        ("hasLink", Value::Boolean(linked)),
        ("error", error),
        ("sources", Value::Collection(sources)),
    ];
    let of = core.model.operation(call.operation).returns.as_ref();
    let of = of
        .and_then(|ty| ty.item.structured())
        .ok_or_else(|| Error::internal("hasPayloadLinks returns no items"))?;
    let ty = core.model.structured(of);
    let mut values: Vec<Value> = ty.properties.iter().map(|p| p.default.clone()).collect();
    for (name, value) in members {
        values[property(ty, name).map_err(Error::internal)?] = value;
    }
    Ok(Value::Complex(Box::new(ComplexValue { of, values })))
}

fn is_assigned(
    graph: &Graph,
    core: &Core,
    reader: &mut dyn Reader,
    family: &Family,
    script: &Value,
) -> Result<bool, Error> {
    let navigation = &core.model.structured(family.of).navigation;
    for index in 0..navigation.len() {
        let map = core.tables.navigation(&core.model, family.of, index);
        let Some(assignments) = map.and_then(|map| graph.assignments.get(&map.table)) else {
            continue;
        };
        let mut select = Select::all(assignments.table, 0);
        select.fixed = vec![(assignments.script_id, script.clone())];
        if reader.count(&select)? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}
