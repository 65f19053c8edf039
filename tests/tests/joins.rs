//! Joins of duplicates, and joins undone by a person.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use futures::executor::block_on;
use jiff::SignedDuration;
use leads::decision::Reason;
use leads::id::LeadId;
use leads::lead::{LeadState, Stage};
use leads::ledger::Ledger;
use leads::message::StageMessage;
use leads::ports::StageQueue;
use leads::row::{Row, StoredSubmission};
use leads::submission::{Encoding, parse};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::Call;
use tests::faults::Plan;
use tests::functions;
use tests::rule_sets::RULES;
use tests::stack::{Mode, Stack, batch_of};

/// A hot lead of somebody by e-mail, phone and name at one company, each one of a few; all of them differ in their
/// message.
#[derive(Clone, Debug)]
struct Person {
    email: Option<u8>,
    phone: Option<u8>,
    name: Option<u8>,
}

impl Person {
    fn posts(&self, message: &str) -> Value {
        let mut contact = json!({});
        if let Some(n) = self.email {
            contact["email"] = json!(format!("person{n}@weida-presses.example"));
        }
        if let Some(n) = self.phone {
            contact["phone"] = json!(format!("+86 136 0251 22{:02}", 46 + n));
        }
        if let Some(n) = self.name {
            contact["name"] = json!(["Chen Jie", "Lin Tao"][usize::from(n)]);
        }
        json!({
            "form_id": "contact",
            "contact": contact,
            "company": {"name": "Weida Presses", "size": 1200, "country": "CN", "province": "Zhejiang"},
            "interest": {"horizon": "immediate", "message": message},
            "source": {"channel": "website"},
            "consent": {"purpose": "sales_contact", "text_version": "2026-01"},
            "tags": {"identity": ["decision_maker"], "interaction": [{"kind": "demo_request"}]}
        })
    }
}

fn person(email: u8, phone: u8) -> Value {
    Person { email: Some(email), phone: Some(phone), name: None }.posts("Two presses, please.")
}

fn stack() -> Stack {
    Stack::new(Mode::Apart, Plan::default())
}

/// Posts a lead and lets it settle.
fn post(stack: &mut Stack, body: &Value) -> LeadId {
    let posted = stack.post(body, None);
    stack.settle().unwrap();
    posted.lead_id().unwrap()
}

fn verdict(stack: &mut Stack, lead: &LeadId, verdict: &str) -> (i64, Value) {
    let body = json!({"verdict": verdict, "reason": "I called.", "actor": "lin"});
    let reply = stack.verdict("telemarketing-desk", lead, &body);
    stack.settle().unwrap();
    balanced(stack);
    reply.get().unwrap()
}

fn unmerge(stack: &mut Stack, lead: &LeadId) {
    let (status, answer) = verdict(stack, lead, "unmerge");
    assert_eq!((status, &answer["stage"]), (200, &json!("received")), "{answer}");
}

fn balanced(stack: &Stack) {
    let mut ledger = Ledger::default();
    stack.world.rows().iter().for_each(|row| ledger.add(row));
    assert_eq!(ledger.balance().differences, []);
}

fn state(stack: &Stack, lead: &LeadId) -> LeadState {
    stack.world.states().into_iter().find(|state| state.lead_id == *lead).unwrap()
}

/// Where a lead stands, and the lead it is a touch on.
fn stands(stack: &Stack, lead: &LeadId) -> (Stage, Option<LeadId>) {
    let state = state(stack, lead);
    (state.stage, state.merged_into)
}

/// The submissions that each live lead is scored on, by their messages, and the duplicate keys it owns by the claim rows.
fn groups(stack: &Stack) -> BTreeSet<(BTreeSet<String>, BTreeSet<String>)> {
    let mut groups: BTreeMap<LeadId, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    let message = |text: &Option<leads::personal::Personal>| text.as_ref().unwrap().expose().to_owned();
    let merged: BTreeSet<LeadId> = stack
        .world
        .states()
        .into_iter()
        .filter(|state| state.stage == Stage::Merged)
        .map(|state| state.lead_id)
        .collect();
    for row in stack.world.rows() {
        match row {
            Row::Submission(row) if !merged.contains(&row.lead_id) => {
                groups.entry(row.lead_id).or_default().0.insert(message(&row.submission.interest.message));
            }
            Row::Touch(row) => {
                groups.entry(row.master).or_default().0.insert(message(&row.submission.interest.message));
            }
            Row::Claim(row) => _ = groups.entry(row.owner).or_default().1.insert(row.key.as_str().to_owned()),
            _ => {}
        }
    }
    groups.into_values().collect()
}

