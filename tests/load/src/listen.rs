//! The consumers: one a sales queue, each waiting for messages as a sales tool's does, and deleting what it got.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, anyhow};
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName};
use jiff::Timestamp;
use leadctl::client::Client;
use leads::id::{DeliveryId, LeadId};
use leads::message::{LeadRouted, SalesMessage};
use tokio::task::JoinSet;

/// As long as SQS lets a receiver wait.
const WAIT_SECONDS: i32 = 20;

/// A lead that came to a queue.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Which lead.
    pub lead: LeadId,
    /// Its delivery.
    pub delivery: DeliveryId,
    /// Whether sales is to call; else it is to be warmed.
    pub to_sales: bool,
    /// When the intake had it.
    pub received: Timestamp,
    /// When the routing decided.
    pub decided: Timestamp,
    /// When it was in the queue.
    pub queued: Timestamp,
    /// When its consumer had it.
    pub heard: Timestamp,
}

/// Consumers that run. They end when this is dropped.
pub struct Consumers {
    tasks: JoinSet<Result<()>>,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Consumers {
    /// Starts one for each of these queues of `queues.toml`.
    pub async fn start(client: &Client, queues: impl IntoIterator<Item = String>) -> Result<Self> {
        let addresses = client.queue_addresses().await?;
        let heard = Arc::default();
        let mut tasks = JoinSet::new();
        for queue in queues {
            let url = format!("{addresses}{}", client.stack.sales_queue(&queue));
            let (sqs, heard) = (client.stack.sqs(), Arc::clone(&heard));
            tasks.spawn(async move { consume(&sqs, &url, &heard).await.with_context(|| format!("queue {queue}")) });
        }
        Ok(Self { tasks, heard })
    }

    /// All that came so far.
    ///
    /// # Errors
    /// A consumer has given up.
    pub fn heard(&mut self) -> Result<Vec<Heard>> {
        if let Some(ended) = self.tasks.try_join_next() {
            ended??;
        }
        Ok(self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

async fn consume(sqs: &aws_sdk_sqs::Client, url: &str, heard: &Mutex<Vec<Heard>>) -> Result<()> {
    loop {
        let received = sqs
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(10)
            .wait_time_seconds(WAIT_SECONDS)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .send()
            .await
            .map_err(|error| anyhow!("receiving failed: {}", DisplayErrorContext(error)))?;
        let (now, messages) = (Timestamp::now(), received.messages.unwrap_or_default());
        for message in &messages {
            let lead = read(message, now)?;
            heard.lock().unwrap_or_else(PoisonError::into_inner).extend(lead);
        }
        if messages.is_empty() {
            continue;
        }
        let entry = |(number, message): (usize, Message)| {
            let entry = DeleteMessageBatchRequestEntry::builder().id(number.to_string());
            entry.set_receipt_handle(message.receipt_handle).build()
        };
        let entries = messages.into_iter().enumerate().map(entry).collect::<Result<_, _>>()?;
        let deleted = sqs.delete_message_batch().queue_url(url).set_entries(Some(entries)).send().await;
        deleted.map_err(|error| anyhow!("deleting failed: {}", DisplayErrorContext(error)))?;
    }
}

/// A lead that came; `None` for a message that tells something else of one.
fn read(message: &Message, now: Timestamp) -> Result<Option<Heard>> {
    let body = message.body.as_deref().context("a message without a body")?;
    let parsed = serde_json::from_str(body).context("a message that is none of the contract")?;
    let (routed, to_sales): (LeadRouted, bool) = match parsed {
        SalesMessage::Routed(routed) => (*routed, true),
        SalesMessage::NurtureEnter(enter) => (enter.routed, false),
        _ => return Ok(None),
    };
    let sent = message.attributes.as_ref().and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
    let queued = sent.and_then(|at| at.parse().ok()).context("a message without the time when it was sent")?;
    Ok(Some(Heard {
        lead: routed.header.lead_id,
        delivery: routed.header.delivery_id,
        to_sales,
        received: routed.received_at,
        decided: routed.header.decided_at,
        queued: Timestamp::from_millisecond(queued)?,
        heard: now,
    }))
}
