//! What a group of commands does to the states that were read for it: no SQL.

use std::collections::HashMap;

use super::super::counters::Counters;
use super::super::record::Change;
use super::super::sql::{Extent, Outcome, today};
use super::super::state::State;
use super::super::writer::{Command, Reply, Work};

/// A state's script and key.
pub(super) type Key = (String, String);

/// The states of a group, and what is written with them.
pub(super) struct Group {
    /// The states that are there, or will be.
    states: HashMap<Key, Known>,
    /// Keys of the runs' rows, which the database handed out.
    ids: Vec<i64>,
    /// How the database says seven digits and `Z`.
    form: i64,
    /// One state for each run, as it was then: the history.
    pub(super) runs: Vec<(i64, State)>,
    pub(super) counters: Counters,
}

struct Known {
    state: State,
    /// Whether it is not in the database yet.
    is_new: bool,
    /// Whether it was changed.
    is_changed: bool,
    /// Whether the change is logged.
    is_logged: bool,
}

/// The states that a command is about, and how many runs it tells of at most.
pub(super) fn keys(command: &Command) -> impl Iterator<Item = Key> + '_ {
    let changes = match &command.work {
        Work::Report(change, _) | Work::Insert(change) => std::slice::from_ref(change),
        Work::Bulk(changes) | Work::Each(changes) => changes,
    };
    changes
        .iter()
        .map(|change| (command.script.clone(), change.key.clone()))
}

impl Group {
    /// A group over the states that were found.
    pub(super) fn new(found: Vec<State>, ids: Vec<i64>, form: i64) -> Self {
        let known = |state: State| {
            let known = Known {
                state,
                is_new: false,
                is_changed: false,
                is_logged: false,
            };
            let key = (known.state.script.clone(), known.state.key.clone());
            (key, known)
        };
        Self {
            states: found.into_iter().map(known).collect(),
            ids,
            form,
            runs: Vec::new(),
            counters: Counters::default(),
        }
    }

    /// Carries a command out.
    pub(super) fn carry_out(&mut self, command: Command) -> (Reply, Outcome) {
        let Command {
            script,
            work,
            reply,
        } = command;
        let outcome = match work {
            Work::Report(change, extent) => self.report(&script, change, extent),
            Work::Insert(change) => self.insert(&script, change),
            Work::Bulk(changes) => {
                let mut refused = false;
                for change in changes {
                    let outcome = self.report(&script, change, Extent::Full);
                    refused |= matches!(outcome, Outcome::Refused);
                }
                if refused {
                    // The workload names states that exist.
                    Outcome::Refused
                } else {
                    Outcome::Many
                }
            }
            Work::Each(changes) => {
                let mut states = Vec::with_capacity(changes.len());
                for change in changes {
                    let outcome = self.report(&script, change, Extent::Full);
                    if let Outcome::Written(state) = outcome {
                        states.push(*state);
                    }
                }
                Outcome::Each(states)
            }
        };
        (reply, outcome)
    }

    fn report(&mut self, script: &str, change: Change, extent: Extent) -> Outcome {
        let Some(known) = self.states.get_mut(&(script.to_owned(), change.key)) else {
            return Outcome::Refused;
        };
        let before = (known.state.detection, known.state.remediation);
        known.state.set(change.record, self.form);
        known.is_changed = true;
        if extent == Extent::Full {
            known.is_logged = true;
            let mut state = known.state.clone();
            self.run(Some(before), &mut state);
            return self.put(state);
        }
        Outcome::Written(Box::new(known.state.clone()))
    }

    fn insert(&mut self, script: &str, change: Change) -> Outcome {
        let key = (script.to_owned(), change.key.clone());
        if self.states.contains_key(&key) {
            return Outcome::Refused;
        }
        let mut state = State::new(script, change, self.form);
        self.run(None, &mut state);
        let known = Known {
            state: state.clone(),
            is_new: true,
            is_changed: false,
            is_logged: true,
        };
        self.states.insert(key, known);
        Outcome::Written(Box::new(state))
    }

    fn put(&mut self, state: State) -> Outcome {
        let key = (state.script.clone(), state.key.clone());
        if let Some(known) = self.states.get_mut(&key) {
            known.state = state.clone();
        }
        Outcome::Written(Box::new(state))
    }

    /// A run's row of the history, and what it counts.
    fn run(&mut self, before: Option<(i64, i64)>, state: &mut State) {
        self.counters.run(before, state, today());
        let id = self.ids.pop().unwrap_or_default();
        self.runs.push((id, state.clone()));
        state.last_history = Some(id);
    }

    /// The states that are new.
    pub(super) fn new_states(&self) -> Vec<&State> {
        self.those(|known| known.is_new)
    }

    /// The states that were there and are changed.
    pub(super) fn changed(&self) -> Vec<&State> {
        self.those(|known| known.is_changed && !known.is_new)
    }

    /// The states whose change is logged, and what the log says of their ids' form.
    pub(super) fn logged(&self) -> (Vec<&str>, Vec<&str>, Vec<Option<i64>>) {
        let logged = self.states.values().filter(|known| known.is_logged);
        let (mut scripts, mut keys, mut forms) = (Vec::new(), Vec::new(), Vec::new());
        for known in logged {
            scripts.push(known.state.script.as_str());
            keys.push(known.state.key.as_str());
            forms.push(known.is_new.then_some(known.state.id_form));
        }
        (scripts, keys, forms)
    }

    fn those(&self, wanted: impl Fn(&Known) -> bool) -> Vec<&State> {
        let known = self.states.values().filter(|known| wanted(known));
        known.map(|known| &known.state).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(work: Work) -> Command {
        Command {
            script: "s".to_owned(),
            work,
            reply: Box::new(drop),
        }
    }

    #[test]
    fn commands_of_a_group_see_each_other() {
        let change = |number: u64| Change::made(number, 7);
        let mut group = Group::new(Vec::new(), vec![13, 12, 11], 5);
        let full = |number| Work::Report(change(number), Extent::Full);
        for (work, refused) in [
            (full(1), true),
            (Work::Insert(change(2)), false),
            (Work::Insert(change(3)), true),
            (full(4), false),
            (Work::Each(vec![change(5)]), false),
            (Work::Report(change(6), Extent::Bare), false),
        ] {
            let (_, outcome) = group.carry_out(command(work));
            assert_eq!(matches!(outcome, Outcome::Refused), refused);
        }
        assert_eq!((group.new_states().len(), group.changed().len()), (1, 0));
        let chain: Vec<_> = group
            .runs
            .iter()
            .map(|(id, run)| (*id, run.last_history))
            .collect();
        assert_eq!(chain, [(11, None), (12, Some(11)), (13, Some(12))]);
        let (_, _, forms) = group.logged();
        assert_eq!(forms, [Some(1)], "a row is logged once, as it came to be");
        let moved = group.counters.take();
        let counted: i64 = moved[0].1.amounts.iter().sum();
        assert_eq!((moved.len(), counted), (1, 2), "one state, in two counters");
    }
}
