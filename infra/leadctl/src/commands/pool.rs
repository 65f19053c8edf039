//! `leadctl pool`: leads that are kept for later, for campaigns.

use std::io::{BufWriter, ErrorKind, IsTerminal, stdout};

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use indicatif::ProgressBar;
use jiff::Timestamp;

use super::place::Where;
use crate::client::Client;
use crate::pool::{Filter, Format, Wanted, since, write};
use crate::show;

/// Leads that are kept for later.
#[derive(Subcommand)]
pub enum Pool {
    /// Show which leads are kept, since when, and when they come back; without personal data.
    #[command(after_help = "\
Examples:
  leadctl pool list
  leadctl pool list --tag decision_maker --since 2026-01-01
  leadctl pool list --tag interaction=webinar --json | head
Reads the whole table, row by row, and changes nothing. Status 1 if a row cannot be read.")]
    List {
        /// Which leads.
        #[command(flatten)]
        which: Which,
        /// One JSON object a lead, one a line.
        #[arg(long)]
        json: bool,
        /// The stack.
        #[command(flatten)]
        place: Where,
    },
    /// Write them with their personal data to standard output.
    #[command(after_help = "\
Examples:
  leadctl pool export --tag decision_maker > campaign.csv
  leadctl pool export --format jsonl --since 2026-01-01 --stack leads-prod > campaign.jsonl
CSV is UTF-8 as RFC 4180 has it. A cell that a spreadsheet could take for a formula (it begins with = + - @, a tab or a
carriage return) gets an apostrophe before it, phone numbers with a + included: take it off if a program reads the file,
or use jsonl. Look at `consent_purpose` before you write to anybody, and delete the file after the campaign: an erasure
does not reach it. Reads the whole table, row by row, and changes nothing. Status 1 if a row cannot be read.")]
    Export {
        /// Which leads.
        #[command(flatten)]
        which: Which,
        /// How it is written.
        #[arg(long, value_enum, default_value = "csv")]
        format: ExportFormat,
        /// The same as --format jsonl.
        #[arg(long, conflicts_with = "format")]
        json: bool,
        /// The stack.
        #[command(flatten)]
        place: Where,
    },
}

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

impl Pool {
    /// Lists them without their persons, or exports them with these. Answers whether every row could be read.
    pub async fn run(self) -> Result<bool> {
        let (which, format, place) = match self {
            Self::List { which, json: true, place } => (which, Format::JsonLines, place),
            Self::List { which, json: false, place } => (which, Format::Lines, place),
            Self::Export { which, format: ExportFormat::Csv, json: false, place } => (which, Format::ExportCsv, place),
            Self::Export { which, place, .. } => (which, Format::ExportJsonLines, place),
        };
        run(&place.client().await?, &which.filter(), format).await
    }
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
