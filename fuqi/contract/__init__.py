"""The data contract: what each table holds, read from `data/contract/*.toml`.

Intake, its messages, the demo generator and the tables of `data/README.md` all come from here.
"""

from fuqi.contract.model import Access, Check, Column, Contract, ContractError, Table, load

__all__ = ["Access", "Check", "Column", "Contract", "ContractError", "Table", "load"]
