"""A year of in-service members through a real client, every score worked out again here.

    python3 tests/dual_score/year.py --address 127.0.0.1:50051 --token TOKEN [--members 10000] [--entries 50]

Loads a county by streams (grpcio from PyPI, by the server's own reflection), has every branch adopt its
point schedule, pushes units' reports, confirms what wants a second person, evaluates, reads all results
back, and compares each with an independent computation in Fraction. Rules M1 to M8. The county is made of
a seed: the same at every run, whatever the order in which it is loaded.
"""

import argparse
import random
import sys
import time
from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction

import grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

COUNTY = "year"
YEAR = 2024
FIRST, LAST = date(YEAR, 1, 1), date(YEAR, 12, 31)
DAYS = 366
COMPOUNDS, UNITS = 60, 30

SCHEME = """steelyard: scheme/v1
id: year.dual
version: 1
title: 在职党员双积分
subject: member
period: year
in_force: {from: 2020-01-01}
roster: {attribute: status, is: in_service}
check_in: {first_by: 2020-06-30}
conduct: {}
honours: {unless: {fact: negative_conduct}}
score:
  id: dual
  out_of: 100
  weighted:
    - {id: unit, weight: 50%, out_of: 100, imported: {source: unit_branch}}
    - id: compound
      weight: 50%
      out_of: 100
      base: 60
      clamp: [0, 100]
      sum:
        - {id: points, scheduled: {items: [1, 10], each: [-10, 10], in_all: [-40, 44]}}
        - {id: late, measured: {metric: late_days, bands: [{at_least: 31, points: -3}, {at_least: 1, points: -1}, {points: 0}]}, missing: zero}
grades:
  - {id: excellent, at_least: 90, unless: {fact: negative_conduct}}
  - {id: competent, at_least: 60}
  - {id: incompetent}
"""

# item: (points, least and most of one entry or None, caps by month and year, second person)
TEMPLATES = [
    {"help": (Fraction(2), None, (6, 20), False), "duty": ("entered", (0, 5), (None, 10), True),
     "fees": (Fraction(-5), None, (None, -20), False)},
    {"help": (Fraction(3), None, (8, 24), False), "duty": ("entered", (0, 4), (3, 8), False),
     "fees": (Fraction(-4), None, (None, -12), False)},
    {"help": (Fraction(1), None, (None, 12), False), "duty": ("entered", (0, 5), (4, 12), True),
     "patrol": (Fraction(1, 2), None, (2, 10), False), "fees": (Fraction(-2), None, (-4, -10), False)},
]


def document(compound, version, begins, items):
    """A point schedule as text."""
    lines = [f"steelyard: schedule/v1\ncompound: {compound}\nversion: {version}",
             f"in_force: {{from: {begins}}}", "items:"]
    for item, (points, each, (month, year), second) in items.items():
        side = "at_least" if item == "fees" else "at_most"
        caps = [f"{{per: {per}, {side}: {cap}}}" for per, cap in (("month", month), ("year", year)) if cap is not None]
        worth = "points: entered, each: [%d, %d]" % each if points == "entered" else f"points: {float_free(points)}"
        check = ", check: second_person" if second else ""
        lines.append(f"  - {{id: {item}, counted: {{{worth}, caps: [{', '.join(caps)}]}}{check}}}")
    return "\n".join(lines) + "\n"


def float_free(value):
    """A fraction of few places as a decimal text."""
    thousandths = value * 1000
    assert thousandths.denominator == 1
    sign = "-" if value < 0 else ""
    whole, rest = divmod(abs(thousandths.numerator), 1000)
    return f"{sign}{whole}.{rest:03}".rstrip("0").rstrip(".")


