//! Routing is total, and the index finds what reading the rules from top to bottom finds. A million leads more:
//! `cargo run --release -p benches --bin million`.

use synthetic::agreement::{Both, Tally};

#[test]
fn index_and_plain_reading_agree_on_20_000_leads() {
    let mut tally = Tally::default();
    for (rows, leads) in [(64, 5_000), (65, 5_000), (400, 10_000)] {
        Both::new(rows, 7).compare(leads, 11, &mut tally);
    }
    assert_eq!(tally.different, 0, "{} differ, such as\n{}", tally.different, tally.differences.join("\n"));
    assert_eq!(tally.agreed, 20_000);
    // A table that nobody reaches would agree with anything.
    let steps: Vec<&str> = tally.steps.keys().map(String::as_str).collect();
    let all = ["catch-all", "designated-owner", "existing-customer", "industry", "key-account", "quadrant", "region"];
    assert!(all.iter().all(|step| steps.contains(step)), "only {steps:?} decided");
    assert!(tally.steps["territory"] > 5_000, "{:?}", tally.steps);
    assert!(tally.rows.len() > 350, "only {} rows of 400 decided", tally.rows.len());
}
