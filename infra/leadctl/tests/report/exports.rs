//! Sources of rows: what an export has to be, and that all sources tell the same.

use std::path::Path;

use leadctl::samples::Lives;
use leads::rules::RuleSet;

use super::{folder, leadctl, leadctl_fine, read};

fn fault(export: &Path, out: &Path) -> String {
    let output = leadctl(&["report", "--export", export.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert!(!output.status.success());
    assert!(!out.exists(), "nothing is written of a faulty export");
    String::from_utf8(output.stderr).unwrap()
}

/// Each fault by itself, on a copy of one export.
#[test]
fn a_faulty_export_is_told() {
    let folder = folder("faulty");
    let good = folder.join("AWSDynamoDB/01790000000000-sample");
    leadctl_fine(&["samples", "generate", "20", "--export", good.to_str().unwrap()]);
    let out = folder.join("report.json");
    assert!(fault(&folder, &out).contains("holds no manifest-summary.json; did you mean "), "the folder above");
    assert!(fault(&good.join("data"), &out).contains("name the folder of an export to S3"), "a folder below");

    let change = |file: &str, from: &str, to: &str| {
        let path = good.join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file}: {from}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let told = fault(&good, &out);
        std::fs::write(&path, text).unwrap();
        told
    };
    let summary = |from, to| change("manifest-summary.json", from, to);
    assert!(summary("DYNAMODB_JSON", "ION").contains("export it as DYNAMODB_JSON"));
    assert!(
        summary("\"outputFormat\"", "\"exportType\":\"INCREMENTAL_EXPORT\",\"outputFormat\"").contains("incremental")
    );
    assert!(summary("\"itemCount\":", "\"itemCount\":1").contains("the list of files"));
    assert!(change("manifest-files.json", "part00000", "part00009").contains("is missing; copy the whole folder"));
    assert!(change("manifest-files.json", "\"md5Checksum\":\"", "\"md5Checksum\":\"A").contains("its MD5 is not"));

    let data = good.join("data/part00001.json.gz");
    let bytes = std::fs::read(&data).unwrap();
    std::fs::write(&data, &bytes[..bytes.len() / 2]).unwrap();
    let told = fault(&good, &out);
    assert!(told.contains("part00001.json.gz: it is not whole"), "{told}");
    std::fs::write(&data, &bytes).unwrap();
    leadctl_fine(&["report", "--export", good.to_str().unwrap(), "--out", out.to_str().unwrap()]);
}

/// The same leads from an export and from a file of rows, read by one thread and by four.
#[test]
fn sources_and_threads_change_no_figure() {
    let folder = folder("sources");
    let export = folder.join("export");
    let (count, seed) = (150, 9);
    leadctl_fine(&["samples", "generate", "150", "--seed", "9", "--export", export.to_str().unwrap()]);
    let report = |name: &str, source: &[&str]| {
        let out = folder.join(name);
        leadctl_fine(&[&["report", "--by", "campaign", "--out", out.to_str().unwrap()], source].concat());
        out
    };
    let from_export = ["--export", export.to_str().unwrap()];
    let one = report("one.json", &[&from_export[..], &["--threads", "1"]].concat());
    let four = report("four.json", &[&from_export[..], &["--threads", "4"]].concat());
    assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(four).unwrap());

    // The rows that the export was made of, lead after lead as `leadctl explain --json` prints them.
    let workspace = leadctl::workspace::Workspace::find().unwrap();
    let sources = leadctl::rule_sources_here(&workspace).unwrap();
    let with = |standard: &str| {
        let changed = sources.iter().map(|(name, text)| (name.clone(), text.replace("standard = 110", standard)));
        RuleSet::from_sources(&changed.collect::<Vec<_>>()).unwrap()
    };
    let rules = ["standard = 130", "standard = 95", "standard = 110"].map(with);
    let mut text = String::new();
    for rows in Lives::new(count, seed, &rules) {
        text += &serde_json::to_string_pretty(&rows).unwrap();
        text.push('\n');
    }
    let rows = folder.join("rows.json");
    std::fs::write(&rows, text).unwrap();
    let rows = report("rows-report.json", &[rows.to_str().unwrap()]);
    let (one, rows) = (read(&one), read(&rows));
    for section in
        ["rows", "accepted", "stages", "funnel", "months", "channels", "by", "attribution", "speed", "reasons", "rules"]
    {
        assert_eq!(one[section], rows[section], "{section}");
    }
    assert!(one["accepted"].as_u64().unwrap() >= 145);
}
