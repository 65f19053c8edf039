//! Those who ask a stack over HTTP: what they ask, and what they are answered.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::LazyLock;

use aws_lambda_events::encodings::Body;
use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use jiff::{SignedDuration, Timestamp};
use leads::id::LeadId;
use leads::rules::RuleSet;
use leads::signature::{self, SigningKeys};
use serde_json::Value;

use super::{Stack, start};
use crate::faults::Faulty;
use crate::functions;
use crate::requests::Signer;

/// How long a client waits for an answer, as API Gateway does, and how long before it asks again.
const ANSWER_SECONDS: i64 = 29;
const AGAIN_SECONDS: i64 = 5;

/// How often a client asks.
const MOST_ASKED: usize = 6;

/// Where several leads are answered about at once.
pub const BATCH: &str = "POST /v1/feedback";
/// Where tags are corrected.
pub const TAGS: &str = "POST /v1/leads/{id}/tags";

/// The secret under which requests are signed.
pub static KEYS: LazyLock<SigningKeys> = LazyLock::new(|| SigningKeys::new("signing secret of the tests", None));

/// A request, as a client makes it.
#[derive(Clone, Debug)]
struct Asked {
    function: &'static str,
    route: &'static str,
    path: String,
    lead: Option<LeadId>,
    headers: Vec<(&'static str, String)>,
    body: String,
    /// Whether the client may repeat it: it has a key, or is signed.
    repeatable: bool,
}

/// What a client was answered in the end; nothing if it gave up.
#[derive(Clone, Debug, Default)]
pub struct Reply(Rc<RefCell<Option<(i64, Value)>>>);

impl Reply {
    /// Status and body.
    pub fn get(&self) -> Option<(i64, Value)> {
        self.0.borrow().clone()
    }

    /// The status; 0 without an answer.
    pub fn status(&self) -> i64 {
        self.get().map_or(0, |(status, _)| status)
    }

    /// The lead that it names.
    pub fn lead_id(&self) -> Option<LeadId> {
        LeadId::parse(self.get()?.1.get("lead_id")?.as_str()?).ok()
    }
}

/// A signed request, and what its client was answered.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Where it goes.
    pub route: &'static str,
    path: String,
    principal: String,
    id: String,
    /// The lead that it is about; a batch names its leads in the body.
    pub lead: Option<LeadId>,
    /// What it says.
    pub body: Value,
    /// The answer to each time that it was sent.
    pub replies: Vec<Reply>,
    /// What its client had been answered when it was sent once more.
    pub known: Option<(i64, Value)>,
}

impl Stack {
    /// Posts a submission, under a key if the form has one. The client asks until it is answered, if it has.
    pub fn post(&mut self, body: &Value, key: Option<&str>) -> Reply {
        let mut headers = vec![("content-type", "application/json".to_owned())];
        headers.extend(key.map(|key| ("idempotency-key", key.to_owned())));
        self.ask(Asked {
            function: "intake",
            route: "POST /v1/leads",
            path: "/v1/leads".into(),
            lead: None,
            headers,
            body: body.to_string(),
            repeatable: key.is_some(),
        })
    }

    /// Reports on a lead, signed.
    pub fn answer(&mut self, principal: &str, lead: &LeadId, body: &Value) -> Reply {
        self.signed("POST /v1/leads/{id}/feedback", format!("/v1/leads/{lead}/feedback"), principal, Some(lead), body)
    }

    /// Reports on several leads in one request, signed.
    pub fn answer_all(&mut self, principal: &str, entries: &Value) -> Reply {
        self.signed(BATCH, "/v1/feedback".into(), principal, None, entries)
    }

    /// Decides about a lead, signed.
    pub fn verdict(&mut self, principal: &str, lead: &LeadId, body: &Value) -> Reply {
        self.signed("POST /v1/leads/{id}/verdict", format!("/v1/leads/{lead}/verdict"), principal, Some(lead), body)
    }

    /// Corrects the tags of a lead, signed.
    pub fn correct(&mut self, principal: &str, lead: &LeadId, body: &Value) -> Reply {
        self.signed(TAGS, format!("/v1/leads/{lead}/tags"), principal, Some(lead), body)
    }

    fn signed(
        &mut self,
        route: &'static str,
        path: String,
        principal: &str,
        lead: Option<&LeadId>,
        body: &Value,
    ) -> Reply {
        let (principal, id) = (principal.to_owned(), format!("msg_{}", self.sent.len() + 1));
        let (lead, body) = (lead.cloned(), body.clone());
        self.send(Sent { route, path, principal, id, lead, body, replies: Vec::new(), known: None })
    }

