"""Break the queries by one operator at a time and see whether a test notices.

    python -m bench.mutate_queries                        # every query, and the macros in fuqi/store
    python -m bench.mutate_queries resolution staging     # folders of queries/
    python -m bench.mutate_queries judged_cases           # single queries; `macros`, `search` for those files
    python -m bench.mutate_queries resolution --list      # what would be tried

A mutant is a copy of `queries/` with one comparison turned, one bound of a `between` made exclusive, one condition
joined otherwise, one filter or `not` or default dropped, one number off. The tests that name the query, or a query
that reads it, run on it in a process of their own; the tree is not touched. What no test noticed is listed at the end
and written to bench/out/mutants.json: each is either equivalent or a test is missing. Tests of pages, of the browser
and of the demo are left out, being slow; those that start a `fuqi` of their own do not see the copy. Needs `fork`.
"""

import argparse
import importlib
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from fuqi import paths

OUT = Path(__file__).with_name("out") / "mutants.json"
TESTS = paths.PROJECT / "tests"
MACROS = tuple(paths.PROJECT / "fuqi" / "store" / name for name in ("macros.sql", "search.sql"))
LEFT_OUT = ("browser", "pages")
NOT_DEMO = "not demo"
OURS = ("fuqi", "tests")
SECONDS_AT_MOST = 600
TOLD = "told"
SURVIVED, INVALID, TIMED_OUT = "survived", "invalid", "timed out"

TOKEN = re.compile(
    r"""
    (?P<skipped>--[^\n]*|'(?:[^']|'')*'|"[^"]*")
    | (?P<number>(?<![\w.$])\d+(?:\.\d+)?(?![\w.]))
    | (?P<word>\$?[A-Za-z_]\w*)
    | (?P<sign>::|:=|->>|->|=>|<=|>=|<>|!=|==|\|\||<|>|=|[()+\-*/,.%])
    """,
    re.VERBOSE,
)
TURNED = {
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "=": ("<>",),
    "<>": ("=",),
    "!=": ("=",),
    "+": ("-",),
    "-": ("+",),
    "*": (),
    "/": ("*",),
}
SWAPPED = {
    "and": "or",
    "or": "and",
    "min": "max",
    "max": "min",
    "least": "greatest",
    "greatest": "least",
    "rank": "dense_rank",
    "true": "false",
    "false": "true",
    "desc": "",
    "distinct": "",
    "not": "",
}
CALLED = ("min", "max", "least", "greatest", "rank")
BETWEEN = re.compile(
    r"(?P<value>[\w.:]+(?:\([^()]*\))?(?:::\w+)?)\s+between\s+(?P<low>[^\n]+?)\s+and\s+(?P<high>[^\n,)]+)"
)
PHRASES = (
    (re.compile(r"\bis not null\b"), "is null"),
    (re.compile(r"\bis null\b"), "is not null"),
    (re.compile(r"\bleft join\b"), "inner join"),
    (re.compile(r"\bcount\((?:\w+\.)?\w+\)"), "count(*)"),
    (re.compile(r"\bunion all\b"), "union"),
    (re.compile(r"\bnulls last\b"), "nulls first"),
)
FILTER = re.compile(r"\s+filter \(")


@dataclass(frozen=True)
class Mutant:
    """A query with the text between `start` and `end` of its file replaced."""

    query: str
    file: Path
    start: int
    end: int
    replacement: str

    @property
    def text(self) -> str:
        """The file as it would read."""
        text = self.file.read_text(encoding="utf-8")
        return text[: self.start] + self.replacement + text[self.end :]

    @property
    def told(self) -> str:
        """Where it is and what it does, in one line."""
        text = self.file.read_text(encoding="utf-8")
        line = text.count("\n", 0, self.start) + 1
        begin = text.rfind("\n", 0, self.start) + 1
        end = text.find("\n", self.end)
        broken = text[begin : self.start] + self.replacement + text[self.end : end]
        was = " ".join(text[begin:end].split())
        return f"{self.query}:{line}  {was}  ->  {' '.join(broken.split())}"


def mutants(query: str, file: Path) -> list[Mutant]:
    """Every mutant of a file, in the order of its text; none changes its header."""
    text = file.read_text(encoding="utf-8")
    found = {
        (start, end, replacement)
        for start, end, replacement in (*_of_tokens(text), *_of_phrases(text))
        if text[start:end] != replacement
    }
    return [Mutant(query, file, *change) for change in sorted(found)]


