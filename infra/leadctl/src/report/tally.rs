//! The counts behind the report: whole numbers, added up lead by lead, that merge in any order. `docs/report.md` defines
//! each of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use leads::lead::Stage;

use super::attribution::Model;
use super::durations::Durations;
use super::notes::{Given, Origin, Source};
use super::story::{Kept, Story};
use super::words::stored;

/// How many different campaigns, products, people and the like are told apart. What a form sends may be anything: beyond
/// that number all others count as one, so that memory stays small.
pub const MOST_KEYS: usize = 10_000;

/// By what leads are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// The channel that it first came through.
    Channel,
    /// The campaign of its first submission.
    Campaign,
    /// Its company's country; in mainland China the province.
    Region,
    /// Its company's industry, as posted.
    Industry,
    /// The queue that it was last given to.
    Queue,
    /// Its scores against their thresholds, when it was last given to a queue.
    Quadrant,
    /// The salesperson that it was last given to.
    Owner,
}

/// A group's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// As stored.
    Named(String),
    /// The rows do not tell.
    Unknown,
    /// All that came beyond [`MOST_KEYS`].
    Rest,
}

impl From<Option<String>> for Key {
    fn from(name: Option<String>) -> Self {
        name.map_or(Self::Unknown, Self::Named)
    }
}

/// What is counted, and in which light.
#[derive(Clone, Debug)]
pub struct Lens {
    /// By what leads are grouped beside the channel.
    pub by: Dimension,
    /// Leads from this moment on.
    pub since: Option<Timestamp>,
    /// Leads before this one.
    pub until: Option<Timestamp>,
    /// The moment that the rows are of: which deadlines have passed.
    pub as_of: Timestamp,
    /// In which zone months and days are told.
    pub zone: TimeZone,
}

/// Amounts by currency, in minor units. Several currencies are never added.
pub type Amounts = BTreeMap<String, u128>;

/// How far leads got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Leads.
    pub leads: u64,
    /// Marketing-qualified ones.
    pub mql: u64,
    /// Those that sales took on.
    pub sql: u64,
    /// Those of them that were marketing-qualified.
    pub sql_of_mql: u64,
    /// Those with a deal to be won.
    pub opportunities: u64,
    /// Those that bought.
    pub won: u64,
    /// Deals; a lead may buy through two assignments.
    pub deals: u64,
    /// Deals of which sales told no amount.
    pub deals_without_amount: u64,
    /// What they are worth.
    pub amounts: Amounts,
    /// What was no lead; in no other figure.
    pub refused: u64,
}

/// What became of deadlines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deadlines {
    /// Answered in time.
    pub kept: u64,
    /// Answered afterwards.
    pub late: u64,
    /// Not answered, and passed.
    pub unanswered: u64,
    /// Not come yet.
    pub open: u64,
    /// The lead was taken away before.
    pub ended: u64,
    /// The unanswered ones by the channel of their lead.
    pub unanswered_by_channel: BTreeMap<Key, u64>,
}

/// What a rule set decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ruled {
    /// Its first and its last decision.
    pub used: Option<(Timestamp, Timestamp)>,
    /// Decisions.
    pub decisions: u64,
    /// Of marketing-qualified leads.
    pub mql: u64,
    /// By month.
    pub months: BTreeMap<Date, u64>,
}

