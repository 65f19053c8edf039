//! The policies in a template's text. A shape that is not known here is a problem, never nothing.

use std::collections::BTreeMap;

use saphyr::{LoadableYamlNode, Yaml};

use crate::{ALL_ALARMS, Function, Permissions, Problems, Resource, Right, Role, TRACE};

const STACK: &str = "${AWS::StackName}-";

/// The table that takes the place of the stack's own after a restore.
const EXISTING_TABLE: &str = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${ExistingTable}";

pub(crate) fn read(text: &str) -> Result<Permissions, Problems> {
    let documents = Yaml::load_from_str(text).map_err(|error| Problems(vec![format!("it is no YAML: {error}")]))?;
    let resources = documents.first().and_then(|template| template.as_mapping_get("Resources"));
    let Some(resources) = resources.and_then(Yaml::as_mapping) else {
        return Err(Problems(vec!["it has no `Resources`".into()]));
    };
    let resources = resources.iter().filter_map(|(id, resource)| Some((id.as_str()?, resource))).collect();
    let mut reader = Reader { resources, problems: Vec::new() };
    let permissions = reader.permissions();
    if reader.problems.is_empty() { Ok(permissions) } else { Err(Problems(reader.problems)) }
}

struct Reader<'y> {
    resources: BTreeMap<&'y str, &'y Yaml<'y>>,
    problems: Vec<String>,
}

impl<'y> Reader<'y> {
    fn permissions(&mut self) -> Permissions {
        let mut functions = BTreeMap::new();
        let mut roles: BTreeMap<&str, &Yaml<'_>> = self.of_type("AWS::IAM::Role").collect();
        for (id, function) in self.of_type("AWS::Serverless::Function").collect::<Vec<_>>() {
            let role = at(function, &["Properties", "Role"]).and_then(|role| self.referred(role));
            let Some(role) = role.and_then(|id| roles.remove(id)) else {
                self.problem(id, "its `Role` is none of this template, or another function has it too");
                continue;
            };
            if at(function, &["Properties", "Policies"]).is_some() {
                self.problem(id, "`Policies` would be added to its role: write them there");
            }
            let read = self.function(function, role);
            functions.insert(self.name(id, "FunctionName"), read);
        }
        let others = roles.into_iter().map(|(id, role)| (id.to_owned(), self.role(id, role))).collect();
        for kind in ["AWS::IAM::Policy", "AWS::IAM::RolePolicy"] {
            for (id, _) in self.of_type(kind).collect::<Vec<_>>() {
                self.problem(id, "a policy apart from its role is easily overlooked: write it into the role");
            }
        }
        for (id, policy) in self.of_type("AWS::IAM::ManagedPolicy").collect::<Vec<_>>() {
            if at(policy, &["Properties", "Roles"]).is_some() {
                self.problem(id, "name the policy in its roles' `ManagedPolicyArns`, not the roles in the policy");
            }
        }
        Permissions { functions, others }
    }

