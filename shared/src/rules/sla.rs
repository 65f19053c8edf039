//! `sla.toml`: by when a queue answers.

use std::collections::{BTreeMap, HashMap};

use crate::calendar::{Calendar, Within};
use crate::decision::Sla;
use crate::id::Queue;

use super::diagnostic::Code;
use super::queues::{self, QueueKind, Queues};
use super::reader::Table;
use super::suggest;

/// By when a queue answers.
#[derive(Clone, Debug)]
struct SlaPolicy {
    id: String,
    calendar: String,
    within: Within,
}

/// The policy of each queue that has one.
#[derive(Clone, Debug, Default)]
pub(crate) struct SlaPolicies {
    policies: Vec<SlaPolicy>,
    of_queue: HashMap<Queue, usize>,
    calendars: BTreeMap<String, Calendar>,
}

impl SlaPolicies {
    /// The deadline for a lead that enters `queue` now.
    pub(crate) fn due(&self, queue: &Queue, now: jiff::Timestamp) -> Option<Due> {
        let policy = self.policies.get(*self.of_queue.get(queue)?)?;
        let calendar = self.calendars.get(&policy.calendar)?;
        let deadline = calendar.deadline(now, policy.within);
        let sla = Sla { policy: policy.id.clone(), feedback_due: deadline.at };
        Some(Due { sla, doubt: deadline.beyond.map(|year| doubt(&policy.calendar, year)) })
    }

    /// Every calendar, by name.
    pub(super) fn calendars(&self) -> &BTreeMap<String, Calendar> {
        &self.calendars
    }

    /// The longest that is ever said of a deadline.
    pub(super) fn longest_doubt(&self) -> String {
        let doubts = self.policies.iter().map(|policy| doubt(&policy.calendar, i16::MAX));
        doubts.max_by_key(String::len).unwrap_or_default()
    }
}

/// A deadline, and what has to be said of it.
pub(crate) struct Due {
    pub(crate) sla: Sla,
    /// Why it may be wrong, in a sentence.
    pub(crate) doubt: Option<String>,
}

fn doubt(calendar: &str, year: i16) -> String {
    format!("The deadline lies beyond {year}, the last year whose holidays the calendar “{calendar}” knows.")
}

pub(super) fn read(root: Table<'_>, queues: &Queues, calendars: BTreeMap<String, Calendar>) -> SlaPolicies {
    let mut sla = SlaPolicies { calendars, ..SlaPolicies::default() };
    let mut of_kind: BTreeMap<QueueKind, usize> = BTreeMap::new();
    for mut table in root.tables("policy") {
        let id = table.identify("id");
        _ = table.text("why");
        let calendar = table.need_text("calendar").unwrap_or_default();
        if !sla.calendars.contains_key(&calendar) && !calendar.is_empty() {
            let known = sla.calendars.keys().map(String::as_str);
            let mend = suggest::mend_or(&calendar, known, &format!("add calendars/{calendar}.toml"));
            table.report("calendar", Code::UnknownCalendar, format!("unknown calendar `{calendar}`"), mend);
        }
        if sla.policies.iter().any(|policy| policy.id == id) {
            table.report("id", Code::Twice, format!("policy `{id}` is declared twice"), "give one another id");
        }
        let at = sla.policies.len();
        for queue in queues::listed(&table, "queues", queues) {
            if sla.of_queue.insert(queue.clone(), at).is_some() {
                table.report("queues", Code::Twice, format!("queue `{queue}` has two policies"), "list it in one");
            }
        }
        for (kind, site) in table.choices("kinds", &QueueKind::NAMES) {
            if of_kind.insert(kind, at).is_some() {
                let problem = format!("kind `{}` has two policies", kind.as_str());
                site.report(table.problems(), Code::Twice, problem, "list it in one");
            }
        }
        if !table.has("queues") && !table.has("kinds") {
            table.report(
                "queues",
                Code::Empty,
                "the policy is for no queue",
                "add kinds = [\"sales\"] or queues = [\"…\"]",
            );
        }
        let within = table.need_table("within", "add within = { working_days = 5 }").and_then(within);
        // A policy that is wrong keeps its place, so that later ones keep theirs.
        sla.policies.push(SlaPolicy { id, calendar, within: within.unwrap_or(Within::WorkingDays(5)) });
        table.finish();
    }
    for queue in queues.values() {
        if let Some(at) = of_kind.get(&queue.kind) {
            sla.of_queue.entry(queue.name.clone()).or_insert(*at);
        } else if queue.kind == QueueKind::Sales && !sla.of_queue.contains_key(&queue.name) {
            let problem = format!("sales queue `{}` has no policy", queue.name);
            root.report("policy", Code::Uncovered, problem, "add a policy with kinds = [\"sales\"]");
        }
    }
    root.finish();
    sla
}

const LENGTHS: [&str; 4] = ["working_days", "working_hours", "calendar_days", "minutes"];

fn within(table: Table<'_>) -> Option<Within> {
    let small = |number: i64| u16::try_from(number).ok();
    let days = table.integer("working_days", 1..=250).and_then(small).map(Within::WorkingDays);
    let hours = table.integer("working_hours", 1..=2000).and_then(small).map(Within::WorkingHours);
    let calendar = table.integer("calendar_days", 1..=365).and_then(small).map(Within::CalendarDays);
    let minutes = table.integer("minutes", 1..=525_600).and_then(|n| u32::try_from(n).ok()).map(Within::Minutes);
    let keys: Vec<&str> = table.entries().map(|(key, _)| key).collect();
    let given = |keys: &[&str]| LENGTHS.iter().filter(|key| keys.contains(key)).count();
    // A length that is misspelt or out of range is reported as such.
    if keys.is_empty() || given(&keys) > 1 {
        let site = table.site();
        site.report(
            table.problems(),
            Code::ExactlyOne,
            "`within` needs exactly one length",
            format!("write one of {}", suggest::listed(LENGTHS.into_iter())),
        );
    }
    table.finish();
    days.or(hours).or(calendar).or(minutes)
}
