//! The functions themselves: how they run, log and are published.

use super::deployed::{Deployed, Resource};
use super::{Check, Faults, said};

/// Lambda takes so many bytes of names and values.
const ENVIRONMENT_BYTES: usize = 4_096;

/// What stands for a value that only AWS knows; an ARN of a secret of a stack with a long name has fewer.
const LONG_VALUE: usize = 160;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "function-runtime",
        asks: "Every function runs a bootstrap on provided.al2023.",
        otherwise: "the binary does not start on an older system (GLIBC not found), or gets no security updates",
        mend: "Runtime: provided.al2023, Handler: bootstrap",
        find: function_runtime,
    },
    Check {
        id: "function-limits",
        asks: "Every function states its memory and its timeout.",
        otherwise: "Lambda gives 128 MB and three seconds: a batch of ten leads is cut off in the middle, and comes back \
                    as whole batches of failures",
        mend: "give it MemorySize and Timeout",
        find: function_limits,
    },
    Check {
        id: "function-tracing",
        asks: "Every function traces.",
        otherwise: "the trace of a lead breaks off at this stage, and nobody sees where its minutes went",
        mend: "Tracing: Active",
        find: function_tracing,
    },
    Check {
        id: "function-log",
        asks: "Every function writes to a log group of this template.",
        otherwise: "Lambda makes a group that is kept for ever, outlives the stack, and is found by no runbook",
        mend: "LoggingConfig: {LogGroup: !Ref …} with an AWS::Logs::LogGroup",
        find: function_log,
    },
    Check {
        id: "log-retention",
        asks: "Every log group has a retention.",
        otherwise: "logs are kept and paid for for ever",
        mend: "give it RetentionInDays",
        find: log_retention,
    },
    Check {
        id: "published-version",
        asks: "Every alias points to a published version, which stays when a newer one comes.",
        otherwise: "what runs changes in the middle of a deployment, and there is nothing to roll back to",
        mend: "AutoPublishAlias on the function; never the version $LATEST",
        find: published_version,
    },
    Check {
        id: "reserved-concurrency",
        asks: "Reserved concurrency, if any, covers what the mappings may start, is never 0, and is 1 for no function that \
               reads a queue or answers the API.",
        otherwise: "pollers receive messages that Lambda then refuses to run: they use up their attempts and end among \
                    the dead letters without their code ever running",
        mend: "take ReservedConcurrentExecutions away, or raise it to the sum of MaximumConcurrency",
        find: reserved_concurrency,
    },
    Check {
        id: "environment-size",
        asks: "A function's environment stays within 4 KB with the longest names.",
        otherwise: "the deployment fails in accounts and regions with longer names only",
        mend: "move what is long into a file beside the code",
        find: environment_size,
    },
    Check {
        id: "own-role",
        asks: "Every function has a role of this template that no other function has.",
        otherwise: "each of the two may do what only the other needs; a hole in one opens both",
        mend: "write a role of its own",
        find: own_role,
    },
    Check {
        id: "asynchronous-retries",
        asks: "A function that a schedule starts says how often a failed run is tried again, and until when.",
        otherwise: "Lambda runs a failed tick twice more, up to six hours late, beside the ticks that have come since",
        mend: "EventInvokeConfig with MaximumRetryAttempts and MaximumEventAgeInSeconds",
        find: asynchronous_retries,
    },
];

const FUNCTION: &str = "AWS::Lambda::Function";

fn function_runtime(stack: &Deployed, faults: &mut Faults) {
    for function in stack.of(FUNCTION) {
        for (pointer, wanted) in [("/Runtime", "provided.al2023"), ("/Handler", "bootstrap")] {
            if function.text(pointer) != Some(wanted) {
                faults.add(function, said(function, pointer));
            }
        }
    }
}

fn function_limits(stack: &Deployed, faults: &mut Faults) {
    for function in stack.of(FUNCTION) {
        for pointer in ["/MemorySize", "/Timeout"] {
            if function.number(pointer).is_none() {
                faults.add(function, said(function, pointer));
            }
        }
    }
}

fn function_tracing(stack: &Deployed, faults: &mut Faults) {
    for function in stack.of(FUNCTION).filter(|function| function.text("/TracingConfig/Mode") != Some("Active")) {
        faults.add(function, said(function, "/TracingConfig/Mode"));
    }
}

