"""Errors of the intake, worded in Chinese for the people who keep the data."""


class IntakeError(Exception):
    """The load was given up and nothing was published; the release in use stays."""


class UnreadableFileError(Exception):
    """One file cannot be read; it is reported and the other files go on."""
