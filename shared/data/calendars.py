"""The working time of offices, as files of infra/rules/calendars: their hours are ours, their holidays come from packages."""

import datetime
import typing

import chinese_calendar
import holidays

DAY = datetime.timedelta(days=1)
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]
CHINA = range(2004, 2027)
ELSEWHERE = range(2024, 2029)


class Office(typing.NamedTuple):
    """Where it is, and the hours from Monday to Friday."""

    title: str
    time_zone: str
    hours: list
    country: str
    subdivision: str = None


CN = Office("Mainland China", "Asia/Shanghai", ["09:00-12:00", "13:00-18:00"], "CN")

# By file, those whose holidays come from the package `holidays`.
OFFICES = {
    "de": Office("Germany", "Europe/Berlin", ["09:00-17:00"], "DE"),
    "fr": Office("France", "Europe/Paris", ["09:00-12:30", "14:00-18:00"], "FR"),
    "gb": Office("United Kingdom (England and Wales)", "Europe/London", ["09:00-17:00"], "GB", "ENG"),
    "jp": Office("Japan", "Asia/Tokyo", ["09:00-12:00", "13:00-18:00"], "JP"),
    "sg": Office("Singapore", "Asia/Singapore", ["09:00-18:00"], "SG"),
    "us": Office("United States (East Coast)", "America/New_York", ["09:00-17:00"], "US"),
}


def off(office):
    """The public holidays of an office's country, by date."""
    of = holidays.country_holidays(
        office.country, subdiv=office.subdivision, years=ELSEWHERE, observed=True, language="en_US"
    )
    return {date: name for date, name in of.items() if date.year in ELSEWHERE}


def week(office):
    """The head of a file: title, zone and hours."""
    hours = ", ".join(f'"{span}"' for span in office.hours)
    lines = ["", f'title = "{office.title}"', f'time_zone = "{office.time_zone}"', "", "[hours]"]
    return lines + [f"{weekday} = [{hours}]" for weekday in WEEKDAYS]


def chinese_lines():
    """The file of mainland China: holidays, and the days worked for them."""
    constants = chinese_calendar.constants
    spans = []
    for date, name in sorted(constants.holidays.items()):
        name = name.split(",")[0]
        if spans and spans[-1][0] == name and spans[-1][2] + DAY == date:
            spans[-1][2] = date
        else:
            spans.append([name, date, date])
    lines = week(CN)
    for name, begins, ends in spans:
        lines += ["", "[[holiday]]", f'name = "{name} {begins.year}"', f"from = {begins}", f"to = {ends}"]
    for date, name in sorted(constants.workdays.items()):
        name = f"{date:%A} worked for {name.split(',')[0]} {date.year}"
        lines += ["", "[[working_day]]", f'name = "{name}"', f"date = {date}", 'like = "friday"']
    return lines, spans[-1][2]


def lines(office):
    """The file of another office."""
    result = week(office)
    for date, name in sorted(off(office).items()):
        result += ["", "[[holiday]]", f'name = "{name} {date.year}"', f"from = {date}"]
    return result
