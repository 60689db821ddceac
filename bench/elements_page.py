"""Elements of one kind, as many as the address asks for, whose content changes with the one select box.

    /?kind=chart&number=8

What a page of so many takes more than the page without them, divided by their number, is what one element takes.
"""

import random

import streamlit as st

from fuqi.ui import cards
from fuqi.ui.cards import Card

OPTIONS = [f"选项{number}" for number in range(1, 31)]
ROWS = 12

st.set_page_config(layout="wide")
chosen = st.selectbox("选项", OPTIONS, key="option")
drawn = random.Random(chosen)  # noqa: S311 - content that differs by choice


def chart() -> None:
    bars = [{"name": f"第{n}", "value": drawn.random()} for n in range(ROWS)]
    spec = {
        "data": {"values": bars},
        "mark": "bar",
        "height": 200,
        "encoding": {
            "x": {"field": "value", "type": "quantitative"},
            "y": {"field": "name", "type": "nominal"},
        },
    }
    st.vega_lite_chart(spec=spec, theme=None)


def table() -> None:
    rows = [{"名称": f"第{n}", "数": drawn.random()} for n in range(ROWS)]
    st.dataframe(rows, hide_index=True)


def container() -> None:
    with st.container():
        caption()


def caption() -> None:
    st.caption(f"{chosen}，{drawn.random():.3f}")


def row_of_cards() -> None:
    st.html(
        cards.boxed(
            [
                Card(
                    f"c{n}",
                    "按时办结率",
                    f"{drawn.random():.2%}",
                    "口径",
                    change="+1",
                    notes=[chosen],
                )
                for n in range(8)
            ]
        )
    )


KINDS = {
    "none": lambda: None,
    "caption": caption,
    "caption in a container": container,
    "html": lambda: st.html(f"<p>{chosen}，{drawn.random():.3f}</p>"),
    "row of 8 cards": row_of_cards,
    "chart": chart,
    "table": table,
}

draw = KINDS[st.query_params.get("kind", "none")]
for _ in range(int(st.query_params.get("number", "0"))):
    draw()
