"""A small supervised system: `household.py DATA PORT [MANNER]` serves one page beside a database.

The worker's manner is `broken` (ends at once), `deaf` (does not stop when asked), or good. With `elsewhere`
the kernel tells nobody of a parent's death, as on systems other than Linux. With `watched` the page is asked
whether it answers, and is gone after half a second of silence. With `hurried` it is told to stop at a fork.
"""

from __future__ import annotations

import http.server
import os
import signal
import socket
import sys
import time
from functools import partial
from pathlib import Path

from local import children, processes, pulse
from local.account import LocalProblem
from local.ports import listen
from local.postgres import Postgres
from local.supervisor import Supervisor, say


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(os.getpid()).encode())


def serve(listener: socket.socket) -> int:
    server = http.server.HTTPServer(("127.0.0.1", 0), Page, bind_and_activate=False)
    server.socket = listener
    server.serve_forever()
    return 0


def work(manner: str) -> int:
    if manner == "broken":
        sys.exit("the worker has no broker")
    if manner == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(60)


def main(data: Path, port: int, manner: str = "good") -> None:
    with Supervisor(data, say) as supervisor:
        if manner == "elsewhere":
            supervisor.family.pipe = os.pipe()
            vars(children)["die_with_parent"] = lambda *_: None
            vars(processes)["_guard_pipe"] = os.pipe
        listener = listen("127.0.0.1", port)
        supervisor.start_servers([Postgres(data)])
        if manner == "watched":
            pulse.SILENT_SECONDS = 0.5
        if manner == "hurried":
            os.register_at_fork(after_in_parent=partial(os.kill, os.getpid(), signal.SIGTERM))
        address = {"web": f"http://127.0.0.1:{port}/"} if manner == "watched" else {}
        supervisor.start_children({"web": partial(serve, listener), "worker": partial(work, manner)}, address)
        supervisor.wait_ready([f"http://127.0.0.1:{port}/"])
        say("ready")
        supervisor.watch()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
    except LocalProblem as problem:
        sys.exit(str(problem))
