//! What each rule set decided.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::ratio::ratio;
use crate::report::tally::{Key, Tally};

/// What a rule set decided.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RulesRow {
    /// Its version.
    pub version: Key,
    /// Its first decision.
    pub first: Option<Timestamp>,
    /// Its last one.
    pub last: Option<Timestamp>,
    /// Decisions.
    pub decisions: u64,
    /// Of marketing-qualified leads.
    pub mql: u64,
    /// Their part.
    pub mql_rate: Option<f64>,
    /// By month.
    pub months: Vec<RulesMonth>,
}

/// Decisions in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RulesMonth {
    /// Its first day.
    pub month: Date,
    /// How many.
    pub decisions: u64,
}

pub(super) fn rows(tally: &Tally) -> Vec<RulesRow> {
    let mut rows: Vec<RulesRow> = tally
        .rules
        .iter()
        .map(|(version, of)| RulesRow {
            version: version.clone(),
            first: of.used.map(|(first, _)| first),
            last: of.used.map(|(_, last)| last),
            decisions: of.decisions,
            mql: of.mql,
            mql_rate: ratio(of.mql.into(), of.decisions.into()),
            months: of
                .months
                .iter()
                .map(|(month, decisions)| RulesMonth { month: *month, decisions: *decisions })
                .collect(),
        })
        .collect();
    rows.sort_by_key(|row| row.first);
    rows
}
