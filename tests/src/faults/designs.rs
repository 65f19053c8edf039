//! What the handlers of a [`Wrong`] design write and send, where ours do what they should.

use leads::id::{ClaimKey, DeliveryId, LeadId};
use leads::lead::Stage;
use leads::ports::{
    Commit, CommitError, Destination, Guard, NotTaken, Outgoing, PortError, SendMessages, Write, counts,
};
use leads::row::{Claim, Idempotency, Open, Row, RowKey};

use super::Faulty;
use crate::wrong::Wrong;

impl Faulty {
    pub(super) fn is(&self, wrong: Wrong) -> bool {
        self.plan.wrong == Some(wrong)
    }

    pub(super) fn is_stage(&self) -> bool {
        matches!(self.life.function, "clean" | "score" | "route")
    }

    /// A wrong handler takes its work for done.
    pub(super) async fn acknowledge<T>(&self) -> T {
        self.life.acknowledges.set(true);
        self.die().await
    }

    /// Writes as asked, or as a wrong design does, and keeps the states that were stored.
    pub(super) async fn write(&self, writes: &[Write]) -> Result<(), CommitError> {
        self.bill_write(writes);
        let at = self.world.now();
        let overwrites = match self.plan.wrong {
            Some(Wrong::LastWriterWins) => self.life.function != "intake",
            Some(Wrong::FlagWithoutCondition) => self.life.function == "sla",
            _ => false,
        };
        if overwrites {
            writes.iter().for_each(|write| self.world.put(write.row.clone()));
        } else {
            self.world.commit(writes).await.inspect_err(|error| self.bill_refused(error))?;
        }
        for write in writes {
            if let Row::State(state) = &write.row {
                self.plan
                    .note(|| format!("      {} is {} at version {}", state.lead_id, state.stage.name(), state.version));
                self.plan.states.borrow_mut().push((at, state.clone()));
            }
        }
        Ok(())
    }

    /// Changes the numbers of open leads by a call of its own.
    pub(super) async fn count(&self, writes: &[Write]) -> Result<(), CommitError> {
        let counts = counts(writes);
        if counts.is_empty() {
            return Ok(());
        }
        let add = async || {
            for count in &counts {
                let key = RowKey::open(&count.place);
                let open =
                    |row: &Row| if let Row::Open(row) = row { (row.pk == key.pk).then_some(row.open) } else { None };
                let open = self.world.rows().iter().find_map(open).unwrap_or(0);
                self.world.put(Row::Open(Open { pk: key.pk, open: open + count.by }));
            }
            Ok(())
        };
        self.call("count", add).await
    }

    /// The rows that a handler of the design would write.
    pub(super) fn designed(&self, writes: &[Write]) -> Vec<Write> {
        let mut writes = writes.to_vec();
        match self.plan.wrong {
            Some(Wrong::ForgetRequests) => writes.retain(|write| !matches!(write.row, Row::Request(_))),
            Some(Wrong::CapsReadOnly) => {
                let counts = writes.iter_mut().flat_map(|write| &mut write.counts);
                counts.for_each(|count| count.below = None);
            }
            Some(Wrong::ClaimsWithoutCondition) => {
                for write in writes.iter_mut().filter(|write| matches!(write.row, Row::Claim(_))) {
                    write.guard = Guard::AbsentOrExpired { now: i64::MAX };
                }
            }
            Some(Wrong::OwnClaimIsForeign) => {
                for write in &mut writes {
                    if let Guard::FreeFor { now, .. } = write.guard {
                        write.guard = Guard::AbsentOrExpired { now };
                    }
                }
            }
            Some(Wrong::ConstantKey) if self.life.function == "intake" => {
                let keyed = writes.iter().any(|write| matches!(write.row, Row::Idempotency(_)));
                if let (false, Some(Row::State(state))) = (keyed, writes.first().map(|write| &write.row)) {
                    let row = Row::Idempotency(Idempotency {
                        pk: "idempotency#none".into(),
                        fingerprint: "none".into(),
                        lead_id: state.lead_id.clone(),
                        expires_at: i64::MAX,
                    });
                    writes.push(Write::guarded(row, Guard::AbsentOrExpired { now: 0 }));
                }
            }
            Some(Wrong::ConstantClaim) => {
                if let [Write { row: Row::State(state), .. }, rest @ ..] = writes.as_slice()
                    && state.stage == Stage::Cleaned
                    && self.life.function == "clean"
                    && !rest.iter().any(|write| matches!(write.row, Row::State(_)))
                {
                    let (key, owner) = (ClaimKey::of(b"", "email", ""), state.lead_id.clone());
                    let row = Row::Claim(Claim { key, owner: owner.clone(), expires_at: i64::MAX });
                    writes.push(Write::guarded(row, Guard::FreeFor { owner, now: 0 }));
                }
            }
            _ => {}
        }
        writes
    }

    /// The message that a handler of the design would send.
    fn addressed(&self, message: &Outgoing) -> Option<Outgoing> {
        let mut message = message.clone();
        if self.is(Wrong::NoRecall) && ["lead.recalled", "nurture.exit"].iter().any(|kind| message.body.contains(kind))
        {
            return None;
        }
        if let (Destination::Sales { dedup, .. }, true) = (&mut message.to, self.is(Wrong::IdPerAttempt)) {
            let attempt = u32::try_from(self.plan.count()).unwrap();
            let anew = DeliveryId::of(&LeadId::random([0; 16]), attempt, dedup);
            message.body = message.body.replace(dedup.as_str(), anew.as_str());
            *dedup = anew.as_str().to_owned();
        }
        Some(message)
    }

    /// Sends as asked, or as a wrong design does.
    pub(super) async fn put(&self, messages: &[&Outgoing]) -> Result<Vec<Result<(), NotTaken>>, PortError> {
        if self.plan.wrong.is_none() {
            return self.world.send(messages).await;
        }
        let designed: Vec<Option<Outgoing>> = messages.iter().map(|message| self.addressed(message)).collect();
        let sent: Vec<&Outgoing> = designed.iter().flatten().collect();
        let mut taken = self.world.send(&sent).await?.into_iter();
        Ok(designed.iter().map(|message| message.as_ref().map_or(Ok(()), |_| taken.next().unwrap_or(Ok(())))).collect())
    }
}
