"""A mapping proposed for an export: what headers and values tell, and what a person has to decide."""

from pathlib import Path

import duckdb
import pyarrow as pa

from fuqi import contract as contract_package
from fuqi.contract.model import Column, Contract, Table
from fuqi.intake import places, readers, values
from fuqi.intake.errors import IntakeError, UnreadableFileError
from fuqi.intake.recognise import Recognised, header_candidates, recognise

DATE_FORMATS = (
    "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y",
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y",
    "%d-%b-%Y %H:%M:%S", "%d-%b-%Y", "%b %d, %Y",
)  # fmt: skip
"""Formats that the intake does not read by itself; every one that fits all values of a column is proposed."""

MOST_LIKELY = "appeals"
"""The table a foreign export becomes unless its headers or the person say otherwise."""

MOST_VALUES = 12
"""Up to so many different values a column is a list of choices, and worth a [values] section."""
KEY_WORDS = ("编号", "单号", "号码", "id", "key", "number", "no")


def propose(file: Path, table: str | None = None) -> str:
    """A mapping file for the sheet of `file` that has the most headers, as TOML with comments.

    `table` settles the table of the contract. Raises IntakeError when the file cannot be read, has no header
    row, or there is no such table.
    """
    contract = contract_package.load()
    if table is not None and table not in contract.names:
        raise IntakeError(f"没有表 {table}；可用：{'、'.join(contract.names)}。")
    if not file.is_file() or file.suffix.lower() not in readers.READABLE:
        raise IntakeError(f"{file} 不是可读的表格文件；可读：{'、'.join(readers.READABLE)}。")
    try:
        found = [
            (sheet, *max(candidates, key=_headerlike))
            for sheet in readers.read(file)
            if (candidates := header_candidates(sheet.head))
        ]
        if found:
            # A cover sheet has few cells in a row; of two tables alike the first is meant.
            sheet, header_end, cells = max(found, key=lambda f: _headerlike(f[1:])[0])
            return _Proposal(file, contract, table, sheet, header_end, cells).text()
    except UnreadableFileError as error:
        raise IntakeError(f"{file.name}：{error}") from error
    raise IntakeError(f"{file.name} 里没有表头；请核对文件。")


def _headerlike(candidate: tuple[int, list[str]]) -> tuple[int, int]:
    """The fullest row is the header, of several the first."""
    header_end, cells = candidate
    return len({cell.strip() for cell in cells if cell.strip()}), -header_end


