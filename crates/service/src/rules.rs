//! `validateComplianceScript`: the rules by which the output of a compliance script is judged,
//! `{"Rules":[{SettingName, Operator, DataType, Operand, MoreInfoUrl, RemediationStrings:
//! [{Language, Title, Description}]}]}`, at most 100 KB and 100 rules. Each fault has its documented
//! code; faults of the file stand in `scriptErrors`, those of a rule in `ruleErrors`.

mod document;
mod fault;
mod operand;
#[cfg(test)]
mod tests;
mod texts;

use std::sync::Arc;

use edm::{ComplexValue, ItemType, Model, StructuredId, Value};
use engine::{Answer, Call, Core};
use odata::Error;

pub(crate) use self::document::{Findings, Rule, validate};
use self::fault::Fault;
use crate::graph::Graph;
use crate::ids;

/// The type of the scripts whose output rules judge.
const SCRIPT: &str = "microsoft.graph.deviceComplianceScript";

/// Validates the rules of a policy's script, and that there is such a script if its id is given.
pub(crate) async fn validate_script(
    graph: &Graph,
    core: &Arc<Core>,
    call: Call,
) -> Result<Answer, Error> {
    let given = call.value(&core.model, "deviceCompliancePolicyScript");
    let content = match member(&core.model, &given, "rulesContent") {
        Value::Binary(content) => content,
        _ => Vec::new(),
    };
    let mut findings = validate(&content);
    if let Value::String(id) = member(&core.model, &given, "deviceComplianceScriptId")
        && !id.is_empty()
        && !exists(graph, core, &id).await?
    {
        let message = format!("There is no deviceComplianceScript '{id}'.");
        findings.of_script.push(Fault::new("unknown", message));
    }
    show(&core.model, &call, &findings).map(Answer::Value)
}

/// A property of a complex value; null if there is none.
fn member(model: &Model, value: &Value, name: &str) -> Value {
    let Value::Complex(complex) = value else {
        return Value::Null;
    };
    let ordinal = model.structured(complex.of).property(name);
    let value = ordinal.and_then(|ordinal| complex.values.get(ordinal));
    value.cloned().unwrap_or_default()
}

async fn exists(graph: &Graph, core: &Arc<Core>, id: &str) -> Result<bool, Error> {
    let family = core
        .model
        .find_structured(SCRIPT)
        .and_then(|of| graph.layout.family_of(of))
        .ok_or_else(|| Error::internal("the model has no compliance scripts"))?;
    let Some(key) = ids::guid(id) else {
        return Ok(false);
    };
    let table = family.table;
    core.read(move |reader| reader.exists(table, &[Value::String(key.clone())]))
        .await
}

/// The findings as the value that the operation returns.
fn show(model: &Model, call: &Call, findings: &Findings) -> Result<Value, Error> {
    let returns = model.operation(call.operation).returns.as_ref();
    let of = returns
        .and_then(|ty| ty.item.structured())
        .ok_or_else(|| Error::internal("a validation that returns no complex value"))?;
    let item = |name: &str| {
        let ordinal = model.structured(of).property(name);
        let property = ordinal.map(|ordinal| &model.structured(of).properties[ordinal]);
        property
            .and_then(|property| property.ty.item.structured())
            .ok_or_else(|| Error::internal(format!("a validation result without {name}")))
    };
    let (error, rule_error, rule) = (item("scriptErrors")?, item("ruleErrors")?, item("rules")?);
    let of_script = findings.of_script.iter();
    let of_script = of_script.map(|fault| show_fault(model, error, fault));
    let of_rules = findings.of_rules.iter();
    let of_rules = of_rules.map(|fault| show_fault(model, rule_error, fault));
    let rules = findings.rules.iter();
    let rules = rules.map(|sound| show_rule(model, rule, sound));
    Ok(complex(
        model,
        of,
        &[
            ("scriptErrors", Value::Collection(of_script.collect())),
            ("ruleErrors", Value::Collection(of_rules.collect())),
            ("rules", Value::Collection(rules.collect())),
        ],
    ))
}

fn show_fault(model: &Model, of: StructuredId, fault: &Fault) -> Value {
    let setting = fault.setting.clone().map_or(Value::Null, Value::String);
    complex(
        model,
        of,
        &[
            ("code", Value::from(fault.code)),
            (
                "deviceComplianceScriptRulesValidationError",
                Value::from(fault.code),
            ),
            ("message", Value::from(fault.message.as_str())),
            ("settingName", setting),
        ],
    )
}

fn show_rule(model: &Model, of: StructuredId, rule: &Rule) -> Value {
    let (operator, data_type) = (rule.operator.member(), rule.data_type.member());
    complex(
        model,
        of,
        &[
            ("operator", Value::from(operator)),
            ("deviceComplianceScriptRulOperator", Value::from(operator)),
            ("dataType", Value::from(data_type)),
            ("deviceComplianceScriptRuleDataType", Value::from(data_type)),
            ("operand", Value::from(rule.operand.as_str())),
            ("settingName", Value::from(rule.setting.as_str())),
        ],
    )
}

/// A complex value of these properties, where its type has them; the text of an enumeration's
/// property is a member's name.
fn complex(model: &Model, of: StructuredId, members: &[(&str, Value)]) -> Value {
    let ty = model.structured(of);
    let mut values: Vec<Value> = ty.properties.iter().map(|p| p.default.clone()).collect();
    for (name, value) in members {
        let Some(ordinal) = ty.property(name) else {
            continue;
        };
        values[ordinal] = match (ty.properties[ordinal].ty.item, value) {
            (ItemType::Enum(id), Value::String(member)) => {
                let member = model.enum_type(id).member(member);
                Value::Enum(member.map_or(0, |member| member.value))
            }
            (_, value) => value.clone(),
        };
    }
    Value::Complex(Box::new(ComplexValue { of, values }))
}
