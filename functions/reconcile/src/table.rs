//! The conservation law over a table that is written to while it is read.

use leads::ledger::{Balance, Difference, Ledger};
use leads::ports::{PortError, ReadHistory, ScanTable, Segment};
use leads::row::Row;

/// What a table says.
#[derive(Debug)]
pub struct Table {
    /// The books.
    pub balance: Balance,
    /// Rows that cannot be read.
    pub unreadable: u64,
}

/// Reads the whole table, page by page, and looks twice at what does not add up: a scan is no snapshot, and a lead that
/// moves on between two of its pages looks torn. `read` hears how many rows a page had; `None` if `go_on` said no before
/// the end.
///
/// # Errors
/// A call fails.
pub async fn table<P: ScanTable + ReadHistory>(
    ports: &P,
    mut read: impl FnMut(u64),
    go_on: impl Fn() -> bool,
) -> Result<Option<Table>, PortError> {
    let Some((ledger, unreadable)) = pages(ports, &mut read, &go_on).await? else { return Ok(None) };
    let mut balance = ledger.balance();
    drop(ledger);
    let mut confirmed = Vec::new();
    for difference in balance.differences {
        if !go_on() {
            return Ok(None);
        }
        if is_still_there(ports, &difference).await? {
            confirmed.push(difference);
        }
    }
    balance.differences = confirmed;
    if !balance.miscounted.is_empty() {
        // A lead that moves on between two pages is counted twice, or not at all; but not twice in the same way.
        let Some((again, _)) = pages(ports, &mut read, &go_on).await? else { return Ok(None) };
        let again = again.balance().miscounted;
        balance.miscounted.retain(|first| again.contains(first));
    }
    Ok(Some(Table { balance, unreadable }))
}

/// Every row, and how many cannot be read.
async fn pages(
    ports: &impl ScanTable,
    read: &mut impl FnMut(u64),
    go_on: &impl Fn() -> bool,
) -> Result<Option<(Ledger, u64)>, PortError> {
    let (mut ledger, mut unreadable, mut after) = (Ledger::default(), 0, None);
    loop {
        if !go_on() {
            return Ok(None);
        }
        let (rows, next) = ports.scan(Segment::WHOLE, after).await?;
        read(rows.len() as u64);
        for stored in rows {
            match stored.row {
                Some(row) => ledger.add(&row),
                None => unreadable += 1,
            }
        }
        after = next;
        if after.is_none() {
            return Ok(Some((ledger, unreadable)));
        }
    }
}

/// Whether a consistent look at the lead, and at those that it joined or that joined it, still finds a difference.
async fn is_still_there(ports: &impl ReadHistory, difference: &Difference) -> Result<bool, PortError> {
    let mut ledger = Ledger::default();
    let mut rows = ports.history(&difference.lead_id).await?;
    let joined = rows.iter().filter_map(|row| match row {
        Row::State(state) => state.merged_into.clone(),
        Row::Touch(touch) => Some(touch.from.clone()),
        _ => None,
    });
    for other in joined.collect::<Vec<_>>() {
        rows.extend(ports.history(&other).await?);
    }
    rows.iter().for_each(|row| ledger.add(row));
    Ok(rows.is_empty() || ledger.balance().differences.iter().any(|found| found.lead_id == difference.lead_id))
}
