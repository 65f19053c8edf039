//! The life of a lead: one state row, moved on by transitions that each add one to its version.
//!
//! A transition is computed here and stored by one conditional write elsewhere. What to send next follows from the
//! stored state alone, so that a retry, a redelivery or a sweep sends the same thing and decides nothing anew.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decision::{ManualVerdict, Reason, Routed, Scored};
use crate::id::{ClaimKey, DeliveryId, LeadId, Queue, digest};

/// How many partitions the index of timed work has.
pub const DUE_SHARDS: u8 = 8;

/// How long a lead may be on its way before the sweep looks at it.
pub const IN_FLIGHT_WATCH: SignedDuration = SignedDuration::from_secs(60);

/// How long a lead whose message follows from another one may wait in its stage before the sweep sends it again. The
/// other one is redelivered by SQS meanwhile; a sweep that is quicker than a backlog would only feed it.
const STUCK_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// Where a lead stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Stored; `clean` is next.
    Received,
    /// Accepted by `clean`; `score` is next.
    Cleaned,
    /// Scored; `route` is next.
    Scored,
    /// With sales, self-service or review, in the queue of its assignment.
    Routed,
    /// With marketing, in the nurture queue.
    Nurtured,
    /// Kept for later, after an answer from sales.
    Pooled,
    /// Not a lead, for a recorded reason; a person may release it.
    Rejected,
    /// A touch on an earlier lead.
    Merged,
    /// Waits for a person.
    Held,
    /// Failed for good, for a recorded reason; a person may release it.
    Parked,
    /// Erased on request; the tombstone that late messages find.
    Erased,
}

impl Stage {
    /// Every stage, in the order a lead meets them.
    pub const ALL: [Self; 11] = [
        Self::Received,
        Self::Cleaned,
        Self::Scored,
        Self::Routed,
        Self::Nurtured,
        Self::Pooled,
        Self::Rejected,
        Self::Merged,
        Self::Held,
        Self::Parked,
        Self::Erased,
    ];

    /// Whether a function has still to act. The other stages are the terms of the conservation law.
    pub fn in_flight(self) -> bool {
        matches!(self, Self::Received | Self::Cleaned | Self::Scored)
    }

    /// The stage's name as stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Cleaned => "cleaned",
            Self::Scored => "scored",
            Self::Routed => "routed",
            Self::Nurtured => "nurtured",
            Self::Pooled => "pooled",
            Self::Rejected => "rejected",
            Self::Merged => "merged",
            Self::Held => "held",
            Self::Parked => "parked",
            Self::Erased => "erased",
        }
    }
}

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
    /// The lead it is a touch on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<LeadId>,
    /// The duplicate keys it owns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimKey>,
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
    /// The last touch that its queue was told of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_touch: Option<ToldTouch>,
    /// What a person decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// What sales answered last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// The missed deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breach: Option<Breach>,
    /// When a pooled lead comes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reactivate_at: Option<Timestamp>,
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
    /// Five attempts to send ended without an answer from SQS; the sweep sends again under the same delivery id.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delivery_unknown: bool,
}

/// A touch that a queue was told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldTouch {
    /// The `entered` of the scored state that led to it.
    pub decided_on: u64,
    /// How many touches the lead had.
    pub touches: u32,
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

/// What sales reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The disposition, as reported.
    pub disposition: String,
    /// When.
    pub at: Timestamp,
}

/// A missed deadline. Stored before it is told, told until that is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// When it was found.
    pub at: Timestamp,
    /// Whether the breach queue has been told.
    pub told: bool,
}

/// What the passing of time asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// A lead has been on its way for long: send its stage message again.
    Resend,
    /// A lead has been on its way for long, but its message is still being redelivered: look again later.
    Wait,
    /// Whether the delivery arrived is unknown: deliver again under the same id.
    Redeliver,
    /// The deadline has passed without an answer: flag it.
    Flag,
    /// Flagged, but the breach queue has not been told.
    Tell,
    /// A pooled lead's date has come.
    Reactivate,
}

impl LeadState {
    /// A lead as the intake stores it.
    pub fn received(lead_id: LeadId, now: Timestamp) -> Self {
        Self {
            lead_id,
            version: 1,
            stage: Stage::Received,
            entered: 1,
            stage_at: now,
            received_at: now,
            epoch: 0,
            watch_at: Some(later(now, IN_FLIGHT_WATCH)),
            resends: 0,
            reason: None,
            notify: false,
            merged_into: None,
            claims: Vec::new(),
            touches: 0,
            scored: None,
            assignment: None,
            reopened_from: None,
            told_touch: None,
            verdict: None,
            answer: None,
            breach: None,
            reactivate_at: None,
        }
    }

    fn next(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }

    fn enter(&self, stage: Stage, now: Timestamp) -> Self {
        let mut next = self.next();
        next.stage = stage;
        next.entered = next.version;
        next.stage_at = now;
        next.reason = None;
        next.notify = false;
        next.reactivate_at = None;
        if !stage.in_flight() {
            next.watch_at = None;
            next.resends = 0;
            next.reopened_from = None;
        }
        next
    }

