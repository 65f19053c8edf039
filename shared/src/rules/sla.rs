//! `sla.toml`: by when a queue answers, and what happens on the way there and after.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::calendar::{Calendar, Deadline, Within};
use crate::decision::{ClockAction, ClockStep, Protection, Sla};
use crate::id::Queue;
use crate::owners::Calendars;
use crate::protection;

use super::condition::Condition;
use super::diagnostic::Code;
use super::field::Facts;
use super::lists::Lists;
use super::queues::{self, QueueKind, Queues};
use super::reader::{Site, Table};
use super::{lint, suggest};

/// How many steps a policy may take before its deadline, and after it.
const MOST_REMINDERS: usize = 3;
const MOST_ESCALATIONS: usize = 3;

/// By when a queue answers.
#[derive(Clone, Debug)]
struct SlaPolicy {
    id: String,
    when: Condition,
    calendar: String,
    first_response: Option<Within>,
    within: Within,
    steps: Vec<(Within, ClockAction)>,
    protection: Option<ProtectionPolicy>,
}

/// For how long a lead stays with whoever has it.
#[derive(Clone, Copy, Debug)]
struct ProtectionPolicy {
    period: protection::Protection,
    reactivate_after_days: Option<u32>,
}

/// The policies of each queue that has any, in the order in which they are asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct SlaPolicies {
    policies: Vec<SlaPolicy>,
    of_queue: BTreeMap<Queue, Vec<usize>>,
    calendars: Calendars,
}

impl SlaPolicies {
    /// The clock of a lead that enters `queue` now.
    pub(crate) fn clock(&self, queue: &Queue, facts: &Facts<'_>, now: Timestamp) -> Option<Due> {
        let of_queue = self.of_queue.get(queue)?.iter().filter_map(|at| self.policies.get(*at));
        let policy = of_queue.into_iter().find(|policy| policy.when.holds(facts))?;
        let calendar = self.calendars.get(&policy.calendar)?;
        Some(policy.clock(calendar, now))
    }

    /// The longest that is ever said of a deadline.
    pub(super) fn longest_doubt(&self) -> String {
        let doubts = self.policies.iter().map(|policy| doubt(&policy.calendar, i16::MAX));
        doubts.max_by_key(String::len).unwrap_or_default()
    }