def _of_tokens(text: str) -> Iterator[tuple[int, int, str]]:
    tokens = [m for m in TOKEN.finditer(text) if m.lastgroup != "skipped"]
    inside = [(m.start(), m.end()) for m in BETWEEN.finditer(_blanked(text))]
    waiting_for_and = 0
    for place, token in enumerate(tokens):
        before = tokens[place - 1][0] if place else ""
        after = tokens[place + 1][0] if place + 1 < len(tokens) else ""
        word = token[0]
        if token.lastgroup == "number":
            yield *token.span(), _off_by_one(word)
        elif word == "between":
            waiting_for_and += 1
        elif word == "and" and waiting_for_and:
            waiting_for_and -= 1
        elif (word == "not" and before == "is") or (word in CALLED and after != "("):
            continue
        elif word in ("desc", "not", "distinct"):
            yield token.start(), token.end(), SWAPPED[word]
        elif word in SWAPPED:
            yield *token.span(), SWAPPED[word]
        elif word == "coalesce":
            yield from _first_alone(text, token.start())
        elif word in ("+", "-") and (before in (*TURNED, "(", ",", "") or before == "interval"):
            continue  # a sign, no operator
        elif word in TURNED and not any(a <= token.start() < b for a, b in inside):
            for turned in TURNED[word]:
                yield *token.span(), turned


def _of_phrases(text: str) -> Iterator[tuple[int, int, str]]:
    plain = _blanked(text)
    for pattern, replacement in PHRASES:
        for found in pattern.finditer(plain):
            yield *found.span(), replacement
    for found in BETWEEN.finditer(plain):
        value, low, high = (text[slice(*found.span(g))] for g in ("value", "low", "high"))
        yield *found.span(), f"{value} > {low} and {value} <= {high}"
        yield *found.span(), f"{value} >= {low} and {value} < {high}"
    for found in FILTER.finditer(plain):
        yield found.start(), _closing(plain, found.end() - 1) + 1, ""


def _blanked(text: str) -> str:
    """The text with comments and texts in quotes made blank, every place kept."""
    return TOKEN.sub(
        lambda m: re.sub(r"[^\n]", " ", m[0]) if m.lastgroup == "skipped" else m[0], text
    )


def _off_by_one(number: str) -> str:
    return f"{float(number) - 0.1:.1f}" if "." in number else str(int(number) + 1)


def _first_alone(text: str, start: int) -> Iterator[tuple[int, int, str]]:
    """`coalesce(a, b)` without its default."""
    plain = _blanked(text)
    opening = plain.index("(", start)
    closing = _closing(plain, opening)
    depth = 0
    for place in range(opening + 1, closing):
        depth += {"(": 1, ")": -1, "[": 1, "]": -1}.get(plain[place], 0)
        if plain[place] == "," and not depth:
            yield start, closing + 1, f"({text[opening + 1 : place].strip()})"
            return


def _closing(text: str, opening: int) -> int:
    depth = 0
    for place in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if not depth:
            return place
    raise ValueError(f"an open bracket at {opening}")


# ---------------------------------------------------------------- which tests look at a query


def readers(files: dict[str, Path]) -> dict[str, set[str]]:
    """By query, itself and every query that reads it, through others too; the macros are read by all."""
    words = {
        name: set(re.findall(r"\w+", _blanked(file.read_text(encoding="utf-8"))))
        for name, file in files.items()
    }

    def with_readers(name: str, met: frozenset[str] = frozenset()) -> set[str]:
        further = {other for other, read in words.items() if name in read} - met - {name}
        return {name}.union(*(with_readers(other, met | {name}) for other in further))

    return {name: with_readers(name) for name in files} | {file.stem: set(files) for file in MACROS}


def tests_of(names: set[str]) -> list[Path]:
    """The files of tests that name one of the queries, or the questions and plain figures that do."""
    word = re.compile(rf"[\"'`]({'|'.join(sorted(names))})[\"'`]")
    naming = {f: f.read_text("utf-8") for f in TESTS.rglob("*.py") if not _is_left_out(f)}
    modules = {
        ".".join(f.relative_to(paths.PROJECT).with_suffix("").parts)
        for f, text in naming.items()
        if not f.name.startswith("test_") and word.search(text)
    }
    return sorted(
        f
        for f, text in naming.items()
        if f.name.startswith("test_")
        and (word.search(text) or any(f"from {module} import" in text for module in modules))
    )


def _is_left_out(file: Path) -> bool:
    return any(part in LEFT_OUT for part in file.relative_to(TESTS).parts)


# ---------------------------------------------------------------- a mutant in a process of its own


class Noted:
    """What pytest is told to remember: the first test that failed."""

    first: str = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.first:
            self.first = report.nodeid

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed and not self.first:
            self.first = INVALID


def prepare() -> None:
    """Import once, before the processes part, what the tests import, but for our own: that reads the queries."""
    os.chdir(paths.PROJECT)
    sys.path.insert(0, str(paths.PROJECT))
    importlib.import_module("tests.drawn_ledgers")
    importlib.import_module("tests.conftest")
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]


def start(mutant: Mutant, tests: list[Path], killers: list[str], folder: Path) -> int:
    """Begin to test a mutant in `folder`, `killers` first; gives the process, which leaves its verdict there."""
    queries = folder / "queries"
    shutil.copytree(paths.QUERIES, queries)
    macros = {file: Path(shutil.copy(file, folder)) for file in MACROS}
    changed = macros.get(mutant.file) or queries / mutant.file.relative_to(paths.QUERIES)
    changed.write_text(mutant.text, encoding="utf-8")
    child = os.fork()
    if not child:
        try:
            signal.alarm(SECONDS_AT_MOST)
            _run_and_tell(queries, tuple(macros.values()), tests, killers, folder / TOLD)
        finally:
            os._exit(0)
    return child


