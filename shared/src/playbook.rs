//! What follows from an answer: the first play of its disposition that is for this lead, and what that makes of it.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::decision::{Reason, Routed, Scored};
use crate::feedback::Feedback;
use crate::id::Queue;
use crate::lead::{LeadState, Stage};
use crate::profile::Profile;
use crate::route::handed_on;
use crate::row::{Decision, StoredSubmission};
use crate::rules::{Facts, Play, PlayAction, QueueKind, RuleSet, Wordings};

/// What follows from an answer.
#[derive(Clone, Debug)]
pub enum Followed {
    /// The lead stays, waits, or is over: what it becomes.
    Becomes(Box<LeadState>),
    /// It goes to another queue, whose people are still to be asked.
    GoesOn(Box<Routed>),
}

/// Whether what follows from a disposition depends on what was posted and decided.
pub fn asks_for_more(disposition: &str, rules: &RuleSet) -> bool {
    rules.plays(disposition).iter().any(|play| !play.is_for_all() || play.action.hands_on())
}

/// What an answer makes of a lead that takes feedback. `given` is what was posted, and the decision behind its assignment;
/// needed only where [`asks_for_more`] says so.
pub fn follow(
    feedback: &Feedback,
    state: &LeadState,
    given: Option<(&StoredSubmission, &Decision)>,
    rules: &RuleSet,
    now: Timestamp,
) -> Followed {
    let play = match given {
        Some((stored, decision)) => play(&feedback.disposition, stored, &decision.scored, rules, now),
        None => rules.plays(&feedback.disposition).iter().find(|play| play.is_for_all()),
    };
    let disposition = feedback.disposition.clone();
    let on_to = |queue: Option<&Queue>, track: Option<&str>| match queue.zip(given) {
        Some((queue, given)) => {
            let why = play.map(|play| play.why.as_str()).unwrap_or_default();
            let (rule, (stored, decision)) = (format!("playbook.{disposition}"), given);
            let to = (queue, track);
            Followed::GoesOn(Box::new(handed_on(decision, to, (&rule, why), &stored.submission, rules, now)))
        }
        // No rule set loads without a nurture queue.
        None => Followed::Becomes(Box::new(state.closed(disposition.clone(), now))),
    };
    let next = match play.map(|play| &play.action) {
        Some(PlayAction::Pool { reactivate_after_days }) => {
            let date =
                feedback.next_date.and_then(|date| date.to_zoned(TimeZone::UTC).ok()).map(|date| date.timestamp());
            let after = reactivate_after_days.map(|days| SignedDuration::from_hours(24 * i64::from(days)));
            let after = after.and_then(|wait| now.checked_add(wait).ok());
            state.pooled(disposition, date.or(after), now)
        }
        Some(PlayAction::Suppress) => state.suppressed(disposition, now),
        Some(PlayAction::Call) => {
            let text = "sales asks for a call".to_owned();
            let reason = Reason { code: "sales-asks-for-a-call".into(), rule: "playbook".into(), text };
            state.to_be_called(disposition, reason, now)
        }
        Some(PlayAction::HandOn { queue }) => return on_to(Some(queue), None),
        Some(PlayAction::Nurture { track }) => {
            let nurture = rules.queues().iter().find(|spec| spec.kind == QueueKind::Nurture);
            return on_to(nurture.map(|spec| &spec.name), track.as_deref());
        }
        Some(action) if state.stage == Stage::Pooled => {
            state.resumed(disposition, matches!(action, PlayAction::Close), now)
        }
        Some(PlayAction::Acknowledge) => kept_longer(state.acknowledged(now), rules, now),
        Some(PlayAction::Close) => state.closed(disposition, now),
        // What is not known stops the clock as well: somebody has looked at the lead.
        Some(PlayAction::Keep) | None => kept_longer(state.answered(disposition, now), rules, now),
    };
    Followed::Becomes(Box::new(next))
}

/// A calendar that was taken out of the rules extends nothing.
fn kept_longer(next: LeadState, rules: &RuleSet, now: Timestamp) -> LeadState {
    let protection = next.assignment.as_ref().and_then(|assignment| assignment.protection.as_ref());
    match protection.and_then(|protection| rules.calendars().get(&protection.calendar)) {
        Some(calendar) => next.kept_longer(calendar, now),
        None => next,
    }
}

/// The play for a lead, by what it was when it was given out; `None` if the playbook has none.
fn play<'r>(
    disposition: &str,
    stored: &StoredSubmission,
    scored: &Scored,
    rules: &'r RuleSet,
    now: Timestamp,
) -> Option<&'r Play> {
    let profile = Profile::of(&stored.submission);
    let facts = Facts {
        submission: &stored.submission,
        profile: &profile,
        touches: &[],
        account: scored.account.as_ref(),
        interactions_since: rules.scoring.interactions_since(now),
        scored: Some(scored),
        rules,
        wordings: &Wordings::default(),
    };
    let age = now.duration_since(stored.at);
    let old_enough = |days: u32| age > SignedDuration::from_hours(24 * i64::from(days));
    let mut plays = rules.plays(disposition).iter();
    plays.find(|play| play.older_than_days.is_none_or(old_enough) && play.when.holds(&facts))
}
