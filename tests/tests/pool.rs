//! What `leadctl pool` and `leadctl returns` read of a table, a few rows a page.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use futures::executor::block_on;
use jiff::SignedDuration;
use leadctl::pool::{Filter, Format, Summary, Wanted, since, write};
use leadctl::returns::{Returned, count};
use leads::id::LeadId;
use leads::ports::DeleteRows;
use leads::row::RowKey;
use serde_json::{Value, json};
use tests::faults::Plan;
use tests::scenarios::{cold, hot};
use tests::stack::{Mode, Stack};

fn person(n: usize, mut lead: Value) -> Value {
    lead["contact"] = json!({"name": format!("Chen {n}"), "email": format!("chen@presses{n}.example")});
    lead["company"]["name"] = format!("Presses {n}").into();
    lead
}

fn post(stack: &mut Stack, n: usize, lead: Value) -> LeadId {
    let reply = stack.post(&person(n, lead), Some(&format!("k-{n}")));
    stack.settle().unwrap();
    reply.lead_id().unwrap()
}

fn say(stack: &mut Stack, lead: &LeadId, disposition: &str) {
    let reply = stack.answer("crm-china", lead, &json!({"epoch": 1, "disposition": disposition}));
    stack.settle().unwrap();
    assert_eq!(reply.status(), 200, "{disposition}");
}

/// Leads in every stage that matters: pooled, nurtured, suppressed, with sales, closed.
fn table() -> (Stack, [LeadId; 5]) {
    let mut stack = Stack::new(Mode::Batches, Plan::default());
    let mut evil = hot();
    evil["interest"]["product"] = "=cmd|'/c calc'!a1".into();
    evil["company"]["city"] = "+8, \"West\"".into();
    let pooled = post(&mut stack, 1, evil);
    let suppressed = post(&mut stack, 2, hot());
    let with_sales = post(&mut stack, 3, hot());
    say(&mut stack, &pooled, "no_budget_yet");
    say(&mut stack, &suppressed, "do_not_contact");
    stack.pass(SignedDuration::from_hours(24));
    let nurtured = post(&mut stack, 4, cold());
    let closed = post(&mut stack, 5, hot());
    say(&mut stack, &closed, "not_a_fit");
    let tags =
        json!({"set": {"purchase": ["bought_2024"]}, "remove": {"identity": ["decision_maker"]}, "actor": "wang"});
    let corrected = stack.correct("crm-china", &pooled, &tags);
    stack.settle().unwrap();
    assert_eq!(corrected.status(), 200);
    (stack, [pooled, suppressed, with_sales, nurtured, closed])
}

fn written(stack: &Stack, filter: &Filter, format: Format) -> (String, Summary) {
    let (mut out, mut read) = (Vec::new(), 0);
    let summary = block_on(write(&*stack.world, filter, format, &mut out, |rows| read += rows)).unwrap();
    assert_eq!(read as usize, stack.world.rows().len());
    (String::from_utf8(out).unwrap(), summary)
}

/// The leads that are written, by their number in [`table`].
fn found(stack: &Stack, leads: &[LeadId; 5], filter: &Filter) -> (Vec<usize>, Summary) {
    let (text, summary) = written(stack, filter, Format::JsonLines);
    let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["lead_id"].as_str().unwrap().to_owned();
    let mut numbers: Vec<usize> =
        text.lines().map(|line| leads.iter().position(|lead| lead.as_str() == id(line)).unwrap()).collect();
    numbers.sort_unstable();
    (numbers, summary)
}

fn tag(text: &str) -> Filter {
    Filter { tags: vec![Wanted::parse(text).unwrap()], ..Filter::default() }
}

#[test]
fn who_is_kept_and_may_be_written_to() {
    let (stack, leads) = table();
    let all = |leads, suppressed| Summary { leads, suppressed, unreadable: 0 };
    assert_eq!(found(&stack, &leads, &Filter::default()), (vec![0, 3], all(2, 1)));
    let everybody = Filter { suppressed: true, ..Filter::default() };
    assert_eq!(found(&stack, &leads, &everybody), (vec![0, 1, 3], all(3, 0)));
    let later = Filter { since: Some(since("2026-03-04").unwrap()), ..Filter::default() };
    assert_eq!(found(&stack, &leads, &later), (vec![3], all(1, 0)));
    // Tags as they were corrected.
    assert_eq!(found(&stack, &leads, &tag("decision_maker")), (vec![3], all(1, 1)));
    assert_eq!(found(&stack, &leads, &tag("Bought_2024")), (vec![0], all(1, 0)));
    assert_eq!(found(&stack, &leads, &tag("identity=bought_2024")), (vec![], all(0, 0)));
    let both = Filter {
        tags: vec![tag("demo_request").tags.remove(0), tag("bought_2024").tags.remove(0)],
        ..tag("demo_request")
    };
    assert_eq!(found(&stack, &leads, &both), (vec![0], all(1, 0)));
}

