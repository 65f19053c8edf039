//! What people answer, and what happens if they do not.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use leadctl::commands;
use leads::id::LeadId;
use leads::lead::Stage;
use leads::ports::{ReadLead, ReadTouches};
use serde_json::{Value, json};

use super::people::{hesitant, hot};
use super::world::{Signing, World};

/// Two leads on the queue that has two minutes.
pub(crate) struct Waiting {
    silent: LeadId,
    answered: LeadId,
}

pub(crate) async fn two_with_little_time(world: &World) -> Waiting {
    let silent = world.accepted(&hesitant("silent")).await;
    let answered = world.accepted(&hesitant("answered")).await;
    for (lead, end) in world.ends(&[silent.clone(), answered.clone()]).await {
        assert_eq!(end.queue.unwrap().as_str(), "review", "{lead}");
    }
    // Answered at once, well within its time.
    let body = json!({"epoch": 1, "disposition": "accepted", "note": "Called.", "actor": "wang.fang"}).to_string();
    let answer = world.signed(&Signing::by("crm-china", "e2e-answer"), &feedback_to(&answered), &body).await;
    assert_eq!((answer.status, answer.replayed), (200, false), "{answer:?}");
    assert_eq!(answer.body["stage"], "routed");
    assert_eq!(answer.body["mapped"], true);
    let again = world.signed(&Signing::by("crm-china", "e2e-answer"), &feedback_to(&answered), &body).await;
    assert_eq!((again.status, again.replayed), (200, true), "{again:?}");
    assert_eq!(again.body, answer.body);
    Waiting { silent, answered }
}

pub(crate) async fn signatures(world: &World, waiting: &Waiting) {
    let body = json!({"epoch": 1, "disposition": "accepted"}).to_string();
    let east = world.accepted(&hot("shanghai", "CN", "Shanghai")).await;
    assert_eq!(world.end(&east).await.queue.unwrap().as_str(), "sales-cn-east");

    let fresh = Signing::by("crm-china", "e2e-bent");
    let rows = [
        ("a changed signature", Signing { flipped: true, ..fresh.clone() }, &east, 401, "/problems/unauthorized"),
        ("ten minutes old", Signing { age: 600, ..fresh.clone() }, &east, 401, "/problems/unauthorized"),
        ("somebody unknown", Signing::by("crm-mars", "e2e-bent"), &east, 401, "/problems/unauthorized"),
        ("another's queue", Signing::by("crm-world", "e2e-bent"), &east, 404, "/problems/not-found"),
        ("nobody's lead", fresh.clone(), &LeadId::parse("ld_nobodys").unwrap(), 404, "/problems/not-found"),
        // The id has answered another lead already.
        ("a used id", Signing::by("crm-china", "e2e-answer"), &east, 422, "/problems/idempotency-key-reused"),
    ];
    for (name, signing, lead, status, problem) in rows {
        let answer = world.signed(&signing, &feedback_to(lead), &body).await;
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        assert_eq!(answer.body["type"], problem, "{name}");
        assert_eq!(answer.content_type, "application/problem+json", "{name}");
    }
    // None of them acted.
    for lead in [&east, &waiting.silent] {
        let rows = world.client.aws.lead(lead).await.unwrap().unwrap();
        assert!(rows.state.answer.is_none(), "{lead}");
    }
}

pub(crate) async fn held_and_released(world: &World) {
    let mut lead = hot("drawn", "PL", "Łódź");
    lead["source"]["campaign"] = "lottery-fair-2026".into();
    let lead = world.accepted(&lead).await;
    let held = world.end(&lead).await;
    assert_eq!((held.stage, held.reason.as_deref()), (Stage::Held, Some("screening")));
    let told = world.hears("telemarketing", &lead, "lead.held", 0).await;
    assert_eq!(told.len(), 1, "{told:?}");
    let verdict_to = told[0]["verdict_to"].as_str().unwrap();
    assert_eq!(verdict_to, format!("/v1/leads/{lead}/verdict"));
    assert!(world.told("sales-europe", &lead).await.is_empty());

    let body = json!({"verdict": "release", "reason": "Called: they mean it.", "actor": "desk-3"}).to_string();
    let refused = world.signed(&Signing::by("crm-world", "e2e-verdict"), verdict_to, &body).await;
    assert_eq!(refused.status, 404, "{refused:?}");
    let answer = world.signed(&Signing::by("telemarketing-desk", "e2e-verdict"), verdict_to, &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body, json!({"lead_id": lead.as_str(), "verdict": "release", "stage": "received"}));

    let end = world.end(&lead).await;
    assert_eq!((end.stage, end.queue.unwrap().as_str()), (Stage::Routed, "sales-europe"));
    let told = world.hears("sales-europe", &lead, "lead.routed", 1).await;
    assert_eq!(told.len(), 1, "{told:?}");
}

