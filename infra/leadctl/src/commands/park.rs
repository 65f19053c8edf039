//! `leadctl park`: leads that cannot go on by themselves.

use anyhow::Result;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use leads::id::LeadId;
use leads::lead::{LeadState, Stage};
use leads::ports::{PortError, ReadLead, Stored};
use leads::row::Row;
use serde::Serialize;
use serde_json::json;

use super::place::Where;
use super::verdict::give_quietly;
use crate::client::{Client, principal};
use crate::scanning::each_row;
use crate::show;

/// Leads that cannot go on by themselves.
#[derive(Subcommand)]
pub enum Park {
    /// Show parked leads, why, and since when.
    #[command(after_help = "\
Examples:
  leadctl park list
  leadctl park list --held     those that wait for telemarketing, too")]
    List {
        /// Held leads as well.
        #[arg(long)]
        held: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
        /// The stack.
        #[command(flatten)]
        place: Where,
    },
    /// Let parked or held leads go on, once what kept them is mended.
    #[command(after_help = "\
Example:
  leadctl park release ld_… ld_… --reason 'the row is restored' --as telemarketing-desk")]
    Release(Decided),
    /// Stop parked or held leads for good.
    #[command(after_help = "\
Example:
  leadctl park refuse ld_… --reason 'a test of ours' --as telemarketing-desk")]
    Refuse(Decided),
}

/// About which leads, why, and who says so.
#[derive(Args)]
pub struct Decided {
    /// The leads.
    #[arg(required = true, value_name = "LEAD_ID")]
    leads: Vec<String>,
    /// Why.
    #[arg(long)]
    reason: String,
    /// Who signs (infra/rules/principals.toml).
    #[arg(long = "as", value_name = "PRINCIPAL")]
    as_: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

impl Park {
    /// Does it; answers whether every lead is where it should be.
    pub async fn run(self) -> Result<bool> {
        match self {
            Self::List { held, json, place } => list(&place.client().await?, held, json).await.map(|()| true),
            Self::Release(decided) => decided.with("release").await,
            Self::Refuse(decided) => decided.with("refuse").await,
        }
    }
}

impl Decided {
    async fn with(&self, verdict: &str) -> Result<bool> {
        let options = Options { verdict, reason: &self.reason, as_: &self.as_, as_json: self.json };
        decide(&self.place.client().await?, &self.leads, options).await
    }
}

/// A lead that waits.
#[derive(Clone, Debug, Serialize)]
struct Waiting {
    lead_id: LeadId,
    stage: Stage,
    since: Timestamp,
    code: String,
    why: String,
}

impl Waiting {
    fn of(state: &LeadState) -> Self {
        let (code, why) =
            state.reason.as_ref().map(|reason| (reason.code.clone(), reason.text.clone())).unwrap_or_default();
        Self { lead_id: state.lead_id.clone(), stage: state.stage, since: state.stage_at, code, why }
    }
}

/// Shows parked leads, and held ones if asked to, the oldest first.
pub async fn list(client: &Client, held: bool, as_json: bool) -> Result<()> {
    let bar = show::bar(0, "rows read");
    let mut waiting = Vec::new();
    let add = |stored: Stored| {
        if let Some(Row::State(state)) = stored.row
            && (state.stage == Stage::Parked || (held && state.stage == Stage::Held))
        {
            waiting.push(Waiting::of(&state));
        }
        Ok::<_, PortError>(())
    };
    each_row(&client.aws, |rows| bar.inc(rows), add).await?;
    bar.finish_and_clear();
    waiting.sort_by_key(|lead| lead.since);
    if as_json {
        println!("{}", serde_json::to_string_pretty(&waiting)?);
        return Ok(());
    }
    if waiting.is_empty() {
        println!("no lead is parked{}", if held { " or held" } else { "" });
        return Ok(());
    }
    let mut table = show::table(&["lead", "stage", "since", "reason", "why"]);
    for lead in &waiting {
        let since = lead.since.strftime("%F %T").to_string();
        table.add_row(vec![
            show::cell(lead.lead_id.as_str()),
            show::stage_cell(lead.stage),
            show::cell(since),
            show::cell(&lead.code),
            show::cell(&lead.why),
        ]);
    }
    println!("{table}");
    Ok(())
}

/// What is decided about leads, by whom, and how it is told.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// `release` or `refuse`.
    pub verdict: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Who signs.
    pub as_: &'a str,
    /// As JSON.
    pub as_json: bool,
}

/// Gives a verdict on each lead that waits. One that does not wait any more is left as it is. Answers whether every lead
/// is where it should be.
pub async fn decide(client: &Client, leads: &[String], options: Options<'_>) -> Result<bool> {
    let principal = principal(options.as_)?;
    let key = client.signing_keys().await?.derive(&principal);
    let body = json!({ "verdict": options.verdict, "reason": options.reason, "actor": "leadctl" }).to_string();
    let mut fine = true;
    for lead in leads {
        let mut state = state_of(client, lead).await?;
        let mut refused = None;
        if state.as_ref().is_some_and(waits) {
            refused = give_quietly(client, &key, &principal, lead, &body).await?.err();
            state = state_of(client, lead).await?;
        }
        let said = match (&state, refused) {
            (None, _) => Err("there is no such lead".to_owned()),
            // The verdict came too late, and the lead waits no more: as well.
            (Some(now), Some((_, why))) if waits(now) => Err(why),
            (Some(now), Some(_)) => Ok(format!("is {} already", now.stage.name())),
            (Some(now), None) => Ok(format!("is {}", now.stage.name())),
        };
        fine &= said.is_ok();
        let (Ok(text) | Err(text)) = &said;
        if options.as_json {
            let stage = state.map(|state| state.stage);
            println!("{}", json!({ "lead_id": lead, "stage": stage, "done": said.is_ok(), "said": text }));
        } else {
            println!("{lead} {text}");
        }
    }
    Ok(fine)
}

fn waits(state: &LeadState) -> bool {
    matches!(state.stage, Stage::Parked | Stage::Held)
}

async fn state_of(client: &Client, lead: &str) -> Result<Option<LeadState>> {
    let Ok(id) = LeadId::parse(lead) else { return Ok(None) };
    Ok(client.aws.lead(&id).await?.map(|rows| rows.state))
}
