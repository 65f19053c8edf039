//! `leadctl rules explain`: the whole decision about one lead, readable. Decides as the functions do, and stores nothing.

mod print;

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::Args;
use jiff::Timestamp;
use leads::decision::{Account, AccountKind, CleanVerdict, Cleaned, Routed, Scored, Trace};
use leads::profile::{PhoneFact, Profile};
use leads::rules::RuleSet;
use leads::submission::Submission;
use leads::{clean, route, score};
use serde_json::{Value, json};

use crate::backtest::accounts::AccountBook;
use crate::backtest::past::{PastLead, Unreadable, Verdict, given};
use crate::commands::accounts;

/// Which lead, and under which rules.
#[derive(Args)]
#[command(after_help = "\
Examples:
  leadctl rules explain lead.json
  leadctl rules explain lead.json --rules new-rules --account customer:zhao.lei
  leadctl samples generate 1 | leadctl rules explain - --accounts infra/samples/accounts.csv
The lead is what a form posts, as JSON, or an envelope around it as in docs/backtest.md. A lead that the rules stop is
scored and routed all the same, to show what a person's release would lead to.")]
pub struct Arguments {
    /// The lead: a JSON file, or `-` for standard input.
    lead: PathBuf,
    /// Another folder than infra/rules.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Its account: customer, key or competitor, and maybe the owner.
    #[arg(long, value_name = "KIND[:OWNER]", value_parser = account, conflicts_with = "accounts")]
    account: Option<Account>,
    /// Where to look its account up: a file as for `leadctl accounts import`.
    #[arg(long, value_name = "CSV")]
    accounts: Option<PathBuf>,
    /// When it came, if it does not say; now by default.
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Everything that there is to say about a lead.
struct Explained {
    submission: Submission,
    touches: usize,
    at: Timestamp,
    profile: Profile,
    account: Option<Account>,
    /// Why the intake would not take it.
    refused_at_the_door: bool,
    cleaned: Cleaned,
    tried: Trace,
    /// The kinds of keys by which duplicates are known.
    keys: Vec<&'static str>,
    scored: Scored,
    routed: Routed,
}

impl Arguments {
    /// Explains; answers whether the lead could be read.
    pub(super) fn run(&self) -> Result<bool> {
        let rules = super::load(self.rules.clone())?;
        let lead = match PastLead::read(&read(&self.lead)?) {
            Ok(lead) => lead,
            Err(Unreadable::Malformed(why)) => return Err(anyhow!("{}: {why}", self.lead.display())),
            Err(Unreadable::Invalid(problems)) if self.json => {
                println!("{}", serde_json::to_string_pretty(&json!({ "problems": problems }))?);
                return Ok(false);
            }
            Err(Unreadable::Invalid(problems)) => {
                println!("the intake refuses it (422):");
                problems
                    .iter()
                    .for_each(|problem| println!("  {}  {}: {}", problem.pointer, problem.code, problem.detail));
                return Ok(false);
            }
        };
        let book = self.accounts.as_deref().map(accounts::read_good).transpose()?.unwrap_or_default();
        let explained = explain(lead, self, &AccountBook::of(&book), &rules);
        if self.json {
            println!("{}", serde_json::to_string_pretty(&explained.to_json(&rules)?)?);
        } else {
            print::print(&explained, &rules);
        }
        Ok(true)
    }
}

fn explain(lead: PastLead, options: &Arguments, book: &AccountBook, rules: &RuleSet) -> Explained {
    let submission = lead.submission;
    let at = lead.at.or(options.at).unwrap_or_else(Timestamp::now);
    let profile = Profile::of(&submission);
    let account = options.account.clone().or(lead.account).or_else(|| book.find(&profile).cloned());
    let (released, qualified) = match lead.verdict {
        Some(Verdict::Pass(qualified)) => (true, qualified),
        Some(Verdict::Refuse) | None => (false, None),
    };
    let cleaned = clean::clean(&submission, &profile, account.as_ref(), released, rules);
    let tried = clean::trace(&submission, &profile, account.as_ref(), released, rules);
    let keys = clean::clean(&submission, &profile, account.as_ref(), true, rules).keys;
    let given = qualified.map(|verdict| given(verdict, at));
    let scored = score::score(&submission, &profile, &lead.touches, account.as_ref(), given.as_ref(), rules, at);
    let routed = route::route(&submission, &profile, &scored, rules, at);
    Explained {
        touches: lead.touches.len(),
        at,
        refused_at_the_door: !rules.admits(&submission),
        keys: keys.iter().map(|key| key.kind).collect(),
        submission,
        profile,
        account,
        cleaned,
        tried,
        scored,
        routed,
    }
}

fn read(file: &Path) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_end(&mut body).context("cannot read standard input")?;
    } else {
        body = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    }
    Ok(body)
}

