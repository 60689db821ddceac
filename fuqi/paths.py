"""Where the project keeps its files; each place can be moved by an environment variable."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent

CONTRACT = PROJECT / "data" / "contract"
CALENDAR = Path(os.environ.get("FUQI_CALENDAR", PROJECT / "data" / "calendar.toml"))
BOUNDARIES = Path(os.environ.get("FUQI_BOUNDARIES", PROJECT / "data" / "boundaries"))
EXPORTS = PROJECT / "data" / "exports"
MAPPINGS = Path(os.environ.get("FUQI_MAPPINGS", PROJECT / "data" / "mappings"))
PAGES = PROJECT / "pages"
QUERIES = PROJECT / "queries"
SETTINGS = Path(os.environ.get("FUQI_SETTINGS", PROJECT / "data" / "settings.toml"))
TARGETS = Path(os.environ.get("FUQI_TARGETS", PROJECT / "data" / "targets.toml"))
WAREHOUSE = Path(os.environ.get("FUQI_WAREHOUSE", PROJECT / "data" / "warehouse"))
