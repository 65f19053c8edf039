//! What needs a local stack. One program, so that these tests run side by side, each on a stack of its own: most of
//! their time they wait, for the sweep and for deadlines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use tokio::sync::Mutex;

mod browser;
mod drills;
mod end_to_end;
mod runbooks;

/// Held by whoever updates a stack in place: programs that somebody else builds or touches meanwhile would count as changed.
static PROGRAMS: Mutex<()> = Mutex::const_new(());
