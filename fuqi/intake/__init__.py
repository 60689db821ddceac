"""Intake: the files an upstream system exports become the typed tables of a new release.

file -> sheets (`archives`, `readers`) -> table and header (`recognise`, or a `mapping`) -> typed columns (`values`,
`places`) -> sound rows (`validate`, `agreement`), joined with those stored (`merge`) and with side lists
(`side_lists`) -> parquet files of a staged release (`load`). A row that cannot be used is refused with its reason and
kept word for word in the table `intake_problems` (`problems`); nothing is dropped silently.
"""

from fuqi.intake.archives import ARCHIVES
from fuqi.intake.errors import IntakeError
from fuqi.intake.load import run
from fuqi.intake.outcome import FileOutcome, Outcome
from fuqi.intake.problems import REPORT_CSV, copy_report
from fuqi.intake.propose import propose
from fuqi.intake.readers import READABLE

__all__ = [
    "ARCHIVES",
    "READABLE",
    "REPORT_CSV",
    "FileOutcome",
    "IntakeError",
    "Outcome",
    "copy_report",
    "propose",
    "run",
]
