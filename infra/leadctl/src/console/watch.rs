//! What is on its way, and what came to rest lately. Known from the table's two indexes, without a scan: whatever is on its
//! way is watched by the index of timed work, and what sales or the desk got last stands at the end of its list.

use std::collections::{BTreeMap, VecDeque};

use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use leads::id::LeadId;
use leads::lead::{DUE_SHARDS, LeadState, Worklist};
use leads::ports::{DueEntry, PortError};

use super::Reads;
use crate::follow::End;

/// Leads on their way are due within nine minutes, those that wait for room within ten.
const AHEAD: SignedDuration = SignedDuration::from_mins(11);

/// How many entries of one shard are looked at.
const ENTRIES: u16 = 50;

/// How many states one read asks for.
const STATES: usize = 100;

/// How many leads at rest are remembered.
const REMEMBERED: usize = 60;

/// How many leads of each list are caught up with.
const NEWEST: u16 = 10;

/// What the console saw.
#[derive(Debug, Default)]
pub struct Watch {
    moving: BTreeMap<LeadId, LeadState>,
    settled: VecDeque<Settled>,
    /// Leads at rest that stand in the index for another reason, and when they are due there: they need not be read again.
    resting: BTreeMap<LeadId, Timestamp>,
    since: Option<Timestamp>,
    /// When it was looked last.
    pub looked_at: Option<Timestamp>,
    /// More is due soon than is looked at.
    pub more: bool,
    /// Why the last look failed.
    pub problem: Option<String>,
}

/// A lead that came to rest.
#[derive(Clone, Debug)]
pub struct Settled {
    /// When.
    pub at: Timestamp,
    /// Where, and why.
    pub end: End,
}

impl Watch {
    /// Leads on their way, and those that wait for room, longest first.
    pub fn moving(&self) -> Vec<&LeadState> {
        let mut moving: Vec<&LeadState> = self.moving.values().collect();
        moving.sort_by_key(|state| state.stage_at);
        moving
    }

    /// Leads that came to rest, last first.
    pub fn settled(&self) -> impl Iterator<Item = &Settled> {
        self.settled.iter()
    }

    /// Whose states are to be read: whatever moved before, and entries that are not known to be at rest.
    fn wanted(&mut self, entries: &[DueEntry]) -> Vec<LeadId> {
        self.resting.retain(|lead, at| entries.iter().any(|entry| entry.lead_id == *lead && entry.at == *at));
        let new = entries.iter().map(|entry| &entry.lead_id).filter(|lead| !self.resting.contains_key(*lead));
        new.chain(self.moving.keys()).cloned().collect()
    }

    /// Takes in states; answers those that have come to rest since the last look.
    fn take_in(&mut self, states: Vec<LeadState>, entries: &[DueEntry], now: Timestamp) -> Vec<LeadState> {
        let since = *self.since.get_or_insert(now);
        let mut rested = Vec::new();
        for state in states {
            if state.stage.in_flight() || state.waits.is_some() {
                self.moving.insert(state.lead_id.clone(), state);
                continue;
            }
            if let Some(entry) = entries.iter().find(|entry| entry.lead_id == state.lead_id) {
                self.resting.insert(entry.lead_id.clone(), entry.at);
            }
            let moved = self.moving.remove(&state.lead_id).is_some();
            if (moved || state.stage_at >= since) && !self.knows(&state) {
                rested.push(state);
            }
        }
        rested
    }

    fn knows(&self, state: &LeadState) -> bool {
        self.settled.iter().any(|known| {
            known.end.lead_id == state.lead_id && known.end.stage == state.stage && known.at == state.stage_at
        })
    }

    fn remember(&mut self, settled: Vec<Settled>) {
        for new in settled {
            self.settled.retain(|known| known.end.lead_id != new.end.lead_id);
            self.settled.push_front(new);
        }
        self.settled.make_contiguous().sort_by_key(|settled| std::cmp::Reverse(settled.at));
        self.settled.truncate(REMEMBERED);
    }
}

/// Looks once: eight queries on the index of timed work, and the states of what is new there.
pub(super) async fn look(
    reads: &impl Reads,
    watch: &std::cell::RefCell<Watch>,
    now: Timestamp,
) -> Result<(), PortError> {
    let until = now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX);
    let shards = try_join_all((0..DUE_SHARDS).map(|shard| reads.due(shard, None, until, ENTRIES))).await?;
    let more = shards.iter().any(|entries| entries.len() == usize::from(ENTRIES));
    let entries: Vec<DueEntry> = shards.into_iter().flatten().collect();
    let wanted = watch.borrow_mut().wanted(&entries);
    let states = states(reads, &wanted).await?;
    let rested = {
        let mut watch = watch.borrow_mut();
        // A lead whose state is gone is on no way any more.
        watch.moving.retain(|lead, _| states.iter().any(|state| state.lead_id == *lead));
        watch.take_in(states, &entries, now)
    };
    let settled = ends(reads, rested).await?;
    let mut watch = watch.borrow_mut();
    watch.remember(settled);
    (watch.looked_at, watch.more) = (Some(now), more);
    Ok(())
}

/// Finds what came to rest between two looks, or before the first one, in the lists of whoever got it: two queries a list.
/// What was refused or joined another lead is in no list.
pub(super) async fn catch_up(
    reads: &impl Reads,
    watch: &std::cell::RefCell<Watch>,
    lists: &[Worklist],
) -> Result<(), PortError> {
    let ends_of_lists = lists.iter().flat_map(|list| [true, false].map(|dated| reads.newest(list, dated, NEWEST)));
    let mut newest: Vec<_> = try_join_all(ends_of_lists).await?.into_iter().flatten().collect();
    newest.sort_by_key(|lead| std::cmp::Reverse(lead.routed_at.max(lead.waits_since)));
    newest.truncate(REMEMBERED);
    let unknown = newest.into_iter().map(|lead| lead.lead_id);
    let known: Vec<LeadId> = watch.borrow().settled().map(|known| known.end.lead_id.clone()).collect();
    let unknown: Vec<LeadId> = unknown.filter(|lead| !known.contains(lead)).collect();
    let states = states(reads, &unknown).await?.into_iter().filter(|state| !state.stage.in_flight());
    let settled = ends(reads, states.collect()).await?;
    watch.borrow_mut().remember(settled);
    Ok(())
}

/// Their states. An index that lags behind may name a lead twice, which one read may not.
pub(super) async fn states(reads: &impl Reads, leads: &[LeadId]) -> Result<Vec<LeadState>, PortError> {
    let mut leads = leads.to_vec();
    leads.sort();
    leads.dedup();
    let parts = try_join_all(leads.chunks(STATES).map(|part| reads.states_of(part))).await?;
    Ok(parts.into_iter().flatten().collect())
}

async fn ends(reads: &impl Reads, states: Vec<LeadState>) -> Result<Vec<Settled>, PortError> {
    let ends = states.into_iter().map(async |state| {
        let decision = match &state.assignment {
            Some(assignment) => reads.decision(&state.lead_id, assignment.epoch).await?,
            None => None,
        };
        Ok(Settled { at: state.stage_at, end: End::of(&state, decision.as_ref()) })
    });
    try_join_all(ends).await
}
