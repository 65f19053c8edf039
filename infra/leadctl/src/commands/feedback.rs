//! `leadctl feedback`, `leadctl verdict` and `leadctl unmerge`: answers about a lead, signed as a principal.

use anyhow::{Result, bail};
use leads::id::Principal;
use leads::signature::PrincipalKey;
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
        (404, answer) => bail!(
            "{}\n    or the lead concerns none of {as_}'s queues (infra/rules/principals.toml); \
             `leadctl explain` shows where it stands",
            refusal(404, &answer)
        ),
        (status, answer) => bail!("{}", refusal(status, &answer)),
    }
    Ok(())
}
