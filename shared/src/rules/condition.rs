//! Conditions: one field against one operator, and `all`, `any`, `not` of them. Parsed and checked when the rules load.

use std::borrow::Cow;
use std::sync::Arc;

use crate::geo;
use crate::profile::{company, email, text::nfkc};

use super::diagnostic::Code;
use super::field::{Fact, Facts, Field, Kind};
use super::lists::{List, Lists};
use super::reader::{Site, Table, Value, as_integer};
use super::suggest;
use super::texts::Texts;
use super::vocabulary::Vocabulary;

/// When a rule applies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Condition {
    /// It has no `when`.
    Always,
    Test(Test),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
}

/// One field against one operator.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Test {
    pub(crate) field: Field,
    pub(crate) operator: Operator,
    /// The list's name, if the values are a named list.
    pub(super) list: Option<String>,
    /// The values as the rule writes them, unless they are a named list's.
    pub(super) written: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operator {
    /// One of the values, as the field compares them. Rules that name the same list share them.
    In(Arc<Texts>),
    AtLeast(i64),
    AtMost(i64),
    Present(bool),
    Is(bool),
    /// Holds one of the words.
    Contains(Vocabulary),
    /// Consists of the words alone.
    Only(Vocabulary),
}

impl Condition {
    /// Whether it holds.
    pub(crate) fn holds(&self, facts: &Facts<'_>) -> bool {
        match self {
            Self::Always => true,
            Self::Test(test) => test.holds(facts),
            Self::All(parts) => parts.iter().all(|part| part.holds(facts)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(facts)),
            Self::Not(part) => !part.holds(facts),
        }
    }

    /// The names of the fields it looks at, each once.
    pub(crate) fn inputs(&self) -> Vec<String> {
        let mut names: Vec<_> = self.tests().iter().map(|test| test.field.to_string()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The tests in it.
    pub(crate) fn tests(&self) -> Vec<&Test> {
        match self {
            Self::Always => Vec::new(),
            Self::Test(test) => vec![test],
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::tests).collect(),
            Self::Not(part) => part.tests(),
        }
    }

    /// Reads `when` of a rule; [`Condition::Always`] if there is none.
    pub(crate) fn of_rule(rule: &Table<'_>, lists: &Lists) -> Option<Self> {
        if rule.has("when") { rule.table("when").and_then(|when| Self::read(when, lists)) } else { Some(Self::Always) }
    }

    fn read(table: Table<'_>, lists: &Lists) -> Option<Self> {
        let condition = if table.has("all") {
            Self::All(parts(&table, "all", lists)?)
        } else if table.has("any") {
            Self::Any(parts(&table, "any", lists)?)
        } else if table.has("not") {
            Self::Not(Box::new(Self::read(table.table("not")?, lists)?))
        } else {
            Self::Test(Test::read(&table, lists)?)
        };
        table.finish();
        Some(condition)
    }
}

fn parts(table: &Table<'_>, key: &'static str, lists: &Lists) -> Option<Vec<Condition>> {
    let parts: Vec<_> = table.tables(key).into_iter().map(|part| Condition::read(part, lists)).collect();
    if parts.is_empty() {
        table.report(key, Code::Empty, format!("`{key}` lists no condition"), "list at least one, or leave `when` out");
        return None;
    }
    parts.into_iter().collect()
}

pub(super) const OPERATORS: &[&str] =
    &["is", "in", "at_least", "at_most", "present", "contains_word_in", "only_words_in"];

impl Test {
    pub(crate) fn holds(&self, facts: &Facts<'_>) -> bool {
        let fact = facts.answer(&self.field);
        match &self.operator {
            Operator::Present(wanted) => *wanted != matches!(fact, Fact::Absent),
            Operator::Is(wanted) => matches!(fact, Fact::Flag(flag) if flag == *wanted),
            Operator::AtLeast(least) => matches!(fact, Fact::Number(number) if number >= *least),
            Operator::AtMost(most) => matches!(fact, Fact::Number(number) if number <= *most),
            Operator::In(values) => fact.any(|text| values.contains(folded(text).as_ref())),
            Operator::Contains(words) => fact.any(|text| words.is_in(&facts.wordings.of(text))),
            Operator::Only(words) => fact.any(|text| words.is_all_of(&facts.wordings.of(text))),
        }
    }

