//! The life of a lead: one state row, moved on by transitions that each add one to its version.
//!
//! A transition is computed here and stored by one conditional write elsewhere. What to send next follows from the
//! stored state alone, so that a retry, a redelivery or a sweep sends the same thing and decides nothing anew.

mod due;
mod joins;
mod legal;
mod places;
mod stage;
#[cfg(test)]
mod tests;
mod transitions;
mod worklist;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::decision::{GivenVerdict, ManualVerdict, Nurture, Protection, Reason, Scored};
use crate::id::{ClaimKey, DeliveryId, LeadId, Queue};

pub use due::{DUE_SHARDS, Due};
pub use places::{Count, Place, counts};
pub use stage::Stage;
pub use worklist::{Listed, OpenLead, Worklist, is_list_key};

/// How long a lead may be on its way before the sweep looks at it.
pub const IN_FLIGHT_WATCH: SignedDuration = SignedDuration::from_secs(60);

/// How long after an erasure its queues are told once more. An invocation that had stored a message before the lead was
/// erased may send it afterwards; none lives this long.
pub const LAST_WORD_AFTER: SignedDuration = SignedDuration::from_mins(2);

/// How long after a lead was held because nobody had room it is looked at again, and from then on.
const LOOK_FOR_ROOM: SignedDuration = SignedDuration::from_mins(10);

/// The one row of a lead that changes. Holds no personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadState {
    /// Which lead.
    pub lead_id: LeadId,
    /// Adds one with every write; every write requires the version it read.
    pub version: u64,
    /// Where the lead stands.
    pub stage: Stage,
    /// The version at which the lead entered its stage: the identity of the message to the next one.
    pub entered: u64,
    /// When the lead entered its stage.
    pub stage_at: Timestamp,
    /// When the lead was accepted.
    pub received_at: Timestamp,
    /// How often the lead was given to a queue; 0 before the first time.
    pub epoch: u32,
    /// When the sweep looks at the lead if nothing happens before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch_at: Option<Timestamp>,
    /// How often the sweep has sent this lead's message again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub resends: u32,
    /// Why it is held, rejected or parked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// While held: the telemarketing queue is to be told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub notify: bool,
    /// While nobody has room for it, and while it is routed again since somebody might.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<WaitsForRoom>,
    /// The lead it is a touch on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<LeadId>,
    /// The duplicate keys it owns. Of a merged lead, and until it is cleaned again: those that its join gave its master.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimKey>,
    /// The leads that a person took it out of; it joins none of them again, and none of them joins it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub apart: Vec<LeadId>,
    /// How many duplicates joined it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub touches: u32,
    /// The scores, between `score` and `route`; afterwards they stand in the decision row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scored: Option<Scored>,
    /// The queue it was last given to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment: Option<Assignment>,
    /// The settled stage it was taken back from by a touch, a date or a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopened_from: Option<Stage>,
    /// While it is scored again because a person took this lead out of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_by: Option<LeadId>,
    /// The last touch that its queue was told of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_touch: Option<ToldTouch>,
    /// What a person decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// What sales answered last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// When the deadline was found missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breached_at: Option<Timestamp>,
    /// What is stored, and told by the sweep until that is stored too, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owes: Vec<Owed>,
    /// Nobody writes to or calls this person of our own accord.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suppressed: bool,
    /// When a pooled lead comes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reactivate_at: Option<Timestamp>,
    /// Of an erased lead: the queues that were ever told of it, and are told of its erasure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<Queue>,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// A lead in a queue: decided once, obeyed on every retry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The queue.
    pub queue: Queue,
    /// The salesperson, if one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Which assignment of this lead.
    pub epoch: u32,
    /// The id of the delivery.
    pub delivery_id: DeliveryId,
    /// The `entered` of the scored state that it was decided on.
    pub decided_on: u64,
    /// When.
    pub decided_at: Timestamp,
    /// By when sales answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback_due: Option<Timestamp>,
    /// When somebody first answered, if only that they are on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responded_at: Option<Timestamp>,
    /// The next step of the clock, as long as nobody answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<Clock>,
    /// Until when the lead stays, whatever is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection: Option<Protection>,
    /// How it is to be warmed, of a lead in nurture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nurture: Option<Nurture>,
    /// What it takes up while it is open; nothing if its queue has no file of owners.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<Counted>,
    /// Sales answered for good.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
    /// Its queue is told, or was, that the lead is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ended: bool,
    /// Five attempts to send ended without an answer from SQS; the sweep sends again under the same delivery id.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delivery_unknown: bool,
}

