//! The sample leads come to the ends that stand beside them, decided without any machinery around the decisions.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic anywhere")]

use std::collections::BTreeMap;

use leads::decision::{Account, CleanVerdict};
use leads::profile::Profile;
use leads::rules::{QueueKind, RuleSet};
use leads::submission::{Encoding, Submission, parse};
use serde_json::Value;

mod shipped;

const INFRA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/");

fn read(name: &str) -> String {
    std::fs::read_to_string(format!("{INFRA}{name}")).unwrap()
}

fn rules() -> RuleSet {
    RuleSet::from_sources(&shipped::sources()).unwrap()
}

/// The accounts of `accounts.csv`, by domain.
fn accounts() -> BTreeMap<String, Account> {
    let text = read("samples/accounts.csv");
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let text = |at: usize| Some(cells[at].to_owned()).filter(|cell| !cell.is_empty());
        let kind = serde_json::from_value(Value::from(cells[2])).unwrap();
        (cells[1].to_owned(), Account { name: cells[0].to_owned(), domain: text(1), kind, owner: text(3) })
    };
    text.lines().skip(1).map(row).collect()
}

struct Lead {
    name: String,
    submission: Submission,
    touches: Vec<Submission>,
}

#[test]
fn every_sample_comes_to_its_end() {
    let (rules, accounts) = (rules(), accounts());
    let samples: Vec<Value> = serde_json::from_str(&read("samples/leads.json")).unwrap();
    let now = "2026-11-02T10:00:00+08:00".parse().unwrap();
    let account_of = |submission: &Submission| {
        let profile = Profile::of(submission);
        let domains = [profile.company_domain.clone(), profile.email_registrable.clone()];
        let by_domain = domains.into_iter().flatten().find_map(|domain| accounts.get(&domain).cloned());
        let by_name = || {
            let name = profile.company_key.clone()?;
            accounts.values().find(|account| leads::profile::company_key(&account.name) == name).cloned()
        };
        by_domain.or_else(by_name)
    };
    let mut owners: BTreeMap<String, usize> = BTreeMap::new();
    let mut masters: Vec<Lead> = Vec::new();
    let (mut ends, mut wrong): (BTreeMap<String, String>, Vec<String>) = (BTreeMap::new(), Vec::new());
    for wave in [1, 2] {
        for sample in samples.iter().filter(|sample| sample["wave"] == wave) {
            let name = sample["name"].as_str().unwrap().to_owned();
            let mut submission = parse(sample["lead"].to_string().as_bytes(), Encoding::Json).unwrap().submission;
            submission.source.signed_by = serde_json::from_value(sample["signed_by"].clone()).unwrap();
            let profile = Profile::of(&submission);
            let cleaned = leads::clean::clean(&submission, &profile, account_of(&submission).as_ref(), false, &rules);
            let keys: Vec<String> = cleaned.keys.iter().map(|key| format!("{}:{}", key.kind, key.value)).collect();
            let master = keys.iter().find_map(|key| owners.get(key)).copied();
            let end = match (&cleaned.verdict, master) {
                (CleanVerdict::Hold { reason, .. }, _) => format!("held {}", reason.code),
                (CleanVerdict::Refuse { reason }, _) => format!("rejected {}", reason.code),
                (CleanVerdict::Accept, Some(master)) => {
                    masters[master].touches.push(submission);
                    format!("merged {}", masters[master].name)
                }
                (CleanVerdict::Accept, None) => {
                    owners.extend(keys.into_iter().map(|key| (key, masters.len())));
                    masters.push(Lead { name: name.clone(), submission, touches: Vec::new() });
                    String::new()
                }
            };
            ends.insert(name, end);
        }
        for lead in &masters {
            let profile = Profile::of(&lead.submission);
            let account = account_of(&lead.submission);
            let scored =
                leads::score::score(&lead.submission, &profile, &lead.touches, account.as_ref(), None, &rules, now);
            let routed = leads::route::route(&lead.submission, &profile, &scored, &rules, now);
            let nurtured = rules.queue(&routed.queue).unwrap().kind == QueueKind::Nurture;
            let stage = if nurtured { "nurtured" } else { "routed" };
            ends.insert(lead.name.clone(), format!("{stage} {}", routed.queue));
            let after = samples.iter().find(|sample| sample["name"] == lead.name.as_str()).unwrap();
            let expected =
                if wave == 2 && !after["expect_after"].is_null() { &after["expect_after"] } else { &after["expect"] };
            if ends[&lead.name] != text(expected) {
                wrong.push(format!(
                    "{} after wave {wave}: expected {}, found {}; intent {}, value {}: {:?}",
                    lead.name,
                    text(expected),
                    ends[&lead.name],
                    scored.intent,
                    scored.value,
                    scored.contributions.iter().map(|c| format!("{} {}", c.rule, c.points)).collect::<Vec<_>>(),
                ));
            }
        }
    }
    for sample in &samples {
        let name = sample["name"].as_str().unwrap();
        if !masters.iter().any(|lead| lead.name == name) && ends[name] != text(&sample["expect"]) {
            wrong.push(format!("{name}: expected {}, found {}", text(&sample["expect"]), ends[name]));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn text(expected: &Value) -> String {
    let what = ["queue", "reason", "into"].iter().find_map(|key| expected[key].as_str()).unwrap_or_default();
    format!("{} {what}", expected["stage"].as_str().unwrap())
}
