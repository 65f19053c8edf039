//! `leadctl samples`: invented leads for trying things out.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::Subcommand;
use leads::rules::RuleSet;

use crate::samples::exported::Exported;
use crate::samples::{Generator, Lives};
use crate::workspace::Workspace;
use crate::{rule_sources_here, show};

/// Invented leads.
#[derive(Subcommand)]
pub enum Samples {
    /// Write invented leads with outcomes, one JSON object a line, as `leadctl backtest` reads them.
    #[command(after_help = "\
Examples:
  leadctl samples generate 1000 > leads.jsonl
  leadctl samples generate 200000 --seed 7 --out leads.jsonl
  leadctl samples generate 10000 --export export    their rows as DynamoDB exports them, with what became of them, and
                                                    costs.csv, for `leadctl report`
The same seed gives the same bytes; with --export the same rows.")]
    Generate {
        /// How many.
        count: u64,
        /// Another seed gives other leads.
        #[arg(long, default_value = "1")]
        seed: u64,
        /// Where to; standard output by default.
        #[arg(long, value_name = "FILE", conflicts_with = "export")]
        out: Option<PathBuf>,
        /// Write the rows that the pipeline would hold of them, under the rules of this checkout, into this folder.
        #[arg(long, value_name = "DIR")]
        export: Option<PathBuf>,
    },
}

impl Samples {
    /// Does it.
    pub fn run(&self) -> Result<bool> {
        let Self::Generate { count, seed, out, export } = self;
        if let Some(folder) = export {
            write_export(folder, *count, *seed)?;
            return Ok(true);
        }
        let output: Box<dyn Write> = match out {
            Some(file) => Box::new(File::create(file).with_context(|| format!("cannot write {}", file.display()))?),
            None => Box::new(std::io::stdout().lock()),
        };
        match write(BufWriter::new(output), *count, *seed) {
            // `| head` has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            result => result.context("cannot write the leads")?,
        }
        Ok(true)
    }
}

/// A data file for so many leads.
const LEADS_A_FILE: u64 = 20_000;

fn write_export(folder: &Path, count: u64, seed: u64) -> Result<()> {
    let rules = rule_sets()?;
    let mut exported = Exported::new(folder, (count / LEADS_A_FILE).clamp(4, 100))?;
    let lives = Lives::new(count, seed, &rules);
    let end = lives.end();
    let bar = show::bar(usize::try_from(count).unwrap_or(0), "leads");
    for rows in lives {
        for row in rows {
            exported.add(&row)?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    exported.close(end)?;
    std::fs::write(folder.join("costs.csv"), COSTS).context("cannot write costs.csv")
}

/// The rules of this checkout, and the same with other standards before: rules change in a year.
fn rule_sets() -> Result<Vec<RuleSet>> {
    let sources = rule_sources_here(&Workspace::find()?)?;
    let with = |standard: &str| {
        let changed: Vec<(String, String)> = sources
            .iter()
            .map(|(name, text)| match name.as_str() {
                "score.toml" => (name.clone(), text.replace("standard = 110", standard)),
                _ => (name.clone(), text.clone()),
            })
            .collect();
        RuleSet::from_sources(&changed).map_err(|_| anyhow!("the rules are not usable; see `leadctl rules check`"))
    };
    ["standard = 130", "standard = 95", "standard = 110"].into_iter().map(with).collect()
}

/// What the samples' channels cost in their first year.
const COSTS: &str = "\
date,channel,campaign,amount,currency
2025-09-01,paid_search,,48000.00,EUR
2025-09-01,paid_search,servo-launch-2026,21500.00,EUR
2025-10-01,paid_social,,36250.50,EUR
2025-10-01,display_ads,,12000.00,EUR
2025-11-01,content_syndication,,27300.00,EUR
2025-11-01,event,lottery-fair-2026,54000.00,EUR
2025-11-15,event,,310000.00,CNY
2026-01-05,webinar,,8400.00,EUR
2026-02-01,paid_search,,350000.00,CNY
2026-03-01,reseller,,5000.00,EUR
2031-01-01,paid_search,,999999.00,EUR
";

fn write(mut output: impl Write, count: u64, seed: u64) -> std::io::Result<()> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    for line in Generator::new(seed).take(count) {
        writeln!(output, "{line}")?;
    }
    output.flush()
}
