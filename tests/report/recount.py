"""Every figure of `leadctl report`, worked out a second time.

    python3 recount.py EXPORT COSTS BY[,SINCE,UNTIL] … > figures.jsonl

One line of figures for each BY. Reads a full export of the table to S3 (DynamoDB's JSON) and the costs, and knows nothing of the product but docs/report.md:
places, rounding, percentiles and attribution are written out here anew. Standard library only.
"""

import csv
import gzip
import json
import re
import sqlite3
import sys
from collections import Counter, defaultdict
from decimal import Decimal, ROUND_HALF_UP
from fractions import Fraction
from datetime import datetime, timezone
from pathlib import Path

# What the generated leads type as a company's place, by hand: countries in ISO 3166-1, provinces in GB/T 2260.
COUNTRIES = {
    "CN": "CN", "US": "US", "Germany": "DE", "GB": "GB", "France": "FR", "Japan": "JP", "India": "IN", "KR": "KR",
    "Italy": "IT", "Brazil": "BR", "Singapore": "SG", "Taiwan": "TW", "Mexico": "MX", "PL": "PL", "Nigeria": "NG",
}
PROVINCES = {
    "江苏省": 32, "Jiangsu": 32, "上海": 31, "Shanghai": 31, "广东": 44, "广东省": 44, "Guangdong": 44, "浙江": 33, "浙江省": 33,
    "Zhejiang": 33, "北京": 11, "Beijing": 11, "山东": 37, "Shandong": 37, "天津": 12, "Tianjin": 12, "湖北": 42, "Hubei": 42,
    "四川": 51, "Sichuan": 51, "重庆": 50, "Chongqing": 50, "陕西": 61, "Shaanxi": 61, "辽宁": 21, "Liaoning": 21, "福建": 35,
    "Fujian": 35, "湖南": 43, "Hunan": 43, "安徽": 34, "Anhui": 34, "河南": 41, "Henan": 41, "内蒙古": 15, "Inner Mongolia": 15,
    "新疆": 65, "Xinjiang": 65,
}
# A city alone names its province; 苏州/Suzhou alone is the one in Jiangsu.
CITIES = {
    "苏州市": 32, "Suzhou": 32, "上海": 31, "Shanghai": 31, "深圳": 44, "Shenzhen": 44, "东莞": 44, "Dongguan": 44, "杭州": 33,
    "Hangzhou": 33, "宁波市": 33, "Ningbo": 33, "北京": 11, "Beijing": 11, "青岛": 37, "Qingdao": 37, "天津": 12, "Tianjin": 12,
    "武汉": 42, "Wuhan": 42, "成都": 51, "Chengdu": 51, "重庆": 50, "Chongqing": 50, "西安": 61, "Xi'an": 61, "大连": 21,
    "Dalian": 21, "厦门": 35, "Xiamen": 35, "长沙": 43, "Changsha": 43, "合肥": 34, "Hefei": 34, "郑州": 41, "Zhengzhou": 41,
    "呼和浩特": 15, "Hohhot": 15, "乌鲁木齐": 65, "Urumqi": 65,
}
PARTNERS = {"reseller", "partner_referral", "marketplace"}
DIGITS = {"EUR": 2, "CNY": 2, "USD": 2, "JPY": 0}


def value(typed):
    """A value of DynamoDB's JSON."""
    (kind, held), = typed.items()
    if kind == "M":
        return {name: value(inner) for name, inner in held.items()}
    if kind == "L":
        return [value(inner) for inner in held]
    if kind == "NULL":
        return None
    return int(held) if kind == "N" else held


def nanoseconds(text):
    """Since 1970."""
    if text is None:
        return None
    whole, fraction, zone = re.fullmatch(r"(.{19})(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", text).groups()
    seconds = datetime.fromisoformat(whole + zone.replace("Z", "+00:00")).timestamp()
    return int(seconds) * 10**9 + int((fraction or "0").ljust(9, "0"))


