//! `principals.toml`: who signs requests, for which queues, and what they may do.

use std::collections::{BTreeSet, HashMap};

use crate::id::{Principal, Queue};

use super::diagnostic::Code;
use super::queues::{self, QueueKind, Queues};
use super::reader::{Site, Table};

/// What a principal may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalPolicy {
    /// The queues whose leads it may read and answer.
    pub queues: BTreeSet<Queue>,
    /// The kinds of request it may sign.
    pub may: BTreeSet<Permission>,
}

impl PrincipalPolicy {
    /// Whether it may sign requests of this kind.
    pub fn may(&self, permission: Permission) -> bool {
        self.may.contains(&permission)
    }
}

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Post submissions that may name an owner and a prior qualification.
    Submit,
    /// Report dispositions.
    Feedback,
    /// Release, qualify or refuse leads, and undo joins.
    Verdict,
    /// Correct a lead's tags.
    Tags,
    /// Read a lead and its trace.
    Read,
}

impl Permission {
    const NAMES: [(&str, Self); 5] = [
        ("submit", Self::Submit),
        ("feedback", Self::Feedback),
        ("verdict", Self::Verdict),
        ("tags", Self::Tags),
        ("read", Self::Read),
    ];
}

pub(super) type Principals = HashMap<Principal, PrincipalPolicy>;

pub(super) fn read(root: Table<'_>, queues: &Queues) -> Principals {
    let mut principals = Principals::new();
    for mut table in root.tables("principal") {
        let id = table.identify("id");
        _ = table.text("title");
        let may: BTreeSet<Permission> =
            table.choices("may", &Permission::NAMES).into_iter().map(|(permission, _)| permission).collect();
        let queues: BTreeSet<Queue> = queues::listed(&table, "queues", queues).into_iter().collect();
        if may.is_empty() {
            table.report(
                "may",
                Code::Empty,
                "the principal may do nothing",
                "add may = [\"submit\", …] or take it out",
            );
        }
        if !table.has("queues") && may.iter().any(|permission| *permission != Permission::Submit) {
            table.report("queues", Code::MissingKey, "the principal has rights but no queue", "add queues = [\"…\"]");
        }
        match Principal::parse(id.clone()) {
            Ok(id) if principals.contains_key(&id) => {
                table.report("id", Code::Twice, format!("principal `{id}` is declared twice"), "take one out");
            }
            Ok(id) => _ = principals.insert(id, PrincipalPolicy { queues, may }),
            Err(error) if !id.is_empty() => {
                table.report("id", Code::Malformed, format!("`{id}` is no principal"), error.to_string());
            }
            _ => {}
        }
        table.finish();
    }
    answered(&root, &principals, queues);
    root.finish();
    principals
}

/// A sales queue whose leads nobody may answer would breach every deadline.
fn answered(root: &Table<'_>, principals: &Principals, queues: &Queues) {
    for queue in queues.values().filter(|queue| queue.kind == QueueKind::Sales) {
        let answers = |policy: &PrincipalPolicy| {
            policy.queues.contains(&queue.name) && policy.may.contains(&Permission::Feedback)
        };
        if !principals.values().any(answers) {
            let site: Site = root.site();
            let problem = format!("nobody may report on leads of queue `{}`", queue.name);
            site.report(
                root.problems(),
                Code::Uncovered,
                problem,
                "give a principal the queue, and may = [\"feedback\"]",
            );
        }
    }
}
