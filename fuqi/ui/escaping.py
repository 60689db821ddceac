"""Texts out of the data where the screen reads Markdown: they are shown as they are and do nothing.

A name may hold Markdown, HTML, a formula, the word for an icon or a link, be ten thousand characters long, or be
written from right to left.
"""

import re

from fuqi import inert

LONGEST = 60
"""Characters of a name that a line shows."""

_MARKUP = re.compile(r"([\\`*_~$\[\]<&])")
_BLOCK = re.compile(r"^([-+#>=|])|^(\d{1,9})([.)])")
"""What makes a list, a heading, a quotation or a table of a line that begins with it."""
_JOINER = "\u2060"
_WORDS = re.compile(
    r"(?<=:)(?=[A-Za-z+/_-])|(?<=www)(?=\.)|(?<=@)(?=\w)|(?<=-)(?=-)", re.IGNORECASE
)
"""Where `:icon:`, `http://`, `www.` and an address of mail come apart, and two hyphens, which would become a dash.

These are looked for when escapes are gone already."""
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_ISOLATED = ("\u2068", "\u2069")


def plain(text: object, longest: int = LONGEST) -> str:
    """One line of Markdown that shows the text, cut to `longest` characters and an ellipsis."""
    return _escaped(cut(inert.one_line(str(text)), longest))


def in_badge(text: object) -> str:
    """The same for a badge, which escapes brackets by itself: escaped twice they would be Markdown again."""
    return plain(text).replace(r"\[", "[").replace(r"\]", "]")


def plain_lines(text: object) -> str:
    """Markdown that shows the text whole, line by line."""
    return "  \n".join(_escaped(inert.one_line(line)) for line in str(text).splitlines())


def cut(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _escaped(text: str) -> str:
    shown = _MARKUP.sub(r"\\\1", _WORDS.sub(_JOINER, text))
    shown = _BLOCK.sub(lambda found: f"{found[2] or ''}\\{found[1] or found[3]}", shown)
    # Isolated, or the numbers and brackets around it would be read from the right as well.
    return shown.join(_ISOLATED) if _RIGHT_TO_LEFT.search(text) else shown
