//! Queues: standard ones between the functions, FIFO ones for sales.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::id::LeadId;

use super::dead::Dead;
use super::later;

/// How long a received message is hidden; the template sets the same.
pub const VISIBILITY: SignedDuration = SignedDuration::from_secs(60);

/// How often a message is received before it goes to the dead-letter queue; the template sets the same.
pub const MOST_RECEIVES: u32 = 16;

/// For how long a FIFO queue recognises a deduplication id. The time runs from the message that was taken.
pub(super) const DEDUPLICATION: SignedDuration = SignedDuration::from_mins(5);

/// A message as a consumer receives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The message's id: the same for a double, another one after a redrive.
    pub message_id: String,
    /// By which it is deleted or postponed; another one for every receive.
    pub receipt: String,
    /// The body.
    pub body: String,
    /// How often it was received, this time included.
    pub receive_count: u32,
}

/// A message that a sales queue took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// When.
    pub at: Timestamp,
    /// The message group.
    pub group: LeadId,
    /// The deduplication id.
    pub dedup: String,
    /// The body.
    pub body: String,
}

/// How many messages a queue holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// To be received now.
    pub visible: usize,
    /// Received and not deleted, or postponed.
    pub hidden: usize,
    /// In the dead-letter queue.
    pub dead: usize,
}

#[derive(Clone, Debug)]
struct Message {
    id: String,
    body: String,
    sent_at: Timestamp,
    receive_count: u32,
    receipt: Option<String>,
    /// Whether there are two of it. AWS says that a message comes more than once at times, not that it breeds.
    doubled: bool,
}

impl Message {
    fn new(number: u64, body: String, sent_at: Timestamp) -> Self {
        Self { id: format!("m-{number}"), body, sent_at, receive_count: 0, receipt: None, doubled: false }
    }

    fn received(&mut self, number: u64) -> Received {
        self.receive_count += 1;
        let receipt = format!("r-{number}");
        self.receipt = Some(receipt.clone());
        Received { message_id: self.id.clone(), receipt, body: self.body.clone(), receive_count: self.receive_count }
    }
}

/// When a message is visible, and a number that tells it from others: the order of receiving.
type Place = (Timestamp, u64);

/// A standard queue.
#[derive(Debug, Default)]
pub(super) struct StandardQueue {
    messages: BTreeMap<Place, Message>,
    receipts: BTreeMap<String, Place>,
    dead: Dead<String>,
    numbers: u64,
}

impl StandardQueue {
    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(super) fn enqueue(&mut self, body: String, now: Timestamp) {
        let number = self.number();
        self.messages.insert((now, number), Message::new(number, body, now));
    }

    pub(super) fn receive(&mut self, most: usize, now: Timestamp, visibility: SignedDuration) -> Vec<Received> {
        let mut received = Vec::new();
        while received.len() < most {
            let Some(first) = self.messages.first_entry().filter(|entry| entry.key().0 <= now) else { break };
            let mut message = first.remove();
            if let Some(receipt) = &message.receipt {
                self.receipts.remove(receipt);
            }
            if message.receive_count >= MOST_RECEIVES {
                self.dead.bury(message.body, message.sent_at, now);
                continue;
            }
            let number = self.number();
            let place = (later(now, visibility), number);
            let handed = message.received(number);
            self.receipts.insert(handed.receipt.clone(), place);
            self.messages.insert(place, message);
            received.push(handed);
        }
        received
    }

    pub(super) fn acknowledge(&mut self, receipt: &str) -> bool {
        self.receipts.remove(receipt).is_some_and(|place| self.messages.remove(&place).is_some())
    }

    pub(super) fn hide(&mut self, receipt: &str, until: Timestamp) -> bool {
        let Some(place) = self.receipts.get(receipt).copied() else { return false };
        let Some(message) = self.messages.remove(&place) else { return false };
        let place = (until, self.number());
        self.messages.insert(place, message);
        self.receipts.insert(receipt.to_owned(), place);
        true
    }

    pub(super) fn double(&mut self, now: Timestamp) {
        let single = self.messages.range_mut(..=(now, u64::MAX)).map(|(_, message)| message);
        let copies: Vec<Message> = single
            .filter(|message| !message.doubled)
            .map(|message| {
                message.doubled = true;
                Message { receipt: None, ..message.clone() }
            })
            .collect();
        for message in copies {
            let number = self.number();
            self.messages.insert((now, number), message);
        }
    }

