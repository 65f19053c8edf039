//! The functions over the ports in memory, run as AWS runs them: invocations side by side, messages that come again
//! unless they are acknowledged, a tick a minute, and clients that ask again. Simulated time passes only when nothing
//! else can happen, so that a run is quick and always the same.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::LazyLock;
use std::task::{Context, Waker};

use aws_lambda_events::encodings::Body;
use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use jiff::{SignedDuration, Timestamp};
use leads::id::{LeadId, Principal};
use leads::lead::LeadState;
use leads::memory::{Received, World};
use leads::ports::StageQueue;
use leads::row::Row;
use leads::rules::RuleSet;
use leads::signature::{self, SigningKeys};
use serde_json::Value;
use support::Call;
use support::batch::NamelessRecord;

use crate::faults::{Faulty, Life, Plan};

/// A function's time-out.
const FUNCTION_SECONDS: i64 = 10;

/// How long a client waits for an answer, as API Gateway does, and how long before it asks again.
const ANSWER_SECONDS: i64 = 29;
const AGAIN_SECONDS: i64 = 5;

/// How often a client asks.
const MOST_ASKED: usize = 6;

/// The longest that a stack may take to come to rest.
const PATIENCE: SignedDuration = SignedDuration::from_hours(12);

/// When runs begin: Tuesday, 10:00 in Shanghai.
pub const START: &str = "2026-03-03T02:00:00Z";

/// The secret under which duplicate keys are hashed.
const PEPPER: &[u8] = b"pepper of the tests";

/// The rules that the repository ships.
pub static RULES: LazyLock<RuleSet> = LazyLock::new(|| rules(|text| text));

/// The same, edited: what went to the sales of East China goes to those of the North.
static EDITED: LazyLock<RuleSet> =
    LazyLock::new(|| rules(|text| text.replace("queue = \"sales-cn-east\"", "queue = \"sales-cn-north\"")));

fn rules(edit: impl Fn(String) -> String) -> RuleSet {
    let infra = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra");
    let mut sources = support::config::rule_sources(format!("{infra}/rules").as_ref()).unwrap();
    sources.push(("queues.toml".into(), std::fs::read_to_string(format!("{infra}/queues.toml")).unwrap()));
    RuleSet::from_sources(&sources.into_iter().map(|(name, text)| (name, edit(text))).collect::<Vec<_>>()).unwrap()
}

static KEYS: LazyLock<SigningKeys> = LazyLock::new(|| SigningKeys::new("signing secret of the tests", None));

/// How invocations are made of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Up to ten messages to one invocation.
    Batches,
    /// Each message to an invocation of its own, all at the same time.
    Apart,
    /// As before, each message twice and each tick twice.
    Doubled,
}

/// A request, as a client makes it.
#[derive(Clone, Debug)]
struct Asked {
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

struct Task {
    life: Rc<Life>,
    future: Pin<Box<dyn Future<Output = ()>>>,
}

/// A whole stack.
pub struct Stack {
    /// Its table and queues.
    pub world: Rc<World>,
    /// What goes wrong in it.
    pub plan: Rc<Plan>,
    mode: Mode,
    started: Rc<RefCell<Vec<Task>>>,
    running: Vec<Task>,
    next_tick: Timestamp,
    entropy: Rc<Cell<u128>>,
    requests: u32,
    longest: SignedDuration,
    /// After so many invocations of `route` the rules are edited.
    edit_after: Option<usize>,
    routes: Cell<usize>,
}

impl Stack {
    /// An empty stack.
    pub fn new(mode: Mode, plan: Plan) -> Self {
        let now: Timestamp = START.parse().unwrap();
        let world = World::new(now, RULES.queues().iter().map(|queue| queue.name.clone()));
        Self {
            world: Rc::new(world),
            plan: Rc::new(plan),
            mode,
            started: Rc::default(),
            running: Vec::new(),
            next_tick: now + SignedDuration::from_mins(1),
            entropy: Rc::default(),
            requests: 0,
            longest: SignedDuration::ZERO,
            edit_after: None,
            routes: Cell::new(0),
        }
    }

    /// The same stack, in which somebody edits the rules after `route` has run for the first time.
    #[must_use]
    pub fn with_rules_edited(self) -> Self {
        Self { edit_after: Some(1), ..self }
    }

