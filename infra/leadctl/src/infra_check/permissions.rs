//! Who may do what. That each function may do just what it does is proved elsewhere, by the calls that it makes.

use serde_json::Value;

use super::deployed::{Deployed, Resource, elements, texts};
use super::{Check, Faults, said};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "exact-actions",
        asks: "Policies name every action.",
        otherwise: "sqs:* lets a bug, or whoever gets into a function, empty or delete every queue",
        mend: "name the actions; a Sid says what for",
        find: exact_actions,
    },
    Check {
        id: "exact-resources",
        asks: "Policies name every resource, but for actions that AWS grants for all resources or none.",
        otherwise: "a function reaches other stacks of the account, and their leads",
        mend: "name the resource by !GetAtt or !Sub",
        find: exact_resources,
    },
    Check {
        id: "no-destruction",
        asks: "No function may delete or change tables, queues, keys, secrets or roles.",
        otherwise: "a bug, or whoever gets into a function, destroys what it should only write to",
        mend: "take the action away; people and pipelines have roles of their own",
        find: no_destruction,
    },
    Check {
        id: "one-service-role",
        asks: "One service may assume a role, and nobody else.",
        otherwise: "another service, or another account, acts with the rights of a function",
        mend: "one statement with Principal: {Service: …} in AssumeRolePolicyDocument",
        find: one_service_role,
    },
    Check {
        id: "own-account-role",
        asks: "A service that acts for many accounts assumes a role for this one only.",
        otherwise: "somebody else's schedule starts our functions through a role that trusts the whole service",
        mend: "Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}} in the trust",
        find: own_account_role,
    },
    Check {
        id: "own-policies",
        asks: "Roles attach policies of this template only; for CodeDeploy, AWS's own.",
        otherwise: "AWS's ready-made policies allow actions on \"*\", and change without a deployment",
        mend: "write the statements out",
        find: own_policies,
    },
    Check {
        id: "closed-resource-policies",
        asks: "No policy of a queue, a topic or a secret lets everybody in.",
        otherwise: "anybody with an AWS account reads leads or writes to the queues",
        mend: "name the principal, or a condition on the account",
        find: closed_resource_policies,
    },
];

/// Actions that know no resources, and the one by which CodeDeploy sees the states of all alarms or of none.
const WITHOUT_RESOURCE: [&str; 3] = ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "cloudwatch:DescribeAlarms"];

/// Starts of actions that change or delete what the template makes.
const DESTRUCTIVE: [&str; 15] = [
    "dynamodb:DeleteTable",
    "dynamodb:UpdateTable",
    "dynamodb:UpdateContinuousBackups",
    "dynamodb:UpdateTimeToLive",
    "sqs:DeleteQueue",
    "sqs:PurgeQueue",
    "sqs:SetQueueAttributes",
    "sqs:AddPermission",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecret",
    "secretsmanager:DeleteSecret",
    "kms:ScheduleKeyDeletion",
    "kms:PutKeyPolicy",
    "logs:DeleteLog",
    "iam:",
];

/// Services that assume a role with nothing to tell accounts apart by, or by AWS's own doing.
const WITHOUT_ACCOUNT: [&str; 2] = ["lambda.amazonaws.com", "codedeploy.amazonaws.com"];

/// Statements of policies that say what a role may do.
fn allowed(stack: &Deployed) -> impl Iterator<Item = (&Resource, &Value)> {
    let kinds = ["AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"];
    let policies = stack.resources.iter().filter(move |resource| kinds.contains(&resource.kind.as_str()));
    policies.flat_map(|policy| policy.statements().into_iter().map(move |statement| (policy, statement)))
}

fn exact_actions(stack: &Deployed, faults: &mut Faults) {
    for (policy, statement) in allowed(stack) {
        for action in texts(statement, "Action").into_iter().filter(|action| action.contains('*')) {
            faults.add(policy, format!("it allows {action}"));
        }
        if statement.get("NotAction").is_some() {
            faults.add(policy, "it allows everything but NotAction");
        }
    }
}

