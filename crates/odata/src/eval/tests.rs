mod casts;
mod laws;
mod operators;
pub(super) mod values;
