//! What the emulator can do at most: an empty function behind a route and behind a queue, and rows put into a table. It is one
//! process, so a lead costs it the sum of what its calls cost.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_cloudformation::error::DisplayErrorContext;
use aws_sdk_cloudformation::types::{Capability, Parameter};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use leadctl::client::{Call, Client};
use leadctl::local::REGION;
use leadctl::package::{Contents, Place, Profile, pack};
use leadctl::stack::{Stack, local_config, outputs};
use leadctl::workspace::{Workspace, cargo};
use serde::{Deserialize, Serialize};

use crate::stand::{Stand, load};

const NAME: &str = "ceiling";
const TEMPLATE: &str = include_str!("ceiling.yaml");

/// How many calls are under way at once: more only wait, and the functions of a stage do not make many more.
const AT_ONCE: usize = 12;
const DEPLOY: Duration = Duration::from_secs(60);

/// A second each.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Ceiling {
    /// Posts through the API to a function that does nothing.
    pub posts: f64,
    /// Messages, in batches of ten, through a mapping to a function that does nothing.
    pub messages: f64,
    /// Rows put into the table, one by one.
    pub rows: f64,
    /// How many of each were counted.
    pub count: usize,
    /// Processes that ran or wanted to, over the minute before.
    pub load: f64,
}

/// Of docs/scale.md: a lead's messages between the functions, and its calls of the table.
const MESSAGES_A_LEAD: f64 = 3.0;
const CALLS_A_LEAD: f64 = 9.0;

impl Ceiling {
    /// Leads a second if the functions cost nothing, and one call of the table no more than another.
    pub fn leads(&self) -> f64 {
        1.0 / (1.0 / self.posts + MESSAGES_A_LEAD / self.messages + CALLS_A_LEAD / self.rows)
    }
}

/// Measures it on a stack that nothing else is done with.
pub async fn measure(workspace: &Workspace, profile: Profile, count: usize) -> Result<Ceiling> {
    let hello = build(workspace)?;
    let stand = Stand::up(workspace, profile).await?;
    let stack = &stand.client.stack;
    deploy_code(workspace, stack, hello).await?;
    let cloudformation = stack.cloudformation();
    let created = cloudformation.create_stack().stack_name(NAME).template_body(TEMPLATE);
    let created = created.capabilities(Capability::CapabilityIam).parameters(mapped(false)).send().await;
    created.map_err(|error| anyhow!("the template is refused: {}", DisplayErrorContext(error)))?;
    let out = until_deployed(&cloudformation).await?;
    let load = load()?;
    Ok(Ceiling {
        posts: posts(stack, out.get("ApiId").context("no API")?, count).await?,
        rows: rows(stack, count).await?,
        messages: messages(stack, &cloudformation, out.get("QueueUrl").context("no queue")?, count).await?,
        count,
        load,
    })
}

fn build(workspace: &Workspace) -> Result<PathBuf> {
    let mut command = cargo();
    command.args(["build", "--release", "--package", "hello"]).current_dir(workspace.root());
    ensure!(command.status().context("cannot run cargo")?.success(), "the empty function does not build");
    Ok(workspace.target().join("release/hello"))
}

async fn deploy_code(workspace: &Workspace, stack: &Stack, hello: PathBuf) -> Result<()> {
    let out = workspace.local_dir().join("load/ceiling");
    let contents = Contents { rules: &out.join("no-rules"), revision: None };
    let zips = pack(workspace, contents, &BTreeMap::from([("hello".to_owned(), hello)]), &out, Place::Here)?;
    let zip = tokio::fs::read(zips.get("hello").context("no zip")?).await?;
    let config = local_config(stack.facts.endpoint.as_deref().context("the stack is not local")?, REGION).await;
    let s3 = aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build());
    let here = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::from(REGION)).build();
    s3.create_bucket().bucket(NAME).create_bucket_configuration(here).send().await.context("no bucket")?;
    s3.put_object().bucket(NAME).key("hello.zip").body(ByteStream::from(zip)).send().await.context("no upload")?;
    Ok(())
}

