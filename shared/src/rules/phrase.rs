//! Conditions in plain words, for the trace: what holds of a lead, or does not. They repeat what the rule asks for, in the
//! words it is written in, and never the lead's own value.

use std::fmt;

use super::condition::{Condition, Operator, Test};
use super::field::{Fact, Facts, Field};

impl Condition {
    /// Why it does not hold: the first part that fails.
    pub(crate) fn why_not(&self, facts: &Facts<'_>) -> String {
        match self {
            Self::Always => String::new(),
            Self::All(parts) => {
                parts.iter().find(|part| !part.holds(facts)).map_or_else(String::new, |part| part.why_not(facts))
            }
            Self::Any(parts) => none_of(parts, |part| part.why_not(facts)),
            Self::Not(part) => part.to_string(),
            Self::Test(test) => match (&test.operator, facts.answer(&test.field)) {
                (Operator::Present(_) | Operator::Is(_), _) => test.says(false),
                (_, Fact::Absent) => unknown(&test.field),
                _ => test.says(false),
            },
        }
    }

    /// The longest text that [`Condition::why_not`] can give.
    pub(super) fn longest_why_not(&self) -> String {
        let longest = |texts: &mut dyn Iterator<Item = String>| texts.max_by_key(String::len).unwrap_or_default();
        match self {
            Self::Always => String::new(),
            Self::All(parts) => longest(&mut parts.iter().map(Self::longest_why_not)),
            Self::Any(parts) => none_of(parts, Self::longest_why_not),
            Self::Not(part) => part.to_string(),
            Self::Test(test) => longest(&mut [test.says(false), unknown(&test.field)].into_iter()),
        }
    }
}

fn none_of(parts: &[Condition], why_not: impl Fn(&Condition) -> String) -> String {
    match parts {
        [_, _, _, ..] => format!("none of its {} alternatives applies", parts.len()),
        _ => parts.iter().map(why_not).collect::<Vec<_>>().join(", and "),
    }
}

fn unknown(field: &Field) -> String {
    format!("{} is not known", field.words())
}

impl Test {
    /// What it is for the test to hold, or not to.
    pub(super) fn says(&self, holds: bool) -> String {
        let what = self.field.words();
        let values = |holds| match (&self.list, self.written.as_slice(), holds) {
            (Some(list), _, true) => format!("on the list “{list}”"),
            (Some(list), _, false) => format!("not on the list “{list}”"),
            (None, [one], true) => one.clone(),
            (None, [one], false) => format!("not {one}"),
            (None, [one, two], true) => format!("{one} or {two}"),
            (None, [one, two], false) => format!("neither {one} nor {two}"),
            (None, many, true) => format!("one of {} values", many.len()),
            (None, many, false) => format!("none of {} values", many.len()),
        };
        let words = || match &self.list {
            Some(list) => format!("of the list “{list}”"),
            None => format!("among {}", self.written.len()),
        };
        match (&self.operator, holds) {
            (Operator::Is(wanted), holds) => statement(&self.field, *wanted == holds),
            (Operator::Present(wanted), holds) if *wanted == holds => format!("{what} {} given", self.verb()),
            (Operator::Present(_), _) => format!("{what} {} not given", self.verb()),
            (Operator::AtLeast(least), true) => format!("{what} is {least} or more"),
            (Operator::AtLeast(least), false) => format!("{what} is below {least}"),
            (Operator::AtMost(most), true) => format!("{what} is {most} or less"),
            (Operator::AtMost(most), false) => format!("{what} is above {most}"),
            (Operator::In(_), holds) => format!("{what} {} {}", self.verb(), values(holds)),
            (Operator::Contains(_), true) => format!("{what} has a word {}", words()),
            (Operator::Contains(_), false) => format!("{what} has no word {}", words()),
            (Operator::Only(_), true) => format!("{what} has only words {}", words()),
            (Operator::Only(_), false) => format!("{what} has other words than those {}", words()),
        }
    }

    fn verb(&self) -> &'static str {
        match self.field {
            Field::TagsIdentity | Field::TagsInteraction | Field::InterestBrands => "are",
            _ => "is",
        }
    }
}

/// A flag, or its contrary.
fn statement(flag: &Field, holds: bool) -> String {
    let contrary = match flag {
        _ if holds => return flag.words().into_owned(),
        Field::FormConsentRequired => "the form does not ask for consent",
        Field::FormHoneypot => "the field that people do not see is blank",
        Field::FormTooFast => "the form was not sent faster than a person fills it in",
        Field::CampaignScreening => "the campaign asks for no call first",
        Field::InterestBudgetStated => "no budget is stated",
        Field::ScoreMql => "the lead is below the distribution standard",
        other => return format!("it is not so that {}", other.words()),
    };
    contrary.to_owned()
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |parts: &[Self], word: &str| parts.iter().map(Self::to_string).collect::<Vec<_>>().join(word);
        match self {
            Self::Always => f.write_str("always"),
            Self::Test(test) => f.write_str(&test.says(true)),
            Self::All(parts) => f.write_str(&joined(parts, " and ")),
            Self::Any(parts) => f.write_str(&joined(parts, " or ")),
            Self::Not(part) => match &**part {
                Self::Test(test) => f.write_str(&test.says(false)),
                part => write!(f, "not ({part})"),
            },
        }
    }
}
