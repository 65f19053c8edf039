"""Chinese divisions as lines of cn-divisions.tsv."""

import csv
import io
import re

import pypinyin

# The special regions are in no file of the package that has codes.
BEYOND = {"71": "台湾省", "81": "香港特别行政区", "82": "澳门特别行政区"}

# Stand-ins for "no prefecture" and "the districts of the city itself".
PLACEHOLDERS = {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}

# Prefixes of counties that answer to their province.
DIRECT = ("4190", "4290", "4690", "6590")

# Nationalities in the names of autonomous divisions, and how English names them.
NATIONS = {
    "柯尔克孜": "Kirgiz",
    "维吾尔": "Uygur",
    "哈萨克": "Kazak",
    "土家族": "Tujia",
    "布依族": "Buyei",
    "哈尼族": "Hani",
    "景颇族": "Jingpo",
    "傈僳族": "Lisu",
    "朝鲜族": "Korean",
    "蒙古族": "Mongolian",
    "蒙古": "Mongolian",
    "藏族": "Tibetan",
    "回族": "Hui",
    "苗族": "Miao",
    "侗族": "Dong",
    "彝族": "Yi",
    "壮族": "Zhuang",
    "傣族": "Dai",
    "白族": "Bai",
    "羌族": "Qiang",
    "黎族": "Li",
}
AUTONOMOUS = re.compile(f"^(.{{2,}}?)((?:{'|'.join(NATIONS)})*)(自治区|自治州|自治县)$")
PLAIN = re.compile("^(.{2,})(特别行政区|地区|林区|省|市|盟|县)$")


def parts(name):
    """The name proper, the nationalities, and the kind of division."""
    if match := AUTONOMOUS.match(name):
        return match[1], re.findall("|".join(NATIONS), match[2]), match[3]
    if match := PLAIN.match(name):
        return match[1], [], match[2]
    return name, [], ""


def spell(code, name, pinyin, more):
    """A line."""
    short, nations, kind = parts(name)
    chinese = [short] + ([f"{short}州"] if kind == "自治州" else [])
    latin = [pinyin or "".join(pypinyin.lazy_pinyin(short))]
    chinese += [text for text in more if is_han(text)]
    latin += [text for text in more if not is_han(text)]
    if nations and kind == "自治州":
        people = " and ".join(NATIONS[nation] for nation in nations)
        latin += [f"{base[0].upper()}{base[1:]} {people} Autonomous Prefecture" for base in list(latin)]
    # pypinyin writes ü as v, people also write u and yu.
    latin += [text.replace("v", other) for text in list(latin) if "v" in text for other in ("u", "yu")]
    unique = lambda texts: ";".join(text for text in dict.fromkeys(texts) if text != name)
    return "\t".join([code, name, unique(chinese), unique(latin)])


def is_han(text):
    return "\u4e00" <= text[0] <= "\u9fff"


def lines(provinces, cities, areas, spellings):
    """All lines: provinces, prefecture-level divisions, then county-level cities and what answers to its province."""
    rows = lambda text: list(csv.DictReader(io.StringIO(text)))
    custom = {}
    for line in spellings.splitlines():
        if not line.startswith("#"):
            code, pinyin, more = [*line.split("\t"), ""][:3]
            custom[code] = (pinyin.strip("-"), [text for text in more.strip("-").split(";") if text])
    named = [(row["code"], row["name"]) for row in rows(provinces)] + list(BEYOND.items())
    named += [(row["code"], row["name"]) for row in rows(cities) if row["name"] not in PLACEHOLDERS]
    named += [
        (row["code"], row["name"])
        for row in rows(areas)
        if row["name"] not in PLACEHOLDERS
        and (row["code"].startswith(DIRECT) or row["name"].endswith("市") and row["name"] != "市")
    ]
    unknown = set(custom) - {code for code, _ in named}
    if unknown:
        raise SystemExit(f"cn-spellings.tsv: no division has the code {', '.join(sorted(unknown))}")
    ordered = sorted(named, key=lambda division: (len(division[0]), division[0]))
    return [spell(code, name, *custom.get(code, ("", []))) for code, name in ordered]
