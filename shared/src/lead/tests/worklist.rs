//! Where a lead stands in the lists of open leads.

use super::*;
use crate::lead::is_list_key;

/// Thirteen digits of milliseconds: minute 10, the deadline, and minute 0, when it was given out.
const DUE: &str = "0000000600000#ld_1";
const GIVEN: &str = "~0000000000000#ld_1";

fn entry(stage: Stage) -> OpenLead {
    OpenLead {
        lead_id: id("ld_1"),
        epoch: 1,
        owner: None,
        stage,
        routed_at: Some(at(0)),
        waits_since: None,
        feedback_due: Some(at(10)),
        acknowledged_at: None,
        answered_at: None,
    }
}

fn with(queue_name: &str, key: &str, entry: OpenLead) -> Option<Listed> {
    Some(Listed { list: Worklist::Queue(queue(queue_name)), key: key.into(), entry })
}

#[test]
fn a_lead_is_listed_with_whoever_has_it() {
    let mut lead = routed();
    lead.assignment.as_mut().unwrap().owner = Some("li.na".into());
    let entry = OpenLead { owner: Some("li.na".into()), ..entry(Stage::Routed) };
    assert_eq!(lead.listed(), with("sales", DUE, entry.clone()));
    // Somebody is on it: still due. Answered: behind all that is due.
    let acknowledged = OpenLead { acknowledged_at: Some(at(3)), ..entry.clone() };
    assert_eq!(lead.acknowledged(at(3)).listed(), with("sales", DUE, acknowledged.clone()));
    let answered = OpenLead { answered_at: Some(at(3)), ..acknowledged };
    assert_eq!(lead.answered("accepted".into(), at(3)).listed(), with("sales", GIVEN, answered));
    lead.assignment.as_mut().unwrap().feedback_due = None;
    assert_eq!(lead.listed(), with("sales", GIVEN, OpenLead { feedback_due: None, ..entry }));
    assert_eq!(lead.closed("won".into(), at(3)).listed(), None);
    assert_eq!(LeadState::received(id("ld_1"), at(0)).listed(), None);
}

#[test]
fn a_lead_that_waits_for_a_verdict_is_listed_at_the_desk() {
    let new = LeadState::received(id("ld_1"), at(0));
    for (lead, epoch) in [(new.held(reason(), true, at(2)), 0), (routed().parked(reason(), at(2)), 1)] {
        let waits =
            OpenLead { epoch, routed_at: None, feedback_due: None, waits_since: Some(at(2)), ..entry(lead.stage) };
        let listed = Listed { list: Worklist::Desk, key: "~0000000120000#ld_1".into(), entry: waits };
        assert_eq!(lead.listed(), Some(listed));
    }
    // What waits for room waits for no verdict: whoever has it has it still, and otherwise nobody.
    assert_eq!(new.without_room(&queue("others"), at(60), at(2)).listed(), None);
    let touched = routed().touched(Vec::new(), at(1)).without_room(&queue("others"), at(60), at(2));
    assert_eq!(touched.listed(), with("sales", DUE, entry(Stage::Held)));
}

#[test]
fn lists_have_partitions_of_their_own() {
    let partitions = [Worklist::Queue(queue("desk")), Worklist::Desk].map(|list| list.partition());
    assert_eq!(partitions, ["queue#desk", "desk"]);
}

#[test]
fn sort_keys_are_known_from_other_texts() {
    for key in [DUE, GIVEN] {
        assert!(is_list_key(key), "{key}");
    }
    for text in ["", "0000000600000", "600000#ld_1", "00000006000x0#ld_1", "0000000600000#", "~~0000000600000#ld_1"] {
        assert!(!is_list_key(text), "{text}");
    }
}
