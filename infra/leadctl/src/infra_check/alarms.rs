//! The alarms: that each fault wakes somebody, and that somebody is told.

use serde_json::Value;

use super::deployed::{Deployed, Resource, texts};
use super::queues::refuses_plain_http;
use super::{Check, Faults, said};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "dead-letter-alarm",
        asks: "Every queue of dead letters has an alarm at its first message.",
        otherwise: "a lead lies among the dead letters until it vanishes, and nobody knows",
        mend: "an alarm on ApproximateNumberOfMessagesVisible of the queue, Threshold 1",
        find: dead_letter_alarm,
    },
    Check {
        id: "age-alarm",
        asks: "Every queue between stages has an alarm on the age of its oldest message, before half its retention is over.",
        otherwise: "a stage stands still and leads wait; nothing fails, so nothing else tells",
        mend: "an alarm on ApproximateAgeOfOldestMessage of the queue",
        find: age_alarm,
    },
    Check {
        id: "function-errors-alarm",
        asks: "Every function has an alarm on its errors.",
        otherwise: "a release that crashes at its start is noticed by sales first",
        mend: "an alarm on AWS/Lambda Errors with the function's name",
        find: function_errors_alarm,
    },
    Check {
        id: "function-throttles-alarm",
        asks: "Every function has an alarm on its throttles.",
        otherwise: "the account's concurrency is used up, and posted leads are refused without a word in any log",
        mend: "an alarm on AWS/Lambda Throttles with the function's name",
        find: function_throttles_alarm,
    },
    Check {
        id: "api-errors-alarm",
        asks: "Every API has an alarm on its answers of 5xx.",
        otherwise: "forms are told to try again, and most people do not",
        mend: "an alarm on AWS/ApiGateway 5xx with the API's id",
        find: api_errors_alarm,
    },
    Check {
        id: "table-throttles-alarm",
        asks: "The table that functions use has an alarm on throttled writes.",
        otherwise: "a hot key slows every stage down, and the queues' ages tell only hours later",
        mend: "an alarm on AWS/DynamoDB WriteThrottleEvents with the table's name",
        find: table_throttles_alarm,
    },
    Check {
        id: "clock-alarm",
        asks: "In prod every schedule that runs by the minute has an alarm for the case that it does not run.",
        otherwise: "the clock stands still: no deadline is chased, no stuck lead sent again, and nothing fails",
        mend: "an alarm on AWS/Lambda Invocations of its function, LessThanThreshold, TreatMissingData breaching",
        find: clock_alarm,
    },
    Check {
        id: "silence-alarm",
        asks: "An alarm on too little takes missing data for trouble; every alarm says what it takes it for.",
        otherwise: "a function that does not run sends no data at all, and the alarm that watches for it never goes off",
        mend: "TreatMissingData: breaching with LessThan…, notBreaching with the others",
        find: silence_alarm,
    },
    Check {
        id: "alarm-action",
        asks: "Every alarm tells a topic of this stack, or rolls a deployment back.",
        otherwise: "it turns red on a page that nobody looks at",
        mend: "AlarmActions: [!Ref AlarmTopic]",
        find: alarm_action,
    },
    Check {
        id: "alarm-description",
        asks: "Every alarm says what has happened and what to do.",
        otherwise: "whoever is woken at night has a name of a metric to go by",
        mend: "give it an AlarmDescription of a sentence or two",
        find: alarm_description,
    },
    Check {
        id: "alarm-topic-open",
        asks: "CloudWatch may publish to every topic that alarms tell, for this account only.",
        otherwise: "alarms go off and their mail is refused, silently; or other accounts write to your night shift",
        mend: "a TopicPolicy that allows cloudwatch.amazonaws.com sns:Publish with aws:SourceAccount",
        find: alarm_topic_open,
    },
    Check {
        id: "topic-tls",
        asks: "Every topic refuses to be published to without TLS.",
        otherwise: "names of queues and functions travel in the clear",
        mend: "a TopicPolicy that denies sns:Publish to everybody while aws:SecureTransport is false",
        find: topic_tls,
    },
    Check {
        id: "topic-key",
        asks: "No topic is encrypted with the key alias/aws/sns.",
        otherwise: "CloudWatch may not use that key: alarms go off, and nobody is told",
        mend: "no KmsMasterKeyId (alarms carry no personal data), or a key whose policy lets CloudWatch use it",
        find: topic_key,
    },
];

const ALARM: &str = "AWS::CloudWatch::Alarm";