fn for_a_while() -> Reason {
    Reason { code: "call-refused".into(), rule: "-".into(), text: "for a while".into() }
}

fn someone() -> impl Strategy<Value = Person> {
    let one_of = |n| prop::option::weighted(0.8, 0..n);
    (one_of(2u8), one_of(2u8), one_of(2u8))
        .prop_map(|(email, phone, name)| Person { email, phone, name })
        .prop_filter("somebody has to be reachable", |person| person.email.is_some() || person.phone.is_some())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    /// Whoever comes first is the master; what it knows in the end is the same.
    #[test]
    fn a_then_b_is_b_then_a(a in someone(), b in someone()) {
        let in_order = |first: Value, second: Value| {
            let mut stack = stack();
            post(&mut stack, &first);
            post(&mut stack, &second);
            balanced(&stack);
            groups(&stack)
        };
        let one = in_order(a.posts("from A"), b.posts("from B"));
        let other = in_order(b.posts("from B"), a.posts("from A"));
        prop_assert_eq!(&one, &other);
        let same = |x: Option<u8>, y: Option<u8>| x.is_some() && x == y;
        let joined = same(a.email, b.email) || same(a.phone, b.phone) || same(a.name, b.name);
        prop_assert_eq!(one.len(), if joined { 1 } else { 2 });
    }
}

#[test]
fn a_touch_taken_out_goes_its_own_way_and_its_master_forgets_it() {
    let mut stack = stack();
    let mother = post(&mut stack, &person(0, 0));
    let daughter = post(&mut stack, &person(0, 1));
    assert_eq!(stands(&stack, &daughter), (Stage::Merged, Some(mother.clone())));
    unmerge(&mut stack, &daughter);
    assert_eq!(stands(&stack, &daughter), (Stage::Routed, None));
    assert_eq!((stands(&stack, &mother), state(&stack, &mother).touches), ((Stage::Routed, None), 0));
    let rows = stack.world.rows();
    assert!(!rows.iter().any(|row| matches!(row, Row::Touch(_))), "the touch is still there");
    let events: Vec<(&LeadId, &str)> = rows
        .iter()
        .filter_map(|row| if let Row::Event(event) = row { Some(event) } else { None })
        .filter(|event| event.what == "unmerged" && event.actor == "telemarketing-desk")
        .map(|event| (&event.lead_id, event.why.as_str()))
        .collect();
    let (of_mother, of_daughter) =
        (format!("lead {daughter} is no touch on it"), format!("it is no touch on lead {mother}"));
    assert_eq!(
        BTreeSet::from_iter(events),
        BTreeSet::from([(&mother, of_mother.as_str()), (&daughter, of_daughter.as_str())])
    );

    // The address they share is still the mother's; the number that only the daughter had is hers.
    let at = |stack: &Stack, lead: &LeadId| state(stack, lead).merged_into;
    let by_address = post(&mut stack, &person(0, 3));
    assert_eq!(at(&stack, &by_address), Some(mother.clone()));
    let by_number = post(&mut stack, &person(1, 1));
    assert_eq!(at(&stack, &by_number), Some(daughter.clone()));
    // Whoever shares something with both joins the one, and joins the two no more than before.
    let by_both = post(&mut stack, &person(0, 1));
    assert_eq!(at(&stack, &by_both), Some(mother.clone()));
    assert_eq!(stands(&stack, &daughter), (Stage::Routed, None));
    balanced(&stack);
}

/// Whatever makes `clean` see either of the two again, they stay apart.
#[test]
fn what_a_person_took_apart_stays_apart() {
    let parked = |stack: &Stack, lead: &LeadId| {
        stack.world.put(Row::State(state(stack, lead).parked(for_a_while(), stack.world.now())));
    };
    for half_a_year_later in [false, true] {
        for first_again in [0, 1] {
            let mut stack = stack();
            let mother = post(&mut stack, &person(0, 0));
            let daughter = post(&mut stack, &person(0, 0));
            unmerge(&mut stack, &daughter);
            if half_a_year_later {
                // The claims have lapsed: whoever is cleaned first owns the keys, and the other one meets them there.
                stack.pass(SignedDuration::from_hours(24 * 181));
                stack.settle().unwrap();
            }
            let mut both = [&mother, &daughter];
            both.rotate_left(first_again);
            for lead in both {
                let late = json!({"v": 1, "lead_id": lead.as_str(), "version": 1}).to_string();
                stack.world.enqueue(StageQueue::Clean, late);
                stack.settle().unwrap();
                parked(&stack, lead);
                assert_eq!(verdict(&mut stack, lead, "release").0, 200);
                for lead in both {
                    assert_eq!(stands(&stack, lead), (Stage::Routed, None), "{lead} after {half_a_year_later}");
                }
            }
        }
    }
}

