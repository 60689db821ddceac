"""The KPI cards of a page run by Streamlit's test driver, read out of their HTML."""

from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from streamlit.testing.v1 import AppTest


@dataclass(frozen=True)
class ShownCard:
    """What a card says; "" for what it does not have."""

    value: str
    colour: str
    change: str
    definition: str
    notes: tuple[str, ...]


def shown_cards(opened: AppTest) -> dict[str, ShownCard]:
    """By their label."""
    found: dict[str, ShownCard] = {}
    for html in opened.get("html"):
        if "fuqi-card" in html.proto.body:
            for card in parsed(html.proto.body).iterfind(".//*[@data-kpi]"):
                (label,) = _of(card, "fuqi-label")
                said = label.text or ""
                assert said not in found, f"two cards say {said}"
                found[said] = _shown(card, label)
    return found


def parsed(body: str) -> Element:
    """One element that holds all there is; ParseError where a text was read as markup and did not fit."""
    return ElementTree.fromstring(f"<all>{body}</all>")  # noqa: S314 - our own


def _shown(card: Element, label: Element) -> ShownCard:
    (value,) = _of(card, "fuqi-value")
    return ShownCard(
        value=value.text or "",
        colour=value.get("style", "").removeprefix("color:"),
        change="".join(said for one in _of(card, "fuqi-change") for said in one.itertext()).strip(),
        definition=label[0].get("data-meaning", ""),
        notes=tuple(note.text or "" for note in _of(card, "fuqi-note")),
    )


def _of(card: Element, kind: str) -> list[Element]:
    return card.findall(f"*[@class='{kind}']")