def month(at):
    return datetime.fromtimestamp(at // 10**9, timezone.utc).strftime("%Y-%m-01")


def half_up(part, whole):
    return None if not whole else int((Fraction(part, whole) + Fraction(1, 2)) // 1)


def ratio(part, whole):
    if not whole:
        return None
    return float(Decimal(half_up(abs(part) * 10_000, whole)) / 10_000) * (-1 if part < 0 else 1)


def rounded(seconds):
    if seconds < 3600:
        return seconds
    if seconds < 48 * 3600:
        return seconds - seconds % 60
    return min(seconds - seconds % 3600, 10 * 365 * 24 * 3600)


def percentiles(nanos):
    seconds = sorted(rounded(max(0, each) // 10**9) for each in nanos)
    told = {"count": len(seconds)}
    for percent in (50, 90, 95, 99):
        rank = max(1, -(-len(seconds) * percent // 100))
        told[f"p{percent}"] = seconds[rank - 1] if seconds else None
    told["longest"] = seconds[-1] if seconds else None
    return told


def share_out(amount, weights):
    """Largest remainders, the earlier before the later."""
    whole = sum(weights)
    exact = [Fraction(amount * weight, whole) for weight in weights]
    shares = [int(each) for each in exact]
    order = sorted(range(len(weights)), key=lambda at: (shares[at] - exact[at], at))
    for at in order[: amount - sum(shares)]:
        shares[at] += 1
    return shares


def models(amount, touches):
    ends = [1] + [0] * (touches - 1)
    if touches < 3:
        position = [Fraction(1, touches)] * touches
    else:
        position = [Fraction(2, 5)] + [Fraction(1, 5 * (touches - 2))] * (touches - 2) + [Fraction(2, 5)]
    return {
        "first": share_out(amount, ends),
        "last": share_out(amount, ends[::-1]),
        "linear": share_out(amount, [1] * touches),
        "position": share_out(amount, position),
    }


def load(folder):
    """The rows, by lead, in an in-memory database: they come in no order."""
    db = sqlite3.connect(":memory:")
    db.execute("create table rows (pk text, sk text, item text)")
    rows = 0
    for line in (folder / "manifest-files.json").read_text().splitlines():
        name = json.loads(line)["dataFileS3Key"].rsplit("/", 1)[1]
        with gzip.open(folder / "data" / name, "rt", encoding="utf-8") as file:
            for item in file:
                item = {name: value(held) for name, held in json.loads(item)["Item"].items()}
                rows += 1
                db.execute("insert into rows values (?, ?, ?)", (item["pk"], item["sk"], json.dumps(item)))
    leads, current = [], None
    for pk, item in db.execute("select pk, item from rows where pk like 'ld\\_%' escape '\\' order by pk, sk"):
        if pk != current:
            current = pk
            leads.append([])
        leads[-1].append(json.loads(item))
    return rows, leads


def region(company):
    country = COUNTRIES.get(company.get("country"))
    if country is None and company.get("country"):
        sys.exit(f"no country is known for {company['country']!r}")
    if country not in (None, "CN"):
        return country
    province = PROVINCES.get(company.get("province")) or CITIES.get(company.get("city"))
    return f"CN-{province}" if province else country


def read_costs(path, since, until):
    costs = []
    with open(path, encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            day = nanoseconds(line["date"] + "T00:00:00Z")
            if (since is None or since <= day) and (until is None or day < until):
                minor = int(Decimal(line["amount"]).scaleb(DIGITS[line["currency"]]))
                costs.append((line["channel"], line["campaign"] or None, line["currency"], minor))
    return costs


def main(folder, costs, *asked):
    folder = Path(folder)
    as_of = nanoseconds(json.loads((folder / "manifest-summary.json").read_text())["exportTime"])
    rows, leads = load(folder)
    for each in asked:
        by, since, until = (each.split(",") + [None, None])[:3]
        since, until = nanoseconds(since), nanoseconds(until)
        figures = recount(rows, leads, as_of, read_costs(costs, since, until), by, since, until)
        print(json.dumps(figures, ensure_ascii=False))


def recount(rows, leads, as_of, costs, by, since, until):

    stages, refused, months = Counter(), Counter(), defaultdict(Counter)
    totals = Counter()
    groups = {"channels": defaultdict(Counter), "by": defaultdict(Counter)}
    credit = defaultdict(lambda: defaultdict(Counter))
    won_amounts = Counter()
    to_queue, to_answer, answers_of = [], [], defaultdict(list)
    deadlines, late_by_channel = defaultdict(Counter), defaultdict(Counter)
    unanswered, reasons, mapped = Counter(), Counter(), {}
    places, origins, rules = defaultdict(Counter), defaultdict(Counter), defaultdict(list)
    no_submission = 0

    for lead in leads:
        of = defaultdict(list)
        for row in lead:
            of[row["row"]].append(row)
        state = of["state"][0]
        came = nanoseconds(state["received_at"])
        if (since is not None and came < since) or (until is not None and came >= until):
            continue
        stage = state["stage"]
        stages[stage] += 1
        if stage in ("merged", "erased"):
            continue
        posted = of["submission"][0]["submission"] if of["submission"] else None
        source = posted["source"] if posted else {}
        channel, campaign = source.get("channel"), source.get("campaign")
        company, interest = (posted["company"], posted["interest"]) if posted else ({}, {})
        where = region(company)
        given = sorted(of["decision"], key=lambda row: row["epoch"])
        said = sorted((row for row in of["feedback"] if ":" not in row["disposition"]), key=lambda row: row["version"])
        last = given[-1] if given else {}
        key = {
            "channel": channel, "campaign": campaign, "region": where, "industry": company.get("industry"),
            "queue": last.get("queue"), "quadrant": last.get("scored", {}).get("quadrant"), "owner": last.get("owner"),
        }[by]
        if stage == "rejected":
            refused[(state["reason"]["code"], state["reason"]["rule"])] += 1
            groups["channels"][channel]["refused"] += 1
            groups["by"][key]["refused"] += 1
            continue
        no_submission += posted is None

        words = [row["disposition"] for row in said]
        final = {row["epoch"]: row for row in said}
        deals = [row for row in final.values() if row["disposition"] == "won"]
        mql = any(row["scored"]["mql"] for row in given) or bool(state.get("scored", {}).get("mql"))
        sql = any(word in ("accepted", "opportunity", "won") for word in words)
        got = Counter(
            leads=1, mql=mql, sql=sql, sql_of_mql=mql and sql, opportunities="opportunity" in words or "won" in words,
            won=bool(deals), deals_without_amount=sum("amount" not in deal for deal in deals),
        )
        for deal in deals:
            if "amount" in deal:
                got["amount", deal["amount"]["currency"]] += deal["amount"]["minor"]
                won_amounts[deal["amount"]["currency"]] += deal["amount"]["minor"]
        signed = "owner" in source
        origin = "unknown" if posted is None else "sales" if signed else "partner" if channel in PARTNERS else "marketing"
        for counter in (totals, months[month(came)], groups["channels"][channel], groups["by"][key],
                        places[where, interest.get("product")], origins[origin]):
            # A Counter that is empty takes over what it is given as it is, truth values too.
            counter.update({name: int(count) for name, count in got.items()})
        if said:
            reasons[channel, said[-1]["disposition"]] += 1
            mapped[channel, said[-1]["disposition"]] = said[-1]["mapped"]

        for deal in deals:
            if "amount" not in deal:
                continue
            at = nanoseconds(deal["at"])
            own = nanoseconds(of["submission"][0]["at"]) if posted else came
            points = [(own, "", channel, campaign)]
            points += [
                (nanoseconds(row["at"]), row["from"], row["submission"]["source"]["channel"], row["submission"]["source"].get("campaign"))
                for row in of["touch"] if nanoseconds(row["at"]) <= at
            ]
            points.sort(key=lambda point: point[:2])
            for model, shares in models(deal["amount"]["minor"], len(points)).items():
                for (_, _, from_channel, from_campaign), share in zip(points, shares):
                    credit["channel", deal["amount"]["currency"]][from_channel][model] += share
                    if by == "campaign":
                        credit["campaign", deal["amount"]["currency"]][from_campaign][model] += share

        if given:
            to_queue.append(nanoseconds(given[0]["decided_at"]) - came)
        left_open = False
        for at, row in enumerate(given):
            decided = nanoseconds(row["decided_at"])
            rules[row["rules_version"]].append((decided, row["scored"]["mql"], row["decided_at"]))
            of_epoch = [each for each in said if each["epoch"] == row["epoch"]]
            if of_epoch:
                took = nanoseconds(of_epoch[0]["at"]) - decided
                to_answer.append(took)
                answers_of[row["queue"]].append(took)
            if "sla" not in row:
                continue
            due = nanoseconds(row["sla"]["feedback_due"])
            real = [nanoseconds(each["at"]) for each in of_epoch if each["disposition"] != "contacted"]
            left = None
            if at + 1 < len(given):
                left = nanoseconds(given[at + 1]["decided_at"])
            elif stage in ("held", "parked", "pooled"):
                left = nanoseconds(state["stage_at"])
            if real:
                kept = "kept" if real[0] <= due else "late"
            elif left is not None and left <= due:
                kept = "ended"
            else:
                kept = "unanswered" if due <= as_of else "open"
            place = (row["queue"], row.get("owner"))
            deadlines[place][kept] += 1
            if kept == "unanswered":
                left_open = True
                late_by_channel[place][channel] += 1
        if left_open:
            unanswered[channel] += 1

    spent = {"channel": defaultdict(Counter), "campaign": defaultdict(Counter)}
    for channel, campaign, currency, minor in costs:
        spent["channel"][channel][currency] += minor
        spent["campaign"][campaign][currency] += minor

    def table(counted, spent):
        told = []
        for key in set(counted) | set(spent):
            of = counted.get(key, Counter())
            currencies = {name[1] for name in of if isinstance(name, tuple)} | set(spent.get(key, ()))
            money = []
            for currency in sorted(currencies):
                cost, won = spent.get(key, {}).get(currency), of["amount", currency]
                money.append({
                    "currency": currency, "cost": cost, "won": won,
                    "per_lead": None if cost is None else half_up(cost, of["leads"]),
                    "per_mql": None if cost is None else half_up(cost, of["mql"]),
                    "per_sql": None if cost is None else half_up(cost, of["sql"]),
                    "roi": None if cost is None else ratio(won - cost, cost),
                })
            names = ["leads", "mql", "sql", "opportunities", "won", "refused", "deals_without_amount"]
            rates = {f"{name}_rate": ratio(of[name], of["leads"]) for name in ("mql", "sql", "won")}
            told.append({"key": key, **{name: of[name] for name in names}, **rates, "money": money})
        return told

    def cost_of(by_channel):
        sums = Counter()
        for channel, count in by_channel.items():
            leads_of = groups["channels"][channel]["leads"]
            for currency, minor in spent["channel"].get(channel, {}).items():
                sums[currency] += minor * count // leads_of
        return [{"currency": currency, "minor": minor} for currency, minor in sorted(sums.items())]

    accepted = sum(stages.values())
    steps = [("lead", "leads", None), ("mql", "mql", ("mql", "leads")), ("sql", "sql", ("sql_of_mql", "mql")),
             ("opportunity", "opportunities", ("opportunities", "sql")), ("won", "won", ("won", "opportunities"))]
    answered = Counter()
    for (channel, _), count in reasons.items():
        answered[channel] += count
    return {
        "rows": {"read": rows, "unreadable": 0, "leads_without_state": 0},
        "accepted": accepted,
        "stages": [{"stage": stage, "leads": count} for stage, count in stages.items()],
        "without_submission": no_submission,
        "funnel": [
            {"step": step, "leads": totals[name], "from_previous": of and totals[of[0]],
             "conversion": of and ratio(totals[of[0]], totals[of[1]])}
            for step, name, of in steps
        ],
        "months": [
            {"month": name, **{step: of[step] for step in ("leads", "mql", "sql", "opportunities", "won")}}
            for name, of in months.items()
        ],
        "has_costs": True,
        "channels": table(groups["channels"], spent["channel"]),
        "by": None if by == "channel" else {
            "dimension": by, "groups": table(groups["by"], spent["campaign"] if by == "campaign" else {}),
        },
        "attribution": [
            {"dimension": dimension, "currency": currency, "won": won_amounts[currency],
             "rows": [{"key": key, **{model: of[model] for model in ("first", "last", "linear", "position")}} for key, of in given.items()]}
            for (dimension, currency), given in credit.items()
        ],
        "speed": {
            "form_to_queue": percentiles(to_queue), "queue_to_answer": percentiles(to_answer),
            "by_queue": [{"queue": queue, **percentiles(took)} for queue, took in answers_of.items()],
        },
        "deadlines": [
            {"queue": place[0], "owner": place[1], **{name: of[name] for name in ("kept", "late", "unanswered", "open", "ended")},
             "kept_rate": ratio(of["kept"], of["kept"] + of["late"] + of["unanswered"]),
             "unanswered_cost": cost_of(late_by_channel[place])}
            for place, of in deadlines.items()
        ],
        "unanswered": {"leads": sum(unanswered.values()), "cost": cost_of(unanswered)},
        "reasons": [
            {"channel": channel, "disposition": word, "mapped": mapped[channel, word], "leads": count,
             "share": ratio(count, answered[channel])}
            for (channel, word), count in reasons.items()
        ],
        "places": [
            {"region": place[0], "interest": place[1], **{name: of[name] for name in ("leads", "mql", "sql", "won")},
             "mql_rate": ratio(of["mql"], of["leads"])}
            for place, of in places.items()
        ],
        "origins": [
            {"origin": origin, "leads": of["leads"], "won": of["won"], "won_share": ratio(of["won"], totals["won"]),
             "amounts": [{"currency": name[1], "minor": minor, "share": ratio(minor, won_amounts[name[1]])}
                         for name, minor in sorted((item for item in of.items() if isinstance(item[0], tuple)))]}
            for origin, of in origins.items()
        ],
        "refused": [
            {"code": code, "rule": rule, "leads": count, "share": ratio(count, accepted)}
            for (code, rule), count in refused.items()
        ],
        "rules": [
            {"version": version, "first": min(made)[2], "last": max(made)[2], "decisions": len(made),
             "mql": sum(each[1] for each in made), "mql_rate": ratio(sum(each[1] for each in made), len(made)),
             "months": [{"month": name, "decisions": count} for name, count in sorted(Counter(month(each[0]) for each in made).items())]}
            for version, made in rules.items()
        ],
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
