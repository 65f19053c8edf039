//! Routing as `route.toml` says it, read from top to bottom without an index: an independent second opinion on every
//! decision. It knows the few conditions that the shipped file uses and stops at any other.

use leads::decision::{AccountKind, Quadrant};
use toml::{Table, Value};

use crate::lead::Facts;
use crate::rules::STEP;
use crate::territory::{self, Row};

/// What `route` is told beside the lead.
#[derive(Clone, Debug)]
pub struct Situation {
    /// The kind of account and whether it has an owner.
    pub account: Option<(AccountKind, bool)>,
    /// The quadrant of its scores.
    pub quadrant: Quadrant,
    /// Whether it is at or above the distribution standard.
    pub mql: bool,
}

/// `route.toml`, read into the plainest shape.
pub struct Ordered {
    file: Table,
    rows: Vec<Row>,
}

impl Ordered {
    /// Of a `route.toml` whose table [`STEP`] holds `rows`.
    pub fn new(route: &str, rows: Vec<Row>) -> Self {
        Self { file: route.parse().unwrap(), rows }
    }

    /// The queue and the rule that decides.
    pub fn route(&self, lead: &Facts, situation: &Situation) -> (String, String) {
        for step in list(&self.file, "step") {
            let id = text(step, "id").unwrap();
            if !step.get("when").is_none_or(|when| holds(when.as_table().unwrap(), lead, situation)) {
                continue;
            }
            if let Some(queue) = text(step, "queue") {
                return (queue.to_owned(), id.to_owned());
            }
            if step.contains_key("by_quadrant") {
                let quadrant = format!("{:?}", situation.quadrant);
                let name = if quadrant == "SelfService" { "self_service".to_owned() } else { quadrant.to_lowercase() };
                let path = self.file["quadrant"].as_table().unwrap()[&name].as_table().unwrap();
                if let Some(queue) = text(path, "queue") {
                    return (queue.to_owned(), id.to_owned());
                }
                continue;
            }
            let found = match text(step, "table").unwrap() {
                STEP => territory::scan(&self.rows, lead).map(|at| (self.rows[at].queue, self.rows[at].id.as_str())),
                table => self.look_up(table, lead, situation),
            };
            match (found, text(step, "otherwise")) {
                (Some((queue, row)), _) => return (queue.to_owned(), format!("{id}.{row}")),
                (None, Some(queue)) => return (queue.to_owned(), id.to_owned()),
                (None, None) => {}
            }
        }
        panic!("route.toml has no catch-all")
    }

    /// The first row that lists the lead's first field, else its second, and so on.
    fn look_up(&self, table: &str, lead: &Facts, situation: &Situation) -> Option<(&str, &str)> {
        let table = list(&self.file, "table").find(|other| text(other, "id") == Some(table)).unwrap();
        table["by"].as_array().unwrap().iter().find_map(|field| {
            let (answer, key) = match field.as_str().unwrap() {
                "company.industry" => (lead.industry?, "industry"),
                "company.province" => (lead.province?, "province"),
                "company.country" => (lead.country?, "country"),
                // No shipped row lists a city.
                "company.city" => return None,
                other => panic!("the plain reading does not know the field {other}"),
            };
            let row = list(table, "row").find(|row| {
                let listed = row.get(key).and_then(Value::as_array);
                listed.is_some_and(|values| values.iter().any(|value| value.as_str() == Some(answer)))
                    && row.get("when").is_none_or(|when| holds(when.as_table().unwrap(), lead, situation))
            })?;
            assert!(!row.contains_key("city"), "a row lists cities");
            Some((text(row, "queue").unwrap(), text(row, "id").unwrap()))
        })
    }
}

fn list<'t>(table: &'t Table, key: &str) -> impl Iterator<Item = &'t Table> {
    table[key].as_array().unwrap().iter().map(|item| item.as_table().unwrap())
}

fn text<'t>(table: &'t Table, key: &str) -> Option<&'t str> {
    table.get(key).and_then(Value::as_str)
}

fn holds(when: &Table, lead: &Facts, situation: &Situation) -> bool {
    if let Some(all) = when.get("all") {
        return all.as_array().unwrap().iter().all(|part| holds(part.as_table().unwrap(), lead, situation));
    }
    if let Some(not) = when.get("not") {
        return !holds(not.as_table().unwrap(), lead, situation);
    }
    let mut keys = when.keys().filter(|key| *key != "field");
    let operator = keys.next().unwrap().as_str();
    assert!(keys.next().is_none(), "one operator a condition");
    let wanted = &when[operator];
    match (text(when, "field").unwrap(), operator) {
        ("account.kind", "is") => situation
            .account
            .as_ref()
            .is_some_and(|(kind, _)| wanted.as_str() == Some(format!("{kind:?}").to_lowercase().as_str())),
        ("account.owner", "present") => wanted.as_bool() == Some(situation.account.as_ref().is_some_and(|a| a.1)),
        // Whoever owns an account here has not left.
        ("account.owner", "in") if wanted.as_str() == Some("former-owners") => false,
        ("source.owner", "present") => wanted.as_bool() == Some(lead.owner.is_some()),
        ("score.mql", "is") => wanted.as_bool() == Some(situation.mql),
        ("company.size", "at_least") => lead.size.is_some_and(|size| i64::from(size) >= wanted.as_integer().unwrap()),
        (field, operator) => panic!("the plain reading does not know `{field}` with `{operator}`"),
    }
}
