//! `leadctl send FILE|-`: posts the leads of a file.

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use crate::client::Client;
use crate::{leads_file, show};

/// Posts the leads; fails if one was not taken.
pub async fn run(client: &Client, file: &Path, as_json: bool) -> Result<bool> {
    let leads = leads_file::read(file)?;
    let bar = show::bar(leads.len(), "posting");
    let posted = client.post_all(&leads, &bar, |_| {}).await?;
    bar.finish_and_clear();
    let refused = posted.iter().filter(|posted| posted.answer.is_err()).count();
    for (lead, posted) in leads.iter().zip(&posted) {
        match (&posted.answer, as_json) {
            (Ok(id), true) => println!("{}", json!({ "lead": lead.name, "lead_id": id })),
            (Err(why), true) => println!("{}", json!({ "lead": lead.name, "refused": why })),
            (Ok(id), false) => println!("{:<34} {id}", lead.name),
            (Err(why), false) => println!("{:<34} refused: {why}", lead.name),
        }
    }
    if !as_json {
        println!("\n{} accepted, {refused} refused", posted.len() - refused);
    }
    Ok(refused == 0)
}
