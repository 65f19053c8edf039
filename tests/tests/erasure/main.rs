//! Erasure: at every point of a lead's life, with every fault, nothing of the person is left in the table or in the
//! queues between the functions, the last word to every queue is `lead.erased`, and nothing brings the lead back.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod lives;
mod person;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::SignedDuration;
use leadctl::erasure;
use leads::id::LeadId;
use leads::lead::Stage;
use leads::ledger::Ledger;
use leads::personal::Personal;
use leads::ports::StageQueue;
use leads::row::Row;
use leads::rules::QueueSpec;
use serde_json::{Value, json};
use tests::faults::{Fault, Plan};
use tests::rule_sets::RULES;
use tests::stack::{Mode, Stack};

use crate::lives::{LIVES, Life, named, post};
use crate::person::{CANARIES, a_test, canaries, cold, doubtful, hot, report, verdict};

/// Starts `leadctl erase` once that many calls have been made. Whether it came to its end.
fn erase(stack: &Stack, lead: &LeadId, after: usize) -> Rc<Cell<bool>> {
    let done = Rc::new(Cell::new(false));
    let (world, plan, told, lead) = (Rc::clone(&stack.world), Rc::clone(&stack.plan), Rc::clone(&done), lead.clone());
    stack.start(async move |ports, life| {
        let far = world.now() + SignedDuration::from_hours(24 * 365);
        life.sleep_until(&world, far, || plan.count() >= after).await;
        match erasure::erase(&lead, &ports, &RULES, || world.now(), |_| {}).await {
            // Before it was posted there was nobody to erase.
            Ok(()) | Err(erasure::Unfinished::NoLead(_)) => told.set(true),
            Err(_) => {}
        }
    });
    done
}

/// Runs it again until it comes to its end.
fn erase_for_good(stack: &mut Stack, lead: &LeadId) -> Result<(), String> {
    for _ in 0..6 {
        let done = erase(stack, lead, 0);
        stack.settle()?;
        if done.get() {
            return Ok(());
        }
    }
    Err("the erasure never came to its end".into())
}

/// What is left of a person all of whose leads should be erased.
fn left(stack: &Stack) -> Vec<String> {
    let mut wrong = Vec::new();
    for row in stack.world.rows() {
        let found = canaries(&serde_json::to_string(&row).unwrap());
        if !found.is_empty() {
            wrong.push(format!("{:?} holds {found:?}", row.key()));
        }
        match row {
            Row::Claim(claim) => wrong.push(format!("{} still owns a key", claim.owner)),
            Row::State(state) if state.stage != Stage::Erased => {
                wrong.push(format!("{} is {}", state.lead_id, state.stage.name()));
            }
            Row::State(state) if state.watch_at.is_some() => wrong.push(format!("{} is still due", state.lead_id)),
            _ => {}
        }
    }
    for queue in StageQueue::ALL {
        let depth = stack.world.depth(queue);
        if depth.visible + depth.hidden > 0 {
            wrong.push(format!("{} holds {depth:?}", queue.name()));
        }
        for body in stack.world.dead(queue) {
            wrong.extend((!canaries(&body).is_empty()).then(|| format!("a dead letter of {} tells", queue.name())));
        }
    }
    // Each lead has a group in each queue; what counts is what its consumer hears last.
    for queue in RULES.queues() {
        let mut last: BTreeMap<String, String> = BTreeMap::new();
        for delivered in stack.world.delivered(&queue.name) {
            let body: Value = serde_json::from_str(&delivered.body).unwrap();
            let kind = body["type"].as_str().unwrap().to_owned();
            if kind == "lead.erased" && !canaries(&delivered.body).is_empty() {
                wrong.push(format!("lead.erased on {} tells who", queue.name));
            }
            last.insert(delivered.group.to_string(), kind);
        }
        for (lead, kind) in last.iter().filter(|(_, kind)| *kind != "lead.erased") {
            wrong.push(format!("the last that {} hears of {lead} is {kind}", queue.name));
        }
    }
    let mut ledger = Ledger::default();
    stack.world.rows().iter().for_each(|row| ledger.add(row));
    let balance = ledger.balance();
    if !balance.differences.is_empty() || balance.in_flight > 0 {
        wrong.push(format!("the ledger does not balance: {balance:?}"));
    }
    wrong
}

