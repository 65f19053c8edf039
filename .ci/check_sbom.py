"""Checks a bill of materials: `check_sbom.py ARCH FILE`. It must be CycloneDX 1.6, and list what cargo resolves for the
functions, each crate with the hash of the lock file."""

import json
import re
import subprocess
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

arch, path = sys.argv[1:]
target = {"arm64": "aarch64-unknown-linux-gnu", "x86_64": "x86_64-unknown-linux-gnu"}[arch]
functions = ["clean", "feedback", "intake", "reconcile", "route", "score", "sla"]

text = open(path, encoding="utf-8").read()
invalid = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
if invalid:
    sys.exit(f"{path} is no CycloneDX 1.6: {invalid}")
sbom = json.loads(text)

tree = ["cargo", "tree", "--locked", "--target", target, "--edges", "normal,build", "--prefix", "none", "--format", "{p}"]
tree += [word for name in functions for word in ("--package", name)]
lines = subprocess.run(tree, check=True, capture_output=True, text=True).stdout.splitlines()
resolved = {tuple(line.split()[:2]) for line in lines if line}
listed = {(part["name"], "v" + part["version"]) for part in sbom["components"]}
if listed != resolved or len(listed) != len(sbom["components"]):
    sys.exit(f"{path}: differs from what cargo resolves: {sorted(listed ^ resolved)}")

lock = open("Cargo.lock", encoding="utf-8").read()
locked = re.findall(r'name = "(.+)"\nversion = "(.+)"\nsource = ".+"\nchecksum = "(.+)"', lock)
hashed = {(part["name"], part["version"], part["hashes"][0]["content"]) for part in sbom["components"] if "hashes" in part}
ours = {part["name"] for part in sbom["components"] if "hashes" not in part}
if not hashed <= set(locked) or ours != {*functions, "leads", "support"}:
    sys.exit(f"{path}: not as locked: {sorted(hashed - set(locked))}; without a hash: {sorted(ours)}")

references = {part["bom-ref"] for part in sbom["components"]}
dangling = {ref for entry in sbom["dependencies"] for ref in entry["dependsOn"]} - references
if dangling:
    sys.exit(f"{path}: needs what it does not list: {sorted(dangling)}")
print(f"{path}: {len(listed)} parts of {len(locked)} locked, CycloneDX 1.6")
