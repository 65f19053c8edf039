//! Ten lines, two rule sets, and what follows, counted by hand.

use leadctl::backtest::accounts::AccountBook;
use leadctl::backtest::engine::Replay;
use serde_json::{Value, json};

use super::{FRANCE, NO_PHONE, ROUTE, TEST_LEAD, replay, rules};

/// A lead of 120 (a phone, now, 500 people) or parts of one.
fn lead(outcome: Option<&str>, change: impl FnOnce(&mut Value)) -> String {
    let mut line = json!({
        "at": "2026-11-02T10:00:00+08:00",
        "submission": {
            "form_id": "contact",
            "contact": {"name": "Anna Weber", "email": "anna@weber.example", "phone": "+49 30 23125 100"},
            "company": {"country": "DE", "size": 500},
            "interest": {"horizon": "immediate"},
            "source": {"channel": "website"},
        },
    });
    if let Some(outcome) = outcome {
        line["outcome"] = outcome.into();
    }
    change(&mut line["submission"]);
    line.to_string()
}

fn ten_lines() -> String {
    let france = |submission: &mut Value| submission["company"]["country"] = "FR".into();
    let small = |submission: &mut Value| _ = submission["company"].as_object_mut().unwrap().remove("size");
    [
        lead(Some("won"), |_| ()),
        lead(Some("accepted"), france),
        lead(Some("unreachable"), france),
        "{\"submission\": ".to_owned(),
        lead(Some("not_a_fit"), small),
        lead(Some("opportunity"), |submission| _ = submission["contact"].as_object_mut().unwrap().remove("phone")),
        String::new(),
        lead(None, |submission| submission["contact"]["name"] = "Test Test".into()),
        lead(Some("left_the_company"), |submission| {
            submission["company"]["size"] = 10.into();
            submission["interest"] = json!({});
        }),
        lead(Some("won"), |submission| submission["contact"]["email"] = "secret at weber".into()),
    ]
    .join("\n")
}

#[test]
fn ten_lines_counted_by_hand() {
    let old = rules(&[TEST_LEAD, NO_PHONE], &[ROUTE]);
    let new = rules(&[TEST_LEAD], &[ROUTE, FRANCE]);
    let report = replay(&ten_lines(), &new, &old, 2);
    assert_eq!(
        report.verdict,
        "42.9 % of 7 leads move; sales-europe +3, sales-desk −2, held: no-phone −1. \
         MQL rate 42.9 % → 57.1 %. 2 lines could not be read."
    );
    let report = serde_json::to_value(&report).unwrap();
    assert_eq!(report["leads"], 7);
    assert_eq!(report["moved"], json!({"leads": 3, "percent": 42.9}));
    assert_eq!(report["mql"], json!({"old": {"leads": 3, "percent": 42.9}, "new": {"leads": 4, "percent": 57.1}}));
    let queue = |name: &str| json!({"kind": "queue", "name": name});
    let held = json!({"kind": "held", "name": "no-phone"});
    assert_eq!(
        report["load"],
        json!([
            {"place": queue("nurture"), "old": 1, "new": 1, "delta": 0},
            {"place": queue("sales-desk"), "old": 2, "new": 0, "delta": -2},
            {"place": queue("sales-europe"), "old": 1, "new": 4, "delta": 3},
            {"place": queue("self-service"), "old": 1, "new": 1, "delta": 0},
            {"place": held, "old": 1, "new": 0, "delta": -1},
            {"place": {"kind": "refused", "name": "test-lead"}, "old": 1, "new": 1, "delta": 0},
        ])
    );
    assert_eq!(
        report["moves"],
        json!([
            {"from": queue("sales-desk"), "to": queue("sales-europe"), "leads": 2, "because": [
                {"old_rule": "catch-all", "new_rule": "region.france", "leads": 2, "lines": [2, 3]},
            ]},
            {"from": held, "to": queue("sales-europe"), "leads": 1, "because": [
                {"old_rule": "no-phone", "new_rule": "region.germany", "leads": 1, "lines": [6]},
            ]},
        ])
    );
}

#[test]
fn outcomes_counted_by_hand() {
    let old = rules(&[TEST_LEAD, NO_PHONE], &[ROUTE]);
    let new = rules(&[TEST_LEAD], &[ROUTE, FRANCE]);
    let report = serde_json::to_value(replay(&ten_lines(), &new, &old, 1)).unwrap();
    let outcomes = &report["outcomes"];
    // Lines 1, 2 and 6 of 1, 2, 3, 5 and 6; the playbook does not know what line 9 reports.
    assert_eq!(
        (&outcomes["known"], &outcomes["successes"], &outcomes["base_rate"], &outcomes["unmapped"]),
        (&json!(5), &json!(3), &json!(0.6), &json!(1))
    );
    assert_eq!(
        outcomes["mql"],
        json!({
            "old": {"leads": 3, "known": 3, "successes": 2, "precision": 0.6667, "lift": 1.11},
            "new": {"leads": 4, "known": 4, "successes": 3, "precision": 0.75, "lift": 1.25},
        })
    );
    let row = |side: &str, from: Value| {
        let bands = report["bands"][side].as_array().unwrap();
        let band = bands.iter().find(|band| band["from"] == from).unwrap();
        ["leads", "known", "successes", "precision", "lift"].map(|key| band[key].clone())
    };
    let nothing = Value::Null;
    for (side, from, expected) in [
        ("old", json!(0), [json!(1), json!(0), json!(0), nothing.clone(), nothing.clone()]),
        ("old", json!(60), [json!(1), json!(1), json!(0), json!(0.0), json!(0.0)]),
        ("old", json!(120), [json!(3), json!(3), json!(2), json!(0.6667), json!(1.11)]),
        ("old", nothing.clone(), [json!(2), json!(1), json!(1), json!(1.0), json!(1.67)]),
        ("new", json!(60), [json!(1), json!(1), json!(0), json!(0.0), json!(0.0)]),
        ("new", json!(120), [json!(4), json!(4), json!(3), json!(0.75), json!(1.25)]),
        ("new", nothing.clone(), [json!(1), json!(0), json!(0), nothing.clone(), nothing.clone()]),
    ] {
        assert_eq!(row(side, from.clone()), expected, "{side} from {from}");
    }
}

