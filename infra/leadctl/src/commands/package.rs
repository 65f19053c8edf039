//! `leadctl package`: what goes to AWS, and what it is made of.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use super::rules::Rules;
use crate::{
    package::{self, Arch, Contents, Place},
    sbom,
    workspace::Workspace,
};

/// What to pack.
#[derive(Args)]
#[command(after_help = "\
Examples:
  leadctl package                                     compiles, for minutes; target/lambda/*.zip and sbom.cdx.json
  leadctl package --rules-only                        seconds: the programs of target/lambda, the rules of this checkout
  leadctl package --rules-only --zips ~/lambda-arm64  with the programs of a release
Both refuse rules with which `leadctl rules check` finds an error.")]
pub struct Arguments {
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

impl Arguments {
    /// Packs the functions into `target/lambda`; answers whether the rules were fit for it.
    pub fn run(&self) -> Result<bool> {
        let workspace = Workspace::find()?;
        let checked = Rules::Check { folder: None, json: false }.run()?;
        if !checked {
            eprintln!("leadctl: nothing was packed: functions do not start on rules with an error");
            return Ok(false);
        }
        let out = package::aws_zips(&workspace);
        let rules = workspace.infra().join("rules");
        let contents = Contents { rules: &rules, revision: self.revision.as_deref() };
        let zips = if self.rules_only {
            let programs =
                package::unpack(self.zips.as_ref().unwrap_or(&out), &workspace.target().join("lambda-programs"))?;
            package::pack(&workspace, contents, &programs, &out, Place::Aws)?
        } else {
            let programs = package::build_for_aws(&workspace, self.arch)?;
            let zips = package::pack(&workspace, contents, &programs, &out, Place::Aws)?;
            write_sbom(&workspace, self.arch, &out.join("sbom.cdx.json"))?;
            zips
        };
        for zip in zips.values() {
            println!("{:>9} bytes  {}", zip.metadata()?.len(), zip.display());
        }
        Ok(true)
    }
}

fn write_sbom(workspace: &Workspace, arch: Arch, path: &Path) -> Result<()> {
    let text = format!("{:#}\n", sbom::document(workspace, arch)?);
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
