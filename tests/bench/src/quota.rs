//! The share of a core that a function of little memory has.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// A whole core comes with 1,769 MB of memory, and a part of one with a part of that
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>).
const WHOLE_CORE_MB: f64 = 1_769.0;

/// What the template gives a function.
const MEMORY_MB: f64 = 256.0;

/// For so long a share lasts, in microseconds.
const PERIOD: u32 = 20_000;

/// A group of processes that together get as much of a core as a function of 256 MB does: by `cpu.max` of control groups
/// in version 2, or `cpu.cfs_quota_us` in version 1. Both need root.
pub struct Quota(PathBuf);

impl Quota {
    /// Makes the group.
    pub fn new() -> Result<Self> {
        let name = format!("bench-{}", std::process::id());
        let quota = (f64::from(PERIOD) * MEMORY_MB / WHOLE_CORE_MB) as u32;
        let second = Path::new("/sys/fs/cgroup/cgroup.controllers").exists();
        let group = Self(Path::new(if second { "/sys/fs/cgroup" } else { "/sys/fs/cgroup/cpu" }).join(name));
        let make = || {
            std::fs::create_dir(&group.0)?;
            if second {
                return std::fs::write(group.0.join("cpu.max"), format!("{quota} {PERIOD}"));
            }
            std::fs::write(group.0.join("cpu.cfs_period_us"), PERIOD.to_string())?;
            std::fs::write(group.0.join("cpu.cfs_quota_us"), quota.to_string())
        };
        make().with_context(|| format!("cannot make the control group {}; it takes root", group.0.display()))?;
        Ok(group)
    }

    /// Puts a process into it.
    pub fn admit(&self, process: u32) -> Result<()> {
        std::fs::write(self.0.join("cgroup.procs"), process.to_string()).context("the control group takes no process")
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        drop(std::fs::remove_dir(&self.0));
    }
}
