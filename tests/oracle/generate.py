#!/usr/bin/env python3
"""Random valid schemes and facts that go looking for the odd corners of the scheme language.

`build(seed)` gives (scheme text, facts text, as-of moment or None, note). The reference is used on the way: grade
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
        if root:
            kind = rng.choice(["sum", "sum", "weighted", "weighted", "average", "best", "worst", "counted", "imported"]
                              if self.chance(0.3) else ["sum", "weighted", "sum", "weighted", "average"])
        elif depth > 0 and self.chance(0.45):
            kind = rng.choice(ref.PARENTS)
        else:
            kind = rng.choice(ref.LEAVES + ("counted", "counted", "assessed", "measured"))
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
        if self.chance(0.2):
            low = rng.choice(["0", "-10", "5", "2.5"])
            node["clamp"] = [self.number(low), self.number(rng.choice(["100", "10", "20.25", "60"]))]
        if self.chance(0.5 if root else 0.22):
            node["round"] = {"to": rng.choice([0, 1, 2, 2, 3]), "mode": rng.choice(MODES)}
        if not root and kind not in ref.NEVER_MISSING and self.chance(0.45):
            node["missing"] = rng.choice(["zero", "exclude", "exclude", "incomplete",
                                          {"value": self.num(-5, 60)}])

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

    def leaf_voted(self, node):
        named = self.rng.sample(OPTIONS, self.rng.randint(2, 4))
        values = self.rng.sample(["100", "80", "60", "0", "33.3", "75"], len(named))
        body = {"ballot": self.name("ballot"), "options": {o: self.number(v) for o, v in zip(named, values)}}
        if self.chance(0.3):
            body["least"] = self.rng.choice([1, 2, 3, 5])
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
        return {"source": self.name("source")}

    def leaf_result_of(self, node):
        return {"scheme": "other.%s" % self.name("scheme"),
                "of": self.rng.choice(["self", "children", "projects", "quarters", "months"]),
                "combine": self.rng.choice(["average", "weighted", "weighted", "best", "worst", "sum"])}

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
        kind = rng.choice(kinds)
        if kind == "node":
            node = rng.choice(nodes)
            used.append(node)
            return {"node": node, rng.choice(COMPARISONS): self.num(0, 30)}
        if kind == "metric":
            return {"metric": "pm_%d" % rng.randint(1, 3), rng.choice(COMPARISONS): self.num(0, 6, "1")}
        if kind == "ratio":
            return {"ratio": {"of": "pm_1", "per": "pm_%d" % rng.randint(2, 3)}, rng.choice(COMPARISONS): self.num(0, 3)}
        if kind == "attribute":
            if self.chance(0.5):
                return {"attribute": "status", "is": rng.choice(["in_service", "retired"])}
            return {"attribute": rng.choice(["status", "class"]), "in": ["retired", "a", "floating"]}
        if kind == "fact":
            return {"fact": rng.choice(FACTS)}
        return {"grade": rng.choice(grades)}

    # ---- the scheme

    def scheme(self):
        rng = self.rng
        score = self.tree(rng.choice([1, 2, 2, 3, 3, 5, 7]), root=True)
        if len(self.nodes) < 3 and score["id"].split("_")[0] not in ("counted", "imported"):
            return None
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
            "subject": rng.choice(["member", "project", "post"]), "period": self.period_kind,
            "in_force": {"from": "2019-01-01"}, "basis": [{"document": "generated", "clause": "none"}],
            "score": score, "grades": grades,
            "vetoes": [self.veto(i, ids, inner) for i in range(rng.choice([0, 1, 2, 3, 5]))],
            "ranking": {"within": [g for g in GROUPS if self.chance(0.5)] or ["county"], "by": by,
                        "places": rng.choice(["competition", "dense"])},
            "awards": [], "examples": []}
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
            award["when"] = self.predicate(inner, [], ids)
            scheme["awards"].append(award)
        return scheme

    def seats(self):
        rng = self.rng
        rule = {"share": rng.choice(["30%", "20%", "1/3", "50%", "12.5%", "100%", "2/7", "10%", "0.4"]),
                "of": rng.choice(["subjects", "results"]), "within": rng.choice(GROUPS),
                "rounding": rng.choice(["floor", "half_up", "ceiling"] + ["largest_remainder"] * 5)}
        if self.chance(0.3):
            rule["each_at_most"] = rng.choice([1, 2, 2, 3, 4])
        if rule["rounding"] == "largest_remainder":
            if self.chance(0.35):
                rule["at_most"] = rng.choice([1, 2, 3, 5, 20])
            if self.chance(0.8):
                rule["within"] = rng.choice(["compound", "community"])
            if self.odd_sizes:
                rule.update({"share": "50%", "of": "subjects", "within": "compound"})
                rule.pop("at_most", None)
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
        if self.chance(0.8):
            put("attributes", {})["status"] = rng.choice(["in_service", "retired", "floating"])
        if self.chance(0.5):
            put("attributes", {})["class"] = rng.choice(["a", "b"])
        for k in ("pm_1", "pm_2", "pm_3"):
            if self.chance(0.8):
                put("metrics", {})[k] = self.number(rng.choice(["0", "1", "2", "3", "6"]))
        for node_id, node in self.nodes.items():
            kind = ref.Evaluation.kind(node)
            if kind in ref.LEAVES and hasattr(self, "fact_" + kind) and self.chance(self.present):
                getattr(self, "fact_" + kind)(line, node, node[kind], put)
        put("entries", []).append({"item": "of_another_scheme", "on": self.day_text(), "times": 3})
        rng.shuffle(line["entries"])
        if "sheets" in line:
            rng.shuffle(line["sheets"])

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
        put("imports", {})[body["source"]] = r

    def fact_result_of(self, line, node, body, put):
        rows = put("results", {}).setdefault(body["scheme"], [])
        for _ in range(1 if body["of"] == "self" else self.rng.randint(1, 4)):
            rows.append({"of": body["of"], "score": self.number(self.rng.choice(["88.5", "100", "60", "0", "71.25"])),
                         "out_of": self.number(self.rng.choice(["100", "100", "50.5"])) if self.chance(0.2) else 100,
                         "weight": self.number(self.rng.choice(["812", "1", "0", "3.5", "0"]))})
            if F(str(rows[-1]["out_of"])) < F(str(rows[-1]["score"])):
                rows[-1]["out_of"] = 100
        if self.chance(0.3):
            other = self.rng.choice([o for o in ("self", "children", "projects") if o != body["of"]])
            rows.append({"of": other, "score": "1.5", "out_of": "100", "weight": "1"})

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
            line.setdefault("vetoes", []).append(self.span({"item": veto["id"], "by": by}))
        if self.chance(0.1):
            line["vetoes"].append(self.span({"item": "veto_of_another_scheme", "by": "street"}))

    # ---- states

    def states(self, line, scheme):
        rng = self.rng
        inner = [n for n in self.nodes if n != scheme["score"]["id"]]
        for node_id in rng.sample(inner, min(len(inner), rng.choice([1, 1, 2]))):
            kind = ref.Evaluation.kind(self.nodes[node_id])
            state = rng.choice(["not_applicable", "excused", "not_submitted"])
            if state == "not_submitted" and (kind in ref.PARENTS or kind in ("compared", "placed")):
                state = "excused"
            line.setdefault("states", {})[node_id] = state
            self.strip(line, node_id)

    def strip(self, line, node_id):
        """No evidence beside a state, nor below it."""
        node = self.nodes[node_id]
        kind = ref.Evaluation.kind(node)
        body = node[kind]
        if kind in ref.PARENTS:
            for child in body:
                self.strip(line, child["id"])
        for name in ("entries", "sheets"):
            if name in line:
                line[name] = [r for r in line[name] if r["item"] != node_id]
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
        as_of = dt.datetime(2023, 1, 15, 12, tzinfo=dt.timezone(dt.timedelta(hours=8)))
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
            rows = [r for name in ("sheets", "vetoes", "findings") for r in line.get(name, [])]
            rows += [r for name in ("ballots", "imports") for r in line.get(name, {}).values()]
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

    def spoil(self, scheme, lines):
        rng = self.rng
        line = rng.choice([x for x in lines if "decision" not in x])
        faults = ["number", "group", "twice", "period"]
        if line.get("sheets"):
            faults += ["sheet"] * 3
        if line.get("imports"):
            faults += ["raw", "full"] * 2
        weighted = [n["result_of"]["scheme"] for n in self.nodes.values() if "result_of" in n
                    and n["result_of"]["combine"] == "weighted" and not line.get("states")]
        if weighted:
            faults += ["weight"] * 5
        if any(r["item"] in self.nodes for r in line.get("entries", [])):
            faults += ["evidence", "number"]
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
        elif fault in ("raw", "full"):
            r = rng.choice(list(line["imports"].values()))
            r.pop("bonus", None)
            r.pop("recorded", None)
            r["raw"], r["full"] = ("50.000001", 50) if fault == "raw" else (0, "0")
        elif fault == "weight":
            used = [n["result_of"]["of"] for n in self.nodes.values() if "result_of" in n
                    and n["result_of"]["scheme"] == weighted[0] and n["result_of"]["combine"] == "weighted"][0]
            line.setdefault("results", {}).setdefault(weighted[0], []).append({"of": used, "score": 5, "out_of": 10})
        else:
            r = rng.choice([r for r in line["entries"] if r["item"] in self.nodes])
            if self.nodes[r["item"]] is scheme["score"]:
                return None
            line.setdefault("states", {})[r["item"]] = rng.choice(["excused", "not_submitted", "not_applicable"])
            r.pop("recorded", None)
        return fault


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
        results, _, _ = ref.evaluate(*texts(scheme, lines))
        put_on_the_line(maker, scheme, results)
        if maker.chance(0.35):
            as_of = maker.stamp(lines)
            if maker.chance(0.2):
                as_of = None                # moments recorded, none asked for
        decide = maker.rng.choice([0, 0.5, 1])
        for _ in range(6):
            _, _, evaluation = ref.evaluate(*texts(scheme, lines), as_of)
            new = []
            for tie in evaluation.open_ties:
                if maker.chance(decide):
                    order = sorted(tie["tied"])
                    maker.rng.shuffle(order)
                    d = {"for": tie["for"], "order": order, "by": "street", "reason": "会议决定"}
                    if tie["within"] is not None:
                        d["within"] = tie["within"]
                    if as_of and maker.chance(0.4):
                        d["recorded"] = "2023-01-15T04:00:00Z" if maker.chance(0.6) else "2023-01-15T04:00:01Z"
                    new.append({"decision": d})
            known = [x for x in new if "recorded" not in x["decision"] or x["decision"]["recorded"].endswith("00Z")]
            for x in new:
                lines.insert(maker.rng.randint(0, len(lines)), x)
            if not known:
                break
        note = None
        if maker.chance(0.06):
            note = maker.spoil(scheme, lines)
        return texts(scheme, lines) + (as_of, note)
    raise AssertionError("no scheme for seed %d" % seed)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--contested", action="store_true", help="also what the page leaves open (README)")
    args = parser.parse_args()
    scheme, facts, as_of, note = build(args.seed, args.contested)
    os.makedirs(args.out, exist_ok=True)
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
