"""Holds tests/CATALOGUE.md against the tree: every case of a family has a line, every proof that a line names
exists and is run, and no test carries the id of a case that the page does not know or calls open."""
import collections
import re

FAMILIES = {"CS": 30, "CL": 28, "ST": 32, "NW": 21, "GV": 16}  # the highest number of each
PROVED_MIN = 80
PAGE = "tests/CATALOGUE.md"
ID = re.compile(rf"\b(?:{'|'.join(FAMILIES)})-\d\d\b")
STRING = r'"(?:\\.|[^"\\])*"'
CASE = re.compile(rf"\bcase\(f?({STRING})\)")
TEST_CASE = re.compile(rf"\bTEST_CASE\(\s*((?:{STRING}\s*)+)(?:,\s*({STRING})\s*)?\)")
ROW = re.compile(r"^\| (\w\w-\d\d) \| ([^|]+) \| (.+) \|$")
FILE = re.compile(rf"^`([^`]+)`(?: ({STRING}(?:, {STRING})*))?$")
STAGE = re.compile(r"^stage `([^`]+)`$")


def unquoted(literals):
    """The text of one or several adjacent string literals."""
    return "".join(literal[1:-1].replace('\\"', '"') for literal in re.findall(STRING, literals))


def tests_of(path):
    """The tests of a file: name -> the ids that its name and tags carry."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return {unquoted(name): set(ID.findall(name)) for name in CASE.findall(text)}
    return {unquoted(names): set(ID.findall(names + tags)) for names, tags in TEST_CASE.findall(text)}


def is_stage(name, text):
    """Whether tests/run.py has this stage, by its name or by a name with a placeholder in it."""
    literals = set(re.findall(r'"([a-z0-9-]+)"', text))
    patterns = re.findall(r'f"([a-z-]+-)\{\w+\}"', text)
    return name in literals or any(name.startswith(start) and name[len(start):] in literals for start in patterns)


class Catalogue:
    """One reading of the page; `finding` takes what is wrong: path, line, text."""

    def __init__(self, root, finding):
        self.root, self.finding = root, finding
        self.runner = (root / "tests" / "run.py").read_text(encoding="utf-8")
        self.line = 0
        self.lines = {}  # id -> (whether something proves it, whether something is open)
        self.absent = set()

    def wrong(self, text):
        self.finding(PAGE, self.line, text)

    def read(self):
        for self.line, text in enumerate((self.root / PAGE).read_text(encoding="utf-8").splitlines(), 1):
            row = ROW.match(text)
            if row:
                self.read_row(*row.groups())
            elif text.startswith("- ") and ":" in text:
                self.absent.update(ID.findall(text.partition(":")[0]))
            elif ID.match(text.strip("| ")):
                self.wrong("a case, but not in the form of a line: id, what must hold, proof")

    def read_row(self, case, _, proof):
        if case in self.lines:
            self.wrong(f"{case} has two lines")
        shown, _, gap = proof.partition("open:")
        items = [item for item in re.split(r"; (?=`|stage `)", shown.strip().rstrip(";")) if item]
        if not items and not gap.strip():
            self.wrong(f"{case} is neither proved nor open")
        for item in items:
            self.check_item(case, item)
        self.lines[case] = (bool(items), bool(gap.strip()))

    def check_item(self, case, item):
        stage, file = STAGE.match(item), FILE.match(item)
        if stage:
            if not is_stage(stage.group(1), self.runner):
                self.wrong(f"{case}: tests/run.py has no stage {stage.group(1)}")
        elif file:
            self.check_file(case, file.group(1), re.findall(STRING, file.group(2) or ""))
        else:
            self.wrong(f"{case}: neither a file nor a stage: {item}")

    def check_file(self, case, name, wanted):
        path = self.root / "tests" / name
        if not path.is_file():
            self.wrong(f"{case}: there is no tests/{name}")
        elif path.suffix == ".json":
            if path.parent.name != "scenarios":
                self.wrong(f"{case}: {name} is not among the scenarios that are played")
        else:
            self.check_tests(case, path, [unquoted(each) for each in wanted])

    def check_tests(self, case, path, wanted):
        tests = tests_of(path)
        for each in wanted:
            if each not in tests:
                self.wrong(f"{case}: {path.name} has no test \"{each}\"")
        if not wanted and not any(case in ids for ids in tests.values()):
            self.wrong(f"{case}: no test of {path.name} carries this id")
        builds = self.runner if path.suffix == ".py" else (path.parent / "CMakeLists.txt").read_text(encoding="utf-8")
        if path.name not in builds:
            self.wrong(f"{case}: {path.name} is part of no run")

    def check_numbers(self):
        for family, highest in FAMILIES.items():
            for number in range(1, highest + 1):
                case = f"{family}-{number:02}"
                if (case in self.lines) == (case in self.absent):
                    self.wrong(f"{case}: needs one line, or a word why there is none")
        for case in self.lines.keys() - {f"{f}-{n:02}" for f, high in FAMILIES.items() for n in range(1, high + 1)}:
            self.wrong(f"{case}: beyond the numbers of its family")

    def check_carriers(self, paths):
        """Ids that tests carry."""
        for path in paths:
            if path.parts[0] != "tests" or path.suffix not in {".cc", ".py"} or path.parts[1] == "lint":
                continue
            for name, ids in tests_of(self.root / path).items():
                for case in sorted(ids):
                    if not self.lines.get(case, (False, True))[0]:
                        self.finding(path, 1, f"\"{name}\" carries {case}, which {PAGE} does not call proved")


def check(root, paths, finding):
    """Reports what is wrong to `finding` and returns the counted line."""
    page = Catalogue(root, finding)
    page.read()
    page.check_numbers()
    page.check_carriers(paths)
    count = collections.Counter(page.lines.values())
    whole, part, none = count[True, False], count[True, True], count[False, True]
    if whole < PROVED_MIN:
        finding(PAGE, 1, f"{whole} cases proved; there were {PROVED_MIN}")
    return f"stage=catalogue cases={len(page.lines)} proved={whole} in_part={part} open={none}"
