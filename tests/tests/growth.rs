//! What a lead takes does not grow with what is stored already. `simulate growth` goes on to a million.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use jiff::SignedDuration;
use leads::memory::World;
use leads::row::{Row, RowKey};
use serde_json::Value;
use tests::faults::Plan;
use tests::growth::{Axis, Original, Person, Works, account, fill, fill_touches};
use tests::rule_sets::RULES;
use tests::scenarios::{cold, hot};
use tests::stack::{Mode, START, Stack};

fn check(axis: Axis) {
    let [less, more] = [1_000, 10_000].map(|size| axis.count(size).unwrap());
    let grown = more.grown_since(&less);
    assert!(grown.is_empty(), "{}, ten times as many:\n{}", axis.name(), grown.join("\n"));
}

#[test]
fn nothing_grows_with_the_leads_stored() {
    check(Axis::Stored);
}

#[test]
fn nothing_grows_with_the_open_clocks() {
    check(Axis::Clocks);
}

#[test]
fn nothing_grows_with_the_leads_of_one_company() {
    check(Axis::Company);
}

#[test]
fn nothing_grows_with_the_duplicates_of_one_lead() {
    check(Axis::Duplicates);
}

fn by_key(rows: Vec<Row>) -> BTreeMap<RowKey, Row> {
    rows.into_iter().map(|row| (row.key(), row)).collect()
}

fn table() -> World {
    let world = World::new(START.parse().unwrap(), RULES.queues().iter().map(|queue| queue.name.clone()));
    world.put(account());
    world
}

/// What the functions make of posts by these people, under keys of their own or of others.
fn made(posts: impl Iterator<Item = (Person, Value)>) -> BTreeMap<RowKey, Row> {
    let mut stack = Stack::new(Mode::Apart, Plan::default());
    stack.world.put(account());
    for (person, lead) in posts {
        stack.post(&person.lead(&lead), Some(&person.key()));
        stack.run_for(SignedDuration::from_millis(0));
    }
    by_key(stack.world.rows())
}

/// The tables that are filled at once are those that the functions would have filled, row by row.
#[test]
fn what_is_stored_again_is_what_the_functions_store() {
    for works in [Works::Alone, Works::Together] {
        let filled = table();
        fill(&filled, &[Original::of(&hot(), works), Original::of(&cold(), works)], 6, works);
        let posts = (0..6).map(|number| (Person::of(number, works), if number % 2 == 0 { hot() } else { cold() }));
        assert_eq!(by_key(filled.rows()), made(posts), "{works:?}");
    }
    let filled = table();
    fill_touches(&filled, &hot(), 8);
    let person = Person::of(0, Works::Alone);
    assert_eq!(by_key(filled.rows()), made((0..=8).map(|number| (person.under_key_of(number), hot()))));
}
