"""Books with every kind of movement, made through a real client, and read by programs that are not ours.

    books.py make --address 127.0.0.1:50051 --token TOKEN --second TOKEN --folder FOLDER
    books.py compare --folder FOLDER
    books.py change --folder FOLDER --what entry|movement --format hledger|beancount
    books.py complain --folder FOLDER

`make` appropriates, pays and recovers (grpcio from PyPI, by the server's own reflection), and leaves the
trial balance and both journals in the folder. `compare` holds hledger's and beancount's balances to that
trial balance. `change` changes the journal by a fen, and `complain` is good if beancount does. Rules A3 to A5.
"""

import argparse
import csv
import json
import re
import sys
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

COUNTY = "books"
SCHEME = """steelyard: scheme/v1
id: books.awards
version: 1
title: 奖励办法
subject: member
period: year
in_force: {from: 2022-01-01}
score: {id: root, out_of: 100, base: 50, sum: [{id: deeds, counted: {points: 10, caps: [{per: year, at_most: 50}]}}]}
grades: [{id: good, at_least: 60}, {id: poor}]
awards: [{id: bonus, title: 奖励, amount: '5000.00', to: person, when: {grade: good}}]
"""
MEMBERS = ["m1", "m2", "m3", "m4", "m5", "m6"]
# Ids that are alike once they are written for a program: none may become another's.
PURPOSES = ["red_flag", "red-5F-flag", "red:flag"]
KINDS = {"increase", "decrease", "transfer_in", "transfer_out", "reserve", "release", "pay", "bounce", "return",
         "demand", "collect", "waive", "drop"}


def day(text):
    year, month, date = map(int, text.split("-"))
    return {"year": year, "month": month, "day": date}


def cny(text):
    fen = int(Decimal(text) * 100)
    return {"currency_code": "CNY", "units": fen // 100, "nanos": fen % 100 * 10_000_000}


def yuan(money):
    return Decimal(money.units) + Decimal(money.nanos) / 1_000_000_000


class Steelyard:
    """The service's calls by their names, as the server itself describes them."""

    def __init__(self, address, token):
        import grpc
        from google.protobuf import descriptor_pool
        from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

        self.channel = grpc.insecure_channel(address)
        self.metadata = metadata = (("authorization", f"Bearer {token}"),)

        class Bearer(grpc.StreamStreamClientInterceptor):
            def intercept_stream_stream(self, continuation, details, requests):
                return continuation(details._replace(metadata=metadata), requests)

        described = grpc.intercept_channel(self.channel, Bearer())
        self.pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(described))
        self.requests = 0

    def method(self, name):
        from google.protobuf import message_factory

        service, method = name.split(".")
        found = self.pool.FindServiceByName(f"steelyard.v1.{service}").FindMethodByName(method)
        classes = [message_factory.GetMessageClass(it) for it in (found.input_type, found.output_type)]
        return f"/steelyard.v1.{service}/{method}", *classes

    def read(self, name, **fields):
        path, request, answer = self.method(name)
        call = self.channel.unary_unary(path, request.SerializeToString, answer.FromString)
        return call(request(county=COUNTY, **fields), metadata=self.metadata)

    def stream(self, name, **fields):
        path, request, answer = self.method(name)
        call = self.channel.unary_stream(path, request.SerializeToString, answer.FromString)
        return call(request(county=COUNTY, **fields), metadata=self.metadata)

    def __call__(self, name, **fields):
        """A write, under a request id of its own."""
        self.requests += 1
        return self.read(name, request_id=f"r{self.requests}", **fields)

    def upsert(self, records):
        path, request, answer = self.method("RegistryService.UpsertRecords")
        call = self.channel.stream_unary(path, request.SerializeToString, answer.FromString)
        message = request(county=COUNTY, request_id="records", records=records)
        done = call(iter([message]), metadata=self.metadata)
        assert done.counts.refused == 0, done.items


def registry():
    begins = day("2022-01-01")

    def record(kind, name, parent=None, **detail):
        parent = {"parent": {"kind": f"RECORD_KIND_{parent[0]}", "id": parent[1]}} if parent else {}
        return {"kind": f"RECORD_KIND_{kind}", "id": name, "name": name, "effective_from": begins, **parent, **detail}

    yield record("COUNTY", COUNTY, org_unit={})
    yield record("STREET", "s-1", ("COUNTY", COUNTY), org_unit={})
    yield record("COMMUNITY", "c-1", ("STREET", "s-1"), org_unit={})
    yield record("COMPOUND", "k-1", ("COMMUNITY", "c-1"), org_unit={})
    for name in MEMBERS:
        yield record("MEMBER", name, member={"status": "MEMBER_STATUS_RETIRED", "compound_id": "k-1"})


