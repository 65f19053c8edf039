//! How queues, the API and the clock reach the functions.

use super::deployed::{Deployed, Resource};
use super::{Check, Faults, said};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "partial-batches",
        asks: "Every mapping on a queue reports the failures of single messages.",
        otherwise: "one message that fails brings the whole batch back, and nine healthy leads end among the dead letters \
                    with it; the function's list of failures is ignored",
        mend: "FunctionResponseTypes: [ReportBatchItemFailures]",
        find: partial_batches,
    },
    Check {
        id: "batch-size",
        asks: "A mapping takes ten messages at once at most, or states a batching window.",
        otherwise: "CloudFormation refuses it, or a batch is more than one invocation can finish in its ten seconds",
        mend: "BatchSize: 10",
        find: batch_size,
    },
    Check {
        id: "no-filters",
        asks: "No mapping filters messages.",
        otherwise: "a message that matches no filter is deleted from the queue unseen: the lead is lost without a trace",
        mend: "take FilterCriteria away; let the function acknowledge what it does not want, and count it",
        find: no_filters,
    },
    Check {
        id: "maximum-concurrency",
        asks: "Every mapping on a queue bounds its concurrency, between 2 and 1000.",
        otherwise: "a campaign scales the pollers until the account has no invocation left for the API, and posted leads \
                    are answered with 503",
        mend: "ScalingConfig: {MaximumConcurrency: …}",
        find: maximum_concurrency,
    },
    Check {
        id: "mapping-enabled",
        asks: "Every mapping is on.",
        otherwise: "the stage stands still after the next deployment, and only the age of its queue tells",
        mend: "take Enabled: false away",
        find: mapping_enabled,
    },
    Check {
        id: "reached-by-alias",
        asks: "Mappings, integrations, permissions and schedules name a function's alias.",
        otherwise: "they run whatever was uploaded last, at once and everywhere: no canary, and no roll back",
        mend: "name !Ref <Function>.Alias",
        find: reached_by_alias,
    },
    Check {
        id: "integration-timeout",
        asks: "The API waits for longer than its function may run.",
        otherwise: "a form is told 503 for a lead that was stored; people post again",
        mend: "TimeoutInMillis above the function's Timeout, 30000 at most",
        find: integration_timeout,
    },
    Check {
        id: "integration-payload",
        asks: "Integrations speak payload format 2.0.",
        otherwise: "the functions cannot read the request and answer every form with an error",
        mend: "PayloadFormatVersion: \"2.0\"",
        find: integration_payload,
    },
    Check {
        id: "schedule-retries",
        asks: "A schedule says how often it tries again, and until when.",
        otherwise: "the scheduler tries a failed start 185 times in 24 hours, beside all the ticks that follow",
        mend: "RetryPolicy with MaximumRetryAttempts and MaximumEventAgeInSeconds",
        find: schedule_retries,
    },
];

fn mappings(stack: &Deployed) -> impl Iterator<Item = &Resource> {
    stack.of("AWS::Lambda::EventSourceMapping")
}

fn partial_batches(stack: &Deployed, faults: &mut Faults) {
    for mapping in mappings(stack) {
        if !mapping.texts("/FunctionResponseTypes").contains(&"ReportBatchItemFailures") {
            faults.add(mapping, said(mapping, "/FunctionResponseTypes"));
        }
    }
}

fn batch_size(stack: &Deployed, faults: &mut Faults) {
    for mapping in mappings(stack) {
        let window = mapping.number("/MaximumBatchingWindowInSeconds").unwrap_or_default();
        if mapping.number("/BatchSize").unwrap_or(10) > 10 && window < 1 {
            faults.add(mapping, format!("{} without a window", said(mapping, "/BatchSize")));
        }
    }
}

fn no_filters(stack: &Deployed, faults: &mut Faults) {
    for mapping in mappings(stack).filter(|mapping| !mapping.list("/FilterCriteria/Filters").is_empty()) {
        faults.add(mapping, said(mapping, "/FilterCriteria/Filters"));
    }
}

fn maximum_concurrency(stack: &Deployed, faults: &mut Faults) {
    const POINTER: &str = "/ScalingConfig/MaximumConcurrency";
    for mapping in
        mappings(stack).filter(|mapping| !mapping.number(POINTER).is_some_and(|most| (2..=1000).contains(&most)))
    {
        faults.add(mapping, said(mapping, POINTER));
    }
}

fn mapping_enabled(stack: &Deployed, faults: &mut Faults) {
    for mapping in mappings(stack).filter(|mapping| mapping.get("/Enabled").is_some() && !mapping.is_true("/Enabled")) {
        faults.add(mapping, said(mapping, "/Enabled"));
    }
}

fn reached_by_alias(stack: &Deployed, faults: &mut Faults) {
    for (kind, pointer) in [
        ("AWS::Lambda::EventSourceMapping", "/FunctionName"),
        ("AWS::Lambda::Permission", "/FunctionName"),
        ("AWS::ApiGatewayV2::Integration", "/IntegrationUri"),
        ("AWS::Scheduler::Schedule", "/Target/Arn"),
    ] {
        for caller in stack.of(kind).filter(|caller| !calls_service(caller)) {
            if stack.at(caller, pointer).is_none_or(|called| called.kind != "AWS::Lambda::Alias") {
                faults.add(caller, said(caller, pointer));
            }
        }
    }
}

/// Whether a schedule calls an AWS service itself, and no function.
fn calls_service(caller: &Resource) -> bool {
    caller.text("/Target/Arn").is_some_and(|target| target.contains(":aws-sdk:"))
}

fn integration_timeout(stack: &Deployed, faults: &mut Faults) {
    const POINTER: &str = "/TimeoutInMillis";
    for integration in stack.of("AWS::ApiGatewayV2::Integration") {
        let function = integration.text("/IntegrationUri").and_then(|uri| stack.function(uri));
        let Some(seconds) = function.and_then(|function| function.number("/Timeout")) else { continue };
        let waits = integration.number(POINTER).unwrap_or(30_000);
        if waits <= seconds * 1000 || waits > 30_000 {
            faults.add(
                integration,
                format!("{}; the function may run for {seconds} seconds", said(integration, POINTER)),
            );
        }
    }
}

fn integration_payload(stack: &Deployed, faults: &mut Faults) {
    let integrations = stack.of("AWS::ApiGatewayV2::Integration");
    for integration in integrations.filter(|integration| integration.text("/PayloadFormatVersion") != Some("2.0")) {
        faults.add(integration, said(integration, "/PayloadFormatVersion"));
    }
}

fn schedule_retries(stack: &Deployed, faults: &mut Faults) {
    for schedule in stack.of("AWS::Scheduler::Schedule") {
        for pointer in ["/Target/RetryPolicy/MaximumRetryAttempts", "/Target/RetryPolicy/MaximumEventAgeInSeconds"] {
            if schedule.number(pointer).is_none() {
                faults.add(schedule, said(schedule, pointer));
            }
        }
    }
}