    fn of_type(&self, kind: &str) -> impl Iterator<Item = (&'y str, &'y Yaml<'y>)> + use<'y> {
        let of_kind = |resource: &&'y Yaml<'y>| text(at(resource, &["Type"])) == Some(kind);
        let found = self.resources.iter().filter(|(_, resource)| of_kind(resource));
        found.map(|(id, resource)| (*id, *resource)).collect::<Vec<_>>().into_iter()
    }

    fn problem(&mut self, place: &str, problem: &str) {
        self.problems.push(format!("infra/template.yaml: {place}: {problem}"));
    }

    fn function(&mut self, function: &'y Yaml<'y>, role: &'y Yaml<'y>) -> Function {
        let id = at(function, &["Properties", "Role"]).and_then(|role| self.referred(role)).unwrap_or_default();
        let events = at(function, &["Properties", "Events"]).and_then(Yaml::as_mapping);
        let queues = events.into_iter().flat_map(|events| events.values());
        let queues = queues.filter(|event| text(at(event, &["Type"])) == Some("SQS"));
        let queues: Vec<_> = queues.filter_map(|event| at(event, &["Properties", "Queue"])).collect();
        let variables = at(function, &["Properties", "Environment", "Variables"]).and_then(Yaml::as_mapping);
        let variables: Vec<_> = variables.into_iter().flatten().collect();
        let mut secrets = BTreeMap::new();
        for (name, value) in variables {
            for (_, value) in given(value) {
                if let (Some(name), Some(secret @ Resource::Secret(_))) = (name.as_str(), self.resource(value)) {
                    secrets.insert(name.to_owned(), secret);
                }
            }
        }
        let log = at(function, &["Properties", "LoggingConfig", "LogGroup"]);
        Function {
            rights: self.rights(id, role),
            reads: queues.into_iter().filter_map(|queue| self.resource(queue)).collect(),
            log: log.and_then(|log| self.resource(log)),
            secrets,
        }
    }

    fn role(&mut self, id: &str, role: &'y Yaml<'y>) -> Role {
        let taken_by = at(role, &["Properties", "AssumeRolePolicyDocument", "Statement"]).and_then(Yaml::as_vec);
        let taken_by = taken_by.and_then(|statements| at(statements.first()?, &["Principal", "Service"]));
        Role { taken_by: text(taken_by).unwrap_or("?").to_owned(), rights: self.rights(id, role) }
    }

    /// Of a role, by the policies in it and those that it names.
    fn rights(&mut self, id: &str, role: &'y Yaml<'y>) -> Vec<Right> {
        let mut documents = Vec::new();
        let own = at(role, &["Properties", "Policies"]);
        for (condition, policy) in own.into_iter().flat_map(given) {
            let name = text(at(policy, &["PolicyName"])).unwrap_or("?");
            documents.push((condition, format!("{id}, policy `{name}`"), at(policy, &["PolicyDocument"])));
        }
        let managed = at(role, &["Properties", "ManagedPolicyArns"]);
        for (condition, arn) in managed.into_iter().flat_map(given) {
            let known = self.referred(arn).and_then(|id| Some((id, *self.resources.get(id)?)));
            match known {
                Some((name, policy)) => {
                    documents.push((condition, name.to_owned(), at(policy, &["Properties", "PolicyDocument"])));
                }
                None => self.problem(id, "`ManagedPolicyArns` may name policies of this template only"),
            }
        }
        let mut rights: Vec<Right> = Vec::new();
        for (condition, place, document) in documents {
            let statements = document.and_then(|document| at(document, &["Statement"]));
            if statements.is_none() {
                self.problem(&place, "it has no `Statement`");
            }
            for (inner, statement) in statements.into_iter().flat_map(given) {
                let only_if = both(condition.clone(), inner);
                for right in self.statement(&place, statement, only_if.as_deref()) {
                    let again = rights.iter().any(|known| (&known.action, &known.on) == (&right.action, &right.on));
                    if again {
                        self.problem(&place, &format!("{} on {} is given twice", right.action, right.on));
                    }
                    rights.push(right);
                }
            }
        }
        rights
    }

    fn statement(&mut self, place: &str, statement: &'y Yaml<'y>, only_if: Option<&str>) -> Vec<Right> {
        let place = match text(at(statement, &["Sid"])) {
            Some(sid) => format!("{place}, statement `{sid}`"),
            None => place.to_owned(),
        };
        let mut actions = Vec::new();
        for (_, action) in at(statement, &["Action"]).into_iter().flat_map(given) {
            match action.as_str() {
                Some(action) => actions.push(action),
                None => self.problem(&place, "an action is not understood here: write its name"),
            }
        }
        let only_keys = !actions.is_empty() && actions.iter().all(|action| action.starts_with("kms:"));
        for (key, value) in statement.as_mapping().into_iter().flatten() {
            match key.as_str().unwrap_or_default() {
                "Sid" | "Action" | "Resource" => {}
                "Effect" if value.as_str() == Some("Allow") => {}
                // Which service may use the key for the function.
                "Condition" if only_keys => {}
                other => self.problem(
                    &place,
                    &format!("`{other}` is not understood here: allow actions by name on resources by name"),
                ),
            }
        }
        let mut on = Vec::new();
        for (only_if, resource) in at(statement, &["Resource"]).into_iter().flat_map(given) {
            match self.resource(resource) {
                // The stack's own table, or the one that takes its place.
                Some(resource) if only_if.is_some() && on.contains(&resource) => {}
                Some(resource) => on.push(resource),
                None => self.problem(&place, "a resource is not understood here: write `!GetAtt Name.Arn`"),
            }
        }
        if actions.is_empty() || on.is_empty() {
            self.problem(&place, "it names no action, or no resource");
        }
        let mut rights = Vec::new();
        for action in actions {
            if action.contains('*') {
                self.problem(&place, &format!("`{action}` is a wildcard: name the actions that are called"));
            }
            for on in &on {
                let every = match on {
                    Resource::Every => !TRACE.contains(&action),
                    // A bucket's objects are named by what their names begin with.
                    Resource::Other(text) if action.starts_with("s3:") && text.starts_with("${") => {
                        text.trim_end_matches("/*").contains('*')
                    }
                    Resource::Other(text) => text.contains('*') && (action, text.as_str()) != ALL_ALARMS,
                    named => named.to_string().contains('*'),
                };
                if every {
                    let problem = format!("{action} is given on {on}: name the resource");
                    self.problem(&place, &problem);
                }
                let only_if = only_if.map(str::to_owned);
                rights.push(Right { action: action.to_owned(), on: on.clone(), only_if });
            }
        }
        rights
    }

    fn resource(&mut self, node: &'y Yaml<'y>) -> Option<Resource> {
        match node.as_str() {
            Some("*") => return Some(Resource::Every),
            Some(text) => return Some(Resource::Other(text.to_owned())),
            None => {}
        }
        if tagged(node).is_some_and(|(tag, _)| tag == "Sub") {
            let text = node.get_tagged_node()?.as_str()?;
            if let Some(behind) = text.strip_prefix(EXISTING_TABLE) {
                return match behind.strip_prefix("/index/") {
                    Some(index) => Some(Resource::Index(index.to_owned())),
                    None => behind.is_empty().then_some(Resource::Table),
                };
            }
            return Some(match text.split_once(".Arn}/index/") {
                Some((table, index)) if self.is(table.trim_start_matches("${"), "AWS::DynamoDB::Table") => {
                    Resource::Index(index.to_owned())
                }
                _ => Resource::Other(text.to_owned()),
            });
        }
        let id = self.referred(node)?;
        let kind = self.resources.get(id).and_then(|resource| text(at(resource, &["Type"])));
        Some(match kind {
            Some("AWS::DynamoDB::Table") => Resource::Table,
            Some("AWS::SQS::Queue") => Resource::Queue(self.name(id, "QueueName")),
            Some("AWS::SecretsManager::Secret") => Resource::Secret(id.to_owned()),
            Some("AWS::Logs::LogGroup") => Resource::Log(id.to_owned()),
            _ => Resource::Other(id.to_owned()),
        })
    }

    fn is(&self, id: &str, kind: &str) -> bool {
        self.resources.get(id).and_then(|resource| text(at(resource, &["Type"]))) == Some(kind)
    }

    /// What a resource is called on AWS, without the stack's prefix.
    fn name(&self, id: &str, property: &str) -> String {
        let name = self.resources.get(id).and_then(|resource| at(resource, &["Properties", property]));
        let name = name.and_then(|name| name.get_tagged_node().unwrap_or(name).as_str());
        name.map_or(id, |name| name.strip_prefix(STACK).unwrap_or(name)).to_owned()
    }

    /// The name in the template of what `!Ref`, `!GetAtt X.Arn` or `!GetAtt X.Id` stands for.
    fn referred(&self, node: &'y Yaml<'y>) -> Option<&'y str> {
        let (tag, value) = tagged(node)?;
        let text = value.as_str()?;
        match tag {
            "Ref" => Some(text),
            "GetAtt" => text.split_once('.').filter(|(_, part)| ["Arn", "Id"].contains(part)).map(|(id, _)| id),
            _ => None,
        }
    }
}

