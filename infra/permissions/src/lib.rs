//! What `infra/template.yaml` lets each function do: the policies of its role, read as they are deployed, with every
//! option switched on.
//!
//! It reads the few shapes in which this template writes policies, and refuses all others: what it does not understand,
//! nobody has looked at. The table in `docs/permissions.md` is made of it, and the tests' ports ask it before each call.

mod resource;
mod template;

use std::collections::BTreeMap;
use std::fmt;

pub use resource::Resource;

/// The rights of everything that the template gives a role to.
#[derive(Clone, Debug)]
pub struct Permissions {
    /// The functions, by name without the stack's prefix.
    pub functions: BTreeMap<String, Function>,
    /// Roles that no function has, by their names in the template.
    pub others: BTreeMap<String, Role>,
}

/// A function, and what it may do.
#[derive(Clone, Debug, Default)]
pub struct Function {
    /// In the order of the template, each once.
    pub rights: Vec<Right>,
    /// The queues whose messages Lambda brings it.
    pub reads: Vec<Resource>,
    /// Where its log goes.
    pub log: Option<Resource>,
    /// The secrets that its environment names, by variable.
    pub secrets: BTreeMap<String, Resource>,
}

/// A role that no function has.
#[derive(Clone, Debug)]
pub struct Role {
    /// The service that takes it.
    pub taken_by: String,
    /// What it may do.
    pub rights: Vec<Right>,
}

/// One action on one resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// As IAM writes it: `dynamodb:Query`.
    pub action: String,
    /// On what.
    pub on: Resource,
    /// The template's condition under which it is given; always if there is none.
    pub only_if: Option<String>,
}

/// Who makes the calls that a right permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// The function's own code.
    Code,
    /// Lambda, which brings a queue's messages.
    EventSource,
    /// Lambda, which writes the log.
    Log,
    /// Lambda, which writes traces.
    Trace,
    /// Services that use a key on the function's behalf.
    Key,
}

/// What Lambda does with a queue that it brings the messages of
/// (<https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>).
pub const EVENT_SOURCE: [&str; 3] = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

/// What Lambda does with a log group that is there
/// (<https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaBasicExecutionRole.html>).
pub const LOG: [&str; 2] = ["logs:CreateLogStream", "logs:PutLogEvents"];

/// What Lambda does with traces. X-Ray has no resources that a policy could name for them
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html>).
pub const TRACE: [&str; 2] = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"];

/// CodeDeploy asks for the states of all alarms of a deployment at once, which is granted for all alarms of the account or
/// for none (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html>).
pub const ALL_ALARMS: (&str, &str) =
    ("cloudwatch:DescribeAlarms", "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*");

/// What is wrong with the policies of a template, one line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Problems {}

impl Permissions {
    /// Reads a template's text.
    ///
    /// # Errors
    /// Every right that is too broad or that is written in a way that this reader does not know.
    pub fn of_template(text: &str) -> Result<Self, Problems> {
        template::read(text)
    }

    /// The right by which a function may do this, as its place among the function's rights.
    ///
    /// # Errors
    /// Says who must not do what, and what to do about it.
    pub fn allow(&self, function: &str, action: &str, on: &Resource) -> Result<usize, String> {
        let Some(known) = self.functions.get(function) else {
            return Err(format!("infra/template.yaml has no function `{function}`"));
        };
        let right = known.rights.iter().position(|right| right.action == action && right.on == *on);
        right.ok_or_else(|| {
            format!(
                "{function} may not {action} on {on}: if it has to, add that to the policy of {function} in \
                 infra/template.yaml, else take the call out"
            )
        })
    }
}

impl Function {
    /// Who makes the calls that a right permits.
    pub fn caller(&self, right: &Right) -> Caller {
        let action = right.action.as_str();
        if action.starts_with("kms:") {
            Caller::Key
        } else if TRACE.contains(&action) {
            Caller::Trace
        } else if action.starts_with("logs:") {
            Caller::Log
        } else if EVENT_SOURCE.contains(&action) && self.reads.contains(&right.on) {
            Caller::EventSource
        } else {
            Caller::Code
        }
    }

    /// The rights for calls that this one makes.
    pub fn rights_of(&self, caller: Caller) -> impl Iterator<Item = &Right> {
        self.rights.iter().filter(move |right| self.caller(right) == caller)
    }

    /// What services need of a customer's key to do what this function asks of them: all decrypt with it, and SQS makes
    /// data keys for what it is sent
    /// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html>).
    pub fn needed_of_key(&self) -> Vec<(&'static str, Resource)> {
        let key = Resource::Other("KmsKeyArn".to_owned());
        let encrypted = |right: &Right| matches!(right.on, Resource::Table | Resource::Index(_) | Resource::Secret(_));
        let sends = self.rights.iter().any(|right| right.action == "sqs:SendMessage");
        let decrypts = sends || !self.reads.is_empty() || self.rights.iter().any(encrypted);
        let needed = [(decrypts, "kms:Decrypt"), (sends, "kms:GenerateDataKey")];
        needed.into_iter().filter(|(needed, _)| *needed).map(|(_, action)| (action, key.clone())).collect()
    }

    /// What Lambda and X-Ray need of a function with this log and these queues, in [`Self::rights`]' form, without keys.
    pub fn needed_around(&self) -> Vec<(&'static str, Resource)> {
        let queues = self.reads.iter().flat_map(|queue| EVENT_SOURCE.map(|action| (action, queue.clone())));
        let log = self.log.iter().flat_map(|log| LOG.map(|action| (action, log.clone())));
        queues.chain(log).chain(TRACE.map(|action| (action, Resource::Every))).collect()
    }
}
