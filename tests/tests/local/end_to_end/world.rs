//! The stack under test, and how a test talks to it: over HTTP, through the queues, and through the table.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::Select;
use leadctl::client::Client;
use leadctl::follow::{self, End};
use leadctl::local::{self, Options, RunningStack};
use leadctl::workspace::Workspace;
use leads::id::{LeadId, Principal};
use leads::signature::{Request, SigningKeys};
use serde_json::Value;
use tokio::sync::Mutex;

pub(crate) const JSON: &str = "application/json";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
const INSTANCE: &str = "e2e";

/// The stack, and everything that was received from its queues so far.
pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) workspace: Workspace,
    http: reqwest::Client,
    keys: SigningKeys,
    /// Queue → bodies, in the order they came. A drained queue tells nothing a second time.
    received: Mutex<BTreeMap<String, Vec<Value>>>,
    stack: RunningStack,
    rules: PathBuf,
}

/// What the API answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) replayed: bool,
    pub(crate) body: Value,
}

impl Answer {
    async fn of(answer: reqwest::Response) -> Self {
        let header =
            |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        let (status, content_type) = (answer.status().as_u16(), header("content-type"));
        let replayed = header("idempotency-replayed") == "true";
        let text = answer.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, content_type, replayed, body }
    }
}

/// How a request is signed; a test bends one part of it.
#[derive(Clone)]
pub(crate) struct Signing<'a> {
    pub(crate) principal: &'a str,
    pub(crate) id: String,
    /// Seconds since the request was signed.
    pub(crate) age: i64,
    /// Whether one character of the signature is changed.
    pub(crate) flipped: bool,
}

impl<'a> Signing<'a> {
    pub(crate) fn by(principal: &'a str, id: &str) -> Self {
        Self { principal, id: id.to_owned(), age: 0, flipped: false }
    }
}

impl World {
    /// Brings the stack up, with rules in which the review queue has two minutes to answer, and four at most.
    pub(crate) async fn up() -> Self {
        let workspace = Workspace::find().unwrap();
        let rules = std::env::temp_dir().join(format!("lead-rules-e2e-{}", std::process::id()));
        crate::copy(&workspace.infra().join("rules"), &rules);
        let sla = rules.join("sla.toml");
        let text = fs::read_to_string(&sla).unwrap();
        let slow = "kinds = [\"review\"]\ncalendar = \"cn\"\nwithin = { working_days = 10 }";
        let quick = "kinds = [\"review\"]\ncalendar = \"cn\"\nwithin = { minutes = 2 }\nremind_after = [{ minutes = 1 }]\n\
                     [[policy.escalation]]\nafter = { minutes = 3 }\naction = \"notify\"\nqueue = \"sales-managers\"\n\
                     [[policy.escalation]]\nafter = { minutes = 4 }\naction = \"reroute\"\nqueue = \"sales-desk\"";
        assert_eq!(text.matches(slow).count(), 1, "the policy of the review queue is not where it was");
        fs::write(&sla, text.replace(slow, quick)).unwrap();

        let options = Options { instance: INSTANCE.into(), rules: Some(rules.clone()), ..Options::default() };
        let stack = local::up(&workspace, &options).await.unwrap();
        let client = Client::new(stack.stack.clone()).unwrap();
        let keys = client.signing_keys().await.unwrap();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
        Self { client, workspace, http, keys, received: Mutex::default(), stack, rules }
    }

    pub(crate) fn log(&self) -> &Path {
        &self.stack.log
    }

