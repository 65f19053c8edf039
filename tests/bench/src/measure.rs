//! One pass: every program once a round, in turn, so that what else the machine does falls on all of them alike.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use indicatif::ProgressBar;
use serde::Serialize;

use crate::endpoint::{Calls, Endpoint};
use crate::folders::Folders;
use crate::process::Running;
use crate::program::Program;
use crate::quota::Quota;
use crate::stats::{Spread, median};
use crate::work::Work;

/// Invocations before warm ones count: connections stand, and what is compiled on the way is compiled.
const UNCOUNTED: usize = 3;

/// Under which conditions programs run.
#[derive(Clone, Copy)]
pub struct Conditions<'a> {
    /// How often each runs.
    pub rounds: usize,
    /// How many warm invocations count, of each size of batch.
    pub warm: usize,
    /// How long every call of AWS takes.
    pub latency: Duration,
    /// The share of a core that invocations have. The start has all of it, as on Lambda.
    pub quota: Option<&'a Quota>,
}

/// What a program took, over all rounds.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// Its name.
    pub name: &'static str,
    /// Of the start, until the first question for an invocation.
    pub init_cpu_ms: Spread,
    /// The same on the clock.
    pub init_wall_ms: Spread,
    /// From the start to the first answer, which is about ten leads, or one in `intake`.
    pub cold_cpu_ms: Spread,
    /// From the first event to its answer.
    pub first_wall_ms: Spread,
    /// The peak.
    pub rss_mb: Spread,
    /// By size of batch.
    pub warm: BTreeMap<usize, Warm>,
    /// The calls of the largest batch.
    pub calls: Calls,
}

/// What invocations of a warm process took.
#[derive(Clone, Debug, Serialize)]
pub struct Warm {
    /// A lead.
    pub cpu_us: Spread,
    /// An invocation, the median of each round's.
    pub wall_ms: Spread,
}

/// What one run of a program took.
struct Sample {
    init_cpu_ms: f64,
    init_wall_ms: f64,
    cold_cpu_ms: f64,
    first_wall_ms: f64,
    rss_mb: f64,
    /// Size of batch, µs of CPU a lead, ms of an invocation.
    warm: Vec<(usize, f64, f64)>,
    calls: Calls,
}

/// Where programs run.
pub struct Bench {
    /// Folders.
    pub folders: Folders,
    /// AWS.
    pub endpoint: Endpoint,
    /// What they do.
    pub work: Work,
}

impl Bench {
    /// Runs the programs under these conditions.
    pub async fn pass(
        &self,
        programs: &[Program],
        conditions: Conditions<'_>,
        progress: &ProgressBar,
    ) -> Result<Vec<Measured>> {
        self.endpoint.set_latency(conditions.latency);
        let mut samples: Vec<Vec<Sample>> = programs.iter().map(|_| Vec::new()).collect();
        for _ in 0..conditions.rounds {
            for (program, samples) in programs.iter().zip(&mut samples) {
                progress.set_message(program.name);
                let sample = self.run(program, conditions).await;
                samples.push(sample.with_context(|| format!("{} cannot be measured", program.name))?);
                progress.inc(1);
            }
        }
        Ok(programs.iter().zip(samples).map(|(program, samples)| summary(program.name, &samples)).collect())
    }

    async fn run(&self, program: &Program, conditions: Conditions<'_>) -> Result<Sample> {
        self.endpoint.hold(self.work.rows(program.stage))?;
        let (mut running, init) = Running::start(program, &self.endpoint, &self.folders).await?;
        if let Some(quota) = conditions.quota {
            quota.admit(running.id())?;
        }
        let batches = program.stage.batches();
        let largest = batches.first().copied().unwrap_or(1);
        let first = self.work.events(program.stage, largest);
        drop(self.endpoint.take_calls());
        let cold = running.invoke(first.first().context("no lead")?).await?;
        let calls = self.endpoint.take_calls();
        let mut warm = Vec::new();
        for batch in batches {
            let events = self.work.events(program.stage, *batch);
            let mut events = events.iter().cycle();
            for event in events.by_ref().take(UNCOUNTED) {
                running.invoke(event).await?;
            }
            let before = running.cpu()?;
            let mut walls = Vec::new();
            for event in events.take(conditions.warm) {
                walls.push(millis(running.invoke(event).await?.wall));
            }
            let cpu = micros(running.cpu()? - before) / (conditions.warm * batch) as f64;
            warm.push((*batch, cpu, median(&walls)));
        }
        Ok(Sample {
            init_cpu_ms: millis(init.cpu),
            init_wall_ms: millis(init.wall),
            cold_cpu_ms: millis(cold.cpu),
            first_wall_ms: millis(cold.wall),
            rss_mb: running.peak_rss_mb()?,
            warm,
            calls,
        })
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn summary(name: &'static str, samples: &[Sample]) -> Measured {
    let of = |figure: fn(&Sample) -> f64| Spread::of(samples.iter().map(figure));
    let batches = samples.first().map_or(&[][..], |sample| &sample.warm);
    let warm = |(at, (batch, ..)): (usize, &(usize, f64, f64))| {
        let all = || samples.iter().filter_map(move |sample| sample.warm.get(at));
        let (cpu_us, wall_ms) = (Spread::of(all().map(|warm| warm.1)), Spread::of(all().map(|warm| warm.2)));
        (*batch, Warm { cpu_us, wall_ms })
    };
    Measured {
        name,
        init_cpu_ms: of(|sample| sample.init_cpu_ms),
        init_wall_ms: of(|sample| sample.init_wall_ms),
        cold_cpu_ms: of(|sample| sample.cold_cpu_ms),
        first_wall_ms: of(|sample| sample.first_wall_ms),
        rss_mb: of(|sample| sample.rss_mb),
        warm: batches.iter().enumerate().map(warm).collect(),
        calls: samples.last().map(|sample| sample.calls.clone()).unwrap_or_default(),
    }
}
