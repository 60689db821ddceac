"""What tables show of personal values: the contract says which columns hold any, and of what kind."""

from fuqi.contract import Contract
from fuqi.store import names
from fuqi.store.narrowing import literals


def masked_columns(contract: Contract, table: str, named: str) -> str:
    """What a table shows: everything, with personal values masked, and names hidden where `named` does not hold."""
    if table == "intake_problems":
        # The original rows are for the data keeper's report file; they hold names in the clear.
        return f"* exclude (record) replace ({_masked_problem(contract)} as value)"
    columns = contract[table].columns if table in contract.names else ()
    own = next((c.name for c in columns if c.personal == "name"), "null")
    cadre = next((c.name for c in columns if c.references == names.REGISTERED), "null")
    masked = [
        f"{_masked(c.name, c.personal, named, own, cadre)} as {c.name}"
        for c in columns
        if c.personal
    ]
    return f"* replace ({', '.join(masked)})" if masked else "*"


def _masked(column: str, kind: str, named: str, own: str, cadre: str) -> str:
    value = f"mask_{kind}({column})"
    if kind == "text":
        return f"{names.FUNCTION}({value}, {own}, {cadre})"
    return (
        value
        if named == "true" or kind != "name"
        else f"case when {named} then {value} else '**' end"
    )


def _masked_problem(contract: Contract) -> str:
    """The value that a problem is about, masked as its column is; a problem may be about several columns."""
    cases, text = [], f"{names.FUNCTION}(mask_text(value), null, null)"
    for table in contract.tables:
        for kind in ("name", "phone"):
            headers = [h for c in table.columns if c.personal == kind for h in c.headers]
            if headers:
                cases.append(
                    f"when table_name = {literals([table.name])} "
                    f"and list_has_any(string_split(column_title, '、'), [{literals(headers)}]) "
                    f"then mask_{kind}(value)"
                )
    return f"case {' '.join(cases)} else {text} end" if cases else text
