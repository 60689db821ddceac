"""KPI cards in HTML: a row of them is one element of its page, and each element takes its time at every change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from string import Template

from fuqi import look

STYLE = Template(
    """
.fuqi-cards {display: flex; flex-wrap: wrap; gap: .5rem}
.fuqi-card {flex: 1 1 8.5rem; display: flex; flex-direction: column; gap: .25rem; line-height: 1.4}
.fuqi-boxed .fuqi-card {border: 1px solid $border; border-radius: .25rem; padding: .8rem .85rem}
.fuqi-inside .fuqi-card {flex-basis: 6.6rem}
.fuqi-inside + .fuqi-inside {margin-top: .6rem}
.fuqi-promise {display: flex; align-items: baseline; gap: 1rem; margin-bottom: .25rem}
.fuqi-promise h3 {font-size: 1.1rem; padding: 0; margin: 0}
.fuqi-label {font-size: .875rem; display: flex; align-items: center; gap: .4rem}
.fuqi-value {font-size: 1.75rem; line-height: 1.2; white-space: nowrap}
.fuqi-change {font-size: .875rem; line-height: 1.35}
.fuqi-change span {color: $blue; background: $tint; border-radius: 1rem; padding: 0 .4rem}
.fuqi-change i {font-style: normal}
.fuqi-note, .fuqi-promise span {font-size: .875rem; color: $muted}
.fuqi-help {
  flex: none; width: 1rem; height: 1rem; padding: 0; cursor: help;
  font-size: .7rem; line-height: 1; color: $muted; background: none; border: 1px solid $muted; border-radius: 50%
}
.fuqi-help-text {
  position: fixed; z-index: 1000000; width: max-content; max-width: min(24rem, calc(100vw - 1rem));
  padding: .6rem .8rem;
  font-size: .875rem; line-height: 1.5; color: $ink; background: $paper; border: 1px solid $border;
  border-radius: .5rem; box-shadow: 0 2px 10px rgba(0, 0, 0, .15); pointer-events: none
}
@media print {
  .fuqi-help, .fuqi-help-text {display: none}
  .fuqi-card {break-inside: avoid}
}
"""
).substitute(
    blue=look.RECEIVED,
    tint=look.css(look.rgba(look.RECEIVED, alpha=32)),
    border=look.BORDER,
    paper=look.PAPER,
    muted=look.MUTED,
    ink=look.INK,
)
"""How cards look: part of every page's head, so that no change sends it again. `shell.js` shows the definitions."""


@dataclass(frozen=True)
class Card:
    """A KPI in words."""

    column: str
    label: str
    value: str
    definition: str
    colour: str = ""
    """Of the value, as style sheets take it; its usual one if empty."""
    change: str = ""
    """Signed, with its unit; empty without one."""
    course: str = ""
    """HTML of a picture."""
    notes: Sequence[str] = ()
    """Lines of small print."""

    def html(self, *, with_change: bool) -> str:
        """`with_change` keeps the room for a change where there is none, so that what follows is in line."""
        colour = f' style="color:{self.colour}"' if self.colour else ""
        arrow = f'<i aria-hidden="true">{"↓" if self.change.startswith("-") else "↑"}</i>'
        change = f"<span>{arrow} {escape(self.change)}</span>" if self.change else "&#160;"
        notes = "".join(f'<div class="fuqi-note">{escape(note)}</div>' for note in self.notes)
        return (
            f'<div class="fuqi-card" data-kpi="{self.column}"><div class="fuqi-label">{escape(self.label)}'
            f'<button type="button" class="fuqi-help" aria-label="{escape(self.label)}的说明" '
            f'data-meaning="{escape(self.definition)}">?</button></div>'
            f'<div class="fuqi-value"{colour}>{escape(self.value)}</div>'
            + (f'<div class="fuqi-change">{change}</div>' if with_change else "")
            + f"{self.course}{notes}</div>"
        )


def boxed(cards: Sequence[Card]) -> str:
    """HTML of cards side by side, each in a box of its own, as many to a line as there is room for."""
    return _row(cards, "fuqi-boxed")


def inside(cards: Sequence[Card]) -> str:
    """HTML of cards side by side in a box that they share with others."""
    return _row(cards, "fuqi-inside")


def promise(name: str, said: str) -> str:
    """HTML of the heading of such a box."""
    return f'<div class="fuqi-promise"><h3>{escape(name)}</h3><span>{escape(said)}</span></div>'


def _row(cards: Iterable[Card], kind: str) -> str:
    cards = list(cards)
    with_change = any(card.change for card in cards)
    drawn = "".join(card.html(with_change=with_change) for card in cards)
    return f'<div class="fuqi-cards {kind}">{drawn}</div>'
