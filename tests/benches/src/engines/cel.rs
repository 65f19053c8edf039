//! CEL (crate `cel`): a compiled program a row, run in order until one says yes.

use std::sync::Arc;

use cel::{Context, Env, Program, Value};
use synthetic::lead::Facts;
use synthetic::territory::Row;

use super::Engine;
use crate::workload::Workload;

/// The rows' programs in order.
pub struct Cel {
    env: Arc<Env>,
    programs: Vec<(String, Program)>,
}

impl Engine for Cel {
    const NAME: &'static str = "CEL";
    type Input<'w> = Context<'w, 'w>;
    type Answer = Option<usize>;

    fn new(workload: &Workload) -> Self {
        let env = Arc::new(Env::stdlib());
        let program = |row: &Row| (row.id.clone(), env.compile(&expression(row)).unwrap());
        let programs = workload.rows.iter().map(program).collect();
        Self { env, programs }
    }

    fn inputs<'w>(&self, workload: &'w Workload) -> Vec<Context<'w, 'w>> {
        workload.leads.iter().map(|lead| context(&self.env, &lead.facts)).collect()
    }

    fn decide(&self, context: &Context<'_, '_>) -> Option<usize> {
        self.programs.iter().position(|(_, program)| program.execute(context).unwrap() == Value::Bool(true))
    }

    fn row(&self, answer: &Option<usize>) -> Option<String> {
        answer.map(|at| self.programs[at].0.clone())
    }
}

/// What is not known is an empty text or size 0, which no row lists.
fn context<'w>(env: &Arc<Env>, lead: &Facts) -> Context<'w, 'w> {
    let mut context = Context::with_env(Arc::clone(env));
    for (name, value) in [
        ("country", lead.country),
        ("province", lead.province),
        ("industry", lead.industry),
        ("product", lead.product),
        ("channel_kind", Some(lead.channel_kind)),
    ] {
        context.add_variable_from_value(name, value.unwrap_or_default());
    }
    context.add_variable_from_value("size", i64::from(lead.size.unwrap_or(0)));
    context.add_variable_from_value("identities", lead.identities.clone());
    context.add_variable_from_value("budget_stated", lead.budget_stated);
    context
}

fn expression(row: &Row) -> String {
    let mut parts = Vec::new();
    for (name, values) in [
        ("country", &row.countries),
        ("province", &row.provinces),
        ("industry", &row.industries),
        ("product", &row.products),
        ("channel_kind", &row.channel_kinds),
    ] {
        match values.as_slice() {
            [] => {}
            [one] => parts.push(format!("{name} == {one:?}")),
            several => parts.push(format!("{name} in {several:?}")),
        }
    }
    if row.at_least.is_some() || row.at_most.is_some() {
        parts.push(format!("size >= {}", row.at_least.unwrap_or(1)));
    }
    parts.extend(row.at_most.map(|most| format!("size <= {most}")));
    if !row.identities.is_empty() {
        let tags: Vec<_> = row.identities.iter().map(|tag| format!("{tag:?} in identities")).collect();
        parts.push(format!("({})", tags.join(" || ")));
    }
    parts.extend(row.budget_stated.map(|stated| format!("budget_stated == {stated}")));
    parts.join(" && ")
}
