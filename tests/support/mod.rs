//! What all tests share: a real server, a client, and the five families as tables.

mod answer;
mod client;
mod families;
mod server;
mod snapshot;

pub(crate) use answer::Answer;
pub(crate) use client::{Client, Request};
pub(crate) use families::{
    COMPLIANCE, CUSTOM_ATTRIBUTE, FAMILIES, Family, HEALTH, PLATFORM, SHELL, base64, make_device,
    make_script, make_state,
};
pub(crate) use server::{READ_WRITE, Server};
pub(crate) use snapshot::shape_of;
