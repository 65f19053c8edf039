//! The whole table, row by row, without holding it.

use leads::ports::{PortError, ScanTable, Stored};

/// Hands every row on, page by page; a lead's rows come one after the other. `read` hears how many rows a page had.
///
/// # Errors
/// A page cannot be read, or `each` fails.
pub async fn each_row<E: From<PortError>>(
    ports: &impl ScanTable,
    mut read: impl FnMut(u64),
    mut each: impl FnMut(Stored) -> Result<(), E>,
) -> Result<(), E> {
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
