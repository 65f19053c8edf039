//! The ports, each method a call that may go wrong.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use leads::decision::Account;
use leads::id::{ClaimKey, LeadId, Queue};
use leads::lead::{Place, Stage, Worklist};
use leads::ports::{
    AnyQueue, Challenge, Commit, CommitError, DeadLetter, DeadLetters, DeleteRows, DueEntry, FindDue, LeadRows,
    ListOpen, NotTaken, OpenPage, Outgoing, PortError, Postpone, ReadAccount, ReadDecision, ReadHistory,
    ReadIdempotency, ReadLead, ReadOpen, ReadRequest, ReadRows, ReadTouches, ScanTable, Segment, SendMessages, Solved,
    StageQueue, Stored, TakeTurn, VerifyChallenge, Write,
};
use leads::row::{AccountRow, Decision, Idempotency, Open, Request, Row, RowKey, Touch};

use super::Faulty;
use super::bill::{due_size, item_size, lead_sizes};
use crate::wrong::Wrong;

impl ReadLead for Faulty {
    async fn lead(&self, id: &LeadId) -> Result<Option<LeadRows>, PortError> {
        let rows = self.call("lead", async || self.world.lead(id).await).await?;
        self.bill_read(rows.iter().flat_map(lead_sizes));
        let done = |rows: &LeadRows| {
            let before = match self.life.function {
                "clean" => Stage::Received,
                "score" => Stage::Cleaned,
                _ => Stage::Scored,
            };
            rows.state.stage != before
        };
        if self.is(Wrong::MarkThenSend) && self.is_stage() && rows.as_ref().is_some_and(done) {
            return self.acknowledge().await;
        }
        Ok(rows)
    }
}

impl ReadTouches for Faulty {
    async fn touches(&self, id: &LeadId, limit: u8) -> Result<Vec<Touch>, PortError> {
        let touches = self.call("touches", async || self.world.touches(id, limit).await).await?;
        self.bill_read(touches.iter().map(|touch| item_size(&Row::Touch(touch.clone()))));
        Ok(touches)
    }
}

impl ReadDecision for Faulty {
    async fn decision(&self, id: &LeadId, epoch: u32) -> Result<Option<Decision>, PortError> {
        let decision = self.call("decision", async || self.world.decision(id, epoch).await).await?;
        self.bill_read(decision.iter().map(|decision| item_size(&Row::Decision(decision.clone()))));
        let anew = |mut decision: Decision| {
            if self.is(Wrong::OwnerAnew) && decision.owner.is_some() {
                decision.owner = Some(["li.na", "wang.wei"][self.plan.count() % 2].to_owned());
            }
            decision
        };
        Ok(decision.map(anew))
    }
}

impl ReadAccount for Faulty {
    async fn account(&self, keys: &[RowKey]) -> Result<Option<Account>, PortError> {
        let account = self.call("account", async || self.world.account(keys).await).await;
        self.billed(|billed| billed.count = keys.len());
        let found = account.iter().flatten().zip(keys);
        self.bill_read(found.map(|(account, key)| {
            item_size(&Row::Account(AccountRow { pk: key.pk.clone(), account: account.clone() }))
        }));
        account
    }
}

impl ReadOpen for Faulty {
    async fn open(&self, places: &[Place]) -> Result<BTreeMap<Place, u32>, PortError> {
        let open = self.call("open", async || self.world.open(places).await).await?;
        let row = |(place, open): (&Place, &u32)| Row::Open(Open { pk: RowKey::open(place).pk, open: (*open).into() });
        self.bill_read(open.iter().map(row).map(|row| item_size(&row)));
        Ok(open)
    }
}

impl TakeTurn for Faulty {
    async fn turn(&self, queue: &Queue) -> Result<u64, PortError> {
        self.call("turn", async || self.world.turn(queue).await).await
    }
}

impl ReadRequest for Faulty {
    async fn request(&self, key: &RowKey) -> Result<Option<Request>, PortError> {
        let request = self.call("request", async || self.world.request(key).await).await?;
        self.bill_read(request.iter().map(|request| item_size(&Row::Request(request.clone()))));
        Ok(request.filter(|_| !self.is(Wrong::ForgetRequests)))
    }
}

impl ReadIdempotency for Faulty {
    async fn idempotency(&self, key: &RowKey) -> Result<Option<Idempotency>, PortError> {
        let earlier = self.call("idempotency", async || self.world.idempotency(key).await).await?;
        self.bill_read(earlier.iter().map(|earlier| item_size(&Row::Idempotency(earlier.clone()))));
        Ok(earlier)
    }
}

impl VerifyChallenge for Faulty {
    async fn verify(&self, challenge: Challenge<'_>) -> Result<Solved, PortError> {
        self.call("verify", async || self.world.verify(challenge).await).await
    }
}

