//! Erasure: a person asked to be forgotten.
//!
//! A lead and all that joined it are one person. First each of them becomes a tombstone, by a write that requires the
//! version it read; from then on nothing is added to the lead, and whatever message comes late finds it erased. Then
//! every queue that was ever told of it is told `lead.erased`. Then its rows are deleted, all but the tombstone and the
//! events, which name nobody.
//!
//! It can end at any call and be run again. The pointers to masters stay, and a master's touches go after everything
//! that hangs on them, so that whatever is left is found from every lead that is left.
//!
//! An invocation that had stored a decision before the tombstone may send it afterwards. So the tombstone keeps a due
//! time at which the sweep tells the queues once more, later than such an invocation can live.

use std::collections::{BTreeSet, VecDeque};

use jiff::Timestamp;
use leads::id::{LeadId, Queue};
use leads::lead::{LeadState, Stage};
use leads::message::SalesMessage;
use leads::personal::Personal;
use leads::ports::{
    Commit, CommitError, DeleteRows, PortError, ReadLead, ReadRows, ScanTable, SendMessages, Stored, Write,
};
use leads::profile::mailbox;
use leads::row::{Event, Row, RowKey};
use leads::rules::{QueueKind, RuleSet};
use leads::submission::Submission;
use serde::Serialize;

use crate::scanning::each_row;

/// What an erasure calls.
pub trait Ports: ReadLead + ReadRows + Commit + SendMessages + DeleteRows {}
impl<P: ReadLead + ReadRows + Commit + SendMessages + DeleteRows> Ports for P {}

/// How often a lead is looked at again that somebody else moves on.
const LOOKS: usize = 10;

/// An erasure that did not come to its end. Run it again.
#[derive(Debug, thiserror::Error)]
pub enum Unfinished {
    /// There is no such lead.
    #[error("there is no lead {0}")]
    NoLead(LeadId),
    /// Others write to the lead all the time.
    #[error("lead {0} was moved on by others each time; run this again")]
    Contended(LeadId),
    /// A call failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// One of the leads that are one person's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    /// The lead.
    pub lead_id: LeadId,
    /// Where it stands, or stood before.
    pub stage: Stage,
    /// The queues that were ever told of it.
    pub told: Vec<Queue>,
    /// How many rows go.
    pub rows: usize,
}

/// A lead and its rows at one version of its state.
struct Look {
    state: LeadState,
    rows: Vec<Stored>,
}

impl Look {
    /// The leads that joined it, those included that have left.
    fn joined(&self) -> impl Iterator<Item = LeadId> {
        self.rows.iter().filter_map(|stored| {
            let (_, lead) = stored.key.sk.strip_prefix("touch#")?.split_once('#')?;
            LeadId::parse(lead).ok()
        })
    }

    /// The rows that go.
    fn personal(&self) -> impl Iterator<Item = &RowKey> {
        let state = RowKey::state(&self.state.lead_id);
        let stays = move |stored: &&Stored| stored.key == state || matches!(stored.row, Some(Row::Event(_)));
        self.rows.iter().filter(move |stored| !stays(stored)).map(|stored| &stored.key)
    }

    fn member(&self, rules: &RuleSet) -> Member {
        let (lead_id, stage) = (self.state.lead_id.clone(), self.state.stage);
        Member { lead_id, stage, told: self.told(rules), rows: self.personal().count() }
    }

    fn escalated(&self) -> bool {
        self.rows.iter().any(|stored| matches!(&stored.row, Some(Row::Event(event)) if event.what == "escalated"))
    }

    /// The queues that were ever told of it: by a decision, while it was held, as a breach, by an escalation.
    fn told(&self, rules: &RuleSet) -> Vec<Queue> {
        if self.state.stage == Stage::Erased {
            return self.state.told.clone();
        }
        let mut told: BTreeSet<&Queue> = BTreeSet::new();
        let of_kind = |kind| rules.queues().iter().filter(move |queue| queue.kind == kind).map(|queue| &queue.name);
        told.extend(self.state.assignment.as_ref().map(|assignment| &assignment.queue));
        for stored in &self.rows {
            match &stored.row {
                Some(Row::Decision(decision)) => {
                    told.insert(&decision.queue);
                    if self.escalated() {
                        told.extend(decision.sla.iter().flat_map(|sla| sla.notified()));
                    }
                }
                Some(Row::Event(event)) if event.what == "held" => told.extend(of_kind(QueueKind::Telemarketing)),
                Some(Row::Event(event)) if event.what == "breached" => told.extend(of_kind(QueueKind::Breaches)),
                Some(_) => {}
                // Who was told by a row that cannot be read is not known: so everybody is told.
                None if stored.key.sk.starts_with("decision#") || stored.key.sk.starts_with("event#") => {
                    told.extend(rules.queues().iter().map(|queue| &queue.name));
                }
                None => {}
            }
        }
        told.into_iter().cloned().collect()
    }
}

