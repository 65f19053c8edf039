//! The transitions: each answers with the state that follows, one version on.

use jiff::Timestamp;

use super::{
    Answer, Assignment, Breach, IN_FLIGHT_WATCH, LAST_WORD_AFTER, LeadState, Stage, ToldTouch, Verdict, later,
};
use crate::decision::{Reason, Routed, Scored};
use crate::id::{ClaimKey, DeliveryId, LeadId, Queue};

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
            apart: Vec::new(),
            touches: 0,
            scored: None,
            assignment: None,
            reopened_from: None,
            left_by: None,
            told_touch: None,
            verdict: None,
            answer: None,
            breach: None,
            reactivate_at: None,
            told: Vec::new(),
        }
    }

    pub(super) fn next(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }

    pub(super) fn enter(&self, stage: Stage, now: Timestamp) -> Self {
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
            next.left_by = None;
        }
        next
    }

    /// `clean` accepted it, and it owns these duplicate keys from now on, beside those that it has.
    pub fn cleaned(&self, claims: &[ClaimKey], now: Timestamp) -> Self {
        let mut next = self.enter(Stage::Cleaned, now);
        next.claims.extend(claims.iter().filter(|key| !self.claims.contains(key)).cloned());
        next
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
        Self { verdict: Some(verdict), ..self.started_again(now) }
    }

    /// Before `clean` once more, after a person's decision.
    pub(super) fn started_again(&self, now: Timestamp) -> Self {
        let mut next = self.enter(Stage::Received, now);
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

    /// Left where it was after a touch came or went; its queue is told.
    pub fn kept(&self, now: Timestamp) -> Self {
        let mut next = self.enter(self.reopened_from.unwrap_or(Stage::Routed), now);
        next.told_touch =
            Some(ToldTouch { decided_on: self.entered, touches: self.touches, left_by: self.left_by.clone(), at: now });
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

    /// Erased on request. What is left is a tombstone: that there was a lead, what it had joined, and the queues that
    /// were ever told of it.
    pub fn erased(&self, told: Vec<Queue>, now: Timestamp) -> Self {
        let version = self.version + 1;
        Self {
            version,
            stage: Stage::Erased,
            entered: version,
            stage_at: now,
            epoch: self.epoch,
            merged_into: self.merged_into.clone(),
            watch_at: (!told.is_empty()).then(|| later(now, LAST_WORD_AFTER)),
            told,
            ..Self::received(self.lead_id.clone(), self.received_at)
        }
    }

    /// Its erasure was told for the last time.
    pub fn laid_to_rest(&self) -> Self {
        Self { watch_at: None, ..self.next() }
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
}
