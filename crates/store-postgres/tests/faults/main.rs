//! The store while connections, servers and primaries are lost: that costs time, never an
//! acknowledged write, a doubled one or a wrong answer.
#![cfg(test)]

mod away;
mod commits;
mod failover;
mod restarts;
mod world;