/// All counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Leads accepted in the period, by where they stand.
    pub stages: BTreeMap<Stage, u64>,
    /// Leads without a readable state row; in no other figure.
    pub without_state: u64,
    /// Leads of the period whose submission is missing or cannot be read.
    pub without_submission: u64,
    /// Rows that cannot be read.
    pub unreadable: u64,
    /// All leads.
    pub all: Reached,
    /// By the month in which they came.
    pub months: BTreeMap<Date, Reached>,
    /// By channel.
    pub channels: BTreeMap<Key, Reached>,
    /// By what was asked for, if that is another dimension.
    pub groups: BTreeMap<Key, Reached>,
    /// Won amounts by channel or campaign and currency, as each model gives them out.
    pub credit: BTreeMap<(Dimension, String), BTreeMap<Key, [u128; 4]>>,
    /// From the form to the first queue.
    pub form_to_queue: Durations,
    /// From a queue to its first answer.
    pub queue_to_answer: Durations,
    /// The same by queue.
    pub by_queue: BTreeMap<Key, Durations>,
    /// Deadlines by queue and owner.
    pub deadlines: BTreeMap<(Key, Key), Deadlines>,
    /// Leads with a deadline that passed unanswered, by channel.
    pub unanswered: BTreeMap<Key, u64>,
    /// What sales said of leads last, by channel; and whether the playbook knows it.
    pub reasons: BTreeMap<(Key, Key), (u64, bool)>,
    /// By region and interest.
    pub places: BTreeMap<(Key, Key), Reached>,
    /// By who found them.
    pub origins: BTreeMap<Origin, Reached>,
    /// What was refused, by code and rule.
    pub refused: BTreeMap<(Key, Key), u64>,
    /// By rule set.
    pub rules: BTreeMap<Key, Ruled>,
}

/// How far one lead got.
fn reached(story: &Story) -> Reached {
    let deals = story.deals();
    let (mql, sql) = (story.was_mql(), story.was_sql());
    let mut amounts = Amounts::new();
    for (minor, currency) in deals.iter().filter_map(|deal| deal.amount.as_ref()) {
        *amounts.entry(currency.clone()).or_default() += u128::from(*minor);
    }
    Reached {
        leads: 1,
        mql: mql.into(),
        sql: sql.into(),
        sql_of_mql: (mql && sql).into(),
        opportunities: story.was_opportunity().into(),
        won: (!deals.is_empty()).into(),
        deals: deals.len() as u64,
        deals_without_amount: deals.iter().filter(|deal| deal.amount.is_none()).count() as u64,
        amounts,
        refused: 0,
    }
}

impl Reached {
    fn merge(&mut self, other: &Self) {
        self.leads += other.leads;
        self.mql += other.mql;
        self.sql += other.sql;
        self.sql_of_mql += other.sql_of_mql;
        self.opportunities += other.opportunities;
        self.won += other.won;
        self.deals += other.deals;
        self.deals_without_amount += other.deals_without_amount;
        self.refused += other.refused;
        for (currency, amount) in &other.amounts {
            *self.amounts.entry(currency.clone()).or_default() += amount;
        }
    }
}

impl Deadlines {
    fn count(&mut self, kept: Kept) {
        *match kept {
            Kept::InTime => &mut self.kept,
            Kept::Late => &mut self.late,
            Kept::Unanswered => &mut self.unanswered,
            Kept::Open => &mut self.open,
            Kept::Ended => &mut self.ended,
        } += 1;
    }

    fn merge(&mut self, other: Self) {
        self.kept += other.kept;
        self.late += other.late;
        self.unanswered += other.unanswered;
        self.open += other.open;
        self.ended += other.ended;
        for (channel, count) in other.unanswered_by_channel {
            *self.unanswered_by_channel.entry(channel).or_default() += count;
        }
    }

    /// Deadlines that passed and were not kept.
    pub fn breached(&self) -> u64 {
        self.late + self.unanswered
    }
}

impl Ruled {
    fn add(&mut self, given: &Given, zone: &TimeZone) {
        let (first, last) = self.used.unwrap_or((given.at, given.at));
        self.used = Some((first.min(given.at), last.max(given.at)));
        self.decisions += 1;
        self.mql += u64::from(given.mql);
        *self.months.entry(month(given.at, zone)).or_default() += 1;
    }

    fn merge(&mut self, other: Self) {
        self.used = match (self.used, other.used) {
            (Some((first, last)), Some((earlier, later))) => Some((first.min(earlier), last.max(later))),
            (used, None) | (None, used) => used,
        };
        self.decisions += other.decisions;
        self.mql += other.mql;
        for (month, count) in other.months {
            *self.months.entry(month).or_default() += count;
        }
    }
}

/// The first day of the month.
fn month(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_zoned(zone.clone()).date().first_of_month()
}

