"""Tables that people open in a spreadsheet."""

from __future__ import annotations

from unicodedata import normalize


def harmless(cell: object) -> object:
    """Keep a spreadsheet from taking what somebody typed for a formula; a number stays one."""
    if not isinstance(cell, str):
        return cell
    read = normalize("NFKC", cell).lstrip()  # some read a wide "\uff1d", or one behind a space, alike
    return f"'{cell}" if read.startswith(("=", "+", "-", "@")) or cell.startswith(("\t", "\r")) else cell
