//! Claims and joins: exactly one lead owns a duplicate key, and whoever comes later becomes a touch on it.

use jiff::Timestamp;
use leads::id::{ClaimKey, LeadId};
use leads::lead::{LeadState, Stage};
use leads::message::StageMessage;
use leads::ports::{CommitError, Guard, LeadRows, ReadLead, Write};
use leads::row::{Claim, Event, Row, Touch};
use support::batch::{self, Done, Failure};
use support::telemetry::Outcome;

use crate::Ports;

/// How many pointers are followed from a merged lead to the live one.
const MOST_HOPS: usize = 8;

/// How many keys a lead may own, so that its state stays small.
const MOST_CLAIMS: usize = 12;

/// Claims `keys` for the lead; if a live lead owns one of them, joins that lead. `None`: look again.
pub(crate) async fn claim<P: Ports>(
    rows: &LeadRows,
    keys: Vec<ClaimKey>,
    ports: &P,
    now: Timestamp,
    expires_at: i64,
) -> Result<Option<Done>, Failure> {
    let state = &rows.state;
    let next = state.cleaned(keys.clone(), now);
    // Who may be overwritten, key by key: at first only ourselves, then also owners that turn out to be dead.
    let mut owners = vec![state.lead_id.clone(); keys.len()];
    for _ in 0..=keys.len() {
        let claims = keys
            .iter()
            .zip(&owners)
            .map(|(key, owner)| claim_write(key.clone(), state.lead_id.clone(), owner.clone(), now, expires_at));
        let writes: Vec<Write> = [Write::after(state, next.clone())].into_iter().chain(claims).collect();
        let refused = match ports.commit(&writes).await {
            Ok(()) => return Ok(Some(Done::sending(StageMessage::next(&next), Outcome::after(state, &next)))),
            Err(CommitError::Port(error)) => return Err(Failure::about(state, error)),
            Err(CommitError::Conflict(refused)) => refused,
        };
        for (position, stored) in refused {
            // Position 0 is the state: it moved on, perhaps by this very write, its answer lost.
            let (Some(key), Some(Row::Claim(claim))) = (position.checked_sub(1), stored) else { return Ok(None) };
            let kind = keys.get(key).map_or("", ClaimKey::kind).to_owned();
            match live_by_id(&claim.owner, ports).await? {
                Some(master) if master.lead_id != state.lead_id => {
                    return join(rows, &master, keys, kind, ports, now, expires_at).await;
                }
                _ => {
                    if let Some(owner) = owners.get_mut(key) {
                        *owner = claim.owner;
                    }
                }
            }
        }
    }
    Ok(None)
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
    let merged = state.merged(master.lead_id.clone(), now);
    loop {
        let mut owned = master.claims.clone();
        owned.extend(keys.iter().filter(|key| !master.claims.contains(key)).cloned());
        owned.truncate(MOST_CLAIMS);
        keys.retain(|key| owned.contains(key));
        let touched = master.touched(owned, now);
        let touch = Touch {
            master: master.lead_id.clone(),
            from: state.lead_id.clone(),
            at: stored.at,
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
    Write {
        row: Row::Claim(Claim { key, owner, expires_at }),
        guard: Guard::FreeFor { owner: may_overwrite, now: now.as_second() },
    }
}

/// The lead that `state` now stands for: itself, or the end of its pointers. `None` if that one can take no touch:
/// refused, erased, or gone.
pub(crate) async fn live(state: LeadState, ports: &impl ReadLead) -> Result<Option<LeadState>, Failure> {
    let mut state = state;
    for _ in 0..MOST_HOPS {
        let Some(master) = state.merged_into.clone().filter(|_| state.stage == Stage::Merged) else {
            return Ok(Some(state).filter(|state| !matches!(state.stage, Stage::Rejected | Stage::Erased)));
        };
        match ports.lead(&master).await.map_err(Failure::before_sending)? {
            Some(rows) => state = rows.state,
            None => return Ok(None),
        }
    }
    Ok(None)
}

async fn live_by_id(id: &LeadId, ports: &impl ReadLead) -> Result<Option<LeadState>, Failure> {
    match ports.lead(id).await.map_err(Failure::before_sending)? {
        Some(rows) => live(rows.state, ports).await,
        None => Ok(None),
    }
}