/// A late message about a touch finds its master anywhere on its way. `clean` sends what follows from its own write alone: it
/// may not send to other stages, and each of them sends what follows from its own.
#[test]
fn a_late_touch_sends_nothing_for_a_stage_that_is_not_its_own() {
    for (stage, then) in
        [(Stage::Received, Stage::Received), (Stage::Cleaned, Stage::Routed), (Stage::Scored, Stage::Scored)]
    {
        let mut stack = stack();
        let master = post(&mut stack, &person(0, 0));
        let touch = post(&mut stack, &person(0, 1));
        assert_eq!(stands(&stack, &touch), (Stage::Merged, Some(master.clone())));
        stack.world.put(Row::State(LeadState { stage, watch_at: None, ..state(&stack, &master) }));
        let late = json!({"v": 1, "lead_id": touch.as_str(), "version": 1}).to_string();
        stack.world.enqueue(StageQueue::Clean, late);
        stack.run_for(SignedDuration::from_secs(1));
        assert_eq!((stands(&stack, &master).0, stack.world.next_visible(StageQueue::Clean)), (then, None), "{stage:?}");
    }
}

/// C is a touch on B, and B became one on A. Taken out of B, C joins neither of them; B stays with A.
#[test]
fn a_touch_on_a_touch_leaves_the_whole_chain() {
    let mut stack = stack();
    let b = post(&mut stack, &person(1, 1));
    let c = post(&mut stack, &person(1, 2));
    assert_eq!(stands(&stack, &c), (Stage::Merged, Some(b.clone())));
    // B's claims lapse while it is parked, A comes with B's address, and B is released.
    stack.world.put(Row::State(state(&stack, &b).parked(for_a_while(), stack.world.now())));
    stack.pass(SignedDuration::from_hours(24 * 181));
    let a = post(&mut stack, &person(1, 3));
    assert_eq!(verdict(&mut stack, &b, "release").0, 200);
    assert_eq!(stands(&stack, &b), (Stage::Merged, Some(a.clone())));

    unmerge(&mut stack, &c);
    assert_eq!(stands(&stack, &c), (Stage::Routed, None));
    assert_eq!(stands(&stack, &b), (Stage::Merged, Some(a.clone())));
    assert_eq!((state(&stack, &b).touches, state(&stack, &a).touches), (0, 1));
    // And B, taken out of A, is a lead without touches.
    unmerge(&mut stack, &b);
    assert_eq!(stands(&stack, &b), (Stage::Routed, None));
    assert_eq!((state(&stack, &b).touches, state(&stack, &a).touches), (0, 0));
}

#[test]
fn only_a_merged_lead_can_be_unmerged_and_only_by_its_people() {
    let mut stack = stack();
    let mut doubtful = person(0, 0);
    doubtful["contact"]["email"] = json!("chen.jie@mailinator.com");
    let held = post(&mut stack, &doubtful);
    let (status, problem) = verdict(&mut stack, &held, "unmerge");
    assert_eq!((status, &problem["type"]), (409, &json!("/problems/conflict")), "{problem}");
    assert_eq!(problem["detail"], "The lead is held; it takes the verdicts release, mql, not_mql, refuse, test now.");

    let routed = post(&mut stack, &person(1, 1));
    // A lead with sales is not the desk's, whatever the desk wants of it.
    assert_eq!(verdict(&mut stack, &routed, "unmerge").0, 404);
    let merged = post(&mut stack, &person(1, 1));
    for kind in ["release", "refuse", "mql", "not_mql"] {
        assert_eq!(verdict(&mut stack, &merged, kind).0, 409, "{kind}");
    }
    let body = json!({"verdict": "unmerge", "reason": "I called.", "actor": "lin"});
    let by_sales = stack.verdict("crm-china", &merged, &body);
    stack.settle().unwrap();
    assert_eq!(by_sales.status(), 404);
    assert_eq!(stands(&stack, &merged).0, Stage::Merged);
    unmerge(&mut stack, &merged);
}

