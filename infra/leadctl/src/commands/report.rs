//! `leadctl report`: what the money brought, as a page, as JSON or as CSV.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use leads::ports::Stored;

use super::place::Where;
use super::threads;
use crate::report::buckets::{AT_ONCE, Buckets, FILES};
use crate::report::export::Export;
use crate::report::figures::Report;
use crate::report::notes::Note;
use crate::report::tally::{Dimension, Lens};
use crate::report::words::Lang;
use crate::report::{costs, count, html, rows_file, tidy};
use crate::scanning::each_row_in;

/// Into how many segments a table's scan is divided.
const SEGMENTS: u16 = 8;

/// What to report, and where.
#[derive(Args)]
#[command(after_help = "\
Examples:
  leadctl report --out report.html                                     the local stack
  leadctl report --stack leads-prod --costs costs.csv --out report.html
  leadctl report --export AWSDynamoDB/01790000000000-1a2b3c4d --by campaign --out report.json
  leadctl report --since 2026-01-01 --until 2026-03-31 --time-zone Asia/Shanghai --lang zh --out report.html
  leadctl explain ld_… --json | leadctl report - --out one-lead.html
A large table is better read from an export to S3, which costs the live one nothing. The ending of --out decides how it is
written. The page names salespeople, and nobody else; it needs no network. docs/report.md defines every figure. Status 1 if
a row cannot be read.")]
pub struct Arguments {
    /// Rows as `leadctl explain LEAD --json` prints them, one lead behind the other; `-` for standard input. Without them
    /// and without --export: the table of the stack.
    #[arg(value_name = "ROWS", conflicts_with = "export")]
    rows: Option<PathBuf>,
    /// A full export of the table to S3 as DYNAMODB_JSON, copied to this folder.
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
    /// Where to: .html, .json or .csv.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Leads accepted from the beginning of this day on, or from this moment.
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Leads accepted up to the end of this day, or before this moment.
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// In which zone days and months are told.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    time_zone: String,
    /// By what leads are grouped, beside the channel.
    #[arg(long, value_enum, default_value = "channel")]
    by: Dimension,
    /// What leads cost: CSV with the columns date, channel, campaign, amount, currency.
    #[arg(long, value_name = "CSV")]
    costs: Option<PathBuf>,
    /// The language of the page.
    #[arg(long, value_enum, default_value = "en")]
    lang: Lang,
    /// Where temporary files go, about a kilobyte a lead; the system's folder by default.
    #[arg(long, value_name = "DIR")]
    temp: Option<PathBuf>,
    /// How many threads read and count; one a core by default. The report is the same for any number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    threads: Option<u16>,
    #[command(flatten)]
    place: Where,
}

/// How the report is written.
#[derive(Clone, Copy)]
enum Format {
    Html,
    Json,
    Csv,
}

impl Format {
    fn of(file: &Path) -> Result<Self> {
        match file.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase).as_deref() {
            Some("html") => Ok(Self::Html),
            Some("json") => Ok(Self::Json),
            Some("csv") => Ok(Self::Csv),
            _ => bail!("--out {}: name it .html, .json or .csv", file.display()),
        }
    }
}

impl Arguments {
    /// Reports. Answers whether every row could be read.
    ///
    /// # Errors
    /// An argument, the costs or the rows are wrong, or the file cannot be written.
    pub async fn run(&self) -> Result<bool> {
        let format = Format::of(&self.out)?;
        let name = &self.time_zone;
        let zone =
            TimeZone::get(name).map_err(|_| anyhow!("`{name}` is no time zone; write one such as Asia/Shanghai"))?;
        let since = self.since.as_deref().map(|text| moment(text, &zone, false)).transpose()?;
        let until = self.until.as_deref().map(|text| moment(text, &zone, true)).transpose()?;
        if let (Some(since), Some(until)) = (since, until)
            && until <= since
        {
            bail!("--until is not behind --since");
        }
        let costs = self.costs.as_deref().map(costs::read).transpose()?;
        let temp = self.temp.clone().unwrap_or_else(std::env::temp_dir);
        let threads = threads(self.threads);

        let buckets = Buckets::new(&temp)?;
        let (rows, as_of) = self.gather(&buckets, threads).await?;
        let lens = Lens { by: self.by, since, until, as_of, zone };
        let files = bar(FILES.into(), "counting leads");
        let tally = count(buckets, &lens, threads, AT_ONCE, |_| files.inc(1))?;
        files.finish_and_clear();
        let report = Report::of(&tally, costs.as_deref(), &lens, rows);
        let written = match format {
            Format::Html => html::page(&report, self.lang, &lens.zone)?.into_bytes(),
            Format::Json => (serde_json::to_string_pretty(&report)? + "\n").into_bytes(),
            Format::Csv => tidy::table(&report)?,
        };
        std::fs::write(&self.out, written).with_context(|| format!("cannot write {}", self.out.display()))?;
        let leads: u64 = report.funnel.first().map_or(0, |step| step.leads);
        eprintln!("{leads} leads, {} accepted in the period, {rows} rows read", report.accepted);
        let lost = report.rows.unreadable + report.rows.leads_without_state;
        if lost > 0 {
            eprintln!(
                "leadctl: {lost} rows or leads cannot be read; the report says which and what they are missing from"
            );
        }
        Ok(lost == 0)
    }

