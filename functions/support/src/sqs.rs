//! The queue ports over SQS.

use aws_sdk_sqs::types::{
    MessageSystemAttributeNameForSends, MessageSystemAttributeValue, SendMessageBatchRequestEntry,
};
use leads::id::Queue;
use leads::ports::{Destination, NotTaken, Outgoing, PortError, Postpone, SendMessages, StageQueue};

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
