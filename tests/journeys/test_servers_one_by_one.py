"""As on a server: a database and a broker that are there already, and the containers' own commands."""

from __future__ import annotations

import re
import shutil
import signal
import tempfile
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from secrets import token_bytes, token_hex, token_urlsafe
from typing import Any

import httpx
import psycopg
import pytest
import redis
from sqlalchemy import make_url

from local.ports import hold
from local.postgres import Postgres
from local.valkey import Valkey
from shared.events.services import SERVICES
from shared.messaging.broker import PURPOSES
from tests.intake.requests.questions import question
from tests.kit import rabbitmq
from tests.kit.containers import OURS, PARTS, Containers, stopped_afterwards
from tests.kit.mailbox import Mailbox
from tests.kit.settings import ENVIRONMENT
from tests.kit.system import PATIENCE, ROOT, eventually, link_in
from tests.kit.twilio_standin import TwilioStandIn

pytestmark = pytest.mark.xdist_group("servers")
PUBLIC = {f"WEERZIEN_HOST_{name.upper()}": f"{name}.weerzien.example" for name in SERVICES}
ANOTHER_COLUMN = """
from alembic import op
import sqlalchemy as sa

revision, down_revision, branch_labels, depends_on = "{name}_next", "{name}_0001", None, None


def upgrade() -> None:
    op.add_column("{table}", sa.Column("next_version", sa.String(), nullable=True))
    op.create_index("ix_{table}_next_version", "{table}", ["next_version"])
"""
TABLES = {"intake": "advice_requests", "referral": "referrals", "notify": "messages"}


