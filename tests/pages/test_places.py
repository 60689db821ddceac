"""Where the reader stands: links that name a place, what contradicts itself, and the way back."""

from streamlit.testing.v1 import AppTest

from tests.pages.conftest import OpenPage
from tests.pages.plain_figures import PlainFigures


def steps(opened: AppTest) -> list[str]:
    """The way back: its buttons, and where the reader stands."""
    buttons = [b.label for b in opened.button if b.key and b.key.startswith("back_to_")]
    last = [m.value.strip("*") for m in opened.markdown if m.value.startswith("**")]
    return [*buttons, last[0]] if buttons else []


def chosen(opened: AppTest) -> tuple[str, str]:
    return opened.selectbox(key="street").value, opened.selectbox(key="community").value


def asked(opened: AppTest) -> dict[str, str]:
    return {
        name: values[0] if isinstance(values, list) else values
        for name, values in opened.query_params.items()
        if name in ("street", "community", "park", "station")
    }


def park_of(figures: PlainFigures) -> dict[str, str]:
    return next(row for row in figures.rows("parks") if row["community_name"])


def test_a_link_to_a_park_alone_also_stands_in_its_street_and_community(
    open_page: OpenPage, figures: PlainFigures
) -> None:
    park = park_of(figures)

    opened = open_page("assignments", park=park["park_id"])

    assert not opened.exception
    assert chosen(opened) == (park["subdistrict_name"], park["community_name"])
    assert steps(opened) == [
        *("全区", park["subdistrict_name"], park["community_name"]),
        park["park_name"],
    ]
    assert asked(opened) == {
        "street": park["subdistrict_name"],
        "community": park["community_name"],
        "park": park["park_id"],
    }


def test_each_step_of_the_way_back_leaves_what_is_narrower(
    open_page: OpenPage, figures: PlainFigures
) -> None:
    park = park_of(figures)
    opened = open_page("assignments", park=park["park_id"])

    opened.button(key="back_to_street").click().run()
    assert asked(opened) == {"street": park["subdistrict_name"]}
    assert steps(opened) == ["全区", park["subdistrict_name"]]

    opened.button(key="back_to_district").click().run()
    assert asked(opened) == {}
    assert steps(opened) == []


def test_a_community_chosen_by_hand_brings_its_street(
    open_page: OpenPage, figures: PlainFigures
) -> None:
    community = figures.rows("communities")[40]
    opened = open_page("stations")

    opened.selectbox(key="community").select(community["community_name"]).run()

    assert chosen(opened) == (community["subdistrict_name"], community["community_name"])


def test_another_street_lets_go_of_community_and_station(
    open_page: OpenPage, figures: PlainFigures
) -> None:
    station = next(s for s in figures.rows("stations") if s["subdistrict_name"] == "沙头街道")
    opened = open_page("stations", station=station["station_id"])
    assert asked(opened)["station"] == station["station_id"]

    opened.selectbox(key="street").select("福保街道").run()

    assert asked(opened) == {"street": "福保街道"}
    assert steps(opened) == ["全区", "福保街道"]


def test_a_place_that_does_not_exist_is_told_and_left_out(open_page: OpenPage) -> None:
    opened = open_page("stations", station="999", community="没有的社区")

    told = " ".join(toast.value for toast in opened.toast)
    assert "站点“999”不存在" in told
    assert "社区“没有的社区”不存在" in told
    assert asked(opened) == {}


def test_a_street_that_the_station_is_not_in_gives_way_to_the_station(
    open_page: OpenPage, figures: PlainFigures
) -> None:
    station = next(s for s in figures.rows("stations") if s["subdistrict_name"] == "沙头街道")

    opened = open_page("stations", street="福保街道", station=station["station_id"])

    assert asked(opened)["street"] == "沙头街道"


def test_what_is_said_of_a_station_names_it(open_page: OpenPage, figures: PlainFigures) -> None:
    station = figures.rows("stations")[0]
    opened = open_page("stations", station=station["station_id"])

    named = [c.value for c in opened.caption if station["station_name"] in c.value]
    assert named
    assert not [c for c in named if "全区" in c]
