//! The queues between the stages, and those that sales tools read.

use super::deployed::{Deployed, Resource, elements, texts};
use super::{Check, Faults, said};

const DAY: i64 = 86_400;

/// SQS keeps a message this long unless told otherwise.
const DEFAULT_RETENTION: i64 = 4 * DAY;

/// SQS hides a message this long from other readers unless told otherwise.
const DEFAULT_VISIBILITY: i64 = 30;

/// Within this time a FIFO queue drops a second message of the same deduplication id.
const DEDUPLICATION_SECONDS: i64 = 300;

/// After so many attempts a stage stores what it does not know instead of sending again.
const ATTEMPTS_IN_WINDOW: i64 = 5;

/// Fits `<stack>-` of a name of 30 characters.
const LONGEST_STACK: &str = "a-stack-with-thirty-characters";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "visibility-timeout",
        asks: "A queue that a function reads hides a message for six times the function's timeout, and the batching window.",
        otherwise: "a message comes back while its first attempt still runs; two invocations work on one lead, and \
                    throttled receives use up its attempts",
        mend: "raise VisibilityTimeout, or lower the function's Timeout",
        find: visibility_timeout,
    },
    Check {
        id: "fifo-window",
        asks: "Five attempts of a function that sends to FIFO queues fit into the five minutes of deduplication.",
        otherwise: "a message to sales that was sent but not acknowledged is sent again after SQS has forgotten it: two \
                    people get one lead",
        mend: "lower VisibilityTimeout: four times it, and the function's Timeout, must stay within 300 seconds",
        find: fifo_window,
    },
    Check {
        id: "dead-letter-queue",
        asks: "Every queue that is read has a dead-letter queue in this stack.",
        otherwise: "a message that cannot be processed comes back until its retention ends, and then is gone with its lead",
        mend: "give it a RedrivePolicy with a queue of this template",
        find: dead_letter_queue,
    },
    Check {
        id: "dead-letter-kind",
        asks: "The dead-letter queue of a FIFO queue is FIFO, that of a standard queue standard.",
        otherwise: "CloudFormation refuses the stack half way through its deployment",
        mend: "give both queues the same FifoQueue",
        find: dead_letter_kind,
    },
    Check {
        id: "dead-letter-retention",
        asks: "A queue between stages keeps messages for four days at least, its dead-letter queue for fourteen.",
        otherwise: "on a standard queue the clock starts when a message was first sent, so dead letters would vanish \
                    before anybody has come back from a long weekend",
        mend: "MessageRetentionPeriod 345600 on the queue, 1209600 on its dead-letter queue",
        find: dead_letter_retention,
    },
    Check {
        id: "sales-retention",
        asks: "Queues with whole leads in them, dead letters included, keep them for four days at most.",
        otherwise: "personal data stays where an erasure does not reach it",
        mend: "MessageRetentionPeriod 345600 or less",
        find: sales_retention,
    },
    Check {
        id: "receive-count",
        asks: "Between stages ten attempts at least come before a message is a dead letter, elsewhere five.",
        otherwise: "an hour in which DynamoDB throttles, or one crash, puts healthy leads among the dead letters, and \
                    somebody must redrive them by hand",
        mend: "raise RedrivePolicy.maxReceiveCount",
        find: receive_count,
    },
    Check {
        id: "sales-fifo",
        asks: "Queues that sales tools read are FIFO with high throughput: deduplication and limits by message group.",
        otherwise: "a standard queue hands a message over twice; a FIFO queue without high throughput takes 300 \
                    messages a second in all, and a campaign backs up behind it",
        mend: "FifoQueue true, DeduplicationScope messageGroup, FifoThroughputLimit perMessageGroupId",
        find: sales_fifo,
    },
    Check {
        id: "own-deduplication",
        asks: "No queue deduplicates by content.",
        otherwise: "of two different events with equal text the second is dropped, and a retry with another time stamp \
                    in it passes as new; the delivery id decides, not the text",
        mend: "take ContentBasedDeduplication away",
        find: own_deduplication,
    },
    Check {
        id: "queue-encryption",
        asks: "Every queue is encrypted, and the template says so.",
        otherwise: "leads lie in the clear, and nobody reading the template can tell",
        mend: "SqsManagedSseEnabled: true, or a KmsMasterKeyId",
        find: queue_encryption,
    },
    Check {
        id: "queue-tls",
        asks: "Every queue refuses requests without TLS.",
        otherwise: "a sales tool that is set up with http:// reads whole leads over the open network, and it works",
        mend: "give it a QueuePolicy that denies sqs:* to everybody while aws:SecureTransport is false",
        find: queue_tls,
    },
    Check {
        id: "queue-name",
        asks: "A queue's name is the stack's with a suffix, and fits for a stack's name of thirty characters.",
        otherwise: "the functions build its address from the stack's name and do not find it; or the stack cannot be \
                    made, as SQS takes eighty characters",
        mend: "QueueName: !Sub ${AWS::StackName}-…, forty-nine characters after the hyphen at most",
        find: queue_name,
    },
];

