//! What the model's annotations say of a family's scripts: on which systems they run, for how long
//! and how often. Read once, at start.

use std::collections::HashMap;

use edm::time::{Duration, TICKS_PER_SECOND};
use edm::{Annotations, Expression, ItemType, Model, StructuredType, Value};
use store::{Row, Tables};

use crate::columns::{property, term};
use crate::graph::GraphError;
use crate::layout::{Family, States};

const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;

/// The rule of one family.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Where its scripts run and for how long, unless a script says otherwise.
    general: Terms,
    /// The property whose members say otherwise, with what each says.
    choice: Option<Choice>,
    /// Ticks between runs.
    frequency: Option<Amount>,
    /// Further runs after a failure.
    retries: Option<Amount>,
    /// The column of the run states that says how the latest run ended, and its members.
    pub(crate) outcome: Outcome,
    /// The column of the history that says when the server recorded a run.
    pub(crate) recorded: usize,
}

/// Where scripts run and for how long.
#[derive(Clone, Debug, Default)]
struct Terms {
    /// Beginnings of the operating system's name; `None` for all systems.
    platforms: Option<Vec<String>>,
    /// Ticks.
    timeout: Option<i64>,
}

/// A property of the script, and what each of its members says.
#[derive(Clone, Debug)]
struct Choice {
    column: usize,
    members: HashMap<i64, Terms>,
}

/// A number that the model gives, or that it says which property of the script gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Amount {
    Constant(i64),
    Of(usize),
}

/// The column that holds a `runState`, and the members that decide what is due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    column: usize,
    pub(crate) pending: i64,
    failures: [i64; 2],
}

impl Outcome {
    pub(crate) fn is_pending(&self, state: &Row) -> bool {
        state[self.column].as_i64() == Some(self.pending)
    }

    pub(crate) fn is_failure(&self, state: &Row) -> bool {
        state[self.column]
            .as_i64()
            .is_some_and(|member| self.failures.contains(&member))
    }

    pub(crate) fn set_pending(&self, state: &mut Row) {
        state[self.column] = Value::Enum(self.pending);
    }
}

impl Rule {
    pub(crate) fn of(
        model: &Model,
        tables: &Tables,
        family: &Family,
        states: &States,
    ) -> Result<Self, GraphError> {
        let ty = model.structured(family.of);
        let history = tables.table(states.history);
        Ok(Self {
            general: terms(&ty.name, &ty.annotations)?,
            choice: choice(model, ty)?,
            frequency: amount(ty, "frequency")?,
            retries: amount(ty, "retries")?,
            outcome: outcome(model, tables, states)?,
            recorded: crate::columns::hidden(history, "recorded_at")?,
        })
    }

    /// Whether a script runs on an operating system. What runs on some systems only does not run
    /// on one that is not known.
    pub(crate) fn runs_on(&self, script: &Row, system: &str) -> bool {
        let begins = |name: &String| {
            system
                .get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name))
        };
        let said = [Some(&self.general), self.chosen(script)];
        said.into_iter()
            .flatten()
            .filter_map(|terms| terms.platforms.as_ref())
            .all(|platforms| platforms.iter().any(begins))
    }

    /// Whole minutes that a script may run, at least one; 0 where the model sets no limit.
    pub(crate) fn timeout_minutes(&self, script: &Row) -> i64 {
        let own = self.chosen(script).and_then(|terms| terms.timeout);
        let ticks = own.or(self.general.timeout).unwrap_or(0);
        ticks
            .saturating_add(TICKS_PER_MINUTE - 1)
            .div_euclid(TICKS_PER_MINUTE)
            .clamp(0, i64::from(i32::MAX))
    }

    /// Ticks between runs of a script; `None` if it runs once.
    pub(crate) fn frequency(&self, script: &Row) -> Option<i64> {
        let ticks = read(self.frequency?, script)?;
        (ticks > 0).then_some(ticks)
    }

    /// How often a script runs again after a failure.
    pub(crate) fn retries(&self, script: &Row) -> i64 {
        self.retries
            .and_then(|amount| read(amount, script))
            .unwrap_or(0)
    }

    fn chosen(&self, script: &Row) -> Option<&Terms> {
        let choice = self.choice.as_ref()?;
        choice.members.get(&script[choice.column].as_i64()?)
    }
}

fn read(amount: Amount, script: &Row) -> Option<i64> {
    match amount {
        Amount::Constant(number) => Some(number),
        Amount::Of(column) => match &script[column] {
            Value::Duration(duration) => Some(duration.ticks),
            value => value.as_i64(),
        },
    }
}

fn terms(of: &str, annotations: &Annotations) -> Result<Terms, GraphError> {
    let platforms = annotations.get(&term("platforms")).map(|names| {
        let names = names.items().iter().filter_map(Expression::as_str);
        names.map(str::to_owned).collect()
    });
    let timeout = annotations
        .get(&term("timeout"))
        .map(|expression| constant(of, "timeout", expression))
        .transpose()?;
    Ok(Terms { platforms, timeout })
}

/// The property of an enumeration type whose members are annotated with platforms.
fn choice(model: &Model, ty: &StructuredType) -> Result<Option<Choice>, GraphError> {
    for (column, property) in ty.properties.iter().enumerate() {
        let ItemType::Enum(id) = property.ty.item else {
            continue;
        };
        let mut members = HashMap::new();
        for member in &model.enum_type(id).members {
            let of = format!("{}/{}", model.enum_type(id).name, member.name);
            members.insert(member.value, terms(&of, &member.annotations)?);
        }
        if members.values().all(|terms| terms.platforms.is_none()) {
            continue;
        }
        // A member that names no platform is one of a later version: it runs nowhere here.
        for terms in members.values_mut() {
            terms.platforms.get_or_insert_default();
        }
        return Ok(Some(Choice { column, members }));
    }
    Ok(None)
}

