"""What a briefing says, before it is a file: sentences whose every number knows which query it is from."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from altair import TopLevelMixin

ASKED = "asked"
"""The period, the area and the time of making, as they were asked for."""
RELEASE = "release"
SETTINGS = "settings"
DEFINITIONS = "definitions"
"""The headers of the query files, and what the contract calls a column that is missing."""
ELSEWHERE = (ASKED, RELEASE, SETTINGS, DEFINITIONS)
"""What stands for a query's name where a figure is not from a query."""

NOTES = "口径与数据说明"
"""What stands above the notes."""

COUNT = "count"
SIZE = "size"
"""A count without its sign: the words around it say more or fewer."""
RATE = "rate"
POINTS = "points"
"""Percentage points without their sign."""
TIMES = "times"
DAYS = "days"
DAY = "day"
LONG_DAY = "long_day"
"""A day with its year."""
MOMENT = "moment"
TEXT = "text"


@dataclass(frozen=True)
class Source:
    """Where a figure is from: row and column of the query's result with these parameters, and the value there."""

    query: str
    column: str
    value: Any
    row: int = 0
    params: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Figure:
    """A value as it is written."""

    shown: str
    kind: str
    source: Source


@dataclass(frozen=True)
class Sentence:
    """Words with named places; the words hold no number."""

    template: str
    figures: tuple[tuple[str, Figure], ...] = ()

    @property
    def text(self) -> str:
        return self.template.format(**{name: figure.shown for name, figure in self.figures})


def say(template: str, **figures: Figure) -> Sentence:
    return Sentence(template, tuple(figures.items()))


def joined(parts: list[Sentence], between: str = "，", end: str = "。") -> Sentence:
    """Clauses as one sentence; their places are named anew, or two clauses could share one."""
    templates, figures = [], []
    for number, part in enumerate(parts):
        names = {name: f"{name}_of_clause_{number}" for name, _ in part.figures}
        templates.append(part.template.format(**{old: f"{{{new}}}" for old, new in names.items()}))
        figures += [(names[name], figure) for name, figure in part.figures]
    return Sentence(between.join(templates) + end, tuple(figures))


@dataclass(frozen=True)
class Paragraph:
    sentences: tuple[Sentence, ...]

    @property
    def text(self) -> str:
        return "".join(sentence.text for sentence in self.sentences)


@dataclass(frozen=True)
class Table:
    """`weights` says how wide the columns are beside each other; `wordy` columns hold words, the others are short."""

    title: Sentence
    headings: tuple[str, ...]
    rows: tuple[tuple[Sentence, ...], ...]
    weights: tuple[float, ...]
    wordy: frozenset[int] = frozenset({0})


@dataclass(frozen=True, eq=False)
class Picture:
    """A chart or map of `width` and `height` pixels all in all; `description` is for those who cannot see it."""

    title: Sentence
    description: Sentence
    chart: TopLevelMixin
    width: int
    height: int
    is_map: bool = False


@dataclass(frozen=True)
class Pictures:
    """They stand two in a row."""

    pictures: tuple[Picture, ...]


Block = Paragraph | Table | Pictures


@dataclass(frozen=True)
class Section:
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Briefing:
    """One briefing. `marks` stand below the title: number, period, data-as-of, the day it was made, whose it is."""

    title: Sentence
    marks: tuple[Sentence, ...]
    sections: tuple[Section, ...]
    notes: tuple[Sentence, ...]
    made_at: datetime
    file_stem: str
    label: str = ""
    """演示数据, for a demo."""
    pictures: tuple[Picture, ...] = field(init=False)

    def __post_init__(self) -> None:
        shown = tuple(
            picture
            for section in self.sections
            for block in section.blocks
            if isinstance(block, Pictures)
            for picture in block.pictures
        )
        object.__setattr__(self, "pictures", shown)

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """All that is said, in the order it is read; cells of tables and words for pictures included."""
        said = [self.title, *self.marks]
        for section in self.sections:
            for block in section.blocks:
                if isinstance(block, Paragraph):
                    said += block.sentences
                elif isinstance(block, Table):
                    said += [block.title, *(cell for row in block.rows for cell in row)]
                else:
                    for picture in block.pictures:
                        said += [picture.title, picture.description]
        return (*said, *self.notes)
