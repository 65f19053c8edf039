//! The conservation law over the table: every accepted lead is settled in exactly one way, or on its way.
//!
//! accepted = routed + nurtured + pooled + rejected + merged + held + parked + erased (+ on its way)
//!
//! Rows are added in any order, one at a time, as a scan yields them; memory grows with the number of leads, by some six
//! hundred bytes each.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::id::LeadId;
use crate::lead::Stage;
use crate::row::{Row, RowKey};

/// Adds up rows.
#[derive(Debug, Default)]
pub struct Ledger {
    leads: BTreeMap<LeadId, Entry>,
    idempotency: Vec<LeadId>,
    owners: Vec<LeadId>,
    /// By counter: what it says, and how many leads take up a place.
    open: BTreeMap<String, (i64, i64)>,
}

#[derive(Debug, Default)]
struct Entry {
    stage: Option<Stage>,
    epoch: u32,
    merged_into: Option<LeadId>,
    touches: u32,
    submitted: bool,
    decided: BTreeSet<u32>,
    answered: bool,
    touched_by: BTreeSet<LeadId>,
}

/// What the books say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// Leads that were answered with 202.
    pub accepted: u64,
    /// How many of them stand where, by stage.
    pub by_stage: BTreeMap<Stage, u64>,
    /// Leads whose next function has still to act.
    pub in_flight: u64,
    /// Numbers of open leads that are not those of the leads.
    pub miscounted: Vec<Miscounted>,
    /// What does not add up. Empty at every quiescent point, or something is wrong.
    pub differences: Vec<Difference>,
}

/// A number of open leads that is not that of the leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Miscounted {
    /// The counter's partition key: `queue#…` or `owner#…`.
    pub counter: String,
    /// What it says.
    pub says: i64,
    /// How many leads are open.
    pub open: i64,
}

/// Something that does not add up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    /// The lead.
    pub lead_id: LeadId,
    /// What is wrong, in plain words.
    pub what: String,
}

impl Ledger {
    /// Adds a row.
    pub fn add(&mut self, row: &Row) {
        match row {
            Row::State(state) => {
                for place in state.places() {
                    self.open.entry(RowKey::open(&place).pk).or_default().1 += 1;
                }
                let entry = self.entry(&state.lead_id);
                entry.stage = Some(state.stage);
                entry.epoch = state.epoch;
                entry.merged_into = state.merged_into.clone();
                entry.touches = state.touches;
            }
            Row::Submission(row) => self.entry(&row.lead_id).submitted = true,
            Row::Decision(row) => _ = self.entry(&row.lead_id).decided.insert(row.epoch),
            Row::Touch(row) => _ = self.entry(&row.master).touched_by.insert(row.from.clone()),
            Row::Idempotency(row) => self.idempotency.push(row.lead_id.clone()),
            Row::Claim(row) => self.owners.push(row.owner.clone()),
            Row::Tags(row) => self.entry(&row.lead_id).answered = true,
            Row::Feedback(row) => self.entry(&row.lead_id).answered = true,
            Row::Event(_) | Row::Account(_) | Row::Request(_) | Row::UndoneTouch(_) | Row::Turn(_) => {}
            Row::Open(row) => self.open.entry(row.pk.clone()).or_default().0 = row.open,
        }
    }

    fn entry(&mut self, lead: &LeadId) -> &mut Entry {
        self.leads.entry(lead.clone()).or_default()
    }

