#!/usr/bin/env python3
"""Runs a binary's `evaluate` against the reference on random cases and shows the first differences.

Exit 0: all alike and every corner really happened. Exit 1: a difference, or a corner that never happened.
"""
import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
import time
from fractions import Fraction as F

import generate
import reference as ref

FIELDS = ("status", "score", "score_before_vetoes", "grade", "ranks", "awards", "honours", "reasons",
          "advice", "sheets", "results", "consequences")
ENOUGH = 200          # with fewer cases a corner that did not happen is only shown

MUST_HAPPEN = """
absent.channel absent.channel.rescaled absent.role absent.role.rescaled
as_of.cut.ballots as_of.cut.entries as_of.cut.findings as_of.cut.imports as_of.cut.results as_of.cut.sheets as_of.cut.proposals
as_of.cut.published as_of.cut.surveys as_of.cut.vetoes as_of.cut.veto_steps as_of.cut.check_ins as_of.cut.conduct as_of.cut.in_service as_of.cut.stays as_of.cut.units
assessed.median.even assessed.median.odd assessed.replaced assessed.too_few_to_trim assessed.trimmed
average.dropped average.nothing_left award checked.False checked.True child.left_out clamp.cut
check_in.as_of check_in.before_the_stint check_in.came check_in.first_by check_in.late check_in.never_came check_in.no_stint
check_in.on_the_last_day check_in.reported_metric check_in.runs_on
consequences.none.final consequences.none.other consequences.some.final
conduct.at_once conduct.deadline_over conduct.open conduct.open.last_day conduct.put_right conduct.put_right.last_day
compared.best compared.mean compared.not_above_zero
counted.cap.day.at_least counted.cap.day.at_most counted.cap.month.at_least counted.cap.month.at_most
counted.cap.quarter.at_most counted.cap.half.at_most counted.cap.year.at_least counted.cap.year.at_most
counted.each.cut counted.out_of_period counted.repeat counted.tier counted.tier.exact
counted.valid.edge counted.valid.feb29 decision.groups decision.subjects
effect.excluded effect.grade effect.grade_at_best effect.grades_down effect.no_awards effect.node
effect.score_at_most effect.score_less excluded.and.incomplete fault forced.lower_already forced.lowered
grade.edge grade.unless.barred grade.when.failed grades_down.past_last
honours.barred.final honours.barred.other honours.eligible.final honours.None.other incomplete.forced key.missing
kind.assessed kind.average kind.best kind.checked kind.compared kind.constant kind.counted kind.imported
kind.measured kind.proposed kind.placed kind.result_of kind.scheduled kind.sum kind.surveyed kind.voted kind.weighted kind.worst
measured.band measured.band.edge measured.linear.between missing.every_child_left_out
missing.assessed missing.average missing.compared missing.imported missing.measured missing.placed missing.proposed missing.result_of
pool.alone pool.astride pool.large_enough pool.pooled proposed.equal_at proposed.higher proposed.not_the_last_line proposed.only_higher proposed.other_level proposed.several
missing.scheduled missing.surveyed missing.voted no_awards.took parent.none_left placed.named placed.otherwise reading.R1 reading.R1g reading.R2
reading.R110 reading.R112 reading.R113 reading.R114 reading.R115 reading.R116 reading.R117 reading.R126
predicate.edge.above predicate.edge.at_least predicate.edge.at_most predicate.edge.below predicate.fact predicate.fact.derived
predicate.missing published.award published.unknown.award
rank.competition.after_tie rank.dense.after_tie ratio.by_zero result_of.average result_of.best result_of.no_weight
advice.given advice.none listed.counted listed.excluded listed.held listed.left_out listed.too_few listed.unscored
listed.unweighed predicate.results.False predicate.results.True result_of.listed.average result_of.listed.best
result_of.listed.no_weight result_of.listed.sum result_of.listed.weighted result_of.listed.worst result_of.too_few
result_of.sum result_of.weighted result_of.worst root.default_round
round.ceiling round.down round.floor round.half_even round.half_up round.up
round.down.negative round.floor.negative round.half_up.negative round.up.negative
rule.exclude rule.exclude.parent rule.incomplete rule.incomplete.parent rule.value rule.value.parent rule.zero
rule.zero.parent score.rounded_after_veto score_less.clamped
scheduled.absent scheduled.absent.rescaled scheduled.absent.rescaled.several scheduled.best.several scheduled.came_back
scheduled.cap.day.at_least scheduled.cap.day.at_most scheduled.cap.half.at_least scheduled.cap.half.at_most
scheduled.cap.month.at_least scheduled.cap.month.at_most scheduled.cap.quarter.at_least scheduled.cap.quarter.at_most
scheduled.cap.year.at_least scheduled.cap.year.at_most scheduled.entry_in_no_stay scheduled.in_all.at_least scheduled.in_all.at_most
scheduled.last.several scheduled.no_version scheduled.not_listed scheduled.nowhere scheduled.out_of_period
scheduled.prorated-by-days.several scheduled.refused scheduled.several_versions scheduled.tier scheduled.tier.exact
scheduled.tiers.and_points scheduled.tiers.of_before scheduled.unconfirmed scheduled.valid.edge scheduled.valid.longer
seats.why.ceiling seats.why.floor seats.why.half_up seats.why.remainder seats.why.tie_open seats.undecided
seats.cut_by_each_at_most seats.equal_remainders.larger_first seats.floor_at_each_at_most seats_exhausted seats_exhausted.again
state.not_submitted state.not_submitted.never_missing state.out.leaf state.out.parent
status.excluded status.final status.incomplete status.tie_open surveyed.too_few surveyed.zero_answers
tie_open.next_in_line units.absent.rescaled.several units.best.several units.equal_at units.last.several units.none_reported
units.none_reported.plain units.prorated-by-days.several units.replaced units.report_left_out
veto.any_day veto.at_end veto.many_records veto.node.cut veto.node.missing veto.not_entitled
veto.not_in_force.any_day veto.not_in_force.at_end veto.several
veto.step.annulled veto.step.in_time veto.step.in_time.last_day veto.step.lifted veto.step.never veto.step.too_late voted.too_few voted.turnout.edge voted.turnout.missed voted.turnout.more_than_eligible
voted.turnout.reached voted.turnout.unknown voted.void weighted.rescaled
""".split()


