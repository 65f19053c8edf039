//! A deployed stack, local or on AWS: what it is called, where it listens, and clients for its services.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result, anyhow};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_cloudformation::error::DisplayErrorContext;
use serde::{Deserialize, Serialize};

use crate::local::state;

/// The emulator takes any key as its root account's, and lets it do everything.
const LOCAL_KEY: &str = "test";

/// What the stack's outputs say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The stack's name.
    pub name: String,
    /// The AWS region.
    pub region: String,
    /// Where every service answers; `None` on AWS, where each has an address of its own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub endpoint: Option<String>,
    /// Where forms post to, without a slash at the end; append `/v1/leads`.
    pub api_url: String,
    /// The DynamoDB table.
    pub table: String,
    /// What the names of all queues start with.
    pub queue_prefix: String,
    /// The secret that holds the key of the duplicate hashes.
    pub pepper_secret: String,
    /// The secret that holds the root of the signing keys.
    pub signing_secret: String,
}

/// A stack and the means to talk to it.
#[derive(Clone, Debug)]
pub struct Stack {
    /// What it is.
    pub facts: Facts,
    config: SdkConfig,
}

impl Stack {
    /// The local stack that runs in `dir`, started by this process or another one.
    pub async fn of_local(dir: &Path) -> Result<Self> {
        let state = state::running(dir)?.with_context(
            || "no local stack is running; start one with `leadctl up`, or name one on AWS with --stack",
        )?;
        let facts = state.facts.context("the local stack is still starting; try again in a moment")?;
        let endpoint = facts.endpoint.clone().unwrap_or_default();
        Ok(Self { config: local_config(&endpoint, &facts.region).await, facts })
    }

    /// A local stack of which the facts are known already.
    pub async fn of_facts(facts: Facts) -> Self {
        let config = match &facts.endpoint {
            Some(endpoint) => local_config(endpoint, &facts.region).await,
            None => {
                aws_config::defaults(BehaviorVersion::latest()).region(Region::new(facts.region.clone())).load().await
            }
        };
        Self { facts, config }
    }

    /// The stack `name` on AWS, by the ordinary chain of credentials and region (environment, profile, SSO, role).
    pub async fn of_aws(name: &str) -> Result<Self> {
        let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
        let region = config
            .region()
            .map(ToString::to_string)
            .context("no AWS region is set; set AWS_REGION, or give your profile one with `aws configure`")?;
        let outputs = outputs(&aws_sdk_cloudformation::Client::new(&config), name).await?;
        Ok(Self { facts: Facts::of_outputs(name, &region, None, &outputs)?, config })
    }

    /// Its name, if it is on AWS: what `--stack` says.
    pub fn name_on_aws(&self) -> Option<String> {
        self.facts.endpoint.is_none().then(|| self.facts.name.clone())
    }

    /// A client for the table.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config)
    }

    /// A client for the queues.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config)
    }

    /// A client for the pepper and the signing keys.
    pub fn secrets(&self) -> aws_sdk_secretsmanager::Client {
        aws_sdk_secretsmanager::Client::new(&self.config)
    }

    /// A client for the stack itself.
    pub fn cloudformation(&self) -> aws_sdk_cloudformation::Client {
        aws_sdk_cloudformation::Client::new(&self.config)
    }

    /// The name in SQS of a queue of `queues.toml`: `sales-desk` is `<stack>-sales-desk.fifo`.
    pub fn sales_queue(&self, name: &str) -> String {
        format!("{}{name}.fifo", self.facts.queue_prefix)
    }

    /// The name in SQS of its dead-letter queue.
    pub fn sales_dlq(&self, name: &str) -> String {
        format!("{}{name}-dlq.fifo", self.facts.queue_prefix)
    }

    /// The name in SQS of the queue in front of a stage (`clean`, `score`, `route`).
    pub fn stage_queue(&self, stage: &str) -> String {
        format!("{}{stage}-queue", self.facts.queue_prefix)
    }

    /// The name in SQS of its dead-letter queue.
    pub fn stage_dlq(&self, stage: &str) -> String {
        format!("{}{stage}-queue-dlq", self.facts.queue_prefix)
    }

    /// The address of a queue by its name in SQS.
    pub async fn queue_url(&self, name_in_sqs: &str) -> Result<String> {
        let answer = self.sqs().get_queue_url().queue_name(name_in_sqs).send().await;
        let answer = answer.map_err(|error| anyhow!("no queue `{name_in_sqs}`: {}", DisplayErrorContext(error)))?;
        answer.queue_url.with_context(|| format!("SQS gave no address for `{name_in_sqs}`"))
    }
}

