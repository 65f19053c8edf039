//! `leadctl keys PRINCIPAL`: the key under which a principal signs.

use anyhow::{Result, bail};

use crate::client::{Client, principal};
use crate::workspace::Workspace;

/// Prints the key. It is derived from the stack's secret, so nothing is stored and nothing needs to be sent around.
pub async fn run(client: &Client, name: &str) -> Result<()> {
    let principal = principal(name)?;
    if crate::rules_here(&Workspace::find()?)?.principal(&principal).is_none() {
        bail!("there is no principal `{name}`; add it to infra/rules/principals.toml");
    }
    println!("{}", client.signing_keys().await?.derive(&principal).reveal());
    Ok(())
}
