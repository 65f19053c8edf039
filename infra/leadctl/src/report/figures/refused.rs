//! What was refused, and by which rule.

use std::cmp::Reverse;

use serde::Serialize;

use super::ratio::ratio;
use crate::report::tally::{Key, Tally};

/// Leads refused by a rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RefusedRow {
    /// The reason's code.
    pub code: Key,
    /// The rule.
    pub rule: Key,
    /// How many.
    pub leads: u64,
    /// Of all that were accepted by the intake.
    pub share: Option<f64>,
}

pub(super) fn rows(tally: &Tally, accepted: u64) -> Vec<RefusedRow> {
    let row = |((code, rule), leads): (&(Key, Key), &u64)| RefusedRow {
        code: code.clone(),
        rule: rule.clone(),
        leads: *leads,
        share: ratio((*leads).into(), accepted.into()),
    };
    let mut rows: Vec<RefusedRow> = tally.refused.iter().map(row).collect();
    rows.sort_by_key(|row| Reverse(row.leads));
    rows
}