class Member:
    """What is told of a member, and nothing that is worked out."""

    def __init__(self, number, rng):
        self.id = f"m-{number:05}"
        self.stays = [(f"k-{rng.randrange(COMPOUNDS):03}", date(2020, 1, 1))]
        if rng.random() < 0.08:
            moved = FIRST + timedelta(days=rng.randrange(1, DAYS))
            self.stays.append((f"k-{rng.randrange(COMPOUNDS):03}", moved))
        self.units = [(f"u-{rng.randrange(UNITS):02}", date(2020, 1, 1))]
        if rng.random() < 0.05:
            self.units.append((f"u-{rng.randrange(UNITS):02}", FIRST + timedelta(days=rng.randrange(1, DAYS))))
        self.check_ins = []
        for index, (compound, begins) in enumerate(self.stays):
            due = date(2020, 6, 30) if index == 0 else plus_month(begins)
            late = rng.choice([0] * 30 + [-3, 1, 3, 31, 40])
            if index == 1 or late == 0 or rng.random() < 0.5:
                self.check_ins.append((compound, max(begins, due + timedelta(days=late))))
        self.conduct = None
        if rng.random() < 0.03:
            on = FIRST + timedelta(days=rng.randrange(200))
            by = on + timedelta(days=30)
            self.conduct = (on, by, rng.choice([None, by, by + timedelta(days=1), on]))
        self.reports = []
        # In their order: that of a set is another at every run.
        for unit in dict.fromkeys(unit for unit, _ in self.units):
            if rng.random() < 0.98:
                full = rng.choice([50, 100, 120])
                self.reports.append((unit, rng.randrange(0, full * 100 + 1), full))
        self.entries = []

    def compound_on(self, day):
        return [compound for compound, begins in self.stays if begins <= day][-1]


def plus_month(day):
    """The same day next month, or that month's last (M3)."""
    year, month = (day.year, day.month + 1) if day.month < 12 else (day.year + 1, 1)
    for number in range(day.day, 0, -1):
        try:
            return date(year, month, number)
        except ValueError:
            continue


class County:
    """A whole county, made of a seed."""

    def __init__(self, seed, members, entries):
        rng = random.Random(seed)
        self.schedules = {}
        for number in range(COMPOUNDS):
            versions = [(date(2020, 1, 1), rng.choice(TEMPLATES))]
            if rng.random() < 0.4:
                versions.append((FIRST + timedelta(days=rng.randrange(1, DAYS)), rng.choice(TEMPLATES)))
            self.schedules[f"k-{number:03}"] = versions
        self.members = [Member(number, rng) for number in range(1, members + 1)]
        for member in self.members:
            for number in range(entries):
                member.entries.append(self.entry(member, number, rng))

    def entry(self, member, number, rng):
        day = FIRST + timedelta(days=rng.randrange(DAYS))
        items = self.version(member.compound_on(day), day)
        item = rng.choice(sorted(items))
        if item == "fees" and rng.random() < 0.8:
            item = "help"
        points, each, _, second = items[item]
        own = Fraction(rng.randrange(0, 21), 4) if points == "entered" else None
        own = min(own, each[1]) if own is not None else None
        times = Fraction(rng.choice([1, 1, 1, 2, 3]))
        check = rng.choice(["confirmed", "confirmed", "refused", None]) if second else None
        return {"number": number, "item": item, "on": day, "times": times, "points": own, "second": second, "check": check}

    def version(self, compound, day):
        return [items for begins, items in self.schedules[compound] if begins <= day][-1]


# --- the same year, worked out here ---

def spans(stays):
    """(place, first day, last day) within the year."""
    for index, (place, begins) in enumerate(stays):
        ends = stays[index + 1][1] - timedelta(days=1) if index + 1 < len(stays) else LAST
        begins, ends = max(begins, FIRST), min(ends, LAST)
        if begins <= ends:
            yield place, begins, ends


def compound_value(county, member, compound):
    """Entries by the version of their day, caps by the version at the window's end."""
    items = defaultdict(list)
    for entry in member.entries:
        if member.compound_on(entry["on"]) != compound:
            continue
        listed = county.version(compound, entry["on"]).get(entry["item"])
        if listed is None or entry["check"] == "refused" or (listed[3] and entry["check"] is None):
            continue
        points = listed[0]
        if points == "entered":
            points = min(max(entry["points"], Fraction(listed[1][0])), Fraction(listed[1][1]))
        items[entry["item"]].append((entry["on"], entry["times"] * points))
    total = Fraction(0)
    for item, amounts in items.items():
        months = defaultdict(Fraction)
        for day, amount in amounts:
            months[day.month] += amount
        year = sum((held(county, compound, item, month_end(month), 0, value) for month, value in months.items()), Fraction(0))
        total += held(county, compound, item, LAST, 1, year)
    return min(max(total, Fraction(-40)), Fraction(44))


