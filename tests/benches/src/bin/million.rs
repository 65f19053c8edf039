//! Sends a million random leads through routing and through a plain reading of the rules, and compares all answers:
//! `cargo run --release -p benches --bin million [LEADS] [SEED]`.

// A part is taken from as many tables as there are.
#![allow(clippy::indexing_slicing)]

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use indicatif::ProgressIterator as _;
use synthetic::agreement::{Both, Tally};

/// Leads between two steps of the progress bar.
const STRIDE: usize = 10_000;

fn main() -> Result<ExitCode> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>().context("write numbers: LEADS SEED"));
    let leads = numbers.next().transpose()?.unwrap_or(1_000_000);
    let seed = numbers.next().transpose()?.unwrap_or(1);
    let tables = [10, 64, 100, 1_000].map(|rows| Both::new(rows, seed));
    let mut tally = Tally::default();
    let parts = leads.div_ceil(STRIDE as u64);
    for part in (0..parts).progress_count(parts) {
        // Tables take turns; no two parts share a seed.
        let table = &tables[part as usize % tables.len()];
        table.compare(STRIDE, seed.wrapping_mul(1_000_003) + part, &mut tally);
    }
    println!("{} agree, {} differ, none without a declared queue", tally.agreed, tally.different);
    tally.steps.iter().for_each(|(step, leads)| println!("{leads:>9} by {step}"));
    println!("{} rows of the largest table decided", tally.rows.len());
    tally.differences.iter().for_each(|difference| println!("{difference}"));
    Ok(if tally.different == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
