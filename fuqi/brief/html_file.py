"""A briefing as one HTML file: pictures inside it, no script, nothing fetched, printable on A4."""

from base64 import b64encode
from html import escape

from fuqi import look
from fuqi.brief.content import NOTES, Block, Briefing, Paragraph, Picture, Table
from fuqi.brief.drawing import drawn

SERIF = "FangSong, STFangsong, 仿宋, Noto Serif SC, Noto Serif CJK SC, Songti SC, SimSun, serif"
SANS = f"SimHei, 黑体, {look.FONT}"
STYLE = f"""
@page {{ size: A4; margin: 16mm 20mm; }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; background: {look.SHADE}; color: {look.INK}; font: 15px/1.7 {SERIF};
  overflow-wrap: anywhere; -webkit-print-color-adjust: exact; print-color-adjust: exact; }}
main {{ max-width: 210mm; margin: 0 auto; padding: 14mm 18mm; background: {look.PAPER}; }}
h1, h2, th, figcaption, caption {{ font-family: {SANS}; }}
h1 {{ margin: 0 0 2mm; font-size: 27px; text-align: center; letter-spacing: .05em; }}
.marks {{ display: flex; flex-wrap: wrap; justify-content: center; gap: 0 1.6em; margin: 0 0 5mm;
  padding: 1.5mm 0; border-top: 2px solid {look.INK}; border-bottom: 1px solid {look.INK};
  font-size: 13px; }}
h2 {{ margin: 5mm 0 1mm; font-size: 17px; break-after: avoid; }}
p {{ margin: 0 0 1mm; text-indent: 2em; }}
table {{ width: 100%; margin: 1mm 0 3mm; border-collapse: collapse; font-size: 13px;
  line-height: 1.45; table-layout: fixed; }}
caption {{ padding: 1mm; font-size: 13px; text-align: left; }}
thead {{ display: table-header-group; }}
tr {{ break-inside: avoid; }}
th, td {{ padding: 3px 6px; border: 1px solid {look.NEUTRAL}; text-align: center; }}
th {{ background: {look.SHADE}; font-weight: 600; }}
td.words {{ text-align: left; }}
.pictures {{ display: grid; grid-template-columns: 1fr 1fr; gap: 3mm 5mm; }}
figure {{ margin: 0; break-inside: avoid; }}
figcaption {{ font-size: 13px; }}
img {{ display: block; width: 100%; height: auto; }}
.notes {{ margin-top: 5mm; padding-top: 2mm; border-top: 1px solid {look.INK}; color: {look.MUTED};
  font-size: 12px; line-height: 1.5; }}
.notes p {{ margin: 0; text-indent: 0; }}
@media screen and (max-width: 640px) {{ main {{ padding: 6mm 4mm; }}
  .pictures {{ grid-template-columns: 1fr; }} table {{ font-size: 11px; }} th, td {{ padding: 2px; }} }}
@media print {{ body {{ background: {look.PAPER}; font-size: 10.5pt; line-height: 1.45; }}
  main {{ max-width: none; padding: 0; }} h1 {{ font-size: 19pt; }} h2 {{ margin-top: 3mm; font-size: 12.5pt; }}
  .marks, table, caption, figcaption {{ font-size: 8.5pt; }} th, td {{ padding: .6mm 1.2mm; }}
  .notes {{ margin-top: 3mm; font-size: 7.5pt; line-height: 1.4; }} .notes h2 {{ font-size: 9pt; }} }}
"""


def as_html(briefing: Briefing) -> bytes:
    """The page, in UTF-8; it may load nothing at all (its own content security policy), and every text is text."""
    title = escape(briefing.title.text)
    marks = "".join(f"<span>{escape(mark.text)}</span>" for mark in briefing.marks)
    sections = "".join(
        f"<section><h2>{escape(section.heading)}</h2>{''.join(map(_block, section.blocks))}</section>"
        for section in briefing.sections
    )
    notes = "".join(f"<p>{escape(note.text)}</p>" for note in briefing.notes)
    return (
        '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head><body><main>"
        f'<header><h1>{title}</h1><div class="marks">{marks}</div></header>{sections}'
        f'<footer class="notes"><h2>{NOTES}</h2>{notes}</footer>'
        "</main></body></html>\n"
    ).encode()


def _block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return f"<p>{escape(block.text)}</p>"
    if isinstance(block, Table):
        return _table(block)
    return f'<div class="pictures">{"".join(map(_picture, block.pictures))}</div>'


def _table(table: Table) -> str:
    whole = sum(table.weights)
    widths = "".join(f'<col style="width:{100 * w / whole:.1f}%">' for w in table.weights)
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in table.headings)
    words = ' class="words"'
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td{words if place in table.wordy else ''}>{escape(cell.text)}</td>"
            for place, cell in enumerate(row)
        )
        + "</tr>"
        for row in table.rows
    )
    return (
        f"<table><caption>{escape(table.title.text)}</caption><colgroup>{widths}</colgroup>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _picture(picture: Picture) -> str:
    inside = b64encode(drawn(picture)).decode()
    return (
        f"<figure><figcaption>{escape(picture.title.text)}</figcaption>"
        f'<img src="data:image/png;base64,{inside}" alt="{escape(picture.description.text)}">'
        "</figure>"
    )
