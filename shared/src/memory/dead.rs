//! Dead-letter queues: what they hold is received again and again until somebody deletes it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::later;
use super::queues::VISIBILITY;

/// A dead letter: a message, and when it was sent, or on a FIFO queue became one.
#[derive(Clone, Debug)]
struct Letter<M> {
    message: M,
    sent_at: Timestamp,
    visible_at: Timestamp,
    receipt: Option<String>,
}

/// The dead letters of one queue, oldest first.
#[derive(Debug)]
pub(super) struct Dead<M> {
    letters: BTreeMap<u64, Letter<M>>,
    numbers: u64,
}

impl<M> Default for Dead<M> {
    fn default() -> Self {
        Self { letters: BTreeMap::new(), numbers: 0 }
    }
}

impl<M: Clone> Dead<M> {
    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(super) fn bury(&mut self, message: M, sent_at: Timestamp, now: Timestamp) {
        let number = self.number();
        self.letters.insert(number, Letter { message, sent_at, visible_at: now, receipt: None });
    }

    /// Up to `most` letters that are visible now, each with the time it was sent and a receipt.
    pub(super) fn receive(&mut self, most: usize, now: Timestamp) -> Vec<(M, Timestamp, String)> {
        let visible: Vec<u64> =
            self.letters.iter().filter(|(_, letter)| letter.visible_at <= now).map(|(number, _)| *number).collect();
        let mut received = Vec::new();
        for at in visible.into_iter().take(most) {
            let receipt = format!("d-{}", self.number());
            let Some(letter) = self.letters.get_mut(&at) else { continue };
            letter.visible_at = later(now, VISIBILITY);
            letter.receipt = Some(receipt.clone());
            received.push((letter.message.clone(), letter.sent_at, receipt));
        }
        received
    }

    pub(super) fn delete(&mut self, receipt: &str) {
        self.letters.retain(|_, letter| letter.receipt.as_deref() != Some(receipt));
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = &M> {
        self.letters.values().map(|letter| &letter.message)
    }

    pub(super) fn len(&self) -> usize {
        self.letters.len()
    }
}