/// A touch that is somebody else's becomes a lead again, and the lead that it had joined is scored without it.
pub(crate) async fn a_join_undone(world: &World) {
    let mother = world.accepted(&hot("undone", "CN", "Xi'an")).await;
    assert_eq!(world.end(&mother).await.stage, Stage::Routed);
    let daughter = world.accepted(&hot("undone", "CN", "Xi'an")).await;
    assert_eq!(world.end(&daughter).await.merged_into, Some(mother.clone()));
    world.hears("sales-cn-west", &mother, "lead.touched", 1).await;

    let path = format!("/v1/leads/{daughter}/verdict");
    let body = json!({"verdict": "unmerge", "reason": "A mother and her daughter.", "actor": "desk-3"}).to_string();
    let answer = world.signed(&Signing::by("telemarketing-desk", "e2e-unmerge"), &path, &body).await;
    assert_eq!((answer.status, answer.replayed), (200, false), "{answer:?}");
    assert_eq!(answer.body, json!({"lead_id": daughter.as_str(), "verdict": "unmerge", "stage": "received"}));
    let again = world.signed(&Signing::by("telemarketing-desk", "e2e-unmerge"), &path, &body).await;
    assert_eq!((again.status, again.replayed, again.body), (200, true, answer.body));

    let end = world.end(&daughter).await;
    assert_eq!((end.stage, end.queue.unwrap().as_str()), (Stage::Routed, "sales-cn-west"));
    assert_eq!(world.hears("sales-cn-west", &daughter, "lead.routed", 1).await.len(), 1);
    let deadline = Instant::now() + Duration::from_secs(10);
    let told = loop {
        let told = world.told("sales-cn-west", &mother).await;
        if told.len() == 3 {
            break told;
        }
        assert!(Instant::now() < deadline, "{told:?}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    };
    assert_eq!((&told[2]["touches"], &told[2]["left_by"]), (&json!(0), &json!(daughter.as_str())));
    assert_eq!(told[2].get("latest"), None);
    assert_eq!(world.client.aws.touches(&mother, 50).await.unwrap(), []);
}

/// The silent lead is flagged, and stays flagged once when the schedule has ticked again; the answered one never is.
pub(crate) async fn breach(world: &World, waiting: &Waiting) {
    let due = assigned_until(world, &waiting.silent).await;
    let told = loop {
        let told = world.told("sla-breaches", &waiting.silent).await;
        if !told.is_empty() {
            break told;
        }
        let late = Timestamp::now().as_second() - due.as_second();
        assert!(late < 150, "not flagged {late} s after its deadline");
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    assert_eq!(told[0]["type"], "lead.breached");
    assert_eq!(told[0]["silent_queue"], "review");
    assert_eq!(told[0]["epoch"], 1);
    assert_eq!(told[0]["feedback_due"], due.to_string());

    let flagged: Timestamp = told[0]["breached_at"].as_str().unwrap().parse().unwrap();
    assert!(flagged >= due, "flagged before its deadline");
    let next_tick = 75 - (Timestamp::now().as_second() - flagged.as_second());
    tokio::time::sleep(Duration::from_secs(next_tick.max(0).unsigned_abs())).await;
    assert_eq!(world.told("sla-breaches", &waiting.silent).await.len(), 1);
    assert!(world.told("sla-breaches", &waiting.answered).await.is_empty());
    let answered = world.client.aws.lead(&waiting.answered).await.unwrap().unwrap().state;
    assert!(answered.breached_at.is_none() && assigned_until(world, &waiting.answered).await < Timestamp::now());
}

/// The silent lead's whole life: reminded, flagged, escalated, given to another queue, answered, kept for later, brought
/// back, given out, won. Each of it once.
pub(crate) async fn the_closed_loop(world: &World, waiting: &Waiting) {
    let lead = &waiting.silent;
    let heard = async |queue: &str, kind: &str, epoch: u32| {
        let deadline = Instant::now() + Duration::from_secs(240);
        while !world.told(queue, lead).await.iter().any(|body| body["type"] == kind && body["epoch"] == epoch) {
            assert!(Instant::now() < deadline, "no {kind} of epoch {epoch} on {queue}");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    heard("sales-desk", "lead.routed", 2).await;
    heard("review", "lead.recalled", 1).await;
    // Whoever lost it has nothing to say any more; whoever has it gives it back until yesterday.
    let yesterday = Timestamp::now().to_zoned(TimeZone::UTC).date().yesterday().unwrap();
    let rows = [
        ("e2e-loop-1", json!({"epoch": 1, "disposition": "accepted"}), 409),
        ("e2e-loop-2", json!({"epoch": 2, "disposition": "no_budget_yet", "next_date": yesterday}), 200),
    ];
    for (id, body, status) in rows {
        let answer = world.signed(&Signing::by("crm-china", id), &feedback_to(lead), &body.to_string()).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    heard("review", "lead.routed", 3).await;
    let amount = json!({"minor": 990_000, "currency": "CNY"});
    let body = json!({"epoch": 3, "disposition": "won", "amount": amount, "actor": "wang.fang"}).to_string();
    let answer = world.signed(&Signing::by("crm-china", "e2e-loop-3"), &feedback_to(lead), &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    commands::explain::run(&world.client, lead.as_str(), false).await.unwrap();

    let kinds = |told: Vec<Value>| -> Vec<String> {
        told.iter().map(|body| format!("{} {}", body["type"].as_str().unwrap(), body["epoch"])).collect()
    };
    let expected = [
        ("review", vec!["lead.routed 1", "lead.reminder 1", "lead.recalled 1", "lead.routed 3"]),
        ("sales-desk", vec!["lead.routed 2"]),
        ("sla-breaches", vec!["lead.breached 1"]),
        ("sales-managers", vec!["lead.escalated 1"]),
    ];
    for (queue, told) in expected {
        assert_eq!(kinds(world.told(queue, lead).await), told, "{queue}");
    }
}

async fn assigned_until(world: &World, lead: &LeadId) -> Timestamp {
    let state = world.client.aws.lead(lead).await.unwrap().unwrap().state;
    state.assignment.unwrap().feedback_due.unwrap()
}

fn feedback_to(lead: &LeadId) -> String {
    format!("/v1/leads/{lead}/feedback")
}
