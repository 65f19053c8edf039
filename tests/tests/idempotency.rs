//! Two requests at once, in every order of their calls: nine cases of a key, each with its exact answers.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use aws_lambda_events::encodings::Body;
use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use jiff::{SignedDuration, Timestamp};
use leads::memory::World;
use leads::ports::Solved;
use leads::row::Row;
use leads::rules::RuleSet;
use leads::signature::SigningKeys;
use serde_json::Value;
use tests::faults::{Fault, Faulty, Life, Plan};
use tests::functions;
use tests::rule_sets::{RULES, rules};
use tests::scenarios::{cold, hot};
use tests::stack::START;
use tests::turns::Request;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{self, Layer, SubscriberExt};

/// How many turns two requests take together before the first of them goes on alone; more than they need.
const TURNS: u32 = 10;

/// What a client sees of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    status: i64,
    body: String,
    replayed: bool,
    retry_after: Option<String>,
}

impl Answer {
    fn of(response: &ApiGatewayV2httpResponse) -> Self {
        let header = |name: &str| response.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let Some(Body::Text(body)) = response.body.clone() else { panic!("no body") };
        Self {
            status: response.status_code,
            body,
            replayed: header("idempotency-replayed").is_some_and(|value| value == "true"),
            retry_after: header("retry-after"),
        }
    }

