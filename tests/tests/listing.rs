//! The open leads of a queue: who is in the list, in what order, page by page.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use aws_lambda_events::encodings::Body;
use aws_sdk_dynamodb::types::AttributeValue;
use futures::executor::block_on;
use jiff::{SignedDuration, Timestamp};
use leads::id::LeadId;
use leads::row::Row;
use leads::signature::SigningKeys;
use serde_json::{Value, json};
use tests::faults::Plan;
use tests::functions;
use tests::requests::Signer;
use tests::rule_sets::RULES;
use tests::scenarios::{doubtful, hot};
use tests::stack::{Mode, START, Stack};

fn get(stack: &Stack, principal: &str, queue: &str, query: &str) -> (i64, Value) {
    let now = stack.world.now();
    let path = format!("/v1/queues/{queue}/leads");
    let path = if query.is_empty() { path } else { format!("{path}?{query}") };
    let keys = SigningKeys::new("secret of this test", None);
    let signer = Signer { keys: &keys, principal, id: "msg_1", at: now };
    let mut event = signer.request("GET /v1/queues/{queue}/leads", &path, "");
    event.path_parameters.insert("queue".into(), queue.into());
    let settings = feedback::Settings { rules: &RULES, keys: &keys };
    let moment = feedback::Moment { now, has_time: &|| true };
    let response = block_on(functions::feedback(&event, &*stack.world, settings, moment));
    assert_eq!(response.headers["cache-control"], "no-store");
    let Some(Body::Text(text)) = response.body else { panic!("no body") };
    (response.status_code, serde_json::from_str(&text).unwrap())
}

/// The leads of a queue's first page, in order.
fn listed(stack: &Stack, principal: &str, queue: &str) -> Vec<String> {
    let (status, page) = get(stack, principal, queue, "");
    assert_eq!(status, 200, "{page}");
    let leads = page["leads"].as_array().unwrap();
    leads.iter().map(|lead| lead["lead_id"].as_str().unwrap().to_owned()).collect()
}

fn east(stack: &Stack) -> Vec<String> {
    listed(stack, "crm-china", "sales-cn-east")
}

/// A lead for the sales of East China, an hour after the one before.
fn post(stack: &mut Stack, n: usize) -> LeadId {
    let mut lead = hot();
    lead["contact"] = json!({"name": "Chen", "email": format!("chen{n}@weida{n}-presses.example")});
    lead["company"]["name"] = format!("Weida Presses {n}").into();
    let reply = stack.post(&lead, Some(&format!("k-{n}")));
    stack.settle().unwrap();
    stack.pass(SignedDuration::from_hours(1));
    reply.lead_id().unwrap()
}

fn said(stack: &mut Stack, lead: &LeadId, body: &Value) {
    let reply = stack.answer("crm-china", lead, body);
    stack.settle().unwrap();
    assert_eq!(reply.status(), 200);
}

fn ids(leads: &[&LeadId]) -> Vec<String> {
    leads.iter().map(ToString::to_string).collect()
}

#[test]
fn an_entry_tells_where_the_lead_stands() {
    let mut stack = Stack::new(Mode::Batches, Plan::default());
    let lead = post(&mut stack, 1);
    said(&mut stack, &lead, &json!({"epoch": 1, "disposition": "contacted"}));
    let state = stack.world.states().remove(0);
    let assignment = state.assignment.unwrap();
    let (status, page) = get(&stack, "crm-china", "sales-cn-east", "");
    assert_eq!(status, 200);
    // It was routed in the very second of the post, and acknowledged an hour later.
    assert_eq!(
        page,
        json!({"leads": [{"lead_id": lead, "epoch": 1, "stage": "routed", "routed_at": START,
            "feedback_due": assignment.feedback_due.unwrap(), "acknowledged_at": "2026-03-03T03:00:00Z"}]})
    );
    said(&mut stack, &lead, &json!({"epoch": 1, "disposition": "opportunity"}));
    let (_, page) = get(&stack, "crm-china", "sales-cn-east", "");
    assert_eq!(page["leads"][0]["answered_at"], "2026-03-03T03:00:00Z");
}

