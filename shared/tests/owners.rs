//! Whose lead it is: the schedule of turns against its bound, who can take a lead, and what overflows.
//!
//! `cargo test -p leads --test owners -- --nocapture` prints the figures of a hundred thousand assignments.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic anywhere")]

mod rotation;
mod shipped;

use std::path::Path;

use jiff::Timestamp;
use leads::id::Queue;
use leads::owners::{Assignee, Next, OpenLeads, assign, eligible};
use leads::rules::{RuleSet, check};

/// The shipped rules with a file of people for `sales-cn-east`.
fn with(file: &str) -> RuleSet {
    let mut sources = shipped::sources();
    sources.push(("owners/sales-cn-east.toml".to_owned(), file.to_owned()));
    RuleSet::from_sources(&sources).unwrap()
}

fn queue<'r>(rules: &'r RuleSet, name: &str) -> &'r Queue {
    &rules.queue(&Queue::parse(name).unwrap()).unwrap().name
}

fn moment(text: &str) -> Timestamp {
    format!("{text}:00+08:00").parse().unwrap()
}

/// Written as `all 70, li.na 3`: of the queue, and of each owner.
fn open(text: &str) -> OpenLeads {
    let mut open = OpenLeads::default();
    for (name, count) in text.split(", ").filter_map(|part| part.rsplit_once(' ')) {
        match name {
            "all" => open.queue = count.parse().unwrap(),
            _ => _ = open.owners.insert(name.to_owned(), count.parse().unwrap()),
        }
    }
    open
}

/// How a decision reads: the owner, the queue as such, or where it overflows to; and why.
fn told(rules: &RuleSet, open: &OpenLeads, turn: u64, now: Timestamp) -> (String, String) {
    let team = rules.team(queue(rules, "sales-cn-east")).unwrap();
    let assigned = assign(team, open, turn, rules.calendars(), now);
    let to = match &assigned.to {
        Assignee::Owner(owner) => owner.id.clone(),
        Assignee::Queue => "sales-cn-east".to_owned(),
        Assignee::Overflow { to: Next::Queue(queue), .. } => format!("→ {queue}"),
        Assignee::Overflow { to: Next::Hold { until }, .. } => format!("held until {until}"),
    };
    let takes = eligible(team, open, rules.calendars(), now).takes_turns();
    assert_eq!(takes, matches!(assigned.to, Assignee::Owner(_)), "{to}");
    (to, assigned.why)
}

/// The calendar `cn` works from 9 to 12 and from 13 to 18 from Monday to Friday, in Shanghai.
const TEAM: &str = r#"
queue = "sales-cn-east"
cap = 100
overflow = { queue = "sales-desk" }

[[owner]]
id = "wang.wei"
cap = 40
leave = [{ from = 2026-11-02, until = 2026-11-05 }, { from = 2026-11-20, until = 2026-11-20 }]

[[owner]]
id = "li.na"
weight = 2
calendar = "cn"

[[owner]]
id = "zhao.min"
cap = 40
"#;

