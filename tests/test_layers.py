"""Charts put together without Altair's copies are the charts that Altair would make."""

import altair as alt
import pyarrow as pa
import pytest

from fuqi.charts.layers import layered

ROWS = pa.table({"x": [1, 2], "y": [3, 4]})
OTHERS = pa.table({"x": [1], "y": [9]})


def bars(rows: pa.Table = ROWS) -> alt.Chart:
    return alt.Chart(rows).mark_bar(color="red").encode(x="x:Q", y="y:Q")


def text(rows: pa.Table = ROWS) -> alt.Chart:
    return alt.Chart(rows).transform_calculate(z="1").mark_text().encode(x="x:Q", text="z:Q")


@pytest.mark.parametrize("rows", [ROWS, OTHERS], ids=["the same rows", "rows of each"])
def test_layers_are_what_altair_makes_of_them(rows):
    ours = layered(bars(), text(rows), bars(rows), height=150)
    altairs = alt.layer(bars(), text(rows), bars(rows)).properties(height=150)
    assert ours.to_dict() == altairs.to_dict()


def test_layers_of_layers_lie_in_one_row():
    inner = layered(bars(), text(), height=150)
    ours = layered(bars(OTHERS), inner, height=100)
    altairs = alt.layer(bars(OTHERS), bars(), text()).properties(height=100)
    assert ours.to_dict() == altairs.to_dict()


def test_putting_them_together_leaves_the_layers_as_they_were():
    one, other = bars(), text()
    layered(one, other, height=150)
    assert one.data is ROWS and other.data is ROWS


@pytest.mark.parametrize("sized", [{"height": 9}, {"width": 9}])
def test_a_layer_with_a_size_of_its_own_is_refused(sized):
    with pytest.raises(ValueError, match="found 9"):
        layered(bars(), text().properties(**sized), height=150)


def test_a_layer_that_can_be_chosen_from_is_refused():
    with pytest.raises(ValueError, match="params"):
        layered(bars().add_params(alt.selection_point(name="chosen")), text(), height=150)
