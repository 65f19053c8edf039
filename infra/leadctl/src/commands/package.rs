//! `leadctl package` and `leadctl sbom`: what goes to AWS, and what it is made of.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use super::rules;
use crate::{
    package::{self, Arch, Contents, Place},
    sbom,
    workspace::Workspace,
};

/// What to pack.
#[derive(Args)]
pub struct Options {
    /// What they will run on; the template's parameter `Architecture` must say the same.
    #[arg(long, value_enum, default_value = "arm64")]
    arch: Arch,
    /// Compile nothing: new zips with the rules of this checkout and the programs of the zips that are there.
    #[arg(long, conflicts_with = "arch")]
    rules_only: bool,
    /// The zips to take the programs from, for example those of a release; target/lambda by default.
    #[arg(long, value_name = "DIR", requires = "rules_only")]
    zips: Option<PathBuf>,
    /// Makes new versions of functions whose programs and rules are as they were, if it is another text than before: they
    /// start anew, with changed parameters and secrets.
    #[arg(long, value_name = "TEXT")]
    revision: Option<String>,
}

/// Packs the functions into `target/lambda`; answers whether the rules were fit for it.
pub fn run(options: &Options) -> Result<bool> {
    let workspace = Workspace::find()?;
    if !rules::run(rules::Rules::Check { folder: None, json: false })? {
        eprintln!("leadctl: nothing was packed: functions do not start on rules with an error");
        return Ok(false);
    }
    let out = package::aws_zips(&workspace);
    let rules = workspace.infra().join("rules");
    let contents = Contents { rules: &rules, revision: options.revision.as_deref() };
    let zips = if options.rules_only {
        let programs =
            package::unpack(options.zips.as_ref().unwrap_or(&out), &workspace.target().join("lambda-programs"))?;
        package::pack(&workspace, contents, &programs, &out, Place::Aws)?
    } else {
        let programs = package::build_for_aws(&workspace, options.arch)?;
        let zips = package::pack(&workspace, contents, &programs, &out, Place::Aws)?;
        write_sbom(&workspace, options.arch, &out.join("sbom.cdx.json"))?;
        zips
    };
    for zip in zips.values() {
        println!("{:>9} bytes  {}", zip.metadata()?.len(), zip.display());
    }
    Ok(true)
}

/// Prints what the functions are made of.
pub fn print_sbom(arch: Arch) -> Result<()> {
    println!("{:#}", sbom::document(&Workspace::find()?, arch)?);
    Ok(())
}

fn write_sbom(workspace: &Workspace, arch: Arch, path: &Path) -> Result<()> {
    let text = format!("{:#}\n", sbom::document(workspace, arch)?);
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
