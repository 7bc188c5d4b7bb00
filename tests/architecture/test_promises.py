"""Promises about how the house is built, held by tests rather than by good intentions."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from string import Formatter
from types import ModuleType
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, text
from sqlalchemy import inspect as inspector

from shared import po
from shared.database.common import COMMON
from shared.database.migrate import VERSION_TABLES
from shared.events import intake, notify, referral
from shared.events.catalogue import PAYLOADS
from shared.events.payloads import Payload
from shared.events.services import SERVICES
from shared.languages import FOR_PAGES
from shared.messaging.broker import CONSUME, PURPOSES, RECORD_RECEIPTS, queue_name, queues
from shared.messaging.worker import prepare
from shared.runtime import Runtime
from shared.web.problems import PROGRAMS
from tests.kit.routes import accesses, routes, service_named

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for folder in ("services", "shared", "local")
    for path in (ROOT / folder).rglob("*.py")
    if path.name != "__init__.py"
)
TEMPLATES = sorted(
    path for folder in ("services", "shared", "local") for path in (ROOT / folder).rglob("*.html")
)
TEXTS = sorted({path.parent for path in ROOT.glob("s*/**/texts/**/nl.po")})
# Columns that only the version before still writes: emptied now, dropped by the next version.
LEAVING: dict[str, list[tuple[str, str]]] = {
    "intake": [("advice_requests", "phone_index"), ("staff_sessions", "in_a_call_at")]
}
# Tables that only the version before still writes, of every service and of one.
LEAVING_EVERYWHERE = {"desk_sessions"}
LEAVING_TABLES: dict[str, set[str]] = {"intake": {"guidance_editions", "guidance_pages"}}


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_says_once_who_may_use_it(runtime_for: Callable[[str], Runtime], service: str) -> None:
    found = list(routes(runtime_for, service))
    assert len(found) > 8
    undeclared = [route.path for route in found if len(accesses(route.dependant)) != 1]
    assert undeclared == []


# Forms that need no token: nobody else's browser can be made to send what they ask for.
KNOWN_TO_THE_SENDER = {
    "/status": "a reference and its return code",
    "/status/withdrawal": "a reference and its return code",
    "/status/consent": "a reference and its return code",
    "/desk/sign-in": "a password and a code",
    "/desk/passkey": "what only a passkey answers, and in the browser that was asked",
    "/desk/passkey/options": "nothing: it changes nothing, and hands out what to sign",
    "/desk/oidc": "nothing: it leads to the organisation's own page",
    "/status/messages": "a reference and its return code",
    "/r/{token}": "the link in the mail",
    "/confirm/{token}": "the link in the mail",
    "/unsubscribe/{token}": "the link in the head of the mail",
    "/twilio/inbound": "Twilio's signature",
    "/twilio/status/{attempt}": "Twilio's signature",
}


@pytest.mark.parametrize("service", SERVICES)
def test_every_form_of_a_page_proves_that_it_came_from_our_page(
    runtime_for: Callable[[str], Runtime], service: str
) -> None:
    programs = (*PROGRAMS, *(path for room in service_named(service).rooms for path in room.programs))
    forms = [
        route
        for route in routes(runtime_for, service)
        if "POST" in route.methods and not route.path.startswith(programs)
    ]
    assert forms or service == "notify"
    asking = re.compile(r"\b(forms\.(is_ours|check)|check_form)\(")
    trusting = {route.path for route in forms if not asking.search(inspect.getsource(route.endpoint))}
    assert trusting - KNOWN_TO_THE_SENDER.keys() == set()


@pytest.mark.parametrize("service", SERVICES)
def test_what_services_ask_each_other_is_closed_to_everybody_else(
    client_for: Callable[[str], Any], service: str, make_key: Callable[..., dict[str, str]]
) -> None:
    client = client_for(service)
    asked = ("advice-requests", "contact-points", "askers", "offers")
    for path in (f"/internal/{what}" for what in asked):
        for headers in ({}, make_key(service, "operator")):
            assert client.post(path, json={"ids": []}, headers=headers).status_code in (401, 404)


@pytest.mark.parametrize("service", SERVICES)
def test_every_queue_is_consumed_and_every_task_is_known_where_it_lands(
    runtime_for: Callable[[str], Runtime], service: str
) -> None:
    app = prepare(runtime_for(service), service_named(service).wiring)
    assert {queue.name for queue in queues(service, "redis://")} == {
        queue_name(service, purpose) for purpose in PURPOSES
    }
    wanted = {CONSUME, RECORD_RECEIPTS, *(due.name for due in service_named(service).wiring.due)}
    assert wanted <= set(app.tasks)
    assert {due.name.split(".")[0] for due in service_named(service).wiring.due} <= {service}


@pytest.mark.parametrize("module", [intake, notify, referral], ids=lambda module: module.__name__)
def test_every_payload_that_a_service_can_announce_is_in_the_catalogue(module: ModuleType) -> None:
    written = {
        one
        for one in vars(module).values()
        if inspect.isclass(one) and issubclass(one, Payload) and "name" in vars(one)
    }
    assert written
    assert written - {*PAYLOADS} == set()


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload.name)
def test_every_event_has_a_producer_and_every_subscriber_handles_it(payload: Any) -> None:
    announced = [
        path
        for path in (ROOT / "services" / payload.producer).rglob("*.py")
        if any(_calls(node, payload.__name__) for node in ast.walk(ast.parse(path.read_text())))
    ]
    assert announced, f"nothing in {payload.producer} says {payload.name}"
    assert payload.subscribers
    for service in payload.subscribers:
        assert payload.event_type() in service_named(service).wiring.subscriptions.types


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload.name)
def test_every_event_is_named_by_the_readme_of_each_service_that_has_to_do_with_it(payload: Any) -> None:
    for service in (payload.producer, *payload.subscribers):
        page = (ROOT / "services" / service / "README.md").read_text()
        told = set(re.findall(r"`([\w-]*\.[\w-]+)`", page))
        assert {payload.name, payload.name[payload.name.index(".") :]} & told, service


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_handles_nothing_that_is_not_in_the_catalogue(service: str) -> None:
    known = {payload.event_type() for payload in PAYLOADS if service in payload.subscribers}
    assert service_named(service).wiring.subscriptions.types == known


@pytest.mark.parametrize("service", SERVICES)
def test_migrations_make_exactly_the_tables_that_the_code_has(
    runtime_for: Callable[[str], Runtime], service: str
) -> None:
    metadata = service_named(service).base.metadata
    for tables in (metadata, COMMON):
        found = differences(runtime_for(service), tables)
        assert [one for one in found if _leaving(one) not in LEAVING.get(service, ())] == []


def _leaving(difference: Any) -> tuple[str, str] | None:
    """Table and column, where the difference is a column that only the database has."""
    if difference[0] != "remove_column":
        return None
    _, _, table, column = difference
    return table, column.name


@pytest.mark.parametrize("service", SERVICES)
def test_a_table_that_is_there_is_ours_or_is_leaving(
    runtime_for: Callable[[str], Runtime], service: str
) -> None:
    ours = {*service_named(service).base.metadata.tables, *COMMON.tables, *VERSION_TABLES}
    there = {*inspector(runtime_for(service).engine).get_table_names(schema=service)}
    assert there - ours == LEAVING_EVERYWHERE | LEAVING_TABLES.get(service, set())


@pytest.mark.parametrize(
    ("service", "table", "column"), [(service, *one) for service, left in LEAVING.items() for one in left]
)
def test_a_column_that_is_leaving_is_in_no_index(
    runtime_for: Callable[[str], Runtime], service: str, table: str, column: str
) -> None:
    found = inspector(runtime_for(service).engine)
    assert column in [one["name"] for one in found.get_columns(table)]
    indexes = found.get_indexes(table)
    assert [index["name"] for index in indexes if column in index["column_names"]] == []


@pytest.mark.parametrize("service", SERVICES)
def test_migrations_leave_each_table_the_room_that_the_code_gives_it(
    runtime_for: Callable[[str], Runtime], service: str
) -> None:
    wanted = {
        table.name: [f"{name}={value}" for name, value in table.dialect_kwargs["postgresql_with"].items()]
        for table in service_named(service).base.metadata.sorted_tables
        if table.dialect_kwargs.get("postgresql_with")
    }
    given = text("SELECT relname, reloptions FROM pg_class WHERE relname = ANY(:names) AND relkind = 'r'")
    with runtime_for(service).engine.connect() as connection:
        found = connection.execute(given, {"names": [*wanted]}).all()
    assert {row.relname: row.reloptions for row in found} == wanted
    assert wanted or service != "notify"


def differences(runtime: Runtime, tables: MetaData) -> list[Any]:
    def ours(thing: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
        return (name if kind == "table" else thing.table.name) in tables.tables

    with runtime.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        return list(compare_metadata(context, tables))


def test_no_file_grows_too_long_to_be_read_in_one_go() -> None:
    assert [str(path) for path in SOURCES if len(path.read_text().splitlines()) > 400] == []


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("twilio", ("services/notify/channels/twilio_",)),
        ("celery", ("shared/messaging/",)),
        ("kombu", ("shared/messaging/",)),
    ],
)
def test_a_library_stays_behind_its_wall(module: str, allowed: tuple[str, ...]) -> None:
    importing = re.compile(rf"^\s*(from|import) {module}\b", re.MULTILINE)
    inside = [str(path.relative_to(ROOT)) for path in SOURCES if importing.search(path.read_text())]
    assert [path for path in inside if not path.startswith(allowed)] == []


def test_no_clock_is_asked_inside_a_rule() -> None:
    asked = re.compile(r"datetime\.now\(|date\.today\(|time\.time\(|monotonic\(")
    rules = [path for path in SOURCES if path.name in ("rules.py", "working_time.py")]
    assert len(rules) >= 6
    assert [str(path) for path in rules if asked.search(path.read_text())] == []


def said_to_all(texts: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Return all keys but those of texts for a child: these stand where a language speaks otherwise to it."""
    to_a_child = {key for key in texts if key.startswith("child.")}
    for key in to_a_child:
        assert names(texts[key][0]) == names(texts[key.removeprefix("child.")][0]), key
    return texts.keys() - to_a_child


