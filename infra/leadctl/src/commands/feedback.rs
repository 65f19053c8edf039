//! `leadctl feedback`, `leadctl verdict` and `leadctl unmerge`: answers about a lead, signed as a principal.

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::client::{Call, Client, principal, refusal};

/// Reports a disposition.
pub async fn feedback(client: &Client, lead: &str, disposition: &str, epoch: u32, as_: &str) -> Result<()> {
    let body = json!({ "epoch": epoch, "disposition": disposition, "actor": "leadctl" });
    post(client, &format!("/v1/leads/{lead}/feedback"), &body, as_).await
}

/// Gives a verdict.
pub async fn verdict(client: &Client, lead: &str, verdict: &str, reason: &str, as_: &str) -> Result<()> {
    let body = json!({ "verdict": verdict, "reason": reason, "actor": "leadctl" });
    post(client, &format!("/v1/leads/{lead}/verdict"), &body, as_).await
}

async fn post(client: &Client, path: &str, body: &Value, as_: &str) -> Result<()> {
    let principal = principal(as_)?;
    let key = client.signing_keys().await?.derive(&principal);
    let body = body.to_string();
    let signer = Some((&principal, &key));
    let call = Call { method: "POST", path, body: &body, content_type: "application/json", key: None, signer };
    match client.call(&call).await? {
        (200, answer) => println!("{answer}"),
        (404, answer) => bail!(
            "{}\n    or the lead concerns none of {as_}'s queues (infra/rules/principals.toml); \
             `leadctl explain` shows where it stands",
            refusal(404, &answer)
        ),
        (status, answer) => bail!("{}", refusal(status, &answer)),
    }
    Ok(())
}
