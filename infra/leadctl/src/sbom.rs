//! What the functions are made of: a bill of materials in [CycloneDX](https://cyclonedx.org/docs/1.6/json/) 1.6, of every
//! crate whose code is linked into a function or runs while it is built. Cargo resolves them; the lock file has their hashes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    package::{Arch, FUNCTIONS},
    workspace::{Workspace, cargo},
};

/// A crate, and on which others it depends.
struct Part {
    licence: String,
    /// One of this workspace.
    ours: bool,
    needs: BTreeSet<Id>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Id {
    name: String,
    version: String,
}

impl Id {
    fn purl(&self) -> String {
        format!("pkg:cargo/{}@{}", self.name, self.version.replace('+', "%2B"))
    }
}

/// The document. The same commit gives the same text: it has neither a date nor a serial number.
pub fn document(workspace: &Workspace, arch: Arch) -> Result<Value> {
    let parts = parts(&tree(workspace, arch)?)?;
    let path = workspace.root().join("Cargo.lock");
    let lock = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    describe(&parts, &checksums(&lock)?, arch)
}

/// Every crate behind every one that it is needed by, as cargo prints them.
fn tree(workspace: &Workspace, arch: Arch) -> Result<String> {
    let mut command = cargo();
    command.args(["tree", "--locked", "--edges", "normal,build", "--prefix", "depth", "--format", "{p}\t{l}"]);
    command.args(["--target", arch.target()]).current_dir(workspace.root());
    for name in FUNCTIONS {
        command.args(["--package", name]);
    }
    let output = command.output().context("cannot run cargo")?;
    if !output.status.success() {
        bail!("cargo tree failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).context("cargo tree printed no text")
}

fn parts(tree: &str) -> Result<BTreeMap<Id, Part>> {
    let mut parts: BTreeMap<Id, Part> = BTreeMap::new();
    let mut above: Vec<Id> = Vec::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let digits = line.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
        let (depth, rest) = line.split_at(digits);
        let unread = || format!("cargo tree printed `{line}`");
        let depth: usize = depth.parse().with_context(unread)?;
        let (package, licence) = rest.split_once('\t').with_context(unread)?;
        let mut words = package.split(' ');
        let (Some(name), Some(version)) = (words.next(), words.next()) else { bail!(unread()) };
        let id = Id { name: name.to_owned(), version: version.trim_start_matches('v').to_owned() };
        above.truncate(depth);
        if let Some(parent) = above.last().and_then(|parent| parts.get_mut(parent)) {
            parent.needs.insert(id.clone());
        }
        parts.entry(id.clone()).or_insert_with(|| Part {
            licence: licence.trim_end_matches(" (*)").to_owned(),
            ours: words.any(|word| word.starts_with("(/")),
            needs: BTreeSet::new(),
        });
        above.push(id);
    }
    Ok(parts)
}

fn checksums(lock: &str) -> Result<HashMap<Id, String>> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        version: String,
        checksum: Option<String>,
    }
    let lock: Lock = toml::from_str(lock).context("Cargo.lock is unreadable")?;
    let of = |package: Package| Some((Id { name: package.name, version: package.version }, package.checksum?));
    Ok(lock.package.into_iter().filter_map(of).collect())
}