    /// `clean` accepted it, and it owns these duplicate keys from now on.
    pub fn cleaned(&self, claims: Vec<ClaimKey>, now: Timestamp) -> Self {
        Self { claims, ..self.enter(Stage::Cleaned, now) }
    }

    /// It waits for a person, who is told of it if `notify`.
    pub fn held(&self, reason: Reason, notify: bool, now: Timestamp) -> Self {
        Self { reason: Some(reason), notify, ..self.enter(Stage::Held, now) }
    }

    /// It is not a lead.
    pub fn rejected(&self, reason: Reason, now: Timestamp) -> Self {
        Self { reason: Some(reason), ..self.enter(Stage::Rejected, now) }
    }

    /// It failed for good.
    pub fn parked(&self, reason: Reason, now: Timestamp) -> Self {
        Self { reason: Some(reason), ..self.enter(Stage::Parked, now) }
    }

    /// It is a touch on `master`.
    pub fn merged(&self, master: LeadId, now: Timestamp) -> Self {
        Self { merged_into: Some(master), ..self.enter(Stage::Merged, now) }
    }

    /// Another lead joined it. A lead that is settled, or scored already, is scored again.
    pub fn touched(&self, claims: Vec<ClaimKey>, now: Timestamp) -> Self {
        let mut next = match self.stage {
            Stage::Cleaned | Stage::Scored | Stage::Routed | Stage::Nurtured | Stage::Pooled => self.reopened(now),
            _ => self.next(),
        };
        next.touches += 1;
        next.claims = claims;
        next
    }

    /// Taken back into the pipeline, to be scored and routed again.
    pub fn reopened(&self, now: Timestamp) -> Self {
        let from = if self.stage.in_flight() { self.reopened_from } else { Some(self.stage) };
        let mut next = self.enter(Stage::Cleaned, now);
        next.reopened_from = from;
        next.scored = None;
        next.resends = 0;
        next.watch_at = Some(later(now, IN_FLIGHT_WATCH));
        next
    }

    /// Released by a person: `clean` sees it again.
    pub fn released(&self, verdict: Verdict, now: Timestamp) -> Self {
        let mut next = self.enter(Stage::Received, now);
        next.verdict = Some(verdict);
        // Whoever was given the lead before it stopped keeps it, or is told that it went elsewhere.
        next.reopened_from = self.assignment.as_ref().map(|_| Stage::Routed);
        next.watch_at = Some(later(now, IN_FLIGHT_WATCH));
        next
    }

    /// Scored.
    pub fn scored(&self, scored: Scored, now: Timestamp) -> Self {
        Self { scored: Some(scored), ..self.enter(Stage::Scored, now) }
    }

    /// Given to a queue for the first time, or anew: a new epoch with a clock of its own.
    pub fn routed(&self, routed: &Routed, nurture: bool, now: Timestamp) -> Self {
        let stage = if nurture { Stage::Nurtured } else { Stage::Routed };
        let mut next = self.enter(stage, now);
        next.epoch = self.epoch + 1;
        next.assignment = Some(Assignment {
            queue: routed.queue.clone(),
            owner: routed.owner.clone(),
            epoch: next.epoch,
            delivery_id: DeliveryId::of(&self.lead_id, next.epoch, "routed"),
            decided_on: self.entered,
            decided_at: now,
            feedback_due: routed.sla.as_ref().map(|sla| sla.feedback_due),
            delivery_unknown: false,
        });
        next.scored = None;
        next.answer = None;
        next.breach = None;
        next.told_touch = None;
        next
    }

    /// Left where it was after a touch; its queue is told.
    pub fn kept(&self, now: Timestamp) -> Self {
        let mut next = self.enter(self.reopened_from.unwrap_or(Stage::Routed), now);
        next.told_touch = Some(ToldTouch { decided_on: self.entered, touches: self.touches, at: now });
        next.scored = None;
        next.watch_at = (next.owes_breach() || next.delivery_unclear()).then_some(now);
        next
    }

    /// Sales answered.
    pub fn answered(&self, disposition: String, now: Timestamp) -> Self {
        let mut next = self.next();
        next.answer = Some(Answer { disposition, at: now });
        if let Some(assignment) = &mut next.assignment {
            assignment.delivery_unknown = false; // whoever answers has received it
        }
        if !next.stage.in_flight() && !next.owes_breach() {
            next.watch_at = None;
        }
        next
    }

    /// Sales answered that it is not ripe: kept for later.
    pub fn pooled(&self, disposition: String, reactivate_at: Option<Timestamp>, now: Timestamp) -> Self {
        let answered = self.answered(disposition, now);
        let mut next = self.enter(Stage::Pooled, now);
        next.assignment = answered.assignment;
        next.answer = answered.answer;
        next.scored = None;
        next.reactivate_at = reactivate_at;
        next.watch_at = next.owes_breach().then_some(now);
        next
    }

    /// Sales answered about a lead that was kept for later: it has the lead again, and its date is off.
    pub fn resumed(&self, disposition: String, now: Timestamp) -> Self {
        let mut next = self.enter(Stage::Routed, now);
        next.answer = Some(Answer { disposition, at: now });
        next.watch_at = next.owes_breach().then_some(now);
        next
    }

