//! What needs a local stack. One program, so that these tests run side by side, each on a stack of its own: most of
//! their time they wait, for the sweep and for deadlines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod drills;
mod runbooks;
mod stack;
