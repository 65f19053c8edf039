//! What a decision costs, and how the cost grows with the number of routing rules: the decisions of `leads` beside a plain
//! ordered scan, `zen-engine` and CEL, all with the same rules, the same leads and the same answers.
//!
//! `docs/performance.md` holds the figures and the commands that make them.
// A measurement that cannot go on stops.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod engines;
pub mod figures;
pub mod workload;

/// The numbers of routing rules that everything is measured with.
pub const RULES: [usize; 4] = [10, 100, 1_000, 10_000];
