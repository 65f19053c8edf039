//! What rules and leads say stays text in pages and pictures.

use leadctl::backtest::html;
use leadctl::picture;

use super::{ROUTE, TEST_LEAD, replay, rules};

const SCRIPT: &str = "<script>alert(1)</script>";

/// Rules that hold markup wherever a text is free: the reason, a `why`, a strategy, a value, a queue's title.
fn hostile() -> leads::rules::RuleSet {
    let clean = TEST_LEAD.replace("then =", &format!("reason = \"{SCRIPT}\"\nthen =")).replace("Somebody", SCRIPT);
    let route = ROUTE
        .replace("strategy = \"call\"", &format!("strategy = \"{SCRIPT}\""))
        .replace("why = \"The region", &format!("why = \"{SCRIPT} The region"))
        .replace("by = [\"company.country\"]", "by = [\"company.country\", \"company.industry\"]")
        .replace("country = [\"DE\"]", &format!("country = [\"DE\"]\nindustry = [\"{SCRIPT}\"]"));
    rules(&[&clean], &[&route])
}

#[test]
fn pages_hold_no_markup_of_rules() {
    let lead = r#"{"at": "2026-11-02T10:00:00+08:00", "submission": {"form_id": "contact", "source": {"channel": "website"},
        "contact": {"name": "Test", "email": "a@b.example"}}}"#;
    let report = replay(&lead.replace('\n', ""), &hostile(), &rules(&[TEST_LEAD], &[ROUTE]), 1);
    let page = html::page(&report);
    assert_eq!(report.moved.leads, 1, "the reason is another one");
    assert!(page.contains("refused: &lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!page.contains("<script"));
}

#[test]
fn pictures_hold_no_markup_of_rules() {
    let svg = picture::routing(&hostile());
    assert!(!svg.contains("<script") && !svg.contains("<Europe>"));
    // Long words are broken between letters, so only parts of them stand in one line.
    assert!(svg.contains("&lt;scri"), "{svg}");
    assert!(svg.contains("Sales &lt;Europe&gt; &amp; friends"));
}

#[test]
fn a_picture_of_the_same_rules_is_the_same() {
    assert_eq!(picture::routing(&hostile()), picture::routing(&hostile()));
}

#[test]
fn a_long_table_is_summed_up() {
    let rows: String = (0..200)
        .map(|row| {
            let queue = if row % 2 == 0 { "sales-europe" } else { "sales-desk" };
            format!("[[table.row]]\nid = \"row-{row}\"\nqueue = \"{queue}\"\nindustry = [\"业务{row}\"]\n")
        })
        .collect();
    let route = ROUTE.replace("by = [\"company.country\"]", "by = [\"company.country\", \"company.industry\"]");
    let svg = picture::routing(&rules(&[TEST_LEAD], &[&route, &rows]));
    // 201 rows, of which 8 are drawn.
    assert!(svg.contains("… and 193 more rows, to sales-desk, sales-europe"), "{svg}");
    assert!(svg.contains("业务6") && !svg.contains("业务7<"));
}
