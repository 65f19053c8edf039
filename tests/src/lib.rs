//! What the tests of the whole share: the functions over the ports in memory, faults for them, and a checker that
//! trusts nothing of theirs.
// A test that cannot go on stops.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod asked;
pub mod books;
pub mod canaries;
pub mod clocks;
pub mod experiments;
pub mod faults;
pub mod functions;
pub mod growth;
pub mod histories;
pub mod requests;
pub mod rule_sets;
pub mod runs;
pub mod said;
pub mod scenarios;
pub mod stack;
pub mod turns;
pub mod wrong;
