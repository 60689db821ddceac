"""Registers for a trial load of another city's export: its areas are taken as they are named in the rows."""

import duckdb

from fuqi.contract.model import Contract, Table

LABEL = "外地试用数据"
"""What a release says of such an export when its source gives no label of its own."""

CODE = "'F' || lpad(cast(row_number() over () as varchar), 6, '0')"
REGISTERS = {
    "subdistricts": {
        "names": ("subdistrict_name",),
        "made": {"subdistrict_code": CODE, "short_name": "subdistrict_name"},
    },
    "communities": {
        "names": ("community_name", "subdistrict_name"),
        "made": {"community_code": CODE},
    },
}


def build_registers(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    tables: list[Table],
    missing: dict[str, str | None],
) -> dict[str, int]:
    """Make the area registers in `missing` from the names in `loaded_<table>`, as `sound_<register>`.

    Gives the rows of each register made. `missing` maps a table that no export holds to the relation that an
    earlier trial built, whose names stay known. A register out of an export is not in it and judges the rows like
    any others.
    """
    made = {}
    for register, recipe in REGISTERS.items():
        names = recipe["names"]
        named = [t for t in tables if set(names) <= {c.name for c in t.columns}]
        if register not in missing or not named:
            continue
        filled = " and ".join(f"{name} is not null" for name in names)
        relations = [f"loaded_{t.name}" for t in named]
        if missing[register] is not None:
            relations.append(missing[register])
        seen = " union ".join(
            f"select distinct {', '.join(names)} from {relation} where {filled}"
            for relation in relations
        )
        columns = ", ".join(
            f"cast({recipe['made'].get(c.name, c.name if c.name in names else 'null')} as {c.sql_type}) as {c.name}"
            for c in contract[register].columns
        )
        connection.execute(
            f"create table built_{register} as with seen as ({seen}), "
            f"numbered as (select * from seen order by all) select {columns} from numbered"
        )
        connection.execute(f"create view sound_{register} as from built_{register}")
        ((made[register],),) = connection.execute(
            f"select count(*) from built_{register}"
        ).fetchall()
    return made
