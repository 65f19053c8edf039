//! The template as CloudFormation has it once SAM has expanded it under some parameters and conditions are decided.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use leadctl::local::python;
use leadctl::workspace::Workspace;
use serde_json::{Map, Value};

/// A stack that would come of some parameters.
pub(crate) struct Stack {
    pub(crate) resources: Map<String, Value>,
}

impl Stack {
    /// Expands `file` of the folder `infra`.
    pub(crate) fn of(file: &str, parameters: &[(&str, &str)]) -> Self {
        let workspace = Workspace::at(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))).unwrap();
        let infra = workspace.infra();
        let python = python::environment(&workspace, "venv", &infra.join("local-requirements.txt")).unwrap();
        let mut expand = Command::new(python.python());
        expand.arg(infra.join("expand_template.py")).arg(infra.join(file));
        expand.args(parameters.iter().map(|(name, value)| format!("{name}={value}")));
        let output = expand.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let template: Value = serde_json::from_slice(&output.stdout).unwrap();

        let mut values: BTreeMap<String, Value> = BTreeMap::new();
        for (name, parameter) in template["Parameters"].as_object().unwrap() {
            values.insert(name.clone(), parameter["Default"].clone());
        }
        for (name, value) in parameters {
            assert!(values.insert((*name).to_owned(), (*value).into()).is_some(), "no such parameter: {name}");
        }
        let decider = Decider { conditions: template["Conditions"].clone(), values };
        let decided = |section: &str| {
            let parts = template[section].as_object().into_iter().flatten();
            let there = parts.filter(|(_, part)| part["Condition"].as_str().is_none_or(|name| decider.holds(name)));
            there.filter_map(|(id, part)| Some((id.clone(), decider.decided(part)?))).collect()
        };
        Self { resources: decided("Resources") }
    }

    /// The properties of a resource that has to be there.
    #[track_caller]
    pub(crate) fn properties(&self, id: &str) -> &Value {
        &self.resources.get(id).unwrap_or_else(|| panic!("there is no {id}"))["Properties"]
    }

    /// The logical ids of a type, sorted.
    pub(crate) fn of_type(&self, name: &str) -> Vec<&str> {
        let mut ids: Vec<&str> =
            self.resources.iter().filter(|(_, r)| r["Type"] == name).map(|(id, _)| &**id).collect();
        ids.sort_unstable();
        ids
    }

    /// The statements of a role's own policies, by their `Sid`.
    pub(crate) fn statements(&self, role: &str) -> BTreeMap<String, &Value> {
        let policies = self.properties(role)["Policies"].as_array().unwrap();
        let statements = policies.iter().flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap());
        statements.map(|each| (each["Sid"].as_str().unwrap_or_default().to_owned(), each)).collect()
    }
}

struct Decider {
    conditions: Value,
    values: BTreeMap<String, Value>,
}

impl Decider {
    fn holds(&self, name: &str) -> bool {
        self.truth(self.conditions.get(name).unwrap_or_else(|| panic!("no such condition: {name}")))
    }

    fn truth(&self, condition: &Value) -> bool {
        let (function, argument) = condition.as_object().unwrap().iter().next().unwrap();
        let all = || argument.as_array().unwrap().iter();
        match function.as_str() {
            "Fn::Equals" => self.text(&argument[0]) == self.text(&argument[1]),
            "Fn::Not" => !self.truth(&argument[0]),
            "Fn::And" => all().all(|each| self.truth(each)),
            "Fn::Or" => all().any(|each| self.truth(each)),
            "Condition" => self.holds(argument.as_str().unwrap()),
            other => panic!("a condition by {other}"),
        }
    }

    fn text(&self, value: &Value) -> String {
        match value {
            Value::Object(call) if call.contains_key("Ref") => self.text(&self.values[call["Ref"].as_str().unwrap()]),
            Value::Object(call) if call.contains_key("Fn::Join") => self.text(&call["Fn::Join"][1]),
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            other => panic!("a comparison with {other}"),
        }
    }

    /// With every `Fn::If` decided; `None` for `AWS::NoValue`.
    fn decided(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Object(object) => {
                if let Some(choice) = object.get("Fn::If") {
                    return self.decided(&choice[if self.holds(choice[0].as_str().unwrap()) { 1 } else { 2 }]);
                }
                if object.get("Ref").is_some_and(|name| name == "AWS::NoValue") {
                    return None;
                }
                let parts = object.iter().filter_map(|(key, part)| Some((key.clone(), self.decided(part)?)));
                Some(Value::Object(parts.collect()))
            }
            Value::Array(list) => Some(list.iter().filter_map(|part| self.decided(part)).collect()),
            other => Some(other.clone()),
        }
    }
}
