"""Briefings (简报): what a street or the district did in a week, as a Word document, a PDF and a page of HTML."""

from fuqi.brief.compose import Request, compose, street_named
from fuqi.brief.content import Briefing
from fuqi.brief.docx_file import as_docx
from fuqi.brief.html_file import as_html
from fuqi.brief.pdf_file import as_pdf
from fuqi.brief.period import (
    BriefingError,
    Period,
    between,
    last_whole_week,
    week,
    week_name,
    week_of,
)

FORMATS = {"docx": as_docx, "pdf": as_pdf, "html": as_html}
"""How each kind of file is made, by its ending."""

__all__ = [
    "FORMATS",
    "Briefing",
    "BriefingError",
    "Period",
    "Request",
    "as_docx",
    "as_html",
    "as_pdf",
    "between",
    "compose",
    "last_whole_week",
    "street_named",
    "week",
    "week_name",
    "week_of",
]
