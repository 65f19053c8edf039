//! The nightly audit: the conservation law over the whole table, and what lies in the queues. It changes nothing.
//!
//! Not on any lead's way, it may scan. What it cannot finish within its time it says; nothing is told of half a table.

mod table;

use jiff::Timestamp;
use leads::ports::{AnyQueue, CountMessages, PortError, ReadHistory, ScanTable, StageQueue};
use leads::rules::RuleSet;
use serde::Serialize;
use support::Call;

pub use table::{Table, table};

/// What `reconcile` calls.
pub trait Ports: ScanTable + ReadHistory + CountMessages {}
impl<P: ScanTable + ReadHistory + CountMessages> Ports for P {}

/// How many differences are logged, one a line; all are counted.
const MOST_LOGGED: usize = 100;

/// What one night found, as metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// Leads that were answered with 202.
    pub accepted: u64,
    /// Those on their way.
    pub in_flight: u64,
    /// What does not add up: leads, numbers of open leads, and rows that cannot be read.
    pub differences: u64,
    /// Messages between the functions.
    pub waiting: u64,
    /// Dead letters, of the sales queues too.
    pub dead: u64,
    /// Whether it got through the table.
    pub finished: bool,
}

/// Reads the table and counts the messages, until the call's time is up.
///
/// # Errors
/// A call fails after its retries; the next attempt begins anew.
pub async fn handle<P: Ports>(
    ports: &P,
    rules: &RuleSet,
    call: Call,
    clock: impl Fn() -> Timestamp,
) -> Result<Audit, PortError> {
    let mut audit = Audit::default();
    for queue in StageQueue::ALL {
        audit.waiting += ports.count_waiting(queue).await?;
        audit.dead += ports.count_dead(&AnyQueue::Stage(queue)).await?;
    }
    for queue in rules.queues() {
        audit.dead += ports.count_dead(&AnyQueue::Sales(queue.name.clone())).await?;
    }
    let mut rows = 0;
    let Some(Table { balance, unreadable }) = table(ports, |read| rows += read, || call.has_time_at(clock())).await?
    else {
        tracing::error!(
            rows,
            "the table is too large for a night's audit: run `leadctl reconcile`, which has all the time it needs"
        );
        return Ok(audit);
    };
    for difference in balance.differences.iter().take(MOST_LOGGED) {
        tracing::error!(lead.id = difference.lead_id.as_str(), what = difference.what, "the books differ");
    }
    for wrong in balance.miscounted.iter().take(MOST_LOGGED) {
        // The counter of a person is named after them.
        let of_queue = wrong.counter.starts_with("queue#");
        let counter = if of_queue { wrong.counter.as_str() } else { "of a person" };
        tracing::error!(counter, says = wrong.says, open = wrong.open, "a number of open leads is wrong");
    }
    let found = balance.differences.len() + balance.miscounted.len();
    let (accepted, in_flight) = (balance.accepted, balance.in_flight);
    Ok(Audit { accepted, in_flight, differences: found as u64 + unreadable, finished: true, ..audit })
}