    /// The name of the calendar by which `queue` answers.
    pub(super) fn calendar_of(&self, queue: &Queue) -> Option<&str> {
        // Of several, the last: the others are for some leads only.
        let policy = self.policies.get(*self.of_queue.get(queue)?.last()?)?;
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

/// A clock, and what has to be said of it.
pub(crate) struct Due {
    pub(crate) sla: Sla,
    /// Why it may be wrong, in a sentence.
    pub(crate) doubt: Option<String>,
}

fn doubt(calendar: &str, year: i16) -> String {
    format!("The deadline lies beyond {year}, the last year whose holidays the calendar “{calendar}” knows.")
}

impl SlaPolicy {
    fn clock(&self, calendar: &Calendar, now: Timestamp) -> Due {
        let after = |within| calendar.deadline(now, within).at;
        let first_response_due = self.first_response.map(after);
        let Deadline { at: feedback_due, beyond } = calendar.deadline(now, self.within);
        let first_response = first_response_due.map(|at| ClockStep { at, action: ClockAction::FirstResponse });
        let others = self.steps.iter().map(|(within, action)| ClockStep { at: after(*within), action: action.clone() });
        let mut steps: Vec<ClockStep> = first_response
            .into_iter()
            .chain([ClockStep { at: feedback_due, action: ClockAction::Deadline }])
            .chain(others)
            .collect();
        // What is written in hours and what is written in days meet only here. A reminder that falls behind the deadline is
        // none, and nothing that follows the deadline comes before it.
        steps.retain(|step| step.action != ClockAction::Remind || step.at < feedback_due);
        for step in &mut steps {
            if !matches!(step.action, ClockAction::Remind | ClockAction::FirstResponse) {
                step.at = step.at.max(feedback_due);
            }
        }
        steps.sort_by_key(|step| step.at);
        let protection = self.protection.map(|policy| Protection {
            calendar: self.calendar.clone(),
            until: policy.period.ends(now, calendar),
            extension_days: policy.period.days_after_update,
            at_most: policy.period.last(now, calendar),
            reactivate_after_days: policy.reactivate_after_days,
        });
        let sla = Sla { policy: self.id.clone(), first_response_due, feedback_due, steps, protection };
        Due { sla, doubt: beyond.map(|year| doubt(&self.calendar, year)) }
    }
}

pub(super) fn read(root: Table<'_>, lists: &Lists, queues: &Queues, calendars: Calendars) -> SlaPolicies {
    let mut sla = SlaPolicies { calendars, ..SlaPolicies::default() };
    let mut of_kind: BTreeMap<QueueKind, Vec<usize>> = BTreeMap::new();
    let mut sites: Vec<Site> = Vec::new();
    for mut table in root.tables("policy") {
        let id = table.identify("id");
        _ = table.text("why");
        let when = Condition::of_rule(&table, lists);
        when.iter().for_each(|when| lint::known_to(lint::Stage::Route, &table, when));
        let calendar = table.need_text("calendar").unwrap_or_default();
        sla.known_calendar(&calendar, &table);
        if sla.policies.iter().any(|policy| policy.id == id) {
            table.report("id", Code::Twice, format!("policy `{id}` is declared twice"), "give one another id");
        }
        // An earlier policy without a condition leaves nothing to this one.
        let at = sla.policies.len();
        let total = |earlier: &[usize]| {
            earlier.iter().any(|at| sla.policies.get(*at).is_some_and(|policy| policy.when == Condition::Always))
        };
        for queue in queues::listed(&table, "queues", queues) {
            let all = sla.of_queue.entry(queue.clone()).or_default();
            if total(all) {
                table.report("queues", Code::Twice, format!("queue `{queue}` has two policies"), "list it in one");
            }
            all.push(at);
        }
        for (kind, site) in table.choices("kinds", &QueueKind::NAMES) {
            let all = of_kind.entry(kind).or_default();
            if total(all) {
                let problem = format!("kind `{}` has two policies", kind.as_str());
                site.report(table.problems(), Code::Twice, problem, "list it in one");
            }
            all.push(at);
        }
        if !table.has("queues") && !table.has("kinds") {
            table.report(
                "queues",
                Code::Empty,
                "the policy is for no queue",
                "add kinds = [\"sales\"] or queues = [\"…\"]",
            );
        }
        let first_response = table.table("first_response").and_then(|table| length("first_response", table));
        let within = table.need_table("within", "add within = { working_days = 5 }");
        let within = within.and_then(|table| length("within", table));
        let reminders = reminders(&table);
        let escalations = escalations(&table, queues);
        let protection = table.table("protection").and_then(protection);
        sites.push(table.site());
        // A policy that is wrong keeps its place, so that later ones keep theirs.
        sla.policies.push(SlaPolicy {
            id,
            when: when.unwrap_or(Condition::Always),
            calendar,
            first_response,
            within: within.unwrap_or(Within::WorkingDays(5)),
            steps: reminders.chain(escalations).collect(),
            protection,
        });
        table.finish();
    }
    for queue in queues.values() {
        let total = |all: &[usize]| {
            all.iter().any(|at| sla.policies.get(*at).is_some_and(|policy| policy.when == Condition::Always))
        };
        let all = sla.of_queue.entry(queue.name.clone()).or_default();
        if !total(all) {
            all.extend(of_kind.get(&queue.kind).into_iter().flatten());
        }
        if queue.kind == QueueKind::Sales && !total(all) {
            let problem = format!("sales queue `{}` has no policy for every lead", queue.name);
            root.report("policy", Code::Uncovered, problem, "add a policy with kinds = [\"sales\"] and without `when`");
        }
    }
    report_circles(&sla, &sites, &root);
    root.finish();
    sla
}

/// Reports leads that would go round: each queue hands them on to the next, and the last one to the first.
fn report_circles(sla: &SlaPolicies, sites: &[Site], root: &Table<'_>) {
    let hands_on = |at: &usize| {
        let policy = sla.policies.get(*at)?;
        let queue = policy.steps.iter().find_map(|(_, action)| match action {
            ClockAction::Reroute { queue } => Some(queue),
            _ => None,
        });
        Some((*at, queue?))
    };
    let mut reported: BTreeSet<usize> = BTreeSet::new();
    for first in sla.of_queue.keys() {
        let (mut open, mut seen) = (vec![first], BTreeSet::new());
        while let Some(queue) = open.pop() {
            for (at, next) in sla.of_queue.get(queue).into_iter().flatten().filter_map(hands_on) {
                if next == first && reported.insert(at) {
                    let problem = format!("leads of `{first}` that nobody answers come back to it in a circle");
                    let mend = "let the last of these queues recycle them, or tell somebody";
                    let site = sites.get(at).cloned().unwrap_or_else(|| root.site());
                    site.report(root.problems(), Code::Contradiction, problem, mend);
                }
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
    }
}

const LENGTHS: [&str; 4] = ["working_days", "working_hours", "calendar_days", "minutes"];

/// The length that a table under `name` gives.
pub(super) fn length(name: &str, table: Table<'_>) -> Option<Within> {
    let length = length_in(name, &table);
    table.finish();
    length
}

/// The length that a table gives, beside other keys perhaps.
fn length_in(name: &str, table: &Table<'_>) -> Option<Within> {
    let small = |number: i64| u16::try_from(number).ok();
    let days = table.integer("working_days", 1..=250).and_then(small).map(Within::WorkingDays);
    let hours = table.integer("working_hours", 1..=2000).and_then(small).map(Within::WorkingHours);
    let calendar = table.integer("calendar_days", 1..=365).and_then(small).map(Within::CalendarDays);
    let minutes = table.integer("minutes", 1..=525_600).and_then(|n| u32::try_from(n).ok()).map(Within::Minutes);
    let given = LENGTHS.iter().filter(|key| table.has(key)).count();
    // A length that is misspelt or out of range is reported as such.
    if table.entries().next().is_none() || given > 1 {
        let site = table.site();
        site.report(
            table.problems(),
            Code::ExactlyOne,
            format!("`{name}` needs exactly one length"),
            format!("write one of {}", suggest::listed(LENGTHS.into_iter())),
        );
    }
    days.or(hours).or(calendar).or(minutes)
}

fn reminders(policy: &Table<'_>) -> impl Iterator<Item = (Within, ClockAction)> + use<> {
    let tables = policy.tables("remind_after");
    if tables.len() > MOST_REMINDERS {
        let problem = format!("more than {MOST_REMINDERS} reminders");
        policy.report("remind_after", Code::OutOfRange, problem, "take some out");
    }
    let lengths: Vec<Within> = tables.into_iter().filter_map(|table| length("remind_after", table)).collect();
    lengths.into_iter().map(|length| (length, ClockAction::Remind))
}

#[derive(Clone, Copy)]
enum Escalation {
    Notify,
    Reroute,
    Recycle,
}

fn escalations(policy: &Table<'_>, queues: &Queues) -> impl Iterator<Item = (Within, ClockAction)> + use<> {
    let tables = policy.tables("escalation");
    if tables.len() > MOST_ESCALATIONS {
        let problem = format!("more than {MOST_ESCALATIONS} escalations");
        policy.report("escalation", Code::OutOfRange, problem, "take some out");
    }
    let mut gone = false;
    let mut steps = Vec::new();
    for table in tables {
        if gone {
            let problem = "an escalation that is never reached: the lead has left the queue by then";
            let mend = "let the one that reroutes or recycles be the last";
            table.site().report(table.problems(), Code::Unreachable, problem, mend);
        }
        let after = table.need_table("after", "add after = { working_days = 6 }");
        let after = after.and_then(|table| length("after", table));
        let action = table.need_choice(
            "action",
            &[("notify", Escalation::Notify), ("reroute", Escalation::Reroute), ("recycle", Escalation::Recycle)],
        );
        let queue = queues::named(&table, "queue", queues);
        let days = table.integer("reactivate_after_days", 1..=3650).and_then(|days| u32::try_from(days).ok());
        let pointless = |key, mend| table.report(key, Code::Pointless, format!("`{key}` has no effect here"), mend);
        match action {
            Some(Escalation::Recycle) if table.has("queue") => pointless("queue", "take it out, or write reroute"),
            Some(Escalation::Notify | Escalation::Reroute) => {
                if !table.has("queue") {
                    table.report("queue", Code::MissingKey, "`queue` is missing", "add queue = \"…\"");
                }
                if days.is_some() {
                    pointless("reactivate_after_days", "take it out, or write recycle");
                }
            }
            _ => {}
        }
        gone |= matches!(action, Some(Escalation::Reroute | Escalation::Recycle));
        let action = match (action, queue) {
            (Some(Escalation::Notify), Some(queue)) => Some(ClockAction::Notify { queue }),
            (Some(Escalation::Reroute), Some(queue)) => Some(ClockAction::Reroute { queue }),
            (Some(Escalation::Recycle), _) => Some(ClockAction::Recycle { reactivate_after_days: days }),
            _ => None,
        };
        steps.extend(after.zip(action));
        table.finish();
    }
    steps.into_iter()
}

fn protection(table: Table<'_>) -> Option<ProtectionPolicy> {
    let small = |days: i64| u16::try_from(days).ok();
    let first = table.need_integer("days", 1..=3650).and_then(small);
    let extension = table.need_integer("extension_days", 0..=3650).and_then(small);
    let most = table.integer("at_most_days", 1..=3650).and_then(small);
    let reactivate = table.integer("reactivate_after_days", 1..=3650).and_then(|days| u32::try_from(days).ok());
    if let (Some(first), Some(most)) = (first, most)
        && most < first
    {
        let problem = format!("it ends after {most} days, before the first {first} are over");
        table.report("at_most_days", Code::Contradiction, problem, format!("write at_most_days = {first} or more"));
    }
    table.finish();
    let period = protection::Protection { days: first?, days_after_update: extension?, most_days: most };
    Some(ProtectionPolicy { period, reactivate_after_days: reactivate })
}
