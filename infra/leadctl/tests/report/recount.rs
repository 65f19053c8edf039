//! 10,000 generated leads, counted by the product and by `tests/report/recount.py`, which shares no code with it.

use std::process::Command;

use serde_json::Value;

use super::{folder, leadctl_fine, read};

/// Leads of a part of the year, its last day included; the recount takes moments.
const PART: [&str; 2] = ["2025-11-10", "2026-04-19"];
const PART_ENDS: &str = "2026-04-20T00:00:00Z";

#[test]
fn every_figure_equals_the_recount() {
    let folder = folder("recount");
    let export = folder.join("export");
    let (export, costs) = (export.to_str().unwrap(), export.join("costs.csv"));
    let costs = costs.to_str().unwrap();
    leadctl_fine(&["samples", "generate", "10000", "--seed", "5", "--export", export]);

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/report/recount.py");
    let part = |by: &str| format!("{by},{}T00:00:00Z,{PART_ENDS}", PART[0]);
    let asked = [
        "campaign".to_owned(),
        part("owner"),
        part("region"),
        part("industry"),
        part("queue"),
        part("quadrant"),
        part("channel"),
    ];
    let recount = Command::new("python3").arg(script).args([export, costs]).args(&asked).output().unwrap();
    assert!(recount.status.success(), "{}", String::from_utf8_lossy(&recount.stderr));
    let recounts: Vec<Value> =
        String::from_utf8(recount.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(recounts.len(), asked.len());

    for (asked, recount) in asked.iter().zip(recounts) {
        let by = asked.split(',').next().unwrap();
        let out = folder.join(format!("{by}.json"));
        let mut arguments =
            vec!["report", "--export", export, "--costs", costs, "--by", by, "--out", out.to_str().unwrap()];
        if asked.contains(',') {
            arguments.extend(["--since", PART[0], "--until", PART[1]]);
        }
        leadctl_fine(&arguments);
        let mut report = read(&out);
        report.as_object_mut().unwrap().remove("period");
        has_something_of_all(&report, by);
        for (section, figures) in report.as_object().unwrap() {
            let (counted, again) = (in_order(figures), in_order(&recount[section]));
            assert_eq!(counted, again, "by {by}: {section}");
        }
        let sections = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(sections(&report), sections(&recount), "by {by}");
        sums_to_the_cent(&report);
    }
}

/// A recount of nothing would prove nothing.
fn has_something_of_all(report: &Value, by: &str) {
    let rows = |section: &str| report[section].as_array().unwrap().len();
    assert!(rows("attribution") >= 3, "several currencies");
    assert!(
        rows("channels") >= 12 && rows("deadlines") > 30 && rows("reasons") > 50 && rows("places") > 100,
        "by {by}"
    );
    assert!(rows("rules") >= 2 && rows("refused") >= 1 && rows("origins") >= 3 && rows("months") >= 5, "by {by}");
    for step in report["funnel"].as_array().unwrap() {
        assert!(step["leads"].as_u64().unwrap() > 50, "{step}");
    }
    for kept in ["kept", "late", "unanswered", "open"] {
        let all = report["deadlines"].as_array().unwrap().iter().map(|row| row[kept].as_u64().unwrap());
        assert!(all.sum::<u64>() > 0 || by != "campaign", "{kept}");
    }
    let odd = report["attribution"].as_array().unwrap().iter().flat_map(|of| of["rows"].as_array().unwrap());
    assert!(odd.into_iter().any(|row| row["first"] != row["linear"] && row["linear"] != row["position"]), "touches");
}

/// Each model gives out exactly what was won.
fn sums_to_the_cent(report: &Value) {
    for of in report["attribution"].as_array().unwrap() {
        for model in ["first", "last", "linear", "position"] {
            let sum: u64 = of["rows"].as_array().unwrap().iter().map(|row| row[model].as_u64().unwrap()).sum();
            assert_eq!(sum, of["won"].as_u64().unwrap(), "{model} {}", of["currency"]);
        }
    }
}

/// Rows of equal figures come in an order of their own on either side.
fn in_order(value: &Value) -> Value {
    match value {
        Value::Array(rows) => {
            let mut rows: Vec<Value> = rows.iter().map(in_order).collect();
            rows.sort_by_key(Value::to_string);
            Value::Array(rows)
        }
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), in_order(value))).collect(),
        value => value.clone(),
    }
}
