#!/usr/bin/env python3
"""Every public example invoice of EN 16931, from the file to the last payment, on a network of four banks.

Each file ends in one of two ways: financed and paid through the command line, or refused with a rule
or field named. Anything else fails. The examples are other people's files beside the checkout; where
they are missing the test says SKIPPED and how many it did not run."""
import datetime
import re
import sys

from harness import Devnet, arguments, case, run_cases

FOLDERS = ("ubl/examples", "test/testfiles")
EXAMPLES = 35
RATE = "5.35%"
RULE = re.compile(r"^(BR|BT|BG|UBL|PEPPOL|AV|REDU|DFIN)")


class Refused(Exception):
    def __init__(self, step, code, cause):
        super().__init__(f"{step}: {code}: {cause}")
        self.step, self.code, self.cause = step, code, cause


class Story:
    """One invoice on its way; every step is a command as a user types it."""

    def __init__(self, net, number, path):
        self.net, self.path = net, path
        self.invoice, self.financing = f"corpus-{number}", f"corpus-fin-{number}"
        self.notes = []

    def step(self, *words):
        answer = self.net.run(*words)
        if answer.code == 0:
            return answer.json
        error = answer.json["error"]
        raise Refused(" ".join(map(str, words[:2])), error["code"], error["cause"])

    def submit(self):
        words = ("invoice", "submit", self.path, "--id", self.invoice)
        try:
            return self.step(*words)
        except Refused as refused:
            if refused.code != "BT-9" or "terms in words" not in refused.cause:
                raise
        # The terms say it in words that no program should guess at; the seller reads them and says a date.
        issued = re.search(r"<cbc:IssueDate>([0-9-]{10})<", self.path.read_text(encoding="utf-8")).group(1)
        due = datetime.date.fromisoformat(issued) + datetime.timedelta(days=30)
        self.notes.append(f"--due {due}")
        return self.step(*words, "--due", due)

    def provide_cash(self, shown):
        amount, currency = shown["payable"]["amount"], shown["payable"]["currency"]
        for to in ("bank-b", shown["buyer"]):
            self.step("cash", "issue", "--as", "bank-a", "--to", to, "--amount", amount, "--currency", currency)
        return f"{amount} {currency}"

    def run(self):
        self.submit()
        shown = self.step("invoice", "show", self.invoice)
        amount = self.provide_cash(shown)
        self.step("invoice", "accept", self.invoice)
        self.step("finance", "request", self.invoice, "--id", self.financing, "--financier", "bank-b")
        self.step("finance", "approve", self.financing, "--rate", RATE, "--value", shown["issue_date"])
        self.step("finance", "disburse", self.financing)
        self.step("pay", self.invoice)
        self.check_end()
        return " ".join([amount, *self.notes])

    def check_end(self):
        financing = self.step("finance", "show", self.financing)
        assert financing["status"] == "FINANCING_SETTLED", financing
        assert financing["collected"] == financing["face"], financing
        obligation = self.step("invoice", "show", self.invoice)["obligation"]
        assert obligation["status"] == "OBLIGATION_DISCHARGED", obligation
        assert self.step("note", "show", self.invoice)["status"] == "NOTE_PAID"


def ending(net, number, path):
    """('paid' | 'refused' | 'neither', what there is to say)."""
    story = Story(net, number, path)
    try:
        return "paid", story.run()
    except Refused as refused:
        named = RULE.match(refused.code)
        return ("refused" if named else "neither"), f"{refused.code}: {refused.cause} (at {refused.step})"
    except AssertionError as wrong:
        return "neither", str(wrong)


def print_table(folder, rows):
    width = max(len(name) for name, _, _ in rows)
    print(f"\n{folder}")
    for name, end, detail in rows:
        print(f"  {name:<{width}}  {end:<8} {detail}")


@case("every public example is financed and paid, or refused with a rule or field")
def every_example(net, folders):
    count = {"paid": 0, "refused": 0, "neither": 0}
    number = 0
    for folder, files in folders.items():
        rows = []
        for path in files:
            number += 1
            end, detail = ending(net, number, path)
            count[end] += 1
            rows.append((path.name, end, detail))
        print_table(folder, rows)
    print(f"\nexamples={number} paid={count['paid']} refused={count['refused']} neither={count['neither']}")
    assert count["neither"] == 0 and number > 0


@case("the factored example is refused because its payee is a factor")
def factored(net, folders):
    path = next(p for p in folders["test/testfiles"] if "Factoring" in p.name)
    answer = net.refused("invoice", "submit", path, code="AVAI", exit_code=1)
    assert "Likviditet o. Finans AB" in answer.json["error"]["cause"], answer


@case("the same invoice under type code 393 is refused as assigned")
def type_393(net, folders):
    plain = next(p for p in folders["ubl/examples"] if p.name == "ubl-tc434-example4.xml")
    copy = net.folder / "type-393.xml"
    copy.write_text(plain.read_text(encoding="utf-8").replace(">380<", ">393<"), encoding="utf-8")
    net.refused("invoice", "submit", copy, code="AVAI", exit_code=1)


@case("all banks end at one height with one state root, and the replay agrees")
def all_agree(net, folders):
    status = net.wait_equal()
    audit = net.ok("audit", "verify", net.url(1), limit=120)
    assert audit["state_root"] == status["state_root"] and folders, (audit, status)


def main():
    options = arguments(__doc__)
    data = options.data / "en16931"
    folders = {folder: sorted((data / folder).iterdir()) for folder in FOLDERS if (data / folder).is_dir()}
    if len(folders) != len(FOLDERS):
        print(f"SKIPPED {EXAMPLES} public examples: no folder {data}")
        print("0 passed, 0 failed")
        return 0
    files = [path for paths in folders.values() for path in paths]
    with Devnet(options.aval, parties=files) as net:
        return run_cases(net=net, folders=folders)


if __name__ == "__main__":
    sys.exit(main())
