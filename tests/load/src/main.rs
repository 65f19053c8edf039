//! Puts a local stack under load: see the library beside this file.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use leadctl::package::Profile;
use leadctl::workspace::Workspace;
use serde::Serialize;

use load::ceiling;
use load::pace::Pace;
use load::report::{self, Burst, Latency};
use load::round::Round;
use load::stand::Stand;

/// Puts a local stack under load: how long leads take from the form to their sales queue, and whether all arrive.
#[derive(Parser)]
#[command(after_help = "\
Examples:
  cargo run --release -p load -- all                       measure everything, write docs/latency.md and its picture
  cargo run --release -p load -- latency --rates 5,20      constant loads, as tables on the terminal
  cargo run --release -p load -- burst --leads 1000 --seconds 6
  cargo run --release -p load -- ceiling --json            what the emulator can do at most
The status is 0 if every lead that was accepted is in exactly one place, and each that sales is to have came there once.")]
struct Cli {
    /// How the functions are built.
    #[arg(long, global = true, value_enum, default_value = "release")]
    profile: Profile,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Does the other three, then writes.
    All,
    /// Posts leads at constant rates, one after the other, on one stack.
    Latency {
        #[command(flatten)]
        rates: Rates,
        #[command(flatten)]
        shown: Shown,
    },
    /// Posts many leads at once.
    Burst {
        #[command(flatten)]
        size: Size,
        #[command(flatten)]
        shown: Shown,
    },
    /// Measures what the emulator can do at most, with a function that does nothing.
    Ceiling {
        /// How many posts, messages and rows.
        #[arg(long, default_value_t = CEILING)]
        count: usize,
        #[command(flatten)]
        shown: Shown,
    },
    /// Writes what was measured last into docs/latency.md, and draws docs/latency.svg.
    Write,
}

#[derive(Args)]
struct Rates {
    /// Leads a second.
    #[arg(long, value_delimiter = ',', default_values_t = Rates::default().rates)]
    rates: Vec<u32>,
    /// How long each rate is kept up.
    #[arg(long, default_value_t = Rates::default().seconds)]
    seconds: u32,
    /// How many leads a rate has at least, for its 99th percentile.
    #[arg(long, default_value_t = Rates::default().least)]
    least: u32,
    /// How many posts are under way at most; the others wait, and their time runs.
    #[arg(long, default_value_t = Rates::default().at_once)]
    at_once: usize,
}

impl Default for Rates {
    fn default() -> Self {
        Self { rates: vec![1, 10, 50], seconds: 60, least: 120, at_once: AT_ONCE }
    }
}

#[derive(Args)]
struct Size {
    /// How many leads.
    #[arg(long, default_value_t = Size::default().leads)]
    leads: u32,
    /// In how many seconds, if the stack takes them as fast.
    #[arg(long, default_value_t = Size::default().seconds)]
    seconds: u32,
    /// How many posts are under way at most.
    #[arg(long, default_value_t = Size::default().at_once)]
    at_once: usize,
}

impl Default for Size {
    fn default() -> Self {
        Self { leads: 10_000, seconds: 60, at_once: AT_ONCE }
    }
}

#[derive(Args)]
struct Shown {
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
}

impl Shown {
    #[allow(clippy::print_stdout)]
    fn print(&self, figures: &impl Serialize, tables: &str) -> Result<()> {
        println!("{}", if self.json { serde_json::to_string_pretty(figures)? } else { tables.to_owned() });
        Ok(())
    }
}

/// The emulator starts a process for each: many more, and all of them starve while they start.
const AT_ONCE: usize = 12;

/// Of each kind.
const CEILING: usize = 5_000;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let Cli { profile, command } = Cli::parse();
    let workspace = &Workspace::find()?;
    let well = match command {
        Command::All => all(workspace, profile).await?,
        Command::Latency { rates, shown } => {
            let rounds = latency(workspace, profile, &rates).await?;
            shown.print(&rounds, &report::latency(&rounds))?;
            rounds.iter().all(balanced)
        }
        Command::Burst { size, shown } => {
            let round = burst(workspace, profile, &size).await?;
            shown.print(&round, &report::burst(&round))?;
            balanced(&round)
        }
        Command::Ceiling { count, shown } => {
            let found = ceiling::measure(workspace, profile, count).await?;
            report::keep(workspace, &found)?;
            shown.print(&found, &report::ceiling(&found))?;
            true
        }
        Command::Write => {
            report::write(workspace)?;
            true
        }
    };
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn all(workspace: &Workspace, profile: Profile) -> Result<bool> {
    report::keep(workspace, &ceiling::measure(workspace, profile, CEILING).await?)?;
    let rounds = latency(workspace, profile, &Rates::default()).await?;
    let round = burst(workspace, profile, &Size::default()).await?;
    report::write(workspace)?;
    eprintln!("wrote docs/latency.md and docs/latency.svg");
    Ok(rounds.iter().chain([&round]).all(balanced))
}

async fn latency(workspace: &Workspace, profile: Profile, wanted: &Rates) -> Result<Vec<Round>> {
    let mut stand = Stand::up(workspace, profile).await?;
    stand.warm_up().await?;
    let mut rounds = Vec::new();
    for rate in &wanted.rates {
        let count = rate.saturating_mul(wanted.seconds).max(wanted.least);
        rounds.push(stand.round(count as usize, Pace { rate: f64::from(*rate), at_once: wanted.at_once }).await?);
    }
    let kept = Latency(rounds);
    report::keep(workspace, &kept)?;
    Ok(kept.0)
}

async fn burst(workspace: &Workspace, profile: Profile, size: &Size) -> Result<Round> {
    let mut stand = Stand::up(workspace, profile).await?;
    stand.warm_up().await?;
    let rate = f64::from(size.leads) / f64::from(size.seconds.max(1));
    let kept = Burst(stand.round(size.leads as usize, Pace { rate, at_once: size.at_once }).await?);
    report::keep(workspace, &kept)?;
    Ok(kept.0)
}

/// Tells what does not add up, if anything.
fn balanced(round: &Round) -> bool {
    let account = &round.account;
    eprintln!("{}; {} differences", report::books(account), account.differences.len());
    for difference in &account.differences {
        eprintln!("  {difference}");
    }
    account.differences.is_empty()
}
