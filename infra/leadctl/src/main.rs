//! `leadctl`: runs the lead pipeline on this machine, and looks after it on AWS.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use leadctl::commands;

/// Runs the lead pipeline on this machine, and looks after it on AWS.
#[derive(Parser)]
#[command(
    version,
    after_help = "\
Examples:
  leadctl demo                         start a local stack, post the sample leads, show where each went and why
  leadctl demo --exit my-leads.csv     the same with your own leads; ends with a status
  leadctl up                           start a local stack and leave it to you
  leadctl tail sales-cn-east           consume a queue as a sales tool would
  leadctl explain ld_…                 why a lead is where it is
  leadctl reconcile --stack leads-prod the books of a stack on AWS"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start a local stack, post leads, and show where each goes and why.
    Demo(commands::demo::Arguments),
    /// Start a local stack, and stay until Ctrl-C.
    Up(commands::up::Arguments),
    /// Deploy rules, programs and template as they are now on the local stack that runs, in place, as `sam deploy` does
    /// on AWS. Leads keep flowing.
    Update(commands::update::Arguments),
    /// End the local stack.
    Down,
    /// Post the leads of a file, or of standard input (`-`).
    Send(commands::send::Arguments),
    /// Show what lies in which queue.
    Queues(commands::queues::Arguments),
    /// Consume a queue as a sales tool would: receive, print, delete.
    Tail(commands::tail::Arguments),
    /// Serve pages on 127.0.0.1 to look at a stack with: leads as they flow, queues, one lead and why it went where it went.
    Console(commands::console::Arguments),
    /// Show where a lead stands, why, what happened to it, and what a person may do now.
    Explain(commands::explain::Arguments),
    /// Check that no lead is lost: accepted = routed + nurtured + … over table and queues. Changes nothing but
    /// what `--mend-counts` mends; status 1 if not all is well.
    Reconcile(commands::reconcile::Arguments),
    /// Move a queue's dead letters back into the queue, after their cause is mended.
    Redrive(commands::redrive::Arguments),
    /// Leads that cannot go on by themselves: list them, let them go on, or stop them.
    #[command(subcommand)]
    Park(commands::park::Park),
    /// Leads that are kept for later, pooled and nurtured: list them, or export them for a campaign.
    #[command(subcommand)]
    Pool(commands::pool::Pool),
    /// Show how many leads sales sent back as duplicate or not_a_fit, by the rule that had given them out.
    Returns(commands::returns::Arguments),
    /// Tell what the money brought: a page (or JSON, or CSV) from the funnel to attribution, speed, deadlines and reasons.
    Report(Box<commands::report::Arguments>),
    /// Erase a person: all personal data of a lead and of every lead that joined it. It cannot be undone.
    Erase(commands::erase::Arguments),
    /// Report on a lead as a sales tool does.
    Feedback(commands::feedback::Arguments),
    /// Decide about a lead as telemarketing does.
    Verdict(commands::verdict::Arguments),
    /// Undo a join: a merged lead becomes a lead of its own again, and the two never join each other again.
    Unmerge(commands::unmerge::Arguments),
    /// Customers, key accounts and competitors.
    #[command(subcommand)]
    Accounts(commands::accounts::Accounts),
    /// Show the key under which a principal signs its requests.
    Keys(commands::keys::Arguments),
    /// The rules.
    #[command(subcommand)]
    Rules(commands::rules::Rules),
    /// Replay past leads under changed rules and compare: who moves where and why, load, MQL rate, precision.
    Backtest(commands::backtest::Arguments),
    /// Invented leads.
    #[command(subcommand)]
    Samples(commands::samples::Samples),
    /// Lists, places, calendars and test data that come from packages.
    #[command(subcommand)]
    Data(commands::data::Data),
    /// Build and pack the functions for AWS, for `sam deploy`.
    Package(commands::package::Arguments),
    /// Print what the functions are made of: every crate with version, licence, hash and what it needs (CycloneDX 1.6).
    Sbom(commands::sbom::Arguments),
    /// The template.
    #[command(subcommand)]
    Infra(commands::infra::Infra),
    /// Write the generated documents under docs/: the message schema, the OpenAPI document and the picture of routing.
    Docs(commands::docs::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse().command).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("leadctl: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command; answers whether what it checked holds.
async fn run(command: Command) -> Result<bool> {
    match command {
        Command::Demo(demo) => demo.run().await,
        Command::Up(up) => up.run().await,
        Command::Update(update) => update.run().await,
        Command::Down => commands::down::run(),
        Command::Send(send) => send.run().await,
        Command::Queues(queues) => queues.run().await,
        Command::Tail(tail) => tail.run().await,
        Command::Console(console) => console.run().await,
        Command::Explain(explain) => explain.run().await,
        Command::Reconcile(reconcile) => reconcile.run().await,
        Command::Redrive(redrive) => redrive.run().await,
        Command::Park(park) => park.run().await,
        Command::Pool(pool) => pool.run().await,
        Command::Returns(returns) => returns.run().await,
        Command::Report(report) => report.run().await,
        Command::Erase(erase) => erase.run().await,
        Command::Feedback(feedback) => feedback.run().await,
        Command::Verdict(verdict) => verdict.run().await,
        Command::Unmerge(unmerge) => unmerge.run().await,
        Command::Accounts(accounts) => accounts.run().await,
        Command::Keys(keys) => keys.run().await,
        Command::Rules(rules) => rules.run(),
        Command::Backtest(backtest) => backtest.run(),
        Command::Samples(samples) => samples.run(),
        Command::Data(data) => data.run(),
        Command::Package(package) => package.run(),
        Command::Sbom(sbom) => sbom.run(),
        Command::Infra(infra) => infra.run(),
        Command::Docs(docs) => docs.run(),
    }
}
