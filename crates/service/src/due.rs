//! `runstate.dueScripts()`: what a device has to run now, with content. Handing a script out makes
//! the device's run state pending until the device reports.
//!
//! A script that was handed out and not reported is handed out again at the next check-in: whether
//! an answer arrived cannot be known here, and a script that runs twice does less harm than one
//! that a lost answer keeps from running at all.

mod hand_out;
mod reach;
mod rule;
mod when;

use std::collections::HashMap;
use std::sync::Arc;

use edm::{Model, StructuredId, Value};
use engine::{Answer, Call, Core, load, locate};
use odata::Error;
use store::{Reader, Row, TableId, Tables, Transaction};

pub(crate) use self::reach::assigned;
use self::reach::reaching;
pub(crate) use self::reach::{Reach, reach_of};
use self::rule::Rule;
use self::when::{Attempt, Past, attempt, next_run};
use crate::columns::property;
use crate::devices;
use crate::graph::{Graph, GraphError};
use crate::layout::{Family, Layout, States};
use crate::schedule::{Next, Schedules};
use crate::states::text;

/// Bytes of content that one answer holds at most, unless one script alone has more. What does not
/// fit stays due, and comes first at a later check-in.
const MOST_CONTENT: usize = 24 << 20;

/// The type of an answer's items, the rules of the families, and the schedule types.
#[derive(Clone, Debug)]
pub(crate) struct DueScript {
    of: StructuredId,
    columns: Columns,
    /// By the table of the family's scripts.
    rules: HashMap<TableId, Rule>,
    schedules: Schedules,
}

/// The properties of an item that are no properties of the script.
#[derive(Clone, Copy, Debug)]
struct Columns {
    script_id: usize,
    script_type: usize,
    state_id: usize,
    version: usize,
    timeout: usize,
    expected: usize,
    remediation: usize,
}

impl DueScript {
    pub(crate) fn of(model: &Model, tables: &Tables, layout: &Layout) -> Result<Self, GraphError> {
        let of = model
            .find_structured("runstate.dueScript")
            .ok_or_else(|| GraphError("the model has no runstate.dueScript".to_owned()))?;
        let ty = model.structured(of);
        let mut rules = HashMap::new();
        for family in &layout.families {
            let states = layout.states.get(&family.states).ok_or_else(|| {
                GraphError(format!(
                    "{} has no run states",
                    model.structured(family.of).name
                ))
            })?;
            rules.insert(family.table, Rule::of(model, tables, family, states)?);
        }
        Ok(Self {
            of,
            columns: Columns {
                script_id: property(ty, "scriptId")?,
                script_type: property(ty, "scriptType")?,
                state_id: property(ty, "stateId")?,
                version: property(ty, "version")?,
                timeout: property(ty, "timeoutInMinutes")?,
                expected: property(ty, "expectedStateUpdateDateTime")?,
                remediation: property(ty, "remediationScriptContent")?,
            },
            rules,
            schedules: Schedules::of(model)?,
        })
    }

    /// Makes a run state of a family pending.
    pub(crate) fn set_pending(&self, family: &Family, state: &mut Row) -> Result<(), Error> {
        self.rule(family)?.outcome.set_pending(state);
        Ok(())
    }

    /// The rule of a family.
    fn rule(&self, family: &Family) -> Result<&Rule, Error> {
        self.rules
            .get(&family.table)
            .ok_or_else(|| Error::internal("a family without a rule"))
    }
}

/// A script that may be due on a device: it is made for it, and assigned to it or asked for.
struct Candidate {
    family: TableId,
    script: Row,
    reach: Reach,
}

/// A script that is due on a device.
struct Due<'a> {
    family: &'a Family,
    rule: &'a Rule,
    script: &'a Row,
    /// The device's run state, if it has one already.
    state: Option<Row>,
    reach: &'a Reach,
    attempt: Attempt,
    /// When it ran last, in ticks.
    last: Option<i64>,
    /// When it will be due again if it runs now, in ticks; `None` if that is not known or never.
    next: Option<i64>,
}

