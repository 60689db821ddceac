"""What a term means, in HTML: a list of such entries is one element of its page, however long it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from string import Template

from fuqi import look

STYLE = Template(
    """
.fuqi-file {margin: 0 0 .6rem; font-size: .875rem; color: $muted}
.fuqi-file code {font-size: .75rem; color: $ink; background: $shade; border-radius: .25rem; padding: .1em .3em}
.stHtml .fuqi-entries {margin: 0 0 1rem; padding: 0; display: flex; flex-direction: column; gap: .5rem}
.fuqi-entry {
  display: grid; grid-template-columns: 1fr 3fr; gap: .25rem 1rem;
  border: 1px solid $border; border-radius: .25rem; padding: .8rem .85rem; line-height: 1.5
}
.fuqi-entry dt {font-weight: 600}
.fuqi-entry dt > span {margin-left: 1em; font-weight: 400; color: $muted}
.fuqi-entry dd {margin: 0; overflow-wrap: anywhere}
.fuqi-entry div {font-size: .875rem; color: $muted}
.fuqi-entry dd > div:first-of-type {margin-top: .25rem}
.fuqi-entry .fuqi-missing {color: $missing}
@media (max-width: 640px) {.fuqi-entry {grid-template-columns: 1fr}}
@media print {.fuqi-entry {break-inside: avoid}}
"""
).substitute(
    border=look.BORDER, muted=look.MUTED, ink=look.INK, shade=look.SHADE, missing=look.DUE_SOON
)
"""How entries look: part of every page's head, as the look of cards is."""


@dataclass(frozen=True)
class Entry:
    """A term and its meaning. Every text is HTML: `escape` what is not, `missing` marks what data lack."""

    term: str
    meaning: Sequence[str]
    """Its lines."""
    notes: Sequence[str] = ()
    """Beside the term."""
    grounds: Sequence[str] = ()
    """Lines of small print."""

    def html(self) -> str:
        notes = "".join(f"<span>{note}</span>" for note in self.notes)
        grounds = "".join(f"<div>{line}</div>" for line in self.grounds)
        meaning = "<br/>".join(self.meaning)
        return (
            f'<div class="fuqi-entry"><dt>{self.term}{notes}</dt><dd>{meaning}{grounds}</dd></div>'
        )


def listed(entries: Iterable[Entry]) -> str:
    """HTML of the entries below each other, each in a box."""
    return f'<dl class="fuqi-entries">{"".join(entry.html() for entry in entries)}</dl>'


def of_file(name: str, said: str) -> str:
    """HTML of a line that says in which file the entries below it are worked out, and what to bear in mind."""
    return f'<p class="fuqi-file">由 <code>{escape(name)}</code> 计算。{escape(said)}</p>'


def missing(said: str) -> str:
    """HTML of what the data of this time do not have."""
    return f'<span class="fuqi-missing">{escape(said)}</span>'
