//! The form endpoint behind CloudFront: what the stack asks for, and what the edge template puts in front of it.

use serde_json::{Value, json};

use crate::TEMPLATE;
use crate::stack::Stack;

const EDGE: &str = "edge.yaml";
const BEHIND: [(&str, &str); 2] =
    [("ApiDomain", "a.execute-api.eu-west-1.amazonaws.com"), ("OriginSecret", "0123456789abcdef0123456789abcdef")];

fn edge(more: &[(&str, &str)]) -> Stack {
    Stack::of(EDGE, &[&BEHIND, more].concat())
}

fn distribution(edge: &Stack) -> &Value {
    &edge.properties("Distribution")["DistributionConfig"]
}

/// The rules of the web ACL, in the order of their priority.
fn rules(edge: &Stack) -> Vec<&Value> {
    let mut rules: Vec<&Value> = edge.properties("WebAcl")["Rules"].as_array().unwrap().iter().collect();
    rules.sort_by_key(|rule| rule["Priority"].as_u64());
    rules
}

#[test]
fn forms_are_taken_with_the_secret_alone_if_it_is_asked_for() {
    let secret = json!({"Fn::GetAtt": ["EdgeSecret", "Id"]});
    let variable =
        |stack: &Stack| stack.properties("IntakeFunction")["Environment"]["Variables"]["ORIGIN_SECRET"].clone();
    for (value, there, asked) in [("false", false, false), ("prepared", true, false), ("true", true, true)] {
        let stack = Stack::of(TEMPLATE, &[("OriginSecret", value)]);
        assert_eq!(stack.resources.contains_key("EdgeSecret"), there, "{value}");
        assert_eq!(stack.statements("IntakeRole").contains_key("Origin"), asked, "{value}");
        assert_eq!(variable(&stack), if asked { secret.clone() } else { json!("") }, "{value}");
    }
    assert!(!Stack::of(TEMPLATE, &[]).resources.contains_key("EdgeSecret"), "off by default");

    let with = Stack::of(TEMPLATE, &[("OriginSecret", "true")]);
    let may = with.statements("IntakeRole")["Origin"];
    assert_eq!((&may["Action"], &may["Resource"]), (&json!("secretsmanager:GetSecretValue"), &secret));
    for role in with.of_type("AWS::IAM::Role").into_iter().filter(|role| *role != "IntakeRole") {
        assert!(!with.properties(role).to_string().contains("EdgeSecret"), "{role}");
    }
    let made = &with.properties("EdgeSecret")["GenerateSecretString"];
    assert_eq!((&made["GenerateStringKey"], &made["PasswordLength"]), (&json!("current"), &json!(64)));
    assert_eq!(made["SecretStringTemplate"], r#"{"previous": ""}"#);
}

#[test]
fn the_edge_sends_the_secret_to_the_api_over_tls_and_keeps_no_answer() {
    let edge = edge(&[]);
    let distribution = distribution(&edge);
    assert_eq!(distribution["Enabled"], true);
    let origin = json!([{
        "Id": "api",
        "DomainName": {"Ref": "ApiDomain"},
        "CustomOriginConfig": {"OriginProtocolPolicy": "https-only", "OriginSSLProtocols": ["TLSv1.2"]},
        "OriginCustomHeaders": [{"HeaderName": "x-origin-secret", "HeaderValue": {"Ref": "OriginSecret"}}],
    }]);
    assert_eq!(distribution["Origins"], origin);
    // The two ids are AWS's, of Managed-CachingDisabled and Managed-AllViewerExceptHostHeader.
    let behaviour = json!({
        "TargetOriginId": "api",
        "ViewerProtocolPolicy": "https-only",
        "AllowedMethods": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
        "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        "OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac",
    });
    assert_eq!(distribution["DefaultCacheBehavior"], behaviour);
    assert!(distribution.get("CacheBehaviors").is_none() && distribution.get("Logging").is_none());
}

#[test]
fn a_web_acl_stands_in_front() {
    let edge = edge(&[]);
    assert_eq!(distribution(&edge)["WebACLId"], json!({"Fn::GetAtt": ["WebAcl", "Arn"]}));
    let acl = edge.properties("WebAcl");
    assert_eq!((&acl["Scope"], &acl["DefaultAction"]), (&json!("CLOUDFRONT"), &json!({"Allow": {}})));
    let rules = rules(&edge);
    let names: Vec<&str> = rules.iter().map(|rule| rule["Name"].as_str().unwrap()).collect();
    assert_eq!(names, ["requests-per-address", "only-the-form", "common", "known-bad-inputs"]);
    for kept in rules.iter().copied().chain([acl]) {
        assert_eq!(kept["VisibilityConfig"]["SampledRequestsEnabled"], false, "samples hold addresses");
        assert_eq!(kept["VisibilityConfig"]["CloudWatchMetricsEnabled"], true);
    }

    let rate = json!({"AggregateKeyType": "IP", "EvaluationWindowSec": 300, "Limit": {"Ref": "RequestsPerAddress"}});
    assert_eq!(rules[0]["Statement"]["RateBasedStatement"], rate);
    assert_eq!(rules[0]["Action"]["Block"]["CustomResponse"]["ResponseCode"], 429);

    let let_by = rules[1]["Statement"]["NotStatement"]["Statement"]["AndStatement"]["Statements"].as_array().unwrap();
    let (path, method) = (&let_by[0]["ByteMatchStatement"], &let_by[1]["RegexMatchStatement"]);
    assert_eq!((&path["SearchString"], &path["PositionalConstraint"]), (&json!("/v1/leads"), &json!("EXACTLY")));
    assert_eq!(path["FieldToMatch"], json!({"UriPath": {}}));
    assert_eq!(method["FieldToMatch"], json!({"Method": {}}));
    assert_eq!(method["RegexString"], "^(POST|OPTIONS)$");
    assert_eq!((let_by.len(), &rules[1]["Action"]["Block"]["CustomResponse"]["ResponseCode"]), (2, &json!(404)));
}

/// A body of the size that the function takes, or one that looks like an attack, is counted and goes on.
#[test]
fn managed_rules_refuse_no_lead_for_what_it_says() {
    let edge = edge(&[]);
    let rules = rules(&edge);
    let group = |rule: usize| &rules[rule]["Statement"]["ManagedRuleGroupStatement"];
    for (rule, name) in [(2, "AWSManagedRulesCommonRuleSet"), (3, "AWSManagedRulesKnownBadInputsRuleSet")] {
        assert_eq!((&group(rule)["VendorName"], &group(rule)["Name"]), (&json!("AWS"), &json!(name)));
        assert_eq!(rules[rule]["OverrideAction"], json!({"None": {}}), "{name} refuses what it finds");
    }
    let counted = [
        "SizeRestrictions_BODY",
        "CrossSiteScripting_BODY",
        "EC2MetaDataSSRF_BODY",
        "GenericLFI_BODY",
        "GenericRFI_BODY",
    ];
    let counted: Value = counted.iter().map(|name| json!({"Name": name, "ActionToUse": {"Count": {}}})).collect();
    assert_eq!(group(2)["RuleActionOverrides"], counted);
}

#[test]
fn a_domain_of_ones_own_is_served_with_tls_1_2() {
    let without = edge(&[]);
    assert_eq!(distribution(&without)["ViewerCertificate"], json!({"CloudFrontDefaultCertificate": true}));
    assert_eq!(distribution(&without).get("Aliases"), None);
    let arn = "arn:aws:acm:us-east-1:123456789012:certificate/a";
    let with = edge(&[("DomainName", "forms.example.com"), ("CertificateArn", arn)]);
    assert_eq!(distribution(&with)["Aliases"], json!([{"Ref": "DomainName"}]));
    let certificate = json!({
        "AcmCertificateArn": {"Ref": "CertificateArn"},
        "SslSupportMethod": "sni-only",
        "MinimumProtocolVersion": "TLSv1.2_2021",
    });
    assert_eq!(distribution(&with)["ViewerCertificate"], certificate);
}