/// A time in nurture that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftNurture {
    /// What was told of it when it began.
    #[serde(flatten)]
    pub was: Nurture,
    /// Where the lead went on to.
    pub to: Stage,
}

impl Assignment {
    /// What is owed to its queue once the lead has gone on to a stage.
    fn recall(&self, why: Gone, to: Stage) -> Owing {
        let nurture = self.nurture.clone().map(|was| LeftNurture { was, to });
        Owing::Recall { queue: self.queue.clone(), epoch: self.epoch, why, nurture }
    }
}

/// Which places an assignment takes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// One of its queue's.
    Queue,
    /// One of its queue's and one of its owner's.
    Owner,
}

/// A lead that nobody has room for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitsForRoom {
    /// The queue that it waits for.
    pub queue: Queue,
    /// When somebody is looked for next.
    pub look_at: Timestamp,
    /// When it goes on whether anybody has room or not.
    pub until: Timestamp,
}

impl LeadState {
    /// The assignment that somebody works on: from the routing until it is answered for good, given back, taken away or
    /// stopped. While the lead is scored again, or waits for another queue's room, it stays with whoever has it.
    fn open_assignment(&self) -> Option<&Assignment> {
        let with_somebody = |stage: Stage| matches!(stage, Stage::Routed | Stage::Nurtured);
        let is_there = with_somebody(self.stage) || self.reopened_from.is_some_and(with_somebody);
        self.assignment.as_ref().filter(|assignment| is_there && !assignment.ended && !assignment.closed)
    }
}

/// A touch, or the end of one, that a queue was told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldTouch {
    /// The `entered` of the scored state that led to it.
    pub decided_on: u64,
    /// How many touches the lead had.
    pub touches: u32,
    /// The lead that was taken out of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_by: Option<LeadId>,
    /// When.
    pub at: Timestamp,
}

/// What a person decided about a lead; overrides the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// `clean` lets the lead pass whatever its rules say.
    pub released: bool,
    /// The qualification, if the person decided it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mql: Option<ManualVerdict>,
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Verdict {
    /// What it says about the qualification, if it does.
    pub fn qualification(&self) -> Option<GivenVerdict> {
        self.mql.map(|verdict| GivenVerdict { verdict, by: self.by.clone(), at: self.at })
    }
}

/// What sales reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The disposition, as reported.
    pub disposition: String,
    /// When.
    pub at: Timestamp,
}

/// Where the clock of an assignment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// The position of the next step among those of the decision.
    pub step: u8,
    /// When it is taken.
    pub at: Timestamp,
}

/// Something that is stored and was not told yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// What.
    pub what: Owing,
    /// Since when.
    pub at: Timestamp,
}

/// What can be owed to a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owing {
    /// A step of the clock, by its position among those of the decision.
    Step(u8),
    /// That the lead is gone, to whoever had it.
    Recall {
        /// Who had it.
        queue: Queue,
        /// In which epoch.
        epoch: u32,
        /// Why.
        why: Gone,
        /// What that ended, if it was nurture.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nurture: Option<LeftNurture>,
    },
    /// That the lead is held, to the telemarketing desk.
    Hold,
}

/// Why a lead is a queue's no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gone {
    /// It went to another one.
    Elsewhere,
    /// Nobody answered for good in the time that it may stay.
    Recycled,
    /// A person decided so.
    ByPerson,
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}