#[test]
fn only_open_leads_are_listed_and_the_most_urgent_first() {
    let mut stack = Stack::new(Mode::Batches, Plan::default());
    let leads: Vec<LeadId> = (0..6).map(|n| post(&mut stack, n)).collect();
    let [first, second, third, fourth, fifth, sixth] = leads.iter().collect::<Vec<_>>()[..] else { panic!() };
    assert_eq!(east(&stack), ids(&[first, second, third, fourth, fifth, sixth]));
    // Answered for good, given back, taken away: none of these is open any more. Answered and kept: behind the others.
    said(&mut stack, first, &json!({"epoch": 1, "disposition": "opportunity"}));
    said(&mut stack, second, &json!({"epoch": 1, "disposition": "not_a_fit"}));
    said(&mut stack, third, &json!({"epoch": 1, "disposition": "no_budget_yet"}));
    let hold = stack.verdict("crm-china", fourth, &json!({"verdict": "hold", "reason": "x", "actor": "x"}));
    stack.settle().unwrap();
    assert_eq!(hold.status(), 200);
    assert_eq!(east(&stack), ids(&[fifth, sixth, first]));
    // What waits for a verdict is in the desk's list, the longest first.
    let held = stack.post(&doubtful(), Some("k-held"));
    stack.settle().unwrap();
    let held = held.lead_id().unwrap();
    assert_eq!(listed(&stack, "telemarketing-desk", "telemarketing"), ids(&[fourth, &held]));
    // An answer takes up again what was given back, or was thought to be over.
    said(&mut stack, third, &json!({"epoch": 1, "disposition": "contacted"}));
    said(&mut stack, second, &json!({"epoch": 1, "disposition": "accepted"}));
    assert_eq!(east(&stack), ids(&[fifth, sixth, first, second, third]));
}

#[test]
fn pages_follow_on_each_other() {
    let mut stack = Stack::new(Mode::Batches, Plan::default());
    let leads: Vec<LeadId> = (0..7).map(|n| post(&mut stack, n)).collect();
    said(&mut stack, &leads[2], &json!({"epoch": 1, "disposition": "opportunity"}));
    let order = [0, 1, 3, 4, 5, 6, 2].map(|n: usize| leads[n].to_string());
    assert_eq!(east(&stack), order);
    for limit in 1..=8 {
        let (mut found, mut cursor, mut pages) = (Vec::new(), None::<String>, 0);
        loop {
            let query = format!("limit={limit}{}", cursor.map(|at| format!("&cursor={at}")).unwrap_or_default());
            let (status, page) = get(&stack, "crm-china", "sales-cn-east", &query);
            assert_eq!(status, 200, "{query}");
            let leads = page["leads"].as_array().unwrap();
            assert!(leads.len() <= limit, "{query}");
            found.extend(leads.iter().map(|lead| lead["lead_id"].as_str().unwrap().to_owned()));
            pages += 1;
            cursor = page["cursor"].as_str().map(ToOwned::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        // A full page is followed by another one, if only by an empty one.
        assert_eq!((found, pages), (order.to_vec(), 7 / limit + 1), "{limit}");
    }
}

#[test]
fn whose_queue_it_is_not_learns_nothing() {
    let mut stack = Stack::new(Mode::Batches, Plan::default());
    post(&mut stack, 1);
    let rows = [("crm-world", "sales-cn-east"), ("partner-hub", "sales-cn-east"), ("crm-china", "sales-mars")];
    let answers = rows.map(|(principal, queue)| get(&stack, principal, queue, ""));
    for answer in &answers {
        assert_eq!((answer.0, &answer.1["type"]), (404, &json!("/problems/not-found")));
        assert_eq!(answer, &answers[0]);
    }
    let (status, problem) = get(&stack, "crm-china", "sales-cn-east", "limit=0&page=2");
    let errors = problem["errors"].as_array().unwrap();
    let pointers: Vec<_> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!((status, pointers), (422, vec!["/limit", "/page"]));
}

/// What the item of a state carries for the index: as docs/table.md has it, and nothing of a person.
#[test]
fn the_index_as_it_is_stored() {
    let mut stack = Stack::new(Mode::Batches, Plan::default());
    let lead = post(&mut stack, 1);
    let attributes = |stack: &Stack| {
        let state = stack.world.states().remove(0);
        let item = support::dynamo::to_item(&Row::State(state)).unwrap();
        let text = |name: &str| item.get(name).map(|value| value.as_s().unwrap().clone());
        let entry = item.get("queue_entry").and_then(|entry| entry.as_m().ok().cloned()).unwrap_or_default();
        let mut names: Vec<String> = entry.keys().cloned().collect();
        names.sort();
        (text("queue_pk"), text("queue_sk"), names, entry.get("lead_id").cloned())
    };
    let state = stack.world.states().remove(0);
    let due: Timestamp = state.assignment.unwrap().feedback_due.unwrap();
    let (list, key, names, id) = attributes(&stack);
    assert_eq!(list.as_deref(), Some("queue#sales-cn-east"));
    assert_eq!(key.unwrap(), format!("{}#{lead}", due.as_millisecond()));
    assert_eq!(names, ["epoch", "feedback_due", "lead_id", "routed_at", "stage"]);
    assert_eq!(id, Some(AttributeValue::S(lead.to_string())));
    said(&mut stack, &lead, &json!({"epoch": 1, "disposition": "opportunity"}));
    // 2026-03-03T02:00:00Z in milliseconds.
    assert_eq!(attributes(&stack).1.unwrap(), format!("~1772503200000#{lead}"));
    said(&mut stack, &lead, &json!({"epoch": 1, "disposition": "duplicate"}));
    assert_eq!(attributes(&stack), (None, None, vec![], None));
}
