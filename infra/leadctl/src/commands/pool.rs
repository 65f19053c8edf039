//! `leadctl pool`: leads that are kept for later, for campaigns.

use std::io::{BufWriter, ErrorKind, IsTerminal, stdout};

use anyhow::Result;
use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use jiff::Timestamp;

use crate::client::Client;
use crate::pool::{Filter, Format, Wanted, since, write};
use crate::show;

/// Which leads.
#[derive(Args)]
pub struct Which {
    /// Only leads with this tag, as people corrected it and duplicates added it: `student` in any list, or
    /// `identity=student`. Given several times, all of them.
    #[arg(long = "tag", value_name = "TAG", value_parser = Wanted::parse)]
    tags: Vec<Wanted>,
    /// Only leads that are kept since this day (UTC) or moment.
    #[arg(long, value_name = "DATE", value_parser = since)]
    since: Option<Timestamp>,
    /// Those as well that want to hear nothing (do_not_contact). Nobody may write to or call them.
    #[arg(long)]
    with_suppressed: bool,
}

impl Which {
    fn filter(self) -> Filter {
        Filter { tags: self.tags, since: self.since, suppressed: self.with_suppressed }
    }
}

/// How an export is written.
#[derive(Clone, Copy, ValueEnum)]
pub enum ExportFormat {
    /// For spreadsheets and campaign tools.
    Csv,
    /// A JSON object a line.
    Jsonl,
}

/// Lists the leads without their persons.
pub async fn list(client: &Client, which: Which, as_json: bool) -> Result<bool> {
    run(client, &which.filter(), if as_json { Format::JsonLines } else { Format::Lines }).await
}

/// Writes the leads with their persons.
pub async fn export(client: &Client, which: Which, format: ExportFormat, as_json: bool) -> Result<bool> {
    let jsonl = as_json || matches!(format, ExportFormat::Jsonl);
    run(client, &which.filter(), if jsonl { Format::ExportJsonLines } else { Format::ExportCsv }).await
}

/// Writes them to standard output. Answers whether every row could be read.
async fn run(client: &Client, filter: &Filter, format: Format) -> Result<bool> {
    let mut out = BufWriter::new(stdout().lock());
    // Two things that write to one terminal would write over each other.
    let bar = if stdout().is_terminal() { ProgressBar::hidden() } else { show::bar(0, "rows read") };
    let written = write(&client.aws, filter, format, &mut out, |rows| bar.inc(rows)).await;
    bar.finish_and_clear();
    let summary = match written {
        // Whoever reads has read enough, as `head` does.
        Err(error) if is_closed(&error) => return Ok(true),
        written => written?,
    };
    eprintln!("{} leads", summary.leads);
    if summary.suppressed > 0 {
        eprintln!("{} more want to hear nothing, and were left out (--with-suppressed)", summary.suppressed);
    }
    if summary.unreadable > 0 {
        eprintln!("leadctl: {} rows cannot be read; their leads may be missing", summary.unreadable);
    }
    Ok(summary.unreadable == 0)
}

fn is_closed(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