/// The lead that this one is a touch on. An erased one keeps the pointer.
fn master(state: &LeadState) -> Option<&LeadId> {
    state.merged_into.as_ref().filter(|_| matches!(state.stage, Stage::Merged | Stage::Erased))
}

/// The state and all rows of a lead as they belong together; `None` if there is no such lead.
async fn look<P: ReadLead + ReadRows>(lead: &LeadId, ports: &P) -> Result<Option<Look>, Unfinished> {
    for _ in 0..LOOKS {
        let Some(before) = ports.lead(lead).await? else { return Ok(None) };
        let rows = ports.rows_of(lead).await?;
        // A query is no snapshot. Whatever a version brought with it was there before the state was read the first time.
        let same = |stored: &Stored| matches!(&stored.row, Some(Row::State(state)) if *state == before.state);
        if rows.iter().any(same) {
            return Ok(Some(Look { state: before.state, rows }));
        }
    }
    Err(Unfinished::Contended(lead.clone()))
}

/// The lead at the end of the pointers.
async fn root<P: ReadLead>(lead: &LeadId, ports: &P) -> Result<LeadId, Unfinished> {
    let mut seen = BTreeSet::new();
    let mut at = lead.clone();
    while seen.insert(at.clone()) {
        let Some(rows) = ports.lead(&at).await? else { return Err(Unfinished::NoLead(at)) };
        match master(&rows.state) {
            Some(master) => at = master.clone(),
            None => break,
        }
    }
    Ok(at)
}

/// The lead and all that is one with it, the master of all first, and each before those that joined it.
async fn walk<P: ReadLead + ReadRows>(
    lead: &LeadId,
    ports: &P,
    visit: impl AsyncFn(Look) -> Result<Option<Look>, Unfinished>,
) -> Result<Vec<Look>, Unfinished> {
    let mut group: Vec<Look> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open: VecDeque<(LeadId, Option<LeadId>)> = VecDeque::from([(root(lead, ports).await?, None)]);
    let mut looks = 0;
    while let Some((next, joined)) = open.pop_front() {
        let Some(look) = look(&next, ports).await? else { continue };
        if master(&look.state) != joined.as_ref() {
            // One that a person took out of its master is somebody else. And a master may have joined another lead.
            if joined.is_none() {
                looks = again(looks, &next)?;
                open.push_front((root(lead, ports).await?, None));
            }
            continue;
        }
        let Some(look) = visit(look).await? else {
            looks = again(looks, &next)?;
            open.push_front((next, joined));
            continue;
        };
        looks = 0;
        open.extend(look.joined().filter(|lead| seen.insert(lead.clone())).map(|lead| (lead, Some(next.clone()))));
        group.push(look);
    }
    Ok(group)
}

fn again(looks: usize, lead: &LeadId) -> Result<usize, Unfinished> {
    if looks < LOOKS { Ok(looks + 1) } else { Err(Unfinished::Contended(lead.clone())) }
}

/// The lead and all that is one with it, as an erasure would find them. Changes nothing.
pub async fn survey<P: ReadLead + ReadRows>(
    lead: &LeadId,
    ports: &P,
    rules: &RuleSet,
) -> Result<Vec<Member>, Unfinished> {
    let group = walk(lead, ports, async |look| Ok(Some(look))).await?;
    Ok(group.iter().map(|look| look.member(rules)).collect())
}

/// Erases the lead and all that is one with it; `stripped` hears of each lead that is done.
pub async fn erase<P: Ports>(
    lead: &LeadId,
    ports: &P,
    rules: &RuleSet,
    clock: impl Fn() -> Timestamp,
    mut stripped: impl FnMut(&LeadId),
) -> Result<(), Unfinished> {
    let group = walk(lead, ports, async |look| bury(look, ports, rules, &clock).await).await?;
    for look in &group {
        tell(&look.state, ports).await?;
    }
    // What hangs on a lead is found by its touches: so these go last.
    for look in group.iter().rev() {
        for key in look.personal() {
            ports.delete(key).await?;
        }
        stripped(&look.state.lead_id);
    }
    Ok(())
}