def failing_as_it_is(query: tuple[str, Path], tests: list[Path]) -> str:
    """The test that fails on a copy in which nothing is changed, and "" where none does in the time a mutant has."""
    with tempfile.TemporaryDirectory() as folder:
        pid = start(Mutant(*query, 0, 0, ""), tests, [], Path(folder))
        _, status = os.waitpid(pid, 0)
        found = verdict(Path(folder), status)
    return "" if found in (SURVIVED, TIMED_OUT) else found


def verdict(folder: Path, status: int) -> str:
    """The test that noticed, or SURVIVED, INVALID or TIMED_OUT."""
    if os.WIFSIGNALED(status):
        return TIMED_OUT
    told = folder / TOLD
    return told.read_text(encoding="utf-8") if told.exists() else INVALID


def _run_and_tell(
    queries: Path, macros: tuple[Path, ...], tests: list[Path], killers: list[str], told: Path
) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.fsync = lambda _: None  # a release of a test need not survive a power cut
    importlib.import_module("fuqi.paths").QUERIES = queries
    importlib.import_module("fuqi.store.database").MACROS = macros[0]
    importlib.import_module("fuqi.store.database").SEARCH = macros[1]
    usual = ["-x", "-q", "--tb=no", "--assert=plain", "-p", "no:cacheprovider", "-k", NOT_DEMO]
    for arguments in (killers, [*map(str, tests), *(f"--deselect={k}" for k in killers)]):
        noted = Noted()
        if arguments and pytest.main([*usual, *arguments], plugins=[noted]) and noted.first:
            told.write_text(noted.first, encoding="utf-8")
            return
    told.write_text(SURVIVED, encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.mutate_queries")
    parser.add_argument("chosen", nargs="*", help="folders of queries/, or queries; all without")
    parser.add_argument("--list", action="store_true", help="only list the mutants")
    parser.add_argument("--jobs", type=int, default=2, help="so many at a time")
    parser.add_argument(
        "--tests", nargs="+", type=Path, help="files of tests, instead of those found"
    )
    asked = parser.parse_args()

    files = {file.stem: file for file in sorted(paths.QUERIES.rglob("*.sql"))}
    candidates = {**files, **{file.stem: file for file in MACROS}}
    chosen = {
        name: file
        for name, file in candidates.items()
        if not asked.chosen or {name, file.parent.name} & set(asked.chosen)
    }
    if not chosen:
        sys.exit(f"no query or folder named {', '.join(asked.chosen)} in {paths.QUERIES}")
    work = [mutant for name, file in chosen.items() for mutant in mutants(name, file)]
    if asked.list:
        print("\n".join(mutant.told for mutant in work))
        return 0
    read_by = readers(files)
    tests = {name: asked.tests or tests_of(read_by[name]) for name in chosen}
    for name, found in tests.items():
        print(f"{name}: {', '.join(f.name for f in found)}")
    killed: dict[str, Counter[str]] = {name: Counter() for name in chosen}
    results: list[tuple[Mutant, str]] = []
    running: dict[int, tuple[Mutant, tempfile.TemporaryDirectory]] = {}
    waiting = list(reversed(work))
    prepare()
    broken = failing_as_it_is(
        next(iter(chosen.items())), sorted({f for t in tests.values() for f in t})
    )
    if broken:
        sys.exit(
            f"{broken} fails of a copy in which nothing is changed: it would notice every mutant"
        )
    began = time.monotonic()
    while waiting or running:
        while waiting and len(running) < asked.jobs:
            mutant, folder = waiting.pop(), tempfile.TemporaryDirectory()
            first = [test for test, _ in killed[mutant.query].most_common(3)]
            pid = start(mutant, tests[mutant.query], first, Path(folder.name))
            running[pid] = (mutant, folder)
        pid, status = os.wait()
        mutant, folder = running.pop(pid)
        found = verdict(Path(folder.name), status)
        folder.cleanup()
        if "::" in found:
            killed[mutant.query][found.split("[")[0]] += 1
        results.append((mutant, found))
        print(
            f"{len(results)}/{len(work)} {found.rpartition('::')[2]:.40}  {mutant.told}", flush=True
        )

    survivors = [mutant for mutant, found in results if found == SURVIVED]
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(
        json.dumps(
            [{**asdict(m), "file": m.file.name, "told": m.told, "verdict": v} for m, v in results],
            ensure_ascii=False,
            indent=1,
        ),
        encoding="utf-8",
    )
    print(
        f"\n{len(results)} mutants in {time.monotonic() - began:.0f} s, {len(survivors)} survived"
        + "".join(f"\n  {mutant.told}" for mutant in survivors)
    )
    return int(bool(survivors))


if __name__ == "__main__":
    sys.exit(main())
