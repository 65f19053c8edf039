//! Erasure: at every point of a lead's life, with every fault, nothing of the person is left in the table or in the
//! queues between the functions, the last word to every queue is `lead.erased`, and nothing brings the lead back.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::executor::block_on;
use jiff::SignedDuration;
use leadctl::erasure;
use leads::id::{FormId, LeadId};
use leads::lead::Stage;
use leads::ledger::Ledger;
use leads::personal::Personal;
use leads::ports::{DeleteRows, StageQueue};
use leads::row::{Row, RowKey};
use leads::rules::QueueSpec;
use serde_json::{Value, json};
use tests::faults::{Fault, Plan};
use tests::rule_sets::RULES;
use tests::stack::{Mode, Stack};

/// One in every field that a form or a salesperson fills in. In lower case, as some fields are kept.
const CANARIES: [&str; 20] = [
    "canaryname",
    "canarytitle",
    "canarymail",
    "13602512246",
    "canarycompany",
    "canarydomain",
    "canaryindustry",
    "canaryprovince",
    "canarycity",
    "canaryproduct",
    "canarybrand",
    "canarymessage",
    "canaryutm",
    "canarycontent",
    "canaryconsent",
    "canaryidentity",
    "canarypurchase",
    "canaryinteraction",
    "canarycustom",
    "canarynote",
];

/// Somebody who wants it now and is worth it, to the sales of Zhejiang.
fn hot() -> Value {
    json!({
        "form_id": "contact",
        "contact": {
            "name": "Canaryname Chen", "title": "Canarytitle", "email": "Canarymail@Canarydomain.example",
            "phone": "+8613602512246"
        },
        "company": {
            "name": "Canarycompany", "domain": "canarydomain.example", "industry": "canaryindustry", "size": 1200,
            "country": "CN", "province": "Zhejiang", "city": "Canarycity"
        },
        "interest": {
            "horizon": "immediate", "product": "canaryproduct", "brands": ["Canarybrand"], "message": "Canarymessage."
        },
        "source": {
            "channel": "website", "utm": {"source": "canaryutm", "term": "canaryutm"}, "content_id": "canarycontent"
        },
        "consent": {"purpose": "sales_contact", "text_version": "2026-01", "source": "canaryconsent"},
        "tags": {
            "identity": ["decision_maker", "canaryidentity"], "purchase": ["canarypurchase"],
            "interaction": [{"kind": "demo_request", "content": "canaryinteraction"}]
        },
        "custom": {"canarycustom": "Canarycustom", "province": "Canaryprovince"}
    })
}

/// The same person, who has only read something, for a company of which nothing is said: to be nurtured.
fn cold() -> Value {
    let mut lead = hot();
    lead["contact"].as_object_mut().unwrap().remove("title");
    lead["company"] = json!({"name": "Canarycompany", "country": "CN", "province": "Zhejiang", "size": 20});
    lead["interest"] = json!({"brands": ["Canarybrand"]});
    lead["tags"] = json!({"purchase": ["canarypurchase"]});
    lead
}

/// Held: the address vanishes after minutes. The phone is the same person's.
fn doubtful() -> Value {
    let mut lead = hot();
    lead["contact"]["email"] = json!("canarymail@mailinator.com");
    lead
}

/// Held, and nobody is told: there is no consent.
fn without_consent() -> Value {
    let mut lead = hot();
    lead.as_object_mut().unwrap().remove("consent");
    lead
}

/// Refused: a test.
fn a_test() -> Value {
    let mut lead = hot();
    lead["contact"]["email"] = json!("canarymail@example.com");
    lead["contact"]["name"] = json!("test");
    lead
}

fn report(disposition: &str) -> Value {
    json!({"epoch": 1, "disposition": disposition, "note": "Canarynote.", "actor": "canarynote"})
}

fn verdict(verdict: &str) -> Value {
    json!({"verdict": verdict, "reason": "Canarynote.", "actor": "canarynote"})
}

/// What happens to a person's leads. The first step posts the lead that is to be erased.
struct Life {
    name: &'static str,
    /// Answers the leads, the one to be erased first.
    live: fn(&mut Stack) -> Vec<LeadId>,
    /// Where the first stands if nobody erases it.
    stage: Stage,
}

