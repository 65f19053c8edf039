//! Conditions as formulas over the tests of a [`World`], and the search for a lead that meets one. Group by group, each
//! cell is put into the formula until it is true or false; a formula shrinks quickly, since most rules ask for other values.

use std::collections::{BTreeSet, HashSet};

use crate::rules::condition::{Condition, Test};

use super::world::{Atom, Cell, World};

/// How many parts of formulas one question may visit.
const WORK: u64 = 20_000_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Formula {
    True,
    False,
    Atom(Atom),
    Not(Box<Formula>),
    All(Vec<Formula>),
    Any(Vec<Formula>),
}

impl Formula {
    pub(super) fn of(condition: &Condition, world: &World) -> Self {
        match condition {
            Condition::Always => Self::True,
            Condition::Test(test) => Self::test(test, world),
            Condition::All(parts) => Self::all(parts.iter().map(|part| Self::of(part, world))),
            Condition::Any(parts) => Self::any(parts.iter().map(|part| Self::of(part, world))),
            Condition::Not(part) => Self::of(part, world).negated(),
        }
    }

    pub(super) fn test(test: &Test, world: &World) -> Self {
        world.atom(test).map_or(Self::False, Self::Atom)
    }

    pub(super) fn negated(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Not(part) => *part,
            other => Self::Not(Box::new(other)),
        }
    }

    pub(super) fn all(parts: impl Iterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::False => return Self::False,
                Self::True => {}
                other => kept.push(other),
            }
        }
        match kept.len() {
            0 => Self::True,
            1 => kept.remove(0),
            _ => Self::All(kept),
        }
    }

    pub(super) fn any(parts: impl Iterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::True => return Self::True,
                Self::False => {}
                other => kept.push(other),
            }
        }
        match kept.len() {
            0 => Self::False,
            1 => kept.remove(0),
            _ => Self::Any(kept),
        }
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self::all([self, other].into_iter())
    }

    /// What is left of it for leads in a cell of a group.
    fn given(&self, group: usize, cell: &Cell, world: &World, work: &mut Work<'_>) -> Self {
        work.one();
        match self {
            Self::Atom(atom) if world.group_of(*atom) == group => {
                if cell.holds(*atom) {
                    Self::True
                } else {
                    Self::False
                }
            }
            Self::Not(part) => part.given(group, cell, world, work).negated(),
            Self::All(parts) => Self::all(parts.iter().map(|part| part.given(group, cell, world, work))),
            Self::Any(parts) => Self::any(parts.iter().map(|part| part.given(group, cell, world, work))),
            other => other.clone(),
        }
    }

    fn first_atom(&self) -> Option<Atom> {
        match self {
            Self::True | Self::False => None,
            Self::Atom(atom) => Some(*atom),
            Self::Not(part) => part.first_atom(),
            Self::All(parts) | Self::Any(parts) => parts.iter().find_map(Self::first_atom),
        }
    }

    fn atoms(&self, group: usize, world: &World, atoms: &mut BTreeSet<Atom>) {
        match self {
            Self::True | Self::False => {}
            Self::Atom(atom) if world.group_of(*atom) == group => _ = atoms.insert(*atom),
            Self::Atom(_) => {}
            Self::Not(part) => part.atoms(group, world, atoms),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.atoms(group, world, atoms)),
        }
    }
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A lead: a cell of each group that matters.
    Lead(Vec<(usize, usize)>),
    Nobody,
    /// There were too many leads to look at.
    Undecided,
}

impl Found {
    pub(super) fn nobody(&self) -> bool {
        *self == Self::Nobody
    }

    pub(super) fn somebody(&self) -> bool {
        matches!(self, Self::Lead(_))
    }
}

/// What a question may still cost, and all questions together.
struct Work<'w> {
    left: u64,
    of_all: &'w std::cell::Cell<u64>,
}

impl Work<'_> {
    fn one(&mut self) {
        self.left = self.left.saturating_sub(1);
        self.of_all.set(self.of_all.get().saturating_sub(1));
    }

    fn is_done(&self) -> bool {
        self.left == 0 || self.of_all.get() == 0
    }
}

/// Looks for a lead that meets a formula.
pub(super) fn find(formula: &Formula, world: &World, work_left: &std::cell::Cell<u64>) -> Found {
    search(formula, world, &mut Vec::new(), &mut Work { left: WORK, of_all: work_left })
}

/// The most that the points of formulas which hold together can come to; more than that if it could not be settled.
pub(super) fn most(worth: &[(Formula, i32)], world: &World, work_left: &std::cell::Cell<u64>) -> i32 {
    add_up(worth, world, &mut Work { left: WORK, of_all: work_left })
}

