#!/usr/bin/env python3
"""An independent, naive reference for the scheme language: exact fractions, standard library only.

Written from the specification page alone. README.md lists every sentence of that page that could be
read in two ways; `reading("R..")` marks the places where such a choice decided a result.
"""
import argparse
import calendar
import collections
import datetime as dt
import json
import os
import re
import sys
from fractions import Fraction as F

PARENTS = ("sum", "weighted", "average", "best", "worst")
LEAVES = ("counted", "scheduled", "assessed", "proposed", "voted", "surveyed", "measured", "checked", "imported", "result_of",
          "compared", "placed", "constant")
NEVER_MISSING = ("counted", "checked", "constant")
FULL_MARKS = ("weighted", "assessed", "proposed", "voted", "surveyed", "imported", "result_of", "compared")
WINDOWS = ("day", "month", "quarter", "half", "year")
VALUE, INCOMPLETE, OUT = "value", "incomplete", "out"
COUNTY = dt.timezone(dt.timedelta(hours=8))      # the county's civil calendar
DAY = dt.timedelta(1)
# How many windows a period has at most, by period and window.
WINDOWS_IN = {"year": (366, 12, 4, 2, 1), "half": (184, 6, 2, 1, 1), "quarter": (92, 3, 1, 1, 1), "month": (31, 1, 1, 1, 1)}


class Refused(Exception):
    """The input is not one that may be evaluated."""


# ---------------------------------------------------------------- text to numbers, days and moments

def load(text):
    def constant(word):
        raise Refused("not a number: " + word)
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=constant)
    except ValueError as fault:
        raise Refused("not JSON: %s" % fault)


def num(text):
    if not isinstance(text, str) or not re.match(r"-?[0-9]{1,10}(\.[0-9]{1,6})?\Z", text):
        raise Refused("not a decimal: %r" % (text,))
    return F(text)


def count(text):
    value = num(text)
    if value < 0 or value.denominator != 1:
        raise Refused("not a count: %r" % (text,))
    return int(value)


def share(text):
    if isinstance(text, str) and text.endswith("%"):
        return num(text[:-1]) / 100
    if isinstance(text, str) and re.match(r"[0-9]{1,10}/[0-9]{1,10}\Z", text):
        over, under = text.split("/")
        if int(under) == 0:
            raise Refused("a fraction by zero: " + text)
        return F(int(over), int(under))
    return num(text)


def day(text):
    if not isinstance(text, str) or not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", text):
        raise Refused("not a day: %r" % (text,))
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Refused("no such day: " + text)


def moment(text):
    try:
        value = dt.datetime.fromisoformat(text)
    except (ValueError, TypeError):
        raise Refused("not a moment: %r" % (text,))
    if value.tzinfo is None:
        raise Refused("a moment without an offset: " + text)
    return value.astimezone(dt.timezone.utc)


def period_of(text):
    """(kind, first day, last day)"""
    m = re.match(r"([0-9]{4})(?:-(H[12]|Q[1-4]|0[1-9]|1[0-2]))?\Z", text or "")
    if not m:
        raise Refused("not a period: %r" % (text,))
    year, part = int(m.group(1)), m.group(2)
    if part is None:
        kind, first, last = "year", 1, 12
    elif part[0] == "H":
        kind, last = "half", 6 * int(part[1])
        first = last - 5
    elif part[0] == "Q":
        kind, last = "quarter", 3 * int(part[1])
        first = last - 2
    else:
        kind, first, last = "month", int(part), int(part)
    return kind, dt.date(year, first, 1), dt.date(year, last, calendar.monthrange(year, last)[1])


def months_later(date, months):
    index = date.year * 12 + date.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return dt.date(year, month, min(date.day, calendar.monthrange(year, month)[1]))


def window(date, per):
    if per == "day":
        return date
    if per == "month":
        return date.year, date.month
    if per == "quarter":
        return date.year, (date.month - 1) // 3
    if per == "half":
        return date.year, (date.month - 1) // 6
    return date.year


def next_day(date):
    return date if date == dt.date.max else date + DAY


def window_end(date, per):
    """The last day of the calendar window that has this day."""
    if per == "day":
        return date
    length = {"month": 1, "quarter": 3, "half": 6, "year": 12}[per]
    month = (date.month - 1) // length * length + length
    return dt.date(date.year, month, calendar.monthrange(date.year, month)[1])


def months(text):
    return count(text.split(" ")[0])


class Span:
    """Days from a first to a last one, both included; no last one: still."""

    def __init__(self, record, what=None):
        self.what = what
        self.first = day(record["from"])
        self.last = day(record["until"]) if record.get("until") is not None else dt.date.max

    def has(self, date):
        return self.first <= date <= self.last

    def overlaps(self, other):
        return self.first <= other.last and other.first <= self.last


def spans(records, what):
    """In their order of days; what belongs to one thing at a time does not overlap."""
    found = sorted((Span(r, r[what]) for r in records), key=lambda x: x.first)
    for a, b in zip(found, found[1:]):
        if a.overlaps(b):
            raise Refused("%s overlap: %s, %s" % (what, a.what, b.what))
    return found


def days_by_what(found, first, last):
    """what -> its days in the period."""
    days = {}
    for x in found:
        n = (min(x.last, last) - max(x.first, first)).days + 1
        if n > 0:
            days[x.what] = days.get(x.what, 0) + n
    return days


# ---------------------------------------------------------------- rounding and writing numbers

def to_whole(x, mode):
    low = x.numerator // x.denominator
    rest = x - low
    if rest == 0 or mode == "floor":
        return low
    if mode == "ceiling":
        return low + 1
    if mode == "down":
        return low if x > 0 else low + 1
    if mode == "up":
        return low + 1 if x > 0 else low
    if rest != F(1, 2):
        return low if rest < F(1, 2) else low + 1
    if mode == "half_up":
        return low + 1 if x > 0 else low
    if mode == "half_even":
        return low if low % 2 == 0 else low + 1
    raise Refused("no such rounding: %r" % (mode,))


def rounded(x, places, mode):
    return F(to_whole(x * 10 ** places, mode), 10 ** places)


def written(x, places):
    whole = x * 10 ** places
    assert whole.denominator == 1
    digits = str(abs(int(whole))).rjust(places + 1, "0")
    text = digits if places == 0 else digits[:-places] + "." + digits[-places:]
    return ("-" if whole < 0 else "") + text


def exact_text(x):
    """A decimal where one exists, otherwise 4 places half-up."""
    for places in range(0, 13):
        if (x * 10 ** places).denominator == 1:
            return written(x, places)
    return written(rounded(x, 4, "half_up"), 4)


def plain_number(x):
    """A decimal in its shortest text."""
    return None if x is None else exact_text(x if isinstance(x, F) else num(x))


def ratio_text(x):
    return None if x is None else "%d/%d" % (x.numerator, x.denominator)


# ---------------------------------------------------------------- seats

def apportion(sizes, part, mode, each_at_most, at_most, decided):
    """sizes: group -> members. decided(tied groups) -> their order or None.

    Returns group -> {quota, floor, remainder, seats, why}, and the set of groups whose remainder is tied and open.
    """
    table, tied = {}, []
    total = sum(sizes.values())
    if mode != "largest_remainder":
        for group, n in sizes.items():
            quota = part * n
            seats = to_whole(quota, mode)
            table[group] = dict(quota=quota, floor=to_whole(quota, "floor"), seats=seats, why=mode)
    else:
        seats_in_all = to_whole(part * total, "floor")
        if at_most is not None:
            seats_in_all = min(seats_in_all, at_most)
        for group, n in sizes.items():
            quota = F(seats_in_all * n, total) if total else F(0)
            floor = to_whole(quota, "floor")
            table[group] = dict(quota=quota, floor=floor, seats=floor, why="floor")
        left = seats_in_all - sum(row["floor"] for row in table.values())
        line = [g for g in table
                if (each_at_most is None or table[g]["floor"] < each_at_most)
                and table[g]["quota"] != table[g]["floor"]]
        line.sort(key=lambda g: (table[g]["quota"] - table[g]["floor"], sizes[g]), reverse=True)
        if left < len(line) and left > 0:
            last = line[left - 1]
            same = [g for g in line if (table[g]["quota"] - table[g]["floor"], sizes[g])
                    == (table[last]["quota"] - table[last]["floor"], sizes[last])]
            before = line.index(same[0])
            if before + len(same) > left:
                order = decided(set(same))
                if order is None:
                    tied, line, left = same, line[:before], before
                else:
                    line[before:before + len(same)] = order
        for group in line[:left]:
            table[group]["seats"] += 1
            table[group]["why"] = "remainder"
        for group in tied:
            table[group]["why"] = "tie_open"
    for group, row in table.items():
        row["remainder"] = row["quota"] - row["floor"]
        row["spare"] = mode == "largest_remainder" and each_at_most is not None and row["floor"] >= each_at_most
        if each_at_most is not None:
            row["seats"] = min(row["seats"], each_at_most)
        row["seats"] = min(row["seats"], sizes[group])
    return table, set(tied)


# ---------------------------------------------------------------- money pools

def allocate(amount, weights, remainder="largest"):
    """amount in fen (int), weights as fractions; the parts in fen, adding up to the amount."""
    total = sum(weights)
    exact = [F(amount) * w / total for w in weights]
    if remainder == "last":
        parts = [to_whole(x, "half_up") for x in exact[:-1]]
        return parts + [amount - sum(parts)]
    parts = [to_whole(x, "floor") for x in exact]
    line = sorted(range(len(parts)), key=lambda i: -(exact[i] - parts[i]))
    for i in line[:amount - sum(parts)]:
        parts[i] += 1
    return parts


# ---------------------------------------------------------------- the evaluation

class Subject:
    def __init__(self, facts):
        self.facts = facts
        self.id = facts["subject"]
        self.groups = facts.get("groups", {})
        self.readings = set()


