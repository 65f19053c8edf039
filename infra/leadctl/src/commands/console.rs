//! `leadctl console`: pages to look at a stack with.

use anyhow::Result;
use clap::Args;

use super::place::{Where, local_dir};
use crate::console::{Console, listen};
use crate::local;

/// Of which stack, and at which port.
#[derive(Args)]
#[command(after_help = "\
Examples:
  leadctl console                       beside the local stack that runs; `leadctl up` and `leadctl demo` have one already
  leadctl console --stack leads-prod    a stack on AWS, with your own credentials
It reads, and changes nothing; docs/console.md says what each page costs and which IAM actions it needs.")]
pub struct Arguments {
    /// The port; a free one by default.
    #[arg(long)]
    port: Option<u16>,
    #[command(flatten)]
    place: Where,
}

impl Arguments {
    /// Serves the pages until Ctrl-C, and beside a local stack no longer than that runs.
    pub async fn run(&self) -> Result<bool> {
        let client = self.place.client().await?;
        let local = client.stack.facts.endpoint.is_some();
        let pages = Console::of(client)?;
        let listener = listen(self.port).await?;
        println!("console        http://{}/", listener.local_addr()?);
        println!("Ctrl-C ends it");
        let ended = async {
            if local {
                local::until_down(&local_dir()?).await?;
                println!("the local stack has ended");
                return anyhow::Ok(());
            }
            std::future::pending().await
        };
        tokio::select! {
            ended = ended => ended?,
            ended = pages.serve(listener) => ended?,
            interrupted = tokio::signal::ctrl_c() => interrupted?,
        }
        Ok(true)
    }
}
