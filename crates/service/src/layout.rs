//! The families of scripts with their states, summaries, users and assignments, as the model's
//! navigation and annotations lay them out.

use std::collections::HashMap;

use edm::{Model, StructuredId, StructuredType};
use store::{ColumnSet, TableId, Tables};

use crate::columns::{hidden, tagged, term, the_tagged};
use crate::counters::{self, Counter};
use crate::graph::GraphError;

/// One family of scripts.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    /// The script type.
    pub(crate) of: StructuredId,
    /// The scripts.
    pub(crate) table: TableId,
    /// The run states.
    pub(crate) states: TableId,
    /// The run summaries.
    pub(crate) summary: TableId,
    /// The user states, where runs are grouped by user.
    pub(crate) users: Option<TableId>,
    /// Content properties.
    pub(crate) content: ColumnSet,
    /// The column that counts changes of the content.
    pub(crate) content_version: usize,
    /// When it was made.
    pub(crate) created: usize,
    /// When it was changed last.
    pub(crate) modified: usize,
    /// The role scope tags.
    pub(crate) role_scope_tags: usize,
}

/// A table of run states.
#[derive(Clone, Debug)]
pub(crate) struct States {
    pub(crate) table: TableId,
    pub(crate) history: TableId,
    pub(crate) summary: TableId,
    pub(crate) users: Option<TableId>,
    pub(crate) script_id: usize,
    pub(crate) state_key: usize,
    pub(crate) id_form: usize,
    pub(crate) device_id: usize,
    pub(crate) user_id: Option<usize>,
    pub(crate) handed_version: usize,
    pub(crate) handed_count: usize,
    pub(crate) last_history: usize,
    /// What was asked for on demand, where scripts run so.
    pub(crate) requested: Option<usize>,
    /// When the latest run was.
    pub(crate) run_time: usize,
    /// The states that decide what a run is.
    pub(crate) decisive: ColumnSet,
    /// Counters of the summary.
    pub(crate) counters: Vec<Counter>,
    /// The summary's time of the latest run.
    pub(crate) latest_run: Option<usize>,
    /// The count of the last days: the state's column of its day, and what counts.
    pub(crate) window: Option<(usize, Counter)>,
}

/// A table of user states.
#[derive(Clone, Debug)]
pub(crate) struct Users {
    pub(crate) table: TableId,
    pub(crate) summary: TableId,
    pub(crate) states: TableId,
    pub(crate) script_id: usize,
    pub(crate) user_key: usize,
    pub(crate) id_form: usize,
    /// Counters of run states in the user's row.
    pub(crate) counters: Vec<Counter>,
    /// Counters of users in the summary, by which counter of the user's row must be above zero;
    /// a user counts in the first that holds. (summary column, user column)
    pub(crate) classes: Vec<(usize, usize)>,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    pub(crate) families: Vec<Family>,
    pub(crate) states: HashMap<TableId, States>,
    pub(crate) users: HashMap<TableId, Users>,
    /// Summaries with the pairs of counter and adjustment.
    pub(crate) summaries: HashMap<TableId, Vec<(usize, usize)>>,
}

impl Layout {
    pub(crate) fn of(model: &Model, tables: &Tables) -> Result<Self, GraphError> {
        let mut layout = Self::default();
        for (of, ty) in model.structured_types() {
            let Some((summary, states)) = related(model, tables, of, ty, "summaryOf")? else {
                continue;
            };
            let users = related(model, tables, of, ty, "groupedByUser")?.map(|(users, _)| users);
            layout
                .families
                .push(family(tables, of, ty, states, summary, users)?);
            if let Some(users) = users {
                let read = read_users(model, tables, users, states, summary)?;
                layout.users.insert(users, read);
            }
            let read = read_states(model, tables, states, summary, users)?;
            layout.states.insert(states, read);
            let pairs = counters::adjustable(tables.table(summary));
            layout.summaries.insert(summary, pairs);
        }
        Ok(layout)
    }

    /// The family of a table of scripts.
    pub(crate) fn family(&self, table: TableId) -> Option<&Family> {
        self.families.iter().find(|family| family.table == table)
    }

    /// The family of a script type.
    pub(crate) fn family_of(&self, of: StructuredId) -> Option<&Family> {
        self.families.iter().find(|family| family.of == of)
    }
}

