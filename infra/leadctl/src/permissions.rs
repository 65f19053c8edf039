//! `docs/permissions.md`: who may do what on AWS, from the policies of the template.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Context, Result};
use permissions::{Caller, Function, Permissions, Resource, Right};

use crate::package::FUNCTIONS;

const HEAD: &str = "\
# Permissions
<!-- Generated from infra/template.yaml by `leadctl docs`: change that file, then run it. -->

Each function has a role of its own, which allows what its code calls and nothing else. A transaction counts as its parts,
as IAM counts it: `TransactWriteItems` needs `PutItem` for each row and `UpdateItem` for each number of open leads.
`SendMessage` permits `SendMessageBatch` too.

That these tables are what the functions call is tested, in both directions:

- **Nothing is missing.** In all tests functions run behind their policies as `infra/template.yaml` has them
  (`tests/src/functions.rs`). A call that is not allowed there ends the test and names function, call and resource. What
  each call of a port asks of AWS is compared with the requests of the adapter that runs on Lambda, and on the local stack
  the emulator enforces the same policies on the real programs.
- **Nothing is left over.** `cargo test -p tests --test policies` plays all that takes a right, starts the programs to
  see which secrets they read, and fails for each right that was not used. What Lambda, X-Ray and keys need is derived from
  that: a function's queues and log, what it reads that is encrypted, and whether it sends.

No policy has a wildcard for its action, and `*` as a resource stands beside X-Ray's two actions alone, which know no
resources. Two rights of other services have one within a resource's name: the export's, on what it writes in its bucket, and
CodeDeploy's to see the states of alarms, which AWS grants for all of them or none.
`leadctl docs` and the tests refuse a policy that says otherwise, or that is written in a way they do not understand.
";

/// The page.
pub fn page(template: &str) -> Result<String> {
    let permissions = Permissions::of_template(template)?;
    let mut page = HEAD.to_owned();
    page.push_str("\n## What functions do\n| function | action | on | for |\n|---|---|---|---|\n");
    for (name, function) in in_order(&permissions) {
        table(&mut page, name, function.rights_of(Caller::Code), |right| {
            why(name, right)
                .with_context(|| format!("{name} may {} on {}: say in permissions.rs why", right.action, right.on))
        })?;
    }
    page.push_str(
        "\n## What Lambda does for them\nBy the same roles: it brings a queue's messages and takes those away that are done, \
         writes the log, and writes traces.\n\n| function | action | on | for |\n|---|---|---|---|\n",
    );
    for (name, function) in in_order(&permissions) {
        for (caller, why) in [
            (Caller::EventSource, "the function's messages"),
            (Caller::Log, "the streams of its log; the group's name as CloudFormation gives it ends in `:*`"),
            (Caller::Trace, "traces"),
            (Caller::Key, "what table, queues and secrets are encrypted with"),
        ] {
            let (mut actions, mut resources) = (Vec::new(), Vec::new());
            for right in function.rights_of(caller) {
                actions.push(format!("`{}`", right.action));
                resources.push(on(right));
            }
            resources.dedup();
            if !actions.is_empty() {
                let _ = writeln!(page, "| {name} | {} | {} | {why} |", actions.join(", "), resources.join(", "));
            }
        }
    }
    page.push_str("\n## Other roles\n| role | taken by | action | on |\n|---|---|---|---|\n");
    for (name, role) in &permissions.others {
        for right in &role.rights {
            let _ = writeln!(page, "| `{name}` | `{}` | `{}` | {} |", role.taken_by, right.action, on(right));
        }
    }
    Ok(page)
}

/// In the order of the pipeline; any that is not packaged comes last.
fn in_order(permissions: &Permissions) -> Vec<(&str, &Function)> {
    let place = |name: &str| FUNCTIONS.iter().position(|function| *function == name).unwrap_or(FUNCTIONS.len());
    let mut functions: Vec<_> =
        permissions.functions.iter().map(|(name, function)| (name.as_str(), function)).collect();
    functions.sort_by_key(|(name, _)| place(name));
    functions
}

