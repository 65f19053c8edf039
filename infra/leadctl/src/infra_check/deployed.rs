//! The stack that CloudFormation would make of an expanded template with one set of parameters.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::intrinsics::{Parameters, Scope};

/// A stack: what exists under its parameters, with every value resolved.
pub(super) struct Deployed {
    pub(super) resources: Vec<Resource>,
    /// By name.
    pub(super) outputs: Vec<(String, Value)>,
    pub(super) parameters: Parameters,
    /// Where each resource stands.
    places: BTreeMap<String, usize>,
    /// The names of queues in which something leaves what it gave up.
    for_dead_letters: BTreeSet<String>,
}

/// One resource.
pub(super) struct Resource {
    /// Its logical id.
    pub(super) name: String,
    /// For example `AWS::SQS::Queue`.
    pub(super) kind: String,
    pub(super) deletion: Option<String>,
    pub(super) replacement: Option<String>,
    properties: Value,
}

impl Deployed {
    /// What `template` becomes with `parameters`.
    pub(super) fn new(template: &Value, parameters: &Parameters) -> Self {
        let scope = Scope { template, parameters };
        let exists = |said: &Value| said.get("Condition").and_then(Value::as_str).is_none_or(|name| scope.holds(name));
        let section = |name: &str| template.get(name).and_then(Value::as_object).into_iter().flatten();
        let resources = section("Resources").filter(|(_, said)| exists(said)).map(|(name, said)| {
            let text = |key: &str| scope.resolve(said.get(key)?)?.as_str().map(str::to_owned);
            Resource {
                name: name.clone(),
                kind: text("Type").unwrap_or_default(),
                deletion: text("DeletionPolicy"),
                replacement: text("UpdateReplacePolicy"),
                properties: said.get("Properties").and_then(|said| scope.resolve(said)).unwrap_or_default(),
            }
        });
        let resources: Vec<Resource> = resources.collect();
        let outputs = section("Outputs").filter(|(_, said)| exists(said));
        let mut stack = Self {
            places: resources.iter().enumerate().map(|(place, resource)| (resource.name.clone(), place)).collect(),
            for_dead_letters: BTreeSet::new(),
            resources,
            outputs: outputs
                .filter_map(|(name, said)| Some((name.clone(), scope.resolve(said.get("Value")?)?)))
                .collect(),
            parameters: parameters.clone(),
        };
        stack.for_dead_letters = stack.places_of_dead_letters();
        stack
    }

    fn places_of_dead_letters(&self) -> BTreeSet<String> {
        const PLACES: [&str; 4] = [
            "/RedrivePolicy/deadLetterTargetArn",
            "/DeadLetterConfig/TargetArn",
            "/DestinationConfig/OnFailure/Destination",
            "/Target/DeadLetterConfig/Arn",
        ];
        let targets = |from| PLACES.iter().filter_map(move |place| self.at(from, place));
        self.resources.iter().flat_map(targets).map(|target| target.name.clone()).collect()
    }

