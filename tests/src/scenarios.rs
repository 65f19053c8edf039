//! What can happen to leads: a few submissions, answers and dates, and what they must end in whatever goes wrong.

use jiff::SignedDuration;
use leads::id::LeadId;
use leads::lead::Stage;
use serde_json::{Value, json};

use crate::books::Expected;
use crate::stack::Stack;
use crate::stack::clients::results;

/// Someone who wants it now and is worth it: 95 and 55 points, to the sales of Zhejiang.
pub fn hot() -> Value {
    json!({
        "form_id": "contact",
        "contact": {"name": "Chen Jie", "email": "chen.jie@weida-presses.example", "phone": "+86 136 0251 2246"},
        "company": {"name": "Weida Presses", "size": 1200, "country": "CN", "province": "Zhejiang"},
        "interest": {"horizon": "immediate", "message": "Two presses, please."},
        "source": {"channel": "website"},
        "consent": {"purpose": "sales_contact", "text_version": "2026-01"},
        "tags": {"identity": ["decision_maker"], "interaction": [{"kind": "demo_request"}]}
    })
}

/// The same person, who has read something: 10 and 41 points, to be nurtured. With [`hot`] as a touch: 100 and 41.
pub fn cold() -> Value {
    let mut lead = hot();
    lead["company"]["size"] = json!(300);
    lead["interest"] = json!({});
    lead["tags"] = json!({"identity": ["decision_maker"]});
    lead
}

/// [`hot`] with an address that vanishes after minutes: held, and the desk is told.
pub fn doubtful() -> Value {
    let mut lead = hot();
    lead["contact"]["email"] = json!("chen.jie@mailinator.com");
    lead
}

/// Somebody else, who wants the same as [`hot`].
fn stranger() -> Value {
    let mut lead = hot();
    lead["contact"] = json!({"name": "Li Na", "email": "li.na@hongda-castings.example", "phone": "+86 137 0571 9935"});
    lead["company"]["name"] = json!("Hongda Castings");
    lead
}

fn unmerge() -> Value {
    json!({"verdict": "unmerge", "reason": "A mother and her daughter.", "actor": "lin"})
}

fn report(disposition: &str) -> Value {
    json!({"epoch": 1, "disposition": disposition})
}

/// Sales has [`hot`], and all is quiet.
fn with_sales(stack: &mut Stack) -> Result<LeadId, String> {
    let posted = stack.post(&hot(), Some("k-1"));
    stack.settle()?;
    told(posted.status(), 202)?;
    posted.lead_id().ok_or_else(|| "a client was told of no lead".to_owned())
}

/// Sales reports on it, and all is quiet.
fn reported(stack: &mut Stack, lead: &LeadId, disposition: &str) -> Result<(), String> {
    let answer = stack.answer("crm-china", lead, &report(disposition));
    stack.settle()?;
    told(answer.status(), 200)
}

/// Something that happens to leads, and what it must end in.
pub struct Scenario {
    /// In a few words.
    pub name: &'static str,
    /// Whether several leads are on their way at the same time.
    pub at_once: bool,
    /// What happens.
    pub play: fn(&mut Stack) -> Result<(), String>,
    /// What it ends in.
    pub expected: Expected,
}

/// The sales of East China get a lead.
pub const EAST: &str = "sales-cn-east lead.routed";

const REMINDED: &str = "sales-cn-east lead.reminder";
const BREACHED: &str = "sla-breaches lead.breached";
const UNANSWERED: &str = "sla-breaches lead.breached of the first response";

/// By then both deadlines are missed, and nobody is told but the queue of breaches.
const DEADLINE: SignedDuration = SignedDuration::from_hours(180);

