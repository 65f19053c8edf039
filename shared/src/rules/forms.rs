//! `forms.toml`: what each form and campaign is allowed and asked.

use std::collections::HashMap;

use crate::id::{Campaign, FormId};
use crate::submission::{HONEYPOT, is_own_name};

use super::diagnostic::Code;
use super::reader::Table;

/// For how many seconds at least a person has a form open, unless its policy says otherwise.
const LEAST_SECONDS: u32 = 2;

/// What a form is allowed and asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormPolicy {
    /// Whether it may name an owner and a prior qualification without a signature.
    pub trusted: bool,
    /// Whether a lead without consent is held.
    pub consent_required: bool,
    /// The URLs to which a plain HTML form may ask to be sent; exact.
    pub redirects: Vec<String>,
    /// The name of the field that people do not see. Whoever fills it in is taken for a program.
    pub honeypot: Option<String>,
    /// For how many seconds at least a person has the form open.
    pub least_seconds: u32,
    /// The hosts whose pages show its captcha; none if it asks for none.
    pub captcha_hosts: Vec<String>,
}

impl FormPolicy {
    /// Whether a plain HTML form may ask to be sent to `url`.
    pub fn allows_redirect(&self, url: &str) -> bool {
        self.redirects.iter().any(|allowed| allowed == url)
    }

    /// The name of the field that people do not see.
    pub fn honeypot(&self) -> &str {
        self.honeypot.as_deref().unwrap_or(HONEYPOT)
    }

    /// Whether a page that was open for so long was filled in by no person.
    pub fn is_too_fast(&self, elapsed_ms: u64) -> bool {
        elapsed_ms < u64::from(self.least_seconds) * 1000
    }
}

/// The policy of a form that nobody declared: anyone can post to it.
pub(super) const OPEN: FormPolicy = FormPolicy {
    trusted: false,
    consent_required: true,
    redirects: Vec::new(),
    honeypot: None,
    least_seconds: LEAST_SECONDS,
    captcha_hosts: Vec::new(),
};

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
        let policy = FormPolicy {
            trusted: table.flag("trusted").unwrap_or_default(),
            consent_required,
            redirects,
            honeypot: honeypot(&table),
            least_seconds: table
                .integer("least_seconds", 0..=600)
                .and_then(|seconds| u32::try_from(seconds).ok())
                .unwrap_or(LEAST_SECONDS),
            captcha_hosts: captcha_hosts(&table),
        };
        match FormId::parse(id.clone()) {
            Ok(id) if forms.forms.insert(id.clone(), policy).is_some() => {
                table.report("id", Code::Twice, format!("form `{id}` is declared twice"), "take one out");
            }
            Err(error) if !id.is_empty() => {
                table.report("id", Code::Malformed, format!("`{id}` is no form id"), error.to_string());
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
                table.report("id", Code::Malformed, format!("`{id}` is no campaign id"), error.to_string());
            }
            _ => {}
        }
        table.finish();
    }
    root.finish();
    forms
}

fn honeypot(table: &Table<'_>) -> Option<String> {
    let name = table.text("honeypot")?;
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if name.len() > 40 || !name.bytes().all(legal) {
        let problem = format!("`{name}` is no name of a honeypot");
        table.report("honeypot", Code::Malformed, problem, "use up to 40 letters, digits, `-` and `_`");
        return None;
    }
    if is_own_name(&name) {
        let problem = format!("`{name}` is a field that people fill in");
        table.report("honeypot", Code::Malformed, problem, "give the honeypot a name of its own");
        return None;
    }
    Some(name)
}

fn captcha_hosts(table: &Table<'_>) -> Vec<String> {
    let mut hosts = Vec::new();
    for (host, site) in table.texts("captcha_hosts") {
        let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
        if !host.bytes().all(legal) {
            let problem = format!("`{host}` is no host");
            site.report(
                table.problems(),
                Code::Malformed,
                problem,
                "write it as in \"www.example.com\", in small letters",
            );
        }
        hosts.push(host);
    }
    hosts
}