fn function_log(stack: &Deployed, faults: &mut Faults) {
    for function in stack.of(FUNCTION) {
        let group = stack.at(function, "/LoggingConfig/LogGroup");
        if group.is_none_or(|group| group.kind != "AWS::Logs::LogGroup") {
            faults.add(function, said(function, "/LoggingConfig/LogGroup"));
        }
    }
}

fn log_retention(stack: &Deployed, faults: &mut Faults) {
    for group in stack.of("AWS::Logs::LogGroup").filter(|group| group.number("/RetentionInDays").is_none()) {
        faults.add(group, said(group, "/RetentionInDays"));
    }
}

fn published_version(stack: &Deployed, faults: &mut Faults) {
    for alias in stack.of("AWS::Lambda::Alias") {
        match stack.at(alias, "/FunctionVersion").filter(|version| version.kind == "AWS::Lambda::Version") {
            None => faults.add(alias, said(alias, "/FunctionVersion")),
            Some(version) if version.deletion.as_deref() != Some("Retain") => {
                faults.add(version, "DeletionPolicy is not Retain");
            }
            Some(_) => {}
        }
    }
}

fn reserved_concurrency(stack: &Deployed, faults: &mut Faults) {
    for function in stack.of(FUNCTION) {
        let Some(reserved) = function.number("/ReservedConcurrentExecutions") else { continue };
        let mappings = stack.stages().filter(|stage| stage.function.name == function.name);
        let started: Vec<i64> = mappings
            .map(|stage| stage.mapping.number("/ScalingConfig/MaximumConcurrency").unwrap_or(i64::MAX))
            .collect();
        let scheduled_only = started.is_empty() && !answers_api(stack, function);
        let least = started.iter().fold(0, |sum: i64, more| sum.saturating_add(*more));
        if reserved < least.max(if scheduled_only { 1 } else { 2 }) {
            faults.add(function, said(function, "/ReservedConcurrentExecutions"));
        }
    }
}

fn answers_api(stack: &Deployed, function: &Resource) -> bool {
    stack.of("AWS::ApiGatewayV2::Integration").any(|integration| {
        let called = integration.text("/IntegrationUri").and_then(|uri| stack.function(uri));
        called.is_some_and(|called| called.name == function.name)
    })
}

fn environment_size(stack: &Deployed, faults: &mut Faults) {
    for function in stack.of(FUNCTION) {
        let variables = function.get("/Environment/Variables").and_then(|value| value.as_object());
        let bytes: usize = variables.into_iter().flatten().map(|(name, value)| name.len() + longest(value)).sum();
        if bytes > ENVIRONMENT_BYTES {
            faults.add(function, format!("its environment may have {bytes} bytes"));
        }
    }
}

/// How long a value may get: what only AWS knows counts as long.
fn longest(value: &serde_json::Value) -> usize {
    let Some(text) = value.as_str() else { return value.to_string().len() };
    let mut pieces = text.split("${");
    let literal = pieces.next().map_or(0, str::len);
    literal + pieces.map(|piece| LONG_VALUE + piece.split_once('}').map_or(0, |(_, rest)| rest.len())).sum::<usize>()
}

fn own_role(stack: &Deployed, faults: &mut Faults) {
    let functions: Vec<&Resource> = stack.of(FUNCTION).collect();
    for (place, function) in functions.iter().enumerate() {
        let Some(role) = stack.at(function, "/Role").filter(|role| role.kind == "AWS::IAM::Role") else {
            faults.add(function, format!("{}, no role of this template", said(function, "/Role")));
            continue;
        };
        let shares = |other: &&&Resource| stack.at(other, "/Role").is_some_and(|its| its.name == role.name);
        if let Some(other) = functions.iter().take(place).find(shares) {
            faults.add(function, format!("{} has {} too", other.name, role.name));
        }
    }
}

fn asynchronous_retries(stack: &Deployed, faults: &mut Faults) {
    for schedule in stack.of("AWS::Scheduler::Schedule") {
        let Some(function) = schedule.text("/Target/Arn").and_then(|target| stack.function(target)) else { continue };
        let bounded = stack.of("AWS::Lambda::EventInvokeConfig").any(|config| {
            let its = config.text("/FunctionName").is_some_and(|name| stack.means(name, function));
            let said = ["/MaximumRetryAttempts", "/MaximumEventAgeInSeconds"].map(|pointer| config.number(pointer));
            its && said.iter().all(Option::is_some)
        });
        if !bounded {
            faults.add(function, format!("{} starts it, and no EventInvokeConfig bounds its retries", schedule.name));
        }
    }
}
