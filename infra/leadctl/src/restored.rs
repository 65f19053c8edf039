//! A table that was restored from a backup holds people who were erased since. The table that it was made from has their
//! tombstones: whoever is erased there has to be erased here again.

use std::collections::{BTreeMap, BTreeSet};

use leads::id::LeadId;
use leads::lead::Stage;
use leads::ports::{PortError, ReadLead, ReadRows, ScanTable, Stored};
use leads::row::Row;
use leads::rules::RuleSet;

use crate::erasure::{Member, Unfinished, survey};
use crate::scanning::each_row;

/// The leads that are erased in a table; `read` hears how many rows were read.
pub async fn tombstones(ports: &impl ScanTable, read: impl FnMut(u64)) -> Result<BTreeSet<LeadId>, PortError> {
    let mut erased = BTreeSet::new();
    let look = |stored: Stored| {
        if let Some(Row::State(state)) = stored.row
            && state.stage == Stage::Erased
        {
            erased.insert(state.lead_id);
        }
        Ok::<_, PortError>(())
    };
    each_row(ports, read, look).await?;
    Ok(erased)
}

/// Who is to be erased again after a restore.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Again {
    /// One list a person.
    pub persons: Vec<Vec<Member>>,
    /// Leads of the list that the table does not hold: they came after the moment that it was restored to.
    pub absent: usize,
    /// Leads that were not erased, but are one with one that was. Since that moment a person took them out of it, or it out
    /// of them; that has to be done again first.
    pub joined: BTreeMap<LeadId, BTreeSet<LeadId>>,
}

/// Looks up in a restored table who of the leads that were `erased` is there. Changes nothing.
pub async fn again<P: ReadLead + ReadRows>(
    erased: &BTreeSet<LeadId>,
    ports: &P,
    rules: &RuleSet,
) -> Result<Again, Unfinished> {
    let mut again = Again::default();
    let mut seen = BTreeSet::new();
    for lead in erased {
        if seen.contains(lead) {
            continue;
        }
        let members = match survey(lead, ports, rules).await {
            Ok(members) => members,
            Err(Unfinished::NoLead(_)) => {
                again.absent += 1;
                continue;
            }
            Err(error) => return Err(error),
        };
        let others = members.iter().map(|member| &member.lead_id).filter(|member| !erased.contains(*member));
        let others: BTreeSet<LeadId> = others.cloned().collect();
        seen.extend(members.iter().map(|member| member.lead_id.clone()));
        if !others.is_empty() {
            again.joined.insert(lead.clone(), others);
        } else if members.iter().any(|member| member.stage != Stage::Erased || member.rows > 0) {
            again.persons.push(members);
        }
    }
    Ok(again)
}
