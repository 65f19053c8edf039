//! What AWS would bill for the calls.

use aws_sdk_dynamodb::types::AttributeValue;
use leads::ports::{Destination, Outgoing, Write, counts};
use leads::row::Row;
use support::dynamo::to_item;

use super::Faulty;

/// A call as AWS bills it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Billed {
    /// Who made it.
    pub function: &'static str,
    /// The port's method; a send to sales is `tell`, the start of the function `invoke`.
    pub call: &'static str,
    /// Of a read by keys, the keys; of a write, its rows; of a send or a start, its messages; else 1.
    pub count: usize,
    /// What a write takes of the table, in KB begun: twice as much in a transaction.
    pub units: usize,
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
            let kilobytes = |write: &Write| item_size(&write.row).div_ceil(1024);
            billed.count = writes.len() + counts;
            let alone = writes.iter().map(kilobytes).sum::<usize>() + counts;
            billed.units = if billed.count == 1 { alone } else { 2 * alone };
        });
    }

    pub(super) fn bill_send(&self, messages: &[&Outgoing]) {
        self.billed(|billed| {
            let sales = messages.iter().any(|message| matches!(message.to, Destination::Sales { .. }));
            *billed = Billed { call: if sales { "tell" } else { "send" }, count: messages.len(), ..billed.clone() };
        });
    }
}

/// The size of a row's item in bytes, as DynamoDB counts it:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>.
fn item_size(row: &Row) -> usize {
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
