//! `zen-engine`: one decision table with the hit policy `first`, compiled, which also builds its index of equalities.

use std::fmt::Display;

use futures::executor::block_on;
use serde_json::{Map, Value, json};
use synthetic::territory::Row;
use zen_engine::model::GraphContent;
use zen_engine::{Decision, Variable};

use super::Engine;
use crate::workload::Workload;

const INPUTS: [&str; 8] =
    ["country", "province", "industry", "size", "product", "channel_kind", "identities", "budget_stated"];

/// A decision of one table.
pub struct DecisionTable {
    decision: Decision,
}

impl Engine for DecisionTable {
    const NAME: &'static str = "zen-engine";
    type Input<'w> = Variable;
    type Answer = Variable;

    fn new(workload: &Workload) -> Self {
        let mut content: GraphContent = serde_json::from_value(graph(&workload.rows)).unwrap();
        content.compile();
        Self { decision: content.into() }
    }

    fn inputs(&self, workload: &Workload) -> Vec<Variable> {
        let input = |lead: &synthetic::lead::Facts| {
            Variable::from(json!({
                "country": lead.country,
                "province": lead.province,
                "industry": lead.industry,
                "size": lead.size,
                "product": lead.product,
                "channel_kind": lead.channel_kind,
                "identities": lead.identities,
                "budget_stated": lead.budget_stated,
            }))
        };
        workload.leads.iter().map(|lead| input(&lead.facts)).collect()
    }

    fn decide(&self, input: &Variable) -> Variable {
        block_on(self.decision.evaluate(input.clone())).unwrap().result
    }

    fn row(&self, answer: &Variable) -> Option<String> {
        answer.to_value().get("row").and_then(Value::as_str).map(str::to_owned)
    }
}

fn graph(rows: &[Row]) -> Value {
    let inputs: Vec<_> = INPUTS.iter().map(|name| json!({ "id": name, "name": name, "field": name })).collect();
    let outputs: Vec<_> =
        ["row", "queue"].iter().map(|name| json!({ "id": name, "name": name, "field": name })).collect();
    let table = json!({
        "hitPolicy": "first",
        "inputs": inputs,
        "outputs": outputs,
        "rules": rows.iter().map(rule).collect::<Vec<_>>(),
    });
    json!({
        "nodes": [
            { "id": "in", "name": "in", "type": "inputNode", "content": {} },
            { "id": "table", "name": "table", "type": "decisionTableNode", "content": table },
            { "id": "out", "name": "out", "type": "outputNode", "content": {} },
        ],
        "edges": [
            { "id": "a", "type": "edge", "sourceId": "in", "targetId": "table" },
            { "id": "b", "type": "edge", "sourceId": "table", "targetId": "out" },
        ],
    })
}

fn rule(row: &Row) -> Value {
    let mut rule = Map::new();
    let mut write = |key: &str, cell: String| rule.insert(key.to_owned(), Value::String(cell));
    for (key, values) in [
        ("country", &row.countries),
        ("province", &row.provinces),
        ("industry", &row.industries),
        ("product", &row.products),
        ("channel_kind", &row.channel_kinds),
    ] {
        write(key, joined(values.iter().map(|value| format!("{value:?}")), ", "));
    }
    write("identities", joined(row.identities.iter().map(|tag| format!("contains($, {tag:?})")), " or "));
    write(
        "size",
        match (row.at_least, row.at_most) {
            (Some(low), Some(high)) => format!("[{low}..{high}]"),
            (Some(low), None) => format!(">= {low}"),
            (None, Some(high)) => format!("<= {high}"),
            (None, None) => String::new(),
        },
    );
    write("budget_stated", row.budget_stated.map_or_else(String::new, |stated| stated.to_string()));
    write("_id", row.id.clone());
    write("row", format!("{:?}", row.id));
    write("queue", format!("{:?}", row.queue));
    Value::Object(rule)
}

fn joined(parts: impl Iterator<Item = impl Display>, by: &str) -> String {
    parts.map(|part| part.to_string()).collect::<Vec<_>>().join(by)
}
