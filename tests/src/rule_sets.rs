//! The rules that tests run by: those that the repository ships, with few people, with many or with none named, and
//! edited.

use std::sync::LazyLock;

use leads::rules::RuleSet;

/// The rules that the repository ships, with clocks that have every kind of step.
pub static RULES: LazyLock<RuleSet> = LazyLock::new(|| rules(|text| text));

/// The same, in which queues name their people.
static MANY: LazyLock<[RuleSet; 2]> =
    LazyLock::new(|| [with_people(MANY_FILES, |text| text), with_people(MANY_FILES, edited)]);
static FEW: LazyLock<[RuleSet; 2]> =
    LazyLock::new(|| [with_people(FEW_FILES, |text| text), with_people(FEW_FILES, edited)]);
static EDITED: LazyLock<RuleSet> = LazyLock::new(|| rules(edited));

/// What went to the sales of East China goes to those of the North.
#[allow(clippy::needless_pass_by_value)] // as all edits
fn edited(text: String) -> String {
    text.replace("queue = \"sales-cn-east\"", "queue = \"sales-cn-north\"")
}

const MANY_FILES: &[(&str, &str)] = &[
    ("owners/sales-cn-east.toml", include_str!("owners/many/sales-cn-east.toml")),
    ("owners/sales-desk.toml", include_str!("owners/many/sales-desk.toml")),
    ("owners/self-service.toml", include_str!("owners/many/self-service.toml")),
];

const FEW_FILES: &[(&str, &str)] = &[
    ("owners/sales-cn-east.toml", include_str!("owners/few/sales-cn-east.toml")),
    ("owners/sales-cn-north.toml", include_str!("owners/few/sales-cn-north.toml")),
    ("owners/sales-desk.toml", include_str!("owners/few/sales-desk.toml")),
    ("owners/self-service.toml", include_str!("owners/few/self-service.toml")),
];

/// How many leads sales has room for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Room {
    /// No queue has a file of its people.
    #[default]
    NoFiles,
    /// More than come.
    Much,
    /// One or two a queue.
    Little,
}

impl Room {
    /// The rules, or the edited ones.
    pub fn rules(self, edited: bool) -> &'static RuleSet {
        match self {
            Self::NoFiles if edited => &EDITED,
            Self::NoFiles => &RULES,
            Self::Much => &MANY[usize::from(edited)],
            Self::Little => &FEW[usize::from(edited)],
        }
    }
}

/// The rules that the repository ships, with each file edited.
///
/// # Panics
/// If the rules do not load.
pub fn rules(edit: impl Fn(String) -> String) -> RuleSet {
    with_people(&[], edit)
}

/// With the people of these files.
fn with_people(owners: &[(&str, &str)], edit: impl Fn(String) -> String) -> RuleSet {
    let infra = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra");
    let mut sources = support::config::rule_sources(format!("{infra}/rules").as_ref()).unwrap();
    sources.push(("queues.toml".into(), std::fs::read_to_string(format!("{infra}/queues.toml")).unwrap()));
    let sla = sources.iter_mut().find(|(name, _)| name == "sla.toml").unwrap();
    sla.1 = include_str!("sla.toml").to_owned();
    let rules = sources.into_iter().map(|(name, text)| (name, edit(text)));
    let people = owners.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    RuleSet::from_sources(&rules.chain(people).collect::<Vec<_>>()).unwrap()
}
