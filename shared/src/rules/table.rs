//! The tables of `route.toml`. A table either looks a lead up `by` the first of several fields that a row lists, or
//! compares all its `columns`; then the first row decides whose every cell fits.

use std::collections::HashMap;

use crate::id::Queue;

use super::condition::{Condition, Operator, Test, folded};
use super::diagnostic::Code;
use super::field::{Fact, Facts, Field};
use super::lint;
use super::lists::Lists;
use super::matrix::Matrix;
use super::queues::{self, Queues};
use super::reader::{Site, Table};
use super::suggest;

#[derive(Clone, Debug)]
pub(crate) struct RouteTable {
    /// The fields looked up, the most telling first; or the columns.
    pub(super) fields: Vec<Field>,
    pub(super) rows: Vec<Row>,
    /// Whether it claims to find a row for every combination of known values.
    pub(super) complete: bool,
    pub(super) line: Option<usize>,
    finder: Finder,
}

#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) why: Option<String>,
    pub(crate) queue: Queue,
    /// The salesperson that the row names.
    pub(crate) owner: Option<String>,
    /// What it asks of each of the table's fields; nothing where it leaves one open.
    pub(super) cells: Vec<Vec<Test>>,
    /// What it asks beside.
    pub(super) when: Condition,
    /// Whether its cells are columns of which every one has to fit.
    pub(super) of_columns: bool,
    pub(super) line: Option<usize>,
}

#[derive(Clone, Debug)]
enum Finder {
    /// The rows that list a value of the field of that position.
    By(HashMap<(usize, String), Vec<usize>>),
    Columns(Matrix),
}

/// What a table said of a lead.
pub(crate) enum Lookup<'a> {
    Found {
        row: &'a Row,
        /// The field it was found by, if by one.
        by: Option<&'a Field>,
    },
    /// Why none was found.
    Nothing(String),
}

