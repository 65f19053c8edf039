//! `leadctl erase`: a person asked to be forgotten.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use jiff::Timestamp;
use leads::id::LeadId;
use leads::personal::Personal;
use leads::profile::mailbox;
use leads::rules::RuleSet;
use serde_json::json;

use super::place::Where;
use crate::client::{Client, lead_id};
use crate::erasure::{self, Member};
use crate::restored::{self, Again};
use crate::show;
use crate::workspace::Workspace;

/// Who is to be erased, where, and how.
#[derive(Args)]
#[command(after_help = "\
Examples:
  leadctl erase ld_… --dry-run                    which leads and how many rows would go, and who would be told
  leadctl erase ld_…
  leadctl erase --email li.lei@acme.example       searches the whole table, held and rejected leads included
  leadctl erase --again-from-table leads-Table-1 --in-table leads-restored
                                                  after a restore: whoever is erased in the table that it was made from
  leadctl erase --again-from-file erased.txt      the same by a list of lead ids, one a line
A tombstone stays, on which late messages find nothing. Every queue that was ever told of the lead gets lead.erased, and
once more two minutes later. It may be interrupted at any time: run it again, and it finishes what was begun.")]
#[group(id = "whom", required = true, multiple = false)]
pub struct Arguments {
    /// The lead.
    #[arg(group = "whom")]
    lead_id: Option<String>,
    /// Every lead that was posted with this address, however it was typed.
    #[arg(long, value_name = "ADDRESS", group = "whom")]
    email: Option<String>,
    /// Whoever is erased in this other table, from which the stack's table was restored.
    #[arg(long, value_name = "TABLE", group = "whom")]
    again_from_table: Option<String>,
    /// Whoever is named in this file, one lead id a line; ids that the table does not hold are left out.
    #[arg(long, value_name = "FILE", group = "whom")]
    again_from_file: Option<PathBuf>,
    /// Erase in this table instead of the stack's: one that was restored, before the stack uses it.
    #[arg(long, value_name = "TABLE")]
    in_table: Option<String>,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    place: Where,
}

impl Arguments {
    /// Erases.
    pub async fn run(self) -> Result<bool> {
        let whom = match (self.again_from_table, self.again_from_file) {
            (Some(table), _) => Whom::AgainFromTable(table),
            (None, Some(file)) => Whom::AgainFromFile(file),
            (None, None) => Whom::of(self.lead_id.as_deref(), self.email.as_deref())?,
        };
        let client = self.place.client().await?;
        let client = match self.in_table {
            Some(table) => client.in_table(table),
            None => client,
        };
        run(&client, &whom, self.options).await
    }
}

/// Who is to be erased.
pub enum Whom {
    /// The person behind a lead.
    Lead(LeadId),
    /// Whoever posted with an address.
    Address(Personal),
    /// Whoever is erased in another table: the one that this one was restored from.
    AgainFromTable(String),
    /// Whoever is named in a file, one lead id a line.
    AgainFromFile(PathBuf),
}

impl Whom {
    /// Reads the arguments.
    pub fn of(lead: Option<&str>, email: Option<&str>) -> Result<Self> {
        match (lead, email) {
            (Some(lead), _) => lead_id(lead).map(Self::Lead),
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
#[derive(Clone, Copy, Args)]
pub struct Options {
    /// Say what would go, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask first.
    #[arg(long)]
    pub yes: bool,
    /// As JSON.
    #[arg(long = "json")]
    pub as_json: bool,
}

/// Erases. Answers whether nothing is left that might be the person's.
pub async fn run(client: &Client, whom: &Whom, options: Options) -> Result<bool> {
    let rules = crate::rules_here(&Workspace::find()?)?;
    let mut unreadable = 0;
    let again = match whom {
        Whom::Lead(lead) => of_persons(client, &rules, &BTreeSet::from([lead.clone()])).await?,
        Whom::Address(address) => {
            let bar = show::bar(0, "rows read");
            let found = erasure::search(address, &client.aws, |rows| bar.inc(rows)).await?;
            bar.finish_and_clear();
            unreadable = found.unreadable;
            of_persons(client, &rules, &found.leads).await?
        }
        Whom::AgainFromTable(table) => {
            if *table == client.stack.facts.table {
                bail!("{table} is the table in which to erase; name the one that it was restored from");
            }
            let bar = show::bar(0, "rows read");
            let erased = restored::tombstones(&client.of_table(table), |rows| bar.inc(rows)).await?;
            bar.finish_and_clear();
            eprintln!("{} leads are erased in {table}", erased.len());
            restored::again(&erased, &client.aws, &rules).await?
        }
        Whom::AgainFromFile(file) => restored::again(&listed(file)?, &client.aws, &rules).await?,
    };
    let Again { persons, absent, joined } = again;
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
        let answer = json!({ "erased": !options.dry_run, "leads": members, "rows": rows, "unreadable": unreadable, "absent": absent, "joined": joined });
        println!("{}", serde_json::to_string_pretty(&answer)?);
    } else if leads == 0 {
        println!("nobody is found who is to be erased");
    } else if options.dry_run {
        println!("{leads} leads and {rows} rows would be erased; nothing was changed");
    } else {
        println!("{leads} leads and {rows} rows are erased");
        println!("queues that were told of them are told lead.erased now, and once more in two minutes");
    }
    if unreadable > 0 {
        eprintln!("leadctl: {unreadable} rows with submissions cannot be read, and may hold the address");
    }
    if absent > 0 {
        eprintln!("{absent} leads are not in this table, and need no erasure");
    }
    for (lead, others) in &joined {
        let others: Vec<&str> = others.iter().map(LeadId::as_str).collect();
        eprintln!(
            "leadctl: {lead} is left: in this table it is one with {}, which nobody asked to erase. Undo that join with \
             `leadctl unmerge`, as was done before, and run this again",
            others.join(", ")
        );
    }
    Ok(unreadable == 0 && joined.is_empty())
}

/// Each lead with all that is one with it.
async fn of_persons(client: &Client, rules: &RuleSet, asked: &BTreeSet<LeadId>) -> Result<Again> {
    let mut persons: Vec<Vec<Member>> = Vec::new();
    for lead in asked {
        if !persons.iter().flatten().any(|member| member.lead_id == *lead) {
            persons.push(erasure::survey(lead, &client.aws, rules).await?);
        }
    }
    Ok(Again { persons, ..Again::default() })
}

/// The lead ids in a file, one a line.
fn listed(file: &Path) -> Result<BTreeSet<LeadId>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let parse = |(n, line): (usize, &str)| {
        let place = || format!("{}, line {}: `{line}` is no lead id; one looks like ld_…", file.display(), n + 1);
        LeadId::parse(line.trim()).ok().with_context(place)
    };
    lines.map(parse).collect()
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
