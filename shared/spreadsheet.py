"""What a spreadsheet wrote, as text and columns. Pure.

A sign that cannot be read with certainty becomes `UNREADABLE`: the row that holds it is then named, and no
name is taken wrongly.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

UNREADABLE = "\ufffd"
DELIMITERS = ",;\t|"
# The first line with which a spreadsheet may say what stands between its fields.
SAYS_DELIMITER = re.compile(rf'"?sep=([{DELIMITERS}])"?[{DELIMITERS}]*\r?\n', re.IGNORECASE)
# What one sign of UTF-8 looks like in Windows-1252: no word has it.
GARBLED = re.compile(r"[\u00c2\u00c3][\u0080-\u00bf]")
GARBLED_BYTES = re.compile(rb"[\xc2\xc3][\x80-\xbf]")


class Sheet:
    """The header and the rows of a CSV file. Iterating raises csv.Error where it cannot be read on."""

    def __init__(self, content: bytes) -> None:
        text = decode(content)
        says = SAYS_DELIMITER.match(text)
        self._lines_before = 1 if says else 0
        text = text[says.end() :] if says else text
        self._reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=says[1] if says else _delimiter(text)
        )

    @property
    def line(self) -> int:
        """The line that was read last, as an editor counts."""
        return self._reader.line_num + self._lines_before

    def header(self) -> list[str]:
        """Return the names of the columns, without those behind the last that has one."""
        names = [name.strip() for name in next(self._reader, [])]
        while names and not names[-1]:
            names.pop()
        return [name or f"(column {number})" for number, name in enumerate(names, 1)]

    def rows(self) -> Iterator[Sequence[str]]:
        """Return the cells of each row, without the empty ones at its end."""
        for row in self._reader:
            cells = [cell.strip() for cell in row]
            while cells and not cells[-1]:
                cells.pop()
            yield cells


def decode(content: bytes) -> str:
    """Return the text of a file in UTF-8 or Windows-1252, or of one with lines in each."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        lines = content.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True)
        return "".join(map(_line, lines))


def is_garbled(text: str) -> bool:
    """Whether text was read in another encoding than it was written in, here or before it came here."""
    return UNREADABLE in text or GARBLED.search(text) is not None


def _line(line: bytes) -> str:
    """Return a line as it was written; where its encoding is not certain, its accents are unreadable.

    A capital with an accent before a closing quote in Windows-1252 is a letter of another script in UTF-8.
    """
    utf8, windows = _read(line, "utf-8"), _read(line, "cp1252")
    if utf8 is not None and _in_windows_too(utf8):
        return utf8
    if utf8 is None and windows is not None and not GARBLED_BYTES.search(line):
        return windows
    return line.decode("ascii", errors="replace")


def _read(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None


def _in_windows_too(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _delimiter(text: str) -> str:
    """Return the separator that the header has most of: Excel writes `;` in Dutch and French, and a tab is
    what stands between cells that were copied."""
    header = text.split("\n", 1)[0]
    return max(",;\t", key=header.count)
