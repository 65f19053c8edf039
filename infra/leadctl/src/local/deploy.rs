//! Deploys `infra/template.yaml` on the emulator the way `sam deploy` does on AWS: the code goes to S3, the template
//! names it there, CloudFormation does the rest.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};
use aws_config::SdkConfig;
use aws_sdk_cloudformation::{
    Client as CloudFormation,
    error::{DisplayErrorContext, ProvideErrorMetadata},
    types::{Capability, Parameter, ResourceStatus, StackStatus},
};
use aws_sdk_dynamodb::types::TimeToLiveSpecification;
use aws_sdk_s3::{Client as S3, primitives::ByteStream, types::CreateBucketConfiguration};

use super::{Options, REGION};
use crate::{
    stack::{Facts, local_config, outputs},
    workspace::Workspace,
};

const BUCKET: &str = "lead-routing-local";
/// Of each stage. A process runs for each concurrent invocation, so this is about the machine's cores.
const LOCAL_CONCURRENCY: &str = "4";
const TEMPLATE: &str = "template.yaml";
const CAPABILITIES: [Capability; 2] = [Capability::CapabilityIam, Capability::CapabilityAutoExpand];
/// It takes under a second; a loaded machine may take longer.
const DEPLOY: Duration = Duration::from_secs(120);

/// What is deployed, and where.
pub(super) struct Deployment<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) endpoint: &'a str,
    /// The stack's folder.
    pub(super) dir: &'a Path,
    pub(super) options: &'a Options,
    /// Function → zip.
    pub(super) zips: &'a BTreeMap<String, PathBuf>,
}

/// Creates the stack, and answers what came of it.
pub(super) async fn create(deployment: &Deployment<'_>) -> Result<Facts> {
    let Deployment { endpoint, options, .. } = deployment;
    let config = local_config(endpoint, REGION).await;
    let s3 = s3(&config);
    let here = CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
    let bucket = s3.create_bucket().bucket(BUCKET).create_bucket_configuration(here);
    bucket.send().await.context("the emulator's S3 did not take the bucket")?;
    upload(&s3, deployment).await?;

    let cloudformation = CloudFormation::new(&config);
    let created = cloudformation
        .create_stack()
        .stack_name(&options.name)
        .template_url(template_url(endpoint))
        .set_capabilities(Some(CAPABILITIES.into()))
        .set_parameters(Some(parameters(options)))
        .send()
        .await;
    created.map_err(|error| anyhow!("the template is refused: {}", DisplayErrorContext(error)))?;
    until(&cloudformation, &options.name, StackStatus::CreateComplete).await?;

    let facts =
        Facts::of_outputs(&options.name, REGION, Some(endpoint), &outputs(&cloudformation, &options.name).await?)?;
    expire_rows(&aws_sdk_dynamodb::Client::new(&config), &facts.table).await?;
    Ok(facts)
}

/// Updates the stack in place. `None` if it is as it was to be.
pub(super) async fn update(deployment: &Deployment<'_>) -> Result<Option<Facts>> {
    let Deployment { endpoint, options, .. } = deployment;
    let config = local_config(endpoint, REGION).await;
    upload(&s3(&config), deployment).await?;
    let cloudformation = CloudFormation::new(&config);
    let stacks = cloudformation.describe_stacks().stack_name(&options.name).send().await;
    let stacks = stacks.map_err(|error| anyhow!("cannot look up the stack: {}", DisplayErrorContext(error)))?;
    let before = stacks.stacks().iter().flat_map(|stack| stack.parameters()).filter_map(Parameter::parameter_key);
    let kept = before.filter(|key| !options.parameters.contains_key(*key));
    let kept = kept.map(|key| Parameter::builder().parameter_key(key).use_previous_value(true).build());
    let parameters = kept.chain(options.parameters.iter().map(|(key, value)| parameter(key, value))).collect();

    let updated = cloudformation
        .update_stack()
        .stack_name(&options.name)
        .template_url(template_url(endpoint))
        .set_capabilities(Some(CAPABILITIES.into()))
        .set_parameters(Some(parameters))
        .send()
        .await;
    match updated {
        Ok(_) => until(&cloudformation, &options.name, StackStatus::UpdateComplete).await?,
        Err(error) if error.message().is_some_and(|why| why.contains("No updates are to be performed")) => {
            return Ok(None);
        }
        Err(error) => bail!("the template is refused: {}", DisplayErrorContext(error)),
    }
    let outputs = outputs(&cloudformation, &options.name).await?;
    Facts::of_outputs(&options.name, REGION, Some(endpoint), &outputs).map(Some)
}

fn s3(config: &SdkConfig) -> S3 {
    S3::from_conf(aws_sdk_s3::config::Builder::from(config).force_path_style(true).build())
}

/// Through S3: the template is larger than what a request may hold.
fn template_url(endpoint: &str) -> String {
    format!("{endpoint}/{BUCKET}/{TEMPLATE}")
}