def deed(name):
    entry = {"item": "deeds", "on": day("2022-05-05")}
    subject = {"kind": "SUBJECT_KIND_MEMBER", "id": name}
    return {"subject": subject, "entry": entry, "recorded_by": "clerk"}


def computed(at):
    run = at("EvaluationService.StartRun", scheme_id="books.awards", period="2022").run
    for step in at.stream("EvaluationService.WatchRun", run_id=run.run_id):
        last = step.progress
    assert last.state == 3, last
    return run.run_id


def make(at, second, folder):
    """Every kind of movement, by the calls that bring it about."""
    at("AccessService.GrantRole", principal="second", role_id="organization_department",
       unit={"kind": "RECORD_KIND_COUNTY", "id": COUNTY}, reason="复核")
    at.upsert(list(registry()))
    at("SchemeService.PublishScheme", document=SCHEME.encode())
    facts = at("FactService.RecordFacts", facts=[deed(it) for it in MEMBERS]).items
    run = computed(at)
    at("EvaluationService.PublishRun", run_id=run)

    def act(kind, year, purpose, amount, **more):
        at("BudgetService.RecordBudgetAct", kind=f"BUDGET_ACT_KIND_{kind}", year=year, purpose_id=purpose,
           amount=cny(amount), reason="预算安排", decided_by="finance", **more)

    act("INCREASE", "2022", "red_flag", "40000", title="创建工作经费")
    act("INCREASE", "2022", "red-5F-flag", "10000.07", title="宣传经费")
    act("DECREASE", "2022", "red_flag", "1000.99")
    act("TRANSFER", "2022", "red_flag", "2000.50", to_purpose_id="red:flag", title="慰问经费")
    act("INCREASE", "2023", "red_flag", "0.01", title="创建工作经费")

    source = {"scheme_id": "books.awards", "period": "2022"}

    def propose(batch):
        return at("AwardService.ProposeBatch", batch_id=batch, purpose_id="red_flag", source=source).batch

    today = datetime.now(timezone(timedelta(hours=8))).date()
    on = {"year": today.year, "month": today.month, "day": today.day}

    def answered(batch, paid=(), back=()):
        answers = [{"line": it, "paid": {"on": on, "reference": f"GK-{it}"}} for it in paid]
        answers += [{"line": it, "returned": {"on": on, "reason": "账号有误"}} for it in back]
        return at("AwardService.RecordTreasuryAnswers", batch_id=batch, answers=answers)

    propose("b0")
    at("AwardService.CancelBatch", batch_id="b0", reason="名单有误", decided_by="head")
    assert propose("b1").lines == len(MEMBERS)
    second("AwardService.ApproveBatch", batch_id="b1", decided_by="head")
    at("AwardService.ExportBatch", batch_id="b1")
    answered("b1", paid=range(2, 7), back=[1])
    answered("b1", back=[2])
    at("AwardService.CloseBatch", batch_id="b1")

    def collect(recovery, amount):
        at("RecoveryService.RecordRecovered", recovery=recovery, amount=cny(amount), on=on, reference="SR")

    demanded = at("RecoveryService.DemandRecovery", batch_id="b1", line=3, amount=cny("3000"), reason="核查不实",
                  decided_by="head").recovery
    collect(demanded.number, "1000.01")
    second("RecoveryService.WaiveRecovery", recovery=demanded.number, reason="确有困难", decided_by="head")
    # Two lose their results and owe it, one of them pays a part back; then that one has the result again.
    for index in (3, 4):
        at("FactService.ReverseFact", fact_id=facts[index].id, reason="不实", recorded_by="clerk")
    poorer = computed(at)
    at("EvaluationService.SupersedeRun", old_run_id=run, new_run_id=poorer, reason="核查更正")
    owed = at.read("RecoveryService.ListRecoveries", open_only=True).recoveries
    assert [(it.line, yuan(it.open)) for it in owed] == [(4, 5000), (5, 5000)], owed
    collect(owed[0].number, "1999.99")
    at("FactService.RecordFacts", facts=[deed("m4")])
    again = computed(at)
    at("EvaluationService.SupersedeRun", old_run_id=poorer, new_run_id=again, reason="申诉成立")

    moved = at.read("BudgetService.GetStatement", year="2022", page_size=1000)
    assert {it.kind for it in moved.totals} == KINDS, moved.totals
    balances = {}
    for year in ("2022", "2023"):
        told = at.read("BudgetService.GetTrialBalance", year=year)
        assert told.debits == told.credits, told
        for it in told.accounts:
            balances["\t".join((year, it.purpose_id, it.account))] = str(yuan(it.balance))
    (folder / "balances.json").write_text(json.dumps(balances))
    for name in ("hledger", "beancount"):
        parts = at.stream("BudgetService.ExportJournal", format=f"JOURNAL_FORMAT_{name.upper()}")
        (folder / f"{name}.rpc").write_bytes(b"".join(it.chunk for it in parts))
    print(f"{len(moved.movements)} movements of {len(KINDS)} kinds, {len(balances)} accounts of {len(PURPOSES)} purposes")


