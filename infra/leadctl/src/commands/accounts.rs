//! `leadctl accounts import FILE.csv`: the customers, key accounts and competitors that leads are matched with.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use futures::StreamExt;
use leads::row::{AccountRow, Row};
use serde::Serialize;

use super::place::Where;
use crate::accounts_file::{self, AccountsFile, FileAccount, LineProblem};
use crate::client::Client;
use crate::workspace::Workspace;
use crate::{rule_sources_here, show};

/// How many writes are under way at once.
const AT_ONCE: usize = 16;

/// DynamoDB's limit for one `BatchGetItem`.
const MOST_KEYS: usize = 100;

/// What the names of those lists begin with whose domains say nothing of a company.
const FREE_MAIL: &str = "free-mail";

/// Customers, key accounts and competitors.
#[derive(Subcommand)]
pub enum Accounts {
    /// Import a CSV file with the columns name, domain, kind (customer, key, competitor), owner.
    #[command(after_help = "\
Examples:
  leadctl accounts import infra/samples/accounts.csv
  leadctl accounts import --dry-run accounts.csv     what would change
  leadctl accounts import --skip-bad accounts.csv    the good lines of a file that has bad ones
The file is CSV in UTF-8. `domain` may list several, a blank between them, or be empty; `owner` may be empty. Leads find
an account by the registrable domain first (shop.acme.example by acme.example), then by the name without its legal form.
A file with a bad line changes nothing. Importing a file again changes nothing; accounts that no line names stay.")]
    Import(Import),
}

/// Which file, and how.
#[derive(Args)]
pub struct Import {
    /// The file.
    file: PathBuf,
    /// Leave bad lines out, and import the rest.
    #[arg(long)]
    skip_bad: bool,
    /// Say what would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

impl Accounts {
    /// Does it; answers whether it did.
    pub async fn run(&self) -> Result<bool> {
        let Self::Import(import) = self;
        import.run().await
    }
}

/// What an import did, or would do.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Accounts that were not there.
    pub new: u64,
    /// Accounts that were, otherwise.
    pub changed: u64,
    /// Accounts that were there as they are.
    pub unchanged: u64,
}

/// What is told as JSON.
#[derive(Serialize)]
struct Report<'a> {
    file: String,
    dry_run: bool,
    #[serde(flatten)]
    imported: Option<Imported>,
    problems: &'a [LineProblem],
}

impl Import {
    /// Imports a file; answers whether it did. Bad lines are all told before a stack is looked for.
    async fn run(&self) -> Result<bool> {
        let file = &self.file;
        let AccountsFile { accounts, problems } = read(file)?;
        let stops = !problems.is_empty() && !self.skip_bad;
        let imported = match stops {
            true => None,
            false => Some(import(&self.place.client().await?, &accounts, self.dry_run).await?),
        };
        if self.json {
            let report =
                Report { file: file.display().to_string(), dry_run: self.dry_run, imported, problems: &problems };
            println!("{}", serde_json::to_string_pretty(&report)?);
            return Ok(!stops);
        }
        for problem in &problems {
            println!("{}:{problem}", file.display());
        }
        match imported {
            None => {
                let lines = problems.iter().map(|problem| problem.line).collect::<BTreeSet<_>>().len();
                println!("\n{lines} bad lines, so nothing was imported; mend them, or leave them out with --skip-bad");
            }
            Some(Imported { new, changed, unchanged }) => {
                let would = if self.dry_run { " (a dry run: nothing was written)" } else { "" };
                println!("{} accounts: {new} new, {changed} changed, {unchanged} unchanged{would}", accounts.len());
            }
        }
        Ok(!stops)
    }
}

/// Reads a file and checks it against the rules of this checkout.
pub fn read(file: &Path) -> Result<AccountsFile> {
    let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let free_mail = free_mail(&rule_sources_here(&Workspace::find()?)?)?;
    Ok(accounts_file::read(&text, &free_mail))
}

