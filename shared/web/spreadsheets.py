"""Tables that people open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from unicodedata import normalize

from fastapi.responses import Response

# By it a spreadsheet reads letters beyond ASCII as they are.
BOM = "\ufeff"


def as_file(name: str, rows: Iterable[Iterable[object]]) -> Response:
    """Return rows as a file for a spreadsheet. Nothing in it is a formula, and no cache keeps it."""
    written = io.StringIO()
    table = csv.writer(written)
    table.writerows([harmless(str(cell)) for cell in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(BOM + written.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def harmless(cell: str) -> str:
    """Keep a spreadsheet from taking what somebody typed for a formula."""
    read = normalize("NFKC", cell).lstrip()  # some read a wide "\uff1d", or one behind a space, alike
    return f"'{cell}" if read.startswith(("=", "+", "-", "@")) or cell.startswith(("\t", "\r")) else cell
