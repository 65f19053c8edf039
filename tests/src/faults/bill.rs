//! What AWS would bill for the calls.

use leads::ports::{Destination, Outgoing, Write, counts};

use super::Faulty;

/// A call as AWS bills it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Billed {
    /// Who made it.
    pub function: &'static str,
    /// The port's method; a send to sales is `tell`.
    pub call: &'static str,
    /// Of a read by keys, the keys; of a write, its rows; of a send, its messages; else 1.
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
            let kilobytes = |write: &Write| serde_json::to_string(&write.row).unwrap().len().div_ceil(1024);
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
