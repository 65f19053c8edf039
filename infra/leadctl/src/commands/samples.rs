//! `leadctl samples`: invented leads for trying things out.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Subcommand;

use crate::samples::Generator;

/// Invented leads.
#[derive(Subcommand)]
pub enum Samples {
    /// Write invented leads with outcomes, one JSON object a line, as `leadctl backtest` reads them.
    #[command(after_help = "\
Examples:
  leadctl samples generate 1000 > leads.jsonl
  leadctl samples generate 200000 --seed 7 --out leads.jsonl
The same seed gives the same bytes.")]
    Generate {
        /// How many.
        count: u64,
        /// Another seed gives other leads.
        #[arg(long, default_value = "1")]
        seed: u64,
        /// Where to; standard output by default.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// Does it.
pub fn run(samples: &Samples) -> Result<()> {
    let Samples::Generate { count, seed, out } = samples;
    let output: Box<dyn Write> = match out {
        Some(file) => Box::new(File::create(file).with_context(|| format!("cannot write {}", file.display()))?),
        None => Box::new(std::io::stdout().lock()),
    };
    match write(BufWriter::new(output), *count, *seed) {
        // `| head` has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write the leads"),
    }
}

fn write(mut output: impl Write, count: u64, seed: u64) -> std::io::Result<()> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    for line in Generator::new(seed).take(count) {
        writeln!(output, "{line}")?;
    }
    output.flush()
}
