//! The clients: made once a process, with the time-outs that the fault model assumes.

use std::time::Duration;

use aws_sdk_dynamodb::config::{
    BehaviorVersion, StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use leads::ports::PortError;

use crate::{Captchas, Config};

/// The ports over AWS.
#[derive(Clone, Debug)]
pub struct Aws {
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) table: String,
    pub(crate) queue_url_prefix: String,
    pub(crate) trace: Option<String>,
    pub(crate) captchas: Option<Captchas>,
}

impl Aws {
    /// Clients for the stack that `config` names, connected to their services before the first invocation.
    pub async fn connect(config: &Config) -> Self {
        config.connect().await;
        let mut dynamodb = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(config.region.clone())
            .credentials_provider(config.credentials.clone())
            .http_client(config.http_client())
            .retry_config(retries())
            .timeout_config(timeouts())
            .stalled_stream_protection(unguarded());
        dynamodb.set_endpoint_url(config.endpoint.clone());
        let mut sqs = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(config.region.clone())
            .credentials_provider(config.credentials.clone())
            .http_client(config.http_client())
            .retry_config(retries())
            .timeout_config(timeouts())
            .stalled_stream_protection(unguarded());
        sqs.set_endpoint_url(config.endpoint.clone());
        Self::from_clients(
            aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
            aws_sdk_sqs::Client::from_conf(sqs.build()),
            config.table.clone(),
            config.queue_url_prefix.clone(),
        )
    }

    /// The ports over clients that the caller made, as `leadctl` does with an operator's own credentials.
    pub fn from_clients(
        dynamodb: aws_sdk_dynamodb::Client,
        sqs: aws_sdk_sqs::Client,
        table: String,
        queue_url_prefix: String,
    ) -> Self {
        Self { dynamodb, sqs, table, queue_url_prefix, trace: None, captchas: None }
    }

    /// The same ports with a verifier of captchas.
    #[must_use]
    pub fn with_captchas(self, captchas: Option<Captchas>) -> Self {
        Self { captchas, ..self }
    }

    /// The same ports within one invocation: SQS hands its trace on to the next function. An HTTP API has no trace of
    /// its own, so one starts in `intake`.
    pub fn within(&self, context: &lambda_runtime::Context) -> Self {
        // Only the parts that every service reads; Lambda adds some of its own.
        let known = |part: &&str| ["Root=", "Parent=", "Sampled="].iter().any(|name| part.starts_with(name));
        let trace = context.xray_trace_id.as_deref();
        let trace = trace.map(|trace| trace.split(';').filter(known).collect::<Vec<_>>().join(";"));
        Self { trace: trace.filter(|trace| !trace.is_empty()), ..self.clone() }
    }
}

/// Three attempts: a lost response is retried here, within one invocation.
pub(crate) fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(3)
}

/// An attempt of 1.5 s and an operation of 4 s leave time for a second operation within the function's 10 s.
pub(crate) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_millis(1_500))
        .operation_timeout(Duration::from_secs(4))
        .build()
}

/// A stream that stalls ends with the attempt, long before the SDK's own guard would say so, which looks at each part of it.
fn unguarded() -> StalledStreamProtectionConfig {
    StalledStreamProtectionConfig::disabled()
}

/// What a failed call reports: its kind and code. Never the SDK's own `Debug`, which can print a stored row.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Reported(pub(crate) String);

pub(crate) fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    let kind = match error {
        SdkError::ConstructionFailure(_) => "the request could not be made",
        SdkError::TimeoutError(_) => "timed out",
        SdkError::DispatchFailure(_) => "no connection",
        SdkError::ResponseError(_) => "the response could not be read",
        _ => "service error",
    };
    error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or(kind).to_owned()
}

/// Sorts an error: codes that no repetition mends are refusals, all else may pass.
pub(crate) fn port_error<E: ProvideErrorMetadata, R>(call: &'static str, error: &SdkError<E, R>) -> PortError {
    let why = code(error);
    // SQS has two names for each of its errors: one of its older protocol, and one of today's.
    let hopeless = matches!(
        why.strip_prefix("AWS.SimpleQueueService.").unwrap_or(&why),
        "ValidationException"
            | "ItemCollectionSizeLimitExceededException"
            | "QueueDoesNotExist"
            | "NonExistentQueue"
            | "InvalidMessageContents"
            | "TooManyEntriesInBatchRequest"
            | "BatchRequestTooLong"
    );
    if hopeless {
        PortError::Refused { call, why }
    } else {
        PortError::Unavailable { call, source: Box::new(Reported(why)) }
    }
}
