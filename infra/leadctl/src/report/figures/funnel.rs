//! From lead to sale: the steps, and the months in which leads came.

use jiff::civil::Date;
use serde::Serialize;

use super::ratio::ratio;
use crate::report::tally::{Reached, Tally};

/// A step of the funnel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Which.
    pub step: &'static str,
    /// Leads that reached it.
    pub leads: u64,
    /// Those of them that had reached the step before.
    pub from_previous: Option<u64>,
    /// Their part of the step before.
    pub conversion: Option<f64>,
}

/// Leads of a month.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MonthRow {
    /// Its first day.
    pub month: Date,
    /// Leads.
    pub leads: u64,
    /// Marketing-qualified.
    pub mql: u64,
    /// Taken on by sales.
    pub sql: u64,
    /// With a deal to be won.
    pub opportunities: u64,
    /// Bought.
    pub won: u64,
}

pub(super) fn steps(all: &Reached) -> Vec<Step> {
    let steps = [
        ("lead", all.leads, None),
        ("mql", all.mql, Some((all.mql, all.leads))),
        ("sql", all.sql, Some((all.sql_of_mql, all.mql))),
        ("opportunity", all.opportunities, Some((all.opportunities, all.sql))),
        ("won", all.won, Some((all.won, all.opportunities))),
    ];
    steps
        .map(|(step, leads, from)| Step {
            step,
            leads,
            from_previous: from.map(|(both, _)| both),
            conversion: from.and_then(|(both, previous)| ratio(both.into(), previous.into())),
        })
        .into()
}

pub(super) fn months(tally: &Tally) -> Vec<MonthRow> {
    let row = |(month, reached): (&Date, &Reached)| {
        let Reached { leads, mql, sql, opportunities, won, .. } = *reached;
        MonthRow { month: *month, leads, mql, sql, opportunities, won }
    };
    tally.months.iter().map(row).collect()
}
