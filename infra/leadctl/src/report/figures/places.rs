//! Leads by region, and by what they ask for.

use std::cmp::Reverse;

use serde::Serialize;

use super::ratio::ratio;
use crate::report::tally::{Key, Reached, Tally};

/// Leads of a region that ask for one thing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlaceRow {
    /// Country, or `CN-` and the digits of a province.
    pub region: Key,
    /// The product asked about.
    pub interest: Key,
    /// Leads.
    pub leads: u64,
    /// Marketing-qualified.
    pub mql: u64,
    /// Taken on by sales.
    pub sql: u64,
    /// Bought.
    pub won: u64,
    /// MQL of leads.
    pub mql_rate: Option<f64>,
}

pub(super) fn rows(tally: &Tally) -> Vec<PlaceRow> {
    let row = |((region, interest), reached): (&(Key, Key), &Reached)| PlaceRow {
        region: region.clone(),
        interest: interest.clone(),
        leads: reached.leads,
        mql: reached.mql,
        sql: reached.sql,
        won: reached.won,
        mql_rate: ratio(reached.mql.into(), reached.leads.into()),
    };
    let mut rows: Vec<PlaceRow> = tally.places.iter().map(row).collect();
    rows.sort_by_key(|row| Reverse(row.leads));
    rows
}
