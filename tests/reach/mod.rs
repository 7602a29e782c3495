//! What a token reaches: a device its own things alone, an administrator who is confined to role
//! scope tags what has one of them.

mod devices;
mod dump;
mod oracles;
mod properties;
mod reports;
mod tags;
mod walk;
mod world;
