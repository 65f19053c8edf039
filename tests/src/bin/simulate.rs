//! The long runs of the simulator. `docs/testing.md` says what each proves.

#![allow(clippy::print_stdout)] // it is a command

use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};
use tests::clocks;
use tests::experiments::{self, Report};
use tests::faults::Fault;
use tests::growth::{self, Axis};
use tests::histories::History;
use tests::runs::Run;
use tests::scenarios::SCENARIOS;
use tests::stack::Mode;
use tests::wrong::Wrong;

// A third of a run went into the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Plays the functions against faults, by the thousand, and prints what went wrong. The same numbers give the same runs
/// on every machine.
#[derive(Parser)]
#[command(after_help = "Examples:\n  \
    cargo run --profile simulate --bin simulate -- histories --count 1000000\n  \
    cargo run --bin simulate -- replay 4711\n  \
    cargo run --bin simulate -- story 'a hot lead' --seed 3 --fault 5:CrashAfter")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Each fault at each call of each scenario, under many seeds.
    Single {
        /// How many seeds.
        #[arg(long, default_value_t = 64)]
        seeds: u64,
    },
    /// Two faults at any two calls of each scenario, under a few seeds.
    Double {
        /// How many seeds.
        #[arg(long, default_value_t = 8)]
        seeds: u64,
        /// One pair in so many.
        #[arg(long, default_value_t = 1)]
        one_in: usize,
    },
    /// Random histories, one for each number.
    Histories {
        /// The first number.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// How many.
        #[arg(long, default_value_t = 200_000)]
        count: u64,
    },
    /// Deadlines among missed, doubled and late ticks, with answers at every moment.
    Deadlines {
        /// How many.
        #[arg(long, default_value_t = 10_000)]
        count: u64,
    },
    /// Each dependency away for an hour.
    Outages {
        /// How many times each.
        #[arg(long, default_value_t = 500)]
        count: u64,
    },
    /// Very many open clocks, of which some thousand come due in one minute.
    Clocks {
        /// How many are open.
        #[arg(long, default_value_t = 1_000_000)]
        open: usize,
        /// How many of them come due.
        #[arg(long, default_value_t = 2_000)]
        due: usize,
    },
    /// What further leads take in fuller and fuller tables.
    Growth {
        /// How full the fullest is; every tenth of that, down to a thousand, comes before it.
        #[arg(long, default_value_t = 1_000_000)]
        to: usize,
    },
    /// How much memory the nightly audit takes of a made-up table.
    Audit {
        /// How many leads it has.
        #[arg(long, default_value_t = 1_000_000)]
        leads: usize,
    },
    /// Each wrong design, until something is found to be wrong with it.
    Designs,
    /// One random history, call by call.
    Replay {
        /// Its number.
        seed: u64,
    },
    /// One run of a scenario, call by call, as `single` and `double` name it.
    Story {
        /// The scenario, by its name or how it begins.
        name: String,
        /// What decides about all that AWS leaves open; without one, everything goes in turn.
        #[arg(long)]
        seed: Option<u64>,
        /// How messages become invocations.
        #[arg(long, default_value = "Apart")]
        mode: String,
        /// A call and what happens to it, for example `49:ActedUnavailable`; may be given twice.
        #[arg(long)]
        fault: Vec<String>,
    },
}

/// The run that the arguments name.
fn story(name: &str, seed: Option<u64>, mode: &str, faults: &[String]) -> Option<Run> {
    let scenario = SCENARIOS.iter().find(|scenario| scenario.name.starts_with(name))?;
    let mode = [Mode::Batches, Mode::Apart, Mode::Doubled].into_iter().find(|known| format!("{known:?}") == mode)?;
    let fault = |text: &String| {
        let (call, word) = text.split_once(':')?;
        let fault = Fault::ALL.into_iter().find(|fault| format!("{fault:?}") == word)?;
        Some((call.parse().ok()?, fault))
    };
    let faults = faults.iter().map(fault).collect::<Option<Vec<_>>>()?;
    Some(Run { seed, faults, ..Run::plain(scenario, mode) })
}

