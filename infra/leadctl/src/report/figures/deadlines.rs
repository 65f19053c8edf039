//! Deadlines kept and missed, and the leads that nobody answered.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use super::ratio::ratio;
use super::spent::Spent;
use crate::report::tally::{Amounts, Deadlines, Key, Tally};

/// Deadlines of a queue and owner.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeadlineRow {
    /// The queue.
    pub queue: Key,
    /// The owner; null if the lead was given to the queue alone.
    pub owner: Key,
    /// Answered in time.
    pub kept: u64,
    /// Answered afterwards.
    pub late: u64,
    /// Passed, and not answered.
    pub unanswered: u64,
    /// Not come yet.
    pub open: u64,
    /// The lead was taken away before.
    pub ended: u64,
    /// Kept of kept, late and unanswered.
    pub kept_rate: Option<f64>,
    /// What the unanswered leads had cost.
    pub unanswered_cost: Vec<Amount>,
}

/// Leads that nobody answered, each once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unanswered {
    /// How many.
    pub leads: u64,
    /// What they had cost.
    pub cost: Vec<Amount>,
}

/// An amount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// ISO 4217.
    pub currency: String,
    /// Minor units.
    pub minor: u128,
}

impl Unanswered {
    pub(super) fn of(tally: &Tally, spent: &Spent) -> Self {
        Self { leads: tally.unanswered.values().sum(), cost: cost_of(&tally.unanswered, tally, spent) }
    }
}

pub(super) fn rows(tally: &Tally, spent: &Spent) -> Vec<DeadlineRow> {
    let row = |((queue, owner), of): (&(Key, Key), &Deadlines)| DeadlineRow {
        queue: queue.clone(),
        owner: owner.clone(),
        kept: of.kept,
        late: of.late,
        unanswered: of.unanswered,
        open: of.open,
        ended: of.ended,
        kept_rate: ratio(of.kept.into(), (of.kept + of.breached()).into()),
        unanswered_cost: cost_of(&of.unanswered_by_channel, tally, spent),
    };
    let mut rows: Vec<DeadlineRow> = tally.deadlines.iter().map(row).collect();
    rows.sort_by_key(|row| Reverse(row.late + row.unanswered));
    rows
}

/// What leads of these channels had cost: of each channel its part, rounded down.
fn cost_of(leads: &BTreeMap<Key, u64>, tally: &Tally, spent: &Spent) -> Vec<Amount> {
    let mut sums = Amounts::new();
    for (channel, count) in leads {
        let all = tally.channels.get(channel).map_or(0, |reached| reached.leads);
        for (currency, cost) in spent.get(channel).into_iter().flatten() {
            let part = (u128::from(*count) * cost).checked_div(all.into()).unwrap_or_default();
            *sums.entry(currency.clone()).or_default() += part;
        }
    }
    sums.into_iter().map(|(currency, minor)| Amount { currency, minor }).collect()
}
