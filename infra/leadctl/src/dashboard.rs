//! The CloudWatch dashboard: from left to right the stages of the pipeline, from top to bottom what came of the leads, what
//! waits, how long it takes, and what fails; then the sales queues. A grid of 24 columns, as CloudWatch has it.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::queues::Queues;

/// The width of a dashboard.
pub const COLUMNS: u32 = 24;
/// The width of a stage.
const STAGE: u32 = 4;
/// The height of a row.
const ROW: u32 = 6;

/// What stands somewhere on the dashboard.
#[derive(Clone, Debug)]
pub struct Widget {
    /// The column of its left edge.
    pub x: u32,
    /// The row of its upper edge.
    pub y: u32,
    /// In columns.
    pub width: u32,
    /// In rows.
    pub height: u32,
    /// Its heading.
    pub title: String,
    /// What it shows.
    pub lines: Vec<Metric>,
}

/// One line of a graph.
#[derive(Clone, Debug)]
pub struct Metric {
    namespace: &'static str,
    name: String,
    dimension: (&'static str, String),
    /// What people read.
    pub label: String,
    stat: &'static str,
}

/// The text above the graphs.
const LEGEND: &str = "**Leads, from the form on the left to sales on the right.** Below each other: what came of them, \
                      what waits, how long it takes, what fails; then the sales queues and their dead letters.";

/// The widgets, in reading order.
pub fn widgets(queues: &Queues) -> Vec<Widget> {
    let mut board = Board { y: 2, widgets: Vec::new() };
    board.row(&[
        ("Form", api(&["Count", "4xx", "5xx"], "Sum")),
        ("clean", leads("clean", &["cleaned", "merged", "held", "rejected", "parked"])),
        ("score", leads("score", &["scored", "stale", "sent_again", "parked"])),
        ("route", leads("route", &["routed", "nurtured", "held", "stale", "parked"])),
        ("Sales answers", function("feedback", &["Invocations"], "Sum")),
        ("Clock", clock(&["stepped", "breached", "recycled", "reactivated", "resent", "redelivered"])),
    ]);
    board.row(&[
        ("API, ms", [api(&["Latency"], "p50"), api(&["Latency"], "p99")].concat()),
        ("Before clean: oldest, s", age("clean-queue")),
        ("Before score: oldest, s", age("score-queue")),
        ("Before route: oldest, s", age("route-queue")),
        ("Sales answers, ms", function("feedback", &["Duration"], "p99")),
        ("Clock: left over", clock(&["failed", "unfinished", "waiting"])),
    ]);
    board.row(&[
        ("intake, ms", function("intake", &["Duration"], "p99")),
        ("In clean, ms", stage_time("clean")),
        ("In score, ms", stage_time("score")),
        ("In route, ms", stage_time("route")),
        ("From form to queue, ms", own("route", &["FormToQueueLatency"], "p50")),
        ("From form to queue, slowest of 100", own("route", &["FormToQueueLatency"], "p99")),
    ]);
    const FUNCTIONS: [&str; 7] = ["intake", "clean", "score", "route", "feedback", "sla", "reconcile"];
    let of_each = |metric: &str| -> Vec<Metric> {
        let lines = FUNCTIONS.map(|name| Metric { label: name.into(), ..lambda(name, metric, "Sum") });
        lines.into()
    };
    let table = |name: &str| Metric {
        namespace: "AWS/DynamoDB",
        name: name.into(),
        dimension: ("TableName", "${Table}".into()),
        label: name.into(),
        stat: "Sum",
    };
    board.row(&[
        ("Errors", of_each("Errors")),
        ("Throttles", of_each("Throttles")),
        ("Table", ["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"].map(table).into()),
        ("Table: throttled", ["ReadThrottleEvents", "WriteThrottleEvents"].map(table).into()),
        ("The books, at night", own("reconcile", &["differences", "dead", "finished"], "Maximum")),
        ("Leads in the books", own("reconcile", &["accepted", "in_flight"], "Maximum")),
    ]);
    let of_queues = |name: &str, suffix: &str| {
        let line = |queue: &crate::queues::SalesQueue| Metric {
            label: queue.name.clone(),
            ..sqs(&format!("{}{suffix}.fifo", queue.name), name)
        };
        queues.queue.iter().map(line).collect::<Vec<_>>()
    };
    const WAITING: &str = "ApproximateNumberOfMessagesVisible";
    let internal = ["clean-queue", "score-queue", "route-queue"];
    let mut dead = internal.map(|name| Metric { label: name.into(), ..sqs(&format!("{name}-dlq"), WAITING) }).to_vec();
    dead.extend(of_queues(WAITING, "-dlq"));
    board.row(&[
        ("Sales queues: waiting", of_queues(WAITING, "")),
        ("Sales queues: oldest, s", of_queues("ApproximateAgeOfOldestMessage", "")),
        ("Dead letters", dead),
    ]);
    board.widgets
}

/// Rows of widgets of equal width.
struct Board {
    y: u32,
    widgets: Vec<Widget>,
}

impl Board {
    fn row(&mut self, cells: &[(&str, Vec<Metric>)]) {
        let width = COLUMNS / u32::try_from(cells.len()).unwrap_or(COLUMNS).max(1);
        for ((title, lines), x) in cells.iter().zip((0..).step_by(width.max(STAGE) as usize)) {
            let (title, lines) = ((*title).to_owned(), lines.clone());
            self.widgets.push(Widget { x, y: self.y, width, height: ROW, title, lines });
        }
        self.y += ROW;
    }
}

fn api(names: &[&str], stat: &'static str) -> Vec<Metric> {
    let line = |name: &&str| Metric {
        namespace: "AWS/ApiGateway",
        name: (*name).to_owned(),
        dimension: ("ApiId", "${Api}".into()),
        label: if stat == "Sum" { (*name).to_owned() } else { format!("{name} {stat}") },
        stat,
    };
    names.iter().map(line).collect()
}

/// What a function itself counts, in the embedded metric format.
fn own(function: &str, names: &[&str], stat: &'static str) -> Vec<Metric> {
    let line = |name: &&str| Metric {
        namespace: "LeadRelay",
        name: (*name).to_owned(),
        dimension: ("function", format!("${{AWS::StackName}}-{function}")),
        label: if stat.starts_with('p') { stat.to_owned() } else { (*name).to_owned() },
        stat,
    };
    names.iter().map(line).collect()
}

fn leads(stage: &str, what: &[&str]) -> Vec<Metric> {
    let names: Vec<String> = what.iter().map(|what| format!("Leads_{what}")).collect();
    let lines = own(stage, &names.iter().map(String::as_str).collect::<Vec<_>>(), "Sum");
    lines.into_iter().zip(what).map(|(line, what)| Metric { label: (*what).to_owned(), ..line }).collect()
}

fn clock(names: &[&str]) -> Vec<Metric> {
    own("sla", names, "Sum")
}

fn stage_time(stage: &str) -> Vec<Metric> {
    [own(stage, &["StageLatency"], "p50"), own(stage, &["StageLatency"], "p99")].concat()
}

fn lambda(function: &str, name: &str, stat: &'static str) -> Metric {
    Metric {
        namespace: "AWS/Lambda",
        name: name.to_owned(),
        dimension: ("FunctionName", format!("${{AWS::StackName}}-{function}")),
        label: if stat == "Sum" { name.to_owned() } else { stat.to_owned() },
        stat,
    }
}

fn function(function: &str, names: &[&str], stat: &'static str) -> Vec<Metric> {
    names.iter().map(|name| lambda(function, name, stat)).collect()
}

fn sqs(queue: &str, name: &str) -> Metric {
    Metric {
        namespace: "AWS/SQS",
        name: name.to_owned(),
        dimension: ("QueueName", format!("${{AWS::StackName}}-{queue}")),
        label: queue.to_owned(),
        stat: "Maximum",
    }
}

fn age(queue: &str) -> Vec<Metric> {
    vec![Metric { label: "oldest".into(), ..sqs(queue, "ApproximateAgeOfOldestMessage") }]
}

/// The dashboard's body for `Fn::Sub`: a line a metric, so that a change reads as what it is.
pub fn body(queues: &Queues) -> String {
    let legend = json!({
        "type": "text", "x": 0, "y": 0, "width": COLUMNS, "height": 2, "properties": { "markdown": LEGEND },
    });
    let mut text = format!("{{\"widgets\": [\n  {legend}");
    for Widget { x, y, width, height, title, lines } in widgets(queues) {
        // Writing to a text cannot fail.
        _ = write!(
            text,
            ",\n  {{\"type\": \"metric\", \"x\": {x}, \"y\": {y}, \"width\": {width}, \"height\": {height}, \
             \"properties\": {{\"title\": {}, \"region\": \"${{AWS::Region}}\", \"view\": \"timeSeries\", \
             \"period\": 60, \"metrics\": [",
            Value::from(title)
        );
        for (number, line) in lines.into_iter().enumerate() {
            let Metric { namespace, name, dimension: (dimension, value), label, stat } = line;
            let options = json!({ "label": label, "stat": stat });
            let line = json!([namespace, name, dimension, value, options]);
            _ = write!(text, "{}\n    {line}", if number == 0 { "" } else { "," });
        }
        text.push_str("]}}");
    }
    text + "\n]}\n"
}
