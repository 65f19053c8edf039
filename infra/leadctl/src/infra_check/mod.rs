//! What operators may rely on in the template: checks of the stack that CloudFormation would make of it.
//!
//! The linters know the form of a template; these checks know what this pipeline needs to lose no lead. They ask for
//! kinds of resources, not for names, so that what is added to the template is checked too.

mod alarms;
mod api;
mod data;
mod deployed;
mod expansion;
mod functions;
mod intrinsics;
mod page;
mod parameters;
mod permissions;
mod queues;
mod reach;
mod secrets;

use std::cell::OnceCell;
use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use deployed::{Deployed, Resource};
pub use expansion::expand;
pub use page::page;
use parameters::Choice;

/// One thing that the template must hold.
pub struct Check {
    /// Its name, the same for ever.
    pub id: &'static str,
    /// What it asks for.
    pub asks: &'static str,
    /// What goes wrong in production without it.
    pub otherwise: &'static str,
    /// How to mend it.
    pub mend: &'static str,
    find: fn(&Deployed, &mut Faults),
}

/// A place where the template does not hold what a check asks for.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The check's name.
    pub check: &'static str,
    /// The resource, output or route.
    pub resource: String,
    /// What stands there.
    pub says: String,
    /// The parameters that differ from the defaults in the first stack that shows it; empty for the defaults.
    pub with: String,
    /// What goes wrong in production.
    pub otherwise: &'static str,
    /// How to mend it.
    pub mend: &'static str,
}

/// What one check found in one stack.
#[derive(Default)]
struct Faults(Vec<(String, String)>);

impl Faults {
    fn add(&mut self, resource: &Resource, says: impl Into<String>) {
        self.at(&resource.name, says);
    }

    fn at(&mut self, place: &str, says: impl Into<String>) {
        self.0.push((place.to_owned(), says.into()));
    }
}

/// Checks by theme.
pub fn themes() -> [(&'static str, &'static [Check]); 8] {
    [
        ("Queues", queues::CHECKS),
        ("Functions", functions::CHECKS),
        ("How functions are reached", reach::CHECKS),
        ("API", api::CHECKS),
        ("Data", data::CHECKS),
        ("Alarms", alarms::CHECKS),
        ("Permissions", permissions::CHECKS),
        ("Secrets", secrets::CHECKS),
    ]
}

/// Every check.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    themes().into_iter().flat_map(|(_, checks)| checks)
}

/// The stacks that an expanded template can become: one for each branch that its parameters open, made when asked for.
pub struct Stacks<'a> {
    expanded: &'a Value,
    stacks: Vec<(Choice, OnceCell<Deployed>)>,
}

impl<'a> Stacks<'a> {
    /// Those of an expanded template.
    pub fn of(expanded: &'a Value) -> Self {
        let choices = parameters::choices(expanded).into_iter();
        Self { expanded, stacks: choices.map(|choice| (choice, OnceCell::new())).collect() }
    }

    fn each(&self) -> impl Iterator<Item = (&str, &Deployed)> {
        self.stacks.iter().map(|(choice, stack)| {
            let made = stack.get_or_init(|| Deployed::new(self.expanded, &choice.parameters));
            (choice.named.as_str(), made)
        })
    }
}

impl Check {
    /// What it finds, each fault once, under the first parameters that show it.
    pub fn findings<'a>(&'a self, stacks: &'a Stacks<'_>) -> impl Iterator<Item = Finding> + 'a {
        let mut known = BTreeSet::new();
        stacks.each().flat_map(move |(with, stack)| {
            let mut faults = Faults::default();
            (self.find)(stack, &mut faults);
            faults.0.retain(|fault| known.insert(fault.clone()));
            faults.0.into_iter().map(move |(resource, says)| Finding {
                check: self.id,
                resource,
                says,
                with: with.to_owned(),
                otherwise: self.otherwise,
                mend: self.mend,
            })
        })
    }
}

/// What a property says, for a finding.
fn said(resource: &Resource, pointer: &str) -> String {
    let name = pointer.trim_start_matches('/').replace('/', ".");
    match resource.get(pointer) {
        None => format!("{name} is not given"),
        Some(value) => format!("{name} is {value}"),
    }
}
