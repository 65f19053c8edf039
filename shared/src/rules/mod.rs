//! The rules that operators write: TOML files, read into typed values and checked as a whole. A [`RuleSet`] is built from
//! all files or not at all, and then every problem is reported at once.
//!
//! | file | holds |
//! |---|---|
//! | `queues.toml` | the queues for people |
//! | `forms.toml` | policies of forms and campaigns |
//! | `lists.toml`, `lists/*.txt` | named lists of words and domains |
//! | `clean.toml` | what is refused or held, and by what duplicates are known |
//! | `score.toml` | points, caps, thresholds |
//! | `route.toml` | steps and tables |
//! | `sla.toml`, `calendars/*.toml` | deadlines and working time |
//! | `owners/*.toml` | the people of a queue, and how much they can take |
//! | `playbook.toml` | what follows from what sales reports |
//! | `principals.toml` | who may sign what |
//! | `tests/*.toml` | cases that the rules must pass; see [`cases`] |

mod calendars;
pub mod cases;
mod cleaning;
mod condition;
mod diagnostic;
mod faults;
mod field;
mod forms;
mod lint;
mod lists;
mod matrix;
pub mod outline;
mod owners;
mod phrase;
mod playbook;
mod principals;
mod queues;
mod reader;
mod routing;
mod scoring;
pub mod shape;
mod sla;
pub mod suggest;
mod syntax;
mod table;
mod texts;
mod vocabulary;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::id::{self, Campaign, FormId, Principal, Queue};
use crate::lead::{LeadState, Stage};
use crate::owners::{Calendars, Team};
use crate::submission::Submission;
use crate::tags::TagList;

use lists::Lists;
use reader::{Document, Problems, Site, Table};

pub use diagnostic::{Code, Diagnostic, Severity};
pub use forms::{CampaignPolicy, FormPolicy};
pub use playbook::{Play, PlayAction};
pub use principals::{Permission, PrincipalPolicy};
pub use queues::{QueueKind, QueueSpec};

pub(crate) use cleaning::{CleanRule, DuplicateBy, Then};
pub(crate) use field::Facts;
pub(crate) use routing::{OwnerFrom, QuadrantPath, RouteStep, Target};
pub(crate) use sla::Due;
pub(crate) use table::{Lookup, why_otherwise};
pub(crate) use vocabulary::Wordings;

/// All rules, checked.
#[derive(Clone, Debug)]
pub struct RuleSet {
    version: String,
    /// By name.
    queues: Vec<QueueSpec>,
    forms: std::collections::HashMap<FormId, FormPolicy>,
    open: FormPolicy,
    campaigns: std::collections::HashMap<Campaign, CampaignPolicy>,
    principals: principals::Principals,
    playbook: playbook::Playbook,
    pub(crate) cleaning: cleaning::Cleaning,
    pub(crate) scoring: scoring::Scoring,
    pub(crate) routing: routing::Routing,
    pub(crate) sla: sla::SlaPolicies,
    pub(crate) teams: owners::Teams,
}

/// The files that every rule set has.
const REQUIRED: [&str; 8] = [
    "clean.toml",
    "forms.toml",
    "playbook.toml",
    "principals.toml",
    "queues.toml",
    "route.toml",
    "score.toml",
    "sla.toml",
];

/// The files that it may have.
const OPTIONAL: [&str; 1] = ["lists.toml"];

impl RuleSet {
    /// Reads rule files given as (name, text), for example `clean.toml` and `calendars/cn.toml`. Cases (`tests/…`) are
    /// passed over: they say nothing of what the rules do. What is wrong with rules taken together is not looked for; see
    /// [`check`].
    ///
    /// # Errors
    /// Every problem of every file, by file and line.
    pub fn from_sources(sources: &[(String, String)]) -> Result<Self, Vec<Diagnostic>> {
        let problems = Problems::default();
        let rules = Self::build(sources, &problems);
        match (rules, problems.into_sorted()) {
            (Some(rules), problems) if problems.is_empty() => Ok(rules),
            (_, problems) => Err(problems),
        }
    }

