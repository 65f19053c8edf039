//! A signed request that comes twice at once, as from a client that has lost patience: it acts once, and both are answered
//! the same, whoever is in between when the lead moves on.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::rc::Rc;

use aws_lambda_events::encodings::Body;
use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use leads::id::LeadId;
use leads::row::Row;
use leads::signature::SigningKeys;
use serde_json::{Value, json};
use tests::faults::{Faulty, Life, Plan};
use tests::requests::Signer;
use tests::rule_sets::RULES;
use tests::scenarios::{doubtful, hot};
use tests::stack::{Mode, Stack};
use tests::turns::Request;

/// A request and the stage that it is answered with.
struct Asked {
    lead: fn() -> Value,
    principal: &'static str,
    what: &'static str,
    says: Value,
    stage: &'static str,
}

/// Each leaves the lead where the same request, looked at alone, would be refused: with people whom the principal does not
/// speak for, in another epoch, or in a stage that takes no such word any more. The last one does not.
fn asked() -> [Asked; 5] {
    let decided = |verdict: &str| json!({"verdict": verdict, "reason": "I called her.", "actor": "lin"});
    let reported = |disposition: &str| json!({"epoch": 1, "disposition": disposition});
    let (sales, desk) = ("crm-china", "telemarketing-desk");
    [
        Asked { lead: hot, principal: sales, what: "feedback", says: reported("too_small"), stage: "routed" },
        Asked { lead: hot, principal: sales, what: "verdict", says: decided("hold"), stage: "held" },
        Asked { lead: doubtful, principal: desk, what: "verdict", says: decided("release"), stage: "received" },
        Asked { lead: doubtful, principal: desk, what: "verdict", says: decided("test"), stage: "rejected" },
        Asked { lead: hot, principal: sales, what: "feedback", says: reported("unreachable"), stage: "pooled" },
    ]
}

/// How far the one gets before the other goes on: no call, each number of calls, all of them.
const TURNS: usize = 7;

fn served<'a>(
    stack: &Stack,
    event: &'a ApiGatewayV2httpRequest,
    keys: &'a SigningKeys,
) -> Request<'a, ApiGatewayV2httpResponse> {
    let life = Rc::new(Life::of("feedback"));
    let (ports, now) =
        (Faulty::new(Rc::clone(&stack.world), Rc::clone(&stack.plan), Rc::clone(&life)), stack.world.now());
    Request::new(life, async move {
        let settings = feedback::Settings { rules: &RULES, keys };
        tests::functions::feedback(event, &ports, settings, feedback::Moment { now, has_time: &|| true }).await
    })
}

/// Status, body, and whether it says that it was said before.
fn read(response: ApiGatewayV2httpResponse) -> (i64, Value, bool) {
    let Some(Body::Text(body)) = response.body else { panic!("no body") };
    let replayed = response.headers.contains_key("idempotency-replayed");
    (response.status_code, serde_json::from_str(&body).unwrap(), replayed)
}

fn posted(lead: &Value) -> (Stack, LeadId) {
    let mut stack = Stack::new(Mode::Apart, Plan::default());
    let reply = stack.post(lead, Some("k-1"));
    stack.settle().unwrap();
    let lead = reply.lead_id().unwrap();
    (stack, lead)
}

#[test]
fn both_are_answered_the_same() {
    let keys = SigningKeys::new("secret of this test", None);
    for Asked { lead, principal, what, says, stage } in asked() {
        for (ahead, between) in (0..=TURNS).flat_map(|ahead| (0..=TURNS).map(move |between| (ahead, between))) {
            let (stack, lead) = posted(&lead());
            let signer = Signer { keys: &keys, principal, id: "msg_1", at: stack.world.now() };
            let route = format!("POST /v1/leads/{{id}}/{what}");
            let mut event = signer.request(&route, &format!("/v1/leads/{lead}/{what}"), &says.to_string());
            event.path_parameters.insert("id".into(), lead.to_string());
            let (mut one, mut other) = (served(&stack, &event, &keys), served(&stack, &event, &keys));
            (0..ahead).for_each(|_| one.turn());
            (0..between).for_each(|_| other.turn());
            let (one, other) = (read(one.finish().unwrap()), read(other.finish().unwrap()));
            let order = format!("{says}, {ahead} turns and {between}: {one:?} {other:?}");
            assert_eq!((one.0, other.0), (200, 200), "{order}");
            assert_eq!(one.1["stage"], stage, "{order}");
            assert_eq!(one.1, other.1, "{order}");
            assert!(one.2 != other.2, "one of them is the repetition: {order}");
            let stored = stack.world.rows().into_iter().filter(|row| matches!(row, Row::Feedback(_))).count();
            assert_eq!(stored, 1, "{order}");
        }
    }
}