/// Each function's code by its address in S3. Text for text: a YAML library would have to know every CloudFormation
/// tag to give the template back as it was.
fn with_code_in_s3(template: &str, keys: &BTreeMap<String, String>) -> Result<String> {
    let mut seen = 0;
    let mut out = String::with_capacity(template.len());
    for line in template.split_inclusive('\n') {
        let Some((indent, path)) = line.split_once("CodeUri: ") else {
            out.push_str(line);
            continue;
        };
        let name = path.trim().rsplit('/').next().and_then(|file| file.strip_suffix(".zip")).unwrap_or_default();
        let Some(key) = keys.get(name) else {
            bail!("the template names the code `{}`, which is none of the functions that were built", path.trim());
        };
        seen += 1;
        out.push_str(&format!("{indent}CodeUri: s3://{BUCKET}/{key}\n"));
    }
    if seen != keys.len() {
        bail!("the template has {seen} functions, but {} were built", keys.len());
    }
    Ok(out)
}

/// A number instead of a parameter: the emulator hands a parameter of type `Number` on as text, and its poller then
/// fails when it compares.
fn with_plain_concurrency(template: &str) -> String {
    template.replace("!Ref PipelineConcurrency", LOCAL_CONCURRENCY)
}

/// On AWS `sqs:SendMessage` permits a batch too; the emulator asks for an action of its own.
fn with_batch_action(template: &str) -> String {
    template.replace("Action: sqs:SendMessage\n", "Action: [sqs:SendMessage, sqs:SendMessageBatch]\n")
}

/// The emulator's CloudFormation keeps the CORS settings under the template's names, and its API looks them up under
/// those of the API's own protocol: written under both, they act.
fn with_cors_named_twice(template: &str) -> Result<String> {
    let names = [
        ("AllowOrigins", "allowOrigins"),
        ("AllowMethods", "allowMethods"),
        ("AllowHeaders", "allowHeaders"),
        ("ExposeHeaders", "exposeHeaders"),
        ("MaxAge", "maxAge"),
    ];
    let begins = "CorsConfiguration: !If\n";
    let (before, block) = template.split_once(begins).context("the template has no CORS settings")?;
    let (block, after) = block.split_once("- !Ref AWS::NoValue").context("the CORS settings have no other case")?;
    let mut out = format!("{before}{begins}");
    for line in block.split_inclusive('\n') {
        out.push_str(line);
        let setting = names.into_iter().find_map(|(name, own)| Some((own, line.split_once(&format!("{name}: "))?)));
        if let Some((own, (indent, value))) = setting {
            out.push_str(&format!("{}{own}: {value}", indent.replace('-', " ")));
        }
    }
    Ok(format!("{out}- !Ref AWS::NoValue{after}"))
}

/// The code and the template that names it. The code's address changes with its content, as `sam package` has it: SAM
/// publishes a new version of a function where the address is another.
async fn upload(s3: &S3, deployment: &Deployment<'_>) -> Result<()> {
    let failed = |what: &str| format!("the emulator's S3 did not take {what}");
    let mut keys = BTreeMap::new();
    for (name, path) in deployment.zips {
        let zip = tokio::fs::read(path).await.with_context(|| format!("cannot read {}", path.display()))?;
        let mut content = DefaultHasher::new();
        zip.hash(&mut content);
        let key = format!("{name}-{:016x}.zip", content.finish());
        let put = s3.put_object().bucket(BUCKET).key(&key).body(ByteStream::from(zip));
        put.send().await.with_context(|| failed(&key))?;
        keys.insert(name.clone(), key);
    }
    let source = deployment.workspace.infra().join(TEMPLATE);
    let template = std::fs::read_to_string(&source).with_context(|| format!("cannot read {}", source.display()))?;
    let template = with_batch_action(&with_plain_concurrency(&with_code_in_s3(&template, &keys)?));
    let template = with_cors_named_twice(&template)?;
    // For whoever wants to see what was deployed.
    std::fs::write(deployment.dir.join(TEMPLATE), &template)?;
    let body = ByteStream::from(template.into_bytes());
    s3.put_object().bucket(BUCKET).key(TEMPLATE).body(body).send().await.with_context(|| failed("the template"))?;
    Ok(())
}

/// The template's defaults are for AWS; these are for one machine. The caller's own win.
fn parameters(options: &Options) -> Vec<Parameter> {
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
    let mut values = BTreeMap::from([
        ("Architecture".to_owned(), architecture.to_owned()),
        // The emulator speaks plain HTTP, and enforces policies: with this one nothing could be sent at all.
        ("RequireTls".to_owned(), "false".to_owned()),
        // Without a console any page on this machine may try the API.
        ("CorsOrigins".to_owned(), options.console.map_or("*".to_owned(), |address| format!("http://{address}"))),
    ]);
    values.extend(options.parameters.clone());
    values.iter().map(|(key, value)| parameter(key, value)).collect()
}

