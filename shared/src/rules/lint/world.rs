//! What leads can be like, as far as the rules at hand tell them apart. Fields that depend on each other form a group; a
//! cell of a group is a class of answers that every test of the rules treats alike. A lead is one cell of each group, so
//! that a question about all leads becomes one about finitely many.
//!
//! Where a dependency is not modelled, a cell may stand for leads that do not exist. A rule may then be taken for
//! reachable though it is not; never the other way round.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::decision::Quadrant;
use crate::geo;
use crate::profile::{self, email::with_those_above};
use crate::rules::condition::{Condition, Operator, Test, folded};
use crate::rules::field::{Field, Kind, channel_kind, quadrant};
use crate::rules::scoring::Scoring;
use crate::rules::vocabulary::Wording;
use crate::submission::CHANNELS;

/// More cells than this in one group are not looked at.
const MANY: usize = 4096;

/// The number of a test.
pub(super) type Atom = usize;

#[derive(Default)]
pub(super) struct World {
    /// Each test once, by field and operator.
    atoms: HashMap<(Field, Operator), Atom>,
    /// The group of each test.
    group_of: Vec<usize>,
    pub(super) groups: Vec<Group>,
}

#[derive(Default)]
pub(super) struct Group {
    pub(super) fields: Vec<Field>,
    pub(super) cells: Vec<Cell>,
    /// Whether there were too many cells to list.
    pub(super) too_many: bool,
}

pub(super) struct Cell {
    /// The tests that hold.
    holds: HashSet<Atom>,
    /// An example: what each field of the group answers.
    pub(super) example: Vec<Answer>,
}

/// An answer to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Absent,
    Number(i64),
    Flag(bool),
    Text(String),
    /// Several texts: of a domain itself and those above it, of tags any.
    Texts(Vec<String>),
    /// A text that no rule names, and the word tests that it is taken to pass.
    Unnamed(Vec<Operator>),
}

impl Cell {
    pub(super) fn holds(&self, atom: Atom) -> bool {
        self.holds.contains(&atom)
    }
}

impl World {
    /// The world of these conditions.
    pub(super) fn of<'c>(conditions: impl Iterator<Item = &'c Condition>, scoring: Option<&Scoring>) -> Self {
        let mut world = Self::default();
        let mut operators: HashMap<Field, Vec<(Operator, Atom)>> = HashMap::new();
        let mut fields: Vec<Field> = Vec::new();
        for test in conditions.flat_map(Condition::tests) {
            let next = world.atoms.len();
            let key = (test.field.clone(), test.operator.clone());
            if world.atoms.contains_key(&key) {
                continue;
            }
            world.atoms.insert(key, next);
            let of_field = operators.entry(test.field.clone()).or_insert_with(|| {
                fields.push(test.field.clone());
                Vec::new()
            });
            of_field.push((test.operator.clone(), next));
        }
        world.group_of = vec![0; world.atoms.len()];
        while let Some(field) = fields.first().cloned() {
            let group: Vec<Field> = FAMILIES
                .iter()
                .find(|family| family.contains(&field))
                .map_or_else(|| vec![field.clone()], |family| family.to_vec());
            fields.retain(|field| !group.contains(field));
            let tests: Vec<Tests> =
                group.iter().map(|field| Tests::new(field, operators.remove(field).unwrap_or_default())).collect();
            for atom in tests.iter().flat_map(|tests| tests.all.iter().map(|(_, atom)| *atom)) {
                if let Some(slot) = world.group_of.get_mut(atom) {
                    *slot = world.groups.len();
                }
            }
            world.groups.push(Group::new(group, &tests, scoring));
        }
        world
    }

    pub(super) fn atom(&self, test: &Test) -> Option<Atom> {
        self.atoms.get(&(test.field.clone(), test.operator.clone())).copied()
    }

    pub(super) fn group_of(&self, atom: Atom) -> usize {
        self.group_of.get(atom).copied().unwrap_or_default()
    }

    /// The group that holds a field, if any rule asks for it.
    pub(super) fn group_with(&self, field: &Field) -> Option<usize> {
        self.groups.iter().position(|group| group.fields.contains(field))
    }
}

