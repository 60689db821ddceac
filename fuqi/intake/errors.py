"""Errors of the intake, worded in Chinese for the people who keep the data."""

from pathlib import Path

from fuqi.store.manifest import FileOutcome


class IntakeError(Exception):
    """The load was given up and nothing was published; the release in use stays.

    `report` is the folder that holds the problem report, None when the load did not get that far; `files`
    says what was found in each file until then.
    """

    report: Path | None = None
    files: tuple[FileOutcome, ...] = ()


class UnfitMappingError(Exception):
    """A mapping does not fit a sheet; the sheet is reported and the others go on."""


class UnreadableFileError(Exception):
    """One file cannot be read; it is reported and the other files go on."""