def month_end(month):
    return (date(YEAR, month + 1, 1) if month < 12 else date(YEAR + 1, 1, 1)) - timedelta(days=1)


def held(county, compound, item, end, which, value):
    """The cap of the version in force at the end, or of the latest before that lists the item."""
    listing = [items for begins, items in county.schedules[compound] if begins <= end and item in items]
    cap = listing[-1][item][2][which]
    if cap is None:
        return value
    return max(value, Fraction(cap)) if item == "fees" else min(value, Fraction(cap))


def late_days(member):
    count = 0
    stints, last_in = [], {}
    for index, (compound, begins) in enumerate(member.stays):
        ends = member.stays[index + 1][1] - timedelta(days=1) if index + 1 < len(member.stays) else date(9999, 12, 31)
        if stints and stints[-1][0] == compound:
            stints[-1][2] = ends
        else:
            stints.append([compound, begins, ends])
    for compound, begins, ends in stints:
        after = last_in.get(compound)
        own = [day for place, day in member.check_ins
               if place == compound and day <= ends and (after is None or day > after)]
        due = max(plus_month(begins), date(2020, 6, 30))
        stop = min(min(own) if own else ends, ends, LAST)
        start = max(due + timedelta(days=1), FIRST)
        count += max(0, (stop - start).days + 1)
        last_in[compound] = ends
    return count


def expected(county, member):
    """Score as a Fraction or None, grade or None, and whether honours are barred."""
    barred = False
    if member.conduct:
        _, by, right = member.conduct
        barred = right is None or right > by
    unit = list(spans(member.units))[-1][0]
    report = [it for it in member.reports if it[0] == unit]
    if not member.reports or not report:
        return None, None, barred
    weighted, days = Fraction(0), 0
    per_compound = defaultdict(int)
    for compound, begins, ends in spans(member.stays):
        per_compound[compound] += (ends - begins).days + 1
    for compound, many in per_compound.items():
        weighted += compound_value(county, member, compound) * many
        days += many
    late = late_days(member)
    compound = 60 + weighted / days + (-3 if late >= 31 else -1 if late >= 1 else 0)
    compound = min(max(compound, Fraction(0)), Fraction(100))
    _, raw, full = report[0]
    score = Fraction(1, 2) * Fraction(raw, full * 100) * 100 + Fraction(1, 2) * compound
    hundredths = (score * 100 + Fraction(1, 2)) // 1
    score = Fraction(int(hundredths), 100)
    grade = "excellent" if score >= 90 and not barred else "competent" if score >= 60 else "incompetent"
    return score, grade, barred


# --- the wire ---

class Steelyard:
    """The service's calls by their names, as the server itself describes them."""

    def __init__(self, address, token):
        options = [("grpc.max_receive_message_length", 64 << 20)]
        self.channel = grpc.insecure_channel(address, options=options)
        self.metadata = (("authorization", f"Bearer {token}"),)
        plain = self

        class Bearer(grpc.StreamStreamClientInterceptor):
            def intercept_stream_stream(self, continuation, details, requests):
                return continuation(details._replace(metadata=plain.metadata), requests)

        described = grpc.intercept_channel(self.channel, Bearer())
        self.pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(described))

    def method(self, name):
        service, method = name.split(".")
        service = f"steelyard.v1.{service}"
        found = self.pool.FindServiceByName(service).FindMethodByName(method)
        classes = [message_factory.GetMessageClass(it) for it in (found.input_type, found.output_type)]
        return f"/{service}/{method}", *classes

    def __call__(self, name, **fields):
        path, request, answer = self.method(name)
        call = self.channel.unary_unary(path, request.SerializeToString, answer.FromString)
        return call(request(**fields), metadata=self.metadata)

    def load(self, name, messages):
        path, request, answer = self.method(name)
        call = self.channel.stream_unary(path, request.SerializeToString, answer.FromString)
        done = call((request(**it) for it in messages), metadata=self.metadata)
        assert done.counts.refused == 0, done.items[0]
        return done.counts

    def read(self, name, **fields):
        path, request, answer = self.method(name)
        call = self.channel.unary_stream(path, request.SerializeToString, answer.FromString)
        return call(request(**fields), metadata=self.metadata)


def day(value):
    return {"year": value.year, "month": value.month, "day": value.day}


def chunks(items, size):
    for start in range(0, len(items), size):
        yield items[start : start + size]


