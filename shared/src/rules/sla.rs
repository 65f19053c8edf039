//! `sla.toml`: by when a queue answers.

use std::collections::{BTreeMap, HashMap};

use crate::calendar::Within;
use crate::decision::Sla;
use crate::id::Queue;
use crate::owners::Calendars;

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
    calendars: Calendars,
}

impl SlaPolicies {
    /// The deadline for a lead that enters `queue` now.
    pub(crate) fn due(&self, queue: &Queue, now: jiff::Timestamp) -> Option<Sla> {
        let policy = self.policies.get(*self.of_queue.get(queue)?)?;
        let calendar = self.calendars.get(&policy.calendar)?;
        Some(Sla { policy: policy.id.clone(), feedback_due: calendar.deadline(now, policy.within) })
    }

    /// The name of the calendar by which `queue` answers.
    pub(super) fn calendar_of(&self, queue: &Queue) -> Option<&str> {
        let policy = self.policies.get(*self.of_queue.get(queue)?)?;
        self.calendars.contains_key(&policy.calendar).then_some(policy.calendar.as_str())
    }

    /// Every calendar, by name.
    pub(super) fn calendars(&self) -> &Calendars {
        &self.calendars
    }

    /// Reports a calendar that there is not, named by the table's `calendar`.
    pub(super) fn known_calendar(&self, name: &str, table: &Table<'_>) {
        if !self.calendars.contains_key(name) && !name.is_empty() {
            let known = self.calendars.keys().map(String::as_str);
            let mend = suggest::mend_or(name, known, &format!("add calendars/{name}.toml"));
            table.report("calendar", Code::UnknownCalendar, format!("unknown calendar `{name}`"), mend);
        }
    }
}

pub(super) fn read(root: Table<'_>, queues: &Queues, calendars: Calendars) -> SlaPolicies {
    let mut sla = SlaPolicies { calendars, ..SlaPolicies::default() };
    let mut of_kind: BTreeMap<QueueKind, usize> = BTreeMap::new();
    for mut table in root.tables("policy") {
        let id = table.identify("id");
        _ = table.text("why");
        let calendar = table.need_text("calendar").unwrap_or_default();
        sla.known_calendar(&calendar, &table);
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
        let within =
            table.need_table("within", "add within = { working_days = 5 }").and_then(|table| within("within", table));
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

/// The length that a table under `key` gives.
pub(super) fn within(key: &str, table: Table<'_>) -> Option<Within> {
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
            format!("`{key}` needs exactly one length"),
            format!("write one of {}", suggest::listed(LENGTHS.into_iter())),
        );
    }
    table.finish();
    days.or(hours).or(calendar).or(minutes)
}