    /// Posts a submission, under a key if the form has one. The client asks until it is answered, if it has.
    pub fn post(&mut self, body: &Value, key: Option<&str>) -> Reply {
        let mut headers = vec![("content-type", "application/json".to_owned())];
        headers.extend(key.map(|key| ("idempotency-key", key.to_owned())));
        self.ask(Asked {
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
        self.signed("POST /v1/leads/{id}/feedback", format!("/v1/leads/{lead}/feedback"), principal, lead, body)
    }

    /// Decides about a lead, signed.
    pub fn verdict(&mut self, principal: &str, lead: &LeadId, body: &Value) -> Reply {
        self.signed("POST /v1/leads/{id}/verdict", format!("/v1/leads/{lead}/verdict"), principal, lead, body)
    }

    fn signed(&mut self, route: &'static str, path: String, principal: &str, lead: &LeadId, body: &Value) -> Reply {
        self.requests += 1;
        let (id, seconds, body) = (format!("msg_{}", self.requests), self.world.now().as_second(), body.to_string());
        let request = signature::Request { method: "POST", path_and_query: &path, body: body.as_bytes() };
        let tag = KEYS.derive(&Principal::parse(principal).unwrap()).sign(&id, seconds, request);
        let headers = vec![
            (signature::PRINCIPAL_HEADER, principal.to_owned()),
            (signature::ID_HEADER, id),
            (signature::TIMESTAMP_HEADER, seconds.to_string()),
            (signature::SIGNATURE_HEADER, tag),
        ];
        self.ask(Asked { route, path, lead: Some(lead.clone()), headers, body, repeatable: true })
    }

    /// Runs until nothing is left to do but wait for dates.
    ///
    /// # Errors
    /// What still goes on after hours.
    pub fn settle(&mut self) -> Result<(), String> {
        let begun = self.world.now();
        let limit = begun + PATIENCE;
        loop {
            self.start_due();
            while self.run() {
                self.start_due();
            }
            if self.at_rest() {
                self.longest = self.longest.max(self.world.now().duration_since(begun));
                return Ok(());
            }
            let next = self.next_moment();
            if next > limit {
                return Err(format!("no rest after {PATIENCE:#}: {:?}", self.unsettled().collect::<Vec<_>>()));
            }
            self.world.set_now(next);
        }
    }

    /// The longest that it took so far to come to rest.
    pub fn longest(&self) -> SignedDuration {
        self.longest
    }

    /// Lets time pass in one leap: nobody ticks meanwhile, and a tick is due afterwards.
    pub fn pass(&mut self, by: SignedDuration) {
        self.world.set_now(self.world.now() + by);
        self.next_tick = self.world.now();
    }

    /// The states of all leads.
    pub fn states(&self) -> Vec<LeadState> {
        let state = |row| if let Row::State(state) = row { Some(state) } else { None };
        self.world.rows().into_iter().filter_map(state).collect()
    }

    fn at_rest(&self) -> bool {
        let empty = |queue| self.world.next_visible(queue).is_none();
        self.running.is_empty()
            && StageQueue::ALL.into_iter().all(empty)
            && !self.unsettled().any(|_| true)
            && self.next_tick > self.world.now()
    }

    /// Leads of which something is due, or will soon be.
    fn unsettled(&self) -> impl Iterator<Item = LeadState> {
        let now = self.world.now();
        let due = move |state: &LeadState| state.due_at().is_some_and(|at| at <= now);
        self.states().into_iter().filter(move |state| state.stage.in_flight() || state.watch_at.is_some() || due(state))
    }

    fn next_moment(&self) -> Timestamp {
        let messages = StageQueue::ALL.into_iter().filter_map(|queue| self.world.next_visible(queue));
        let sleepers = self.running.iter().filter_map(|task| task.life.sleeps_until());
        messages.chain(sleepers).fold(self.next_tick, Timestamp::min)
    }

    fn start_due(&mut self) {
        let now = self.world.now();
        if self.next_tick <= now {
            self.next_tick = now + SignedDuration::from_mins(1);
            self.tick();
            if self.mode == Mode::Doubled {
                self.tick();
            }
        }
        for queue in StageQueue::ALL {
            if self.mode == Mode::Doubled {
                self.world.double(queue);
            }
            loop {
                let most = if self.mode == Mode::Batches { 10 } else { 1 };
                let messages = self.world.receive(queue, most);
                if messages.is_empty() {
                    break;
                }
                self.stage(queue, messages);
            }
        }
    }

    /// Starts an invocation, or an operator's program, as a process of its own.
    pub fn start<F: Future<Output = ()> + 'static>(&self, invocation: impl FnOnce(Faulty, Rc<Life>) -> F) -> Rc<Life> {
        start(&self.world, &self.plan, &self.started, invocation)
    }

    fn tick(&self) {
        let world = Rc::clone(&self.world);
        self.start(async move |ports, _| {
            sla::handle(&ports, &RULES, call_at(world.now()), || world.now()).await;
        });
    }

    fn stage(&self, queue: StageQueue, messages: Vec<Received>) {
        let world = Rc::clone(&self.world);
        let edited = self.edit_after.is_some_and(|after| self.routes.get() >= after);
        self.routes.set(self.routes.get() + usize::from(queue == StageQueue::Route));
        let rules = if edited { &EDITED } else { &RULES };
        self.start(async move |ports, _| {
            let (event, call) = (batch_of(&messages), call_at(world.now()));
            let Ok(response) = handle(queue, event, &ports, rules, call).await else { return };
            let failed: Vec<&str> =
                response.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect();
            for message in messages.iter().filter(|message| !failed.contains(&message.message_id.as_str())) {
                world.acknowledge(queue, &message.receipt);
            }
        });
    }

    /// A client: it asks until it has an answer that is not the server's fault, or loses patience.
    fn ask(&mut self, asked: Asked) -> Reply {
        let reply = Reply::default();
        let told = reply.clone();
        let (world, plan, started) = (Rc::clone(&self.world), Rc::clone(&self.plan), Rc::clone(&self.started));
        let entropy = Rc::clone(&self.entropy);
        self.start(async move |_, client| {
            let tries = if asked.repeatable { MOST_ASKED } else { 1 };
            for _ in 0..tries {
                let answer: Rc<RefCell<Option<ApiGatewayV2httpResponse>>> = Rc::default();
                let (slot, asked, clock) = (Rc::clone(&answer), asked.clone(), Rc::clone(&world));
                let entropy = Rc::clone(&entropy);
                let server = start(&world, &plan, &started, async move |ports, _| {
                    let response = serve(&asked, &ports, &entropy, clock.now()).await;
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
                    *told.0.borrow_mut() = Some((status, body));
                    if status < 500 {
                        return;
                    }
                }
                let again = world.now() + SignedDuration::from_secs(AGAIN_SECONDS);
                client.sleep_until(&world, again, || false).await;
            }
        });
        reply
    }

    /// Gives every task its turns until all of them wait for time to pass. Whether any of them did something.
    fn run(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        let mut busy = false;
        // A call yields once, so two rounds without a call or an end mean that nobody will go on by himself.
        let mut idle_rounds = 0;
        while idle_rounds < 2 {
            let new = self.started.take();
            let before = (self.plan.count(), self.running.len());
            let joined = !new.is_empty();
            self.running.extend(new);
            self.running
                .retain_mut(|task| task.future.as_mut().poll(&mut context).is_pending() && !task.life.is_dead());
            let acted = joined || before != (self.plan.count(), self.running.len());
            busy |= acted;
            idle_rounds = if acted { 0 } else { idle_rounds + 1 };
        }
        busy
    }
}

fn start<F: Future<Output = ()> + 'static>(
    world: &Rc<World>,
    plan: &Rc<Plan>,
    started: &Rc<RefCell<Vec<Task>>>,
    invocation: impl FnOnce(Faulty, Rc<Life>) -> F,
) -> Rc<Life> {
    let life = Rc::new(Life::default());
    let ports = Faulty::new(Rc::clone(world), Rc::clone(plan), Rc::clone(&life));
    let future = Box::pin(invocation(ports, Rc::clone(&life)));
    started.borrow_mut().push(Task { life: Rc::clone(&life), future });
    life
}

fn call_at(now: Timestamp) -> Call {
    Call { now, deadline: now + SignedDuration::from_secs(FUNCTION_SECONDS) }
}

/// The event that Lambda makes of received messages.
pub fn batch_of(messages: &[Received]) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = messages
        .iter()
        .map(|message| {
            let mut record = SqsMessage::default();
            record.message_id = Some(message.message_id.clone());
            record.receipt_handle = Some(message.receipt.clone());
            record.body = Some(message.body.clone());
            let count = message.receive_count.to_string();
            record.attributes.insert("ApproximateReceiveCount".into(), count);
            record
        })
        .collect();
    event
}

/// The function that reads a queue, over one batch of it.
async fn handle(
    queue: StageQueue,
    event: SqsEvent,
    ports: &Faulty,
    rules: &RuleSet,
    call: Call,
) -> Result<SqsBatchResponse, NamelessRecord> {
    match queue {
        StageQueue::Clean => clean::handle(event, ports, clean::Settings { rules, pepper: PEPPER }, call).await,
        StageQueue::Score => score::handle(event, ports, rules, call).await,
        StageQueue::Route => route::handle(event, ports, rules, call).await,
    }
}

async fn serve(asked: &Asked, ports: &Faulty, entropy: &Cell<u128>, now: Timestamp) -> ApiGatewayV2httpResponse {
    let mut event = ApiGatewayV2httpRequest::default();
    event.route_key = Some(asked.route.into());
    event.raw_path = Some(asked.path.clone());
    event.request_context.http.method = http::Method::POST;
    event.body = Some(asked.body.clone());
    for (name, value) in &asked.headers {
        event.headers.insert(*name, value.parse().unwrap());
    }
    match &asked.lead {
        None => {
            let entropy = || {
                entropy.set(entropy.get() + 1);
                entropy.get().to_be_bytes()
            };
            let settings = intake::Settings { rules: &RULES, keys: &KEYS };
            intake::handle(&event, ports, settings, intake::Moment { now, entropy: &entropy }).await
        }
        Some(lead) => {
            event.path_parameters.insert("id".into(), lead.to_string());
            let settings = feedback::Settings { rules: &RULES, keys: &KEYS };
            feedback::handle(&event, ports, settings, now).await
        }
    }
}
