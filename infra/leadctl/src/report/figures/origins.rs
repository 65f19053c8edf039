//! Leads by who found them.

use serde::Serialize;

use super::ratio::ratio;
use crate::report::notes::Origin;
use crate::report::tally::{Reached, Tally};

/// Leads by who found them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OriginRow {
    /// Who.
    pub origin: Origin,
    /// Leads.
    pub leads: u64,
    /// Bought.
    pub won: u64,
    /// Of all leads that bought.
    pub won_share: Option<f64>,
    /// By currency.
    pub amounts: Vec<SharedAmount>,
}

/// An amount, and its part of the whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SharedAmount {
    /// ISO 4217.
    pub currency: String,
    /// Minor units.
    pub minor: u128,
    /// Of all that was won in the currency.
    pub share: Option<f64>,
}

pub(super) fn rows(tally: &Tally) -> Vec<OriginRow> {
    let all = &tally.all;
    let row = |(origin, reached): (&Origin, &Reached)| OriginRow {
        origin: *origin,
        leads: reached.leads,
        won: reached.won,
        won_share: ratio(reached.won.into(), all.won.into()),
        amounts: reached
            .amounts
            .iter()
            .map(|(currency, minor)| SharedAmount {
                currency: currency.clone(),
                minor: *minor,
                share: ratio(*minor, all.amounts.get(currency).copied().unwrap_or_default()),
            })
            .collect(),
    };
    tally.origins.iter().map(row).collect()
}