    /// Makes the last signed request once more, under its id, as somebody does who has heard nothing; perhaps they have.
    ///
    /// # Panics
    /// Before the first signed request.
    pub fn repeat(&mut self) -> Reply {
        let mut sent = self.sent.pop().unwrap();
        sent.known = sent.replies.last().and_then(Reply::get);
        self.send(sent)
    }

    fn send(&mut self, mut sent: Sent) -> Reply {
        let (at, body) = (self.world.now(), sent.body.to_string());
        let request = signature::Request { method: "POST", path_and_query: &sent.path, body: body.as_bytes() };
        let signer = Signer { keys: &KEYS, principal: &sent.principal, id: &sent.id, at };
        let reply = self.ask(Asked {
            function: "feedback",
            route: sent.route,
            path: sent.path.clone(),
            lead: sent.lead.clone(),
            headers: signer.headers(request).into(),
            body,
            repeatable: true,
        });
        sent.replies.push(reply.clone());
        self.sent.push(sent);
        reply
    }

    /// A client: it asks until it has an answer that is not the server's fault, or loses patience.
    fn ask(&mut self, asked: Asked) -> Reply {
        let reply = Reply::default();
        let told = reply.clone();
        let (world, plan, started) = (Rc::clone(&self.world), Rc::clone(&self.plan), Rc::clone(&self.started));
        let (entropy, rules) = (Rc::clone(&self.entropy), self.room.rules(false));
        let skew = self.call().now.duration_since(self.world.now());
        start(&self.world, &self.plan, &self.started, "client", Vec::new(), async move |_, client| {
            let tries = if asked.repeatable { MOST_ASKED } else { 1 };
            for _ in 0..tries {
                *told.0.borrow_mut() = None;
                let answer: Rc<RefCell<Option<ApiGatewayV2httpResponse>>> = Rc::default();
                let (slot, asked, clock) = (Rc::clone(&answer), asked.clone(), Rc::clone(&world));
                let entropy = Rc::clone(&entropy);
                let server = start(&world, &plan, &started, asked.function, Vec::new(), async move |ports, _| {
                    let response = serve(&asked, &ports, rules, &entropy, clock.now() + skew).await;
                    *slot.borrow_mut() = Some(response);
                });
                let patience = world.now() + SignedDuration::from_secs(ANSWER_SECONDS);
                client.sleep_until(&world, patience, || answer.borrow().is_some() || server.is_dead()).await;
                if let Some(response) = answer.take() {
                    let body = match response.body {
                        Some(Body::Text(text)) => serde_json::from_str(&text).unwrap_or_default(),
                        _ => Value::Null,
                    };
                    let status = response.status_code;
                    // A batch may be served in part: what is left of it is asked for again.
                    let served = status < 500 && results(&body).iter().all(|result| result["status"] != 503);
                    *told.0.borrow_mut() = Some((status, body));
                    if served {
                        return;
                    }
                }
                let again = world.now() + SignedDuration::from_secs(AGAIN_SECONDS);
                client.sleep_until(&world, again, || false).await;
            }
        });
        reply
    }
}

/// What a batch was answered, entry by entry.
pub fn results(answer: &Value) -> &[Value] {
    answer["results"].as_array().map_or(&[], Vec::as_slice)
}

async fn serve(
    asked: &Asked,
    ports: &Faulty,
    rules: &RuleSet,
    entropy: &Cell<u128>,
    now: Timestamp,
) -> ApiGatewayV2httpResponse {
    let mut event = ApiGatewayV2httpRequest::default();
    event.route_key = Some(asked.route.into());
    event.raw_path = Some(asked.path.clone());
    event.request_context.http.method = http::Method::POST;
    event.body = Some(asked.body.clone());
    for (name, value) in &asked.headers {
        event.headers.insert(*name, value.parse().unwrap());
    }
    if let Some(lead) = &asked.lead {
        event.path_parameters.insert("id".into(), lead.to_string());
    }
    match asked.function {
        "intake" => {
            let entropy = || {
                entropy.set(entropy.get() + 1);
                entropy.get().to_be_bytes()
            };
            let settings = intake::Settings { rules, keys: &KEYS };
            functions::intake(&event, ports, settings, intake::Moment { now, entropy: &entropy, has_time: &|| true })
                .await
        }
        _ => {
            let settings = feedback::Settings { rules, keys: &KEYS };
            functions::feedback(&event, ports, settings, feedback::Moment { now, has_time: &|| true }).await
        }
    }
}
