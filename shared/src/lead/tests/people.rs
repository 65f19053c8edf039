//! What people report and decide.

use super::*;

#[test]
fn a_verdict_on_the_qualification_is_told() {
    let verdict = Verdict { released: true, mql: Some(ManualVerdict::NotMql), by: "desk".into(), at: at(3) };
    let expected = GivenVerdict { verdict: ManualVerdict::NotMql, by: "desk".into(), at: at(3) };
    assert_eq!(verdict.qualification(), Some(expected));
    assert_eq!(Verdict { mql: None, ..verdict }.qualification(), None);
}

/// What a row says of a lead is left out while there is nothing to say.
#[test]
fn counts_are_stored_once_there_is_something_to_count() {
    let stored = |state: &LeadState| serde_json::to_value(state).unwrap();
    let fresh = stored(&routed());
    assert!(fresh.get("touches").is_none() && fresh.get("resends").is_none());
    assert_eq!(stored(&routed().touched(Vec::new(), at(1)))["touches"], 1);
}

/// Where sales may report, and what each verdict makes of the lead.
#[test]
fn what_fits_where_the_lead_stands() {
    use VerdictKind::{Hold, Mql, NotMql, Refuse, Release, Test, Unmerge};
    let waits = [
        (Mql, Some(Stage::Received)),
        (NotMql, Some(Stage::Received)),
        (Refuse, Some(Stage::Rejected)),
        (Release, Some(Stage::Received)),
        (Test, Some(Stage::Rejected)),
    ];
    let again = [(Release, Some(Stage::Received)), (Mql, Some(Stage::Received)), (NotMql, Some(Stage::Received))];
    let kept = [(Hold, Some(Stage::Held)), (Mql, Some(Stage::Cleaned)), (Test, Some(Stage::Rejected))];
    let given = [(Hold, Some(Stage::Held)), (Test, Some(Stage::Rejected))];
    type Ends = [(VerdictKind, Option<Stage>)];
    let rows: [(Stage, bool, &Ends); 11] = [
        (Stage::Received, false, &[]),
        (Stage::Cleaned, false, &[]),
        (Stage::Scored, false, &[]),
        (Stage::Routed, true, &given),
        (Stage::Nurtured, false, &kept),
        (Stage::Pooled, true, &kept),
        (Stage::Rejected, false, &again),
        (Stage::Merged, false, &[]),
        (Stage::Held, false, &waits),
        (Stage::Parked, false, &waits),
        (Stage::Erased, false, &[]),
    ];
    for (stage, feedback, verdicts) in rows {
        let state = LeadState { stage, ..routed() };
        assert_eq!(state.takes_feedback(), feedback, "{stage:?}");
        for (_, kind) in VerdictKind::NAMES {
            let expected = verdicts.iter().find(|(known, _)| *known == kind).and_then(|(_, becomes)| *becomes);
            let becomes = state.decided(kind, "desk", at(20)).map(|next| next.stage);
            assert_eq!(becomes, expected, "{stage:?}, {kind:?}");
            let offered = expected.is_some() || (kind, stage) == (Unmerge, Stage::Merged);
            assert_eq!(state.verdicts().contains(&kind), offered, "{stage:?}, {kind:?}");
        }
    }
    // Sales works on it while a touch is scored.
    for (from, feedback) in [(Some(Stage::Routed), true), (Some(Stage::Pooled), false), (None, false)] {
        let touched = LeadState { stage: Stage::Cleaned, reopened_from: from, ..routed() };
        assert_eq!(touched.takes_feedback(), feedback, "{from:?}");
    }
    // What was recalled is over for its queue; what it gave back itself is not.
    assert!(!routed().recycled(None, at(20)).takes_feedback());
    assert!(routed().pooled("no_budget".into(), None, at(20)).takes_feedback());
}

