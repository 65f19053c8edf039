//! What the reader says of the template, and of templates that give too much.
#![allow(clippy::unwrap_used)]

use permissions::{Caller, Permissions, Resource, Right};

fn template() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")).unwrap()
}

#[test]
fn a_policy_is_read_as_it_is_deployed() {
    let permissions = Permissions::of_template(&template()).unwrap();
    let names: Vec<&str> = permissions.functions.keys().map(String::as_str).collect();
    assert_eq!(names, ["clean", "feedback", "intake", "reconcile", "route", "score", "sla"]);
    let intake = &permissions.functions["intake"];
    let rights: Vec<String> = intake
        .rights
        .iter()
        .map(|Right { action, on, only_if }| format!("{action} {on} {}", only_if.as_deref().unwrap_or("always")))
        .collect();
    assert_eq!(
        rights,
        [
            "dynamodb:Query the table always",
            "dynamodb:GetItem the table always",
            "dynamodb:PutItem the table always",
            "sqs:SendMessage the queue clean-queue always",
            "secretsmanager:GetSecretValue the secret SigningSecret always",
            "secretsmanager:GetSecretValue the secret EdgeSecret AsksForOriginSecret",
            "secretsmanager:GetSecretValue the secret CaptchaSecret HasCaptcha",
            "kms:Decrypt KmsKeyArn HasKey",
            "kms:GenerateDataKey KmsKeyArn HasKey",
            "logs:CreateLogStream the log IntakeLogs always",
            "logs:PutLogEvents the log IntakeLogs always",
            "xray:PutTraceSegments everything always",
            "xray:PutTelemetryRecords everything always",
        ]
    );
    assert_eq!(intake.secrets["CAPTCHA_SECRET"], Resource::Secret("CaptchaSecret".into()));
    let clean = &permissions.functions["clean"];
    assert_eq!(clean.reads, [Resource::Queue("clean-queue".into())]);
    let around: Vec<&str> = clean.rights_of(Caller::EventSource).map(|right| right.action.as_str()).collect();
    assert_eq!(around, ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]);
    let route = &permissions.functions["route"];
    let telemarketing = Resource::Queue("telemarketing.fifo".into());
    assert!(route.rights.iter().any(|right| right.on == Resource::Queue("sales-desk.fifo".into())));
    assert!(!route.rights.iter().any(|right| right.on == telemarketing));
    assert_eq!(
        permissions.allow("route", "sqs:SendMessage", &telemarketing).unwrap_err(),
        "route may not sqs:SendMessage on the queue telemarketing.fifo: if it has to, add that to the policy of route in \
         infra/template.yaml, else take the call out"
    );
    let tick = &permissions.others["TickRole"];
    assert_eq!(
        (tick.taken_by.as_str(), tick.rights[0].action.as_str()),
        ("scheduler.amazonaws.com", "lambda:InvokeFunction")
    );
}

/// What is written instead of what in the part of the template from a line on, and what is said to it.
#[test]
fn what_gives_too_much_or_is_not_understood_is_refused() {
    let table = "Resource: !If
                  - OwnTable
                  - !GetAtt Table.Arn
                  - !Sub \"arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${ExistingTable}\"";
    let effect = "Effect: Allow\n                Action: [dynamodb:Query";
    let policies = "      Policies:\n        - PolicyName: score";
    let refused = [
        (table, "Resource: \"*\"", "statement `Table`: dynamodb:Query is given on everything: name the resource"),
        (table, "Resource: !Sub ${Table.Arn}/index/*", "dynamodb:Query is given on the index *: name the resource"),
        (table, "Resource: arn:aws:dynamodb:*:*:table/*", "dynamodb:Query is given on arn:aws:dynamodb:*:*:table/*"),
        (table, "Resource: [!GetAtt Table.Arn, !Join [\"\", [a, b]]]", "a resource is not understood here"),
        (table, "NotResource: !GetAtt Table.Arn", "statement `Table`: `NotResource` is not understood here"),
        ("Action: [dynamodb:Query,", "Action: [dynamodb:*,", "`dynamodb:*` is a wildcard: name the actions"),
        ("Action: [dynamodb:Query,", "Action: [!Sub x,", "an action is not understood here"),
        ("Action: [dynamodb:Query,", "Action: [dynamodb:PutItem,", "dynamodb:PutItem on the table is given twice"),
        (effect, "Effect: Deny\n                Action: [dynamodb:Query", "`Effect` is not understood here"),
        (table, "Resource: !GetAtt Table.Arn\n                Condition: {}", "`Condition` is not understood here"),
        (
            policies,
            "      ManagedPolicyArns: [arn:aws:iam::aws:policy/PowerUserAccess]\n      Policies:\n        - PolicyName: score",
            "may name policies of this template only",
        ),
        (
            "      Role: !GetAtt ScoreRole.Arn",
            "      Role: !GetAtt ScoreRole.Arn\n      Policies: [AmazonSQSFullAccess]",
            "`Policies` would be added to its role",
        ),
        ("      Role: !GetAtt ScoreRole.Arn", "      Role: !GetAtt CleanRole.Arn", "another function has it too"),
        (
            "  ScoreFunction:",
            "  More:\n    Type: AWS::IAM::Policy\n\n  ScoreFunction:",
            "a policy apart from its role is easily overlooked",
        ),
    ];
    let template = template();
    let (before, behind) = template.split_once("  ScoreRole:\n").unwrap();
    for (right, wrong, told) in refused {
        assert!(behind.contains(right), "{right}");
        let text = format!("{before}  ScoreRole:\n{}", behind.replacen(right, wrong, 1));
        let problems = Permissions::of_template(&text).unwrap_err().to_string();
        assert!(problems.contains(told), "{wrong}: {problems}");
        assert!(problems.lines().all(|line| line.starts_with("infra/template.yaml: ")), "{problems}");
    }
}