fn account(text: &str) -> Result<Account, String> {
    let (kind, owner) = text.split_once(':').map_or((text, None), |(kind, owner)| (kind, Some(owner)));
    let kind = match kind {
        "customer" => AccountKind::Customer,
        "key" => AccountKind::Key,
        "competitor" => AccountKind::Competitor,
        _ => return Err("write customer, key or competitor, and maybe `:` and the owner".to_owned()),
    };
    let owner = owner.filter(|owner| !owner.is_empty()).map(str::to_owned);
    Ok(Account { name: "(given)".to_owned(), domain: None, kind, owner })
}

impl Explained {
    /// What normalisation made of the submission: name and value, as far as there is one.
    fn normalised(&self) -> Vec<(&'static str, String)> {
        let profile = &self.profile;
        let phone = match &profile.phone {
            PhoneFact::None => None,
            PhoneFact::Invalid { .. } => Some("no valid number".to_owned()),
            PhoneFact::Valid { e164, extension, .. } => {
                let extension = extension.as_ref().map_or_else(String::new, |to| format!(" extension {}", to.expose()));
                Some(format!("{}{extension}", e164.expose()))
            }
        };
        let run = profile.phone.digit_run();
        let account = self.account.as_ref().map(|account| {
            let kind = match account.kind {
                AccountKind::Customer => "customer",
                AccountKind::Key => "key",
                AccountKind::Competitor => "competitor",
            };
            let owner = account.owner.as_ref().map_or_else(String::new, |owner| format!(", owner {owner}"));
            format!("{kind} {}{owner}", account.name)
        });
        [
            ("e-mail", profile.email.as_ref().map(|email| email.expose().to_owned())),
            ("company domain", profile.company_domain.clone()),
            ("phone", phone),
            ("longest digit run", (run > 0).then(|| run.to_string())),
            ("country", profile.country().map(str::to_owned)),
            ("province (GB/T 2260)", profile.province().map(str::to_owned)),
            ("city (GB/T 2260)", profile.city().map(str::to_owned)),
            ("company", profile.company_key.clone()),
            ("person", profile.name.as_ref().map(|name| name.expose().to_owned())),
            ("account", account),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }

    /// `accept`, `hold` or `refuse`, and for the latter the reason code.
    fn verdict(&self) -> (&'static str, Option<&str>) {
        match &self.cleaned.verdict {
            CleanVerdict::Accept => ("accept", None),
            CleanVerdict::Hold { reason, .. } => ("hold", Some(&reason.code)),
            CleanVerdict::Refuse { reason } => ("refuse", Some(&reason.code)),
        }
    }

    fn to_json(&self, rules: &RuleSet) -> Result<Value> {
        let normalised: serde_json::Map<_, _> =
            self.normalised().into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let (verdict, reason) = self.verdict();
        let scoring = rules.scoring_outline();
        let routed = &self.routed;
        Ok(json!({
            "rules": rules.version(),
            "at": self.at,
            "normalised": normalised,
            "refused_at_the_door": self.refused_at_the_door,
            "clean": { "verdict": verdict, "reason": reason, "steps": self.tried, "duplicate_keys": self.keys },
            "score": {
                "scored": self.scored,
                "thresholds": {
                    "intent": scoring.intent_high, "value": scoring.value_high, "standard": scoring.standard,
                },
                "categories": scoring.categories,
            },
            "route": {
                "queue": routed.queue, "rule": routed.rule, "owner": routed.owner, "strategy": routed.strategy,
                "sla": routed.sla, "steps": routed.trace,
            },
        }))
    }
}