    /// What could be read, noting every problem.
    fn build(sources: &[(String, String)], problems: &Problems) -> Option<Self> {
        let mut files: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, text) in sources.iter().filter(|(name, _)| !cases::is_case_file(name)) {
            let named = [calendar_name, team_name, lists::name_of].iter().any(|kind| kind(name).is_some());
            if !named && !REQUIRED.contains(&name.as_str()) && !OPTIONAL.contains(&name.as_str()) {
                let known = [REQUIRED.as_slice(), &OPTIONAL].concat().join(", ");
                Site::file(name).report(
                    problems,
                    Code::UnknownFile,
                    "unknown rule file",
                    format!(
                        "use one of: {known}, calendars/NAME.toml, lists/NAME.txt, owners/QUEUE.toml, tests/NAME.toml"
                    ),
                );
            }
            if files.insert(name, text).is_some() {
                Site::file(name).report(problems, Code::Twice, "the file is given twice", "give it once");
            }
        }
        for name in REQUIRED.iter().filter(|name| !files.contains_key(*name)) {
            Site::file(name).report(problems, Code::MissingFile, "the file is missing", "add it");
        }
        let mut readable: Vec<(&str, String)> = Vec::new();
        let mut documents: BTreeMap<&str, Document<'_>> = BTreeMap::new();
        for (name, text) in files.iter().filter(|(name, _)| lists::name_of(name).is_none()) {
            match Document::parse(name, text) {
                Some(document) => _ = documents.insert(name, document),
                None => readable.push((name, faults::set_aside(name, text, problems))),
            }
        }
        documents.extend(readable.iter().map(|(name, text)| (*name, Document::of_readable(name, text))));
        let parts: Vec<&str> = files.iter().flat_map(|(name, text)| [*name, *text]).collect();
        let version: String = id::fingerprint(&parts).chars().take(12).collect();

        let empty = Document::of_readable("", "");
        let root = |name: &str| documents.get(name).unwrap_or(&empty).root(problems);
        // What is missing as a file is reported once, not once again for everything it should have held.
        let complete = REQUIRED.iter().all(|name| files.contains_key(name));
        if complete { Self::read(version, root, &files, &documents, problems) } else { None }
    }

    fn read<'d>(
        version: String,
        root: impl Fn(&str) -> Table<'d>,
        files: &BTreeMap<&str, &str>,
        documents: &'d BTreeMap<&str, Document<'d>>,
        problems: &'d Problems,
    ) -> Option<Self> {
        let lists = Lists::read(&root("lists.toml"), files.iter().map(|(name, text)| (*name, *text)));
        let queues = queues::read(root("queues.toml"));
        let forms = forms::read(root("forms.toml"));
        let calendars = documents
            .iter()
            .filter_map(|(name, document)| {
                Some((calendar_name(name)?.to_owned(), calendars::read(document.root(problems))))
            })
            .collect();
        let cleaning = cleaning::read(root("clean.toml"), &lists);
        let scoring = scoring::read(root("score.toml"), &lists);
        let routing = routing::read(root("route.toml"), &lists, &queues);
        let sla = sla::read(root("sla.toml"), &lists, &queues, calendars);
        let teams = documents.iter().filter_map(|(name, document)| Some((team_name(name)?, document.root(problems))));
        let teams = owners::read(teams, &queues, &sla);
        let principals = principals::read(root("principals.toml"), &queues);
        let playbook = playbook::read(root("playbook.toml"), &lists, &queues);
        // Last, so that every file is read and reported even if this one yields nothing.
        let routing = routing?;
        Some(Self {
            version,
            cleaning,
            scoring,
            routing,
            sla,
            teams,
            principals,
            playbook,
            queues: queues.into_values().collect(),
            forms: forms.forms,
            campaigns: forms.campaigns,
            open: forms::OPEN,
        })
    }

    /// Twelve characters that change with any rule.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The policy of a form; that of an open one if nobody declared it.
    pub fn form(&self, form: &FormId) -> &FormPolicy {
        self.forms.get(form).unwrap_or(&self.open)
    }

    /// Whether any form asks for a captcha.
    pub fn asks_for_captchas(&self) -> bool {
        self.forms.values().any(|form| !form.captcha_hosts.is_empty())
    }

    /// Whether the intake takes what the submission claims: an owner and a prior qualification come from signers and
    /// trusted forms only.
    pub fn admits(&self, submission: &Submission) -> bool {
        let claims = submission.source.owner.is_some() || submission.qualification.is_some();
        !claims || submission.source.signed_by.is_some() || self.form(&submission.form_id).trusted
    }

    /// What a campaign asks for; nothing if nobody declared it.
    pub fn campaign(&self, campaign: &Campaign) -> CampaignPolicy {
        self.campaigns.get(campaign).copied().unwrap_or_default()
    }

    /// What a principal may do; `None` if nobody declared it.
    pub fn principal(&self, principal: &Principal) -> Option<&PrincipalPolicy> {
        self.principals.get(principal)
    }

    /// Every principal with what it may do, by id.
    pub fn principals(&self) -> Vec<(&Principal, &PrincipalPolicy)> {
        let mut all: Vec<_> = self.principals.iter().collect();
        all.sort_by_key(|(id, _)| *id);
        all
    }

    /// The queue whose people a lead concerns: the one it was given to, or the telemarketing desk while it waits for a
    /// verdict, or was stopped or joined to another one before it reached anybody.
    pub fn concerned<'a>(&'a self, state: &'a LeadState) -> Option<&'a Queue> {
        match state.stage {
            Stage::Held | Stage::Rejected | Stage::Parked | Stage::Merged => {
                self.queues.iter().find(|queue| queue.kind == QueueKind::Telemarketing).map(|queue| &queue.name)
            }
            _ => state.assignment.as_ref().map(|assignment| &assignment.queue),
        }
    }

    /// A queue by its logical name.
    pub fn queue(&self, queue: &Queue) -> Option<&QueueSpec> {
        let at = self.queues.binary_search_by(|spec| spec.name.cmp(queue)).ok()?;
        self.queues.get(at)
    }

    /// Every queue, by name.
    pub fn queues(&self) -> &[QueueSpec] {
        &self.queues
    }

    /// The people of a queue; `None` if it has no file: then it takes every lead, and names nobody.
    pub fn team(&self, queue: &Queue) -> Option<&Team> {
        self.teams.get(queue).map(|declared| &declared.team)
    }

    /// Every calendar, by its file's name without `.toml`.
    pub fn calendars(&self) -> &Calendars {
        self.sla.calendars()
    }

    /// Where a lead goes that was held for `queue` until its time was up: to people who review, else to the catch-all,
    /// else to the queue itself. There it stays, whatever caps say: a lead over a cap is better than none.
    pub fn after_hold<'r>(&'r self, queue: &'r Queue) -> &'r Queue {
        let review = self.queues.iter().filter(|spec| spec.kind == QueueKind::Review).map(|spec| &spec.name);
        review.chain([&self.routing.catch_all.queue]).find(|other| *other != queue).unwrap_or(queue)
    }

    /// The queue of leads for which no step finds one.
    pub fn catch_all(&self) -> &Queue {
        &self.routing.catch_all.queue
    }

    /// What may follow from a disposition, in the order in which it is asked; nothing for one that the playbook does not
    /// know.
    pub fn plays(&self, disposition: &str) -> &[Play] {
        self.playbook.get(disposition).map_or(&[], Vec::as_slice)
    }

    /// Every disposition that the playbook knows, with its plays.
    pub fn playbook(&self) -> impl Iterator<Item = (&str, &[Play])> {
        self.playbook.iter().map(|(disposition, plays)| (disposition.as_str(), plays.as_slice()))
    }

    /// Whether a rule of `score.toml` asks for this tag. Any other is kept, and changes no score.
    pub fn scores_tag(&self, list: TagList, value: &str) -> bool {
        let field = match list {
            TagList::Identity => field::Field::TagsIdentity,
            TagList::Purchase => field::Field::TagsPurchase,
            TagList::Interaction => field::Field::TagsInteraction,
        };
        self.scoring.asks_for(&field, value)
    }

    /// For how many days a duplicate is looked for.
    pub fn dedupe_window_days(&self) -> u32 {
        self.cleaning.window_days
    }
}