fn amount(ty: &StructuredType, name: &str) -> Result<Option<Amount>, GraphError> {
    let Some(expression) = ty.annotations.get(&term(name)) else {
        return Ok(None);
    };
    if let Expression::Path(_, path) = expression {
        return Ok(Some(Amount::Of(property(ty, path)?)));
    }
    constant(&ty.name, name, expression).map(|number| Some(Amount::Constant(number)))
}

fn constant(of: &str, name: &str, expression: &Expression) -> Result<i64, GraphError> {
    let wrong = || GraphError(format!("{of}: {} cannot be used", term(name)));
    match expression {
        Expression::Int(number) => Ok(*number),
        Expression::Literal(kind, text) if kind == "Duration" => Duration::parse(text)
            .map(|duration| duration.ticks)
            .map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

fn outcome(model: &Model, tables: &Tables, states: &States) -> Result<Outcome, GraphError> {
    let table = tables.table(states.table);
    let run_state = model
        .find_enum("microsoft.graph.runState")
        .ok_or_else(|| GraphError("the model has no runState".to_owned()))?;
    let column = states
        .decisive
        .iter()
        .find(|column| table.columns[*column].ty.item == ItemType::Enum(run_state))
        .ok_or_else(|| GraphError(format!("{} has no runState", table.name)))?;
    let member = |name: &str| {
        let member = model.enum_type(run_state).member(name);
        let value = member.map(|member| member.value);
        value.ok_or_else(|| GraphError(format!("runState has no {name}")))
    };
    Ok(Outcome {
        column,
        pending: member("pending")?,
        failures: [member("fail")?, member("scriptError")?],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Graph;

    /// The rule of a family with a script of it, after `set` has changed that.
    fn script(short_name: &str, set: &[(&str, Value)]) -> (Rule, Row) {
        let model = crate::model().unwrap();
        let tables = crate::tables(&model).unwrap();
        let graph = Graph::new(&model, &tables).unwrap();
        let of = model
            .find_structured(&format!("microsoft.graph.{short_name}"))
            .unwrap();
        let family = graph.layout.family_of(of).unwrap();
        let mut row = graph.blank(family.table);
        for (name, value) in set {
            row[model.structured(of).property(name).unwrap()] = value.clone();
        }
        (graph.due.rule(family).unwrap().clone(), row)
    }

    #[test]
    fn where_scripts_run() {
        let systems = [
            "Windows",
            "windows 11",
            "Linux (ubuntu)",
            "macOS",
            "iOS",
            "",
        ];
        let check = |family: &str, platform: Option<i64>, expected: &[&str]| {
            let set: Vec<_> = platform
                .map(|member| ("platform", Value::Enum(member)))
                .into_iter()
                .collect();
            let (rule, row) = script(family, &set);
            let found: Vec<_> = systems
                .into_iter()
                .filter(|system| rule.runs_on(&row, system))
                .collect();
            assert_eq!(found, expected, "{family} {platform:?}");
        };
        check("deviceHealthScript", None, &systems);
        check("deviceManagementScript", None, &["Windows", "windows 11"]);
        check("deviceShellScript", None, &["Linux (ubuntu)", "macOS"]);
        let attribute = "deviceCustomAttributeShellScript";
        check(attribute, None, &["Linux (ubuntu)", "macOS"]);
        let compliance = "deviceComplianceScript";
        check(compliance, None, &systems);
        check(compliance, Some(0), &["Windows", "windows 11"]);
        check(compliance, Some(1), &["Linux (ubuntu)"]);
        check(compliance, Some(2), &["macOS"]);
        check(compliance, Some(3), &[]);
    }

    #[test]
    fn how_long_and_how_often() {
        let check = |family: &str,
                     set: &[(&str, Value)],
                     minutes: i64,
                     hours: Option<i64>,
                     retries: i64| {
            let (rule, row) = script(family, set);
            assert_eq!(rule.timeout_minutes(&row), minutes, "{family}");
            let ticks = hours.map(|hours| hours * 60 * TICKS_PER_MINUTE);
            assert_eq!(rule.frequency(&row), ticks, "{family} {set:?}");
            assert_eq!(rule.retries(&row), retries, "{family} {set:?}");
        };
        let frequency = |text: &str| {
            let duration = Duration::parse(text).unwrap();
            ("executionFrequency", Value::Duration(duration))
        };
        check("deviceHealthScript", &[], 60, None, 0);
        check("deviceComplianceScript", &[], 10, Some(8), 0);
        let linux = ("platform", Value::Enum(1));
        check("deviceComplianceScript", &[linux], 5, Some(8), 0);
        check("deviceManagementScript", &[], 30, None, 3);
        check("deviceCustomAttributeShellScript", &[], 60, Some(8), 0);
        check("deviceShellScript", &[], 60, None, 0);
        let retries = ("retryCount", Value::Integer(2));
        let set = [frequency("P1D"), retries];
        check("deviceShellScript", &set, 60, Some(24), 2);
        check("deviceShellScript", &[frequency("-P1D")], 60, None, 0);
    }
}