@pytest.mark.parametrize("folder", TEXTS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_every_text_is_there_in_every_language_of_ours_with_the_same_names(folder: Path) -> None:
    texts = {language: po.read(folder / f"{language}.po").forms for language in FOR_PAGES}
    for language in FOR_PAGES:
        assert said_to_all(texts[language]) == said_to_all(texts["nl"])
        for key in said_to_all(texts["nl"]):
            asked = {frozenset(names(form)) for form in (*texts[language][key], *texts["nl"][key])}
            assert len(asked) == 1, key
            assert all(form.strip() for form in texts[language][key]), key


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_text_that_a_page_asks_for_exists(path: Path) -> None:
    known: set[str] = set()
    for folder in TEXTS:
        known |= po.read(folder / "nl.po").forms.keys()
    asked = set(re.findall(r'\bt\("([\w.-]+)"[,)]', path.read_text()))
    assert asked <= known


def _calls(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_inside_rooms_only_commands_commit_and_edges_that_ask_others_end_what_they_read() -> None:
    """A page that asks another service ends its reading first; whatever else commits is a command."""
    committing = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "services").glob("*/*/**/*.py")
        if "migrations" not in path.parts
        and any(_is_commit(node) for node in ast.walk(ast.parse(path.read_text())))
    }
    outside = {one for one in committing if "/commands" not in one}
    assert outside <= {
        "services/intake/auditing/pages.py",
        "services/intake/requests/pages.py",
        "services/intake/desk/search_pages.py",
        "services/intake/desk/story_pages.py",
        "services/intake/conversations/desk_pages.py",
        "services/intake/conversations/own_pages.py",
        # What a browser was given to answer is used up also where the answer is wrong.
        "services/intake/staff/challenges.py",
        "services/referral/portal/pages.py",
        "services/notify/channels/postbus.py",
        "services/notify/messages/api.py",
    }


def _is_commit(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"


def test_what_tests_share_stands_beside_them_and_not_in_one_of_them() -> None:
    """A helper in a module of tests is found by nobody, and its tests would run wherever it is imported."""
    lent = {
        f"{path.relative_to(ROOT)}: {module}"
        for folder in ("tests", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        for module in imported(path)
        if any(part.startswith("test_") for part in module.split("."))
    }
    assert lent == set()


def imported(path: Path) -> Iterator[str]:
    """Every module that a file names, and everything that it takes from one."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{name.name}" for name in node.names)
