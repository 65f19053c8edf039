//! CloudFormation's intrinsic functions, resolved for one set of parameters.
//!
//! What only AWS knows stays a symbol in the form of `Fn::Sub`: `${CleanQueue.Arn}`, `${AWS::Region}`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Values of a template's parameters by name; a list as its elements with commas between.
pub(super) type Parameters = BTreeMap<String, String>;

/// What intrinsic functions look things up in.
pub(super) struct Scope<'a> {
    pub(super) template: &'a Value,
    pub(super) parameters: &'a Parameters,
}

impl Scope<'_> {
    /// The value with every intrinsic function resolved; none for `AWS::NoValue`.
    pub(super) fn resolve(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Object(map) => match intrinsic(map) {
                Some((function, argument)) => self.call(function, argument),
                None => {
                    let resolved = map.iter().filter_map(|(key, value)| Some((key.clone(), self.resolve(value)?)));
                    Some(Value::Object(resolved.collect()))
                }
            },
            Value::Array(values) => Some(values.iter().filter_map(|value| self.resolve(value)).collect()),
            scalar => Some(scalar.clone()),
        }
    }

    /// Whether the condition of that name holds.
    pub(super) fn holds(&self, condition: &str) -> bool {
        self.template.get("Conditions").and_then(|all| all.get(condition)).is_some_and(|value| self.is_true(value))
    }

    fn is_true(&self, condition: &Value) -> bool {
        let Some((function, argument)) = condition.as_object().and_then(intrinsic) else { return false };
        let arguments = argument.as_array().map(Vec::as_slice).unwrap_or_default();
        match (function, arguments) {
            ("Condition", _) => argument.as_str().is_some_and(|name| self.holds(name)),
            ("Fn::Equals", [one, other]) => self.text(one) == self.text(other),
            ("Fn::Not", [only]) => !self.is_true(only),
            ("Fn::And", all) => all.iter().all(|each| self.is_true(each)),
            ("Fn::Or", all) => all.iter().any(|each| self.is_true(each)),
            _ => false,
        }
    }

    fn call(&self, function: &str, argument: &Value) -> Option<Value> {
        let arguments = argument.as_array().map(Vec::as_slice).unwrap_or_default();
        match (function, arguments) {
            ("Ref", _) => self.reference(argument.as_str()?),
            ("Fn::GetAtt", [name, attribute]) => {
                Some(format!("${{{}.{}}}", name.as_str()?, self.text(attribute)).into())
            }
            ("Fn::GetAtt", _) => Some(format!("${{{}}}", argument.as_str()?).into()),
            ("Fn::Sub", [text, own]) => Some(self.substitute(text.as_str()?, own.as_object()?).into()),
            ("Fn::Sub", _) => Some(self.substitute(argument.as_str()?, &Map::new()).into()),
            ("Fn::If", [condition, then, otherwise]) => {
                self.resolve(if self.holds(condition.as_str()?) { then } else { otherwise })
            }
            ("Fn::Join", [between, list]) => {
                let parts: Vec<String> = self.resolve(list)?.as_array()?.iter().map(text).collect();
                Some(parts.join(between.as_str()?).into())
            }
            ("Fn::Split", [between, whole]) => Some(self.text(whole).split(between.as_str()?).collect()),
            ("Fn::Select", [index, list]) => self.resolve(list)?.get(self.text(index).parse::<usize>().ok()?).cloned(),
            ("Fn::FindInMap", [map, first, second]) => {
                let found = self.template.get("Mappings")?.get(self.text(map))?;
                found.get(self.text(first))?.get(self.text(second)).cloned()
            }
            ("Fn::ToJsonString", _) => Some(self.resolve(argument)?.to_string().into()),
            (unknown, _) => Some(format!("${{{unknown}}}").into()),
        }
    }

    fn reference(&self, name: &str) -> Option<Value> {
        if name == "AWS::NoValue" {
            return None;
        }
        let Some(value) = self.parameters.get(name) else { return Some(format!("${{{name}}}").into()) };
        let kind = self.template.get("Parameters").and_then(|all| all.get(name)?.get("Type")?.as_str());
        Some(match kind {
            Some("Number") => value.parse::<i64>().map_or_else(|_| value.as_str().into(), Value::from),
            Some("CommaDelimitedList") => value.split(',').collect(),
            _ => value.as_str().into(),
        })
    }

    /// `${Name}` by the value of a parameter or of the substitution's own map; `${!Name}` by `${Name}`.
    fn substitute(&self, pattern: &str, own: &Map<String, Value>) -> String {
        let mut done = String::new();
        let mut rest = pattern;
        while let Some((before, (name, after))) =
            rest.split_once("${").and_then(|(before, behind)| Some((before, behind.split_once('}')?)))
        {
            done += before;
            match (name.strip_prefix('!'), own.get(name)) {
                (Some(literal), _) => done += &format!("${{{literal}}}"),
                (None, Some(value)) => done += &self.text(value),
                (None, None) => done += &self.reference(name).as_ref().map(text).unwrap_or_default(),
            }
            rest = after;
        }
        done + rest
    }

    fn text(&self, value: &Value) -> String {
        self.resolve(value).as_ref().map(text).unwrap_or_default()
    }
}

