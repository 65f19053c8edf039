//! The whole table, row by row, without holding it.

use anyhow::Result;
use leads::ports::{ScanTable, Stored};

/// Hands every row on, page by page; a lead's rows come one after the other. `read` hears how many rows a page had.
pub async fn each_row<P: ScanTable>(
    ports: &P,
    mut read: impl FnMut(u64),
    mut each: impl FnMut(Stored) -> Result<()>,
) -> Result<()> {
    let mut after = None;
    loop {
        let (rows, next) = ports.scan(after).await?;
        read(rows.len() as u64);
        for row in rows {
            each(row)?;
        }
        after = next;
        if after.is_none() {
            return Ok(());
        }
    }
}
