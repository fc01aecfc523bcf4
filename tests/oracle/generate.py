#!/usr/bin/env python3
"""Random valid schemes and facts that go looking for the odd corners of the scheme language.

`build(seed)` gives (scheme text, facts text, schedules' texts, as-of moment or None, note). The reference is used on the way: grade
lines are put exactly on scores that occur, and decisions are written for ties that really are open.
"""
import argparse
import calendar
import datetime as dt
import json
import os
import random
from fractions import Fraction as F

import reference as ref

MODES = ("half_up", "half_even", "down", "up", "floor", "ceiling")
ROLES = ("street", "community", "branch", "bureau")
OPTIONS = ("good", "fair", "pass", "poor")
CHANNELS = ("online", "paper", "phone")
GROUPS = ("compound", "community", "street", "county")
OTHER_VETOES, OTHER_GRADES = ["fund_misuse", "walked_out", "accident"], ["star_5", "star_4", "star_1"]
FACTS = ("negative_conduct", "late_check_in")
COMPARISONS = ("at_least", "above", "at_most", "below")


def cents(rng, low, high, step="0.5"):
    """A decimal text between low and high on a coarse grid."""
    step = F(step)
    k = rng.randint(int(F(low) / step), int(F(high) / step))
    return ref.exact_text(k * step)