def of_hledger(folder):
    """hledger's own balances by year, purpose and account."""
    found = {}
    with open(folder / "hledger.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            year, purpose, account = row["account"].split(":")
            found["\t".join((year, purpose.replace("：", ":"), account))] = Decimal(row["balance"].replace(",", ""))
    return found


def of_beancount(file):
    """beancount's errors, and its balances by year, purpose and account."""
    from beancount import loader
    from beancount.core import realization
    from beancount.core.data import Open

    entries, errors, _ = loader.load_file(str(file))
    real, found = realization.realize(entries), {}
    for it in (it for it in entries if isinstance(it, Open)):
        _, year, purpose, account = it.account.split(":")
        purpose = re.sub("-([0-9A-F]+)-", lambda part: chr(int(part[1], 16)), purpose.removeprefix("P-"))
        units = realization.get(real, it.account).balance.get_currency_units("CNY")
        name = "\t".join((year.removeprefix("Y"), purpose, account.lower()))
        assert name not in found, f"{it.account}: another account is {name} too"
        found[name] = units.number
    return errors, found


def compare(folder):
    told = {name: Decimal(it) for name, it in json.loads((folder / "balances.json").read_text()).items()}
    errors, beancount = of_beancount(folder / "beancount.journal")
    assert not errors, errors
    for program, found in (("hledger", of_hledger(folder)), ("beancount", beancount)):
        wrong = {it: (told.get(it), found.get(it)) for it in told.keys() | found.keys() if told.get(it) != found.get(it)}
        assert not wrong, f"{program}: {wrong}"
        print(f"{program}: {len(found)} accounts agree with the trial balance")


def change(folder, what, program):
    """One amount of a payment is a fen more, or both of it are, one up and one down."""
    lines = (folder / f"{program}.journal").read_text().splitlines(keepends=True)
    begins = next(at for at, line in enumerate(lines) if re.match(r'\S+ \* (\(\S+\) |")pay ', line))
    entries = [at for at in range(begins + 1, begins + 3)]
    for at in entries[:1] if what == "entry" else entries:
        name, amount = lines[at].removesuffix(" CNY\n").rsplit("  ", 1)
        fen = Decimal("0.01").copy_sign(Decimal(amount))
        lines[at] = f"{name}  {Decimal(amount) + fen} CNY\n"
    (folder / f"{program}.changed").write_text("".join(lines))


def complain(folder):
    errors, _ = of_beancount(folder / "beancount.changed")
    assert errors, "beancount takes an amount that was changed by a fen"
    print(f"beancount complains: {errors[0].message}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["make", "compare", "change", "complain"])
    parser.add_argument("--folder", type=Path, required=True)
    for name in ("address", "token", "second", "what", "format"):
        parser.add_argument(f"--{name}")
    of = parser.parse_args()
    if of.command == "make":
        make(Steelyard(of.address, of.token.strip()), Steelyard(of.address, of.second.strip()), of.folder)
    elif of.command == "compare":
        compare(of.folder)
    elif of.command == "change":
        change(of.folder, of.what, of.format)
    else:
        complain(of.folder)


if __name__ == "__main__":
    sys.exit(main())
