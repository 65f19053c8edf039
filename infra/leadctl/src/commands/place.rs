//! Which stack a command is about.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::client::Client;
use crate::local;
use crate::stack::Stack;
use crate::workspace::Workspace;

/// Which stack a command is about.
#[derive(Args)]
pub struct Where {
    /// A stack on AWS, by the ordinary chain of credentials and region; the local stack by default.
    #[arg(long, value_name = "NAME", env = "LEAD_STACK")]
    stack: Option<String>,
}

impl Where {
    /// A client for it.
    pub(super) async fn client(&self) -> Result<Client> {
        Client::new(match &self.stack {
            Some(name) => Stack::of_aws(name).await?,
            None => Stack::of_local(&local_dir()?).await?,
        })
    }
}

/// Several local stacks run side by side under names of their own.
pub(super) fn instance() -> String {
    std::env::var("LEAD_INSTANCE").unwrap_or_else(|_| local::Options::default().instance)
}

/// The folder of the local stack.
pub(super) fn local_dir() -> Result<PathBuf> {
    Ok(local::instance_dir(&Workspace::find()?, &instance()))
}
