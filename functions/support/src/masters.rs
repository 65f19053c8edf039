//! Pointers from a merged lead to the live one.

use leads::lead::{LeadState, Stage};
use leads::ports::{PortError, ReadLead};

/// How many pointers are followed.
const MOST_HOPS: usize = 8;

/// The leads that a lead's pointers lead through, the nearest first; none if it is a lead of its own. Where the pointers
/// end, the last one is not merged; if it is, the end was not found.
pub async fn masters(state: &LeadState, ports: &impl ReadLead) -> Result<Vec<LeadState>, PortError> {
    let mut masters: Vec<LeadState> = Vec::new();
    while masters.len() < MOST_HOPS {
        let last = masters.last().unwrap_or(state);
        let Some(next) = last.merged_into.as_ref().filter(|_| last.stage == Stage::Merged) else { break };
        match ports.lead(next).await? {
            Some(rows) => masters.push(rows.state),
            None => break,
        }
    }
    Ok(masters)
}