def reasons(rows):
    return [(r["code"], r.get("node") or r.get("item")) for r in rows or []]


def plain(field, value):
    if field == "reasons":
        return reasons(value)
    if field in ("ranks", "awards"):
        return {k: v for k, v in (value or {}).items() if v is not None}
    if field == "advice" and value is not None:
        return {k: v["id"] if isinstance(v, dict) else v for k, v in value.items()}
    if field == "sheets":
        return [(x["node"], None if x["value"] is None else F(x.get("exact", x["value"]))) for x in value or []]
    if field == "results":
        return [dict(x, weight=None if x["weight"] is None else F(x["weight"])) for x in value or []]
    return value


def same_quota(exact, shown):
    """The exact decimal where there is one of at most 4 places; else as rounded half-up to 4 places."""
    exact = F(exact)
    if not isinstance(shown, str):
        return False
    try:
        got = F(shown)
    except (ValueError, ZeroDivisionError):
        return False
    if got == exact:
        return True
    return (exact * 10 ** 4).denominator != 1 and ref.rounded(got, 4, "half_up") == ref.rounded(exact, 4, "half_up")


def differences(results, quotas, lines):
    """[(where, field, expected, got)]"""
    found = []
    got = [x for x in lines if "subject" in x]
    tables = [x for x in lines if "quotas" in x]
    if [r["subject"] for r in results] != [g["subject"] for g in got]:
        return [("all", "subjects in input order", [r["subject"] for r in results], [g["subject"] for g in got])]
    for r, g in zip(results, got):
        for field in ("period",) + FIELDS:
            want, have = plain(field, r[field]), plain(field, g.get(field))
            if want != have:
                found.append((r["subject"], field, want, have))
        if "nodes" in g:
            have = values_of(g["nodes"])
            for node, value in r["values"].items():
                if have.get(node) != (None if value is None else F(value)):
                    found.append((r["subject"], "value of " + node, value, str(have.get(node))))
    if len(tables) != 1 or "quotas" not in lines[-1]:
        return found + [("all", "one quotas line, the last", 1, len(tables))]
    want = [(q["for"], row["group"], row["pooled"]) for q in quotas for row in q["groups"]]
    have = [(q["for"], row["group"], row.get("pooled", [])) for q in tables[0]["quotas"] for row in q["groups"]]
    if want != have:
        return found + [("quotas", "grades and groups", want, have)]
    rows = [row for q in tables[0]["quotas"] for row in q["groups"]]
    for (grade, group, _), w, h in zip(want, [row for q in quotas for row in q["groups"]], rows):
        for field in ("members", "seats", "why"):
            if w[field] != h.get(field):
                found.append(("quota of %s in %s" % (grade, group), field, w[field], h.get(field)))
        if not same_quota(w["quota_exact"], h.get("quota")):
            found.append(("quota of %s in %s" % (grade, group), "quota", w["quota"], h.get("quota")))
    return found


