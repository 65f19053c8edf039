//! `forms.toml`: what each form and campaign is allowed and asked.

use std::collections::HashMap;

use crate::id::{Campaign, FormId};

use super::diagnostic::Code;
use super::reader::Table;

/// What a form is allowed and asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormPolicy {
    /// Whether it may name an owner and a prior qualification without a signature.
    pub trusted: bool,
    /// Whether a lead without consent is held.
    pub consent_required: bool,
    /// The URLs to which a plain HTML form may ask to be sent; exact.
    pub redirects: Vec<String>,
}

impl FormPolicy {
    /// Whether a plain HTML form may ask to be sent to `url`.
    pub fn allows_redirect(&self, url: &str) -> bool {
        self.redirects.iter().any(|allowed| allowed == url)
    }
}

/// The policy of a form that nobody declared: anyone can post to it.
pub(super) const OPEN: FormPolicy = FormPolicy { trusted: false, consent_required: true, redirects: Vec::new() };

/// What a campaign asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CampaignPolicy {
    /// Whether a person screens its leads before they are scored.
    pub screening: bool,
}

#[derive(Default)]
pub(super) struct Forms {
    pub(super) forms: HashMap<FormId, FormPolicy>,
    pub(super) campaigns: HashMap<Campaign, CampaignPolicy>,
}

pub(super) fn read(root: Table<'_>) -> Forms {
    let mut forms = Forms::default();
    for mut table in root.tables("form") {
        let id = table.identify("id");
        _ = table.text("title");
        let consent_required = table.choice("consent", &[("required", true), ("not_required", false)]).unwrap_or(true);
        let mut redirects = Vec::new();
        for (url, site) in table.texts("redirects") {
            if !url.starts_with("https://")
                && !url.starts_with("http://localhost")
                && !url.starts_with("http://127.0.0.1")
            {
                site.report(
                    table.problems(),
                    Code::Malformed,
                    format!("`{url}` is no https address"),
                    "write the whole address of a page",
                );
            }
            redirects.push(url);
        }
        let policy = FormPolicy { trusted: table.flag("trusted").unwrap_or_default(), consent_required, redirects };
        match FormId::parse(id.clone()) {
            Ok(id) if forms.forms.insert(id.clone(), policy).is_some() => {
                table.report("id", Code::Twice, format!("form `{id}` is declared twice"), "take one out");
            }
            Err(error) if !id.is_empty() => {
                table.report("id", Code::Malformed, format!("`{id}` is no form id"), error.to_string())
            }
            _ => {}
        }
        table.finish();
    }
    for mut table in root.tables("campaign") {
        let id = table.identify("id");
        _ = table.text("title");
        let policy = CampaignPolicy { screening: table.flag("screening").unwrap_or_default() };
        match Campaign::parse(id.clone()) {
            Ok(id) if forms.campaigns.insert(id.clone(), policy).is_some() => {
                table.report("id", Code::Twice, format!("campaign `{id}` is declared twice"), "take one out");
            }
            Err(error) if !id.is_empty() => {
                table.report("id", Code::Malformed, format!("`{id}` is no campaign id"), error.to_string())
            }
            _ => {}
        }
        table.finish();
    }
    root.finish();
    forms
}