impl Facts {
    /// Reads the facts out of a stack's outputs, and names every output that is missing. `endpoint` is the emulator's:
    /// its API answers under a path there and not under the host name that the output gives.
    pub fn of_outputs(
        name: &str,
        region: &str,
        endpoint: Option<&str>,
        outputs: &BTreeMap<String, String>,
    ) -> Result<Self> {
        let mut missing = Vec::new();
        let mut take = |key: &'static str| {
            outputs.get(key).cloned().unwrap_or_else(|| {
                missing.push(key);
                String::new()
            })
        };
        let (url, api) = (take("ApiUrl"), take("ApiId"));
        let facts = Self {
            name: name.to_owned(),
            region: region.to_owned(),
            endpoint: endpoint.map(str::to_owned),
            api_url: endpoint.map_or(url, |endpoint| format!("{endpoint}/_aws/execute-api/{api}/$default")),
            table: take("TableName"),
            queue_prefix: take("QueuePrefix"),
            pepper_secret: take("PepperSecretArn"),
            signing_secret: take("SigningSecretArn"),
        };
        if missing.is_empty() {
            Ok(facts)
        } else {
            Err(anyhow!(
                "stack `{name}` is not one of ours, or an older one: it lacks the outputs {}",
                missing.join(", ")
            ))
        }
    }
}

/// The outputs of a deployed stack.
pub async fn outputs(client: &aws_sdk_cloudformation::Client, name: &str) -> Result<BTreeMap<String, String>> {
    let answer = client.describe_stacks().stack_name(name).send().await;
    let answer =
        answer.map_err(|error| anyhow!("cannot look up the stack `{name}`: {}", DisplayErrorContext(error)))?;
    let stack = answer.stacks().first().with_context(|| format!("there is no stack `{name}` in this region"))?;
    let pairs =
        stack.outputs().iter().filter_map(|output| Some((output.output_key.clone()?, output.output_value.clone()?)));
    Ok(pairs.collect())
}

/// How to reach an emulator. Never looks for real credentials, so that nothing local can act on a real account.
pub async fn local_config(endpoint: &str, region: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new(LOCAL_KEY, LOCAL_KEY, None, None, "local"))
        .load()
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(keys: &[&str]) -> BTreeMap<String, String> {
        keys.iter().map(|key| ((*key).to_owned(), format!("v-{key}"))).collect()
    }

    const ALL: &[&str] = &["ApiUrl", "ApiId", "TableName", "QueuePrefix", "PepperSecretArn", "SigningSecretArn"];

    #[test]
    fn the_api_answers_under_a_path_of_the_emulator_and_under_its_own_name_on_aws() {
        let local = Facts::of_outputs("leads", "eu-west-1", Some("http://127.0.0.1:4566"), &outputs(ALL)).unwrap();
        assert_eq!(local.api_url, "http://127.0.0.1:4566/_aws/execute-api/v-ApiId/$default");
        let aws = Facts::of_outputs("leads", "eu-west-1", None, &outputs(ALL)).unwrap();
        assert_eq!(aws.api_url, "v-ApiUrl");
    }

    #[test]
    fn every_missing_output_is_named() {
        let error = Facts::of_outputs("leads", "eu-west-1", None, &outputs(&ALL[..4])).unwrap_err().to_string();
        assert!(error.contains("PepperSecretArn, SigningSecretArn"), "{error}");
    }
}