impl ReadHistory for Faulty {
    async fn history(&self, id: &LeadId) -> Result<Vec<Row>, PortError> {
        let history = self.call("history", async || self.world.history(id).await).await?;
        self.bill_read(history.iter().map(item_size));
        Ok(history)
    }
}

impl ReadRows for Faulty {
    async fn rows_of(&self, id: &LeadId) -> Result<Vec<Stored>, PortError> {
        self.call("rows_of", async || self.world.rows_of(id).await).await
    }
}

impl ScanTable for Faulty {
    async fn scan(&self, segment: Segment, after: Option<RowKey>) -> Result<(Vec<Stored>, Option<RowKey>), PortError> {
        self.call("scan", async || self.world.scan(segment, after.clone()).await).await
    }
}

impl DeleteRows for Faulty {
    async fn delete(&self, key: &RowKey) -> Result<(), PortError> {
        self.call("delete", async || self.world.delete(key).await).await
    }

    async fn release(&self, claim: &ClaimKey, owner: &LeadId) -> Result<Option<LeadId>, PortError> {
        self.call("release", async || self.world.release(claim, owner).await).await
    }
}

impl DeadLetters for Faulty {
    async fn dead_letters(&self, queue: &AnyQueue) -> Result<Vec<DeadLetter>, PortError> {
        self.call("dead_letters", async || self.world.dead_letters(queue).await).await
    }

    async fn delete_dead_letter(&self, queue: &AnyQueue, receipt: &str) -> Result<(), PortError> {
        self.call("delete_dead_letter", async || self.world.delete_dead_letter(queue, receipt).await).await
    }
}

impl ListOpen for Faulty {
    async fn list(&self, list: &Worklist, after: Option<&str>, limit: u16) -> Result<OpenPage, PortError> {
        self.call("list", async || self.world.list(list, after, limit).await).await
    }
}

impl FindDue for Faulty {
    async fn due(
        &self,
        shard: u8,
        after: Option<&DueEntry>,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<DueEntry>, PortError> {
        let mut due = self.call("due", async || self.world.due(shard, after, now, limit).await).await?;
        self.bill_read(due.iter().map(due_size));
        if self.is(Wrong::EdgeTriggered) {
            due.retain(|entry| now.duration_since(entry.at) <= SignedDuration::from_secs(60));
        }
        Ok(due)
    }
}

impl Commit for Faulty {
    async fn commit(&self, writes: &[Write]) -> Result<(), CommitError> {
        let writes = self.designed(writes);
        if self.is(Wrong::SendThenMark) && self.life.function == "route" {
            self.unmarked.replace(writes);
            return Ok(());
        }
        if self.is(Wrong::RowByRow) {
            for write in &writes {
                self.call("commit", async || self.write(std::slice::from_ref(write)).await).await?;
            }
            return Ok(());
        }
        if self.is(Wrong::CountApart) {
            let bare: Vec<Write> = writes.iter().map(|write| Write { counts: Vec::new(), ..write.clone() }).collect();
            self.call("commit", async || self.write(&bare).await).await?;
            return self.count(&writes).await;
        }
        match self.call("commit", async || self.write(&writes).await).await {
            Err(CommitError::Conflict(_)) if self.is(Wrong::AcknowledgeConflict) && self.is_stage() => {
                self.acknowledge().await
            }
            Err(CommitError::Port(_)) if self.is(Wrong::AcceptAnyway) && self.life.function == "intake" => Ok(()),
            result => result,
        }
    }
}

impl Postpone for Faulty {
    async fn postpone(&self, from: StageQueue, receipt: &str, seconds: u32) -> Result<(), PortError> {
        self.call("postpone", async || self.world.postpone(from, receipt, seconds).await).await
    }
}

impl SendMessages for Faulty {
    async fn send(&self, messages: &[&Outgoing]) -> Result<Vec<Result<(), NotTaken>>, PortError> {
        let all_but_first = async || {
            let taken = self.put(messages.get(1..).unwrap_or_default()).await?;
            let first = NotTaken { code: "InternalError".into() };
            Ok([Err(first)].into_iter().chain(taken).collect())
        };
        let sent = self.call_or("send", async || self.put(messages).await, Some(all_but_first)).await;
        self.bill_send(messages);
        let unmarked = self.unmarked.take();
        if !unmarked.is_empty() {
            drop(self.call("commit", async || self.write(&unmarked).await).await);
        }
        match sent {
            Ok(taken) if self.is(Wrong::IgnoreNotTaken) => Ok(taken.iter().map(|_| Ok(())).collect()),
            Err(_) if self.is(Wrong::IgnoreFailedSend) => Ok(messages.iter().map(|_| Ok(())).collect()),
            sent => sent,
        }
    }
}
