//! Platform scripts: the counters of users and the classes that users count in move with the run
//! states of their devices, as a recount in memory has them.

use std::collections::BTreeMap;

use http::Method;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::fixture::{World, id_of};

const STATES: [&str; 6] = [
    "unknown",
    "success",
    "fail",
    "scriptError",
    "pending",
    "notApplicable",
];
/// The primary user of each device.
const PRIMARY_USERS: [Option<&str>; 4] = [Some("ada"), Some("ada"), Some("bob"), None];
const USERS: [&str; 3] = ["ada", "bob", "eve"];

#[derive(Clone, Debug)]
enum Step {
    /// The state of a device, keyed by it: its user is the device's.
    CreateOfDevice(usize, usize),
    /// A state with a plain id under a user.
    CreateOfUser(usize, usize),
    /// The state of a place is changed, seen under its script or under its user.
    Change(usize, usize, bool),
    Remove(usize),
    CreateUser(usize, i64, i64),
    AdjustUser(usize, i64),
    RemoveUser(usize),
    AdjustSummary(usize, i64),
    Reset,
}

/// Counters of the summary by what they count.
const SUMMARY: [&str; 4] = [
    "successDeviceCount",
    "errorDeviceCount",
    "successUserCount",
    "errorUserCount",
];

fn steps() -> impl Strategy<Value = Step> {
    let device = 0..PRIMARY_USERS.len();
    let user = 0..USERS.len();
    let state = 0..STATES.len();
    let place = 0..PRIMARY_USERS.len() + USERS.len();
    let count = -1_i64..3;
    prop_oneof![
        4 => (device, state.clone()).prop_map(|(d, s)| Step::CreateOfDevice(d, s)),
        3 => (user.clone(), state.clone()).prop_map(|(u, s)| Step::CreateOfUser(u, s)),
        8 => (place.clone(), state, any::<bool>()).prop_map(|(p, s, u)| Step::Change(p, s, u)),
        2 => place.prop_map(Step::Remove),
        2 => (user.clone(), count.clone(), count.clone())
            .prop_map(|(u, s, e)| Step::CreateUser(u, s, e)),
        1 => (user.clone(), count.clone()).prop_map(|(u, n)| Step::AdjustUser(u, n)),
        1 => user.prop_map(Step::RemoveUser),
        1 => (0..SUMMARY.len(), count).prop_map(|(c, n)| Step::AdjustSummary(c, n)),
        1 => Just(Step::Reset),
    ]
}

/// A run state in memory.
#[derive(Clone, Debug)]
struct State {
    run_state: &'static str,
    user: Option<&'static str>,
}

/// What clients moved a user's counters by: success and error.
type Adjustment = [i64; 2];

/// All that the service should hold of one script. States are known by their place: first those
/// of the devices, then one for each user.
#[derive(Clone, Debug, Default)]
struct Known {
    states: BTreeMap<usize, State>,
    users: BTreeMap<&'static str, Adjustment>,
    adjustments: [i64; 4],
}

fn counted<'s>(states: impl Iterator<Item = &'s State>) -> [i64; 2] {
    states.fold([0, 0], |[success, error], state| match state.run_state {
        "success" => [success + 1, error],
        "fail" | "scriptError" => [success, error + 1],
        _ => [success, error],
    })
}

impl Known {
    fn user(&self, user: &str) -> [i64; 2] {
        let of_user = self
            .states
            .values()
            .filter(|state| state.user == Some(user));
        let [success, error] = counted(of_user);
        let adjustment = self.users.get(user).copied().unwrap_or_default();
        [success + adjustment[0], error + adjustment[1]]
    }

    fn counted(&self) -> [i64; 4] {
        let [success, error] = counted(self.states.values());
        let (mut successful, mut failing) = (0, 0);
        for user in self.users.keys() {
            match self.user(user) {
                [_, error] if error > 0 => failing += 1,
                [success, _] if success > 0 => successful += 1,
                _ => {}
            }
        }
        [success, error, successful, failing]
    }
}

struct Subject<'w> {
    world: &'w World,
    devices: &'w [String],
    script: String,
    known: Known,
}

