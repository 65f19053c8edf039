//! Owners and caps end to end, over the ports in memory: who gets a lead, when many are routed at once, and what becomes of
//! those that nobody has room for.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use jiff::SignedDuration;
use leads::lead::{LeadState, Stage};
use leads::row::Row;
use serde_json::{Value, json};
use tests::books::invariants;
use tests::faults::Plan;
use tests::rule_sets::Room;
use tests::scenarios::hot;
use tests::stack::clients::Reply;
use tests::stack::{Mode, Stack};

/// A lead of somebody else each time, for the sales of East China.
fn post(stack: &mut Stack, who: usize) -> Reply {
    let mut body = hot();
    body["contact"] = json!({"name": format!("Chen {who}"), "email": format!("person{who}@weida-presses.example")});
    stack.post(&body, Some(&format!("k-{who}")))
}

fn state(stack: &Stack, reply: &Reply) -> LeadState {
    let id = reply.lead_id().unwrap();
    stack.world.states().into_iter().find(|state| state.lead_id == id).unwrap()
}

/// Queue and owner.
fn whose(state: &LeadState) -> String {
    match &state.assignment {
        Some(assignment) => format!("{} {}", assignment.queue, assignment.owner.as_deref().unwrap_or("-")),
        None => state.stage.name().to_owned(),
    }
}

fn answer(stack: &mut Stack, lead: &LeadState, disposition: &str) {
    let body = json!({"epoch": lead.epoch, "disposition": disposition});
    assert_eq!(stack.answer("crm-china", &lead.lead_id, &body).status(), 0);
    stack.settle().unwrap();
}

/// By name, the numbers of open leads.
fn open(stack: &Stack) -> BTreeMap<String, i64> {
    let rows = stack.world.rows().into_iter();
    rows.filter_map(|row| if let Row::Open(row) = row { Some((row.pk, row.open)) } else { None }).collect()
}

fn sound(stack: &Stack) {
    assert_eq!(invariants(stack).violations, Vec::<String>::new());
}

#[test]
fn the_owner_is_told_with_the_reason() {
    let mut stack = Stack::new(Mode::Apart, Plan::default()).with_room(Room::Much);
    let posted = post(&mut stack, 0);
    stack.settle().unwrap();
    let lead = state(&stack, &posted);
    let told = stack.world.delivered(&lead.assignment.as_ref().unwrap().queue);
    let told: Value = serde_json::from_str(&told[0].body).unwrap();
    let step = told["trace"].as_array().unwrap().last().unwrap();
    let why = "turn 1 of sales-cn-east: wang.wei, of 2 available; zhao.min is on leave until 2027-12-31";
    assert_eq!(
        (&told["owner"], &step["step"], &step["why"]),
        (&json!("wang.wei"), &json!("owners.sales-cn-east"), &json!(why))
    );
    let calls = stack.plan.calls();
    let routing = &calls[calls.iter().position(|call| *call == "open").unwrap() - 1..];
    assert_eq!(routing, ["lead", "open", "turn", "commit", "send"]);
    sound(&stack);
}

/// So many leads at once, routed side by side: what each owner of each queue got, and how many turns were taken. By a seed
/// messages come twice, and out of order.
fn at_once(leads: usize, mode: Mode, seed: Option<u64>) -> (BTreeMap<String, u64>, u64) {
    let stack = match seed {
        Some(seed) => Stack::by_chance(mode, Plan::default(), seed),
        None => Stack::new(mode, Plan::default()),
    };
    let mut stack = stack.with_room(Room::Much);
    (0..leads).for_each(|who| drop(post(&mut stack, who)));
    stack.settle().unwrap();
    sound(&stack);
    let mut had: BTreeMap<String, u64> = BTreeMap::new();
    stack.world.states().iter().for_each(|state| *had.entry(whose(state)).or_default() += 1);
    let taken =
        |row: Row| if let Row::Turn(row) = row { (row.pk == "turn#sales-cn-east").then_some(row.taken) } else { None };
    (had, stack.world.rows().into_iter().find_map(taken).unwrap())
}