/// The tables behind a navigation property with this term and behind the one that it names.
fn related(
    model: &Model,
    tables: &Tables,
    of: StructuredId,
    ty: &StructuredType,
    name: &str,
) -> Result<Option<(TableId, TableId)>, GraphError> {
    let term = term(name);
    let table_of = |index: usize| {
        let map = tables.navigation(model, of, index);
        map.map(|map| map.table).ok_or_else(|| {
            GraphError(format!(
                "{}/{} lies in no table",
                ty.name, ty.navigation[index].name
            ))
        })
    };
    for (index, navigation) in ty.navigation.iter().enumerate() {
        let Some(path) = navigation.annotations.get(&term) else {
            continue;
        };
        let other = path
            .as_str()
            .and_then(|name| ty.navigation_property(name))
            .ok_or_else(|| {
                GraphError(format!(
                    "{}/{}: {term} names nothing",
                    ty.name, navigation.name
                ))
            })?;
        return Ok(Some((table_of(index)?, table_of(other)?)));
    }
    Ok(None)
}

fn family(
    tables: &Tables,
    of: StructuredId,
    ty: &StructuredType,
    states: TableId,
    summary: TableId,
    users: Option<TableId>,
) -> Result<Family, GraphError> {
    let (table, scripts) = tables
        .iter()
        .find(|(_, table)| table.of == Some(of))
        .ok_or_else(|| GraphError(format!("{} lies in no table", ty.name)))?;
    Ok(Family {
        of,
        table,
        states,
        summary,
        users,
        content: tagged(ty, "content").into_iter().collect(),
        content_version: hidden(scripts, "content_version")?,
        created: the_tagged(ty, "created")?,
        modified: the_tagged(ty, "modified")?,
        role_scope_tags: the_tagged(ty, "roleScopeTags")?,
    })
}

fn type_of<'m>(
    model: &'m Model,
    tables: &Tables,
    id: TableId,
) -> Result<&'m StructuredType, GraphError> {
    let table = tables.table(id);
    let of = table
        .of
        .ok_or_else(|| GraphError(format!("table {} has no type", table.name)))?;
    Ok(model.structured(of))
}

fn read_states(
    model: &Model,
    tables: &Tables,
    id: TableId,
    summary: TableId,
    users: Option<TableId>,
) -> Result<States, GraphError> {
    let (table, ty) = (tables.table(id), type_of(model, tables, id)?);
    let (counts, counted) = (type_of(model, tables, summary)?, tables.table(summary));
    let read = |term| counters::read(model, counts, counted, ty, term);
    let counters = read("countOf")?;
    let window = match read("countOfLast30Days")?.as_slice() {
        [counter] => Some((hidden(table, "counted_day")?, counter.clone())),
        _ => None,
    };
    let history = table
        .history
        .ok_or_else(|| GraphError(format!("table {} has no history", table.name)))?;
    Ok(States {
        table: id,
        history,
        summary,
        users,
        script_id: hidden(table, "script_id")?,
        state_key: hidden(table, "state_key")?,
        id_form: hidden(table, "id_form")?,
        device_id: hidden(table, "device_id")?,
        user_id: table.column("user_id"),
        handed_version: hidden(table, "handed_version")?,
        handed_count: hidden(table, "handed_count")?,
        last_history: hidden(table, "last_history_id")?,
        requested: table.column("requested"),
        run_time: the_tagged(ty, "runTime")?,
        decisive: counters.iter().flat_map(Counter::decided_by).collect(),
        counters,
        latest_run: tagged(counts, "latestRun").first().copied(),
        window,
    })
}

fn read_users(
    model: &Model,
    tables: &Tables,
    id: TableId,
    states: TableId,
    summary: TableId,
) -> Result<Users, GraphError> {
    let (table, ty) = (tables.table(id), type_of(model, tables, id)?);
    let counts = type_of(model, tables, summary)?;
    let term = term("countOfUsers");
    let classes = counts
        .properties
        .iter()
        .enumerate()
        .filter_map(|(column, p)| Some((column, p.annotations.get(&term)?.as_str()?)))
        .map(|(column, name)| {
            let counter = ty
                .property(name)
                .ok_or_else(|| GraphError(format!("{} has no counter {name}", ty.name)))?;
            Ok((column, counter))
        })
        .collect::<Result<_, GraphError>>()?;
    Ok(Users {
        table: id,
        summary,
        states,
        script_id: hidden(table, "script_id")?,
        user_key: hidden(table, "user_key")?,
        id_form: hidden(table, "id_form")?,
        counters: counters::read(model, ty, table, type_of(model, tables, states)?, "countOf")?,
        classes,
    })
}
