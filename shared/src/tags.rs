//! Corrections of tags: what a person says of a lead's tags goes before what was posted. Kept beside the lead, never in
//! what was posted, and looked at whenever the lead is decided on anew.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::Principal;
use crate::submission::field::Fields;
use crate::submission::text::Shape;
use crate::submission::{Interaction, NOT_BLANK, Tags};

/// The most values of one list in one request: as many as a submission may have.
const MAX_VALUES: usize = 20;

/// The most values of a lead that may stand corrected, so that its row stays some kilobytes however often it is written.
pub const MAX_CORRECTED: usize = 100;

/// A list of tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TagList {
    /// Who the person is.
    Identity,
    /// What they bought.
    Purchase,
    /// What they did.
    Interaction,
}

impl TagList {
    /// Every list.
    pub const ALL: [Self; 3] = [Self::Identity, Self::Purchase, Self::Interaction];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Purchase => "purchase",
            Self::Interaction => "interaction",
        }
    }
}

/// Values of the lists of tags.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TagValues {
    /// Who the person is, up to 20 values of up to 60 characters; kept in lower case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(max = 60)))]
    pub identity: Vec<String>,
    /// What they bought, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(max = 60)))]
    pub purchase: Vec<String>,
    /// What they did, by its kind, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(max = 60)))]
    pub interaction: Vec<String>,
}

impl TagValues {
    /// The values of a list.
    pub fn of(&self, list: TagList) -> &[String] {
        match list {
            TagList::Identity => &self.identity,
            TagList::Purchase => &self.purchase,
            TagList::Interaction => &self.interaction,
        }
    }

    /// The tags of a submission, each once.
    pub fn of_tags(tags: &Tags) -> Self {
        let mut interaction: Vec<String> = Vec::new();
        for done in &tags.interaction {
            if !interaction.contains(&done.kind) {
                interaction.push(done.kind.clone());
            }
        }
        Self { identity: tags.identity.clone(), purchase: tags.purchase.clone(), interaction }
    }

    /// Adds a value, if it is not there.
    pub fn add(&mut self, list: TagList, value: String) {
        let values = match list {
            TagList::Identity => &mut self.identity,
            TagList::Purchase => &mut self.purchase,
            TagList::Interaction => &mut self.interaction,
        };
        if !values.contains(&value) {
            values.push(value);
        }
    }

    fn is_empty(&self) -> bool {
        TagList::ALL.iter().all(|list| self.of(*list).is_empty())
    }
}

/// A request to correct the tags of a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TagsCorrected {
    /// What holds.
    #[serde(default)]
    pub set: TagValues,
    /// What does not hold.
    #[serde(default)]
    pub remove: TagValues,
    /// Who says so, up to 100 characters.
    #[schemars(length(min = 1, max = 100), regex(pattern = NOT_BLANK))]
    pub actor: String,
}

/// What a person said last of one value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Correction {
    /// Of which list.
    pub list: TagList,
    /// The value.
    pub value: String,
    /// Whether it holds.
    pub holds: bool,
    /// When they said so.
    pub at: Timestamp,
    /// Who signed.
    pub by: Principal,
}

impl TagsCorrected {
    pub(crate) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let before = fields.problems();
        let set = fields.object("set", |fields| Some(values(fields, None))).unwrap_or_default();
        let remove = fields.object("remove", |fields| Some(values(fields, Some(&set)))).unwrap_or_default();
        let actor = fields.required("actor", |fields, name| fields.text(name, Shape::line(100)));
        if set.is_empty() && remove.is_empty() && fields.problems() == before {
            fields.refuse_all("required", "Give at least one value to `set` or to `remove`.");
        }
        Some(Self { set, remove, actor: actor? })
    }

    /// The corrections of a lead after this one: of each value, what was said last.
    pub fn added_to(&self, corrections: &[Correction], by: &Principal, at: Timestamp) -> Vec<Correction> {
        let of = |values: &TagValues, holds| -> Vec<Correction> {
            let of_list = |list: TagList| values.of(list).to_vec().into_iter().map(move |value| (list, value));
            let said = TagList::ALL.into_iter().flat_map(of_list);
            said.map(|(list, value)| Correction { list, value, holds, at, by: by.clone() }).collect()
        };
        let said = [of(&self.set, true), of(&self.remove, false)].concat();
        let again = |old: &&Correction| said.iter().any(|new| (new.list, &new.value) == (old.list, &old.value));
        let mut all: Vec<Correction> = corrections.iter().filter(|old| !again(old)).cloned().collect();
        all.extend(said);
        all
    }
}

/// Reads the lists; a value of `set` cannot be removed as well.
fn values(fields: &mut Fields<'_>, set: Option<&TagValues>) -> TagValues {
    let mut read = |list: TagList| {
        let mut values = Vec::new();
        for value in fields.texts(list.name(), MAX_VALUES, Shape::lower(60)) {
            if set.is_some_and(|set| set.of(list).contains(&value)) {
                fields.refuse(list.name(), "duplicate-field", "Set a value or remove it, not both.");
            } else if !values.contains(&value) {
                values.push(value);
            }
        }
        values
    };
    let [identity, purchase, interaction] = TagList::ALL.map(&mut read);
    TagValues { identity, purchase, interaction }
}

