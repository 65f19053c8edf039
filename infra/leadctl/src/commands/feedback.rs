//! `leadctl feedback`: what came of a lead, reported as a sales tool does, signed as a principal.

use anyhow::{Result, bail};
use clap::Args;
use leads::ports::ReadLead;
use leads::submission::Money;
use serde_json::{Value, json};

use super::place::Where;
use crate::client::{Call, Client, lead_id, principal, refusal};

/// What is reported about a lead, and by whom.
#[derive(Args)]
#[command(after_help = "\
Examples:
  leadctl feedback ld_… accepted --as crm-china
  leadctl feedback ld_… won --amount '9900000 CNY' --note 'Two presses.' --actor wang.fang --as crm-china
  leadctl feedback ld_… no_budget_yet --next-date 2027-03-01 --as crm-china
docs/lifecycle.md has what follows from each answer.")]
pub struct Arguments {
    /// The lead.
    lead_id: String,
    /// What came of it, for example accepted, won, no_budget_yet (infra/rules/playbook.toml).
    disposition: String,
    /// The routing that it answers, as the message says; the lead's last one by default.
    #[arg(long)]
    epoch: Option<u32>,
    /// In your own words, up to 2,000 characters.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// What was won, in the currency's smallest unit: '9900000 CNY' is 99,000 yuan.
    #[arg(long, value_name = "MINOR CURRENCY", value_parser = amount)]
    amount: Option<Money>,
    /// When a lead that waits comes back, instead of the days in the playbook: 2027-03-01.
    #[arg(long, value_name = "DATE")]
    next_date: Option<String>,
    /// Who reports, as the sales tool names them.
    #[arg(long, value_name = "NAME", default_value = "leadctl")]
    actor: String,
    /// Who signs (infra/rules/principals.toml).
    #[arg(long = "as", value_name = "PRINCIPAL")]
    as_: String,
    #[command(flatten)]
    place: Where,
}

impl Arguments {
    /// Reports it.
    pub async fn run(&self) -> Result<bool> {
        let client = self.place.client().await?;
        let lead = lead_id(&self.lead_id)?;
        let epoch = match self.epoch {
            Some(epoch) => epoch,
            None => match client.aws.lead(&lead).await? {
                Some(rows) if rows.state.epoch > 0 => rows.state.epoch,
                Some(rows) => bail!("nobody has lead {lead} yet, it is {}", rows.state.stage.name()),
                None => bail!("there is no lead {lead} in the stack `{}`", client.stack.facts.name),
            },
        };
        post(&client, &format!("/v1/leads/{lead}/feedback"), &self.body(epoch), &self.as_).await?;
        Ok(true)
    }

    fn body(&self, epoch: u32) -> Value {
        let Self { disposition, note, amount, next_date, actor, .. } = self;
        let members = [
            ("epoch", json!(epoch)),
            ("disposition", json!(disposition)),
            ("note", json!(note)),
            ("amount", json!(amount)),
            ("next_date", json!(next_date)),
            ("actor", json!(actor)),
        ];
        let given = members.into_iter().filter(|(_, value)| !value.is_null());
        Value::Object(given.map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

/// Reads `--amount`.
fn amount(text: &str) -> Result<Money, String> {
    let read = || {
        let (minor, currency) = text.split_once(' ')?;
        let is_code = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
        Some(Money { minor: minor.parse().ok()?, currency: currency.to_owned() }).filter(|_| is_code)
    };
    read().ok_or_else(|| "write cents and the like as a whole number, and the currency: '9900000 CNY'".to_owned())
}

/// Posts an answer about a lead, and prints what comes back.
pub(super) async fn post(client: &Client, path: &str, body: &Value, as_: &str) -> Result<()> {
    let principal = principal(as_)?;
    let key = client.signing_keys().await?.derive(&principal);
    let body = body.to_string();
    let signer = Some((&principal, &key));
    let call = Call { method: "POST", path, body: &body, content_type: "application/json", key: None, signer };
    match client.call(&call).await? {
        (200, answer) => println!("{answer}"),
        (401, answer) => {
            bail!("{}\n    or infra/rules/principals.toml, as it was deployed, knows no `{as_}`", refusal(401, &answer))
        }
        (404, answer) => bail!(
            "{}\n    or the lead concerns none of {as_}'s queues, or {as_} may not do this \
             (infra/rules/principals.toml); `leadctl explain` shows where it stands",
            refusal(404, &answer)
        ),
        (status, answer) => bail!("{}", refusal(status, &answer)),
    }
    Ok(())
}
