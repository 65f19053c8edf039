//! The table: rows by key, conditional writes, and the index of timed work.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;

use jiff::{SignedDuration, Timestamp};

use crate::id::{LeadId, Queue, digest};
use crate::lead::{Count, OpenLead, Place, Worklist};
use crate::ports::{CommitError, DueEntry, Guard, OpenPage, PortError, Segment, Write, counts};
use crate::row::{Open, Row, RowKey, Turn};

use super::{any_twice, later};

/// DynamoDB's limit for one item; the row's JSON is about as long.
const MOST_ROW_BYTES: usize = 400 * 1024;

/// DynamoDB's limit for one transaction.
const MOST_WRITES: usize = 100;

#[derive(Debug, Default)]
pub(super) struct Table {
    rows: BTreeMap<RowKey, Row>,
    index: DueIndex,
}

impl Table {
    pub(super) fn set_index_lag(&mut self, lag: SignedDuration) {
        self.index.lag = lag;
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    pub(super) fn get(&self, key: &RowKey) -> Option<&Row> {
        self.rows.get(key)
    }

    /// The rows of one partition by sort key.
    pub(super) fn partition<'a>(&'a self, pk: &'a str) -> impl DoubleEndedIterator<Item = &'a Row> {
        let first = RowKey { pk: pk.to_owned(), sk: String::new() };
        // No sort key begins with the last character of Unicode.
        let last = RowKey { pk: pk.to_owned(), sk: char::MAX.to_string() };
        self.rows.range(first..last).map(|(_, row)| row)
    }

    pub(super) fn put(&mut self, row: Row, now: Timestamp) {
        if let Row::State(state) = &row {
            let key = state.due_at().map(|at| (state.due_shard(), at.as_millisecond()));
            self.index.place(state.lead_id.clone(), key, now);
        }
        self.rows.insert(row.key(), row);
    }

    /// Rows of a segment by key from behind `after` on.
    pub(super) fn behind(&self, segment: Segment, after: Option<&RowKey>, most: usize) -> Vec<Row> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let hash = |key: &RowKey| {
            digest(&[&key.pk]).iter().fold(0, |sum: u16, byte| sum.wrapping_mul(31).wrapping_add((*byte).into()))
        };
        let holds = |key: &RowKey| hash(key) % segment.of == segment.number;
        let rows = self.rows.range::<RowKey, _>((from, Bound::Unbounded)).filter(|(key, _)| holds(key));
        rows.take(most).map(|(_, row)| row.clone()).collect()
    }

    pub(super) fn delete(&mut self, key: &RowKey, now: Timestamp) {
        if let Some(Row::State(state)) = self.rows.remove(key) {
            self.index.place(state.lead_id, None, now);
        }
    }

    /// Writes all rows or none. One row is a `PutItem`, several are a `TransactWriteItems`.
    pub(super) fn commit(&mut self, writes: &[Write], now: Timestamp) -> Result<(), CommitError> {
        let counts = counts(writes);
        let many = writes.len() + counts.len();
        let call = if many == 1 { "dynamodb:PutItem" } else { "dynamodb:TransactWriteItems" };
        let keys: Vec<RowKey> = writes.iter().map(|write| write.row.key()).collect();
        let too_long = |write: &Write| length(&write.row) > MOST_ROW_BYTES;
        if writes.is_empty() || many > MOST_WRITES || any_twice(&keys) || writes.iter().any(too_long) {
            return Err(PortError::Refused { call, why: "ValidationException".into() }.into());
        }
        let mut refused: Vec<(usize, Option<Row>)> = keys
            .iter()
            .zip(writes)
            .enumerate()
            .map(|(position, (key, write))| (position, self.rows.get(key), &write.guard))
            .filter(|(_, stored, guard)| !holds(guard, *stored))
            .map(|(position, stored, _)| (position, stored.cloned()))
            .collect();
        for (at, count) in counts.iter().enumerate() {
            if count.below.is_some_and(|below| self.open(&count.place) >= i64::from(below)) {
                refused.push((writes.len() + at, self.rows.get(&RowKey::open(&count.place)).cloned()));
            }
        }
        if !refused.is_empty() {
            return Err(CommitError::Conflict(refused));
        }
        for write in writes {
            self.put(write.row.clone(), now);
        }
        counts.iter().for_each(|count| self.count(count));
        Ok(())
    }

    /// How many leads are open in a place.
    pub(super) fn open(&self, place: &Place) -> i64 {
        match self.rows.get(&RowKey::open(place)) {
            Some(Row::Open(row)) => row.open,
            _ => 0,
        }
    }

    fn count(&mut self, count: &Count) {
        let (key, open) = (RowKey::open(&count.place), self.open(&count.place) + count.by);
        self.rows.insert(key.clone(), Row::Open(Open { pk: key.pk, open }));
    }

