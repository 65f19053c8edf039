//! Touches, and the end of them.

use super::*;

/// The master as it stands, and how it is after its only touch was taken out: its stage, the settled stage that it was
/// taken back from, and whether it is on its way again.
#[test]
fn a_master_without_its_touch() {
    let touch = LeadState::received(id("ld_touch"), at(0));
    let rows = [
        (Stage::Received, Stage::Received, None, false),
        (Stage::Cleaned, Stage::Cleaned, None, true),
        (Stage::Scored, Stage::Cleaned, None, true),
        (Stage::Routed, Stage::Cleaned, Some(Stage::Routed), true),
        (Stage::Nurtured, Stage::Cleaned, Some(Stage::Nurtured), true),
        (Stage::Pooled, Stage::Pooled, None, false),
        (Stage::Rejected, Stage::Rejected, None, false),
        (Stage::Merged, Stage::Merged, None, false),
        (Stage::Held, Stage::Held, None, false),
        (Stage::Parked, Stage::Parked, None, false),
    ];
    for (before, after, reopened_from, again) in rows {
        let master = LeadState { stage: before, touches: 1, version: 5, entered: 3, ..routed() };
        let left = master.without(&touch, at(20));
        assert_eq!((left.stage, left.touches, left.version), (after, 0, 6), "{before:?}");
        assert_eq!(left.reopened_from, reopened_from, "{before:?}");
        assert_eq!(left.entered, if again { 6 } else { 3 }, "{before:?}");
        assert_eq!(left.left_by, again.then(|| id("ld_touch")), "{before:?}");
        assert_eq!(left.assignment, master.assignment, "{before:?}");
        // The request comes once: if its send failed, the sweep sends after a minute.
        assert_eq!(left.due(at(21)), if again { Some(Due::Resend) } else { master.due(at(21)) }, "{before:?}");
    }
}

#[test]
fn a_touch_takes_back_what_it_gave_and_is_a_lead_again() {
    let master = LeadState::received(id("ld_1"), at(0)).cleaned(&[key("both"), key("first")], at(0));
    let second = LeadState::received(id("ld_2"), at(1));
    let merged = second.merged(&master, &[key("both"), key("second")], at(1));
    assert_eq!((&merged.merged_into, &merged.claims), (&Some(id("ld_1")), &vec![key("second")]));
    let touched = master.touched(vec![key("both"), key("first"), key("second")], at(1));

    let again = merged.unmerged(&[id("ld_1"), id("ld_0")], at(2));
    assert_eq!((again.stage, again.version, again.entered), (Stage::Received, 3, 3));
    assert_eq!((&again.merged_into, &again.claims), (&None, &vec![key("second")]));
    assert_eq!(again.apart, [id("ld_1"), id("ld_0")]);
    assert_eq!(again.due(at(3)), Some(Due::Resend));
    let left = touched.without(&merged, at(2));
    assert_eq!((left.touches, &left.claims), (0, &vec![key("both"), key("first")]));
    assert!(again.is_apart_from(&left) && left.is_apart_from(&again));
    assert!(!left.is_apart_from(&second) && !again.is_apart_from(&second));

    // Its own keys stay its own when it is cleaned; being told about twice does not mark it twice.
    assert_eq!(again.cleaned(&[key("second")], at(3)).claims, [key("second")]);
    let third = LeadState::received(id("ld_3"), at(0));
    let twice = again.merged(&third, &[], at(4)).unmerged(&[id("ld_3"), id("ld_1")], at(5));
    assert_eq!(twice.apart, [id("ld_1"), id("ld_0"), id("ld_3")]);
    assert_eq!(twice.claims, [key("second")]);
}

/// A queue is told once that a touch left, and not again with the next touch.
#[test]
fn a_touch_that_left_is_told_once() {
    let touch = LeadState::received(id("ld_touch"), at(0));
    let master = scored(&routed().touched(Vec::new(), at(1))).kept(at(2));
    let told = |state: &LeadState| state.told_touch.clone().map(|told| (told.touches, told.left_by)).unwrap();
    assert_eq!(told(&master), (1, None));
    let left = scored(&master.without(&touch, at(3))).kept(at(4));
    assert_eq!(told(&left), (0, Some(id("ld_touch"))));
    assert_eq!((left.stage, &left.left_by), (Stage::Routed, &None));
    let again = scored(&left.touched(Vec::new(), at(5))).kept(at(6));
    assert_eq!(told(&again), (1, None));
}

/// A lead that stays where it is goes on owing what it owed, and being delivered if that is unclear.
#[test]
fn a_lead_that_stays_keeps_what_is_open() {
    let kept = |state: &LeadState| scored(&state.touched(Vec::new(), at(20))).kept(at(21));
    assert_eq!(kept(&routed()).watch_at, None);
    assert_eq!(kept(&flagged()).watch_at, Some(at(21)));
    assert_eq!(kept(&routed().delivery_unknown(at(1))).watch_at, Some(at(21)));
}
