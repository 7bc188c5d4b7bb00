"""Measure everything and write RESULTS.md: `make bench`, or `python -m benchmarks finding` for one part."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import accepting, auditing, calling_off, desk, draining, finding, guiding, travelling
from benchmarks.machine import described

PARTS = {
    "accepting": accepting,
    "travelling": travelling,
    "draining": draining,
    "finding": finding,
    "auditing": auditing,
    "desk": desk,
    "guiding": guiding,
    "calling_off": calling_off,
}
FILE = Path(__file__).with_name("RESULTS.md")
HEAD = """# Results

Medians of at least three where a floor is beside them; the client, the stand-in for the provider and the
servers share the machine's cores. fsync is on. `make bench` writes the table anew and keeps what is below it.

How much of a machine it was the floor of (a) says: where what is to be reached was set, a route like it gave
1,542 a second with two web processes.

Measured {day} on {machine}.

| measure | found | to compare |
|---|---|---|
"""


def main(wanted: list[str]) -> None:
    rows: list[tuple[str, str, str]] = []
    for name, part in PARTS.items():
        if not wanted or name in wanted:
            rows += part.measure()
            for row in rows[-4:]:
                print(" | ".join(row), flush=True)
    if not wanted:
        table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
        head = HEAD.format(day=datetime.now(UTC).date(), machine=described())
        FILE.write_text(head + table + _below(FILE.read_text()))


def _below(page: str) -> str:
    """What somebody wrote about the figures."""
    _, there, words = page.partition("\n## ")
    return there + words


if __name__ == "__main__":
    main(sys.argv[1:])
