//! What the template becomes under its parameters: an option that is off leaves nothing behind, one that is on is whole.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

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
