//! Templates that are broken in one place each.

use std::fmt;

use serde_json::{Value, json};

/// One change, and where a check must find it.
pub(super) struct Mutant {
    /// The check that refuses it.
    pub(super) check: &'static str,
    /// Where the change is, below `Resources`, or below the whole template if it begins with `/`; `~1` is a slash in a
    /// key, `-` the end of a list.
    path: &'static str,
    /// What stands there instead; null takes it away.
    to: Value,
    /// The resource or output that the finding names.
    pub(super) found: &'static str,
}

impl Mutant {
    /// The broken template.
    pub(super) fn of(&self, template: &Value) -> Value {
        changed(template, self.path, self.to.clone())
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} = {}, nothing found at {}", self.check, self.path, self.to, self.found)
    }
}

/// A template with another value in one place.
pub(super) fn changed(template: &Value, path: &str, to: Value) -> Value {
    let mut template = template.clone();
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("/Resources/{path}") };
    let (parent, key) = whole.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/");
    match template.pointer_mut(parent).unwrap_or_else(|| panic!("there is no {parent}")) {
        Value::Object(map) if to.is_null() => assert!(map.remove(&key).is_some(), "there is no {path} to take away"),
        Value::Object(map) => {
            map.insert(key, to);
        }
        Value::Array(list) if key == "-" => list.push(to),
        Value::Array(list) => *list.get_mut(key.parse::<usize>().unwrap()).unwrap() = to,
        other => panic!("{parent} is {other}"),
    }
    template
}