    pub(super) fn reorder(&mut self, now: Timestamp, mut pick: impl FnMut(usize) -> usize) {
        let places: Vec<Place> = self.messages.range(..=(now, u64::MAX)).map(|(place, _)| *place).collect();
        let mut visible: Vec<Message> = places.iter().filter_map(|place| self.messages.remove(place)).collect();
        while !visible.is_empty() {
            let message = visible.swap_remove(pick(visible.len()) % visible.len());
            let place = (now, self.number());
            if let Some(receipt) = &message.receipt {
                self.receipts.insert(receipt.clone(), place);
            }
            self.messages.insert(place, message);
        }
    }

    fn visible(&self, now: Timestamp) -> impl Iterator<Item = &Message> {
        self.messages.range(..=(now, u64::MAX)).map(|(_, message)| message)
    }

    pub(super) fn depth(&self, now: Timestamp) -> Depth {
        let visible = self.visible(now).count();
        Depth { visible, hidden: self.messages.len() - visible, dead: self.dead.len() }
    }

    pub(super) fn next_visible(&self) -> Option<Timestamp> {
        self.messages.keys().next().map(|(at, _)| *at)
    }

    pub(super) fn dead(&self) -> &Dead<String> {
        &self.dead
    }

    pub(super) fn dead_mut(&mut self) -> &mut Dead<String> {
        &mut self.dead
    }
}

/// A FIFO queue in high-throughput mode: order and deduplication within a message group.
#[derive(Debug, Default)]
pub(super) struct FifoQueue {
    log: Vec<Delivered>,
    taken: BTreeMap<(LeadId, String), Timestamp>,
    waiting: BTreeMap<u64, Waiting>,
    dead: Dead<Delivered>,
    numbers: u64,
}

/// A message of a FIFO queue that was not deleted yet.
#[derive(Debug)]
struct Waiting {
    visible_at: Timestamp,
    group: LeadId,
    dedup: String,
    message: Message,
}

impl FifoQueue {
    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Takes a message, or swallows it as a copy of one that it took less than `window` ago.
    pub(super) fn enqueue(&mut self, body: &str, group: &LeadId, dedup: &str, now: Timestamp, window: SignedDuration) {
        let key = (group.clone(), dedup.to_owned());
        let copy = self.taken.get(&key).is_some_and(|taken| now.duration_since(*taken) < window);
        if copy {
            return;
        }
        self.taken.insert(key, now);
        let number = self.number();
        let message = Message::new(number, body.to_owned(), now);
        self.waiting
            .insert(number, Waiting { visible_at: now, group: group.clone(), dedup: dedup.to_owned(), message });
        self.log.push(Delivered { at: now, group: group.clone(), dedup: dedup.to_owned(), body: body.to_owned() });
    }

    pub(super) fn receive(&mut self, most: usize, now: Timestamp) -> Vec<Received> {
        let mut blocked: BTreeSet<LeadId> = BTreeSet::new();
        let mut received = Vec::new();
        let mut numbers = self.numbers;
        let mut dead = Vec::new();
        for (number, waiting) in &mut self.waiting {
            if received.len() >= most {
                break;
            }
            if waiting.visible_at > now {
                blocked.insert(waiting.group.clone());
            } else if !blocked.contains(&waiting.group) {
                if waiting.message.receive_count >= MOST_RECEIVES {
                    dead.push(*number);
                    continue;
                }
                numbers += 1;
                waiting.visible_at = later(now, VISIBILITY);
                received.push(waiting.message.received(numbers));
            }
        }
        self.numbers = numbers;
        for waiting in dead.iter().filter_map(|number| self.waiting.remove(number)) {
            let Waiting { group, dedup, message, .. } = waiting;
            // On a FIFO queue its clock starts anew.
            self.dead.bury(Delivered { at: message.sent_at, group, dedup, body: message.body }, now, now);
        }
        received
    }

    pub(super) fn acknowledge(&mut self, receipt: &str) -> bool {
        let of = |waiting: &Waiting| waiting.message.receipt.as_deref() == Some(receipt);
        let number = self.waiting.iter().find(|(_, waiting)| of(waiting)).map(|(number, _)| *number);
        number.is_some_and(|number| self.waiting.remove(&number).is_some())
    }

    pub(super) fn log(&self) -> &[Delivered] {
        &self.log
    }

    pub(super) fn dead(&self) -> &Dead<Delivered> {
        &self.dead
    }

    pub(super) fn dead_mut(&mut self) -> &mut Dead<Delivered> {
        &mut self.dead
    }
}
