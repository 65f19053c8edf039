//! What operators see of leads that attack: pages and sums of a backtest hold none of their texts.

use leadctl::backtest::accounts::AccountBook;
use leadctl::backtest::engine::Replay;
use leadctl::backtest::html;
use leadctl::backtest::report::Report;
use leads::rules::RuleSet;
use tests::rule_sets::RULES;
use tests::stack::START;

use crate::case::Family;

/// The rules with one more, that holds what the others let pass, so that there is something to report.
fn edited() -> RuleSet {
    let infra = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra");
    let mut sources = support::config::rule_sources(format!("{infra}/rules").as_ref()).unwrap();
    sources.push(("queues.toml".into(), std::fs::read_to_string(format!("{infra}/queues.toml")).unwrap()));
    let clean = sources.iter_mut().find(|(name, _)| name == "clean.toml").unwrap();
    clean.1.push_str(
        "[[rule]]\nid = \"all\"\nwhy = \"Held.\"\nthen = \"hold\"\nwhen = { field = \"form_id\", is = \"contact\" }\n",
    );
    RuleSet::from_sources(&sources).unwrap()
}

#[test]
fn a_backtest_holds_none_of_their_texts() {
    let cases = Family::read("injection").cases;
    let taken: Vec<_> = cases.iter().filter(|case| case.expect.status == 202 && case.request.set.is_some()).collect();
    let lines: String = taken
        .iter()
        .map(|case| format!("{{\"at\":\"{START}\",\"submission\":{}}}\n", case.request.body().text))
        .collect();
    let (old, new) = (&*RULES, &edited());
    let replay = Replay { new, old, at: None, accounts: &AccountBook::default(), threads: 1 };
    let report = Report::of(&replay.run(lines.as_bytes(), |_| ()).unwrap(), old, new);
    assert!(taken.len() >= 45 && report.moved.leads as usize >= 40, "{} of {}", report.moved.leads, taken.len());
    let (page, data) = (html::page(&report), serde_json::to_string(&report).unwrap());
    for text in taken.iter().flat_map(|case| case.request.sent()) {
        assert!(!page.contains(&text) && !data.contains(&text), "{text}");
    }
    assert!(!page.contains("<script"));
}
