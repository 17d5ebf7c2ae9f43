#!/usr/bin/env python3
"""House rules as a test: which room may include which, what the core may not call, how long a file
may be, that every link of a page leads somewhere. Prints one line a finding and a counted last line."""
import pathlib
import re
import subprocess
import sys

import catalogue

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
ROOMS = ["crypto", "ledger", "contracts", "consensus", "node", "cli"]
THIRD_PARTY_HOMES = {  # header prefix -> the rooms that may include it
    "openssl/": {"crypto", "node"},
    "leveldb/": {"ledger"},
    "boost/": {"node"},
    "pugixml": {"cli"},
    "CLI/": {"cli", "node"},
    "spdlog/": {"node"},
}
DECOMPRESSORS = re.compile(r"^(zlib|bzlib|lzma|zstd|snappy|lz4|brotli)\b|boost/iostreams/filter/")
CORE = {"ledger", "contracts", "consensus"}
BANNED_IN_CORE = [
    (r"\b(float|double)\b", "floating point"),
    (r"\bunordered_(map|set|multimap|multiset)\b", "unordered container"),
    (r"\b(system_clock|steady_clock|high_resolution_clock)\b|\bstd::time\b|\btime\(nullptr\)", "a clock"),
    (r"\b(rand|srand)\s*\(|\bstd::(mt19937|random_device)\b", "randomness"),
    (r"\bstd::locale\b|\bsetlocale\b", "a locale"),
    (r"\bstd::(thread|mutex|jthread|condition_variable)\b", "a thread or lock"),
]
# Places that may break a core rule, with the reason. This list may only shrink.
ALLOWED = {
    ("ledger/leveldb_store.cc", "a thread or lock"): "snapshots are released from API threads",
}
CODE_LINES_MAX = 500
TOP_LEVEL = {"CMakeLists.txt", "node", "consensus", "ledger", "contracts", "crypto", "cli", "tests", "deploy",
             "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "LICENSE",
             "CMakePresets.json", ".ci", ".clang-format", ".clang-tidy", ".gitignore", ".editorconfig"}

findings = []


def finding(path, line, text):
    findings.append(f"{path}:{line}: {text}")


def rooms_used_by(room):
    """USES of a room, read from its CMakeLists.txt: the same graph the build enforces."""
    text = (ROOT / room / "CMakeLists.txt").read_text()
    match = re.search(r"aval_module\((.*?)\)", text, re.S)
    words = match.group(1).split() if match else []
    uses, inside = set(), False
    for word in words:
        if word.isupper():
            inside = word == "USES"
        elif inside:
            uses.add(word)
    return uses


def strip_comments(text):
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.S)
    text = re.sub(r"//[^\n]*", "", text)
    return re.sub(r'"(\\.|[^"\\\n])*"', '""', text)


def check_includes(room, path, text, uses):
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#include\s+["<]([^">]+)[">]', line)
        if not match:
            continue
        header = match.group(1)
        first = header.split("/")[0]
        if first in ROOMS and first != room and first not in uses:
            finding(path, number, f"{room} must not include {header}")
        if DECOMPRESSORS.search(header):
            finding(path, number, f"{header}: nothing that comes from outside is decompressed (NW-17)")
        for prefix, homes in THIRD_PARTY_HOMES.items():
            if header.startswith(prefix) and room not in homes:
                finding(path, number, f"{header} belongs behind a wrapper in {sorted(homes)}")


def check_code(files):
    graph = {room: rooms_used_by(room) for room in ROOMS}
    for path in files:
        parts = path.parts
        text = (ROOT / path).read_text(encoding="utf-8")
        count = text.count("\n")
        if count > CODE_LINES_MAX:
            finding(path, count, f"{count} lines; a file holds one idea in at most {CODE_LINES_MAX}")
        if path.suffix == ".h" and "#pragma once" not in text:
            finding(path, 1, "header without #pragma once")
        room = parts[0]
        if room not in ROOMS:
            continue
        check_includes(room, path, text, graph[room])
        if room in CORE:
            for number, line in enumerate(strip_comments(text).splitlines(), 1):
                for pattern, what in BANNED_IN_CORE:
                    if re.search(pattern, line) and (str(path), what) not in ALLOWED:
                        finding(path, number, f"{what} in {room}, which must be deterministic")


def check_all_texts(files):
    marker = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    skipped = re.compile(r"\bSKIP\(|\[\.\]|pytest\.skip|unittest\.skip")
    for path in files:
        text = (ROOT / path).read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            if marker.search(line):
                finding(path, number, "unfinished work is an issue, not a comment")
            if path.parts[0] == "tests" and path.parts[1] != "lint":
                if re.search(r"sleep_for|this_thread::sleep", line):
                    finding(path, number, "a sleep where a condition is meant")
                if skipped.search(line):
                    finding(path, number, "a test that is not run does not exist")


def check_links(files):
    for path in files:
        text = re.sub(r"```.*?```", "", (ROOT / path).read_text(encoding="utf-8"), flags=re.S)
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            if "://" in target or target.startswith("mailto:"):
                continue
            if not ((ROOT / path).parent / target).exists():
                finding(path, 1, f"link leads nowhere: {target}")


def main():
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"], check=True,
                            capture_output=True, text=True).stdout.splitlines()
    paths = [pathlib.Path(p) for p in listed if (ROOT / p).is_file()]
    for name in sorted({p.parts[0] for p in paths} - TOP_LEVEL):
        finding(name, 1, "not in the agreed top level")
    code = [p for p in paths if p.suffix in {".cc", ".h"}]
    texts = [p for p in paths if p.suffix in {".cc", ".h", ".py", ".md", ".cmake", ".txt", ".proto"}]
    pages = [p for p in paths if p.suffix == ".md"]
    check_code(code)
    check_all_texts([p for p in texts if p.parts[0] != "LICENSE"])
    check_links(pages)
    cases = catalogue.check(ROOT, paths, finding)
    for line in findings:
        print(line)
    ok = not findings and len(code) >= 60
    print(cases)
    print(f"stage=lint files={len(paths)} code={len(code)} pages={len(pages)} findings={len(findings)} "
          f"floor={'ok' if len(code) >= 60 else 'failed'}")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
