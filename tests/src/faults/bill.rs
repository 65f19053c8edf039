//! What AWS would bill for the calls.

use aws_sdk_dynamodb::types::AttributeValue;
use leads::id::LeadId;
use leads::ports::{CommitError, Destination, DueEntry, LeadRows, Outgoing, Write, counts};
use leads::row::{CorrectedTags, Row};
use support::dynamo::to_item;

use super::Faulty;

/// A call as AWS bills it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Billed {
    /// Who made it.
    pub function: &'static str,
    /// The port's method; a send to sales is `tell`, the start of the function `invoke`.
    pub call: &'static str,
    /// Of a read by keys, the keys; of a write, its rows; of a send or a start, its messages; else 1.
    pub count: usize,
    /// What a write takes of the table, in KB begun: twice as much in a transaction.
    pub units: usize,
    /// Rows in the answer: those that were read, or stood in a write's way; entries of an index are rows too. Not told of
    /// what operators read, nor of lists.
    pub rows_read: usize,
    /// What these have, in bytes.
    pub bytes_read: usize,
    /// What a write writes, numbers of open leads aside, in bytes; of a send, its bodies.
    pub bytes_written: usize,
}

impl Faulty {
    /// Says more of the call of this function that was made last.
    pub(super) fn billed(&self, more: impl FnOnce(&mut Billed)) {
        let Some(bill) = &self.plan.bill else { return };
        let mut bill = bill.borrow_mut();
        if let Some(billed) = bill.iter_mut().rfind(|billed| billed.function == self.life.function) {
            more(billed);
        }
    }

    /// A write, be it one that is refused.
    pub(super) fn bill_write(&self, writes: &[Write]) {
        self.billed(|billed| {
            let counts = counts(writes).len();
            let sizes: Vec<usize> = writes.iter().map(|write| item_size(&write.row)).collect();
            billed.count = writes.len() + counts;
            billed.bytes_written = sizes.iter().sum();
            let alone = sizes.iter().map(|size| size.div_ceil(1024)).sum::<usize>() + counts;
            billed.units = if billed.count == 1 { alone } else { 2 * alone };
        });
    }

    pub(super) fn bill_send(&self, messages: &[&Outgoing]) {
        self.billed(|billed| {
            let sales = messages.iter().any(|message| matches!(message.to, Destination::Sales { .. }));
            billed.call = if sales { "tell" } else { "send" };
            billed.count = messages.len();
            billed.bytes_written = messages.iter().map(|message| message.body.len()).sum();
        });
    }

    /// What a read answered, row by row, in bytes.
    pub(super) fn bill_read(&self, sizes: impl Iterator<Item = usize>) {
        self.billed(|billed| {
            for size in sizes {
                billed.rows_read += 1;
                billed.bytes_read += size;
            }
        });
    }

    /// What a write was refused for.
    pub(super) fn bill_refused(&self, error: &CommitError) {
        let CommitError::Conflict(refused) = error else { return };
        self.bill_read(refused.iter().filter_map(|(_, stored)| stored.as_ref()).map(item_size));
    }
}

/// What a lead's state, submission and corrections have.
pub(super) fn lead_sizes(rows: &LeadRows) -> impl Iterator<Item = usize> {
    let lead_id = &rows.state.lead_id;
    let submission = rows.submission.iter().map(|stored| item_size(&Row::Submission(stored.clone())));
    let tags = (!rows.corrections.is_empty()).then(|| {
        let corrections = rows.corrections.clone();
        item_size(&Row::Tags(CorrectedTags { lead_id: lead_id.clone(), corrections }))
    });
    std::iter::once(item_size(&Row::State(rows.state.clone()))).chain(submission).chain(tags)
}

/// What an entry of the index of timed work has: the keys of the row, and its own.
pub(super) fn due_size(entry: &DueEntry) -> usize {
    const NAMES: usize = "pk".len() + "sk".len() + "due_shard".len() + "due_key".len();
    let lead = |lead: &LeadId| lead.as_str().len();
    NAMES + lead(&entry.lead_id) + "state".len() + "0".len() + "0000000000000#".len() + lead(&entry.lead_id)
}

/// The size of a row's item in bytes, as DynamoDB counts it:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>.
pub(super) fn item_size(row: &Row) -> usize {
    to_item(row).unwrap().iter().map(|(name, value)| name.len() + size(value)).sum()
}

fn size(value: &AttributeValue) -> usize {
    /// Of a list or a map, beside what is in it, and of each thing in it.
    const FRAME: usize = 3;
    const ENTRY: usize = 1;
    match value {
        AttributeValue::S(text) => text.len(),
        // A byte for two digits, and one more; zeros before and behind do not count, which we let pass.
        AttributeValue::N(number) => number.len().div_ceil(2) + 1,
        AttributeValue::Bool(_) | AttributeValue::Null(_) => 1,
        AttributeValue::L(items) => FRAME + items.iter().map(|item| ENTRY + size(item)).sum::<usize>(),
        AttributeValue::M(entries) => {
            FRAME + entries.iter().map(|(name, value)| ENTRY + name.len() + size(value)).sum::<usize>()
        }
        other => panic!("no row of ours holds {other:?}"),
    }
}