class _Proposal:
    def __init__(
        self,
        file: Path,
        contract: Contract,
        table: str | None,
        sheet: readers.Sheet,
        header_end: int,
        cells: list[str],
    ) -> None:
        found = recognise(sheet.head, contract, table)
        is_unlike = found is not None and len(found.missing) > len(_required(found.table)) / 2
        if table is None and is_unlike:
            found = recognise(sheet.head, contract, MOST_LIKELY)
        if found is not None:
            header_end, cells = found.header_end, list(found.headers)
        self.file = file
        self.found = found
        self.table = found.table if found else contract[table or MOST_LIKELY]
        self.is_guessed = table is None and (found is None or is_unlike)
        self.headers = [cell.strip() for cell in cells]
        self.body = pa.concat_tables(sheet.body(header_end), promote_options="default")
        self.raws = {
            header: f"c{position}"
            for position, header in reversed(list(enumerate(self.headers)))
            if header and f"c{position}" in self.body.column_names
        }

    def text(self) -> str:
        columns = self._columns(self.found)
        used = set(columns.values())
        moments = {h: self._formats(h) for h in self.headers if h in self.raws}
        formats = self._declared_formats(
            {h: f for h, f in moments.items() if h in used or not used}, columns
        )
        lines = [
            f"# Proposed for {self.file.name}.",
            "# Read every line: a proposal knows headers and values, not what they mean.",
            f"name = {_toml(self.file.stem)}",
            f"table = {_toml(self.table.name)}"
            + (
                "   # a guess: too few headers are known; --table settles it"
                if self.is_guessed
                else ""
            ),
            f"pattern = {_toml('*' + self.file.suffix)}   # narrow it to the names of such exports",
        ]
        lines += self._datum(columns)
        lines += formats
        lines += [
            '# time_zone = "America/New_York"   # where the clock stood, if not Asia/Shanghai',
            '# areas = "foreign"                # for another city\'s export, loaded for trial',
            "",
            "[columns]",
        ]
        for column in self.table.columns:
            lines += self._column(column, columns)
        unused = [h for h in self.headers if h in self.raws and h not in used]
        if unused:
            lines += ["", "# Headers that nothing takes yet, with values seen:"]
            lines += [f"# {_toml(h)}: {self._seen(h)}{self._nature(h, moments)}" for h in unused]
        lines += self._value_sections(columns)
        return "\n".join(lines) + "\n"

    def _columns(self, found: Recognised | None) -> dict[str, str]:
        return {name: header.text for name, header in found.columns.items()} if found else {}

    def _column(self, column: Column, columns: dict[str, str]) -> list[str]:
        comment = f"   # {column.title}, {column.type}"
        if column.name in columns:
            return [f"{column.name} = {_toml(columns[column.name])}{comment}"]
        if not column.required:
            return []
        likely = self._likely_headers(column)
        return [
            f'# OPEN: "{self.table.title}" cannot do without {column.name} ({column.title}, {column.type}).'
            + (f" It may be: {', '.join(map(_toml, likely))}." if likely else "")
            + " Name a header, or state a value under [constants].",
            f'# {column.name} = "…"',
        ]

    def _likely_headers(self, column: Column) -> list[str]:
        free = [h for h in self.headers if h in self.raws]
        if column.type in ("date", "timestamp"):
            return [h for h in free if self._formats(h) is not None]
        if column.name in self.table.key:
            unique = [h for h in free if self._is_unique(h)]
            named = [h for h in unique if h.lower().endswith(KEY_WORDS)]
            return named or unique[:3]
        return []

    def _formats(self, header: str) -> tuple[str, ...] | None:
        """Formats that read every value of a column: () when the intake does by itself, None when none does."""
        raw = self._texts(header)
        read = values.moment(values.half_width("raw"))
        tests = {"": read} | {f: f"try_strptime(trim(raw), '{f}')" for f in DATE_FORMATS}
        counts = ", ".join(f"count({test})" for test in tests.values())
        with duckdb.connect() as connection:
            connection.register("cells", raw)
            filled, numbers, *fitting = connection.execute(
                f"select count(*), count(try_cast(raw as double)), {counts} from cells "
                f"where not {values.says_nothing('raw')}"
            ).fetchall()[0]
        if not filled:
            return None
        fits = [f for f, count in zip(tests, fitting, strict=True) if count == filled]
        # A column of plain numbers is no column of spreadsheet days or compact dates, unless it is called one.
        if numbers == filled and not any(
            mark in header for mark in ("时间", "日期", "time", "date")
        ):
            return None
        if "" in fits:
            return ()
        return tuple(fits) or None

    def _declared_formats(
        self, moments: dict[str, tuple[str, ...] | None], columns: dict[str, str]
    ) -> list[str]:
        needed = [formats for formats in moments.values() if formats]
        if not needed:
            needed = [f for h in self.headers if h in self.raws if (f := self._formats(h))]
        if not needed:
            return []
        chosen, lines = [], []
        # Day and month may change places in one column and not in another: what fits all of them decides.
        common = [f for f in needed[0] if all(f in formats for formats in needed)]
        for formats in [common] if common else needed:
            chosen += [f for f in formats[:1] if f not in chosen]
            if len(formats) > 1:
                others = ", ".join(map(_toml, formats[1:]))
                lines.append(f"# OPEN: the dates fit these formats as well: {others}")
        return [*lines, f"date_formats = [{', '.join(map(_toml, chosen))}]"]

    def _datum(self, columns: dict[str, str]) -> list[str]:
        pairs = places.position_pairs(self.table)
        for longitude, latitude in pairs:
            if longitude.name not in columns or latitude.name not in columns:
                continue
            xs, ys = self._range(columns[longitude.name]), self._range(columns[latitude.name])
            if xs is None or ys is None:
                continue
            west, east, south, north = places.FUTIAN_IN_BAIDU_METRES
            if west <= xs[0] and xs[1] <= east and south <= ys[0] and ys[1] <= north:
                return [f"datum = {_toml(places.BAIDU_METRES)}   # by the range of the values"]
            return [
                "# OPEN: degrees do not show their datum; ask upstream. "
                f"Without it: {longitude.datum}.",
                f'# datum = "GCJ-02"   # or one of {", ".join(places.EXPORT_DATUMS)}',
            ]
        metres = [h for h in self.raws if self._are_metres(h)]
        if metres and pairs:
            names = ", ".join(map(_toml, metres))
            return [
                f"# {names}: in the range of Baidu's metres in Futian; map them as longitude and latitude.",
                f"# datum = {_toml(places.BAIDU_METRES)}",
            ]
        return []

    def _are_metres(self, header: str) -> bool:
        west, east, south, north = places.FUTIAN_IN_BAIDU_METRES
        found = self._range(header)
        return found is not None and (
            (west <= found[0] and found[1] <= east) or (south <= found[0] and found[1] <= north)
        )

    def _value_sections(self, columns: dict[str, str]) -> list[str]:
        lines = []
        for name, header in columns.items():
            column = self.table.column(name)
            if not column.allowed or header not in self.raws:
                continue
            seen = self._distinct(header)
            strange = [value for value in seen if value not in column.allowed]
            if not strange or len(seen) > MOST_VALUES:
                continue
            lines += ["", f"[values.{name}]   # {column.title}: {'、'.join(column.allowed)}"]
            lines += [f'# OPEN: {_toml(value)} = "…"' for value in strange]
        return lines

    def _nature(self, header: str, moments: dict[str, tuple[str, ...] | None]) -> str:
        formats = moments.get(header)
        if formats is None:
            return ""
        return f"   (dates{', ' + formats[0] if formats else ''})"

    def _texts(self, header: str) -> pa.Table:
        column = self.body[self.raws[header]]
        if not pa.types.is_string(column.type):
            column = column.cast(pa.string())
        return pa.table({"raw": column})

    def _ask(self, header: str, query: str) -> list[tuple]:
        with duckdb.connect() as connection:
            connection.register("cells", self._texts(header))
            return connection.execute(query).fetchall()

    def _range(self, header: str) -> tuple[float, float] | None:
        ((least, most),) = self._ask(
            header, "select min(try_cast(raw as double)), max(try_cast(raw as double)) from cells"
        )
        return None if least is None else (least, most)

    def _is_unique(self, header: str) -> bool:
        ((is_unique,),) = self._ask(
            header, "select count(*) > 0 and count(distinct raw) = count(*) from cells"
        )
        return is_unique

    def _distinct(self, header: str) -> list[str]:
        rows = self._ask(
            header,
            "select trim(raw) from cells where trim(raw) <> '' group by 1 order by count(*) desc, 1 "
            f"limit {MOST_VALUES + 1}",
        )
        return [value for (value,) in rows]

    def _seen(self, header: str) -> str:
        seen = self._distinct(header)
        if not seen:
            return "nothing"
        shown = ", ".join(_shortened(value) for value in seen[:3])
        return f"{shown}{', …' if len(seen) > 3 else ''}"


def _required(table: Table) -> list[Column]:
    return [column for column in table.columns if column.required]


def _shortened(value: str) -> str:
    text = " ".join(value.split())
    return text if len(text) <= 24 else text[:24] + "…"


def _toml(text: str) -> str:
    """A TOML string; control characters escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'