    /// Posts a body to `path`.
    pub(crate) async fn post(&self, path: &str, kind: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let url = format!("{}{path}", self.client.stack.facts.api_url);
        let mut request = self.http.post(url).header("content-type", kind).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    /// Posts a lead that has to be accepted.
    pub(crate) async fn accepted(&self, lead: &Value) -> LeadId {
        let answer = self.post("/v1/leads", JSON, &[], &lead.to_string()).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        LeadId::parse(answer.body["lead_id"].as_str().unwrap()).unwrap()
    }

    /// Posts a signed body.
    pub(crate) async fn signed(&self, signing: &Signing<'_>, path: &str, body: &str) -> Answer {
        let headers = self.signature(signing, "POST", path, body);
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.post(path, JSON, &headers, body).await
    }

    /// Reads a path with its query, signed.
    pub(crate) async fn get(&self, signing: &Signing<'_>, path: &str) -> Answer {
        let mut request = self.http.get(format!("{}{path}", self.client.stack.facts.api_url));
        for (name, value) in self.signature(signing, "GET", path, "") {
            request = request.header(name, value);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    /// The four headers.
    fn signature(&self, signing: &Signing<'_>, method: &str, path: &str, body: &str) -> [(&'static str, String); 4] {
        let key = self.keys.derive(&Principal::parse(signing.principal).unwrap());
        let timestamp = jiff::Timestamp::now().as_second() - signing.age;
        let request = Request { method, path_and_query: path, body: body.as_bytes() };
        let mut signature = key.sign(&signing.id, timestamp, request);
        if signing.flipped {
            let other = if signature.as_bytes()[10] == b'A' { "B" } else { "A" };
            signature.replace_range(10..11, other);
        }
        [
            ("lead-principal", signing.principal.to_owned()),
            ("webhook-id", signing.id.clone()),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", signature),
        ]
    }

    /// Waits until the lead has settled.
    pub(crate) async fn end(&self, lead: &LeadId) -> End {
        self.ends(std::slice::from_ref(lead)).await.remove(lead).unwrap()
    }

    /// Waits until all leads have settled.
    pub(crate) async fn ends(&self, leads: &[LeadId]) -> BTreeMap<LeadId, End> {
        let mut ends = BTreeMap::new();
        let watch = follow::Watch::over(leads);
        let stuck =
            follow::follow(&self.client, &watch, |end| _ = ends.insert(end.lead_id.clone(), end)).await.unwrap();
        assert!(stuck.is_empty(), "not settled: {stuck:?}");
        ends
    }

    /// How many items the table holds.
    pub(crate) async fn items(&self) -> i32 {
        let (mut count, mut from) = (0, None);
        loop {
            let scan = self.client.stack.dynamodb().scan().table_name(&self.client.stack.facts.table);
            let scan = scan.select(Select::Count).consistent_read(true).set_exclusive_start_key(from);
            let page = scan.send().await.unwrap();
            count += page.count;
            from = page.last_evaluated_key;
            if from.is_none() {
                return count;
            }
        }
    }

    /// Everything that was ever received from a sales queue. Deletes what it receives.
    pub(crate) async fn received(&self, queue: &str) -> Vec<Value> {
        let mut received = self.received.lock().await;
        let bodies = received.entry(queue.to_owned()).or_default();
        bodies.extend(self.drain(&self.client.stack.sales_queue(queue)).await);
        bodies.clone()
    }

    /// What was received from a sales queue about a lead.
    pub(crate) async fn told(&self, queue: &str, lead: &LeadId) -> Vec<Value> {
        let mut bodies = self.received(queue).await;
        bodies.retain(|body| body["lead_id"] == lead.as_str());
        bodies
    }

    /// As [`World::told`], but waits for a message of this type and epoch. A lead is stored as settled a moment before
    /// its message is sent.
    pub(crate) async fn hears(&self, queue: &str, lead: &LeadId, kind: &str, epoch: u32) -> Vec<Value> {
        self.hears_within(10, queue, lead, kind, epoch).await
    }

    /// The same, of what the sweep tells at its next tick.
    pub(crate) async fn hears_from_the_sweep(&self, queue: &str, lead: &LeadId, kind: &str, epoch: u32) -> Vec<Value> {
        self.hears_within(90, queue, lead, kind, epoch).await
    }

    async fn hears_within(&self, seconds: u64, queue: &str, lead: &LeadId, kind: &str, epoch: u32) -> Vec<Value> {
        let deadline = Instant::now() + Duration::from_secs(seconds);
        loop {
            let told = self.told(queue, lead).await;
            if told.iter().any(|body| body["type"] == kind && body["epoch"] == epoch) {
                return told;
            }
            assert!(Instant::now() < deadline, "no {kind} of epoch {epoch} on {queue}, only {told:?}");
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    /// Receives and deletes whatever is visible in a queue, by its name in SQS.
    pub(crate) async fn drain(&self, name: &str) -> Vec<Value> {
        let sqs = self.client.stack.sqs();
        let url = self.client.stack.queue_url(name).await.unwrap();
        let mut bodies = Vec::new();
        loop {
            let received = sqs.receive_message().queue_url(&url).max_number_of_messages(10).send().await.unwrap();
            let messages = received.messages.unwrap_or_default();
            if messages.is_empty() {
                return bodies;
            }
            for message in messages {
                let body = message.body.unwrap();
                bodies.push(serde_json::from_str(&body).unwrap_or(Value::String(body)));
                let receipt = message.receipt_handle.unwrap();
                sqs.delete_message().queue_url(&url).receipt_handle(receipt).send().await.unwrap();
            }
        }
    }

    /// Kills the processes of these functions of this stack, and no others; answers their names, one for each process.
    pub(crate) fn kill_functions(&self, victims: &[&str]) -> Vec<String> {
        let dir = local::instance_dir(&self.workspace, INSTANCE);
        let group = local::state::running(&dir).unwrap().unwrap().pid;
        let programs = format!("{}/", std::path::absolute(dir.join("lambda")).unwrap().display());
        let listed = Command::new("ps").args(["-A", "-o", "pid=,pgid=,command="]).output().unwrap();
        let mut killed = Vec::new();
        for line in String::from_utf8_lossy(&listed.stdout).lines() {
            let mut words = line.split_whitespace();
            let (Some(pid), Some(pgid), Some(program)) = (words.next(), words.next(), words.next()) else { continue };
            if let Some((_, name)) = program.strip_prefix(&programs).and_then(|program| program.split_once('/'))
                && pgid == group.to_string()
                && victims.contains(&name)
            {
                // It may have ended by itself meanwhile.
                if Command::new("kill").args(["-9", pid]).status().unwrap().success() {
                    killed.push(name.to_owned());
                }
            }
        }
        killed
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.rules);
    }
}
