//! Measures the running functions: see the library beside this file.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::{Args, Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use synthetic::rules::{load, shipped};

use bench::endpoint::Endpoint;
use bench::folders::Folders;
use bench::measure::{Bench, Conditions, Measured};
use bench::program::{Profile, Program};
use bench::quota::Quota;
use bench::report::Report;
use bench::size::Size;
use bench::work::Work;
use bench::{peers, program};

/// Measures the running functions.
#[derive(Parser)]
#[command(after_help = "\
Examples:
  cargo run --release -p bench -- all                      measure everything, write docs/performance.md
  cargo run --release -p bench -- all --profile lambda --functions target/lambda-build/x86_64-unknown-linux-gnu
                                                           the same with what `leadctl package --arch x86_64` built
  cargo run --release -p bench -- measure score hello      two of the programs, as tables on the terminal
  cargo run --release -p bench -- measure --latency-ms 5 --quota --json > figures.json")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures every program under every condition, and writes tables and picture into docs/.
    All {
        #[command(flatten)]
        how: How,
    },
    /// Measures some programs and shows their tables.
    Measure {
        /// hello, intake, clean, score, route, python, node; all of them by default.
        programs: Vec<String>,
        #[command(flatten)]
        how: How,
        /// Measure with calls of AWS that take this long too.
        #[arg(long, value_name = "MS", default_value_t = 0)]
        latency_ms: u64,
        /// Measure those calls also with the share of a core that 256 MB have; needs root.
        #[arg(long)]
        quota: bool,
    },
}

#[derive(Args)]
struct How {
    /// How the programs are built.
    #[arg(long, value_enum, default_value = "release")]
    profile: Profile,
    /// Take the functions from here, as `leadctl package` leaves them, and build hello alone.
    #[arg(long, value_name = "DIR")]
    functions: Option<PathBuf>,
    /// How often each program runs under each condition.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// Leave Python and Node out.
    #[arg(long)]
    no_peers: bool,
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
}

/// How many warm invocations count: with all of a core, and with a part of one.
const WARM: usize = 30;
const WARM_IN_QUOTA: usize = 6;

/// Of a call to AWS from within its region, about.
const LATENCY_MS: u64 = 5;

#[tokio::main]
async fn main() -> Result<()> {
    match Cli::parse().command {
        Command::All { how } => {
            let folders = Folders::prepare()?;
            let report = measure(&folders, &how, &[], LATENCY_MS, true).await?;
            report.write(&folders.docs())?;
            show(&report, how.json)?;
            eprintln!("wrote docs/performance.md and docs/running-cost.svg");
        }
        Command::Measure { programs, how, latency_ms, quota } => {
            let folders = Folders::prepare()?;
            show(&measure(&folders, &how, &programs, latency_ms, quota).await?, how.json)?;
        }
    }
    Ok(())
}

#[allow(clippy::print_stdout)]
fn show(report: &Report, json: bool) -> Result<()> {
    println!("{}", if json { serde_json::to_string_pretty(report)? } else { report.shown() });
    Ok(())
}

async fn measure(folders: &Folders, how: &How, only: &[String], latency_ms: u64, quota: bool) -> Result<Report> {
    let programs = programs(folders, how, only)?;
    let binary = |program: &Program| Some((program.name, Size::of(program.binary.as_deref()?)));
    let sizes = programs.iter().filter_map(binary).map(|(name, size)| Ok((name, size?))).collect::<Result<_>>()?;
    let bench = Bench {
        folders: folders.clone(),
        endpoint: Endpoint::start(folders.made()).await?,
        work: Work::prepare(&load(&shipped())).await?,
    };
    let quota = if quota { Some(Quota::new()?) } else { None };
    let latency = Duration::from_millis(latency_ms);
    let at_once = Conditions { rounds: how.rounds, warm: WARM, latency: Duration::ZERO, quota: None };
    let apart = (latency_ms > 0).then_some(Conditions { latency, ..at_once });
    let small = quota.as_ref().map(|quota| Conditions { latency, warm: WARM_IN_QUOTA, quota: Some(quota), ..at_once });

    let load = std::fs::read_to_string("/proc/loadavg").context("the system does not tell its load")?;
    let load = load.split(' ').next().context("no load")?.parse()?;
    let passes = 1 + usize::from(apart.is_some()) + usize::from(small.is_some());
    let progress = progress(passes * how.rounds * programs.len())?;
    let pass = async |conditions: Option<Conditions<'_>>| -> Result<Vec<Measured>> {
        match conditions {
            Some(conditions) => bench.pass(&programs, conditions, &progress).await,
            None => Ok(Vec::new()),
        }
    };
    let report = Report {
        profile: how.profile.name(),
        rounds: how.rounds,
        load,
        sizes,
        at_once: pass(Some(at_once)).await?,
        apart: pass(apart).await?,
        small: pass(small).await?,
        latency_ms,
    };
    progress.finish_and_clear();
    Ok(report)
}

/// Builds and installs what is to be measured.
fn programs(folders: &Folders, how: &How, only: &[String]) -> Result<Vec<Program>> {
    ensure!(how.rounds > 0, "write at least one round");
    let wanted = |name: &str| only.is_empty() || only.iter().any(|one| one == name);
    let mut programs = match &how.functions {
        Some(functions) => program::packaged(folders, how.profile, functions)?,
        None => program::build(folders, how.profile)?,
    };
    if !how.no_peers && ["python", "node"].into_iter().any(wanted) {
        programs.extend(peers::install(folders)?);
    }
    let unknown = only.iter().find(|name| !programs.iter().any(|program| program.name == name.as_str()));
    ensure!(unknown.is_none(), "there is no program {}", unknown.map_or("", String::as_str));
    programs.retain(|program| wanted(program.name));
    Ok(programs)
}

fn progress(runs: usize) -> Result<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg:8} {elapsed}, {eta} to go")?;
    Ok(ProgressBar::new(runs as u64).with_style(style))
}
