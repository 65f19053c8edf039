//! What the running functions cost: the real programs, driven as Lambda drives them, against DynamoDB and SQS over TLS on
//! this machine, beside the smallest function that there is and the same stage in Python and Node.
//!
//! `docs/performance.md` says how it is measured, and has the figures.
// A measurement that cannot go on stops.
#![allow(clippy::indexing_slicing)]

pub mod endpoint;
pub mod folders;
pub mod measure;
pub mod peers;
pub mod process;
pub mod program;
pub mod quota;
pub mod report;
mod runtime_api;
pub mod size;
pub mod stats;
pub mod work;
