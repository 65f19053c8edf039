//! Accounts in memory, found as the score function finds them in the table: by domain first, then by name.

use std::collections::HashMap;

use leads::decision::Account;
use leads::profile::Profile;

use crate::accounts_file::FileAccount;

/// Accounts under each of their keys.
#[derive(Clone, Debug, Default)]
pub struct AccountBook {
    by_key: HashMap<String, Account>,
}

impl AccountBook {
    /// A book of these accounts.
    pub fn of(accounts: &[FileAccount]) -> Self {
        let entries = accounts.iter().flat_map(|of| of.keys.iter().map(|key| (key.pk.clone(), of.account.clone())));
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
