//! The files of the three decisions: `clean.toml`, `score.toml`, `route.toml`.

use super::Holds::{Columns, Condition, Flag, LookedUp, Name, Number, Rows, SomeOf, Table, Tables, Text, Word};
use super::{Choice, File, Free, Holds, Part, may, need};

pub(super) const CLEAN: File = File {
    name: "clean",
    path: "rules/clean.toml",
    purpose: "which submissions are refused or held, and by what duplicates are known",
    words: "The rules are tried in the order of the file; the first that applies decides. A lead that none stops is scored. \
            Nothing is thrown away: what is refused or held is kept with its reason, and a person can bring it back.",
    optional: false,
    root: &Part::new(
        "",
        &[
            need("dedupe", Table(&DEDUPE), "How a second submission of the same person is known.", ""),
            may("rule", Tables(&CLEAN_RULE), "A reason to refuse, to hold, or to accept at once.", ""),
        ],
    ),
};

const DEDUPE: Part = Part::new(
    "[dedupe]",
    &[
        need("window_days", Number(1, 1095), "For how many days a second submission joins the first.", "180"),
        may(
            "by",
            SomeOf(&[
                ("email", "the same e-mail address"),
                ("phone", "the same phone number"),
                ("person", "the same company and name together"),
            ]),
            "What two submissions share if one person sent them, the surest first.",
            r#"["email", "phone", "person"]"#,
        )
        .default("nothing joins"),
    ],
);

