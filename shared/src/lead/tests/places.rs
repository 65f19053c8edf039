//! Places at queues and their owners, and leads that wait for one.

use super::*;

fn taken(counted: Option<Counted>) -> LeadState {
    let mut state = given(deadline());
    let assignment = state.assignment.as_mut().unwrap();
    (assignment.counted, assignment.owner) = (counted, Some("li.na".into()));
    state
}

/// Each change of a number of open leads as `+queue` or `-owner`.
fn changes(before: &LeadState, after: &LeadState) -> Vec<String> {
    let change = |count: Count| {
        let name = if matches!(count.place, Place::Queue(_)) { "queue" } else { "owner" };
        format!("{}{name}", if count.by == 1 { "+" } else { "-" })
    };
    counts(before, after).into_iter().map(change).collect()
}

#[test]
fn places_are_taken_and_freed_once() {
    let lead = taken(Some(Counted::Owner));
    let (freed, none) = (["-queue", "-owner"], Vec::<String>::new());
    let before = LeadState::received(id("ld_1"), at(0));
    assert_eq!(changes(&before, &lead), ["+queue", "+owner"]);
    assert_eq!(changes(&before, &taken(Some(Counted::Queue))), ["+queue"]);
    assert_eq!(changes(&before, &taken(None)), none);
    let keeps = [
        lead.acknowledged(at(1)),
        lead.answered("accepted".into(), at(1)),
        lead.stepped(&deadline(), at(11)).0,
        lead.delivery_unknown(at(1)),
        lead.touched(Vec::new(), at(1)),
    ];
    keeps.iter().for_each(|after| assert_eq!(changes(&lead, after), none, "{after:?}"));
    let frees = [
        lead.closed("won".into(), at(1)),
        lead.pooled("not now".into(), None, at(1)),
        lead.suppressed("never".into(), at(1)),
        lead.to_be_called("call".into(), reason(), at(1)),
        lead.recycled(None, at(1)),
        lead.put_on_hold(reason(), at(1)),
        lead.found_to_be_none(reason(), at(1)),
        lead.parked(reason(), at(1)),
        lead.erased(Vec::new(), at(1)),
    ];
    for after in &frees {
        assert_eq!(changes(&lead, after), freed, "{after:?}");
        assert_eq!(changes(after, &after.erased(Vec::new(), at(2))), none, "{after:?}");
    }
    // Taken up again, and closed a second time.
    let again = lead.pooled("not now".into(), None, at(1)).resumed("accepted".into(), false, at(2));
    assert_eq!(changes(&lead, &again), none);
    assert_eq!(changes(&again, &again.closed("won".into(), at(3))), freed);
    let closed = lead.closed("won".into(), at(1));
    assert_eq!(changes(&closed, &closed.closed("won".into(), at(2))), none);
    // Scored again because of a touch, it is with its queue until it is known where else it goes.
    let touched = lead.touched(Vec::new(), at(1));
    assert_eq!(changes(&lead, &touched.without_room(&queue("others"), at(60), at(2))), none);
    assert_eq!(changes(&touched, &touched.kept(at(2))), none);
    assert_eq!(changes(&touched, &touched.parked(reason(), at(2))), freed);
}

/// Nobody has room: looked at every ten minutes, until the deadline of the first time.
#[test]
fn a_lead_without_room_is_looked_at_until_its_time_is_up() {
    let lead = LeadState::received(id("ld_1"), at(0)).cleaned(&[], at(0));
    let held = lead.without_room(&queue("sales"), at(25), at(0));
    assert_eq!((held.stage, held.due(at(9)), held.due(at(10))), (Stage::Held, None, Some(Due::LookForRoom)));
    let waiting = held.waiting_on(at(10));
    assert_eq!((waiting.due(at(19)), waiting.due_at()), (None, Some(at(20))));
    let again = waiting.looked_again(at(20));
    assert_eq!((again.stage, again.reopened_from), (Stage::Cleaned, None));
    assert_eq!(again.due(at(21)), Some(Due::Resend));
    let held = again.without_room(&queue("sales"), at(45), at(21));
    assert_eq!((held.due_at(), held.due(at(25))), (Some(at(25)), Some(Due::LookForRoom)));
    // A person decides otherwise.
    assert_eq!(held.rejected(reason(), at(22)).due_at(), None);
}

/// What is owed, and what may not have arrived, is not forgotten while a lead waits for room.
#[test]
fn a_lead_without_room_still_tells_what_is_owed() {
    let wait = |lead: &LeadState| lead.touched(Vec::new(), at(2)).without_room(&queue("others"), at(60), at(3));
    assert_eq!(wait(&routed()).due(at(3)), None);
    assert_eq!(wait(&flagged()).due(at(3)), Some(Due::Tell));
    assert_eq!(wait(&routed().delivery_unknown(at(1))).due(at(3)), Some(Due::Redeliver));
}