/// What `clean` refuses, holds or parks, a person can bring back.
#[test]
fn every_stop_before_sales_can_be_lifted_by_a_person() {
    let mut test = person(0, 0);
    test["contact"]["name"] = json!("Test");
    let mut doubtful = person(0, 0);
    doubtful["contact"]["email"] = json!("chen.jie@mailinator.com");
    let mut unasked = person(0, 0);
    unasked.as_object_mut().unwrap().remove("consent");
    for (lead, stopped, rule) in [
        (test, Stage::Rejected, "test-lead"),
        (doubtful, Stage::Held, "disposable-mail"),
        (unasked, Stage::Held, "no-consent"),
        (person(0, 0), Stage::Parked, "-"),
    ] {
        for (kind, mql) in [("release", None), ("mql", Some("mql")), ("not_mql", Some("not_mql"))] {
            let mut stack = stack();
            let lead = if stopped == Stage::Parked { parked(&mut stack, &lead) } else { post(&mut stack, &lead) };
            let before = state(&stack, &lead);
            assert_eq!((before.stage, before.reason.unwrap().rule.as_str()), (stopped, rule));
            let at = stack.world.now();
            assert_eq!(verdict(&mut stack, &lead, kind).0, 200);
            let nurtured = mql == Some("not_mql");
            let stage = if nurtured { Stage::Nurtured } else { Stage::Routed };
            assert_eq!(stands(&stack, &lead), (stage, None), "{rule}, {kind}");

            // Who decided, and when, stands beside the scores that it beat.
            let queue = if nurtured { "nurture" } else { "sales-cn-east" };
            let told = told(&stack, queue, if nurtured { "nurture.enter" } else { "lead.routed" });
            let given = mql
                .map_or(Value::Null, |mql| json!({"verdict": mql, "by": "telemarketing-desk", "at": at.to_string()}));
            assert_eq!(told[0]["score"]["verdict"], given, "{rule}, {kind}");
            assert_eq!(told[0]["score"]["mql"], !nurtured);
        }
    }
}

/// A lead that failed for good before it was cleaned.
fn parked(stack: &mut Stack, lead: &Value) -> LeadId {
    let (lead_id, at) = (LeadId::parse("ld_parked").unwrap(), stack.world.now());
    let submission = parse(lead.to_string().as_bytes(), Encoding::Json).unwrap().submission;
    stack.world.put(Row::Submission(StoredSubmission { lead_id: lead_id.clone(), at, submission }));
    stack.world.put(Row::State(LeadState::received(lead_id.clone(), at).parked(for_a_while(), at)));
    lead_id
}

fn told(stack: &Stack, queue: &str, kind: &str) -> Vec<Value> {
    let queue = RULES.queues().iter().find(|spec| spec.name.as_str() == queue).unwrap();
    let bodies = stack.world.delivered(&queue.name).into_iter();
    let bodies = bodies.map(|message| serde_json::from_str::<Value>(&message.body).unwrap());
    bodies.filter(|body| body["type"] == kind).collect()
}

