//! What the template becomes under its parameters: an option that is off leaves nothing behind, one that is on is whole.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod edge;
mod stack;

use serde_json::json;
use stack::Stack;

const TEMPLATE: &str = "template.yaml";

#[test]
fn new_code_is_shifted_and_goes_back_on_an_alarm() {
    let at_once = Stack::of(TEMPLATE, &[]);
    assert!(at_once.of_type("AWS::CodeDeploy::DeploymentGroup").is_empty());
    let bit_by_bit = Stack::of(TEMPLATE, &[("Deployment", "Canary10Percent5Minutes")]);
    let alarms = [
        ("Clean", json!([{"Name": {"Ref": "CleanErrorsAlarm"}}, {"Name": {"Ref": "CleanRecordsAlarm"}}])),
        ("Feedback", json!([{"Name": {"Ref": "FeedbackErrorsAlarm"}}, {"Name": {"Ref": "ApiFailureAlarm"}}])),
        ("Intake", json!([{"Name": {"Ref": "IntakeErrorsAlarm"}}, {"Name": {"Ref": "ApiFailureAlarm"}}])),
        ("Reconcile", json!([{"Name": {"Ref": "DifferencesAlarm"}}])),
        ("Route", json!([{"Name": {"Ref": "RouteErrorsAlarm"}}, {"Name": {"Ref": "RouteRecordsAlarm"}}])),
        ("Score", json!([{"Name": {"Ref": "ScoreErrorsAlarm"}}, {"Name": {"Ref": "ScoreRecordsAlarm"}}])),
        ("Sla", json!([{"Name": {"Ref": "SlaErrorsAlarm"}}, {"Name": {"Ref": "ClockFailsAlarm"}}])),
    ];
    assert_eq!(bit_by_bit.of_type("AWS::CodeDeploy::DeploymentGroup").len(), alarms.len());
    for (function, alarms) in alarms {
        let group = bit_by_bit.properties(&format!("{function}FunctionDeploymentGroup"));
        assert_eq!(group["AlarmConfiguration"], json!({"Enabled": true, "Alarms": alarms}));
        assert!(group["AutoRollbackConfiguration"]["Events"].to_string().contains("DEPLOYMENT_STOP_ON_ALARM"));
        assert!(group["DeploymentConfigName"].to_string().contains("Canary10Percent5Minutes"));
        assert_eq!(group["ServiceRoleArn"], json!({"Fn::GetAtt": ["DeploymentRole", "Arn"]}));
        let alias = &bit_by_bit.resources[&format!("{function}FunctionAliaslive")];
        let policy = &alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"];
        assert_eq!(policy["DeploymentGroupName"], json!({"Ref": format!("{function}FunctionDeploymentGroup")}));
        let may = bit_by_bit.statements("DeploymentRole")["Aliases"]["Resource"].to_string();
        assert!(may.contains(&format!("${{{function}Function.Arn}}:live")), "{function}: {may}");
    }
    // Records go through the alias as well.
    let mappings = bit_by_bit.of_type("AWS::Lambda::EventSourceMapping");
    assert_eq!(mappings.len(), 3);
    for mapping in mappings {
        let function = bit_by_bit.properties(mapping)["FunctionName"]["Ref"].as_str().unwrap();
        assert!(function.ends_with("FunctionAliaslive"), "{mapping} is on {function}");
    }
}

#[test]
fn a_domain_of_ones_own_is_the_one_way_in() {
    let without = Stack::of(TEMPLATE, &[]);
    assert_eq!(without.properties("Api")["DisableExecuteApiEndpoint"], false);
    assert!(without.of_type("AWS::ApiGatewayV2::DomainName").is_empty());
    assert!(without.of_type("AWS::ApiGatewayV2::ApiMapping").is_empty());

    let arn = "arn:aws:acm:eu-west-1:123456789012:certificate/a";
    let with = Stack::of(TEMPLATE, &[("DomainName", "leads.example.com"), ("CertificateArn", arn)]);
    assert_eq!(with.properties("Api")["DisableExecuteApiEndpoint"], true);
    let domain = &with.properties("ApiDomain")["DomainNameConfigurations"][0];
    assert_eq!(domain["SecurityPolicy"], "TLS_1_2");
    assert_eq!(domain["CertificateArn"], json!({"Ref": "CertificateArn"}));
    let mapping = with.properties("ApiDomainMapping");
    assert_eq!(mapping["Stage"], json!({"Ref": "ApiStage"}));
    assert_eq!(mapping["DomainName"], json!({"Ref": "ApiDomain"}));
}

