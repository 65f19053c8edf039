//! What is wrong with a rule file, where, and how to mend it.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::submission::shown;

/// One problem of the rule files, in the words of whoever writes them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Diagnostic {
    /// The file, for example `clean.toml`.
    pub file: String,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The id of the rule, table row, queue or policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What kind of problem it is.
    pub code: Code,
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub mend: String,
}

/// Whether rules with this problem may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// They may not.
    Error,
    /// They may; somebody should look.
    Warning,
}

macro_rules! codes {
    ($($name:ident $severity:ident $text:literal $meaning:literal;)*) => {
        /// The kinds of problems.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $name,)*
        }

        impl Code {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// As it is printed: lower case with dashes.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What it means, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }

            /// Whether rules with it may run.
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }
        }
    };
}

codes! {
    Syntax Error "syntax" "The file is not written as TOML.";
    MissingFile Error "missing-file" "A file that every rule set has is not there.";
    UnknownFile Error "unknown-file" "There is no rule file of this name.";
    MissingKey Error "missing-key" "Something that has to be said is not.";
    UnknownKey Error "unknown-key" "Nothing reads this key, so what it says would do nothing.";
    WrongType Error "wrong-type" "A text, number, list or table stands where another is wanted.";
    OutOfRange Error "out-of-range" "The number is too small or too large.";
    Malformed Error "malformed" "The value has not the form of a date, time, address, name or rate.";
    UnknownWord Error "unknown-word" "The word is none of the few that may stand here.";
    UnknownField Error "unknown-field" "Leads have no field of this name, or none that suits.";
    UnsuitableOperator Error "unsuitable-operator" "The field can't be asked in this way.";
    ImpossibleValue Error "impossible-value" "The field never has this value, so the rule would never apply.";
    ExactlyOne Error "exactly-one" "Exactly one of several keys has to be given.";
    UnknownList Error "unknown-list" "No list has this name.";
    UnknownQueue Error "unknown-queue" "queues.toml declares no such queue.";
    WrongKind Error "wrong-kind" "The queue is there, but leads of this sort have no business in a queue of its kind.";
    UnknownTable Error "unknown-table" "route.toml has no such table.";
    UnknownCategory Error "unknown-category" "score.toml has no such category.";
    UnknownCalendar Error "unknown-calendar" "There is no such calendar.";
    Twice Error "twice" "The same thing is given twice.";
    Empty Error "empty" "A list, row, table or policy holds nothing.";
    Pointless Error "pointless" "What is written has no effect.";
    Unused Error "unused" "Something is declared that nothing uses.";
    NotYetKnown Error "not-yet-known" "The decision that the rule is for does not know the field.";
    AppliesToAll Error "applies-to-all" "The rule stops every lead, or gives its points to every lead.";
    Uncovered Error "uncovered" "A queue or a kind of queue is left without what it needs.";
    NoCatchAll Error "no-catch-all" "The steps of route.toml do not end with one that takes every lead.";
    OverCap Error "over-cap" "A rule gives more points than its category may.";
    OutOfReach Error "out-of-reach" "The points can never add up to a threshold.";
    LongTrace Error "long-trace" "The explanation of a decision could be longer than 2 KB.";
    Circle Error "circle" "Queues overflow into each other, so that a lead that none can take would never come to rest.";
    Contradiction Error "contradiction" "The condition contradicts itself and can never hold.";
    Unreachable Error "unreachable" "Earlier rules take every lead that this one would.";
    Gap Error "gap" "A table that claims to be complete leaves some leads to the catch-all.";
    Undecided Warning "undecided" "Whether some lead reaches the rule could not be settled: there are too many combinations.";
    HolidaysEnd Warning "holidays-end" "A calendar's last year with holidays has ended, or ends within 60 days.";
    Overlap Warning "overlap" "Two rows take some of the same leads, and only their order decides.";
    SpareCap Warning "spare-cap" "A queue may have more open leads than its owners together, so that its cap is never reached.";
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, rule, code, problem, mend } = self;
        f.write_str(file)?;
        if let Some(line) = line {
            write!(f, ":{line}")?;
        }
        f.write_str(match code.severity() {
            Severity::Error => ": error",
            Severity::Warning => ": warning",
        })?;
        write!(f, "[{}]", code.as_str())?;
        if let Some(rule) = rule {
            write!(f, ": `{}`", shown(rule))?;
        }
        write!(f, ": {}; {}", shown(problem), shown(mend))
    }
}

impl std::error::Error for Diagnostic {}
