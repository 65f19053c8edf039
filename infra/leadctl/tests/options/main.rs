//! What the template becomes under its parameters: an option that is off leaves nothing behind, one that is on is whole.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod analytics;
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
fn a_token_can_be_asked_for_on_the_signed_routes() {
    let gates = |stack: &Stack| {
        let routes = stack.of_type("AWS::ApiGatewayV2::Route").into_iter().map(|id| {
            let route = stack.properties(id);
            (
                route["RouteKey"].as_str().unwrap().to_owned(),
                route["AuthorizationType"].clone(),
                route["AuthorizerId"].clone(),
            )
        });
        let (open, gated): (Vec<_>, Vec<_>) = routes.partition(|(key, ..)| key == "POST /v1/leads");
        assert_eq!((open.len(), &open[0].1, gated.len()), (1, &json!(null), 7), "the form's route has no gate");
        gated
    };
    let without = Stack::of(TEMPLATE, &[]);
    assert!(without.of_type("AWS::ApiGatewayV2::Authorizer").is_empty());
    assert!(gates(&without).iter().all(|(_, kind, by)| (kind, by) == (&json!("NONE"), &json!(null))));

    let jwt = [("SignedRoutesGate", "jwt"), ("JwtIssuer", "https://login.example.com/a"), ("JwtAudience", "leads,crm")];
    let jwt = Stack::of(TEMPLATE, &jwt);
    let authorizer = json!({
        "ApiId": {"Ref": "Api"}, "Name": "jwt", "AuthorizerType": "JWT",
        "IdentitySource": ["$request.header.Authorization"],
        "JwtConfiguration": {"Issuer": {"Ref": "JwtIssuer"}, "Audience": {"Ref": "JwtAudience"}},
    });
    assert_eq!(*jwt.properties("JwtAuthorizer"), authorizer);
    assert!(gates(&jwt).iter().all(|(_, kind, by)| (kind, by) == (&json!("JWT"), &json!({"Ref": "JwtAuthorizer"}))));

    let iam = Stack::of(TEMPLATE, &[("SignedRoutesGate", "iam")]);
    assert!(iam.of_type("AWS::ApiGatewayV2::Authorizer").is_empty());
    assert!(gates(&iam).iter().all(|(_, kind, by)| (kind, by) == (&json!("AWS_IAM"), &json!(null))));
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
