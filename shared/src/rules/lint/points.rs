//! Whether rules of `score.toml` can apply, and whether the points that can come together reach the thresholds.

use std::cell::Cell;

use crate::decision::Axis;
use crate::rules::RuleSet;
use crate::rules::diagnostic::Code;
use crate::rules::reader::{Problems, Site};
use crate::rules::scoring::Scoring;

use super::Linter;
use super::formula::{self, Formula};
use super::world::World;

pub(super) fn check(rules: &RuleSet, problems: &Problems, work_left: &Cell<u64>) {
    let scoring = &rules.scoring;
    for rule in &scoring.rules {
        let linter = Linter { world: World::of(std::iter::once(&rule.when), None), problems, work_left };
        if linter.find(&Formula::of(&rule.when, &linter.world)).nobody() {
            linter.contradiction(&rule.site());
        }
    }
    let (intent, value) = (most(scoring, Axis::Intent, work_left), most(scoring, Axis::Value, work_left));
    let site = Site { file: "score.toml".to_owned(), line: scoring.line, rule: None };
    let out_of_reach = |what: &str, wanted: i32, most: i32| {
        if wanted > most {
            let problem = format!("no lead can reach the {what} of {wanted}: the rules give at most {most}");
            site.report(problems, Code::OutOfReach, problem, "lower it, or give more points");
        }
    };
    out_of_reach("intent threshold", scoring.intent_high, intent);
    out_of_reach("value threshold", scoring.value_high, value);
    out_of_reach("standard", scoring.standard, intent + value);
}

/// The most that a score can come to: in each category the rules that can apply together, under its cap.
fn most(scoring: &Scoring, axis: Axis, work_left: &Cell<u64>) -> i32 {
    let of_category = |(name, category): (&String, &crate::rules::scoring::Category)| {
        let rules = || scoring.rules.iter().filter(|rule| rule.category == *name);
        let world = World::of(rules().map(|rule| &rule.when), None);
        let worth: Vec<_> = rules().map(|rule| (Formula::of(&rule.when, &world), rule.points)).collect();
        formula::most(&worth, &world, work_left).min(category.cap)
    };
    scoring.categories.iter().filter(|(_, category)| category.axis == axis).map(of_category).sum::<i32>().min(100)
}
