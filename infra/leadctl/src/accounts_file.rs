//! Files of accounts: CSV with the columns `name`, `domain`, `kind` and `owner`, read to the end whatever is wrong in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use leads::decision::{Account, AccountKind};
use leads::profile::{company_key, registrable_domain};
use leads::row::{AccountRow, Row, RowKey};
use leads::submission::{is_plain, shown};
use serde::Serialize;

use crate::csv_lines::first_line;

/// The columns. A file has them in any order, and may lack those that are not required.
const COLUMNS: [(&str, bool); 4] = [("name", true), ("domain", false), ("kind", true), ("owner", false)];

/// The caps that a submission has for the same things.
const MOST_NAME_CHARS: usize = 200;
const MOST_OWNER_CHARS: usize = 100;

/// How many domains an account may have.
const MOST_DOMAINS: usize = 20;

/// A file as it was read.
#[derive(Debug, Default)]
pub struct AccountsFile {
    /// The accounts of its good lines.
    pub accounts: Vec<FileAccount>,
    /// What is wrong with the other ones.
    pub problems: Vec<LineProblem>,
}

/// An account and the keys by which leads find it.
#[derive(Debug, PartialEq)]
pub struct FileAccount {
    /// The account.
    pub account: Account,
    /// The keys: one for each of its domains, and one for its name.
    pub keys: Vec<RowKey>,
}

impl FileAccount {
    /// Its rows: one under each of its domains, and one under its name.
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        let row = |key: &RowKey| Row::Account(AccountRow { pk: key.pk.clone(), account: self.account.clone() });
        self.keys.iter().map(row)
    }
}

/// Something wrong in a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineProblem {
    /// The line, from 1.
    pub line: u64,
    /// The column; none if it is the line as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub mend: String,
}

impl fmt::Display for LineProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = self.field.map(|field| format!("{field}: ")).unwrap_or_default();
        write!(f, "{}: {field}{}; {}", self.line, shown(&self.problem), self.mend)
    }
}

/// Reads a file. `free_mail` are domains that say nothing of a company.
pub fn read(text: &[u8], free_mail: &BTreeSet<String>) -> AccountsFile {
    let mut reading = Reading { free_mail, seen: BTreeMap::new(), file: AccountsFile::default() };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text);
    let columns = match reader.byte_headers().map(|header| reading.columns(first_line(text, header.position()), header))
    {
        Ok(Some(columns)) => columns,
        Ok(None) => return reading.file,
        Err(error) => {
            reading.wrong(1, None, error.to_string(), "give a CSV file");
            return reading.file;
        }
    };
    for record in reader.byte_records() {
        match record {
            Ok(record) => reading.line(first_line(text, record.position()), &columns, &record),
            Err(error) => {
                let line = first_line(text, error.position());
                reading.wrong(
                    line,
                    None,
                    error.to_string(),
                    "quote a cell that holds a comma, a quote or a line break",
                );
            }
        }
    }
    reading.file
}

struct Reading<'a> {
    free_mail: &'a BTreeSet<String>,
    /// Each key and the line that has it.
    seen: BTreeMap<RowKey, u64>,
    file: AccountsFile,
}

