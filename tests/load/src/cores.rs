//! Whose the machine's cores are: the emulator's, the functions', or this tool's.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// `USER_HZ`, the same on every Linux.
const TICKS: u64 = 100;

/// Cores that were busy, on average: 1 is one core all the time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cores {
    /// With the emulator, which is one process.
    pub emulator: f64,
    /// With the processes of the functions.
    pub functions: f64,
    /// With posting, receiving and measuring.
    pub tool: f64,
}

/// From when cores are counted.
#[derive(Clone, Copy, Debug)]
pub struct Since {
    at: Instant,
    used: Used,
}

#[derive(Clone, Copy, Debug)]
struct Used {
    emulator: u64,
    functions: u64,
    tool: u64,
}

/// What the system tells of a process, in ticks.
#[derive(Debug, PartialEq)]
struct Process {
    group: i32,
    own: u64,
    /// Of its children that have ended.
    children: u64,
}

/// Starts counting; `group` is the emulator's process id, and the group in which its functions are.
pub fn since(group: i32) -> Result<Since> {
    Ok(Since { at: Instant::now(), used: used(group)? })
}

impl Since {
    /// What was used since then.
    pub fn cores(&self, group: i32) -> Result<Cores> {
        let now = used(group)?;
        let of = |before: u64, now: u64| {
            Duration::from_millis(now.saturating_sub(before) * 1_000 / TICKS).as_secs_f64()
                / self.at.elapsed().as_secs_f64()
        };
        Ok(Cores {
            emulator: of(self.used.emulator, now.emulator),
            functions: of(self.used.functions, now.functions),
            tool: of(self.used.tool, now.tool),
        })
    }
}

fn used(group: i32) -> Result<Used> {
    let mut used = Used { emulator: 0, functions: 0, tool: 0 };
    let own = i32::try_from(std::process::id())?;
    for entry in fs::read_dir("/proc").context("processes can be counted on Linux alone")? {
        let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        // It may have ended meanwhile.
        let Some(process) = fs::read_to_string(format!("/proc/{id}/stat")).ok().and_then(|stat| process(&stat)) else {
            continue;
        };
        if id == group {
            used.emulator += process.own;
            used.functions += process.children;
        } else if process.group == group {
            used.functions += process.own + process.children;
        } else if id == own {
            used.tool += process.own;
        }
    }
    Ok(used)
}

/// See proc_pid_stat(5). The name in brackets may hold anything.
fn process(stat: &str) -> Option<Process> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Process {
        group: fields.get(2)?.parse().ok()?,
        own: ticks(11)? + ticks(12)?,
        children: ticks(13)? + ticks(14)?,
    })
}

#[cfg(test)]
mod tests {
    use super::{Process, process};

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "7 (a) b 1) S 1 70 7 0 -1 4194560 11 12 13 14 150 25 3 4 20 0 1 0 99 1000 20";
        assert_eq!(process(stat), Some(Process { group: 70, own: 175, children: 7 }));
    }
}