def ref(kind, name):
    return {"kind": f"RECORD_KIND_{kind}", "id": name}


def registry(county):
    """Every record after those it refers to."""
    begins = day(date(2020, 1, 1))
    def record(kind, name, parent=None, **detail):
        parent = {"parent": ref(*parent)} if parent else {}
        return {"kind": f"RECORD_KIND_{kind}", "id": name, "name": name, "effective_from": begins, **parent, **detail}
    yield record("COUNTY", COUNTY, org_unit={})
    yield record("STREET", "s-1", ("COUNTY", COUNTY), org_unit={})
    yield record("COMMUNITY", "c-1", ("STREET", "s-1"), org_unit={})
    for compound in county.schedules:
        yield record("COMPOUND", compound, ("COMMUNITY", "c-1"), org_unit={})
        anchor = ref("COMPOUND", compound)
        yield record("BRANCH", f"b-{compound}", branch={"form": "BRANCH_FORM_COMPOUND_BRANCH", "anchor": anchor})
    for number in range(UNITS):
        anchor = ref("COUNTY", COUNTY)
        yield record("BRANCH", f"u-{number:02}", branch={"form": "BRANCH_FORM_UNIT_BRANCH", "anchor": anchor})
    for member in county.members:
        changes = sorted({begins for _, begins in member.stays + member.units})
        for begins_on in changes:
            compound = [place for place, on in member.stays if on <= begins_on][-1]
            unit = [place for place, on in member.units if on <= begins_on][-1]
            detail = {"status": "MEMBER_STATUS_IN_SERVICE", "unit_branch_id": unit, "compound_id": compound}
            yield {**record("MEMBER", member.id, member=detail), "effective_from": day(begins_on)}


def facts(county):
    """Everything that is told of members but what wants a second person."""
    for member in county.members:
        common = {"subject": {"kind": "SUBJECT_KIND_MEMBER", "id": member.id}, "recorded_by": "clerk"}
        for entry in member.entries:
            if not entry["second"]:
                yield {**common, "entry": told(entry)}
        for compound, on in member.check_ins:
            yield {**common, "check_in": {"compound_id": compound, "on": day(on)}}
        for unit, raw, full in member.reports:
            marks = {"raw": {"value": float_free(Fraction(raw, 100))}, "full": {"value": str(full)}}
            moment = {"seconds": 1735700000}
            yield {**common, "imported": {"source": "unit_branch", "period": str(YEAR), "unit_branch_id": unit,
                                          "reported_at": moment, **marks}}
        if member.conduct:
            on, by, right = member.conduct
            yield {**common, "conduct": {"case_id": "case", "what": "property_rules", "text": "占用通道", "on": day(on),
                                         "put_right_by": day(by)}}
            if right:
                yield {**common, "conduct_step": {"case_id": "case", "step": "CONDUCT_STEP_KIND_PUT_RIGHT", "on": day(right)}}


def told(entry):
    points = {"points": {"value": float_free(entry["points"])}} if entry["points"] is not None else {}
    return {"item": entry["item"], "on": day(entry["on"]), "times": {"value": str(entry["times"])}, **points}


def second_persons(steelyard, county):
    """Entries that want a second person: recorded one message at a time for their ids, then checked."""
    waiting = [(member, entry) for member in county.members for entry in member.entries if entry["second"]]
    checks = []
    for number, part in enumerate(chunks(waiting, 500)):
        rows = [{"subject": {"kind": "SUBJECT_KIND_MEMBER", "id": member.id}, "recorded_by": "clerk",
                 "entry": told(entry)} for member, entry in part]
        done = steelyard("FactService.RecordFacts", county=COUNTY, request_id=f"second-{number}", facts=rows)
        assert done.counts.refused == 0, done
        checks += [(item.id, entry["check"]) for item, (_, entry) in zip(done.items, part) if entry["check"]]
    for number, part in enumerate(chunks(checks, 500)):
        rows = [{"fact_id": fact, "verdict": f"ENTRY_VERDICT_{verdict.upper()}", "checked_by": "secretary",
                 "reason": "核实不符" if verdict == "refused" else ""} for fact, verdict in part]
        done = steelyard("EntryService.CheckEntries", county=COUNTY, request_id=f"check-{number}", items=rows)
        assert done.counts.refused == 0, done
    return len(waiting), len(checks)


