//! The rules that ship in `infra/rules` load without a problem and pass their own cases.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic anywhere")]

use leads::rules::{Diagnostic, RuleSet, cases};

mod shipped;

fn listed(problems: &[Diagnostic]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

#[test]
fn they_load_and_pass_their_cases() {
    let sources = shipped::sources();
    let rules = RuleSet::from_sources(&sources).map_err(|problems| listed(&problems)).unwrap();
    let results = cases::run_cases(&rules, &sources);
    let failed: String = results
        .iter()
        .filter(|result| !result.passed())
        .map(|result| format!("{} `{}`:\n  {}\n", result.file, result.id, result.failures.join("\n  ")))
        .collect();
    assert!(failed.is_empty(), "\n{failed}");
    assert!(results.len() >= 25, "only {} cases", results.len());
}

#[test]
fn the_version_follows_the_rules_and_not_their_cases() {
    let version = |sources: &[(String, String)]| RuleSet::from_sources(sources).unwrap().version().to_owned();
    let sources = shipped::sources();
    let before = version(&sources);
    assert_eq!(before.len(), 12);

    let mut other_cases = sources.clone();
    other_cases.retain(|(name, _)| !cases::is_case_file(name));
    assert_eq!(version(&other_cases), before);

    let mut other_order = sources.clone();
    other_order.reverse();
    assert_eq!(version(&other_order), before);

    let mut other_rule = sources;
    let score = other_rule.iter_mut().find(|(name, _)| name == "score.toml").unwrap();
    score.1 = score.1.replace("standard = 110", "standard = 109");
    assert_ne!(version(&other_rule), before);
}
