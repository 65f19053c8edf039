//! `leadctl up`: a local stack, with a console beside it.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use tokio::net::TcpListener;

use super::place::instance;
use crate::client::Client;
use crate::console::{self, Console};
use crate::local::{self, RunningStack};
use crate::package::Profile;
use crate::workspace::Workspace;

/// A local stack, and for how long.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    local: Local,
    /// Leave it running, until `leadctl down`.
    #[arg(long)]
    detach: bool,
}

/// A local stack.
#[derive(Args)]
pub(super) struct Local {
    /// The port of the local stack; a free one by default.
    #[arg(long)]
    port: Option<u16>,
    /// The port of the console; a free one by default.
    #[arg(long)]
    console_port: Option<u16>,
    #[command(flatten)]
    deployed: Deployed,
}

/// What is deployed on the local stack.
#[derive(Args)]
pub(super) struct Deployed {
    /// How to build the functions.
    #[arg(long, value_enum, default_value = "dev")]
    profile: Profile,
    /// Another folder of rules than infra/rules.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// A parameter of the template; may be given several times.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
    /// Makes new versions of functions whose programs and rules are as they were, if it is another text than before: they
    /// start anew, with changed parameters and secrets.
    #[arg(long, value_name = "TEXT")]
    revision: Option<String>,
}

impl Deployed {
    pub(super) fn options(self) -> local::Options {
        local::Options {
            instance: instance(),
            profile: self.profile,
            rules: self.rules,
            revision: self.revision,
            parameters: self.parameters.into_iter().collect(),
            ..local::Options::default()
        }
    }
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a parameter is written NAME=VALUE, for example LogLevel=debug")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Arguments {
    /// Brings it up, and stays with it unless it is to be left running.
    pub async fn run(self) -> Result<bool> {
        let (mut running, listener) = self.local.up(self.detach).await?;
        let address = listener.local_addr()?;
        if self.detach {
            drop(listener);
            running.start_console(address.port()).await?;
            where_to(&running, address);
            running.leave_running();
        } else {
            where_to(&running, address);
            let pages = Console::of(Client::new(running.stack.clone())?)?;
            tokio::select! {
                ended = stay(&mut running) => ended?,
                ended = pages.serve(listener) => ended?,
            }
        }
        Ok(true)
    }
}

impl Local {
    /// Brings a local stack up. The console's address is known before: pages from there may post leads by script.
    pub(super) async fn up(self, detach: bool) -> Result<(RunningStack, TcpListener)> {
        let listener = console::listen(self.console_port).await?;
        let console = Some(listener.local_addr()?);
        let options = local::Options { port: self.port, detach, console, ..self.deployed.options() };
        Ok((local::up(&Workspace::find()?, &options).await?, listener))
    }
}

/// Stays until Ctrl-C, and no longer than the stack.
pub(super) async fn stay(running: &mut RunningStack) -> Result<()> {
    println!("Ctrl-C ends it");
    tokio::select! {
        ended = running.wait() => ended,
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
    }
}

/// Says what answers where.
pub(super) fn where_to(running: &RunningStack, console: SocketAddr) {
    let facts = &running.stack.facts;
    let endpoint = facts.endpoint.as_deref().unwrap_or_default();
    println!("console        http://{console}/");
    println!("form           http://{console}/form/");
    println!("post leads to  {}/v1/leads", facts.api_url);
    println!("read queues    leadctl queues; leadctl tail sales-cn-east");
    println!("any AWS client aws --endpoint-url {endpoint} --region {} sqs list-queues", facts.region);
    println!("               with AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test");
    println!("log            {}", running.log.display());
}