fn add_up(worth: &[(Formula, i32)], world: &World, work: &mut Work<'_>) -> i32 {
    let settled = || worth.iter().filter(|(formula, _)| *formula == Formula::True).map(|(_, points)| points).sum();
    let Some(atom) = worth.iter().find_map(|(formula, _)| formula.first_atom()) else { return settled() };
    let at_most =
        worth.iter().filter(|(formula, _)| *formula != Formula::False).map(|(_, points)| points.max(&0)).sum();
    let group = world.group_of(atom);
    let open = Formula::all(worth.iter().map(|(formula, _)| formula.clone()).filter(|f| *f != Formula::False));
    let Some(cells) = cells(group, &open, world) else { return at_most };
    let mut most = i32::MIN;
    for (_, cell) in cells {
        if work.is_done() {
            return at_most;
        }
        let left: Vec<_> =
            worth.iter().map(|(formula, points)| (formula.given(group, cell, world, work), *points)).collect();
        most = most.max(add_up(&left, world, work));
    }
    most
}

fn search(formula: &Formula, world: &World, chosen: &mut Vec<(usize, usize)>, work: &mut Work<'_>) -> Found {
    let Some(atom) = formula.first_atom() else {
        return if *formula == Formula::True { Found::Lead(chosen.clone()) } else { Found::Nobody };
    };
    let group = world.group_of(atom);
    let Some(cells) = cells(group, formula, world) else { return Found::Undecided };
    let mut undecided = false;
    for (at, cell) in cells {
        if work.is_done() {
            return Found::Undecided;
        }
        chosen.push((group, at));
        let found = search(&formula.given(group, cell, world, work), world, chosen, work);
        chosen.pop();
        match found {
            Found::Lead(lead) => return Found::Lead(lead),
            Found::Undecided => undecided = true,
            Found::Nobody => {}
        }
    }
    if undecided { Found::Undecided } else { Found::Nobody }
}

/// The cells of a group that the formula tells apart, one of each class; nothing if the group has too many.
fn cells<'w>(group: usize, formula: &Formula, world: &'w World) -> Option<Vec<(usize, &'w Cell)>> {
    let group_cells = world.groups.get(group).filter(|group| !group.too_many)?;
    let mut atoms = BTreeSet::new();
    formula.atoms(group, world, &mut atoms);
    let mut seen = HashSet::new();
    let told_apart = group_cells.cells.iter().enumerate().filter(|(_, cell)| {
        let class: Vec<bool> = atoms.iter().map(|atom| cell.holds(*atom)).collect();
        seen.insert(class)
    });
    Some(told_apart.collect())
}

/// Every combination of cells of the given groups that some lead of the formula has, up to `most`; whether that is all.
pub(super) fn combinations(
    formula: &Formula,
    groups: &[usize],
    allowed: &dyn Fn(usize, &Cell) -> bool,
    world: &World,
    most: usize,
    work_left: &std::cell::Cell<u64>,
) -> (Vec<Vec<(usize, usize)>>, bool) {
    let mut found = Vec::new();
    let mut work = Work { left: WORK, of_all: work_left };
    let complete = collect(formula, groups, allowed, world, &mut Vec::new(), &mut found, most, &mut work);
    (found, complete)
}

#[allow(clippy::too_many_arguments, reason = "one recursive walk")]
fn collect(
    formula: &Formula,
    groups: &[usize],
    allowed: &dyn Fn(usize, &Cell) -> bool,
    world: &World,
    chosen: &mut Vec<(usize, usize)>,
    found: &mut Vec<Vec<(usize, usize)>>,
    most: usize,
    work: &mut Work<'_>,
) -> bool {
    if *formula == Formula::False {
        return true;
    }
    let Some((group, rest)) = groups.split_first() else {
        return match search(formula, world, &mut Vec::new(), work) {
            Found::Lead(_) if found.len() < most => {
                found.push(chosen.clone());
                true
            }
            Found::Lead(_) | Found::Undecided => false,
            Found::Nobody => true,
        };
    };
    let Some(cells) = world.groups.get(*group).filter(|group| !group.too_many) else { return false };
    let mut complete = true;
    for (at, cell) in cells.cells.iter().enumerate().filter(|(_, cell)| allowed(*group, cell)) {
        if work.is_done() || found.len() >= most {
            return false;
        }
        chosen.push((*group, at));
        let left = formula.given(*group, cell, world, work);
        complete &= collect(&left, rest, allowed, world, chosen, found, most, work);
        chosen.pop();
    }
    complete
}
