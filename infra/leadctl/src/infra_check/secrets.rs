//! That no secret stands where it can be read.

use std::collections::BTreeMap;

use serde_json::Value;

use super::deployed::Deployed;
use super::{Check, Faults, said};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "generated-secrets",
        asks: "Secrets are made by Secrets Manager, with thirty-two characters at least.",
        otherwise: "the value stands in the template's history and in every log of a deployment",
        mend: "GenerateSecretString with PasswordLength 64; never SecretString",
        find: generated_secrets,
    },
    Check {
        id: "environment-secrets",
        asks: "A function's environment names secrets by reference, and holds none.",
        otherwise: "whoever may look at a function's configuration reads the key that signs for sales",
        mend: "put the secret's ARN there, and read it when the function starts",
        find: environment_secrets,
    },
    Check {
        id: "template-secrets",
        asks: "Nothing in a resource looks like a key, a token or a password.",
        otherwise: "whoever reads the repository has it, and its history keeps it",
        mend: "take it out, make it invalid where it was issued, and use a generated secret",
        find: template_secrets,
    },
    Check {
        id: "output-secrets",
        asks: "The stack's outputs show names and ARNs only.",
        otherwise: "whoever may describe the stack reads the secret, and deployments print it",
        mend: "output the secret's ARN",
        find: output_secrets,
    },
];

fn generated_secrets(stack: &Deployed, faults: &mut Faults) {
    const LENGTH: &str = "/GenerateSecretString/PasswordLength";
    for secret in stack.of("AWS::SecretsManager::Secret") {
        if secret.get("/SecretString").is_some() {
            faults.add(secret, "SecretString is given");
        } else if secret.number(LENGTH).is_none_or(|length| length < 32) {
            faults.add(secret, said(secret, LENGTH));
        }
    }
}

fn environment_secrets(stack: &Deployed, faults: &mut Faults) {
    for function in stack.of("AWS::Lambda::Function") {
        let variables = function.get("/Environment/Variables").and_then(Value::as_object);
        for (name, value) in variables.into_iter().flatten() {
            let text = value.as_str().unwrap_or_default();
            let about_secret = ["SECRET", "PASSWORD", "TOKEN", "PEPPER", "API_KEY", "PRIVATE_KEY"];
            let must_refer = about_secret.iter().any(|word| name.contains(word)) && !text.is_empty();
            if shows_hidden(text) || (must_refer && !is_reference(stack, text)) {
                faults.add(function, format!("the variable {name} holds a value, not a reference"));
            }
        }
    }
}

/// Whether a text is nothing but the name of a secret of this stack.
fn is_reference(stack: &Deployed, text: &str) -> bool {
    let whole = text.starts_with("${") && text.find('}') == Some(text.len() - 1);
    whole && stack.named(text).is_some_and(|named| named.kind == "AWS::SecretsManager::Secret")
}

/// Whether CloudFormation would write a hidden value there: one of Secrets Manager, or a `NoEcho` parameter.
fn shows_hidden(text: &str) -> bool {
    ["{{resolve:secretsmanager:", "{{resolve:ssm-secure:", "{{NoEcho "].iter().any(|start| text.contains(start))
}

fn template_secrets(stack: &Deployed, faults: &mut Faults) {
    for resource in &stack.resources {
        let properties = resource.properties().as_object().into_iter().flatten();
        // Names that packaging gives to the code are hashes of it.
        for (name, value) in properties.filter(|(name, _)| *name != "Code") {
            if any_text(value, looks_secret) {
                faults.add(resource, format!("something in {name} looks like a secret"));
            }
        }
    }
}

fn any_text(value: &Value, holds: fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => holds(text),
        Value::Array(values) => values.iter().any(|value| any_text(value, holds)),
        Value::Object(map) => map.values().any(|value| any_text(value, holds)),
        _ => false,
    }
}

fn output_secrets(stack: &Deployed, faults: &mut Faults) {
    for (name, value) in &stack.outputs {
        let text = value.as_str().unwrap_or_default();
        if shows_hidden(text) || looks_secret(text) {
            faults.at(&format!("Outputs.{name}"), "it shows a secret");
        }
    }
}

/// Whether a text holds a private key, an AWS access key, or a long word that looks random.
fn looks_secret(text: &str) -> bool {
    if text.contains("PRIVATE KEY-----") {
        return true;
    }
    // References are no values.
    let literals = text.split("${").enumerate().map(|(place, piece)| match place {
        0 => piece,
        _ => piece.split_once('}').map_or("", |(_, rest)| rest),
    });
    literals.flat_map(|literal| literal.split(|c: char| !c.is_ascii_alphanumeric())).any(|word| {
        let access_key = word.len() == 20 && (word.starts_with("AKIA") || word.starts_with("ASIA"));
        let mixed = word.contains(|c: char| c.is_ascii_digit()) && word.contains(|c: char| c.is_ascii_alphabetic());
        access_key || (word.len() >= 20 && mixed && bits_a_character(word) >= 3.5)
    })
}

/// Shannon's entropy of a word's characters.
fn bits_a_character(word: &str) -> f64 {
    let mut counts: BTreeMap<char, f64> = BTreeMap::new();
    word.chars().for_each(|c| *counts.entry(c).or_default() += 1.0);
    let total: f64 = counts.values().sum();
    counts.values().map(|count| -(count / total) * (count / total).log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_names() {
        for secret in [
            "AKIAIOSFODNN7EXAMPLE",
            "-----BEGIN EC PRIVATE KEY-----\nMHc",
            "key=9f8Zq2LmX0vT4bRk7WcY1",
            "https://${Api}/hook/x7Kq93LmZt20VbWe84Rn",
        ] {
            assert!(looks_secret(secret), "{secret}");
        }
        for name in [
            "${CleanFunctionVersion570683773e.Version}",
            "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${AWS::StackName}-sla:live",
            "ApproximateNumberOfMessagesVisible",
            "POST /v1/queues/{queue}/leads",
            "approx_percentile(minutes_to_answer_v2, 0.95) AS p95_minutes_to_first_answer",
            "00000000000000000000000000000001",
        ] {
            assert!(!looks_secret(name), "{name}");
        }
    }
}
