//! The queue ports over SQS.

use aws_sdk_sqs::types::{
    Message, MessageSystemAttributeName as Attribute, MessageSystemAttributeNameForSends, MessageSystemAttributeValue,
    QueueAttributeName, SendMessageBatchRequestEntry,
};
use jiff::Timestamp;
use leads::id::{LeadId, Queue};
use leads::ports::{
    AnyQueue, CountMessages, DeadLetter, DeadLetters, Destination, NotTaken, Outgoing, PortError, Postpone,
    SendMessages, StageQueue,
};

use crate::aws::{Aws, Reported, port_error};

impl Aws {
    /// The URL of a queue between the functions.
    pub fn stage_queue_url(&self, queue: StageQueue) -> String {
        format!("{}{}", self.queue_url_prefix, queue.name())
    }

    /// The URL of a sales queue.
    pub fn sales_queue_url(&self, queue: &Queue) -> String {
        format!("{}{queue}.fifo", self.queue_url_prefix)
    }

    fn dead_letter_url(&self, queue: &AnyQueue) -> String {
        match queue {
            AnyQueue::Stage(queue) => format!("{}-dlq", self.stage_queue_url(*queue)),
            AnyQueue::Sales(queue) => format!("{}{queue}-dlq.fifo", self.queue_url_prefix),
        }
    }

    fn url(&self, to: &Destination) -> String {
        match to {
            Destination::Stage(queue) => self.stage_queue_url(*queue),
            Destination::Sales { queue, .. } => self.sales_queue_url(queue),
        }
    }
}

impl SendMessages for Aws {
    async fn send(&self, messages: &[&Outgoing]) -> Result<Vec<Result<(), NotTaken>>, PortError> {
        let call = "sqs:SendMessage";
        let Some(first) = messages.first() else { return Ok(Vec::new()) };
        if !messages.iter().all(|message| message.to.same_queue(&first.to)) {
            return Err(PortError::Refused { call, why: "a batch goes to one queue".into() });
        }
        let trace = self.trace.as_ref().and_then(|trace| {
            MessageSystemAttributeValue::builder().data_type("String").string_value(trace).build().ok()
        });
        let mut entries = Vec::with_capacity(messages.len());
        for (position, message) in messages.iter().enumerate() {
            let entry = SendMessageBatchRequestEntry::builder().id(position.to_string()).message_body(&message.body);
            let entry = match &message.to {
                Destination::Stage(_) => entry,
                Destination::Sales { group, dedup, .. } => {
                    entry.message_group_id(group.as_str()).message_deduplication_id(dedup)
                }
            };
            let entry = match &trace {
                Some(trace) => {
                    entry.message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, trace.clone())
                }
                None => entry,
            };
            entries.push(entry.build().map_err(|error| PortError::Unavailable { call, source: Box::new(error) })?);
        }
        let batch = self.sqs.send_message_batch().queue_url(self.url(&first.to)).set_entries(Some(entries));
        let sent = batch.send().await.map_err(|error| port_error(call, &error))?;
        let mut results: Vec<Option<Result<(), NotTaken>>> = vec![None; messages.len()];
        let positions = sent.successful.iter().map(|entry| (entry.id.as_str(), Ok(())));
        let failures = sent.failed.iter().map(|entry| {
            let failure = NotTaken { code: entry.code.clone() };
            (entry.id.as_str(), Err(failure))
        });
        for (id, result) in positions.chain(failures) {
            if let Some(slot) = id.parse::<usize>().ok().and_then(|position| results.get_mut(position)) {
                *slot = Some(result);
            }
        }
        let silent = || NotTaken { code: "no answer for the entry".into() };
        Ok(results.into_iter().map(|result| result.unwrap_or_else(|| Err(silent()))).collect())
    }
}

impl Postpone for Aws {
    async fn postpone(&self, from: StageQueue, receipt: &str, seconds: u32) -> Result<(), PortError> {
        let call = "sqs:ChangeMessageVisibility";
        let seconds = i32::try_from(seconds)
            .map_err(|error| PortError::Unavailable { call, source: Box::new(Reported(error.to_string())) })?;
        let change = self
            .sqs
            .change_message_visibility()
            .queue_url(self.stage_queue_url(from))
            .receipt_handle(receipt)
            .visibility_timeout(seconds);
        change.send().await.map(drop).map_err(|error| port_error(call, &error))
    }
}

/// For how long SQS looks on all its servers for a message, in seconds.
const LONG_POLL: i32 = 1;

impl DeadLetters for Aws {
    async fn dead_letters(&self, queue: &AnyQueue) -> Result<Vec<DeadLetter>, PortError> {
        let receive = self
            .sqs
            .receive_message()
            .queue_url(self.dead_letter_url(queue))
            .max_number_of_messages(10)
            .wait_time_seconds(LONG_POLL)
            .message_system_attribute_names(Attribute::All);
        let received = receive.send().await.map_err(|error| port_error("sqs:ReceiveMessage", &error))?;
        Ok(received.messages.unwrap_or_default().into_iter().map(|message| dead_letter(queue, message)).collect())
    }

    async fn delete_dead_letter(&self, queue: &AnyQueue, receipt: &str) -> Result<(), PortError> {
        let delete = self.sqs.delete_message().queue_url(self.dead_letter_url(queue)).receipt_handle(receipt);
        delete.send().await.map(drop).map_err(|error| port_error("sqs:DeleteMessage", &error))
    }
}

impl CountMessages for Aws {
    async fn count_waiting(&self, queue: StageQueue) -> Result<u64, PortError> {
        self.messages_in(self.stage_queue_url(queue)).await
    }

    async fn count_dead(&self, queue: &AnyQueue) -> Result<u64, PortError> {
        self.messages_in(self.dead_letter_url(queue)).await
    }
}

impl Aws {
    async fn messages_in(&self, url: String) -> Result<u64, PortError> {
        let call = "sqs:GetQueueAttributes";
        let counts = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let get = self.sqs.get_queue_attributes().queue_url(url).set_attribute_names(Some(counts.to_vec()));
        let answer = get.send().await.map_err(|error| port_error(call, &error))?;
        let count =
            |name| answer.attributes().and_then(|all| all.get(name)).and_then(|count| count.parse::<u64>().ok());
        let missing = || PortError::Unavailable { call, source: Box::new(Reported("it tells no count".into())) };
        counts.iter().map(|name| count(name).ok_or_else(missing)).sum()
    }
}

fn dead_letter(queue: &AnyQueue, message: Message) -> DeadLetter {
    let attribute = |name: &Attribute| message.attributes.as_ref().and_then(|all| all.get(name)).cloned();
    let to = match queue {
        AnyQueue::Stage(stage) => Some(Destination::Stage(*stage)),
        AnyQueue::Sales(queue) => attribute(&Attribute::MessageGroupId)
            .and_then(|group| LeadId::parse(group).ok())
            .zip(attribute(&Attribute::MessageDeduplicationId))
            .map(|(group, dedup)| Destination::Sales { queue: queue.clone(), group, dedup }),
    };
    let sent_at = attribute(&Attribute::SentTimestamp).and_then(|at| at.parse().ok());
    DeadLetter {
        sent_at: sent_at.and_then(|at| Timestamp::from_millisecond(at).ok()).unwrap_or(Timestamp::MAX),
        receipt: message.receipt_handle.unwrap_or_default(),
        message: to.zip(message.body).map(|(to, body)| Outgoing { to, body }),
    }
}