/// Prints a table of what further leads take; answers whether nothing grows that should not.
fn grow(to: usize) -> Result<bool, String> {
    println!("| beside | so many | calls | rows read | bytes read | written | bytes written | write units |");
    println!("|---|---|---|---|---|---|---|---|");
    let sizes: Vec<usize> =
        std::iter::successors(Some(1_000), |size| Some(size * 10)).take_while(|size| *size <= to).collect();
    let mut flat = true;
    for axis in Axis::ALL {
        let mut smallest = None;
        for size in &sizes {
            let counted = axis.count(*size)?;
            println!("| {} | {size} | {counted} |", axis.name());
            let grown = smallest.as_ref().map(|smallest| counted.grown_since(smallest)).unwrap_or_default();
            if Axis::FLAT.contains(&axis) && !grown.is_empty() {
                flat = false;
                println!("WRONG: {grown:#?}");
            }
            smallest.get_or_insert(counted);
        }
    }
    Ok(flat)
}

/// Prints a log, and answers whether nothing was wrong.
fn told(log: &[String]) -> ExitCode {
    log.iter().for_each(|line| println!("{line}"));
    if log.iter().any(|line| line.starts_with("WRONG")) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn main() -> ExitCode {
    let begun = Instant::now();
    let report = match Arguments::parse().command {
        Command::Single { seeds } => experiments::single_faults(seeds),
        Command::Double { seeds, one_in } => experiments::double_faults(seeds, one_in),
        Command::Histories { from, count } => experiments::histories(from, count),
        Command::Deadlines { count } => experiments::deadlines(count),
        Command::Outages { count } => experiments::outages(count),
        Command::Designs => {
            let mut missed = 0;
            for design in Wrong::ALL {
                let begun = Instant::now();
                match experiments::caught(design) {
                    Some((runs, what)) => println!("{design:?}: caught in run {runs}, {:.1?}: {what}", begun.elapsed()),
                    None => {
                        missed += 1;
                        println!("{design:?}: NOT CAUGHT in {:.1?}", begun.elapsed());
                    }
                }
            }
            println!("{} designs, {missed} not caught, {:.1?}", Wrong::ALL.len(), begun.elapsed());
            return if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
        Command::Clocks { open, due } => {
            return match clocks::drain(open, due) {
                Ok(drained) => {
                    print!("{drained}");
                    ExitCode::SUCCESS
                }
                Err(what) => {
                    println!("WRONG: {what}");
                    ExitCode::FAILURE
                }
            };
        }
        Command::Growth { to } => {
            return match grow(to) {
                Ok(true) => ExitCode::SUCCESS,
                Ok(false) => ExitCode::FAILURE,
                Err(what) => {
                    println!("WRONG: {what}");
                    ExitCode::FAILURE
                }
            };
        }
        Command::Audit { leads } => {
            return match growth::audit(leads) {
                Ok(audited) => {
                    println!("{audited}");
                    ExitCode::SUCCESS
                }
                Err(what) => {
                    println!("WRONG: {what}");
                    ExitCode::FAILURE
                }
            };
        }
        Command::Replay { seed } => return told(&History::of(seed).log()),
        Command::Story { name, seed, mode, fault } => {
            let Some(run) = story(&name, seed, &mode, &fault) else {
                eprintln!("simulate: there is no such scenario, mode or fault");
                return ExitCode::FAILURE;
            };
            return told(&run.log());
        }
    };
    let Report { runs, copies, wrong } = report;
    for (run, what) in wrong.iter().take(20) {
        println!("{run}:\n    {}", what.join("\n    "));
    }
    println!("{runs} runs, {} went wrong, {copies} copies, {:.1?}", wrong.len(), begun.elapsed());
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
