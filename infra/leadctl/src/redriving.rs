//! Redriving: dead letters go back into their queue, each sent before it is deleted, so that none is lost wherever this
//! ends. A second copy does no harm: stages recognise what a lead has behind it by its version, sales queues a message
//! by its deduplication id, and consumers by its delivery id.

use jiff::{SignedDuration, Timestamp};
use leads::lead::Stage;
use leads::message::SalesMessage;
use leads::ports::{AnyQueue, DeadLetter, DeadLetters, Destination, Outgoing, PortError, ReadLead, SendMessages};
use serde::Serialize;

/// For how long a FIFO queue drops what has a deduplication id that it knows. It would drop a dead letter as well.
const FIFO_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// What a redrive calls.
pub trait Ports: DeadLetters + SendMessages + ReadLead {}
impl<P: DeadLetters + SendMessages + ReadLead> Ports for P {}

/// What became of the dead letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Redriven {
    /// Sent to their queue again.
    pub moved: u64,
    /// Deleted, because they told sales of a lead that is erased.
    pub erased: u64,
    /// Left for later: their queue would take them for copies.
    pub too_young: u64,
    /// Left for good: not messages of this pipeline.
    pub foreign: u64,
}

impl Redriven {
    fn count(&self) -> u64 {
        self.moved + self.erased + self.too_young + self.foreign
    }
}

/// Moves up to `most` dead letters of a queue. Letters that die again meanwhile are not chased, so `most` is how many
/// there were at first. `told` hears after each letter.
pub async fn redrive<P: Ports>(
    queue: &AnyQueue,
    ports: &P,
    most: u64,
    clock: impl Fn() -> Timestamp,
    mut told: impl FnMut(&Redriven),
) -> Result<Redriven, PortError> {
    let mut done = Redriven::default();
    while done.count() < most {
        let letters = ports.dead_letters(queue).await?;
        if letters.is_empty() {
            break;
        }
        for letter in &letters {
            let counter = match &letter.message {
                None => &mut done.foreign,
                Some(message) if is_erased(message, ports).await? => {
                    ports.delete_dead_letter(queue, &letter.receipt).await?;
                    &mut done.erased
                }
                Some(message) if too_young(message, letter, clock()) => &mut done.too_young,
                Some(message) => {
                    send(message, ports).await?;
                    ports.delete_dead_letter(queue, &letter.receipt).await?;
                    &mut done.moved
                }
            };
            *counter += 1;
            told(&done);
        }
    }
    Ok(done)
}

/// Whether a message would tell sales of a lead that is erased; that it is erased they may hear again.
async fn is_erased(message: &Outgoing, ports: &impl ReadLead) -> Result<bool, PortError> {
    let Destination::Sales { group, .. } = &message.to else { return Ok(false) };
    if matches!(serde_json::from_str(&message.body), Ok(SalesMessage::Erased(_))) {
        return Ok(false);
    }
    Ok(ports.lead(group).await?.is_some_and(|rows| rows.state.stage == Stage::Erased))
}

fn too_young(message: &Outgoing, letter: &DeadLetter, now: Timestamp) -> bool {
    matches!(message.to, Destination::Sales { .. }) && now.duration_since(letter.sent_at) < FIFO_WINDOW
}

async fn send(message: &Outgoing, ports: &impl SendMessages) -> Result<(), PortError> {
    match ports.send(&[message]).await?.pop() {
        Some(Ok(())) => Ok(()),
        Some(Err(not_taken)) => Err(PortError::Unavailable { call: "sqs:SendMessage", source: Box::new(not_taken) }),
        None => Err(PortError::Unavailable { call: "sqs:SendMessage", source: "no answer".into() }),
    }
}