/// As long as there is room every turn is used, and three turns in a row give two leads to whoever has twice the weight. Two
/// copies of a message that meet take a turn each, and one is lost.
#[test]
fn many_at_once_are_given_out_fairly() {
    for mode in [Mode::Apart, Mode::Batches] {
        let expected = [("sales-cn-east li.na", 38), ("sales-cn-east wang.wei", 19)];
        assert_eq!(at_once(57, mode, None), (expected.map(|(who, leads)| (who.to_owned(), leads)).into(), 57));
        for seed in 0..8 {
            let (had, taken) = at_once(57, mode, Some(seed));
            let (li, wang, lost) = (had["sales-cn-east li.na"], had["sales-cn-east wang.wei"], taken - 57);
            assert_eq!(li + wang, 57, "seed {seed}: {had:?}");
            assert!(li.abs_diff(38) <= lost + 1, "seed {seed}: {had:?}, {lost} turns were lost");
        }
    }
}

/// Sixty have room, and no more are given out, however many look at the same time. Whoever took a turn and found the queue
/// full has used it up.
#[test]
fn more_at_once_than_there_is_room_for_overflow() {
    for seed in 0..16 {
        let mode = if seed % 2 == 0 { Mode::Apart } else { Mode::Batches };
        let (had, taken) = at_once(64, mode, Some(seed));
        let of = |who: &str| had.get(who).copied().unwrap_or_default();
        let (li, wang) = (of("sales-cn-east li.na"), of("sales-cn-east wang.wei"));
        assert_eq!((li + wang, of("sales-desk chen.bo")), (60, 4), "seed {seed}: {had:?}");
        assert!(li <= 40 && li.abs_diff(40) <= taken - 60 + 1, "seed {seed}: {had:?}, {taken} turns");
    }
}

/// Three leads, one after the other.
fn three(stack: &mut Stack) -> Vec<Reply> {
    let one = |who| {
        let reply = post(stack, who);
        stack.settle().unwrap();
        reply
    };
    (0..3).map(one).collect()
}

#[test]
fn a_lead_without_room_waits_until_there_is_some() {
    let mut stack = Stack::new(Mode::Apart, Plan::default()).with_room(Room::Little);
    let posted = three(&mut stack);
    let all = |stack: &Stack| posted.iter().map(|reply| whose(&state(stack, reply))).collect::<Vec<_>>();
    assert_eq!(all(&stack), ["sales-cn-east wang.wei", "sales-cn-east li.na", "held"]);
    assert_eq!(state(&stack, &posted[2]).reason.unwrap().code, "no-room");
    assert_eq!(state(&stack, &posted[2]).listed(), None, "it waits for nobody's verdict");
    sound(&stack);

    // Somebody is on it: it is open still.
    let first = state(&stack, &posted[0]);
    answer(&mut stack, &first, "contacted");
    answer(&mut stack, &first, "accepted");
    stack.run_for(SignedDuration::from_mins(25));
    stack.settle().unwrap();
    assert_eq!(all(&stack)[2], "held");
    answer(&mut stack, &first, "won");
    stack.run_for(SignedDuration::from_mins(12));
    stack.settle().unwrap();
    assert_eq!(all(&stack), ["sales-cn-east wang.wei", "sales-cn-east li.na", "sales-cn-east wang.wei"]);
    assert_eq!(open(&stack)["queue#sales-cn-east"], 2);
    let deferred = |row: &Row| matches!(row, Row::Event(event) if event.what == "deferred");
    assert_eq!(stack.world.rows().iter().filter(|row| deferred(row)).count(), 1);
    sound(&stack);
}

#[test]
fn a_lead_without_room_goes_to_review_when_its_time_is_up() {
    let mut stack = Stack::new(Mode::Apart, Plan::default()).with_room(Room::Little);
    let posted = three(&mut stack);
    // One working day: until Wednesday at ten.
    stack.pass(SignedDuration::from_hours(23));
    stack.settle().unwrap();
    assert_eq!(whose(&state(&stack, &posted[2])), "held");
    stack.pass(SignedDuration::from_hours(2));
    stack.settle().unwrap();
    let last = state(&stack, &posted[2]);
    assert_eq!((last.stage, whose(&last), last.waits), (Stage::Routed, "review -".to_owned(), None));
    sound(&stack);
}