/// Every problem of rule files: of each as [`RuleSet::from_sources`] reads it, of the rules taken together, and of
/// calendars whose holidays end soon after `today`. Meant for the time before rules are published; takes longer than
/// loading them.
pub fn check(sources: &[(String, String)], today: Date) -> Vec<Diagnostic> {
    let read = Problems::default();
    let rules = RuleSet::build(sources, &read);
    let mut problems = read.into_sorted();
    if let Some(rules) = rules {
        let together = Problems::default();
        lint::lint(&rules, today, &together);
        let innocent: Vec<_> =
            together.into_sorted().into_iter().filter(|problem| !is_consequence(problem, &problems, &rules)).collect();
        problems.extend(innocent);
        problems.sort();
    }
    problems
}

/// Whether a problem of rules taken together may come of one in a single rule: what could not be read is missing, and that
/// must not be blamed on others.
fn is_consequence(problem: &Diagnostic, read: &[Diagnostic], rules: &RuleSet) -> bool {
    let steps: BTreeSet<&str> = rules.routing.steps.iter().map(|step| step.id.as_str()).collect();
    let of_a_step = |other: &Diagnostic| other.rule.as_deref().is_some_and(|rule| steps.contains(rule));
    // Rows, tables and the steps that use them hang together.
    let of_a_table = |other: &Diagnostic| other.file == "route.toml" && !of_a_step(other);
    let uses_a_table = || {
        let table =
            |step: &&RouteStep| Some(&step.id) == problem.rule.as_ref() && matches!(step.to, Target::Table { .. });
        rules.routing.steps.iter().any(|step| table(&step))
    };
    let same_rule = |other: &Diagnostic| other.file == problem.file && other.rule == problem.rule;
    let torn = |other: &Diagnostic| other.file == problem.file && other.code == Code::Syntax;
    match problem.code {
        Code::Gap | Code::OutOfReach => !read.is_empty(),
        _ if read.iter().any(|other| same_rule(other) || torn(other)) => true,
        _ if problem.file == "route.toml" => read.iter().any(of_a_table) && (of_a_table(problem) || uses_a_table()),
        _ => false,
    }
}

fn team_name(file: &str) -> Option<&str> {
    file.strip_prefix("owners/")?.strip_suffix(".toml").filter(|name| !name.is_empty())
}

fn calendar_name(file: &str) -> Option<&str> {
    file.strip_prefix("calendars/")?.strip_suffix(".toml").filter(|name| !name.is_empty())
}
