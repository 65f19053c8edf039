//! What sales said last, by channel.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use super::ratio::ratio;
use crate::report::tally::{Key, Tally};

/// What sales said last of leads of a channel.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReasonRow {
    /// The channel.
    pub channel: Key,
    /// The disposition.
    pub disposition: Key,
    /// Whether the playbook knew it when it was said.
    pub mapped: bool,
    /// Leads.
    pub leads: u64,
    /// Of all leads of the channel that sales said something of.
    pub share: Option<f64>,
}

pub(super) fn rows(tally: &Tally) -> Vec<ReasonRow> {
    let mut answered: BTreeMap<&Key, u64> = BTreeMap::new();
    for ((channel, _), (leads, _)) in &tally.reasons {
        *answered.entry(channel).or_default() += leads;
    }
    let row = |((channel, disposition), (leads, mapped)): (&(Key, Key), &(u64, bool))| ReasonRow {
        channel: channel.clone(),
        disposition: disposition.clone(),
        mapped: *mapped,
        leads: *leads,
        share: ratio((*leads).into(), answered.get(channel).copied().unwrap_or_default().into()),
    };
    let mut rows: Vec<ReasonRow> = tally.reasons.iter().map(row).collect();
    rows.sort_by_key(|row| Reverse(row.leads));
    rows
}
