//! Finds the rows of a table whose every cell fits, in order. For each column and value it knows the rows that accept
//! the value, as bits; a look-up intersects the columns 64 rows at a time, so that 10,000 rows cost little more than ten.

use std::collections::{BTreeSet, HashMap};

use super::condition::{Operator, Test, folded};
use super::field::{Fact, Facts, Field};

/// Rows as bits: the number of a block of 64 rows, and the rows in it. Blocks without rows are left out.
type Rows = Vec<(usize, u64)>;

#[derive(Clone, Debug)]
pub(super) struct Matrix {
    columns: Vec<Column>,
    blocks: usize,
}

#[derive(Clone, Debug)]
struct Column {
    field: Field,
    /// The rows that leave the column open, a word a block.
    open: Vec<u64>,
    asked: Asked,
}

/// The rows that ask something of a column, by what they ask.
#[derive(Clone, Debug)]
enum Asked {
    Values(HashMap<String, Rows>),
    /// From each number to the next.
    Numbers(Vec<(i64, Rows)>),
    Flags {
        yes: Rows,
        no: Rows,
    },
}

impl Matrix {
    /// `cells` holds a row's tests on each field, none where the row leaves it open.
    pub(super) fn new(fields: &[Field], cells: &[&[Vec<Test>]]) -> Self {
        let blocks = cells.len().div_ceil(64);
        let column = |(at, field): (usize, &Field)| {
            let tests: Vec<&[Test]> = cells.iter().map(|row| row.get(at).map_or(&[][..], Vec::as_slice)).collect();
            Column::new(field, &tests, blocks)
        };
        Self { columns: fields.iter().enumerate().map(column).collect(), blocks }
    }

    /// The rows that fit a lead, in order.
    pub(super) fn fitting(&self, facts: &Facts<'_>) -> impl Iterator<Item = usize> {
        let mut columns: Vec<_> = self.columns.iter().map(|column| (column, column.accepting(facts))).collect();
        (0..self.blocks).flat_map(move |block| {
            let fitting = columns.iter_mut().fold(u64::MAX, |fitting, (column, accepting)| {
                let asked = accepting.iter_mut().fold(0, |rows, set| rows | advance(set, block));
                fitting & (column.open.get(block).unwrap_or(&0) | asked)
            });
            bits(fitting).map(move |bit| block * 64 + bit)
        })
    }
}

impl Column {
    fn new(field: &Field, rows: &[&[Test]], blocks: usize) -> Self {
        let mut open = vec![0; blocks];
        for (row, tests) in rows.iter().enumerate() {
            if let (true, Some(word)) = (tests.is_empty(), open.get_mut(row / 64)) {
                *word |= 1 << (row % 64);
            }
        }
        Self { field: field.clone(), open, asked: Asked::new(rows) }
    }

    /// The sets of rows that accept a lead's answer; several where the lead has several values.
    fn accepting(&self, facts: &Facts<'_>) -> Vec<&[(usize, u64)]> {
        match (&self.asked, facts.answer(&self.field)) {
            (Asked::Values(values), Fact::Text(text)) => {
                values.get(folded(&text).as_ref()).into_iter().map(Vec::as_slice).collect()
            }
            (Asked::Values(values), Fact::Texts(texts)) => {
                texts.iter().filter_map(|text| values.get(folded(text).as_ref())).map(Vec::as_slice).collect()
            }
            (Asked::Numbers(numbers), Fact::Number(number)) => {
                let next = numbers.partition_point(|(from, _)| *from <= number);
                next.checked_sub(1)
                    .and_then(|at| numbers.get(at))
                    .map(|(_, rows)| rows.as_slice())
                    .into_iter()
                    .collect()
            }
            (Asked::Flags { yes, no }, Fact::Flag(flag)) => vec![if flag { yes } else { no }],
            _ => Vec::new(),
        }
    }
}

impl Asked {
    fn new(rows: &[&[Test]]) -> Self {
        let asking = || rows.iter().enumerate().filter(|(_, tests)| !tests.is_empty());
        match asking().flat_map(|(_, tests)| tests.iter()).map(|test| &test.operator).next() {
            Some(Operator::AtLeast(_) | Operator::AtMost(_)) => {
                let ranges: Vec<_> = asking().map(|(row, tests)| (row, range(tests))).collect();
                let starts: BTreeSet<i64> =
                    ranges.iter().flat_map(|(_, (low, high))| [*low, high.saturating_add(1)]).collect();
                let of = |start: i64| {
                    let mut set = Rows::new();
                    ranges.iter().filter(|(_, (low, high))| (low..=high).contains(&&start)).for_each(|(row, _)| {
                        add(&mut set, *row);
                    });
                    (start, set)
                };
                Self::Numbers(starts.into_iter().map(of).collect())
            }
            Some(Operator::Is(_)) => {
                let (mut yes, mut no) = (Rows::new(), Rows::new());
                for (row, tests) in asking() {
                    let wanted = tests.iter().any(|test| test.operator == Operator::Is(true));
                    add(if wanted { &mut yes } else { &mut no }, row);
                }
                Self::Flags { yes, no }
            }
            _ => {
                let mut values: HashMap<String, Rows> = HashMap::new();
                for (row, tests) in asking() {
                    for test in *tests {
                        let Operator::In(listed) = &test.operator else { continue };
                        listed.iter().for_each(|value| add(values.entry(value.to_owned()).or_default(), row));
                    }
                }
                Self::Values(values)
            }
        }
    }
}

/// The numbers that tests on one field allow.
fn range(tests: &[Test]) -> (i64, i64) {
    tests.iter().fold((i64::MIN, i64::MAX), |(low, high), test| match test.operator {
        Operator::AtLeast(least) => (low.max(least), high),
        Operator::AtMost(most) => (low, high.min(most)),
        _ => (low, high),
    })
}

/// Adds a row; rows come in order.
fn add(rows: &mut Rows, row: usize) {
    let (block, bit) = (row / 64, 1 << (row % 64));
    match rows.last_mut() {
        Some((last, word)) if *last == block => *word |= bit,
        _ => rows.push((block, bit)),
    }
}

/// The rows of a block, and drops the blocks before it.
fn advance(rows: &mut &[(usize, u64)], block: usize) -> u64 {
    while let [(first, word), rest @ ..] = *rows {
        if *first > block {
            break;
        }
        if *first == block {
            return *word;
        }
        *rows = rest;
    }
    0
}

/// The positions of the ones, lowest first.
fn bits(word: u64) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(word), |word| Some(word & word.wrapping_sub(1)))
        .take_while(|word| *word != 0)
        .map(|word| word.trailing_zeros() as usize)
}
