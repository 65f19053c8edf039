"""Generated phone numbers and what libphonenumber's Python port says of them, as lines of shared/tests/data/phones.tsv."""

import random

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

REGIONS = (
    "AE AT AU BE BR CA CH CL CN CZ DE DK ES FI FR GB HK HU ID IE IL IN IT JP KR MO MX MY NL NO NZ PH PL PT RO RU SA SE "
    "SG TH TR TW US VN ZA"
).split()

# Of each region's 480 numbers, four of five start from an example of its numbering plan, the rest are digits at random.
EACH = 480

LETTERS = {
    PhoneNumberType.FIXED_LINE: "f",
    PhoneNumberType.MOBILE: "m",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "b",
    PhoneNumberType.TOLL_FREE: "t",
    PhoneNumberType.PREMIUM_RATE: "p",
    PhoneNumberType.SHARED_COST: "s",
    PhoneNumberType.VOIP: "v",
    PhoneNumberType.PERSONAL_NUMBER: "n",
    PhoneNumberType.PAGER: "g",
    PhoneNumberType.UAN: "u",
    PhoneNumberType.VOICEMAIL: "o",
}

FULL_WIDTH = str.maketrans("0123456789+", "０１２３４５６７８９＋")


def digits(chance, count):
    return "".join(chance.choice("0123456789") for _ in range(count))


def number_of(chance, region, examples):
    """A number object: an example with some of its last digits drawn anew, now and then one too few or too many."""
    code = phonenumbers.country_code_for_region(region)
    if chance.random() < 0.2:
        national = digits(chance, chance.randint(5, 12)).lstrip("0") or "1"
        return phonenumbers.PhoneNumber(country_code=code, national_number=int(national))
    example = chance.choice(examples)
    national = phonenumbers.national_significant_number(example)
    redrawn = chance.randint(1, max(1, len(national) - 2))
    national = national[: len(national) - redrawn] + digits(chance, redrawn)
    if chance.random() < 0.1:
        national = national[:-1] if chance.random() < 0.5 else national + digits(chance, 1)
    zeros = len(national) - len(national.lstrip("0"))
    return phonenumbers.PhoneNumber(
        country_code=code,
        national_number=int(national or "0"),
        italian_leading_zero=True if zeros else None,
        number_of_leading_zeros=zeros if zeros > 1 else None,
    )


def typed(chance, number):
    """The number in one of the ways people type it."""
    way = chance.randrange(8)
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    if way in (0, 1):
        text = national
    elif way == 2:
        text = "".join(c for c in national if c.isdigit())
    elif way == 3:
        text = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    elif way == 4:
        text = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    elif way == 5:
        text = "00" + phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]
    elif way == 6:
        text = national.replace(" ", "-").translate(FULL_WIDTH)
    else:
        text = f"{national} {chance.choice(['ext. ', 'x', 'ext', '#'])}{chance.randint(1, 9999)}"
    return text


def answer(text, region):
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return ["-"]
    if not phonenumbers.is_valid_number(number):
        return ["-"]
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]
    return [e164, LETTERS[phonenumbers.number_type(number)], number.extension or ""]


def lines():
    for region in REGIONS:
        yield f"[{region}]"
        chance = random.Random(f"lead phones {region}")
        kinds = [phonenumbers.example_number_for_type(region, kind) for kind in LETTERS]
        examples = [example for example in kinds if example]
        seen = set()
        while len(seen) < EACH:
            text = typed(chance, number_of(chance, region, examples))
            if text not in seen:
                seen.add(text)
                yield "\t".join([text, *answer(text, region)]).rstrip("\t")
