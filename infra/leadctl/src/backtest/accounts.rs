//! Accounts in memory, found as the score function finds them in the table: by domain first, then by name.

use std::collections::HashMap;

use leads::decision::Account;
use leads::profile::Profile;

use crate::commands::accounts::keys;

/// Accounts under each of their keys.
#[derive(Clone, Debug, Default)]
pub struct AccountBook {
    by_key: HashMap<String, Account>,
}

impl AccountBook {
    /// A book of these accounts. Of two under one key the later one counts, as after an import.
    pub fn of(accounts: &[Account]) -> Self {
        let entries = accounts.iter().flat_map(|account| keys(account).map(|key| (key.pk, account.clone())));
        Self { by_key: entries.collect() }
    }

    /// The account that a lead belongs to.
    pub fn find(&self, profile: &Profile) -> Option<&Account> {
        if self.by_key.is_empty() {
            return None;
        }
        profile.account_keys().iter().find_map(|key| self.by_key.get(&key.pk))
    }
}
