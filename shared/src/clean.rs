//! The first decision: is this a lead at all? Refuses what is none, holds what a person should see first, and names the
//! values by which the rest is recognised as a duplicate.

use crate::decision::{Account, CleanVerdict, Cleaned, DedupeValue, Reason, Trace};
use crate::personal::Personal;
use crate::profile::Profile;
use crate::rules::{DuplicateBy, Facts, RuleSet, Then};
use crate::submission::Submission;

/// Decides by the first rule that applies. `released` says that a person let the lead through: the rules are still
/// tried and traced, but none of them stops it.
pub fn clean(
    submission: &Submission,
    profile: &Profile,
    account: Option<&Account>,
    released: bool,
    rules: &RuleSet,
) -> Cleaned {
    let facts = Facts { submission, profile, touches: &[], account, interactions_since: None, scored: None, rules };
    let mut trace = Trace::default();
    let accepted =
        |trace| Cleaned { verdict: CleanVerdict::Accept, keys: keys(profile, &rules.cleaning.duplicates_by), trace };
    for rule in &rules.cleaning.rules {
        let inputs = rule.when.inputs();
        if !rule.when.holds(&facts) {
            trace.passed(&rule.id, rule.when.why_not(&facts), inputs);
            continue;
        }
        let reason = Reason { code: rule.reason.clone(), rule: rule.id.clone(), text: rule.why.clone() };
        let verdict = match rule.then {
            Then::Accept => {
                trace.fired(&rule.id, &rule.why, inputs);
                return accepted(trace);
            }
            _ if released => {
                trace.passed(&rule.id, "it applies, but a person released the lead", inputs);
                continue;
            }
            Then::Refuse => CleanVerdict::Refuse { reason },
            Then::Hold { notify } => CleanVerdict::Hold { reason, notify },
        };
        trace.fired(&rule.id, &rule.why, inputs);
        return Cleaned { verdict, keys: Vec::new(), trace };
    }
    let why = if released { "a person released the lead" } else { "no rule refuses or holds it" };
    trace.fired("accept", why, Vec::new());
    accepted(trace)
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
