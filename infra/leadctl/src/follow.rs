//! Watching posted leads until each has settled, as the table has them.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::Result;
use futures::StreamExt;
use leads::decision::{Contribution, Quadrant, Reason};
use leads::id::{LeadId, Queue};
use leads::lead::{LeadState, Stage};
use leads::ports::{ReadHistory, ReadLead};
use leads::row::{Decision, Row};
use serde::Serialize;

use crate::client::Client;

/// How long nothing may settle before the watch gives up.
const PATIENCE: Duration = Duration::from_secs(90);

/// How many leads are looked up at once.
const AT_ONCE: usize = 8;

/// Where a lead ended, and why.
#[derive(Clone, Debug, Serialize)]
pub struct End {
    /// The lead.
    pub lead_id: LeadId,
    /// Its stage.
    pub stage: Stage,
    /// Its queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<Queue>,
    /// Its owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Its scores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<i32>,
    /// Its scores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<i32>,
    /// Its quadrant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quadrant: Option<Quadrant>,
    /// What its scores are made of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contributions: Vec<Contribution>,
    /// The rule that fired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Why, in one sentence.
    pub why: String,
    /// The reason code of a held, rejected or parked lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The lead that it joined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<LeadId>,
}

impl End {
    /// The end of a lead as its rows tell it.
    pub fn of(state: &LeadState, decision: Option<&Decision>) -> Self {
        let Reason { code, rule, text } =
            state.reason.clone().unwrap_or(Reason { code: String::new(), rule: String::new(), text: String::new() });
        let decisive = decision.and_then(|decision| decision.trace.decisive());
        let why = match state.stage {
            Stage::Merged => "the same person as an earlier lead".to_owned(),
            _ => decisive.map_or(text, |step| step.why.clone()),
        };
        Self {
            lead_id: state.lead_id.clone(),
            stage: state.stage,
            queue: decision.map(|decision| decision.queue.clone()),
            owner: decision.and_then(|decision| decision.owner.clone()),
            intent: decision.map(|decision| decision.scored.intent),
            value: decision.map(|decision| decision.scored.value),
            quadrant: decision.map(|decision| decision.scored.quadrant),
            contributions: decision.map(|decision| decision.scored.contributions.clone()).unwrap_or_default(),
            rule: decision.map(|decision| decision.rule.clone()).or((!rule.is_empty()).then_some(rule)),
            why,
            reason: (!code.is_empty()).then_some(code),
            merged_into: state.merged_into.clone(),
        }
    }
}

/// The leads that are watched. More may be added while the watch goes on.
#[derive(Debug)]
pub struct Watch {
    open: RefCell<BTreeSet<LeadId>>,
    more: Cell<bool>,
}

impl Watch {
    /// A watch to which leads are still to be added.
    pub fn expecting() -> Self {
        Self { open: RefCell::default(), more: Cell::new(true) }
    }

    /// A watch over these leads.
    pub fn over(leads: &[LeadId]) -> Self {
        Self { open: RefCell::new(leads.iter().cloned().collect()), more: Cell::new(false) }
    }

    /// Adds a lead.
    pub fn add(&self, lead: LeadId) {
        self.open.borrow_mut().insert(lead);
    }

    /// No more leads will be added.
    pub fn close(&self) {
        self.more.set(false);
    }
}

/// Calls `settled` for each lead as it settles; answers with the leads that did not while anything moved.
pub async fn follow(client: &Client, watch: &Watch, mut settled: impl FnMut(End)) -> Result<Vec<LeadId>> {
    let mut stages: BTreeMap<LeadId, Stage> = BTreeMap::new();
    let mut moved = Instant::now();
    while watch.more.get() || !watch.open.borrow().is_empty() {
        if moved.elapsed() >= PATIENCE {
            break;
        }
        let open: Vec<LeadId> = watch.open.borrow().iter().cloned().collect();
        let looks = open.into_iter().map(|lead| async move {
            let rows = client.aws.lead(&lead).await;
            (lead, rows)
        });
        let looks: Vec<_> = futures::stream::iter(looks).buffer_unordered(AT_ONCE).collect().await;
        for (lead, rows) in looks {
            let Some(rows) = rows? else { continue };
            if stages.insert(lead.clone(), rows.state.stage) != Some(rows.state.stage) {
                moved = Instant::now();
            }
            if !rows.state.stage.in_flight() {
                settled(end(client, &rows.state).await?);
                watch.open.borrow_mut().remove(&lead);
            }
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(watch.open.take().into_iter().collect())
}

async fn end(client: &Client, state: &LeadState) -> Result<End> {
    if state.assignment.is_none() {
        return Ok(End::of(state, None));
    }
    let rows = client.aws.history(&state.lead_id).await?;
    let decision = rows.iter().find_map(|row| match row {
        Row::Decision(decision) if decision.epoch == state.epoch => Some(decision),
        _ => None,
    });
    Ok(End::of(state, decision))
}

/// Where a lead stands now.
pub async fn look(client: &Client, lead: &LeadId) -> Result<Option<End>> {
    match client.aws.lead(lead).await? {
        Some(rows) => Ok(Some(end(client, &rows.state).await?)),
        None => Ok(None),
    }
}
