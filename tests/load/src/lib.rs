//! How long a lead takes from the form to its sales queue on the local stack, stage by stage, under a constant load and in a
//! burst; beside it, what the emulator itself can do at most.
//!
//! `docs/latency.md` says how it is measured, and has the figures.

pub mod ceiling;
pub mod cores;
pub mod journal;
pub mod leads;
pub mod listen;
pub mod pace;
pub mod report;
pub mod round;
pub mod spread;
pub mod stand;
