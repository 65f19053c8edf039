"""Random deadlines by other people's packages, for the calendars that ship: `oracle.py COUNT [SEED]` prints them.

A line is: calendar, `hours` or `days`, start, how many, deadline; or calendar, `day`, a date, 1 if it is worked, 0 if not.
Working hours are those of businesstimedelta, working days those of holidays and chinesecalendar. Only the offices' weekly
hours and zones are read from the product's own data.
"""

import datetime
import pathlib
import random
import sys

import businesstimedelta
import chinese_calendar
import holidays
import pytz

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "shared/data"))
from calendars import CN, OFFICES  # noqa: E402

DAY = datetime.timedelta(days=1)
SPANS = {"cn": (datetime.date(2004, 1, 1), datetime.date(2026, 12, 31))}
ELSEWHERE = (datetime.date(2024, 1, 1), datetime.date(2028, 12, 31))


def time(text):
    return datetime.time.fromisoformat(text)


def spans(office):
    return [tuple(time(end) for end in span.split("-")) for span in office.hours]


class Elsewhere:
    """An office whose days off the package `holidays` knows."""

    def __init__(self, office):
        self.off = holidays.country_holidays(office.country, subdiv=office.subdivision)
        self.zone = pytz.timezone(office.time_zone)
        day = spans(office)
        rules = [
            businesstimedelta.WorkDayRule(day[0][0], day[-1][1], tz=self.zone),
            businesstimedelta.HolidayRule(self.off, tz=self.zone),
        ]
        for (_, ends), (begins, _) in zip(day, day[1:]):
            rules.append(businesstimedelta.LunchTimeRule(ends, begins, tz=self.zone))
        self.rules = businesstimedelta.Rules(rules)

    def worked(self, date):
        return self.off.is_working_day(date)

    def days_after(self, date, days):
        return self.off.get_nth_working_day(date, days)

    def hours_after(self, start, hours):
        return start + businesstimedelta.BusinessTimeDelta(self.rules, hours=hours)


class China:
    """The mainland."""

    zone = pytz.timezone(CN.time_zone)

    def worked(self, date):
        return chinese_calendar.is_workday(date)

    def days_after(self, date, days):
        return chinese_calendar.find_workday(days, date)


def opening(place, office, start):
    """`start`, or the next time at which the office is open, as local date and time."""
    date, clock = start.date(), start.time()
    while True:
        if place.worked(date):
            for opens, closes in spans(office):
                if clock < closes:
                    return date, max(clock, opens)
        date, clock = date + DAY, time("00:00")


def main():
    count, seed = int(sys.argv[1]), int((sys.argv[2:] or ["1"])[0])
    chance = random.Random(seed)
    offices = {"cn": (CN, China())} | {name: (office, Elsewhere(office)) for name, office in OFFICES.items()}
    for name, (office, place) in offices.items():
        date, last = SPANS.get(name, ELSEWHERE)
        while date <= last:
            print(name, "day", date, int(place.worked(date)), sep="\t")
            date += DAY
    while count:
        # The package that counts hours knows no days worked at weekends.
        kind = chance.choice(["hours", "days"])
        name = chance.choice([*OFFICES] if kind == "hours" else [*offices])
        office, place = offices[name]
        first, last = SPANS.get(name, ELSEWHERE)
        date = first + DAY * chance.randrange((last - first).days - 120)
        naive = datetime.datetime.combine(date, time("00:00")) + datetime.timedelta(seconds=chance.randrange(24 * 3600))
        try:
            start = place.zone.localize(naive, is_dst=None)
        except pytz.exceptions.InvalidTimeError:
            continue
        if kind == "hours":
            amount = chance.randint(1, chance.choice([8, 40, 300]))
            deadline = place.hours_after(start, amount)
        else:
            amount = chance.randint(1, chance.choice([5, 60]))
            date, clock = opening(place, office, naive)
            deadline = place.zone.localize(datetime.datetime.combine(place.days_after(date, amount), clock), is_dst=None)
        print(name, kind, start.isoformat(), amount, deadline.isoformat(), sep="\t")
        count -= 1


main()