@dataclass
class Server:
    """What runs there, and what it runs on."""

    folder: Path
    containers: Containers
    twilio: TwilioStandIn
    mailbox: Mailbox
    database: str
    broker: Any
    key: str = ""

    def ask(self, number: str) -> dict[str, Any]:
        answer = httpx.post(
            f"{self.containers.url('intake')}/v1/advice-requests",
            json=question(contact={"phone": number}),
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=30,
            trust_env=False,
        )
        assert answer.status_code == 202, answer.text
        asked: dict[str, Any] = answer.json()
        return asked

    def weerzien(self, *arguments: str) -> str:
        done = self.containers.execute("operator", "weerzien", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """All nine processes of ours, healthy, on this PostgreSQL and the broker that the test asks for."""
    folder = Path(tempfile.mkdtemp(prefix="wz-"))
    folder.chmod(0o711)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        twilio, mailbox = stack.enter_context(TwilioStandIn()), stack.enter_context(Mailbox())
        postgres = Postgres(folder / "servers")
        stack.callback(postgres.stop)
        database = postgres.start()
        broker = _broker(request.param, folder, stack)
        # As operators write it, without the name of a driver.
        database = database.replace("+psycopg", "")
        secrets = _secrets(database, broker, mailbox.url, twilio.token)
        ports = stack.enter_context(hold(3))
        made = Containers(folder, ports, _written_by_the_operator(twilio), secrets)
        containers = stack.enter_context(stopped_afterwards(made))
        running = Server(folder, containers, twilio, mailbox, database, broker)
        _begin(running)
        yield running


def _broker(kind: str, folder: Path, stack: ExitStack) -> Any:
    if kind == "valkey":
        valkey = Valkey(folder / "servers")
        stack.callback(valkey.stop)
        valkey.start()
        return valkey
    programs = rabbitmq.home()
    if programs is None:
        pytest.skip(rabbitmq.MISSING)
    return stack.enter_context(rabbitmq.rabbitmq(programs, folder / "rabbitmq"))


def _written_by_the_operator(twilio: TwilioStandIn) -> dict[str, str]:
    return PUBLIC | twilio.environment() | {"WEERZIEN_EVENT_SOURCE": ENVIRONMENT["WEERZIEN_EVENT_SOURCE"]}


def _secrets(database: str, broker: Any, smtp: str, token: str) -> dict[str, str]:
    """As the page for operators says: a role, a user and keys for each service, and a key for each pair."""
    made = {"weerzien_database_url": database, "weerzien_smtp_url": smtp, "twilio_auth_token": token}
    # The files are there, and nobody's mailbox is read, nor does anybody call.
    made["weerzien_imap_url"] = ""
    made["weerzien_voice_auth_token"] = ""
    for service in SERVICES:
        role = make_url(database).set(username=f"weerzien_{service}", password=token_hex(24))
        made[f"weerzien_database_url_{service}"] = role.render_as_string(hide_password=False)
        made[f"weerzien_broker_url_{service}"] = _user(broker, service)
        made[f"weerzien_secret_key_{service}"] = token_urlsafe(48)
        made[f"weerzien_index_key_{service}"] = token_urlsafe(48)
        made[f"weerzien_encryption_keys_{service}"] = f"k1:{b64encode(token_bytes(32)).decode()}"
    for one, other in combinations(SERVICES, 2):
        made[f"weerzien_peer_key_{one}_{other}"] = token_urlsafe(48)
    return made


def _user(broker: Any, service: str) -> str:
    """The service's own user, with the rights in docker-compose.yml; RabbitMQ has one for all here."""
    url = make_url(broker.url)
    if not isinstance(broker, Valkey):
        return str(broker.url)
    rights = rf"user {service} on >.*/valkey_password_{service}\) (.*)"
    [line] = re.findall(rights, PARTS["valkey"]["command"][2])
    password = token_hex(24)
    with redis.Redis.from_url(broker.url) as owner:
        owner.execute_command("ACL", "SETUSER", service, "on", f">{password}", *line.split())
    return url.set(username=service, password=password).render_as_string(hide_password=False)


def _begin(server: Server) -> None:
    """In the order in which compose does it, and with `migrate` twice at once on an empty database."""
    twice = [server.containers.finish("migrate") for _ in range(2)]
    assert [one.wait(PATIENCE) for one in twice] == [0, 0], server.containers.log("migrate")
    server.weerzien("directory", "import", str(_directory(server.folder)))
    server.key = server.weerzien("keys", "create", "a partner's form", "--scope", "requests:write")
    for part in OURS:
        server.containers.start(part)
    server.containers.wait_until_healthy(*OURS)


def _directory(folder: Path) -> Path:
    """One partner who can help everybody."""
    file, today = folder / "directory.csv", datetime.now(UTC).date()
    partner = f"een-partner,Een partner,NL,bezoek,nl,verwijzing@een-partner.example,{today},{today}"
    file.write_text(
        f"id,name,country,need_categories,languages,email,agreement_signed,verified_on\n{partner}\n"
    )
    return file


def _as_the_door_passes_it_on(server: Server, public: str, form: dict[str, str]) -> int:
    """Twilio signs the public address; the door hands the form to the web process behind it."""
    inside = public.replace("https://notify.weerzien.example", server.containers.url("notify"))
    headers = {"X-Twilio-Signature": server.twilio.signature(public, form), "X-Forwarded-For": "203.0.113.7"}
    return httpx.post(inside, data=form, headers=headers, timeout=20, trust_env=False).status_code


def _says_yes(server: Server, link: str) -> str:
    """A partner's press on the button, from outside; the page that they then see."""
    inside = link.replace("https://referral.weerzien.example", server.containers.url("referral"))
    return httpx.post(inside, data={"action": "accept"}, timeout=20, trust_env=False).text


@pytest.mark.parametrize("server", ["valkey", "rabbitmq"], indirect=True)
def test_a_family_gets_its_text_from_processes_started_one_by_one(server: Server) -> None:
    asked = server.ask("06-12345678")
    eventually(lambda: server.twilio.to("+31612345678"), what="a text")
    [sent] = server.twilio.to("+31612345678")
    assert asked["reference"] in sent.body
    eventually(lambda: server.mailbox.mails, what="an offer")
    [(_, offer)] = server.mailbox.mails
    page = _says_yes(server, link_in(offer, "https"))
    assert "Noor" in page
    assert "06 12345678" in page or "+31612345678" in page
    assert sent.status_callback
    assert sent.status_callback.startswith("https://notify.weerzien.example/twilio/status/")
    reported = server.twilio.status_form(sent, "delivered")
    assert _as_the_door_passes_it_on(server, sent.status_callback, reported) < 300
    eventually(lambda: "delivered" in server.weerzien("messages", "list"), what="a text that has arrived")
    assert "0 on their way again" in server.weerzien("dead-letters", "replay")


@pytest.mark.parametrize("server", ["valkey", "rabbitmq"], indirect=True)
def test_the_doctor_finds_nothing_wrong_with_such_a_server(server: Server) -> None:
    said = server.weerzien("doctor")
    assert "Twilio knows the account" in said
    assert "the mail server takes us in" in said


@pytest.mark.parametrize("server", ["rabbitmq"], indirect=True)
def test_on_rabbitmq_every_queue_is_one_that_outlives_a_broker(server: Server) -> None:
    kinds = server.broker.kinds_of_queues()
    ours = {name: kind for name, kind in kinds.items() if name.partition(".")[0] in SERVICES}
    assert ours == {f"{name}.{purpose}": "quorum" for name in SERVICES for purpose in PURPOSES}


@pytest.mark.parametrize("server", ["rabbitmq"], indirect=True)
def test_a_broker_that_lives_and_answers_nothing_holds_nobody_for_ever(server: Server) -> None:
    def gave_up() -> bool:
        return "starts again after OperationalError" in server.containers.log("dispatcher-intake")

    server.ask("+31612345670")
    eventually(lambda: server.twilio.to("+31612345670"), what="a text, over a connection that stands")
    server.broker.pause()
    try:
        asked = server.ask("+31612345679")
        eventually(gave_up, what="a dispatcher that gives up and begins anew")
    finally:
        server.broker.go_on()
    eventually(lambda: server.twilio.to("+31612345679"), what="a text")
    assert asked["reference"] in server.twilio.to("+31612345679")[0].body


@pytest.mark.parametrize("server", ["valkey"], indirect=True)
def test_people_ask_on_while_the_tables_are_brought_to_the_next_version(
    server: Server, tmp_path: Path
) -> None:
    """The old processes go on: on the new tables too, as they do until they are replaced."""
    done, asked, trouble = threading.Event(), [], []

    def ask_on() -> None:
        number = 20_000_000
        while not done.is_set():
            number += 1
            try:
                asked.append((server.ask(f"+316{number}")["reference"], f"+316{number}"))
            except (AssertionError, httpx.HTTPError) as problem:
                trouble.append(problem)

    people = threading.Thread(target=ask_on)
    people.start()
    try:
        eventually(lambda: len(asked) > 3, what="some questions")
        twice = [server.containers.finish("migrate", code=_next_version(tmp_path)) for _ in range(2)]
        codes = [one.wait(PATIENCE) for one in twice]
        after = len(asked)
        eventually(lambda: len(asked) > after + 3, what="questions on the new tables")
    finally:
        done.set()
        people.join()
    assert codes == [0, 0], server.containers.log("migrate")
    assert _is_at_the_next_version(server.database)
    assert not trouble
    # Whoever looks after containers must not take the old ones away before the new ones stand.
    for service in SERVICES:
        answer = httpx.get(f"{server.containers.url(service)}/readyz", trust_env=False)
        assert (answer.status_code, answer.json()["schema"]) == (200, "ok")
    assert server.containers.finish("migrate").wait(PATIENCE) == 0
    for reference, number in (asked[0], asked[after], asked[-1]):
        eventually(lambda number=number: server.twilio.to(number), what="a text")  # type: ignore[misc]
        assert reference in server.twilio.to(number)[0].body
    assert {process.poll() for process in server.containers.running.values()} == {None}


def _next_version(folder: Path) -> Path:
    """This program with one more migration for each service."""
    code = folder / "next"
    if not code.exists():
        for name in ("services", "shared", "local"):
            shutil.copytree(ROOT / name, code / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name, table in TABLES.items():
            versions = code / "services" / name / "migrations" / "versions"
            [latest] = _heads(versions)
            step = ANOTHER_COLUMN.format(name=name, table=table).replace(f"{name}_0001", latest)
            (versions / "9999_next.py").write_text(step)
    return code


def _heads(versions: Path) -> set[str]:
    texts = [path.read_text() for path in versions.glob("*.py")]
    made = {found[1] for text in texts if (found := re.search(r'(?m)^revision = "(\w+)"', text))}
    return made - {found[1] for text in texts if (found := re.search(r'(?m)^down_revision = "(\w+)"', text))}


def _is_at_the_next_version(database: str) -> bool:
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT count(*) FROM information_schema.columns WHERE column_name = 'next_version'"
        ).fetchone()
    return found == (3,)


@pytest.mark.parametrize("server", ["valkey"], indirect=True)
def test_a_process_that_lives_and_does_not_answer_is_called_unhealthy(server: Server) -> None:
    web = server.containers.running["web-referral"]
    web.send_signal(signal.SIGSTOP)
    try:
        assert not server.containers.healthy("web-referral")
    finally:
        web.send_signal(signal.SIGCONT)
    assert server.containers.healthy("web-referral")


@pytest.mark.parametrize("server", ["valkey"], indirect=True)
def test_whoever_asks_a_server_to_stop_is_obeyed(server: Server) -> None:
    # A web process tidies up and then ends by the very signal; as the first of a container it answers 0.
    assert set(server.containers.stop().values()) <= {0, -signal.SIGTERM}
