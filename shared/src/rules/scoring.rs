//! `score.toml`: points, their caps, the thresholds and the distribution standard.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::decision::{Axis, Quadrant};
use crate::submission::Money;

use super::condition::{Condition, Operator, Test, folded};
use super::diagnostic::Code;
use super::field::{Facts, Field};
use super::lint;
use super::lists::Lists;
use super::reader::{Site, Table, as_integer};
use super::suggest;
use super::vocabulary::Wording;

/// The rules of `score`. Every one that applies gives its points.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scoring {
    pub(crate) intent_high: i32,
    pub(crate) value_high: i32,
    /// At or above this sum of both scores a lead is qualified.
    pub(crate) standard: i32,
    pub(crate) categories: BTreeMap<String, Category>,
    pub(crate) rules: Vec<ScoreRule>,
    /// What ten thousand units of a currency are worth in ours.
    rates: BTreeMap<String, i64>,
    /// Interactions older than this do not count.
    interaction_days: Option<i64>,
    /// After so many days an interaction gives half the points.
    half_life_days: Option<i64>,
    /// Where the thresholds stand.
    pub(super) line: Option<usize>,
}

/// A group of rules whose points together stay within a cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Category {
    pub(crate) axis: Axis,
    /// The most points that the category gives, and the most it takes away.
    pub(crate) cap: i32,
}

#[derive(Clone, Debug)]
pub(crate) struct ScoreRule {
    pub(crate) id: String,
    pub(crate) category: String,
    pub(crate) points: i32,
    /// For people; empty where the file gives none.
    pub(super) why: String,
    pub(crate) when: Condition,
    /// The fields that the condition looks at.
    pub(crate) inputs: Vec<String>,
    /// Whether the points fade with the age of the interaction that the rule asks for.
    fades: bool,
    pub(super) line: Option<usize>,
}

impl ScoreRule {
    pub(super) fn site(&self) -> Site {
        Site { file: "score.toml".to_owned(), line: self.line, rule: Some(self.id.clone()) }
    }
}

impl Scoring {
    /// Since when interactions count, if there is a limit.
    pub(crate) fn interactions_since(&self, now: Timestamp) -> Option<Timestamp> {
        now.checked_sub(SignedDuration::from_hours(24 * self.interaction_days?)).ok()
    }

    /// The points that a rule which applies gives: those of a fading one by the youngest interaction it asks for.
    pub(crate) fn points(&self, rule: &ScoreRule, facts: &Facts<'_>, now: Timestamp) -> i32 {
        let (Some(half_life), true) = (self.half_life_days, rule.fades) else { return rule.points };
        let youngest = facts.interactions_in(&rule.when).map(|at| at.unwrap_or(now)).max().unwrap_or(now);
        let days = now.duration_since(youngest).as_secs_f64().max(0.0) / 86_400.0;
        // `libm` computes the same on every machine, so the same lead gets the same points everywhere.
        let left = f64::from(rule.points) * libm::exp2(-days / half_life as f64);
        libm::round(left) as i32
    }

    /// Whether any rule asks for this value of a field of texts.
    pub(crate) fn asks_for(&self, field: &Field, value: &str) -> bool {
        let tests = self.rules.iter().flat_map(|rule| rule.when.tests()).filter(|test| test.field == *field);
        tests.into_iter().any(|test| match &test.operator {
            Operator::In(values) => values.contains(folded(value).as_ref()),
            Operator::Present(_) => true,
            Operator::Contains(words) => words.is_in(&Wording::of(value)),
            Operator::Only(words) => words.is_all_of(&Wording::of(value)),
            Operator::AtLeast(_) | Operator::AtMost(_) | Operator::Is(_) => false,
        })
    }

    /// Which of the four fields two scores fall into.
    pub(crate) fn quadrant(&self, intent: i32, value: i32) -> Quadrant {
        match (intent >= self.intent_high, value >= self.value_high) {
            (true, true) => Quadrant::Hot,
            (true, false) => Quadrant::SelfService,
            (false, true) => Quadrant::Review,
            (false, false) => Quadrant::Nurture,
        }
    }

    /// Whole units of our currency; nothing if the rules have no rate.
    pub(crate) fn in_our_currency(&self, money: &Money) -> Option<i64> {
        let rate = *self.rates.get(&money.currency)?;
        let minor = i128::from(money.minor) * i128::from(rate);
        i64::try_from(minor / 10_000 / i128::from(minor_units(&money.currency))).ok()
    }
}

/// How many minor units make one of the currency (ISO 4217).
fn minor_units(currency: &str) -> u32 {
    match currency {
        "CLP" | "ISK" | "JPY" | "KRW" | "PYG" | "UGX" | "VND" | "XAF" | "XOF" | "XPF" => 1,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 1000,
        _ => 100,
    }
}

fn points(number: i64) -> i32 {
    i32::try_from(number).unwrap_or_default()
}