#[test]
fn decisions() {
    let rules = with(TEAM);
    // turn, when in China, open leads; to whom, and why
    let rows = [
        // Monday the ninth: everybody is there. Li Na has two of four turns.
        (0, "2026-11-09T10:00", "", "li.na", "turn 0 of sales-cn-east: li.na, of 3 available"),
        (1, "2026-11-09T10:00", "", "wang.wei", "turn 1 of sales-cn-east: wang.wei, of 3 available"),
        (2, "2026-11-09T10:00", "", "li.na", "turn 2 of sales-cn-east: li.na, of 3 available"),
        (3, "2026-11-09T10:00", "", "zhao.min", "turn 3 of sales-cn-east: zhao.min, of 3 available"),
        // The first and the last day of leave, each to its last minute in China.
        (
            3,
            "2026-11-02T10:00",
            "",
            "li.na",
            "turn 3 of sales-cn-east: li.na, of 2 available; wang.wei is on leave until 2026-11-05",
        ),
        (
            1,
            "2026-11-01T23:59",
            "",
            "zhao.min",
            "turn 1 of sales-cn-east: zhao.min, of 2 available; li.na is not at work now",
        ),
        (
            0,
            "2026-11-02T00:00",
            "",
            "zhao.min",
            "turn 0 of sales-cn-east: zhao.min, of 1 available; li.na is not at work now; wang.wei is on leave until 2026-11-05",
        ),
        (
            0,
            "2026-11-05T23:59",
            "",
            "zhao.min",
            "turn 0 of sales-cn-east: zhao.min, of 1 available; li.na is not at work now; wang.wei is on leave until 2026-11-05",
        ),
        (
            0,
            "2026-11-06T00:00",
            "",
            "wang.wei",
            "turn 0 of sales-cn-east: wang.wei, of 2 available; li.na is not at work now",
        ),
        // A day of leave by itself.
        (
            1,
            "2026-11-20T12:30",
            "zhao.min 39",
            "zhao.min",
            "turn 1 of sales-cn-east: zhao.min, of 1 available; li.na is not at work now; wang.wei is on leave until 2026-11-20",
        ),
        // Full at the cap, and above it, which a lower cap in new rules makes.
        (
            41,
            "2026-11-04T10:00",
            "all 90, zhao.min 40",
            "li.na",
            "turn 41 of sales-cn-east: li.na, of 1 available; wang.wei is on leave until 2026-11-05; zhao.min has 40 of 40 open leads",
        ),
        (
            40,
            "2026-11-09T10:00",
            "all 99, zhao.min 45, wang.wei 39, li.na 1000",
            "wang.wei",
            "turn 40 of sales-cn-east: wang.wei, of 2 available; zhao.min has 45 of 40 open leads",
        ),
        // Nobody.
        (
            7,
            "2026-11-02T20:00",
            "zhao.min 40",
            "→ sales-desk",
            "nobody of sales-cn-east can take it: li.na is not at work now; wang.wei is on leave until 2026-11-05; zhao.min has 40 of 40 \
             open leads; it goes on to sales-desk",
        ),
        // The whole queue, whoever has room.
        (
            7,
            "2026-11-09T10:00",
            "all 100",
            "→ sales-desk",
            "sales-cn-east has 100 of 100 open leads; it goes on to sales-desk",
        ),
        (
            7,
            "2026-11-09T10:00",
            "all 140",
            "→ sales-desk",
            "sales-cn-east has 140 of 100 open leads; it goes on to sales-desk",
        ),
        // Counts of people who are no longer in the file, and of nobody.
        (0, "2026-11-09T10:00", "sun.li 500", "li.na", "turn 0 of sales-cn-east: li.na, of 3 available"),
        // The last turn that there is.
        (
            u64::MAX,
            "2026-11-09T10:00",
            "",
            "zhao.min",
            "turn 18446744073709551615 of sales-cn-east: zhao.min, of 3 available",
        ),
    ];
    for (turn, now, leads, to, why) in rows {
        let found = told(&rules, &open(leads), turn, moment(now));
        assert_eq!(found, (to.to_owned(), why.to_owned()), "turn {turn} at {now}, {leads}");
    }
}

