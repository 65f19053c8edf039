//! Replays past leads under two rule sets and compares: who moves from where to where and because of which rule, what
//! that does to the queues, and, where outcomes are known, whether the scores tell good leads from others.
//!
//! Nothing is sent and nothing stored. Leads are read in chunks and decided on all cores; every figure is a whole number
//! that merges in any order, so the same leads and rules give the same report, whatever the number of threads.

pub mod accounts;
pub mod engine;
pub mod html;
pub mod past;
pub mod replay;
pub mod report;
pub mod tally;
pub mod text;
