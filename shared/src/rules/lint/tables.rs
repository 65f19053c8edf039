//! The rows of a table: which no lead reaches, which values of a row an earlier row has already, and which rows take some
//! of the same leads so that only their order decides.

use std::collections::{BTreeMap, BTreeSet};

use crate::rules::condition::{Operator, folded};
use crate::rules::diagnostic::Code;
use crate::rules::table::{RouteTable, Row};

use super::Linter;
use super::formula::Formula;

/// Tables `by` several fields with more rows than this are only searched for values listed twice.
const MANY_ROWS: usize = 500;

/// Checks every row; `contexts` are the leads that the steps with this table bring to it.
pub(super) fn rows(linter: &Linter<'_>, table: &RouteTable, contexts: &[Formula]) {
    let formulas: Vec<Cells> = table.rows.iter().map(|row| linter.cells(row)).collect();
    if table.has_columns() {
        let near = Neighbours::of(&formulas, linter);
        for (at, row) in table.rows.iter().enumerate() {
            let rivals = near.before(at);
            check_row(linter, table, at, &rivals, contexts, &|kept| by_columns(&formulas, at, kept));
            overlaps(linter, table, row, at, &rivals, &formulas);
        }
    } else {
        for at in 0..table.rows.len() {
            let rivals: Vec<usize> = (0..table.rows.len()).filter(|other| *other != at).collect();
            let dead = table.rows.len() <= MANY_ROWS
                && check_row(linter, table, at, &rivals, contexts, &|kept| by_fields(&formulas, at, kept));
            if !dead {
                taken_values(linter, table, at, &formulas);
            }
        }
    }
}

/// What a row asks: of each field of the table, and beside.
struct Cells {
    of_fields: Vec<Formula>,
    when: Formula,
}

impl Cells {
    fn all(&self) -> Formula {
        Formula::all(self.of_fields.iter().cloned()).and(self.when.clone())
    }
}

impl Linter<'_> {
    /// The leads for which a table finds a row.
    pub(super) fn found_in(&self, table: &RouteTable) -> Formula {
        let columns = table.has_columns();
        let rows = table.rows.iter().map(|row| {
            let cells = self.cells(row);
            if columns { cells.all() } else { Formula::any(cells.of_fields.into_iter()).and(cells.when) }
        });
        Formula::any(rows)
    }

    /// In a table `by` fields, an open cell lists nothing; among columns it lets everything through.
    fn cells(&self, row: &Row) -> Cells {
        let cell = |tests: &Vec<_>| Formula::all(tests.iter().map(|test| Formula::test(test, &self.world)));
        let of_fields = row
            .cells
            .iter()
            .map(|tests| if tests.is_empty() && !row.of_columns { Formula::False } else { cell(tests) })
            .collect();
        Cells { of_fields, when: Formula::of(&row.when, &self.world) }
    }
}

/// The leads that a row of columns gets, if of the rows before it only the `kept` ones were there.
fn by_columns(rows: &[Cells], at: usize, kept: &[usize]) -> Formula {
    let own = rows.get(at).map_or(Formula::False, Cells::all);
    own.and(Formula::all(kept.iter().filter_map(|at| rows.get(*at)).map(|row| row.all().negated())))
}

/// The leads that a row of a table `by` fields gets beside the `kept` rows: by a field, if no row is found by a more
/// telling one, nor by the same one earlier in the table.
fn by_fields(rows: &[Cells], at: usize, kept: &[usize]) -> Formula {
    let Some(own) = rows.get(at) else { return Formula::False };
    let kept: Vec<(usize, &Cells)> = kept.iter().filter_map(|other| Some((*other, rows.get(*other)?))).collect();
    let found =
        |row: &Cells, field: usize| row.of_fields.get(field).cloned().unwrap_or(Formula::False).and(row.when.clone());
    let by_field = |field: usize| {
        let more_telling = (0..field).flat_map(|field| kept.iter().map(move |(_, row)| (*row, field)));
        let earlier = kept.iter().filter(|(other, _)| *other < at).map(|(_, row)| (*row, field));
        let taken = more_telling.chain(earlier).map(|(row, field)| found(row, field).negated());
        found(own, field).and(Formula::all(taken))
    };
    Formula::any((0..own.of_fields.len()).map(by_field))
}