#[test]
fn tags_of_duplicates_count() {
    let mut stack = Stack::new(Mode::Batches, Plan::default());
    let lead = post(&mut stack, 1, cold());
    let mut again = person(1, cold());
    again["tags"] = json!({"identity": ["engineer"], "interaction": [{"kind": "download"}]});
    stack.post(&again, Some("again"));
    stack.settle().unwrap();
    let (text, summary) = written(&stack, &tag("interaction=download"), Format::JsonLines);
    assert_eq!(summary.leads, 1);
    let kept: Value = serde_json::from_str(text.trim_end()).unwrap();
    assert_eq!((&kept["lead_id"], &kept["tags"]["identity"]), (&json!(lead), &json!(["decision_maker", "engineer"])));
}

#[test]
fn an_export_for_spreadsheets() {
    let (stack, [pooled, ..]) = table();
    let (text, summary) = written(&stack, &tag("bought_2024"), Format::ExportCsv);
    assert_eq!(summary.leads, 1);
    let head = "lead_id,stage,since,reactivate_at,queue,disposition,suppressed,name,title,email,phone,company,industry,size,\
                country,province,city,product,horizon,channel,campaign,consent_purpose,consent_at,tags";
    let row = format!(
        "{pooled},pooled,2026-03-03T02:00:00Z,2026-06-01T02:00:00Z,sales-cn-east,no_budget_yet,false,Chen 1,,\
         chen@presses1.example,,Presses 1,,1200,CN,Zhejiang,\"'+8, \"\"West\"\"\",'=cmd|'/c calc'!a1,immediate,website,,\
         sales_contact,2026-03-03T02:00:00Z,purchase=bought_2024; interaction=demo_request"
    );
    assert_eq!(text, format!("{head}\r\n{row}\r\n"));
}

#[test]
fn an_export_for_programs() {
    let (stack, [pooled, ..]) = table();
    let (text, _) = written(&stack, &tag("bought_2024"), Format::ExportJsonLines);
    let lead: Value = serde_json::from_str(text.strip_suffix('\n').unwrap()).unwrap();
    assert_eq!((&lead["lead_id"], &lead["contact"]["name"]), (&json!(pooled), &json!("Chen 1")));
    // As it was posted: no program takes it for a formula.
    assert_eq!(lead["interest"]["product"], "=cmd|'/c calc'!a1");
    assert_eq!(lead["tags"], json!({"purchase": ["bought_2024"], "interaction": ["demo_request"]}));
}

/// The list is for screens and tickets.
#[test]
fn the_list_names_nobody() {
    let (stack, _) = table();
    for format in [Format::Lines, Format::JsonLines] {
        let (text, _) = written(&stack, &Filter { suppressed: true, ..Filter::default() }, format);
        assert_eq!(text.lines().count(), 3);
        assert!(!text.contains("Chen") && !text.contains("presses") && !text.contains("Presses"), "{text}");
    }
}

#[test]
fn a_lead_whose_submission_is_gone_is_told() {
    let (stack, [pooled, ..]) = table();
    block_on(stack.world.delete(&RowKey::submission(&pooled))).unwrap();
    let (_, summary) = written(&stack, &Filter::default(), Format::Lines);
    assert_eq!(summary, Summary { leads: 1, suppressed: 1, unreadable: 1 });
}

#[test]
fn what_sales_sent_back_by_the_rule() {
    let (mut stack, [_, _, with_sales, ..]) = table();
    let read = |stack: &Stack, since| block_on(count(&*stack.world, since, |_| ())).unwrap();
    let of = |returns: &[Returned], rule: &str| returns.iter().find(|returned| returned.rule == rule).cloned().unwrap();
    let returned =
        |rule: &str, given_out, duplicate, not_a_fit| Returned { rule: rule.into(), given_out, duplicate, not_a_fit };
    let rules = read(&stack, None);
    // Four hot leads of Zhejiang by one rule, and one to be nurtured.
    let hot = rules.rules[0].rule.clone();
    assert_eq!(rules.rules.iter().map(|rule| rule.given_out).collect::<Vec<_>>(), [4, 1]);
    assert_eq!(rules.rules[0], returned(&hot, 4, 0, 1));
    // What was said last counts, once; verdicts and corrections say nothing of it.
    say(&mut stack, &with_sales, "duplicate");
    say(&mut stack, &with_sales, "duplicate");
    stack.correct("crm-china", &with_sales, &json!({"set": {"identity": ["x"]}, "actor": "x"}));
    stack.settle().unwrap();
    assert_eq!(of(&read(&stack, None).rules, &hot), returned(&hot, 4, 1, 1));
    say(&mut stack, &with_sales, "not_a_fit");
    assert_eq!(of(&read(&stack, None).rules, &hot), returned(&hot, 4, 0, 2));
    say(&mut stack, &with_sales, "accepted");
    assert_eq!(of(&read(&stack, None).rules, &hot), returned(&hot, 4, 0, 1));
    let later = read(&stack, Some(since("2026-03-04").unwrap()));
    assert_eq!(of(&later.rules, &hot), returned(&hot, 1, 0, 1));
}