class Maker:
    def __init__(self, seed, contested=False):
        self.rng = random.Random(seed)
        self.seed, self.contested = seed, contested
        self.n = 0
        self.nodes = {}
        self.refs = {}            # node id -> ids it reads
        self.pending = []
        rng = self.rng
        self.period_kind = rng.choice(["year", "year", "year", "half", "quarter", "month"])
        year = rng.choice([2021, 2022, 2023, 2024])
        self.period = {"year": "%d" % year, "half": "%d-H%d" % (year, rng.randint(1, 2)),
                       "quarter": "%d-Q%d" % (year, rng.randint(1, 4)),
                       "month": "%d-%02d" % (year, rng.choice([1, 2, 2, 7, 12]))}[self.period_kind]
        _, self.first, self.last = ref.period_of(self.period)
        self.present = rng.choice([1, 1, 1, 0.97, 0.9, 0.7])
        self.odd_sizes = rng.random() < 0.12     # groups of odd size and half the seats: every remainder is .5
        self.read_by_grades = []
        self.fine = rng.random() < 0.35          # finer numbers, fewer ties
        self.days = rng.random() < 0.5           # a scheme about members, with what follows from days
        self.schedules, self.scheduled = [], None
        self.tight = rng.random() < 0.25         # versions share no items, and all together reach `in_all`
        self.compounds = ["k-%03d" % i for i in range(rng.randint(1, 4))]
        self.derived = None                      # the metric that check-ins make
        self.as_of = self.as_of_moment()
        self.edges = self.edge_days()

    # ---- small choices

    def chance(self, p):
        return self.rng.random() < p

    def number(self, text):
        """The same decimal as a string or as a plain JSON number."""
        if self.chance(0.5):
            for plain in (int, float):
                try:
                    if str(plain(text)) == text:
                        return plain(text)
                except ValueError:
                    pass
        return text

    def num(self, low, high, step="0.5"):
        if self.fine and self.chance(0.3):
            step = "0.0125"
        return self.number(cents(self.rng, low, high, step))

    def as_of_moment(self):
        """About midnight in the county, now and then; near the period, or long after most."""
        rng = self.rng
        on = dt.date(2023, 1, 15)
        if self.days and self.chance(0.6):
            on = rng.choice([self.first, self.last]) + dt.timedelta(rng.choice([-40, -1, 0, 0, 1, 20]))
        at = rng.choice([dt.time(12), dt.time(12), dt.time(0), dt.time(0, 0, 1), dt.time(23, 59, 59), dt.time(7, 59, 59)])
        zone = dt.timezone(dt.timedelta(hours=rng.choice([8, 8, 0, -5])))
        return dt.datetime.combine(on, at, ref.COUNTY).astimezone(zone)

    def edge_days(self):
        """Days on which something could change: ends of months, leap days, the period's ends, the as-of day."""
        days = [self.first, self.last] * 3
        month = dt.date(self.first.year - 1, 12, 1)
        while month <= self.last:
            month = ref.months_later(month, 1)
            days += [month, month - ref.DAY]
        days += [dt.date(y, m, d) for y, m, d in ((2020, 2, 29), (2024, 2, 29), (2023, 2, 28), (2024, 2, 28), (2024, 3, 1))
                 if abs((dt.date(y, m, d) - self.last).days) < 600]
        days += [self.as_of.astimezone(ref.COUNTY).date()] * 2
        return days

    def near(self, *more):
        """A day on or beside an edge, or any day from before the period to after it."""
        rng = self.rng
        if self.chance(0.65):
            day = rng.choice(list(more) if more and self.chance(0.6) else self.edges)
            return day + dt.timedelta(rng.choice([-1, 0, 0, 1]))
        if self.chance(0.7):
            return self.first + dt.timedelta(rng.randint(0, (self.last - self.first).days))
        return self.first + dt.timedelta(rng.randint(-420, (self.last - self.first).days + 40))

    def weights(self, count):
        """Shares that add up to exactly 100%."""
        rng = self.rng
        if count == 1:
            return [rng.choice(["100%", "1/1", "1"])]
        if self.chance(0.35):
            parts = [rng.randint(1, 5) for _ in range(count)]
            return ["%d/%d" % (p, sum(parts)) for p in parts]
        whole = rng.choice([100, 1000, 10000])
        cuts = sorted(rng.sample(range(1, whole), count - 1))
        parts = [b - a for a, b in zip([0] + cuts, cuts + [whole])]
        if self.chance(0.15):
            return [ref.exact_text(F(p, whole)) for p in parts]
        return [ref.exact_text(F(p * 100, whole)) + "%" for p in parts]

    def day_text(self, odd=0.25):
        rng = self.rng
        if self.chance(odd):
            return (rng.choice([self.first, self.last]) + dt.timedelta(rng.choice([-1, 0, 1]))).isoformat()
        if self.chance(0.08):
            return (self.first - dt.timedelta(rng.randint(1, 400))).isoformat()
        return (self.first + dt.timedelta(rng.randint(0, (self.last - self.first).days))).isoformat()

    # ---- the tree

    def make_id(self, kind):
        self.n += 1
        return "%s_%d" % (kind, self.n)

    def tree(self, depth, weighted_child=False, root=False, budget=None):
        rng = self.rng
        if root and self.days and self.chance(0.06):
            kind = "scheduled"
        elif root:
            kind = rng.choice(["sum", "sum", "weighted", "weighted", "average", "best", "worst", "counted", "imported"]
                              if self.chance(0.3) else ["sum", "weighted", "sum", "weighted", "average"])
        elif depth > 0 and self.chance(0.45):
            kind = rng.choice(ref.PARENTS)
        else:
            kind = rng.choice([k for k in ref.LEAVES if k != "scheduled"] + ["counted", "counted", "assessed", "measured"])
        node = {"id": self.make_id(kind), "title": rng.choice(["志愿服务", "测评", "Item", "群众评价 ±"])}
        if kind in ref.FULL_MARKS or weighted_child or root or self.chance(0.2):
            node["out_of"] = self.number(rng.choice(["100", "100", "10", "50", "30", "7", "12.5"]))
        if root:
            node["out_of"] = 100
        self.nodes[node["id"]] = node
        self.refs[node["id"]] = []
        if kind in ref.PARENTS:
            count = rng.choice([1, 2, 2, 3, 3, 4, 5])
            if root and kind != "weighted":
                count += 2
            children = [self.tree(depth - 1, kind == "weighted") for _ in range(count)]
            if kind == "weighted":
                for child, weight in zip(children, self.weights(count)):
                    child["weight"] = weight
            node[kind] = children
            self.refs[node["id"]] = [c["id"] for c in children]
            if kind == "average" and count > 1 and self.chance(0.6):
                high = rng.randint(0, count - 1)
                node["drop"] = {"highest": high, "lowest": rng.randint(0, count - 1 - high)}
        elif kind in ("compared", "placed", "checked"):
            self.pending.append(node)
            node[kind] = None
        else:
            node[kind] = getattr(self, "leaf_" + kind)(node)
        self.common(node, kind, root)
        return node

    def common(self, node, kind, root):
        rng = self.rng
        if self.chance(0.15):
            node["base"] = self.num(-20, 60)
        if self.chance(0.4 if root else 0.2):
            low = rng.choice(["0", "-10", "5", "2.5"])
            node["clamp"] = [self.number(low), self.number(rng.choice(["100", "10", "20.25", "60"]))]
        if self.chance(0.5 if root else 0.22):
            node["round"] = {"to": rng.choice([0, 1, 2, 2, 3]), "mode": rng.choice(MODES + ("up", "up", "up"))}
        if not root and kind not in ref.NEVER_MISSING and self.chance(0.45):
            node["missing"] = rng.choice(["zero", "exclude", "exclude", "incomplete",
                                          {"value": self.num(-5, 60)}])

    # ---- point schedules

    def graft(self, score):
        """Puts a scheduled node somewhere into the tree, or makes a tree of it alone."""
        rng = self.rng
        node = {"id": self.make_id("scheduled"), "title": "支部积分明细"}
        if self.chance(0.4):
            node["out_of"] = self.number(rng.choice(["100", "40", "12.5"]))
        self.nodes[node["id"]], self.refs[node["id"]] = node, []
        node["scheduled"] = self.leaf_scheduled(node)
        self.common(node, "scheduled", False)
        parents = [n for n in self.nodes.values() if ref.Evaluation.kind(n) in ref.PARENTS]
        if not parents or self.chance(0.2):
            kind = rng.choice(["sum", "weighted"])
            self.nodes, self.refs, self.pending = {node["id"]: node}, {node["id"]: []}, []
            score = {"id": self.make_id(kind), "out_of": 100, kind: [node]}
            self.nodes[score["id"]], self.refs[score["id"]] = score, [node["id"]]
            self.common(score, kind, True)
            parent = score
        else:
            parent = rng.choice(parents)
            kind = ref.Evaluation.kind(parent)
            parent[kind].insert(rng.randint(0, len(parent[kind])), node)
            self.refs[parent["id"]].append(node["id"])
        if kind == "weighted":
            node.setdefault("out_of", 60)
            for child, weight in zip(parent[kind], self.weights(len(parent[kind]))):
                child["weight"] = weight
        return score

    def leaf_scheduled(self, node):
        rng = self.rng
        self.scheduled = node
        body = {}
        if self.chance(0.6):
            body["valid_at_most"] = "%d months" % rng.choice([24, 13])
        self.pool = ["item_%d" % i for i in range(rng.randint(1, 5))]
        for compound in self.compounds:
            self.versions(compound, body)
        counts = [len(d["items"]) for d in self.schedules] or [1]
        if self.chance(0.6):
            wide = rng.choice([0, 0, 1, 3])
            body["items"] = [max(1, min(counts) - wide), max(counts) + wide]
        worth = [F(0)] + [F(str(x)) for d in self.schedules for i in d["items"] for x in worths(i["counted"])]
        wide = rng.choice([0, 0, 1, "2.5"])
        body["each"] = [ref.exact_text(min(worth) - F(wide)), ref.exact_text(max(worth) + F(wide))]
        if body["each"] == ["0", "0"]:
            body["each"] = ["-1", "1"]
        wide = 0 if self.tight else rng.choice([0, 0, 0, "0.5", 40])
        least = min([F(0)] + [self.bound(d, -1, not self.contested) for d in self.schedules]) - F(wide)
        most = max([F(0)] + [self.bound(d, 1, not self.contested) for d in self.schedules]) + F(wide)
        body["in_all"] = [ref.exact_text(least), ref.exact_text(most)] if least < most else [-1, 1]
        body["each"], body["in_all"] = [[self.number(str(x)) for x in body[k]] for k in ("each", "in_all")]
        if self.chance(0.75):
            body["several"] = rng.choice(["prorated-by-days", "last", "best"])
        if self.chance(0.45):
            body["absent"] = "rescale"
        if self.chance(0.2):
            body["adoption"] = {"present": {"above": "1/2"}, "in_favour": {"above": "2/3"}}
        if self.chance(0.2):
            body["objections"] = rng.choice([7, 15])
        return body

    def bound(self, document, sign, far):
        """The least or the greatest that all items of a schedule can come to; `far`: beyond every count of windows."""
        total = F(0)
        for item in document["items"]:
            c = item["counted"]
            limits = [max([F(0)] + [sign * F(str(x)) for x in worths(c)])]
            if "tiers" not in c and limits[0] > 0:
                per = dict(zip(ref.WINDOWS, ref.WINDOWS_IN[self.period_kind]))
                if far:
                    n = max({"year": 12, "half": 6, "quarter": 3, "month": 1}[self.period_kind],
                            1 + int(c["valid"].split()[0]) if "valid" in c else 0)
                    per = {"day": 31 * n, "month": n, "quarter": -(-n // 3), "half": -(-n // 6), "year": -(-n // 12)}
                    if "valid" in c:
                        per = {w: k + 1 for w, k in per.items()}
                key = "at_most" if sign > 0 else "at_least"
                limits = [sign * per[x["per"]] * F(str(x[key])) for x in c["caps"] if key in x]
            total += min(limits)
        return sign * total

    def versions(self, compound, body):
        rng = self.rng
        items, taken = [], set()
        early = self.first - dt.timedelta(rng.choice([500, 200]))
        middle = self.first + (self.last - self.first) / 2
        starts = [early, middle] if self.tight else sorted({early if i == 0 and self.chance(0.6) else rng.choice([early, self.first, self.near(), self.near()])
                         for i in range(rng.choice([0, 1, 1, 2, 2, 2, 3, 4]))}
                        | ({self.last + dt.timedelta(rng.choice([1, 1, 15, 40]))} if self.chance(0.3) else set()))
        for i, start in enumerate(starts):
            old = [json.loads(json.dumps(x)) for x in items]
            items = old or [self.item(x, body) for x in rng.sample(self.pool, rng.randint(1, len(self.pool)))]
            for _ in range(rng.choice([1, 1, 2, 3]) if old else 0):
                self.change(items, body)
            in_force = {"from": start.isoformat()}
            if self.chance(0.25):
                end = start + dt.timedelta(rng.choice([0, 10, 31, 100, 400]))
                if i + 1 < len(starts) and self.chance(0.5):
                    end = max(start, starts[i + 1] + dt.timedelta(rng.choice([-20, -2, -1, 0, 30])))
                in_force["until"] = end.isoformat()
                self.edges += [end]
            self.edges += [start] * 2
            document = {"steelyard": "schedule/v1", "compound": compound, "version": i + 1, "title": "积分细则 %s" % compound,
                        "in_force": in_force, "items": items}
            self.schedules.append(json.loads(json.dumps(document)))

    def change(self, items, body):
        rng = self.rng
        if self.tight:
            items[:] = [self.item(x, body) for x in rng.sample(self.pool, min(len(self.pool), rng.randint(1, 2)))]
            return
        free = [x for x in self.pool if x not in {i["id"] for i in items}]
        at = rng.randrange(len(items))
        how = rng.choice(["drop", "drop", "add", "anew", "caps", "caps", "repeats", "check", "valid", "tiers"])
        counted = items[at]["counted"]
        if how == "drop" and len(items) > 1:
            del items[at]
        elif how == "add" and free:
            items.insert(at, self.item(rng.choice(free), body))
        elif how == "caps" and "caps" in counted:
            counted["caps"] = self.bounding_caps(worths(counted))
        elif how == "repeats" and "tiers" not in counted:
            counted["repeats"] = self.repeats()
        elif how == "check":
            if items[at].pop("check", None) is None:
                items[at]["check"] = "second_person"
        elif how == "valid" and "valid_at_most" in body:
            if counted.pop("valid", None) is None:
                counted["valid"] = self.valid(body)
        elif how == "tiers":
            items[at]["counted"] = self.by_points() if "tiers" in counted and self.chance(0.5) else self.by_tiers()
        else:
            items[at] = self.item(items[at]["id"], body)

    def item(self, name, body):
        item = {"id": name, "counted": self.by_tiers() if self.chance(0.25) else self.by_points()}
        if self.chance(0.6):
            item["title"] = "调解邻里纠纷"
        if "valid_at_most" in body and self.chance(0.3):
            item["counted"]["valid"] = self.valid(body)
        if self.chance(0.25):
            item["check"] = "second_person"
        return item

    def valid(self, body):
        return "%d months" % self.rng.choice([1, 2, 6, 12, int(body["valid_at_most"].split()[0])])

    def repeats(self):
        return [self.number(r) for r in self.rng.choice([["1", "2"], ["1", "0.5", "0"], ["2"], ["1", "1.5", "3"], ["0", "1"]])]

    def by_tiers(self):
        marks = sorted(self.rng.sample(range(1, 12), self.rng.randint(1, 3)))
        return {"tiers": [[m, self.num(-3 if self.chance(0.2) else 0, 12)] for m in marks]}

    def by_points(self):
        rng = self.rng
        counted = {}
        if self.chance(0.4):
            counted["points"] = "entered"
            counted["each"] = [self.number(x) for x in rng.choice(
                [["0", "5"], ["-3", "2.5"], ["1", "4"], ["-4", "0"], ["-4", "-1"]])]
        else:
            counted["points"] = self.number(rng.choice(["2", "-5"] if self.tight else ["2", "1", "0.5", "3.25", "-5", "-1.5"]))
        if self.chance(0.35):
            counted["repeats"] = self.repeats()
        counted["caps"] = self.bounding_caps(worths(counted))
        return counted

    def bounding_caps(self, worth):
        """Caps that bound on each side on which the points lie; the bound is seldom that of the day."""
        rng = self.rng
        windows = [self.period_kind] if self.tight else [w for w in ref.WINDOWS if self.chance(0.35)]
        if windows in ([], ["day"]) and self.chance(0.9):
            windows.append(rng.choice(ref.WINDOWS[1:]))
        windows = windows or ["day"]
        caps = [self.cap(w, i) for i, w in enumerate(windows)]
        for sign, key, limits in ((1, "at_most", ["4", "6", "7.5", "12", "20"]), (-1, "at_least", ["-20", "-7.5", "-4", "-2"])):
            if max(sign * F(str(x)) for x in worth) > 0 and not any(key in c for c in caps):
                caps[-1][key] = self.number(rng.choice(limits))
        return caps

    def fact_scheduled(self, line, node, body, put):
        rng = self.rng
        moves = [dt.date.fromisoformat(x[k]) for x in line.get("stays", []) for k in ("from", "until") if k in x]
        busy = self.chance(0.6 if self.tight else 0.2)
        for _ in range(rng.choice([25, 60]) if busy else rng.choice([0, 2, 4, 6, 9, 14])):
            on, listed = self.near(*moves), None
            if line.get("stays") and self.chance(0.7):
                on, listed = self.lived(rng.choice(line["stays"]), on)
            on = on.isoformat()
            if put("entries", []) and self.chance(0.15):
                on = rng.choice(line["entries"])["on"]
            elif "valid_at_most" in body and self.chance(0.15):
                on = self.valid_edge(rng.choice([1, 2, 6, 12, int(body["valid_at_most"].split()[0])]))
            entry = {"item": rng.choice(listed or self.pool), "on": on,
                     "points": self.number(rng.choice(["2.5", "7", "0", "-4", "1.25", "3", "-9"]))}
            if self.chance(0.75):
                entry["times"] = self.number(rng.choice(["9", "5"] if busy else ["1", "2", "3", "5", "0", "1.5"]))
                if self.contested and self.chance(0.1):
                    entry["times"] = "-1"
            if self.chance(0.55):
                entry["check"] = rng.choice(["confirmed", "confirmed", "confirmed", "refused"])
            put("entries", []).append(entry)

    def lived(self, stay, other):
        """A day of the stay in the period or shortly before, and what a version of then lists."""
        first = max(dt.date.fromisoformat(stay["from"]), self.first - dt.timedelta(60))
        last = min(dt.date.fromisoformat(stay.get("until", "9999-12-31")), self.last)
        if first > last:
            return other, None
        on = first + dt.timedelta(self.rng.randint(0, (last - first).days))
        begun = [d for d in self.schedules if d["compound"] == stay["compound"] and d["in_force"]["from"] <= on.isoformat()]
        return on, [i["id"] for i in begun[-1]["items"]] if begun and self.chance(0.8) else None

    # ---- where members belonged, check-ins, conduct

    def whereabouts(self, line):
        rng = self.rng
        if self.chance(0.94):
            line["stays"] = self.belonging("compound", rng.sample(self.compounds, rng.randint(1, min(3, len(self.compounds)))))
        if self.chance(0.85):
            line["units"] = self.belonging("unit", rng.sample(["u-1", "u-2", "u-3"], rng.randint(1, 3)))
        if self.chance(0.35):
            line["in_service"] = [{k: v for k, v in x.items() if k != "x"} for x in self.belonging("x", ["x"])] \
                or [{"from": self.first.isoformat()}]
        if "check_in" in self.rules:
            self.check_ins(line)
        if "conduct" in self.rules:
            line["conduct"] = [self.case(i) for i in range(rng.choice([0, 1, 1, 2]))]

    def belonging(self, what, names):
        """Spans from edge to edge that do not overlap, with gaps and returns."""
        rng = self.rng
        cuts = sorted({self.near() for _ in range(rng.choice([1, 1, 2, 2, 3, 5]))}
                      | ({self.first - dt.timedelta(rng.choice([1, 30, 400]))} if self.chance(0.6) else set()))
        found = []
        for start, after in zip(cuts, cuts[1:] + [None]):
            if self.chance(0.15) and len(cuts) > 1:
                continue
            record = {what: rng.choice(names), "from": start.isoformat()}
            if after is not None:
                record["until"] = (after - dt.timedelta(1 if self.chance(0.9) or after - start < dt.timedelta(3) else 2)).isoformat()
            elif self.chance(0.4):
                record["until"] = max(start, self.near()).isoformat()
            found.append(record)
        if self.chance(0.3):
            rng.shuffle(found)
        return found

    def check_ins(self, line):
        rng = self.rng
        rule = self.rules["check_in"]
        within = int(rule.get("within", "1 month").split()[0])
        rows = line.setdefault("check_ins", [])
        for stay in line.get("stays", []):
            for _ in range(rng.choice([0, 1, 1, 2])):
                start = dt.date.fromisoformat(stay["from"])
                due = max(ref.months_later(start, within), dt.date.fromisoformat(rule.get("first_by", stay["from"])))
                on = rng.choice([start, due, due]) + dt.timedelta(rng.choice([-1, 0, 1, 1, 5, 40]))
                if self.chance(0.25):
                    on = self.near(start, due)
                compound = stay["compound"] if self.chance(0.9) else rng.choice(self.compounds)
                rows.append({"compound": compound, "on": on.isoformat()})

    def case(self, i):
        rng = self.rng
        today = self.as_of.astimezone(ref.COUNTY).date()
        on = min(self.near(), today)             # nothing happens after the day of asking
        case = {"case": "c-%d" % i, "on": on.isoformat()}
        if self.chance(0.75):
            by = max(on, rng.choice([self.near(), on + dt.timedelta(rng.choice([0, 15, 30])), today,
                                     today + dt.timedelta(rng.choice([-1, 1]))]))
            case["put_right_by"] = by.isoformat()
            if self.chance(0.6):
                case["put_right"] = max(on, by + dt.timedelta(rng.choice([-5, -1, 0, 0, 1, 20]))).isoformat()
        elif self.chance(0.3):
            case["put_right"] = (on + dt.timedelta(3)).isoformat()
        return case

    def day_rules(self):
        """check_in, conduct: what follows from days."""
        rng = self.rng
        rules = {}
        if self.chance(0.6):
            rule = rules["check_in"] = {"first_by": self.near().isoformat()}
            if self.chance(0.4):
                rule["first_by"] = "2019-06-30"
            elif self.chance(0.2):
                del rule["first_by"]
            if self.chance(0.6):
                n = rng.choice([1, 2, 3])
                rule["within"] = "%d month%s" % (n, "" if n == 1 else "s")
            read = [n["measured"]["metric"] for n in self.nodes.values() if "metric" in n.get("measured", {})]
            if self.chance(0.6):
                rule["metric"] = rng.choice(read + ["pm_1", "late"])
            if self.chance(0.5):
                rule["finding"] = rng.choice(FACTS + ("late_this_year",))
            self.derived = rule.get("metric", "late_days")
        if self.chance(0.6):
            rules["conduct"] = {"finding": rng.choice(FACTS + ("misbehaved",))} if self.chance(0.7) else {}
        return rules

    def leaf_constant(self, node):
        return self.num(-5, 40)

    def leaf_counted(self, node):
        rng = self.rng
        body = {}
        if self.chance(0.2):
            marks = sorted(rng.sample(range(1, 14), rng.randint(1, 3)))
            body["tiers"] = [[m, self.num(0, 20)] for m in marks]
        else:
            if self.chance(0.35):
                body["points"] = "entered"
                if self.chance(0.7):
                    body["each"] = [self.number(rng.choice(["0", "-3", "1"])), self.number(rng.choice(["5", "2.5", "4"]))]
            else:
                body["points"] = self.number(rng.choice(["2", "1", "0.5", "-5", "3.25", "-1.5", "0"]))
            if self.chance(0.3):
                body["repeats"] = [self.number(r) for r in rng.choice(
                    [["1", "2"], ["1", "0.5", "0"], ["2"], ["1", "1.5", "3"], ["0", "1"]])]
            if self.chance(0.6):
                windows = [w for w in ref.WINDOWS if self.chance(0.4)]
                body["caps"] = [self.cap(w, i) for i, w in enumerate(windows)]
                if not windows:
                    del body["caps"]
        if self.chance(0.25):
            body["valid"] = "%d months" % rng.choice([2, 6, 12, 13, 24, 36])
        return body

    def cap(self, per, i):
        cap = {"per": per}
        kind = self.rng.choice(["at_most", "at_least", "both"])
        if kind != "at_least":
            cap["at_most"] = self.number(self.rng.choice(["4", "6", "7.5", "12", "0"]))
        if kind != "at_most":
            cap["at_least"] = self.number(self.rng.choice(["-20", "-7.5", "-4", "0"]))
        return cap

    def leaf_assessed(self, node):
        rng = self.rng
        roles = rng.sample(ROLES, rng.randint(1, 3))
        body = {"by": dict(zip(roles, self.weights(len(roles)))),
                "several": rng.choice(["average", "median", "latest", "trimmed", "trimmed"])}
        if body["several"] == "trimmed" and self.chance(0.4):
            body["trim_from"] = rng.choice([3, 4, 5])
        if self.chance(0.35):
            body["absent"] = "rescale"
        return body

    def leaf_proposed(self, node):
        rng = self.rng
        body = {"by": rng.sample(ROLES, rng.randint(1, 3))}
        if self.chance(0.5):
            body["band"] = self.number(rng.choice(["0", "2", "5.5"]))
        return body

    def leaf_voted(self, node):
        named = self.rng.sample(OPTIONS, self.rng.randint(2, 4))
        values = self.rng.sample(["100", "80", "60", "0", "33.3", "75"], len(named))
        body = {"ballot": self.name("ballot"), "options": {o: self.number(v) for o, v in zip(named, values)}}
        if self.chance(0.3):
            body["least"] = self.rng.choice([1, 2, 3, 5])
        if self.chance(0.4):
            body["turnout"] = self.rng.choice(["50%", "2/3", "1/2", "0.8", "100%", "1/3"])
        return body

    def leaf_surveyed(self, node):
        body = {"survey": self.name("survey"), "channels": "pooled"}
        if self.chance(0.6):
            named = self.rng.sample(CHANNELS, self.rng.randint(1, 3))
            body["channels"] = dict(zip(named, self.weights(len(named))))
            if self.chance(0.4):
                body["absent"] = "rescale"
        if self.chance(0.3):
            body["least"] = self.rng.choice([1, 5, 20])
        return body

    def leaf_measured(self, node):
        rng = self.rng
        name = self.name("metric")
        body = {"metric": name} if self.chance(0.6) else {"ratio": {"of": name, "per": name + "_per"}}
        kind = rng.choice(["bands", "linear", "as_is"])
        if kind == "bands":
            lines = sorted(rng.sample(["0", "0.5", "1", "2", "4", "5", "8", "-1"], rng.randint(1, 4)), key=F, reverse=True)
            body["bands"] = [{"at_least": self.number(x), "points": self.num(0, 20)} for x in lines]
            body["bands"].append({"points": self.num(-5, 5)})
        elif kind == "linear":
            knots = sorted(rng.sample(["0", "0.5", "1", "3", "7", "10", "-2"], rng.randint(2, 4)), key=F)
            body["linear"] = [[self.number(x), self.num(-5, 20)] for x in knots]
        else:
            body["as_is"] = True
        return body

    def leaf_imported(self, node):
        body = {"source": self.name("source")}
        if self.days:
            if self.chance(0.7):
                body["several"] = self.rng.choice(["last", "prorated-by-days", "best"])
            if self.chance(0.4):
                body["absent"] = "rescale"
        return body

    def leaf_result_of(self, node):
        body = {"scheme": "other.%s" % self.name("scheme"),
                "of": self.rng.choice(["self", "children", "projects", "halves", "quarters", "months"]),
                "combine": self.rng.choice(["average", "weighted", "weighted", "best", "worst", "sum"])}
        if self.chance(0.3):
            body["least"] = self.rng.randint(1, 3)
        if self.chance(0.6):
            body["listed"] = True
            if body["combine"] == "weighted" and self.chance(0.7):
                body["weight"] = self.rng.choice(["households", "floor_area"])
            if self.chance(0.5):
                body["unscored"] = self.rng.choice(["leave_out", "leave_out", "missing"])
            if self.chance(0.6):
                body["vetoed"] = {"items": self.rng.sample(OTHER_VETOES, self.rng.randint(1, 2)),
                                  "score_at_most": self.rng.choice(["59.99", "60", "0"])}
                if self.chance(0.5):
                    unscored = self.rng.choice(["0", "12.5"])
                    # Never above what one with a score would count.
                    most = ref.num(body["vetoed"]["score_at_most"])
                    body["vetoed"]["unscored"] = unscored if ref.num(unscored) <= most else "0"
        return body

    def name(self, what):
        """Sometimes two nodes read the same fact."""
        return "%s_%d" % (what, self.rng.randint(1, 4) if self.chance(0.25) else self.n)

    # ---- references between nodes, without a circle

    def reaches(self, start, goal):
        seen, todo = set(), [start]
        while todo:
            at = todo.pop()
            if at == goal:
                return True
            if at not in seen:
                seen.add(at)
                todo += self.refs[at]
        return False

    def fill_pending(self):
        rng = self.rng
        rng.shuffle(self.pending)
        for node in self.pending:
            free = [n for n in self.nodes if not self.reaches(n, node["id"])]
            if "checked" in node:
                used = []
                node["checked"] = {"when": self.predicate(free, used), "points": self.num(-5, 20)}
                if self.chance(0.5):
                    node["checked"]["otherwise"] = self.num(-5, 20)
                self.refs[node["id"]] = used
                continue
            kind = "compared" if "compared" in node else "placed"
            if not free:
                del node[kind]
                node["constant"] = 3
                node.pop("missing", None)
                continue
            target = rng.choice(free)
            self.refs[node["id"]] = [target]
            if kind == "compared":
                node[kind] = {"node": target, "within": rng.choice(GROUPS), "with": rng.choice(["best", "mean"])}
            else:
                places = rng.choice([[1, 2, 3], [1, 2], [1]] + ([[1, 2, 4, 5], [2, 3]] if self.contested else []))
                node[kind] = {"node": target, "within": rng.choice(GROUPS),
                              "points": [[p, self.num(0, 20)] for p in places]}
                if self.chance(0.6):
                    node[kind]["otherwise"] = self.num(0, 5)

    def predicate(self, nodes, used, grades=None, depth=2):
        rng = self.rng
        if depth and self.chance(0.3):
            return {rng.choice(["all", "any", "none"]):
                    [self.predicate(nodes, used, grades, depth - 1) for _ in range(rng.randint(1, 3))]}
        kinds = ["metric", "ratio", "attribute", "fact"] + ["node"] * (3 if nodes else 0) + ["grade"] * (3 if grades else 0)
        lists = [n for n in self.nodes if "listed" in self.nodes[n].get("result_of", {})]
        kind = rng.choice(kinds + ["results"] * (3 if lists else 0))
        if kind == "results":
            asked = {"vetoed": rng.sample(OTHER_VETOES, 1)} if self.chance(0.5) else {"graded": rng.sample(OTHER_GRADES, 2)}
            return dict(asked, results=rng.choice(lists))
        if kind == "node":
            node = rng.choice(nodes)
            used.append(node)
            return {"node": node, rng.choice(COMPARISONS): self.num(0, 30)}
        if kind == "metric" and self.derived and self.chance(0.6):
            return {"metric": self.derived, rng.choice(COMPARISONS): rng.choice([0, 0, 1, 10, 28, 29, 30, 31, 60])}
        if kind == "metric":
            return {"metric": "pm_%d" % rng.randint(1, 3), rng.choice(COMPARISONS): self.num(0, 6, "1")}
        if kind == "ratio":
            return {"ratio": {"of": "pm_1", "per": "pm_%d" % rng.randint(2, 3)}, rng.choice(COMPARISONS): self.num(0, 3)}
        if kind == "attribute":
            if self.chance(0.5):
                return {"attribute": "status", "is": rng.choice(["in_service", "retired"])}
            return {"attribute": rng.choice(["status", "class"]), "in": ["retired", "a", "floating"]}
        if kind == "fact":
            derived = [r["finding"] for r in self.rules.values() if "finding" in r]
            return {"fact": rng.choice(derived if derived and self.chance(0.6) else FACTS)}
        return {"grade": rng.choice(grades)}

    def published_predicate(self, grades, depth=2):
        """What may be asked of a published result."""
        rng = self.rng
        if depth and self.chance(0.4):
            return {rng.choice(["all", "any", "none"]):
                    [self.published_predicate(grades, depth - 1) for _ in range(rng.randint(1, 3))]}
        if grades and self.chance(0.6):
            return {"grade": rng.choice(grades)}
        if self.chance(0.5):
            return {"attribute": "status", "is": rng.choice(["in_service", "retired"])}
        return {"attribute": rng.choice(["status", "class"]), "in": ["retired", "a", "floating"]}

    # ---- the scheme

    def advice(self, grades, vetoes):
        """Some advice with conditions, and a last one without."""
        bands = []
        for i in range(self.rng.randint(0, 3)):
            band = {"id": "advice_%d" % i}
            if grades and self.chance(0.6):
                band["grade"] = self.rng.sample(grades, self.rng.randint(1, len(grades)))
            if vetoes and self.chance(0.3):
                band["vetoed"] = [self.rng.choice(vetoes)["id"]]
            if len(band) == 1 or self.chance(0.3):
                band["at_least"] = self.num(0, 60)
            bands.append(band)
        return bands + [{"id": "advice_last"}]

    def scheme(self):
        rng = self.rng
        score = self.tree(rng.choice([1, 2, 2, 3, 3, 5, 7]), root=True)
        if len(self.nodes) < 3 and score["id"].split("_")[0] not in ("counted", "imported", "scheduled"):
            return None
        if self.days and self.scheduled is None and self.chance(0.75):
            score = self.graft(score)
        self.rules = self.day_rules() if self.days else {}
        parents = [n for n in self.nodes.values() if {"sum", "average", "best", "worst"} & set(n)]
        if self.derived and parents and self.chance(0.6):
            parent = rng.choice(parents)
            node = {"id": self.make_id("late"), "measured": {"metric": self.derived, "as_is": True}, "missing": "exclude"}
            self.nodes[node["id"]], self.refs[node["id"]] = node, []
            parent[ref.Evaluation.kind(parent)].append(node)
            self.refs[parent["id"]].append(node["id"])
        self.fill_pending()
        if len(self.nodes) > 60:
            return None
        inner = [n for n in self.nodes if n != score["id"]]
        count = rng.randint(2, 5)
        grades = [{"id": "g%d" % i, "title": "等级%d" % i} for i in range(count)]
        for i, g in enumerate(grades[:-1]):
            g["at_least"] = self.number(str(80 - 15 * i))
            if self.chance(0.15):
                g["when"] = self.predicate(inner, self.read_by_grades)
            if self.chance(0.15):
                g["unless"] = self.predicate(inner, self.read_by_grades)
            if self.chance(0.6):
                g["seats"] = self.seats()
        ids = [g["id"] for g in grades]
        by = ["score"]
        for _ in range(rng.choice([0, 0, 1, 2])):
            if inner:
                key = {"node": rng.choice(inner)}
                if self.chance(0.4):
                    key["order"] = rng.choice(["ascending", "ascending", "descending"]) if self.contested else "ascending"
                by.append(key)
        scheme = {
            "steelyard": "scheme/v1", "id": "random.case-%d" % self.seed, "version": 1, "title": "随机办法 %d" % self.seed,
            "subject": "member" if self.days else rng.choice(["member", "project", "post"]), "period": self.period_kind,
            "in_force": {"from": "2019-01-01"}, "basis": [{"document": "generated", "clause": "none"}],
            "score": score, "grades": grades,
            "vetoes": [self.veto(i, ids, inner) for i in range(rng.choice([0, 1, 2, 3, 5]))],
            "ranking": {"within": [g for g in GROUPS if self.chance(0.5)] or ["county"], "by": by,
                        "places": rng.choice(["competition", "dense"])},
            "awards": [], "examples": []}
        scheme.update(self.rules)
        if self.chance(0.3):
            scheme["honours"] = {k: self.predicate(inner, self.read_by_grades) for k in
                                 rng.choice([["when"], ["unless"], ["unless"], ["when", "unless"]])}
        elif self.rules and self.chance(0.75):
            names = {"check_in": "late_check_in", "conduct": "negative_conduct"}
            facts = [{"fact": rule.get("finding", names[k])} for k, rule in self.rules.items()]
            scheme["honours"] = {"unless": facts[-1]} if len(facts) == 1 or self.chance(0.5) else {"when": {"none": facts}}
        if self.chance(0.1):
            scheme["closes"] = {"days": 31}
        if self.chance(0.3):
            scheme["advice"] = {k: self.advice(ids, scheme["vetoes"]) for k in
                                rng.choice([["renewal"], ["price"], ["renewal", "price"]])}
        if self.chance(0.3):
            scheme["sheets"] = rng.sample(sorted(self.nodes), min(len(self.nodes), rng.randint(1, 3)))
        if self.chance(0.1):
            scheme["notice"] = {"days": rng.choice([3, 5, 7]), "of": rng.choice(["working", "calendar"])}
        if inner and self.chance(0.12):          # a grade that a node's fall would open
            node = rng.choice(inner)
            grades[0]["unless"] = {"node": node, "above": 0}
            scheme["vetoes"].append({"id": "veto_fall", "title": "一票否决", "then": {"node": node, "value": "-50"}})
        readers = [n for n in self.nodes if {"checked", "placed", "compared"} & set(self.nodes[n]) and self.refs[n]]
        if readers and self.chance(0.4):         # what others read falls under a veto
            reader = self.nodes[rng.choice(readers)]
            node = rng.choice(self.refs[reader["id"]])
            if "checked" in reader:
                reader["checked"] = {"when": {"node": node, "below": 4}, "points": 9, "otherwise": 2}
                self.refs[reader["id"]] = [node]
            scheme["vetoes"].append({"id": "veto_fall_read", "title": "一票否决",
                                     "then": {"node": node, "value": rng.choice([0, "1.5", "-2", 3])}})
        for i in range(rng.choice([0, 1, 2, 2])):
            award = {"id": "award_%d" % i, "amount": rng.choice(["2000.00", "5000", "0.5", "1234.56"]),
                     "to": rng.choice(["branch", "person"]), "basis": "generated"}
            if i == 1:                           # of no consequence here: it matters when money is proposed
                award["paid"] = "each"
            if scheme["subject"] == "post" and self.chance(0.5):
                award["as_of"] = "publication"
                if self.chance(0.8):
                    award["when"] = self.published_predicate(ids)
            else:
                award["when"] = self.predicate(inner, [], ids)
            scheme["awards"].append(award)
        if self.chance(0.3):
            scheme["consequences"] = [{"id": "follows_%d" % i, "when": self.published_predicate(ids)}
                                      for i in range(rng.randint(1, 4))]
        if self.chance(0.1):
            scheme["objections"] = {"days": 10, "of": rng.choice(["working", "calendar"])}
        return scheme

    def seats(self):
        rng = self.rng
        rule = {"share": rng.choice(["30%", "20%", "1/3", "50%", "12.5%", "100%", "2/7", "10%", "0.4"]),
                "of": rng.choice(["subjects", "results"]), "within": rng.choice(GROUPS),
                "rounding": rng.choice(["floor", "half_up", "ceiling"] + ["largest_remainder"] * 5)}
        if self.chance(0.3):
            rule["each_at_most"] = rng.choice([1, 2, 2, 3, 4])
        if self.chance(0.35):
            rule["pool"] = {"fewer_than": rng.choice([2, 3, 4, 9])}
        if rule["rounding"] == "largest_remainder":
            if self.chance(0.35):
                rule["at_most"] = rng.choice([1, 2, 3, 5, 20])
            if self.chance(0.8):
                rule["within"] = rng.choice(["compound", "community"])
            if self.odd_sizes:
                rule.update({"share": "50%", "of": "subjects", "within": "compound"})
                rule.pop("at_most", None)
        if "pool" in rule:
            rule["pool"]["into"] = rng.choice([g for g in GROUPS if g != rule["within"]])
        return rule

    def veto(self, i, grades, inner):
        rng = self.rng
        effects = rng.sample(["excluded", "grade", "grade_at_best", "grades_down", "score_at_most", "score_less",
                              "node", "node", "no_awards"], 2 if self.chance(0.3) else 1)
        if "excluded" in effects and "grade" in effects and not self.contested:
            effects = ["grade"]
        then = {}
        for e in effects:
            if e in ("excluded", "no_awards"):
                then[e] = True
            elif e in ("grade", "grade_at_best"):
                then[e] = rng.choice(grades)
            elif e == "grades_down":
                then[e] = rng.choice([1, 1, 2, 9])
            elif e == "node":
                if inner:
                    read = sorted({t for n, r in self.refs.items() if "compared" in self.nodes[n] or "placed" in self.nodes[n]
                                   or "checked" in self.nodes[n] for t in r if t in inner}
                                  | set(self.read_by_grades))
                    then["node"] = rng.choice(read if read and self.chance(0.5) else inner)
                    then["value"] = self.num(0, 8)
            else:
                then[e] = self.number(cents(rng, 1, 60, "0.125") if self.chance(0.5) else cents(rng, 1, 60, "5"))
        if not then:
            then["no_awards"] = True
        veto = {"id": "veto_%d" % i, "title": "一票否决", "then": then}
        if self.chance(0.6):
            veto["raised_by"] = rng.sample(["street", "county", "community"], rng.randint(1, 2))
        if self.chance(0.6):
            veto["counts"] = rng.choice(["any_day", "at_end"])
        if self.chance(0.5):
            veto["put_right"] = {"days": rng.choice([1, 15, 30])}
            if self.chance(0.5):
                veto["put_right"]["in_time"] = rng.choice(["ends", "annuls"])
        if self.chance(0.2):
            veto["object"] = {"days": 15}
        return veto

    # ---- the facts

    def people(self):
        rng = self.rng
        rows, compounds = [], rng.randint(1, 7)
        equal = rng.randint(1, 6) if self.chance(0.5) else None
        for c in range(compounds):
            for _ in range(rng.choice([1, 3, 5]) if self.odd_sizes else equal or rng.randint(1, 10)):
                rows.append({"county": "county-1", "street": "s-%d" % (c // 4), "community": "c-%02d" % (c // 2),
                             "compound": "k-%03d" % c})
        rng.shuffle(rows)
        if self.odd_sizes:
            return rows
        return rows[:rng.choice([40, 40, 40, 12])]

    def facts(self, scheme):
        rng = self.rng
        lines = []
        for i, groups in enumerate(self.people()):
            if lines and self.chance(0.3):
                line = json.loads(json.dumps(rng.choice(lines)))       # a double: ties
                line.update({"subject": "m-%03d" % i, "groups": groups})
            else:
                line = {"subject": "m-%03d" % i, "period": self.period, "groups": groups}
                self.evidence(line, scheme)
            lines.append(line)
        for line in lines:
            if self.chance(0.25):
                self.findings(line)
            for veto in scheme["vetoes"]:
                if self.chance(0.35 if "fall" in veto["id"] else 0.13):
                    self.raise_veto(line, veto)
            if self.chance(0.2):
                self.states(line, scheme)
        rng.shuffle(lines)
        return lines

    def evidence(self, line, scheme):
        rng = self.rng
        put = lambda name, default: line.setdefault(name, default)
        if self.days:
            self.whereabouts(line)
        if self.chance(0.8):
            put("attributes", {})["status"] = rng.choice(["in_service", "retired", "floating"])
        if self.chance(0.5):
            put("attributes", {})["class"] = rng.choice(["a", "b"])
        asked = "consequences" in scheme or any("as_of" in a for a in scheme["awards"])
        if self.chance(0.7 if asked else 0.03):
            put("published", {})["attributes"] = {k: v for k, v in (
                ("status", rng.choice(["in_service", "retired", "floating"])), ("class", rng.choice(["a", "b"])))
                if self.chance(0.7)}
        for k in ("pm_1", "pm_2", "pm_3"):
            if self.chance(0.8):
                put("metrics", {})[k] = self.number(rng.choice(["0", "1", "2", "3", "6"]))
        for node_id, node in self.nodes.items():
            kind = ref.Evaluation.kind(node)
            if kind in ref.LEAVES and hasattr(self, "fact_" + kind) and self.chance(self.present):
                getattr(self, "fact_" + kind)(line, node, node[kind], put)
        put("entries", []).append({"item": "of_another_scheme", "on": self.day_text(), "times": 3})
        rng.shuffle(line["entries"])
        for name in ("sheets", "proposals"):
            if name in line:
                rng.shuffle(line[name])

    def fact_counted(self, line, node, body, put):
        rng = self.rng
        for _ in range(rng.choice([0, 1, 2, 3, 3, 6, 9])):
            on = self.day_text()
            if "valid" in body and self.chance(0.7):
                on = self.valid_edge(int(body["valid"].split()[0]))
            elif put("entries", []) and self.chance(0.3):
                on = rng.choice(line["entries"])["on"]
            entry = {"item": node["id"], "on": on}
            if self.chance(0.75):
                entry["times"] = self.number(rng.choice(["1", "2", "3", "5", "0", "1.5"]))
                if self.contested and self.chance(0.1):
                    entry["times"] = "-1"
            if body.get("points") == "entered" or self.chance(0.1):
                entry["points"] = self.number(rng.choice(["2.5", "7", "0", "-4", "1.25", "3"]))
            put("entries", []).append(entry)

    def valid_edge(self, months):
        """A day whose last valid day is about the period's last day; leap days where that is possible."""
        leap = [dt.date(y, 2, 29) for y in (2016, 2020, 2024) if dt.date(y, 2, 29) <= self.last]
        if leap and self.chance(0.25):
            return self.rng.choice(leap).isoformat()
        edge = ref.months_later(self.last, -months)
        return (edge + dt.timedelta(self.rng.choice([-2, -1, 0, 0, 1, 1, 2, 40]))).isoformat()

    def fact_assessed(self, line, node, body, put):
        rng = self.rng
        for role in list(body["by"]) + (["stranger"] if self.chance(0.2) else []):
            if self.chance(0.12 if self.present < 1 or "absent" in body else 0.02):
                continue
            for a in range(rng.choice([1, 1, 2, 3, 4, 5])):
                full = F(str(node["out_of"]))
                points = ref.exact_text(ref.rounded(full * rng.choice([0, 5, 8, 8, 9, 10]) / 10, 2, "down"))
                put("sheets", []).append({"item": node["id"], "role": role, "by": "a-%d" % rng.randint(1, 5),
                                          "at": self.at(), "points": self.number(points)})

    def fact_proposed(self, line, node, body, put):
        rng = self.rng
        full = F(str(node["out_of"]))
        for level in body["by"] + (["stranger"] if self.chance(0.2) else []):
            same = self.at()
            for _ in range(rng.choice([0, 1, 1, 2, 3])):
                points = ref.exact_text(ref.rounded(full * rng.choice([0, 5, 8, 8, 9, 10]) / 10, 2, "down"))
                row = {"item": node["id"], "level": level, "by": "u-%d" % rng.randint(1, 5),
                       "at": same if self.chance(0.3) else self.at(), "points": self.number(points)}
                if self.chance(0.1):
                    del row["at"]
                if self.chance(0.4):
                    row["reason"] = "核实"
                put("proposals", []).append(row)

    def at(self):
        """Moments in several offsets, seldom equal."""
        base = dt.datetime(2022, 11, 30, 9, tzinfo=dt.timezone.utc) + dt.timedelta(hours=self.rng.randint(0, 60))
        hours = self.rng.choice([0, 8, 8, -5])
        text = base.astimezone(dt.timezone(dt.timedelta(hours=hours))).isoformat()
        return text.replace("+00:00", "Z") if self.chance(0.5) else text

    def fact_voted(self, line, node, body, put):
        votes = {o: self.rng.choice([0, 1, 2, 3, 7]) for o in OPTIONS if self.chance(0.75)}
        if self.chance(0.3):
            votes["spoilt"] = 4
        put("ballots", {})[body["ballot"]] = votes
        if self.chance(0.8):
            cast = sum(votes.values())
            put("eligible", {})[body["ballot"]] = self.rng.choice(
                [cast, cast, 2 * cast, cast + 1, cast + cast // 2, max(cast - 1, 0), 0])

    def fact_surveyed(self, line, node, body, put):
        channels = put("surveys", {}).setdefault(body["survey"], {})
        for c in CHANNELS:
            if self.chance(0.8):
                answered = self.rng.choice([0, 1, 4, 7, 20, 120])
                channels[c] = {"answered": answered, "satisfied": self.rng.choice([0, answered // 2, answered])}
                if answered == 120:
                    channels[c]["satisfied"] = 101
        if not channels:
            del line["surveys"][body["survey"]]

    def fact_measured(self, line, node, body, put):
        value = self.number(self.rng.choice(["0", "0.5", "1", "2", "3", "4.5", "5", "8", "-1", "12"]))
        if "metric" in body:
            put("metrics", {})[body["metric"]] = value
            return
        put("metrics", {})[body["ratio"]["of"]] = value
        if self.chance(0.9):
            put("metrics", {})[body["ratio"]["per"]] = self.number(self.rng.choice(["0", "1", "2", "2", "4", "3"]))

    def fact_imported(self, line, node, body, put):
        full = self.rng.choice(["50", "100", "30", "7"])
        raw = self.rng.choice(["43", "7", "0", "3.5", "30"])
        r = {"raw": self.number(min(raw, full, key=F)), "full": self.number(full)}
        if self.contested and self.chance(0.2):
            r = {"raw": "60", "full": "50", "bonus": True}
        if not self.days or self.chance(0.2):
            put("imports", {})[body["source"]] = r
            return
        rows = [r] if self.contested and self.chance(0.25) else []
        for unit in self.rng.sample(["u-1", "u-2", "u-3"], self.rng.randint(0 if rows else 1, 3)):
            at = self.at()
            for _ in range(self.rng.choice([1, 1, 2, 3])):
                at = at if self.chance(0.4) else self.at()
                raw = self.rng.choice(["1", "2.5", "3", "6", "7"])
                rows.append({"unit": unit, "raw": self.number(raw), "full": self.number(self.rng.choice(["7", "9", "50"])), "at": at})
        self.rng.shuffle(rows)
        put("imports", {})[body["source"]] = rows

    def fact_result_of(self, line, node, body, put):
        rows = put("results", {}).setdefault(body["scheme"], [])
        listing = any(n.get("result_of", {}).get("listed") and n["result_of"]["scheme"] == body["scheme"]
                      for n in self.nodes.values())
        for _ in range(1 if body["of"] == "self" else self.rng.randint(1, 4)):
            rows.append({"of": body["of"], "score": self.number(self.rng.choice(["88.5", "100", "60", "0", "71.25"])),
                         "out_of": self.number(self.rng.choice(["100", "100", "50.5"])) if self.chance(0.2) else 100,
                         "weight": self.number(self.rng.choice(["812", "1", "0", "3.5", "0"]))})
            if F(str(rows[-1]["out_of"])) < F(str(rows[-1]["score"])):
                rows[-1]["out_of"] = 100
            if listing or self.chance(0.2):
                self.about(rows[-1], "p-%02d" % len(rows))
        if self.chance(0.3):
            other = self.rng.choice([o for o in ("self", "children", "projects") if o != body["of"]])
            rows.append({"of": other, "score": "1.5", "out_of": "100", "weight": "1", "subject": "p-%02d" % (len(rows) + 1)})

    def about(self, row, subject):
        """What a listed result says besides its score."""
        rng = self.rng
        row["subject"] = subject
        if self.chance(0.8):
            row["period"] = rng.choice(["2022-H1", "2022-H2", "2021-H2", "2022"])
        if self.chance(0.7):
            row["grade"] = rng.choice(OTHER_GRADES)
        if self.chance(0.4):
            row["vetoes"] = rng.sample(OTHER_VETOES, rng.randint(1, 2))
        row["weights"] = {w: self.number(rng.choice(["812", "40000.5", "1", "0"])) for w in ("households", "floor_area")
                          if self.chance(0.93)}
        if self.chance(0.1):
            row["taken_over"] = "2022-04-12"
        if self.chance(0.15):
            row["score"] = None
            row["status"] = rng.choice(["excluded", "incomplete", "final"])

    def findings(self, line):
        rows = line.setdefault("findings", [])
        for _ in range(self.rng.randint(1, 2)):
            rows.append(self.span({"fact": self.rng.choice(FACTS)}))

    def span(self, record):
        """from/until about the edges of the period."""
        rng = self.rng
        start = rng.choice([self.first - dt.timedelta(400), self.first - dt.timedelta(10), self.first,
                            self.last, self.last + dt.timedelta(1), self.first + dt.timedelta(5)])
        record["from"] = start.isoformat()
        if self.chance(0.6):
            ends = [d for d in (self.first - dt.timedelta(1), self.first, self.last - dt.timedelta(1), self.last,
                                self.last + dt.timedelta(3)) if d >= start]
            record["until"] = (rng.choice(ends) if ends else start).isoformat()
        return record

    def raise_veto(self, line, veto):
        for _ in range(self.rng.choice([1, 1, 2])):
            by = self.rng.choice(veto.get("raised_by", ["street", "county"]))
            if self.chance(0.12):
                by = "neighbour"
            record = self.span({"item": veto["id"], "by": by})
            if self.chance(0.4):
                record["steps"] = self.veto_steps(record, veto)
            line.setdefault("vetoes", []).append(record)
        if self.chance(0.1):
            line["vetoes"].append(self.span({"item": "veto_of_another_scheme", "by": "street"}))

    def veto_steps(self, record, veto):
        rng, steps = self.rng, []
        start = dt.date.fromisoformat(record["from"])
        told = start + dt.timedelta(rng.choice([0, 3, 10]))
        days = veto.get("put_right", {}).get("days", 30)
        near = [start - dt.timedelta(1), start, start + dt.timedelta(1), self.first, self.last, self.last + dt.timedelta(1),
                told + dt.timedelta(days - 1), told + dt.timedelta(days), told + dt.timedelta(days + 1)]
        for kind in rng.sample(["notice_served", "put_right", "put_right", "lifted", "objected", "objection_upheld"], rng.choice([1, 2, 3])):
            on = told if kind == "notice_served" else rng.choice(near)
            steps.append({"step": kind, "on": on.isoformat()})
        return steps

    # ---- states

    def states(self, line, scheme):
        rng = self.rng
        inner = [n for n in self.nodes if n != scheme["score"]["id"]]
        for node_id in rng.sample(inner, min(len(inner), rng.choice([1, 1, 2]))):
            kind = ref.Evaluation.kind(self.nodes[node_id])
            state = rng.choice(["not_applicable", "excused", "not_submitted"])
            if self.derived and not self.contested and any(
                    self.derived in metrics_in(self.nodes[x].get("measured")) for x in self.below(node_id)):
                continue
            if state == "not_submitted" and (kind in ref.PARENTS or kind in ("compared", "placed")):
                state = "excused"
            line.setdefault("states", {})[node_id] = state
            self.strip(line, node_id)

    def below(self, node_id):
        kind = ref.Evaluation.kind(self.nodes[node_id])
        return [node_id] + [x for c in (self.nodes[node_id][kind] if kind in ref.PARENTS else []) for x in self.below(c["id"])]

    def strip(self, line, node_id):
        """No evidence beside a state, nor below it."""
        node = self.nodes[node_id]
        kind = ref.Evaluation.kind(node)
        body = node[kind]
        if kind in ref.PARENTS:
            for child in body:
                self.strip(line, child["id"])
        for name in ("entries", "sheets", "proposals"):
            if name in line:
                line[name] = [r for r in line[name] if r["item"] != node_id
                              and not (kind == "scheduled" and r["item"] in self.pool)]
        for key, name in (("ballot", "ballots"), ("survey", "surveys"), ("source", "imports"), ("scheme", "results")):
            if kind in ref.LEAVES and isinstance(body, dict) and body.get(key) in line.get(name, {}):
                del line[name][body[key]]
        if kind in ("measured", "checked"):
            for metric in metrics_in(body):
                line.get("metrics", {}).pop(metric, None)

    # ---- as-of

    def stamp(self, lines):
        """Gives records the moment they were recorded, about the as-of moment."""
        rng = self.rng
        as_of = self.as_of
        every = rng.choice([0.2, 0.6, 1])

        def recorded():
            at = as_of + dt.timedelta(seconds=rng.choice([-86400, -60, -1, 0, 0, 1, 3600] if self.chance(0.5) else
                                                         [-86400, -3600, -5, 0]))
            return at.astimezone(dt.timezone(dt.timedelta(hours=rng.choice([0, 8, -3])))).isoformat()

        for line in lines:
            if "decision" in line:
                if self.chance(every):
                    line["decision"]["recorded"] = recorded()
                continue
            stamped = {}                       # an item's entries have a moment all or none
            for r in line.get("entries", []):
                if stamped.setdefault(r["item"], self.chance(every)):
                    r["recorded"] = recorded()
                if self.contested and self.chance(0.1):
                    r.pop("recorded", None)
            rows = [r for name in ("sheets", "proposals", "vetoes", "findings", "check_ins", "conduct") for r in line.get(name, [])]
            rows += [x for r in line.get("vetoes", []) for x in r.get("steps", [])]
            rows += [r for name in ("stays", "units") for r in line.get(name, []) if self.chance(0.3)]
            rows += line.get("in_service", [])[0 if self.contested else 1:]
            rows += list(line.get("ballots", {}).values())
            rows += [line["published"]] if "published" in line else []
            rows += [r for x in line.get("imports", {}).values() for r in (x if isinstance(x, list) else [x])]
            rows += [c for s in line.get("surveys", {}).values() for c in s.values()]
            rows += [r for s in line.get("results", {}).values() for r in s]
            for r in rows:
                if self.chance(every):
                    r["recorded"] = recorded()
            if self.contested:
                for k, v in line.get("metrics", {}).items():
                    if self.chance(0.3):
                        line["metrics"][k] = {"value": v, "recorded": recorded()}
                for k, v in line.get("states", {}).items():
                    line["states"][k] = {"state": v, "reason": "写明"}
        return as_of.isoformat()

    # ---- one fault that must be refused

    def evidence_of_a_schedule(self, line):
        """A state beside an entry that a version lists that was in force where the member lived."""
        for e in line["entries"]:
            for stay in line.get("stays", []):
                for d in self.schedules:
                    if d["compound"] == stay["compound"] and any(i["id"] == e["item"] for i in d["items"]) \
                            and max(stay["from"], d["in_force"]["from"]) <= e["on"] <= min(
                                stay.get("until", "9999"), d["in_force"].get("until", "9999")) \
                            and self.first.isoformat() <= e["on"] <= self.last.isoformat():
                        e.pop("recorded", None)
                        stay.pop("recorded", None)
                        line.setdefault("states", {})[self.scheduled["id"]] = self.rng.choice(["excused", "not_submitted"])
                        return "evidence.scheduled"
        return None

    def spoil_schedule(self, scheme):
        """Takes one schedule out of the scheme's bounds, or the bounds in."""
        rng = self.rng
        document = rng.choice(self.schedules)
        body, item = self.scheduled["scheduled"], rng.choice(document["items"])
        counted = item["counted"]
        faults = ["items", "each", "twice", "member", "valid"]
        if "tiers" not in counted:
            faults += ["unbounded", "wrong_side"]
        if self.bound(document, 1, False) > 0 or self.bound(document, -1, False) < 0:
            faults += ["in_all"] * 2
        if any("counted" in n for n in self.nodes.values()):
            faults += ["counted"]
        fault = rng.choice(faults)
        if fault == "items":
            body["items"] = [len(document["items"]) + 1, 100] if self.chance(0.5) or len(document["items"]) == 1 \
                else [1, len(document["items"]) - 1]
        elif fault == "each":
            worth = [F(str(x)) for x in worths(counted)]
            if self.chance(0.5):
                body["each"] = [ref.exact_text(min(worth) + F(1, 100)), "100"]
            else:
                body["each"] = ["-100", ref.exact_text(max(worth) - F(1, 100))]
        elif fault == "twice":
            document["items"].append(json.loads(json.dumps(item)))
        elif fault == "member":
            scheme["subject"] = "project"
            for key in ("check_in", "conduct"):
                scheme.pop(key, None)
        elif fault == "valid":
            months = int(body.get("valid_at_most", "0").split()[0]) + 1
            counted["valid"] = "%d months" % months if "valid_at_most" in body else "1 months"
        elif fault == "unbounded":
            key = "at_most" if max(F(str(x)) for x in worths(counted)) > 0 else "at_least"
            counted["caps"] = [c for c in counted["caps"] if [k for k in c if k not in ("per", key)]]
            for c in counted["caps"]:
                c.pop(key, None)
            if not counted["caps"]:
                del counted["caps"]
        elif fault == "wrong_side":
            counted["caps"][0].update(rng.choice([{"at_most": "-0.5"}, {"at_least": "0.5"}]))
            if "at_most" in counted["caps"][0] and "at_least" in counted["caps"][0]:
                del counted["caps"][0]["at_least" if str(counted["caps"][0]["at_most"]) == "-0.5" else "at_most"]
        elif fault == "in_all":
            low, high = [self.bound(document, sign, False) / 2 for sign in (-1, 1)]
            body["in_all"] = [ref.exact_text(low), "100000"] if low and (not high or self.chance(0.5)) \
                else ["-100000", ref.exact_text(high)]
        else:
            item["id"] = rng.choice([n for n in self.nodes if "counted" in self.nodes[n]])
        return "schedule." + fault

    def spoil(self, scheme, lines):
        rng = self.rng
        line = rng.choice([x for x in lines if "decision" not in x])
        faults = ["number", "group", "twice", "period"]
        if line.get("sheets"):
            faults += ["sheet"] * 3
        if line.get("proposals"):
            faults += ["proposal"] * 3
        if line.get("imports"):
            faults += ["raw", "full"] * 2
        if line.get("stays") or line.get("units"):
            faults += ["overlap"] * 2
        if self.schedules:
            faults += ["schedule"] * 6
        weighted = [n["result_of"]["scheme"] for n in self.nodes.values() if "result_of" in n
                    and n["result_of"]["combine"] == "weighted" and not line.get("states")]
        if weighted:
            faults += ["weight"] * 5
        if any(r["item"] in self.nodes for r in line.get("entries", [])):
            faults += ["evidence", "number"]
        lists = [n["result_of"] for n in self.nodes.values() if n.get("result_of", {}).get("listed")]
        lists = [(b, r) for b in lists for r in line.get("results", {}).get(b["scheme"], []) if r["of"] == b["of"]]
        if lists:
            faults += ["listed"] * 5
        fault = rng.choice(faults)
        if fault == "number":
            line.setdefault("metrics", {})["pm_1"] = rng.choice(
                ["1e3", "1_0", ".5", "5.", "+1", "0x1", "12345678901", "0.1234567", "１", "", " 1", "1/2", "NaN", "50%"])
        elif fault == "group":
            del line["groups"][scheme["ranking"]["within"][0]]
        elif fault == "twice":
            lines.append(json.loads(json.dumps(line)))
        elif fault == "period":
            line["period"] = {"year": "2022-Q1", "half": "2022", "quarter": "2022-H1", "month": "2022-13"}[self.period_kind]
        elif fault == "sheet":
            good = [r for r in line["sheets"] if r["item"] in self.nodes and r["role"] != "stranger"]
            if not good:
                return None
            r = rng.choice(good)
            r.pop("recorded", None)
            r["points"] = ref.exact_text(F(str(self.nodes[r["item"]]["out_of"])) + F(1, 100))
        elif fault == "proposal":
            good = [r for r in line["proposals"] if r["item"] in self.nodes]
            if not good:
                return None
            r = rng.choice(good)
            r.pop("recorded", None)
            r["points"] = "-0.01" if self.chance(0.5) else ref.exact_text(F(str(self.nodes[r["item"]]["out_of"])) + F(1, 100))
        elif fault in ("raw", "full"):
            r = rng.choice([r for x in line["imports"].values() for r in (x if isinstance(x, list) else [x])])
            r.pop("bonus", None)
            r.pop("recorded", None)
            r["raw"], r["full"] = ("50.000001", 50) if fault == "raw" else (0, "0")
        elif fault == "overlap":
            name = rng.choice([n for n in ("stays", "units") if line.get(n)])
            r = rng.choice(line[name])
            r.pop("recorded", None)
            other = dict(r, **{"stays": {"compound": "k-099"}, "units": {"unit": "u-9"}}[name])
            other["from"] = other["until"] = r.get("until", r["from"])
            line[name].append(other)
        elif fault == "listed":
            body, row = rng.choice(lists)
            row.pop("recorded", None)
            if self.chance(0.5):
                line["results"][body["scheme"]].append(dict(row, score="1", grade="again"))
            else:
                row["subject"] = ""
                del row["subject"]
        elif fault == "schedule":
            return self.spoil_schedule(scheme)
        elif fault == "weight":
            used = [n["result_of"]["of"] for n in self.nodes.values() if "result_of" in n
                    and n["result_of"]["scheme"] == weighted[0] and n["result_of"]["combine"] == "weighted"][0]
            line.setdefault("results", {}).setdefault(weighted[0], []).append({"of": used, "score": 5, "out_of": 10})
        else:
            if self.scheduled is not None and self.scheduled is not scheme["score"] and self.chance(0.5):
                return self.evidence_of_a_schedule(line)
            r = rng.choice([r for r in line["entries"] if r["item"] in self.nodes])
            if self.nodes[r["item"]] is scheme["score"]:
                return None
            line.setdefault("states", {})[r["item"]] = rng.choice(["excused", "not_submitted", "not_applicable"])
            r.pop("recorded", None)
        return fault


def worths(counted):
    """What one time can be worth, or a tier."""
    if "tiers" in counted:
        return [p for _, p in counted["tiers"]]
    return counted["each"] if counted["points"] == "entered" else [counted["points"]]


def metrics_in(body):
    found = []
    if isinstance(body, dict):
        if isinstance(body.get("metric"), str):
            found.append(body["metric"])
        if isinstance(body.get("ratio"), dict):
            found += [body["ratio"]["of"], body["ratio"]["per"]]
        for v in body.values():
            found += metrics_in(v)
    elif isinstance(body, list):
        for v in body:
            found += metrics_in(v)
    return found


def texts(scheme, lines):
    return (json.dumps(scheme, ensure_ascii=False, indent=1),
            "".join(json.dumps(x, ensure_ascii=False) + "\n" for x in lines))


def put_on_the_line(maker, scheme, results):
    """Grade lines, score caps and predicates exactly on values that occur."""
    rng = maker.rng
    scores = sorted({F(r["score"]) for r in results if r["score"] is not None}, reverse=True)
    grades = scheme["grades"][:-1]
    if len(scores) >= len(grades) and maker.chance(0.85):
        for g, x in zip(grades, sorted(rng.sample(scores, len(grades)), reverse=True)):
            g["at_least"] = maker.number(ref.exact_text(x))
    if scores:
        # the top grade must hold a full score; lines fall strictly
        tops = [F(str(g["at_least"])) for g in grades]
        if tops and tops[0] > 100:
            for g, x in zip(grades, range(100, 0, -20)):
                g["at_least"] = x
        for veto in scheme["vetoes"]:
            if "score_at_most" in veto["then"] and maker.chance(0.4):
                veto["then"]["score_at_most"] = maker.number(ref.exact_text(rng.choice(scores)))

    def walk(p):
        if isinstance(p, list):
            for q in p:
                walk(q)
        elif isinstance(p, dict):
            named = [c for c in COMPARISONS if c in p]
            if "node" in p and named and maker.chance(0.6):
                seen = [F(r["values"][p["node"]]) for r in results if r["values"].get(p["node"])]
                seen = [x for x in seen if (x * 10 ** 6).denominator == 1 and abs(x) < 10 ** 9]
                if seen:
                    p[named[0]] = ref.exact_text(rng.choice(seen))
            for q in p.values():
                walk(q)
    walk(scheme)


def build(seed, contested=False):
    for attempt in range(50):
        maker = Maker(seed * 1000 + attempt, contested)
        maker.seed = seed
        scheme = maker.scheme()
        if scheme is None:
            continue
        lines = maker.facts(scheme)
        as_of = None
        schedules = [json.dumps(d, ensure_ascii=False, indent=1) for d in maker.schedules]
        results, _, _ = ref.evaluate(*texts(scheme, lines), schedules=schedules)
        put_on_the_line(maker, scheme, results)
        if maker.chance(0.5 if maker.rules else 0.35):
            as_of = maker.stamp(lines)
            if maker.chance(0.2):
                as_of = None                # moments recorded, none asked for
        decide = maker.rng.choice([0, 0.5, 1])
        for _ in range(6):
            _, _, evaluation = ref.evaluate(*texts(scheme, lines), as_of, schedules)
            new = []
            for tie in evaluation.open_ties:
                if maker.chance(decide):
                    order = sorted(tie["tied"])
                    maker.rng.shuffle(order)
                    d = {"for": tie["for"], "order": order, "by": "street", "reason": "会议决定"}
                    if tie["within"] is not None:
                        d["within"] = tie["within"]
                    if as_of and maker.chance(0.4):
                        late = dt.timedelta(seconds=0 if maker.chance(0.6) else 1)
                        d["recorded"] = (maker.as_of + late).isoformat()
                    new.append({"decision": d})
            known = [x for x in new if "recorded" not in x["decision"] or evaluation.known(x["decision"])]
            for x in new:
                lines.insert(maker.rng.randint(0, len(lines)), x)
            if not known:
                break
        note = None
        if maker.chance(0.1 if maker.schedules else 0.06):
            note = maker.spoil(scheme, lines)
            schedules = [json.dumps(d, ensure_ascii=False, indent=1) for d in maker.schedules]
        return texts(scheme, lines) + (schedules, as_of, note)
    raise AssertionError("no scheme for seed %d" % seed)


def write_schedules(folder, schedules):
    for i, text in enumerate(schedules):
        with open(os.path.join(folder, "s-%02d.yaml" % i), "w", encoding="utf-8") as f:
            f.write(text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--contested", action="store_true", help="also what the page leaves open (README)")
    args = parser.parse_args()
    scheme, facts, schedules, as_of, note = build(args.seed, args.contested)
    folder = os.path.join(args.out, "schedules")
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(folder):
        os.remove(os.path.join(folder, name))
    write_schedules(folder, schedules)
    for name, text in (("scheme.json", scheme), ("facts.jsonl", facts), ("as_of.txt", as_of)):
        path = os.path.join(args.out, name)
        if text is not None:
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        elif os.path.exists(path):
            os.remove(path)
    print(json.dumps({"seed": args.seed, "as_of": as_of, "fault": note}))


if __name__ == "__main__":
    main()