fn at<'y>(node: &'y Yaml<'y>, path: &[&str]) -> Option<&'y Yaml<'y>> {
    path.iter().try_fold(node, |node, key| node.as_mapping_get(key))
}

fn text<'y>(node: Option<&'y Yaml<'y>>) -> Option<&'y str> {
    node?.as_str()
}

/// An intrinsic function's name and argument.
fn tagged<'y>(node: &'y Yaml<'y>) -> Option<(&'y str, &'y Yaml<'y>)> {
    Some((node.get_tag()?.suffix.as_str(), node.get_tagged_node()?))
}

/// The elements of a list, or the one that stands for it, each with the condition under which it is there.
fn given<'y>(node: &'y Yaml<'y>) -> Vec<(Option<String>, &'y Yaml<'y>)> {
    if let Some(list) = node.as_vec() {
        return list.iter().flat_map(given).collect();
    }
    let Some(("If", choice)) = tagged(node) else { return vec![(None, node)] };
    let Some([condition, then, otherwise]) = choice.as_vec().map(Vec::as_slice) else { return vec![(None, node)] };
    let condition = condition.as_str().unwrap_or("?");
    let absent =
        |node: &Yaml<'_>| tagged(node).is_some_and(|(tag, name)| tag == "Ref" && name.as_str() == Some("AWS::NoValue"));
    let branches = [(condition.to_owned(), then), (format!("not {condition}"), otherwise)];
    let branches = branches.into_iter().filter(|(_, branch)| !absent(branch));
    let under = |(condition, branch)| {
        given(branch).into_iter().map(move |(inner, node)| (both(Some(String::clone(&condition)), inner), node))
    };
    branches.flat_map(under).collect()
}

fn both(one: Option<String>, other: Option<String>) -> Option<String> {
    match (one, other) {
        (Some(one), Some(other)) => Some(format!("{one} and {other}")),
        (one, other) => one.or(other),
    }
}
