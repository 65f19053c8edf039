//! Every path of the functions over the ports in memory: each call failing in each way, refused requests, panics.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use leads::decision::Account;
use leads::id::{LeadId, Principal, Queue};
use leads::lead::{LeadState, Place, Worklist};
use leads::memory::World;
use leads::message::StageMessage;
use leads::ports::{
    Challenge, Commit, CommitError, DueEntry, FindDue, LeadRows, ListOpen, NotTaken, OpenPage, Outgoing, PortError,
    Postpone, ReadAccount, ReadDecision, ReadHistory, ReadIdempotency, ReadLead, ReadOpen, ReadRequest, ReadTouches,
    SendMessages, Solved, StageQueue, TakeTurn, VerifyChallenge, Write,
};
use leads::row::{Decision, Idempotency, Request, Row, RowKey, StoredSubmission, Touch};
use leads::signature::{self, SigningKeys};
use leads::submission::{Encoding, parse};
use serde_json::{Value, json};
use support::{Call, telemetry};
use tests::canaries::{canary, lead};
use tests::faults::{Fault, Plan};
use tests::functions;
use tests::rule_sets::{RULES, Room};
use tests::stack::{Mode, START, Stack, batch_of};

#[test]
#[ignore = "a child of the tests in main.rs"]
fn every_path() {
    telemetry::init(std::env::var("LOG_LEVEL").ok().as_deref(), None);
    let calls = story(Mode::Batches, Plan::default());
    story(Mode::Doubled, Plan::default());
    for call in 1..=calls {
        for fault in [Fault::CrashAfter, Fault::LostResponse, Fault::Unavailable, Fault::NotTaken] {
            story(Mode::Batches, Plan::new([(call, fault)]));
        }
    }
    refusals();
    for broken in Broken::ALL {
        broken_ports(broken);
    }
    // Which panics were caught above as any other.
    assert_eq!(functions::refused(), Vec::<String>::new());
}

pub(crate) fn now() -> Timestamp {
    START.parse().unwrap()
}

fn held() -> Value {
    let mut lead = lead();
    lead["contact"]["phone"] = "13111111111".into();
    lead["contact"]["email"] = Value::Null;
    lead["company"]["name"] = Value::Null;
    lead
}

/// A lead with a touch on it, one that is held, answers to both, and a deadline missed. How many calls it took.
fn story(mode: Mode, plan: Plan) -> usize {
    let mut stack = Stack::new(mode, plan);
    let key = Some(canary("the idempotency key"));
    let first = stack.post(&lead(), key);
    drop(stack.settle());
    // The same key for another submission; then a touch, and a lead that waits for a person.
    stack.post(&held(), key);
    let touch = stack.post(&lead(), None);
    let waits = stack.post(&held(), Some("another"));
    drop(stack.settle());
    stack.pass(SignedDuration::from_hours(24 * 30));
    drop(stack.settle());
    let note =
        json!({"epoch": 1, "disposition": "won", "note": canary("feedback's note"), "actor": canary("the actor")});
    let reason =
        |verdict| json!({"verdict": verdict, "reason": canary("verdict's reason"), "actor": canary("the actor")});
    for principal in ["crm-china", "telemarketing-desk", "partner-hub"] {
        for lead in [&first, &touch, &waits].into_iter().filter_map(|reply| reply.lead_id()) {
            stack.answer(principal, &lead, &note);
            let tags = json!({"identity": [canary("tags.identity")]});
            stack.correct(principal, &lead, &json!({"set": tags, "actor": canary("the actor")}));
            stack.verdict(principal, &lead, &reason("release"));
            stack.verdict(principal, &lead, &reason("unmerge"));
        }
        drop(stack.settle());
    }
    stack.plan.count()
}

