//! `route.toml`: the ordered steps of routing; the tables they look leads up in stand in [`super::table`].

use std::collections::BTreeMap;

use crate::decision::Quadrant;
use crate::id::Queue;

use super::condition::Condition;
use super::diagnostic::Code;
use super::field::quadrant;
use super::lint;
use super::lists::Lists;
use super::queues::{self, Queues};
use super::reader::{Site, Table};
use super::suggest;
use super::table::{self, RouteTable};

/// The steps of `route`, in order; the first that yields a queue decides, else the catch-all does.
#[derive(Clone, Debug)]
pub(crate) struct Routing {
    pub(crate) steps: Vec<RouteStep>,
    pub(crate) catch_all: CatchAll,
    pub(crate) quadrants: BTreeMap<Quadrant, QuadrantPath>,
    tables: BTreeMap<String, RouteTable>,
}

/// The last step: it takes every lead.
#[derive(Clone, Debug)]
pub(crate) struct CatchAll {
    pub(crate) id: String,
    pub(crate) why: String,
    pub(crate) queue: Queue,
}

#[derive(Clone, Debug)]
pub(crate) struct RouteStep {
    pub(crate) id: String,
    pub(crate) why: String,
    pub(crate) when: Condition,
    pub(crate) to: Target,
    pub(crate) owner: Option<OwnerFrom>,
    pub(super) line: Option<usize>,
}

/// Where a step finds the queue.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Queue(Queue),
    /// In a table, else in `otherwise`, else nowhere.
    Table {
        table: String,
        otherwise: Option<Queue>,
    },
    /// By the lead's quadrant.
    Quadrant,
}

/// Whose name travels with the lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OwnerFrom {
    Account,
    Source,
}

/// What becomes of a quadrant.
#[derive(Clone, Debug, Default)]
pub(crate) struct QuadrantPath {
    /// Where its leads go if they are not qualified.
    pub(crate) queue: Option<Queue>,
    /// How they are followed up.
    pub(crate) strategy: Option<String>,
}

impl Routing {
    pub(crate) fn table(&self, name: &str) -> Option<&RouteTable> {
        self.tables.get(name)
    }

    pub(crate) fn tables(&self) -> &BTreeMap<String, RouteTable> {
        &self.tables
    }
}

/// Reads the steps and tables; nothing if there is no catch-all.
pub(super) fn read(root: Table<'_>, lists: &Lists, queues: &Queues) -> Option<Routing> {
    let quadrants = read_quadrants(&root, queues);
    let mut tables = BTreeMap::new();
    for mut table in root.tables("table") {
        let id = table.identify("id");
        let read = table::read(&table, lists, queues);
        if tables.insert(id.clone(), read).is_some() {
            table.report("id", Code::Twice, format!("table `{id}` is declared twice"), "give one another id");
        }
        table.finish();
    }
    let mut steps: Vec<_> =
        root.tables("step").into_iter().filter_map(|table| read_step(table, lists, queues, &tables)).collect();
    check(&root, &steps, &tables);
    root.finish();
    let catch_all = steps.pop().and_then(RouteStep::into_catch_all)?;
    Some(Routing { steps, catch_all, quadrants, tables })
}

fn check(root: &Table<'_>, steps: &[RouteStep], tables: &BTreeMap<String, RouteTable>) {
    let problems = root.problems();
    lint::unique(steps.iter().map(RouteStep::site), problems);
    if !steps.last().is_some_and(RouteStep::is_catch_all) {
        let mend = "end with a [[step]] that has a queue and no `when`";
        root.report("step", Code::NoCatchAll, "there is no catch-all: some leads would go nowhere", mend);
    }
    for name in tables.keys() {
        let used = |step: &RouteStep| matches!(&step.to, Target::Table { table, .. } if table == name);
        if !steps.iter().any(used) {
            root.report(
                "table",
                Code::Unused,
                format!("no step uses table `{name}`"),
                "add a [[step]] with it, or take it out",
            );
        }
    }
}

impl RouteStep {
    pub(super) fn site(&self) -> Site {
        Site { file: "route.toml".to_owned(), line: self.line, rule: Some(self.id.clone()) }
    }

    fn is_catch_all(&self) -> bool {
        matches!(self.to, Target::Queue(_)) && self.when == Condition::Always
    }

    fn into_catch_all(self) -> Option<CatchAll> {
        match self.to {
            Target::Queue(queue) if self.when == Condition::Always => {
                Some(CatchAll { id: self.id, why: self.why, queue })
            }
            _ => None,
        }
    }
}

fn read_quadrants(root: &Table<'_>, queues: &Queues) -> BTreeMap<Quadrant, QuadrantPath> {
    let mut paths = BTreeMap::new();
    let mend = "add [quadrant.hot], [quadrant.self_service], [quadrant.review] and [quadrant.nurture]";
    let Some(table) = root.need_table("quadrant", mend) else { return paths };
    for each in [Quadrant::Hot, Quadrant::SelfService, Quadrant::Review, Quadrant::Nurture] {
        let name = quadrant(each);
        let mend = format!("add [quadrant.{name}] with queue and strategy");
        let Some(path) = table.need_table(name, &mend) else { continue };
        if each != Quadrant::Hot {
            path.need("queue", "\"…\"");
        }
        let queue = queues::routed_to(&path, "queue", queues);
        paths.insert(each, QuadrantPath { queue, strategy: path.text("strategy") });
        path.finish();
    }
    table.finish();
    paths
}

fn read_step(
    mut table: Table<'_>,
    lists: &Lists,
    queues: &Queues,
    tables: &BTreeMap<String, RouteTable>,
) -> Option<RouteStep> {
    let id = table.identify("id");
    let why = table.need_text("why").unwrap_or_default();
    let when = Condition::of_rule(&table, lists);
    when.iter().for_each(|when| lint::known_to(lint::Stage::Route, &table, when));
    let owner = table.choice("owner", &[("account", OwnerFrom::Account), ("source", OwnerFrom::Source)]);
    let queue = queues::routed_to(&table, "queue", queues);
    let looked_up = table.text("table");
    if let Some(name) = looked_up.as_ref().filter(|name| !tables.contains_key(*name)) {
        let mend = suggest::mend(name, tables.keys().map(String::as_str));
        table.report("table", Code::UnknownTable, format!("unknown table `{name}`"), mend);
    }
    let otherwise = queues::routed_to(&table, "otherwise", queues);
    let by_quadrant = table.flag("by_quadrant").unwrap_or_default();
    let given = [table.has("queue"), table.has("table"), by_quadrant].into_iter().filter(|given| *given).count();
    if given != 1 {
        table.report(
            "queue",
            Code::ExactlyOne,
            "the step needs exactly one way to find a queue",
            "write one of queue = \"…\", table = \"…\", by_quadrant = true",
        );
    }
    if table.has("otherwise") && !table.has("table") {
        table.report(
            "otherwise",
            Code::Pointless,
            "`otherwise` belongs to a table",
            "add table = \"…\" or take it out",
        );
    }
    let line = table.site().line;
    table.finish();
    let to = match (queue, looked_up) {
        (Some(queue), _) => Target::Queue(queue),
        (None, Some(table)) => Target::Table { table, otherwise },
        (None, None) if by_quadrant => Target::Quadrant,
        (None, None) => return None,
    };
    Some(RouteStep { id, why, when: when?, to, owner, line })
}
