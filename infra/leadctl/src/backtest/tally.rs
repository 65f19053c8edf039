//! What is counted. Whole numbers that merge in any order; rates are worked out at the end, in the report.

use std::collections::BTreeMap;

use super::replay::{Decided, Place};

/// How many lines of a move are named.
const EXAMPLES: usize = 3;

/// How many unreadable lines are named.
const BAD_LINES: usize = 10;

/// How wide a band of intent and value together is, and how many there are: 0-19, 20-39, …, 180-200.
pub const BAND_WIDTH: i32 = 20;
/// See [`BAND_WIDTH`].
pub const BANDS: usize = 10;

/// What sales made of a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing is reported.
    Nothing,
    /// A disposition that nobody knows; it says neither yes nor no.
    Unmapped,
    /// Sales took it on, or sold to it.
    Success,
    /// Something else.
    Miss,
}

/// Leads, those of them whose outcome is known, and those of them that succeeded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// All.
    pub leads: u64,
    /// With a known outcome.
    pub known: u64,
    /// With a good one.
    pub successes: u64,
}

impl Cell {
    fn add(&mut self, known: Known) {
        self.leads += 1;
        self.known += u64::from(matches!(known, Known::Success | Known::Miss));
        self.successes += u64::from(known == Known::Success);
    }

    fn merge(&mut self, other: Self) {
        self.leads += other.leads;
        self.known += other.known;
        self.successes += other.successes;
    }
}

/// What one rule set makes of all leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// Qualified leads.
    pub mql: Cell,
    /// Leads that were held or refused.
    pub unscored: Cell,
    /// The others, by band.
    pub bands: [Cell; BANDS],
}

impl Side {
    fn add(&mut self, decided: &Decided, known: Known) {
        let Some(scores) = decided.scores else { return self.unscored.add(known) };
        if scores.mql {
            self.mql.add(known);
        }
        let band = usize::try_from(scores.sum / BAND_WIDTH).unwrap_or_default().min(BANDS - 1);
        if let Some(cell) = self.bands.get_mut(band) {
            cell.add(known);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.mql.merge(other.mql);
        self.unscored.merge(other.unscored);
        for (mine, theirs) in self.bands.iter_mut().zip(other.bands) {
            mine.merge(theirs);
        }
    }
}

/// A way that leads move, and the rules behind it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Move {
    /// Where they ended.
    pub from: Place,
    /// Where they end.
    pub to: Place,
    /// The rule that decided.
    pub old_rule: String,
    /// The rule that decides.
    pub new_rule: String,
}

/// How often, and where to look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Leads.
    pub leads: u64,
    /// The first lines, at most three.
    pub lines: Vec<u64>,
}

/// Leads in a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Under the old rules.
    pub old: u64,
    /// Under the new ones.
    pub new: u64,
}

/// All figures of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Leads decided.
    pub leads: u64,
    /// Lines that could not be read.
    pub bad: u64,
    /// The first of them, and why.
    pub bad_lines: BTreeMap<u64, String>,
    /// Outcomes that the playbook does not know.
    pub unmapped: u64,
    /// Those of all leads with a known outcome.
    pub known: Cell,
    /// Leads that end elsewhere.
    pub moved: u64,
    /// Leads by place.
    pub load: BTreeMap<Place, Load>,
    /// The ways they move.
    pub moves: BTreeMap<Move, Seen>,
    /// Under the old rules.
    pub old: Side,
    /// Under the new rules.
    pub new: Side,
}

impl Tally {
    /// Counts a lead. `line` is where it stands, from 1.
    pub fn add(&mut self, line: u64, old: Decided, new: Decided, known: Known) {
        self.leads += 1;
        self.known.add(known);
        self.unmapped += u64::from(known == Known::Unmapped);
        self.old.add(&old, known);
        self.new.add(&new, known);
        self.count(&old.place, |load| load.old += 1);
        self.count(&new.place, |load| load.new += 1);
        if old.place != new.place {
            self.moved += 1;
            let way = Move { from: old.place, to: new.place, old_rule: old.rule, new_rule: new.rule };
            self.moves.entry(way).or_default().merge(&Seen { leads: 1, lines: vec![line] });
        }
    }

    fn count(&mut self, place: &Place, add: impl FnOnce(&mut Load)) {
        match self.load.get_mut(place) {
            Some(load) => add(load),
            None => add(self.load.entry(place.clone()).or_default()),
        }
    }

    /// Counts a line that cannot be read.
    pub fn add_bad(&mut self, line: u64, why: String) {
        self.bad += 1;
        self.bad_lines.insert(line, why);
        if self.bad_lines.len() > BAD_LINES {
            self.bad_lines.pop_last();
        }
    }

    /// Takes in what another thread has counted.
    pub fn merge(&mut self, other: Self) {
        self.leads += other.leads;
        self.bad += other.bad;
        self.bad_lines.extend(other.bad_lines);
        while self.bad_lines.len() > BAD_LINES {
            self.bad_lines.pop_last();
        }
        self.unmapped += other.unmapped;
        self.known.merge(other.known);
        self.moved += other.moved;
        for (place, theirs) in other.load {
            let mine = self.load.entry(place).or_default();
            mine.old += theirs.old;
            mine.new += theirs.new;
        }
        for (way, seen) in other.moves {
            self.moves.entry(way).or_default().merge(&seen);
        }
        self.old.merge(&other.old);
        self.new.merge(&other.new);
    }
}

impl Seen {
    fn merge(&mut self, other: &Self) {
        self.leads += other.leads;
        self.lines.extend(&other.lines);
        self.lines.sort_unstable();
        self.lines.truncate(EXAMPLES);
    }
}
