//! The policy of each function is what it calls: nothing is missing, and nothing is left over.
//!
//! That nothing is missing, every test sees to: its functions run in `tests::functions`. Here all that takes a right is
//! played once more, so that what was not used is not needed.

// The lints' exception for tests does not reach helper functions of a test file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod adapter;
mod start;
mod stories;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use permissions::{Caller, Permissions, Resource};
use tests::functions::{self, PERMISSIONS};

/// A function, what it did, and on what.
type Used = BTreeSet<(String, String, Resource)>;

/// What the functions were seen to do, from the start of their programs on.
static USED: LazyLock<Used> = LazyLock::new(|| {
    stories::play();
    assert_eq!(functions::refused(), Vec::<String>::new());
    let at_start = start::calls()
        .into_iter()
        .flat_map(|(function, calls)| calls.into_iter().map(move |(action, on)| (function.clone(), action, on)));
    let used = functions::used().into_iter().map(|(function, right)| {
        let right = &PERMISSIONS.functions[function].rights[right];
        (function.to_owned(), right.action.clone(), right.on.clone())
    });
    used.chain(at_start).collect()
});

#[test]
fn the_policies_are_what_the_functions_call() {
    let differences = differences(&PERMISSIONS, &USED);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    println!("{} rights of {} functions, each of them used", USED.len(), PERMISSIONS.functions.len());
}

/// Where policies and calls differ, in words.
fn differences(permissions: &Permissions, used: &Used) -> Vec<String> {
    let mut differences: Vec<String> =
        used.iter().filter_map(|(function, action, on)| permissions.allow(function, action, on).err()).collect();
    for (name, function) in &permissions.functions {
        let mut around = function.needed_around();
        around.extend(function.needed_of_key());
        differences.extend(around.iter().filter_map(|(action, on)| permissions.allow(name, action, on).err()));
        for right in &function.rights {
            let needed = match function.caller(right) {
                Caller::Code => used.contains(&(name.clone(), right.action.clone(), right.on.clone())),
                _ => around.contains(&(right.action.as_str(), right.on.clone())),
            };
            if !needed {
                differences.push(format!(
                    "{name} may {} on {}, and nothing needs that: take it out of the policy of {name} in \
                     infra/template.yaml, or let a story of tests/tests/policies use it",
                    right.action, right.on
                ));
            }
        }
    }
    differences
}

/// What is wrong with a template is told, with its name.
#[test]
fn a_right_too_many_or_too_few_is_found() {
    let template = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/template.yaml")).unwrap();
    let too_many = |right: &str| format!("{right}, and nothing needs that");
    let read = "[dynamodb:Query, dynamodb:BatchGetItem, dynamodb:PutItem, dynamodb:UpdateItem]";
    // Behind which line, what is written instead of what, and what is said to that.
    let planted: [(&str, &str, &str, String); 13] = [
        (
            "ScoreRole:",
            read,
            "[dynamodb:Query, dynamodb:BatchGetItem, dynamodb:PutItem, dynamodb:UpdateItem, dynamodb:DeleteItem]",
            too_many("score may dynamodb:DeleteItem on the table"),
        ),
        (
            "CleanRole:",
            read,
            "[dynamodb:Query, dynamodb:BatchGetItem, dynamodb:PutItem]",
            "clean may not dynamodb:UpdateItem on the table".into(),
        ),
        (
            "FeedbackRole:",
            "- !GetAtt ScoreQueue.Arn",
            "- !GetAtt RouteQueue.Arn",
            "feedback may not sqs:SendMessage on the queue score-queue".into(),
        ),
        (
            "FeedbackRole:",
            "- !GetAtt ScoreQueue.Arn",
            "- !GetAtt ScoreQueue.Arn\n                  - !GetAtt RouteQueue.Arn",
            too_many("feedback may sqs:SendMessage on the queue route-queue"),
        ),
        (
            "FeedbackRole:",
            "${Table.Arn}/index/queue",
            "${Table.Arn}/index/due",
            too_many("feedback may dynamodb:Query on the index due"),
        ),
        (
            "RouteRole:",
            "[!Ref SendToSales]",
            "[!Ref SendToSales, !Ref SendNotices]",
            too_many("route may sqs:SendMessage on the queue sla-breaches.fifo"),
        ),
        (
            "SlaRole:",
            "[!Ref SendToSales, !Ref SendNotices]",
            "[!Ref SendToSales]",
            "sla may not sqs:SendMessage on the queue sales-managers.fifo".into(),
        ),
        (
            "CleanRole:",
            "!GetAtt PepperSecret.Id",
            "!GetAtt SigningSecret.Id",
            "clean may not secretsmanager:GetSecretValue on the secret PepperSecret".into(),
        ),
        (
            "CleanRole:",
            ", sqs:GetQueueAttributes]",
            "]",
            "clean may not sqs:GetQueueAttributes on the queue clean-queue".into(),
        ),
        (
            "ScoreRole:",
            "!GetAtt ScoreLogs.Arn",
            "!GetAtt CleanLogs.Arn",
            too_many("score may logs:PutLogEvents on the log CleanLogs"),
        ),
        (
            "ScoreRole:",
            "[kms:Decrypt, kms:GenerateDataKey]",
            "kms:Decrypt",
            "score may not kms:GenerateDataKey on KmsKeyArn".into(),
        ),
        (
            "ScoreRole:",
            "[kms:Decrypt, kms:GenerateDataKey]",
            "[kms:Decrypt, kms:GenerateDataKey, kms:Encrypt]",
            too_many("score may kms:Encrypt on KmsKeyArn"),
        ),
        (
            "ReconcileRole:",
            "Action: kms:Decrypt",
            "Action: [kms:Decrypt, kms:GenerateDataKey]",
            too_many("reconcile may kms:GenerateDataKey on KmsKeyArn"),
        ),
    ];
    for (role, right, wrong, told) in planted {
        let (before, behind) = template.split_once(&format!("  {role}\n")).unwrap();
        assert!(behind.contains(right), "{role} {right}");
        let text = format!("{before}  {role}\n{}", behind.replacen(right, wrong, 1));
        let permissions = Permissions::of_template(&text).unwrap();
        let differences = differences(&permissions, &USED);
        assert!(differences.iter().any(|difference| difference.starts_with(&told)), "{role}: {differences:#?}");
    }
}

/// No function looks through the whole table, but for the audit of a night, or takes anything out of it, whatever its
/// policy says.
#[test]
fn no_function_scans_or_deletes() {
    for (name, function) in &PERMISSIONS.functions {
        for right in function.rights_of(Caller::Code) {
            let verb = right.action.split(':').nth(1).unwrap();
            let far_reaching = ["Scan", "Delete", "BatchWrite", "PartiQL", "Purge", "Create", "Update"]
                .iter()
                .any(|start| verb.starts_with(start) && verb != "UpdateItem");
            let audit = (name.as_str(), verb) == ("reconcile", "Scan");
            assert!(!far_reaching || audit, "{name} may {}", right.action);
        }
    }
}
