//! `leadctl send FILE|-`: posts the leads of a file, or of an export that a recipe maps.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::client::Client;
use crate::leads_file::FileLead;
use crate::recipe::Recipe;
use crate::{leads_file, show};

/// How leads are sent.
#[derive(Debug, Default)]
pub struct Options {
    /// The recipe that maps the file.
    pub map: Option<PathBuf>,
    /// Whether records that cannot be posted are left out.
    pub skip_bad: bool,
    /// Whether it only says what would be posted.
    pub dry_run: bool,
    /// As JSON.
    pub as_json: bool,
}

/// Posts the leads; fails if one was not taken, or could not be posted.
pub async fn run(file: &Path, options: &Options, client: impl AsyncFnOnce() -> Result<Client>) -> Result<bool> {
    let Some((leads, bad)) = read(file, options)? else { return Ok(false) };
    if options.dry_run {
        leads.iter().for_each(|lead| print(lead, options.as_json));
        if !options.as_json {
            println!("\n{} would be posted, {bad} cannot be", leads.len());
        }
        return Ok(bad == 0);
    }
    let client = client().await?;
    let bar = show::bar(leads.len(), "posting");
    let posted = client.post_all(&leads, &bar, |_| {}).await?;
    bar.finish_and_clear();
    let refused = posted.iter().filter(|posted| posted.answer.is_err()).count();
    for (lead, posted) in leads.iter().zip(&posted) {
        match (&posted.answer, options.as_json) {
            (Ok(id), true) => println!("{}", json!({ "lead": lead.name, "lead_id": id })),
            (Err(why), true) => println!("{}", json!({ "lead": lead.name, "refused": why })),
            (Ok(id), false) => println!("{:<34} {id}", lead.name),
            (Err(why), false) => println!("{:<34} refused: {why}", lead.name),
        }
    }
    if !options.as_json {
        println!("\n{} accepted, {} refused", posted.len() - refused, refused + bad);
    }
    Ok(refused + bad == 0)
}

/// The leads, and how many mistakes keep others from being posted. `None` if nothing is to be posted because of them.
fn read(file: &Path, options: &Options) -> Result<Option<(Vec<FileLead>, usize)>> {
    let Some(map) = &options.map else { return Ok(Some((leads_file::read(file)?, 0))) };
    let export = Recipe::read(map)?.apply(file).with_context(|| format!("mapped by {}", map.display()))?;
    for mistake in &export.mistakes {
        eprintln!("{mistake}");
    }
    if !export.mistakes.is_empty() && !options.skip_bad {
        eprintln!("nothing is posted; mend these, or leave such records out with --skip-bad");
        return Ok(None);
    }
    let places: std::collections::BTreeSet<&str> =
        export.mistakes.iter().map(|mistake| mistake.place.as_str()).collect();
    let bad = places.len();
    Ok(Some((export.leads, bad)))
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
