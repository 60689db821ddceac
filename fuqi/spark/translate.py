"""DuckDB's SQL as Spark reads it: sqlglot for the grammar, and here what means something else on the other side.

Both sides give the same values for what the roll-ups use; a test compares them. What has no counterpart below raises
TranslationError or an error of Spark's, never other numbers: that is why a list's entry, a rounding cast or a trimmed
text is written out instead of trusting that the names agree.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

BLANKS = "".join(map(chr, (0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)))
"""What `trim` takes off in DuckDB; Spark's own takes off the plain blank alone."""
WHOLE_NUMBERS = (exp.Ceil, exp.Count, exp.Floor, exp.Hour, exp.IntDiv, exp.Sum)
"""Give integers already: a cast of them does not round."""

STEPS = ("year", "quarter", "month", "week", "day", "hour", "minute", "second")


class TranslationError(ValueError):
    """The SQL holds something that has no counterpart in Spark; the message quotes it."""


class FromDuckDB(DuckDB):
    """Lists keep the places they are asked for: sqlglot moves them by one only where it knows their type."""

    INDEX_OFFSET = 0


@dataclass(frozen=True)
class Translated:
    """A query for Spark, and the tables, views and other queries it reads."""

    sql: str
    reads: tuple[str, ...]


@dataclass(frozen=True)
class Macro:
    params: tuple[str, ...]
    body: exp.Expression


class Translator:
    """Translates queries that are judged at `as_of`.

    `macros` are texts of `create macro` statements, a later one of a name replacing an earlier; they are put in place
    where they are called, for Spark's own functions have to state types that macros leave open. `maps` names the
    columns that are looked up by key: any other lookup in brackets is a place in a list.
    """

    def __init__(
        self, macros: Iterable[str], *, as_of: datetime, maps: Collection[str] = ()
    ) -> None:
        self._macros = dict(_macros(macros))
        self._maps = frozenset(maps)
        self._as_of = f"timestamp_ntz '{as_of.isoformat(sep=' ')}'"

    def query(self, sql: str, columns: Mapping[str, Iterable[str]] | None = None) -> Translated:
        """`columns` gives those of the tables whose `* replace` or `* exclude` has to be written out."""
        tree = _parsed(sql)
        tree = self._without_macros(tree)
        if columns is not None:
            _write_out_stars(tree, columns)
        reads = self._name_tables(tree)
        return Translated(_from_below(tree, self._for_spark).sql("spark", comments=False), reads)

    def _without_macros(self, tree: exp.Expression) -> exp.Expression:
        """Calls of macros as what they stand for; those inside an argument or a body as well."""

        def in_place(node: exp.Expression) -> exp.Expression:
            if not isinstance(node, exp.Anonymous) or isinstance(node.parent, exp.Table):
                return node
            macro = self._macros.get(node.name.lower())
            if macro is None:
                return node
            if len(macro.params) != len(node.expressions):
                raise TranslationError(
                    f"{node.sql()}: {len(node.expressions)} arguments, the macro has {len(macro.params)}"
                )
            given = dict(
                zip(macro.params, map(self._without_macros, node.expressions), strict=True)
            )

            def filled(part: exp.Expression) -> exp.Expression:
                if isinstance(part, exp.Column) and not part.table and part.name in given:
                    return exp.paren(given[part.name].copy())
                return part

            # The body first: an argument may have columns of the same name as another macro's parameter.
            return exp.paren(self._without_macros(macro.body.copy()).transform(filled))

        return tree.transform(in_place)

    def _name_tables(self, tree: exp.Expression) -> tuple[str, ...]:
        """Have calls of queries read as views, and tell what is read."""
        defined = {cte.alias for cte in tree.find_all(exp.CTE)}
        reads = []
        for table in tree.find_all(exp.Table):
            call = table.this
            if isinstance(call, exp.Anonymous):
                for argument in call.expressions:
                    asked = argument.this if isinstance(argument, exp.Cast) else argument
                    if not isinstance(asked, exp.Placeholder) or asked.name != "as_of":
                        raise TranslationError(f"{call.sql()}: only $as_of can be passed on")
                table.set("this", exp.to_identifier(call.name))
            if table.name not in defined:
                reads.append(table.name)
        return tuple(dict.fromkeys(reads))

    def _for_spark(self, node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Anonymous) and node.name.lower() in NAMED:
            return NAMED[node.name.lower()](*node.expressions)
        if isinstance(node, exp.Placeholder):
            if node.name != "as_of":
                raise TranslationError(f"${node.name}: a roll-up knows $as_of alone")
            return sqlglot.parse_one(self._as_of, read="spark")
        if isinstance(node, exp.Bracket):
            return self._entry(node)
        if isinstance(node, exp.TimeToUnix):
            return _seconds(node.this)
        if isinstance(node, exp.Trim) and not node.expression:
            return exp.Trim(
                this=node.this.copy(), expression=exp.Literal.string(BLANKS), position="BOTH"
            )
        if isinstance(node, exp.RegexpReplace):
            return _replaced(node)
        if isinstance(node, exp.PercentileCont):
            return _quantile(node)
        if isinstance(node, exp.TimestampTrunc):
            return _cut_off(node)
        if isinstance(node, exp.Cast) and node.to.this in exp.DataType.INTEGER_TYPES:
            return _rounded(node)
        if isinstance(node, exp.Literal) and not node.is_string and "." in node.name:
            return _double(node.name)
        return node

    def _entry(self, node: exp.Bracket) -> exp.Expression:
        if len(node.expressions) != 1 or isinstance(node.expressions[0], exp.Slice):
            raise TranslationError(f"{node.sql()}: only single entries of a list")
        (place,) = node.expressions
        if node.this.name in self._maps:
            return exp.Anonymous(
                this="try_element_at", expressions=[node.this.copy(), place.copy()]
            )
        # Entry 0 and those behind the end are null in DuckDB; `get` counts from 0 and gives null outside.
        return exp.Anonymous(
            this="get",
            expressions=[
                node.this.copy(),
                exp.cast(
                    exp.Sub(this=exp.paren(place.copy()), expression=exp.Literal.number(1)), "int"
                ),
            ],
        )


