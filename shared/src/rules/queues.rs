//! `queues.toml`: the queues that leads end up in. The template's queue blocks are made from the same file.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::id::Queue;

use super::diagnostic::Code;
use super::reader::{Site, Table};
use super::suggest;

/// A queue for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSpec {
    /// Its logical name.
    pub name: Queue,
    /// What it is for.
    pub kind: QueueKind,
    /// Its name for people.
    pub title: String,
}

/// What a queue is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueKind {
    /// People who sell.
    Sales,
    /// Buyers who help themselves: high intent, low value.
    SelfService,
    /// People who find out why a valuable lead holds back.
    Review,
    /// Leads to be warmed.
    Nurture,
    /// People who call leads that are held.
    Telemarketing,
    /// Whoever looks after deadlines that passed.
    Breaches,
    /// People who lead a team, and hear of leads that it does not answer.
    Managers,
}

impl QueueKind {
    pub(super) const NAMES: [(&str, Self); 7] = [
        ("sales", Self::Sales),
        ("self_service", Self::SelfService),
        ("review", Self::Review),
        ("nurture", Self::Nurture),
        ("telemarketing", Self::Telemarketing),
        ("breaches", Self::Breaches),
        ("managers", Self::Managers),
    ];

    /// Whether leads are routed to such a queue. The others are told of leads; `route` may send nothing to them.
    pub fn takes_leads(self) -> bool {
        matches!(self, Self::Sales | Self::SelfService | Self::Review | Self::Nurture)
    }

    /// As the rule files write it.
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

pub(super) type Queues = BTreeMap<Queue, QueueSpec>;

pub(super) fn read(root: Table<'_>) -> Queues {
    let mut queues = Queues::new();
    for mut table in root.tables("queue") {
        let name = table.identify("name");
        let queue = Queue::parse(name.clone()).ok();
        if queue.is_none() && !name.is_empty() {
            table.report(
                "name",
                Code::Malformed,
                format!("`{name}` is no queue name"),
                "use letters, digits, `-`, `_` and `.`, up to 64",
            );
        }
        let title = table.need_text("title");
        let kind = table.need_choice("kind", &QueueKind::NAMES);
        // A queue that is wrong is still there, so that nobody is told that it is unknown.
        let (kind, title) = (kind.unwrap_or(QueueKind::Nurture), title.unwrap_or_default());
        if let Some(name) = queue {
            if queues.contains_key(&name) {
                table.report("name", Code::Twice, format!("queue `{name}` is declared twice"), "take one out");
            }
            queues.insert(name.clone(), QueueSpec { name, kind, title });
        }
        table.finish();
    }
    for kind in [QueueKind::Sales, QueueKind::Nurture, QueueKind::Telemarketing, QueueKind::Breaches] {
        if !queues.values().any(|queue| queue.kind == kind) {
            let kind = kind.as_str();
            root.report(
                "queue",
                Code::Uncovered,
                format!("no queue is of kind `{kind}`"),
                format!("declare one with kind = \"{kind}\""),
            );
        }
    }
    root.finish();
    queues
}

/// The queue that `key` names, if it is declared.
pub(super) fn named(table: &Table<'_>, key: &'static str, queues: &Queues) -> Option<Queue> {
    let text = table.text(key)?;
    declared(&text, &table.site_at(key), table, queues)
}

/// As [`named`]; leads are routed to it.
pub(super) fn routed_to(table: &Table<'_>, key: &'static str, queues: &Queues) -> Option<Queue> {
    let queue = named(table, key, queues)?;
    let kind = queues.get(&queue).map(|spec| spec.kind).filter(|kind| !kind.takes_leads());
    if let Some(kind) = kind {
        let problem = format!("queue `{queue}` is of kind `{}`: no lead is routed there", kind.as_str());
        let takes = QueueKind::NAMES.iter().filter(|(_, kind)| kind.takes_leads()).map(|(name, _)| *name);
        let mend = format!("name one of kind {}", takes.collect::<Vec<_>>().join(", "));
        table.report(key, Code::WrongKind, problem, mend);
    }
    Some(queue)
}

/// The queues that `key` lists.
pub(super) fn listed(table: &Table<'_>, key: &'static str, queues: &Queues) -> Vec<Queue> {
    table.texts(key).iter().filter_map(|(text, site)| declared(text, site, table, queues)).collect()
}

/// The queue of this name, if it is declared.
pub(super) fn declared(text: &str, site: &Site, table: &Table<'_>, queues: &Queues) -> Option<Queue> {
    let queue = Queue::parse(text).ok().filter(|queue| queues.contains_key(queue));
    if queue.is_none() {
        let mend = suggest::mend_or(text, queues.keys().map(Queue::as_str), "declare it in queues.toml");
        site.report(table.problems(), Code::UnknownQueue, format!("unknown queue `{text}`"), mend);
    }
    queue
}
