//! `owners/*.toml`: the people of a queue, how much they can take, and what becomes of what they can't.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU8;

use crate::id::Queue;
use crate::owners::{Leave, Overflow, Owner, Team};
use crate::submission::is_plain;

use super::diagnostic::Code;
use super::queues::{self, QueueKind, Queues};
use super::reader::{Site, Table};
use super::sla::{self, SlaPolicies};

/// The team of each queue that has a file.
pub(crate) type Teams = BTreeMap<Queue, Declared>;

/// A team as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) team: Team,
    /// Where its cap stands.
    pub(super) cap_line: Option<usize>,
}

impl Declared {
    pub(super) fn cap_site(&self) -> Site {
        Site { file: format!("owners/{}.toml", self.team.queue), line: self.cap_line, rule: None }
    }
}

/// The longest id of an owner, in bytes; it is part of a row's key and travels on every message.
const LONGEST_ID: usize = 64;

/// Most open leads of anybody.
const MOST_OPEN: i64 = 100_000;

/// The kinds of queues whose leads somebody takes and answers for.
const WORKED: [QueueKind; 3] = [QueueKind::Sales, QueueKind::SelfService, QueueKind::Review];

/// Reads the files, given with the queues that they are called after.
pub(super) fn read<'d>(files: impl Iterator<Item = (&'d str, Table<'d>)>, queues: &Queues, sla: &SlaPolicies) -> Teams {
    let mut teams = Teams::new();
    let mut overflows = Vec::new();
    for (name, root) in files {
        let Some(team) = read_team(name, &root, queues, sla) else {
            root.finish();
            continue;
        };
        overflows.push((team.queue.clone(), root.site_at("overflow"), root.problems()));
        let cap_line = root.site_at("cap").line;
        teams.insert(team.queue.clone(), Declared { team, cap_line });
        root.finish();
    }
    for (queue, site, problems) in overflows {
        match circle(&queue, &teams).as_deref() {
            None => {}
            Some([_, _]) => {
                let problem = "the queue overflows into itself";
                site.report(problems, Code::Circle, problem, "name another queue, or write overflow = \"hold\"");
            }
            Some(circle) => {
                let problem = format!("leads would go round in a circle: {}", circle.join(" → "));
                let mend = "let one of them overflow elsewhere, or hold its leads";
                site.report(problems, Code::Circle, problem, mend);
            }
        }
    }
    teams
}

fn read_team(name: &str, root: &Table<'_>, queues: &Queues, sla: &SlaPolicies) -> Option<Team> {
    root.need("queue", &format!("\"{name}\""));
    let queue = queues::named(root, "queue", queues);
    if let Some(other) = queue.as_ref().filter(|queue| queue.as_str() != name) {
        let problem = format!("the file is called `{name}` and is for queue `{other}`");
        root.report("queue", Code::UnknownFile, problem, format!("call it owners/{other}.toml"));
    }
    if let Some(queue) = &queue {
        worked(queue, "queue", root, queues);
    }
    let policy = queue.as_ref().and_then(|queue| sla.calendar_of(queue));
    let cap = cap(root);
    let overflow = read_overflow(root, queues, policy.is_some());
    let mut owners: Vec<Owner> = Vec::new();
    for table in root.tables("owner") {
        let owner = read_owner(table, sla, policy.is_some());
        let twice = owners.iter().any(|other| other.id == owner.0.id && !other.id.is_empty());
        if twice {
            let problem = format!("owner `{}` is listed twice", owner.0.id);
            owner.1.report(root.problems(), Code::Twice, problem, "take one out, or write one with a larger weight");
        } else {
            owners.push(owner.0);
        }
    }
    if owners.is_empty() && cap.is_none() && !root.has("cap") {
        root.report("owner", Code::Empty, "the file names nobody and sets no cap", "add [[owner]] with id = \"…\"");
    }
    // By id: the order in the file says nothing.
    owners.sort_by(|one, other| one.id.cmp(&other.id));
    Some(Team { queue: queue?, cap, overflow: overflow?, calendar: policy.map(str::to_owned), owners })
}

fn read_owner(mut table: Table<'_>, sla: &SlaPolicies, has_policy: bool) -> (Owner, Site) {
    let id = table.identify("id");
    if id.len() > LONGEST_ID || !is_plain(&id) || id.trim() != id {
        let mend = format!("write up to {LONGEST_ID} bytes, without spaces around them or signs that can't be seen");
        table.report("id", Code::Malformed, format!("`{id}` can't be an owner's id"), mend);
    }
    let weight = table.integer("weight", 1..=100).and_then(|weight| NonZeroU8::new(u8::try_from(weight).ok()?));
    let calendar = table.text("calendar");
    if let Some(name) = &calendar {
        sla.known_calendar(name, &table);
    }
    let leave = read_leave(&table);
    if !leave.is_empty() && calendar.is_none() && !has_policy {
        let mend = "add calendar = \"…\", or give the queue a policy in sla.toml";
        table.report("leave", Code::MissingKey, "no calendar tells in which time zone these days are", mend);
    }
    let owner = Owner { id, weight: weight.unwrap_or(NonZeroU8::MIN), cap: cap(&table), calendar, leave };
    let site = table.site();
    table.finish();
    (owner, site)
}

