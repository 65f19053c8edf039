//! A running program: started, given events, its time and memory read.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;
use serde_json::Value;

use crate::endpoint::Endpoint;
use crate::folders::Folders;
use crate::program::Program;
use crate::runtime_api::{RuntimeApi, Said};
use crate::work::Stage;

/// Longer than anything takes that works.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that waits for its next invocation. Ends when dropped.
pub struct Running {
    child: Child,
    api: RuntimeApi,
    clock: ClockId,
    stage: Stage,
    log: PathBuf,
}

/// Two times of one thing.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    /// On the clock.
    pub wall: Duration,
    /// On all cores, of the process since its start.
    pub cpu: Duration,
}

impl Running {
    /// Starts it and waits until it asks for an invocation; says how long that took.
    pub async fn start(program: &Program, endpoint: &Endpoint, folders: &Folders) -> Result<(Self, Took)> {
        let api = RuntimeApi::start().await?;
        let log = folders.made().join(format!("{}.log", program.name));
        let output = File::create(&log)?;
        let mut command = program.command(&api.address(), endpoint, folders)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let started = Instant::now();
        let child = command.spawn().with_context(|| format!("{} does not start", program.name))?;
        let clock = clock_getcpuclockid(Pid::from_raw(child.id().try_into()?))?;
        let mut running = Self { child, api, clock, stage: program.stage, log };
        let ready = running.ready().await?;
        let took = Took { wall: ready - started, cpu: running.cpu()? };
        Ok((running, took))
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The time that it has spent on all cores since its start.
    pub fn cpu(&self) -> Result<Duration> {
        Ok(self.clock.now()?.into())
    }

    /// The most memory that it has had, in MB.
    pub fn peak_rss_mb(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next());
        Ok(peak.context("the system does not tell the peak of memory")?.parse::<f64>()? / 1_024.0)
    }

    /// Gives it an event and waits for its answer, which must be that all went well, and until it asks for the next.
    /// Both times end with the answer.
    pub async fn invoke(&mut self, event: &Value) -> Result<Took> {
        let given = Instant::now();
        self.api.give(event).await?;
        let (at, said) = self.hear().await?;
        let Said::Answered(answer, heard) = said else { bail!("{}", self.complaint("asked twice")) };
        let took = Took { wall: at - given, cpu: self.cpu()? };
        drop(heard);
        let well = match self.stage {
            Stage::Intake => answer["statusCode"] == 202,
            _ => answer["batchItemFailures"].as_array().is_some_and(Vec::is_empty),
        };
        ensure!(well, "{}", self.complaint(&format!("answered {answer}")));
        self.ready().await?;
        Ok(took)
    }

    async fn ready(&mut self) -> Result<Instant> {
        match self.hear().await? {
            (at, Said::Ready) => Ok(at),
            _ => bail!("{}", self.complaint("answered what it was not asked")),
        }
    }

    async fn hear(&mut self) -> Result<(Instant, Said)> {
        match tokio::time::timeout(PATIENCE, self.api.hear()).await {
            Ok(Ok((_, Said::Failed(why)))) => bail!("{}", self.complaint(&format!("failed: {why}"))),
            Ok(said) => said,
            Err(_) => bail!("{}", self.complaint("does not answer")),
        }
    }

    fn complaint(&self, what: &str) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let last: Vec<&str> = log.lines().rev().take(20).collect();
        let last = last.into_iter().rev().collect::<Vec<_>>().join("\n");
        format!("a program {what}; the end of {}:\n{last}", self.log.display())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
