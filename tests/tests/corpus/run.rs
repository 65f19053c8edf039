//! One case through the handlers.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::rc::Rc;
use std::sync::{Arc, LazyLock, Mutex};

use aws_lambda_events::encodings::Body;
use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use futures::executor::block_on;
use http::{HeaderName, HeaderValue, Method};
use jiff::{SignedDuration, Timestamp};
use leads::id::FormId;
use leads::lead::Stage;
use leads::ports::{ReadLead, Solved};
use leads::rules::RuleSet;
use leads::signature::SigningKeys;
use serde_json::Value;
use tests::faults::{Fault, Faulty, Life, Plan};
use tests::functions;
use tests::rule_sets::RULES;
use tests::stack::{Mode, START, Stack};
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::case::{Case, Expect, Request};

/// The root of the signing keys, as `corpus/sign.py` has it.
const ROOT: &str = "signing secret of the corpus";

/// When signed requests about the leads of [`given`] come, after [`START`].
const LATER: SignedDuration = SignedDuration::from_hours(1);

/// The leads that feedback is about, by idempotency key on the form `contact`, with what is changed of `base.json`.
const GIVEN: [(&str, &str); 3] = [
    ("corpus-east", "{}"),
    (
        "corpus-europe",
        r#"{"/contact/email": "ada@stone.example", "/contact/name": "Ada Stone", "/contact/title": "CEO",
            "/company/name": "Stone Ltd", "/company/country": "DE", "/company/city": {"out": true},
            "/company/size": 5000, "/interest/horizon": "immediate",
            "/interest/budget": {"minor": 90000000, "currency": "EUR"}}"#,
    ),
    (
        "corpus-held",
        r#"{"/contact/email": "wu.min@mailinator.com", "/contact/name": "Wu Min", "/company/name": "Min Packing"}"#,
    ),
];

/// The rules that the repository ships, with forms of the corpus's own.
static WITH_FORMS: LazyLock<RuleSet> = LazyLock::new(|| {
    let infra = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra");
    let mut sources = support::config::rule_sources(format!("{infra}/rules").as_ref()).unwrap();
    sources.push(("queues.toml".into(), std::fs::read_to_string(format!("{infra}/queues.toml")).unwrap()));
    let forms = sources.iter_mut().find(|(name, _)| name == "forms.toml").unwrap();
    forms.1.push_str(
        r#"
[[form]]
id = "guarded"
captcha_hosts = ["www.example.com", "shop.example.com"]

[[form]]
id = "baited"
honeypot = "fax_2"
"#,
    );
    RuleSet::from_sources(&sources).unwrap()
});

static KEYS: LazyLock<SigningKeys> = LazyLock::new(|| SigningKeys::new(ROOT, None));

/// The routes that the template declares.
static ROUTES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let template = include_str!("../../../infra/template.yaml");
    template.lines().filter_map(|line| Some(line.split_once("RouteKey: ")?.1.to_owned())).collect()
});

