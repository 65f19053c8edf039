//! What a queue is told: each message made from what is stored, so that every attempt makes the same.

use jiff::Timestamp;

use super::{
    Header, LeadBreached, LeadErased, LeadEscalated, LeadHeld, LeadRecalled, LeadReminder, LeadRouted, LeadTouched,
    LeadView, Missed, NurtureEnter, NurtureExit, NurtureView, SalesMessage, ScoreView, VERSION,
};
use crate::decision::{ClockAction, Nurture};
use crate::id::{DeliveryId, Queue};
use crate::lead::{Gone, LeadState, LeftNurture, Owing, Stage};
use crate::row::{Decision, StoredSubmission};
use crate::submission::{Submission, Tags};

impl SalesMessage {
    /// `lead.routed`, or `nurture.enter` where it goes to be warmed, rebuilt from what is stored: the same bytes for every
    /// attempt, unless a person corrects the lead's tags in between.
    pub fn routed(decision: &Decision, submission: &StoredSubmission) -> Self {
        let scored = &decision.scored;
        let routed = LeadRouted {
            header: Header {
                v: VERSION,
                delivery_id: decision.delivery_id.clone(),
                lead_id: decision.lead_id.clone(),
                epoch: decision.epoch,
                queue: decision.queue.clone(),
                decided_at: decision.decided_at,
            },
            received_at: submission.at,
            lead: LeadView::of(&submission.submission),
            score: ScoreView {
                intent: scored.intent,
                value: scored.value,
                quadrant: scored.quadrant,
                mql: scored.mql,
                verdict: scored.verdict.clone(),
                contributions: scored.contributions.clone(),
            },
            owner: decision.owner.clone(),
            account: scored.account.clone(),
            strategy: decision.strategy.clone(),
            sla: decision.sla.clone(),
            rule: decision.rule.clone(),
            trace: decision.trace.clone(),
            rules_version: decision.rules_version.clone(),
            answer_to: format!("/v1/leads/{}/feedback", decision.lead_id),
        };
        match &decision.nurture {
            Some(nurture) => {
                let nurture = NurtureView::of(nurture, Stage::Nurtured, &submission.submission.tags);
                Self::NurtureEnter(Box::new(NurtureEnter { nurture, routed }))
            }
            None => Self::Routed(Box::new(routed)),
        }
    }

    /// `lead.touched` about the touches that `state` has told of; `None` if it has told of none.
    pub fn touched(state: &LeadState, latest: Option<&Submission>) -> Option<Self> {
        let (assignment, told) = (state.assignment.as_ref()?, state.told_touch.as_ref()?);
        // Not the number of touches, which a join that is undone brings back.
        let what = format!("touched {}", told.decided_on);
        Some(Self::Touched(Box::new(LeadTouched {
            header: Header::of(state, assignment.epoch, &what, &assignment.queue, told.at),
            touches: told.touches,
            left_by: told.left_by.clone(),
            latest: latest.map(LeadView::of),
        })))
    }

    /// `lead.held` to `queue`; `None` unless the lead is held.
    pub fn held(state: &LeadState, submission: &Submission, queue: &Queue) -> Option<Self> {
        let reason = state.reason.clone()?;
        let what = format!("held {}", state.entered);
        Some(Self::Held(Box::new(LeadHeld {
            header: Header::of(state, state.epoch, &what, queue, state.stage_at),
            reason,
            lead: LeadView::of(submission),
            verdict_to: format!("/v1/leads/{}/verdict", state.lead_id),
        })))
    }

    /// That the lead is gone, for each queue that is owed that: `lead.recalled`, or `nurture.exit`.
    pub fn recalls_owed(state: &LeadState, tags: &Tags) -> impl Iterator<Item = Self> {
        state.owes.iter().filter_map(|owed| {
            let Owing::Recall { queue, epoch, why, nurture } = &owed.what else { return None };
            let why = match why {
                Gone::Elsewhere => "the lead went to another queue",
                Gone::Recycled => "nobody answered for good in the time that the lead may stay",
                Gone::ByPerson => "a person decided that it stops",
            };
            let why = why.to_owned();
            let header = Header::of(state, *epoch, "recalled", queue, owed.at);
            Some(match nurture {
                Some(LeftNurture { was, to }) => {
                    Self::NurtureExit(NurtureExit { header, nurture: NurtureView::of(was, *to, tags), why })
                }
                None => Self::Recalled(LeadRecalled { header, why }),
            })
        })
    }

    /// The step of the clock of `decision` that `state` owes, with `breaches` as the queue of missed deadlines; `None` if
    /// it owes none that anybody hears of.
    pub fn step_owed(state: &LeadState, decision: &Decision, breaches: &Queue) -> Option<Self> {
        let (assignment, owed) = (state.assignment.as_ref()?, state.owes.first()?);
        let Owing::Step(position) = owed.what else { return None };
        let header = |what: &str, queue: &Queue| Header::of(state, assignment.epoch, what, queue, owed.at);
        let (silent_queue, owner) = (assignment.queue.clone(), assignment.owner.clone());
        let sla = decision.sla.as_ref()?;
        let feedback_due = sla.feedback_due;
        let breached = |what: &str, missed| {
            let (header, breached_at) = (header(what, breaches), owed.at);
            let (silent_queue, owner) = (silent_queue.clone(), owner.clone());
            Self::Breached(LeadBreached { header, missed, silent_queue, owner, feedback_due, breached_at })
        };
        match &sla.steps.get(usize::from(position))?.action {
            ClockAction::Remind => Some(Self::Reminder(LeadReminder {
                header: header(&format!("reminder {position}"), &assignment.queue),
                owner,
                feedback_due,
                answer_to: format!("/v1/leads/{}/feedback", state.lead_id),
            })),
            ClockAction::FirstResponse => Some(breached("no first response", Missed::FirstResponse)),
            ClockAction::Deadline => Some(breached("breached", Missed::Feedback)),
            ClockAction::Notify { queue } => Some(Self::Escalated(LeadEscalated {
                header: header(&format!("escalation {position}"), queue),
                silent_queue,
                owner,
                feedback_due,
                policy: sla.policy.clone(),
            })),
            // The one is told as a recall and a delivery, the other as a recall.
            ClockAction::Reroute { .. } | ClockAction::Recycle { .. } => None,
        }
    }

    /// `lead.erased` to every queue that was ever told of an erased lead. It is told twice, under two delivery ids, so
    /// that SQS does not take the last word for a copy of the first.
    pub fn erased(state: &LeadState, last_word: bool) -> Vec<Self> {
        let what = if last_word { "erased, last word" } else { "erased" };
        let to = |queue: &Queue| {
            // Somebody who reads several queues deduplicates over all of them.
            let what = format!("{what}, {queue}");
            Self::Erased(LeadErased { header: Header::of(state, state.epoch, &what, queue, state.stage_at) })
        };
        state.told.iter().map(to).collect()
    }
}

impl Header {
    /// Of a message to `queue` about an epoch of a lead; `what` tells it from the epoch's others.
    fn of(state: &LeadState, epoch: u32, what: &str, queue: &Queue, decided_at: Timestamp) -> Self {
        Self {
            v: VERSION,
            delivery_id: DeliveryId::of(&state.lead_id, epoch, what),
            lead_id: state.lead_id.clone(),
            epoch,
            queue: queue.clone(),
            decided_at,
        }
    }
}

impl NurtureView {
    fn of(nurture: &Nurture, stage: Stage, tags: &Tags) -> Self {
        Self { stage, quadrant: nurture.quadrant, track: nurture.track.clone(), tags: tags.clone() }
    }
}