    /// Puts every row that the report reads into its temporary file. Answers how many rows there were, and of which
    /// moment they are.
    async fn gather(&self, buckets: &Buckets, threads: usize) -> Result<(u64, Timestamp)> {
        let latest = AtomicI64::new(i64::MIN);
        let put = |stored: Stored| match Note::of(stored) {
            Some((lead, note)) => {
                if let Some(at) = note.latest() {
                    latest.fetch_max(at.as_microsecond(), Ordering::Relaxed);
                }
                buckets.add(&lead, &note)
            }
            None => Ok(()),
        };
        if let Some(folder) = &self.export {
            let export = Export::open(folder)?;
            let bar = bytes_bar(export.bytes());
            let rows = export.each_row(threads, |bytes| bar.inc(bytes), put)?;
            bar.finish_and_clear();
            return Ok((rows, export.at));
        }
        if let Some(file) = &self.rows {
            let bar = bytes_bar(file.metadata().map_or(0, |file| file.len()));
            let rows = rows_file::each_row(file, |bytes| bar.inc(bytes), put)?;
            bar.finish_and_clear();
            let latest = Timestamp::from_microsecond(latest.into_inner());
            return Ok((rows, latest.unwrap_or(Timestamp::UNIX_EPOCH)));
        }
        let (client, now, rows) = (self.place.client().await?, Timestamp::now(), AtomicU64::new(0));
        let bar = bar(0, "rows read");
        let read = |count| {
            rows.fetch_add(count, Ordering::Relaxed);
            bar.inc(count);
        };
        each_row_in(&client.aws, SEGMENTS, read, put).await?;
        bar.finish_and_clear();
        Ok((rows.into_inner(), now))
    }
}

/// The beginning of a day, or its end; or a moment.
fn moment(text: &str, zone: &TimeZone, end: bool) -> Result<Timestamp> {
    let day = || {
        let day = text.parse::<Date>().ok()?;
        let day = if end { day.tomorrow().ok()? } else { day };
        day.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp())
    };
    let read = text.parse().ok().or_else(day);
    read.ok_or_else(|| anyhow!("`{text}` is no date; write 2026-03-01, or 2026-03-01T08:00:00Z"))
}

fn bar(length: u64, what: &'static str) -> ProgressBar {
    crate::show::bar(usize::try_from(length).unwrap_or(0), what)
}

/// Bytes read, on a terminal only.
fn bytes_bar(size: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(size);
    if let Ok(style) = ProgressStyle::with_template("reading rows [{bar:30}] {bytes}/{total_bytes} {eta}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole_in_their_zone() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let read = |text, end| moment(text, &zone, end).map(|at| at.to_string()).map_err(|error| error.to_string());
        assert_eq!(read("2026-03-01", false).unwrap(), "2026-02-28T16:00:00Z");
        assert_eq!(read("2026-03-01", true).unwrap(), "2026-03-01T16:00:00Z");
        assert_eq!(read("2026-03-01T08:00:00Z", true).unwrap(), "2026-03-01T08:00:00Z");
        assert_eq!(read("March", false).unwrap_err(), "`March` is no date; write 2026-03-01, or 2026-03-01T08:00:00Z");
    }
}