impl RouteTable {
    /// The row for a lead.
    pub(crate) fn look_up(&self, facts: &Facts<'_>) -> Lookup<'_> {
        match &self.finder {
            Finder::By(index) => self.look_up_by(index, facts),
            Finder::Columns(matrix) => {
                let mut fitting = matrix.fitting(facts).filter_map(|row| self.rows.get(row));
                match fitting.find(|row| row.when.holds(facts)) {
                    Some(row) => Lookup::Found { row, by: None },
                    None => Lookup::Nothing(self.no_row(facts)),
                }
            }
        }
    }

    fn look_up_by(&self, index: &HashMap<(usize, String), Vec<usize>>, facts: &Facts<'_>) -> Lookup<'_> {
        let mut near = None;
        for (at, by) in self.fields.iter().enumerate() {
            let Fact::Text(text) = facts.answer(by) else { continue };
            let rows = index.get(&(at, folded(&text).into_owned()));
            for row in rows.into_iter().flatten().filter_map(|row| self.rows.get(*row)) {
                if row.when.holds(facts) {
                    return Lookup::Found { row, by: Some(by) };
                }
                near.get_or_insert_with(|| near_miss(row, &row.when.why_not(facts)));
            }
        }
        Lookup::Nothing(near.unwrap_or_else(|| self.no_row(facts)))
    }

    fn no_row(&self, facts: &Facts<'_>) -> String {
        let known: Vec<&Field> =
            self.fields.iter().filter(|field| !matches!(facts.answer(field), Fact::Absent)).collect();
        self.no_row_lists(if known.is_empty() { self.fields.iter().collect() } else { known })
    }

    fn no_row_lists(&self, fields: Vec<&Field>) -> String {
        let words: Vec<_> = fields.into_iter().map(Field::words).collect();
        match &self.finder {
            Finder::By(_) => format!("no row lists {}", words.join(" or ")),
            Finder::Columns(_) => format!("no row fits {}", words.join(", ")),
        }
    }

    /// The longest text that [`Lookup::Nothing`] can give.
    pub(super) fn longest_why_not(&self) -> String {
        let near = self.rows.iter().filter(|row| matches!(self.finder, Finder::By(_)) && row.when != Condition::Always);
        near.map(|row| near_miss(row, &row.when.longest_why_not()))
            .chain([self.no_row_lists(self.fields.iter().collect())])
            .max_by_key(String::len)
            .unwrap_or_default()
    }

    /// The longest text that finding a row, or none, gives; `step` is what the step says.
    pub(super) fn longest_why(&self, step: &str) -> String {
        let by = self.fields.iter().filter(|_| !self.has_columns()).max_by_key(|field| field.words().len());
        let rows = self.rows.iter().map(|row| row.why(step, by));
        rows.chain([why_otherwise(step, &self.longest_why_not())]).max_by_key(String::len).unwrap_or_default()
    }

    /// What its rows ask, all of it.
    pub(super) fn conditions(&self) -> impl Iterator<Item = Condition> {
        let cells = |row: &Row| row.cells.iter().flatten().cloned().map(Condition::Test).collect::<Vec<_>>();
        self.rows.iter().flat_map(move |row| cells(row).into_iter().chain([row.when.clone()]))
    }

    pub(super) fn site(&self, id: &str) -> Site {
        Site { file: "route.toml".to_owned(), line: self.line, rule: Some(id.to_owned()) }
    }

    /// Whether `columns` are compared.
    pub(super) fn has_columns(&self) -> bool {
        matches!(self.finder, Finder::Columns(_))
    }

    /// The names of the fields that its rows look at.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = String> {
        self.fields.iter().map(Field::to_string)
    }
}

/// Why a step decides whose table has no row for the lead.
pub(crate) fn why_otherwise(step: &str, nothing: &str) -> String {
    format!("{} ({nothing}).", unended(step))
}

/// A sentence that goes on.
fn unended(sentence: &str) -> &str {
    sentence.trim_end_matches(['.', '。'])
}

fn near_miss(row: &Row, why_not: &str) -> String {
    format!("row “{}” fits, but {why_not}", row.id)
}

pub(super) fn read(table: &Table<'_>, lists: &Lists, queues: &Queues) -> RouteTable {
    let by_columns = table.has("columns");
    if by_columns == table.has("by") {
        table.report(
            "id",
            Code::ExactlyOne,
            "the table needs exactly one of `by` and `columns`",
            "write by = [\"company.country\"] to look up one field after the other, or columns = [\"company.country\", \"company.size\"] to compare all of them",
        );
    }
    _ = (table.get("by"), table.get("columns"));
    let fields = read_fields(table, if by_columns { "columns" } else { "by" });
    let complete = table.flag("complete").unwrap_or_default();
    let keys = keys(&fields);
    let rows: Vec<Row> = table
        .tables("row")
        .into_iter()
        .filter_map(|row| read_row(row, &fields, &keys, by_columns, lists, queues))
        .collect();
    if !table.has("row") {
        table.report("id", Code::Empty, "the table has no row", "add [[table.row]], or take the table out");
    }
    lint::unique(rows.iter().map(Row::site), table.problems());
    let finder = if by_columns {
        Finder::Columns(Matrix::new(&fields, &rows.iter().map(|row| row.cells.as_slice()).collect::<Vec<_>>()))
    } else {
        Finder::By(index(&rows))
    };
    RouteTable { fields, rows, complete, line: table.site().line, finder }
}

fn read_fields(table: &Table<'_>, key: &'static str) -> Vec<Field> {
    let by_columns = key == "columns";
    let mut fields: Vec<Field> = Vec::new();
    for (name, site) in table.texts(key) {
        match Field::parse(&name) {
            Some(field) if fields.contains(&field) => {
                site.report(table.problems(), Code::Twice, format!("`{name}` is listed twice"), "take one out");
            }
            Some(field) if by_columns || field.can_be_looked_up() => fields.push(field),
            Some(_) => site.report(
                table.problems(),
                Code::UnsuitableOperator,
                format!("`{name}` can't be looked up: a lead may have several, or it is a number or a flag"),
                "use columns instead of by",
            ),
            None => site.report(
                table.problems(),
                Code::UnknownField,
                format!("unknown field `{name}`"),
                suggest::mend(&name, Field::NAMES.iter().copied().chain(["custom.NAME"])),
            ),
        }
    }
    if fields.is_empty() && table.has(key) {
        table.report(
            key,
            Code::Empty,
            format!("`{key}` names no field"),
            format!("write {key} = [\"company.country\"]"),
        );
    }
    fields
}

/// What rows call the fields: `city` for `company.city`, and `source_owner` where the short name means something else.
fn keys(fields: &[Field]) -> Vec<String> {
    let shared = |key: &str| fields.iter().filter(|field| short(field) == key).count() > 1;
    fields.iter().map(|field| short_if(field, |key| !shared(key))).collect()
}

/// What rows of some table may call a field: its short name, or its whole one.
pub(super) fn cell_keys(field: &Field) -> [String; 2] {
    [short_if(field, |_| true), short_if(field, |_| false)]
}

fn short_if(field: &Field, fits: impl FnOnce(&str) -> bool) -> String {
    let taken = |key: &str| matches!(key, "id" | "why" | "queue" | "owner" | "when");
    Some(short(field)).filter(|key| !taken(key) && fits(key)).unwrap_or_else(|| field.to_string().replace('.', "_"))
}

fn short(field: &Field) -> String {
    field.to_string().rsplit('.').next().unwrap_or_default().to_owned()
}

fn read_row(
    mut row: Table<'_>,
    fields: &[Field],
    keys: &[String],
    of_columns: bool,
    lists: &Lists,
    queues: &Queues,
) -> Option<Row> {
    let id = row.identify("id");
    let why = row.text("why");
    let owner = row.text("owner");
    let when = Condition::of_rule(&row, lists);
    when.iter().for_each(|when| lint::known_to(lint::Stage::Route, &row, when));
    _ = row.need_text("queue");
    let queue = queues::routed_to(&row, "queue", queues);
    let cells: Vec<Vec<Test>> =
        fields.iter().zip(keys).map(|(field, key)| Test::of_cell(&row, key, field, lists)).collect();
    if !fields.is_empty() && !keys.iter().any(|key| row.has(key)) {
        let names: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
        let mend = format!("add {}; for all that is left use `otherwise` of the step", names.join(" or "));
        row.report("id", Code::Empty, "the row asks for no value", mend);
    }
    let line = row.site().line;
    row.finish();
    Some(Row { id, why, queue: queue?, owner, cells, when: when?, of_columns, line })
}

fn index(rows: &[Row]) -> HashMap<(usize, String), Vec<usize>> {
    let mut index: HashMap<(usize, String), Vec<usize>> = HashMap::new();
    for (at, row) in rows.iter().enumerate() {
        for (field, test) in
            row.cells.iter().enumerate().flat_map(|(field, tests)| tests.iter().map(move |t| (field, t)))
        {
            let Operator::In(values) = &test.operator else { continue };
            values.iter().for_each(|value| index.entry((field, value.to_owned())).or_default().push(at));
        }
    }
    index
}

impl Row {
    /// Why it decides; `step` is what the step says.
    pub(crate) fn why(&self, step: &str, by: Option<&Field>) -> String {
        let by = by.map_or_else(String::new, |by| format!(", by {}", by.words()));
        let why = unended(self.why.as_deref().unwrap_or(step));
        format!("{why} (row “{}”{by}).", self.id)
    }

    pub(super) fn site(&self) -> Site {
        Site { file: "route.toml".to_owned(), line: self.line, rule: Some(self.id.clone()) }
    }
}