impl Reading<'_> {
    fn wrong(&mut self, line: u64, field: Option<&'static str>, problem: impl Into<String>, mend: impl Into<String>) {
        self.file.problems.push(LineProblem { line, field, problem: problem.into(), mend: mend.into() });
    }

    /// Which of [`COLUMNS`] stands where; `None` if a required one is missing, or one is none.
    fn columns(&mut self, line: u64, header: &csv::ByteRecord) -> Option<Vec<&'static str>> {
        let known = COLUMNS.map(|(name, _)| name);
        let mut columns = Vec::new();
        for cell in header {
            let title = String::from_utf8_lossy(cell).to_lowercase();
            match known.into_iter().find(|name| *name == title) {
                Some(name) if columns.contains(&name) => {
                    self.wrong(line, Some(name), "the column comes twice", "take one out");
                }
                Some(name) => columns.push(name),
                None => {
                    let mend = format!("the columns are {}; take others out", known.join(", "));
                    self.wrong(line, None, format!("`{title}` is no column"), mend);
                }
            }
        }
        for (name, _) in COLUMNS.iter().filter(|(name, required)| *required && !columns.contains(name)) {
            self.wrong(line, Some(*name), "the column is missing", "name it in the first line, and fill it in");
        }
        self.file.problems.is_empty().then_some(columns)
    }

    fn line(&mut self, line: u64, columns: &[&'static str], record: &csv::ByteRecord) {
        let Ok(cells) = record.iter().map(std::str::from_utf8).collect::<Result<Vec<_>, _>>() else {
            return self.wrong(line, None, "the text is not in UTF-8", "save the file as CSV in UTF-8");
        };
        if cells.len() != columns.len() {
            let problem = format!("{} cells under {} columns", cells.len(), columns.len());
            return self.wrong(line, None, problem, "give every column its cell, and quote a cell that holds a comma");
        }
        let before = self.file.problems.len();
        let cell = |name| columns.iter().zip(&cells).find(|(column, _)| **column == name).map_or("", |(_, cell)| *cell);

        let name = cell("name");
        self.text(line, "name", name, MOST_NAME_CHARS);
        if name.is_empty() {
            self.wrong(line, Some("name"), "it is empty", "give the company's name");
        }
        let mut keys: Vec<(&'static str, RowKey)> = Vec::new();
        let mut domains = Vec::new();
        for text in cell("domain").split_whitespace() {
            if let Some(domain) = self.domain(line, text)
                && !domains.contains(&domain)
            {
                keys.push(("domain", RowKey::account_by_domain(&domain)));
                domains.push(domain);
            }
        }
        if domains.len() > MOST_DOMAINS {
            let problem = format!("it lists more than {MOST_DOMAINS} domains");
            self.wrong(line, Some("domain"), problem, "split the account into lines of different names");
        }
        let normalised = company_key(name);
        if !normalised.is_empty() {
            keys.push(("name", RowKey::account_by_name(&normalised)));
        } else if domains.is_empty() && !name.is_empty() {
            let problem = "it has no letter and no digit, so no lead can match it";
            self.wrong(line, Some("name"), problem, "give the name in full, or a domain");
        }
        let kind = match cell("kind") {
            "customer" => Some(AccountKind::Customer),
            "key" => Some(AccountKind::Key),
            "competitor" => Some(AccountKind::Competitor),
            "" => {
                self.wrong(line, Some("kind"), "it is empty", "write customer, key or competitor");
                None
            }
            other => {
                self.wrong(line, Some("kind"), format!("`{other}` is none"), "write customer, key or competitor");
                None
            }
        };
        let owner = cell("owner");
        self.text(line, "owner", owner, MOST_OWNER_CHARS);
        for (field, key) in &keys {
            if let Some(first) = self.seen.get(key) {
                let problem = match *field {
                    "domain" => format!("line {first} has the same domain"),
                    _ => format!("line {first} has the same name, but for its legal form, case and spaces"),
                };
                self.wrong(
                    line,
                    Some(field),
                    problem,
                    "keep one line; it may list several domains, a blank between them",
                );
            }
        }
        let Some(kind) = kind.filter(|_| self.file.problems.len() == before) else { return };
        self.seen.extend(keys.iter().map(|(_, key)| (key.clone(), line)));
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let account = Account { name: name.to_owned(), domain: domains.into_iter().next(), kind, owner: some(owner) };
        self.file.accounts.push(FileAccount { account, keys: keys.into_iter().map(|(_, key)| key).collect() });
    }

    fn text(&mut self, line: u64, field: &'static str, text: &str, most: usize) {
        if text.chars().count() > most {
            self.wrong(line, Some(field), format!("it has more than {most} characters"), "shorten it");
        }
        // What a lead's own text may not hold; sales get both in one message.
        if !is_plain(text) {
            self.wrong(line, Some(field), "it holds a line break, or a character that is not shown", "take it out");
        }
    }

    /// The registrable domain of one that leads can be matched by.
    fn domain(&mut self, line: u64, text: &str) -> Option<String> {
        let found = registrable_domain(text).filter(|domain| is_host_name(domain));
        // A name below a public suffix is registrable itself, and one below a registered name is not.
        let is_suffix = |domain: &str| {
            let below = format!("a.{domain}");
            registrable_domain(&below) == Some(below)
        };
        let (problem, mend) = match found {
            None => ("is no domain", "write one as company.example: no https://, path, port or address"),
            Some(domain) if is_suffix(&domain) => {
                ("is a suffix under which anybody may have a domain", "give the company's own domain")
            }
            Some(domain) if self.free_mail.contains(&domain) => (
                "is a mail provider's: every lead that writes from it would match",
                "give the company's own domain, or leave it empty and match by name",
            ),
            Some(domain) => return Some(domain),
        };
        self.wrong(line, Some("domain"), format!("`{text}` {problem}"), mend);
        None
    }
}

fn is_host_name(domain: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.len() <= 63 && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.') && domain.split('.').all(label) && !top.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> AccountsFile {
        read(text.as_bytes(), &["gmail.com".to_owned(), "qq.com".to_owned()].into())
    }

    /// The problems of one line under a usual header, as they are shown.
    #[track_caller]
    fn check(line: &str, expected: &[&str]) {
        let file = read_text(&format!("name,domain,kind,owner\n{line}\n"));
        let shown: Vec<String> = file.problems.iter().map(ToString::to_string).collect();
        assert_eq!(shown.len(), expected.len(), "{line}: {shown:?}");
        for (shown, expected) in shown.iter().zip(expected) {
            assert!(shown.starts_with(expected), "{line}: {shown}");
        }
        assert_eq!(file.accounts.len(), usize::from(expected.is_empty()), "{line}");
    }

    #[test]
    fn lines() {
        check("Acme Ltd,acme.example,customer,jo", &[]);
        check("Acme Ltd,,competitor,", &[]);
        check("Acme,acme.example acme.co.uk,key,", &[]);
        check("德意志机械,德意志.example,key,", &[]);
        check(",acme.example,customer,jo", &["2: name: it is empty"]);
        check("Acme,https://acme.example/,key,", &["2: domain: `https://acme.example/` is no domain"]);
        check("Acme,jo@acme.example,key,", &["2: domain: `jo@acme.example` is no domain"]);
        check("Acme,acme,key,", &["2: domain: `acme` is no domain"]);
        check("Acme,10.0.0.1,key,", &["2: domain: `10.0.0.1` is no domain"]);
        check("Acme,co.uk,key,", &["2: domain: `co.uk` is a suffix"]);
        check("Acme,gmail.com,key,", &["2: domain: `gmail.com` is a mail provider's"]);
        check("Acme,mail.QQ.com,key,", &["2: domain: `mail.QQ.com` is a mail provider's"]);
        check("Acme,acme.example,partner,", &["2: kind: `partner` is none; write customer, key or competitor"]);
        check("Acme,acme.example,,", &["2: kind: it is empty"]);
        check("---,,key,", &["2: name: it has no letter and no digit"]);
        check("---,acme.example,key,", &[]);
        check("Acme,acme.example,key", &["2: 3 cells under 4 columns"]);
        check("Acme, Inc.,acme.example,key,", &["2: 5 cells under 4 columns"]);
        check("\"Acme, Inc.\",acme.example,key,", &[]);
        check("\"Acme\nInc.\",acme.example,key,", &["2: name: it holds a line break"]);
        check(&format!("{},acme.example,key,", "x".repeat(201)), &["2: name: it has more than 200"]);
        check(&format!("Acme,acme.example,key,{}", "x".repeat(101)), &["2: owner: it has more than 100"]);
        check("Ac\u{200b}me,acme.example,key,", &["2: name: it holds a line break, or a character that is not shown"]);
        check("Acme,acme.example,key,jo\u{202e}", &["2: owner: it holds"]);
        check("Acme\u{ffff},acme.example,key,", &["2: name: it holds"]);
        check("Acme,acme.example,\u{1b}[31m,", &["2: kind: `\\u{1b}[31m` is none"]);
        check(",acme,partner,", &["2: name: ", "2: domain: ", "2: kind: "]);
    }

    #[test]
    fn headers() {
        let problems = |header: &str| {
            let file = read_text(&format!("{header}\nAcme,key\n"));
            file.problems.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(problems("name,kind"), Vec::<String>::new());
        // Excel's byte order mark, and its capitals.
        assert_eq!(problems("\u{feff}NAME,Kind"), Vec::<String>::new());
        assert!(problems("name,sort")[0].starts_with("1: `sort` is no column"));
        assert!(problems("name,sort")[1].starts_with("1: kind: the column is missing"));
        assert!(problems("name,name,kind")[0].starts_with("1: name: the column comes twice"));
        assert!(problems("")[0].starts_with("2: `acme` is no column"));
        assert!(read_text("").problems[0].to_string().starts_with("1: name: the column is missing"));
    }

    #[test]
    fn every_bad_line_is_named_by_its_own_number() {
        let mut text = b"name,domain,kind,owner\r\nA1,a1.example,key,\r\n\r\n\r\nA2,,nothing,\r\n".to_vec();
        text.extend(b"\"A\r\n3\",a3.example,key,\r\n\xc4\xe3,,key,\r\n\r\nA4,a1.example,key,\r\nA5,,what,\r\n");
        let file = read(&text, &BTreeSet::new());
        let lines: Vec<(u64, Option<&str>)> =
            file.problems.iter().map(|problem| (problem.line, problem.field)).collect();
        assert_eq!(lines, [(5, Some("kind")), (6, Some("name")), (8, None), (10, Some("domain")), (11, Some("kind"))]);
        assert_eq!(file.accounts.iter().map(|found| found.account.name.as_str()).collect::<Vec<_>>(), ["A1"]);
    }

    #[test]
    fn one_key_stands_in_one_line() {
        let file = read_text(
            "name,domain,kind\nAcme Ltd,acme.example,key\nOther,shop.acme.example,key\nACME limited,,customer\n\
             Third,third.example third.example,key\n",
        );
        let shown: Vec<String> = file.problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            [
                "3: domain: line 2 has the same domain; keep one line; it may list several domains, a blank between them",
                "4: name: line 2 has the same name, but for its legal form, case and spaces; keep one line; it may list \
                 several domains, a blank between them",
            ]
        );
        assert_eq!(file.accounts.len(), 2);
    }

    #[test]
    fn an_account_stands_under_each_of_its_domains_and_its_name() {
        let file = read_text("kind,owner,domain,name\nkey,jo,www.Tehas.example tehas.co.uk,\"Tehas GmbH & Co. KG\"\n");
        let [found] = file.accounts.as_slice() else { panic!("{:?}", file.problems) };
        let expected = Account {
            name: "Tehas GmbH & Co. KG".into(),
            domain: Some("tehas.example".into()),
            kind: AccountKind::Key,
            owner: Some("jo".into()),
        };
        assert_eq!(found.account, expected);
        let keys: Vec<String> = found.rows().map(|row| row.key().pk).collect();
        assert_eq!(keys, ["account#domain#tehas.example", "account#domain#tehas.co.uk", "account#name#tehas"]);
    }
}
