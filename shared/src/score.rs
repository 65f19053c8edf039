//! The second decision: how much does the lead want it, and how much is it worth? Two sums of named points, so that a
//! score always equals its explanation.

use jiff::Timestamp;

use crate::decision::{Account, Axis, Contribution, GivenVerdict, ManualVerdict, Quadrant, Scored};
use crate::profile::Profile;
use crate::rules::{Facts, RuleSet, Wordings};
use crate::submission::Submission;

/// Scores a lead together with the submissions joined to it (`touches`). A `verdict` of a person outranks the standard.
/// `now` tells which interactions are too old to count.
pub fn score(
    submission: &Submission,
    profile: &Profile,
    touches: &[Submission],
    account: Option<&Account>,
    verdict: Option<&GivenVerdict>,
    rules: &RuleSet,
    now: Timestamp,
) -> Scored {
    let interactions_since = rules.scoring.interactions_since(now);
    let wordings = &Wordings::default();
    let facts = Facts { submission, profile, touches, account, interactions_since, scored: None, rules, wordings };
    let mut contributions = contributions(&facts, rules, now);
    let intent = settle(&mut contributions, |c| c.score == Axis::Intent, 0, 100);
    let value = settle(&mut contributions, |c| c.score == Axis::Value, 0, 100);
    contributions.retain(|contribution| contribution.points != 0);

    let scoring = &rules.scoring;
    let by_scores = scoring.quadrant(intent, value);
    let qualified = by_scores == Quadrant::Hot
        || intent + value >= scoring.standard
        || std::iter::once(submission).chain(touches).any(|s| s.qualification.is_some());
    let (quadrant, mql) = match verdict.map(|given| given.verdict) {
        Some(ManualVerdict::Mql) => (by_scores, true),
        Some(ManualVerdict::NotMql) => (Quadrant::Nurture, false),
        None => (by_scores, qualified),
    };
    Scored {
        intent,
        value,
        quadrant,
        mql,
        verdict: verdict.cloned(),
        contributions,
        account: account.cloned(),
        rules_version: rules.version().to_owned(),
    }
}

/// The points of every rule that applies, each category within its cap.
fn contributions(facts: &Facts<'_>, rules: &RuleSet, now: Timestamp) -> Vec<Contribution> {
    let scoring = &rules.scoring;
    let applying = scoring.rules.iter().filter(|rule| rule.when.holds(facts));
    let mut contributions: Vec<_> = applying
        .filter_map(|rule| {
            let category = scoring.categories.get(&rule.category)?;
            Some(Contribution {
                rule: rule.id.clone(),
                score: category.axis,
                category: rule.category.clone(),
                points: scoring.points(rule, facts, now),
                fields: rule.inputs.clone(),
            })
        })
        .collect();
    for (name, category) in &scoring.categories {
        settle(&mut contributions, |c| c.category == *name, -category.cap, category.cap);
    }
    contributions
}

/// Brings the sum of the chosen contributions into a range by trimming the last ones, and answers the sum.
fn settle(contributions: &mut [Contribution], chosen: impl Fn(&Contribution) -> bool, low: i32, high: i32) -> i32 {
    let sum: i32 = contributions.iter().filter(|c| chosen(c)).map(|c| c.points).sum();
    let wanted = sum.clamp(low, high);
    let mut excess = sum - wanted;
    for contribution in contributions.iter_mut().rev().filter(|c| chosen(c)) {
        // Only points of the excess' own sign are trimmed, and never past zero.
        let trim = if excess > 0 { contribution.points.clamp(0, excess) } else { contribution.points.clamp(excess, 0) };
        contribution.points -= trim;
        excess -= trim;
    }
    wanted
}
