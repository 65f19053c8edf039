//! Leads by group: what they brought, and what they cost.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::ratio::{ratio, rounded};
use super::spent::Spent;
use crate::report::tally::{Amounts, Dimension, Key, Reached};

/// Leads of a group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// Its name; null if the rows do not tell.
    pub key: Key,
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
    /// What was no lead.
    pub refused: u64,
    /// MQL of leads.
    pub mql_rate: Option<f64>,
    /// SQL of leads.
    pub sql_rate: Option<f64>,
    /// Won of leads.
    pub won_rate: Option<f64>,
    /// Deals of which sales told no amount.
    pub deals_without_amount: u64,
    /// By currency.
    pub money: Vec<Money>,
}

/// Cost and return in one currency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Money {
    /// ISO 4217.
    pub currency: String,
    /// What was spent; null if no line of the costs tells.
    pub cost: Option<u128>,
    /// Of it a lead.
    pub per_lead: Option<u128>,
    /// An MQL.
    pub per_mql: Option<u128>,
    /// An SQL.
    pub per_sql: Option<u128>,
    /// What was won.
    pub won: u128,
    /// (won − cost) / cost.
    pub roi: Option<f64>,
}

/// Groups of another dimension than the channel.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Grouped {
    /// Which.
    pub dimension: Dimension,
    /// Its groups.
    pub groups: Vec<Group>,
}

/// Groups, those of most leads first, with those that only cost.
pub(super) fn groups(counted: &BTreeMap<Key, Reached>, spent: &Spent) -> Vec<Group> {
    let nothing = Reached::default();
    let keys: BTreeSet<&Key> = counted.keys().chain(spent.keys()).collect();
    let mut groups: Vec<Group> =
        keys.into_iter().map(|key| group(key, counted.get(key).unwrap_or(&nothing), spent.get(key))).collect();
    groups.sort_by_key(|group| Reverse(group.leads));
    groups
}

fn group(key: &Key, reached: &Reached, spent: Option<&Amounts>) -> Group {
    let of_leads = |part: u64| ratio(part.into(), reached.leads.into());
    let currencies: BTreeSet<&String> =
        reached.amounts.keys().chain(spent.into_iter().flat_map(Amounts::keys)).collect();
    let money = currencies.into_iter().map(|currency| {
        let cost = spent.and_then(|spent| spent.get(currency)).copied();
        let won = reached.amounts.get(currency).copied().unwrap_or_default();
        let each = |of: u64| cost.and_then(|cost| rounded(cost, of.into()));
        Money {
            currency: currency.clone(),
            cost,
            per_lead: each(reached.leads),
            per_mql: each(reached.mql),
            per_sql: each(reached.sql),
            won,
            roi: cost
                .and_then(|cost| Some(if won < cost { -ratio(cost - won, cost)? } else { ratio(won - cost, cost)? })),
        }
    });
    Group {
        key: key.clone(),
        leads: reached.leads,
        mql: reached.mql,
        sql: reached.sql,
        opportunities: reached.opportunities,
        won: reached.won,
        refused: reached.refused,
        mql_rate: of_leads(reached.mql),
        sql_rate: of_leads(reached.sql),
        won_rate: of_leads(reached.won),
        deals_without_amount: reached.deals_without_amount,
        money: money.collect(),
    }
}