/// A scalar as CloudFormation writes it into text; a list with commas between.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

fn intrinsic(map: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = map.iter().next().filter(|_| map.len() == 1)?;
    let is_one = name == "Ref" || name.starts_with("Fn::") || (name == "Condition" && argument.is_string());
    is_one.then_some((name.as_str(), argument))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_function_resolves_as_cloudformation_has_it() {
        let template = json!({
            "Parameters": {
                "Stage": {"Type": "String"}, "Days": {"Type": "Number"}, "Origins": {"Type": "CommaDelimitedList"},
            },
            "Mappings": {"Stages": {"prod": {"Keep": "Retain"}}},
            "Conditions": {
                "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
                "IsNot": {"Fn::Not": [{"Condition": "IsProd"}]},
                "Both": {"Fn::And": [{"Condition": "IsProd"}, {"Condition": "IsNot"}]},
                "Either": {"Fn::Or": [{"Condition": "IsProd"}, {"Condition": "IsNot"}]},
                "Some": {"Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": "Origins"}]}, ""]}]},
            },
        });
        let given = [("Stage", "prod"), ("Days", "30"), ("Origins", "a,b")];
        let parameters = given.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let scope = Scope { template: &template, parameters: &parameters };

        for (value, resolved) in [
            (json!({"Ref": "Days"}), json!(30)),
            (json!({"Ref": "Origins"}), json!(["a", "b"])),
            (json!({"Ref": "Queue"}), json!("${Queue}")),
            (json!({"Fn::GetAtt": ["Queue", "Arn"]}), json!("${Queue.Arn}")),
            (json!({"Fn::GetAtt": "Queue.Arn"}), json!("${Queue.Arn}")),
            (
                json!({"Fn::Sub": "${AWS::Region}-${Stage}-${Queue.Arn}-${!it}"}),
                json!("${AWS::Region}-prod-${Queue.Arn}-${it}"),
            ),
            (json!({"Fn::Sub": ["${x}/${Stage}", {"x": {"Ref": "Days"}}]}), json!("30/prod")),
            (json!({"Fn::If": ["IsProd", {"a": {"Ref": "AWS::NoValue"}}, 1]}), json!({})),
            (json!([{"Fn::If": ["IsNot", 1, {"Ref": "AWS::NoValue"}]}, 2]), json!([2])),
            (json!({"Fn::Join": ["-", ["x", {"Ref": "Stage"}]]}), json!("x-prod")),
            (json!({"Fn::Select": [1, {"Fn::Split": ["/", "a/b"]}]}), json!("b")),
            (json!({"Fn::FindInMap": ["Stages", {"Ref": "Stage"}, "Keep"]}), json!("Retain")),
            (json!({"Fn::ToJsonString": {"a": {"Ref": "Days"}}}), json!("{\"a\":30}")),
            (json!({"Fn::ImportValue": "x"}), json!("${Fn::ImportValue}")),
        ] {
            assert_eq!(scope.resolve(&value), Some(resolved), "{value}");
        }
        assert_eq!(scope.resolve(&json!({"Ref": "AWS::NoValue"})), None);
        let holding = ["IsProd", "IsNot", "Both", "Either", "Some", "Unknown"].map(|name| scope.holds(name));
        assert_eq!(holding, [true, false, false, true, true, false]);
    }
}