/// Each way out of a queue frees both places, and taking a lead up again takes them.
#[test]
fn whoever_is_rid_of_a_lead_has_room() {
    for (disposition, frees) in [
        ("contacted", false),
        ("accepted", false),
        ("dance", false),
        ("won", true),
        ("not_a_fit", true),
        ("unreachable", true),
        ("needs_a_call", true),
        ("do_not_contact", true),
        ("not_ready", true),
    ] {
        let mut stack = Stack::new(Mode::Apart, Plan::default()).with_room(Room::Much);
        let posted = post(&mut stack, 0);
        stack.settle().unwrap();
        let lead = state(&stack, &posted);
        answer(&mut stack, &lead, disposition);
        let left = i64::from(!frees);
        let open = open(&stack);
        assert_eq!((open["queue#sales-cn-east"], open["owner#wang.wei"]), (left, left), "{disposition}");
        sound(&stack);
    }
    let mut stack = Stack::new(Mode::Apart, Plan::default()).with_room(Room::Much);
    let posted = post(&mut stack, 0);
    stack.settle().unwrap();
    let lead = state(&stack, &posted);
    for (disposition, left) in [("won", 0), ("accepted", 1), ("unreachable", 0), ("accepted", 1), ("too_small", 0)] {
        answer(&mut stack, &lead, disposition);
        assert_eq!(open(&stack)["owner#wang.wei"], left, "{disposition}");
        sound(&stack);
    }
    // The web shop has it now.
    assert_eq!((open(&stack)["queue#self-service"], whose(&state(&stack, &posted))), (1, "self-service sun.yu".into()));
}

/// Whoever hands a lead on need not know who works there: those who do take turns, told with the reason, and once,
/// however often the answer comes.
#[test]
fn a_lead_that_is_handed_on_finds_an_owner() {
    let mut stack = Stack::new(Mode::Apart, Plan::default()).with_room(Room::Much);
    let mut handed_on = |who| {
        let posted = post(&mut stack, who);
        stack.settle().unwrap();
        let lead = state(&stack, &posted);
        answer(&mut stack, &lead, "too_small");
        let again = stack.repeat();
        stack.settle().unwrap();
        assert_eq!(again.status(), 200);
        whose(&state(&stack, &posted))
    };
    let had: Vec<String> = (0..4).map(&mut handed_on).collect();
    let turns = ["sun.yu", "mei.lin", "sun.yu", "mei.lin"].map(|owner| format!("self-service {owner}"));
    assert_eq!(had, turns);
    let told = stack.world.delivered(&leads::id::Queue::parse("self-service").unwrap());
    let told: Value = serde_json::from_str(&told[1].body).unwrap();
    let steps: Vec<(&str, &str)> = told["trace"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["step"].as_str().unwrap(), step["why"].as_str().unwrap()))
        .collect();
    let turn = "turn 2 of self-service: mei.lin, of 2 available";
    let expected = [("playbook.too_small", "The web shop serves them better."), ("owners.self-service", turn)];
    assert_eq!((told["owner"].as_str(), steps), (Some("mei.lin"), expected.to_vec()));
    sound(&stack);
}

/// The web shop has room for one lead. The next one goes on to the sales desk, and the third, for which nobody has room, to
/// whoever looks into what is left.
#[test]
fn a_lead_that_is_handed_on_overflows() {
    let mut stack = Stack::new(Mode::Apart, Plan::default()).with_room(Room::Little);
    let mut handed_on = |who| {
        let posted = post(&mut stack, who);
        stack.settle().unwrap();
        let lead = state(&stack, &posted);
        answer(&mut stack, &lead, "too_small");
        whose(&state(&stack, &posted))
    };
    let had: Vec<String> = (0..3).map(&mut handed_on).collect();
    assert_eq!(had, ["self-service -", "sales-desk chen.bo", "review -"]);
    sound(&stack);
}