pub(super) fn read(root: Table<'_>, lists: &Lists) -> Scoring {
    let mut scoring = Scoring { intent_high: 50, value_high: 50, standard: 100, ..Scoring::default() };
    if let Some(table) = root.need_table("thresholds", "add [thresholds] with intent, value and standard") {
        scoring.line = root.site_at("thresholds").line;
        scoring.intent_high = table.need_integer("intent", 1..=100).map_or(50, points);
        scoring.value_high = table.need_integer("value", 1..=100).map_or(50, points);
        scoring.standard = table.need_integer("standard", 1..=200).map_or(100, points);
        table.finish();
    }
    if let Some(table) = root.table("budget") {
        _ = table.need_text("currency");
        if let Some(rates) = table.table("rates") {
            scoring.rates = read_rates(&rates);
        }
        table.finish();
    }
    if let Some(table) = root.table("interactions") {
        scoring.interaction_days = table.need_integer("count_for_days", 1..=3650);
        scoring.half_life_days = table.integer("half_life_days", 1..=3650);
        table.finish();
    }
    for mut table in root.tables("category") {
        let id = table.identify("id");
        let cap = table.need_integer("cap", 1..=100).map(points);
        let axis = table.need_choice("score", &[("intent", Axis::Intent), ("value", Axis::Value)]);
        // A category that is wrong is still there, so that no rule is told that it is unknown.
        let category = Category { axis: axis.unwrap_or(Axis::Intent), cap: cap.unwrap_or(100) };
        if scoring.categories.insert(id.clone(), category).is_some() {
            table.report("id", Code::Twice, format!("category `{id}` is declared twice"), "take one out");
        }
        table.finish();
    }
    for table in root.tables("rule") {
        read_rule(table, lists, &mut scoring);
    }
    check(&root, &scoring);
    root.finish();
    scoring
}

fn read_rates(table: &Table<'_>) -> BTreeMap<String, i64> {
    let mut rates = BTreeMap::new();
    for (currency, value) in table.entries() {
        let code = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
        match as_integer(value).filter(|rate| code && (1..=1_000_000_000).contains(rate)) {
            Some(rate) => _ = rates.insert(currency.to_owned(), rate),
            None => table.site_of_value(value).report(
                table.problems(),
                Code::Malformed,
                format!("`{currency}` has no usable rate"),
                "write a currency of ISO 4217 and what 10,000 units of it are worth, for example CNY = 1280",
            ),
        }
    }
    rates
}

fn read_rule(mut table: Table<'_>, lists: &Lists, scoring: &mut Scoring) {
    let id = table.identify("id");
    let why = table.text("why").unwrap_or_default();
    let when = Condition::of_rule(&table, lists);
    let category = table.need_text("category");
    if let Some(category) = category.as_ref().filter(|category| !scoring.categories.contains_key(*category)) {
        let mend = suggest::mend(category, scoring.categories.keys().map(String::as_str));
        table.report("category", Code::UnknownCategory, format!("unknown category `{category}`"), mend);
    }
    let given = table.need_integer("points", -100..=100).map(points);
    if given == Some(0) {
        table.report("points", Code::Pointless, "the rule gives no points", "give it some or take it out");
    }
    if let Some(condition) = &when {
        lint::known_to(lint::Stage::Score, &table, condition);
        if *condition == Condition::Always {
            table.report(
                "when",
                Code::AppliesToAll,
                "every lead would get these points",
                "add a condition, or move the threshold",
            );
        }
    }
    let fades = table.flag("fades").unwrap_or_default();
    if fades && scoring.half_life_days.is_none() {
        table.report("fades", Code::MissingKey, "no half-life is set", "add half_life_days to [interactions]");
    }
    if fades
        && !matches!(
            &when,
            None | Some(Condition::Test(Test { field: Field::TagsInteraction, operator: Operator::In(_), .. }))
        )
    {
        let mend = "write when = { field = \"tags.interaction\", in = […] }, or take fades out";
        table.report("fades", Code::Pointless, "only points for interactions can fade", mend);
    }
    if let (Some(when), Some(category), Some(points)) = (when, category, given) {
        if let Some(twin) = scoring.rules.iter().find(|rule| rule.when == when && rule.category == category) {
            let problem = format!("rule `{}` of the same category has the same condition", twin.id);
            table.report("when", Code::Twice, problem, "make one rule of the two");
        }
        let (inputs, line) = (when.inputs(), table.site().line);
        scoring.rules.push(ScoreRule { id, category, points, why, when, inputs, fades, line });
    }
    table.finish();
}

fn check(root: &Table<'_>, scoring: &Scoring) {
    lint::unique(scoring.rules.iter().map(ScoreRule::site), root.problems());
    for (name, category) in &scoring.categories {
        if !scoring.rules.iter().any(|rule| rule.category == *name) {
            let site = root.site_at("category");
            site.report(
                root.problems(),
                Code::Unused,
                format!("category `{name}` has no rule"),
                "add one or take the category out",
            );
        }
        for rule in scoring.rules.iter().filter(|rule| rule.category == *name) {
            if rule.points.abs() > category.cap {
                let problem =
                    format!("{} points are more than the cap {} of category `{name}`", rule.points, category.cap);
                rule.site().report(root.problems(), Code::OverCap, problem, "lower the points or raise the cap");
            }
        }
    }
}