    /// All resources of a kind.
    pub(super) fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.resources.iter().filter(move |resource| resource.kind == kind)
    }

    /// The first resource that a resolved value names, for example by `${CleanQueue.Arn}`.
    pub(super) fn named(&self, value: &str) -> Option<&Resource> {
        value.split("${").skip(1).find_map(|behind| {
            let name = behind.split(['}', '.']).next()?;
            self.resources.get(*self.places.get(name)?)
        })
    }

    /// The resource that a property names.
    pub(super) fn at(&self, resource: &Resource, pointer: &str) -> Option<&Resource> {
        self.named(resource.text(pointer)?)
    }

    /// Whether a value stands for this resource, by reference or by the name that the template gives it.
    pub(super) fn means(&self, value: &str, resource: &Resource) -> bool {
        let own = ["/QueueName", "/FunctionName", "/TableName"].iter().find_map(|pointer| resource.text(pointer));
        own == Some(value) || self.named(value).is_some_and(|named| named.name == resource.name)
    }

    /// The function that a value names itself or by an alias.
    pub(super) fn function(&self, value: &str) -> Option<&Resource> {
        let named = self.named(value)?;
        match named.kind.as_str() {
            "AWS::Lambda::Function" => Some(named),
            "AWS::Lambda::Alias" => self.at(named, "/FunctionName"),
            _ => None,
        }
    }

    /// Queues with their function and the mapping that lets it read them.
    pub(super) fn stages(&self) -> impl Iterator<Item = Stage<'_>> {
        self.of("AWS::Lambda::EventSourceMapping").filter_map(|mapping| {
            let queue = self.at(mapping, "/EventSourceArn").filter(|source| source.kind == "AWS::SQS::Queue")?;
            Some(Stage { queue, function: self.function(mapping.text("/FunctionName")?)?, mapping })
        })
    }

    /// The queue that takes what this queue gives up.
    pub(super) fn dead_letters(&self, queue: &Resource) -> Option<&Resource> {
        self.at(queue, "/RedrivePolicy/deadLetterTargetArn").filter(|target| target.kind == "AWS::SQS::Queue")
    }

    /// Whether some queue, schedule or function leaves there what it gave up.
    pub(super) fn is_for_dead_letters(&self, queue: &Resource) -> bool {
        self.for_dead_letters.contains(&queue.name)
    }

    /// The queues that no function of the stack reads: sales tools do, and find whole leads there.
    pub(super) fn sales_queues(&self) -> impl Iterator<Item = &Resource> {
        self.of("AWS::SQS::Queue").filter(|queue| {
            !self.is_for_dead_letters(queue) && !self.stages().any(|stage| stage.queue.name == queue.name)
        })
    }

    /// What the role of a function allows, in its own policies and in the template's that it attaches.
    pub(super) fn allowed(&self, function: &Resource) -> Vec<&Value> {
        let Some(role) = self.at(function, "/Role") else { return Vec::new() };
        let attached = role.texts("/ManagedPolicyArns").into_iter().filter_map(|arn| self.named(arn));
        let joined =
            self.resources.iter().filter(|policy| policy.texts("/Roles").iter().any(|value| self.means(value, role)));
        std::iter::once(role).chain(attached).chain(joined).flat_map(Resource::statements).collect()
    }
}

/// A queue, and the function that works on it.
pub(super) struct Stage<'a> {
    pub(super) queue: &'a Resource,
    pub(super) function: &'a Resource,
    pub(super) mapping: &'a Resource,
}

impl Resource {
    /// A property, by its JSON pointer below `Properties`.
    pub(super) fn get(&self, pointer: &str) -> Option<&Value> {
        self.properties.pointer(pointer)
    }

    /// A property that is text.
    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        self.get(pointer)?.as_str()
    }

    /// A property that is a number, or text that CloudFormation reads as one.
    pub(super) fn number(&self, pointer: &str) -> Option<i64> {
        let value = self.get(pointer)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    }

    /// Whether a property says true.
    pub(super) fn is_true(&self, pointer: &str) -> bool {
        self.get(pointer).is_some_and(|value| *value == Value::Bool(true) || value == "true")
    }

    /// A property's elements; a value alone counts as a list of one.
    pub(super) fn list(&self, pointer: &str) -> &[Value] {
        self.get(pointer).map(elements).unwrap_or_default()
    }

    /// A property's elements that are text.
    pub(super) fn texts(&self, pointer: &str) -> Vec<&str> {
        self.list(pointer).iter().filter_map(Value::as_str).collect()
    }

    /// Everything it says.
    pub(super) fn properties(&self) -> &Value {
        &self.properties
    }

    /// The statements of a policy, or of all inline policies of a role, that allow something.
    pub(super) fn statements(&self) -> Vec<&Value> {
        let inline = self.list("/Policies").iter().filter_map(|policy| policy.get("PolicyDocument"));
        let documents = self.get("/PolicyDocument").into_iter().chain(inline);
        let all = documents.flat_map(|document| document.get("Statement").map(elements).unwrap_or_default());
        all.filter(|statement| statement.get("Effect").is_some_and(|effect| effect == "Allow")).collect()
    }
}

/// The elements of a list, or the one value.
pub(super) fn elements(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

/// The texts under a key of a statement.
pub(super) fn texts<'a>(statement: &'a Value, key: &str) -> Vec<&'a str> {
    statement.get(key).map(elements).unwrap_or_default().iter().filter_map(Value::as_str).collect()
}