/// Fields that depend on each other.
const FAMILIES: &[&[Field]] = &[
    &[Field::CompanyCountry, Field::CompanyProvince, Field::CompanyCity],
    &[Field::SourceChannel, Field::SourceChannelKind],
    &[Field::InterestBudget, Field::InterestBudgetStated],
    &[Field::PhoneState, Field::PhoneDigitRun, Field::PhoneType],
    &[Field::AccountKind, Field::AccountOwner],
    &[Field::ContactEmail, Field::EmailDomain, Field::EmailLocal],
    &[Field::ScoreIntent, Field::ScoreValue, Field::ScoreQuadrant, Field::ScoreMql],
];

/// The tests on one field.
struct Tests {
    field: Field,
    all: Vec<(Operator, Atom)>,
    /// The tests that list a value.
    listing: HashMap<String, Vec<Atom>>,
}

impl Tests {
    fn new(field: &Field, all: Vec<(Operator, Atom)>) -> Self {
        let mut listing: HashMap<String, Vec<Atom>> = HashMap::new();
        for (operator, atom) in &all {
            if let Operator::In(values) = operator {
                values.iter().for_each(|value| listing.entry(value.to_owned()).or_default().push(*atom));
            }
        }
        Self { field: field.clone(), all, listing }
    }

    /// The tests that hold of an answer.
    fn holding(&self, answer: &Answer) -> Vec<Atom> {
        let texts: Vec<&String> = match answer {
            Answer::Text(text) => vec![text],
            Answer::Texts(texts) => texts.iter().collect(),
            _ => Vec::new(),
        };
        let mut holding: Vec<Atom> =
            texts.iter().filter_map(|text| self.listing.get(*text)).flatten().copied().collect();
        let others = self.all.iter().filter(|(operator, _)| match (operator, answer) {
            (Operator::In(_), _) => false,
            (Operator::Present(wanted), answer) => *wanted != (*answer == Answer::Absent),
            (Operator::Is(wanted), Answer::Flag(flag)) => wanted == flag,
            (Operator::AtLeast(least), Answer::Number(number)) => number >= least,
            (Operator::AtMost(most), Answer::Number(number)) => number <= most,
            (Operator::Contains(words), _) if !texts.is_empty() => {
                texts.iter().any(|text| words.is_in(&Wording::of(text)))
            }
            (Operator::Only(words), _) if !texts.is_empty() => {
                texts.iter().any(|text| words.is_all_of(&Wording::of(text)))
            }
            (operator, Answer::Unnamed(passed)) => passed.contains(operator),
            _ => false,
        });
        holding.extend(others.map(|(_, atom)| *atom));
        holding.sort_unstable();
        holding.dedup();
        holding
    }

    /// Answers of which at least one stands for each class, that of an unknown answer included; nothing if there are too
    /// many classes.
    fn answers(&self, scoring: Option<&Scoring>) -> Option<Vec<Answer>> {
        let listed = || self.listing.keys().map(|value| Answer::Text(value.clone()));
        let mut answers: Vec<Answer> = match (&self.field, self.field.kind()) {
            // Not told apart by the tests alone: other fields of their family depend on them.
            (Field::ScoreIntent, _) => return Some(self.numbers(scoring.map(|scoring| scoring.intent_high.into()))),
            (Field::ScoreValue, _) => return Some(self.numbers(scoring.map(|scoring| scoring.value_high.into()))),
            (_, Kind::Flag) => return Some(vec![Answer::Flag(false), Answer::Flag(true)]),
            (field, Kind::Choice(choices)) => {
                let unknown = may_be_absent(field).then_some(Answer::Absent);
                return Some(choices.iter().map(|choice| Answer::Text((*choice).to_owned())).chain(unknown).collect());
            }
            (_, Kind::Number) => self.numbers(None),
            (_, Kind::Domain) => self.domains(),
            (field, _) if field.is_many_valued() => return self.sets(),
            _ => listed().chain(self.unnamed()?).collect(),
        };
        if may_be_absent(&self.field) {
            answers.push(Answer::Absent);
        }
        Some(self.told_apart(answers))
    }

