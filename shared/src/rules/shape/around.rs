//! The files around the decisions: who may ask, who answers, and by when.

use super::Holds::{
    Condition, Date, Flag, Name, Names, Number, SomeOf, Table, Tables, Text, TextLike, Texts, TextsLike, Word,
};
use super::{Choice, File, Free, Key, Part, Words, may, need};

pub(super) const FORMS: File = File {
    name: "forms",
    path: "rules/forms.toml",
    purpose: "what each form and each campaign is allowed and asked",
    words: "A form that is not listed is an open one: it may name no owner and no prior qualification, and its leads need \
            consent.",
    optional: false,
    root: &Part::new(
        "",
        &[
            may("form", Tables(&FORM), "A form, or another source of submissions.", ""),
            may("campaign", Tables(&CAMPAIGN), "A campaign that asks for something.", ""),
        ],
    ),
};

const FORM: Part = Part::new(
    "[[form]]",
    &[
        need("id", Name, "The form, as its `form_id` names it.", r#""contact""#),
        may("title", Text, "Its name for people.", r#""Contact form on the website""#),
        may("trusted", Flag, "Whether it may name an owner and a prior qualification without a signature.", "true")
            .default("false"),
        may(
            "consent",
            Word(&[
                ("required", "a lead without consent is held and reaches nobody"),
                ("not_required", "a lead may come without"),
            ]),
            "Whether its leads need consent.",
            r#""not_required""#,
        )
        .default("required"),
        may(
            "redirects",
            TextsLike("^(https://|http://localhost|http://127\\.0\\.0\\.1)"),
            "Pages to which a plain HTML form may send the visitor afterwards; exact addresses.",
            r#"["https://www.example.com/thanks"]"#,
        )
        .default("none"),
        may(
            "honeypot",
            TextLike("^[A-Za-z0-9_-]{1,40}$"),
            "The name of the field that people do not see; whoever fills it in is taken for a program.",
            r#""fax""#,
        )
        .default("`homepage`"),
        may(
            "least_seconds",
            Number(0, 600),
            "For how many seconds at least a person has the form open; 0 for any time.",
            "5",
        )
        .default("2"),
        may(
            "captcha_hosts",
            TextsLike("^[a-z0-9.-]+$"),
            "The hosts whose pages show the form's captcha; with any, a submission needs a solved one.",
            r#"["www.example.com"]"#,
        )
        .default("none; the form asks for no captcha"),
    ],
);

const CAMPAIGN: Part = Part::new(
    "[[campaign]]",
    &[
        need("id", Name, "The campaign, as forms name it.", r#""servo-launch-2026""#),
        may("title", Text, "Its name for people.", r#""Launch of the servo line 2026""#),
        may("screening", Flag, "Whether a person calls its leads before they are scored.", "true").default("false"),
    ],
);

pub(super) const LISTS: File = File {
    name: "lists",
    path: "rules/lists.toml",
    purpose: "named lists of words, domains and titles that conditions refer to",
    words: "Capitals do not matter. A list is used by its name: `in = \"free-mail\"`. A long list may be a file of its own, \
            `rules/lists/NAME.txt`, with an entry a line; there `#` begins a remark.",
    optional: true,
    root: &Part::new("", &[]).free(Free {
        name: "free-mail",
        pattern: ".",
        holds: Texts,
        words: "A list, under a name of your choice.",
        example: r#"["gmail.com", "163.com"]"#,
    }),
};

pub(super) const QUEUES: File = File {
    name: "queues",
    path: "queues.toml",
    purpose: "the queues for people",
    words: "Rule files name queues as they stand here. A new queue needs `leadctl infra generate` and a deployment.",
    optional: false,
    root: &Part::new("", &[need("queue", Tables(&QUEUE), "A queue.", "")]),
};

const QUEUE: Part = Part::new(
    "[[queue]]",
    &[
        need("name", Name, "Its name in the rules.", r#""sales-europe""#),
        need("kind", Word(KINDS), "What it is for.", r#""sales""#),
        need("title", Text, "Its name for people.", r#""Sales Europe""#),
    ],
);

const KINDS: Words = &[
    ("sales", "people who sell"),
    ("self_service", "buyers who help themselves"),
    ("review", "people who find out why a valuable lead holds back"),
    ("nurture", "leads to be warmed"),
    ("telemarketing", "people who call leads that are held"),
    ("breaches", "whoever looks after deadlines that passed"),
    ("managers", "people who lead a team, and hear of leads that it does not answer"),
];

pub(super) const SLA: File = File {
    name: "sla",
    path: "rules/sla.toml",
    purpose: "by when a queue answers, and what happens on the way there and after",
    words: "A policy for a queue by name goes before one for its kind; of several, the first whose `when` holds. Every sales \
            queue needs one without `when`. All times count from the moment at which the lead was given to the queue, and are \
            fixed then: a policy that changes later leaves leads alone that were given out before. The clock stops with an \
            answer.",
    optional: false,
    root: &Part::new("", &[may("policy", Tables(&POLICY), "A deadline for some queues.", "")]),
};

const POLICY: Part = Part::new(
    "[[policy]]",
    &[
        need("id", Text, "Its name in messages and reports; no two alike.", r#""sales-five-working-days""#),
        may("why", Text, "Why it is so, for the reader of this file.", r#""What sales and marketing agreed on.""#),
        may("queues", Names, "The queues it is for.", r#"["key-accounts"]"#),
        may("kinds", SomeOf(KINDS), "The kinds of queues it is for.", r#"["sales"]"#),
        need(
            "calendar",
            Text,
            "Whose working time counts: the name of a file in `calendars/`, without `.toml`.",
            r#""cn""#,
        ),
        may(
            "when",
            Condition,
            "For which leads; any field that `route.toml` knows.",
            r#"{ field = "score.quadrant", is = "hot" }"#,
        )
        .default("every lead"),
        may(
            "first_response",
            Table(&LENGTH),
            "By when somebody says that they are on it; any answer counts. If not, the queue of breaches is told.",
            "{ working_hours = 8 }",
        ),
        need(
            "within",
            Table(&LENGTH),
            "By when to answer. If not, the queue of breaches is told.",
            "{ working_days = 5 }",
        ),
        may(
            "remind_after",
            Tables(&LENGTH),
            "After how long the queue is reminded, up to three times. What falls behind the deadline is left out.",
            "[{ working_days = 3 }, { working_days = 4 }]",
        ),
        may("escalation", Tables(&ESCALATION), "What happens after the deadline, up to three steps.", ""),
        may("protection", Table(&PROTECTION), "For how long the lead stays with whoever has it.", ""),
    ],
)
.choosing(Choice::AtLeastOne(&["queues", "kinds"]));

const ESCALATION: Part = Part::new(
    "[[policy.escalation]]",
    &[
        need("after", Table(&LENGTH), "When, from the beginning; not before the deadline.", "{ working_days = 6 }"),
        need(
            "action",
            Word(&[
                ("notify", "another queue is told that nobody has answered"),
                ("reroute", "the lead goes to another queue, and is recalled from this one"),
                ("recycle", "the lead goes back to the pool, and is recalled from this queue"),
            ]),
            "What is done; nothing comes after `reroute` or `recycle`.",
            r#""notify""#,
        ),
        may("queue", Name, "Who is told, or gets the lead.", r#""sales-desk""#),
        may("reactivate_after_days", Number(1, 3650), "Of a recycled lead: in how many days it is scored again.", "30")
            .default("a person or another submission brings it back"),
    ],
);

const PROTECTION: Part = Part::new(
    "[policy.protection]",
    &[
        need("days", Number(1, 3650), "For how many days at first.", "10"),
        need("extension_days", Number(0, 3650), "How many days an answer gives from then on, if that is later.", "3"),
        may("at_most_days", Number(1, 3650), "The end, whatever is answered.", "20").default("none"),
        may("reactivate_after_days", Number(1, 3650), "In how many days after that the lead is scored again.", "30")
            .default("a person or another submission brings it back"),
    ],
);

const LENGTH: Part = Part::new("{ … }, a length of time", LENGTHS).choosing(ONE_LENGTH);

/// The ways to say how long something may take.
pub(super) const LENGTHS: &[Key] = &[
    may("working_days", Number(1, 250), "Working days, to the same time of day.", "5"),
    may("working_hours", Number(1, 2000), "Hours of working time.", "8"),
    may("calendar_days", Number(1, 365), "Days, worked or not.", "7"),
    may("minutes", Number(1, 525_600), "Minutes, day and night.", "30"),
];

pub(super) const ONE_LENGTH: Choice =
    Choice::ExactlyOne(&["working_days", "working_hours", "calendar_days", "minutes"]);

pub(super) const CALENDAR: File = File {
    name: "calendar",
    path: "rules/calendars/NAME.toml",
    purpose: "the working time of an office: weekly hours, holidays, working weekends",
    words: "One file an office. Add each new year's holidays before it begins: the last year in which a holiday or working \
            day begins counts as the last one known, deadlines beyond it say so in their reason, and `leadctl rules check` \
            warns 60 days ahead. An hour is an hour that passes: working time begins when the clock first shows the opening \
            time, or has skipped it, and ends when it first shows the closing time, also on days on which clocks change. \
            `leadctl data refresh` writes the files that say so at their top; to keep a change of your own, give the file \
            another name.",
    optional: false,
    root: &Part::new(
        "",
        &[
            may("title", Text, "Its name for people.", r#""Mainland China""#),
            need("time_zone", Text, "The IANA name of its time zone.", r#""Asia/Shanghai""#),
            need("hours", Table(&HOURS), "When work is done in an ordinary week.", ""),
            may("holiday", Tables(&HOLIDAY), "Days that are not worked.", ""),
            may("working_day", Tables(&WORKING_DAY), "A day that is worked in spite of the week, 调休.", ""),
        ],
    ),
};

const HOURS: Part = Part::new(
    "[hours]",
    &[
        may(
            "monday",
            DAY,
            "The hours of Mondays, in order; `24:00` is the end of the day.",
            r#"["09:00-12:00", "13:00-18:00"]"#,
        )
        .default("not worked"),
        may("tuesday", DAY, "The hours of Tuesdays.", r#"["09:00-18:00"]"#).default("not worked"),
        may("wednesday", DAY, "The hours of Wednesdays.", r#"["09:00-18:00"]"#).default("not worked"),
        may("thursday", DAY, "The hours of Thursdays.", r#"["09:00-18:00"]"#).default("not worked"),
        may("friday", DAY, "The hours of Fridays.", r#"["09:00-18:00"]"#).default("not worked"),
        may("saturday", DAY, "The hours of Saturdays.", r#"["10:00-14:00"]"#).default("not worked"),
        may("sunday", DAY, "The hours of Sundays.", r#"["10:00-14:00"]"#).default("not worked"),
    ],
);

const DAY: super::Holds = TextsLike("^ *[0-9]{2}:[0-9]{2}(:[0-9]{2})? *- *[0-9]{2}:[0-9]{2}(:[0-9]{2})? *$");

const HOLIDAY: Part = Part::new(
    "[[holiday]]",
    &[
        need("name", Text, "What is celebrated.", r#""National Day""#),
        need("from", Date, "The first day.", "2026-10-01"),
        may("to", Date, "The last day, at most 60 days later.", "2026-10-07").default("one day"),
    ],
);

const WORKING_DAY: Part = Part::new(
    "[[working_day]]",
    &[
        need("name", Text, "What it makes up for.", r#""Saturday worked for National Day""#),
        need("date", Date, "The day.", "2026-10-10"),
        need(
            "like",
            Word(&[
                ("monday", ""),
                ("tuesday", ""),
                ("wednesday", ""),
                ("thursday", ""),
                ("friday", ""),
                ("saturday", ""),
                ("sunday", ""),
            ]),
            "The weekday whose hours are worked.",
            r#""friday""#,
        ),
    ],
);

pub(super) const PLAYBOOK: File = File {
    name: "playbook",
    path: "rules/playbook.toml",
    purpose: "what follows from what sales reports",
    words: "An answer that is not listed is kept and counted, and changes nothing. Of several plays for one, the first that is \
            for the lead counts.",
    optional: false,
    root: &Part::new("", &[may("play", Tables(&PLAY), "What follows from one answer.", "")]),
};

const PLAY: Part = Part::new(
    "[[play]]",
    &[
        need("disposition", Text, "The answer, as sales tools report it.", r#""no_budget_yet""#),
        need("why", Text, "What it means, in a sentence.", r#""The next budget may hold it.""#),
        need(
            "action",
            Word(&[
                ("acknowledge", "somebody is on it, and the answer is still due"),
                ("keep", "sales works on"),
                ("close", "nothing more will come of it"),
                (
                    "pool",
                    "it waits, and is scored again on the date that was reported, or after the days given, if any are",
                ),
                ("nurture", "it goes to the nurture queue"),
                ("hand_on", "it goes to another queue"),
                ("call", "it waits for the telemarketing desk, which is told"),
                ("suppress", "it waits, never comes back by itself, and nobody writes or calls of our own accord"),
            ]),
            "What becomes of the lead.",
            r#""pool""#,
        ),
        may(
            "when",
            Condition,
            "For which leads; any field that `route.toml` knows.",
            r#"{ field = "score.quadrant", is = "hot" }"#,
        )
        .default("every lead"),
        may("older_than_days", Number(1, 3650), "For leads that came longer ago than that.", "180")
            .default("every lead"),
        may("queue", Name, "Where a lead goes that is handed on.", r#""self-service""#),
        may("reactivate_after_days", Number(1, 3650), "After how many days a pooled lead is scored again.", "90")
            .default("never by itself"),
        may(
            "track",
            Text,
            "Of a lead that goes to nurture: the track that `nurture.enter` suggests.",
            r#""long-horizon-webinars""#,
        )
        .default("the `strategy` of `[quadrant.nurture]`"),
    ],
);

pub(super) const PRINCIPALS: File = File {
    name: "principals",
    path: "rules/principals.toml",
    purpose: "who signs requests, for which queues, and what they may do",
    words: "Their keys are in the secrets store, never here; `leadctl keys NAME` shows one. Somebody must be allowed to \
            report on every sales queue.",
    optional: false,
    root: &Part::new("", &[may("principal", Tables(&PRINCIPAL), "A sales tool, a partner, or a desk.", "")]),
};

const PRINCIPAL: Part = Part::new(
    "[[principal]]",
    &[
        need("id", Name, "The name under which it signs.", r#""crm-china""#),
        may("title", Text, "Its name for people.", r#""The CRM of the Chinese sales organisation""#),
        need(
            "may",
            SomeOf(&[
                ("submit", "post leads that name an owner or a prior qualification"),
                ("feedback", "report what became of a lead"),
                ("verdict", "release, qualify or refuse a lead that waits or was stopped"),
                ("tags", "correct what is known of the person: set or remove tags"),
                ("read", "look at a lead and why it was routed so"),
            ]),
            "What it may do.",
            r#"["feedback", "read"]"#,
        ),
        may(
            "queues",
            Names,
            "The queues whose leads it may read and answer; needed for all but `submit`.",
            r#"["sales-europe"]"#,
        )
        .default("none"),
    ],
);
