//! The transitions: each answers with the state that follows, one version on.

use jiff::{SignedDuration, Timestamp};

use super::{
    Answer, Assignment, Clock, Gone, IN_FLIGHT_WATCH, LAST_WORD_AFTER, LOOK_FOR_ROOM, LeadState, Owed, Owing, Stage,
    ToldTouch, Verdict, WaitsForRoom, later,
};
use crate::calendar::Calendar;
use crate::decision::{ClockAction, ClockStep, Reason, Routed, Scored, Sla};
use crate::id::{ClaimKey, DeliveryId, LeadId, Queue};
use crate::protection::Protection;

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
            waits: None,
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
            breached_at: None,
            owes: Vec::new(),
            suppressed: false,
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
        next.scored = None;
        if !matches!(stage, Stage::Cleaned | Stage::Scored) {
            next.waits = None;
        }
        if !stage.in_flight() {
            next.watch_at = next.tells_at(now);
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

    /// Nobody has room for it: somebody is looked for every ten minutes. However often nobody is found, it goes on when the
    /// first `until` has passed. Whoever has it keeps it meanwhile.
    pub fn without_room(&self, queue: &Queue, until: Timestamp, now: Timestamp) -> Self {
        let text = format!("nobody of {queue} has room for it");
        let reason = Reason { code: "no-room".into(), rule: format!("owners.{queue}"), text };
        let mut next = self.held(reason, false, now);
        let until = self.waits.as_ref().map_or(until, |waits| waits.until);
        next.waits = Some(WaitsForRoom { queue: queue.clone(), look_at: later(now, LOOK_FOR_ROOM), until });
        next.reopened_from = self.reopened_from;
        next.left_by = self.left_by.clone();
        next.watch_at = (!next.owes.is_empty() || next.delivery_unclear()).then_some(now);
        next
    }

    /// There is still no room.
    pub fn waiting_on(&self, now: Timestamp) -> Self {
        let mut next = self.next();
        if let Some(waits) = &mut next.waits {
            waits.look_at = later(now, LOOK_FOR_ROOM);
        }
        next
    }

    /// Somebody may have room for it, or its time is up: scored and routed again.
    pub fn looked_again(&self, now: Timestamp) -> Self {
        Self { reopened_from: self.reopened_from, ..self.reopened(now) }
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
        if from == Some(Stage::Pooled) {
            next.end_assignment();
        }
        next.reopened_from = from;
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
        next.reopened_from = self.assignment.as_ref().filter(|assignment| !assignment.ended).map(|_| Stage::Routed);
        next.watch_at = Some(later(now, IN_FLIGHT_WATCH));
        next
    }

    /// Scored.
    pub fn scored(&self, scored: Scored, now: Timestamp) -> Self {
        Self { scored: Some(scored), ..self.enter(Stage::Scored, now) }
    }

    /// Given to a queue for the first time, or anew: a new epoch with a clock of its own.
    pub fn routed(&self, routed: &Routed, now: Timestamp) -> Self {
        let stage = if routed.nurture.is_some() { Stage::Nurtured } else { Stage::Routed };
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
            responded_at: None,
            clock: routed.sla.as_ref().and_then(|sla| Clock::at(0, &sla.steps)),
            protection: routed.sla.as_ref().and_then(|sla| sla.protection.clone()),
            nurture: routed.nurture.clone(),
            counted: routed.counted,
            closed: false,
            ended: false,
            delivery_unknown: false,
        });
        next.answer = None;
        next.breached_at = None;
        // A recall speaks of an assignment of before; whatever else is owed speaks of one that is over.
        next.owes.retain(|owed| matches!(owed.what, Owing::Recall { .. }));
        next.watch_at = next.tells_at(now);
        next.told_touch = None;
        next
    }

    /// Given to another queue without being scored again: because nobody in its own answered, or because of an answer. It is
    /// sent as a delivery is of which nothing is known: by the sweep, until SQS takes it.
    pub fn handed_on(&self, routed: &Routed, now: Timestamp) -> Self {
        let mut next = self.routed(routed, now);
        if let Some(assignment) = &mut next.assignment {
            assignment.decided_on = next.entered; // no message led to it
            assignment.delivery_unknown = true;
        }
        next.watch_at = Some(now);
        next
    }

    /// Left where it was after a touch came or went; its queue is told.
    pub fn kept(&self, now: Timestamp) -> Self {
        let mut next = self.enter(self.reopened_from.unwrap_or(Stage::Routed), now);
        next.told_touch =
            Some(ToldTouch { decided_on: self.entered, touches: self.touches, left_by: self.left_by.clone(), at: now });
        next.watch_at = (!next.owes.is_empty() || next.delivery_unclear()).then_some(now);
        next
    }

    /// Sales says that somebody is on it; the answer is still due.
    pub fn acknowledged(&self, now: Timestamp) -> Self {
        let mut next = self.next();
        if let Some(assignment) = &mut next.assignment {
            assignment.responded_at = assignment.responded_at.or(Some(now));
            assignment.delivery_unknown = false; // whoever answers has received it
            assignment.closed = false;
        }
        if !next.stage.in_flight() && next.owes.is_empty() {
            next.watch_at = None;
        }
        next
    }

    /// The same, with whoever has it for as long as an answer extends its protection. `calendar` is that of its clock.
    #[must_use]
    pub fn kept_longer(mut self, calendar: &Calendar, now: Timestamp) -> Self {
        if let Some(assignment) = &mut self.assignment
            && let Some(kept) = &mut assignment.protection
        {
            let period = Protection { days: 0, days_after_update: kept.extension_days, most_days: None };
            let until = period.ends_after_update(kept.until, assignment.decided_at, now, calendar);
            kept.until = kept.at_most.map_or(until, |last| until.min(last));
        }
        self
    }

    /// Sales answered, and keeps it.
    pub fn answered(&self, disposition: String, now: Timestamp) -> Self {
        let mut next = self.acknowledged(now);
        next.answer = Some(Answer { disposition, at: now });
        next.stop_clock();
        next
    }

    /// Sales answered for good: nothing more will come of it.
    pub fn closed(&self, disposition: String, now: Timestamp) -> Self {
        let mut next = self.answered(disposition, now);
        next.end_protection();
        if let Some(assignment) = &mut next.assignment {
            assignment.closed = true;
        }
        next
    }

    /// Sales answered that it is not ripe: kept for later.
    pub fn pooled(&self, disposition: String, reactivate_at: Option<Timestamp>, now: Timestamp) -> Self {
        let closed = self.closed(disposition, now);
        let mut next = self.enter(Stage::Pooled, now);
        next.assignment = closed.assignment;
        next.answer = closed.answer;
        next.reactivate_at = reactivate_at;
        next
    }

    /// Sales answered that the person wants to hear nothing: kept, and never taken up by ourselves.
    pub fn suppressed(&self, disposition: String, now: Timestamp) -> Self {
        Self { suppressed: true, ..self.pooled(disposition, None, now) }
    }

    /// Sales answered about a lead that was kept for later: it has the lead again, or answered `for_good`, and its date is
    /// off.
    pub fn resumed(&self, disposition: String, for_good: bool, now: Timestamp) -> Self {
        let mut next = self.enter(Stage::Routed, now);
        next.answer = Some(Answer { disposition, at: now });
        if let Some(assignment) = &mut next.assignment {
            assignment.closed = for_good;
        }
        next
    }

    /// Nobody answered, or the lead has been with its queue for as long as it may: kept for later, and its queue is told
    /// that it is gone.
    pub fn recycled(&self, reactivate_after_days: Option<u32>, now: Timestamp) -> Self {
        let mut next = self.enter(Stage::Pooled, now);
        next.take_away(Gone::Recycled, now);
        next.reactivate_at =
            reactivate_after_days.map(|days| later(now, SignedDuration::from_hours(24 * i64::from(days))));
        next
    }

    /// A person wants it to wait. Whoever has it is told that it is gone.
    pub fn put_on_hold(&self, reason: Reason, now: Timestamp) -> Self {
        self.stopped_by_person(self.held(reason, false, now), now)
    }

    /// A person found that it is no lead. Whoever has it is told that it is gone.
    pub fn found_to_be_none(&self, reason: Reason, now: Timestamp) -> Self {
        self.stopped_by_person(self.rejected(reason, now), now)
    }

    /// A person promoted it: it is scored again, and qualified whatever its scores.
    pub fn promoted(&self, verdict: Verdict, now: Timestamp) -> Self {
        Self { verdict: Some(verdict), ..self.reopened(now) }
    }

    /// Sales gave it back with an answer that asks for a call: it waits for the desk, which is told.
    pub fn to_be_called(&self, disposition: String, reason: Reason, now: Timestamp) -> Self {
        let closed = self.closed(disposition, now);
        let mut next = self.held(reason, true, now);
        next.assignment = closed.assignment.map(|assignment| Assignment { ended: true, ..assignment });
        next.answer = closed.answer;
        next.owe(Owing::Hold, now);
        next
    }

    /// Whoever has it is told; also while it is held or parked on its way to somebody else. Whoever gave it back does not
    /// have it again if it goes on.
    fn stopped_by_person(&self, mut next: Self, now: Timestamp) -> Self {
        if self.stage == Stage::Pooled {
            next.end_assignment();
        } else if self.assignment.as_ref().is_some_and(|assignment| !assignment.ended) {
            next.take_away(Gone::ByPerson, now);
        }
        next
    }

    fn end_assignment(&mut self) {
        if let Some(assignment) = &mut self.assignment {
            assignment.ended = true;
        }
    }

    fn take_away(&mut self, why: Gone, now: Timestamp) {
        self.stop_clock();
        self.end_protection();
        if let Some(assignment) = &mut self.assignment {
            assignment.ended = true;
            let recall = assignment.recall(why, self.stage);
            self.owe(recall, now);
        }
    }

    /// The same, given to somebody else than has it until now: owed until it is stored that they were told, whatever
    /// becomes of the lead meanwhile.
    #[must_use]
    pub fn taken_from(mut self, ended: &Assignment, now: Timestamp) -> Self {
        self.owes.push(Owed { what: ended.recall(Gone::Elsewhere, self.stage), at: now });
        self.watch_at = Some(now);
        self
    }

    /// A step of the clock is taken, and told next. What has become pointless is passed over: a reminder or a first response
    /// once the step behind it has come too, and a first response that was given.
    pub fn stepped(&self, sla: &Sla, now: Timestamp) -> (Self, Option<ClockAction>) {
        let mut next = self.next();
        let Some(assignment) = &mut next.assignment else { return (next, None) };
        let Some(clock) = assignment.clock else { return (next, None) };
        let responded = assignment.responded_at.is_some();
        let mut at = usize::from(clock.step);
        while let Some(step) = sla.steps.get(at) {
            let overtaken = sla.steps.get(at + 1).is_some_and(|after| after.at < now);
            let pointless = match step.action {
                ClockAction::Remind => overtaken,
                ClockAction::FirstResponse => responded,
                _ => false,
            };
            if !pointless {
                break;
            }
            at += 1;
        }
        let taken = sla.steps.get(at).filter(|step| step.at < now);
        assignment.clock = Clock::at(at + usize::from(taken.is_some()), &sla.steps);
        if let Some(step) = taken {
            if step.action == ClockAction::Deadline {
                next.breached_at = Some(now);
            }
            next.owe(Owing::Step(u8::try_from(at).unwrap_or(u8::MAX)), now);
        }
        (next, taken.map(|step| step.action.clone()))
    }

    /// The first of what was owed has been told.
    pub fn told(&self) -> Self {
        let mut next = self.next();
        next.owes = self.owes.iter().skip(1).cloned().collect();
        // A delivery of which nothing is known is still to be repeated.
        next.watch_at = self.watch_at.filter(|_| !next.owes.is_empty() || self.delivery_unclear());
        next
    }

    fn owe(&mut self, what: Owing, now: Timestamp) {
        self.owes.push(Owed { what, at: now });
        self.watch_at = Some(later(now, IN_FLIGHT_WATCH));
    }

    fn tells_at(&self, now: Timestamp) -> Option<Timestamp> {
        (!self.owes.is_empty()).then_some(now)
    }

    fn stop_clock(&mut self) {
        if let Some(assignment) = &mut self.assignment {
            assignment.clock = None;
        }
    }

    fn end_protection(&mut self) {
        if let Some(assignment) = &mut self.assignment {
            assignment.protection = None;
        }
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

    /// A person corrected its tags. It stays where it is: the tags count when it is decided on anew.
    pub fn with_tags_corrected(&self) -> Self {
        self.next()
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
        next.watch_at = next.tells_at(now);
        next
    }
}

impl Clock {
    /// Before the step at this position, if there is one.
    fn at(step: usize, steps: &[ClockStep]) -> Option<Self> {
        let at = steps.get(step)?.at;
        Some(Self { step: u8::try_from(step).ok()?, at })
    }
}