/// Makes a lead a tombstone, if it is none. `None` if it moved on meanwhile, perhaps by our own write: look again.
async fn bury<P: Ports>(
    look: Look,
    ports: &P,
    rules: &RuleSet,
    clock: &impl Fn() -> Timestamp,
) -> Result<Option<Look>, Unfinished> {
    if look.state.stage == Stage::Erased {
        return Ok(Some(look));
    }
    // Before the tombstone, which names them no more. Whoever claims them from now on moves the lead on, or is another.
    for claim in &look.state.claims {
        let mut owner = look.state.lead_id.clone();
        while let Some(other) = ports.release(claim, &owner).await? {
            // A key that it gave its master, or got from a touch, may stand under that one's name.
            let ours =
                other != owner && (look.joined().any(|lead| lead == other) || master(&look.state) == Some(&other));
            if !ours {
                break;
            }
            owner = other;
        }
    }
    let now = clock();
    let next = look.state.erased(look.told(rules), now);
    let event = Event {
        lead_id: next.lead_id.clone(),
        version: next.version,
        at: now,
        actor: "operator".into(),
        what: "erased".into(),
        why: "the person asked to be forgotten".into(),
    };
    match ports.commit(&[Write::after(&look.state, next.clone()), Write::new(Row::Event(event))]).await {
        Ok(()) => Ok(Some(Look { state: next, rows: look.rows })),
        Err(CommitError::Conflict(_)) => Ok(None),
        Err(CommitError::Port(error)) => Err(error.into()),
    }
}

/// Tells every queue that was ever told of the lead. What is not told here is told by the sweep.
async fn tell(tombstone: &LeadState, ports: &impl SendMessages) -> Result<(), PortError> {
    if tombstone.watch_at.is_none() {
        return Ok(()); // the last word is said
    }
    for message in SalesMessage::erased(tombstone, false) {
        match ports.send(&[&message.addressed()]).await.map(|mut taken| taken.pop()) {
            // A queue that was taken out of the stack holds nothing any more.
            Ok(Some(Ok(()))) | Err(PortError::Refused { .. }) => {}
            Ok(Some(Err(not_taken))) => {
                return Err(PortError::Unavailable { call: "sqs:SendMessage", source: Box::new(not_taken) });
            }
            Ok(None) => return Err(PortError::Unavailable { call: "sqs:SendMessage", source: "no answer".into() }),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// What a search for an address found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Leads that hold the address, themselves or in a touch, and leads whose erasure was begun and not finished.
    pub leads: BTreeSet<LeadId>,
    /// Rows that may hold it and cannot be read.
    pub unreadable: u64,
}

/// Searches the whole table for an e-mail address, however it was typed; `read` hears how many rows were read.
///
/// Whoever was held, rejected or parked has no claim by which it could be found.
pub async fn search(address: &Personal, ports: &impl ScanTable, read: impl FnMut(u64)) -> Result<Found, PortError> {
    let wanted = mailbox(address);
    let same = |submission: &Submission| {
        let typed = submission.contact.email.as_ref();
        typed.is_some_and(|typed| typed == address || (wanted.is_some() && mailbox(typed) == wanted))
    };
    let mut found = Found::default();
    let mut tombstone: Option<LeadId> = None;
    let look = |stored: Stored| {
        // A tombstone's submission, tags and touches are the last of its rows to go, and follow it in the table.
        let left_over = tombstone.as_ref().is_some_and(|lead| stored.key.pk == lead.as_str());
        let holds = match &stored.row {
            Some(Row::State(state)) => {
                tombstone = (state.stage == Stage::Erased).then(|| state.lead_id.clone());
                false
            }
            Some(Row::Submission(row)) => left_over || same(&row.submission),
            Some(Row::Touch(touch)) => left_over || same(&touch.submission),
            Some(Row::Tags(_)) => left_over,
            None if stored.key.sk == "submission" || stored.key.sk.starts_with("touch#") => {
                found.unreadable += u64::from(!left_over);
                left_over
            }
            _ => false,
        };
        if holds {
            found.leads.extend(LeadId::parse(stored.key.pk));
        }
        Ok(())
    };
    each_row(ports, read, look).await?;
    Ok(found)
}