/// Brings the old messages of all leads once more, at every stage, and the old posts under their keys.
fn everything_comes_again(stack: &mut Stack, leads: &[LeadId]) {
    let versions: BTreeSet<u64> = (1..=12).collect();
    for queue in StageQueue::ALL {
        for lead in leads {
            for version in &versions {
                let body = json!({"v": 1, "lead_id": lead.as_str(), "version": version}).to_string();
                stack.world.enqueue(queue, body);
            }
        }
    }
    stack.settle().unwrap();
}

/// Erases the first of `life`'s leads after so many calls, with these faults; what was wrong, and how many calls there
/// were in all.
fn play(life: &Life, after: Option<usize>, faults: &[(usize, Fault)]) -> (usize, Vec<String>) {
    let mut stack = Stack::new(Mode::Apart, Plan::new(faults.iter().copied()));
    let lead = named(if life.stage == Stage::Merged { "k-2" } else { "k-1" });
    if let Some(after) = after {
        erase(&stack, &lead, after);
    }
    let leads = (life.live)(&mut stack);
    let calls = stack.plan.count();
    // The leads of a person who posts on while she is being erased: each is asked for.
    for lead in &leads {
        if let Err(why) = erase_for_good(&mut stack, lead) {
            return (calls, vec![why]);
        }
    }
    stack.pass(SignedDuration::from_mins(3));
    stack.settle().unwrap();
    let mut wrong = left(&stack);
    let told = delivered(&stack);
    everything_comes_again(&mut stack, &leads);
    wrong.extend(left(&stack).into_iter().map(|what| format!("after old messages: {what}")));
    if delivered(&stack) != told {
        wrong.push("an old message was told to sales".into());
    }
    (calls, wrong)
}

fn delivered(stack: &Stack) -> usize {
    RULES.queues().iter().map(|queue| stack.world.delivered(&queue.name).len()).sum()
}

#[test]
fn every_life_ends_where_it_should_and_holds_every_canary() {
    for life in LIVES {
        let mut stack = Stack::new(Mode::Apart, Plan::default());
        let leads = (life.live)(&mut stack);
        let state = stack.world.states().into_iter().find(|state| state.lead_id == leads[0]).unwrap();
        assert_eq!(state.stage, life.stage, "{}", life.name);
    }
    // All canaries sing before the erasure, or their silence afterwards would say nothing.
    let mut stack = Stack::new(Mode::Apart, Plan::default());
    let lead = post(&mut stack, &hot(), "k-1");
    stack.answer("crm-china", &lead, &report("won"));
    stack.settle().unwrap();
    let table: String = stack.world.rows().iter().map(|row| serde_json::to_string(row).unwrap()).collect();
    assert_eq!(canaries(&table), CANARIES);
}

#[test]
fn erased_when_all_is_quiet() {
    for life in LIVES {
        let (_, wrong) = play(life, None, &[]);
        assert_eq!(wrong, Vec::<String>::new(), "{}", life.name);
    }
}

