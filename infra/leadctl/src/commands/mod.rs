//! The commands, one a file.

pub mod accounts;
pub mod backtest;
pub mod data;
pub mod demo;
pub mod docs;
pub mod erase;
pub mod explain;
pub mod feedback;
pub mod infra_check;
pub mod keys;
pub mod package;
pub mod park;
pub mod pool;
pub mod queues;
pub mod reconcile;
pub mod redrive;
pub mod report;
pub mod returns;
pub mod rules;
pub mod samples;
pub mod send;
pub mod tail;