/// At least one for each check.
pub(super) fn mutants() -> Vec<Mutant> {
    let gone = Value::Null;
    let mutants = [
        // Queues
        ("visibility-timeout", "CleanQueue/Properties/VisibilityTimeout", json!(59), "CleanQueue"),
        ("visibility-timeout", "CleanFunction/Properties/Timeout", json!(11), "CleanQueue"),
        ("visibility-timeout", "CleanFunctionQueue/Properties/MaximumBatchingWindowInSeconds", json!(1), "CleanQueue"),
        ("fifo-window", "RouteQueue/Properties/VisibilityTimeout", json!(73), "RouteQueue"),
        ("fifo-window", "CleanQueue/Properties/VisibilityTimeout", json!(360), "CleanQueue"),
        ("dead-letter-queue", "ScoreQueue/Properties/RedrivePolicy", gone.clone(), "ScoreQueue"),
        ("dead-letter-queue", "NurtureFifo/Properties/RedrivePolicy", gone.clone(), "NurtureFifo"),
        ("dead-letter-queue", "More", json!({"Type": "AWS::SQS::Queue"}), "More"),
        ("dead-letter-kind", "NurtureFifoDlq/Properties/FifoQueue", gone.clone(), "NurtureFifoDlq"),
        ("dead-letter-retention", "RouteDlq/Properties/MessageRetentionPeriod", json!(345_600), "RouteDlq"),
        ("dead-letter-retention", "RouteDlq/Properties/MessageRetentionPeriod", gone.clone(), "RouteDlq"),
        ("dead-letter-retention", "RouteQueue/Properties/MessageRetentionPeriod", json!(3600), "RouteQueue"),
        ("sales-retention", "ReviewFifo/Properties/MessageRetentionPeriod", json!(345_601), "ReviewFifo"),
        ("sales-retention", "ReviewFifoDlq/Properties/MessageRetentionPeriod", json!(1_209_600), "ReviewFifoDlq"),
        ("receive-count", "CleanQueue/Properties/RedrivePolicy/maxReceiveCount", json!(9), "CleanQueue"),
        ("receive-count", "ReviewFifo/Properties/RedrivePolicy/maxReceiveCount", json!(1), "ReviewFifo"),
        ("sales-fifo", "ReviewFifo/Properties/FifoQueue", gone.clone(), "ReviewFifo"),
        ("sales-fifo", "ReviewFifo/Properties/DeduplicationScope", json!("queue"), "ReviewFifo"),
        ("sales-fifo", "ReviewFifo/Properties/FifoThroughputLimit", gone.clone(), "ReviewFifo"),
        ("own-deduplication", "ReviewFifo/Properties/ContentBasedDeduplication", json!(true), "ReviewFifo"),
        ("queue-encryption", "ReviewFifo/Properties/SqsManagedSseEnabled", json!(false), "ReviewFifo"),
        ("queue-encryption", "CleanDlq/Properties/SqsManagedSseEnabled", gone.clone(), "CleanDlq"),
        ("queue-tls", "CleanDlqPolicy", gone.clone(), "CleanDlq"),
        ("queue-tls", "CleanQueuePolicy/Properties/PolicyDocument/Statement/0/Effect", json!("Allow"), "CleanQueue"),
        (
            "queue-tls",
            "CleanQueuePolicy/Properties/PolicyDocument/Statement/0/Action",
            json!("sqs:SendMessage"),
            "CleanQueue",
        ),
        (
            "queue-tls",
            "CleanQueuePolicy/Properties/PolicyDocument/Statement/0/Resource",
            json!({"Fn::GetAtt": ["ScoreQueue", "Arn"]}),
            "CleanQueue",
        ),
        (
            "queue-tls",
            "CleanQueuePolicy/Properties/PolicyDocument/Statement/0/Condition",
            json!({"Bool": {"aws:SecureTransport": "true"}}),
            "CleanQueue",
        ),
        ("queue-name", "CleanQueue/Properties/QueueName", json!("clean-queue"), "CleanQueue"),
        (
            "queue-name",
            "CleanQueue/Properties/QueueName",
            json!({"Fn::Sub": "${AWS::StackName}-a-name-that-is-much-longer-than-what-is-left-of-eighty"}),
            "CleanQueue",
        ),
        // Functions
        ("function-runtime", "CleanFunction/Properties/Runtime", json!("provided.al2"), "CleanFunction"),
        ("function-runtime", "CleanFunction/Properties/Handler", json!("main"), "CleanFunction"),
        ("function-limits", "CleanFunction/Properties/MemorySize", gone.clone(), "CleanFunction"),
        ("function-limits", "CleanFunction/Properties/Timeout", gone.clone(), "CleanFunction"),
        ("function-tracing", "CleanFunction/Properties/TracingConfig/Mode", json!("PassThrough"), "CleanFunction"),
        ("function-log", "CleanFunction/Properties/LoggingConfig", gone.clone(), "CleanFunction"),
        ("log-retention", "ApiLogs/Properties/RetentionInDays", gone.clone(), "ApiLogs"),
        (
            "published-version",
            "CleanFunctionAliaslive/Properties/FunctionVersion",
            json!("$LATEST"),
            "CleanFunctionAliaslive",
        ),
        ("reserved-concurrency", "CleanFunction/Properties/ReservedConcurrentExecutions", json!(49), "CleanFunction"),
        ("reserved-concurrency", "IntakeFunction/Properties/ReservedConcurrentExecutions", json!(1), "IntakeFunction"),
        ("reserved-concurrency", "SlaFunction/Properties/ReservedConcurrentExecutions", json!(0), "SlaFunction"),
        (
            "environment-size",
            "CleanFunction/Properties/Environment/Variables/LIST",
            json!("x".repeat(3_500)),
            "CleanFunction",
        ),
        ("own-role", "ScoreFunction/Properties/Role", json!({"Fn::GetAtt": ["CleanRole", "Arn"]}), "ScoreFunction"),
        ("own-role", "ScoreFunction/Properties/Role", json!("arn:aws:iam::123456789012:role/admin"), "ScoreFunction"),
        ("asynchronous-retries", "SlaFunctionEventInvokeConfig", gone.clone(), "SlaFunction"),
        (
            "asynchronous-retries",
            "SlaFunctionEventInvokeConfig/Properties/MaximumEventAgeInSeconds",
            gone.clone(),
            "SlaFunction",
        ),
        // How functions are reached
        ("partial-batches", "CleanFunctionQueue/Properties/FunctionResponseTypes", gone.clone(), "CleanFunctionQueue"),
        ("partial-batches", "RouteFunctionQueue/Properties/FunctionResponseTypes", json!([]), "RouteFunctionQueue"),
        ("batch-size", "CleanFunctionQueue/Properties/BatchSize", json!(100), "CleanFunctionQueue"),
        (
            "no-filters",
            "CleanFunctionQueue/Properties/FilterCriteria",
            json!({"Filters": [{"Pattern": "{\"body\": {\"v\": [1]}}"}]}),
            "CleanFunctionQueue",
        ),
        ("maximum-concurrency", "CleanFunctionQueue/Properties/ScalingConfig", gone.clone(), "CleanFunctionQueue"),
        ("maximum-concurrency", "/Parameters/PipelineConcurrency/MinValue", json!(1), "CleanFunctionQueue"),
        ("mapping-enabled", "CleanFunctionQueue/Properties/Enabled", json!(false), "CleanFunctionQueue"),
        (
            "reached-by-alias",
            "CleanFunctionQueue/Properties/FunctionName",
            json!({"Ref": "CleanFunction"}),
            "CleanFunctionQueue",
        ),
        (
            "reached-by-alias",
            "IntakeIntegration/Properties/IntegrationUri",
            json!({"Fn::GetAtt": ["IntakeFunction", "Arn"]}),
            "IntakeIntegration",
        ),
        (
            "reached-by-alias",
            "SlaFunctionTick/Properties/Target/Arn",
            json!({"Fn::GetAtt": ["SlaFunction", "Arn"]}),
            "SlaFunctionTick",
        ),
        ("integration-timeout", "IntakeIntegration/Properties/TimeoutInMillis", json!(10_000), "IntakeIntegration"),
        ("integration-timeout", "FeedbackFunction/Properties/Timeout", json!(30), "FeedbackIntegration"),
        ("integration-payload", "IntakeIntegration/Properties/PayloadFormatVersion", json!("1.0"), "IntakeIntegration"),
        ("schedule-retries", "SlaFunctionTick/Properties/Target/RetryPolicy", gone.clone(), "SlaFunctionTick"),
        // API
        ("route-throttling", "ApiStage/Properties/RouteSettings/GET ~1v1~1leads~1{id}", gone.clone(), "GetLeadRoute"),
        (
            "route-throttling",
            "ApiStage/Properties/RouteSettings/POST ~1v1~1leads/ThrottlingBurstLimit",
            gone.clone(),
            "PostLeadRoute",
        ),
        ("route-throttling", "GetLeadRoute", gone.clone(), "ApiStage"),
        ("stage-throttling", "ApiStage/Properties/DefaultRouteSettings", gone.clone(), "ApiStage"),
        (
            "signed-routes",
            "FeedbackFunction/Properties/Environment/Variables/SIGNING_SECRET",
            gone.clone(),
            "PostFeedbackRoute",
        ),
        ("gated-routes", "PostFeedbackRoute/Properties/AuthorizationType", gone.clone(), "PostFeedbackRoute"),
        ("gated-routes", "PostFeedbackRoute/Properties/AuthorizerId", gone.clone(), "PostFeedbackRoute"),
        ("gated-routes", "PostLeadRoute/Properties/AuthorizationType", json!("AWS_IAM"), "PostLeadRoute"),
        ("exact-routes", "GetLeadRoute/Properties/RouteKey", json!("$default"), "GetLeadRoute"),
        ("exact-routes", "GetLeadRoute/Properties/RouteKey", json!("ANY /v1/leads/{id}"), "GetLeadRoute"),
        ("exact-routes", "GetLeadRoute/Properties/RouteKey", json!("GET /v1/{proxy+}"), "GetLeadRoute"),
        ("cors", "Api/Properties/CorsConfiguration/Fn::If/1/AllowOrigins", json!(["*"]), "Api"),
        ("cors", "Api/Properties/CorsConfiguration/Fn::If/1/AllowHeaders", json!(["*"]), "Api"),
        ("cors", "Api/Properties/CorsConfiguration/Fn::If/1/AllowCredentials", json!(true), "Api"),
        ("access-log", "ApiStage/Properties/AccessLogSettings", gone.clone(), "ApiStage"),
        (
            "access-log-personal-data",
            "ApiStage/Properties/AccessLogSettings/Format",
            json!("$context.identity.sourceIp"),
            "ApiStage",
        ),
        ("route-permission", "GetLeadPermission", gone.clone(), "GetLeadRoute"),
        (
            "route-permission",
            "PostFeedbackPermission/Properties/FunctionName",
            json!({"Ref": "IntakeFunctionAliaslive"}),
            "PostFeedbackRoute",
        ),
        ("narrow-permission", "GetLeadPermission/Properties/Principal", json!("*"), "GetLeadPermission"),
        ("narrow-permission", "GetLeadPermission/Properties/SourceArn", gone.clone(), "GetLeadPermission"),
        (
            "narrow-permission",
            "GetLeadPermission/Properties/SourceArn",
            json!({"Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/*/*"}),
            "GetLeadPermission",
        ),
        // Data
        ("table-recovery", "Table/Properties/PointInTimeRecoverySpecification", gone.clone(), "Table"),
        ("table-protection", "Table/Properties/DeletionProtectionEnabled", json!(false), "Table"),
        ("retained-data", "/Mappings/Stages/prod/Retention", json!("Delete"), "Table"),
        ("retained-data", "PepperSecret/DeletionPolicy", gone.clone(), "PepperSecret"),
        ("retained-data", "SigningSecret/UpdateReplacePolicy", json!("Delete"), "SigningSecret"),
        ("table-encryption", "Table/Properties/SSESpecification", gone.clone(), "Table"),
        ("table-expiry", "Table/Properties/TimeToLiveSpecification", gone.clone(), "Table"),
        ("table-expiry", "Table/Properties/TimeToLiveSpecification/AttributeName", json!("ttl"), "Table"),
        ("table-on-demand", "Table/Properties/BillingMode", json!("PROVISIONED"), "Table"),
        (
            "lean-indexes",
            "Table/Properties/GlobalSecondaryIndexes/0/Projection",
            json!({"ProjectionType": "ALL"}),
            "Table",
        ),
        ("one-key", "CleanQueue/Properties/KmsMasterKeyId", json!("alias/leads"), "Table"),
        // Alarms
        ("dead-letter-alarm", "CleanDlqAlarm", gone.clone(), "CleanDlq"),
        ("dead-letter-alarm", "CleanDlqAlarm/Properties/Threshold", json!(2), "CleanDlq"),
        (
            "dead-letter-alarm",
            "NurtureFifoDlqAlarm/Properties/ComparisonOperator",
            json!("GreaterThanThreshold"),
            "NurtureFifoDlq",
        ),
        ("age-alarm", "RouteQueueAgeAlarm", gone.clone(), "RouteQueue"),
        ("age-alarm", "RouteQueueAgeAlarm/Properties/Threshold", json!(345_600), "RouteQueue"),
        ("age-alarm", "ReviewFifoAgeAlarm/Properties/Threshold", json!(300_000), "ReviewFifoAgeAlarm"),
        ("function-errors-alarm", "IntakeErrorsAlarm", gone.clone(), "IntakeFunction"),
        ("function-throttles-alarm", "IntakeThrottlesAlarm/Properties/MetricName", json!("Errors"), "IntakeFunction"),
        ("api-errors-alarm", "ApiFailureAlarm", gone.clone(), "Api"),
        ("table-throttles-alarm", "TableThrottleAlarm", gone.clone(), "Table"),
        ("clock-alarm", "ClockStoppedAlarm", gone.clone(), "SlaFunctionTick"),
        ("silence-alarm", "ClockStoppedAlarm/Properties/TreatMissingData", json!("notBreaching"), "ClockStoppedAlarm"),
        ("silence-alarm", "CleanDlqAlarm/Properties/TreatMissingData", gone.clone(), "CleanDlqAlarm"),
        ("alarm-action", "CleanDlqAlarm/Properties/AlarmActions", gone.clone(), "CleanDlqAlarm"),
        ("alarm-action", "CleanDlqAlarm/Properties/ActionsEnabled", json!(false), "CleanDlqAlarm"),
        ("alarm-description", "CleanDlqAlarm/Properties/AlarmDescription", json!("clean DLQ"), "CleanDlqAlarm"),
        (
            "alarm-topic-open",
            "AlarmTopicPolicy/Properties/PolicyDocument/Statement/0/Action",
            json!("sns:Subscribe"),
            "AlarmTopic",
        ),
        (
            "alarm-topic-open",
            "AlarmTopicPolicy/Properties/PolicyDocument/Statement/0/Condition",
            gone.clone(),
            "AlarmTopic",
        ),
        (
            "topic-tls",
            "AlarmTopicPolicy/Properties/PolicyDocument/Statement/1",
            json!({"Ref": "AWS::NoValue"}),
            "AlarmTopic",
        ),
        ("topic-key", "AlarmTopic/Properties/KmsMasterKeyId", json!("alias/aws/sns"), "AlarmTopic"),
        // Permissions
        (
            "exact-actions",
            "CleanRole/Properties/Policies/0/PolicyDocument/Statement/0/Action",
            json!("dynamodb:*"),
            "CleanRole",
        ),
        (
            "exact-actions",
            "SendToSales/Properties/PolicyDocument/Statement/0/Action",
            json!(["sqs:Send*"]),
            "SendToSales",
        ),
        (
            "exact-actions",
            "CleanRole/Properties/Policies/0/PolicyDocument/Statement/0/NotAction",
            json!("iam:PassRole"),
            "CleanRole",
        ),
        (
            "exact-resources",
            "CleanRole/Properties/Policies/0/PolicyDocument/Statement/0/Resource",
            json!("*"),
            "CleanRole",
        ),
        (
            "exact-resources",
            "CleanRole/Properties/Policies/0/PolicyDocument/Statement/0/Resource",
            json!({"Fn::Sub": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/*"}),
            "CleanRole",
        ),
        (
            "no-destruction",
            "RouteRole/Properties/Policies/0/PolicyDocument/Statement/0/Action/-",
            json!("dynamodb:DeleteTable"),
            "RouteFunction",
        ),
        (
            "no-destruction",
            "SendToSales/Properties/PolicyDocument/Statement/0/Action",
            json!("sqs:PurgeQueue"),
            "RouteFunction",
        ),
        (
            "one-service-role",
            "CleanRole/Properties/AssumeRolePolicyDocument/Statement/0/Principal",
            json!({"AWS": "*"}),
            "CleanRole",
        ),
        (
            "one-service-role",
            "CleanRole/Properties/AssumeRolePolicyDocument/Statement/0/Principal/Service",
            json!(["lambda.amazonaws.com", "ec2.amazonaws.com"]),
            "CleanRole",
        ),
        (
            "own-account-role",
            "TickRole/Properties/AssumeRolePolicyDocument/Statement/0/Condition",
            gone.clone(),
            "TickRole",
        ),
        (
            "own-policies",
            "RouteRole/Properties/ManagedPolicyArns/-",
            json!("arn:aws:iam::aws:policy/AmazonSQSFullAccess"),
            "RouteRole",
        ),
        (
            "closed-resource-policies",
            "CleanQueuePolicy/Properties/PolicyDocument/Statement/-",
            json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sqs:SendMessage", "Resource": "*"}),
            "CleanQueuePolicy",
        ),
        // Secrets
        ("generated-secrets", "PepperSecret/Properties/SecretString", json!("pepper"), "PepperSecret"),
        ("generated-secrets", "PepperSecret/Properties/GenerateSecretString/PasswordLength", json!(8), "PepperSecret"),
        (
            "environment-secrets",
            "CleanFunction/Properties/Environment/Variables/PEPPER_SECRET",
            json!({"Fn::Sub": "{{resolve:secretsmanager:${PepperSecret}}}"}),
            "CleanFunction",
        ),
        (
            "environment-secrets",
            "CleanFunction/Properties/Environment/Variables/CRM_TOKEN",
            json!("letmein"),
            "CleanFunction",
        ),
        (
            "environment-secrets",
            "CleanFunction/Properties/Environment/Variables/CRM_PASSWORD",
            json!({"Ref": "Stage"}),
            "CleanFunction",
        ),
        (
            "template-secrets",
            "CleanFunction/Properties/Environment/Variables/HOOK",
            json!("https://hooks.example/x7Kq93LmZt20VbWe84Rn"),
            "CleanFunction",
        ),
        (
            "output-secrets",
            "/Outputs/Key",
            json!({"Value": {"Fn::Sub": "{{resolve:secretsmanager:${SigningSecret}}}"}}),
            "Outputs.Key",
        ),
    ];
    mutants.into_iter().map(|(check, path, to, found)| Mutant { check, path, to, found }).collect()
}
