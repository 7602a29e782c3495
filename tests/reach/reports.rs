//! Reports and exports.
