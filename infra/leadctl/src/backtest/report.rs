//! The figures of a run as they are told: rates worked out from whole numbers, in a fixed order.

use std::collections::BTreeMap;

use leads::rules::RuleSet;
use serde::Serialize;

use super::engine::SUCCESSES;
use super::replay::Place;
use super::tally::{BAND_WIDTH, BANDS, Cell, Side, Tally};

/// How many places the verdict names.
const NAMED: usize = 3;

/// What `leadctl backtest --json` writes. Holds no personal data: places, rules, counts and line numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The whole in one line.
    pub verdict: String,
    /// The rule sets' versions.
    pub rules: Pair<String>,
    /// Leads decided.
    pub leads: u64,
    /// Lines that could not be read, and are in no other figure.
    pub bad_lines: BadLines,
    /// Leads that end elsewhere.
    pub moved: Share,
    /// Qualified leads, of all that were decided.
    pub mql: Pair<Share>,
    /// Leads by place.
    pub load: Vec<LoadRow>,
    /// From where to where, the most frequent first.
    pub moves: Vec<MoveRow>,
    /// What is known of outcomes.
    pub outcomes: Outcomes,
    /// How outcomes follow the scores.
    pub bands: Pair<Vec<Band>>,
}

/// The same thing under both rule sets.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair<T> {
    /// Under the old rules.
    pub old: T,
    /// Under the new ones.
    pub new: T,
}

/// A part of the leads.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Share {
    /// How many.
    pub leads: u64,
    /// Of all that were decided, to a tenth.
    pub percent: f64,
}

/// Lines that could not be read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BadLines {
    /// How many.
    pub lines: u64,
    /// The first ones.
    pub first: Vec<BadLine>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BadLine {
    /// Its number, from 1.
    pub line: u64,
    /// Why.
    pub why: String,
}

/// The load of a place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoadRow {
    /// A queue, or held or refused for a reason.
    pub place: Place,
    /// Leads under the old rules.
    pub old: u64,
    /// Leads under the new ones.
    pub new: u64,
    /// The difference.
    pub delta: i64,
}

/// Leads that move from one place to another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MoveRow {
    /// Where they ended.
    pub from: Place,
    /// Where they end.
    pub to: Place,
    /// How many.
    pub leads: u64,
    /// The rules behind it, the most frequent first.
    pub because: Vec<Because>,
}

/// The rules behind a move.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Because {
    /// The rule that decided.
    pub old_rule: String,
    /// The rule that decides.
    pub new_rule: String,
    /// How many leads.
    pub leads: u64,
    /// The first lines of the file, at most three.
    pub lines: Vec<u64>,
}

/// What is known of outcomes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcomes {
    /// The dispositions that count as success.
    pub success: [&'static str; 3],
    /// Leads with a disposition that the playbook knows.
    pub known: u64,
    /// Those of them that succeeded.
    pub successes: u64,
    /// Successes among the known, to four places.
    pub base_rate: Option<f64>,
    /// Leads with a disposition that the playbook does not know; they count as unknown.
    pub unmapped: u64,
    /// Qualified leads.
    pub mql: Pair<Quality>,
}

/// How good a group of leads turned out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quality {
    /// Leads.
    pub leads: u64,
    /// With a known outcome.
    pub known: u64,
    /// With a good one.
    pub successes: u64,
    /// Successes among the known, to four places.
    pub precision: Option<f64>,
    /// The precision against the base rate of all leads, to two places.
    pub lift: Option<f64>,
}

/// The leads whose intent and value together fall into a band.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Band {
    /// From this sum on; none for leads that were held or refused, and so have no scores.
    pub from: Option<i32>,
    /// Up to this sum.
    pub to: Option<i32>,
    /// How good they turned out.
    #[serde(flatten)]
    pub quality: Quality,
}

impl Report {
    /// Tells the figures of a run.
    pub fn of(tally: &Tally, old: &RuleSet, new: &RuleSet) -> Self {
        let share = |leads| Share { leads, percent: ratio(leads, tally.leads, 1000).unwrap_or_default() / 10.0 };
        let mut report = Self {
            verdict: String::new(),
            rules: Pair { old: old.version().to_owned(), new: new.version().to_owned() },
            leads: tally.leads,
            bad_lines: BadLines {
                lines: tally.bad,
                first: tally.bad_lines.iter().map(|(line, why)| BadLine { line: *line, why: why.clone() }).collect(),
            },
            moved: share(tally.moved),
            mql: Pair { old: share(tally.old.mql.leads), new: share(tally.new.mql.leads) },
            load: load(tally),
            moves: moves(tally),
            outcomes: Outcomes {
                success: SUCCESSES,
                known: tally.known.known,
                successes: tally.known.successes,
                base_rate: ratio(tally.known.successes, tally.known.known, 10_000).map(|rate| rate / 10_000.0),
                unmapped: tally.unmapped,
                mql: Pair { old: quality(tally.old.mql, tally.known), new: quality(tally.new.mql, tally.known) },
            },
            bands: Pair { old: bands(&tally.old, tally.known), new: bands(&tally.new, tally.known) },
        };
        report.verdict = report.in_one_line();
        report
    }