    fn read(table: &Table<'_>, lists: &Lists) -> Option<Self> {
        let name = table.need_text("field");
        let field = name.as_deref().and_then(Field::parse);
        if let (Some(name), None) = (&name, &field) {
            table.report(
                "field",
                Code::UnknownField,
                format!("unknown field `{name}`"),
                suggest::mend(name, Field::NAMES.iter().copied().chain(["custom.NAME"])),
            );
        }
        let given: Vec<_> = OPERATORS.iter().copied().filter(|operator| table.has(operator)).collect();
        let value = given.first().and_then(|operator| table.get(operator));
        let (&[operator], Some(value)) = (given.as_slice(), value) else {
            given.iter().for_each(|operator| _ = table.get(operator));
            table.report(
                "field",
                Code::ExactlyOne,
                "the condition needs exactly one operator",
                format!("use one of: {}", OPERATORS.join(", ")),
            );
            return None;
        };
        let field = field?;
        let site = table.site_of_value(value);
        let reader = OperatorReader { table, key: operator, lists, field: &field, site, value };
        let (operator, list, written) = reader.read(operator)?;
        Some(Self { field, operator, list, written })
    }
}

impl Test {
    /// Reads what a table's row asks of a field: the values it lists, the bounds of a number, or true or false. Nothing
    /// if the row leaves the field open.
    pub(super) fn of_cell(row: &Table<'_>, key: &str, field: &Field, lists: &Lists) -> Vec<Self> {
        let Some(value) = row.get(key) else { return Vec::new() };
        let read = |table: &Table<'_>, operator: &'static str, value| {
            let site = table.site_of_value(value);
            let (operator, list, written) = OperatorReader { table, key, lists, field, site, value }.read(operator)?;
            Some(Self { field: field.clone(), operator, list, written })
        };
        if field.kind() != Kind::Number {
            let operator = if field.kind() == Kind::Flag { "is" } else { "in" };
            return read(row, operator, value).into_iter().collect();
        }
        let Some(bounds) = row.of(key, value) else {
            let mend = format!("write {key} = {{ at_least = 1, at_most = 99 }}, or one of the two");
            row.report(key, Code::WrongType, format!("`{key}` is a number and needs bounds"), mend);
            return Vec::new();
        };
        let bound = |operator| bounds.get(operator).and_then(|value| read(&bounds, operator, value));
        let tests: Vec<_> = ["at_least", "at_most"].into_iter().filter_map(bound).collect();
        if !["at_least", "at_most"].iter().any(|bound| bounds.has(bound)) {
            row.report(key, Code::Empty, format!("`{key}` has no bound"), "write at_least or at_most, or leave it out");
        }
        bounds.finish();
        tests
    }
}

/// Where the values of a condition stand.
enum Values<'l> {
    /// In the rule, each with its place.
    Written(Vec<(String, Site)>),
    /// In the list of that name.
    Listed(String, &'l List<'l>),
}

struct OperatorReader<'t, 'd> {
    table: &'t Table<'d>,
    /// Under which the value stands.
    key: &'t str,
    lists: &'t Lists<'t>,
    field: &'t Field,
    site: Site,
    value: Value<'d>,
}

