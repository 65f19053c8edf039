//! `leadctl feedback`, `leadctl verdict` and `leadctl unmerge`: answers about a lead, signed as a principal.

use anyhow::{Result, bail};
use clap::Args;
use leads::feedback::{Verdict, VerdictKind};
use leads::id::{LeadId, Principal};
use leads::ports::ReadLead;
use leads::signature::PrincipalKey;
use leads::submission::Money;
use serde_json::{Value, json};

use crate::client::{Call, Client, principal, refusal};

/// What is reported about a lead.
#[derive(Args)]
pub struct Report {
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
}

impl Report {
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

/// Reports on a lead.
pub async fn feedback(client: &Client, report: &Report, as_: &str) -> Result<()> {
    let lead = known(&report.lead_id)?;
    let epoch = match report.epoch {
        Some(epoch) => epoch,
        None => match client.aws.lead(&lead).await? {
            Some(rows) if rows.state.epoch > 0 => rows.state.epoch,
            Some(rows) => bail!("nobody has lead {lead} yet, it is {}", rows.state.stage.name()),
            None => bail!("there is no lead {lead} in the stack `{}`", client.stack.facts.name),
        },
    };
    post(client, &format!("/v1/leads/{lead}/feedback"), &report.body(epoch), as_).await
}

/// Gives a verdict.
pub async fn verdict(client: &Client, lead: &str, verdict: Verdict, as_: &str) -> Result<()> {
    post(client, &format!("/v1/leads/{}/verdict", known(lead)?), &json!(verdict), as_).await
}

/// Reads a verdict, by its name in the API.
pub fn verdict_kind(name: &str) -> Result<VerdictKind, String> {
    let known = VerdictKind::NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
    let names = || VerdictKind::NAMES.map(|(name, _)| name).join(", ");
    known.ok_or_else(|| format!("the verdicts are {}", names()))
}

/// A lead id, or what is wrong with it; before anything is asked.
fn known(lead: &str) -> Result<LeadId> {
    let Ok(id) = LeadId::parse(lead) else { bail!("`{lead}` is no lead id; one looks like ld_…") };
    Ok(id)
}

/// Gives a verdict, without a word; `Err` holds what the API answered.
pub(super) async fn give_verdict(
    client: &Client,
    key: &PrincipalKey,
    principal: &Principal,
    lead: &str,
    body: &str,
) -> Result<std::result::Result<(), (u16, String)>> {
    let path = format!("/v1/leads/{lead}/verdict");
    let signer = Some((principal, key));
    let call = Call { method: "POST", path: &path, body, content_type: "application/json", key: None, signer };
    Ok(match client.call(&call).await? {
        (200, _) => Ok(()),
        (status, answer) => Err((status, refusal(status, &answer))),
    })
}

async fn post(client: &Client, path: &str, body: &Value, as_: &str) -> Result<()> {
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
