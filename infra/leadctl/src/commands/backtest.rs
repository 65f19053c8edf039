//! `leadctl backtest`: past leads under new rules and old ones.

use std::fs::File;
use std::io::{BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

use super::{accounts, rules, threads};
use crate::backtest::accounts::AccountBook;
use crate::backtest::engine::Replay;
use crate::backtest::report::Report;
use crate::backtest::{html, text};

/// What to replay, and where to report.
#[derive(Args)]
#[command(after_help = "\
Examples:
  leadctl backtest --rules new-rules leads.jsonl                        new-rules against infra/rules
  leadctl backtest --rules new-rules --against old-rules leads.jsonl --html report.html
  leadctl samples generate 10000 | leadctl backtest --rules new-rules - --json -
One JSON object a line: a submission as it was posted, or {\"at\", \"submission\", \"outcome\", …}; see docs/backtest.md.")]
pub struct Arguments {
    /// The leads: a .jsonl file, or `-` for standard input.
    leads: PathBuf,
    /// The folder of the rules in question.
    #[arg(long, value_name = "DIR")]
    rules: PathBuf,
    /// The folder of the rules to compare with; infra/rules by default.
    #[arg(long, value_name = "DIR")]
    against: Option<PathBuf>,
    /// When leads came that do not say; the first time in the file by default.
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// Accounts of leads that name none: a file as for `leadctl accounts import`.
    #[arg(long, value_name = "CSV")]
    accounts: Option<PathBuf>,
    /// Write all figures as JSON; `-` for standard output, and nothing else there.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// How many threads decide; one a core by default. The report is the same for any number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
}

impl Arguments {
    /// Replays, and reports.
    pub fn run(&self) -> Result<bool> {
        let new = rules::load(Some(self.rules.clone()))?;
        let old = rules::load(self.against.clone())?;
        let accounts = self.accounts.as_deref().map(accounts::read_good).transpose()?.unwrap_or_default();
        let threads = threads(self.threads);
        let accounts = AccountBook::of(&accounts);
        let replay = Replay { new: &new, old: &old, at: self.at, accounts: &accounts, threads };

        let name = self.leads.display();
        let (input, size): (Box<dyn Read>, u64) = if self.leads.as_os_str() == "-" {
            (Box::new(std::io::stdin().lock()), 0)
        } else {
            let file = File::open(&self.leads).with_context(|| format!("cannot read {name}"))?;
            let size = file.metadata().map_or(0, |metadata| metadata.len());
            (Box::new(file), size)
        };
        let bar = bar(size);
        let tally = replay.run(BufReader::with_capacity(1 << 16, input), |bytes| bar.set_position(bytes));
        bar.finish_and_clear();
        let report = Report::of(&tally.with_context(|| name.to_string())?, &old, &new);

        if let Some(file) = &self.html {
            write(file, &html::page(&report))?;
        }
        if let Some(file) = &self.json {
            write(file, &(serde_json::to_string_pretty(&report)? + "\n"))?;
        }
        if self.json.as_deref() != Some(Path::new("-")) {
            text::print(&report);
        }
        Ok(true)
    }
}

fn write(file: &Path, text: &str) -> Result<()> {
    if file == Path::new("-") {
        return std::io::stdout().write_all(text.as_bytes()).context("cannot write to standard output");
    }
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// Bytes read, on a terminal only.
fn bar(size: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match size {
        0 => (ProgressBar::new_spinner(), "replaying {spinner} {bytes} {elapsed}"),
        size => (ProgressBar::new(size), "replaying [{bar:30}] {bytes}/{total_bytes} {eta}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}
