//! `leadctl redrive QUEUE`: dead letters go back into their queue.

use anyhow::{Result, bail};
use clap::Args;
use jiff::Timestamp;
use leads::id::Queue;
use leads::ports::{AnyQueue, StageQueue};
use leads::rules::suggest;
use serde_json::json;

use super::place::Where;
use crate::client::Client;
use crate::{depths, redriving, show};

/// Which queue.
#[derive(Args)]
#[command(after_help = "\
Examples:
  leadctl redrive score-queue --dry-run
  leadctl redrive score-queue
A message gets into a dead-letter queue after sixteen attempts between the functions, ten of a sales tool; an alarm tells of
it. Mend the cause first (the log of the function, or the tool that reads the queue), then redrive: each message is sent to
its queue again, as it was, and only then taken from the dead letters. It may be interrupted and run again: what a lead has behind it does not happen twice,
and consumers know a copy by its delivery_id. Messages to sales about a lead that was erased meanwhile are deleted. Those
younger than five minutes are left for later: SQS would take them for copies, and drop them.")]
pub struct Arguments {
    /// clean-queue, score-queue, route-queue, or a queue of infra/queues.toml.
    queue: String,
    /// Say how many dead letters there are, and move none.
    #[arg(long)]
    dry_run: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

impl Arguments {
    /// Redrives it.
    pub async fn run(&self) -> Result<bool> {
        let queue = named(&self.queue)?;
        run(&self.place.client().await?, &queue, self.dry_run, self.json).await
    }
}

/// The queue of this name, its dead-letter queue's name included.
pub fn named(name: &str) -> Result<AnyQueue> {
    let base = name.trim_end_matches("-dlq");
    let stage = StageQueue::ALL.into_iter().find(|queue| queue.name() == base);
    let sales = depths::sales_queues()?;
    let sold = sales.iter().map(|queue| &queue.name).find(|queue| queue.as_str() == base).cloned();
    if let Some(queue) = stage.map(AnyQueue::Stage).or(sold.map(AnyQueue::Sales)) {
        return Ok(queue);
    }
    let known = sales.iter().map(|queue| queue.name.as_str()).chain(StageQueue::ALL.map(StageQueue::name));
    bail!("there is no queue `{name}`; {}", suggest::mend(base, known));
}

/// Moves the dead letters, or says how many there are.
pub async fn run(client: &Client, queue: &AnyQueue, dry_run: bool, as_json: bool) -> Result<bool> {
    let name = match queue {
        AnyQueue::Stage(stage) => stage.name(),
        AnyQueue::Sales(queue) => Queue::as_str(queue),
    };
    let dead = depths::all(client).await?.iter().filter(|depth| depth.queue == name).map(|depth| depth.dead).sum();
    if dry_run {
        match as_json {
            true => println!("{}", json!({ "queue": name, "dead": dead })),
            false => println!("{dead} dead letters of {name} would be moved"),
        }
        return Ok(true);
    }
    let sender = client.sender().await?;
    let bar = show::bar(usize::try_from(dead)?, "dead letters");
    let redriven = redriving::redrive(queue, &sender, dead, Timestamp::now, |_| bar.inc(1)).await?;
    bar.finish_and_clear();
    if as_json {
        println!("{}", json!({ "queue": name, "dead": dead, "redriven": redriven }));
    } else {
        println!("{} of {dead} dead letters are in {name} again", redriven.moved);
        if redriven.erased > 0 {
            println!("{} told of leads that are erased, and were deleted", redriven.erased);
        }
        if redriven.too_young > 0 {
            println!("{} are younger than five minutes: run this again later", redriven.too_young);
        }
        if redriven.foreign > 0 {
            println!("{} are no messages of this pipeline, and were left", redriven.foreign);
        }
    }
    Ok(redriven.too_young == 0)
}