fn exact_resources(stack: &Deployed, faults: &mut Faults) {
    for (policy, statement) in allowed(stack) {
        let without = texts(statement, "Action").iter().all(|action| WITHOUT_RESOURCE.contains(action));
        for resource in texts(statement, "Resource").into_iter().filter(|resource| is_open(resource) && !without) {
            faults.add(policy, format!("it allows {} on {resource}", texts(statement, "Action").join(", ")));
        }
        if statement.get("NotResource").is_some() {
            faults.add(policy, "it allows everything but NotResource");
        }
    }
}

/// Whether a resource's account, region or name is left open; a part of a named one may be, such as an object's key.
fn is_open(resource: &str) -> bool {
    let plain = resource.replace("${AWS::", "${AWS."); // its colons part nothing
    let parts: Vec<&str> = plain.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, _, region, account, name] => {
            let own = name.split_once(['/', ':']).map_or(*name, |(_, own)| own);
            region.contains('*') || account.contains('*') || name.starts_with('*') || own.starts_with('*')
        }
        _ => resource.starts_with('*'),
    }
}

fn no_destruction(stack: &Deployed, faults: &mut Faults) {
    for function in stack.of("AWS::Lambda::Function") {
        for statement in stack.allowed(function) {
            let actions = texts(statement, "Action").into_iter();
            for action in actions.filter(|action| DESTRUCTIVE.iter().any(|start| action.starts_with(start))) {
                faults.add(function, format!("its role allows {action}"));
            }
        }
    }
}

/// The statements of a role's trust.
fn trust(role: &Resource) -> &[Value] {
    role.get("/AssumeRolePolicyDocument/Statement").map(elements).unwrap_or_default()
}

fn one_service_role(stack: &Deployed, faults: &mut Faults) {
    for role in stack.of("AWS::IAM::Role") {
        let principals: Vec<&Value> = trust(role).iter().filter_map(|statement| statement.get("Principal")).collect();
        let services: Vec<&Value> = principals
            .iter()
            .filter_map(|principal| principal.as_object().filter(|map| map.len() == 1)?.get("Service"))
            .flat_map(elements)
            .collect();
        if services.len() != 1 || principals.len() != 1 {
            let named = principals.iter().map(|principal| principal.to_string()).collect::<Vec<_>>().join(", ");
            faults.add(role, format!("{named} may assume it"));
        }
    }
}

fn own_account_role(stack: &Deployed, faults: &mut Faults) {
    for role in stack.of("AWS::IAM::Role") {
        for statement in trust(role) {
            let Some(service) = statement.pointer("/Principal/Service").and_then(Value::as_str) else { continue };
            let account = statement.pointer("/Condition/StringEquals/aws:SourceAccount");
            if !WITHOUT_ACCOUNT.contains(&service) && account.is_none_or(|account| account != "${AWS::AccountId}") {
                faults.add(role, format!("{service} may assume it for any account"));
            }
        }
    }
}

fn own_policies(stack: &Deployed, faults: &mut Faults) {
    for role in stack.of("AWS::IAM::Role") {
        let for_codedeploy = trust(role).iter().any(|statement| {
            statement.pointer("/Principal/Service").is_some_and(|service| service == "codedeploy.amazonaws.com")
        });
        for policy in role.texts("/ManagedPolicyArns") {
            let own = stack.named(policy).is_some_and(|named| named.kind == "AWS::IAM::ManagedPolicy");
            let codedeploys = for_codedeploy && policy.contains("AWSCodeDeployRoleForLambda");
            if !own && !codedeploys {
                faults.add(role, format!("it attaches {policy}"));
            }
        }
    }
}

fn closed_resource_policies(stack: &Deployed, faults: &mut Faults) {
    const KINDS: [&str; 3] = ["AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::SecretsManager::ResourcePolicy"];
    for policy in stack.resources.iter().filter(|resource| KINDS.contains(&resource.kind.as_str())) {
        for statement in policy.statements() {
            let principals = statement.get("Principal").map(|principal| principal.get("AWS").unwrap_or(principal));
            let open = principals.map(elements).unwrap_or_default().iter().any(|principal| principal == "*");
            if open && statement.pointer("/Condition/StringEquals/aws:SourceAccount").is_none() {
                faults.add(policy, said(policy, "/PolicyDocument/Statement"));
            }
        }
    }
}
