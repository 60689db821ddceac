"""Shown things as files: pictures (PNG, SVG, PDF), tables (CSV, XLSX), a page as a workbook. Nothing is queried."""

from fuqi import inert
from fuqi.export.csv_files import as_csv
from fuqi.export.facts import Facts
from fuqi.export.maps import UnknownLayerError, map_chart
from fuqi.export.pictures import PICTURES, as_figure, as_pdf, as_png, as_svg, words_of
from fuqi.export.sheets import (
    NUMBER,
    PERCENT,
    TEXT,
    WHOLE,
    Column,
    Sheet,
    Typed,
    sheet_of,
    sheet_of_texts,
)
from fuqi.export.workbooks import as_workbook, sheet_name

__all__ = [
    "NUMBER",
    "PERCENT",
    "PICTURES",
    "TEXT",
    "WHOLE",
    "Column",
    "Facts",
    "Sheet",
    "Typed",
    "UnknownLayerError",
    "as_csv",
    "as_figure",
    "as_pdf",
    "as_png",
    "as_svg",
    "as_workbook",
    "inert",
    "map_chart",
    "sheet_name",
    "sheet_of",
    "sheet_of_texts",
    "words_of",
]
