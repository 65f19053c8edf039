//! `leadctl unmerge`: a lead that joined another becomes one of its own again.

use anyhow::Result;
use clap::Args;
use leads::feedback::{Verdict, VerdictKind};

use super::place::Where;
use super::verdict;

/// Which lead, and why.
#[derive(Args)]
#[command(after_help = "\
Example:
  leadctl unmerge ld_… --reason 'two people of one name' --as telemarketing-desk
`leadctl explain` on the lead that it joined lists what joined it.")]
pub struct Arguments {
    /// The merged lead.
    lead_id: String,
    /// Why.
    #[arg(long)]
    reason: String,
    /// Who signs (infra/rules/principals.toml).
    #[arg(long = "as", value_name = "PRINCIPAL")]
    as_: String,
    #[command(flatten)]
    place: Where,
}

impl Arguments {
    /// Undoes the join.
    pub async fn run(self) -> Result<bool> {
        let verdict = Verdict { verdict: VerdictKind::Unmerge, reason: self.reason, actor: "leadctl".to_owned() };
        verdict::give(&self.place.client().await?, &self.lead_id, &verdict, &self.as_).await?;
        Ok(true)
    }
}
