//! Claims and joins: exactly one lead owns a duplicate key, and whoever comes later becomes a touch on it.

use jiff::Timestamp;
use leads::id::{ClaimKey, LeadId};
use leads::lead::{LeadState, Stage};
use leads::message::StageMessage;
use leads::ports::{CommitError, Guard, LeadRows, ReadLead, Write};
use leads::row::{Claim, Event, Row, Touch};
use support::batch::{self, Done, Failure};
use support::masters::masters;
use support::telemetry::Outcome;

use crate::Ports;

/// How many keys a lead may own, so that its state stays small.
const MOST_CLAIMS: usize = 12;

/// Claims `keys` for the lead; if a live lead owns one of them, joins that lead. `None`: look again.
///
/// A lead that a person took out of another one shares keys with it still. It leaves them where they are, takes along
/// those that it had brought, and joins whoever owns one of the rest.
pub(crate) async fn claim<P: Ports>(
    rows: &LeadRows,
    keys: Vec<ClaimKey>,
    ports: &P,
    now: Timestamp,
    expires_at: i64,
) -> Result<Option<Done>, Failure> {
    let state = &rows.state;
    // Who may be overwritten, key by key: at first only ourselves, then also owners that turn out to be dead.
    let mut claims: Vec<(ClaimKey, LeadId)> = keys.iter().map(|key| (key.clone(), state.lead_id.clone())).collect();
    for _ in 0..=keys.len() {
        let claimed: Vec<ClaimKey> = claims.iter().map(|(key, _)| key.clone()).collect();
        let next = state.cleaned(&claimed, now);
        let writes = claims
            .iter()
            .map(|(key, owner)| claim_write(key.clone(), state.lead_id.clone(), owner.clone(), now, expires_at));
        let writes: Vec<Write> = [Write::after(state, next.clone())].into_iter().chain(writes).collect();
        let refused = match ports.commit(&writes).await {
            Ok(()) => return Ok(Some(Done::sending(StageMessage::next(&next), Outcome::after(state, &next)))),
            Err(CommitError::Port(error)) => return Err(Failure::about(state, error)),
            Err(CommitError::Conflict(refused)) => refused,
        };
        let mut left_alone = Vec::new();
        for (position, stored) in refused {
            // Position 0 is the state: it moved on, perhaps by this very write, its answer lost.
            let (Some(at), Some(Row::Claim(claim))) = (position.checked_sub(1), stored) else { return Ok(None) };
            let Some((key, owner)) = claims.get_mut(at) else { return Ok(None) };
            match standing(state, &claim.owner, ports).await? {
                Owner::Master(master) => {
                    let kind = key.kind().to_owned();
                    return join(rows, &master, keys, kind, ports, now, expires_at).await;
                }
                Owner::Apart if !state.claims.contains(key) => left_alone.push(key.clone()),
                Owner::Apart | Owner::Nobody => *owner = claim.owner,
            }
        }
        claims.retain(|(key, _)| !left_alone.contains(key));
    }
    Ok(None)
}

/// What the owner of a key is to the lead that asks for it.
enum Owner {
    /// Somebody to join.
    Master(Box<LeadState>),
    /// A lead, or a touch on one, that a person took the asking one out of.
    Apart,
    /// The asking lead itself, or one that can take no touch.
    Nobody,
}

async fn standing(state: &LeadState, owner: &LeadId, ports: &impl ReadLead) -> Result<Owner, Failure> {
    let Some(rows) = ports.lead(owner).await.map_err(Failure::Retry)? else { return Ok(Owner::Nobody) };
    let mut pointers = masters(&rows.state, ports).await.map_err(Failure::Retry)?;
    pointers.insert(0, rows.state);
    let apart = pointers.iter().any(|lead| state.is_apart_from(lead));
    Ok(match pointers.pop().filter(takes_touches) {
        None => Owner::Nobody,
        Some(live) if live.lead_id == state.lead_id => Owner::Nobody,
        Some(_) if apart => Owner::Apart,
        Some(live) => Owner::Master(Box::new(live)),
    })
}

/// Joins the lead to `master`: one transaction over both states, the touch, and the keys that are free or the master's.
async fn join<P: Ports>(
    rows: &LeadRows,
    master: &LeadState,
    mut keys: Vec<ClaimKey>,
    matched_on: String,
    ports: &P,
    now: Timestamp,
    expires_at: i64,
) -> Result<Option<Done>, Failure> {
    let state = &rows.state;
    let stored = batch::submission(rows)?;
    loop {
        let mut owned = master.claims.clone();
        owned.extend(keys.iter().filter(|key| !master.claims.contains(key)).cloned());
        owned.truncate(MOST_CLAIMS);
        keys.retain(|key| owned.contains(key));
        let merged = state.merged(master, &keys, now);
        let touched = master.touched(owned, now);
        let touch = Touch {
            master: master.lead_id.clone(),
            from: state.lead_id.clone(),
            at: state.received_at,
            matched_on: matched_on.clone(),
            submission: stored.submission.clone(),
        };
        let event = Event {
            lead_id: state.lead_id.clone(),
            version: merged.version,
            at: now,
            actor: "clean".into(),
            what: "merged".into(),
            why: format!("same {matched_on} as lead {}", master.lead_id),
        };
        let fixed = [
            Write::after(state, merged.clone()),
            Write::after(master, touched.clone()),
            Write::new(Row::Touch(touch)),
            Write::new(Row::Event(event)),
        ];
        let offset = fixed.len();
        let claims = keys
            .iter()
            .map(|key| claim_write(key.clone(), master.lead_id.clone(), master.lead_id.clone(), now, expires_at));
        let writes: Vec<Write> = fixed.into_iter().chain(claims).collect();
        match ports.commit(&writes).await {
            Ok(()) => {
                let next = StageMessage::next(&touched).filter(|_| touched.stage == Stage::Cleaned);
                return Ok(Some(Done::sending(next, Outcome::after(state, &merged))));
            }
            Err(CommitError::Port(error)) => return Err(Failure::about(state, error)),
            Err(CommitError::Conflict(refused)) => {
                // A key that belongs to a third lead stays there; anything else refused means that a state moved on.
                let third: Vec<usize> = refused.iter().filter_map(|(at, _)| at.checked_sub(offset)).collect();
                if third.len() < refused.len() || third.is_empty() {
                    return Ok(None);
                }
                let mut position = 0;
                keys.retain(|_| {
                    position += 1;
                    !third.contains(&(position - 1))
                });
            }
        }
    }
}

fn claim_write(key: ClaimKey, owner: LeadId, may_overwrite: LeadId, now: Timestamp, expires_at: i64) -> Write {
    Write::guarded(
        Row::Claim(Claim { key, owner, expires_at }),
        Guard::FreeFor { owner: may_overwrite, now: now.as_second() },
    )
}

/// Whether a lead is one to join. One whose pointers end nowhere is not.
fn takes_touches(live: &LeadState) -> bool {
    !matches!(live.stage, Stage::Merged | Stage::Rejected | Stage::Erased)
}

/// The lead that a merged one now stands for, if it can take touches.
pub(crate) async fn live(state: &LeadState, ports: &impl ReadLead) -> Result<Option<LeadState>, Failure> {
    let mut masters = masters(state, ports).await.map_err(Failure::Retry)?;
    Ok(masters.pop().filter(takes_touches))
}
