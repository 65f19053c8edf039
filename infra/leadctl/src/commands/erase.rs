//! `leadctl erase`: a person asked to be forgotten.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write as _};

use anyhow::{Result, bail};
use jiff::Timestamp;
use leads::id::LeadId;
use leads::personal::Personal;
use leads::profile::mailbox;
use serde_json::json;

use crate::client::Client;
use crate::erasure::{self, Member};
use crate::show;
use crate::workspace::Workspace;

/// Who is to be erased.
pub enum Whom {
    /// The person behind a lead.
    Lead(LeadId),
    /// Whoever posted with an address.
    Address(Personal),
}

impl Whom {
    /// Reads the arguments.
    pub fn of(lead: Option<&str>, email: Option<&str>) -> Result<Self> {
        match (lead, email) {
            (Some(lead), _) => match LeadId::parse(lead) {
                Ok(lead) => Ok(Self::Lead(lead)),
                Err(_) => bail!("`{lead}` is no lead id; one looks like ld_…"),
            },
            (None, Some(email)) => {
                let address = Personal::new(email.trim());
                match mailbox(&address) {
                    Some(_) => Ok(Self::Address(address)),
                    None => bail!("--email takes one e-mail address, for example li.lei@acme.example"),
                }
            }
            (None, None) => bail!("name a lead, or an address with --email"),
        }
    }
}

/// How to go about it.
#[derive(Clone, Copy)]
pub struct Options {
    /// Say what would go, and change nothing.
    pub dry_run: bool,
    /// Do not ask first.
    pub yes: bool,
    /// As JSON.
    pub as_json: bool,
}

/// Erases. Answers whether nothing is left that might be the person's.
pub async fn run(client: &Client, whom: &Whom, options: Options) -> Result<bool> {
    let rules = crate::rules_here(&Workspace::find()?)?;
    let (asked, unreadable) = match whom {
        Whom::Lead(lead) => (BTreeSet::from([lead.clone()]), 0),
        Whom::Address(address) => {
            let bar = show::bar(0, "rows read");
            let found = erasure::search(address, &client.aws, |rows| bar.inc(rows)).await?;
            bar.finish_and_clear();
            (found.leads, found.unreadable)
        }
    };
    let mut persons: Vec<Vec<Member>> = Vec::new();
    for lead in &asked {
        if !persons.iter().flatten().any(|member| member.lead_id == *lead) {
            persons.push(erasure::survey(lead, &client.aws, &rules).await?);
        }
    }
    let leads: usize = persons.iter().map(Vec::len).sum();
    let rows: usize = persons.iter().flatten().map(|member| member.rows).sum();
    if !options.as_json {
        print(&persons);
    }
    if !options.dry_run && leads > 0 {
        if !options.yes {
            confirm(leads, rows)?;
        }
        let sender = client.sender().await?;
        let bar = show::bar(leads, "leads erased");
        for first in persons.iter().filter_map(|person| person.first()) {
            erasure::erase(&first.lead_id, &sender, &rules, Timestamp::now, |_| bar.inc(1)).await?;
        }
        bar.finish_and_clear();
    }
    if options.as_json {
        let members: Vec<&Member> = persons.iter().flatten().collect();
        let answer = json!({ "erased": !options.dry_run, "leads": members, "rows": rows, "unreadable": unreadable });
        println!("{}", serde_json::to_string_pretty(&answer)?);
    } else if leads == 0 {
        println!("no lead holds this address");
    } else if options.dry_run {
        println!("{leads} leads and {rows} rows would be erased; nothing was changed");
    } else {
        println!("{leads} leads and {rows} rows are erased");
        println!("queues that were told of them are told lead.erased now, and once more in two minutes");
    }
    if unreadable > 0 {
        eprintln!("leadctl: {unreadable} rows with submissions cannot be read, and may hold the address");
    }
    Ok(unreadable == 0)
}

fn print(persons: &[Vec<Member>]) {
    if persons.is_empty() {
        return;
    }
    let mut table = show::table(&["lead", "stage", "rows", "told"]);
    for member in persons.iter().flatten() {
        let told: Vec<&str> = member.told.iter().map(|queue| queue.as_str()).collect();
        let (rows, told) = (show::cell(member.rows.to_string()), show::cell(told.join(", ")));
        table.add_row(vec![show::cell(member.lead_id.as_str()), show::stage_cell(member.stage), rows, told]);
    }
    println!("{table}");
}

fn confirm(leads: usize, rows: usize) -> Result<()> {
    if !std::io::stdin().is_terminal() {
        bail!("nobody is there to confirm it: say --yes, or --dry-run to look only");
    }
    eprint!("Erase {leads} leads, {rows} rows? It cannot be undone. Type `erase`: ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if answer.trim() != "erase" {
        bail!("nothing was changed");
    }
    Ok(())
}
