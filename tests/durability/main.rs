//! What was acknowledged stays: the real binary, killed, stopped, slowed down, and refused by its
//! disk.
#![cfg(test)]
#![cfg(unix)]

mod client;
mod full_disk;
mod killed;
mod server;
mod stopped;
#[cfg(target_os = "linux")]
mod synced;
mod torn_log;
mod two_servers;
mod workload;
