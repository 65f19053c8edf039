//! The sets of parameters that a template is checked with: every branch that a deployer can take.

use serde_json::Value;

use super::intrinsics::Parameters;

/// For an emulator only (`RequireTls=false`), so no branch of AWS.
const LOCAL_ONLY: &str = "RequireTls";

/// What stands for any text that a deployer may give where the default is empty.
const GIVEN: &str = "https://given.example";

/// One way to deploy.
pub(super) struct Choice {
    /// What differs from the defaults, as a deployer writes it; empty for the defaults.
    pub(super) named: String,
    pub(super) parameters: Parameters,
}

/// The defaults; each other choice alone that a condition depends on; and in each stage everything that
/// can be switched on at once, with every number at its least, and at its most.
pub(super) fn choices(template: &Value) -> Vec<Choice> {
    let declared: Vec<Parameter> = match template.get("Parameters").and_then(Value::as_object) {
        Some(map) => map.iter().map(|(name, said)| Parameter { name, said }).collect(),
        None => Vec::new(),
    };
    let defaults: Parameters = declared.iter().map(|each| (each.name.to_owned(), each.default())).collect();
    let with = |named: String, changed: Vec<(&str, String)>| {
        let mut parameters = defaults.clone();
        parameters.extend(changed.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Choice { named, parameters }
    };
    let mut choices = vec![with(String::new(), Vec::new())];
    let conditions = template.get("Conditions").map(Value::to_string).unwrap_or_default();
    let decides = |each: &&Parameter| conditions.contains(&format!("{{\"Ref\":\"{}\"}}", each.name));
    for each in declared.iter().filter(decides).filter(|each| each.name != LOCAL_ONLY) {
        choices.extend(each.others().map(|other| with(format!("{}={other}", each.name), vec![(each.name, other)])));
    }
    let stages = declared.iter().find(|each| each.name == "Stage");
    for stage in std::iter::once(None).chain(stages.into_iter().flat_map(Parameter::others).map(Some)) {
        for extreme in ["least", "most"] {
            let on = declared.iter().filter(|each| each.name != LOCAL_ONLY && each.name != "Stage");
            let mut changed: Vec<(&str, String)> = on
                .filter_map(|each| {
                    let mut others = each.others();
                    Some((
                        each.name,
                        if extreme == "least" && each.is_number() { others.next() } else { others.last() }?,
                    ))
                })
                .collect();
            changed.extend(stage.iter().map(|stage| ("Stage", stage.clone())));
            let stage = stage.as_ref().map(|stage| format!("Stage={stage} ")).unwrap_or_default();
            choices.push(with(format!("{stage}everything on, numbers {extreme}"), changed));
        }
    }
    choices
}

struct Parameter<'a> {
    name: &'a str,
    said: &'a Value,
}

impl Parameter<'_> {
    fn is_number(&self) -> bool {
        self.said.get("Type").is_some_and(|kind| kind == "Number")
    }

    fn default(&self) -> String {
        // Marked, so that a value that nobody may see is found where it would be shown.
        if self.said.get("NoEcho").is_some_and(|value| value == "true" || *value == Value::Bool(true)) {
            return format!("{{{{NoEcho {}}}}}", self.name);
        }
        self.said.get("Default").map(plain).unwrap_or_default()
    }

    /// Values beside the default: those allowed, the bounds of a number, or something where the default is nothing.
    fn others(&self) -> impl Iterator<Item = String> {
        let default = self.default();
        let bounds = ["MinValue", "MaxValue"].map(|bound| self.said.get(bound).map(plain));
        let others = match self.said.get("AllowedValues").and_then(Value::as_array) {
            Some(allowed) => allowed.iter().map(plain).filter(|value| *value != default).collect(),
            None if self.is_number() => bounds.into_iter().flatten().collect(),
            None if default.is_empty() => vec![GIVEN.to_owned()],
            None => Vec::new(),
        };
        others.into_iter()
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_branch_is_taken() {
        let is = |name: &str| json!({"Fn::Equals": [{"Ref": name}, "prod"]});
        let conditions = json!({"A": is("Stage"), "B": is("Gate"), "C": is("Mail"), "D": is("RequireTls")});
        let template = json!({"Conditions": conditions, "Parameters": {
            "Level": {"Type": "String", "Default": "info", "AllowedValues": ["info", "debug"]},
            "Stage": {"Type": "String", "Default": "dev", "AllowedValues": ["dev", "prod"]},
            "Gate": {"Type": "String", "Default": "none", "AllowedValues": ["none", "jwt"]},
            "Mail": {"Type": "String", "Default": ""},
            "Fixed": {"Type": "String", "Default": "x"},
            "Many": {"Type": "Number", "Default": 50, "MinValue": 2, "MaxValue": 1000},
            "Key": {"Type": "String", "Default": "k", "NoEcho": true},
            "RequireTls": {"Type": "String", "Default": "true", "AllowedValues": ["true", "false"]},
        }});
        let choices = choices(&template);
        let named: Vec<&str> = choices.iter().map(|choice| choice.named.as_str()).collect();
        assert_eq!(
            named,
            [
                "",
                "Gate=jwt",
                "Mail=https://given.example",
                "Stage=prod",
                "everything on, numbers least",
                "everything on, numbers most",
                "Stage=prod everything on, numbers least",
                "Stage=prod everything on, numbers most",
            ]
        );
        let last = &choices.last().unwrap().parameters;
        let values: Vec<&str> = last.values().map(String::as_str).collect();
        assert_eq!(values, ["x", "jwt", "{{NoEcho Key}}", "debug", "https://given.example", "1000", "true", "prod"]);
        let least = &choices.get(4).unwrap().parameters;
        assert_eq!(least.get("Many").map(String::as_str), Some("2"));
    }
}