def values_of(tree):
    """node id -> exact value, of the tree as the result shows it."""
    found = {}
    todo = [tree]
    while todo:
        node = todo.pop()
        text = node.get("exact", node.get("value"))
        found[node["id"]] = None if text is None else F(text)
        todo += node.get("children", [])
    return found


def run_binary(binary, folder, scheme, facts, as_of, schedules=()):
    paths = []
    for name, text in (("scheme.json", scheme), ("facts.jsonl", facts)):
        paths.append(os.path.join(folder, name))
        with open(paths[-1], "w", encoding="utf-8") as f:
            f.write(text)
    command = [binary, "evaluate", "--scheme", paths[0], "--facts", paths[1]]
    if schedules:
        # the first in a file of its own, the others in a folder
        inside = os.path.join(folder, "schedules")
        os.makedirs(inside, exist_ok=True)
        for name in os.listdir(inside):
            os.remove(os.path.join(inside, name))
        generate.write_schedules(inside, schedules)
        command += ["--schedules", inside]
        if len(schedules) % 2 == 0:
            os.replace(os.path.join(inside, "s-00.yaml"), os.path.join(folder, "first.yaml"))
            command += ["--schedules", os.path.join(folder, "first.yaml")]
    if as_of:
        command += ["--as-of", as_of]
    try:
        done = subprocess.run(command + ["--json"], capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return None, "", "no answer within 60 s"
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def one_case(args, seed, folder, hits):
    """([differences], readings that the case touched)"""
    scheme, facts, schedules, as_of, fault = generate.build(seed, args.contested)
    try:
        results, quotas, evaluation = ref.evaluate(scheme, facts, as_of, schedules)
    except ref.Refused as refusal:
        hits["fault"] += 1
        hits["fault.%s" % fault] += 1
        code, _, err = run_binary(args.binary, folder, scheme, facts, as_of, schedules)
        if code != 65:
            return [("all", "refused input (%s)" % refusal, "exit 65", "exit %s %s" % (code, err[:300]))], set()
        return [], set()
    hits.update(evaluation.hits)
    touched = {x for r in results for x in r["readings"]}
    code, out, err = run_binary(args.binary, folder, scheme, facts, as_of, schedules)
    if code != 0:
        return [("all", "exit", 0, "%s: %s %s" % (code, err[:600], out[:600]))], touched
    try:
        lines = [json.loads(x) for x in out.split("\n") if x.strip()]
    except ValueError as bad:
        return [("all", "output is JSON lines", "yes", str(bad))], touched
    return differences(results, quotas, lines), touched


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1, help="the first seed; one case's seed is shown with its differences")
    parser.add_argument("--contested", action="store_true", help="also generate what the page leaves open")
    parser.add_argument("--skip-readings", default="", help="R2,R6: leave out cases in which these readings decided something")
    parser.add_argument("--show", type=int, default=12, help="differences shown")
    parser.add_argument("--verbose", action="store_true", help="show how often each corner happened")
    args = parser.parse_args()
    skip = {x for x in args.skip_readings.split(",") if x}
    hits, by_field, by_reading = collections.Counter(), collections.Counter(), collections.Counter()
    shown, bad_cases, skipped, started = 0, [], 0, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(args.seed, args.seed + args.count):
            found, touched = one_case(args, seed, folder, hits)
            if found and touched & skip:
                skipped += 1
                continue
            if not found:
                continue
            bad_cases.append(seed)
            by_reading.update(touched or {"none"})
            by_field.update(field for _, field, _, _ in found)
            for where, field, want, have in found[:4]:
                if shown < args.show:
                    shown += 1
                    print("seed %d, %s, %s\n    expected %s\n    got      %s\n    readings in this case: %s" % (
                        seed, where, field, want, have, ", ".join(sorted(touched)) or "none"))
    seconds = time.monotonic() - started
    print("%d cases, %d differ, %d skipped for their readings, %.1f s" % (args.count, len(bad_cases), skipped, seconds))
    print("subjects: " + ", ".join("%s %d" % (k[7:], hits[k]) for k in sorted(hits) if k.startswith("status.")))
    if bad_cases:
        print("differing seeds: " + " ".join(map(str, bad_cases[:60])))
        print("differing fields: " + ", ".join("%s %d" % x for x in by_field.most_common()))
        print("readings in differing cases: " + ", ".join("%s %d" % x for x in by_reading.most_common()))
    if args.verbose:
        for k in sorted(hits):
            print("  %-40s %d" % (k, hits[k]))
    never = [k for k in MUST_HAPPEN if not hits[k]]
    if never:
        print("never happened: " + " ".join(never))
    sys.exit(1 if bad_cases or (never and args.count >= ENOUGH) else 0)


if __name__ == "__main__":
    main()