fn channel(source: Option<&Source>) -> Key {
    source.map(|source| stored(&source.channel)).into()
}

fn campaign(source: Option<&Source>) -> Key {
    source.and_then(|source| source.campaign.clone()).into()
}

impl Tally {
    /// Counts a lead.
    pub fn add(&mut self, story: &Story, lens: &Lens) {
        self.unreadable += story.unreadable;
        let Some(standing) = &story.standing else {
            self.without_state += 1;
            return;
        };
        let came = standing.received_at;
        if lens.since.is_some_and(|since| came < since) || lens.until.is_some_and(|until| until <= came) {
            return;
        }
        *self.stages.entry(standing.stage).or_default() += 1;
        let source = story.posted.as_ref().map(|posted| &posted.source);
        match standing.stage {
            Stage::Merged | Stage::Erased => return,
            Stage::Rejected => {
                let (code, rule) = standing.refused.clone().unzip();
                *self.refused.entry((code.into(), rule.into())).or_default() += 1;
                let refused = Reached { refused: 1, ..Reached::default() };
                self.group(story, source, &refused, lens);
                return;
            }
            _ => {}
        }
        self.without_submission += u64::from(story.posted.is_none());
        let reached = reached(story);
        self.group(story, source, &reached, lens);
        self.all.merge(&reached);
        self.months.entry(month(came, &lens.zone)).or_default().merge(&reached);
        let (region, interest) =
            story.posted.as_ref().map(|posted| (posted.region.clone(), posted.interest.clone())).unzip();
        let place = (region.flatten().into(), interest.flatten().into());
        self.places.entry(place).or_default().merge(&reached);
        let origin = story.posted.as_ref().map_or(Origin::Unknown, |posted| posted.origin);
        self.origins.entry(origin).or_default().merge(&reached);
        if let Some(said) = story.said.values().next_back() {
            let counted = self.reasons.entry((channel(source), Key::Named(said.disposition.clone()))).or_default();
            *counted = (counted.0 + 1, said.mapped);
        }
        self.credit(story, lens);
        self.times(story, standing.received_at);
        self.deadlines(story, source, lens);
        for given in story.given.values() {
            self.rules.entry(Key::Named(given.rules_version.clone())).or_default().add(given, &lens.zone);
        }
    }

    fn group(&mut self, story: &Story, source: Option<&Source>, reached: &Reached, lens: &Lens) {
        self.channels.entry(channel(source)).or_default().merge(reached);
        let posted = story.posted.as_ref();
        let last = story.given.values().next_back();
        let key = match lens.by {
            Dimension::Channel => return,
            Dimension::Campaign => campaign(source),
            Dimension::Region => posted.and_then(|posted| posted.region.clone()).into(),
            Dimension::Industry => posted.and_then(|posted| posted.industry.clone()).into(),
            Dimension::Queue => last.map(|given| given.queue.clone()).into(),
            Dimension::Quadrant => last.map(|given| stored(&given.quadrant)).into(),
            Dimension::Owner => last.and_then(|given| given.owner.clone()).into(),
        };
        self.groups.entry(key).or_default().merge(reached);
    }

    fn credit(&mut self, story: &Story, lens: &Lens) {
        for deal in story.deals() {
            let Some((minor, currency)) = deal.amount else { continue };
            let points = story.touchpoints(deal.at);
            let mut give = |dimension: Dimension, key: fn(Option<&Source>) -> Key| {
                let credit = self.credit.entry((dimension, currency.clone())).or_default();
                for (model, at) in Model::ALL.into_iter().zip(0..) {
                    for (point, share) in points.iter().zip(model.shares(minor, points.len())) {
                        if let Some(sum) = credit.entry(key(*point)).or_default().get_mut::<usize>(at) {
                            *sum += u128::from(share);
                        }
                    }
                }
            };
            give(Dimension::Channel, channel);
            if lens.by == Dimension::Campaign {
                give(Dimension::Campaign, campaign);
            }
        }
    }

