//! Files of accounts, as they are exported from somewhere.

use std::collections::BTreeSet;

use leadctl::accounts_file::read;
use leads::row::{Row, RowKey};

use crate::text::is_fit;

pub(crate) fn file(text: &[u8]) {
    let free_mail = BTreeSet::from(["gmail.com".to_owned(), "qq.com".to_owned()]);
    let file = read(text, &free_mail);
    let mut keys: BTreeSet<RowKey> = BTreeSet::new();
    let mut again = "name,domain,kind,owner\n".to_owned();
    for found in &file.accounts {
        let account = &found.account;
        // Both go on to sales in messages about their leads.
        assert!(is_fit(&account.name) && is_fit(account.owner.as_deref().unwrap_or_default()), "{account:?}");
        assert!(account.domain.iter().all(|domain| domain.is_ascii() && domain.contains('.')), "{account:?}");
        assert!(!found.keys.is_empty(), "no lead would match {account:?}");
        assert!(found.keys.iter().all(|key| keys.insert(key.clone())), "a key twice: {account:?}");
        for row in found.rows() {
            let Row::Account(row) = row else { panic!("not an account's row") };
            assert!(row.pk.len() <= 2048, "DynamoDB takes no longer key");
            let stored = serde_json::to_string(&row.account).unwrap();
            assert_eq!(serde_json::from_str::<leads::decision::Account>(&stored).unwrap(), row.account);
        }
        let domains = found.keys.iter().filter_map(|key| key.pk.strip_prefix("account#domain#"));
        let kind = serde_json::to_value(account.kind).unwrap();
        let owner = account.owner.as_deref().unwrap_or_default();
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        again.push_str(&format!(
            "{},{},{},{}\n",
            quoted(&account.name),
            domains.collect::<Vec<_>>().join(" "),
            kind.as_str().unwrap(),
            quoted(owner),
        ));
    }
    let lines = text.split(|byte| *byte == b'\n').count() as u64 + 1;
    for problem in &file.problems {
        assert!((1..=lines).contains(&problem.line), "{problem} of {lines} lines");
        assert!(is_fit(&problem.to_string()), "a terminal would act on {problem:?}");
    }
    let again = read(again.as_bytes(), &free_mail);
    assert_eq!(again.problems, [], "normalised twice");
    assert_eq!(again.accounts, file.accounts, "normalised twice");
}