fn parameter(key: &str, value: &str) -> Parameter {
    Parameter::builder().parameter_key(key).parameter_value(value).build()
}

async fn until(client: &CloudFormation, name: &str, wanted: StackStatus) -> Result<()> {
    let deadline = Instant::now() + DEPLOY;
    while Instant::now() < deadline {
        let answer = client.describe_stacks().stack_name(name).send().await;
        let answer = answer.map_err(|error| anyhow!("cannot look up the stack: {}", DisplayErrorContext(error)))?;
        match answer.stacks().first().and_then(|stack| stack.stack_status.clone()) {
            Some(status) if status == wanted => return Ok(()),
            status if status.as_ref().is_none_or(|status| status.as_str().ends_with("_IN_PROGRESS")) => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            status => {
                let status = status.map(|status| status.to_string()).unwrap_or_default();
                bail!("the template does not deploy ({status}):\n{}", failures(client, name).await?)
            }
        }
    }
    bail!("the template was not deployed within {} s", DEPLOY.as_secs())
}

/// One line a resource that failed, first failure first.
async fn failures(client: &CloudFormation, name: &str) -> Result<String> {
    let answer =
        client.describe_stack_events().stack_name(name).send().await.context("cannot read the stack's events")?;
    let line = |event: &aws_sdk_cloudformation::types::StackEvent| {
        let failed = matches!(event.resource_status, Some(ResourceStatus::CreateFailed | ResourceStatus::UpdateFailed));
        failed.then(|| {
            format!(
                "  {} ({}): {}",
                event.logical_resource_id().unwrap_or("?"),
                event.resource_type().unwrap_or("?"),
                event.resource_status_reason().unwrap_or("no reason given"),
            )
        })
    };
    let mut lines: Vec<_> = answer.stack_events().iter().filter_map(line).collect();
    lines.reverse();
    Ok(lines.join("\n"))
}

/// The emulator's CloudFormation does not act on the table's `TimeToLiveSpecification`; its DynamoDB does.
async fn expire_rows(client: &aws_sdk_dynamodb::Client, table: &str) -> Result<()> {
    let ttl = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(true).build()?;
    let answer = client.update_time_to_live().table_name(table).time_to_live_specification(ttl).send().await;
    answer.map_err(|error| anyhow!("cannot set the table's expiry: {}", DisplayErrorContext(error)))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> BTreeMap<String, String> {
        names.iter().map(|name| ((*name).to_owned(), format!("{name}-1.zip"))).collect()
    }

    #[test]
    fn code_is_named_in_s3_and_nothing_else_changes() {
        let source = "A: !Sub x\n  CodeUri: ../target/lambda/clean.zip\nB: 1";
        let wanted = "A: !Sub x\n  CodeUri: s3://lead-routing-local/clean-1.zip\nB: 1";
        assert_eq!(with_code_in_s3(source, &keys(&["clean"])).unwrap(), wanted);
    }

    #[test]
    fn a_function_too_many_or_too_few_is_refused() {
        let source = "  CodeUri: ../target/lambda/clean.zip\n";
        assert!(with_code_in_s3(source, &keys(&["score"])).is_err());
        assert!(with_code_in_s3(source, &keys(&["clean", "score"])).is_err());
    }

    #[test]
    fn cors_settings_are_there_under_both_names() {
        let source = "A: 1\n  CorsConfiguration: !If\n    - HasCors\n    - AllowOrigins: !Ref CorsOrigins\n      MaxAge: 3600\n    \
                      - !Ref AWS::NoValue\nMaxAge: 1\n";
        let wanted = "A: 1\n  CorsConfiguration: !If\n    - HasCors\n    - AllowOrigins: !Ref CorsOrigins\n      \
                      allowOrigins: !Ref CorsOrigins\n      MaxAge: 3600\n      maxAge: 3600\n    - !Ref AWS::NoValue\nMaxAge: 1\n";
        assert_eq!(with_cors_named_twice(source).unwrap(), wanted);
        assert!(with_cors_named_twice("A: 1\n").is_err());
    }

    #[test]
    fn scripts_of_the_consoles_pages_may_post() {
        let value = |options: &Options| {
            let all = parameters(options);
            let cors = all.iter().find(|parameter| parameter.parameter_key() == Some("CorsOrigins"));
            cors.unwrap().parameter_value().unwrap().to_owned()
        };
        let console = Some("127.0.0.1:4600".parse().unwrap());
        assert_eq!(value(&Options { console, ..Options::default() }), "http://127.0.0.1:4600");
        assert_eq!(value(&Options::default()), "*");
    }

    #[test]
    fn the_callers_parameters_win() {
        let mine = BTreeMap::from([("CorsOrigins".to_owned(), "https://a.example".to_owned())]);
        let all = parameters(&Options { parameters: mine, ..Options::default() });
        let value = all.iter().find(|parameter| parameter.parameter_key() == Some("CorsOrigins"));
        assert_eq!(value.unwrap().parameter_value(), Some("https://a.example"));
    }
}
