use jiff::Timestamp;
use leads::id::LeadId;
use leads::lead::{LeadState, Stage};
use leads::personal::Personal;
use leads::row::{Decision, Event, Row, StoredSubmission};
use leads::submission::{Encoding, parse};
use serde_json::json;

use super::{Story, Teller};
use crate::workspace::Workspace;

/// When the examples are told: Monday, 2 November 2026, 09:00 UTC.
pub(crate) fn now() -> Timestamp {
    "2026-11-02T09:00:00Z".parse().unwrap()
}

pub(crate) fn teller(stack: Option<&str>) -> Teller {
    Teller::new(crate::rules_here(&Workspace::find().unwrap()).unwrap(), stack.map(str::to_owned))
}

pub(crate) fn id(name: &str) -> LeadId {
    LeadId::parse(name).unwrap()
}

/// A state in a stage, entered an hour before.
pub(crate) fn state(lead: &str, stage: Stage) -> LeadState {
    let mut state = LeadState::received(id(lead), "2026-11-02T07:59:58Z".parse().unwrap());
    state.stage = stage;
    state.stage_at = "2026-11-02T08:00:00Z".parse().unwrap();
    state.watch_at = stage.in_flight().then_some(now());
    if !matches!(
        stage,
        Stage::Received | Stage::Cleaned | Stage::Scored | Stage::Held | Stage::Rejected | Stage::Merged
    ) {
        state.epoch = 1;
        state.assignment = Some(
            serde_json::from_value(json!({
                "queue": "sales-cn-east", "epoch": 1, "delivery_id": "d1", "decided_on": 3,
                "decided_at": "2026-11-02T08:00:00Z", "feedback_due": "2026-11-09T10:30:00Z",
            }))
            .unwrap(),
        );
    }
    state
}

pub(crate) fn decision(lead: &str) -> Decision {
    serde_json::from_value(json!({
        "lead_id": lead, "epoch": 1, "decided_at": "2026-11-02T08:00:00Z", "queue": "sales-cn-east", "rule": "region",
        "delivery_id": "d1", "rules_version": "an-older-one",
        "scored": {
            "intent": 75, "value": 10, "quadrant": "hot", "mql": true, "rules_version": "an-older-one",
            "contributions": [
                { "rule": "a-rule-of-old", "score": "intent", "category": "need", "points": 80 },
                { "rule": "another", "score": "intent", "category": "need", "points": -5 },
                { "rule": "third", "score": "value", "category": "size", "points": 10 },
            ],
        },
        "trace": [
            { "step": "key-accounts", "fired": false, "why": "No account matches." },
            { "step": "region", "fired": true, "why": "The region is this team's.", "inputs": ["company.province"] },
        ],
    }))
    .unwrap()
}

pub(crate) fn submission(lead: &str, name: &str, message: &str) -> StoredSubmission {
    let body = r#"{"form_id": "contact", "contact": {"name": "x", "email": "li.lei@acme.example"},
                   "source": {"channel": "paid_search"}, "company": {"city": "Suzhou"}}"#;
    let mut submission = parse(body.as_bytes(), Encoding::Json).ok().unwrap().submission;
    submission.contact.name = Some(Personal::new(name));
    submission.interest.message = Some(Personal::new(message));
    StoredSubmission { lead_id: id(lead), at: "2026-11-02T07:59:58Z".parse().unwrap(), submission }
}

fn told(rows: &[Row], stack: Option<&str>) -> Story {
    Story::of(rows, &teller(stack), now()).unwrap()
}

#[test]
fn a_routed_lead_says_with_whom_why_and_until_when() {
    let rows = [
        Row::State(state("ld_hot", Stage::Routed)),
        Row::Submission(submission("ld_hot", "Li Lei", "Hello")),
        Row::Decision(decision("ld_hot")),
    ];
    let story = told(&rows, None);
    assert_eq!(story.answer, "It is with Sales China East (sales-cn-east).");
    assert_eq!(story.because.as_deref(), Some("The region is this team's."));
    assert_eq!(story.then.as_deref(), Some("An answer is due by 2026-11-09 10:30 UTC, in 7 d 1 h."));
    let happened: Vec<&str> = story.happened.iter().map(|thing| thing.what.as_str()).collect();
    assert_eq!(
        happened,
        [
            "received from form contact, channel paid search",
            "given to Sales China East (sales-cn-east) by rule region (epoch 1)",
        ]
    );
    let scores = story.scores.unwrap();
    assert_eq!(scores.points.iter().map(|part| part.points).collect::<Vec<_>>(), [80, -5, 10]);
    assert_eq!(scores.points[0].why, "a-rule-of-old", "a rule that is no more is called by its id");
    assert!(!story.decision.unwrap().as_here);
    let posted: Vec<(&str, &str)> = story.posted.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert!(posted.contains(&("contact.name", "Li Lei")) && posted.contains(&("company.city", "Suzhou")), "{posted:?}");
}

