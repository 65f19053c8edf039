//! Configuration from the environment. Names only: secrets are read from Secrets Manager.

use std::path::{Path, PathBuf};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::Region;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use leads::rules::RuleSet;

use crate::connections;

/// A variable is missing, or the rules are not usable.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The template sets these.
    #[error("the environment variable `{0}` is not set; infra/template.yaml sets it for every function")]
    Missing(&'static str),
    /// A rule file cannot be read.
    #[error("the rule file {} cannot be read", .0.display())]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// A rule file is in another encoding, UTF-16 for example.
    #[error("the rule file {} is not saved as UTF-8; save it again with the encoding UTF-8", .0.display())]
    NotUtf8(PathBuf),
    /// The rules have problems, one a line.
    #[error("the rules are not usable:\n{0}")]
    Rules(String),
    /// A secret cannot be had.
    #[error("the secret named by `{0}` cannot be read: {1}")]
    Secret(&'static str, String),
}

/// Where the stack is and how to reach it.
#[derive(Clone, Debug)]
pub struct Config {
    /// The region.
    pub region: Region,
    /// Another endpoint than AWS's own: the local stack's.
    pub endpoint: Option<String>,
    /// The table.
    pub table: String,
    /// What stands before a queue's name in its URL.
    pub queue_url_prefix: String,
    /// Where captchas are verified, if anywhere.
    pub captcha_url: Option<String>,
    pub(crate) credentials: Credentials,
    pub(crate) connector: SharedHttpConnector,
}

impl Config {
    /// Reads what Lambda and the template set. Lambda's credentials last for the life of the process, so they are read
    /// once, without the provider chain and its cold start.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            region: Region::new(variable("AWS_REGION")?),
            endpoint: std::env::var("AWS_ENDPOINT_URL").ok().filter(|url| !url.is_empty()),
            table: variable("TABLE_NAME")?,
            queue_url_prefix: variable("QUEUE_URL_PREFIX")?,
            captcha_url: std::env::var("CAPTCHA_URL").ok().filter(|url| !url.is_empty()),
            credentials: Credentials::new(
                variable("AWS_ACCESS_KEY_ID")?,
                variable("AWS_SECRET_ACCESS_KEY")?,
                std::env::var("AWS_SESSION_TOKEN").ok().filter(|token| !token.is_empty()),
                None,
                "lambda",
            ),
            connector: connections::connector(),
        })
    }
}

pub(crate) fn variable(name: &'static str) -> Result<String, ConfigError> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).ok_or(ConfigError::Missing(name))
}

/// The rule set that travels in the function's zip, in the folder `rules`.
pub(crate) fn rules_from_package() -> Result<RuleSet, ConfigError> {
    let root = variable("LAMBDA_TASK_ROOT")?;
    rules_from(&Path::new(&root).join("rules"))
}

/// The rule set in a folder: every rule file in it and below it.
pub fn rules_from(folder: &Path) -> Result<RuleSet, ConfigError> {
    let sources = rule_sources(folder)?;
    RuleSet::from_sources(&sources)
        .map_err(|problems| ConfigError::Rules(problems.iter().map(|p| format!("{p}\n")).collect()))
}

/// Whether a file is one of rules: `.toml`, or a list of entries as `.txt`.
pub fn is_rule_file(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "toml" || extension == "txt")
}

/// The rule files in a folder, as pairs of path below it and text, sorted by path.
pub fn rule_sources(folder: &Path) -> Result<Vec<(String, String)>, ConfigError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::InvalidData => ConfigError::NotUtf8(path),
            _ => ConfigError::Unreadable(path, error),
        }
    };
    let mut sources = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(&directory).map_err(unreadable(&directory))? {
            let path = entry.map_err(unreadable(&directory))?.path();
            if path.is_dir() {
                open.push(path);
            } else if is_rule_file(&path) {
                let text = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
                let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                sources.push((name, text));
            }
        }
    }
    sources.sort();
    Ok(sources)
}
