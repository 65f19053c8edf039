//! The commands, one a file: what each takes, and what it does.

pub mod accounts;
pub mod backtest;
pub mod console;
pub mod data;
pub mod demo;
pub mod docs;
pub mod down;
pub mod erase;
pub mod explain;
pub mod feedback;
pub mod infra;
pub mod keys;
pub mod package;
pub mod park;
pub mod place;
pub mod pool;
pub mod queues;
pub mod reconcile;
pub mod redrive;
pub mod report;
pub mod returns;
pub mod rules;
pub mod samples;
pub mod sbom;
pub mod send;
pub mod tail;
pub mod unmerge;
pub mod up;
pub mod update;
pub mod verdict;

/// How many threads work: as many as were asked for, or one a core.
fn threads(asked: Option<u16>) -> usize {
    match asked {
        Some(threads) => threads.into(),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    }
}
