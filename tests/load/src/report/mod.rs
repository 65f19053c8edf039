//! What was measured, kept between commands, and put into the documentation.

mod plot;
mod text;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use figures::put;
use leadctl::workspace::Workspace;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::ceiling::Ceiling;
use crate::round::Round;

pub use text::{books, burst, ceiling, latency};

/// On the page only together with its figures.
const PICTURE: &str = "![Median and 99th percentile of every hop, at each rate](latency.svg)";

/// Figures of one kind.
pub trait Kept: Serialize + DeserializeOwned {
    /// The name of their file.
    const NAME: &'static str;
}

impl Kept for Ceiling {
    const NAME: &'static str = "ceiling";
}

/// A constant load, rate by rate.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Latency(pub Vec<Round>);

impl Kept for Latency {
    const NAME: &'static str = "latency";
}

/// Many leads as fast as they are taken.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Burst(pub Round);

impl Kept for Burst {
    const NAME: &'static str = "burst";
}

/// Keeps figures for [`write`].
pub fn keep<K: Kept>(workspace: &Workspace, figures: &K) -> Result<()> {
    let path = path::<K>(workspace);
    fs::create_dir_all(path.parent().unwrap_or(&path))?;
    fs::write(&path, serde_json::to_vec_pretty(figures)?).with_context(|| format!("cannot write {}", path.display()))
}

fn kept<K: Kept>(workspace: &Workspace) -> Result<K> {
    let path = path::<K>(workspace);
    let text = fs::read(&path).with_context(|| format!("nothing was measured by `load {}` yet", K::NAME))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is of another version; measure again", path.display()))
}

fn path<K: Kept>(workspace: &Workspace) -> PathBuf {
    workspace.target().join("load").join(K::NAME).with_extension("json")
}

/// Writes the tables of what was measured last into `latency.md`, and draws the picture beside it.
pub fn write(workspace: &Workspace) -> Result<()> {
    let (Latency(rounds), Burst(round)) = (kept(workspace)?, kept(workspace)?);
    let docs = workspace.root().join("docs");
    let hops = format!("{PICTURE}\n\n{}", latency(&rounds));
    let tables = [("hops", hops), ("burst", burst(&round)), ("ceiling", ceiling(&kept(workspace)?))];
    put_all(&docs.join("latency.md"), &tables)?;
    fs::write(docs.join("latency.svg"), plot::svg(&rounds)?)?;
    Ok(())
}

fn put_all(path: &Path, tables: &[(&str, String)]) -> Result<()> {
    let mut page = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    for (name, table) in tables {
        page = put(&page, &format!("latency {name}"), table)?;
    }
    Ok(fs::write(path, page)?)
}