/// The master's queue hears that a touch left, which one, and what is left of the rest.
#[test]
fn sales_hears_that_a_touch_left() {
    let mut stack = stack();
    let master = post(&mut stack, &Person { email: Some(0), phone: None, name: None }.posts("first"));
    let second = post(&mut stack, &Person { email: Some(0), phone: None, name: None }.posts("second"));
    let third = post(&mut stack, &Person { email: Some(0), phone: None, name: None }.posts("third"));
    unmerge(&mut stack, &third);
    let told = told(&stack, "sales-cn-east", "lead.touched");
    let said: Vec<_> = told
        .iter()
        .map(|body| {
            (
                body["touches"].as_u64().unwrap(),
                body["left_by"].as_str(),
                body["latest"]["interest"]["message"].as_str(),
            )
        })
        .collect();
    assert_eq!(said, [(1, None, Some("second")), (2, None, Some("third")), (1, Some(third.as_str()), Some("second"))]);
    assert!(told.iter().all(|body| body["lead_id"] == master.as_str()));
    let ids: BTreeSet<&str> = told.iter().map(|body| body["delivery_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 3, "a consumer that deduplicates would miss one");
    assert_eq!(stands(&stack, &second), (Stage::Merged, Some(master)));
}

/// A lead with nothing to say, lifted to another queue by a touch that says more, goes back when that was another's.
#[test]
fn a_master_is_scored_without_the_touch() {
    let posts = |interest: Value| {
        let mut lead = Person { email: Some(0), phone: None, name: None }.posts("first");
        lead["company"]["size"] = json!(30);
        lead["tags"] = json!({});
        lead["interest"] = interest;
        lead
    };
    let mut stack = stack();
    let master = post(&mut stack, &posts(json!({})));
    let queue = |stack: &Stack| state(stack, &master).assignment.unwrap().queue.to_string();
    assert_eq!(queue(&stack), "nurture");
    let mut eager = posts(json!({"horizon": "immediate", "message": "Two presses, please."}));
    eager["tags"] = json!({"interaction": [{"kind": "demo_request"}]});
    let touch = post(&mut stack, &eager);
    assert_eq!((stands(&stack, &touch).0, queue(&stack).as_str()), (Stage::Merged, "self-service"));

    unmerge(&mut stack, &touch);
    assert_eq!(queue(&stack), "nurture");
    assert_eq!(told(&stack, "self-service", "lead.recalled")[0]["lead_id"], master.as_str());
    let nurtured = told(&stack, "nurture", "nurture.enter");
    let scores: Vec<(&Value, &Value)> =
        nurtured.iter().map(|body| (&body["score"]["intent"], &body["score"]["value"])).collect();
    assert_eq!((scores.len(), scores[0]), (2, scores[1]), "it is worth what it was before the touch came");
}

/// Sales works on it: a lead that a touch had lifted stays there when that touch turns out to be another's.
#[test]
fn what_sales_has_stays_when_a_touch_leaves() {
    let posts = |interest: Value, tags: Value| {
        let mut lead = Person { email: Some(0), phone: None, name: None }.posts("first");
        lead["interest"] = interest;
        lead["tags"] = tags;
        lead
    };
    let mut stack = stack();
    let master = post(&mut stack, &posts(json!({}), json!({"identity": ["decision_maker"]})));
    let queue = |stack: &Stack| state(stack, &master).assignment.unwrap().queue.to_string();
    assert_eq!(queue(&stack), "review");
    let interest = json!({"horizon": "immediate", "message": "Two presses, please."});
    let touch = post(&mut stack, &posts(interest, json!({"interaction": [{"kind": "demo_request"}]})));
    assert_eq!(queue(&stack), "sales-cn-east");

    unmerge(&mut stack, &touch);
    assert_eq!(queue(&stack), "sales-cn-east");
    let told = told(&stack, "sales-cn-east", "lead.touched");
    assert_eq!(told.iter().map(|body| body["left_by"].as_str()).collect::<Vec<_>>(), [Some(touch.as_str())]);
}

/// A join sends its master to be scored. When its message comes again it sends what it may have failed to send, and nothing
/// for a master that has gone on meanwhile: `clean` has no right to.
#[test]
fn a_join_that_comes_again_sends_its_master_to_be_scored_and_no_further() {
    for (stage, sends) in [(Stage::Cleaned, 1), (Stage::Scored, 0), (Stage::Received, 0), (Stage::Routed, 0)] {
        let mut stack = stack();
        let master = post(&mut stack, &person(0, 0));
        let touch = post(&mut stack, &person(0, 1));
        assert_eq!(stands(&stack, &touch), (Stage::Merged, Some(master.clone())));
        let master = state(&stack, &master);
        stack.world.put(Row::State(LeadState { stage, entered: master.version, ..master }));
        let before = LeadState { stage: Stage::Received, ..state(&stack, &touch) };
        stack.world.enqueue(StageQueue::Clean, StageMessage::next(&before).unwrap().body);

        let (now, messages) = (stack.world.now(), stack.world.receive(StageQueue::Clean, 10));
        let call = Call { now, deadline: now + SignedDuration::from_secs(10) };
        let settings = clean::Settings { rules: &RULES, pepper: b"pepper of the tests" };
        let cleaned = block_on(functions::clean(batch_of(&messages), &*stack.world, settings, call)).unwrap();
        assert_eq!((messages.len(), cleaned.batch_item_failures.len()), (1, 0), "{stage:?}");
        let sent = |queue| stack.world.depth(queue).visible;
        let queues = [StageQueue::Clean, StageQueue::Score, StageQueue::Route];
        assert_eq!(queues.map(sent), [0, sends, 0], "{stage:?}");
    }
}
