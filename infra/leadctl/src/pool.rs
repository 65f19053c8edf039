//! The leads that are kept for later, pooled and nurtured, for campaigns: read in one pass, one lead in memory at a time.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::{Result, anyhow, bail};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use leads::id::{LeadId, Queue};
use leads::lead::{LeadState, Stage};
use leads::personal::Personal;
use leads::ports::{ScanTable, Stored};
use leads::row::{Row, StoredSubmission};
use leads::submission::Submission;
use leads::tags::{Correction, TagList, TagValues, correct, take_out};
use serde::Serialize;
use serde_json::Value;

use crate::scanning::each_row;
use crate::spreadsheet::{harmless, line};

/// A tag to look for, in one list or in any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    list: Option<TagList>,
    value: String,
}

impl Wanted {
    /// Reads `decision_maker` or `identity=decision_maker`.
    ///
    /// # Errors
    /// There is no such list, or no value.
    pub fn parse(text: &str) -> Result<Self> {
        let (list, value) = match text.split_once('=') {
            Some((name, value)) => {
                let list = TagList::ALL.into_iter().find(|list| list.name() == name);
                let names = TagList::ALL.map(TagList::name).join(", ");
                (Some(list.ok_or_else(|| anyhow!("`{name}` is no list of tags; there are {names}"))?), value)
            }
            None => (None, text),
        };
        let value = value.trim().to_lowercase();
        if value.is_empty() {
            bail!("--tag takes a tag, for example decision_maker or identity=decision_maker");
        }
        Ok(Self { list, value })
    }

    fn is_in(&self, tags: &TagValues) -> bool {
        let lists = TagList::ALL.into_iter().filter(|list| self.list.is_none_or(|wanted| wanted == *list));
        lists.into_iter().any(|list| tags.of(list).contains(&self.value))
    }
}

/// Reads a day, from its beginning in UTC, or a moment.
///
/// # Errors
/// It is neither.
pub fn since(text: &str) -> Result<Timestamp> {
    let day = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    let read = text.parse().ok().or_else(day);
    read.ok_or_else(|| anyhow!("`{text}` is no date; write 2026-03-01, or 2026-03-01T08:00:00Z"))
}

/// Which leads.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Tags that a lead has to have, all of them.
    pub tags: Vec<Wanted>,
    /// Only leads that are kept since then.
    pub since: Option<Timestamp>,
    /// Those as well that want to hear nothing.
    pub suppressed: bool,
}

/// How they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people, a lead a line, without personal data.
    Lines,
    /// The same for programs.
    JsonLines,
    /// With personal data, as a table for spreadsheets and campaign tools.
    ExportCsv,
    /// With personal data, a JSON object a line.
    ExportJsonLines,
}

/// A lead without its person.
#[derive(Debug, Serialize)]
struct Kept<'a> {
    lead_id: &'a LeadId,
    stage: Stage,
    since: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    reactivate_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<&'a Queue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disposition: Option<&'a str>,
    suppressed: bool,
    tags: &'a TagValues,
}

/// The columns of an exported table, as [`Kept::cells`] fills them.
const COLUMNS: [&str; 24] = [
    "lead_id",
    "stage",
    "since",
    "reactivate_at",
    "queue",
    "disposition",
    "suppressed",
    "name",
    "title",
    "email",
    "phone",
    "company",
    "industry",
    "size",
    "country",
    "province",
    "city",
    "product",
    "horizon",
    "channel",
    "campaign",
    "consent_purpose",
    "consent_at",
    "tags",
];

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Leads written.
    pub leads: u64,
    /// Leads that fit, and were left out because the person wants to hear nothing.
    pub suppressed: u64,
    /// Rows of such leads, or that may be states, which cannot be read.
    pub unreadable: u64,
}

/// The lead whose rows are being read.
struct Open {
    state: LeadState,
    submission: Option<StoredSubmission>,
    corrections: Vec<Correction>,
    /// What the duplicates said; corrections, which come before them in the table, are known by then.
    touches: BTreeSet<(TagList, String)>,
}

/// Writes the leads that fit.
///
/// # Errors
/// A page cannot be read, or `out` takes no more.
pub async fn write<P: ScanTable>(
    ports: &P,
    filter: &Filter,
    format: Format,
    out: &mut impl Write,
    read: impl FnMut(u64),
) -> Result<Summary> {
    let (mut summary, mut open) = (Summary::default(), None::<Open>);
    if format == Format::ExportCsv {
        out.write_all(&line(COLUMNS.map(Into::into))?)?;
    }
    let close = |open: Option<Open>, summary: &mut Summary, out: &mut dyn Write| match open {
        Some(open) => open.write(filter, format, summary, out),
        None => Ok(()),
    };
    each_row(ports, read, |Stored { key, row }| {
        if open.as_ref().is_some_and(|open| open.state.lead_id.as_str() != key.pk) {
            close(open.take(), &mut summary, out)?;
        }
        match (row, &mut open) {
            (Some(Row::State(state)), _) => {
                let kept = matches!(state.stage, Stage::Pooled | Stage::Nurtured);
                let fits = kept && filter.since.is_none_or(|since| state.stage_at >= since);
                open =
                    fits.then(|| Open { state, submission: None, corrections: Vec::new(), touches: BTreeSet::new() });
            }
            (Some(Row::Submission(row)), Some(open)) => open.submission = Some(row),
            (Some(Row::Tags(row)), Some(open)) => open.corrections = row.corrections,
            (Some(Row::Touch(row)), Some(open)) => open.joined(row.submission),
            (None, _) if key.sk == "state" => summary.unreadable += 1,
            // An unreadable submission is counted where it is missed.
            (None, Some(_)) if key.sk != "submission" => summary.unreadable += 1,
            _ => {}
        }
        anyhow::Ok(())
    })
    .await?;
    close(open.take(), &mut summary, out)?;
    out.flush()?;
    Ok(summary)
}