fn cap(table: &Table<'_>) -> Option<u32> {
    table.integer("cap", 1..=MOST_OPEN).and_then(|cap| u32::try_from(cap).ok())
}

fn read_leave(owner: &Table<'_>) -> Vec<Leave> {
    let mut leaves: Vec<Leave> = Vec::new();
    for table in owner.tables("leave") {
        table.need("from", "2026-02-10");
        table.need("until", "2026-02-20");
        if let (Some(from), Some(until)) = (table.date("from"), table.date("until")) {
            if until < from {
                let mend = "put `until`, the last day away, on or after `from`";
                table.report("until", Code::Malformed, "the leave ends before it begins", mend);
            } else if leaves.iter().any(|other| other.from <= until && from <= other.until) {
                let problem = "the leave overlaps with another one of the same person";
                table.report("from", Code::Twice, problem, "write both as one");
            } else {
                leaves.push(Leave { from, until });
            }
        }
        table.finish();
    }
    leaves.sort();
    leaves
}

fn read_overflow(root: &Table<'_>, queues: &Queues, has_policy: bool) -> Option<Overflow> {
    root.need("overflow", "{ queue = \"…\" }, or \"hold\"");
    let held = root.table("hold_within").and_then(|table| sla::length("hold_within", table));
    let value = root.get("overflow")?;
    let (queue, holds) = match (root.of("overflow", value), value.get_ref().as_str()) {
        (Some(table), _) => {
            table.need("queue", "\"…\"");
            let queue = queues::named(&table, "queue", queues);
            if let Some(queue) = &queue {
                worked(queue, "queue", &table, queues);
            }
            table.finish();
            (queue, false)
        }
        (None, Some("hold")) => (None, true),
        (None, Some(name)) => (review(name, root, queues), false),
        (None, None) => {
            let mend = "write { queue = \"…\" }, \"hold\", or the name of a review queue";
            root.report("overflow", Code::WrongType, "`overflow` is neither a queue nor \"hold\"", mend);
            (None, false)
        }
    };
    if root.has("hold_within") && !holds {
        let problem = "nothing is held, so `hold_within` says nothing";
        root.report("hold_within", Code::Pointless, problem, "take it out, or write overflow = \"hold\"");
    }
    if holds && !root.has("hold_within") {
        let problem = "`hold_within` is missing: nothing says when a held lead goes on";
        root.report("overflow", Code::MissingKey, problem, "add hold_within = { working_days = 1 }");
    }
    if holds && !has_policy && root.has("queue") {
        let problem = "the queue has no policy, so there is no calendar by which a held lead goes on";
        root.report("overflow", Code::Uncovered, problem, "give it a policy in sla.toml, or name a queue here");
    }
    // A length that is wrong is reported as such.
    queue.map(Overflow::Queue).or_else(|| held.filter(|_| holds).map(Overflow::Hold))
}

/// The review queue that `overflow` names by itself.
fn review(name: &str, root: &Table<'_>, queues: &Queues) -> Option<Queue> {
    let queue = queues::declared(name, &root.site_at("overflow"), root, queues)?;
    let kind = queues.get(&queue)?.kind;
    if kind != QueueKind::Review {
        let problem = format!("`{name}` is no review queue");
        root.report("overflow", Code::UnknownWord, problem, format!("write {{ queue = \"{name}\" }}, or \"hold\""));
    }
    Some(queue)
}

/// Reports a queue of which nobody takes leads.
fn worked(queue: &Queue, key: &str, table: &Table<'_>, queues: &Queues) {
    let kind = queues.get(queue).map(|spec| spec.kind).filter(|kind| !WORKED.contains(kind));
    if let Some(kind) = kind {
        let problem = format!("queue `{queue}` is of kind `{}`: nobody takes leads from it", kind.as_str());
        let mend = format!("name one of kind {}", WORKED.map(QueueKind::as_str).join(", "));
        table.report(key, Code::WrongKind, problem, mend);
    }
}

/// The queues from this one on through which an overflowing lead would come back to it.
fn circle<'t>(start: &'t Queue, teams: &'t Teams) -> Option<Vec<&'t str>> {
    let (mut seen, mut path, mut at) = (BTreeSet::new(), vec![start.as_str()], start);
    while seen.insert(at) {
        let Some(Overflow::Queue(next)) = teams.get(at).map(|declared| &declared.team.overflow) else { return None };
        path.push(next.as_str());
        if next == start {
            return Some(path);
        }
        at = next;
    }
    None
}