/// Reads a file that has to be without a bad line.
pub fn read_good(file: &Path) -> Result<Vec<FileAccount>> {
    let AccountsFile { accounts, problems } = read(file)?;
    if !problems.is_empty() {
        let lines: Vec<String> = problems.iter().map(|problem| format!("{}:{problem}", file.display())).collect();
        bail!("the accounts are not usable:\n{}", lines.join("\n"));
    }
    Ok(accounts)
}

/// Stores the accounts that are not stored yet as they are. Each row is written by itself and holds the whole account,
/// so that an import which was cut short is finished by the next one.
pub async fn import(client: &Client, accounts: &[FileAccount], dry_run: bool) -> Result<Imported> {
    let mut imported = Imported::default();
    let bar = show::bar(accounts.len(), "accounts");
    let mut from = accounts;
    while let Some((chunk, rest)) = next_chunk(from) {
        from = rest;
        let wanted: Vec<Row> = chunk.iter().flat_map(FileAccount::rows).collect();
        let keys: Vec<_> = wanted.iter().map(Row::key).collect();
        let stored: Vec<AccountRow> = client.aws.account_rows(&keys).await?;
        let mut writes: Vec<Row> = Vec::new();
        for account in chunk {
            let is_stored = |row: &Row| stored.iter().any(|stored| Row::Account(stored.clone()) == *row);
            let missing: Vec<Row> = account.rows().filter(|row| !is_stored(row)).collect();
            let known = account.rows().any(|row| stored.iter().any(|stored| stored.pk == row.key().pk));
            match (missing.is_empty(), known) {
                (true, _) => imported.unchanged += 1,
                (false, true) => imported.changed += 1,
                (false, false) => imported.new += 1,
            }
            writes.extend(missing);
        }
        if !dry_run {
            let puts = writes.iter().map(|row| client.aws.put_account(row));
            let mut puts = futures::stream::iter(puts).buffer_unordered(AT_ONCE);
            while let Some(put) = puts.next().await {
                put.context("the import was cut short; the same command finishes it")?;
            }
        }
        bar.inc(chunk.len() as u64);
    }
    bar.finish_and_clear();
    Ok(imported)
}

/// As many accounts as one look-up takes, and the rest; at least one.
fn next_chunk(accounts: &[FileAccount]) -> Option<(&[FileAccount], &[FileAccount])> {
    let mut keys = 0;
    let fits = accounts.iter().take_while(|account| {
        keys += account.rows().count();
        keys <= MOST_KEYS
    });
    let fits = fits.count().max(1);
    accounts.split_at_checked(fits)
}

/// The domains of the free-mail lists, which stand among the rules.
fn free_mail(sources: &[(String, String)]) -> Result<BTreeSet<String>> {
    let mut domains = BTreeSet::new();
    for (name, text) in sources {
        if name == "lists.toml" {
            let lists: toml::Table = toml::from_str(text).context("cannot read infra/rules/lists.toml")?;
            let lists = lists.iter().filter(|(list, _)| list.starts_with(FREE_MAIL));
            let entries = lists.filter_map(|(_, entries)| entries.as_array()).flatten();
            domains.extend(entries.filter_map(toml::Value::as_str).map(str::to_owned));
        } else if name.strip_prefix("lists/").is_some_and(|list| list.starts_with(FREE_MAIL)) {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
            domains.extend(lines.map(str::to_owned));
        }
    }
    Ok(domains)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules as they are shipped, wherever in them the lists stand.
    #[test]
    fn mail_providers_are_known() {
        let domains = free_mail(&rule_sources_here(&Workspace::find().unwrap()).unwrap()).unwrap();
        for domain in ["gmail.com", "qq.com", "163.com", "outlook.com", "wo.cn"] {
            assert!(domains.contains(domain), "{domain} is not known");
        }
        assert!(!domains.contains("acme.example"));
    }
}