fn visibility_timeout(stack: &Deployed, faults: &mut Faults) {
    for stage in stack.stages() {
        let Some(timeout) = stage.function.number("/Timeout") else { continue }; // told by function-limits
        let window = stage.mapping.number("/MaximumBatchingWindowInSeconds").unwrap_or_default();
        let needed = 6 * timeout + window;
        if visibility(stage.queue) < needed {
            let says = said(stage.queue, "/VisibilityTimeout");
            faults.add(stage.queue, format!("{says}; {} asks for {needed} seconds", stage.function.name));
        }
    }
}

fn fifo_window(stack: &Deployed, faults: &mut Faults) {
    for stage in stack.stages().filter(|stage| sends_to_fifo(stack, stage.function)) {
        let timeout = stage.function.number("/Timeout").unwrap_or_default();
        let last = (ATTEMPTS_IN_WINDOW - 1) * visibility(stage.queue) + timeout;
        if last > DEDUPLICATION_SECONDS {
            let says = said(stage.queue, "/VisibilityTimeout");
            faults.add(stage.queue, format!("{says}; the fifth attempt ends after {last} seconds"));
        }
    }
}

fn sends_to_fifo(stack: &Deployed, function: &Resource) -> bool {
    stack.allowed(function).into_iter().filter(|statement| texts(statement, "Action").contains(&"sqs:SendMessage")).any(
        |statement| {
            let queues = texts(statement, "Resource").into_iter().filter_map(|arn| stack.named(arn));
            queues.into_iter().any(|queue| queue.is_true("/FifoQueue"))
        },
    )
}

fn dead_letter_queue(stack: &Deployed, faults: &mut Faults) {
    for queue in stack.of("AWS::SQS::Queue").filter(|queue| !stack.is_for_dead_letters(queue)) {
        if stack.dead_letters(queue).is_none() {
            faults.add(queue, said(queue, "/RedrivePolicy/deadLetterTargetArn"));
        }
    }
}

fn dead_letter_kind(stack: &Deployed, faults: &mut Faults) {
    for queue in stack.of("AWS::SQS::Queue") {
        let Some(dead) = stack.dead_letters(queue) else { continue };
        if queue.is_true("/FifoQueue") != dead.is_true("/FifoQueue") {
            faults.add(dead, format!("{}; that of {} is not", said(dead, "/FifoQueue"), queue.name));
        }
    }
}

fn dead_letter_retention(stack: &Deployed, faults: &mut Faults) {
    for stage in stack.stages() {
        let dead = stack.dead_letters(stage.queue).map(|dead| (dead, 14 * DAY));
        for (queue, least) in std::iter::once((stage.queue, 4 * DAY)).chain(dead) {
            if retention(queue) < least {
                faults.add(queue, format!("{}; {least} seconds are asked for", said(queue, "/MessageRetentionPeriod")));
            }
        }
    }
}

