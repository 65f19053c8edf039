//! What sales sent back, by the rule that had given it out: read in one pass, one lead in memory at a time.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use leads::ports::{ScanTable, Stored};
use leads::row::Row;
use serde::Serialize;

use crate::scanning::each_row;

/// A rule, and what came of the leads that it gave out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Returned {
    /// The step or row of `route.toml`; `playbook.…` and policies of `sla.toml` hand on.
    pub rule: String,
    /// How many leads it gave out; a lead that it gave out twice counts twice.
    pub given_out: u64,
    /// How many of them sales last called a duplicate.
    pub duplicate: u64,
    /// How many of them sales last called not a fit.
    pub not_a_fit: u64,
}

impl Returned {
    fn sent_back(&self) -> u64 {
        self.duplicate + self.not_a_fit
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Returns {
    /// The rules that gave leads out, those with most sent back first.
    pub rules: Vec<Returned>,
    /// Decisions and answers that cannot be read.
    pub unreadable: u64,
}

/// One routing of the lead whose rows are being read.
struct Routing {
    rule: String,
    said: Option<String>,
}

/// Counts, of decisions since `since` if it is given.
///
/// # Errors
/// A page cannot be read.
pub async fn count<P: ScanTable>(ports: &P, since: Option<Timestamp>, read: impl FnMut(u64)) -> Result<Returns> {
    let (mut returns, mut rules) = (Returns::default(), BTreeMap::<String, Returned>::new());
    let (mut lead, mut routings) = (String::new(), BTreeMap::<u32, Routing>::new());
    each_row(ports, read, |Stored { key, row }| {
        if key.pk != lead {
            add(std::mem::take(&mut routings), &mut rules);
            lead.clone_from(&key.pk);
        }
        match row {
            Some(Row::Decision(row)) if since.is_none_or(|since| row.decided_at >= since) => {
                routings.insert(row.epoch, Routing { rule: row.rule, said: None });
            }
            // Answers come behind the decisions, in the order in which they were given.
            Some(Row::Feedback(row)) if row.is_answer() => {
                if let Some(routing) = routings.get_mut(&row.epoch) {
                    routing.said = Some(row.disposition);
                }
            }
            None if key.sk.starts_with("decision#") || key.sk.starts_with("feedback#") => returns.unreadable += 1,
            _ => {}
        }
        anyhow::Ok(())
    })
    .await?;
    add(routings, &mut rules);
    returns.rules = rules.into_values().collect();
    returns.rules.sort_by(|a, b| b.sent_back().cmp(&a.sent_back()).then_with(|| a.rule.cmp(&b.rule)));
    Ok(returns)
}

fn add(routings: BTreeMap<u32, Routing>, rules: &mut BTreeMap<String, Returned>) {
    for Routing { rule, said } in routings.into_values() {
        let entry = rules.entry(rule.clone()).or_insert_with(|| Returned { rule, ..Returned::default() });
        entry.given_out += 1;
        entry.duplicate += u64::from(said.as_deref() == Some("duplicate"));
        entry.not_a_fit += u64::from(said.as_deref() == Some("not_a_fit"));
    }
}