impl<'d> OperatorReader<'_, 'd> {
    fn read(&self, operator: &'static str) -> Option<(Operator, Option<String>, Vec<String>)> {
        let kind = self.field.kind();
        let plain = |operator| Some((operator, None, Vec::new()));
        match (operator, kind) {
            ("present", kind) if kind != Kind::Flag => plain(Operator::Present(self.flag("true or false")?)),
            ("is", Kind::Flag) => plain(Operator::Is(self.flag("true or false")?)),
            ("at_least" | "at_most", Kind::Number) => {
                let Some(number) =
                    as_integer(self.value).filter(|number| (-1_000_000_000_000..=1_000_000_000_000).contains(number))
                else {
                    let (code, problem) = match self.value.get_ref().as_integer() {
                        Some(_) => (Code::OutOfRange, "the bound is out of range"),
                        None => (Code::WrongType, "the bound is no whole number"),
                    };
                    self.complain(code, problem, "write a whole number up to a million millions, without quotes");
                    return None;
                };
                plain(if operator == "at_least" { Operator::AtLeast(number) } else { Operator::AtMost(number) })
            }
            ("is", Kind::Number) => {
                self.complain(
                    Code::UnsuitableOperator,
                    "a number has no `is`",
                    "write at_least, at_most, or both in `all`",
                );
                None
            }
            ("is", _) => {
                let Some(text) = self.value.get_ref().as_str() else {
                    self.complain(
                        Code::WrongType,
                        "`is` takes one text",
                        "put the value in quotes, or use `in` for several",
                    );
                    return None;
                };
                let values = Texts::from_iter([self.legal(text, &self.site)?]);
                Some((Operator::In(Arc::new(values)), None, vec![text.to_owned()]))
            }
            ("in", kind) if kind != Kind::Flag && kind != Kind::Number => match self.values(operator)? {
                Values::Listed(name, list) => {
                    let values = list.compared_with(self.field, self.table.problems())?;
                    Some((Operator::In(values), Some(name), Vec::new()))
                }
                Values::Written(values) => {
                    // All are looked at before any is missed, so that each wrong one is reported.
                    let legal: Vec<_> = values.iter().map(|(text, site)| self.legal(text, site)).collect();
                    let legal: Option<Texts> = legal.into_iter().collect();
                    Some((Operator::In(Arc::new(legal?)), None, values.into_iter().map(|(text, _)| text).collect()))
                }
            },
            ("contains_word_in" | "only_words_in", Kind::Text | Kind::CompanyName) => {
                let only = operator == "only_words_in";
                let of = |words| if only { Operator::Only(words) } else { Operator::Contains(words) };
                match self.values(operator)? {
                    Values::Listed(name, list) => Some((of(Vocabulary::of(list.texts())), Some(name), Vec::new())),
                    Values::Written(values) => {
                        let texts: Vec<_> = values.into_iter().map(|(text, _)| text).collect();
                        Some((of(Vocabulary::of(texts.iter().map(String::as_str))), None, texts))
                    }
                }
            }
            _ => {
                let field = self.field;
                self.complain(
                    Code::UnsuitableOperator,
                    format!("`{operator}` does not suit `{field}`"),
                    format!("use one of: {}", suggest::listed(operators(kind).iter().copied())),
                );
                None
            }
        }
    }

    fn flag(&self, shape: &str) -> Option<bool> {
        let flag = self.value.get_ref().as_bool();
        if flag.is_none() {
            self.complain(Code::WrongType, "the value is neither true nor false", format!("write {shape}"));
        }
        flag
    }

    /// The values written out, or those of the list named.
    fn values(&self, operator: &'static str) -> Option<Values<'_>> {
        if let Some(name) = self.value.get_ref().as_str() {
            let Some(list) = self.lists.get(name) else {
                let value = format!("put a value in [ ]: {} = [\"{name}\"]", self.key);
                let mend = suggest::mend_or(name, self.lists.names(), &value);
                self.complain(Code::UnknownList, format!("unknown list `{name}`"), mend);
                return None;
            };
            return Some(Values::Listed(name.to_owned(), list));
        }
        let values = self.table.texts_of(operator, self.value);
        if values.is_empty() {
            self.complain(Code::Empty, "the condition can never hold: it lists no value", "list at least one");
            return None;
        }
        Some(Values::Written(values))
    }

    /// A value as it is compared, if the field can have it.
    fn legal<'t>(&self, text: &'t str, site: &Site) -> Option<Cow<'t, str>> {
        let report = |mend: String| {
            let problem = format!("`{}` can never be `{text}`", self.field);
            site.report(self.table.problems(), Code::ImpossibleValue, problem, mend);
        };
        match legal_value(self.field.kind(), text) {
            Ok(value) => Some(value),
            Err(mend) => {
                report(mend);
                None
            }
        }
    }

    fn complain(&self, code: Code, problem: impl Into<String>, mend: impl Into<String>) {
        self.site.report(self.table.problems(), code, problem, mend);
    }
}

/// `text` as fields of this kind are compared; else what to write instead.
pub(crate) fn legal_value(kind: Kind, text: &str) -> Result<Cow<'_, str>, String> {
    let code = |code: Option<&'static str>, what: &str| code.map(folded).ok_or_else(|| what.to_owned());
    match kind {
        Kind::Choice(choices) if choices.contains(&text) => Ok(Cow::Borrowed(text)),
        Kind::Choice(choices) => Err(suggest::mend(text, choices.iter().copied())),
        Kind::Country => code(geo::country_code(text), "write an ISO 3166 code such as CN, or the country's name"),
        Kind::Province => code(geo::province_code(text), "write a Chinese province, such as 江苏 or Jiangsu"),
        Kind::City => code(
            geo::city_code(text, None),
            "write a Chinese city, such as 苏州; or, where several share the name, its four digits of GB/T 2260",
        ),
        Kind::Domain => email::ascii_domain(text)
            .filter(|domain| domain.contains('.'))
            .ok_or_else(|| "write a domain such as example.com, without @ or http".to_owned()),
        Kind::CompanyName => Some(company::company_key(text))
            .filter(|key| !key.is_empty())
            .map(Cow::Owned)
            .ok_or_else(|| "write a company's name; its legal form does not matter".to_owned()),
        Kind::Text | Kind::Number | Kind::Flag => Ok(folded(text)),
    }
}

/// The operators that suit a field of this kind.
pub(super) fn operators(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Number => &["at_least", "at_most", "present"],
        Kind::Flag => &["is"],
        Kind::Text | Kind::CompanyName => &["is", "in", "present", "contains_word_in", "only_words_in"],
        Kind::Choice(_) | Kind::Domain | Kind::Country | Kind::Province | Kind::City => &["is", "in", "present"],
    }
}

/// Text as it is compared: NFKC, lower case, trimmed.
pub(crate) fn folded(text: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if text.bytes().all(plain) {
        return Cow::Borrowed(text.trim());
    }
    let folded: String = nfkc(text).chars().flat_map(char::to_lowercase).collect();
    Cow::Owned(folded.trim().to_owned())
}

impl Fact<'_> {
    fn any(&self, mut fits: impl FnMut(&str) -> bool) -> bool {
        match self {
            Self::Text(text) => fits(text),
            Self::Texts(texts) => texts.iter().any(|text| fits(text)),
            Self::Absent | Self::Number(_) | Self::Flag(_) => false,
        }
    }
}