#[test]
fn bad_lines_are_told_without_their_values() {
    let rules = rules(&[TEST_LEAD], &[ROUTE]);
    let report = replay(&ten_lines(), &rules, &rules, 1);
    let text = serde_json::to_string(&report).unwrap();
    assert!(!text.contains("weber") && !text.contains("secret"), "{text}");
    let told: Vec<_> = report.bad_lines.first.iter().map(|bad| (bad.line, bad.why.as_str())).collect();
    assert_eq!(report.bad_lines.lines, 2);
    assert_eq!(told[0], (4, "not JSON (column 14)"));
    assert_eq!(told[1].0, 10);
    assert!(told[1].1.starts_with("/contact/email: "), "{}", told[1].1);
}

#[test]
fn envelopes_that_are_wrong() {
    let rules = rules(&[TEST_LEAD], &[ROUTE]);
    let good: Value = serde_json::from_str(&lead(None, |_| ())).unwrap();
    for (member, value, why) in [
        (
            "outcom",
            json!("won"),
            "unknown member beside `submission`; use lead_id, at, signed_by, submission, account, touches, verdict, outcome",
        ),
        ("at", json!("secret"), "`at` is not a time such as 2026-11-02T10:00:00+08:00"),
        (
            "account",
            json!({"kind": "secret"}),
            "`account` is not {name, domain, kind: customer | key | competitor, owner}",
        ),
        ("verdict", json!("secret"), "`verdict` is not release, refuse, mql or not_mql"),
        ("touches", json!("secret"), "`touches` is not a list of submissions"),
    ] {
        let mut wrong = good.clone();
        wrong[member] = value;
        let report = replay(&format!("{good}\n{wrong}\n"), &rules, &rules, 1);
        assert_eq!((report.leads, report.bad_lines.lines), (1, 1), "{member}");
        assert_eq!((report.bad_lines.first[0].line, report.bad_lines.first[0].why.as_str()), (2, why));
    }
}

#[test]
fn what_people_decided_counts() {
    let rules = rules(&[TEST_LEAD, NO_PHONE], &[ROUTE]);
    for (verdict, no_phone, expected) in
        [("release", true, "sales-europe"), ("not_mql", false, "nurture"), ("refuse", false, "refused: by-a-person")]
    {
        let mut line: Value = serde_json::from_str(&lead(None, |_| ())).unwrap();
        line["verdict"] = verdict.into();
        if no_phone {
            line["submission"]["contact"].as_object_mut().unwrap().remove("phone");
        }
        let report = replay(&line.to_string(), &rules, &rules, 1);
        assert_eq!(report.load[0].place.to_string(), expected, "{verdict}");
    }
}

#[test]
fn a_line_without_end_does_not_take_the_memory_nor_the_next_line() {
    let rules = rules(&[TEST_LEAD], &[ROUTE]);
    let good = lead(None, |_| ());
    let leads = format!("{good}\n{}\n{good}\n", "x".repeat(3 * 1024 * 1024));
    let report = replay(&leads, &rules, &rules, 2);
    assert_eq!(report.leads, 2);
    assert_eq!(
        report.bad_lines.first.iter().map(|bad| (bad.line, bad.why.as_str())).collect::<Vec<_>>(),
        [(2, "longer than 1 MiB")]
    );
}

#[test]
fn the_clock_is_never_asked() {
    let rules = rules(&[TEST_LEAD], &[ROUTE]);
    let line: Value = serde_json::from_str(&lead(None, |_| ())).unwrap();
    let bare = line["submission"].to_string();
    let run = |leads: &str, at: Option<&str>| {
        let at = at.map(|at| at.parse().unwrap());
        Replay { new: &rules, old: &rules, at, accounts: &AccountBook::default(), threads: 1 }
            .run(leads.as_bytes(), |_| ())
            .map(|tally| tally.leads)
            .map_err(|error| error.to_string())
    };
    assert!(run(&bare, None).unwrap_err().contains("give --at"));
    assert_eq!(run(&bare, Some("2026-11-02T10:00:00Z")), Ok(1));
    assert_eq!(run(&format!("{bare}\n{line}"), None), Ok(2));
    assert!(run("", None).unwrap_err().contains("no leads"));
}
