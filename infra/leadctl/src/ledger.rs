//! The conservation law over a live stack: table and queues.

use anyhow::Result;
use indicatif::ProgressBar;
use leads::ledger::{Balance, Difference, Ledger, Miscounted};
use leads::ports::{PortError, ReadHistory, StageQueue, Stored};
use leads::row::Row;
use serde::Serialize;

use crate::client::Client;
use crate::depths::{self, Depth};
use crate::scanning::each_row;

/// The books of a stack.
#[derive(Debug, Serialize)]
pub struct Books {
    /// The table.
    #[serde(flatten)]
    pub balance: Balance,
    /// Messages that wait in the internal queues: on their way, unless they stay.
    pub waiting: u64,
    /// Messages that lie in dead-letter queues.
    pub dead: u64,
    /// Rows that cannot be read.
    pub unreadable: u64,
}

impl Books {
    /// Whether nothing is lost or dead. Leads may be on their way, as on every busy stack.
    pub fn sound(&self) -> bool {
        self.balance.differences.is_empty()
            && self.balance.miscounted.is_empty()
            && self.dead == 0
            && self.unreadable == 0
    }

    /// Whether, besides, everything has settled.
    pub fn balanced(&self) -> bool {
        self.sound() && self.balance.in_flight == 0 && self.waiting == 0
    }
}

/// The differences that a second, consistent look at their leads still finds: a scan is no snapshot, and a lead that
/// moves on between two of its pages looks torn.
async fn confirmed(client: &Client, differences: Vec<Difference>) -> Result<Vec<Difference>> {
    let mut confirmed = Vec::new();
    for difference in differences {
        let mut ledger = Ledger::default();
        let mut rows = client.aws.history(&difference.lead_id).await?;
        let joined = rows.iter().filter_map(|row| match row {
            Row::State(state) => state.merged_into.clone(),
            Row::Touch(touch) => Some(touch.from.clone()),
            _ => None,
        });
        for other in joined.collect::<Vec<_>>() {
            rows.extend(client.aws.history(&other).await?);
        }
        rows.iter().for_each(|row| ledger.add(row));
        let gone = rows.is_empty();
        if gone || ledger.balance().differences.iter().any(|found| found.lead_id == difference.lead_id) {
            confirmed.push(difference);
        }
    }
    Ok(confirmed)
}

/// Reads the whole table, page by page, and the depths of the queues. Read-only.
pub async fn books(client: &Client, progress: &ProgressBar) -> Result<Books> {
    let (ledger, unreadable) = read(client, progress).await?;
    let mut balance = ledger.balance();
    balance.differences = confirmed(client, balance.differences).await?;
    if !balance.miscounted.is_empty() {
        // A lead that moves on between two pages is counted twice, or not at all; but not twice in the same way.
        let again = read(client, progress).await?.0.balance().miscounted;
        balance.miscounted.retain(|first| again.contains(first));
    }
    let depths = depths::all(client).await?;
    let internal = |depth: &&Depth| StageQueue::ALL.iter().any(|queue| depth.queue == queue.name());
    Ok(Books {
        balance,
        waiting: depths.iter().filter(internal).map(|depth| depth.visible + depth.in_flight).sum(),
        dead: depths.iter().map(|depth| depth.dead).sum(),
        unreadable,
    })
}

/// Sets the numbers of open leads that are wrong to what the leads say. One that changed since it was read is left as it
/// is: answers how many were set.
pub async fn mend(client: &Client, miscounted: &[Miscounted]) -> Result<usize> {
    let mut mended = 0;
    for Miscounted { counter, says, open } in miscounted {
        mended += usize::from(client.aws.set_open(counter, *says, *open).await?);
    }
    Ok(mended)
}

/// Every row of the table, and how many cannot be read.
async fn read(client: &Client, progress: &ProgressBar) -> Result<(Ledger, u64)> {
    let (mut ledger, mut unreadable) = (Ledger::default(), 0);
    let add = |stored: Stored| {
        match stored.row {
            Some(row) => ledger.add(&row),
            None => unreadable += 1,
        }
        Ok::<_, PortError>(())
    };
    each_row(&client.aws, |rows| progress.inc(rows), add).await?;
    Ok((ledger, unreadable))
}
