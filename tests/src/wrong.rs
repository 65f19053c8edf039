//! Wrong designs, each of which somebody in this field ships. The simulator runs them to prove that its checker sees
//! what they break. They are planted where the handlers meet the world, at the ports and in the scheduler: what a wrong
//! handler would have done instead is done there, and the product has no switch for it.

/// One wrong design.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// A stage that meets a failed condition takes the work for done by somebody else, and acknowledges.
    AcknowledgeConflict,
    /// A stage marks its lead and sends afterwards; a retry that finds the mark acknowledges.
    MarkThenSend,
    /// `route` sends first and stores its decision afterwards, so that a retry decides anew.
    SendThenMark,
    /// The mapping lacks `ReportBatchItemFailures`: what failed is deleted with what did not.
    NoBatchFailures,
    /// Messages are deleted when they are received.
    AcknowledgeFirst,
    /// Every attempt to deliver makes an id of its own.
    IdPerAttempt,
    /// Sales queues are standard ones, which recognise no copy.
    StandardSalesQueues,
    /// Visibility of 360 s, six times the time-out and longer than a FIFO queue recognises copies.
    LongVisibility,
    /// Submissions without a key share one.
    ConstantKey,
    /// Leads without an e-mail address share one duplicate key.
    ConstantClaim,
    /// Duplicate keys are claimed without asking who has them.
    ClaimsWithoutCondition,
    /// A lead that finds its own claim takes itself for the duplicate.
    OwnClaimIsForeign,
    /// A missed deadline is flagged whatever was stored since the lead was read.
    FlagWithoutCondition,
    /// Every write overwrites what is stored.
    LastWriterWins,
    /// The rows of one change are written one after the other.
    RowByRow,
    /// 202 is answered although the store failed.
    AcceptAnyway,
    /// The answer of `SendMessageBatch` is 200, so all of it is taken for sent.
    IgnoreNotTaken,
    /// A failed send is logged, and the message acknowledged.
    IgnoreFailedSend,
    /// Nothing looks for leads whose message was never sent.
    NoSweep,
    /// Deadlines are looked for in the last minute only.
    EdgeTriggered,
    /// A signed request acts each time that it comes.
    ForgetRequests,
    /// A lead that goes to another queue is not recalled from the first.
    NoRecall,
    /// The numbers of open leads change by a call of their own, behind the decision.
    CountApart,
    /// Caps are looked at before the decision, and not when it is stored.
    CapsReadOnly,
    /// A retry finds an owner anew.
    OwnerAnew,
}

impl Wrong {
    /// All of them.
    pub const ALL: [Self; 25] = [
        Self::AcknowledgeConflict,
        Self::MarkThenSend,
        Self::SendThenMark,
        Self::NoBatchFailures,
        Self::AcknowledgeFirst,
        Self::IdPerAttempt,
        Self::StandardSalesQueues,
        Self::LongVisibility,
        Self::ConstantKey,
        Self::ConstantClaim,
        Self::ClaimsWithoutCondition,
        Self::OwnClaimIsForeign,
        Self::FlagWithoutCondition,
        Self::LastWriterWins,
        Self::RowByRow,
        Self::AcceptAnyway,
        Self::IgnoreNotTaken,
        Self::IgnoreFailedSend,
        Self::NoSweep,
        Self::EdgeTriggered,
        Self::ForgetRequests,
        Self::NoRecall,
        Self::CountApart,
        Self::CapsReadOnly,
        Self::OwnerAnew,
    ];
}