fn mapped(yes: bool) -> Parameter {
    Parameter::builder().parameter_key("Mapped").parameter_value(yes.to_string()).build()
}

/// It takes under a second.
async fn until_deployed(client: &CloudFormation) -> Result<BTreeMap<String, String>> {
    let deadline = Instant::now() + DEPLOY;
    loop {
        let out = outputs(client, NAME).await?;
        if out.contains_key("QueueUrl") {
            return Ok(out);
        }
        ensure!(Instant::now() < deadline, "the empty function is not deployed");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Makes `count` calls, several at once; answers how many a second.
async fn rate<F: Future<Output = Result<()>>>(count: usize, call: impl Fn(usize) -> F) -> Result<f64> {
    let begun = Instant::now();
    stream::iter((0..count).map(call)).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    Ok(count as f64 / begun.elapsed().as_secs_f64())
}

async fn posts(stack: &Stack, api: &str, count: usize) -> Result<f64> {
    let mut stack = stack.clone();
    let endpoint = stack.facts.endpoint.as_deref().context("the stack is not local")?;
    stack.facts.api_url = format!("{endpoint}/_aws/execute-api/{api}/$default");
    let client = &Client::new(stack)?;
    rate(count, |_| async move {
        let call = Call {
            method: "POST",
            path: "/hello",
            body: "{}",
            content_type: "application/json",
            key: None,
            signer: None,
        };
        let (status, body) = client.call(&call).await?;
        ensure!(status == 200, "{status}: {body}");
        Ok(())
    })
    .await
}

async fn rows(stack: &Stack, count: usize) -> Result<f64> {
    let (client, table) = (&stack.dynamodb(), &stack.facts.table);
    rate(count, |number| async move {
        let text = |text: String| AttributeValue::S(text);
        let put = client.put_item().table_name(table);
        let put = put.item("pk", text(format!("{NAME}-{number}"))).item("sk", text("row".to_owned()));
        put.send().await.map_err(|error| anyhow!("no row: {}", DisplayErrorContext(error)))?;
        Ok(())
    })
    .await
}

/// Fills a queue that nobody reads, then maps it to the function. Counts from when the first batch is through, so that
/// neither the start of the processes nor the deployment counts.
async fn messages(stack: &Stack, cloudformation: &CloudFormation, url: &str, count: usize) -> Result<f64> {
    let sqs = &stack.sqs();
    let failed = |error: &dyn std::error::Error| anyhow!("the queue failed: {}", DisplayErrorContext(error));
    rate(count / 10, |batch| async move {
        let entry = |at: usize| {
            SendMessageBatchRequestEntry::builder().id(at.to_string()).message_body(format!("{batch}-{at}")).build()
        };
        let entries = (0..10).map(entry).collect::<Result<_, _>>()?;
        let sent = sqs.send_message_batch().queue_url(url).set_entries(Some(entries)).send().await;
        sent.map(drop).map_err(|error| failed(&error))
    })
    .await?;

    let updated = cloudformation.update_stack().stack_name(NAME).template_body(TEMPLATE);
    let updated = updated.capabilities(Capability::CapabilityIam).parameters(mapped(true)).send().await;
    updated.map_err(|error| failed(&error))?;
    let (visible, hidden) =
        (QueueAttributeName::ApproximateNumberOfMessages, QueueAttributeName::ApproximateNumberOfMessagesNotVisible);
    let (deadline, mut begun) = (Instant::now() + DEPLOY, None);
    loop {
        let wanted = Some(vec![visible.clone(), hidden.clone()]);
        let answer = sqs.get_queue_attributes().queue_url(url).set_attribute_names(wanted).send().await;
        let answer = answer.map_err(|error| failed(&error))?;
        let read = |name| answer.attributes()?.get(name)?.parse::<usize>().ok();
        let left = read(&visible).context("no depth")? + read(&hidden).context("no depth")?;
        match begun {
            None if left < count / 10 * 10 => begun = Some((Instant::now(), left)),
            Some((at, then)) if left == 0 => return Ok(then as f64 / Instant::now().duration_since(at).as_secs_f64()),
            _ => ensure!(Instant::now() < deadline, "{left} messages are left"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