    /// Strikes the balance.
    pub fn balance(&self) -> Balance {
        let counted = self.open.iter().filter(|(_, (says, open))| says != open);
        let miscounted = counted
            .map(|(counter, (says, open))| Miscounted { counter: counter.clone(), says: *says, open: *open })
            .collect();
        let (by_stage, differences) = (BTreeMap::new(), Vec::new());
        let mut balance = Balance { accepted: 0, by_stage, in_flight: 0, miscounted, differences };
        for (lead_id, entry) in &self.leads {
            let mut differ = |what: String| balance.differences.push(Difference { lead_id: lead_id.clone(), what });
            let Some(stage) = entry.stage else {
                balance.accepted += 1;
                differ("it has rows but no state".into());
                continue;
            };
            balance.accepted += 1;
            balance.in_flight += u64::from(stage.in_flight());
            *balance.by_stage.entry(stage).or_default() += 1;
            if stage == Stage::Erased {
                let bare = entry.decided.is_empty() && entry.touched_by.is_empty();
                if entry.submitted || entry.answered || !bare {
                    differ("its erasure was begun and not finished: run `leadctl erase` on it again".into());
                }
                continue;
            }
            if !entry.submitted && stage != Stage::Parked {
                differ("its submission is missing".into());
            }
            for epoch in 1..=entry.epoch {
                if !entry.decided.contains(&epoch) {
                    differ(format!("the decision of epoch {epoch} is missing"));
                }
            }
            if entry.decided.iter().any(|epoch| *epoch > entry.epoch) {
                differ("it has a decision of an epoch that it never reached".into());
            }
            if matches!(stage, Stage::Routed | Stage::Nurtured | Stage::Pooled) && entry.epoch == 0 {
                differ(format!("it is {} without ever having been given to a queue", stage.name()));
            }
            if let Some(problem) = (stage == Stage::Merged).then(|| self.lost_touch(lead_id, entry)).flatten() {
                differ(problem);
            }
            for from in entry.touched_by.iter().filter(|from| !self.is_touch_on(from, lead_id)) {
                differ(format!("it has a touch of {from}, which is not merged into it"));
            }
            if entry.touched_by.len() != entry.touches as usize {
                differ(format!("it counts {} touches and has {}", entry.touches, entry.touched_by.len()));
            }
        }
        let known = |lead: &LeadId| self.leads.get(lead).is_some_and(|entry| entry.stage.is_some());
        let referred = [(&self.idempotency, "an idempotency key"), (&self.owners, "a duplicate key")];
        for (leads, what) in referred {
            for lead in leads.iter().filter(|lead| !known(lead)) {
                let what = format!("{what} names it, but it is not there");
                balance.differences.push(Difference { lead_id: lead.clone(), what });
            }
        }
        balance.differences.sort();
        balance
    }

    fn is_touch_on(&self, lead_id: &LeadId, master: &LeadId) -> bool {
        self.leads.get(lead_id).is_some_and(|entry| match entry.stage {
            Some(Stage::Merged) => entry.merged_into.as_ref() == Some(master),
            stage => stage == Some(Stage::Erased),
        })
    }

    fn lost_touch(&self, lead_id: &LeadId, entry: &Entry) -> Option<String> {
        let Some(master) = &entry.merged_into else {
            return Some("it is merged into no lead".into());
        };
        let Some(master_entry) = self.leads.get(master) else {
            return Some("the lead it is merged into is not there".into());
        };
        (!master_entry.touched_by.contains(lead_id)).then(|| "the lead it is merged into has no touch of it".into())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::lead::LeadState;

    fn state(id: &str) -> LeadState {
        LeadState::received(LeadId::parse(id).unwrap(), Timestamp::UNIX_EPOCH)
    }

    fn found(rows: &[Row]) -> Vec<String> {
        let mut ledger = Ledger::default();
        rows.iter().for_each(|row| ledger.add(row));
        ledger.balance().differences.into_iter().map(|d| format!("{}: {}", d.lead_id, d.what)).collect()
    }

    #[test]
    fn numbers_of_open_leads_are_those_of_the_leads() {
        let mut lead = state("ld_a");
        lead.stage = Stage::Routed;
        lead.assignment = serde_json::from_str(
            r#"{"queue": "east", "owner": "li.na", "epoch": 1, "delivery_id": "d", "decided_on": 3, "counted": "owner",
                "decided_at": "2026-03-03T02:00:00Z"}"#,
        )
        .unwrap();
        let open = |pk: &str, open| Row::Open(crate::row::Open { pk: pk.into(), open });
        let mut ledger = Ledger::default();
        [open("owner#li.na", 1), Row::State(lead), open("owner#wang.wei", 2)].iter().for_each(|row| ledger.add(row));
        let miscounted = |counter: &str, says, open| Miscounted { counter: counter.into(), says, open };
        let expected = [miscounted("owner#wang.wei", 2, 0), miscounted("queue#east", 0, 1)];
        assert_eq!(ledger.balance().miscounted, expected);
    }

    #[test]
    fn what_does_not_add_up_is_named() {
        let mut merged = state("ld_a");
        merged.stage = Stage::Merged;
        merged.merged_into = Some(LeadId::parse("ld_b").unwrap());
        let mut routed = state("ld_c");
        routed.stage = Stage::Routed;
        assert_eq!(
            found(&[Row::State(merged), Row::State(routed)]),
            [
                "ld_a: its submission is missing",
                "ld_a: the lead it is merged into is not there",
                "ld_c: it is routed without ever having been given to a queue",
                "ld_c: its submission is missing",
            ]
        );
    }
}
