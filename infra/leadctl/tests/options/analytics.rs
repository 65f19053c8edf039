//! The nightly export, and the views of it: what they read is what rows are stored as.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use leads::id::LeadId;
use leads::lead::{Answer, LeadState};
use leads::row::{Row, StoredSubmission};
use leads::submission::{Encoding, parse};
use serde_json::{Value, json};

use crate::TEMPLATE;
use crate::stack::Stack;

#[test]
fn the_table_is_exported_every_night() {
    let types = ["AWS::S3::Bucket", "AWS::Glue::Table", "AWS::Athena::NamedQuery", "AWS::Scheduler::Schedule"];
    let without = Stack::of(TEMPLATE, &[]);
    assert_eq!(types.map(|kind| without.of_type(kind).len()), [0, 0, 0, 2], "the two clocks alone");

    let with = Stack::of(TEMPLATE, &[("Analytics", "true")]);
    assert_eq!(types.map(|kind| with.of_type(kind).len()), [1, 1, 2, 3]);
    let bucket = with.properties("AnalyticsBucket");
    let closed = bucket["PublicAccessBlockConfiguration"].as_object().unwrap();
    assert!(closed.len() == 4 && closed.values().all(|value| value == true));
    assert!(bucket["BucketEncryption"].is_object());
    assert_eq!(bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"], 7);
    let tls = &with.properties("AnalyticsBucketPolicy")["PolicyDocument"]["Statement"][0];
    assert_eq!((&tls["Effect"], &tls["Action"]), (&json!("Deny"), &json!("s3:*")));
    assert_eq!(tls["Condition"], json!({"Bool": {"aws:SecureTransport": "false"}}));

    let target = &with.properties("ExportSchedule")["Target"];
    assert!(target["Arn"]["Fn::Sub"].as_str().unwrap().ends_with(":aws-sdk:dynamodb:exportTableToPointInTime"));
    let [input, names] = target["Input"]["Fn::Sub"].as_array().unwrap().as_slice() else { panic!("{target}") };
    let input = input.as_str().unwrap().replace("${AnalyticsBucket}", "bucket");
    let arn = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/";
    let expected = json!({
        "TableArn": format!("{arn}${{Name}}"), "S3Bucket": "bucket", "S3Prefix": "export", "ExportFormat": "DYNAMODB_JSON"
    });
    assert_eq!(names, &json!({"Name": {"Ref": "Table"}}));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&input).unwrap(), expected);
    let may = with.statements("ExportRole");
    assert_eq!(may["Table"]["Action"], "dynamodb:ExportTableToPointInTime");
    assert_eq!(may["Table"]["Resource"], json!({"Fn::GetAtt": ["Table", "Arn"]}));
    assert_eq!(may["Bucket"]["Resource"], json!({"Fn::Sub": "${AnalyticsBucket.Arn}/export/*"}));
    assert_eq!(may.len(), 2);
}

/// A table's column of the type `struct<a:string,b:struct<c:string>>` has the paths `a` and `b.c`.
fn paths(kind: &str) -> BTreeSet<String> {
    let Some(fields) = kind.strip_prefix("struct<").and_then(|kind| kind.strip_suffix('>')) else {
        assert_eq!(kind, "string", "rows are read as text");
        return BTreeSet::from([String::new()]);
    };
    let (mut depth, mut paths) = (0, BTreeSet::new());
    let outside = |letter: char| {
        depth += i32::from(letter == '<') - i32::from(letter == '>');
        letter == ',' && depth == 0
    };
    for field in fields.split(outside) {
        let (name, kind) = field.split_once(':').unwrap();
        let inner = self::paths(kind).into_iter();
        paths.extend(inner.map(|path| format!("{name}.{path}").trim_end_matches('.').to_owned()));
    }
    paths
}

/// As the export writes a value, and the table's reader of JSON takes it: every name in small letters.
fn exported(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({"s": text}),
        AttributeValue::N(number) => json!({"n": number}),
        AttributeValue::M(map) => {
            let parts = map.iter().map(|(name, value)| (name.to_lowercase(), exported(value)));
            json!({"m": parts.collect::<serde_json::Map<_, _>>()})
        }
        _ => Value::Null,
    }
}

#[test]
fn views_read_what_rows_are_stored_as() {
    let lead = LeadId::parse("ld_x").unwrap();
    let at = "2026-03-02T01:30:00Z".parse().unwrap();
    let post =
        include_str!("../../../samples/drill.json").replace("\"website\"", "\"website\",\"campaign\":\"spring\"");
    let submission = parse(post.trim().as_bytes(), Encoding::Json).unwrap().submission;
    let answer = Answer { disposition: "won".into(), at };
    let state = LeadState { epoch: 1, answer: Some(answer), ..LeadState::received(lead.clone(), at) };
    let rows = [Row::State(state), Row::Submission(StoredSubmission { lead_id: lead, at, submission })];
    let stored = rows.map(|row| {
        let item = support::dynamo::to_item(&row).unwrap();
        exported(&AttributeValue::M(item))["m"].take()
    });

    let stack = Stack::of(TEMPLATE, &[("Analytics", "true")]);
    let column = &stack.properties("AnalyticsTable")["TableInput"]["StorageDescriptor"]["Columns"][0];
    assert_eq!(column["Name"], "item");
    let paths = paths(column["Type"].as_str().unwrap());
    let found = |path: &String| {
        stored.iter().any(|row| row.pointer(&format!("/{}", path.replace('.', "/"))).is_some_and(Value::is_string))
    };
    let missing: Vec<&String> = paths.iter().filter(|path| !found(path)).collect();
    assert!(missing.is_empty(), "no row has {missing:?}");

    let mut read = BTreeSet::new();
    for (view, query) in [("funnel", "FunnelQuery"), ("attribution", "AttributionQuery")] {
        let query = stack.properties(query)["QueryString"]["Fn::Sub"].as_str().unwrap();
        assert!(
            query.starts_with(&format!("CREATE OR REPLACE VIEW \"${{AnalyticsDatabase}}\".\"{view}\" AS\n")),
            "{query}"
        );
        for (_, behind) in query.match_indices("item.").map(|(at, _)| query.split_at(at + "item.".len())) {
            let end = behind.find(|letter: char| !letter.is_alphanumeric() && !"._".contains(letter)).unwrap();
            read.insert(behind[..end].to_owned());
        }
    }
    let missing: Vec<&String> = read.difference(&paths).collect();
    assert!(missing.is_empty(), "the table has no {missing:?}");
    assert!(read.len() >= 8, "{read:?}");
}
