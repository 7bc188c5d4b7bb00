"""`again.py LIST` runs each test of pytest's list of failures once more, alone, and says which pass then.

Ends with 0 where all of them do. A file that could not even be read is no test and is not tried again; nor
are failures by the dozen, which no bad luck explains.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

MOST = 12


def main(failures: Path) -> int:
    names = list(json.loads(failures.read_text())) if failures.exists() else []
    if not names or len(names) > MOST or not all("::" in name for name in names):
        return 1
    passed = {name: passes_alone(name) for name in names}
    for name, did in passed.items():
        print(f"flaky: {name}" if did else f"failed again: {name}")
    return 0 if all(passed.values()) else 1


def passes_alone(name: str) -> bool:
    """Being skipped is not passing."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", without_group(name)], stdout=subprocess.PIPE, text=True, check=False
    )
    print(done.stdout, flush=True)
    closing = done.stdout.rstrip().rpartition("\n")[2]
    return done.returncode == 0 and re.search(r"\b[1-9]\d* passed\b", closing) is not None


def without_group(name: str) -> str:
    """Return a test's own name: where several processes run tests, that of its group follows an `@`."""
    at = name.rfind("@")
    return name[:at] if at > name.rfind("]") else name


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
