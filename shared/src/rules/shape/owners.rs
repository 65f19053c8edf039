//! The files of people who take leads.

use super::Holds::{Date, Name, Number, Table, Tables, Text, TextLike, TextOrTable};
use super::around::{LENGTHS, ONE_LENGTH};
use super::{File, Part, may, need};

pub(super) const OWNERS: File = File {
    name: "owners",
    path: "rules/owners/QUEUE.toml",
    purpose: "the people of a queue, and how much they can take",
    words: "One file a queue, called after it; a queue without one takes every lead and names nobody. The people who are at work \
            and have room take turns. In any run of leads in which the same people take part, everybody gets the share that \
            their weight gives them to within one lead if all weights are equal or two different ones are used, and to within \
            two in any case. Whoever comes back has nothing to catch up on. A lead whose owner a rule names takes no turn and \
            goes to them whatever caps say, and counts.",
    optional: true,
    root: &Part::new(
        "",
        &[
            need("queue", Name, "Whose people these are; the file has the same name.", r#""sales-cn-east""#),
            may("cap", OPEN_LEADS, "How many leads may be open in the queue.", "400").default("any number"),
            need(
                "overflow",
                TextOrTable(&OVERFLOW),
                "What becomes of a lead that nobody can take: another queue; `\"hold\"`, until somebody can; or the name of a \
                 review queue.",
                r#"{ queue = "sales-desk" }"#,
            ),
            may(
                "hold_within",
                Table(&HOLD_WITHIN),
                "With `\"hold\"`: how long a lead is held at most, by the calendar of the queue's policy. Then it goes to \
                 the review queue, or else to the catch-all, whatever caps say.",
                "{ working_days = 1 }",
            ),
            may("owner", Tables(&OWNER), "Somebody who takes leads.", ""),
        ],
    ),
};

const OPEN_LEADS: super::Holds = Number(1, 100_000);

const OVERFLOW: Part = Part::new(
    "overflow = { … }",
    &[need("queue", Name, "The queue that the lead comes to instead.", r#""sales-desk""#)],
);

const HOLD_WITHIN: Part = Part::new("hold_within = { … }", LENGTHS).choosing(ONE_LENGTH);

const OWNER: Part = Part::new(
    "[[owner]]",
    &[
        need(
            "id",
            TextLike("^\\S(.*\\S)?$"),
            "The name by which the sales tool knows them; no two alike.",
            r#""li.na""#,
        ),
        may("weight", Number(1, 100), "How many leads they get for each that somebody of weight 1 gets.", "2")
            .default("1"),
        may("cap", OPEN_LEADS, "How many open leads they may have.", "40").default("any number"),
        may(
            "calendar",
            Text,
            "The calendar in whose working time they get leads: the name of a file in `calendars/`, without `.toml`.",
            r#""cn""#,
        )
        .default("at any time"),
        may("leave", Tables(&LEAVE), "When they are away.", "[{ from = 2026-02-10, until = 2026-02-20 }]"),
    ],
);

const LEAVE: Part = Part::new(
    "leave = [{ … }]",
    &[
        need(
            "from",
            Date,
            "The first day, in the time zone of their calendar, or of that of the queue's policy.",
            "2026-02-10",
        ),
        need("until", Date, "The last day.", "2026-02-20"),
    ],
);