#[test]
fn a_verdict_says_who_when_and_what() {
    let verdict = |mql| Some(Verdict { released: true, mql, by: "desk".into(), at: at(20) });
    let held = routed().put_on_hold(reason(), at(1)).told();
    let given = |state: &LeadState, kind| state.decided(kind, "desk", at(20)).unwrap();
    assert_eq!(given(&held, VerdictKind::Release).verdict, verdict(None));
    assert_eq!(given(&held, VerdictKind::Mql).verdict, verdict(Some(ManualVerdict::Mql)));
    assert_eq!(given(&held, VerdictKind::NotMql).verdict, verdict(Some(ManualVerdict::NotMql)));
    let pooled = routed().pooled("no_budget".into(), None, at(1));
    assert_eq!(given(&pooled, VerdictKind::Mql).verdict, verdict(Some(ManualVerdict::Mql)));
    let code = |kind| given(&routed(), kind).reason.unwrap().code;
    assert_eq!((code(VerdictKind::Hold), code(VerdictKind::Test)), ("held-by-person".into(), "test-by-person".into()));
    assert_eq!(given(&held, VerdictKind::Refuse).reason.unwrap().code, "refused-by-person");
}

#[test]
fn stages_are_shown_as_they_are_stored() {
    for stage in Stage::ALL {
        assert_eq!(serde_json::to_value(stage).unwrap(), stage.name());
    }
    assert_eq!(Stage::Routed.name(), "routed");
}

/// What each settled state says of why, and what a lead takes along.
#[test]
fn a_stop_says_why() {
    let fresh = LeadState::received(id("ld_1"), at(0));
    let said = |state: &LeadState| (state.stage, state.reason.as_ref().map(|reason| reason.code.clone()), state.notify);
    assert_eq!(said(&fresh.held(reason(), true, at(1))), (Stage::Held, Some("code".into()), true));
    assert_eq!(said(&fresh.held(reason(), false, at(1))), (Stage::Held, Some("code".into()), false));
    assert_eq!(said(&fresh.rejected(reason(), at(1))), (Stage::Rejected, Some("code".into()), false));
    assert_eq!(said(&fresh.parked(reason(), at(1))), (Stage::Parked, Some("code".into()), false));
    // Going on leaves the reason behind.
    let verdict = Verdict { released: true, mql: None, by: "desk".into(), at: at(2) };
    let released = fresh.held(reason(), true, at(1)).released(verdict.clone(), at(2));
    assert_eq!((said(&released), released.verdict), ((Stage::Received, None, false), Some(verdict)));
}

/// Whoever has a lead that is started again keeps it, or hears of it; whoever lost it does not.
#[test]
fn a_lead_is_started_again_with_or_without_its_queue() {
    let verdict = || Verdict { released: true, mql: None, by: "desk".into(), at: at(20) };
    assert_eq!(routed().parked(reason(), at(1)).released(verdict(), at(20)).reopened_from, Some(Stage::Routed));
    assert_eq!(routed().put_on_hold(reason(), at(1)).released(verdict(), at(20)).reopened_from, None);
    assert_eq!(LeadState::received(id("ld_1"), at(0)).released(verdict(), at(20)).reopened_from, None);
    // Sales gave it back: held, or parked on its way to somebody else.
    let pooled = routed().pooled("no_budget".into(), None, at(1));
    for stopped in [pooled.put_on_hold(reason(), at(2)), pooled.reopened(at(2)).parked(reason(), at(3))] {
        assert_eq!(stopped.released(verdict(), at(20)).reopened_from, None, "{:?}", stopped.stage);
    }
}

/// The scores stand in the state from `score` to `route`, and nowhere else.
#[test]
fn scores_stay_until_they_are_used() {
    let waits = scored(&routed().touched(Vec::new(), at(1)));
    assert!(waits.scored.is_some() && waits.acknowledged(at(2)).scored.is_some());
    for next in [waits.kept(at(3)), waits.reopened(at(3)), waits.pooled("no_budget".into(), None, at(3))] {
        assert_eq!(next.scored, None, "{:?}", next.stage);
    }
}

/// Somebody is on it: what is still to be told, or to be sent, is not forgotten.
#[test]
fn an_acknowledgement_leaves_open_what_is_open() {
    assert_eq!(routed().delivery_unknown(at(1)).acknowledged(at(2)).watch_at, None, "whoever answers has it");
    let owing = flagged().acknowledged(at(12));
    assert_eq!(owing.due(at(12)), Some(Due::Tell));
    let touched = routed().touched(Vec::new(), at(20));
    assert_eq!(touched.acknowledged(at(20)).watch_at, touched.watch_at, "the pipeline has it");
    assert_eq!(touched.acknowledged(at(20)).assignment.unwrap().responded_at, Some(at(20)));
}

