"""What is shown, as a file: pictures (PNG, SVG, PDF), tables (CSV, XLSX), a page as a workbook. Nothing is queried here."""

from fuqi.export.csv_files import as_csv
from fuqi.export.facts import Facts
from fuqi.export.maps import map_chart
from fuqi.export.pictures import as_pdf, as_png, as_svg
from fuqi.export.sheets import Column, Sheet, Typed, sheet_of, sheet_of_texts
from fuqi.export.workbooks import as_workbook, sheet_name

__all__ = [
    "Column",
    "Facts",
    "Sheet",
    "Typed",
    "as_csv",
    "as_pdf",
    "as_png",
    "as_svg",
    "as_workbook",
    "map_chart",
    "sheet_name",
    "sheet_of",
    "sheet_of_texts",
]
