"""Every foreseen way mlgate can stop, and the exit code a workflow sees.

| code | meaning                                                       |
|-----:|---------------------------------------------------------------|
|    0 | the gate says yes                                             |
|    1 | the gate says no (a verdict, never an exception)              |
|    2 | ``ConfigError``: configuration or usage                       |
|    3 | ``SourceError``: no evidence, a source is missing or unreadable |
|    4 | ``PublishError``: a forge refused what we sent                |
|   70 | our bug                                                       |
|  130 | interrupted (Ctrl-C)                                          |
|  141 | the reader of the output is gone (a closed pipe)              |
"""

from __future__ import annotations

from typing import ClassVar


class MlgateError(Exception):
    """A foreseen failure; ``what`` names file and place, ``hint`` says what to change."""

    exit_code: ClassVar[int]

    def __init__(self, what: str, *, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class ConfigError(MlgateError):
    """The workflow, the command line or ``mlgate.yml`` asks for something impossible."""

    exit_code = 2


class SourceError(MlgateError):
    """A metric, data or model file, or a commit, is missing or cannot be read."""

    exit_code = 3


class PublishError(MlgateError):
    """A forge refused what we sent; it never changes the verdict."""

    exit_code = 4