impl Subject<'_> {
    fn id(&self, place: usize) -> String {
        match self.devices.get(place) {
            Some(device) => format!("{}:{device}", id_of(&self.script)),
            None => format!("of-{}", USERS[place - self.devices.len()]),
        }
    }

    fn path(&self, place: usize) -> String {
        format!("{}/deviceRunStates/{}", self.script, self.id(place))
    }

    fn user_path(&self, user: &str) -> String {
        format!(
            "{}/userRunStates/{}:{user}",
            self.script,
            id_of(&self.script)
        )
    }

    /// Asks, and checks that it succeeds exactly if it should.
    fn ask(&self, method: Method, path: &str, body: Option<&Value>, expected: u16) {
        let (status, answer) = self.world.ask(method.clone(), path, body);
        assert_eq!(status, expected, "{method} {path} {body:?}: {answer}");
    }

    fn create(&mut self, collection: &str, place: usize, state: usize, user: Option<&'static str>) {
        let body = json!({"id": self.id(place), "runState": STATES[state]});
        let taken = self.known.states.contains_key(&place);
        self.ask(
            Method::POST,
            collection,
            Some(&body),
            if taken { 409 } else { 201 },
        );
        if taken {
            return;
        }
        let run_state = STATES[state];
        self.known.states.insert(place, State { run_state, user });
        if let Some(user) = user {
            self.known.users.entry(user).or_default();
        }
    }

    fn carry_out(&mut self, step: &Step) {
        match *step {
            Step::CreateOfDevice(device, state) => {
                let collection = format!("{}/deviceRunStates", self.script);
                self.create(&collection, device, state, PRIMARY_USERS[device]);
            }
            Step::CreateOfUser(user, state) => {
                let (place, name) = (self.devices.len() + user, USERS[user]);
                let collection = format!("{}/deviceRunStates", self.user_path(name));
                if self.known.users.contains_key(name) {
                    self.create(&collection, place, state, Some(name));
                } else {
                    let body = json!({"id": self.id(place)});
                    self.ask(Method::POST, &collection, Some(&body), 404);
                }
            }
            Step::Change(place, state, through_user) => self.change(place, state, through_user),
            Step::Remove(place) => {
                let gone = self.known.states.remove(&place).is_some();
                let expected = if gone { 204 } else { 404 };
                self.ask(Method::DELETE, &self.path(place), None, expected);
            }
            Step::AdjustSummary(counter, value) => {
                let body = json!({ SUMMARY[counter]: value });
                self.ask(
                    Method::PATCH,
                    &format!("{}/runSummary", self.script),
                    Some(&body),
                    200,
                );
                self.known.adjustments[counter] = value - self.known.counted()[counter];
            }
            Step::Reset => {
                self.ask(
                    Method::DELETE,
                    &format!("{}/runSummary", self.script),
                    None,
                    204,
                );
                self.known.adjustments = [0; 4];
            }
            _ => self.carry_out_on_user(step),
        }
    }

    fn change(&mut self, place: usize, state: usize, through_user: bool) {
        let body = json!({"runState": STATES[state]});
        let user = self.known.states.get(&place).and_then(|state| state.user);
        let path = match user {
            Some(user) if through_user => {
                format!(
                    "{}/deviceRunStates/{}",
                    self.user_path(user),
                    self.id(place)
                )
            }
            _ => self.path(place),
        };
        let known = self.known.states.get_mut(&place);
        let expected = if known.is_some() { 200 } else { 404 };
        if let Some(known) = known {
            known.run_state = STATES[state];
        }
        self.ask(Method::PATCH, &path, Some(&body), expected);
    }

    fn carry_out_on_user(&mut self, step: &Step) {
        match *step {
            Step::CreateUser(user, success, error) => {
                let name = USERS[user];
                let id = format!("{}:{name}", id_of(&self.script));
                let body =
                    json!({"id": id, "successDeviceCount": success, "errorDeviceCount": error});
                let taken = self.known.users.contains_key(name);
                let collection = format!("{}/userRunStates", self.script);
                let expected = if taken { 409 } else { 201 };
                self.ask(Method::POST, &collection, Some(&body), expected);
                self.known.users.entry(name).or_insert([success, error]);
            }
            Step::AdjustUser(user, error) => {
                let name = USERS[user];
                let body = json!({"errorDeviceCount": error});
                let there = self.known.users.contains_key(name);
                let expected = if there { 200 } else { 404 };
                self.ask(Method::PATCH, &self.user_path(name), Some(&body), expected);
                let moved = error - self.known.user(name)[1];
                if let Some(adjustment) = self.known.users.get_mut(name) {
                    adjustment[1] += moved;
                }
            }
            Step::RemoveUser(user) => {
                let name = USERS[user];
                let gone = self.known.users.remove(name).is_some();
                let expected = if gone { 204 } else { 404 };
                self.ask(Method::DELETE, &self.user_path(name), None, expected);
                for state in self.known.states.values_mut() {
                    state.user = state.user.filter(|user| *user != name);
                }
            }
            _ => unreachable!("the step is about no user: {step:?}"),
        }
    }

    fn check(&self) {
        let summary = self.world.get(&format!("{}/runSummary", self.script));
        let found = SUMMARY.map(|counter| summary[counter].as_i64().unwrap());
        let mut expected = self.known.counted();
        for (count, adjustment) in expected.iter_mut().zip(self.known.adjustments) {
            *count += adjustment;
        }
        assert_eq!(found, expected, "{SUMMARY:?}");
        let users = self.world.get(&format!("{}/userRunStates", self.script));
        let users = users["value"].as_array().unwrap();
        assert_eq!(users.len(), self.known.users.len(), "{users:?}");
        for user in users {
            let id = user["id"].as_str().unwrap();
            let name = id.rsplit(':').next().unwrap();
            let found = ["successDeviceCount", "errorDeviceCount"]
                .map(|counter| user[counter].as_i64().unwrap());
            assert_eq!(found, self.known.user(name), "{name}");
            let states = format!("{}/deviceRunStates", self.user_path(name));
            let shown = self.world.get(&states)["value"].as_array().unwrap().len();
            let known = self.known.states.values();
            assert_eq!(
                shown,
                known.filter(|s| s.user == Some(name)).count(),
                "{name}"
            );
        }
    }
}

fn import_devices(world: &World) -> Vec<String> {
    PRIMARY_USERS
        .iter()
        .map(|user| {
            let device = json!({"deviceName": "a device", "userId": user});
            let made = world.post("managedDevices", &device);
            made["id"].as_str().unwrap().to_owned()
        })
        .collect()
}

#[test]
fn any_sequence_leaves_what_a_recount_says() {
    let world = World::new();
    let devices = import_devices(&world);
    let config = ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..ProptestConfig::with_cases(40)
    };
    let families = prop::sample::select(vec![
        "deviceManagementScripts",
        "deviceShellScripts",
        "deviceCustomAttributeShellScripts",
    ]);
    let sequences = prop::collection::vec(steps(), 1..30);
    proptest!(config, |(family in families, steps in sequences)| {
        let mut subject = Subject {
            world: &world,
            devices: &devices,
            script: world.new_script(family),
            known: Known::default(),
        };
        for step in &steps {
            subject.carry_out(step);
            subject.check();
        }
        assert_eq!(world.recount(&subject.script), 0);
        subject.check();
    });
}