impl Open {
    fn joined(&mut self, touch: Submission) {
        let mut tags = touch.tags;
        take_out(&mut tags, &self.corrections);
        let tags = TagValues::of_tags(&tags);
        for list in TagList::ALL {
            self.touches.extend(tags.of(list).iter().map(|value| (list, value.clone())));
        }
    }

    fn write(self, filter: &Filter, format: Format, summary: &mut Summary, out: &mut dyn Write) -> Result<()> {
        let Some(StoredSubmission { mut submission, .. }) = self.submission else {
            summary.unreadable += 1;
            return Ok(());
        };
        correct(&mut submission.tags, &self.corrections);
        let (state, submission) = (&self.state, &submission);
        let mut tags = TagValues::of_tags(&submission.tags);
        for (list, value) in self.touches {
            tags.add(list, value);
        }
        if !filter.tags.iter().all(|wanted| wanted.is_in(&tags)) {
            return Ok(());
        }
        if state.suppressed && !filter.suppressed {
            summary.suppressed += 1;
            return Ok(());
        }
        summary.leads += 1;
        let kept = Kept {
            lead_id: &state.lead_id,
            stage: state.stage,
            since: state.stage_at,
            reactivate_at: state.reactivate_at,
            queue: state.assignment.as_ref().map(|assignment| &assignment.queue),
            disposition: state.answer.as_ref().map(|answer| answer.disposition.as_str()),
            suppressed: state.suppressed,
            tags: &tags,
        };
        let text = match format {
            Format::Lines => kept.line().into_bytes(),
            Format::JsonLines => serde_json::to_vec(&kept)?,
            Format::ExportJsonLines => serde_json::to_vec(&kept.with(submission)?)?,
            Format::ExportCsv => line(kept.cells(submission)?.iter().map(|cell| harmless(cell)))?,
        };
        out.write_all(&text)?;
        if format != Format::ExportCsv {
            out.write_all(b"\n")?;
        }
        Ok(())
    }
}

impl Kept<'_> {
    fn line(&self) -> String {
        let back = self.reactivate_at.map_or_else(|| "-".to_owned(), |at| at.strftime("%F").to_string());
        let said = self.disposition.unwrap_or("-");
        let suppressed = if self.suppressed { "  suppressed" } else { "" };
        let (id, stage, since) = (self.lead_id.as_str(), self.stage.name(), self.since.strftime("%F %T"));
        format!("{id}  {stage:<8}  since {since}  back {back:<10}  {said:<24}{suppressed}").trim_end().to_owned()
    }

    /// The lead with its person: what was posted, and the tags as they count.
    fn with(&self, submission: &Submission) -> Result<Value> {
        let mut lead = serde_json::to_value(self)?;
        let posted = serde_json::to_value(submission)?;
        if let Some(members) = lead.as_object_mut() {
            for part in ["contact", "company", "interest", "source", "consent"] {
                members.extend(posted.get(part).map(|value| (part.to_owned(), value.clone())));
            }
        }
        Ok(lead)
    }

    fn cells(&self, submission: &Submission) -> Result<[String; 24]> {
        let Submission { contact, company, interest, source, consent, .. } = submission;
        let word = |value: Value| value.as_str().unwrap_or_default().to_owned();
        let personal = |value: &Option<Personal>| value.as_ref().map_or_else(String::new, |v| v.expose().to_owned());
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let time = |value: Option<Timestamp>| value.map(|at| at.to_string()).unwrap_or_default();
        let of_list = |list: TagList| self.tags.of(list).iter().map(move |value| format!("{}={value}", list.name()));
        let tags: Vec<String> = TagList::ALL.into_iter().flat_map(of_list).collect();
        Ok([
            self.lead_id.to_string(),
            self.stage.name().to_owned(),
            self.since.to_string(),
            time(self.reactivate_at),
            self.queue.map(ToString::to_string).unwrap_or_default(),
            self.disposition.unwrap_or_default().to_owned(),
            self.suppressed.to_string(),
            personal(&contact.name),
            personal(&contact.title),
            personal(&contact.email),
            personal(&contact.phone),
            text(&company.name),
            text(&company.industry),
            company.size.map(|size| size.to_string()).unwrap_or_default(),
            text(&company.country),
            text(&company.province),
            text(&company.city),
            text(&interest.product),
            word(serde_json::to_value(interest.horizon)?),
            word(serde_json::to_value(source.channel)?),
            source.campaign.as_ref().map(ToString::to_string).unwrap_or_default(),
            consent.as_ref().map(|consent| consent.purpose.clone()).unwrap_or_default(),
            time(consent.as_ref().and_then(|consent| consent.at)),
            tags.join("; "),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments() {
        let any = Wanted { list: None, value: "student".into() };
        assert_eq!(Wanted::parse(" Student").unwrap(), any);
        assert_eq!(Wanted::parse("identity=student").unwrap(), Wanted { list: Some(TagList::Identity), ..any });
        assert!(Wanted::parse("mood=glad").is_err() && Wanted::parse("identity= ").is_err());
        assert_eq!(since("2026-03-01").unwrap().to_string(), "2026-03-01T00:00:00Z");
        assert_eq!(since("2026-03-01T08:00:00+08:00").unwrap().to_string(), "2026-03-01T00:00:00Z");
        assert!(since("yesterday").is_err());
    }
}
