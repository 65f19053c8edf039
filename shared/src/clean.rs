//! The first decision: is this a lead at all? Refuses what is none, holds what a person should see first, and names the
//! values by which the rest is recognised as a duplicate.

use crate::decision::{Account, CleanVerdict, Cleaned, DedupeValue, Reason, Trace};
use crate::personal::Personal;
use crate::profile::Profile;
use crate::rules::{CleanRule, DuplicateBy, Facts, RuleSet, Then, Wordings};
use crate::submission::Submission;

/// Decides by the first rule that applies. `released` says that a person let the lead through: the rules are still
/// tried, but none of them stops it.
pub fn clean(
    submission: &Submission,
    profile: &Profile,
    account: Option<&Account>,
    released: bool,
    rules: &RuleSet,
) -> Cleaned {
    let wordings = Wordings::default();
    decide(&facts(submission, profile, account, rules, &wordings), released, |_, _| {})
}

/// The rules that [`clean`] tries, and why each applies or does not. For people who ask: a lead that goes on keeps none of
/// it, and one that does not keeps the rule that stopped it.
pub fn trace(
    submission: &Submission,
    profile: &Profile,
    account: Option<&Account>,
    released: bool,
    rules: &RuleSet,
) -> Trace {
    let wordings = Wordings::default();
    let facts = facts(submission, profile, account, rules, &wordings);
    let mut trace = Trace::default();
    let mut decided = false;
    decide(&facts, released, |rule, tried| {
        let inputs = rule.when.inputs();
        decided = tried == Tried::Decides;
        match tried {
            Tried::DoesNotApply => trace.passed(&rule.id, rule.when.why_not(&facts), inputs),
            Tried::Overruled => trace.passed(&rule.id, "it applies, but a person released the lead", inputs),
            Tried::Decides => trace.fired(&rule.id, &rule.why, inputs),
        }
    });
    if !decided {
        let why = if released { "a person released the lead" } else { "no rule refuses or holds it" };
        trace.fired("accept", why, Vec::new());
    }
    trace
}

/// What became of a rule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tried {
    DoesNotApply,
    /// It applies, and a person has let the lead through.
    Overruled,
    Decides,
}

fn facts<'a>(
    submission: &'a Submission,
    profile: &'a Profile,
    account: Option<&'a Account>,
    rules: &'a RuleSet,
    wordings: &'a Wordings,
) -> Facts<'a> {
    Facts { submission, profile, touches: &[], account, interactions_since: None, scored: None, rules, wordings }
}

fn decide(facts: &Facts<'_>, released: bool, mut tried: impl FnMut(&CleanRule, Tried)) -> Cleaned {
    let cleaning = &facts.rules.cleaning;
    let accepted = || Cleaned { verdict: CleanVerdict::Accept, keys: keys(facts.profile, &cleaning.duplicates_by) };
    for rule in &cleaning.rules {
        if !rule.when.holds(facts) {
            tried(rule, Tried::DoesNotApply);
            continue;
        }
        if released && rule.then != Then::Accept {
            tried(rule, Tried::Overruled);
            continue;
        }
        tried(rule, Tried::Decides);
        let reason = Reason { code: rule.reason.clone(), rule: rule.id.clone(), text: rule.why.clone() };
        let verdict = match rule.then {
            Then::Accept => return accepted(),
            Then::Refuse => CleanVerdict::Refuse { reason },
            Then::Hold { notify } => CleanVerdict::Hold { reason, notify },
        };
        return Cleaned { verdict, keys: Vec::new() };
    }
    accepted()
}

/// The values that two submissions of one person share. A missing value makes no key.
fn keys(profile: &Profile, by: &[DuplicateBy]) -> Vec<DedupeValue> {
    let personal = |kind, value: Option<&Personal>| Some(DedupeValue { kind, value: value?.expose().to_owned() });
    by.iter()
        .filter_map(|by| match by {
            DuplicateBy::Email => personal("email", profile.email_mailbox.as_ref()),
            DuplicateBy::Phone => personal("phone", profile.phone.e164()),
            DuplicateBy::Person => {
                let (company, name) = (profile.company_key.as_ref()?, profile.name.as_ref()?);
                // Neither part holds a line break, so no two pairs run together.
                Some(DedupeValue { kind: "person", value: format!("{company}\n{}", name.expose()) })
            }
        })
        .collect()
}
