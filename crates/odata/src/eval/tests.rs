mod casts;
mod evaluator;
pub(super) mod fixture;
mod laws;
mod operators;
pub(super) mod values;