pub(crate) fn request(
    route: &str,
    query: &str,
    headers: &[(&'static str, &str)],
    body: &str,
) -> ApiGatewayV2httpRequest {
    let mut event = ApiGatewayV2httpRequest::default();
    event.route_key = Some(route.into());
    event.raw_path = Some(route.split(' ').nth(1).unwrap().replace("{id}", "ld_x"));
    event.raw_query_string = Some(query.into());
    event.request_context.http.method = route.split(' ').next().unwrap().parse().unwrap();
    event.request_context.http.user_agent = Some(canary("a header").into());
    event.path_parameters.insert("id".into(), "ld_x".into());
    event.path_parameters.insert("queue".into(), "telemarketing".into());
    event.body = Some(body.to_owned());
    event.headers.insert("user-agent", http::HeaderValue::from_bytes(canary("a header").as_bytes()).unwrap());
    for (name, value) in headers {
        event.headers.insert(*name, http::HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    event
}

pub(crate) fn keys() -> SigningKeys {
    SigningKeys::new("signing secret of the tests", None)
}

pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
pub(crate) const FEEDBACK: &str = "POST /v1/leads/{id}/feedback";
pub(crate) const VERDICT: &str = "POST /v1/leads/{id}/verdict";
pub(crate) const TAGS: &str = "POST /v1/leads/{id}/tags";
pub(crate) const REPORTS: &str = "POST /v1/feedback";
pub(crate) const LIST: &str = "GET /v1/queues/{queue}/leads";

/// The headers of a request that holds, with a telling id.
pub(crate) fn signed<'a>(principal: &'a str, tag: &'a str, seconds: &'a str) -> [(&'static str, &'a str); 5] {
    [
        JSON,
        (signature::PRINCIPAL_HEADER, principal),
        (signature::ID_HEADER, canary("webhook-id")),
        (signature::TIMESTAMP_HEADER, seconds),
        (signature::SIGNATURE_HEADER, tag),
    ]
}

pub(crate) fn tag(principal: &str, route: &str, query: &str, body: &str) -> String {
    let (method, path) = route.split_once(' ').unwrap();
    let path = path.replace("{id}", "ld_x");
    let path_and_query = if query.is_empty() { path } else { format!("{path}?{query}") };
    let request = signature::Request { method, path_and_query: &path_and_query, body: body.as_bytes() };
    keys().derive(&Principal::parse(principal).unwrap()).sign(canary("webhook-id"), now().as_second(), request)
}

/// Requests that are refused, for everything that can be wrong with them.
fn refusals() {
    let world = World::new(now(), RULES.queues().iter().map(|queue| queue.name.clone()));
    let query = canary("the query");
    let text = lead().to_string();
    let bodies = [
        text.clone(),
        text[..text.len() - 9].to_owned(),
        text.replace("\"website\"", &format!("\"{}\"", canary("contact.name"))),
        text.replace("\"size\":900", &format!("\"size\":\"{}\"", canary("contact.name"))),
        text.replace("\"custom\":", &format!("\"{}\":", canary("custom's name"))),
        text.replace("\"form_id\":\"contact\"", &format!("\"form_id\":\"{}\"", canary("contact.name"))),
        text.replace("\"submission", &format!("\"submission_id\":\"{}\",\"submission", canary("submission_id"))),
        format!("\"{}\"", canary("contact.name")),
        format!("{{\"a\":1,\"a\":\"{}\"}}", canary("contact.name")),
        format!("contact.name={}&contact.email={}&a%", canary("contact.name"), canary("contact.email")),
        format!("{{\"leads\":[{text},{{\"form_id\":\"{}\"}}]}}", canary("contact.name")),
        format!("{{\"epoch\":\"{}\",\"disposition\":\"{}\"}}", canary("the actor"), canary("contact.name")),
        format!("[{{\"lead_id\":\"{}\",\"epoch\":1,\"{}\":1}}]", canary("contact.name"), canary("custom's name")),
        format!("{{\"set\":{{\"{}\":[1]}},\"actor\":\"{}\"}}", canary("custom's name"), canary("the actor")),
        canary("contact.name").repeat(3_000),
    ];
    let seconds = now().as_second().to_string();
    for body in &bodies {
        let open = ["POST /v1/leads", "POST /v1/leads/batch", "GET /nowhere"];
        for route in open.into_iter().chain([FEEDBACK, VERDICT, TAGS, REPORTS, LIST, "GET /v1/leads/{id}"]) {
            let right = tag("partner-hub", route, query, body);
            let sets: [&[(&str, &str)]; 8] = [
                &[JSON],
                &[FORM],
                &[("content-type", canary("a header"))],
                &[JSON, ("idempotency-key", canary("the idempotency key"))],
                &[JSON, ("idempotency-key", canary("contact.name"))],
                &signed("partner-hub", &right, &seconds),
                &signed(canary("contact.email"), &right, &seconds),
                &signed("crm-china", canary("the idempotency key"), canary("the idempotency key")),
            ];
            for headers in sets {
                for base64 in [false, true] {
                    let mut event = request(route, query, headers, body);
                    event.is_base64_encoded = base64;
                    serve(&event, &world, &|| [1; 16]);
                }
            }
        }
    }
}

fn serve<P: intake::Ports + feedback::Ports>(
    event: &ApiGatewayV2httpRequest,
    ports: &P,
    entropy: &dyn Fn() -> [u8; 16],
) {
    let (settings, moment) =
        (intake::Settings { rules: &RULES, keys: &keys() }, intake::Moment { now: now(), entropy, has_time: &|| true });
    let intake = AssertUnwindSafe(functions::intake(event, ports, settings, moment)).catch_unwind().now_or_never();
    drop(intake.expect("calls in memory answer at once"));
    let settings = feedback::Settings { rules: &RULES, keys: &keys() };
    let moment = feedback::Moment { now: now(), has_time: &|| true };
    let feedback = AssertUnwindSafe(functions::feedback(event, ports, settings, moment)).catch_unwind().now_or_never();
    drop(feedback.expect("calls in memory answer at once"));
}

/// How every call of some ports goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Broken {
    /// The process panics, and says a person's name.
    Panics,
    /// The row is there and cannot be read.
    Unreadable,
    /// The request can never succeed.
    Refused,
}

impl Broken {
    const ALL: [Self; 3] = [Self::Panics, Self::Unreadable, Self::Refused];

    fn act(self, call: &'static str) -> Result<(), PortError> {
        match self {
            Self::Panics => panic!("{call}: {}", lead()),
            Self::Unreadable => Err(PortError::Corrupt { row: "submission".into(), why: "it does not parse".into() }),
            Self::Refused => Err(PortError::Refused { call, why: "ValidationException".into() }),
        }
    }
}

/// Ports over a world, one call of which is broken.
struct BrokenPorts {
    world: Rc<World>,
    call: &'static str,
    broken: Broken,
}

macro_rules! broken_ports {
    ($($role:ident $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        const CALLS: &[&str] = &[$(stringify!($name)),*];
        $(impl $role for BrokenPorts {
            async fn $name(&self, $($argument: $type),*) -> $answer {
                if self.call == stringify!($name) {
                    self.broken.act(stringify!($name))?;
                }
                self.world.$name($($argument),*).await
            }
        })*
    };
}

broken_ports! {
    ReadLead lead(id: &LeadId) -> Result<Option<LeadRows>, PortError>;
    ReadTouches touches(id: &LeadId, limit: u8) -> Result<Vec<Touch>, PortError>;
    ReadDecision decision(id: &LeadId, epoch: u32) -> Result<Option<Decision>, PortError>;
    ReadAccount account(keys: &[RowKey]) -> Result<Option<Account>, PortError>;
    ReadOpen open(places: &[Place]) -> Result<BTreeMap<Place, u32>, PortError>;
    TakeTurn turn(queue: &Queue) -> Result<u64, PortError>;
    ReadRequest request(key: &RowKey) -> Result<Option<Request>, PortError>;
    ReadIdempotency idempotency(key: &RowKey) -> Result<Option<Idempotency>, PortError>;
    VerifyChallenge verify(challenge: Challenge<'_>) -> Result<Solved, PortError>;
    ReadHistory history(id: &LeadId) -> Result<Vec<Row>, PortError>;
    ListOpen list(list: &Worklist, after: Option<&str>, limit: u16) -> Result<OpenPage, PortError>;
    FindDue due(shard: u8, after: Option<&DueEntry>, now: Timestamp, limit: u16) -> Result<Vec<DueEntry>, PortError>;
    Commit commit(writes: &[Write]) -> Result<(), CommitError>;
    SendMessages send(messages: &[&Outgoing]) -> Result<Vec<Result<(), NotTaken>>, PortError>;
    Postpone postpone(from: StageQueue, receipt: &str, seconds: u32) -> Result<(), PortError>;
}

/// Every function over a lead in every stage, each call broken in turn; with and without its submission.
fn broken_ports(broken: Broken) {
    let call = Call { now: now(), deadline: now() + SignedDuration::from_secs(10) };
    for name in CALLS {
        for stages in 0..=3 {
            for whole in [true, false] {
                let world = Rc::new(World::new(now(), RULES.queues().iter().map(|queue| queue.name.clone())));
                let state = seeded(&world, whole);
                for queue in StageQueue::ALL.into_iter().take(stages) {
                    stage(queue, &world, &*world, call);
                }
                let ports = BrokenPorts { world: Rc::clone(&world), call: name, broken };
                for queue in StageQueue::ALL {
                    world.enqueue(queue, StageMessage::about(&state, queue).body);
                    world.enqueue(queue, canary("contact.email"));
                    world.enqueue(queue, lead().to_string());
                    stage(queue, &world, &ports, call);
                }
                let later = now() + SignedDuration::from_hours(24 * 30);
                let late = Call { now: later, deadline: later + SignedDuration::from_secs(10) };
                let tick =
                    AssertUnwindSafe(functions::sla(&ports, Room::Much.rules(false), late, || later)).catch_unwind();
                drop(tick.now_or_never().expect("calls in memory answer at once"));
                let body = json!({"epoch": 1, "disposition": "won", "note": canary("feedback's note")}).to_string();
                for (principal, route) in
                    [("crm-china", FEEDBACK), ("telemarketing-desk", VERDICT), ("crm-china", "GET /v1/leads/{id}")]
                {
                    let (tag, seconds) = (tag(principal, route, "", &body), now().as_second().to_string());
                    serve(&request(route, "", &signed(principal, &tag, &seconds), &body), &ports, &|| [2; 16]);
                }
                let post = request("POST /v1/leads", canary("the query"), &[JSON], &lead().to_string());
                serve(&post, &ports, &|| if broken == Broken::Panics { panic!("{}", lead()) } else { [3; 16] });
            }
        }
    }
}

fn stage<P: clean::Ports + score::Ports + route::Ports>(queue: StageQueue, world: &World, ports: &P, call: Call) {
    let settings = clean::Settings { rules: &RULES, pepper: b"pepper" };
    let event = batch_of(&world.receive(queue, 10));
    let handled = async {
        match queue {
            StageQueue::Clean => functions::clean(event, ports, settings, call).await,
            StageQueue::Score => functions::score(event, ports, &RULES, call).await,
            StageQueue::Route => functions::route(event, ports, Room::Much.rules(false), call).await,
        }
    };
    // A port that panics between the records' attempts fails the batch.
    drop(AssertUnwindSafe(handled).catch_unwind().now_or_never().expect("calls in memory answer at once"));
}

pub(crate) fn submission() -> StoredSubmission {
    let submission = parse(lead().to_string().as_bytes(), Encoding::Json).unwrap().submission;
    StoredSubmission { lead_id: LeadId::parse("ld_x").unwrap(), at: now(), submission }
}

fn seeded(world: &World, whole: bool) -> LeadState {
    let state = LeadState::received(LeadId::parse("ld_x").unwrap(), now());
    world.put(Row::State(state.clone()));
    if whole {
        world.put(Row::Submission(submission()));
    }
    world.enqueue(StageQueue::Clean, StageMessage::about(&state, StageQueue::Clean).body);
    state
}
