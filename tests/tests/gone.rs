//! A queue that is taken out of the rules while leads are in it, or on their way to it: nobody reads it any more, and the
//! leads go on all the same.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use futures::executor::block_on;
use jiff::SignedDuration;
use leads::id::Queue;
use leads::lead::{LeadState, Stage};
use leads::ports::{Commit, StageQueue, Write};
use leads::row::Row;
use leads::rules::RuleSet;
use serde_json::Value;
use support::Call;
use tests::faults::Plan;
use tests::functions;
use tests::rule_sets::rules;
use tests::scenarios::hot;
use tests::stack::{Mode, Stack};

/// The rules without a queue; what went there goes to another one.
fn without(queue: &str, title: &str, other: &str) -> RuleSet {
    let block = format!("[[queue]]\nname = \"{queue}\"\nkind = \"sales\"\ntitle = \"{title}\"\n");
    let changes = ["queue = ", "otherwise = ", "queues = ["]
        .map(|key| (format!("{key}\"{queue}\""), format!("{key}\"{other}\"")));
    rules(|text| {
        let text = text.replace(&block, "").replace(&format!("\"{queue}\", "), "");
        changes.iter().fold(text, |text, (from, to)| text.replace(from, to))
    })
}

fn posted() -> Stack {
    let mut stack = Stack::new(Mode::Apart, Plan::default());
    stack.post(&hot(), None);
    stack.settle().unwrap();
    assert_eq!(told(&stack, "sales-cn-east"), ["lead.routed 1"]);
    stack
}

fn lead(stack: &Stack) -> LeadState {
    stack.world.states().remove(0)
}

/// What a queue was told, as type and epoch.
fn told(stack: &Stack, queue: &str) -> Vec<String> {
    let messages = stack.world.delivered(&Queue::parse(queue).unwrap());
    let row = |body: Value| format!("{} {}", body["type"].as_str().unwrap(), body["epoch"]);
    messages.iter().map(|message| row(serde_json::from_str(&message.body).unwrap())).collect()
}

/// So many ticks by these rules, of which none fails.
fn tick(stack: &Stack, rules: &RuleSet, times: u8) {
    for _ in 0..times {
        let now = stack.world.now();
        let call = Call { now, deadline: now + SignedDuration::from_secs(10) };
        let tick = block_on(functions::sla(&*stack.world, rules, call, || now));
        assert_eq!(tick.failed, 0, "{tick:?}");
        stack.world.set_now(now + SignedDuration::from_mins(1));
    }
}

fn days(stack: &Stack, days: i64) {
    stack.world.set_now(stack.world.now() + SignedDuration::from_hours(24 * days));
}

/// The clock goes on: whoever looks after deadlines hears of the lead, and in the end somebody else has it.
#[test]
fn a_lead_in_it_is_chased_all_the_same() {
    let (stack, rules) = (posted(), without("sales-cn-east", "Sales China East", "sales-cn-north"));
    days(&stack, 7);
    tick(&stack, &rules, 3);
    days(&stack, 5);
    tick(&stack, &rules, 6);
    assert_eq!(told(&stack, "sales-cn-east"), ["lead.routed 1"], "it is told nothing more");
    assert_eq!(told(&stack, "sla-breaches").last().unwrap(), "lead.breached 1");
    assert_eq!(told(&stack, "sales-managers"), ["lead.escalated 1"]);
    assert_eq!(told(&stack, "sales-desk"), ["lead.routed 2"]);
    assert!(lead(&stack).owes.is_empty());
}

/// The clock of a lead is older than the rules.
#[test]
fn a_clock_that_names_it_gives_the_lead_to_the_catch_all() {
    let (stack, rules) = (posted(), without("sales-desk", "Sales desk", "sales-apac"));
    days(&stack, 13);
    tick(&stack, &rules, 8);
    assert_eq!(told(&stack, "sales-apac"), ["lead.routed 2"]);
    assert_eq!(told(&stack, "sales-desk"), Vec::<String>::new());
    assert_eq!(told(&stack, "sales-cn-east").last().unwrap(), "lead.recalled 1");
    let decided = stack.world.rows().into_iter().find_map(|row| match row {
        Row::Decision(decision) if decision.epoch == 2 => Some(decision.trace.0[0].why.clone()),
        _ => None,
    });
    let why = "Nobody in sales-cn-east answered. The queue sales-desk, which was to have it, is gone.";
    assert_eq!(decided.as_deref(), Some(why));
}

/// Whether its delivery came is unknown, and nobody will ever tell.
#[test]
fn a_lead_on_its_way_to_it_is_routed_anew() {
    let (stack, rules) = (posted(), without("sales-cn-east", "Sales China East", "sales-cn-north"));
    let read = lead(&stack);
    block_on(stack.world.commit(&[Write::after(&read, read.delivery_unknown(stack.world.now()))])).unwrap();
    days(&stack, 1);
    tick(&stack, &rules, 1);
    assert_eq!((lead(&stack).stage, stack.world.depth(StageQueue::Score).visible), (Stage::Cleaned, 1));
    assert_eq!(told(&stack, "sales-cn-east"), ["lead.routed 1"]);
}