fn sales_retention(stack: &Deployed, faults: &mut Faults) {
    for sales in stack.sales_queues() {
        for queue in std::iter::once(sales).chain(stack.dead_letters(sales)) {
            if retention(queue) > 4 * DAY {
                faults.add(queue, said(queue, "/MessageRetentionPeriod"));
            }
        }
    }
}

fn receive_count(stack: &Deployed, faults: &mut Faults) {
    for queue in stack.of("AWS::SQS::Queue").filter(|queue| stack.dead_letters(queue).is_some()) {
        let least = if stack.stages().any(|stage| stage.queue.name == queue.name) { 10 } else { 5 };
        if queue.number("/RedrivePolicy/maxReceiveCount").is_none_or(|count| count < least) {
            let says = said(queue, "/RedrivePolicy/maxReceiveCount");
            faults.add(queue, format!("{says}; {least} are asked for"));
        }
    }
}

fn sales_fifo(stack: &Deployed, faults: &mut Faults) {
    for queue in stack.sales_queues() {
        if !queue.is_true("/FifoQueue") {
            faults.add(queue, said(queue, "/FifoQueue"));
        }
        for (pointer, wanted) in
            [("/DeduplicationScope", "messageGroup"), ("/FifoThroughputLimit", "perMessageGroupId")]
        {
            if queue.text(pointer) != Some(wanted) {
                faults.add(queue, said(queue, pointer));
            }
        }
    }
}

fn own_deduplication(stack: &Deployed, faults: &mut Faults) {
    for queue in stack.of("AWS::SQS::Queue").filter(|queue| queue.is_true("/ContentBasedDeduplication")) {
        faults.add(queue, said(queue, "/ContentBasedDeduplication"));
    }
}

fn queue_encryption(stack: &Deployed, faults: &mut Faults) {
    for queue in stack.of("AWS::SQS::Queue") {
        let has_key = queue.text("/KmsMasterKeyId").is_some_and(|key| !key.is_empty());
        if !queue.is_true("/SqsManagedSseEnabled") && !has_key {
            faults.add(queue, said(queue, "/SqsManagedSseEnabled"));
        }
    }
}

fn queue_tls(stack: &Deployed, faults: &mut Faults) {
    for queue in stack.of("AWS::SQS::Queue") {
        let policies = stack
            .of("AWS::SQS::QueuePolicy")
            .filter(|policy| policy.texts("/Queues").iter().any(|value| stack.means(value, queue)));
        if !policies.into_iter().any(|policy| refuses_plain_http(stack, policy, queue, "sqs:*")) {
            faults.add(queue, "no policy of its own denies requests without TLS");
        }
    }
}

/// Whether a resource policy denies all of these actions on this resource to everybody without TLS.
pub(super) fn refuses_plain_http(stack: &Deployed, policy: &Resource, resource: &Resource, actions: &str) -> bool {
    let statements = policy.get("/PolicyDocument/Statement").map(elements).unwrap_or_default();
    statements.iter().any(|statement| {
        let says = |pointer: &str, wanted: &str| statement.pointer(pointer).is_some_and(|value| value == wanted);
        says("/Effect", "Deny")
            && (says("/Principal", "*") || says("/Principal/AWS", "*"))
            && says("/Condition/Bool/aws:SecureTransport", "false")
            && texts(statement, "Action").contains(&actions)
            && texts(statement, "Resource").iter().any(|value| stack.means(value, resource))
    })
}

fn queue_name(stack: &Deployed, faults: &mut Faults) {
    for queue in stack.of("AWS::SQS::Queue") {
        let name = queue.text("/QueueName").unwrap_or_default();
        let fits = name.replace("${AWS::StackName}", LONGEST_STACK).len() <= 80;
        if !name.starts_with("${AWS::StackName}-") || !fits {
            faults.add(queue, said(queue, "/QueueName"));
        }
    }
}

fn visibility(queue: &Resource) -> i64 {
    queue.number("/VisibilityTimeout").unwrap_or(DEFAULT_VISIBILITY)
}

fn retention(queue: &Resource) -> i64 {
    queue.number("/MessageRetentionPeriod").unwrap_or(DEFAULT_RETENTION)
}
