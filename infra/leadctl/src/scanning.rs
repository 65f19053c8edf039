//! The whole table, row by row, without holding it.

use std::cell::RefCell;

use futures::future::try_join_all;
use leads::ports::{PortError, ScanTable, Segment, Stored};

/// Hands every row on, page by page; a lead's rows come one after the other. `read` hears how many rows a page had.
///
/// # Errors
/// A page cannot be read, or `each` fails.
pub async fn each_row<E: From<PortError>>(
    ports: &impl ScanTable,
    mut read: impl FnMut(u64),
    mut each: impl FnMut(Stored) -> Result<(), E>,
) -> Result<(), E> {
    each_page(ports, Segment::WHOLE, |page| {
        read(page.len() as u64);
        page.into_iter().try_for_each(&mut each)
    })
    .await
}

/// The same in so many segments at once, and quicker for that: rows of several leads come in between each other.
///
/// # Errors
/// A page cannot be read, or `each` fails.
pub async fn each_row_in<E: From<PortError>>(
    ports: &impl ScanTable,
    segments: u16,
    read: impl FnMut(u64),
    each: impl FnMut(Stored) -> Result<(), E>,
) -> Result<(), E> {
    // One task drives all of them, so that a page is handed on without waiting for another.
    let hands = RefCell::new((read, each));
    let of_segment = |number| {
        each_page(ports, Segment { number, of: segments }, |page| {
            let (read, each) = &mut *hands.borrow_mut();
            read(page.len() as u64);
            page.into_iter().try_for_each(each)
        })
    };
    try_join_all((0..segments).map(of_segment)).await.map(drop)
}

async fn each_page<E: From<PortError>>(
    ports: &impl ScanTable,
    segment: Segment,
    mut each: impl FnMut(Vec<Stored>) -> Result<(), E>,
) -> Result<(), E> {
    let mut after = None;
    loop {
        let (rows, next) = ports.scan(segment, after).await?;
        each(rows)?;
        after = next;
        if after.is_none() {
            return Ok(());
        }
    }
}
