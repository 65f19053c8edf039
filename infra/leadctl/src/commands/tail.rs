//! `leadctl tail QUEUE`: consumes a queue as a sales tool would.

use anyhow::{Result, anyhow, bail};
use aws_sdk_sqs::error::DisplayErrorContext;
use clap::Args;
use leads::message::{Missed, SalesMessage};
use leads::rules::suggest;

use super::place::Where;
use crate::client::Client;
use crate::depths;

/// Which queue, and what to do with what is received.
#[derive(Args)]
pub struct Arguments {
    /// The queue, as in infra/queues.toml; with `-dlq` its dead-letter queue.
    queue: String,
    /// Stop when the queue is empty.
    #[arg(long)]
    once: bool,
    /// Look once, and leave the messages in the queue. Each look counts as a receive; the tenth is a message's last.
    #[arg(long)]
    keep: bool,
    /// The messages as they are, one a line.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

impl Arguments {
    /// Consumes the queue until Ctrl-C, or until it is empty.
    pub async fn run(&self) -> Result<bool> {
        let client = self.place.client().await?;
        tokio::select! {
            ended = self.consume(&client) => ended?,
            interrupted = tokio::signal::ctrl_c() => interrupted?,
        }
        Ok(true)
    }

    /// Receives, prints and deletes messages.
    async fn consume(&self, client: &Client) -> Result<()> {
        let known = depths::sales_queues()?;
        let base = self.queue.trim_end_matches("-dlq");
        if !known.iter().any(|queue| queue.name.as_str() == base) {
            let names = known.iter().map(|queue| queue.name.as_str());
            bail!("there is no queue `{}`; {}", self.queue, suggest::mend(base, names));
        }
        let url = client.stack.queue_url(&client.stack.sales_queue(&self.queue)).await?;
        let sqs = client.stack.sqs();
        // A message that is kept counts one more receive each time, and ten send it to the dead-letter queue: one look only.
        let once = self.once || self.keep;
        let mut kept = Vec::new();
        loop {
            let received = sqs
                .receive_message()
                .queue_url(&url)
                .max_number_of_messages(10)
                .wait_time_seconds(if once { 1 } else { 20 })
                .send()
                .await
                .map_err(|error| anyhow!("cannot receive from `{}`: {}", self.queue, DisplayErrorContext(error)))?;
            let messages = received.messages.unwrap_or_default();
            if messages.is_empty() && once {
                break;
            }
            for message in messages {
                let body = message.body.as_deref().unwrap_or_default();
                if self.json {
                    println!("{body}");
                } else {
                    println!("{}", readable(body));
                }
                let Some(receipt) = message.receipt_handle else { continue };
                if self.keep {
                    kept.push(receipt);
                } else {
                    let deleted = sqs.delete_message().queue_url(&url).receipt_handle(receipt).send().await;
                    deleted.map_err(|error| anyhow!("cannot delete a message: {}", DisplayErrorContext(error)))?;
                }
            }
        }
        for receipt in kept {
            // Back at once, for whoever is meant to receive it.
            let shown = sqs.change_message_visibility().queue_url(&url).receipt_handle(receipt).visibility_timeout(0);
            let shown = shown.send().await;
            shown.map_err(|error| anyhow!("cannot give a message back: {}", DisplayErrorContext(error)))?;
        }
        Ok(())
    }
}

fn readable(body: &str) -> String {
    let Ok(message) = serde_json::from_str::<SalesMessage>(body) else {
        // Escaped: whoever else writes to a queue shall not write to the terminal.
        return format!("not a message of ours: {body:?}");
    };
    let header = message.header();
    let told = match &message {
        SalesMessage::Routed(routed) => {
            let company = routed.lead.company.posted.name.as_deref().unwrap_or("no company named");
            let due = routed.sla.as_ref().map_or("none".to_owned(), |sla| sla.feedback_due.to_string());
            format!(
                "lead.routed   {company}; intent {}, value {}; rule {}; answer by {due}",
                routed.score.intent, routed.score.value, routed.rule
            )
        }
        SalesMessage::Touched(touched) => format!("lead.touched  {} submissions have joined", touched.touches),
        SalesMessage::Recalled(recalled) => format!("lead.recalled {}", recalled.why),
        SalesMessage::NurtureEnter(entered) => {
            let track = entered.nurture.track.as_deref().unwrap_or("no track named");
            format!(
                "nurture.enter {track}; intent {}, value {}",
                entered.routed.score.intent, entered.routed.score.value
            )
        }
        SalesMessage::NurtureExit(left) => format!("nurture.exit  {}; {}", left.nurture.stage.name(), left.why),
        SalesMessage::Held(held) => format!("lead.held     {}: {}", held.reason.code, held.reason.text),
        SalesMessage::Reminder(reminder) => format!("lead.reminder an answer is due by {}", reminder.feedback_due),
        SalesMessage::Breached(breach) => match breach.missed {
            Missed::FirstResponse => format!("lead.breached {} has not said that it is on it", breach.silent_queue),
            Missed::Feedback => {
                format!("lead.breached {} has not answered by {}", breach.silent_queue, breach.feedback_due)
            }
        },
        SalesMessage::Escalated(escalated) => {
            format!("lead.escalated {} has not answered by {}", escalated.silent_queue, escalated.feedback_due)
        }
        SalesMessage::Erased(_) => "lead.erased   delete what you hold of it".to_owned(),
    };
    format!("{} epoch {} {told}", header.lead_id, header.epoch)
}