/// Reports a row that gets no lead; answers whether it did.
fn check_row(
    linter: &Linter<'_>,
    table: &RouteTable,
    at: usize,
    rivals: &[usize],
    contexts: &[Formula],
    gets: &dyn Fn(&[usize]) -> Formula,
) -> bool {
    let Some(row) = table.rows.get(at) else { return false };
    let site = row.site();
    if linter.find(&gets(&[])).nobody() {
        linter.contradiction(&site);
        return true;
    }
    let names: Vec<String> =
        rivals.iter().filter_map(|at| table.rows.get(*at)).map(|row| format!("row `{}`", row.id)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let chosen = |kept: &[usize]| -> Vec<usize> { kept.iter().filter_map(|at| rivals.get(*at)).copied().collect() };
    if linter.blocked(|kept| gets(&chosen(kept)), &names, &site) {
        return true;
    }
    let gets = gets(rivals);
    let comes = |context: &Formula| !linter.find(&context.clone().and(gets.clone())).nobody();
    if !contexts.is_empty() && !contexts.iter().any(comes) {
        let problem =
            "never reached: the steps before this table, or the condition of its own step, leave no lead to this row";
        site.report(linter.problems, Code::Unreachable, problem, "take the row out, or move the table's step up");
        return true;
    }
    false
}

/// Reports values of a row that earlier rows have already, whatever else the lead is like.
fn taken_values(linter: &Linter<'_>, table: &RouteTable, at: usize, formulas: &[Cells]) {
    let (Some(row), Some(own)) = (table.rows.get(at), formulas.get(at)) else { return };
    for (field, tests) in row.cells.iter().enumerate() {
        let Some((Operator::In(values), written)) = tests.first().map(|test| (&test.operator, &test.written)) else {
            continue;
        };
        for value in values.iter() {
            let lists = |row: &usize| {
                let cell = table.rows.get(*row).and_then(|row| row.cells.get(field)).and_then(|tests| tests.first());
                matches!(cell.map(|test| &test.operator), Some(Operator::In(listed)) if listed.contains(value))
            };
            let before: Vec<usize> = (0..at).filter(lists).collect();
            let whens = before.iter().filter_map(|at| formulas.get(*at)).map(|row| row.when.clone().negated());
            let left = own.when.clone().and(Formula::all(whens));
            let (false, true) = (before.is_empty(), linter.find(&left).nobody()) else { continue };
            let names: Vec<String> =
                before.iter().filter_map(|at| table.rows.get(*at)).map(|row| format!("row `{}`", row.id)).collect();
            let shown = written.iter().find(|text| folded(text) == value).map_or(value, String::as_str);
            let problem = format!("`{shown}` is already taken by {}", names.join(" and "));
            row.site().report(
                linter.problems,
                Code::Unreachable,
                problem,
                "list it in one row, or give the earlier one a `when`",
            );
        }
    }
}

/// Warns of earlier rows that take some of this row's leads to somewhere else, where neither row is an exception to the
/// other.
fn overlaps(linter: &Linter<'_>, table: &RouteTable, row: &Row, at: usize, rivals: &[usize], formulas: &[Cells]) {
    let Some(own) = formulas.get(at).map(Cells::all) else { return };
    let only_order_decides = |other: &&usize| {
        let (Some(rival), Some(takes)) = (table.rows.get(**other), formulas.get(**other).map(Cells::all)) else {
            return false;
        };
        (&rival.queue, &rival.owner) != (&row.queue, &row.owner)
            && linter.find(&own.clone().and(takes.clone())).somebody()
            && linter.find(&own.clone().and(takes.clone().negated())).somebody()
            && linter.find(&takes.and(own.clone().negated())).somebody()
    };
    let names: Vec<String> = rivals
        .iter()
        .filter(only_order_decides)
        .filter_map(|other| table.rows.get(*other))
        .map(|rival| format!("`{}`", rival.id))
        .collect();
    let Some((first, others)) = names.split_first() else { return };
    let more = if others.is_empty() { String::new() } else { format!(" (and {} more)", others.len()) };
    let problem = format!("row {first}{more} takes some of the same leads elsewhere, and comes first");
    row.site().report(
        linter.problems,
        Code::Overlap,
        problem,
        "see that the order is meant, or make the rows exclude each other",
    );
}

/// Which rows of columns may take the same leads: those that share a cell of every group that both ask for.
struct Neighbours {
    /// Of each row, the cells it accepts, by group.
    accepts: Vec<BTreeMap<usize, BTreeSet<usize>>>,
    /// By group and cell, the rows that accept it; without those that accept the whole group.
    accepting: BTreeMap<(usize, usize), Vec<usize>>,
    /// By group, the rows that do not ask for it.
    open: BTreeMap<usize, Vec<usize>>,
}

impl Neighbours {
    fn of(rows: &[Cells], linter: &Linter<'_>) -> Self {
        let mut neighbours = Self { accepts: Vec::new(), accepting: BTreeMap::new(), open: BTreeMap::new() };
        for row in rows {
            let mut accepts: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
            row.of_fields.iter().for_each(|cell| linter.narrow(&mut accepts, cell));
            neighbours.accepts.push(accepts);
        }
        let groups: BTreeSet<usize> = neighbours.accepts.iter().flat_map(BTreeMap::keys).copied().collect();
        for (row, accepts) in neighbours.accepts.iter().enumerate() {
            for group in &groups {
                match accepts.get(group) {
                    Some(cells) => {
                        for cell in cells {
                            neighbours.accepting.entry((*group, *cell)).or_default().push(row);
                        }
                    }
                    None => neighbours.open.entry(*group).or_default().push(row),
                }
            }
        }
        neighbours
    }

    /// The rows before one that may take some of its leads.
    fn before(&self, at: usize) -> Vec<usize> {
        let Some(accepts) = self.accepts.get(at) else { return Vec::new() };
        let candidates = |(group, cells): (&usize, &BTreeSet<usize>)| -> BTreeSet<usize> {
            let asking = cells.iter().filter_map(|cell| self.accepting.get(&(*group, *cell))).flatten();
            asking.chain(self.open.get(group).into_iter().flatten()).copied().filter(|row| *row < at).collect()
        };
        let fewest = accepts.iter().map(candidates).min_by_key(BTreeSet::len);
        let fewest = fewest.unwrap_or_else(|| (0..at).collect());
        let meets = |row: &usize| {
            self.accepts.get(*row).is_some_and(|other| {
                accepts.iter().all(|(group, cells)| other.get(group).is_none_or(|theirs| !cells.is_disjoint(theirs)))
            })
        };
        fewest.into_iter().filter(meets).collect()
    }
}

impl Linter<'_> {
    /// Keeps, of each group, the cells that a table's cell accepts too.
    fn narrow(&self, accepts: &mut BTreeMap<usize, BTreeSet<usize>>, cell: &Formula) {
        match cell {
            Formula::All(parts) => parts.iter().for_each(|part| self.narrow(accepts, part)),
            Formula::Atom(atom) => {
                let at = self.world.group_of(*atom);
                let Some(group) = self.world.groups.get(at).filter(|group| !group.too_many) else { return };
                let known = accepts.entry(at).or_insert_with(|| (0..group.cells.len()).collect());
                known.retain(|at| group.cells.get(*at).is_some_and(|cell| cell.holds(*atom)));
            }
            _ => {}
        }
    }
}
