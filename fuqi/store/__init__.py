"""The store: releases on disk, and the queries that read one of them."""

from fuqi.store.database import Database
from fuqi.store.lock import BusyError
from fuqi.store.parameters import parameters
from fuqi.store.queries import Kpi, Query, QueryError, kpis
from fuqi.store.queries import load as load_queries
from fuqi.store.releases import Manifest, Release, ReleaseError, TableEntry, Warehouse

__all__ = [
    "BusyError",
    "Database",
    "Kpi",
    "Manifest",
    "Query",
    "QueryError",
    "Release",
    "ReleaseError",
    "TableEntry",
    "Warehouse",
    "kpis",
    "load_queries",
    "parameters",
]