/// Alarms on a metric of one resource.
fn alarms_on<'a>(
    stack: &'a Deployed,
    metric: (&'a str, &'a str),
    dimension: &'a str,
    resource: &'a Resource,
) -> impl Iterator<Item = &'a Resource> {
    stack.of(ALARM).filter(move |alarm| {
        let watched = ["/Namespace", "/MetricName"].map(|pointer| alarm.text(pointer));
        let is_its = |said: &Value| {
            let value = said.get("Value").and_then(Value::as_str).unwrap_or_default();
            said.get("Name").is_some_and(|name| name == dimension) && stack.means(value, resource)
        };
        watched == [Some(metric.0), Some(metric.1)] && alarm.list("/Dimensions").iter().any(is_its)
    })
}

/// Every resource of the kind has an alarm on the metric.
fn require(stack: &Deployed, faults: &mut Faults, kind: &str, metric: (&str, &str), dimension: &str) {
    for resource in stack.of(kind) {
        if !alarms_on(stack, metric, dimension, resource).any(starts_high) {
            faults.add(resource, format!("no alarm watches its {}", metric.1));
        }
    }
}

/// Whether an alarm goes off when its metric is high.
fn starts_high(alarm: &Resource) -> bool {
    alarm.text("/ComparisonOperator").is_some_and(|operator| operator.starts_with("GreaterThan"))
}

/// The least count at which an alarm goes off.
fn first_count(alarm: &Resource) -> Option<i64> {
    let threshold = alarm.number("/Threshold").filter(|_| starts_high(alarm))?;
    Some(threshold + i64::from(alarm.text("/ComparisonOperator") == Some("GreaterThanThreshold")))
}

fn dead_letter_alarm(stack: &Deployed, faults: &mut Faults) {
    let metric = ("AWS/SQS", "ApproximateNumberOfMessagesVisible");
    for queue in stack.of("AWS::SQS::Queue").filter(|queue| stack.is_for_dead_letters(queue)) {
        if !alarms_on(stack, metric, "QueueName", queue).any(|alarm| first_count(alarm).is_some_and(|count| count <= 1))
        {
            faults.add(queue, "no alarm goes off at its first message");
        }
    }
}

fn age_alarm(stack: &Deployed, faults: &mut Faults) {
    let metric = ("AWS/SQS", "ApproximateAgeOfOldestMessage");
    for stage in stack.stages() {
        let half = stage.queue.number("/MessageRetentionPeriod").unwrap_or(345_600) / 2;
        let mut alarms = alarms_on(stack, metric, "QueueName", stage.queue);
        if !alarms.any(|alarm| first_count(alarm).is_some_and(|age| age <= half)) {
            faults.add(stage.queue, format!("no alarm goes off before its oldest message is {half} seconds old"));
        }
    }
    for queue in stack.sales_queues() {
        let half = queue.number("/MessageRetentionPeriod").unwrap_or(345_600) / 2;
        for alarm in alarms_on(stack, metric, "QueueName", queue) {
            if first_count(alarm).is_none_or(|age| age > half + 1) {
                faults.add(
                    alarm,
                    format!("{}; {} keeps a message twice {half} seconds", said(alarm, "/Threshold"), queue.name),
                );
            }
        }
    }
}

fn function_errors_alarm(stack: &Deployed, faults: &mut Faults) {
    require(stack, faults, "AWS::Lambda::Function", ("AWS/Lambda", "Errors"), "FunctionName");
}

fn function_throttles_alarm(stack: &Deployed, faults: &mut Faults) {
    require(stack, faults, "AWS::Lambda::Function", ("AWS/Lambda", "Throttles"), "FunctionName");
}

fn api_errors_alarm(stack: &Deployed, faults: &mut Faults) {
    require(stack, faults, "AWS::ApiGatewayV2::Api", ("AWS/ApiGateway", "5xx"), "ApiId");
}

fn table_throttles_alarm(stack: &Deployed, faults: &mut Faults) {
    let watches = |alarm: &Resource, table: &str| {
        let its = |said: &Value| {
            let [name, value] = ["Name", "Value"].map(|key| said.get(key).and_then(Value::as_str));
            name == Some("TableName") && value == Some(table)
        };
        alarm.text("/MetricName") == Some("WriteThrottleEvents") && alarm.list("/Dimensions").iter().any(its)
    };
    let functions = stack.of("AWS::Lambda::Function");
    for table in functions.filter_map(|function| function.text("/Environment/Variables/TABLE_NAME")) {
        if !stack.of(ALARM).any(|alarm| watches(alarm, table) && starts_high(alarm)) {
            let place = stack.named(table).map_or(table, |named| &named.name);
            faults.at(place, "no alarm watches its WriteThrottleEvents");
        }
    }
}

