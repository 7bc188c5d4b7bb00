"""Pages in a real browser, from a real web server in this process."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, Playwright, ViewportSize, sync_playwright

from shared.runtime import Runtime
from tests.browser.visitor import Visitor
from tests.kit.webs import web

WHOLE = ("chromium", "chromium-browser", "google-chrome")
# The shell first: the same browser without windows of its own, of which each page costs a second.
NAMES = ("chromium-headless-shell", *WHOLE)
# What is not under test, and costs: a window's own pages, offers to translate, plain http made https. Of
# several such arguments only the last counts, so those that Playwright gives stand here too.
WITHOUT = (
    "PreloadTopChromeWebUI",
    "Translate",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
)
# Nothing but the pages under test: no first-run pages, no calls home.
ARGUMENTS = [
    f"--disable-features={','.join(WITHOUT)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 320, "height": 640}


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    yield from _browser(playwright, NAMES)


@pytest.fixture(scope="package")
def forgetting(playwright: Playwright) -> Iterator[Browser]:
    """A browser as people have it, which loads a page anew for the Back key."""
    yield from _browser(playwright, WHOLE)


@pytest.fixture(scope="package")
def remembering(playwright: Playwright) -> Iterator[Browser]:
    """A browser that keeps pages in memory for the Back key, as those of people do."""
    yield from _browser(playwright, WHOLE, ignore_default_args=["--disable-back-forward-cache"])


def _browser(playwright: Playwright, names: Sequence[str], **options: Any) -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip(f"Chromium is not installed here (apt install {names[0]})")
    browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS, **options)
    yield browser
    browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """An empty tab of a Dutch browser."""
    yield from _tab(chromium)


@pytest.fixture
def page_without_javascript(chromium: Browser) -> Iterator[Page]:
    yield from _tab(chromium, java_script_enabled=False)


def _tab(chromium: Browser, **options: Any) -> Iterator[Page]:
    context = chromium.new_context(viewport=WIDE, locale="nl-NL", **options)
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def site(chromium: Browser, runtime_for: Callable[[str], Runtime]) -> Iterator[Callable[[str], str]]:
    """The address at which a service answers. Asking again gives the same one."""
    running: dict[str, tuple[str, uvicorn.Server, threading.Thread]] = {}

    with ExitStack() as lent:

        def serve(service: str) -> str:
            if service not in running:
                running[service] = _start(lent.enter_context(web(runtime_for(service))))
            return running[service][0]

        yield serve
        for _, server, _ in running.values():
            server.should_exit = True
        for _, _, thread in running.values():
            thread.join(10)


@pytest.fixture
def visitor(page: Page, site: Callable[[str], str], runtime_for: Callable[[str], Runtime]) -> Visitor:
    return Visitor(page, site, runtime_for)


def _start(app: object) -> tuple[str, uvicorn.Server, threading.Thread]:
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=2)  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    until = time.monotonic() + 10
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    return f"http://127.0.0.1:{listening.getsockname()[1]}", server, thread