/// Those hear of an erasure, twice, who had heard of the lead.
#[test]
fn nobody_else_is_told() {
    for (body, hours, told) in [
        (hot(), 0, vec!["sales-cn-east"]),
        (hot(), 180, vec!["sales-cn-east", "sla-breaches"]),
        (hot(), 240, vec!["sales-cn-east", "sales-desk", "sales-managers", "sla-breaches"]),
        (cold(), 0, vec!["nurture"]),
        (doubtful(), 0, vec!["telemarketing"]),
        (a_test(), 0, vec![]),
    ] {
        let mut stack = Stack::new(Mode::Apart, Plan::default());
        let lead = post(&mut stack, &body, "k-1");
        stack.pass(SignedDuration::from_hours(hours));
        stack.settle().unwrap();
        erase_for_good(&mut stack, &lead).unwrap();
        let hears = |queue: &&QueueSpec| {
            let of_erasure = |body: &str| serde_json::from_str::<Value>(body).unwrap()["type"] == "lead.erased";
            let times = stack.world.delivered(&queue.name).iter().filter(|told| of_erasure(&told.body)).count();
            assert!(times == 0 || times == 2, "{} hears of it {times} times", queue.name);
            times > 0
        };
        let mut hearing: Vec<&str> = RULES.queues().iter().filter(hears).map(|queue| queue.name.as_str()).collect();
        hearing.sort_unstable();
        assert_eq!(hearing, told);
    }
}

