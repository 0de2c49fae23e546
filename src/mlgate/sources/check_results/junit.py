"""JUnit XML of pytest and of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from mlgate.errors import SourceError

if TYPE_CHECKING:
    from mlgate.sources.check_results.building import Outcome, Results

_OUTCOMES: Final[tuple[tuple[str, Outcome], ...]] = (
    ("error", "error"),
    ("failure", "fail"),
    ("skipped", "skipped"),
)
_ROOTS: Final = {"testsuites", "testsuite"}


def is_junit(raw: bytes) -> bool:
    """Tell whether the file is XML."""
    return raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


def read_junit(raw: bytes, results: Results) -> None:
    """Add one result per test case; messages may quote data and are left out.

    Raises:
        SourceError: it is no JUnit XML, or one of deepchecks, which calls failures passes.
    """
    root = _parsed(raw, results.origin)
    for case in root.iter("testcase"):
        name = ".".join(filter(None, (case.get("classname"), case.get("name")))) or "case"
        if name.startswith("deepchecks."):
            raise SourceError(
                f"{results.origin}: the JUnit XML of deepchecks calls failed conditions passes",
                hint="write `result.to_json(with_display=False)` instead",
            )
        found = next(((tag, o) for tag, o in _OUTCOMES if case.find(tag) is not None), None)
        tag, outcome = found or ("", "pass")
        told = {"": "Passed.", "error": "In error.", "failure": "Failed."}.get(tag, "Skipped.")
        results.add(name, outcome, told, value=None)


def _parsed(raw: bytes, origin: str) -> ET.Element:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise SourceError(f"{origin}: it is not UTF-8") from exc
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise SourceError(f"{origin}: it declares a document type, which results need not")
    try:
        root = ET.fromstring(text)  # noqa: S314 - without a document type there are no entities
    except (ET.ParseError, ValueError) as exc:
        raise SourceError(f"{origin}: not XML: {exc}", hint="was it cut short?") from exc
    if root.tag not in _ROOTS:
        raise SourceError(f"{origin}: <{root.tag[:60]}> is not the root of JUnit XML")
    return root
