"""What terms mean, in HTML: a list of them is one element of its page, however long it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from string import Template

from fuqi import look

STYLE = Template(
    """
.fuqi-file {margin: 0 0 .6rem; font-size: .875rem; color: $muted; break-after: avoid}
.fuqi-file code {font-size: .75rem; color: $ink; background: $shade; border-radius: .25rem; padding: .1em .3em}
.stHtml .fuqi-terms {margin: 0 0 1rem; padding: 0; display: flex; flex-direction: column; gap: .5rem}
.fuqi-term {
  display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 3fr); gap: .25rem 1rem;
  border: 1px solid $border; border-radius: .25rem; padding: .8rem .85rem; line-height: 1.5
}
.fuqi-term dt {font-weight: 600}
.fuqi-term dt > span {font-weight: 400; color: $muted}
.fuqi-term dd {margin: 0; overflow-wrap: anywhere}
.fuqi-term div {font-size: .875rem; color: $muted}
.fuqi-term dd > div:first-of-type {margin-top: .25rem}
.fuqi-term .fuqi-missing {color: $missing}
@media (max-width: 640px) {.fuqi-term {grid-template-columns: minmax(0, 1fr)}}
@media print {.fuqi-term {break-inside: avoid}}
"""
).substitute(
    border=look.BORDER, muted=look.MUTED, ink=look.INK, shade=look.SHADE, missing=look.DUE_SOON
)
"""How terms look: part of every page's head, as the look of cards is. `.stHtml` outdoes Streamlit's own `dl`."""


class Missing(str):
    """A text about what the data of this time do not have."""

    __slots__ = ()


Line = str | Sequence[str]
"""A text, or its parts where some are `Missing`."""


@dataclass(frozen=True)
class Term:
    """A term and what it means."""

    name: str
    meaning: Sequence[str]
    """Its lines."""
    notes: Sequence[str] = ()
    """Beside the name."""
    grounds: Sequence[Line] = ()
    """Lines of small print."""

    def html(self) -> str:
        notes = "".join(f"　<span>{_html(note)}</span>" for note in self.notes)
        grounds = "".join(f"<div>{_html(line)}</div>" for line in self.grounds)
        meaning = "<br/>".join(map(_html, self.meaning))
        return (
            f'<div class="fuqi-term"><dt>{_html(self.name)}{notes}</dt>'
            f"<dd>{meaning}{grounds}</dd></div>"
        )


def listed(terms: Iterable[Term]) -> str:
    """HTML of the terms below each other, each in a box."""
    return f'<dl class="fuqi-terms">{"".join(term.html() for term in terms)}</dl>'


def of_file(name: str, caveat: str) -> str:
    """HTML of a line that says which file works out what is below it, and what to bear in mind."""
    return f'<p class="fuqi-file">由 <code>{escape(name)}</code> 计算。{escape(caveat)}</p>'


def _html(line: Line) -> str:
    parts = [line] if isinstance(line, str) else line
    return "".join(
        f'<span class="fuqi-missing">{escape(part)}</span>'
        if isinstance(part, Missing)
        else escape(part)
        for part in parts
    )
