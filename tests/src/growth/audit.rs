//! How much memory the nightly audit takes: over a table that is made up page by page, so that what grows is the audit's.

use std::cell::Cell;
use std::fmt;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use jiff::{SignedDuration, Timestamp};
use leads::id::LeadId;
use leads::ports::{AnyQueue, CountMessages, PortError, ReadHistory, ScanTable, Segment, StageQueue, Stored};
use leads::row::{Row, RowKey};
use support::Call;

use super::people::{Person, Works};
use super::stored::Original;
use crate::functions;
use crate::rule_sets::RULES;
use crate::scenarios::hot;
use crate::stack::START;

/// How many leads a page has: about a megabyte, as a page of a scan does.
const PAGE: usize = 100;

/// What an audit took.
#[derive(Debug)]
pub struct Audited {
    /// Leads that it accounted for.
    pub leads: u64,
    /// The most memory that the process had before it, and in the end, in KB.
    pub peaks: [u64; 2],
}

impl fmt::Display for Audited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { leads, peaks: [before, after] } = self;
        let grown = after - before;
        write!(f, "{leads} leads: {} MB before, {} MB at most; ", before / 1024, after / 1024)?;
        write!(f, "{:.0} bytes a lead", (grown * 1024) as f64 / *leads as f64)
    }
}

/// Runs `reconcile` over so many routed leads, each with its seven rows.
///
/// # Errors
/// Books that do not balance.
pub fn audit(leads: usize) -> Result<Audited, String> {
    let original = Original::of(&hot(), Works::Alone);
    let table = MadeUp { original, leads, next: Cell::new(0) };
    let now: Timestamp = START.parse().unwrap();
    let call = Call { now, deadline: now + SignedDuration::from_mins(15) };
    let before = peak();
    let mut audited = pin!(functions::reconcile(&table, &RULES, call, || now));
    // No port of this table has anything to wait for.
    let Poll::Ready(audited) = audited.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        return Err("the audit waits for something".into());
    };
    let audit = audited.map_err(|error| error.to_string())?;
    if audit.accepted != leads as u64 || audit.differences > 0 || !audit.finished {
        return Err(format!("{audit:?}"));
    }
    Ok(Audited { leads: audit.accepted, peaks: [before, peak()] })
}

/// The most memory that this process has had, in KB: <https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// A table of one lead's rows, under the names of many. It is read once, from the beginning to the end.
struct MadeUp {
    original: Original,
    leads: usize,
    next: Cell<usize>,
}

impl ScanTable for MadeUp {
    async fn scan(&self, _: Segment, _: Option<RowKey>) -> Result<(Vec<Stored>, Option<RowKey>), PortError> {
        let from = self.next.get();
        let to = self.leads.min(from + PAGE);
        self.next.set(to);
        let rows =
            (from..to).flat_map(|number| self.original.by(&Person::of(number, Works::Alone)).collect::<Vec<_>>());
        let rows: Vec<Stored> = rows.map(|row| Stored { key: row.key(), row: Some(row) }).collect();
        let last = rows.last().map(|stored| stored.key.clone()).filter(|_| to < self.leads);
        Ok((rows, last))
    }
}

impl ReadHistory for MadeUp {
    async fn history(&self, _: &LeadId) -> Result<Vec<Row>, PortError> {
        Ok(Vec::new())
    }
}

impl CountMessages for MadeUp {
    async fn count_waiting(&self, _: StageQueue) -> Result<u64, PortError> {
        Ok(0)
    }

    async fn count_dead(&self, _: &AnyQueue) -> Result<u64, PortError> {
        Ok(0)
    }
}