const CLEAN_RULE: Part = Part::new(
    "[[rule]]",
    &[
        need("id", Text, RULE_ID, r#""disposable-mail""#),
        need("why", Text, RULE_WHY, r#""The e-mail address is one of those that vanish after minutes.""#),
        need(
            "then",
            Word(&[
                ("refuse", "not a lead; kept, and a person can bring it back"),
                ("hold", "a person looks first"),
                ("accept", "an exception: no later rule stops the lead"),
            ]),
            "What becomes of the lead.",
            r#""hold""#,
        ),
        need("when", BEFORE_SCORES, "When the rule applies.", r#"{ field = "email.domain", in = "disposable-mail" }"#),
        may("reason", Text, "The code that reports count by.", r#""bad-mail""#).default("the rule's id"),
        may("notify", Flag, "Whether the telemarketing desk is told of a lead that is held.", "false").default("true"),
    ],
);

pub(super) const SCORE: File = File {
    name: "score",
    path: "rules/score.toml",
    purpose: "points for intent and for value, and the thresholds",
    words: "There are two scores from 0 to 100: intent says how much they want it, value how much they are worth to us. Every \
            rule that applies gives its points; the points of one category stay within its cap.",
    optional: false,
    root: &Part::new(
        "",
        &[
            need("thresholds", Table(&THRESHOLDS), "From where on a score is high, and a lead is for sales.", ""),
            may("interactions", Table(&INTERACTIONS), "How long interactions count.", "").default("for ever, in full"),
            may("budget", Table(&BUDGET), "How budgets of several currencies are compared.", "")
                .default("no budget is known"),
            may("category", Tables(&CATEGORY), "A group of rules with a cap.", ""),
            may("rule", Tables(&SCORE_RULE), "Points for one thing.", ""),
        ],
    ),
};

const THRESHOLDS: Part = Part::new(
    "[thresholds]",
    &[
        need("intent", Number(1, 100), "From here on intent is high.", "50"),
        need("value", Number(1, 100), "From here on value is high.", "50"),
        need(
            "standard",
            Number(1, 200),
            "A lead whose two scores add up to this goes to sales, whatever its quadrant.",
            "110",
        ),
    ],
);

const INTERACTIONS: Part = Part::new(
    "[interactions]",
    &[
        need("count_for_days", Number(1, 3650), "Interactions older than this give no points.", "365"),
        may(
            "half_life_days",
            Number(1, 3650),
            "After so many days a rule with `fades = true` gives half its points, after twice as many a quarter.",
            "90",
        )
        .default("nothing fades"),
    ],
);

const BUDGET: Part = Part::new(
    "[budget]",
    &[
        need("currency", Text, "Our currency, for the reader of this file.", r#""EUR""#),
        may("rates", Table(&RATES), "What other currencies are worth.", "").default("no budget is known"),
    ],
);

const RATES: Part = Part::new("[budget.rates]", &[]).free(Free {
    name: "CNY",
    pattern: "^[A-Z]{3}$",
    holds: Number(1, 1_000_000_000),
    words: "What 10,000 units of a currency (ISO 4217) are worth in ours. A currency without a rate is not known.",
    example: "1200",
});

const CATEGORY: Part = Part::new(
    "[[category]]",
    &[
        need("id", Text, "Its name, for rules to refer to.", r#""interaction""#),
        need(
            "score",
            Word(&[("intent", "how much they want it"), ("value", "how much they are worth")]),
            "Which score its points add to.",
            r#""intent""#,
        ),
        need("cap", Number(1, 100), "The most points that it gives, and the most that it takes away.", "40"),
    ],
);

const SCORE_RULE: Part = Part::new(
    "[[rule]]",
    &[
        need("id", Text, RULE_ID, r#""asked-for-demo""#),
        may("why", Text, RULE_WHY, r#""They asked for a demonstration.""#),
        need("category", Text, "The category, as a [[category]] names itself.", r#""interaction""#),
        need("points", Number(-100, 100), "The points; with a minus sign they are taken away.", "35"),
        need(
            "when",
            BEFORE_SCORES,
            "When the rule applies.",
            r#"{ field = "tags.interaction", in = ["demo_request"] }"#,
        ),
        may(
            "fades",
            Flag,
            "Whether the points shrink with the age of the interaction; needs `half_life_days`.",
            "true",
        )
        .default("false"),
    ],
);

pub(super) const ROUTE: File = File {
    name: "route",
    path: "rules/route.toml",
    purpose: "which queue gets a lead",
    words: "The steps are tried in the order of the file; the first that finds a queue decides. The last one must take every \
            lead: it has a queue and no `when`. Move steps to change who comes first.",
    optional: false,
    root: &Part::new(
        "",
        &[
            need("step", Tables(&STEP), "One way to find the queue.", ""),
            need("quadrant", Table(&QUADRANTS), "What becomes of each quadrant.", ""),
            may("table", Tables(&TABLE), "A table in which a step looks a lead up.", ""),
        ],
    ),
};

const STEP: Part = Part::new(
    "[[step]]",
    &[
        need("id", Text, RULE_ID, r#""key-account""#),
        need("why", Text, RULE_WHY, r#""The company is a key account.""#),
        may("when", Condition, "When the step applies.", r#"{ field = "account.kind", is = "key" }"#)
            .default("to every lead"),
        may("queue", Name, "The queue it sends leads to.", r#""key-accounts""#),
        may("table", Text, "The table in which it looks the lead up.", r#""regions""#),
        may("by_quadrant", Flag, "Sends the lead to its quadrant's queue.", "true").default("false"),
        may("otherwise", Name, "The queue for leads that the step's table does not list.", r#""sales-desk""#)
            .default("the next step is tried"),
        may(
            "owner",
            Word(&[("account", "the owner of the account"), ("source", "the salesperson that the source names")]),
            "Whose name travels with the lead.",
            r#""account""#,
        )
        .default("the table row's owner, if any"),
    ],
)
.choosing(Choice::ExactlyOne(&["queue", "table", "by_quadrant"]));

const QUADRANTS: Part = Part::new(
    "[quadrant]",
    &[
        need("hot", Table(&HOT), "High intent and high value.", ""),
        need("self_service", Table(&QUADRANT), "High intent, low value.", ""),
        need("review", Table(&QUADRANT), "Low intent, high value.", ""),
        need("nurture", Table(&QUADRANT), "Low intent and low value.", ""),
    ],
);

const HOT: Part = Part::new(
    "[quadrant.hot]",
    &[
        may("queue", Name, "Where its leads go if they are below the standard.", r#""sales-desk""#)
            .default("the next step is tried"),
        may("strategy", Text, STRATEGY, r#""call-today""#),
    ],
);

const QUADRANT: Part = Part::new(
    "[quadrant.self_service], [quadrant.review], [quadrant.nurture]",
    &[
        need("queue", Name, "Where its leads go if they are below the standard.", r#""self-service""#),
        may("strategy", Text, STRATEGY, r#""send-offer-and-web-shop""#),
    ],
);

const TABLE: Part = Part::new(
    "[[table]]",
    &[
        need("id", Text, "Its name, for steps to refer to.", r#""regions""#),
        may(
            "by",
            LookedUp,
            "Fields that are looked up one after the other; the first that a row lists decides.",
            r#"["company.city", "company.province", "company.country"]"#,
        ),
        may(
            "columns",
            Columns,
            "Fields that are compared all at once; the first row decides whose every cell fits.",
            r#"["company.country", "company.size"]"#,
        ),
        may("complete", Flag, "Promises a row for every lead; `leadctl rules check` then reports gaps.", "true")
            .default("false"),
        need("row", Rows(&ROW), "What the table lists.", ""),
    ],
)
.choosing(Choice::ExactlyOne(&["by", "columns"]));

/// The cells, one key for each of the table's fields, are added where they are needed: they follow from the fields.
pub(super) const ROW: Part = Part::new(
    "[[table.row]]",
    &[
        need("id", Text, RULE_ID, r#""cn-east""#),
        need("queue", Name, "The queue of the leads that fit.", r#""sales-cn-east""#),
        may("why", Text, RULE_WHY, r#""The Yangtze delta.""#).default("the step's"),
        may("owner", Text, "The salesperson whose name travels with the lead.", r#""zhao.lei""#),
        may("when", Condition, "What else has to hold.", r#"{ field = "company.size", at_least = 500 }"#),
    ],
);

const BEFORE_SCORES: Holds = Condition;
const RULE_ID: &str = "Its name in traces and reports; no two alike.";
const RULE_WHY: &str = "The reason that people read, in a sentence, without anything personal.";
const STRATEGY: &str = "How its leads are followed up; travels with the message to sales.";