    fn times(&mut self, story: &Story, came: Timestamp) {
        if let Some(first) = story.given.values().next() {
            self.form_to_queue.add(came, first.at);
        }
        for given in story.given.values() {
            if let Some(said) = story.first_answer(given.epoch) {
                self.queue_to_answer.add(given.at, said.at);
                self.by_queue.entry(Key::Named(given.queue.clone())).or_default().add(given.at, said.at);
            }
        }
    }

    fn deadlines(&mut self, story: &Story, source: Option<&Source>, lens: &Lens) {
        let mut unanswered = false;
        for given in story.given.values() {
            let Some(kept) = story.kept(given, lens.as_of) else { continue };
            let key = (Key::Named(given.queue.clone()), given.owner.clone().into());
            let deadlines = self.deadlines.entry(key).or_default();
            deadlines.count(kept);
            if kept == Kept::Unanswered {
                unanswered = true;
                *deadlines.unanswered_by_channel.entry(channel(source)).or_default() += 1;
            }
        }
        if unanswered {
            *self.unanswered.entry(channel(source)).or_default() += 1;
        }
    }

    /// Adds the counts of other leads. Names beyond [`MOST_KEYS`] become one: which ones depends on the order in which
    /// counts are merged, so that order has to be always the same.
    pub fn merge(&mut self, other: Self) {
        for (stage, count) in other.stages {
            *self.stages.entry(stage).or_default() += count;
        }
        self.without_state += other.without_state;
        self.without_submission += other.without_submission;
        self.unreadable += other.unreadable;
        self.all.merge(&other.all);
        merge(&mut self.months, other.months, |one, other| one.merge(&other));
        merge(&mut self.channels, other.channels, |one, other| one.merge(&other));
        merge(&mut self.groups, other.groups, |one, other| one.merge(&other));
        for (of, credit) in other.credit {
            merge(self.credit.entry(of).or_default(), credit, |one, other| {
                one.iter_mut().zip(other).for_each(|(one, other)| *one += other);
            });
        }
        self.form_to_queue.merge(other.form_to_queue);
        self.queue_to_answer.merge(other.queue_to_answer);
        merge(&mut self.by_queue, other.by_queue, Durations::merge);
        merge(&mut self.deadlines, other.deadlines, Deadlines::merge);
        merge(&mut self.unanswered, other.unanswered, |one, other| *one += other);
        merge(&mut self.reasons, other.reasons, |one, other| *one = (one.0 + other.0, other.1));
        merge(&mut self.places, other.places, |one, other| one.merge(&other));
        for (origin, reached) in other.origins {
            self.origins.entry(origin).or_default().merge(&reached);
        }
        merge(&mut self.refused, other.refused, |one, other| *one += other);
        merge(&mut self.rules, other.rules, Ruled::merge);
    }

    /// The months of all rule sets.
    pub fn rule_months(&self) -> BTreeSet<Date> {
        self.rules.values().flat_map(|ruled| ruled.months.keys().copied()).collect()
    }
}

/// A name that may be the last one.
trait Name: Ord + Clone {
    fn rest() -> Self;
}

impl Name for Key {
    fn rest() -> Self {
        Self::Rest
    }
}

impl Name for (Key, Key) {
    fn rest() -> Self {
        (Key::Rest, Key::Rest)
    }
}

impl Name for Date {
    // There are no more months than time has had.
    fn rest() -> Self {
        Self::MAX
    }
}

fn merge<K: Name, V: Default>(into: &mut BTreeMap<K, V>, from: BTreeMap<K, V>, add: impl Fn(&mut V, V)) {
    for (key, value) in from {
        let key = if into.len() < MOST_KEYS || into.contains_key(&key) { key } else { K::rest() };
        add(into.entry(key).or_default(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_the_most_count_as_one() {
        let mut all = BTreeMap::new();
        for part in 0..3_u64 {
            let names = (0..6_000_u64).map(|name| (Key::Named(format!("{part}-{name}")), 1));
            merge(&mut all, names.collect(), |one: &mut u64, other| *one += other);
        }
        assert_eq!(all.len(), MOST_KEYS + 1);
        assert_eq!(all[&Key::Rest], 8_000);
        assert_eq!(all.values().sum::<u64>(), 18_000);
    }
}
