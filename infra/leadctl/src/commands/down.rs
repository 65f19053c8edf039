//! `leadctl down`: the end of the local stack.

use anyhow::Result;

use super::place::local_dir;
use crate::local;

/// Ends it, if it runs.
pub fn run() -> Result<bool> {
    let there = local::down(&local_dir()?)?;
    println!("{}", if there { "the local stack has ended" } else { "no local stack was running" });
    Ok(true)
}