/// All of them.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a hot lead",
        at_once: false,
        play: |stack| {
            let posted = stack.post(&hot(), Some("k-1"));
            stack.settle()?;
            told(posted.status(), 202)
        },
        expected: Expected { stages: &[Stage::Routed], told: &[EAST], maybe: &[] },
    },
    Scenario {
        name: "two leads of one person at once",
        at_once: true,
        play: |stack| {
            let one = stack.post(&hot(), Some("k-1"));
            let other = stack.post(&hot(), Some("k-2"));
            stack.settle()?;
            told(one.status(), 202)?;
            told(other.status(), 202)
        },
        expected: Expected {
            stages: &[Stage::Routed, Stage::Merged],
            told: &[EAST],
            maybe: &["sales-cn-east lead.touched"],
        },
    },
    Scenario {
        name: "a nurtured lead lifted by a touch",
        at_once: false,
        play: |stack| {
            let one = stack.post(&cold(), Some("k-1"));
            stack.settle()?;
            told(one.status(), 202)?;
            stack.pass(SignedDuration::from_hours(30));
            let other = stack.post(&hot(), Some("k-2"));
            stack.settle()?;
            told(other.status(), 202)
        },
        expected: Expected {
            stages: &[Stage::Routed, Stage::Merged],
            told: &["nurture nurture.exit", "nurture nurture.enter", EAST],
            maybe: &[],
        },
    },
    Scenario {
        name: "a routed lead touched",
        at_once: false,
        play: |stack| {
            let one = stack.post(&hot(), Some("k-1"));
            stack.settle()?;
            told(one.status(), 202)?;
            stack.pass(SignedDuration::from_hours(30));
            let other = stack.post(&cold(), Some("k-2"));
            stack.settle()?;
            told(other.status(), 202)
        },
        expected: Expected {
            stages: &[Stage::Routed, Stage::Merged],
            told: &[EAST, "sales-cn-east lead.touched"],
            maybe: &[],
        },
    },
    Scenario {
        name: "a join undone",
        at_once: false,
        play: |stack| {
            let one = stack.post(&hot(), Some("k-1"));
            stack.settle()?;
            told(one.status(), 202)?;
            stack.pass(SignedDuration::from_hours(30));
            let other = stack.post(&cold(), Some("k-2"));
            stack.settle()?;
            told(other.status(), 202)?;
            let verdict = stack.verdict("telemarketing-desk", &other.lead_id().unwrap(), &unmerge());
            stack.settle()?;
            told(verdict.status(), 200)
        },
        expected: Expected {
            stages: &[Stage::Routed, Stage::Nurtured],
            told: &["nurture nurture.enter", EAST, "sales-cn-east lead.touched", "sales-cn-east lead.touched"],
            maybe: &[],
        },
    },
    Scenario {
        name: "a join undone that had lifted a nurtured lead, while its person posts again",
        at_once: false,
        play: |stack| {
            let one = stack.post(&cold(), Some("k-1"));
            stack.settle()?;
            told(one.status(), 202)?;
            stack.pass(SignedDuration::from_hours(30));
            let other = stack.post(&hot(), Some("k-2"));
            stack.settle()?;
            told(other.status(), 202)?;
            stack.pass(SignedDuration::from_hours(30));
            let verdict = stack.verdict("telemarketing-desk", &other.lead_id().unwrap(), &unmerge());
            let third = stack.post(&cold(), Some("k-3"));
            stack.settle()?;
            told(third.status(), 202)?;
            told(verdict.status(), 200)
        },
        expected: Expected {
            stages: &[Stage::Routed, Stage::Routed, Stage::Merged],
            told: &["nurture nurture.exit", "nurture nurture.enter", EAST, EAST, "sales-cn-east lead.touched"],
            // By whether the one is scored between the two events.
            maybe: &["sales-cn-east lead.touched"],
        },
    },
    Scenario {
        name: "a held lead released by a verdict",
        at_once: false,
        play: |stack| {
            let posted = stack.post(&doubtful(), Some("k-1"));
            stack.settle()?;
            told(posted.status(), 202)?;
            let lead = posted.lead_id().unwrap();
            let body = json!({"verdict": "release", "reason": "I called her.", "actor": "lin"});
            let verdict = stack.verdict("telemarketing-desk", &lead, &body);
            stack.settle()?;
            told(verdict.status(), 200)
        },
        expected: Expected { stages: &[Stage::Routed], told: &[EAST, "telemarketing lead.held"], maybe: &[] },
    },
    Scenario {
        name: "a missed deadline",
        at_once: false,
        play: |stack| {
            let lead = with_sales(stack)?;
            stack.pass(DEADLINE);
            stack.settle()?;
            // Late answers are welcome, and change nothing about the breach.
            reported(stack, &lead, "accepted")
        },
        expected: Expected { stages: &[Stage::Routed], told: &[EAST, BREACHED, UNANSWERED], maybe: &[] },
    },
    Scenario {
        name: "feedback before the deadline",
        at_once: false,
        play: |stack| {
            let lead = with_sales(stack)?;
            reported(stack, &lead, "accepted")?;
            stack.pass(SignedDuration::from_hours(24 * 9));
            stack.settle()
        },
        expected: Expected { stages: &[Stage::Routed], told: &[EAST], maybe: &[] },
    },
    Scenario {
        name: "feedback at the deadline",
        at_once: false,
        play: |stack| {
            let lead = with_sales(stack)?;
            stack.pass(DEADLINE);
            reported(stack, &lead, "accepted")
        },
        expected: Expected { stages: &[Stage::Routed], told: &[EAST], maybe: &[BREACHED, UNANSWERED] },
    },
    Scenario {
        name: "somebody is on it, and is reminded twice",
        at_once: false,
        play: |stack| {
            let lead = with_sales(stack)?;
            reported(stack, &lead, "contacted")?;
            for _ in 0..2 {
                stack.pass(SignedDuration::from_hours(82));
                stack.settle()?;
            }
            reported(stack, &lead, "accepted")
        },
        expected: Expected { stages: &[Stage::Routed], told: &[EAST, REMINDED, REMINDED], maybe: &[] },
    },
    Scenario {
        name: "nobody answers, nobody at the desk either, and it comes back",
        at_once: false,
        play: |stack| {
            let lead = with_sales(stack)?;
            stack.pass(DEADLINE);
            stack.settle()?;
            for days in [3, 5, 6] {
                stack.pass(SignedDuration::from_hours(24 * days));
                stack.settle()?;
            }
            // An assignment that has ended is not answered any more.
            let answer = stack.answer("crm-china", &lead, &report("accepted"));
            stack.settle()?;
            told(answer.status(), 409)
        },
        expected: Expected {
            stages: &[Stage::Routed],
            told: &[
                EAST,
                EAST,
                "sales-cn-east lead.recalled",
                "sales-desk lead.recalled",
                "sales-desk lead.routed",
                "sales-managers lead.escalated",
                BREACHED,
                BREACHED,
                UNANSWERED,
            ],
            maybe: &[],
        },
    },
    Scenario {
        name: "an owner keeps a lead for too long",
        at_once: false,
        play: |stack| {
            let lead = with_sales(stack)?;
            stack.pass(SignedDuration::from_hours(24 * 2));
            stack.settle()?;
            reported(stack, &lead, "opportunity")?;
            stack.pass(SignedDuration::from_hours(24 * 9));
            stack.settle()?;
            stack.pass(SignedDuration::from_hours(24 * 3));
            stack.settle()
        },
        expected: Expected { stages: &[Stage::Routed], told: &[EAST, EAST, "sales-cn-east lead.recalled"], maybe: &[] },
    },
    Scenario {
        name: "a pooled lead comes back",
        at_once: false,
        play: |stack| {
            let lead = with_sales(stack)?;
            reported(stack, &lead, "unreachable")?;
            stack.pass(SignedDuration::from_hours(24 * 15));
            stack.settle()
        },
        expected: Expected { stages: &[Stage::Routed], told: &[EAST, EAST], maybe: &[] },
    },
    Scenario {
        name: "a pooled lead is won after all",
        at_once: false,
        play: |stack| {
            let lead = with_sales(stack)?;
            reported(stack, &lead, "unreachable")?;
            reported(stack, &lead, "won")?;
            // Its date is off: nobody is given the lead again.
            stack.pass(SignedDuration::from_hours(24 * 15));
            stack.settle()
        },
        expected: Expected { stages: &[Stage::Routed], told: &[EAST], maybe: &[] },
    },
    Scenario {
        name: "two leads answered about in one request, which comes twice",
        at_once: true,
        play: |stack| {
            let one = stack.post(&hot(), Some("k-1"));
            let other = stack.post(&stranger(), Some("k-2"));
            stack.settle()?;
            told(one.status(), 202)?;
            told(other.status(), 202)?;
            let (one, other) = (one.lead_id(), other.lead_id());
            let entries = json!([
                {"lead_id": one, "epoch": 1, "disposition": "unreachable", "actor": "lin"},
                {"lead_id": other, "epoch": 1, "disposition": "accepted", "actor": "lin"},
                {"lead_id": one, "epoch": 1, "disposition": "won", "actor": "wang"},
            ]);
            let replies = [stack.answer_all("crm-china", &entries), stack.repeat()];
            stack.settle()?;
            for reply in &replies {
                let (status, answer) = reply.get().unwrap_or_default();
                told(status, 200)?;
                for result in results(&answer) {
                    told(result["status"].as_i64().unwrap_or_default(), 200)?;
                }
            }
            // The one was won after all, and the clock of the other is stopped.
            stack.pass(SignedDuration::from_hours(24 * 9));
            stack.settle()
        },
        expected: Expected { stages: &[Stage::Routed, Stage::Routed], told: &[EAST, EAST], maybe: &[] },
    },
    Scenario {
        name: "two people correct tags while a lead is on its way",
        at_once: false,
        play: |stack| {
            let lead = with_sales(stack)?;
            reported(stack, &lead, "unreachable")?;
            // The tick brings it back, to the same people, whatever it has of the tags when it is scored.
            stack.pass(SignedDuration::from_hours(24 * 15));
            let bought = json!({"set": {"purchase": ["bought_2024"], "identity": ["buyer"]}, "actor": "lin"});
            let not =
                json!({"set": {"interaction": ["call"]}, "remove": {"purchase": ["bought_2024"]}, "actor": "wang"});
            let one = stack.correct("crm-china", &lead, &bought);
            let other = stack.correct("crm-china", &lead, &not);
            stack.settle()?;
            told(one.status(), 200)?;
            told(other.status(), 200)
        },
        expected: Expected { stages: &[Stage::Routed], told: &[EAST, EAST], maybe: &[] },
    },
    Scenario {
        name: "one key twice",
        at_once: true,
        play: |stack| {
            let one = stack.post(&hot(), Some("k-1"));
            let other = stack.post(&hot(), Some("k-1"));
            stack.settle()?;
            told(one.status(), 202)?;
            told(other.status(), 202)?;
            if one.lead_id() == other.lead_id() { Ok(()) } else { Err("one key made two leads".into()) }
        },
        expected: Expected { stages: &[Stage::Routed], told: &[EAST], maybe: &[] },
    },
];

fn told(status: i64, wanted: i64) -> Result<(), String> {
    if status == wanted { Ok(()) } else { Err(format!("a client was answered {status} instead of {wanted}")) }
}
