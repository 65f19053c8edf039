//! `leadctl sbom`: what the functions are made of.

use anyhow::Result;
use clap::Args;

use crate::package::Arch;
use crate::sbom;
use crate::workspace::Workspace;

/// Of which functions.
#[derive(Args)]
#[command(after_help = "Example: leadctl sbom --arch x86_64 > sbom.cdx.json")]
pub struct Arguments {
    /// What they are built for.
    #[arg(long, value_enum, default_value = "arm64")]
    arch: Arch,
}

impl Arguments {
    /// Prints it.
    pub fn run(&self) -> Result<bool> {
        println!("{:#}", sbom::document(&Workspace::find()?, self.arch)?);
        Ok(true)
    }
}
