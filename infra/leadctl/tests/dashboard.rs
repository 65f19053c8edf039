//! The dashboard as the template deploys it: CloudWatch accepts a body with mistakes and shows empty graphs.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;

use leads::lead::Stage;
use serde_json::Value;

fn template() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")).unwrap()
}

/// As `Fn::Sub` gives it in a stack of the name `leads`; of resources that have no name, their logical ids.
fn substituted(text: &str) -> String {
    let text = text.replace("${AWS::StackName}", "leads").replace("${AWS::Region}", "eu-west-1");
    text.replace("${Table}", "Table").replace("${Api}", "Api")
}

fn body() -> Value {
    let template = template();
    let (_, rest) = template.split_once("      DashboardBody: !Sub |\n").unwrap();
    let lines = rest.lines().take_while(|line| line.starts_with("        "));
    let text = substituted(&lines.collect::<Vec<_>>().join("\n"));
    assert!(!text.contains("${"), "a reference that this test does not know");
    serde_json::from_str(&text).unwrap()
}

/// What the template names by this property.
fn named(property: &str) -> BTreeSet<String> {
    let start = format!("      {property}: !Sub ");
    template().lines().filter_map(|line| line.strip_prefix(&start)).map(substituted).collect()
}

fn number(widget: &Value, key: &str) -> u64 {
    widget[key].as_u64().unwrap_or_else(|| panic!("{key} of {widget}"))
}

#[test]
fn widgets_stand_on_the_grid_and_none_on_another() {
    let body = body();
    let mut taken = BTreeSet::new();
    for widget in body["widgets"].as_array().unwrap() {
        let [x, y, width, height] = ["x", "y", "width", "height"].map(|key| number(widget, key));
        assert!(x + width <= 24 && width > 0 && height > 0, "{widget}");
        for cell in (x..x + width).flat_map(|x| (y..y + height).map(move |y| (x, y))) {
            assert!(taken.insert(cell), "{cell:?} is taken twice, the second time by {widget}");
        }
    }
    let height = taken.iter().map(|(_, y)| y + 1).max().unwrap();
    assert_eq!(taken.len() as u64, 24 * height, "the grid has holes");
}

#[test]
fn each_line_shows_a_metric_that_is_there() {
    let (queues, functions) = (named("QueueName"), named("FunctionName"));
    assert!(queues.contains("leads-clean-queue") && functions.contains("leads-route"));
    let stages = Stage::ALL.map(|stage| format!("Leads_{}", stage.name()));
    let of_ticks = serde_json::to_value(sla::Tick::default()).unwrap();
    let of_audits = serde_json::to_value(reconcile::Audit::default()).unwrap();
    let mut seen = BTreeSet::new();
    for widget in body()["widgets"].as_array().unwrap() {
        if widget["type"] == "text" {
            assert!(widget["properties"]["markdown"].is_string());
            continue;
        }
        assert_eq!(widget["type"], "metric");
        let properties = &widget["properties"];
        assert_eq!(properties["region"], "eu-west-1");
        assert!(properties["title"].is_string() && properties["period"].as_u64().unwrap() % 60 == 0);
        let lines = properties["metrics"].as_array().unwrap();
        assert!(!lines.is_empty(), "{widget}");
        for line in lines {
            let [space, name, dimension, value] = [0, 1, 2, 3].map(|at| line[at].as_str().unwrap());
            assert_eq!(line.as_array().unwrap().len(), 5, "{line}");
            let stat = line[4]["stat"].as_str().unwrap();
            assert!(["Sum", "Maximum", "p50", "p99"].contains(&stat), "{line}");
            assert!(line[4]["label"].is_string());
            let known: &[&str] = match (space, dimension) {
                ("AWS/SQS", "QueueName") => {
                    assert!(queues.contains(value), "no such queue: {line}");
                    &["ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"]
                }
                ("AWS/Lambda", "FunctionName") => {
                    assert!(functions.contains(value), "no such function: {line}");
                    &["Invocations", "Errors", "Throttles", "Duration"]
                }
                ("AWS/ApiGateway", "ApiId") => {
                    assert_eq!(value, "Api");
                    &["Count", "4xx", "5xx", "Latency"]
                }
                ("AWS/DynamoDB", "TableName") => {
                    assert_eq!(value, "Table");
                    &[
                        "ConsumedReadCapacityUnits",
                        "ConsumedWriteCapacityUnits",
                        "ReadThrottleEvents",
                        "WriteThrottleEvents",
                    ]
                }
                ("LeadRelay", "function") => {
                    let own = match value.strip_prefix("leads-").unwrap() {
                        "sla" => of_ticks.get(name).is_some(),
                        "reconcile" => of_audits.get(name).is_some(),
                        "clean" | "score" => stages.iter().any(|stage| stage == name) || of_batches(name),
                        "route" => {
                            let stage = stages.iter().any(|stage| stage == name);
                            stage || of_batches(name) || name == "FormToQueueLatency"
                        }
                        _ => false,
                    };
                    assert!(own, "nothing emits {line}");
                    &[name]
                }
                _ => panic!("no such metric: {line}"),
            };
            assert!(known.contains(&name), "no such metric: {line}");
            assert!(seen.insert((name.to_owned(), value.to_owned(), stat.to_owned())), "twice: {line}");
        }
    }
    let shown = |queue: &String| seen.iter().any(|(_, value, _)| value == queue);
    let missing: Vec<&String> = queues.iter().filter(|queue| !shown(queue)).collect();
    assert!(missing.is_empty(), "not on the dashboard: {missing:?}");
    let missing: Vec<&String> = functions.iter().filter(|function| !shown(function)).collect();
    assert!(missing.is_empty(), "not on the dashboard: {missing:?}");
}

/// What every stage counts besides the stages that its leads enter.
fn of_batches(name: &str) -> bool {
    ["Records", "FailedRecords", "Leads_sent_again", "Leads_stale", "Leads_failed", "StageLatency"].contains(&name)
}

/// The alarms on what functions count themselves, which CloudWatch would not miss if it were never there.
#[test]
fn alarms_on_own_metrics_are_on_what_is_counted() {
    let template = template();
    let of_ticks = serde_json::to_value(sla::Tick::default()).unwrap();
    let of_audits = serde_json::to_value(reconcile::Audit::default()).unwrap();
    let mut alarms = Vec::new();
    for alarm in template.split("Type: AWS::CloudWatch::Alarm\n").skip(1) {
        let properties = alarm.split("\n\n").next().unwrap();
        let Some((_, own)) = properties.split_once("Namespace: LeadRelay\n") else { continue };
        let name = own.lines().find_map(|line| line.trim().strip_prefix("MetricName: ")).unwrap();
        let (_, function) = own.split_once("${AWS::StackName}-").unwrap();
        let function = function.split_once('"').unwrap().0;
        let counted = match function {
            "sla" => of_ticks.get(name).is_some(),
            "reconcile" => of_audits.get(name).is_some(),
            "route" => ["Leads_parked", "FailedRecords", "FormToQueueLatency"].contains(&name),
            _ => ["Leads_parked", "FailedRecords"].contains(&name),
        };
        assert!(counted, "nothing emits {name} for {function}");
        alarms.push(format!("{function} {name}"));
    }
    alarms.sort();
    let expected = [
        "clean FailedRecords",
        "clean Leads_parked",
        "reconcile differences",
        "reconcile finished",
        "route FailedRecords",
        "route FormToQueueLatency",
        "route Leads_parked",
        "score FailedRecords",
        "score Leads_parked",
        "sla breached",
        "sla failed",
    ];
    assert_eq!(alarms, expected);
}
