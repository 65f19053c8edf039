//! `leadctl update`: what is deployed on the local stack that runs, changed in place.

use anyhow::Result;
use clap::Args;

use super::up::Deployed;
use crate::local;
use crate::workspace::Workspace;

/// What is to be deployed.
#[derive(Args)]
#[command(after_help = "\
Examples:
  leadctl update                                 after a change of rules, code or template
  leadctl update --rules ../other-rules          the rules of another folder, this time
  leadctl update --parameter LogLevel=debug --revision 2
                                                 parameters that are not named stay as they are; functions see a changed
                                                 one only with another revision, here and on AWS")]
pub struct Arguments {
    #[command(flatten)]
    deployed: Deployed,
}

impl Arguments {
    /// Deploys it.
    pub async fn run(self) -> Result<bool> {
        let changed = local::update(&Workspace::find()?, &self.deployed.options()).await?;
        println!("{}", if changed { "the local stack is updated" } else { "nothing has changed" });
        Ok(true)
    }
}
