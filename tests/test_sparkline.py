"""The course on a card: where its points lie, and what it says to whom does not see it."""

import re
from html import unescape
from urllib.parse import unquote

import pytest

from fuqi import charts
from fuqi.charts.sparkline import HEIGHT, MARGIN, WIDTH


def points(picture: str) -> list[tuple[float, float]]:
    line = re.search(r'<polyline points="([^"]*)"', unquote(picture))[1]
    return [tuple(map(float, point.split(","))) for point in line.split()]


def test_the_least_is_at_the_bottom_and_the_largest_at_the_top():
    assert points(charts.sparkline([2, 4, 3], "")) == [
        (0, HEIGHT - MARGIN),
        (WIDTH / 2, MARGIN),
        (WIDTH, HEIGHT / 2),
    ]


def test_equal_values_are_a_line_in_the_middle():
    assert points(charts.sparkline([0.5, 0.5], "")) == [(0, HEIGHT / 2), (WIDTH, HEIGHT / 2)]


def test_it_says_in_words_what_it_shows_and_nothing_else():
    said = '走势 <b>"1"</b>'
    picture = charts.sparkline([1, 2], said)
    texts = [unescape(text) for text in re.findall(r' (?:alt|title)="([^"]*)"', picture)]
    assert texts == [said, said]
    assert "<b>" not in picture


def test_one_value_is_no_line():
    with pytest.raises(ValueError, match="found 1"):
        charts.sparkline([1], "")