fn post(stack: &mut Stack, body: &Value, key: &str) -> LeadId {
    stack.post(body, Some(key));
    stack.settle().unwrap();
    named(key)
}

/// The lead that a key makes, whether its client was answered or not.
fn named(key: &str) -> LeadId {
    LeadId::of_key(&FormId::parse("contact").unwrap(), key)
}

fn day(stack: &mut Stack) {
    stack.pass(SignedDuration::from_hours(30));
    stack.settle().unwrap();
}

const LIVES: &[Life] = &[
    Life { name: "routed", live: |stack| vec![post(stack, &hot(), "k-1")], stage: Stage::Routed },
    Life { name: "nurtured", live: |stack| vec![post(stack, &cold(), "k-1")], stage: Stage::Nurtured },
    Life { name: "held", live: |stack| vec![post(stack, &doubtful(), "k-1")], stage: Stage::Held },
    Life { name: "held, untold", live: |stack| vec![post(stack, &without_consent(), "k-1")], stage: Stage::Held },
    Life { name: "refused", live: |stack| vec![post(stack, &a_test(), "k-1")], stage: Stage::Rejected },
    Life {
        name: "released",
        live: |stack| {
            let lead = post(stack, &doubtful(), "k-1");
            stack.verdict("telemarketing-desk", &lead, &verdict("release"));
            stack.settle().unwrap();
            vec![lead]
        },
        stage: Stage::Routed,
    },
    Life {
        name: "parked",
        live: |stack| {
            let lead = post(stack, &doubtful(), "k-1");
            let key = RowKey::submission(&lead);
            let submission = stack.world.rows().into_iter().find(|row| row.key() == key);
            block_on(stack.world.delete(&key)).unwrap();
            stack.verdict("telemarketing-desk", &lead, &verdict("release"));
            stack.settle().unwrap();
            // Somebody mends it, unless it was erased meanwhile.
            let stands = stack.world.states().iter().any(|state| state.stage == Stage::Parked);
            submission.filter(|_| stands).into_iter().for_each(|row| stack.world.put(row));
            vec![lead]
        },
        stage: Stage::Parked,
    },
    Life {
        name: "pooled, and back",
        live: |stack| {
            let lead = post(stack, &hot(), "k-1");
            stack.answer("crm-china", &lead, &report("unreachable"));
            stack.settle().unwrap();
            stack.pass(SignedDuration::from_hours(24 * 15));
            stack.settle().unwrap();
            vec![lead]
        },
        stage: Stage::Routed,
    },
    Life {
        name: "answered",
        live: |stack| {
            let lead = post(stack, &hot(), "k-1");
            stack.answer("crm-china", &lead, &report("won"));
            stack.settle().unwrap();
            vec![lead]
        },
        stage: Stage::Routed,
    },
    Life {
        name: "breached",
        live: |stack| {
            let lead = post(stack, &hot(), "k-1");
            stack.pass(SignedDuration::from_hours(24 * 10));
            stack.settle().unwrap();
            vec![lead]
        },
        stage: Stage::Routed,
    },
    Life {
        name: "a touch on a nurtured lead, which it lifts",
        live: |stack| {
            let master = post(stack, &cold(), "k-1");
            day(stack);
            vec![post(stack, &hot(), "k-2"), master]
        },
        stage: Stage::Merged,
    },
    Life {
        name: "the master of a held lead's touch and of another",
        live: |stack| {
            let lead = post(stack, &hot(), "k-1");
            day(stack);
            let held = post(stack, &doubtful(), "k-2");
            stack.verdict("telemarketing-desk", &held, &verdict("release"));
            stack.settle().unwrap();
            vec![lead, held, post(stack, &cold(), "k-3")]
        },
        stage: Stage::Routed,
    },
    Life {
        name: "two at once",
        live: |stack| {
            stack.post(&hot(), Some("k-1"));
            let other = post(stack, &cold(), "k-2");
            vec![named("k-1"), other]
        },
        stage: Stage::Routed,
    },
];

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

/// The canaries in a text, whatever their capitals.
fn canaries(text: &str) -> Vec<&'static str> {
    let text = text.to_lowercase();
    CANARIES.into_iter().filter(|canary| text.contains(canary)).collect()
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