#[test]
fn the_table_is_exported_for_questions() {
    let types = ["AWS::S3::Bucket", "AWS::Glue::Table", "AWS::Athena::NamedQuery", "AWS::Scheduler::Schedule"];
    let without = Stack::of(TEMPLATE, &[]);
    assert_eq!(types.map(|kind| without.of_type(kind).len()), [0, 0, 0, 2], "the two clocks alone");

    let with = Stack::of(TEMPLATE, &[("Analytics", "true")]);
    assert_eq!(types.map(|kind| with.of_type(kind).len()), [1, 1, 2, 3]);
    let bucket = with.properties("AnalyticsBucket");
    let closed = bucket["PublicAccessBlockConfiguration"].as_object().unwrap();
    assert!(closed.len() == 4 && closed.values().all(|value| value == true));
    assert!(bucket["BucketEncryption"].is_object());
    assert_eq!(bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"], 7);
    let tls = &with.properties("AnalyticsBucketPolicy")["PolicyDocument"]["Statement"][0];
    assert_eq!((&tls["Effect"], &tls["Action"]), (&json!("Deny"), &json!("s3:*")));
    assert_eq!(tls["Condition"], json!({"Bool": {"aws:SecureTransport": "false"}}));

    let target = &with.properties("ExportSchedule")["Target"];
    assert!(target["Arn"]["Fn::Sub"].as_str().unwrap().ends_with(":aws-sdk:dynamodb:exportTableToPointInTime"));
    let [input, names] = target["Input"]["Fn::Sub"].as_array().unwrap().as_slice() else { panic!("{target}") };
    let input = input.as_str().unwrap().replace("${AnalyticsBucket}", "bucket");
    let arn = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/";
    let expected = json!({
        "TableArn": format!("{arn}${{Name}}"), "S3Bucket": "bucket", "S3Prefix": "export", "ExportFormat": "DYNAMODB_JSON"
    });
    assert_eq!(names, &json!({"Name": {"Ref": "Table"}}));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&input).unwrap(), expected);
    let may = with.statements("ExportRole");
    assert_eq!(may["Table"]["Action"], "dynamodb:ExportTableToPointInTime");
    assert_eq!(may["Table"]["Resource"], json!({"Fn::GetAtt": ["Table", "Arn"]}));
    assert_eq!(may["Bucket"]["Resource"], json!({"Fn::Sub": "${AnalyticsBucket.Arn}/export/*"}));
    assert_eq!(may.len(), 2);
}

#[test]
fn a_key_of_ones_own_is_on_all_that_keeps_data() {
    let key = json!({"Ref": "KmsKeyArn"});
    let roles = ["Intake", "Clean", "Score", "Route", "Sla", "Feedback", "Reconcile"];
    let arn = "arn:aws:kms:eu-west-1:123456789012:key/a";
    let (without, with) = (
        Stack::of(TEMPLATE, &[]),
        Stack::of(TEMPLATE, &[("KmsKeyArn", arn), ("CaptchaUrl", "https://a"), ("OriginSecret", "true")]),
    );
    assert_eq!(without.properties("Table")["SSESpecification"], json!({"SSEEnabled": true}));
    let table = json!({"SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": key});
    assert_eq!(with.properties("Table")["SSESpecification"], table);
    for (kind, property, least) in [
        ("AWS::SQS::Queue", "KmsMasterKeyId", 44),
        ("AWS::SNS::Topic", "KmsMasterKeyId", 1),
        ("AWS::SecretsManager::Secret", "KmsKeyId", 4),
        ("AWS::Logs::LogGroup", "KmsKeyId", 8),
    ] {
        for id in without.of_type(kind) {
            assert_eq!(without.properties(id).get(property), None, "{id}");
        }
        assert!(with.of_type(kind).len() >= least, "{kind}");
        for id in with.of_type(kind) {
            assert_eq!(with.properties(id)[property], key, "{id}");
        }
    }
    for id in with.of_type("AWS::SQS::Queue") {
        assert_eq!(without.properties(id)["SqsManagedSseEnabled"], true, "{id}");
        assert_eq!(with.properties(id).get("SqsManagedSseEnabled"), None, "SQS takes one of both: {id}");
    }
    let via = |services: &[&str]| -> serde_json::Value {
        let names =
            services.iter().map(|name| json!({"Fn::Sub": format!("{name}.${{AWS::Region}}.${{AWS::URLSuffix}}")}));
        names.collect()
    };
    for role in roles.map(|name| format!("{name}Role")) {
        assert!(!without.statements(&role).contains_key("Key"), "{role}");
        let statements = with.statements(&role);
        let (actions, services) = match role.as_str() {
            "ReconcileRole" => (json!("kms:Decrypt"), via(&["dynamodb"])),
            "IntakeRole" | "CleanRole" | "FeedbackRole" => {
                (json!(["kms:Decrypt", "kms:GenerateDataKey"]), via(&["dynamodb", "sqs", "secretsmanager"]))
            }
            _ => (json!(["kms:Decrypt", "kms:GenerateDataKey"]), via(&["dynamodb", "sqs"])),
        };
        let expected = json!({
            "Sid": "Key", "Effect": "Allow", "Action": actions, "Resource": key,
            "Condition": {"StringEquals": {"kms:ViaService": services}},
        });
        assert_eq!(*statements["Key"], expected, "{role}");
    }
}