/// Where the case comes out otherwise than expected; nothing if it does not.
pub(crate) fn differences(case: &Case) -> Vec<String> {
    let mut found = Difference { case: &case.name, told: Vec::new() };
    let expect = &case.expect;
    let route = case.request.route.as_deref().unwrap_or("POST /v1/leads");
    if expect.gateway {
        // No function is there to ask; what makes API Gateway answer is that the template has no such route.
        let told = ROUTES.iter().any(|declared| declared == route);
        found.unless(!told, "routes", "none", &route);
        return found.told;
    }
    let plan = Plan::new(case.request.unavailable.iter().map(|call| (*call, Fault::Unavailable)));
    let mut stack = Stack::new(Mode::Batches, plan);
    let reports = is_report(route);
    if reports {
        given(&mut stack);
    }
    for earlier in &case.request.before {
        answer(&stack, earlier, reports);
    }
    let before = stack.plan.count();
    let (response, log) = logged(|| answer(&stack, &case.request, reports));
    let calls: Vec<&str> = stack.plan.calls().split_off(before);

    let body = match &response.body {
        Some(Body::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let json: Value = serde_json::from_str(&body).unwrap_or_default();
    let header = |name: &str| response.headers.get(name).map(|value| value.to_str().unwrap());
    found.same("status", &expect.status, &response.status_code);
    found.same("calls", &expect.calls(), &calls.iter().map(|call| (*call).to_owned()).collect());
    found.same("replayed", &expect.replayed, &(header("idempotency-replayed") == Some("true")));
    found.same("location", &expect.location.as_deref(), &header("location"));
    if let Some(results) = &expect.results {
        found.same("results", results, &json["results"].as_array().into_iter().flatten().map(told).collect());
    }
    if let Some(page) = &expect.page {
        found.same("media type", &Some("text/html; charset=utf-8"), &header("content-type"));
        found.same("language", &Some(page.language.as_str()), &header("content-language"));
        let policy = header("content-security-policy").unwrap_or_default();
        let strict = policy.starts_with("default-src 'none';") && !policy.contains("unsafe");
        found.unless(strict, "policy", "nothing but the style", policy);
        for says in &page.says {
            found.unless(body.contains(says), "page", says, &body);
        }
    } else if response.status_code >= 400 {
        refused(&mut found, expect, &response, &json);
    }
    // Nothing that was sent comes back, on any way out but the page that the rules list.
    for text in case.request.sent() {
        let escaped = serde_json::to_string(&text).unwrap();
        let told = |out: &str| out.contains(&text) || out.contains(escaped.trim_matches('"'));
        found.unless(response.status_code < 400 || !told(&body), "echo", "none", &body);
        found.unless(!told(&log) || FormId::parse(text.as_str()).is_ok(), "log", "none of the input", &log);
    }
    if response.status_code < 400 && !reports {
        ended(&mut found, &mut stack, case, &json);
    }
    found.told
}

impl Expect {
    fn calls(&self) -> Vec<String> {
        let usual: &[&str] = if self.status < 400 { &["commit", "send"] } else { &[] };
        self.calls.clone().unwrap_or_else(|| usual.iter().map(|call| (*call).to_owned()).collect())
    }
}

/// One result of a batch: its status, `replayed` if it is one, and its errors as `pointer code`.
fn told(result: &Value) -> String {
    let mut told = vec![result["status"].to_string()];
    told.extend((result["replayed"] == true).then(|| "replayed".to_owned()));
    let errors = result["problem"]["errors"].as_array().into_iter().flatten();
    told.extend(errors.flat_map(|error| ["pointer", "code"].map(|name| error[name].as_str().unwrap().to_owned())));
    told.join(" ")
}

fn refused(found: &mut Difference<'_>, expect: &Expect, response: &ApiGatewayV2httpResponse, json: &Value) {
    let media = response.headers.get("content-type").map(|value| value.to_str().unwrap());
    found.same("media type", &Some("application/problem+json"), &media);
    let kind = expect.kind.as_ref().map(|kind| format!("/problems/{kind}"));
    found.same("type", &kind.as_deref(), &json["type"].as_str());
    found.same("status in the body", &Some(expect.status), &json["status"].as_i64());
    let text = |error: &Value, name: &str| error[name].as_str().unwrap_or_default().to_owned();
    let errors = json["errors"].as_array().into_iter().flatten();
    let mut told: Vec<String> =
        errors.map(|error| format!("{} {}", text(error, "pointer"), text(error, "code"))).collect();
    let mut errors = expect.errors.clone();
    told.sort();
    errors.sort();
    found.same("errors", &errors, &told);
}

/// Runs the pipeline, and looks at where the lead ended and at what was made of it on the way.
fn ended(found: &mut Difference<'_>, stack: &mut Stack, case: &Case, json: &Value) {
    let id = json["lead_id"].as_str().map(ToOwned::to_owned);
    let ((), log) = logged(|| stack.settle().unwrap());
    let states = stack.world.states();
    // A browser that is sent on is told no id; there is one lead.
    let state = states.iter().find(|state| id.as_deref().is_none_or(|id| state.lead_id.as_str() == id)).unwrap();
    let then = match (&state.stage, &state.reason) {
        (Stage::Routed | Stage::Nurtured, _) => "goes on".to_owned(),
        (stage, Some(reason)) => format!("{} {}", stage.name(), reason.code),
        (stage, None) => stage.name().to_owned(),
    };
    found.same("then", &case.expect.then.as_deref(), &Some(then.as_str()));

    let stored = block_on(stack.world.lead(&state.lead_id)).unwrap().unwrap().submission.unwrap().submission;
    let stored = serde_json::to_value(stored).unwrap();
    for (pointer, kept) in &case.expect.kept {
        found.same(&format!("kept {pointer}"), &Some(kept), &stored.pointer(pointer));
    }
    for text in case.request.sent() {
        found.unless(!log.contains(&text) || FormId::parse(text.as_str()).is_ok(), "log", "none of the input", &log);
    }
    for queue in RULES.queues() {
        for message in stack.world.delivered(&queue.name) {
            let body: Value = serde_json::from_str(&message.body).unwrap_or_default();
            found.unless(body.is_object(), "message", "valid JSON", &message.body);
            found.unless(message.body.chars().all(is_in_xml), "message", "characters that SQS takes", &message.body);
            let lead = body.get("lead");
            found.unless(
                lead.is_none_or(|lead| lead["untrusted"] == true),
                "message",
                "marked untrusted",
                &message.body,
            );
            for (pointer, kept) in case.expect.kept.iter().filter(|(at, _)| lead.is_some() && !at.starts_with("/visit"))
            {
                found.same(&format!("sent {pointer}"), &Some(kept), &lead.unwrap().pointer(pointer));
            }
        }
    }
}

/// The characters that SQS takes: those of XML 1.0, and here no control character but the line feed and the tab.
fn is_in_xml(c: char) -> bool {
    matches!(c, '\n' | '\t' | '\u{20}'..='\u{7e}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Leads at their places: with the sales of East China, with those of Europe, held; and one still on its way.
fn given(stack: &mut Stack) {
    let post = |key: &str, set: &str| {
        let headers = BTreeMap::from([("idempotency-key".to_owned(), Some(key.into()))]);
        Request { set: Some(serde_json::from_str(set).unwrap()), headers, ..Request::default() }
    };
    for (key, set) in GIVEN {
        answer(stack, &post(key, set), false);
    }
    stack.settle().unwrap();
    answer(stack, &post("corpus-new", r#"{"/contact/email": "he.li@heli.example"}"#), false);
}

/// Whether `feedback` serves a route: it is about leads that are there.
fn is_report(route: &str) -> bool {
    route.contains('{') || route == "POST /v1/feedback"
}

fn answer(stack: &Stack, request: &Request, reports: bool) -> ApiGatewayV2httpResponse {
    for (token, says) in &request.tokens {
        let (success, hostname, action) = (says.success, says.hostname.clone(), says.action.clone());
        stack.world.issue_token(token, Solved { success, hostname, action });
    }
    stack.world.set_verifier_down(request.verifier_down);
    let event = event(request);
    let ports = Faulty::new(Rc::clone(&stack.world), Rc::clone(&stack.plan), Rc::new(Life::default()));
    let later = SignedDuration::from_secs(request.later);
    if event.route_key.as_deref().is_some_and(is_report) {
        let settings = feedback::Settings { rules: &WITH_FORMS, keys: &KEYS };
        let moment = feedback::Moment { now: start() + LATER + later, has_time: &|| true };
        return block_on(functions::feedback(&event, &ports, settings, moment));
    }
    let counter = Cell::new(stack.plan.count() as u128);
    let entropy = || {
        counter.set(counter.get() + 1);
        counter.get().to_be_bytes()
    };
    let now = if reports { stack.world.now() } else { start() + later };
    let settings = intake::Settings { rules: &WITH_FORMS, keys: &KEYS };
    block_on(functions::intake(&event, &ports, settings, intake::Moment { now, entropy: &entropy, has_time: &|| true }))
}

fn start() -> Timestamp {
    START.parse().unwrap()
}

/// The request as API Gateway hands it on.
fn event(request: &Request) -> ApiGatewayV2httpRequest {
    let route = request.route.clone().unwrap_or_else(|| "POST /v1/leads".to_owned());
    let (method, declared) = route.split_once(' ').unwrap();
    let path = request.path.clone().unwrap_or_else(|| declared.to_owned());
    let mut event = ApiGatewayV2httpRequest::default();
    event.request_context.http.method = method.parse::<Method>().unwrap();
    if let Some((before, rest)) = declared.split_once('{') {
        let (name, after) = rest.split_once('}').unwrap();
        let part = path.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        event.path_parameters.extend(part.map(|part| (name.to_owned(), part.to_owned())));
    }
    let body = request.body();
    if let Some(content_type) = body.content_type {
        event.headers.insert("content-type", HeaderValue::from_static(content_type));
    }
    for (name, value) in &request.headers {
        let name: HeaderName = name.parse().unwrap();
        match value {
            None => _ = event.headers.remove(name),
            Some(value) => {
                let value = HeaderValue::from_bytes(crate::case::written(value).as_bytes()).unwrap();
                event.headers.insert(name, value);
            }
        }
    }
    event.route_key = Some(route.clone());
    event.raw_path = Some(path);
    event.raw_query_string = Some(request.query.clone());
    event.is_base64_encoded = body.is_base64;
    event.body = Some(body.text);
    event
}

struct Difference<'c> {
    case: &'c str,
    told: Vec<String>,
}

impl Difference<'_> {
    fn same<T: PartialEq + Debug>(&mut self, what: &str, expected: &T, got: &T) {
        self.unless(expected == got, what, &format!("{expected:?}"), got);
    }

    fn unless(&mut self, holds: bool, what: &str, expected: &str, got: &(impl Debug + ?Sized)) {
        if !holds {
            let got: String = format!("{got:?}").chars().take(400).collect();
            self.told.push(format!("{}: {what}: expected {expected}, got {got}", self.case));
        }
    }
}

/// What `act` logs at any level.
fn logged<T>(act: impl FnOnce() -> T) -> (T, String) {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::registry().with(lines.clone());
    let result = tracing::subscriber::with_default(subscriber, act);
    let log = lines.0.lock().unwrap().clone();
    (result, log)
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<String>>);

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        event.record(&mut Line(&mut self.0.lock().unwrap()));
    }
}

struct Line<'l>(&'l mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        writeln!(self.0, "{field} {value:?}").unwrap();
    }
}