/// One line an action and reason, with all that it is for.
fn table<'r>(
    page: &mut String,
    name: &str,
    rights: impl Iterator<Item = &'r Right>,
    why: impl Fn(&Right) -> Result<&'static str>,
) -> Result<()> {
    let mut lines: Vec<(&str, &str)> = Vec::new();
    let mut resources: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for right in rights {
        let line = (right.action.as_str(), why(right)?);
        if !lines.contains(&line) {
            lines.push(line);
        }
        resources.entry(line).or_default().push(on(right));
    }
    for (action, why) in lines {
        let on = resources.remove(&(action, why)).unwrap_or_default().join(", ");
        let _ = writeln!(page, "| {name} | `{action}` | {on} | {why} |");
    }
    Ok(())
}

fn on(right: &Right) -> String {
    let on = match &right.on {
        Resource::Table => "the table".to_owned(),
        Resource::Index(name) => format!("index `{name}`"),
        Resource::Queue(name) | Resource::Secret(name) | Resource::Log(name) | Resource::Other(name) => {
            format!("`{name}`")
        }
        Resource::Every => "`*`".to_owned(),
    };
    right.only_if.as_ref().map_or(on.clone(), |condition| format!("{on} (if `{condition}`)"))
}

/// What a function needs a right for.
fn why(function: &str, right: &Right) -> Option<&'static str> {
    Some(match (right.action.as_str(), &right.on, function) {
        ("dynamodb:Scan", Resource::Table, "reconcile") => "every row, page by page, at night",
        ("dynamodb:Query", Resource::Table, "reconcile") => "a lead that seems to differ, once more",
        ("sqs:GetQueueAttributes", _, "reconcile") => "how many messages lie in the queue",
        ("dynamodb:Query", Resource::Table, "intake") => "the lead that an earlier request made",
        ("dynamodb:Query", Resource::Table, "score" | "route") => "the lead's state and submission; its touches",
        ("dynamodb:Query", Resource::Table, "feedback") => "the lead's state and submission; its history",
        ("dynamodb:Query", Resource::Table, _) => "the lead's state and submission",
        ("dynamodb:Query", Resource::Index(name), _) if name == "due" => "leads with something to do by now",
        ("dynamodb:Query", Resource::Index(_), _) => "the open leads of a queue",
        ("dynamodb:GetItem", _, "intake") => "what an idempotency key was used for, before a captcha is spent",
        ("dynamodb:GetItem", _, "feedback") => "what a request was answered; the decision that an answer is about",
        ("dynamodb:GetItem", _, _) => "a stored decision, to send it again or to take the steps of its clock",
        ("dynamodb:BatchGetItem", _, "clean" | "score") => "the lead's account",
        ("dynamodb:BatchGetItem", _, _) => "how many leads a queue and its people have open",
        ("dynamodb:PutItem", ..) => "the rows that it writes, alone or in transactions",
        ("dynamodb:UpdateItem", _, "route" | "sla" | "feedback") => "numbers of open leads; whose turn it is",
        ("dynamodb:UpdateItem", ..) => "numbers of open leads, where a lead stops being or becomes one",
        ("sqs:ChangeMessageVisibility", ..) => "the pause before another attempt",
        ("sqs:SendMessage", Resource::Queue(name), _) if !name.ends_with(".fifo") => "the message that moves a lead on",
        ("sqs:SendMessage", _, "clean") => "held leads that the desk is told of",
        ("sqs:SendMessage", _, "route") => "leads, and touches on them",
        ("sqs:SendMessage", ..) => "what is owed: deliveries, reminders, breaches, recalls, erasures",
        ("secretsmanager:GetSecretValue", Resource::Secret(name), _) => match name.as_str() {
            "PepperSecret" => "the key of the hashes by which duplicates are found; read once a process",
            "SigningSecret" => "the root of the keys that requests are signed with; read once a process",
            "EdgeSecret" => "what CloudFront sends along with forms; read once a process",
            "CaptchaSecret" => "the verifier's key; read once a process, if a form asks for captchas",
            _ => return None,
        },
        _ => return None,
    })
}
