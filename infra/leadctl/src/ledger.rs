//! The conservation law over a live stack: table and queues.

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use leads::ledger::{Balance, Miscounted};
use leads::ports::StageQueue;
use reconcile::Table;
use serde::Serialize;

use crate::client::Client;
use crate::depths::{self, Depth};

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

/// Reads the whole table, page by page, and the depths of the queues. Read-only.
pub async fn books(client: &Client, progress: &ProgressBar) -> Result<Books> {
    let look = reconcile::table(&client.aws, |rows| progress.inc(rows), || true).await?;
    let Table { balance, unreadable } = look.context("the table was left half read")?;
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
