//! Speaking to a stack as its users do: posting leads over HTTP, signing as a principal, reading the table.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use aws_sdk_dynamodb::error::DisplayErrorContext;
use futures::StreamExt;
use indicatif::ProgressBar;
use leads::id::{LeadId, Principal, fingerprint};
use leads::problem::ProblemDocument;
use leads::signature::{self, PrincipalKey, Request, SigningKeys};
use serde::Deserialize;
use support::Aws;

use crate::leads_file::{FileLead, Posted};
use crate::stack::Stack;

/// How many posts are under way at once.
const AT_ONCE: usize = 12;

/// How often a post is repeated, under the same key, when the network or the service fails.
const ATTEMPTS: u32 = 5;

/// A stack as its users see it.
pub struct Client {
    /// The stack.
    pub stack: Stack,
    /// The ports of the functions, with the operator's own credentials.
    pub aws: Aws,
    http: reqwest::Client,
    addresses: tokio::sync::OnceCell<String>,
}

/// A request, not yet signed.
pub struct Call<'a> {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path, as the signature covers it: `/v1/leads/…`.
    pub path: &'a str,
    /// The body.
    pub body: &'a str,
    /// Its media type.
    pub content_type: &'a str,
    /// The `Idempotency-Key`.
    pub key: Option<&'a str>,
    /// Who signs it, and with what.
    pub signer: Option<(&'a Principal, &'a PrincipalKey)>,
}

impl Client {
    /// A client for a stack.
    pub fn new(stack: Stack) -> Result<Self> {
        let http =
            reqwest::Client::builder().timeout(Duration::from_secs(30)).redirect(reqwest::redirect::Policy::none());
        // The local stack is on this machine; a company's proxy is not.
        let http = if stack.facts.endpoint.is_some() { http.no_proxy() } else { http }.build()?;
        // Reads only: see `sender`.
        let aws = Aws::from_clients(stack.dynamodb(), stack.sqs(), stack.facts.table.clone(), String::new());
        Ok(Self { stack, aws, http, addresses: tokio::sync::OnceCell::new() })
    }

    /// The same client over another table of the same account and region, such as one that was restored.
    pub fn in_table(mut self, table: String) -> Self {
        self.aws = self.of_table(&table);
        self.stack.facts.table = table;
        self
    }

    /// The same ports over another table of the same account and region.
    pub fn of_table(&self, table: &str) -> Aws {
        Aws::from_clients(self.stack.dynamodb(), self.stack.sqs(), table.to_owned(), String::new())
    }

    /// The same ports, which can send as well.
    pub async fn sender(&self) -> Result<Aws> {
        let stack = &self.stack;
        let prefix = format!("{}{}", self.queue_addresses().await?, stack.facts.queue_prefix);
        Ok(Aws::from_clients(stack.dynamodb(), stack.sqs(), stack.facts.table.clone(), prefix))
    }

    /// What the addresses of all queues begin with, before their names in SQS; SQS tells once.
    pub async fn queue_addresses(&self) -> Result<&str> {
        let ask = async || {
            let name = self.stack.stage_queue("clean");
            let url = self.stack.queue_url(&name).await?;
            let before =
                url.strip_suffix(&name).context("SQS gave an address that does not end in the queue's name")?;
            anyhow::Ok(before.to_owned())
        };
        self.addresses.get_or_try_init(ask).await.map(String::as_str)
    }

    /// The keys under which principals sign, from the stack's secret.
    pub async fn signing_keys(&self) -> Result<SigningKeys> {
        let name = &self.stack.facts.signing_secret;
        let secret = self.stack.secrets().get_secret_value().secret_id(name).send().await;
        let secret = secret
            .map_err(|error| anyhow!("cannot read the signing secret: {}", DisplayErrorContext(error)))?
            .secret_string
            .context("the signing secret holds no text")?;
        support::secrets::signing_keys(&secret).map_err(|why| anyhow!("the signing secret is not usable: {why}"))
    }

