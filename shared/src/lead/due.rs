//! Timed work: when time alone asks for something, and for what.

use jiff::{SignedDuration, Timestamp};

use super::{IN_FLIGHT_WATCH, LeadState, Stage, later};
use crate::id::digest;

/// How many partitions the index of timed work has.
pub const DUE_SHARDS: u8 = 8;

/// How long a lead whose message follows from another one may wait in its stage before the sweep sends it again. The
/// other one is redelivered by SQS meanwhile; a sweep that is quicker than a backlog would only feed it.
const STUCK_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// What the passing of time asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// A lead has been on its way for long: send its stage message again.
    Resend,
    /// A lead has been on its way for long, but its message is still being redelivered: look again later.
    Wait,
    /// Whether the delivery arrived is unknown: deliver again under the same id.
    Redeliver,
    /// A step of the clock has come without an answer: take it.
    Step,
    /// A step was taken, or the lead taken away, and its queue has not been told.
    Tell,
    /// The lead has been with its queue for as long as it may: take it away.
    Recycle,
    /// Nobody had room for the lead: look again.
    LookForRoom,
    /// A pooled lead's date has come.
    Reactivate,
    /// An erasure was told, but a message from before may have come after it: tell it once more.
    LastWord,
}

impl LeadState {
    /// Looked at by the sweep: the next look is later each time, up to eight minutes.
    pub fn watched(&self, resent: bool, now: Timestamp) -> Self {
        let mut next = self.next();
        if resent {
            next.resends += 1;
        }
        let wait = IN_FLIGHT_WATCH.saturating_mul(1 << self.resends.min(3));
        next.watch_at = Some(if resent { later(now, wait) } else { later(self.stage_at, STUCK_AFTER) });
        next
    }

    /// Whether sales has the lead and has not answered.
    pub fn awaits_answer(&self) -> bool {
        self.stage == Stage::Routed && self.answer.is_none()
    }

    pub(super) fn delivery_unclear(&self) -> bool {
        self.assignment.as_ref().is_some_and(|assignment| assignment.delivery_unknown)
    }

    /// Whether the lead came into its stage by a request or a tick, which come once: if their send failed, only the
    /// sweep sends again.
    fn was_sent_once(&self) -> bool {
        match self.stage {
            Stage::Received => true,
            Stage::Cleaned => {
                let promoted = self.verdict.as_ref().is_some_and(|verdict| verdict.at == self.stage_at);
                let reactivated = self.reopened_from == Some(Stage::Pooled);
                reactivated || self.left_by.is_some() || self.waits.is_some() || promoted
            }
            _ => false,
        }
    }

    fn next_step(&self) -> Option<Timestamp> {
        let clock = self.assignment.as_ref().and_then(|assignment| assignment.clock);
        clock.filter(|_| self.awaits_answer()).map(|clock| clock.at)
    }

    fn protected_until(&self) -> Option<Timestamp> {
        let protection = self.assignment.as_ref().and_then(|assignment| assignment.protection.as_ref());
        protection.filter(|_| self.stage == Stage::Routed).map(|protection| protection.until)
    }

    fn looks_for_room_at(&self) -> Option<Timestamp> {
        let waits = self.waits.as_ref().filter(|_| self.stage == Stage::Held);
        waits.map(|waits| waits.look_at.min(waits.until))
    }

    /// The next moment at which time alone asks for something; the key of the index of timed work.
    pub fn due_at(&self) -> Option<Timestamp> {
        let times =
            [self.watch_at, self.next_step(), self.protected_until(), self.looks_for_room_at(), self.reactivate_at];
        times.into_iter().flatten().min()
    }

    /// What is due at `now`, if anything: one thing at a time, the rest at the next tick.
    pub fn due(&self, now: Timestamp) -> Option<Due> {
        let come = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        if come(self.watch_at) {
            return Some(if self.stage == Stage::Erased {
                Due::LastWord
            } else if self.stage.in_flight() {
                let stuck = self.was_sent_once() || now.duration_since(self.stage_at) >= STUCK_AFTER;
                if stuck { Due::Resend } else { Due::Wait }
            } else if self.delivery_unclear() {
                Due::Redeliver
            } else if !self.owes.is_empty() {
                Due::Tell
            } else {
                Due::Wait
            });
        }
        // Whoever answers at the very moment is in time.
        let passed = |at: Option<Timestamp>| at.is_some_and(|at| at < now);
        let timed = if passed(self.next_step()) {
            Due::Step
        } else if passed(self.protected_until()) {
            Due::Recycle
        } else if come(self.looks_for_room_at()) {
            return Some(Due::LookForRoom);
        } else {
            return come(self.reactivate_at).then_some(Due::Reactivate);
        };
        // In order: what was done is told before something else is done.
        Some(if !self.owes.is_empty() { Due::Tell } else { timed })
    }

    /// The partition of the index of timed work: a hash of the id, so that leads due in one minute spread.
    pub fn due_shard(&self) -> u8 {
        digest(&[self.lead_id.as_str()]).first().map_or(0, |byte| byte % DUE_SHARDS)
    }
}
