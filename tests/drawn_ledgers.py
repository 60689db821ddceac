"""Ledgers of appeals drawn at random, whose moments often meet an edge of a definition."""

from datetime import date, datetime, time, timedelta
from random import Random

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from tests.ledger import AS_OF, appeal
from tests.questions import STREETS, Row

# A ledger comes from a seed, which cannot be made smaller: a failure is shown as it was found.
SMALL = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

MINUTES = (0, 1, 10, 60, 600, 1439, 1440, 1441, 4320, 10080, 43200)
"""Lengths at and beside the edges: a day, three, a week, thirty."""
CLOCKS = (
    *(time(0), time(8, 59), time(9), time(11, 59, 59), time(13), time(14), time(16, 30)),
    *(time(17, 59, 59), time(18), time(23, 50), time(23, 59, 59)),
)
CATEGORY_PATHS = (
    "融资->贷款利率",
    "融资",
    "用工 -> 招聘",
    "产-学-研->场地",
    "政策咨询->申报->条件",
)
CATEGORIES = ("融资", "用工", "产-学-研", "政策咨询")
PARKS = [
    {"park_id": f"P00{n}", "park_name": f"园区{n}", "park_kind": "产业园", "area_name": area}
    for n, area in ((1, "河套"), (2, None))
]


@st.composite
def appeal_ledgers(draw: st.DrawFn, as_of: datetime = AS_OF) -> list[Row]:
    """Up to ninety appeals of the forty days before `as_of` and a little after.

    They come from a seeded generator: drawn one by one, hypothesis keeps nearly all ledgers near empty.
    """
    chance = draw(st.randoms(use_true_random=True))
    size = draw(st.sampled_from([60, 90, 10, 1, 0]))
    return [drawn_appeal(chance, number, as_of) for number in range(size)]


def drawn_appeal(chance: Random, number: int, as_of: datetime) -> Row:
    day = as_of.date() + timedelta(days=chance.randint(-39, 1))
    received_at = chance.choice(
        [
            datetime.combine(day, chance.choice(CLOCKS)),
            datetime.combine(day, chance.choice(CLOCKS)),
            as_of - timedelta(minutes=chance.choice(MINUTES)),
            as_of - timedelta(days=5, minutes=chance.choice(MINUTES)),
        ]
    )
    closed_at = _later(chance, received_at, 0.75)
    deadlines: list[datetime | None] = [
        None,
        None,
        received_at + timedelta(minutes=chance.choice(MINUTES)),
        as_of,
        as_of + timedelta(days=1),
    ]
    if closed_at:
        deadlines += [closed_at, closed_at - timedelta(seconds=1)]
    return appeal(
        number,
        received_at,
        title=f"诉求{number}",
        source=chance.choice([None, "走访", "热线"]),
        enterprise_id=f"E{number}",
        enterprise_name=f"企业{number}",
        unit_name=chance.choice([None, "区金融工作局"]),
        subdistrict_name=chance.choice(STREETS[:-1]),
        community_name=chance.choice([None, "福保社区"]),
        park_id=chance.choice([None, "P001", "P002", "P404"]),
        station_id=chance.choice([None, "007"]),
        visit_id=chance.choice([None, "V1"]),
        category_path=chance.choice(CATEGORY_PATHS),
        assigned_at=_later(chance, received_at, 0.9),
        accepted_at=_later(chance, received_at, 0.8),
        first_response_at=_later(chance, received_at, 0.8),
        closed_at=closed_at,
        due_at=chance.choice(deadlines),
        outcome=chance.choice([None, "解决", "部分解决", "解释说明", "未解决"]),
        rating=chance.choice([None, "满意", "基本满意", "不满意"]),
        is_void=chance.choice([None, False, False, False, True]),
        extension_count=chance.choice([None, 0, 1, 2]),
        returned_count=chance.choice([None, 0, 1, 2]),
        redone_count=chance.choice([None, 0, 0, 1, 2]),
    )


def _later(chance: Random, moment: datetime, likely: float) -> datetime | None:
    if chance.random() > likely:
        return None
    return moment + timedelta(minutes=chance.choice(MINUTES), seconds=chance.choice([0, 0, 1, 59]))


def periods(as_of: datetime = AS_OF) -> st.SearchStrategy[tuple[date, date]]:
    """Four weeks, two weeks across a month's end, the last day alone."""
    today = as_of.date()
    return st.sampled_from(
        [
            (today - timedelta(days=27), today),
            (today - timedelta(days=29), today - timedelta(days=16)),
            (today, today),
        ]
    )
