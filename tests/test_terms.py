"""What terms mean, as HTML."""

import re

from fuqi.ui import terms
from fuqi.ui.terms import Missing, Term
from tests.kpi_cards import parsed


def test_texts_of_a_term_are_texts():
    odd = '"><script>x</script>'
    term = Term(odd, [odd], notes=[odd, Missing(odd)], grounds=[odd, [odd, Missing(odd)]])
    drawn = parsed(terms.of_file(odd, odd) + terms.listed([term]))
    assert [*drawn.iter("script")] == []
    assert "".join(drawn.itertext()).count(odd) == 9


def test_what_is_missing_is_marked_and_nothing_else_is():
    drawn = parsed(
        terms.listed([Term("按时办结率", ["件数"], [Missing("不可算")], [["列", Missing("缺")]])])
    )
    marked = drawn.iterfind(".//*[@class='fuqi-missing']")
    assert [mark.text for mark in marked] == ["不可算", "缺"]


def test_a_term_that_is_copied_keeps_its_notes_apart():
    name = parsed(terms.listed([Term("按时办结率", ["件数"], ["高者为好"])])).find(".//dt")
    assert "".join(name.itertext()) == "按时办结率　高者为好"


def test_every_class_of_a_term_has_a_style_and_each_style_a_class():
    full = Term("指标", ["口径"], ["高者为好"], [["列", Missing("缺")]])
    html = terms.of_file("queries/x.sql", "") + terms.listed([full])
    named = set(re.findall(r"fuqi-[a-z-]+", " ".join(re.findall('class="(.*?)"', html))))
    assert set(re.findall(r"\.(fuqi-[a-z-]+)", terms.STYLE)) == named
    assert "$" not in terms.STYLE