    pub(super) fn turn(&mut self, queue: &Queue) -> u64 {
        let key = RowKey::turn(queue);
        let last = if let Some(Row::Turn(row)) = self.rows.get(&key) { row.taken } else { 0 };
        self.rows.insert(key.clone(), Row::Turn(Turn { pk: key.pk, taken: last + 1 }));
        last + 1
    }

    /// A list of open leads, by sort key.
    fn open_leads(&self, list: &Worklist) -> BTreeMap<String, OpenLead> {
        let listed =
            self.rows.values().filter_map(|row| if let Row::State(state) = row { state.listed() } else { None });
        listed.filter(|listed| listed.list == *list).map(|listed| (listed.key, listed.entry)).collect()
    }

    /// A page of a list of open leads.
    pub(super) fn list(&self, list: &Worklist, after: Option<&str>, limit: usize) -> OpenPage {
        let behind = |key: &String| after.is_none_or(|after| key.as_str() > after);
        let page: Vec<_> = self.open_leads(list).into_iter().filter(|(key, _)| behind(key)).take(limit).collect();
        let last = page.last().filter(|_| page.len() == limit).map(|(key, _)| key.clone());
        OpenPage { leads: page.into_iter().map(|(_, lead)| lead).collect(), last }
    }

    /// The end of one half of a list of open leads, last first.
    pub(super) fn newest(&self, list: &Worklist, dated: bool, limit: usize) -> Vec<OpenLead> {
        let half = self.open_leads(list).into_iter().filter(|(key, _)| key.starts_with('~') != dated);
        half.rev().take(limit).map(|(_, lead)| lead).collect()
    }

    /// Entries of one shard that the index shows as due at `moment`, behind `after`, oldest first.
    pub(super) fn due(
        &mut self,
        shard: u8,
        after: Option<&DueEntry>,
        moment: Timestamp,
        limit: u16,
        now: Timestamp,
    ) -> Vec<DueEntry> {
        self.index.catch_up(now);
        let due = self.index.entries.range((shard, i64::MIN)..=(shard, moment.as_millisecond()));
        let entries = due.flat_map(|((_, at), leads)| {
            let at = Timestamp::from_millisecond(*at).unwrap_or(Timestamp::MAX);
            leads.iter().map(move |lead| DueEntry { at, lead_id: lead.clone() })
        });
        entries.filter(|entry| after.is_none_or(|after| entry > after)).take(usize::from(limit)).collect()
    }
}

/// The length of a row's JSON, in bytes.
fn length(row: &Row) -> usize {
    struct Bytes(usize);
    impl std::io::Write for Bytes {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut bytes = Bytes(0);
    serde_json::to_writer(&mut bytes, row).map_or(0, |()| bytes.0)
}

/// Whether a condition holds for the row that is stored. A comparison with an attribute that a row lacks is false.
fn holds(guard: &Guard, stored: Option<&Row>) -> bool {
    let Some(stored) = stored else { return !matches!(guard, Guard::Present | Guard::Version(_)) };
    let expired = |now: &i64| stored.expires_at().is_some_and(|expires_at| expires_at <= *now);
    match guard {
        Guard::Absent => false,
        Guard::Present => true,
        Guard::Version(version) => matches!(stored, Row::State(state) if state.version == *version),
        Guard::AbsentOrExpired { now } => expired(now),
        Guard::FreeFor { owner, now } => expired(now) || matches!(stored, Row::Claim(claim) if claim.owner == *owner),
    }
}

/// Shard and millisecond.
type DueKey = (u8, i64);

/// The index of timed work. It shows each write after a while, in the order of the writes.
#[derive(Debug, Default)]
struct DueIndex {
    lag: SignedDuration,
    entries: BTreeMap<DueKey, BTreeSet<LeadId>>,
    placed: BTreeMap<LeadId, DueKey>,
    coming: VecDeque<(Timestamp, LeadId, Option<DueKey>)>,
}

impl DueIndex {
    fn place(&mut self, lead: LeadId, key: Option<DueKey>, now: Timestamp) {
        self.coming.push_back((later(now, self.lag), lead, key));
    }

    fn catch_up(&mut self, now: Timestamp) {
        while let Some((_, lead, key)) = self.coming.pop_front_if(|(at, _, _)| *at <= now) {
            if let Some(place) = self.placed.remove(&lead)
                && let Entry::Occupied(mut leads) = self.entries.entry(place)
            {
                leads.get_mut().remove(&lead);
                if leads.get().is_empty() {
                    leads.remove();
                }
            }
            if let Some(place) = key {
                self.entries.entry(place).or_default().insert(lead.clone());
                self.placed.insert(lead, place);
            }
        }
    }
}
