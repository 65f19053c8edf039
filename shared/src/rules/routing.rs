//! `route.toml`: the ordered steps of routing, and the tables they look leads up in. A table becomes an index from value
//! to rows, so that a look-up costs the same however many rows there are.

use std::collections::{BTreeMap, HashMap};

use crate::decision::Quadrant;
use crate::id::Queue;

use super::condition::{Condition, Lists, folded, legal_value};
use super::diagnostic::Code;
use super::field::{Fact, Facts, Field, quadrant};
use super::lint;
use super::queues::{self, Queues};
use super::reader::{Site, Table};

/// The steps of `route`, in order; the first that yields a queue decides, else the catch-all does.
#[derive(Clone, Debug)]
pub(crate) struct Routing {
    pub(crate) steps: Vec<RouteStep>,
    pub(crate) catch_all: CatchAll,
    pub(crate) quadrants: BTreeMap<Quadrant, QuadrantPath>,
    pub(super) tables: BTreeMap<String, RouteTable>,
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

/// Rows found by one of several fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct RouteTable {
    /// The fields looked up, the most telling first.
    pub(super) by: Vec<Field>,
    pub(super) rows: Vec<Row>,
    /// The rows that list a value of the field of that position.
    index: HashMap<(usize, String), Vec<usize>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) why: Option<String>,
    pub(super) when: Condition,
    pub(crate) queue: Queue,
    /// The values it lists, as written, each with the position of its field.
    pub(super) listed: Vec<(usize, String)>,
}

/// What a table said of a lead.
pub(crate) enum Lookup<'a> {
    Found {
        row: &'a Row,
        by: &'a Field,
    },
    /// Why none was found.
    Nothing(String),
}

impl Routing {
    pub(crate) fn look_up<'a>(&'a self, table: &str, facts: &Facts<'_>) -> Lookup<'a> {
        self.tables.get(table).map_or_else(|| Lookup::Nothing(String::new()), |table| table.look_up(facts))
    }
}

