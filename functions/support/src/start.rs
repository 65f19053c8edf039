//! What every function starts with.

use futures::future::join;
use leads::rules::RuleSet;

use crate::config::{ConfigError, rules_from_package};
use crate::{Aws, Config};

/// The rules of the package, and the ports. The rules are read while the services answer.
pub async fn start(config: &Config) -> Result<(RuleSet, Aws), ConfigError> {
    let (aws, rules) = join(Aws::connect(config), async { rules_from_package() }).await;
    Ok((rules?, aws))
}