class Evaluation:
    def __init__(self, scheme, lines, as_of=None, schedules=()):
        self.scheme = scheme
        self.as_of = moment(as_of) if as_of else None
        self.today = self.as_of.astimezone(COUNTY).date() if self.as_of else dt.date.max
        self.hits = collections.Counter()
        self.open_ties = []          # [{"for":, "within": group or None, "tied": set}]
        self.memo = {}
        self.group_memo = {}
        self.nodes, self.parent, self.leaf_order = {}, {}, []
        self.root = scheme["score"]
        self.walk(self.root, None)
        self.grades = scheme.get("grades", [])
        self.grade_index = {g["id"]: i for i, g in enumerate(self.grades)}
        self.vetoes = scheme.get("vetoes", [])
        self.ranking = scheme.get("ranking") or {}
        self.keys = self.ranking.get("by", ["score"])
        self.decisions = []
        self.derived_findings = {scheme[k].get("finding", name) for k, name in (
            ("check_in", "late_check_in"), ("conduct", "negative_conduct")) if k in scheme}
        self.subjects = []
        seen = set()
        for line in lines:
            if "decision" in line:
                if self.known(line["decision"]):
                    self.decisions.append(line["decision"])
                else:
                    self.hit("as_of.cut.decision")
                continue
            if not isinstance(line.get("subject"), str):
                raise Refused("a line without a subject")
            if line["subject"] in seen:
                raise Refused("subject twice: " + line["subject"])
            seen.add(line["subject"])
            self.subjects.append(Subject(line))
        self.check_scheme()
        self.take_schedules(schedules)
        for s in self.subjects:
            self.prepare(s)

    # ---- small helpers

    def hit(self, what, n=1):
        self.hits[what] += n

    def reading(self, s, code):
        s.readings.add(code)
        self.hit("reading." + code)

    def known(self, record):
        if self.as_of is None or not isinstance(record, dict) or "recorded" not in record:
            return True
        return moment(record["recorded"]) <= self.as_of

    def walk(self, node, parent):
        if node["id"] in self.nodes:
            raise Refused("two nodes called " + node["id"])
        self.nodes[node["id"]] = node
        self.parent[node["id"]] = parent
        kind = self.kind(node)
        if kind in PARENTS:
            if not node[kind]:
                raise Refused("a parent without children: " + node["id"])
            for child in node[kind]:
                self.walk(child, node["id"])
        else:
            self.leaf_order.append(node["id"])

    @staticmethod
    def kind(node):
        kinds = [k for k in PARENTS + LEAVES if k in node]
        if len(kinds) != 1:
            raise Refused("a node needs exactly one kind: %r" % (node.get("id"),))
        return kinds[0]

    def check_scheme(self):
        """Only what the evaluation itself leans on; the full list of checks is not the reference's business."""
        for node in self.nodes.values():
            kind = self.kind(node)
            body = node[kind]
            if kind in FULL_MARKS and "out_of" not in node:
                raise Refused("no out_of: " + node["id"])
            if kind == "weighted":
                weights = [share(c["weight"]) for c in body]
                if sum(weights) != 1 or min(weights) <= 0:
                    raise Refused("weights do not add up to 100%%: %s" % node["id"])
            if kind == "assessed" and sum(share(w) for w in body["by"].values()) != 1:
                raise Refused("weights do not add up to 100%%: %s" % node["id"])
            if kind == "proposed" and not 1 <= len(set(body["by"])) == len(body["by"]) <= 5:
                raise Refused("not 1 to 5 different levels: %s" % node["id"])
            if kind == "surveyed" and body["channels"] != "pooled" \
                    and sum(share(w) for w in body["channels"].values()) != 1:
                raise Refused("weights do not add up to 100%%: %s" % node["id"])
            if kind == "counted":
                order = [WINDOWS.index(c["per"]) for c in body.get("caps", [])]
                if order != sorted(set(order)):
                    raise Refused("caps not from shorter to longer: " + node["id"])
            if kind in ("compared", "placed") and body["node"] not in self.nodes:
                raise Refused("no such node: " + body["node"])

    # ---- point schedules

    def take_schedules(self, documents):
        """compound -> its versions by their first day."""
        self.versions = {}
        scheduled = [n for n in self.nodes.values() if "scheduled" in n]
        if len(scheduled) > 1:
            raise Refused("more than one scheduled node")
        if not scheduled:
            return
        if self.scheme.get("subject", "member") != "member":
            raise Refused("a scheduled node in a scheme that is not about members")
        for document in documents:
            self.check_schedule(document, scheduled[0]["scheduled"])
            version = Span(document["in_force"], document["compound"])
            version.items = {i["id"]: i for i in document["items"]}
            self.versions.setdefault(document["compound"], []).append(version)
        for versions in self.versions.values():
            versions.sort(key=lambda v: v.first)
            if any(a.first == b.first for a, b in zip(versions, versions[1:])):
                raise Refused("two versions of one schedule begin on one day")

    def check_schedule(self, document, body):
        """What the page says that a schedule keeps within."""
        items = document["items"]
        fewest, most = [count(x) for x in body.get("items", ["1", "100"])]
        if not fewest <= len(items) <= most:
            raise Refused("a schedule with %d items" % len(items))
        if len({i["id"] for i in items}) != len(items):
            raise Refused("two items of one id in a schedule")
        low, high = [num(x) for x in body["each"]]
        least = greatest = F(0)
        for item in items:
            if "counted" in self.nodes.get(item["id"], {}):
                raise Refused("an item with the id of a counted node: " + item["id"])
            if item.get("check") not in (None, "second_person"):
                raise Refused("no such check")
            c = item["counted"]
            if "valid" in c and ("valid_at_most" not in body or months(c["valid"]) > months(body["valid_at_most"])):
                raise Refused("valid for too long: " + item["id"])
            if "tiers" in c:
                worth = [num(p) for _, p in c["tiers"]]
            elif c["points"] != "entered":
                worth = [num(c["points"])]
            elif "each" in c:
                worth = [num(x) for x in c["each"]]
            else:
                raise Refused("points entered without each: " + item["id"])
            if min(worth) < low or max(worth) > high:
                raise Refused("one time beyond the scheme's each: " + item["id"])
            caps = [(WINDOWS_IN[self.scheme["period"]][WINDOWS.index(x["per"])], x) for x in c.get("caps", [])]
            order = [WINDOWS.index(x["per"]) for _, x in caps]
            if order != sorted(set(order)):
                raise Refused("caps not from shorter to longer: " + item["id"])
            above = [n * num(x["at_most"]) for n, x in caps if "at_most" in x]
            below = [n * num(x["at_least"]) for n, x in caps if "at_least" in x]
            if min(above + [0]) < 0 or max(below + [0]) > 0:
                raise Refused("a cap on the wrong side of 0: " + item["id"])
            if "tiers" in c:
                above, below = [max(worth)], [min(worth)]
            if max(worth) > 0:
                if not above:
                    raise Refused("not bounded above: " + item["id"])
                greatest += min(above)
            if min(worth) < 0:
                if not below:
                    raise Refused("not bounded below: " + item["id"])
                least += max(below)
        low, high = [num(x) for x in body["in_all"]]
        if least < low or greatest > high:
            raise Refused("all items together beyond in_all")

    def version_on(self, compound, date):
        """The version in force on that day, or None."""
        begun = [v for v in self.versions.get(compound, []) if v.first <= date]
        return begun[-1] if begun and begun[-1].has(date) else None

    def latest_with(self, compound, date, test):
        """The version in force on that day if it is such a one, else the latest before that is."""
        now = self.version_on(compound, date)
        if now is not None and test(now):
            return now
        before = [v for v in self.versions.get(compound, []) if v.first <= date and test(v)]
        return before[-1] if before else None

    # ---- what follows from days

    def stints(self, s):
        """[(compound, first day, last day)]: longest runs of days in one compound and in service, by their days."""
        served = sorted(((x.first, x.last) for x in s.in_service), key=lambda x: x[0])
        runs = []
        for stay in s.stays:
            for first, last in served:
                first, last = max(first, stay.first), min(last, stay.last)
                if first > last:
                    continue
                if runs and runs[-1][0] == stay.what and first <= next_day(runs[-1][2]):
                    runs[-1] = (stay.what, runs[-1][1], max(last, runs[-1][2]))
                    self.hit("check_in.runs_on")
                else:
                    runs.append((stay.what, first, last))
        return runs

    def check_in(self, s):
        rule = self.scheme["check_in"]
        metric, finding = rule.get("metric", "late_days"), rule.get("finding", "late_check_in")
        if s.metrics.pop(metric, None) is not None:
            self.hit("check_in.reported_metric")
        late_days, any_stint, earlier = 0, False, {}
        for compound, first, last in self.stints(s):
            after = earlier.get(compound)
            earlier[compound] = last
            due = months_later(first, months(rule.get("within", "1 month")))
            if "first_by" in rule and day(rule["first_by"]) > due:
                due = day(rule["first_by"])
                self.hit("check_in.first_by")
            came = [on for on in (day(r["on"]) for r in s.check_ins if r["compound"] == compound)
                    if on <= last and (after is None or on > after)]
            if came and min(came) < first:
                self.hit("check_in.before_the_stint")
            self.hit("check_in.came" if came else "check_in.never_came")
            end = min(came) if came else last
            if self.today < end and due < end:
                self.hit("check_in.as_of")
            end = min(end, self.today)
            if first <= s.last and last >= s.first:
                any_stint = True
            if due < end:
                self.hit("check_in.late")
                s.findings.append({"fact": finding, "derived": True,
                                   "from": (due + DAY).isoformat(), "until": end.isoformat()})
                n = max(0, (min(end, s.last) - max(due + DAY, s.first)).days + 1)
                if 0 < n < (end - due).days:
                    self.reading(s, "R116")
                late_days += n
            elif due == end:
                self.hit("check_in.on_the_last_day")
        if any_stint:
            s.metrics[metric] = F(late_days)
        else:
            self.hit("check_in.no_stint")

    def conduct(self, s):
        finding = self.scheme["conduct"].get("finding", "negative_conduct")
        for case in s.conduct:
            on = day(case["on"])
            if case.get("put_right_by") is not None:
                by = day(case["put_right_by"])
                if case.get("put_right") is not None and day(case["put_right"]) <= by:
                    self.hit("conduct.put_right" + (".last_day" if day(case["put_right"]) == by else ""))
                    continue
                if by >= self.today:
                    self.hit("conduct.open" + (".last_day" if by == self.today else ""))
                    continue
                self.hit("conduct.deadline_over")
                if by.year > on.year:
                    self.reading(s, "R117")
            else:
                self.hit("conduct.at_once")
            s.findings.append({"fact": finding, "derived": True,
                               "from": on.isoformat(), "until": dt.date(on.year, 12, 31).isoformat()})

    # ---- one line of facts

    def prepare(self, s):
        f = s.facts
        s.period = f.get("period") or self.first_period()
        kind, s.first, s.last = period_of(s.period)
        if kind != self.scheme["period"]:
            raise Refused("period %s is not a %s" % (s.period, self.scheme["period"]))
        for group in self.groups_named():
            if group not in s.groups:
                raise Refused("%s lacks the group %s" % (s.id, group))
        for name in ("entries", "sheets", "proposals", "vetoes", "findings"):
            kept = [r for r in f.get(name, []) if self.known(r)]
            self.hit("as_of.cut." + name, len(f.get(name, [])) - len(kept))
            setattr(s, name, kept)
        self.veto_days(s)
        s.eligible = {}
        for k, r in f.get("eligible", {}).items():
            if self.known(r):
                s.eligible[k] = count(r["value"] if isinstance(r, dict) else r)
            else:
                self.hit("as_of.cut.eligible")
        for name in ("stays", "units", "in_service", "check_ins", "conduct"):
            kept = [r for r in f.get(name, []) if self.known(r)]
            self.hit("as_of.cut." + name, len(f.get(name, [])) - len(kept))
            setattr(s, name, kept)
        s.stays, s.units = spans(s.stays, "compound"), spans(s.units, "unit")
        s.in_service = [Span(r) for r in s.in_service]
        if not s.in_service and not ("in_service" in f and not f["in_service"]):
            if "in_service" in f:
                self.reading(s, "R129")
            s.in_service = [Span({"from": "0001-01-01"})]
        s.ballots = {k: r for k, r in f.get("ballots", {}).items() if self.known(r)}
        self.hit("as_of.cut.ballots", len(f.get("ballots", {})) - len(s.ballots))
        s.imports = {}
        for k, rows in f.get("imports", {}).items():
            rows = rows if isinstance(rows, list) else [rows]
            kept = [r for r in rows if self.known(r)]
            self.hit("as_of.cut.imports", len(rows) - len(kept))
            if kept:
                s.imports[k] = kept
        s.metrics, s.states, s.surveys, s.results = {}, {}, {}, {}
        for k, r in f.get("metrics", {}).items():
            if self.known(r):
                if isinstance(r, dict):
                    self.reading(s, "R31")
                    r = r["value"]
                s.metrics[k] = num(r)
            else:
                self.hit("as_of.cut.metrics")
        for k, r in f.get("states", {}).items():
            if self.known(r):
                if isinstance(r, dict):
                    self.reading(s, "R31")
                    r = r["state"]
                if k not in self.nodes:
                    raise Refused("a state of no node: " + k)
                if r not in ("not_submitted", "not_applicable", "excused"):
                    raise Refused("no such state: %r" % (r,))
                if k == self.root["id"]:
                    raise Refused("the root has no state")
                s.states[k] = r
            else:
                self.hit("as_of.cut.states")
        for k, channels in f.get("surveys", {}).items():
            s.surveys[k] = {c: r for c, r in channels.items() if self.known(r)}
            self.hit("as_of.cut.surveys", len(channels) - len(s.surveys[k]))
            for r in s.surveys[k].values():
                if count(r["satisfied"]) > count(r["answered"]):
                    raise Refused("more satisfied than answered: " + k)
        for k, rows in f.get("results", {}).items():
            s.results[k] = [r for r in rows if self.known(r)]
            self.hit("as_of.cut.results", len(rows) - len(s.results[k]))
        for k, r in [(k, r) for k, rows in s.imports.items() for r in rows]:
            raw, full = num(r["raw"]), num(r["full"])
            if full <= 0:
                raise Refused("full marks not above 0: " + k)
            if raw > full and r.get("bonus") is not True:
                raise Refused("raw above full: " + k)
        s.reported = dict(s.metrics)
        if "check_in" in self.scheme:
            self.check_in(s)
        if "conduct" in self.scheme:
            self.conduct(s)
        self.check_results(s)
        for node in s.states:
            for leaf in self.leaves_below(node):
                if self.has_evidence(s, leaf):
                    raise Refused("evidence beside a state: %s (%s)" % (leaf, s.id))
        for r in s.sheets:
            node = self.nodes.get(r["item"])
            if node and self.kind(node) == "assessed" and num(r["points"]) > num(node["out_of"]):
                raise Refused("a sheet above full marks: %s (%s)" % (r["item"], s.id))
        for r in s.proposals:
            node = self.nodes.get(r["item"])
            if node and self.kind(node) == "proposed" and not 0 <= num(r["points"]) <= num(node["out_of"]):
                raise Refused("a proposal out of 0 to full marks: %s (%s)" % (r["item"], s.id))

    def first_period(self):
        """What a line without a period is about: the first period of the scheme's being in force."""
        start = day(self.scheme["in_force"]["from"])
        month = start.month - 1
        return {"year": "%04d" % start.year, "half": "%04d-H%d" % (start.year, month // 6 + 1),
                "quarter": "%04d-Q%d" % (start.year, month // 3 + 1),
                "month": "%04d-%02d" % (start.year, start.month)}[self.scheme["period"]]

    def groups_named(self):
        names = set(self.ranking.get("within", []))
        names |= {g["seats"]["within"] for g in self.grades if "seats" in g}
        names |= {g["seats"]["pool"]["into"] for g in self.grades if "pool" in g.get("seats", {})}
        names |= {n[k]["within"] for n in self.nodes.values() for k in ("compared", "placed") if k in n}
        return sorted(names)

    def leaves_below(self, node_id):
        def inside(x):
            while x is not None:
                if x == node_id:
                    return True
                x = self.parent[x]
            return False
        return [x for x in self.leaf_order if inside(x)]

    def has_evidence(self, s, leaf):
        node = self.nodes[leaf]
        kind = self.kind(node)
        body = node[kind]
        if kind == "counted":
            return any(e["item"] == leaf for e in s.entries)
        if kind == "scheduled":
            listed = {i for stay in s.stays for v in self.versions.get(stay.what, []) for i in v.items}
            return any(e["item"] in listed for e in s.entries)
        if kind == "assessed":
            return any(e["item"] == leaf for e in s.sheets)
        if kind == "proposed":
            return any(e["item"] == leaf for e in s.proposals)
        if kind == "voted":
            return body["ballot"] in s.ballots
        if kind == "surveyed":
            return bool(s.surveys.get(body["survey"]))
        if kind == "measured":
            names = [body["metric"]] if "metric" in body else [body["ratio"]["of"], body["ratio"]["per"]]
            derived = self.scheme["check_in"].get("metric", "late_days") if "check_in" in self.scheme else None
            if derived in names and s.states.get(leaf):
                self.reading(s, "R130")
            return any(m in s.reported and m != derived for m in names)
        if kind == "imported":
            return body["source"] in s.imports
        if kind == "result_of":
            return any(r["of"] == body["of"] for r in s.results.get(body["scheme"], []))
        return False

    # ---- nodes

    def resolve(self, s, node_id, after):
        """(VALUE, v), (INCOMPLETE, None) or (OUT, None). after: with the subject's node vetoes."""
        key = (s.id, node_id, after)
        if key not in self.memo:
            self.memo[key] = None
            self.memo[key] = self.resolve_fresh(s, node_id, after)
        if self.memo[key] is None:
            raise Refused("nodes in a circle at " + node_id)
        return self.memo[key]

    def stated_out(self, s, node_id):
        while node_id is not None:
            if s.states.get(node_id) in ("not_applicable", "excused"):
                return True
            node_id = self.parent[node_id]
        return False

    def resolve_fresh(self, s, node_id, after):
        node = self.nodes[node_id]
        kind = self.kind(node)
        if self.stated_out(s, node_id):
            self.hit("state.out." + ("parent" if kind in PARENTS else "leaf"))
            return OUT, None
        if s.states.get(node_id) == "not_submitted":
            self.hit("state.not_submitted" + (".never_missing" if kind in NEVER_MISSING else ""))
        value = getattr(self, "k_" + kind)(s, node, node[kind], after)
        if value is None:
            self.hit("missing." + kind)
            rule = node.get("missing", "incomplete")
            self.hit("rule." + ("value" if isinstance(rule, dict) else rule) + (".parent" if kind in PARENTS else ""))
            if rule == "incomplete":
                return INCOMPLETE, None
            if rule == "exclude":
                return OUT, None
            value = F(0) if rule == "zero" else num(rule["value"])
        else:
            self.hit("kind." + kind)
            value += num(node.get("base", "0"))
            if "clamp" in node:
                low, high = num(node["clamp"][0]), num(node["clamp"][1])
                if not low <= value <= high:
                    self.hit("clamp.cut")
                value = max(low, min(high, value))
            rule = node.get("round", {"to": "2", "mode": "half_up"} if node_id == self.root["id"] else None)
            if rule:
                exact, value = value, rounded(value, int(count(rule["to"])), rule.get("mode", "half_up"))
                if "round" not in node:
                    self.hit("root.default_round")
                if exact < 0 and value == 0:
                    self.hit("round.negative_to_zero")
                if exact != value:
                    self.hit("round." + rule.get("mode", "half_up") + (".negative" if exact < 0 else ""))
        if after:
            was = self.resolve(s, node_id, False)[1]
            if value > was:
                self.reading(s, "R1")
                value = was
            for veto in self.in_force(s):
                then = veto["then"]
                if then.get("node") == node_id:
                    if value > num(then["value"]):
                        self.hit("veto.node.cut")
                        value = num(then["value"])
        return VALUE, value

    def children(self, s, nodes, after):
        """The values of the children that stay in, as (child, value); None where one is incomplete or none is left."""
        kept = []
        for child in nodes:
            state, value = self.resolve(s, child["id"], after)
            if state == INCOMPLETE:
                return None
            if state == VALUE:
                kept.append((child, value))
            else:
                self.hit("child.left_out")
        if not kept:
            self.hit("parent.none_left")
        return kept or None

    def k_sum(self, s, node, body, after):
        kept = self.children(s, body, after)
        return None if kept is None else sum(v for _, v in kept)

    def k_weighted(self, s, node, body, after):
        kept = self.children(s, body, after)
        if kept is None:
            return None
        weights = sum(share(c["weight"]) for c, _ in kept)
        if weights != 1:
            self.hit("weighted.rescaled")
        return sum(share(c["weight"]) / weights * v / num(c["out_of"]) for c, v in kept) * num(node["out_of"])

    def k_average(self, s, node, body, after):
        kept = self.children(s, body, after)
        if kept is None:
            return None
        drop = node.get("drop", {})
        high, low = count(drop.get("highest", "0")), count(drop.get("lowest", "0"))
        values = sorted(v for _, v in kept)
        if len(values) <= high + low:
            self.hit("average.nothing_left")
            return None
        if high + low:
            self.hit("average.dropped")
        values = values[low:len(values) - high]
        return sum(values) / len(values)

    def k_best(self, s, node, body, after):
        kept = self.children(s, body, after)
        return None if kept is None else max(v for _, v in kept)

    def k_worst(self, s, node, body, after):
        kept = self.children(s, body, after)
        return None if kept is None else min(v for _, v in kept)

    def k_constant(self, s, node, body, after):
        return num(body)

    def k_counted(self, s, node, body, after):
        entries = []
        for place, e in enumerate(s.entries):
            if e["item"] != node["id"]:
                continue
            on = day(e["on"])
            if "valid" in body:
                months = count(body["valid"].split(" ")[0])
                counts = on <= s.last < months_later(on, months)
                if on.month == 2 and on.day == 29 and months_later(on, months).day == 28:
                    self.hit("counted.valid.feb29")
                if s.last == months_later(on, months) or s.last == months_later(on, months) - dt.timedelta(1):
                    self.hit("counted.valid.edge")
            else:
                counts = s.first <= on <= s.last
            if counts:
                # an entry without `recorded` goes before those that have one, both in the order of the list
                known = moment(e["recorded"]) if "recorded" in e else dt.datetime.min.replace(tzinfo=dt.timezone.utc)
                entries.append((on, known, place, e))
            else:
                self.hit("counted.out_of_period")
        entries.sort(key=lambda row: row[:3])
        if any(a[0] == b[0] and ("recorded" in a[3]) != ("recorded" in b[3]) for a, b in zip(entries, entries[1:])) \
                and "repeats" in body:
            self.reading(s, "R13")
        if any(num(row[3].get("times", "1")) < 0 for row in entries):
            self.reading(s, "R14")
        if "tiers" in body:
            times = sum((num(row[3].get("times", "1")) for row in entries), F(0))
            points = F(0)
            for least, p in body["tiers"]:
                if times >= num(least):
                    points = num(p)
                    self.hit("counted.tier" + (".exact" if times == num(least) else ""))
            return points
        repeats = [num(r) for r in body.get("repeats", ["1"])]
        totals = []                                    # (some day in the window, total)
        for i, (on, _, _, e) in enumerate(entries):
            if body["points"] == "entered":
                if "points" not in e:
                    raise Refused("an entry without points: " + node["id"])
                points = num(e["points"])
                if "each" in body:
                    held = max(num(body["each"][0]), min(num(body["each"][1]), points))
                    if held != points:
                        self.hit("counted.each.cut")
                    points = held
            else:
                points = num(body["points"])
            if i and "repeats" in body:
                self.hit("counted.repeat")
            totals.append((on, num(e.get("times", "1")) * points * repeats[min(i, len(repeats) - 1)]))
        for cap in body.get("caps", []):
            grouped = {}
            for on, points in totals:
                w = window(on, cap["per"])
                first, so_far = grouped.get(w, (on, F(0)))
                grouped[w] = (first, so_far + points)
            totals = []
            for on, points in grouped.values():
                held = points
                if "at_most" in cap:
                    held = min(held, num(cap["at_most"]))
                if "at_least" in cap:
                    held = max(held, num(cap["at_least"]))
                if held != points:
                    self.hit("counted.cap.%s.%s" % (cap["per"], "at_most" if held < points else "at_least"))
                totals.append((on, held))
        return sum((p for _, p in totals), F(0))

    def k_scheduled(self, s, node, body, after):
        days = days_by_what(s.stays, s.first, s.last)
        if sum(days.values()) not in (0, (s.last - s.first).days + 1):
            self.reading(s, "R110")
        values = {}
        for compound in days:
            here = [x for x in s.stays if x.what == compound]
            if len([x for x in here if x.last >= s.first and x.first <= s.last]) > 1:
                self.hit("scheduled.came_back")
            if any(self.version_in_stay(compound, x, s) for x in here):
                values[compound] = self.compound_value(s, body, compound, here)
            else:
                self.hit("scheduled.absent")
                values[compound] = None
        for e in s.entries:
            if not any(x.has(day(e["on"])) for x in s.stays):
                self.hit("scheduled.entry_in_no_stay")
        return self.several(values, days, s.stays, s, body, "prorated-by-days", "scheduled")

    def version_in_stay(self, compound, stay, s):
        """Whether a version was in force on a day of the stay within the period."""
        first, last = max(stay.first, s.first), min(stay.last, s.last)
        versions = self.versions.get(compound, [])
        # Versions change on the first day of one only, and end on the last day of one.
        starts = [first] + [v.first for v in versions if first < v.first <= last]
        return first <= last and any(self.version_on(compound, d) for d in starts)

    def compound_value(self, s, body, compound, stays):
        low, high = num(body["each"][0]), num(body["each"][1])
        by_item = {}
        for place, e in enumerate(s.entries):
            on = day(e["on"])
            if not any(x.has(on) for x in stays):
                continue
            version = self.version_on(compound, on)
            if version is None:
                self.hit("scheduled.no_version")
                continue
            if e["item"] not in version.items:
                self.hit("scheduled.not_listed")
                continue
            item = version.items[e["item"]]
            if "valid" in item["counted"]:
                ends = months_later(on, months(item["counted"]["valid"]))
                counts = on <= s.last < ends
                if s.last in (ends, ends - DAY):
                    self.hit("scheduled.valid.edge")
                if counts != (s.first <= on <= s.last):
                    self.hit("scheduled.valid." + ("longer" if counts else "shorter"))
                    if not counts:
                        self.reading(s, "R120")
            else:
                counts = s.first <= on <= s.last
            if not counts:
                self.hit("scheduled.out_of_period")
                continue
            if e.get("check") == "refused":
                self.hit("scheduled.refused")
                continue
            if item.get("check") == "second_person" and e.get("check") != "confirmed":
                self.hit("scheduled.unconfirmed")
                continue
            known = moment(e["recorded"]) if "recorded" in e else dt.datetime.min.replace(tzinfo=dt.timezone.utc)
            by_item.setdefault(e["item"], []).append((on, known, place, e, item["counted"]))
        value = sum((self.item_value(s, compound, item, sorted(rows, key=lambda row: row[:3]), low, high)
                     for item, rows in by_item.items()), F(0))
        held = max(num(body["in_all"][0]), min(num(body["in_all"][1]), value))
        if held != value:
            self.hit("scheduled.in_all." + ("at_most" if held < value else "at_least"))
        return held

    def item_value(self, s, compound, item, rows, low, high):
        def hold(x):
            return max(low, min(high, x))

        if any("repeats" in row[4] for row in rows) and any(
                a[0] == b[0] and ("recorded" in a[3]) != ("recorded" in b[3]) for a, b in zip(rows, rows[1:])):
            self.reading(s, "R13")
        if any(num(row[3].get("times", "1")) < 0 for row in rows):
            self.reading(s, "R14")
        if len({id(row[4]) for row in rows}) > 1:
            self.hit("scheduled.several_versions")
            if any("repeats" in row[4] for row in rows):
                self.reading(s, "R114")
        totals, times, by_tiers = [], F(0), False
        for i, (on, _, _, e, counted) in enumerate(rows):
            if "tiers" in counted:
                times, by_tiers = times + num(e.get("times", "1")), True
                if any("repeats" in row[4] for row in rows[i + 1:]):
                    self.reading(s, "R121")
                continue
            if counted["points"] == "entered":
                if "points" not in e:
                    raise Refused("an entry without points: " + item)
                points = max(num(counted["each"][0]), min(num(counted["each"][1]), num(e["points"])))
            else:
                points = num(counted["points"])
            repeats = [num(r) for r in counted.get("repeats", ["1"])]
            totals.append((on, num(e.get("times", "1")) * hold(points) * repeats[min(i, len(repeats) - 1)]))
        for per in WINDOWS:
            grouped = {}
            for on, points in totals:
                end = window_end(on, per)
                grouped[end] = grouped.get(end, F(0)) + points
            totals = []
            for end, points in grouped.items():
                at = min(end, s.last)
                version = self.latest_with(compound, at, lambda v: item in v.items)
                now = self.version_on(compound, at)
                caps = [c for c in version.items[item]["counted"].get("caps", []) if c["per"] == per]
                held = points
                if caps and "at_most" in caps[0]:
                    held = min(held, num(caps[0]["at_most"]))
                if caps and "at_least" in caps[0]:
                    held = max(held, num(caps[0]["at_least"]))
                if held != points:
                    self.hit("scheduled.cap.%s.%s" % (per, "at_most" if held < points else "at_least"))
                    if end > s.last:
                        self.reading(s, "R112")
                    if version is not now:
                        self.reading(s, "R113")
                totals.append((end, held))
        value = sum((p for _, p in totals), F(0))
        if by_tiers:
            version = self.latest_with(compound, s.last, lambda v: "tiers" in v.items.get(item, {}).get("counted", {}))
            if version is not self.version_on(compound, s.last):
                self.hit("scheduled.tiers.of_before")
            if any("tiers" in row[4] and row[4] is not version.items[item]["counted"] for row in rows):
                self.hit("scheduled.tiers.of_another")
            if totals:
                self.hit("scheduled.tiers.and_points")
            points = F(0)
            for least, p in version.items[item]["counted"]["tiers"]:
                if times >= num(least):
                    points = num(p)
                    self.hit("scheduled.tier" + (".exact" if times == num(least) else ""))
            value += hold(points)
        return value

    def several(self, values, days, found, s, body, default, what):
        """How the compounds, or units, of one period combine. values: what -> value, or None where it is absent."""
        if not days:
            self.hit(what + ".nowhere")
            return None
        how, rescale = body.get("several", default), body.get("absent") == "rescale"
        self.hit("%s.%s%s" % (what, how, "" if len(days) == 1 else ".several"))
        order = [x.what for x in found if x.last >= s.first and x.first <= s.last]
        if any(v is None for v in values.values()):
            if rescale:
                self.hit(what + ".absent.rescaled" + ("" if len(days) == 1 else ".several"))
                order = [x for x in order if values[x] is not None]
            elif how != "last" or values[order[-1]] is None:
                return None
            else:
                self.hit(what + ".absent.not_the_last")
        if not order:
            return None
        if how == "last":
            return values[order[-1]]
        here = set(order)
        if how == "best":
            return max(values[x] for x in here)
        return sum(values[x] * days[x] for x in here) / sum(days[x] for x in here)

    def k_assessed(self, s, node, body, after):
        out_of = num(node["out_of"])
        roles = {}
        for role, weight in body["by"].items():
            latest = {}
            for place, r in enumerate(s.sheets):
                if r["item"] == node["id"] and r["role"] == role:
                    row = (moment(r["at"]), place, num(r["points"]))
                    if r["by"] in latest:
                        self.hit("assessed.replaced")
                        if row[0] == latest[r["by"]][0]:
                            self.reading(s, "R16")
                    if r["by"] not in latest or row[:2] > latest[r["by"]][:2]:
                        latest[r["by"]] = row
            sheets = sorted(latest.values())
            if not sheets:
                continue
            points = sorted(row[2] for row in sheets)
            how = body.get("several", "average")
            if how == "latest":
                value = sheets[-1][2]
                if len(sheets) > 1 and sheets[-1][0] == sheets[-2][0]:
                    self.hit("assessed.latest.equal_at")
            elif how == "median":
                middle = len(points) // 2
                value = points[middle] if len(points) % 2 else (points[middle - 1] + points[middle]) / 2
                self.hit("assessed.median." + ("odd" if len(points) % 2 else "even"))
            else:
                if how == "trimmed" and len(points) >= count(body.get("trim_from", "3")):
                    points = points[1:-1]
                    self.hit("assessed.trimmed")
                elif how == "trimmed":
                    self.hit("assessed.too_few_to_trim")
                value = sum(points) / len(points)
            roles[role] = share(weight), value / out_of
        return self.by_weights(roles, body, body["by"], "role", out_of)

    def by_weights(self, present, body, named, what, out_of):
        if len(present) < len(named):
            self.hit("absent." + what)
            if body.get("absent") != "rescale" or not present:
                return None
            self.hit("absent.%s.rescaled" % what)
        total = sum(w for w, _ in present.values())
        return sum(w / total * v for w, v in present.values()) * out_of

    def k_proposed(self, s, node, body, after):
        own = [(place, r) for place, r in enumerate(s.proposals) if r["item"] == node["id"]]
        if any(r["level"] not in body["by"] for _, r in own):
            self.hit("proposed.other_level")
        for level in reversed(body["by"]):
            rows = [("at" in r, moment(r["at"]) if "at" in r else None, place, num(r["points"]))
                    for place, r in own if r["level"] == level]
            if not rows:
                continue
            dated = [row for row in rows if row[0]]
            first = max(dated or rows, key=lambda row: row[1:3] if row[0] else row[2])
            if len(rows) > 1:
                self.hit("proposed.several")
                if sum(row[:2] == first[:2] for row in rows) > 1:
                    self.hit("proposed.equal_at")
                if first[2] < max(row[2] for row in rows):
                    self.hit("proposed.not_the_last_line")
            if level != body["by"][0]:
                self.hit("proposed.higher" if any(r["level"] == body["by"][0] for _, r in own) else "proposed.only_higher")
            return first[3]
        return None

    def k_voted(self, s, node, body, after):
        votes = s.ballots.get(body["ballot"], {})
        options = {o: num(v) for o, v in body["options"].items()}
        if any(o not in options and o != "recorded" for o in votes):
            self.hit("voted.void")
        n = {o: count(votes[o]) for o in options if o in votes}
        valid = sum(n.values())
        if valid < max(1, count(body.get("least", "1"))):
            if valid:
                self.hit("voted.too_few")
            return None
        if "turnout" in body:
            cast = sum(count(v) for o, v in votes.items() if o != "recorded")
            eligible = s.eligible.get(body["ballot"])
            if eligible is None or not eligible or cast > eligible:
                self.hit("voted.turnout." + ("unknown" if eligible is None else "more_than_eligible"))
                return None
            if F(cast, eligible) < share(body["turnout"]):
                self.hit("voted.turnout.missed")
                return None
            self.hit("voted.turnout." + ("edge" if F(cast, eligible) == share(body["turnout"]) else "reached"))
        return sum(n[o] * options[o] for o in n) / valid / max(options.values()) * num(node["out_of"])

    def k_surveyed(self, s, node, body, after):
        channels = s.surveys.get(body["survey"], {})
        pooled = body["channels"] == "pooled"
        names = list(channels) if pooled else list(body["channels"])
        rows = {c: (count(channels[c]["answered"]), count(channels[c]["satisfied"])) for c in names if c in channels}
        answered = sum(a for a, _ in rows.values())
        if any(a == 0 for a, _ in rows.values()):
            self.hit("surveyed.zero_answers")
        if answered < max(1, count(body.get("least", "1"))):
            if answered:
                self.hit("surveyed.too_few")
            return None
        if pooled:
            return F(sum(y for _, y in rows.values()), answered) * num(node["out_of"])
        present = {c: (share(body["channels"][c]), F(y, a)) for c, (a, y) in rows.items() if a > 0}
        return self.by_weights(present, body, body["channels"], "channel", num(node["out_of"]))

    def metric(self, s, body):
        if "metric" in body:
            return s.metrics.get(body["metric"])
        over, under = s.metrics.get(body["ratio"]["of"]), s.metrics.get(body["ratio"]["per"])
        if under == 0:
            self.hit("ratio.by_zero")
        if over is None or under is None or under == 0:
            return None
        return over / under

    def k_measured(self, s, node, body, after):
        x = self.metric(s, body)
        if x is None:
            return None
        if "bands" in body:
            for band in body["bands"]:
                if "at_least" not in band or x >= num(band["at_least"]):
                    self.hit("measured.band" + (".edge" if "at_least" in band and x == num(band["at_least"]) else ""))
                    return num(band["points"])
        if "linear" in body:
            knots = [(num(a), num(b)) for a, b in body["linear"]]
            if x <= knots[0][0]:
                return knots[0][1]
            for (x0, y0), (x1, y1) in zip(knots, knots[1:]):
                if x <= x1:
                    self.hit("measured.linear.between")
                    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
            return knots[-1][1]
        return x

    def k_checked(self, s, node, body, after):
        held = self.holds(s, body["when"], after)
        self.hit("checked.%s" % held)
        return num(body["points"]) if held else num(body.get("otherwise", "0"))

    def k_imported(self, s, node, body, after):
        reports = s.imports.get(body["source"])
        if reports is None:
            return None
        if any(num(r["raw"]) > num(r["full"]) for r in reports):
            self.reading(s, "R18")
        days = days_by_what(s.units, s.first, s.last)
        units, plain = {}, None
        for r in reports:
            if r.get("unit") is None:
                if plain is not None:
                    self.reading(s, "R131")
                plain = r
            elif r["unit"] not in days:
                self.hit("units.report_left_out")
            else:
                if r["unit"] in units:
                    self.hit("units.replaced")
                    if moment(r["at"]) == moment(units[r["unit"]]["at"]):
                        self.hit("units.equal_at")
                if r["unit"] not in units or moment(r["at"]) >= moment(units[r["unit"]]["at"]):
                    units[r["unit"]] = r
        if not units:
            if days:
                self.hit("units.none_reported" + ("" if plain is None else ".plain"))
            return None if plain is None else num(plain["raw"]) / num(plain["full"]) * num(node["out_of"])
        if plain is not None:
            self.hit("units.plain_not_looked_at")
        values = {u: num(units[u]["raw"]) / num(units[u]["full"]) if u in units else None for u in days}
        if len(days) > 1:
            self.reading(s, "R115")
        value = self.several(values, days, s.units, s, body, "last", "units")
        return None if value is None else value * num(node["out_of"])

    def k_result_of(self, s, node, body, after):
        how = body.get("combine", "average")
        if "listed" in body:
            parts, whole = self.listed(s, node["id"], body)
            if not whole:
                return None
            self.hit("result_of.listed." + how)
            worth = [num(p["counts"]) / num(p["out_of"]) for p in parts if p["counts"] is not None]
            if how in ("average", "weighted"):
                weights = [F(p["weight"]) for p in parts if p["weight"] is not None]
                if not weights:
                    self.hit("result_of.listed.no_weight")
                    return None
                assert sum(weights) == 1
                return sum(w * x for w, x in zip(weights, worth)) * num(node["out_of"])
            return {"best": max, "worst": min, "sum": sum}[how](worth) * num(node["out_of"])
        rows = [r for r in s.results.get(body["scheme"], []) if r["of"] == body["of"] and r["score"] is not None]
        if len(rows) < count(body.get("least", "1")):
            if rows:
                self.hit("result_of.too_few")
            return None
        parts = [num(r["score"]) / num(r["out_of"]) for r in rows]
        self.hit("result_of." + how)
        if how == "weighted":
            if any("weight" not in r for r in rows):
                raise Refused("a result without weight: " + body["scheme"])
            weights = [num(r["weight"]) for r in rows]
            if sum(weights) == 0:
                self.hit("result_of.no_weight")
                return None
            value = sum(w * p for w, p in zip(weights, parts)) / sum(weights)
        else:
            value = {"average": sum(parts) / len(parts), "best": max(parts), "worst": min(parts),
                     "sum": sum(parts)}[how]
        return value * num(node["out_of"])

    def listed(self, s, name, body):
        """Every result that the node lists, in order, and whether the node has what it needs."""
        how, rule = body.get("combine", "average"), body.get("vetoed")
        parts, lacking, counted = [], False, []
        rows = [r for r in s.results.get(body["scheme"], []) if r["of"] == body["of"]]
        for r in rows:
            if how == "average":
                figure = "1"
            elif how == "weighted":
                figure = r.get("weights", {}).get(body["weight"]) if "weight" in body else r.get("weight")
            else:
                figure = None
            score, counts, why = r["score"], None, None
            held = rule is not None and set(rule["items"]) & set(r.get("vetoes", []))
            if r.get("status") == "excluded":
                why = "excluded"
            elif held and score is not None:
                why, counts = "held", min(num(score), num(rule["score_at_most"]))
            elif held and "unscored" in rule:
                why, counts = "held", num(rule["unscored"])
            elif score is not None:
                why, counts = "counted", num(score)
            elif body.get("unscored") == "leave_out":
                why = "left_out"
            else:
                why, lacking = "unscored", True
            if counts is not None and how == "weighted" and figure is None:
                why, counts, lacking = "unweighed", None, True
            self.hit("listed." + why)
            part = {"node": name, "subject": r["subject"], "period": r.get("period"), "score": plain_number(score),
                    "counts": plain_number(counts), "out_of": plain_number(r["out_of"]), "figure": plain_number(figure),
                    "weight": None, "grade": r.get("grade"), "vetoes": r.get("vetoes", []), "why": why,
                    "taken_over": r.get("taken_over")}
            parts.append(part)
            if counts is not None:
                counted.append(part)
        parts.sort(key=lambda p: (period_of(p["period"])[1:] if p["period"] else (dt.date.min, dt.date.min),
                                  p["subject"]))
        whole = bool(rows) and not lacking and len(counted) >= count(body.get("least", "1"))
        if bool(rows) and len(counted) < count(body.get("least", "1")):
            self.hit("listed.too_few")
        if whole and how in ("average", "weighted"):
            total = sum(F(p["figure"]) for p in counted)
            if total > 0:
                for p in counted:
                    share = F(p["figure"]) / total
                    p["weight"] = str(share)
        return parts, whole

    def check_results(self, s):
        """What the service and the offline command refuse of results."""
        for node in self.nodes.values():
            if "result_of" not in node:
                continue
            body = node["result_of"]
            rows = [r for r in s.results.get(body["scheme"], []) if r["of"] == body["of"]]
            weighted = body.get("combine") == "weighted"
            for r in rows:
                if weighted and "weight" in r and num(r["weight"]) < 0:
                    raise Refused("a weight below 0")
                if "listed" not in body:
                    if weighted and r["score"] is not None and "weight" not in r:
                        raise Refused("a result without weight: " + body["scheme"])
                    continue
                if not r.get("subject"):
                    raise Refused("a listed result without a subject")
                figure = r.get("weights", {}).get(body["weight"]) if "weight" in body else None
                if figure is not None and num(figure) < 0:
                    raise Refused("a figure below 0")
            if "listed" in body:
                whose = [(r["subject"], r.get("period")) for r in rows]
                if len(set(whose)) < len(whose):
                    raise Refused("one subject and period twice")

    def advice(self, s):
        """list -> the id of the first that holds; None where the scheme has no `advice`."""
        if "advice" not in self.scheme:
            return None
        found = {"renewal": None, "price": None}
        for name, bands in self.scheme["advice"].items():
            for band in bands if s.status == "final" else []:
                grade = None if s.grade is None else self.grades[s.grade]["id"]
                if "grade" in band and grade not in band["grade"]:
                    continue
                if "at_least" in band and (s.score is None or s.score < num(band["at_least"])):
                    continue
                if "vetoed" in band and not {v["id"] for v in self.in_force(s)} & set(band["vetoed"]):
                    continue
                found[name] = band["id"]
                break
            self.hit("advice.%s" % ("given" if found[name] else "none"))
        return found

    def group_values(self, s, body):
        """(subject, value before vetoes) of everybody in this subject's group who has one."""
        key = (body["node"], body["within"], s.groups[body["within"]])
        if key not in self.group_memo:
            rows = []
            for other in self.subjects:
                if other.groups[body["within"]] == s.groups[body["within"]]:
                    state, value = self.resolve(other, body["node"], False)
                    if state == VALUE:
                        rows.append((other.id, value))
            self.group_memo[key] = rows
        return self.group_memo[key]

    def k_compared(self, s, node, body, after):
        state, own = self.resolve(s, body["node"], after)
        if state != VALUE:
            return None
        values = [v for _, v in self.group_values(s, body)]
        against = max(values) if body["with"] == "best" else sum(values) / len(values)
        if against <= 0:
            self.hit("compared.not_above_zero")
            return None
        self.hit("compared." + body["with"])
        return max(F(0), min(F(1), own / against)) * num(node["out_of"])

    def k_placed(self, s, node, body, after):
        state, own = self.resolve(s, body["node"], after)
        if state != VALUE:
            return None
        if after and own != self.resolve(s, body["node"], False)[1]:
            self.reading(s, "R2")
        place = 1 + sum(1 for i, v in self.group_values(s, body) if i != s.id and v > own)
        for p, points in body["points"]:
            if int(p) == place:
                self.hit("placed.named")
                return num(points)
        self.hit("placed.otherwise")
        return num(body.get("otherwise", "0"))

    # ---- predicates

    def holds(self, s, p, after, grade=None):
        if "all" in p:
            return all([self.holds(s, q, after, grade) for q in p["all"]])
        if "any" in p:
            return any([self.holds(s, q, after, grade) for q in p["any"]])
        if "none" in p:
            return not any([self.holds(s, q, after, grade) for q in p["none"]])
        if "grade" in p:
            return grade is not None and grade == p["grade"]
        if "fact" in p:
            held = [r for r in s.findings if r["fact"] == p["fact"] and self.overlaps(s, r, "any_day")]
            if held:
                derived = any("derived" in r for r in held)
                self.hit("predicate.fact" + (".derived" if derived else ""))
                if not derived and p["fact"] in self.derived_findings:
                    self.reading(s, "R126")
            return bool(held)
        if "results" in p:
            body = self.nodes[p["results"]]["result_of"]
            rows = [r for r in s.results.get(body["scheme"], []) if r["of"] == body["of"]
                    and r.get("status") != "excluded"]
            if "vetoed" in p:
                held = any(set(p["vetoed"]) & set(r.get("vetoes", [])) for r in rows)
            else:
                held = any(r.get("grade") in p["graded"] for r in rows)
            self.hit("predicate.results.%s" % held)
            return held
        if "attribute" in p:
            value = s.facts.get("attributes", {}).get(p["attribute"])
            if value is None:
                return False
            return value == p["is"] if "is" in p else value in p["in"]
        if "node" in p:
            value = self.resolve(s, p["node"], after)[1]
        else:
            value = self.metric(s, p)
        if value is None:
            self.hit("predicate.missing")
            return False
        tests = {"at_least": lambda x: value >= x, "above": lambda x: value > x,
                 "at_most": lambda x: value <= x, "below": lambda x: value < x}
        named = [t for t in tests if t in p]
        for t in named:
            if value == num(p[t]):
                self.hit("predicate.edge." + t)
        return bool(named) and all(tests[t](num(p[t])) for t in named)

    # ---- vetoes

    def veto_days(self, s):
        """Steps say until when a veto is in force; one that never was is left out."""
        kept, one = [], dt.timedelta(1)
        for r in s.vetoes:
            steps = [x for x in r.get("steps", []) if self.known(x)]
            self.hit("as_of.cut.veto_steps", len(r.get("steps", [])) - len(steps))

            def first(kind):
                return min((day(x["on"]) for x in steps if x["step"] == kind), default=None)

            ends = [day(r["until"])] if r.get("until") is not None else []
            lifted, told, right = first("lifted"), first("notice_served"), first("put_right")
            if lifted:
                self.hit("veto.step.lifted")
                ends.append(lifted - one)
            rule = next((v for v in self.vetoes if v["id"] == r["item"]), {}).get("put_right")
            if right and rule:
                due = told + dt.timedelta(int(num(rule["days"]))) if told else None
                if due is None or right <= due:
                    self.hit("veto.step.in_time" + (".last_day" if right == due else ""))
                    if rule.get("in_time") == "annuls":
                        self.hit("veto.step.annulled")
                        continue
                    ends.append(right - one)
                else:
                    self.hit("veto.step.too_late")
            until = min(ends, default=None)
            if steps and until is not None and until < day(r["from"]):
                self.hit("veto.step.never")
                continue
            kept.append({**r, "until": until.isoformat() if until else None})
        s.vetoes = kept

    def overlaps(self, s, record, counts):
        start = day(record["from"])
        until = day(record["until"]) if record.get("until") is not None else None
        if counts == "at_end":
            return start <= s.last and (until is None or until >= s.last)
        return start <= s.last and (until is None or until >= s.first)

    def in_force(self, s):
        if not hasattr(s, "force"):
            s.force = []
            for veto in self.vetoes:
                records = 0
                for r in s.vetoes:
                    if r["item"] != veto["id"]:
                        continue
                    if "raised_by" in veto and r.get("by") not in veto["raised_by"]:
                        self.hit("veto.not_entitled")
                        continue
                    if self.overlaps(s, r, veto.get("counts", "any_day")):
                        records += 1
                    else:
                        self.hit("veto.not_in_force." + veto.get("counts", "any_day"))
                if records:
                    s.force.append(veto)
                    self.hit("veto.%s" % veto.get("counts", "any_day"))
                if records > 1:
                    self.hit("veto.many_records")
        return s.force

    def why(self, s, node_id):
        """The missing leaves that made this node incomplete or left out."""
        node = self.nodes[node_id]
        kind = self.kind(node)
        if kind in LEAVES:
            return {node_id}
        if self.stated_out(s, node_id):
            self.reading(s, "R6")
            return set(self.leaves_below(node_id))
        states = {c["id"]: self.resolve(s, c["id"], False)[0] for c in node[kind]}
        blamed = [c for c, state in states.items() if state == INCOMPLETE]
        if not blamed:
            self.hit("missing.every_child_left_out")
            blamed = [c for c, state in states.items() if state == OUT]
            for c in blamed:
                if len(self.leaves_below(c)) > 1:
                    self.reading(s, "R5")
        found = set()
        for c in blamed:
            found |= self.why(s, c)
        return found

    def grade_by(self, s, score, after, below=-1):
        """The first grade under number `below` that allows this score."""
        for i, g in enumerate(self.grades):
            if i <= below:
                continue
            if "at_least" in g:
                if score == num(g["at_least"]):
                    self.hit("grade.edge")
                if score < num(g["at_least"]):
                    continue
            if "when" in g and not self.holds(s, g["when"], after):
                self.hit("grade.when.failed")
                continue
            if "unless" in g and self.holds(s, g["unless"], after):
                self.hit("grade.unless.barred")
                continue
            return i
        return None

    def score(self, s):
        rule = self.root.get("round", {"to": "2", "mode": "half_up"})
        self.places, mode = count(rule["to"]), rule.get("mode", "half_up")
        force = self.in_force(s)
        thens = [v["then"] for v in force]
        for then in thens:
            for effect in then:
                if effect != "value":
                    self.hit("effect." + effect)
        if len(thens) > 1:
            self.hit("veto.several")
        state, before = self.resolve(s, self.root["id"], False)
        s.before, s.score, s.grade, s.place, s.status = before, None, None, False, "final"
        s.missing = []
        if state != VALUE:
            blamed = self.why(s, self.root["id"])
            s.missing = [x for x in self.leaf_order if x in blamed]
        forced = [self.grade_index[t["grade"]] for t in thens if "grade" in t]
        moved = any("node" in t for t in thens)
        for then in thens:
            if "node" in then and self.resolve(s, then["node"], False)[0] != VALUE:
                self.hit("veto.node.missing")
        if any(t.get("excluded") for t in thens):
            s.status = "excluded"
            if state != VALUE:
                self.hit("excluded.and.incomplete")
            if forced:
                self.reading(s, "R3")
            return
        if state != VALUE:
            if forced:
                s.grade = max(forced)
                self.hit("incomplete.forced")
            else:
                s.status = "incomplete"
            return
        value = self.resolve(s, self.root["id"], moved)[1]
        less = [num(t["score_less"]) for t in thens if "score_less" in t]
        if less:
            was, value = value, value - sum(less)
            if "clamp" in self.root:
                if value < num(self.root["clamp"][0]):
                    self.hit("score_less.clamped")
                value = max(value, num(self.root["clamp"][0]))
            value = min(value, was)
        most = [num(t["score_at_most"]) for t in thens if "score_at_most" in t]
        if most:
            value = min([value] + most)
        s.score = rounded(value, self.places, mode)
        if s.score != value:
            self.hit("score.rounded_after_veto")
        s.place = not forced
        if not self.grades:
            return
        index = self.grade_by(s, s.score, moved)
        if force:
            index_before = self.grade_by(s, before, False)
            if index_before > index:
                self.reading(s, "R1g")
                index = index_before
        down = sum(count(t["grades_down"]) for t in thens if "grades_down" in t)
        if down and index + down > len(self.grades) - 1:
            self.hit("grades_down.past_last")
        index = min(index + down, len(self.grades) - 1)
        for t in thens:
            if "grade_at_best" in t:
                index = max(index, self.grade_index[t["grade_at_best"]])
        if forced:
            self.hit("forced." + ("lower_already" if index > max(forced) else "lowered"))
        s.grade = max([index] + forced)

    # ---- ranks and seats

    def key(self, s):
        parts = []
        for k in self.keys:
            if k == "score":
                parts.append((0, -s.score))
                continue
            moved = any("node" in v["then"] for v in self.in_force(s))
            value = self.resolve(s, k["node"], moved)[1]
            if value is None:
                self.hit("key.missing")
                parts.append((1, F(0)))
            else:
                parts.append((0, value if k.get("order") == "ascending" else -value))
        return tuple(parts)

    def rank(self):
        placed = [s for s in self.subjects if s.place]
        for s in self.subjects:
            s.ranks = {}
        for group in self.ranking.get("within", []):
            for s in placed:
                others = [o.keyed for o in placed if o.groups[group] == s.groups[group]]
                better = [k for k in others if k < s.keyed]
                if self.ranking.get("places", "competition") == "dense":
                    s.ranks[group] = 1 + len(set(better))
                    if len(set(better)) != len(better):
                        self.hit("rank.dense.after_tie")
                else:
                    s.ranks[group] = 1 + len(better)
                    if len(set(better)) != len(better):
                        self.hit("rank.competition.after_tie")

    def decided(self, grade, within, tied):
        """The order of a recorded decision that lists exactly the tied, or None."""
        for d in self.decisions:
            if d["for"] == grade["id"] and d.get("within") == within:
                if len(d["order"]) == len(tied) and set(d["order"]) == set(tied):
                    self.hit("decision." + ("subjects" if within is not None else "groups"))
                    return list(d["order"])
                for s in self.subjects:
                    self.reading(s, "R21")
        self.open_ties.append({"for": grade["id"], "within": within, "tied": set(tied)})
        return None

    def seats(self):
        quotas = []
        for s in self.subjects:
            s.exhausted, s.tied = [], None
        for index, grade in enumerate(self.grades):
            if "seats" not in grade:
                continue
            rule = grade["seats"]
            groups = collections.defaultdict(list)
            for s in self.subjects:
                groups[s.groups[rule["within"]]].append(s)
            members_of = lambda them: sum(1 for s in them if rule["of"] == "subjects" or s.place)
            names, pooled = {}, {}
            if "pool" in rule:
                groups, names, pooled = self.pooled(rule, groups, members_of)
            sizes = {g: members_of(members) for g, members in sorted(groups.items())}
            table, undecided = apportion(
                sizes, share(rule["share"]), rule["rounding"],
                count(rule["each_at_most"]) if "each_at_most" in rule else None,
                count(rule["at_most"]) if "at_most" in rule else None,
                lambda tied: self.decided_groups(grade, tied, names))
            if rule["rounding"] == "largest_remainder":
                given = sum(row["floor"] for row in table.values()) + sum(
                    1 for row in table.values() if row["why"] == "remainder")
                wanted = sum(row["quota"] for row in table.values())
                if given < wanted and not undecided:
                    for s in self.subjects:
                        self.reading(s, "R19")
                if any(a["remainder"] == b["remainder"] and sizes[x] > sizes[y]
                       and a["why"] == "remainder" and b["remainder"] and b["why"] == "floor" and not b["spare"]
                       for x, a in table.items() for y, b in table.items()):
                    self.hit("seats.equal_remainders.larger_first")
            for g, row in table.items():
                self.hit("seats.why." + row["why"])
                if each_cut(rule, row):
                    self.hit("seats.cut_by_each_at_most")
                if row["spare"] and row["remainder"]:
                    self.hit("seats.floor_at_each_at_most")
                self.fill(index, grade, names.get(g, g), groups[g], row["seats"], g in undecided)
            quotas.append({"for": grade["id"], "groups": [
                {"group": names.get(g, g), "pooled": pooled.get(g, []), "members": sizes[g], "quota": exact_text(row["quota"]),
                 "quota_exact": ratio_text(row["quota"]), "floor": row["floor"],
                 "remainder": exact_text(row["remainder"]), "seats": row["seats"], "why": row["why"]}
                for g, row in sorted(table.items())]})
        return quotas

    def pooled(self, rule, groups, members_of):
        """(the groups with pools in the place of what they pool, the pools' ids, the pooled groups)"""
        pools = collections.defaultdict(list)
        for g, members in groups.items():
            above = {s.groups[rule["pool"]["into"]] for s in members}
            if members_of(members) >= count(rule["pool"]["fewer_than"]):
                self.hit("pool.large_enough")
            elif len(above) > 1:
                self.hit("pool.astride")
            else:
                pools[above.pop()].append(g)
        names, pooled = {}, {}
        groups = dict(groups)
        for above, small in pools.items():
            if len(small) == 1:
                self.hit("pool.alone")
                continue
            self.hit("pool.pooled")
            # A key of its own, in the order of its id and behind a group of the same id.
            key = (above + "\0") if above in groups else above
            members = [s for g in small for s in groups.pop(g)]
            while key in groups:
                key += "\0"
            groups[key], names[key], pooled[key] = members, above, sorted(small)
        return groups, names, pooled

    def decided_groups(self, grade, tied, names):
        order = self.decided(grade, None, {names.get(g, g) for g in tied})
        key = {names.get(g, g): g for g in tied}
        return None if order is None else [key[g] for g in order]

    def fill(self, index, grade, group, members, seats, one_more_undecided):
        """Seats the best; `one_more_undecided`: one further seat hangs on an open tie between groups."""
        line = sorted((s for s in members if s.place and s.tied is None and s.grade == index), key=lambda s: s.keyed)
        if one_more_undecided:
            self.hit("seats.undecided" + (".nobody_next" if len(line) <= seats else ""))
        if len(line) <= seats:
            return
        last = seats if one_more_undecided else seats - 1     # the last position that may still be seated
        blocks = []
        for s in line:
            if blocks and blocks[-1][0].keyed == s.keyed:
                blocks[-1].append(s)
            else:
                blocks.append([s])
        start = 0
        for block in blocks:
            end = start + len(block)
            if end <= seats:                                  # all surely in
                pass
            elif start > last:                                # all surely out
                for s in block:
                    self.drop(s, index, grade)
            else:
                order = [s.id for s in block]
                if len(block) > 1:
                    if start == seats:
                        for s in block:
                            self.reading(s, "R20")
                    order = self.decided(grade, group, set(order))
                by_id = {s.id: s for s in block}
                if order is None:
                    for s in block:
                        s.tied = grade["id"]
                else:
                    for i, subject in enumerate(order):
                        if start + i < seats:
                            continue
                        if start + i == seats and one_more_undecided:
                            by_id[subject].tied = grade["id"]
                            self.hit("tie_open.next_in_line")
                        else:
                            self.drop(by_id[subject], index, grade)
            start = end

    def drop(self, s, index, grade):
        s.exhausted.append(grade["id"])
        self.hit("seats_exhausted" + (".again" if len(s.exhausted) > 1 else ""))
        moved = any("node" in v["then"] for v in self.in_force(s))
        s.grade = self.grade_by(s, s.score, moved, below=index)
        if self.in_force(s):
            # A veto opens no grade on the way down either: only one allowed without vetoes too.
            unvetoed = self.grade_by(s, s.before, False, below=index)
            while s.grade != unvetoed:
                self.reading(s, "R82")
                lower = max(s.grade, unvetoed)
                s.grade = self.grade_by(s, s.score, moved, below=lower - 1)
                unvetoed = self.grade_by(s, s.before, False, below=lower - 1)

    # ---- all of it

    def run(self):
        for s in self.subjects:
            self.score(s)
        for s in self.subjects:
            s.keyed = self.key(s) if s.place else None
        self.rank()
        quotas = self.seats()
        for s in self.subjects:
            if s.tied is not None:
                s.status, s.grade = "tie_open", None
        results = [self.result(s) for s in self.subjects]
        return results, quotas

    def honours(self, s):
        """`barred`, `eligible`, or None; a scheme without `honours` says nothing."""
        rule = self.scheme.get("honours")
        if rule is None:
            return None

        def allowed(after):
            return not ("when" in rule and not self.holds(s, rule["when"], after)) \
                and not ("unless" in rule and self.holds(s, rule["unless"], after))

        moved = any("node" in v["then"] for v in self.in_force(s))
        word = "barred" if not allowed(moved) else "eligible" if s.status == "final" else None
        if word != "barred" and not allowed(False):
            self.reading(s, "R128")
        self.hit("honours.%s.%s" % (word, "final" if s.status == "final" else "other"))
        return word

    def awards(self, s):
        force = self.in_force(s)
        awards = {}
        if s.status != "final":
            return awards
        moved = any("node" in v["then"] for v in force)
        grade = None if s.grade is None else self.grades[s.grade]["id"]
        published = self.published(s)
        for a in self.scheme.get("awards", []):
            if a.get("as_of") == "publication":
                if published is None:
                    self.hit("published.unknown.award")
                    continue
                if "when" in a and not holds_published(a["when"], published, grade):
                    continue
                self.hit("published.award")
            elif "when" in a and not self.holds(s, a["when"], moved, grade):
                continue
            if any(v["then"].get("no_awards") for v in force):
                self.hit("no_awards.took")
                continue
            if force and "when" in a and antitone(a["when"]):
                self.reading(s, "R4")
            self.hit("award")
            awards[a["id"]] = written(num(a["amount"]), 2)
        return awards

    def published(self, s):
        """The attributes of the day of publication; None where the line does not say."""
        told = s.facts.get("published")
        if told is None or not self.known(told):
            self.hit("as_of.cut.published", 0 if told is None else 1)
            return None
        return told["attributes"]

    def consequences(self, s):
        """The ids of what follows; None where nothing is asked or the day is not told."""
        rules, published = self.scheme.get("consequences", []), self.published(s)
        if not rules or published is None:
            return None
        grade = None if s.grade is None else self.grades[s.grade]["id"]
        found = [c["id"] for c in rules if s.status == "final" and holds_published(c["when"], published, grade)]
        self.hit("consequences.%s.%s" % ("some" if found else "none", "final" if s.status == "final" else "other"))
        return found

    def result(self, s):
        reasons = [{"code": "missing", "node": n} for n in s.missing]
        reasons += [{"code": "veto", "item": v["id"]} for v in self.in_force(s)]
        if s.tied is not None:
            reasons.append({"code": "tie_open", "grade": s.tied})
        reasons += [{"code": "seats_exhausted", "grade": g} for g in s.exhausted]
        honours = self.honours(s)
        if honours == "barred":
            reasons.append({"code": "honours_barred"})
        self.hit("status." + s.status)
        moved = any("node" in v["then"] for v in self.in_force(s))
        values = {n: ratio_text(self.resolve(s, n, moved)[1]) for n in self.nodes}
        parts = [p for n in self.nodes.values() if "listed" in n.get("result_of", {})
                 and s.states.get(n["id"], "not_submitted") == "not_submitted"
                 for p in self.listed(s, n["id"], n["result_of"])[0]]
        sheets = [{"node": n, "value": None if s.status == "excluded" else values[n]}
                  for n in self.scheme.get("sheets", [])]
        return {
            "advice": self.advice(s), "results": parts, "sheets": sheets,
            "subject": s.id, "period": s.period, "status": s.status,
            "score": None if s.score is None else written(s.score, self.places),
            "score_before_vetoes": None if s.before is None else written(s.before, self.places),
            "grade": None if s.grade is None else self.grades[s.grade]["id"],
            "ranks": s.ranks, "awards": self.awards(s), "honours": honours, "reasons": reasons, "values": values,
            "consequences": self.consequences(s),
            "readings": sorted(s.readings)}


def holds_published(p, attributes, grade):
    """A predicate over the grade and the attributes of the day of publication."""
    for word, test in (("all", all), ("any", any), ("none", lambda parts: not any(parts))):
        if word in p:
            return test([holds_published(q, attributes, grade) for q in p[word]])
    if "grade" in p:
        return grade == p["grade"]
    value = attributes.get(p["attribute"])
    return value is not None and (value == p["is"] if "is" in p else value in p["in"])


def each_cut(rule, row):
    top = row["floor"] + (1 if row["why"] == "remainder" else 0)
    return "each_at_most" in rule and row["seats"] < top


def antitone(p, negated=False):
    """Whether a lower value or a lower grade could make this predicate true."""
    for word in ("all", "any"):
        if word in p:
            return any(antitone(q, negated) for q in p[word])
    if "none" in p:
        return any(antitone(q, not negated) for q in p["none"])
    if "node" in p:
        return (("below" in p or "at_most" in p) != negated)
    return "grade" in p


def read_facts(text):
    return [load(line) for line in text.split("\n") if line.strip()]


def read_schedules(paths):
    texts = []
    for path in paths:
        inside = sorted(os.path.join(path, x) for x in os.listdir(path)) if os.path.isdir(path) else [path]
        for name in inside:
            with open(name, encoding="utf-8") as f:
                texts.append(f.read())
    return texts


def evaluate(scheme_text, facts_text, as_of=None, schedules=()):
    """(results, quotas, the evaluation); schedules: texts. Raises Refused."""
    scheme, lines = load(scheme_text), read_facts(facts_text)
    try:
        evaluation = Evaluation(scheme, lines, as_of, [load(x) for x in schedules])
        results, quotas = evaluation.run()
    except (KeyError, AttributeError, TypeError, IndexError) as fault:
        if "--debug" in sys.argv:
            raise
        raise Refused("not of the expected form: %r" % (fault,))
    return results, quotas, evaluation


# ---------------------------------------------------------------- the published examples

def one(score, facts, more=None, as_of=None, schedules=()):
    scheme = {"period": "year", "score": score, "grades": [{"id": "yes", "at_least": "60"}, {"id": "no"}]}
    scheme.update(more or {})
    lines = facts if isinstance(facts, list) else [facts]
    lines = [dict({"subject": "s-%d" % i, "period": "2022"}, **f) for i, f in enumerate(lines)]
    results, quotas, _ = evaluate(json.dumps(scheme), "\n".join(json.dumps(x) for x in lines), as_of,
                                  [json.dumps(x) for x in schedules])
    return results, quotas


PAGE_EXAMPLE = {
    "id": "dual", "out_of": 100, "round": {"to": 2, "mode": "half_up"}, "weighted": [
        {"id": "unit", "weight": "50%", "out_of": 100, "imported": {"source": "unit_branch"}},
        {"id": "compound", "weight": "50%", "out_of": 100, "base": 60, "clamp": [0, 100], "sum": [
            {"id": "volunteering", "counted": {"points": 2, "caps": [
                {"per": "month", "at_most": 6}, {"per": "year", "at_most": 20}]}},
            {"id": "duty", "counted": {"points": "entered", "each": [0, 5], "caps": [{"per": "year", "at_most": 10}]}},
            {"id": "property_fee_arrears", "counted": {"points": -5, "caps": [{"per": "year", "at_least": -20}]}},
            {"id": "owner_voice", "out_of": 10, "missing": "zero",
             "voted": {"ballot": "neighbours", "options": {"good": 100, "fair": 80, "pass": 60, "poor": 0}}}]}]}


def self_test():
    facts = {"imports": {"unit_branch": {"raw": 43, "full": 50}},
             "entries": [{"item": "volunteering", "on": "2022-03-05", "times": 5},
                         {"item": "volunteering", "on": "2022-04-02", "times": 2}],
             "ballots": {"neighbours": {"good": 3, "fair": 1}}}
    results, _ = one(PAGE_EXAMPLE, facts)
    assert results[0]["score"] == "82.75" and results[0]["grade"] == "yes", results
    assert results[0]["values"]["owner_voice"] == "19/2" and results[0]["values"]["unit"] == "86/1"
    results, _ = one(PAGE_EXAMPLE, {})
    assert results[0]["status"] == "incomplete" and results[0]["reasons"] == [{"code": "missing", "node": "unit"}]

    capped = {"id": "r", "sum": [
        {"id": "a", "counted": {"points": 2, "caps": [{"per": "year", "at_most": 12}]}},
        {"id": "b", "constant": 4}, {"id": "c", "constant": 4}]}
    results, _ = one(capped, {"entries": [{"item": "a", "on": "2022-01-01", "times": 15}]})
    assert results[0]["score"] == "20.00", results

    by_metric = {"id": "r", "sum": [{"id": "m", "measured": {"metric": "x", "as_is": True}}]}
    lines = [{"groups": {"county": "c"}, "metrics": {"x": v}} for v in ("72", "71", "71", "71", "70")]
    results, _ = one(by_metric, lines, {"ranking": {"within": ["county"], "by": ["score"], "places": "competition"}})
    assert [r["ranks"]["county"] for r in results] == [1, 2, 2, 2, 5]
    results, _ = one(by_metric, lines, {"ranking": {"within": ["county"], "by": ["score"], "places": "dense"}})
    assert [r["ranks"]["county"] for r in results] == [1, 2, 2, 2, 3]

    thirds = {"id": "r", "out_of": 5, "weighted": [
        {"id": "t%d" % i, "weight": "1/3", "out_of": 5, "constant": "3.5"} for i in range(3)]}
    results, _ = one(thirds, {})
    assert results[0]["score"] == "3.50" and results[0]["values"]["r"] == "7/2"

    # remainders .5 .5 .7 .3: 20 of 100 branches over 47, 33, 13, 7 gives 9.4 6.6 2.6 1.4; and the four named
    table, tied = apportion({"a": 47, "b": 33, "c": 13, "d": 7}, F(1, 5), "largest_remainder", None, 20, lambda t: None)
    assert [table[g]["seats"] for g in "abcd"] == [9, 7, 3, 1] and not tied
    table, tied = apportion({"a": 15, "b": 15, "c": 17, "d": 13}, F(1, 10), "largest_remainder", None, None, lambda t: None)
    assert [exact_text(table[g]["remainder"]) for g in "abcd"] == ["0.5", "0.5", "0.7", "0.3"]
    assert [table[g]["seats"] for g in "abcd"] == [1, 1, 2, 1] and tied == {"a", "b"}, table
    assert [table[g]["why"] for g in "abcd"] == ["tie_open", "tie_open", "remainder", "floor"]
    table, tied = apportion({"a": 15, "b": 15, "c": 17, "d": 13}, F(1, 10), "largest_remainder", None, None,
                            lambda t: ["b", "a"])
    assert [table[g]["seats"] for g in "abcd"] == [1, 2, 2, 1] and not tied
    table, _ = apportion({"k": 47}, F(1, 5), "floor", None, None, None)
    assert exact_text(table["k"]["quota"]) == "9.4" and table["k"]["seats"] == 9

    for mode, expect in (("half_up", "3 -3 2 -2 1 -1"), ("half_even", "2 -2 2 -2 1 -1"), ("down", "2 -2 1 -1 1 -1"),
                         ("up", "3 -3 2 -2 1 -1"), ("floor", "2 -3 1 -2 1 -1"), ("ceiling", "3 -2 2 -1 1 -1")):
        got = " ".join(str(to_whole(F(x), mode)) for x in ("2.5", "-2.5", "1.6", "-1.6", "1", "-1"))
        assert got == expect, (mode, got)
    assert written(rounded(F("-0.004"), 2, "half_up"), 2) == "0.00"
    assert written(F("-0.05"), 2) == "-0.05" and written(F(7), 0) == "7"
    assert months_later(dt.date(2020, 2, 29), 24) == dt.date(2022, 2, 28)
    assert months_later(dt.date(2021, 8, 31), 6) == dt.date(2022, 2, 28)
    assert period_of("2022-H1")[1:] == (dt.date(2022, 1, 1), dt.date(2022, 6, 30))
    assert period_of("2024-02")[2] == dt.date(2024, 2, 29) and period_of("2022-Q3")[1] == dt.date(2022, 7, 1)
    for bad in ("1e3", "1_000", ".5", "5.", "+1", "0x10", "12345678901", "0.1234567", "１", "1\n", ""):
        try:
            num(bad)
        except Refused:
            continue
        raise AssertionError("taken as a number: %r" % bad)
    assert allocate(10000, [F(1)] * 3) == [3334, 3333, 3333] and allocate(10000, [F(1)] * 3, "last") == [3333, 3333, 3334]

    # a tie at the line, and the decision that settles it
    line = [{"groups": {"county": "c"}, "metrics": {"x": v}} for v in ("90", "80", "80", "70")]
    graded = {"grades": [{"id": "top", "at_least": 60, "seats": {
        "share": "50%", "of": "subjects", "within": "county", "rounding": "floor"}}, {"id": "rest"}],
        "ranking": {"within": ["county"], "by": ["score"], "places": "competition"}}
    results, quotas = one(by_metric, line, graded)
    assert [r["grade"] for r in results] == ["top", None, None, "rest"]
    assert [r["status"] for r in results] == ["final", "tie_open", "tie_open", "final"]
    scheme = dict({"period": "year", "score": by_metric}, **graded)
    lines = [dict(x, subject="s-%d" % i, period="2022") for i, x in enumerate(line)]
    lines.insert(0, {"decision": {"for": "top", "within": "c", "order": ["s-2", "s-1"]}})
    results, _, _ = evaluate(json.dumps(scheme), "\n".join(map(json.dumps, lines)))
    assert [r["grade"] for r in results] == ["top", "rest", "top", "rest"]
    assert results[1]["reasons"] == [{"code": "seats_exhausted", "grade": "top"}]

    # a veto: less, at most, down; excluded and incomplete
    vetoes = {"vetoes": [{"id": "less", "then": {"score_less": "0.125"}}, {"id": "force", "then": {"grade": "no"}},
                         {"id": "gone", "then": {"excluded": True}}]}
    results, _ = one(by_metric, [{"metrics": {"x": 90}, "vetoes": [{"item": "less", "from": "2021-01-01"}]},
                                 {"vetoes": [{"item": "force", "from": "2022-12-31"}]},
                                 {"vetoes": [{"item": "gone", "from": "2020-01-01", "until": "2022-01-01"}]},
                                 {"metrics": {"x": 90}, "vetoes": [{"item": "gone", "from": "2020-01-01", "until": "2021-12-31"}]}],
                     vetoes)
    assert [(r["status"], r["score"], r["grade"]) for r in results] == [
        ("final", "89.88", "yes"), ("final", None, "no"), ("excluded", None, None), ("final", "90.00", "yes")], results
    assert results[2]["reasons"] == [{"code": "missing", "node": "m"}, {"code": "veto", "item": "gone"}]
    self_test_days()
    print("self-test: ok")


def self_test_days():
    """Point schedules, reports of units, check-ins, conduct and honours, by hand."""
    def schedule(start, items, compound="a", until=None):
        in_force = {"from": start} if until is None else {"from": start, "until": until}
        return {"compound": compound, "in_force": in_force, "items": [{"id": i, "counted": c} for i, c in items.items()]}

    def value(facts, schedules, period="2022", as_of=None, **body):
        node = {"id": "own", "scheduled": dict({"each": [-50, 50], "in_all": [-1000, 1000], "valid_at_most": "24 months"}, **body)}
        score = {"id": "r", "sum": [node]}
        results, _ = one(score, dict({"period": period}, **facts), {"subject": "member", "period": period_of(period)[0]}, as_of, schedules)
        return results[0]["values"]["own"]

    def did(item, on, times=1, **more):
        return dict({"item": item, "on": on, "times": times}, **more)

    def per(window, at_most):
        return {"points": 2, "caps": [{"per": window, "at_most": at_most}]}

    year = per("year", 30)
    both = [schedule("2020-01-01", {"x": year}), schedule("2020-01-01", {"x": year}, "b")]
    # Moved on 29 February 2024: 31 + 28 = 59 days in a, and 366 - 59 = 307 in b. a: 5 x 2 = 10, b: 2 x 2 = 4.
    moved = {"stays": [{"compound": "a", "from": "2019-05-01", "until": "2024-02-28"}, {"compound": "b", "from": "2024-02-29"}],
             "entries": [did("x", "2024-02-28", 5), did("x", "2024-02-29", 2)]}
    assert value(moved, both, "2024") == "303/61"                     # (10 x 59 + 4 x 307) / 366 = 1818/366
    assert value(moved, both, "2024", several="last") == "4/1"
    assert value(moved, both, "2024", several="best") == "10/1"
    # 28 of 365 days with 10 points in a, 337 with 0 in b; then b without a schedule.
    short = {"stays": [{"compound": "a", "from": "2022-01-01", "until": "2022-01-28"}, {"compound": "b", "from": "2022-01-29"}],
             "entries": [did("x", "2022-01-28", 5), did("x", "2021-12-31", 7)]}
    assert value(short, both) == "56/73"                              # 280/365; 28/365 of the points stay 28/365
    assert value(short, both[:1]) is None and value(short, both[:1], several="last") is None
    assert value(short, both[:1], absent="rescale") == "10/1" == value(short, both[:1], several="last", absent="rescale")
    assert value(short, both[1:], several="last") == "0/1" and value(short, [], absent="rescale") is None
    assert value({"entries": short["entries"]}, both) is None
    # A gap of 10 days weighs nothing: a on 100 days, b on 255 of 365; 10 x 100 / 355.
    gap = {"stays": [{"compound": "a", "from": "2022-01-01", "until": "2022-04-10"}, {"compound": "b", "from": "2022-04-21"}],
           "entries": [did("x", "2022-04-10", 5), did("x", "2022-04-15", 5)]}
    assert value(gap, both) == "200/71"
    # Gone and back: the entries of both stays are a's together, 4 x 2 + 3 x 2, over 181 + 31 of 212 days.
    back = {"stays": [{"compound": "a", "from": "2022-01-01", "until": "2022-06-30"}, {"compound": "a", "from": "2022-12-01"}],
            "entries": [did("x", "2022-06-30", 4), did("x", "2022-07-01", 9), did("x", "2022-12-01", 3)]}
    assert value(back, both) == "14/1"

    home = {"stays": [{"compound": "a", "from": "2019-01-01"}]}
    # The month's cap changes on 15 March: February 10 -> 6, March 10 + 2 -> 4 by the version of 31 March.
    changed = [schedule("2020-01-01", {"x": per("month", 6)}), schedule("2022-03-15", {"x": per("month", 4)})]
    entries = [did("x", "2022-02-28", 5), did("x", "2022-03-14", 5), did("x", "2022-03-15")]
    assert value(dict(home, entries=entries), changed) == "10/1"
    # A year's cap changes after the half: on 30 June the version of January still holds, 20 -> 9 and not 3.
    later = [schedule("2020-01-01", {"x": per("year", 9)}), schedule("2022-07-01", {"x": per("year", 3)})]
    assert value(dict(home, entries=[did("x", "2022-05-05", 10)]), later, "2022-H1") == "9/1"
    assert value(dict(home, entries=[did("x", "2022-05-05", 10)]), later) == "3/1"
    # Dropped on 15 March: the entry of the 16th is left out, and March is still held to 6 by the version that listed it.
    dropped = [schedule("2020-01-01", {"x": per("month", 6)}), schedule("2022-03-15", {"y": per("month", 4)})]
    entries = [did("x", "2022-03-14", 5), did("x", "2022-03-16", 5), did("y", "2022-03-16", 1), did("y", "2022-03-14", 1)]
    assert value(dict(home, entries=entries), dropped) == "8/1"       # 6 + 2
    # Ended on 14 March without another: the same 6, and nothing later.
    assert value(dict(home, entries=entries), [schedule("2020-01-01", {"x": per("month", 6)}, until="2022-03-14")]) == "6/1"
    # Tiers: 2 + 2 times reach 3 of the later list (2 points), not 4 of the earlier (9); dropped, the later one still says.
    t1, t2 = {"tiers": [[2, 1], [4, 9]]}, {"tiers": [[3, 2], [6, 5]]}
    tiers = [schedule("2020-01-01", {"x": t1}), schedule("2022-04-01", {"x": t2})]
    entries = [did("x", "2022-03-31", 2), did("x", "2022-04-01", 2), did("x", "2022-09-01", 4)]
    assert value(dict(home, entries=entries[:2]), tiers) == "2/1"
    assert value(dict(home, entries=entries), tiers + [schedule("2022-08-01", {"y": year})]) == "2/1"
    # By points from August: 4 times as tiers are 2 points, and 4 x 2 = 8 by points; the tier's times reach no further.
    assert value(dict(home, entries=entries), tiers + [schedule("2022-08-01", {"x": year})]) == "10/1"
    # repeats: positions go on; the third entry takes the third multiplier of its own version: 2x1 + 2x3 + 2x5 = 18.
    r1, r2 = dict(year, repeats=[1, 3]), dict(year, repeats=[1, 1, 5])
    repeats = [schedule("2020-01-01", {"x": r1}), schedule("2022-04-01", {"x": r2})]
    assert value(dict(home, entries=[did("x", "2022-05-01"), did("x", "2022-01-01"), did("x", "2022-01-02")]), repeats) == "18/1"
    # valid: 29 February 2020 for 24 months counts to 27 February 2022; the year's cap holds the year of the deed.
    valid = [schedule("2020-01-01", {"x": dict(year, valid="24 months")})]
    assert value(dict(home, entries=[did("x", "2020-02-29", 20)]), valid, "2022-01") == "30/1"
    assert value(dict(home, entries=[did("x", "2020-02-29", 20)]), valid, "2022-02") == "0/1"
    assert value(dict(home, entries=[did("x", "2020-03-01", 20)]), valid, "2022-02") == "30/1"
    # check: refused never, and where a second person is asked for, only what is confirmed.
    asked = schedule("2020-01-01", {"x": year, "y": year})
    asked["items"][0]["check"] = "second_person"
    entries = [did("x", "2022-01-01"), did("x", "2022-01-01", check="confirmed"), did("x", "2022-01-01", check="refused"),
               did("y", "2022-01-01"), did("y", "2022-01-01", check="confirmed"), did("y", "2022-01-01", check="refused")]
    assert value(dict(home, entries=entries), [asked]) == "6/1"
    for wrong in ({"each": [-1, 1]}, {"in_all": [-1, 29]}, {"items": [2, 3]}):
        try:
            value(home, both, **wrong)
        except Refused:
            continue
        raise AssertionError("a schedule beyond %r was taken" % wrong)

    # Units: 59 days in u-1 with 43 of 50, 307 in u-2 with 30 of 50; of u-2's two reports of one moment the later line.
    reports = [{"unit": "u-1", "raw": 43, "full": 50, "at": "2024-12-01T08:00:00+08:00"},
               {"unit": "u-2", "raw": 9, "full": 50, "at": "2024-12-02T08:00:00+08:00"},
               {"unit": "u-2", "raw": 30, "full": 50, "at": "2024-12-02T00:00:00Z"},
               {"unit": "u-3", "raw": 50, "full": 50, "at": "2025-01-01T00:00:00Z"}, {"raw": 1, "full": 50}]
    units = {"period": "2024", "units": [{"unit": "u-1", "from": "2020-01-01", "until": "2024-02-28"},
                                         {"unit": "u-2", "from": "2024-02-29"}]}

    def reported(rows, **how):
        score = {"id": "r", "sum": [{"id": "m", "out_of": 100, "imported": dict({"source": "s"}, **how)}]}
        return one(score, dict(units, imports={"s": rows}))[0][0]["values"]["m"]

    assert reported(reports) == "60/1" and reported(reports, several="best") == "86/1"
    assert reported(reports, several="prorated-by-days") == "11747/183"        # (86 x 59 + 60 x 307) / 366
    assert reported(reports[:1]) is None and reported(reports[:1], absent="rescale") == "86/1"
    assert reported(reports[1:3]) == "60/1" and reported(reports[1:3], several="best") is None
    assert reported(reports[3:]) == "2/1" and reported(reports[3:4]) is None and reported(reports[4]) == "2/1"

    late = {"id": "r", "sum": [{"id": "m", "measured": {"metric": "late_days", "as_is": True}}]}

    def days_late(facts, as_of=None, **rule):
        more = {"check_in": dict({"first_by": "2020-06-30"}, **rule), "grades": [{"id": "yes", "unless": {"fact": "late_check_in"}},
                                                                                {"id": "no"}]}
        r = one(late, facts, more, as_of)[0][0]
        assert (r["grade"] == "no") == (r["values"]["m"] not in (None, "0/1"))
        return r["values"]["m"]

    # Moved in on 31 January 2024: due at the end of 29 February; on 2 March two days late. 60 days by first_by is never late.
    came = {"period": "2024", "stays": [{"compound": "a", "from": "2024-01-31"}], "check_ins": [{"compound": "a", "on": "2024-03-02"}]}
    assert days_late(came) == "2/1" and days_late(came, first_by="2024-03-02") == "0/1" and days_late(came, within="2 months") == "0/1"
    assert days_late(dict(came, check_ins=[{"compound": "a", "on": "2024-02-29"}])) == "0/1"
    # Never: moved in on 15 December 2021, due 15 January: 365 - 15 days of 2022, and 0 of 2021.
    never = {"stays": [{"compound": "a", "from": "2021-12-15"}], "check_ins": [{"compound": "b", "on": "2021-12-20"}]}
    assert days_late(never) == "350/1" and days_late(dict(never, period="2021")) == "0/1"
    assert days_late(dict(never, stays=[])) is None and days_late(dict(never, metrics={"late_days": 7}, stays=[])) is None
    # The 16th to the 20th as of the 20th, whose last second is 15:59:59Z.
    assert days_late(never, "2022-01-20T00:00:00+08:00") == "5/1" == days_late(never, "2022-01-20T15:59:59Z")
    assert days_late(never, "2022-01-20T16:00:00Z") == "6/1" and days_late(never, "2022-01-15T12:00:00+08:00") == "0/1"
    # Back in a after b: the check-in of the first stint does not do for the second. Due 1 July; 2 to 10 July are 9 days.
    again = {"stays": [{"compound": "a", "from": "2022-01-01", "until": "2022-03-31"},
                       {"compound": "b", "from": "2022-04-01", "until": "2022-05-31"}, {"compound": "a", "from": "2022-06-01"}],
             "check_ins": [{"compound": "a", "on": "2022-01-02"}, {"compound": "a", "on": "2022-07-10"},
                           {"compound": "b", "on": "2022-05-01"}]}
    assert days_late(again) == "9/1"
    # ... but one of 5 April, when already gone from a, does.
    assert days_late(dict(again, check_ins=again["check_ins"] + [{"compound": "a", "on": "2022-04-05"}])) == "0/1"
    # Out of service on 2 February: two stints; of the first none is late, the second begins on the 3rd and is due on 3 March.
    served = {"stays": [{"compound": "a", "from": "2022-01-10"}], "in_service": [{"from": "2020-01-01", "until": "2022-02-01"},
                                                                               {"from": "2022-02-03"}],
              "check_ins": [{"compound": "a", "on": "2022-02-01"}, {"compound": "a", "on": "2022-03-05"}]}
    assert days_late(served) == "2/1"

    def barred(case, period="2022", as_of=None):
        more = {"period": period_of(period)[0], "conduct": {}, "honours": {"unless": {"fact": "negative_conduct"}}}
        r = one({"id": "r", "sum": [{"id": "c", "constant": 1}]}, {"period": period, "conduct": [case]}, more, as_of)[0][0]
        assert ({"code": "honours_barred"} in r["reasons"]) == (r["honours"] == "barred")
        return r["honours"] == "barred"

    case = {"case": "c", "on": "2021-12-20", "put_right_by": "2022-01-20"}
    assert barred(case, "2021") and not barred(case)                  # the year in which it happened
    assert not barred(dict(case, put_right="2022-01-20"), "2021") and barred(dict(case, put_right="2022-01-21"), "2021")
    assert not barred(case, "2021", "2022-01-20T15:59:59Z") and barred(case, "2021", "2022-01-20T16:00:00Z")
    assert barred({"case": "c", "on": "2022-06-30", "put_right": "2022-06-30"})
    assert not barred({"case": "c", "on": "2022-07-01"}, "2022-H1") and barred({"case": "c", "on": "2022-03-01"}, "2022-H2")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scheme")
    parser.add_argument("--facts")
    parser.add_argument("--as-of")
    parser.add_argument("--schedules", action="append", default=[], help="a file, or a folder of them")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--debug", action="store_true")
    args = parser.parse_args()
    if args.self_test:
        return self_test()
    if not args.scheme or not args.facts:
        parser.error("--scheme and --facts are needed")
    with open(args.scheme, encoding="utf-8") as f:
        scheme_text = f.read()
    with open(args.facts, encoding="utf-8") as f:
        facts_text = f.read()
    try:
        results, quotas, _ = evaluate(scheme_text, facts_text, args.as_of, read_schedules(args.schedules))
    except Refused as fault:
        print(json.dumps({"refused": str(fault)}, ensure_ascii=False))
        sys.exit(65)
    for r in results:
        print(json.dumps(r, ensure_ascii=False))
    print(json.dumps({"quotas": quotas}, ensure_ascii=False))


if __name__ == "__main__":
    main()