impl RouteTable {
    /// The row for a lead: by the first field whose value is listed in a row that applies.
    fn look_up(&self, facts: &Facts<'_>) -> Lookup<'_> {
        let mut near = None;
        for (at, by) in self.by.iter().enumerate() {
            let Fact::Text(text) = facts.answer(by) else { continue };
            let rows = self.index.get(&(at, folded(&text).into_owned()));
            for row in rows.into_iter().flatten().filter_map(|row| self.rows.get(*row)) {
                if row.when.holds(facts) {
                    return Lookup::Found { row, by };
                }
                near.get_or_insert_with(|| format!("row `{}` fits but {}", row.id, row.when.why_not(facts)));
            }
        }
        Lookup::Nothing(near.unwrap_or_else(|| {
            let fields: Vec<_> = self.by.iter().map(|by| format!("`{by}`")).collect();
            format!("no row lists the lead's {}", fields.join(", "))
        }))
    }
}

/// Reads the steps and tables; nothing if there is no catch-all.
pub(super) fn read(root: Table<'_>, lists: &Lists, queues: &Queues) -> Option<Routing> {
    let quadrants = read_quadrants(&root, queues);
    let mut tables = BTreeMap::new();
    for mut table in root.tables("table") {
        let id = table.identify("id");
        let read = read_table(&table, lists, queues);
        if tables.insert(id.clone(), read).is_some() {
            table.report("id", Code::Twice, format!("table `{id}` is declared twice"), "give one another id");
        }
        table.finish();
    }
    let steps: Vec<_> =
        root.tables("step").into_iter().filter_map(|table| read_step(table, lists, queues, &tables)).collect();
    check(&root, &steps, &tables);
    root.finish();
    let mut steps: Vec<_> = steps.into_iter().map(|(step, _)| step).collect();
    let catch_all = steps.pop().and_then(RouteStep::into_catch_all)?;
    Some(Routing { steps, catch_all, quadrants, tables })
}

fn check(root: &Table<'_>, steps: &[(RouteStep, Site)], tables: &BTreeMap<String, RouteTable>) {
    let problems = root.problems();
    lint::unique(steps.iter().map(|(step, site)| (step.id.as_str(), site)), problems);
    // A step that may find no queue leaves the lead to those after it, so it shadows none of them.
    let mut deciding = Vec::new();
    for (step, site) in steps {
        lint::possible(&step.when, site, problems);
        lint::reachable(&step.when, &deciding, site, problems);
        if step.always_decides() {
            deciding.push((step.id.as_str(), &step.when));
        }
    }
    if !steps.last().is_some_and(|(step, _)| step.is_catch_all()) {
        let mend = "end with a [[step]] that has a queue and no `when`";
        root.report("step", Code::NoCatchAll, "there is no catch-all: some leads would go nowhere", mend);
    }
    for name in tables.keys() {
        let used = |step: &RouteStep| matches!(&step.to, Target::Table { table, .. } if table == name);
        if !steps.iter().any(|(step, _)| used(step)) {
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
    /// Whether it yields a queue whenever its condition holds.
    fn always_decides(&self) -> bool {
        matches!(self.to, Target::Queue(_) | Target::Table { otherwise: Some(_), .. })
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
    let Some(table) = root.table("quadrant") else {
        root.report(
            "quadrant",
            Code::MissingKey,
            "`quadrant` is missing",
            "add [quadrant.hot], [quadrant.self_service], [quadrant.review] and [quadrant.nurture]",
        );
        return paths;
    };
    for each in [Quadrant::Hot, Quadrant::SelfService, Quadrant::Review, Quadrant::Nurture] {
        let name = quadrant(each);
        let Some(path) = table.table(name) else {
            table.report(
                name,
                Code::MissingKey,
                format!("quadrant `{name}` is missing"),
                format!("add [quadrant.{name}] with queue and strategy"),
            );
            continue;
        };
        let queue = queues::named(&path, "queue", queues);
        if each != Quadrant::Hot && !path.has("queue") {
            path.report("queue", Code::MissingKey, format!("quadrant `{name}` has no queue"), "add queue = \"…\"");
        }
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
) -> Option<(RouteStep, Site)> {
    let id = table.identify("id");
    let why = table.need_text("why").unwrap_or_default();
    let when = Condition::of_rule(&table, lists);
    let owner = match table.text("owner").as_deref() {
        None => None,
        Some("account") => Some(OwnerFrom::Account),
        Some("source") => Some(OwnerFrom::Source),
        Some(other) => {
            table.report(
                "owner",
                Code::UnknownWord,
                format!("unknown owner `{other}`"),
                "write owner = \"account\" or \"source\"",
            );
            None
        }
    };
    let queue = queues::named(&table, "queue", queues);
    let looked_up = table.text("table");
    if let Some(name) = looked_up.as_ref().filter(|name| !tables.contains_key(*name)) {
        let known = tables.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        table.report("table", Code::UnknownTable, format!("unknown table `{name}`"), format!("use one of: {known}"));
    }
    let otherwise = queues::named(&table, "otherwise", queues);
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
    let site = table.site();
    table.finish();
    let to = match (queue, looked_up) {
        (Some(queue), _) => Target::Queue(queue),
        (None, Some(table)) => Target::Table { table, otherwise },
        (None, None) if by_quadrant => Target::Quadrant,
        (None, None) => return None,
    };
    Some((RouteStep { id, why, when: when?, to, owner }, site))
}

fn read_table(table: &Table<'_>, lists: &Lists, queues: &Queues) -> RouteTable {
    let mut read = RouteTable::default();
    for (name, site) in table.texts("by") {
        match Field::parse(&name).filter(|field| !field.is_many_valued()) {
            Some(field) => read.by.push(field),
            None => site.report(
                table.problems(),
                Code::UnknownField,
                format!("`{name}` is no field to look up"),
                "use for example company.city, company.country, company.industry",
            ),
        }
    }
    if read.by.is_empty() {
        table.report("by", Code::Empty, "the table is looked up by nothing", "add by = [\"company.country\"]");
    }
    let mut sites: Vec<Site> = Vec::new();
    for mut row in table.tables("row") {
        let id = row.identify("id");
        let why = row.text("why");
        let when = Condition::of_rule(&row, lists);
        _ = row.need_text("queue");
        let queue = queues::named(&row, "queue", queues);
        let keys = row_keys(&row, &read.by);
        if keys.is_empty() {
            let names: Vec<_> = read.by.iter().map(|field| format!("`{}`", short(field))).collect();
            row.report("id", Code::Empty, "the row lists no value", format!("add a list named {}", names.join(" or ")));
        }
        if let (Some(when), Some(queue)) = (when, queue) {
            lint::possible(&when, &row.site(), row.problems());
            let at = read.rows.len();
            let mut listed = Vec::new();
            for (key, written, site) in keys {
                listed.push((key.0, written));
                let rows = read.index.entry(key.clone()).or_default();
                let rival = rows
                    .iter()
                    .filter_map(|row| read.rows.get(*row))
                    .find(|row| super::logic::implies(&when, &row.when));
                if let Some(rival) = rival {
                    let problem = format!("`{}` is already taken by row `{}`", key.1, rival.id);
                    site.report(
                        row.problems(),
                        Code::Unreachable,
                        problem,
                        "list it in one row, or give the earlier one a `when`",
                    );
                }
                rows.push(at);
            }
            sites.push(row.site());
            read.rows.push(Row { id, why, when, queue, listed });
        }
        row.finish();
    }
    lint::unique(read.rows.iter().map(|row| row.id.as_str()).zip(&sites), table.problems());
    read
}

/// A field as rows name it: `city` for `company.city`.
fn short(field: &Field) -> String {
    let name = field.to_string();
    name.rsplit('.').next().unwrap_or_default().to_owned()
}

/// The values that a row lists, as they are compared, each with the position of its field; then as written.
fn row_keys(row: &Table<'_>, by: &[Field]) -> Vec<((usize, String), String, Site)> {
    let mut keys = Vec::new();
    for (at, field) in by.iter().enumerate() {
        for (text, site) in row.texts(&short(field)) {
            match legal_value(field.kind(), &text) {
                Ok(value) => keys.push(((at, value), text, site)),
                Err(mend) => {
                    site.report(row.problems(), Code::ImpossibleValue, format!("`{field}` can never be `{text}`"), mend)
                }
            }
        }
    }
    keys
}
