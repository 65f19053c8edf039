//! Sample rule sets: the good ones have no problem, and each bad one has exactly those of its `diagnostics.txt`, the lines
//! that `leadctl rules check` prints. `UPDATE_EXPECT=1 cargo test -p leads --test rule_samples` writes these files anew; read
//! each before it is committed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may panic anywhere")]

mod rules;

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use leads::rules::{Code, Diagnostic, RuleSet, cases, check};
use rules::{folder, names, sources};

/// When the samples are checked.
const TODAY: Date = date(2026, 3, 1);

fn lines(problems: &[Diagnostic]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

#[test]
fn good_samples_have_no_problem() {
    for name in names("good") {
        let sources = sources(&format!("good/{name}"));
        assert_eq!(lines(&check(&sources, TODAY)), "", "good/{name}");
        let rules = RuleSet::from_sources(&sources).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
        for case in cases::run_cases(&rules, &sources) {
            assert_eq!(case.failures, Vec::<String>::new(), "good/{name}, {} of {}", case.id, case.file);
        }
    }
}

#[test]
fn bad_samples_have_these_problems() {
    let mut stale = Vec::new();
    for name in names("bad") {
        let found = lines(&check(&sources(&format!("bad/{name}")), TODAY));
        assert!(!found.is_empty(), "bad/{name} has no problem");
        let path = folder().join("bad").join(&name).join("diagnostics.txt");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        if found != expected {
            stale.push(format!("bad/{name}: expected\n{expected}found\n{found}"));
        }
    }
    assert!(stale.is_empty(), "{}", stale.join("\n"));
}

#[test]
fn calendars_are_reported_before_their_holidays_end() {
    let sources = sources("bad/dates");
    let rows = [
        (date(2025, 11, 1), None),
        (date(2025, 11, 2), Some("end")),
        (date(2025, 12, 31), Some("end")),
        (date(2026, 1, 1), Some("ended")),
        (Date::MAX, Some("ended")),
    ];
    for (today, tense) in rows {
        let expected = tense.map(|tense| {
            format!(
                "calendars/cn.toml: warning[holidays-end]: its holidays {tense} with 2025, and later deadlines know none; add \
                 those of 2026\n"
            )
        });
        assert_eq!(lines(&check(&sources, today)), expected.unwrap_or_default(), "{today}");
    }
    // They may run all the same.
    assert!(RuleSet::from_sources(&sources).is_ok());
}

#[test]
fn every_kind_of_problem_has_a_sample() {
    let expected: String = names("bad")
        .iter()
        .map(|name| std::fs::read_to_string(folder().join("bad").join(name).join("diagnostics.txt")).unwrap())
        .collect();
    let shown: BTreeSet<&str> =
        expected.lines().filter_map(|line| line.split_once('[')?.1.split_once(']').map(|(code, _)| code)).collect();
    let all: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(all.difference(&shown).collect::<Vec<_>>(), Vec::<&&str>::new(), "kinds without a sample");
    assert_eq!(shown.difference(&all).collect::<Vec<_>>(), Vec::<&&str>::new(), "unknown kinds");
}
