//! After a restore from a backup: whoever was erased since is found in the restored table, and nobody else.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use futures::executor::block_on;
use jiff::SignedDuration;
use leadctl::erasure;
use leadctl::restored::{Again, again, tombstones};
use leads::id::LeadId;
use leads::lead::Stage;
use leads::row::Row;
use serde_json::{Value, json};
use tests::faults::Plan;
use tests::rule_sets::RULES;
use tests::stack::{Mode, Stack};

fn person(name: &str) -> Value {
    json!({
        "form_id": "contact",
        "contact": {"name": name, "title": "Purchasing Director", "email": format!("{name}@{name}works.example")},
        "company": {"name": format!("{name} Works"), "size": 1200, "country": "CN", "province": "Zhejiang"},
        "interest": {"horizon": "immediate", "product": "kiln"},
        "source": {"channel": "website"},
        "consent": {"purpose": "sales_contact", "text_version": "2026-01"},
        "tags": {"identity": ["decision_maker"], "interaction": [{"kind": "demo_request"}]}
    })
}

fn post(stack: &mut Stack, name: &str, key: &str) -> LeadId {
    let posted = stack.post(&person(name), Some(key));
    stack.settle().unwrap();
    posted.lead_id().unwrap()
}

fn erase(stack: &mut Stack, lead: &LeadId) {
    let (world, lead) = (Rc::clone(&stack.world), lead.clone());
    stack.start(async move |ports, _| {
        erasure::erase(&lead, &ports, &RULES, || world.now(), |_| {}).await.unwrap();
    });
    stack.settle().unwrap();
}

/// A stack over the rows of a backup.
fn restored(backup: Vec<Row>) -> Stack {
    let mut stack = Stack::new(Mode::Apart, Plan::default());
    stack.pass(SignedDuration::from_hours(24));
    backup.into_iter().for_each(|row| stack.world.put(row));
    stack
}

fn looked_up(old: &Stack, new: &Stack) -> Again {
    let erased = block_on(tombstones(&*old.world, |_| {})).unwrap();
    block_on(again(&erased, &*new.world, &RULES)).unwrap()
}

#[test]
fn whoever_was_erased_since_is_erased_again_and_nobody_else() {
    let mut old = Stack::new(Mode::Apart, Plan::default());
    let early = post(&mut old, "ada", "k-0");
    erase(&mut old, &early);
    let person = post(&mut old, "boris", "k-1");
    let again_posted = post(&mut old, "boris", "k-2");
    let stranger = post(&mut old, "carla", "k-3");
    let backup = old.world.rows();
    let late = post(&mut old, "dora", "k-4");
    erase(&mut old, &person);
    erase(&mut old, &late);

    let mut new = restored(backup);
    let found = looked_up(&old, &new);
    let leads: Vec<BTreeSet<&LeadId>> =
        found.persons.iter().map(|members| members.iter().map(|member| &member.lead_id).collect()).collect();
    // `early` is a tombstone in the backup too, and `late` came after it.
    assert_eq!(leads, [BTreeSet::from([&person, &again_posted])]);
    assert_eq!((found.absent, found.joined.len()), (1, 0));

    erase(&mut new, &found.persons[0][0].lead_id);
    assert!(!serde_json::to_string(&new.world.rows()).unwrap().to_lowercase().contains("boris"));
    let states = new.world.states();
    assert!(states.iter().any(|state| state.lead_id == stranger && state.stage == Stage::Routed), "{states:?}");
    let found = looked_up(&old, &new);
    assert_eq!((found.persons.len(), found.absent, found.joined.len()), (0, 1, 0));
}

/// Two were one at that moment and were taken apart since: who was not erased is not erased by the way.
#[test]
fn who_was_taken_apart_since_is_left_to_a_person() {
    let mut old = Stack::new(Mode::Apart, Plan::default());
    let person = post(&mut old, "boris", "k-1");
    let other = post(&mut old, "boris", "k-2");
    let backup = old.world.rows();
    let verdict = json!({"verdict": "unmerge", "reason": "two people", "actor": "desk-1"});
    let answer = old.verdict("telemarketing-desk", &other, &verdict);
    old.settle().unwrap();
    assert_eq!(answer.status(), 200);
    erase(&mut old, &person);

    let new = restored(backup);
    let found = looked_up(&old, &new);
    assert_eq!(found.persons, Vec::<Vec<_>>::new());
    assert_eq!(found.joined, BTreeMap::from([(person, BTreeSet::from([other]))]));
}
