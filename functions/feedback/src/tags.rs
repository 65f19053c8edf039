//! Corrections of tags: kept beside the lead, told in its history, and looked at when it is decided on anew.

use std::collections::BTreeMap;

use leads::answer::TagsAnswer;
use leads::lead::Stage;
use leads::personal::Personal;
use leads::ports::{Guard, Write};
use leads::problem::ProblemDocument;
use leads::row::{CorrectedTags, Row, StoredFeedback};
use leads::rules::RuleSet;
use leads::tags::{MAX_CORRECTED, TagList, TagValues, TagsCorrected, before_and_after, correct};

use crate::answer::{Acted, Change, act_once, conflict, missing};
use crate::{Moment, Ports, Signed};

/// Corrects the tags of a lead.
pub(crate) async fn tags<P: Ports>(
    signed: &Signed<'_>,
    corrected: &TagsCorrected,
    ports: &P,
    rules: &RuleSet,
    moment: Moment<'_>,
) -> Result<Acted, ProblemDocument> {
    let now = moment.now;
    act_once(signed, ports, rules, moment, async |rows| {
        let state = &rows.state;
        if state.stage == Stage::Merged {
            return Err(conflict("The lead has joined another one, `merged_into`, whose tags count."));
        }
        let posted = rows.submission.as_ref().map_err(|why| missing(state, why))?;
        let before = TagValues::of_tags(&posted.submission.tags);
        let corrections = corrected.added_to(&rows.corrections, signed.principal, now);
        if corrections.len() > MAX_CORRECTED {
            let most = format!("The lead would have more than {MAX_CORRECTED} corrected tags.");
            return Err(conflict(&most));
        }
        let mut tags = posted.submission.tags.clone();
        correct(&mut tags, &corrections);
        let after = TagValues::of_tags(&tags);
        let next = state.with_tags_corrected();
        let stored = StoredFeedback {
            lead_id: state.lead_id.clone(),
            version: next.version,
            at: now,
            epoch: state.epoch,
            principal: signed.principal.clone(),
            actor: Some(corrected.actor.clone()),
            disposition: "correction:tags".into(),
            mapped: true,
            note: Some(Personal::new(before_and_after(&before, &after))),
            amount: None,
            next_date: None,
        };
        let places = |list: TagList| {
            let values = corrected.set.of(list).iter().enumerate();
            let unscored = values.filter(move |(_, value)| !rules.scores_tag(list, value));
            unscored.map(move |(at, _)| format!("/set/{}/{at}", list.name()))
        };
        let answer = TagsAnswer {
            lead_id: state.lead_id.clone(),
            stage: next.stage,
            corrected: u32::try_from(corrections.len()).unwrap_or(u32::MAX),
            unscored: TagList::ALL.into_iter().flat_map(places).collect(),
        };
        let answer = serde_json::to_string(&answer).unwrap_or_default();
        // The state's version guards this row too.
        let guard = if rows.corrections.is_empty() { Guard::Absent } else { Guard::Present };
        let row = Row::Tags(CorrectedTags { lead_id: state.lead_id.clone(), corrections });
        Ok(Change { next, caps: BTreeMap::new(), stored, answer, beside: vec![Write::guarded(row, guard)] })
    })
    .await
}
