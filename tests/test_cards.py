"""KPI cards as HTML."""

import re

import pytest

from fuqi.ui import cards
from fuqi.ui.cards import Card
from tests.kpi_cards import parsed

ON_TIME = Card("on_time_rate", "按时办结率", "94.25%", "按时办结率 = 按时办结 / 应办结。")


def changes(html: str) -> list[str]:
    """What stands in the line of the change, of each card that has one."""
    found = parsed(html).iterfind(".//*[@class='fuqi-change']")
    return ["".join(line.itertext()).strip() for line in found]


@pytest.mark.parametrize("drawn", [cards.boxed, cards.inside])
def test_room_is_kept_for_a_change_that_another_card_has(drawn):
    moved = Card("received_count", "受理量", "1,002", "受理量 = 件数。", change="-341")
    assert changes(drawn([ON_TIME, moved])) == ["", "↓ -341"]
    assert changes(drawn([ON_TIME])) == []


def test_a_change_has_the_arrow_of_its_sign():
    risen = Card("received_count", "受理量", "1,002", "受理量 = 件数。", change="+341")
    assert changes(cards.boxed([risen])) == ["↑ +341"]


def test_texts_on_a_card_are_texts():
    odd = '"><script>x</script>'
    html = cards.promise(odd, odd) + cards.boxed(
        [Card("c", odd, odd, odd, change=odd, notes=[odd])]
    )
    assert "<script" not in html
    assert [*parsed(html).iter("script")] == []


def test_every_class_of_a_card_has_a_style_and_each_style_a_class():
    full = Card("c", "指标", "1", "口径。", colour="#c62828", change="+1", notes=["共 1"])
    html = cards.promise("快", "马上就办") + cards.boxed([full]) + cards.inside([full])
    named = set(re.findall(r"fuqi-[a-z-]+", " ".join(re.findall('class="(.*?)"', html))))
    assert set(re.findall(r"\.(fuqi-[a-z-]+)", cards.STYLE)) == named | {"fuqi-help-text"}
    assert "$" not in cards.STYLE
