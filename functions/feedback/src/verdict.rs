//! Verdicts: what a person decides about a lead that waits, was stopped, or was joined to another one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use leads::answer::VerdictAnswer;
use leads::feedback::{Verdict as Told, VerdictKind};
use leads::id::LeadId;
use leads::lead::{LeadState, Stage};
use leads::personal::Personal;
use leads::ports::{Guard, ReadLead, Write};
use leads::problem::ProblemDocument;
use leads::row::{Event, Row, StoredFeedback, UndoneTouch};
use leads::rules::RuleSet;
use support::masters::masters;

use crate::answer::{Acted, Change, act_once, conflict};
use crate::{Moment, Ports, Signed, unavailable};

/// Decides about a lead.
pub(crate) async fn verdict<P: Ports>(
    signed: &Signed<'_>,
    told: &Told,
    ports: &P,
    rules: &RuleSet,
    moment: Moment<'_>,
) -> Result<Acted, ProblemDocument> {
    let now = moment.now;
    act_once(signed, ports, rules, moment, async |rows| {
        let state = &rows.state;
        let (next, beside) = match told.verdict {
            VerdictKind::Unmerge => unmerge(state, signed, ports, moment).await?,
            kind => {
                let decided = state.decided(kind, signed.principal.as_str(), now);
                (decided.ok_or_else(|| not_here(state))?, Vec::new())
            }
        };
        let answer = VerdictAnswer { lead_id: state.lead_id.clone(), verdict: told.verdict, stage: next.stage };
        let answer = serde_json::to_string(&answer).unwrap_or_default();
        Ok(Change { stored: stored(&next, told, signed, now), next, caps: BTreeMap::new(), answer, beside })
    })
    .await
}

/// 409, with what can be done instead.
pub(crate) fn not_here(state: &LeadState) -> ProblemDocument {
    let verdicts: Vec<&str> = state.verdicts().iter().map(|kind| kind.name()).collect();
    let verdicts = match verdicts.is_empty() {
        true => "no verdict".to_owned(),
        false => format!("the verdicts {}", verdicts.join(", ")),
    };
    let feedback = if state.takes_feedback() { "feedback and " } else { "" };
    let ended = state.stage == Stage::Pooled && state.assignment.as_ref().is_some_and(|assignment| assignment.ended);
    let stage = if ended { "pooled, and its queue was told that it is gone" } else { state.stage.name() };
    conflict(&format!("The lead is {stage}; it takes {feedback}{verdicts} now."))
}

/// The join is undone: the lead is one of its own again, and its master, if it still is one, is scored without it.
/// Keys stay where they are; `clean` takes along those that the lead had brought.
async fn unmerge(
    state: &LeadState,
    signed: &Signed<'_>,
    ports: &impl ReadLead,
    moment: Moment<'_>,
) -> Result<(LeadState, Vec<Write>), ProblemDocument> {
    let now = moment.now;
    if state.stage != Stage::Merged {
        return Err(not_here(state));
    }
    moment.leaves_time()?;
    let masters = masters(state, ports).await.map_err(|error| unavailable(&error))?;
    let names: Vec<LeadId> = masters.iter().map(|master| master.lead_id.clone()).collect();
    let next = state.unmerged(&names, now);
    let master = masters.first().filter(|master| master.stage != Stage::Erased);
    let event = |next: &LeadState, why: String| {
        let (lead_id, version, actor) = (next.lead_id.clone(), next.version, signed.principal.to_string());
        Write::new(Row::Event(Event { lead_id, version, at: now, actor, what: "unmerged".into(), why }))
    };
    let from = state.merged_into.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut beside = vec![event(&next, format!("it is no touch on lead {from}"))];
    if let Some(master) = master {
        let without = master.without(state, now);
        let undone = UndoneTouch {
            master: master.lead_id.clone(),
            from: state.lead_id.clone(),
            at: state.received_at,
            undone_at: now,
            by: signed.principal.clone(),
        };
        beside.extend([
            event(&without, format!("lead {} is no touch on it", state.lead_id)),
            Write::after(master, without),
            Write::guarded(Row::UndoneTouch(undone), Guard::Present),
        ]);
    }
    Ok((next, beside))
}

fn stored(next: &LeadState, told: &Told, signed: &Signed<'_>, now: Timestamp) -> StoredFeedback {
    let kind = serde_json::to_value(told.verdict).unwrap_or_default();
    StoredFeedback {
        lead_id: next.lead_id.clone(),
        version: next.version,
        at: now,
        epoch: next.epoch,
        principal: signed.principal.clone(),
        actor: Some(told.actor.clone()),
        disposition: format!("verdict:{}", kind.as_str().unwrap_or_default()),
        mapped: true,
        note: Some(Personal::new(told.reason.clone())),
        amount: None,
        next_date: None,
    }
}
