//! To what each model credits what was won.

use std::cmp::Reverse;

use serde::Serialize;

use crate::report::tally::{Dimension, Key, Tally};

/// What was won in a currency, and to what each model credits it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attribution {
    /// Channels or campaigns.
    pub dimension: Dimension,
    /// ISO 4217.
    pub currency: String,
    /// All of it: each column of the rows sums to this.
    pub won: u128,
    /// By channel or campaign.
    pub rows: Vec<Credit>,
}

/// What is credited to a channel or campaign.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Credit {
    /// Which.
    pub key: Key,
    /// To the first touch.
    pub first: u128,
    /// To the last touch.
    pub last: u128,
    /// To all touches alike.
    pub linear: u128,
    /// 40/20/40.
    pub position: u128,
}

pub(super) fn by_currency(tally: &Tally) -> Vec<Attribution> {
    let credited = tally.credit.iter().map(|((dimension, currency), credit)| {
        let mut rows: Vec<Credit> = credit
            .iter()
            .map(|(key, [first, last, linear, position])| Credit {
                key: key.clone(),
                first: *first,
                last: *last,
                linear: *linear,
                position: *position,
            })
            .collect();
        rows.sort_by_key(|row| Reverse(row.first));
        let won = tally.all.amounts.get(currency).copied().unwrap_or_default();
        Attribution { dimension: *dimension, currency: currency.clone(), won, rows }
    });
    credited.collect()
}