    /// One answer of each class, the classes in the order of their first answer.
    fn told_apart(&self, mut answers: Vec<Answer>) -> Vec<Answer> {
        answers.sort_by_key(order);
        let mut seen = HashSet::new();
        answers.retain(|answer| seen.insert((self.holding(answer), *answer == Answer::Absent)));
        answers
    }

    /// The lowest number of each class; `edge` begins one too.
    fn numbers(&self, edge: Option<i64>) -> Vec<Answer> {
        let (lowest, highest) = bounds(&self.field);
        let edges = self.all.iter().flat_map(|(operator, _)| match operator {
            Operator::AtLeast(least) => [least.saturating_sub(1), *least],
            Operator::AtMost(most) => [*most, most.saturating_add(1)],
            _ => [lowest, lowest],
        });
        let numbers: BTreeSet<i64> =
            edges.chain([lowest]).chain(edge).filter(|number| (lowest..=highest).contains(number)).collect();
        numbers.into_iter().map(Answer::Number).collect()
    }

    /// A listed domain, one under the same registrable domain, and one that is not listed.
    fn domains(&self) -> Vec<Answer> {
        let of = |value: &String| {
            let registrable = profile::registrable(value);
            let above = with_those_above(value, &registrable).map(str::to_owned).collect();
            [Answer::Texts(above), Answer::Texts(vec![format!("elsewhere.{registrable}"), registrable])]
        };
        self.listing.keys().flat_map(of).chain([Answer::Unnamed(Vec::new())]).collect()
    }

    /// Texts that no rule names, with every choice of the word tests that they pass.
    fn unnamed(&self) -> Option<Vec<Answer>> {
        let words: Vec<&Operator> = self
            .all
            .iter()
            .map(|(operator, _)| operator)
            .filter(|operator| matches!(operator, Operator::Contains(_) | Operator::Only(_)))
            .collect();
        let passed = subsets(words.len())?
            .map(|chosen| chosen.iter().filter_map(|at| words.get(*at)).map(|word| (*word).clone()).collect())
            .filter(|passed: &Vec<Operator>| {
                // A text of nothing but these words has one of them.
                words.iter().all(|operator| match operator {
                    Operator::Contains(vocabulary) => {
                        passed.contains(*operator) || !passed.contains(&Operator::Only(vocabulary.clone()))
                    }
                    _ => true,
                })
            });
        Some(passed.map(Answer::Unnamed).collect())
    }

    /// Sets of values: every union of the classes of single values, and no value at all.
    fn sets(&self) -> Option<Vec<Answer>> {
        let unnamed = self.unnamed()?;
        if unnamed.len() > 1 && !self.listing.is_empty() {
            return None; // a set with a listed value and others that pass word tests has no example
        }
        let mut single: Vec<Answer> = self.listing.keys().map(|value| Answer::Text(value.clone())).collect();
        single.extend(unnamed);
        let single = self.told_apart(single);
        let mut sets: Vec<Answer> = vec![Answer::Absent];
        for chosen in subsets(single.len())?.skip(1) {
            let (mut texts, mut passed) = (Vec::new(), Vec::new());
            for answer in chosen.iter().filter_map(|at| single.get(*at)) {
                match answer {
                    Answer::Text(text) => texts.push(text.clone()),
                    Answer::Unnamed(operators) => passed.extend(operators.iter().cloned()),
                    _ => {}
                }
            }
            sets.push(if texts.is_empty() { Answer::Unnamed(passed) } else { Answer::Texts(texts) });
        }
        Some(self.told_apart(sets))
    }
}