    /// Makes a call; answers with status and body.
    pub async fn call(&self, call: &Call<'_>) -> Result<(u16, String)> {
        let method = reqwest::Method::from_bytes(call.method.as_bytes())?;
        let url = format!("{}{}", self.stack.facts.api_url.trim_end_matches('/'), call.path);
        let mut request = self.http.request(method, url).header("content-type", call.content_type);
        if let Some(key) = call.key {
            request = request.header("idempotency-key", key);
        }
        if let Some((principal, key)) = call.signer {
            let timestamp = jiff::Timestamp::now().as_second();
            let nonce = support::random::sixteen_bytes();
            let id = call.key.map_or_else(|| fingerprint(&[&format!("{nonce:?}")]), str::to_owned);
            let signed = Request { method: call.method, path_and_query: call.path, body: call.body.as_bytes() };
            request = request
                .header(signature::PRINCIPAL_HEADER, principal.as_str())
                .header(signature::TIMESTAMP_HEADER, timestamp.to_string())
                .header(signature::SIGNATURE_HEADER, key.sign(&id, timestamp, signed))
                .header(signature::ID_HEADER, id);
        }
        let answer = request.body(call.body.to_owned()).send().await.context("no answer from the API")?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }

    /// Posts leads, several at once, each until it is answered for good; `answered` hears of each as it is.
    pub async fn post_all(
        &self,
        leads: &[FileLead],
        progress: &ProgressBar,
        mut answered: impl FnMut(&Posted),
    ) -> Result<Vec<Posted>> {
        let keys = self.keys_for(leads).await?;
        let posts = leads.iter().enumerate().map(|(index, lead)| {
            let key = lead.signed_by.as_ref().and_then(|signer| keys.get(signer));
            async move {
                let call = Call {
                    method: "POST",
                    path: "/v1/leads",
                    body: &lead.body,
                    content_type: lead.content_type,
                    key: Some(&lead.key),
                    signer: lead.signed_by.as_ref().zip(key),
                };
                Posted { index, answer: self.post(&call).await.1 }
            }
        });
        let mut posts = futures::stream::iter(posts).buffer_unordered(AT_ONCE);
        let mut posted: Vec<Posted> = Vec::with_capacity(leads.len());
        while let Some(post) = posts.next().await {
            progress.inc(1);
            answered(&post);
            posted.push(post);
        }
        posted.sort_by_key(|posted| posted.index);
        Ok(posted)
    }

    async fn keys_for(&self, leads: &[FileLead]) -> Result<HashMap<Principal, PrincipalKey>> {
        let signers: Vec<&Principal> = leads.iter().filter_map(|lead| lead.signed_by.as_ref()).collect();
        if signers.is_empty() {
            return Ok(HashMap::new());
        }
        let root = self.signing_keys().await?;
        Ok(signers.into_iter().map(|signer| (signer.clone(), root.derive(signer))).collect())
    }

    /// Makes a call that posts a lead until it is answered for good: how often it was made, and the lead, or why there is none.
    /// Its key keeps a repetition from making a second one.
    pub async fn post(&self, call: &Call<'_>) -> (u32, Result<LeadId, String>) {
        #[derive(Deserialize)]
        struct Accepted {
            lead_id: LeadId,
        }
        let (mut made, mut wait) = (1, Duration::from_millis(250));
        loop {
            let why = match self.call(call).await {
                Ok((202, body)) => {
                    let accepted = serde_json::from_str::<Accepted>(&body).map(|accepted| accepted.lead_id);
                    return (made, accepted.map_err(|error| format!("the answer is not understood: {error}")));
                }
                Ok((status, body)) if status < 500 && status != 429 && status != 409 => {
                    return (made, Err(refusal(status, &body)));
                }
                Ok((status, body)) => refusal(status, &body),
                Err(error) => format!("{error:#}"),
            };
            if made == ATTEMPTS {
                return (made, Err(why));
            }
            tokio::time::sleep(wait).await;
            (made, wait) = (made + 1, wait * 2);
        }
    }
}

/// What an answer says, for people: every problem with its pointer.
pub fn refusal(status: u16, body: &str) -> String {
    let Ok(problem) = serde_json::from_str::<ProblemDocument>(body) else {
        return format!("{status}: {}", body.chars().take(200).collect::<String>());
    };
    let mut text = format!("{status} {}", problem.title);
    if problem.errors.is_empty() {
        text.push_str(&format!(": {}", problem.detail));
    }
    for error in &problem.errors {
        text.push_str(&format!("\n    {} ({}): {}", error.pointer, error.code, error.detail));
    }
    text
}

/// Reads `--as NAME`.
pub fn principal(name: &str) -> Result<Principal> {
    match Principal::parse(name) {
        Ok(principal) => Ok(principal),
        Err(error) => bail!("`{name}` is no principal: {error}; infra/rules/principals.toml lists them"),
    }
}

/// Reads the id of a lead, before anything is asked about it.
pub fn lead_id(text: &str) -> Result<LeadId> {
    match LeadId::parse(text) {
        Ok(lead) => Ok(lead),
        Err(_) => bail!("`{text}` is no lead id; one looks like ld_…"),
    }
}
