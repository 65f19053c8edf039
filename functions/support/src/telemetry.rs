//! Logs and metrics. A log line is a sentence with fields, one JSON object a line, no personal data; metrics ride in the
//! log as CloudWatch's embedded metric format and cost no call.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use jiff::Timestamp;
use leads::lead::{LeadState, Stage};
use leads::ports::StageQueue;
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// The CloudWatch namespace of the metrics.
const NAMESPACE: &str = "LeadRelay";

/// The functions, by the names of their crates.
const FUNCTIONS: [&str; 7] = ["intake", "clean", "score", "route", "sla", "feedback", "reconcile"];

/// Starts logging at the level that the template sets as `LOG_LEVEL`, for the function of this name in AWS. Other crates
/// log warnings only: what they print below that, payloads included, is theirs to know.
pub fn init(level: Option<&str>, function: Option<String>) {
    if let Some(function) = function {
        drop(FUNCTION.set(function));
    }
    // A panic's message can quote a personal value; its place cannot.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "the function panicked");
    }));
    // One level and nothing else: a filter's directive for the SDK would have it log whole requests and answers.
    let level: LevelFilter = level.and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    let ours = FUNCTIONS.iter().chain(&["support"]).map(|name| (*name, level));
    let filter = Targets::new().with_default(LevelFilter::WARN).with_targets(ours);
    // A second start, as in tests, leaves the first one in place.
    drop(Registry::default().with(filter).with(JsonLines).try_init());
}

/// The function's name in AWS, which names its stack too: the metrics' dimension.
static FUNCTION: OnceLock<String> = OnceLock::new();

/// One flat JSON object an event: level, message and fields, without spans.
struct JsonLines;

impl<S: Subscriber> Layer<S> for JsonLines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Fields(Map::new());
        line.0.insert("level".into(), event.metadata().level().as_str().into());
        line.0.insert("target".into(), event.metadata().target().into());
        event.record(&mut line);
        print_line(&Value::Object(line.0));
    }
}

#[allow(clippy::print_stdout)] // Lambda's log is standard output
fn print_line(line: &Value) {
    println!("{line}");
}

struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().into(), format!("{value:?}").into());
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().into(), value.into());
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().into(), value.into());
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().into(), value.into());
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().into(), value.into());
    }
}

/// What became of one record, for log and metrics.
#[derive(Clone, Debug)]
pub struct Outcome {
    lead: String,
    version: u64,
    what: &'static str,
    detail: Option<String>,
    stage_ms: Option<i64>,
    form_to_queue_ms: Option<i64>,
}

impl Outcome {
    /// The lead entered this stage just now.
    pub fn of(state: &LeadState) -> Self {
        let detail = match state.stage {
            Stage::Routed | Stage::Nurtured => state.assignment.as_ref().map(|a| a.queue.to_string()),
            _ => state.reason.as_ref().map(|reason| reason.code.clone()),
        };
        Self {
            lead: state.lead_id.to_string(),
            version: state.version,
            what: state.stage.name(),
            detail,
            stage_ms: None,
            form_to_queue_ms: None,
        }
    }

    /// The lead left `before` for its present stage.
    pub fn after(before: &LeadState, state: &LeadState) -> Self {
        let took = |since: Timestamp| state.stage_at.as_millisecond() - since.as_millisecond();
        let in_queue = matches!(state.stage, Stage::Routed | Stage::Nurtured);
        // A person, a date or a full queue had it wait: how long says nothing of the relay.
        let waited = before.reopened_from.is_some() || before.verdict.is_some() || before.waits.is_some();
        let first_time = state.epoch == 1 && state.told_touch.is_none() && !waited;
        Self {
            stage_ms: Some(took(before.stage_at)),
            form_to_queue_ms: (in_queue && first_time).then(|| took(state.received_at)),
            ..Self::of(state)
        }
    }

    /// An earlier attempt or another message had done the work: its message was sent again.
    pub fn sent_again(state: &LeadState) -> Self {
        Self { what: "sent_again", ..Self::of(state) }
    }

    /// The lead is past what the message asked for: acknowledged without effect.
    pub fn stale(state: &LeadState) -> Self {
        Self { what: "stale", ..Self::of(state) }
    }

    /// What became of it: the stage's name, `sent_again` or `stale`.
    pub fn what(&self) -> &'static str {
        self.what
    }
}

/// Counts and times of one invocation.
pub struct Invocation {
    stage: &'static str,
    now: Timestamp,
    counts: RefCell<BTreeMap<&'static str, u32>>,
    stage_ms: RefCell<Vec<i64>>,
    form_to_queue_ms: RefCell<Vec<i64>>,
}

impl Invocation {
    /// Starts counting for the function that reads `queue`.
    pub fn start(queue: StageQueue, now: Timestamp) -> Self {
        let stage = match queue {
            StageQueue::Clean => "clean",
            StageQueue::Score => "score",
            StageQueue::Route => "route",
        };
        Self {
            stage,
            now,
            counts: RefCell::default(),
            stage_ms: RefCell::default(),
            form_to_queue_ms: RefCell::default(),
        }
    }