/// What a device has to run now. Which scripts these are is read from a snapshot, and most check-ins
/// find nothing. What is found is judged again where it is handed out, row by row, so that check-ins
/// run beside each other and beside reports.
pub(crate) async fn due_scripts(
    graph: &Graph,
    core: &Arc<Core>,
    call: Call,
) -> Result<Answer, Error> {
    let call = Arc::new(call);
    let (shared, asked, of) = (core.clone(), call.clone(), graph.clone());
    let found = core
        .read(move |reader| {
            let device = device(&shared, reader, &asked)?;
            let reader = reader.everything();
            let found = match of.dispatch.is_stopped(reader)? {
                true => Vec::new(),
                false => find(&of, &shared, reader, &device)?,
            };
            let nothing = found.is_empty() && !devices::is_asked_to_sync(&of, &device);
            Ok((!nothing).then_some(found))
        })
        .await?;
    let Some(found) = found else {
        return Ok(Answer::Value(Value::Collection(Vec::new())));
    };
    let (shared, graph) = (core.clone(), graph.clone());
    let value = core
        .write(call.origin.clone(), move |transaction| {
            hand_out(&graph, &shared, transaction, &call, &found)
        })
        .await?;
    Ok(Answer::Value(value))
}

fn device(core: &Core, reader: &mut dyn Reader, call: &Call) -> Result<Row, Error> {
    let target = locate(core, reader, &call.binding)?;
    load(core, reader, &target)
}

fn hand_out(
    graph: &Graph,
    core: &Core,
    transaction: &mut dyn Transaction,
    call: &Call,
    found: &[Candidate],
) -> Result<Value, Error> {
    let device = device(core, transaction, call)?;
    let transaction = transaction.unconfined();
    // All are asked for before any is looked at: the store fetches them at once.
    let stopped = graph.dispatch.is_stopped_for(transaction);
    let there: Vec<_> = (found.iter())
        .map(|c| transaction.exists(c.family, std::slice::from_ref(&c.script[graph.id])))
        .collect();
    let states: Vec<_> = (found.iter())
        .map(|c| state(graph, transaction, c, &device))
        .collect();
    let there = there.into_iter().collect::<Result<Vec<_>, _>>()?;
    let states = states.into_iter().collect::<Result<Vec<_>, _>>()?;
    let judged: Vec<_> = found
        .iter()
        .zip(states)
        .map(|(candidate, state)| judge(graph, core, transaction, candidate, &device, state))
        .collect();
    let judged = judged.into_iter().collect::<Result<Vec<_>, _>>()?;
    devices::check_in(graph, core, transaction, &device)?;
    if stopped? {
        return Ok(Value::Collection(Vec::new()));
    }
    let mut handed = Vec::with_capacity(found.len());
    for (due, _) in judged.iter().zip(there).filter(|(_, there)| *there) {
        let Some(due) = due else { continue };
        let row = hand_out::pend(graph, core, transaction, due, &device)?;
        handed.push(hand_out::describe(graph, core, due, text(&row, graph.id)));
    }
    Ok(Value::Collection(handed))
}

/// What is due on a device: what has waited longest first, as much as one answer holds.
fn find(
    graph: &Graph,
    core: &Core,
    reader: &mut dyn Reader,
    device: &Row,
) -> Result<Vec<Candidate>, Error> {
    let mut found = Vec::new();
    for candidate in candidates(graph, core, reader, device)? {
        let state = state(graph, reader, &candidate, device)?;
        let due = judge(graph, core, reader, &candidate, device, state)?;
        let Some(last) = due.map(|due| due.last) else {
            continue;
        };
        found.push((last, candidate));
    }
    found.sort_by_key(|(last, _)| *last);
    let mut found: Vec<_> = found.into_iter().map(|(_, candidate)| candidate).collect();
    let sizes: Vec<_> = found.iter().map(|c| content_size(graph, c)).collect();
    found.truncate(fitting(&sizes, MOST_CONTENT));
    Ok(found)
}

/// The scripts that are assigned to a device or asked for on it, and made for it.
fn candidates(
    graph: &Graph,
    core: &Core,
    reader: &mut dyn Reader,
    device: &Row,
) -> Result<Vec<Candidate>, Error> {
    let mut scripts = reaching(graph, core, reader, device)?;
    for asked in graph.requests.of_device(core, reader, &device[graph.id])? {
        match scripts.iter_mut().find(|(script, _)| *script == asked) {
            Some((_, reach)) => reach.requested = true,
            None => scripts.push((asked, Reach::requested())),
        }
    }
    let system = text(device, graph.devices.operating_system);
    let mut found = Vec::new();
    for (id, reach) in scripts {
        if !reach.includes() {
            continue;
        }
        for family in &graph.layout.families {
            let Some(script) = reader.get(family.table, std::slice::from_ref(&id))? else {
                continue;
            };
            if graph.due.rule(family)?.runs_on(&script, system) {
                found.push(Candidate {
                    family: family.table,
                    script,
                    reach,
                });
            }
            break;
        }
    }
    Ok(found)
}