/// The tags of a lead's own submission, as people corrected them.
pub fn correct(tags: &mut Tags, corrections: &[Correction]) {
    take_out(tags, corrections);
    for said in corrections.iter().filter(|said| said.holds) {
        let values = match said.list {
            TagList::Identity => &mut tags.identity,
            TagList::Purchase => &mut tags.purchase,
            TagList::Interaction => {
                tags.interaction.push(Interaction { kind: said.value.clone(), content: None, at: Some(said.at) });
                continue;
            }
        };
        if !values.contains(&said.value) {
            values.push(said.value.clone());
        }
    }
}

/// The tags of a submission that joined the lead: without what people took out. An interaction from after they did so is
/// one that they could not have meant.
pub fn take_out(tags: &mut Tags, corrections: &[Correction]) {
    for said in corrections.iter().filter(|said| !said.holds) {
        match said.list {
            TagList::Identity => tags.identity.retain(|tag| *tag != said.value),
            TagList::Purchase => tags.purchase.retain(|tag| *tag != said.value),
            TagList::Interaction => {
                tags.interaction.retain(|done| done.kind != said.value || done.at.is_some_and(|at| at > said.at));
            }
        }
    }
}

/// What a correction changed, by names: `identity: student → decision_maker`.
pub fn before_and_after(before: &TagValues, after: &TagValues) -> String {
    let list = |values: &[String]| if values.is_empty() { "none".to_owned() } else { values.join(", ") };
    let changed = TagList::ALL.into_iter().filter(|list| before.of(*list) != after.of(*list));
    let told = changed.map(|of| format!("{}: {} → {}", of.name(), list(before.of(of)), list(after.of(of))));
    let told: Vec<String> = told.collect();
    if told.is_empty() { "nothing that was posted changes".to_owned() } else { told.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn said(list: TagList, value: &str, holds: bool, seconds: i64) -> Correction {
        Correction { list, value: value.into(), holds, at: at(seconds), by: Principal::parse("crm").unwrap() }
    }

    fn done(kind: &str, seconds: i64) -> Interaction {
        Interaction { kind: kind.into(), content: None, at: Some(at(seconds)) }
    }

    fn posted() -> Tags {
        Tags {
            identity: vec!["student".into(), "engineer".into()],
            purchase: vec!["bought_2024".into()],
            interaction: vec![done("demo_request", 5), done("download", 6)],
        }
    }

    #[test]
    fn what_a_person_said_goes_before_what_was_posted() {
        use TagList::{Identity, Interaction, Purchase};
        let corrections = [
            said(Identity, "student", false, 10),
            said(Identity, "decision_maker", true, 10),
            said(Identity, "engineer", true, 10),
            said(Purchase, "bought_2024", false, 10),
            said(Interaction, "demo_request", false, 10),
            said(Interaction, "call", true, 10),
        ];
        let mut tags = posted();
        correct(&mut tags, &corrections);
        assert_eq!(tags.identity, ["engineer", "decision_maker"]);
        assert_eq!(tags.purchase, [] as [&str; 0]);
        assert_eq!(tags.interaction, [done("download", 6), done("call", 10)]);
        // A touch: what was taken out, and nothing is added twice. A demo asked for afterwards counts.
        let mut touch = posted();
        touch.interaction.push(done("demo_request", 11));
        take_out(&mut touch, &corrections);
        assert_eq!((touch.identity, touch.purchase), (vec!["engineer".to_owned()], vec![]));
        assert_eq!(touch.interaction, [done("download", 6), done("demo_request", 11)]);
    }

    #[test]
    fn the_last_word_counts() {
        let by = Principal::parse("crm").unwrap();
        let body = |set: &[&str], remove: &[&str]| TagsCorrected {
            set: TagValues { identity: set.iter().map(|v| (*v).to_owned()).collect(), ..TagValues::default() },
            remove: TagValues { identity: remove.iter().map(|v| (*v).to_owned()).collect(), ..TagValues::default() },
            actor: "wang".into(),
        };
        let first = body(&["a"], &["b"]).added_to(&[], &by, at(1));
        assert_eq!(first, [said(TagList::Identity, "a", true, 1), said(TagList::Identity, "b", false, 1)]);
        let second = body(&["b"], &[]).added_to(&first, &by, at(2));
        assert_eq!(second, [said(TagList::Identity, "a", true, 1), said(TagList::Identity, "b", true, 2)]);
    }

    #[test]
    fn before_and_after_in_names() {
        let (before, mut after) = (TagValues::of_tags(&posted()), TagValues::of_tags(&posted()));
        assert_eq!(before_and_after(&before, &after), "nothing that was posted changes");
        after.identity = vec!["engineer".into()];
        after.purchase = vec![];
        assert_eq!(
            before_and_after(&before, &after),
            "identity: student, engineer → engineer; purchase: bought_2024 → none"
        );
    }
}
