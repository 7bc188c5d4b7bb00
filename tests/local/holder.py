"""Holds embedded servers until its standard input closes: `holder.py DATA [postgres] [valkey] [thread]`."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from local.account import LocalProblem
from local.postgres import Postgres
from local.processes import Server
from local.valkey import Valkey


def main() -> None:
    data, wanted = Path(sys.argv[1]), sys.argv[2:]
    servers: list[Server] = [Postgres(data)] if "postgres" in wanted else []
    servers += [Valkey(data)] if "valkey" in wanted else []

    def start() -> None:
        for server in servers:
            print(server.start(), server.pid, flush=True)

    if "thread" in wanted:
        passing = threading.Thread(target=start)
        passing.start()
        passing.join()
    else:
        start()
    sys.stdin.read()
    for server in servers:
        server.stop()


if __name__ == "__main__":
    try:
        main()
    except LocalProblem as problem:
        sys.exit(str(problem))