/// Every subset of `0..count`, the empty one first; nothing if there are too many.
fn subsets(count: usize) -> Option<impl Iterator<Item = Vec<usize>>> {
    (count <= MANY.ilog2() as usize)
        .then(|| (0..1_usize << count).map(move |mask| (0..count).filter(|bit| mask >> bit & 1 == 1).collect()))
}

fn order(answer: &Answer) -> (u8, String, i64) {
    match answer {
        Answer::Flag(flag) => (0, String::new(), i64::from(*flag)),
        Answer::Number(number) => (1, String::new(), *number),
        Answer::Text(text) => (2, text.clone(), 0),
        Answer::Texts(texts) => (3, texts.join(" "), 0),
        Answer::Unnamed(passed) => (4, String::new(), i64::try_from(passed.len()).unwrap_or_default()),
        Answer::Absent => (5, String::new(), 0),
    }
}

fn may_be_absent(field: &Field) -> bool {
    use Field as F;
    !matches!(
        field,
        F::FormId | F::PhoneState | F::PhoneDigitRun | F::SourceChannel | F::SourceChannelKind | F::Touches
    ) && !matches!(field, F::ScoreIntent | F::ScoreValue | F::ScoreQuadrant)
        && field.kind() != Kind::Flag
}

fn bounds(field: &Field) -> (i64, i64) {
    match field {
        Field::ScoreIntent | Field::ScoreValue => (0, 100),
        Field::CompanySize | Field::Touches => (0, i64::from(u32::MAX)),
        _ => (0, i64::MAX),
    }
}

impl Group {
    fn new(fields: Vec<Field>, tests: &[Tests], scoring: Option<&Scoring>) -> Self {
        let combinations = match fields.first() {
            Some(Field::CompanyCountry) => Some(places()),
            Some(Field::SourceChannel) => Some(channels()),
            _ => combinations(&fields, tests, scoring),
        };
        let Some(combinations) = combinations else { return Self { fields, too_many: true, ..Self::default() } };
        let mut cells: Vec<Cell> = Vec::new();
        let mut seen = HashSet::new();
        for example in combinations {
            let mut holding: Vec<Atom> =
                tests.iter().zip(&example).flat_map(|(tests, answer)| tests.holding(answer)).collect();
            holding.sort_unstable();
            let known: Vec<bool> = example.iter().map(|answer| *answer != Answer::Absent).collect();
            if seen.insert((holding.clone(), known)) {
                cells.push(Cell { holds: holding.into_iter().collect(), example });
            }
        }
        Self { fields, cells, too_many: false }
    }
}

/// Every combination of answers that a lead can give; nothing if there are too many.
fn combinations(fields: &[Field], tests: &[Tests], scoring: Option<&Scoring>) -> Option<Vec<Vec<Answer>>> {
    let mut combinations: Vec<Vec<Answer>> = vec![Vec::new()];
    for tests in tests {
        let answers = tests.answers(scoring)?;
        combinations = combinations
            .iter()
            .flat_map(|begun| {
                answers.iter().map(move |answer| [begun.as_slice(), std::slice::from_ref(answer)].concat())
            })
            .collect();
    }
    combinations.retain(|answers| possible(fields, answers, scoring));
    Some(combinations)
}

/// Whether a lead can give these answers together.
fn possible(fields: &[Field], answers: &[Answer], scoring: Option<&Scoring>) -> bool {
    use Answer::{Absent, Flag, Number, Text};
    match (fields.first(), answers) {
        (Some(Field::InterestBudget), [budget, Flag(stated)]) => *budget == Absent || *stated,
        (Some(Field::PhoneState), [Text(state), Number(run), kind]) => {
            (state != "none" || *run == 0) && (state == "valid") == (*kind != Absent)
        }
        (Some(Field::AccountKind), [kind, owner]) => *kind != Absent || *owner == Absent,
        (Some(Field::ContactEmail), [email, domain, local]) => {
            (*email == Absent) == (*domain == Absent) && (*email == Absent) == (*local == Absent)
        }
        (Some(Field::ScoreIntent), [Number(intent), Number(value), Text(quadrant), Flag(mql)]) => {
            let score = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
            scoring.is_none_or(|scoring| scores(score(*intent), score(*value), quadrant, *mql, scoring))
        }
        _ => true,
    }
}