#[test]
fn what_overflows_goes_where_the_file_says() {
    let cap = "queue = \"sales-cn-east\"\ncap = 5\n";
    // the end of the file, open leads, when in China, to whom
    let rows = [
        ("overflow = { queue = \"sales-desk\" }", "all 4", "2026-11-09T10:00", "sales-cn-east"),
        ("overflow = { queue = \"sales-desk\" }", "all 5", "2026-11-09T10:00", "→ sales-desk"),
        ("overflow = \"review\"", "all 5", "2026-11-09T10:00", "→ review"),
        ("overflow = { queue = \"review\" }", "all 5", "2026-11-09T10:00", "→ review"),
        // By the calendar of the queue's policy: a working day on, over the weekend, from the next opening.
        (
            "overflow = \"hold\"\nhold_within = { working_days = 1 }",
            "all 5",
            "2026-11-09T10:00",
            "held until 2026-11-10T02:00:00Z",
        ),
        (
            "overflow = \"hold\"\nhold_within = { working_days = 1 }",
            "all 5",
            "2026-11-06T17:00",
            "held until 2026-11-09T09:00:00Z",
        ),
        (
            "overflow = \"hold\"\nhold_within = { working_hours = 2 }",
            "all 9",
            "2026-11-07T03:00",
            "held until 2026-11-09T03:00:00Z",
        ),
        (
            "overflow = \"hold\"\nhold_within = { minutes = 30 }",
            "all 5",
            "2026-11-07T03:00",
            "held until 2026-11-06T19:30:00Z",
        ),
    ];
    for (end, leads, now, to) in rows {
        let rules = with(&format!("{cap}{end}"));
        assert_eq!(told(&rules, &open(leads), 3, moment(now)).0, to, "{end}, {leads} at {now}");
    }
}

#[test]
fn a_held_lead_always_ends_somewhere() {
    let rules = RuleSet::from_sources(&shipped::sources()).unwrap();
    // To review; from there to the catch-all.
    for (held_for, then) in [("sales-cn-east", "review"), ("sales-desk", "review"), ("review", "sales-desk")] {
        assert_eq!(rules.after_hold(queue(&rules, held_for)), queue(&rules, then), "{held_for}");
    }
    // Without people who review: to the catch-all, and if that is the queue itself, to it.
    let mut sources = shipped::sources();
    let queues = &mut sources.iter_mut().find(|(name, _)| name == "queues.toml").unwrap().1;
    *queues = queues.replace("kind = \"review\"", "kind = \"self_service\"");
    let rules = RuleSet::from_sources(&sources).unwrap();
    for (held_for, then) in [("sales-cn-east", "sales-desk"), ("sales-desk", "sales-desk")] {
        assert_eq!(rules.after_hold(queue(&rules, held_for)), queue(&rules, then), "{held_for}");
    }
}

#[test]
fn reasons_are_short_however_many_are_away() {
    let owners: String = (0..200).map(|at| format!("[[owner]]\nid = \"owner-{at:058}\"\ncap = 1\n")).collect();
    let rules = with(&format!("queue = \"sales-cn-east\"\noverflow = {{ queue = \"sales-desk\" }}\n{owners}"));
    let full = |but: usize| OpenLeads {
        queue: 200,
        owners: (0..200).filter(|at| *at != but).map(|at| (format!("owner-{at:058}"), 1)).collect(),
    };
    for but in [7, 1000] {
        let (_, why) = told(&rules, &full(but), u64::MAX, moment("2026-11-09T10:00"));
        assert!(why.contains(if but == 7 { "; 195 more can't either" } else { "; 196 more can't either" }), "{why}");
        assert!(why.len() < 600, "{} bytes: {why}", why.len());
    }
}

#[test]
fn a_queue_without_a_file_has_no_team() {
    let rules = RuleSet::from_sources(&shipped::sources()).unwrap();
    assert!(rules.queues().iter().all(|spec| rules.team(&spec.name).is_none()));
}

#[test]
fn the_example_fits_the_shipped_rules() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/samples/owners/sales-cn-east.toml");
    let mut sources = shipped::sources();
    sources.push(("owners/sales-cn-east.toml".to_owned(), std::fs::read_to_string(example).unwrap()));
    assert_eq!(check(&sources, jiff::civil::date(2026, 3, 1)), []);
    let rules = RuleSet::from_sources(&sources).unwrap();
    let (owner, why) = told(&rules, &open("all 80, zhao.min 40"), 41, moment("2026-02-11T10:00"));
    assert_eq!(owner, "li.na");
    assert_eq!(
        why,
        "turn 41 of sales-cn-east: li.na, of 1 available; wang.wei is on leave until 2026-02-20; zhao.min has 40 of 40 open \
         leads"
    );
}
