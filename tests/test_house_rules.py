"""What keeps the house in order: who may import what, and what a page does not hold."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from fuqi import look, paths

PAGES = sorted(paths.PAGES.glob("*.py"))
SOURCES = sorted((paths.PROJECT / "fuqi").rglob("*.py"))
TESTS = sorted((paths.PROJECT / "tests").rglob("test_*.py"))
EACH_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
EACH_TEST_FILE = pytest.mark.parametrize("file", TESTS, ids=lambda file: file.name)


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def imported(file: Path) -> set[str]:
    """The top-level packages a file imports, wherever it does."""
    found = set()
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def texts(file: Path) -> Iterator[str]:
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


# ---------------------------------------------------------------- pages


@EACH_PAGE
def test_a_page_fits_on_a_screen_or_two(page):
    assert len(page.read_text(encoding="utf-8").splitlines()) <= 80


@EACH_PAGE
def test_a_page_says_what_it_is_for(page):
    assert ast.get_docstring(tree(page))


@EACH_PAGE
def test_a_page_imports_fuqi_alone(page):
    assert imported(page) <= {"fuqi"}


@EACH_PAGE
def test_a_page_holds_no_sql(page):
    statement = re.compile(
        r"\b(select|insert|update|delete|with)\b.+\b(from|into|set|as)\b", re.S | re.I
    )
    assert [text for text in texts(page) if statement.search(text)] == []


@EACH_PAGE
def test_a_page_holds_no_colours_and_no_styles(page):
    wrong = re.compile(r"#[0-9a-f]{3,8}\b|rgba?\(|<style|style=", re.I)
    assert [text for text in texts(page) if wrong.search(text)] == []


@EACH_PAGE
def test_a_page_defines_nothing_that_others_could_use(page):
    kinds = (ast.FunctionDef, ast.ClassDef)
    assert [node.name for node in ast.walk(tree(page)) if isinstance(node, kinds)] == []


def test_the_navigation_offers_every_page():
    portal = (paths.PROJECT / "fuqi" / "ui" / "portal.py").read_text(encoding="utf-8")
    offered = re.findall(r'"(\w+\.py)"', portal)
    assert sorted(offered) == [page.name for page in PAGES]


# ---------------------------------------------------------------- who imports whom


def test_only_the_ui_imports_streamlit():
    outside = [f for f in SOURCES if "ui" not in f.relative_to(paths.PROJECT).parts]
    assert [f.name for f in outside if "streamlit" in imported(f)] == []
    assert len(outside) > 20


LINT_IMPORTS = (
    "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
)
"""In a process of its own: it sets logging up anew, which would silence every logger that stands already."""


def test_data_goes_one_way():
    done = subprocess.run(
        [sys.executable, "-c", LINT_IMPORTS],
        cwd=paths.PROJECT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    config = (paths.PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    declared = tomllib.loads(config)["tool"]["importlinter"]
    assert f"Contracts: {len(declared['contracts'])} kept, 0 broken." in done.stdout


def test_nothing_is_named_utils_helper_or_manager():
    vague = re.compile(r"util|helper|manager|misc|common", re.I)
    assert [f.name for f in (*SOURCES, *TESTS) if vague.search(f.stem)] == []


def test_no_source_catches_everything():
    for file in (*SOURCES, *PAGES):
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.ExceptHandler):
                caught = ast.unparse(node.type) if node.type else "everything"
                assert caught not in ("everything", "Exception", "BaseException"), file.name


# ---------------------------------------------------------------- one look

THEME = {
    "primaryColor": look.RECEIVED,
    "backgroundColor": look.PAPER,
    "textColor": look.INK,
    "borderColor": look.BORDER,
    "redColor": look.OVERDUE,
    "redTextColor": look.OVERDUE,
    "orangeTextColor": look.DUE_SOON,
    "violetTextColor": look.UNHELD,
}


def theme() -> dict[str, object]:
    config = (paths.PROJECT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    return tomllib.loads(config)["theme"]


def test_the_theme_of_the_screen_has_the_colours_of_the_charts():
    stated = {name: colour for name, colour in theme().items() if name in THEME}
    assert stated == {name: THEME[name] for name in stated}
    assert {"primaryColor", "backgroundColor", "textColor", "borderColor", "redColor"} <= set(
        stated
    )


def test_the_screen_and_the_charts_have_one_typeface_stack():
    for name in ("font", "headingFont"):
        assert str(theme()[name]).replace("'", "") == look.FONT


def test_every_colour_of_the_theme_has_a_name_in_the_look():
    ours = {
        value for name, value in vars(look).items() if name.isupper() and isinstance(value, str)
    }
    assert {v for k, v in theme().items() if k.endswith("Color")} <= ours


def test_colour_codes_stand_in_the_look_alone():
    named = [f for f in SOURCES if f.name != "look.py" and "demo" not in f.parts]
    wrong = {f.name: [t for t in texts(f) if re.fullmatch(r"#[0-9a-f]{6}", t)] for f in named}
    assert {name: found for name, found in wrong.items() if found} == {}


# ---------------------------------------------------------------- nothing from outside

ALLOWED_HOSTS = {"evil.invalid", "localhost", "127.0.0.1", "www.w3.org", "vega.github.io"}
"""This machine, and the names of schemas, which nobody fetches."""
FOLDERS = (".ci", ".streamlit", "bench", "data", "fuqi", "pages", "queries", "tests")
SUFFIXES = {
    ".py",
    ".sql",
    ".toml",
    ".md",
    ".js",
    ".css",
    ".html",
    ".svg",
    ".json",
    ".csv",
    ".yml",
    "",
}


def own_files() -> list[Path]:
    top = [
        p for p in paths.PROJECT.iterdir() if p.is_file() and not p.name.startswith("requirements")
    ]
    below = [p for folder in FOLDERS for p in (paths.PROJECT / folder).rglob("*") if p.is_file()]
    made = {"warehouse", "exports", "__pycache__", "out"}
    return [p for p in (*top, *below) if p.suffix in SUFFIXES and not made & set(p.parts)]


def test_no_file_names_an_address_outside():
    files = own_files()
    assert len(files) > 100
    found = {}
    for file in files:
        hosts = set(re.findall(r"(?:https?|wss?)://([\w.-]+)", file.read_text(encoding="utf-8")))
        if hosts - ALLOWED_HOSTS:
            found[str(file.relative_to(paths.PROJECT))] = hosts - ALLOWED_HOSTS
    assert found == {}


def test_no_file_names_a_place_of_somebodys_machine():
    homes = re.compile(r"(?<![\w.])/(?:home|Users|root|work)/\w|[A-Z]:\\\\?Users")
    wrong = [f.name for f in own_files() if homes.search(f.read_text(encoding="utf-8"))]
    assert wrong == []


# ---------------------------------------------------------------- tests


def checks(node: ast.AST) -> bool:
    """Whether the code asserts, expects an error, or fails by itself."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assert):
            return True
        if isinstance(inner, ast.Call):
            name = ast.unparse(inner.func).rpartition(".")[2]
            if name in ("raises", "warns", "fail", "expect") or name.startswith(
                ("assert_", "check_")
            ):
                return True
    return False


def called(node: ast.AST) -> set[str]:
    return {ast.unparse(n.func) for n in ast.walk(node) if isinstance(n, ast.Call)}


@EACH_TEST_FILE
def test_every_test_can_fail(file):
    functions = {n.name: n for n in ast.walk(tree(file)) if isinstance(n, ast.FunctionDef)}
    checking = {name for name, node in functions.items() if checks(node)}
    idle = [
        name
        for name, node in functions.items()
        if name.startswith("test_") and name not in checking and not called(node) & checking
    ]
    assert idle == []


@EACH_TEST_FILE
def test_the_name_of_a_test_is_a_sentence(file):
    names = [n.name for n in ast.walk(tree(file)) if isinstance(n, ast.FunctionDef)]
    tests = [name for name in names if name.startswith("test_")]
    assert len(tests) == len(set(tests)), "two tests of one name: the first never runs"
    assert [name for name in tests if len(name.split("_")) < 4] == []