fn clock_alarm(stack: &Deployed, faults: &mut Faults) {
    if stack.parameters.get("Stage").is_none_or(|stage| stage != "prod") {
        return;
    }
    for schedule in stack.of("AWS::Scheduler::Schedule") {
        let by_the_minute = schedule.text("/ScheduleExpression").is_some_and(|rate| rate.contains("minute"));
        let Some(function) = schedule.text("/Target/Arn").and_then(|arn| stack.function(arn)) else { continue };
        let mut alarms = alarms_on(stack, ("AWS/Lambda", "Invocations"), "FunctionName", function);
        if by_the_minute && alarms.all(starts_high) {
            faults.add(schedule, format!("no alarm goes off when {} is not invoked", function.name));
        }
    }
}

fn silence_alarm(stack: &Deployed, faults: &mut Faults) {
    const POINTER: &str = "/TreatMissingData";
    for alarm in stack.of(ALARM) {
        let on_little = alarm.text("/ComparisonOperator").is_some_and(|operator| operator.starts_with("LessThan"));
        let wrong = match alarm.text(POINTER) {
            None => true,
            Some(missing) => on_little && missing != "breaching",
        };
        if wrong {
            faults.add(alarm, said(alarm, POINTER));
        }
    }
}

fn alarm_action(stack: &Deployed, faults: &mut Faults) {
    const POINTER: &str = "/AlarmActions";
    for alarm in stack.of(ALARM) {
        let tells = alarm.texts(POINTER).iter().any(|action| is_topic(stack, action));
        let off = alarm.get("/ActionsEnabled").is_some() && !alarm.is_true("/ActionsEnabled");
        if off {
            faults.add(alarm, said(alarm, "/ActionsEnabled"));
        } else if !tells && !rolls_back(stack, alarm) {
            faults.add(alarm, said(alarm, POINTER));
        }
    }
}

fn is_topic(stack: &Deployed, action: &str) -> bool {
    stack.named(action).is_some_and(|target| target.kind == "AWS::SNS::Topic")
}

fn rolls_back(stack: &Deployed, alarm: &Resource) -> bool {
    stack.of("AWS::CodeDeploy::DeploymentGroup").any(|group| {
        let names = group.list("/AlarmConfiguration/Alarms").iter().filter_map(|said| said.get("Name")?.as_str());
        names.into_iter().any(|name| stack.named(name).is_some_and(|named| named.name == alarm.name))
    })
}

fn alarm_description(stack: &Deployed, faults: &mut Faults) {
    const POINTER: &str = "/AlarmDescription";
    for alarm in stack.of(ALARM) {
        let words = alarm.text(POINTER).map_or(0, |text| text.split_whitespace().count());
        if words < 8 {
            faults.add(alarm, said(alarm, POINTER));
        }
    }
}

fn policies<'a>(stack: &'a Deployed, topic: &'a Resource) -> impl Iterator<Item = &'a Resource> {
    let its = |policy: &&Resource| policy.texts("/Topics").iter().any(|value| stack.means(value, topic));
    stack.of("AWS::SNS::TopicPolicy").filter(its)
}

fn alarm_topic_open(stack: &Deployed, faults: &mut Faults) {
    let told = |topic: &&Resource| {
        let is_it = |action: &&str| stack.means(action, topic);
        stack.of(ALARM).any(|alarm| alarm.texts("/AlarmActions").iter().any(is_it))
    };
    for topic in stack.of("AWS::SNS::Topic").filter(told) {
        let allowed = policies(stack, topic).flat_map(Resource::statements).any(|statement| {
            let account = statement.pointer("/Condition/StringEquals/aws:SourceAccount");
            statement.pointer("/Principal/Service").is_some_and(|service| service == "cloudwatch.amazonaws.com")
                && texts(statement, "Action").contains(&"sns:Publish")
                && account.is_some_and(|account| account == "${AWS::AccountId}")
        });
        if !allowed {
            faults.add(topic, "no policy lets the alarms of this account publish to it");
        }
    }
}

fn topic_tls(stack: &Deployed, faults: &mut Faults) {
    for topic in stack.of("AWS::SNS::Topic") {
        if !policies(stack, topic).any(|policy| refuses_plain_http(stack, policy, topic, "sns:Publish")) {
            faults.add(topic, "no policy of its own denies publishing without TLS");
        }
    }
}

fn topic_key(stack: &Deployed, faults: &mut Faults) {
    let topics = stack.of("AWS::SNS::Topic");
    for topic in topics.filter(|topic| topic.text("/KmsMasterKeyId").is_some_and(|key| key.contains("alias/aws/"))) {
        faults.add(topic, said(topic, "/KmsMasterKeyId"));
    }
}