    /// Logs and counts a finished record.
    pub fn done(&self, outcome: &Outcome) {
        *self.counts.borrow_mut().entry(outcome.what).or_default() += 1;
        self.stage_ms.borrow_mut().extend(outcome.stage_ms);
        self.form_to_queue_ms.borrow_mut().extend(outcome.form_to_queue_ms);
        tracing::info!(
            lead.id = outcome.lead,
            lead.version = outcome.version,
            lead.detail = outcome.detail.as_deref().unwrap_or("-"),
            stage = self.stage,
            "lead {}",
            outcome.what
        );
    }

    /// Logs a failed record.
    pub fn failed(&self, message_id: Option<&str>, attempts: u32, why: &str) {
        *self.counts.borrow_mut().entry("failed").or_default() += 1;
        tracing::warn!(
            message.id = message_id.unwrap_or("-"),
            message.attempts = attempts,
            error = why,
            stage = self.stage,
            "a record failed and will be delivered again"
        );
    }

    /// Prints the metrics.
    pub fn end(self, records: usize, failed: usize) {
        let mut values = Map::new();
        values.insert("Records".into(), records.into());
        values.insert("FailedRecords".into(), failed.into());
        for (what, count) in self.counts.take() {
            values.insert(format!("Leads_{what}"), count.into());
        }
        let times = [("StageLatency", self.stage_ms.take()), ("FormToQueueLatency", self.form_to_queue_ms.take())];
        for (name, times) in times {
            if !times.is_empty() {
                values.insert(name.into(), times.into());
            }
        }
        emit(self.stage, self.now, values);
    }
}

/// Prints metrics in the embedded format, under the dimension `function`. Times are milliseconds, all else counts. They
/// stand in the log, so there are none where nothing is logged.
pub fn emit(function: &str, now: Timestamp, values: Map<String, Value>) {
    if !tracing::dispatcher::has_been_set() {
        return;
    }
    let metrics: Vec<Value> = values
        .keys()
        .map(|name| json!({ "Name": name, "Unit": if name.ends_with("Latency") { "Milliseconds" } else { "Count" } }))
        .collect();
    let mut line = values;
    line.insert("function".into(), FUNCTION.get().map_or(function, String::as_str).into());
    line.insert(
        "_aws".into(),
        json!({
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{ "Namespace": NAMESPACE, "Dimensions": [["function"]], "Metrics": metrics }],
        }),
    );
    print_line(&Value::Object(line));
}

/// Prints the counts of one run of a scheduled function as metrics, by their names.
pub fn counts(function: &str, now: Timestamp, counts: &impl serde::Serialize) {
    if let Ok(Value::Object(counts)) = serde_json::to_value(counts) {
        let counts =
            counts.into_iter().map(|(name, count)| (name, count.as_bool().map_or(count, |b| u8::from(b).into())));
        emit(function, now, counts.collect());
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use leads::id::LeadId;

    use super::*;

    /// A lead that was scored ten seconds after its form was sent, and routed two seconds later.
    fn walk(stage: Stage) -> (LeadState, LeadState) {
        let received = LeadState::received(LeadId::parse("ld_a").unwrap(), Timestamp::UNIX_EPOCH);
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let before = LeadState { stage: Stage::Scored, stage_at: at(10), ..received };
        let after = LeadState { stage, stage_at: at(12), epoch: 1, ..before.clone() };
        (before, after)
    }

    #[test]
    fn the_way_from_the_form_to_a_queue_is_timed_where_nobody_had_it_wait() {
        let timed = |(before, after): &(LeadState, LeadState)| {
            let outcome = Outcome::after(before, after);
            (outcome.stage_ms, outcome.form_to_queue_ms)
        };
        assert_eq!(timed(&walk(Stage::Routed)), (Some(2_000), Some(12_000)));
        assert_eq!(timed(&walk(Stage::Nurtured)), (Some(2_000), Some(12_000)));
        assert_eq!(timed(&walk(Stage::Held)), (Some(2_000), None));

        let (mut touched, after) = walk(Stage::Routed);
        touched.reopened_from = Some(Stage::Held);
        assert_eq!(timed(&(touched, after)), (Some(2_000), None));

        let (before, mut again) = walk(Stage::Routed);
        again.epoch = 2;
        assert_eq!(timed(&(before, again)), (Some(2_000), None));

        let (mut released, after) = walk(Stage::Routed);
        released.verdict =
            serde_json::from_str(r#"{"released": true, "by": "desk", "at": "1970-01-01T00:00:05Z"}"#).unwrap();
        assert_eq!(timed(&(released, after)), (Some(2_000), None));

        let (mut full, after) = walk(Stage::Routed);
        full.waits = serde_json::from_str(
            r#"{"queue": "desk", "look_at": "1970-01-01T00:05:00Z", "until": "1970-01-02T00:00:00Z"}"#,
        )
        .unwrap();
        assert_eq!(timed(&(full, after)), (Some(2_000), None));
    }
}
