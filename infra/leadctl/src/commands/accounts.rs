//! `leadctl accounts import FILE.csv`: the customers, key accounts and competitors that leads are matched with.

use std::path::Path;

use anyhow::{Context, Result, bail};
use futures::StreamExt;
use leads::decision::{Account, AccountKind};
use leads::profile::{company_key, registrable_domain};
use leads::row::{AccountRow, Row, RowKey};
use serde::Deserialize;

use crate::client::Client;
use crate::show;

const AT_ONCE: usize = 8;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: String,
    #[serde(default)]
    domain: Option<String>,
    kind: AccountKind,
    #[serde(default)]
    owner: Option<String>,
}

/// Imports the accounts of a file with the columns `name`, `domain`, `kind` (customer, key, competitor) and `owner`.
/// All of it or nothing: a file with a wrong line changes nothing. Importing a file twice changes nothing either.
pub async fn run(client: &Client, file: &Path) -> Result<()> {
    let accounts = read(file)?;
    let rows: Vec<Row> = accounts.iter().flat_map(rows).collect();
    let bar = show::bar(rows.len(), "importing");
    let mut puts = futures::stream::iter(rows.iter().map(|row| client.aws.put_account(row))).buffer_unordered(AT_ONCE);
    while let Some(put) = puts.next().await {
        put?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    println!("{} accounts imported", accounts.len());
    Ok(())
}

/// Reads a file, and reports every wrong line.
pub(crate) fn read(file: &Path) -> Result<Vec<Account>> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(file)
        .with_context(|| format!("cannot read {}", file.display()))?;
    let mut accounts = Vec::new();
    let mut problems = Vec::new();
    for line in reader.deserialize::<Line>() {
        match line {
            Ok(line) => accounts.push(Account {
                name: line.name,
                domain: line.domain.filter(|domain| !domain.is_empty()),
                kind: line.kind,
                owner: line.owner.filter(|owner| !owner.is_empty()),
            }),
            Err(error) => {
                let at = error.position().map_or(1, csv::Position::line);
                problems.push(format!("{}:{at}: {error}", file.display()));
            }
        }
    }
    if !problems.is_empty() {
        bail!(
            "the accounts are not usable; mend these lines (columns: name, domain, kind = customer|key|competitor, owner):\n{}",
            problems.join("\n")
        );
    }
    Ok(accounts)
}

/// The keys under which an account is found.
pub(crate) fn keys(account: &Account) -> impl Iterator<Item = RowKey> + use<> {
    let domain = account.domain.as_deref().and_then(registrable_domain).map(|d| RowKey::account_by_domain(&d));
    let name = Some(company_key(&account.name)).filter(|name| !name.is_empty()).map(|n| RowKey::account_by_name(&n));
    domain.into_iter().chain(name)
}

fn rows(account: &Account) -> Vec<Row> {
    keys(account).map(|key| Row::Account(AccountRow { pk: key.pk, account: account.clone() })).collect()
}