fn describe(parts: &BTreeMap<Id, Part>, checksums: &HashMap<Id, String>, arch: Arch) -> Result<Value> {
    let mut components = Vec::new();
    for (id, part) in parts {
        let function = FUNCTIONS.contains(&id.name.as_str());
        let mut component = Map::from_iter([
            ("type".to_owned(), json!(if function { "application" } else { "library" })),
            ("bom-ref".to_owned(), json!(id.purl())),
            ("name".to_owned(), json!(id.name)),
            ("version".to_owned(), json!(id.version)),
            ("purl".to_owned(), json!(id.purl())),
        ]);
        if !part.licence.is_empty() {
            // Older crates write `/`, which SPDX does not know.
            let expression = part.licence.replace(" / ", "/").replace('/', " OR ");
            component.insert("licenses".to_owned(), json!([{ "expression": expression }]));
        }
        if !part.ours {
            let Some(checksum) = checksums.get(id) else {
                bail!("Cargo.lock has no checksum of {} {}", id.name, id.version);
            };
            component.insert("hashes".to_owned(), json!([{ "alg": "SHA-256", "content": checksum }]));
        }
        components.push(component);
    }
    let functions: Vec<String> =
        parts.keys().filter(|id| FUNCTIONS.contains(&id.name.as_str())).map(Id::purl).collect();
    let mut dependencies = vec![json!({ "ref": "lead-relay", "dependsOn": functions })];
    dependencies.extend(parts.iter().map(|(id, part)| {
        let needs: Vec<String> = part.needs.iter().map(Id::purl).collect();
        json!({ "ref": id.purl(), "dependsOn": needs })
    }));
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "lead-relay",
                "name": "lead-relay",
                "version": env!("CARGO_PKG_VERSION"),
            },
            "properties": [{ "name": "lead-relay:target", "value": arch.target() }],
        },
        "components": components,
        "dependencies": dependencies,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_their_licence_their_hash_and_what_they_need() {
        let tree = "\
0intake v0.1.0 (/home/me/functions/intake)\tMIT OR Apache-2.0
1serde v1.0.229\tMIT/Apache-2.0
2serde_derive v1.0.229 (proc-macro)\t
1zip v9.0.0+b\tMIT
2serde v1.0.229\tMIT/Apache-2.0 (*)

0route v0.1.0 (/home/me/functions/route)\tMIT OR Apache-2.0
1zip v9.0.0+b\tMIT (*)
";
        let lock = r#"
            version = 4
            [[package]]
            name = "intake"
            version = "0.1.0"
            [[package]]
            name = "serde"
            version = "1.0.229"
            checksum = "aa"
            [[package]]
            name = "serde_derive"
            version = "1.0.229"
            checksum = "bb"
            [[package]]
            name = "zip"
            version = "9.0.0+b"
            checksum = "cc"
        "#;
        let document = describe(&parts(tree).unwrap(), &checksums(lock).unwrap(), Arch::Arm64).unwrap();
        let component = |name: &str| {
            let components = document["components"].as_array().unwrap();
            components.iter().find(|component| component["name"] == name).unwrap().clone()
        };
        assert_eq!(document["components"].as_array().unwrap().len(), 5);
        assert_eq!(component("intake")["type"], "application");
        assert!(component("intake").get("hashes").is_none());
        assert_eq!(component("serde")["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(component("serde")["hashes"][0]["content"], "aa");
        assert!(component("serde_derive").get("licenses").is_none());
        assert_eq!(component("zip")["purl"], "pkg:cargo/zip@9.0.0%2Bb");

        let needs = |what: &str| {
            let dependencies = document["dependencies"].as_array().unwrap();
            dependencies.iter().find(|entry| entry["ref"] == what).unwrap()["dependsOn"].clone()
        };
        assert_eq!(needs("lead-relay"), json!(["pkg:cargo/intake@0.1.0", "pkg:cargo/route@0.1.0"]));
        assert_eq!(needs("pkg:cargo/intake@0.1.0"), json!(["pkg:cargo/serde@1.0.229", "pkg:cargo/zip@9.0.0%2Bb"]));
        assert_eq!(needs("pkg:cargo/serde@1.0.229"), json!(["pkg:cargo/serde_derive@1.0.229"]));
        assert_eq!(needs("pkg:cargo/zip@9.0.0%2Bb"), json!(["pkg:cargo/serde@1.0.229"]));
        assert_eq!(needs("pkg:cargo/route@0.1.0"), json!(["pkg:cargo/zip@9.0.0%2Bb"]));

        let without = lock.replace("checksum = \"bb\"", "");
        let refused = describe(&parts(tree).unwrap(), &checksums(&without).unwrap(), Arch::Arm64).unwrap_err();
        assert_eq!(refused.to_string(), "Cargo.lock has no checksum of serde_derive 1.0.229");
    }
}