def load(steelyard, county, order, tell):
    """Everything, the facts in the order of a seed."""
    rows = list(registry(county))
    for number, call in enumerate(chunks(rows, 50_000)):
        messages = ({"county": COUNTY, "request_id": f"records-{number}-{index}", "records": part}
                    for index, part in enumerate(chunks(call, 500)))
        steelyard.load("RegistryService.UpsertRecords", messages)
    tell(f"{len(rows)} records")
    steelyard("SchemeService.PublishScheme", county=COUNTY, request_id="scheme", document=SCHEME.encode())
    adopted = 0
    for compound, versions in county.schedules.items():
        for version, (begins, items) in enumerate(versions, 1):
            text = document(compound, version, begins, items).encode()
            meeting = {"met_on": day(begins), "eligible": 20, "present": 15, "in_favour": 11}
            steelyard("ScheduleService.AdoptSchedule", county=COUNTY, request_id=f"{compound}-{version}",
                      document=text, branch_id=f"b-{compound}", meeting=meeting)
            adopted += 1
    tell(f"{adopted} point schedules adopted")
    rows = list(facts(county))
    random.Random(order).shuffle(rows)
    for number, call in enumerate(chunks(rows, 50_000)):
        messages = ({"county": COUNTY, "request_id": f"facts-{number}-{index}", "facts": part}
                    for index, part in enumerate(chunks(call, 500)))
        steelyard.load("FactService.StreamFacts", messages)
    tell(f"{len(rows)} facts in streams")
    recorded, checked = second_persons(steelyard, county)
    tell(f"{recorded} entries for a second person, {checked} checked")


def evaluate(steelyard, tell):
    run = steelyard("EvaluationService.StartRun", county=COUNTY, request_id="run", scheme_id="year.dual", period=str(YEAR)).run
    for step in steelyard.read("EvaluationService.WatchRun", county=COUNTY, run_id=run.run_id):
        last = step.progress
    assert last.state == 3, last
    steelyard("EvaluationService.PublishRun", county=COUNTY, request_id="publish", run_id=run.run_id)
    tell(f"run {run.run_id} over {last.subjects_total} members")
    results = {}
    selector = {"published": {"scheme_id": "year.dual", "period": str(YEAR)}}
    for message in steelyard.read("EvaluationService.StreamResults", county=COUNTY, run=selector):
        results.update({it.subject.id: it for it in message.results})
    return results


def compare(county, results):
    """Every member; the first differences are told."""
    wrong, complete, barred = [], 0, 0
    for member in county.members:
        score, grade, bars = expected(county, member)
        result = results[member.id]
        got = Fraction(result.score.value) if result.HasField("score") else None
        honours = {0: None, 1: "eligible", 2: "barred"}[result.honours]
        want = "barred" if bars else None if score is None else "eligible"
        if (got, result.grade or None, honours) != (score, grade, want):
            wrong.append(f"{member.id}: {got} {result.grade} {honours}, expected {score} {grade} {want}")
        complete += score is not None
        barred += bars
    assert len(results) == len(county.members), (len(results), len(county.members))
    for line in wrong[:10]:
        print(line)
    if wrong:
        sys.exit(f"{len(wrong)} of {len(county.members)} results differ")
    return complete, barred


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--address", required=True)
    arguments.add_argument("--token", required=True)
    arguments.add_argument("--members", type=int, default=10_000)
    arguments.add_argument("--entries", type=int, default=50)
    arguments.add_argument("--order", type=int, default=1)
    given = arguments.parse_args()
    began = time.monotonic()

    def tell(what):
        print(f"{time.monotonic() - began:7.1f} s  {what}", flush=True)

    county = County(2024, given.members, given.entries)
    tell(f"{given.members} members with {given.entries} entries each made")
    steelyard = Steelyard(given.address, given.token)
    load(steelyard, county, given.order, tell)
    results = evaluate(steelyard, tell)
    complete, barred = compare(county, results)
    digest = steelyard("EvaluationService.ListRuns", county=COUNTY).runs[0].result_digest
    tell(f"all {len(results)} results equal: {complete} with a score, {len(results) - complete} without, {barred} barred from honours")
    print(f"digest {digest}")


if __name__ == "__main__":
    main()
