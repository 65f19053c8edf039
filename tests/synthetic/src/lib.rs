//! Made-up routing rules and leads, always the same for the same seed, and a plain reading of the rules in order that
//! shares nothing with the product: what it says of a lead is known from how the lead was made, not from parsing it.
//!
//! Used by the test of totality (`tests/tests/totality.rs`) and by the benchmarks (`tests/benches`).
// A test that cannot go on stops.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod agreement;
pub mod lead;
pub mod ordered;
pub mod rules;
pub mod territory;
pub mod words;