    fn accepted(lead: &str, replayed: bool) -> Self {
        let body = format!(r#"{{"lead_id":"{lead}","status":"accepted"}}"#);
        Self { status: 202, body, replayed, retry_after: None }
    }

    fn refused(status: i64, kind: &str, title: &str, detail: &str) -> Self {
        let body = format!(r#"{{"type":"/problems/{kind}","title":"{title}","status":{status},"detail":"{detail}"}}"#);
        Self { status, body, replayed: false, retry_after: None }
    }

    fn reused() -> Self {
        Self::refused(
            422,
            "idempotency-key-reused",
            "The idempotency key was used with another body",
            "Use a new key for a new submission; repeat the first body under the old one.",
        )
    }
}

/// A server with its table and queues, which may be asked several things at once.
struct Server {
    rules: &'static RuleSet,
    world: Rc<World>,
    plan: Rc<Plan>,
    keys: SigningKeys,
    drawn: Cell<u8>,
}

impl Server {
    fn new(plan: Plan) -> Self {
        let world = World::new(START.parse().unwrap(), RULES.queues().iter().map(|queue| queue.name.clone()));
        let keys = SigningKeys::new("signing secret of the tests", None);
        Self { rules: &RULES, world: Rc::new(world), plan: Rc::new(plan), keys, drawn: Cell::new(0) }
    }

    fn request(&self, body: &str, key: Option<&str>) -> Request<'_, Answer> {
        let mut event = ApiGatewayV2httpRequest::default();
        event.route_key = Some("POST /v1/leads".into());
        event.raw_path = Some("/v1/leads".into());
        event.request_context.http.method = http::Method::POST;
        event.headers.insert("content-type", "application/json".parse().unwrap());
        if let Some(key) = key {
            event.headers.insert("idempotency-key", key.parse().unwrap());
        }
        event.body = Some(body.to_owned());
        let life = Rc::new(Life::of("intake"));
        let ports = Faulty::new(Rc::clone(&self.world), Rc::clone(&self.plan), Rc::clone(&life));
        Request::new(life, async move {
            let entropy = || {
                self.drawn.set(self.drawn.get() + 1);
                [self.drawn.get(); 16]
            };
            let settings = intake::Settings { rules: self.rules, keys: &self.keys };
            let moment = intake::Moment { now: self.world.now(), entropy: &entropy, has_time: &|| true };
            Answer::of(&functions::intake(&event, &ports, settings, moment).await)
        })
    }

    fn ask(&self, body: &str, key: Option<&str>) -> Option<Answer> {
        self.request(body, key).finish()
    }

    fn leads(&self) -> Vec<String> {
        self.world.states().iter().map(|state| state.lead_id.to_string()).collect()
    }

    fn keys(&self) -> usize {
        self.world.rows().iter().filter(|row| matches!(row, Row::Idempotency(_))).count()
    }
}

/// All orders in which two requests can take their turns. `before` is what happened earlier, and may kill the server.
fn in_every_order(
    plan: impl Fn() -> Plan,
    before: impl Fn(&Server),
    one: (&str, Option<&str>),
    other: (&str, Option<&str>),
    check: impl Fn(&Server, Answer, Answer),
) {
    for order in 0..1_u32 << TURNS {
        let server = Server::new(plan());
        before(&server);
        let (mut first, mut second) = (server.request(one.0, one.1), server.request(other.0, other.1));
        for turn in 0..TURNS {
            if order >> turn & 1 == 0 { first.turn() } else { second.turn() }
        }
        let (first, second) = (first.finish().unwrap(), second.finish().unwrap());
        check(&server, first, second);
    }
}

fn nothing(_: &Server) {}

fn one_lead(server: &Server) -> String {
    let leads = server.leads();
    assert_eq!(leads.len(), 1, "{leads:?}");
    leads[0].clone()
}

#[test]
fn new_keys_make_new_leads() {
    let (one, other) = (hot().to_string(), cold().to_string());
    in_every_order(Plan::default, nothing, (&one, Some("k-1")), (&other, Some("k-2")), |server, a, b| {
        let accepted: Vec<Answer> = server.leads().iter().map(|lead| Answer::accepted(lead, false)).collect();
        assert_eq!(accepted.len(), 2);
        assert!(accepted.contains(&a) && accepted.contains(&b) && a != b, "{a:?} {b:?}");
        assert_eq!(server.keys(), 2);
    });
}

#[test]
fn a_replay_is_answered_as_before() {
    let body = hot().to_string();
    let before = |server: &Server| _ = server.ask(&body, Some("k-1")).unwrap();
    in_every_order(Plan::default, before, (&body, Some("k-1")), (&body, Some("\"k-1\"")), |server, a, b| {
        let expected = Answer::accepted(&one_lead(server), true);
        assert_eq!((&a, &b), (&expected, &expected));
    });
}

#[test]
fn a_replay_after_a_crash_at_each_call_finds_the_one_lead() {
    let body = hot().to_string();
    for call in 1..=2 {
        for fault in [Fault::CrashBefore, Fault::CrashAfter] {
            let before = |server: &Server| assert_eq!(server.ask(&body, Some("k-1")), None, "it lives");
            let plan = || Plan::new([(call, fault)]);
            let stored = (call, fault) != (1, Fault::CrashBefore);
            in_every_order(plan, before, (&body, Some("k-1")), (&body, Some("k-1")), |server, a, b| {
                let lead = one_lead(server);
                let (first, again) = (Answer::accepted(&lead, false), Answer::accepted(&lead, true));
                // Whoever stores it is told so; everybody else that it was there.
                let expected = [(&again, &again), (&first, &again), (&again, &first)];
                let expected = if stored { &expected[..1] } else { &expected[1..] };
                assert!(expected.contains(&(&a, &b)), "{call} {fault:?}: {a:?} {b:?}");
            });
        }
    }
}

#[test]
fn another_payload_under_a_used_key_is_refused() {
    let (one, other) = (hot().to_string(), cold().to_string());
    let before = |server: &Server| _ = server.ask(&one, Some("k-1")).unwrap();
    in_every_order(Plan::default, before, (&other, Some("k-1")), (&other, Some("k-1")), |server, a, b| {
        one_lead(server);
        assert_eq!((a, b), (Answer::reused(), Answer::reused()));
    });
}

#[test]
fn the_same_at_once_is_one_lead() {
    let body = hot().to_string();
    in_every_order(Plan::default, nothing, (&body, Some("k-1")), (&body, Some("k-1")), |server, a, b| {
        let lead = one_lead(server);
        let (first, again) = (Answer::accepted(&lead, false), Answer::accepted(&lead, true));
        assert!([(&first, &again), (&again, &first)].contains(&(&a, &b)), "{a:?} {b:?}");
        assert_eq!(server.keys(), 1);
    });
}

#[test]
fn two_payloads_at_once_under_one_key_are_one_lead_and_a_refusal() {
    let (one, other) = (hot().to_string(), cold().to_string());
    in_every_order(Plan::default, nothing, (&one, Some("k-1")), (&other, Some("k-1")), |server, a, b| {
        let first = Answer::accepted(&one_lead(server), false);
        assert!([(&first, &Answer::reused()), (&Answer::reused(), &first)].contains(&(&a, &b)), "{a:?} {b:?}");
    });
}

/// TTL removes rows days late: the row stands, and does not count.
#[test]
fn an_expired_key_that_still_stands_is_free() {
    let (one, other) = (hot().to_string(), cold().to_string());
    let before = |server: &Server| {
        server.ask(&one, Some("k-1")).unwrap();
        server.world.set_now(server.world.now() + SignedDuration::from_hours(48));
    };
    let start: Timestamp = START.parse().unwrap();
    let new = |server: &Server| {
        let new: Vec<String> = server
            .world
            .states()
            .iter()
            .filter(|state| state.received_at > start)
            .map(|state| state.lead_id.to_string())
            .collect();
        assert_eq!((new.len(), server.leads().len()), (1, 2));
        new[0].clone()
    };
    in_every_order(Plan::default, before, (&one, Some("k-1")), (&one, Some("k-1")), |server, a, b| {
        let lead = new(server);
        let (first, again) = (Answer::accepted(&lead, false), Answer::accepted(&lead, true));
        assert!([(&first, &again), (&again, &first)].contains(&(&a, &b)), "{a:?} {b:?}");
    });
    in_every_order(Plan::default, before, (&one, Some("k-1")), (&other, Some("k-1")), |server, a, b| {
        let first = Answer::accepted(&new(server), false);
        assert!([(&first, &Answer::reused()), (&Answer::reused(), &first)].contains(&(&a, &b)), "{a:?} {b:?}");
    });
}

/// A key counts for 48 hours, to the second.
#[test]
fn a_key_is_remembered_for_two_days() {
    for (seconds, leads) in [(1, 1), (48 * 3_600 - 1, 1), (48 * 3_600, 2)] {
        let server = Server::new(Plan::default());
        server.ask(&hot().to_string(), Some("k-1")).unwrap();
        server.world.set_now(server.world.now() + SignedDuration::from_secs(seconds));
        server.ask(&hot().to_string(), Some("k-1")).unwrap();
        assert_eq!(server.leads().len(), leads, "after {seconds} s");
    }
}

/// Each time a key has expired it makes a lead of its own, whatever other keys have made.
#[test]
fn keys_that_expire_again_and_again_make_new_leads() {
    let server = Server::new(Plan::default());
    for round in 1..=4 {
        for key in ["k-1", "k-2"] {
            server.ask(&hot().to_string(), Some(key)).unwrap();
        }
        assert_eq!(server.leads().len(), 2 * round);
        server.world.set_now(server.world.now() + SignedDuration::from_hours(48));
    }
}

/// A captcha's token serves once, so a repetition finds its lead before the token is looked at; and nobody else does.
#[test]
fn a_repetition_spends_no_token() {
    static GUARDED: LazyLock<RuleSet> = LazyLock::new(|| {
        let form = "[[form]]\nid = \"guarded\"\ncaptcha_hosts = [\"www.example.com\"]\n\n[[form]]\nid = \"contact\"";
        rules(|text| text.replace("[[form]]\nid = \"contact\"", form))
    });
    let server = Server { rules: &GUARDED, ..Server::new(Plan::default()) };
    let solved = || Solved { success: true, hostname: Some("www.example.com".into()), action: None };
    server.world.issue_token("t-1", solved());
    let mut body = hot();
    body["form_id"] = "guarded".into();
    body["captcha_token"] = "t-1".into();
    let ask = |body: &Value| {
        let before = server.plan.count();
        (server.ask(&body.to_string(), Some("k-1")).unwrap(), server.plan.calls().split_off(before))
    };
    let (first, calls) = ask(&body);
    let lead = server.leads()[0].clone();
    assert_eq!((first, calls), (Answer::accepted(&lead, false), vec!["idempotency", "verify", "commit", "send"]));
    let replayed = ask(&body);
    assert_eq!(replayed, (Answer::accepted(&lead, true), vec!["idempotency", "lead", "send"]));
    let mut other = body.clone();
    other["interest"]["product"] = "something else".into();
    assert_eq!(ask(&other), (Answer::reused(), vec!["idempotency"]));
    // Expired, to the second: a new submission, whose token is looked at.
    server.world.set_now(server.world.now() + SignedDuration::from_secs(48 * 3_600 - 1));
    assert_eq!(ask(&body).0, Answer::accepted(&lead, true));
    server.world.set_now(server.world.now() + SignedDuration::from_secs(1));
    let (new, calls) = ask(&body);
    assert_eq!((new.status, new.replayed, calls[..2].to_vec()), (202, false, vec!["idempotency", "verify"]));
    assert_eq!(server.leads().len(), 2);
}

#[test]
fn without_a_key_everything_is_new() {
    let body = hot().to_string();
    in_every_order(Plan::default, nothing, (&body, None), (&body, None), |server, a, b| {
        let accepted: Vec<Answer> = server.leads().iter().map(|lead| Answer::accepted(lead, false)).collect();
        assert_eq!(accepted.len(), 2);
        assert!(accepted.contains(&a) && accepted.contains(&b) && a != b, "{a:?} {b:?}");
        assert_eq!(server.keys(), 0);
    });
}

#[test]
fn an_invalid_key_is_refused_before_any_call() {
    let body = hot().to_string();
    let too_long = "k".repeat(256);
    for key in ["", " ", "\"\"", "a b", "\"a", "a,b", &too_long] {
        in_every_order(Plan::default, nothing, (&body, Some(key)), (&body, Some(key)), |server, a, b| {
            let expected = Answer::refused(
                400,
                "bad-idempotency-key",
                "The idempotency key cannot be read",
                "Send one `Idempotency-Key` of 1 to 255 visible ASCII characters.",
            );
            assert_eq!((&a, &b), (&expected, &expected), "{key:?}");
            assert_eq!(server.plan.count(), 0, "{key:?}");
        });
    }
}

/// While the table is away nothing is half accepted, and the client is told when to come again.
#[test]
fn an_outage_is_told_with_the_time_to_come_again() {
    let body = hot().to_string();
    for fault in [Fault::Unavailable, Fault::ActedUnavailable] {
        let server = Server::new(Plan::new([(1, fault)]));
        let expected = Answer {
            retry_after: Some("5".into()),
            ..Answer::refused(
                503,
                "unavailable",
                "The service is not available at the moment",
                "Send the same request again after the time in `Retry-After`.",
            )
        };
        assert_eq!(server.ask(&body, Some("k-1")), Some(expected));
        // Row by row: all of them or none.
        let rows = server.world.rows().len();
        assert_eq!(rows, if fault == Fault::Unavailable { 0 } else { 3 });
        let again = server.ask(&body, Some("k-1")).unwrap();
        assert_eq!(again, Answer::accepted(&one_lead(&server), fault == Fault::ActedUnavailable));
        assert_eq!(server.keys(), 1);
    }
}

/// Leads that SQS did not take are stored, and the log says that the sweep has them; otherwise it says nothing.
#[test]
fn what_is_left_to_the_sweep_is_logged() {
    #[derive(Clone, Default)]
    struct Warnings(Arc<AtomicUsize>);
    impl<S: Subscriber> Layer<S> for Warnings {
        fn on_event(&self, event: &Event<'_>, _: layer::Context<'_, S>) {
            if *event.metadata().level() == Level::WARN {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    for (fault, expected) in [(None, 0), (Some(Fault::NotTaken), 1), (Some(Fault::Unavailable), 1)] {
        let warnings = Warnings::default();
        let subscriber = tracing_subscriber::registry().with(warnings.clone());
        let server = Server::new(Plan::new(fault.map(|fault| (2, fault))));
        let answer = tracing::subscriber::with_default(subscriber, || server.ask(&hot().to_string(), Some("k-1")));
        assert_eq!(server.plan.calls(), ["commit", "send"]);
        assert_eq!(answer, Some(Answer::accepted(&server.leads()[0], false)));
        assert_eq!(warnings.0.load(Ordering::Relaxed), expected, "{fault:?}");
    }
}
