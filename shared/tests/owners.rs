//! Whose lead it is: the schedule of turns against its bound.
//!
//! `cargo test -p leads --test owners -- --nocapture` prints the figures of a hundred thousand assignments.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic anywhere")]

mod rotation;
