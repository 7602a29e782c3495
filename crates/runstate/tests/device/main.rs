//! Devices against a real server: each test starts a server process of its own, and `runstate
//! agent run` is the device. Where another operating system is needed, a device enrols by hand.
#![cfg(test)]
#![cfg(unix)]

mod assignments;
mod enrolment;
mod families;
mod keys;
mod outcomes;
mod retries;
mod schedules;
mod signed;
mod users;
mod world;
