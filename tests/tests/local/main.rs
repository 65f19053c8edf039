//! What needs a local stack. One program, so that these tests run side by side, each on a stack of its own: most of
//! their time they wait, for the sweep and for deadlines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::Path;

use tokio::sync::Mutex;

mod browser;
mod drills;
mod end_to_end;
mod runbooks;

/// Held by whoever updates a stack in place: programs that somebody else builds or touches meanwhile would count as changed.
static PROGRAMS: Mutex<()> = Mutex::const_new(());

/// Copies the rules, for a stack with others of its own.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => _ = fs::copy(entry.path(), target).unwrap(),
        }
    }
}
