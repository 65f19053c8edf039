//! `leadctl keys PRINCIPAL`: the key under which a principal signs.

use anyhow::{Result, bail};
use clap::Args;

use super::place::Where;
use crate::client::principal;
use crate::workspace::Workspace;

/// Whose key.
#[derive(Args)]
pub struct Arguments {
    /// The principal, as in infra/rules/principals.toml.
    principal: String,
    #[command(flatten)]
    place: Where,
}

impl Arguments {
    /// Prints the key. It is derived from the stack's secret, so nothing is stored and nothing needs to be sent around.
    pub async fn run(&self) -> Result<bool> {
        let client = self.place.client().await?;
        let (name, principal) = (&self.principal, principal(&self.principal)?);
        if crate::rules_here(&Workspace::find()?)?.principal(&principal).is_none() {
            bail!("there is no principal `{name}`; add it to infra/rules/principals.toml");
        }
        println!("{}", client.signing_keys().await?.derive(&principal).reveal());
        Ok(true)
    }
}
