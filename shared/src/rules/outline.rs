//! The rules as people read them: what a table, a picture or an explanation of a decision shows. Plain values in the
//! words of the files; nothing here decides.

use serde::Serialize;

use crate::decision::{Axis, Quadrant};
use crate::id::Queue;

use super::RuleSet;
use super::condition::{Condition, Operator, Test};
use super::routing::{OwnerFrom, Target};
use super::table::{self, RouteTable};

/// Everything that `route` looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Routing {
    /// In the order in which they are tried; the last one takes every lead.
    pub steps: Vec<Step>,
    /// By id.
    pub tables: Vec<Table>,
    /// Hot, self-service, review, nurture.
    pub quadrants: Vec<Field>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its id.
    pub id: String,
    /// Why it is there, as written.
    pub why: String,
    /// When it applies; `None` for always.
    pub when: Option<String>,
    /// Where it sends a lead.
    pub to: Destination,
    /// Whose name travels with the lead: `account` or `source`.
    pub owner: Option<&'static str>,
}

/// Where a step sends a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// One queue.
    Queue(Queue),
    /// The queue of a table's row.
    Table {
        /// The table's id.
        table: String,
        /// The queue of leads that no row takes; without it they go on to the next step.
        otherwise: Option<Queue>,
    },
    /// The queue of the lead's quadrant.
    Quadrant,
}

/// A table that steps look leads up in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Its id.
    pub id: String,
    /// Whether a row decides by all the fields together, or by the first of them that it lists.
    pub compares_all: bool,
    /// The fields that rows look at, in words; where one is enough, the most telling first.
    pub fields: Vec<String>,
    /// In the order of the file.
    pub rows: Vec<Row>,
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Why, where it says more than its step.
    pub why: Option<String>,
    /// What else must hold; `None` if nothing.
    pub when: Option<String>,
    /// What it asks of each of the table's fields, as written; nothing where it leaves one open.
    pub cells: Vec<Vec<String>>,
    /// The queue.
    pub queue: Queue,
    /// The salesperson that it names.
    pub owner: Option<String>,
}

/// What becomes of one of the four fields that the two scores span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Which.
    pub quadrant: Quadrant,
    /// Where its leads go while they are not qualified.
    pub queue: Option<Queue>,
    /// How they are followed up.
    pub strategy: Option<String>,
}

/// What `score` measures against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scoring {
    /// From here on intent is high.
    pub intent_high: i32,
    /// From here on value is high.
    pub value_high: i32,
    /// From this sum on a lead is qualified, whatever its quadrant.
    pub standard: i32,
    /// By name.
    pub categories: Vec<Category>,
    /// In the order of the file.
    pub rules: Vec<ScoreRule>,
}

/// A group of score rules under one cap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Category {
    /// Its id.
    pub id: String,
    /// The score it counts towards.
    pub score: Axis,
    /// The most points that it gives, and the most it takes away.
    pub cap: i32,
}

/// A rule that gives points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScoreRule {
    /// Its id.
    pub id: String,
    /// The category it counts towards.
    pub category: String,
    /// Before the cap.
    pub points: i32,
    /// Why, as written; may be empty.
    pub why: String,
}

impl RuleSet {
    /// The routing rules as people read them.
    pub fn routing_outline(&self) -> Routing {
        let routing = &self.routing;
        let steps = routing.steps.iter().map(|step| Step {
            id: step.id.clone(),
            why: step.why.clone(),
            when: in_words(&step.when),
            to: match &step.to {
                Target::Queue(queue) => Destination::Queue(queue.clone()),
                Target::Table { table, otherwise } => {
                    Destination::Table { table: table.clone(), otherwise: otherwise.clone() }
                }
                Target::Quadrant => Destination::Quadrant,
            },
            owner: step.owner.map(|owner| match owner {
                OwnerFrom::Account => "account",
                OwnerFrom::Source => "source",
            }),
        });
        let last = &routing.catch_all;
        let catch_all = Step {
            id: last.id.clone(),
            why: last.why.clone(),
            when: None,
            to: Destination::Queue(last.queue.clone()),
            owner: None,
        };
        let field = |quadrant| {
            let path = routing.quadrants.get(&quadrant).cloned().unwrap_or_default();
            Field { quadrant, queue: path.queue, strategy: path.strategy }
        };
        Routing {
            steps: steps.chain([catch_all]).collect(),
            tables: routing.tables().iter().map(|(id, table)| table_outline(id, table)).collect(),
            quadrants: [Quadrant::Hot, Quadrant::SelfService, Quadrant::Review, Quadrant::Nurture].map(field).into(),
        }
    }

    /// The scoring rules as people read them.
    pub fn scoring_outline(&self) -> Scoring {
        let scoring = &self.scoring;
        let category = |(id, category): (&String, &super::scoring::Category)| Category {
            id: id.clone(),
            score: category.axis,
            cap: category.cap,
        };
        let rule = |rule: &super::scoring::ScoreRule| ScoreRule {
            id: rule.id.clone(),
            category: rule.category.clone(),
            points: rule.points,
            why: rule.why.clone(),
        };
        Scoring {
            intent_high: scoring.intent_high,
            value_high: scoring.value_high,
            standard: scoring.standard,
            categories: scoring.categories.iter().map(category).collect(),
            rules: scoring.rules.iter().map(rule).collect(),
        }
    }
}

fn in_words(condition: &Condition) -> Option<String> {
    (*condition != Condition::Always).then(|| condition.to_string())
}

fn table_outline(id: &str, table: &RouteTable) -> Table {
    let row = |row: &table::Row| Row {
        id: row.id.clone(),
        why: row.why.clone(),
        when: in_words(&row.when),
        cells: row.cells.iter().map(|tests| tests.iter().flat_map(asked).collect()).collect(),
        queue: row.queue.clone(),
        owner: row.owner.clone(),
    };
    Table {
        id: id.to_owned(),
        compares_all: table.has_columns(),
        fields: table.fields.iter().map(|field| field.words().into_owned()).collect(),
        rows: table.rows.iter().map(row).collect(),
    }
}

/// What a cell asks for, without the field that its column names.
fn asked(test: &Test) -> Vec<String> {
    match (&test.operator, &test.list) {
        (Operator::In(_), Some(list)) => vec![format!("list “{list}”")],
        (Operator::In(_), None) => test.written.clone(),
        (Operator::AtLeast(least), _) => vec![format!("{least} or more")],
        (Operator::AtMost(most), _) => vec![format!("{most} or less")],
        (Operator::Is(true), _) => vec!["yes".to_owned()],
        (Operator::Is(false), _) => vec!["no".to_owned()],
        _ => vec![test.says(true)],
    }
}