    /// Whether any outcome is known.
    pub fn knows_outcomes(&self) -> bool {
        self.outcomes.known > 0
    }

    fn in_one_line(&self) -> String {
        let mut line = if self.rules.old == self.rules.new {
            format!("The rules are the same; {} leads.", grouped(self.leads))
        } else if self.moved.leads == 0 {
            format!("None of {} leads moves.", grouped(self.leads))
        } else {
            let mut changed: Vec<_> = self.load.iter().filter(|row| row.delta != 0).collect();
            changed.sort_by_key(|row| std::cmp::Reverse(row.delta.abs()));
            let named: Vec<_> =
                changed.iter().take(NAMED).map(|row| format!("{} {}", row.place, signed(row.delta))).collect();
            let places = match (named.is_empty(), changed.len() > NAMED) {
                (true, _) => "every place keeps its number.".to_owned(),
                (false, false) => named.join(", ") + ".",
                (false, true) => named.join(", ") + ", …",
            };
            format!("{:.1} % of {} leads move; {places}", self.moved.percent, grouped(self.leads))
        };
        line += &format!(" MQL rate {:.1} % → {:.1} %.", self.mql.old.percent, self.mql.new.percent);
        if self.bad_lines.lines > 0 {
            line += &format!(" {} lines could not be read.", grouped(self.bad_lines.lines));
        }
        line
    }
}

fn load(tally: &Tally) -> Vec<LoadRow> {
    let row = |(place, load): (&Place, &super::tally::Load)| LoadRow {
        place: place.clone(),
        old: load.old,
        new: load.new,
        delta: i64::try_from(load.new).unwrap_or(i64::MAX) - i64::try_from(load.old).unwrap_or(i64::MAX),
    };
    tally.load.iter().map(row).collect()
}

fn moves(tally: &Tally) -> Vec<MoveRow> {
    let mut ways: BTreeMap<(&Place, &Place), MoveRow> = BTreeMap::new();
    for (way, seen) in &tally.moves {
        let row = ways.entry((&way.from, &way.to)).or_insert_with(|| MoveRow {
            from: way.from.clone(),
            to: way.to.clone(),
            leads: 0,
            because: Vec::new(),
        });
        row.leads += seen.leads;
        row.because.push(Because {
            old_rule: way.old_rule.clone(),
            new_rule: way.new_rule.clone(),
            leads: seen.leads,
            lines: seen.lines.clone(),
        });
    }
    let mut rows: Vec<_> = ways.into_values().collect();
    // Stable sorts: what is equally frequent stays in the order of the names.
    rows.iter_mut().for_each(|row| row.because.sort_by_key(|because| std::cmp::Reverse(because.leads)));
    rows.sort_by_key(|row| std::cmp::Reverse(row.leads));
    rows
}

fn bands(side: &Side, all: Cell) -> Vec<Band> {
    let scored = side.bands.iter().zip((0..).step_by(BAND_WIDTH.unsigned_abs() as usize)).map(|(cell, from)| Band {
        from: Some(from),
        to: Some(if from / BAND_WIDTH + 1 == i32::try_from(BANDS).unwrap_or_default() {
            200
        } else {
            from + BAND_WIDTH - 1
        }),
        quality: quality(*cell, all),
    });
    let unscored = Band { from: None, to: None, quality: quality(side.unscored, all) };
    scored.chain([unscored]).collect()
}

fn quality(cell: Cell, all: Cell) -> Quality {
    let Cell { leads, known, successes } = cell;
    Quality {
        leads,
        known,
        successes,
        precision: ratio(successes, known, 10_000).map(|rate| rate / 10_000.0),
        lift: ratio(successes * all.known, known * all.successes, 100).map(|lift| lift / 100.0),
    }
}

/// `part / whole` in units of `1 / scale`, rounded half up in whole numbers; nothing of nothing.
fn ratio(part: u64, whole: u64, scale: u64) -> Option<f64> {
    let (part, whole, scale) = (u128::from(part), u128::from(whole), u128::from(scale));
    let units = (2 * part * scale + whole).checked_div(2 * whole)?;
    Some(u32::try_from(units).unwrap_or(u32::MAX).into())
}

/// With commas between thousands.
pub fn grouped(number: impl Into<u128>) -> String {
    let digits = number.into().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The same with its sign; a minus sign, not a hyphen.
pub fn signed(number: i64) -> String {
    let sign = match number.signum() {
        1 => "+",
        -1 => "−",
        _ => "±",
    };
    format!("{sign}{}", grouped(number.unsigned_abs()))
}

/// A rate as a percentage, or a dash.
pub fn percent(rate: Option<f64>) -> String {
    rate.map_or_else(|| "–".to_owned(), |rate| format!("{:.1} %", rate * 100.0))
}

/// A lift, or a dash.
pub fn times(lift: Option<f64>) -> String {
    lift.map_or_else(|| "–".to_owned(), |lift| format!("{lift:.2}×"))
}

impl Band {
    /// What it holds: `100–119`, or `not scored`.
    pub fn label(&self) -> String {
        match (self.from, self.to) {
            (Some(from), Some(to)) => format!("{from}–{to}"),
            _ => "not scored".to_owned(),
        }
    }
}
