//! CSV that people keep: its rows named by the lines on which they stand.

use csv::{Position, StringRecord};

/// The line on which a record begins, from 1. The reader's own position is that of the blank lines before it.
pub fn first_line(text: &[u8], position: Option<&Position>) -> u64 {
    let Some(position) = position else { return 1 };
    let rest = usize::try_from(position.byte()).ok().and_then(|byte| text.get(byte..)).unwrap_or_default();
    let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n').count();
    position.line() + blank as u64
}

/// What is wrong with a row that does not fit the header, as a reader that is flexible gives it out.
pub fn misfit(row: &StringRecord, header: &StringRecord) -> Option<String> {
    let (has, wanted) = (row.len(), header.len());
    (has != wanted).then(|| format!("it has {has} cells, and the first line {wanted}"))
}