fn family<'g>(graph: &'g Graph, candidate: &Candidate) -> Result<&'g Family, Error> {
    let family = graph.layout.family(candidate.family);
    family.ok_or_else(|| Error::internal("a script of no family"))
}

/// The device's run state of a script, if it has one.
fn state<R: Reader + ?Sized>(
    graph: &Graph,
    reader: &mut R,
    candidate: &Candidate,
    device: &Row,
) -> Result<Option<Row>, Error> {
    let states = graph.states(family(graph, candidate)?.states)?;
    let key = [candidate.script[graph.id].clone(), device[graph.id].clone()];
    reader.get(states.table, &key)
}

/// A script if it is due on a device that has this run state of it.
fn judge<'a, R: Reader + ?Sized>(
    graph: &'a Graph,
    core: &Core,
    reader: &mut R,
    candidate: &'a Candidate,
    device: &Row,
    state: Option<Row>,
) -> Result<Option<Due<'a>>, Error> {
    let family = family(graph, candidate)?;
    let (rule, states) = (graph.due.rule(family)?, graph.states(family.states)?);
    let (script, reach) = (&candidate.script, &candidate.reach);
    let now = core.clock.now();
    let past = match &state {
        Some(state) => past(reader, rule, states, state, &script[family.content_version])?,
        None => Past::default(),
    };
    let next = |last: Option<i64>| {
        let given = reach.schedules(graph);
        next_run(rule, &graph.due.schedules, script, given, last, now)
    };
    let synced = devices::is_asked_to_sync(graph, device);
    let due = match reach.requested {
        true => Some(Attempt::Regular),
        false => attempt(past, next(past.last), rule.retries(script), synced, now),
    };
    let Some(attempt) = due else {
        return Ok(None);
    };
    let next = match next(Some(now.ticks)) {
        Next::At(ticks) => Some(ticks),
        Next::Now | Next::Never => None,
    };
    Ok(Some(Due {
        family,
        rule,
        state,
        reach,
        attempt,
        last: past.last,
        next,
        script,
    }))
}

/// What a run state says of its script, now in the version given.
fn past<R: Reader + ?Sized>(
    reader: &mut R,
    rule: &Rule,
    states: &States,
    state: &Row,
    version: &Value,
) -> Result<Past, Error> {
    Ok(Past {
        last: last_run(reader, rule, states, state)?,
        same_version: state[states.handed_version] == *version,
        pending: rule.outcome.is_pending(state),
        failed: rule.outcome.is_failure(state),
        handed: state[states.handed_count].as_i64().unwrap_or(0),
    })
}

/// When a script ran last, in ticks: when the server heard of it, since a device's clock may be
/// years off; what the device said, where history is not kept as long.
fn last_run<R: Reader + ?Sized>(
    reader: &mut R,
    rule: &Rule,
    states: &States,
    state: &Row,
) -> Result<Option<i64>, Error> {
    let latest = &state[states.last_history];
    if !latest.is_null()
        && let Some(run) = reader.get(states.history, std::slice::from_ref(latest))?
    {
        return Ok(run[rule.recorded].as_i64());
    }
    Ok(match &state[states.run_time] {
        Value::DateTimeOffset(time) if time.ticks > 0 => Some(time.ticks),
        _ => None,
    })
}

/// Bytes of a script's content.
fn content_size(graph: &Graph, candidate: &Candidate) -> usize {
    let size = |column: usize| match &candidate.script[column] {
        Value::Binary(content) => content.len(),
        _ => 0,
    };
    let family = graph.layout.family(candidate.family);
    family.map_or(0, |family| family.content.iter().map(size).sum())
}

/// How many of the first sizes fit into a budget; the first always does.
fn fitting(sizes: &[usize], budget: usize) -> usize {
    let mut sum = 0_usize;
    let fits = sizes.iter().take_while(|size| {
        sum = sum.saturating_add(**size);
        sum <= budget
    });
    fits.count().max(1).min(sizes.len())
}

#[cfg(test)]
mod tests;
