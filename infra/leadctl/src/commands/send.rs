//! `leadctl send FILE|-`: posts the leads of a file, or of an export that a recipe maps.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Map, Value, json};

use super::place::Where;
use crate::leads_file::FileLead;
use crate::recipe::Recipe;
use crate::{leads_file, show};

/// Which leads are sent, and how.
#[derive(Args)]
#[command(after_help = "\
Examples:
  leadctl send leads.csv
  echo '{\"form_id\":\"contact\", …}' | leadctl send -
  leadctl send --map docs/forms/recipes/typeform.toml --dry-run responses.json
                                 an export of another tool: what its recipe would make of it
Sending a file again makes no second lead: each has a key of its own, remembered for two days.")]
pub struct Arguments {
    /// A .json, .jsonl or .csv file, or `-`.
    file: PathBuf,
    /// A recipe that maps the columns of an export to our fields (docs/forms/README.md).
    #[arg(long, value_name = "RECIPE")]
    map: Option<PathBuf>,
    /// Leave records out that cannot be posted, and post the rest.
    #[arg(long, requires = "map")]
    skip_bad: bool,
    /// Say what would be posted, and post nothing. Shows personal data.
    #[arg(long)]
    dry_run: bool,
    /// One JSON object a lead.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

impl Arguments {
    /// Posts the leads; fails if one was not taken, or could not be posted.
    pub async fn run(&self) -> Result<bool> {
        let Some((leads, bad)) = self.read()? else { return Ok(false) };
        if self.dry_run {
            leads.iter().for_each(|lead| print(lead, self.json));
            if !self.json {
                println!("\n{} would be posted, {bad} cannot be", leads.len());
            }
            return Ok(bad == 0);
        }
        let client = self.place.client().await?;
        let bar = show::bar(leads.len(), "posting");
        let posted = client.post_all(&leads, &bar, |_| {}).await?;
        bar.finish_and_clear();
        let refused = posted.iter().filter(|posted| posted.answer.is_err()).count();
        for (lead, posted) in leads.iter().zip(&posted) {
            match (&posted.answer, self.json) {
                (Ok(id), true) => println!("{}", json!({ "lead": lead.name, "lead_id": id })),
                (Err(why), true) => println!("{}", json!({ "lead": lead.name, "refused": why })),
                (Ok(id), false) => println!("{:<34} {id}", lead.name),
                (Err(why), false) => println!("{:<34} refused: {why}", lead.name),
            }
        }
        if !self.json {
            println!("\n{} accepted, {} refused", posted.len() - refused, refused + bad);
        }
        Ok(refused + bad == 0)
    }

    /// The leads, and how many mistakes keep others from being posted. `None` if nothing is to be posted because of them.
    fn read(&self) -> Result<Option<(Vec<FileLead>, usize)>> {
        let Some(map) = &self.map else { return Ok(Some((leads_file::read(&self.file)?, 0))) };
        let export = Recipe::read(map)?.apply(&self.file).with_context(|| format!("mapped by {}", map.display()))?;
        for mistake in &export.mistakes {
            eprintln!("{mistake}");
        }
        if !export.mistakes.is_empty() && !self.skip_bad {
            eprintln!("nothing is posted; mend these, or leave such records out with --skip-bad");
            return Ok(None);
        }
        let places: std::collections::BTreeSet<&str> =
            export.mistakes.iter().map(|mistake| mistake.place.as_str()).collect();
        let bad = places.len();
        Ok(Some((export.leads, bad)))
    }
}

/// What would be posted.
fn print(lead: &FileLead, as_json: bool) {
    let fields: Vec<(String, String)> = match lead.content_type {
        leads_file::JSON => vec![("body".to_owned(), lead.body.clone())],
        _ => form_urlencoded::parse(lead.body.as_bytes()).into_owned().collect(),
    };
    if as_json {
        let mut body = Map::new();
        for (name, value) in fields {
            // A list is a name that comes again.
            match body.get_mut(&name) {
                None => _ = body.insert(name, value.into()),
                Some(Value::Array(items)) => items.push(value.into()),
                Some(first) => *first = json!([first.take(), value]),
            }
        }
        println!("{}", json!({ "lead": lead.name, "key": lead.key, "body": body }));
    } else {
        println!("{}  (key {})", lead.name, lead.key);
        fields.iter().for_each(|(name, value)| println!("    {name} = {}", value.escape_debug()));
    }
}