    /// The deadline has passed; the breach queue is told next.
    pub fn flagged(&self, now: Timestamp) -> Self {
        let mut next = self.next();
        next.breach = Some(Breach { at: now, told: false });
        next.watch_at = Some(later(now, IN_FLIGHT_WATCH));
        next
    }

    /// The breach queue has been told.
    pub fn breach_told(&self) -> Self {
        let mut next = self.next();
        if let Some(breach) = &mut next.breach {
            breach.told = true;
        }
        // A delivery of which nothing is known is still to be repeated.
        next.watch_at = self.watch_at.filter(|_| self.delivery_unclear());
        next
    }

    /// Whether the delivery arrived is unknown; the sweep sends again.
    pub fn delivery_unknown(&self, now: Timestamp) -> Self {
        let mut next = self.next();
        if let Some(assignment) = &mut next.assignment {
            assignment.delivery_unknown = true;
        }
        next.watch_at = Some(later(now, IN_FLIGHT_WATCH));
        next
    }

    /// Delivered after all.
    pub fn delivered(&self, now: Timestamp) -> Self {
        let mut next = self.next();
        if let Some(assignment) = &mut next.assignment {
            assignment.delivery_unknown = false;
        }
        next.watch_at = next.owes_breach().then_some(now);
        next
    }

    /// Looked at by the sweep: the next look is later each time, up to an hour.
    pub fn watched(&self, resent: bool, now: Timestamp) -> Self {
        let mut next = self.next();
        if resent {
            next.resends += 1;
        }
        let wait = IN_FLIGHT_WATCH.saturating_mul(1 << self.resends.min(6)).min(SignedDuration::from_hours(1));
        next.watch_at = Some(if resent { later(now, wait) } else { later(self.stage_at, STUCK_AFTER) });
        next
    }

    /// Whether sales has the lead and has not answered.
    pub fn awaits_answer(&self) -> bool {
        self.stage == Stage::Routed && self.answer.is_none()
    }

    /// Whether a missed deadline is stored that the breach queue has not been told of.
    fn owes_breach(&self) -> bool {
        self.breach.as_ref().is_some_and(|breach| !breach.told)
    }

    fn delivery_unclear(&self) -> bool {
        self.assignment.as_ref().is_some_and(|assignment| assignment.delivery_unknown)
    }

    /// Whether the lead came into its stage by a request or a tick, which come once: if their send failed, only the
    /// sweep sends again.
    fn was_sent_once(&self) -> bool {
        match self.stage {
            Stage::Received => true,
            Stage::Cleaned => self.reopened_from == Some(Stage::Pooled),
            _ => false,
        }
    }

    fn deadline(&self) -> Option<Timestamp> {
        let due = self.assignment.as_ref().and_then(|assignment| assignment.feedback_due);
        due.filter(|_| self.awaits_answer() && self.breach.is_none())
    }

    /// The next moment at which time alone asks for something; the key of the index of timed work.
    pub fn due_at(&self) -> Option<Timestamp> {
        [self.watch_at, self.deadline(), self.reactivate_at].into_iter().flatten().min()
    }

    /// What is due at `now`, if anything: one thing at a time, the rest at the next tick.
    pub fn due(&self, now: Timestamp) -> Option<Due> {
        let come = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        if come(self.watch_at) {
            return Some(if self.stage.in_flight() {
                let stuck = self.was_sent_once() || now.duration_since(self.stage_at) >= STUCK_AFTER;
                if stuck { Due::Resend } else { Due::Wait }
            } else if self.delivery_unclear() {
                Due::Redeliver
            } else if self.owes_breach() {
                Due::Tell
            } else {
                Due::Wait
            });
        }
        if come(self.deadline()) {
            return Some(Due::Flag);
        }
        come(self.reactivate_at).then_some(Due::Reactivate)
    }

    /// The partition of the index of timed work: a hash of the id, so that leads due in one minute spread.
    pub fn due_shard(&self) -> u8 {
        digest(&[self.lead_id.as_str()]).first().map_or(0, |byte| byte % DUE_SHARDS)
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{Sla, Trace};

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn routed() -> LeadState {
        let routed = Routed {
            queue: Queue::parse("sales").unwrap(),
            owner: None,
            rule: "rule".into(),
            strategy: None,
            sla: Some(Sla { policy: "policy".into(), feedback_due: at(10) }),
            trace: Trace::default(),
        };
        LeadState::received(LeadId::parse("ld_1").unwrap(), at(0)).routed(&routed, false, at(0))
    }

    #[test]
    fn an_unclear_delivery_is_repeated_although_its_deadline_passed_meanwhile() {
        let unclear = routed().delivery_unknown(at(9)).flagged(at(10));
        assert_eq!(unclear.due(at(11)), Some(Due::Redeliver));
        let told = unclear.breach_told();
        assert_eq!(told.due(at(11)), Some(Due::Redeliver));
        assert_eq!(told.delivered(at(11)).due_at(), None);
        // Nothing is left to do once both are clear.
        assert_eq!(routed().flagged(at(10)).breach_told().due_at(), None);
    }
}
