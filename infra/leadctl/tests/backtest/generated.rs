//! Generated leads: always the same, and good for a backtest.

use std::collections::BTreeSet;

use leadctl::backtest::html;
use leadctl::backtest::past::PastLead;
use leadctl::samples::Generator;
use leads::rules::RuleSet;

use super::{replay, rules_folder};

fn leads(count: usize, seed: u64) -> String {
    Generator::new(seed).take(count).map(|lead| lead + "\n").collect()
}

fn default_rules() -> Vec<(String, String)> {
    let mut sources = support::config::rule_sources(&rules_folder()).unwrap();
    let queues = std::fs::read_to_string(rules_folder().join("../queues.toml")).unwrap();
    sources.push(("queues.toml".to_owned(), queues));
    sources
}

/// The default rules, and the same with another standard.
fn two_rule_sets() -> (RuleSet, RuleSet) {
    let mut sources = default_rules();
    let old = RuleSet::from_sources(&sources).unwrap();
    for (name, text) in &mut sources {
        if name == "score.toml" {
            *text = text.replace("standard = 110", "standard = 90");
        }
    }
    let new = RuleSet::from_sources(&sources).unwrap();
    assert_ne!(old.version(), new.version());
    (old, new)
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let (old, new) = two_rule_sets();
    let leads = leads(1500, 3);
    let report = |threads| {
        let report = replay(&leads, &new, &old, threads);
        assert!(report.moved.leads > 10 && report.bad_lines.lines > 0, "{}", report.verdict);
        (serde_json::to_string_pretty(&report).unwrap(), html::page(&report))
    };
    let one = report(1);
    assert_eq!(one, report(4));
    assert_eq!(one, report(4), "the second time");
}

/// The hash is that of the generator's first release; whoever changes the leads on purpose changes it too.
#[test]
fn the_same_seed_gives_the_same_bytes() {
    assert_eq!(leads(200, 1), leads(200, 1));
    assert_ne!(leads(200, 1), leads(200, 2));
    assert_eq!(leads::id::fingerprint(&[&leads(200, 1)]), "mdaa0ndTYoKglxN_q4Y0_YBb5vG80ubpIvy7evtSAec");
}

#[test]
fn the_mix_is_rich_and_outcomes_follow_scores() {
    let (rules, _) = two_rule_sets();
    let leads = leads(2000, 1);
    let readable = leads.lines().filter(|lead| PastLead::read(lead.as_bytes()).is_ok()).count();
    assert!((1950..2000).contains(&readable), "{readable}");
    let report = replay(&leads, &rules, &rules, 2);
    let places: BTreeSet<String> = report.load.iter().map(|row| row.place.to_string()).collect();
    assert!(places.len() >= 20, "{places:?}");
    let lift = report.outcomes.mql.new.lift.unwrap();
    assert!(lift > 1.2, "leads that qualify succeed more often: {lift}");
}
