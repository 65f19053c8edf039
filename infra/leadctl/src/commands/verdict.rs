//! `leadctl verdict`: a decision about a lead, signed as a principal.

use anyhow::Result;
use clap::Args;
use leads::feedback::{Verdict, VerdictKind};
use leads::id::Principal;
use leads::signature::PrincipalKey;
use serde_json::json;

use super::feedback::post;
use super::place::Where;
use crate::client::{Call, Client, lead_id, refusal};

/// Which lead, what is decided, and by whom.
#[derive(Args)]
#[command(after_help = "\
Examples:
  leadctl verdict ld_… release --reason 'called back' --as telemarketing-desk
  leadctl verdict ld_… hold --reason 'their plant is closed until May' --actor zhao.lei --as crm-china")]
pub struct Arguments {
    /// The lead.
    lead_id: String,
    /// release, refuse, mql, not_mql, hold, test or unmerge; docs/lifecycle.md says which fits where.
    #[arg(value_parser = kind)]
    verdict: VerdictKind,
    /// Why.
    #[arg(long)]
    reason: String,
    /// Who decides.
    #[arg(long, value_name = "NAME", default_value = "leadctl")]
    actor: String,
    /// Who signs (infra/rules/principals.toml).
    #[arg(long = "as", value_name = "PRINCIPAL")]
    as_: String,
    #[command(flatten)]
    place: Where,
}

/// Reads a verdict, by its name in the API.
fn kind(name: &str) -> Result<VerdictKind, String> {
    let known = VerdictKind::NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
    let names = || VerdictKind::NAMES.map(|(name, _)| name).join(", ");
    known.ok_or_else(|| format!("the verdicts are {}", names()))
}

impl Arguments {
    /// Gives the verdict.
    pub async fn run(self) -> Result<bool> {
        let verdict = Verdict { verdict: self.verdict, reason: self.reason, actor: self.actor };
        give(&self.place.client().await?, &self.lead_id, &verdict, &self.as_).await?;
        Ok(true)
    }
}

/// Gives a verdict, and prints the answer.
pub(super) async fn give(client: &Client, lead: &str, verdict: &Verdict, as_: &str) -> Result<()> {
    post(client, &path(lead_id(lead)?.as_str()), &json!(verdict), as_).await
}

/// Gives a verdict, without a word; `Err` holds what the API answered.
pub(super) async fn give_quietly(
    client: &Client,
    key: &PrincipalKey,
    principal: &Principal,
    lead: &str,
    body: &str,
) -> Result<std::result::Result<(), (u16, String)>> {
    let (path, signer) = (path(lead), Some((principal, key)));
    let call = Call { method: "POST", path: &path, body, content_type: "application/json", key: None, signer };
    Ok(match client.call(&call).await? {
        (200, _) => Ok(()),
        (status, answer) => Err((status, refusal(status, &answer))),
    })
}

fn path(lead: &str) -> String {
    format!("/v1/leads/{lead}/verdict")
}