/// Whether scores can come with this quadrant and qualification: by the thresholds, by a prior qualification, or by a
/// person.
fn scores(intent: i32, value: i32, found: &str, mql: bool, scoring: &Scoring) -> bool {
    let by_scores = scoring.quadrant(intent, value);
    let below = by_scores != Quadrant::Hot && intent + value < scoring.standard;
    let refused_by_a_person = found == quadrant(Quadrant::Nurture) && !mql;
    refused_by_a_person || (found == quadrant(by_scores) && (mql || below))
}

/// Every place that [`geo::place`] can answer.
fn places() -> Vec<Vec<Answer>> {
    let text = |code: &str| Answer::Text(folded(code).into_owned());
    let chinese = ["CN", "HK", "MO", "TW"];
    let mut places = vec![vec![Answer::Absent; 3], vec![text("CN"), Answer::Absent, Answer::Absent]];
    for country in geo::countries().into_iter().filter(|country| !chinese.contains(country)) {
        places.push(vec![text(country), Answer::Absent, Answer::Absent]);
    }
    let cities = geo::cities();
    for province in geo::provinces() {
        let inside: Vec<&str> = cities.iter().copied().filter(|city| city.starts_with(province)).collect();
        for country in chinese {
            places.push(vec![text(country), text(province), Answer::Absent]);
            places.extend(inside.iter().map(|city| vec![text(country), text(province), text(city)]));
        }
    }
    places
}

/// Every channel with its kind.
fn channels() -> Vec<Vec<Answer>> {
    let text = |text: &str| Answer::Text(text.to_owned());
    CHANNELS.iter().map(|(name, channel)| vec![text(name), text(channel_kind(channel.kind()))]).collect()
}

impl World {
    /// How the rules tell a lead apart by these fields.
    pub(super) fn class(&self, lead: &[(usize, usize)], fields: &[Field]) -> Vec<Atom> {
        let cell = |group: usize| lead.iter().find(|(of, _)| *of == group).map(|(_, cell)| *cell);
        let of_fields = self.atoms.iter().filter(|((field, _), _)| fields.contains(field));
        let mut holding: Vec<Atom> = of_fields
            .map(|(_, atom)| *atom)
            .filter(|atom| {
                let group = self.group_of(*atom);
                let cell = cell(group).and_then(|cell| self.groups.get(group)?.cells.get(cell));
                cell.is_some_and(|cell| cell.holds(*atom))
            })
            .collect();
        holding.sort_unstable();
        holding
    }

    /// A lead in the words of the rule files: what it answers to these fields.
    pub(super) fn words(&self, lead: &[(usize, usize)], fields: &[Field]) -> String {
        let mut words = Vec::new();
        for field in fields {
            let Some(group) = self.group_with(field) else { continue };
            let cell = lead.iter().find(|(of, _)| *of == group).map(|(_, cell)| *cell);
            let answer = cell.and_then(|cell| {
                let group = self.groups.get(group)?;
                let at = group.fields.iter().position(|of| of == field)?;
                group.cells.get(cell)?.example.get(at)
            });
            words.extend(answer.map(|answer| format!("{field} {answer}")));
        }
        words.join(", ")
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent => f.write_str("not known"),
            Self::Number(number) => write!(f, "= {number}"),
            Self::Flag(flag) => write!(f, "= {flag}"),
            Self::Text(text) => write!(f, "= `{text}`"),
            Self::Texts(texts) => write!(f, "= `{}`", texts.first().map(String::as_str).unwrap_or_default()),
            Self::Unnamed(_) => f.write_str("= anything that no rule names"),
        }
    }
}
