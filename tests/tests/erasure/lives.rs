//! What has happened to her leads when she is erased.

use futures::executor::block_on;
use jiff::SignedDuration;
use leads::id::{FormId, LeadId};
use leads::lead::Stage;
use leads::ports::DeleteRows;
use leads::row::RowKey;
use serde_json::Value;
use tests::stack::Stack;

use crate::person::{a_test, cold, doubtful, hot, report, verdict, without_consent};

/// What happens to a person's leads. The first step posts the lead that is to be erased.
pub(crate) struct Life {
    pub(crate) name: &'static str,
    /// Answers the leads, the one to be erased first.
    pub(crate) live: fn(&mut Stack) -> Vec<LeadId>,
    /// Where the first stands if nobody erases it.
    pub(crate) stage: Stage,
}

pub(crate) fn post(stack: &mut Stack, body: &Value, key: &str) -> LeadId {
    stack.post(body, Some(key));
    stack.settle().unwrap();
    named(key)
}

/// The lead that a key makes, whether its client was answered or not.
pub(crate) fn named(key: &str) -> LeadId {
    LeadId::of_key(&FormId::parse("contact").unwrap(), key)
}

fn day(stack: &mut Stack) {
    stack.pass(SignedDuration::from_hours(30));
    stack.settle().unwrap();
}

pub(crate) const LIVES: &[Life] = &[
    Life { name: "routed", live: |stack| vec![post(stack, &hot(), "k-1")], stage: Stage::Routed },
    Life { name: "nurtured", live: |stack| vec![post(stack, &cold(), "k-1")], stage: Stage::Nurtured },
    Life { name: "held", live: |stack| vec![post(stack, &doubtful(), "k-1")], stage: Stage::Held },
    Life { name: "held, untold", live: |stack| vec![post(stack, &without_consent(), "k-1")], stage: Stage::Held },
    Life { name: "refused", live: |stack| vec![post(stack, &a_test(), "k-1")], stage: Stage::Rejected },
    Life {
        name: "released",
        live: |stack| {
            let lead = post(stack, &doubtful(), "k-1");
            stack.verdict("telemarketing-desk", &lead, &verdict("release"));
            stack.settle().unwrap();
            vec![lead]
        },
        stage: Stage::Routed,
    },
    Life {
        name: "parked",
        live: |stack| {
            let lead = post(stack, &doubtful(), "k-1");
            let key = RowKey::submission(&lead);
            let submission = stack.world.rows().into_iter().find(|row| row.key() == key);
            block_on(stack.world.delete(&key)).unwrap();
            stack.verdict("telemarketing-desk", &lead, &verdict("release"));
            stack.settle().unwrap();
            // Somebody mends it, unless it was erased meanwhile.
            let stands = stack.world.states().iter().any(|state| state.stage == Stage::Parked);
            submission.filter(|_| stands).into_iter().for_each(|row| stack.world.put(row));
            vec![lead]
        },
        stage: Stage::Parked,
    },
    Life {
        name: "pooled, and back",
        live: |stack| {
            let lead = post(stack, &hot(), "k-1");
            stack.answer("crm-china", &lead, &report("unreachable"));
            stack.settle().unwrap();
            stack.pass(SignedDuration::from_hours(24 * 15));
            stack.settle().unwrap();
            vec![lead]
        },
        stage: Stage::Routed,
    },
    Life {
        name: "answered",
        live: |stack| {
            let lead = post(stack, &hot(), "k-1");
            stack.answer("crm-china", &lead, &report("won"));
            stack.settle().unwrap();
            vec![lead]
        },
        stage: Stage::Routed,
    },
    Life {
        name: "breached",
        live: |stack| {
            let lead = post(stack, &hot(), "k-1");
            stack.pass(SignedDuration::from_hours(24 * 10));
            stack.settle().unwrap();
            vec![lead]
        },
        stage: Stage::Routed,
    },
    Life {
        name: "a touch on a nurtured lead, which it lifts",
        live: |stack| {
            let master = post(stack, &cold(), "k-1");
            day(stack);
            vec![post(stack, &hot(), "k-2"), master]
        },
        stage: Stage::Merged,
    },
    Life {
        name: "the master of a held lead's touch and of another",
        live: |stack| {
            let lead = post(stack, &hot(), "k-1");
            day(stack);
            let held = post(stack, &doubtful(), "k-2");
            stack.verdict("telemarketing-desk", &held, &verdict("release"));
            stack.settle().unwrap();
            vec![lead, held, post(stack, &cold(), "k-3")]
        },
        stage: Stage::Routed,
    },
    Life {
        name: "two at once",
        live: |stack| {
            stack.post(&hot(), Some("k-1"));
            let other = post(stack, &cold(), "k-2");
            vec![named("k-1"), other]
        },
        stage: Stage::Routed,
    },
];
