//! What a person may do about a lead now, as commands. What is legal is the domain's to say.

use leads::feedback::VerdictKind;
use leads::id::Principal;
use leads::lead::{LeadState, Stage};
use leads::rules::Permission;

use super::{Next, Teller};

pub(super) fn actions(state: &LeadState, teller: &Teller) -> Vec<Next> {
    let lead = &state.lead_id;
    let stack = teller.stack.as_ref().map(|stack| format!(" --stack {stack}")).unwrap_or_default();
    let mut next = Vec::new();
    if state.takes_feedback() {
        let who = signer(state, Permission::Feedback, teller);
        next.push(Next {
            what: "Report what became of it",
            command: format!("leadctl feedback {lead} DISPOSITION --epoch {} --as {who}{stack}", state.epoch),
            choices: teller.rules.playbook().map(|(disposition, _)| disposition.to_owned()).collect(),
        });
    }
    for kind in state.verdicts() {
        let who = signer(state, Permission::Verdict, teller);
        let verb = match kind {
            VerdictKind::Unmerge => format!("unmerge {lead}"),
            kind => format!("verdict {lead} {}", kind.name()),
        };
        let command = format!("leadctl {verb} --reason 'WHY' --as {who}{stack}");
        next.push(Next { what: does(*kind), command, choices: Vec::new() });
    }
    if state.stage != Stage::Erased {
        let command = format!("leadctl erase {lead} --dry-run{stack}");
        next.push(Next { what: "See what an erasure of this person would delete", command, choices: Vec::new() });
    }
    next
}

/// Somebody who may sign that; what to fill in if the rules name nobody.
fn signer(state: &LeadState, permission: Permission, teller: &Teller) -> String {
    let queue = teller.rules.concerned(state);
    let may = teller
        .rules
        .principals()
        .into_iter()
        .find(|(_, policy)| policy.may(permission) && queue.is_some_and(|queue| policy.queues.contains(queue)));
    may.map_or_else(|| "PRINCIPAL".to_owned(), |(id, _): (&Principal, _)| id.to_string())
}

fn does(kind: VerdictKind) -> &'static str {
    match kind {
        VerdictKind::Release => "Let it go on",
        VerdictKind::Refuse => "Stop it for good",
        VerdictKind::Mql => "Qualify it for sales, whatever its scores",
        VerdictKind::NotMql => "Let it go on as not qualified",
        VerdictKind::Hold => "Let it wait for a person; whoever has it is told",
        VerdictKind::Test => "It is a test: stop it; whoever has it is told",
        VerdictKind::Unmerge => "Undo the join: a lead of its own again",
    }
}