/// One run: a life, when the erasure starts, and what goes wrong.
type Run = (&'static Life, usize, Vec<(usize, Fault)>);

/// Plays all runs on all cores, and stops at none.
fn none_goes_wrong(runs: &[Run]) {
    let next = AtomicUsize::new(0);
    let wrong: Mutex<Vec<String>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some((life, after, faults)) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (_, found) = play(life, Some(*after), faults);
                    if !found.is_empty() {
                        let run = format!("{}, erased after {after} calls, {faults:?}", life.name);
                        wrong.lock().unwrap().push(format!("{run}:\n    {}", found.join("\n    ")));
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    let shown: Vec<&String> = wrong.iter().take(12).collect();
    assert!(wrong.is_empty(), "{} of {} runs went wrong: {shown:#?}", wrong.len(), runs.len());
    eprintln!("{} runs", runs.len());
}

/// Every moment of every life; and for each the faults that `faults` picks for the call of that number.
fn runs<F: IntoIterator<Item = Fault>>(faults: impl Fn(usize, usize) -> F) -> Vec<Run> {
    let mut runs = Vec::new();
    for life in LIVES {
        let (calls, _) = play(life, None, &[]);
        for after in 0..=calls {
            runs.push((life, after, vec![]));
            for at in 1..=calls + 20 {
                runs.extend(faults(after, at).into_iter().map(|fault| (life, after, vec![(at, fault)])));
            }
        }
    }
    runs
}

#[test]
fn erased_at_every_moment() {
    none_goes_wrong(&runs(|_, _| []));
}

/// While a call hangs that acts a minute later: what it sends to sales comes after the erasure was told.
#[test]
fn erased_while_a_call_hangs() {
    none_goes_wrong(&runs(|after, at| (after == at).then_some([Fault::Late, Fault::LateCrash]).into_iter().flatten()));
}

/// A fault at every fourth call before the erasure starts and while it goes on, of each kind in turn.
#[test]
fn erased_at_every_moment_with_a_fault_nearby() {
    none_goes_wrong(&runs(|after, at| {
        let near = (after.saturating_sub(8)..after + 20).contains(&at);
        (near && (after + at) % 4 == 0).then(|| Fault::ALL[(after + at) / 4 % Fault::ALL.len()])
    }));
}

#[test]
#[ignore = "takes minutes"]
fn erased_at_every_moment_with_every_fault_at_every_call() {
    none_goes_wrong(&runs(|_, _| Fault::ALL));
}

/// After an erasure the same person is nobody we know.
#[test]
fn the_same_person_may_come_again() {
    let mut stack = Stack::new(Mode::Apart, Plan::default());
    let lead = post(&mut stack, &hot(), "k-1");
    erase_for_good(&mut stack, &lead).unwrap();
    let again = post(&mut stack, &hot(), "k-9");
    let stages: BTreeMap<LeadId, Stage> =
        stack.world.states().into_iter().map(|state| (state.lead_id.clone(), state.stage)).collect();
    assert_eq!(stages, BTreeMap::from([(lead, Stage::Erased), (again.clone(), Stage::Routed)]));
    let answer = stack.answer("crm-china", &again, &report("accepted"));
    stack.settle().unwrap();
    assert_eq!(answer.status(), 200);
}

/// A form that repeats its post hears what it heard, and nobody comes back; whoever asks for the lead hears of none.
#[test]
fn an_erased_lead_is_not_there_for_anybody() {
    let mut stack = Stack::new(Mode::Apart, Plan::default());
    let lead = post(&mut stack, &hot(), "k-1");
    erase_for_good(&mut stack, &lead).unwrap();
    let again = stack.post(&hot(), Some("k-1"));
    let answer = stack.answer("crm-china", &lead, &report("accepted"));
    let verdict = stack.verdict("telemarketing-desk", &lead, &verdict("release"));
    stack.settle().unwrap();
    assert_eq!((again.status(), again.lead_id()), (202, Some(lead)));
    assert_eq!((answer.status(), verdict.status()), (404, 404));
    stack.pass(SignedDuration::from_mins(3));
    stack.settle().unwrap();
    assert_eq!(left(&stack), Vec::<String>::new());
}

/// What `leadctl erase --email` finds.
fn search(stack: &mut Stack, address: &str) -> BTreeSet<LeadId> {
    let found = Rc::new(RefCell::new(None));
    let (slot, address) = (Rc::clone(&found), Personal::new(address));
    stack.start(async move |ports, _| {
        *slot.borrow_mut() = Some(erasure::search(&address, &ports, |_| {}).await.unwrap());
    });
    stack.settle().unwrap();
    found.take().unwrap().leads
}

#[test]
fn an_address_is_found_wherever_it_stands_and_however_it_was_typed() {
    let mut stack = Stack::new(Mode::Apart, Plan::default());
    let with = |email: &str, phone: &str, change: fn(&mut Value)| {
        let mut lead = hot();
        lead["contact"] = json!({"name": format!("N{phone}"), "email": email, "phone": phone});
        lead["company"]["name"] = json!(format!("C{phone}"));
        change(&mut lead);
        lead
    };
    let nothing = |_: &mut Value| {};
    let no_consent = |lead: &mut Value| _ = lead.as_object_mut().unwrap().remove("consent");
    let master = post(&mut stack, &with("li.min@gmail.com", "+8613602512246", nothing), "k-1");
    // Another address, the same phone: a touch, whose copy lies with the master.
    post(&mut stack, &with("other@weida.example", "+8613602512246", nothing), "k-2");
    let held = post(&mut stack, &with("Li.Min+news@GMail.com", "+8613602512247", no_consent), "k-3");
    let refused = post(
        &mut stack,
        &with("limin@googlemail.com", "+8613602512248", |lead| {
            lead["contact"]["name"] = json!("test");
        }),
        "k-4",
    );
    let stranger = post(&mut stack, &with("min@gmail.com", "+8613602512249", nothing), "k-5");

    let found = search(&mut stack, "LIMIN@gmail.com");
    assert!(found.is_superset(&BTreeSet::from([master.clone(), held, refused])), "{found:?}");
    assert!(!found.contains(&stranger));
    assert!(search(&mut stack, "other@weida.example").contains(&master));
    assert_eq!(search(&mut stack, "nobody@gmail.com"), BTreeSet::new());
}

/// An erasure that was begun is found by the next search, whoever it is for.
#[test]
fn what_was_begun_is_found() {
    let mut stack = Stack::new(Mode::Apart, Plan::default());
    let lead = post(&mut stack, &hot(), "k-1");
    let state = stack.world.states().remove(0);
    stack.world.put(Row::State(state.erased(Vec::new(), stack.world.now())));
    let mut ledger = Ledger::default();
    stack.world.rows().iter().for_each(|row| ledger.add(row));
    let differences = ledger.balance().differences;
    assert!(differences[0].what.contains("begun and not finished"), "{differences:?}");
    assert_eq!(search(&mut stack, "nobody@gmail.com"), BTreeSet::from([lead]));
}