def _from_below(
    tree: exp.Expression, change: Callable[[exp.Expression], exp.Expression]
) -> exp.Expression:
    """The tree with every part changed after the parts it is made of; what a change puts in is not changed again."""
    for part in reversed(list(tree.dfs())):
        changed = change(part)
        if changed is not part:
            tree = changed if part is tree else tree
            part.replace(changed)
    return tree


def _parsed(sql: str) -> exp.Expression:
    try:
        return sqlglot.parse_one(sql, read=FromDuckDB)
    except sqlglot.errors.SqlglotError as error:
        raise TranslationError(f"sqlglot cannot read it - {error}") from error


def _macros(texts: Iterable[str]) -> Iterable[tuple[str, Macro]]:
    for text in texts:
        for created in sqlglot.parse(text, read=FromDuckDB):
            if not isinstance(created, exp.Create) or created.kind != "MACRO":
                continue
            head = created.this
            params = tuple(param.name for param in head.expressions)
            yield head.this.name.lower(), Macro(params, created.expression)


def _write_out_stars(tree: exp.Expression, columns: Mapping[str, Iterable[str]]) -> None:
    """`* replace (…)` and `* exclude (…)` of a query over one table as its columns."""
    for select in tree.find_all(exp.Select):
        table = select.find(exp.Table)
        if table is None or table.name not in columns:
            continue
        shown: list[exp.Expression] = []
        for item in select.expressions:
            if not isinstance(item, exp.Star):
                shown.append(item)
                continue
            replaced = {each.alias: each for each in item.args.get("replace") or ()}
            left_out = {each.name for each in item.args.get("except_") or ()}
            shown += [
                replaced.get(name) or exp.column(name, quoted=True)
                for name in columns[table.name]
                if name not in left_out
            ]
        select.set("expressions", shown)


def _microseconds(moment: exp.Expression) -> exp.Expression:
    """Since 1970; Spark has them for moments with a time zone only, which is UTC in our sessions."""
    zoned = exp.cast(moment.copy(), exp.DataType.Type.TIMESTAMPLTZ)
    return exp.Anonymous(this="unix_micros", expressions=[zoned])


def _seconds(length: exp.Expression) -> exp.Expression:
    """`epoch(later - earlier)`, the one form the queries have; DuckDB adds up days and the rest, each in seconds."""
    length = length.unnest()
    if not isinstance(length, exp.Sub):
        raise TranslationError(f"epoch({length.sql()}): only of the difference of two moments")
    passed = exp.Sub(this=_microseconds(length.this), expression=_microseconds(length.expression))
    written_out = sqlglot.parse_one(
        "((passed div 86400000000) * 86400 + (passed % 86400000000) / 1e6)", read="spark"
    )
    return written_out.transform(
        lambda part: exp.paren(passed.copy()) if isinstance(part, exp.Column) else part
    )


def _length(microseconds: exp.Expression) -> exp.Expression:
    one = exp.Interval(this=exp.Literal.string("1"), unit=exp.var("microsecond"))
    return exp.paren(exp.Mul(this=exp.paren(microseconds.copy()), expression=one))


def _double(text: str) -> exp.Expression:
    return exp.cast(exp.Literal.number(text), "double")


def _replaced(node: exp.RegexpReplace) -> exp.Expression:
    r"""Java writes a group as $1, and replaces every match; DuckDB writes it \1, and does so when told 'g'."""
    by, modifiers = node.args["replacement"], node.args.get("modifiers")
    if not isinstance(by, exp.Literal) or modifiers is None or modifiers.name != "g":
        raise TranslationError(f"{node.sql()}: only constant replacements of every match")
    java = re.sub(r"\\([0-9])", r"$\1", by.name.replace("$", r"\$"))
    return exp.Anonymous(
        this="regexp_replace",
        expressions=[node.this.copy(), node.expression.copy(), exp.Literal.string(java)],
    )


def _quantile(node: exp.PercentileCont) -> exp.Expression:
    """Spark's function of DuckDB's name wants its column in `within group`; this one is the same."""
    return exp.Anonymous(this="percentile", expressions=[node.this.copy(), node.expression.copy()])


def _cut_off(node: exp.TimestampTrunc) -> exp.Expression:
    """`date_trunc`, whose step may be a column: sqlglot takes its name for a step."""
    unit = node.args["unit"]
    if isinstance(unit, exp.Var):
        step = unit.name.lower()
        unit = exp.Literal.string(step) if step in STEPS else exp.column(step)
    moment = exp.cast(node.this.copy(), exp.DataType.Type.TIMESTAMPNTZ)
    return exp.Anonymous(this="date_trunc", expressions=[unit.copy(), moment])


def _rounded(node: exp.Cast) -> exp.Expression:
    """A number cast to an integer is rounded half to even in DuckDB and cut off in Spark."""
    value = node.this.unnest()
    if isinstance(value, (*WHOLE_NUMBERS, exp.Literal)):
        return node
    rounded = exp.Anonymous(this="rint", expressions=[node.this.copy()])
    return exp.Cast(this=rounded, to=node.to.copy())


NAMED: Mapping[str, Callable[..., exp.Expression]] = {
    "epoch_us": _microseconds,
    "to_microseconds": _length,
}