/// Only who has a lead hears that it was taken away.
#[test]
fn only_who_has_a_lead_is_told_that_it_is_gone() {
    let recall = vec![Owing::Recall { queue: queue("sales"), epoch: 1, why: Gone::ByPerson, nurture: None }];
    let pooled = routed().pooled("no_budget".into(), None, at(1));
    for (state, told) in [(routed(), recall), (pooled, Vec::new())] {
        let held = state.put_on_hold(reason(), at(2));
        let none = state.found_to_be_none(reason(), at(2));
        for next in [held, none] {
            assert_eq!(owing(&next), told, "{:?} to {:?}", state.stage, next.stage);
            assert!(next.assignment.as_ref().unwrap().ended, "{:?} to {:?}", state.stage, next.stage);
        }
    }
    // Somebody has it while it waits for another queue's room, or is parked on its way there.
    let touched = routed().touched(Vec::new(), at(2));
    let waits = scored(&touched).without_room(&queue("others"), at(60), at(3));
    for stopped in [waits, touched.parked(reason(), at(3))] {
        let refused = stopped.decided(VerdictKind::Refuse, "desk", at(4)).unwrap();
        let recall = Owing::Recall { queue: queue("sales"), epoch: 1, why: Gone::ByPerson, nurture: None };
        assert_eq!((refused.stage, owing(&refused)), (Stage::Rejected, vec![recall]));
    }
    // Marketing hears where it went.
    let nurture = Nurture { quadrant: Quadrant::Nurture, track: Some("webinars".into()) };
    let mut nurtured = LeadState { stage: Stage::Nurtured, ..routed() };
    nurtured.assignment.as_mut().unwrap().nurture = Some(nurture.clone());
    for (next, to) in [
        (nurtured.put_on_hold(reason(), at(2)), Stage::Held),
        (nurtured.found_to_be_none(reason(), at(2)), Stage::Rejected),
    ] {
        let [Owing::Recall { nurture: left, .. }] = &owing(&next)[..] else { panic!("{to:?}") };
        assert_eq!(left, &Some(LeftNurture { was: nurture.clone(), to }));
    }
    // Sales asked for the call itself, and knows that the lead is gone.
    let called = routed().to_be_called("needs_a_call".into(), reason(), at(2));
    assert!(called.assignment.as_ref().unwrap().ended);
    assert_eq!(owing(&called), [Owing::Hold]);
}

#[test]
fn a_tombstone_goes_on_counting() {
    let state = routed().answered("accepted".into(), at(1));
    let tombstone = state.erased(vec![queue("sales")], at(20));
    assert_eq!((tombstone.version, tombstone.entered, tombstone.epoch), (4, 4, 1));
    assert_eq!((tombstone.stage, tombstone.stage_at, tombstone.received_at), (Stage::Erased, at(20), at(0)));
    assert_eq!((&tombstone.told, tombstone.due(at(22))), (&vec![queue("sales")], Some(Due::LastWord)));
    assert_eq!((&tombstone.assignment, &tombstone.answer), (&None, &None));
    assert_eq!(tombstone.laid_to_rest().due_at(), None);
    let merged = state.merged(&LeadState::received(id("ld_2"), at(0)), &[], at(19));
    assert_eq!(merged.erased(Vec::new(), at(20)).merged_into, Some(id("ld_2")), "its touches still lead on");
    assert_eq!(state.erased(Vec::new(), at(20)).due_at(), None, "nobody was told of it");
}

#[test]
fn whoever_wants_to_hear_nothing_waits_and_never_comes_back_by_itself() {
    let suppressed = routed().suppressed("do_not_contact".into(), at(1));
    assert!(suppressed.suppressed && !routed().pooled("no_budget".into(), None, at(1)).suppressed);
    assert_eq!((suppressed.stage, suppressed.due_at()), (Stage::Pooled, None));
}