#[test]
fn nothing_but_what_was_posted_names_the_person() {
    let rows = [
        Row::State(state("ld_hot", Stage::Routed)),
        Row::Submission(submission("ld_hot", "Li Lei", "Call me")),
        Row::Decision(decision("ld_hot")),
    ];
    let story = Story { posted: Vec::new(), ..told(&rows, None) };
    let said = format!("{story:?}");
    for personal in ["Li Lei", "li.lei", "Call me", "Suzhou"] {
        assert!(!said.contains(personal), "{personal} in {said}");
    }
}

#[test]
fn an_answer_that_is_overdue_or_there() {
    let mut late = state("ld_late", Stage::Routed);
    late.assignment.as_mut().unwrap().feedback_due = Some("2026-11-02T08:30:00Z".parse().unwrap());
    let then = told(&[Row::State(late.clone())], None).then.unwrap();
    assert_eq!(then, "An answer was due by 2026-11-02 08:30 UTC, 30 min ago, and has not come.");
    late.answer = Some(serde_json::from_value(json!({"disposition": "won", "at": "2026-11-02T08:59:00Z"})).unwrap());
    assert_eq!(told(&[Row::State(late)], None).then.unwrap(), "Sales answered “won” 1 min ago.");
}

/// Stage, how the answer begins, and what may be done: by hand, from docs/lifecycle.md.
#[test]
fn every_stage_has_an_answer_and_only_legal_commands() {
    let feedback = "leadctl feedback ld_a DISPOSITION --epoch 1 --as crm-china --stack leads-prod";
    let verdict =
        |kind: &str, who: &str| format!("leadctl verdict ld_a {kind} --reason 'WHY' --as {who} --stack leads-prod");
    let desk = |kinds: &[&str]| kinds.iter().map(|kind| verdict(kind, "telemarketing-desk")).collect::<Vec<_>>();
    let crm = |kinds: &[&str]| kinds.iter().map(|kind| verdict(kind, "crm-china")).collect::<Vec<_>>();
    let rows: Vec<(Stage, &str, Vec<String>)> = vec![
        (Stage::Received, "It is on its way: accepted 1 h ago, and waits to be cleaned.", vec![]),
        (Stage::Cleaned, "It is on its way: cleaned 1 h ago, and waits to be scored.", vec![]),
        (Stage::Scored, "It is on its way: scored 1 h ago, and waits to be routed.", vec![]),
        (Stage::Routed, "It is with Sales China East", [vec![feedback.to_owned()], crm(&["hold", "test"])].concat()),
        (Stage::Nurtured, "It is being warmed by", crm(&["mql", "hold", "test"])),
        (Stage::Pooled, "It is kept for later.", [vec![feedback.to_owned()], crm(&["mql", "hold", "test"])].concat()),
        (Stage::Rejected, "It was refused", desk(&["release", "mql", "not_mql"])),
        (
            Stage::Merged,
            "It is the same person",
            vec!["leadctl unmerge ld_a --reason 'WHY' --as telemarketing-desk --stack leads-prod".to_owned()],
        ),
        (
            Stage::Held,
            "It waits for a person's verdict, since 2026-11-02 08:00 UTC.",
            desk(&["release", "mql", "not_mql", "refuse", "test"]),
        ),
        (Stage::Parked, "It is parked", desk(&["release", "mql", "not_mql", "refuse", "test"])),
        (Stage::Erased, "It is erased", vec![]),
    ];
    for (stage, begins, commands) in rows {
        let story = told(&[Row::State(state("ld_a", stage))], Some("leads-prod"));
        assert!(story.answer.starts_with(begins), "{}: {}", stage.name(), story.answer);
        let mut offered: Vec<String> = story.next.into_iter().map(|next| next.command).collect();
        let erase = "leadctl erase ld_a --dry-run --stack leads-prod";
        assert_eq!(offered.iter().any(|command| command == erase), stage != Stage::Erased, "{}", stage.name());
        offered.retain(|command| command != erase);
        assert_eq!(offered, commands, "{}", stage.name());
    }
}

#[test]
fn the_reason_of_a_stop_is_a_sentence_with_its_code() {
    let mut parked = state("ld_a", Stage::Parked);
    parked.reason = Some(
        serde_json::from_value(json!({"code": "corrupt", "rule": "clean", "text": "a row cannot be read"})).unwrap(),
    );
    let because = told(&[Row::State(parked)], None).because.unwrap();
    assert_eq!(because, "A row cannot be read. (corrupt, by rule clean)");
}

#[test]
fn a_merged_lead_names_its_master_and_what_they_share() {
    let mut merged = state("ld_b", Stage::Merged);
    merged.merged_into = Some(id("ld_a"));
    let joined = Event {
        lead_id: id("ld_b"),
        version: 2,
        at: now(),
        actor: "clean".into(),
        what: "merged".into(),
        why: "same email as lead ld_a".into(),
    };
    let story = told(&[Row::State(merged), Row::Event(joined)], None);
    assert_eq!(story.master, Some(id("ld_a")));
    assert_eq!(story.because.as_deref(), Some("Same email as lead ld_a."));
}

#[test]
fn without_a_state_there_is_no_story() {
    assert!(Story::of(&[Row::Decision(decision("ld_a"))], &teller(None), now()).is_none());
}
