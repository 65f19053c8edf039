//! The rules that ship in `infra/rules` load without a problem and pass their own cases.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic anywhere")]

use std::path::Path;

use leads::rules::{Diagnostic, RuleSet, cases};

/// The shipped files as (name, text), as the functions and `leadctl` read them.
fn shipped() -> Vec<(String, String)> {
    let infra = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra");
    let mut sources = vec![("queues.toml".to_owned(), std::fs::read_to_string(infra.join("queues.toml")).unwrap())];
    for folder in ["", "calendars", "tests"] {
        let mut files: Vec<_> =
            std::fs::read_dir(infra.join("rules").join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "toml")) {
            let name = Path::new(folder).join(file.file_name().unwrap());
            sources.push((name.to_str().unwrap().to_owned(), std::fs::read_to_string(file).unwrap()));
        }
    }
    sources
}

fn listed(problems: &[Diagnostic]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

#[test]
fn they_load_and_pass_their_cases() {
    let sources = shipped();
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
    let sources = shipped();
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
