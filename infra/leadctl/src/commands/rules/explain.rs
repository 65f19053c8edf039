//! stub
use anyhow::Result;
use clap::Args;
/// stub
#[derive(Args)]
pub struct Options {}
pub(crate) fn run(_: &Options) -> Result<bool> {
    Ok(true)
}
