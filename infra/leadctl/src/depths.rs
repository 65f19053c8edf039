//! How many messages lie where.

use anyhow::{Result, anyhow};
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use futures::{StreamExt, TryStreamExt};
use leads::ports::StageQueue;
use leads::rules::QueueSpec;
use serde::Serialize;

use crate::client::Client;
use crate::workspace::Workspace;

/// The depth of a queue and of its dead-letter queue.
#[derive(Clone, Debug, Serialize)]
pub struct Depth {
    /// The queue's name without prefix.
    pub queue: String,
    /// What it is for.
    pub title: String,
    /// Messages that a consumer would receive now.
    pub visible: u64,
    /// Messages received and not yet deleted.
    pub in_flight: u64,
    /// Messages in its dead-letter queue.
    pub dead: u64,
}

/// The depths of every queue of the stack, in the order of the pipeline.
pub async fn all(client: &Client) -> Result<Vec<Depth>> {
    client.depths(&sales_queues()?).await
}

/// Reads how many messages lie where. `sqs:GetQueueAttributes`, and `sqs:GetQueueUrl` once.
pub trait ReadDepths {
    /// The depths of every queue of the stack, in the order of the pipeline.
    #[allow(async_fn_in_trait)] // read on one task
    async fn depths(&self, sales: &[QueueSpec]) -> Result<Vec<Depth>>;
}

impl ReadDepths for Client {
    async fn depths(&self, sales: &[QueueSpec]) -> Result<Vec<Depth>> {
        let stack = &self.stack;
        let stages = StageQueue::ALL.into_iter().map(|queue| {
            let name = queue.name();
            let stage = name.trim_end_matches("-queue");
            (name.to_owned(), format!("before {stage}"), stack.stage_queue(stage), stack.stage_dlq(stage))
        });
        let sales = sales.iter().map(|queue| {
            let name = queue.name.as_str();
            (name.to_owned(), queue.title.clone(), stack.sales_queue(name), stack.sales_dlq(name))
        });
        let addresses = self.queue_addresses().await?;
        let reads = stages.chain(sales).map(|(queue, title, main, dead)| {
            let (main, dead) = (format!("{addresses}{main}"), format!("{addresses}{dead}"));
            async move {
                let ((visible, in_flight), (dead, dead_in_flight)) =
                    tokio::try_join!(count(self, &main), count(self, &dead))?;
                anyhow::Ok(Depth { queue, title, visible, in_flight, dead: dead + dead_in_flight })
            }
        });
        futures::stream::iter(reads).buffered(8).try_collect().await
    }
}

/// The sales queues of this checkout's `queues.toml`.
pub fn sales_queues() -> Result<Vec<QueueSpec>> {
    Ok(crate::rules_here(&Workspace::find()?)?.queues().to_vec())
}

async fn count(client: &Client, url: &str) -> Result<(u64, u64)> {
    let sqs = client.stack.sqs();
    let (visible, hidden) = (Attribute::ApproximateNumberOfMessages, Attribute::ApproximateNumberOfMessagesNotVisible);
    let wanted = vec![visible.clone(), hidden.clone()];
    let answer = sqs.get_queue_attributes().queue_url(url).set_attribute_names(Some(wanted)).send().await;
    let answer = answer.map_err(|error| anyhow!("cannot read the depth of `{url}`: {}", DisplayErrorContext(error)))?;
    let read = |attribute: &Attribute| {
        answer.attributes().and_then(|all| all.get(attribute)).and_then(|count| count.parse().ok()).unwrap_or(0)
    };
    Ok((read(&visible), read(&hidden)))
}
