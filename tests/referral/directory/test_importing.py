"""A directory from a spreadsheet: every bad row is named, and every good one can be taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.referral.directory import importing
from services.referral.directory.commands import Imported, import_directory, load_sample
from services.referral.directory.importing import REQUIRED, Entry, Mistake
from services.referral.directory.tables import Organisation, Service, service_id
from shared.audit.tables import audit_entries

AT = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
HEADER = "id,name,country,need_categories,languages,email,agreement_signed,verified_on,capacity,waiting_days"
GOOD = "samen,Samen op Weg,NL,bezoek;uitleg,nl,aanmelden@samen.example,2026-01-05,2026-11-01,20,5"


def rows(*lines: str, header: str = HEADER) -> bytes:
    return "\n".join((header, *lines)).encode()


def whole(session: Session) -> dict[str, Any]:
    """The one service with its organisation, but for when they changed."""
    session.expire_all()
    service, organisation = session.exec(select(Service, Organisation).join(Organisation)).one()
    told = {"organisation": organisation.name, "kind": organisation.kind, "website": organisation.website}
    return service.model_dump(exclude={"updated_at"}) | told


def read(content: bytes) -> tuple[list[Entry], list[Mistake]]:
    return importing.read(content, today=AT.date())


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("referral")


def test_a_good_row_is_read_whole() -> None:
    [entry], mistakes = read(rows(GOOD))
    assert mistakes == []
    assert entry.needs == ["bezoek", "uitleg"]
    assert (entry.agreement_signed, entry.capacity, entry.waiting_days) == (date(2026, 1, 5), 20, 5)
    assert entry.takes_referrals


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("samen,", "Samen,"), "line 2, id: 'Samen' cannot be used"),
        (("Samen op Weg", ""), "line 2, name: is empty"),
        ((",NL,", ",XX,"), "line 2, country: 'XX' is not one of NL, BE, EU"),
        (("bezoek;uitleg", "bezoek;shoes"), "line 2, need_categories: 'shoes': is not a need category"),
        (("uitleg,nl", "uitleg,xx"), "line 2, languages: 'xx'"),
        (("aanmelden@samen.example", "no address"), "line 2, email: is not one e-mail address"),
        (("2026-01-05", "05-01-26"), "line 2, agreement_signed: '05-01-26' is not a date"),
        (("2026-01-05", "31-02-2026"), "line 2, agreement_signed: '31-02-2026' is not a date"),
        (("2026-01-05", "2-12-2026"), "line 2, agreement_signed: 2-12-2026 has not been yet"),
        (("2026-11-01", "2026-02-30"), "line 2, verified_on: '2026-02-30' is not a date"),
        (("2026-01-05", "2026-12-02"), "line 2, agreement_signed: 2026-12-02 has not been yet"),
        (("2026-11-01", "2026-12-02"), "line 2, verified_on: 2026-12-02 has not been yet; 2026-12-01 is"),
        ((",20,", ",many,"), "line 2, capacity: 'many' is not a whole number"),
        ((",5", ",-5"), "line 2, waiting_days: '-5' is not a whole number"),
        ((",20,", f",{'9' * 5000},"), "line 2, capacity: '999"),
        (("Samen op Weg", "Samen \x1b[31m"), "line 2, name: is longer than 200 characters, or not text"),
        ((",20,5", ",20,5,6"), "line 2, (end): has more fields than columns"),
    ],
)
def test_a_bad_row_is_named_with_line_column_and_what_to_do(change: tuple[str, str], told: str) -> None:
    entries, [mistake] = read(rows(GOOD.replace(*change)))
    assert entries == []
    assert str(mistake).startswith(told)


def test_what_was_verified_today_is_taken() -> None:
    [entry], mistakes = read(rows(GOOD.replace("2026-11-01", "2026-12-01")))
    assert (entry.verified_on, mistakes) == (AT.date(), [])


def test_everything_that_is_wrong_with_a_row_is_named_at_once() -> None:
    wrong = GOOD.replace("NL,", "XX,").replace(",nl,", ",xx,").replace(",20,", ",many,")
    entries, mistakes = read(rows(wrong))
    assert entries == []
    assert [(one.line, one.column) for one in mistakes] == [(2, "country"), (2, "languages"), (2, "capacity")]


def test_a_postcode_is_not_held_against_a_row_whose_country_is_wrong() -> None:
    line = GOOD.replace(",NL,", ",XX,") + ",5038"
    assert [one.column for one in read(rows(line, header=HEADER + ",postcode"))[1]] == ["country"]


def test_the_good_rows_around_a_bad_one_are_taken() -> None:
    entries, mistakes = read(rows(GOOD, GOOD.replace("samen,", "!,"), GOOD.replace("samen,", "derde,")))
    assert [entry.key for entry in entries] == ["samen", "derde"]
    assert [mistake.line for mistake in mistakes] == [3]


def test_an_id_that_is_there_twice_is_named() -> None:
    entries, [mistake] = read(rows(GOOD, GOOD))
    assert len(entries) == 1
    assert "is there twice" in str(mistake)


def test_a_missing_column_and_one_that_nobody_knows_are_named() -> None:
    assert "need_categories" in str(read(rows("a,b,NL,nl", header="id,name,country,languages"))[1][0])
    entries, [mistake] = read(rows(GOOD + ",x", header=HEADER + ",shoe_size"))
    assert "shoe_size" in str(mistake)
    assert len(entries) == 1


def test_a_column_that_is_there_twice_is_named_and_nothing_is_guessed() -> None:
    entries, [mistake] = read(rows(GOOD + ",a@b.example", header=HEADER + ",email"))
    assert entries == []
    assert str(mistake).startswith("line 1, email: is there twice")


@pytest.mark.parametrize("before", [[GOOD], []])
def test_a_quote_that_was_not_closed_is_named_and_what_stood_before_it_is_taken(before: list[str]) -> None:
    open_quote = 'derde,"Derde' + ",x\n" * 100_000
    entries, [mistake] = read(rows(*before, open_quote))
    assert len(entries) == len(before)
    assert "a field is too long" in str(mistake)
    assert "a field is too long" in str(read(b'"' + b"x" * 200_000)[1][0])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_files_of_spreadsheets_are_read_with_their_accents_and_semicolons(encoding: str) -> None:
    line = GOOD.replace("Samen op Weg", "Zoë & Frère").replace("bezoek;uitleg", "bezoek")
    content = f"{HEADER}\r\n{line}\r\n".replace(",", ";").encode(encoding)
    [entry], mistakes = read(content)
    assert mistakes == []
    assert entry.name == "Zoë & Frère"


def test_a_line_in_the_other_encoding_spoils_no_name_of_the_file() -> None:
    lines = [GOOD.replace("samen,Samen op Weg", f"org-{one},Zoë & Frère “{one}”") for one in range(4)]
    content = rows(lines[0]) + b"\r\n" + lines[1].encode("cp1252") + b"\n" + "\n".join(lines[2:]).encode()
    entries, mistakes = read(b"\xef\xbb\xbf" + content)
    assert mistakes == []
    assert [entry.name for entry in entries] == [f"Zoë & Frère “{one}”" for one in range(4)]


@pytest.mark.parametrize(
    "spoilt",
    [
        "Zoë en Frère".encode("cp1252").replace(b"\xe8", "è".encode()),  # two in one line
        "Łódź".encode(),  # in Windows-1252 this is text too
        b"Zo\x81",
        "ZoÃ«".encode(),  # read wrongly before it came here
        "Zo\ufffd".encode(),
    ],
)
def test_a_name_that_cannot_be_read_for_certain_is_named_and_not_taken(spoilt: bytes) -> None:
    third = GOOD.replace("samen,", "derde,").replace("Samen op Weg", "Zoë")
    bad = GOOD.encode().replace(b"Samen op Weg", spoilt)
    entries, [mistake] = read(
        rows(third) + b"\n" + bad + b"\n" + third.replace("derde", "vierde").encode("cp1252")
    )
    assert [(entry.key, entry.name) for entry in entries] == [("derde", "Zoë"), ("vierde", "Zoë")]
    assert str(mistake).startswith("line 3, name: has signs that cannot be read for certain")


@pytest.mark.parametrize("written", ["05-01-2026", "5-1-2026", "5/1/2026", "05.01.2026", "2026-01-05"])
def test_a_day_is_read_as_spreadsheets_here_write_it(written: str) -> None:
    [entry], mistakes = read(rows(GOOD.replace("2026-01-05", written)))
    assert (entry.agreement_signed, mistakes) == (date(2026, 1, 5), [])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("WAAR", True),
        ("VRAI", True),
        ("oui", True),
        ("TRUE", True),
        ("ONWAAR", False),
        ("FAUX", False),
        ("non", False),
    ],
)
def test_yes_and_no_are_read_as_spreadsheets_here_write_them(written: str, meant: bool) -> None:
    [entry], mistakes = read(rows(f"{GOOD},{written}", header=f"{HEADER},interpreter"))
    assert (entry.interpreter, mistakes) == (meant, [])


def test_a_file_may_say_first_what_stands_between_its_fields() -> None:
    content = b"\xef\xbb\xbfsep=;\r\n" + rows(GOOD.replace(";uitleg", ""), "!" + GOOD[1:]).replace(b",", b";")
    [entry], [wrong] = read(content)
    assert entry.name == "Samen op Weg"
    assert wrong.line == 4


def test_empty_columns_at_the_end_say_nothing() -> None:
    [entry], mistakes = read(rows(GOOD + ",,,", ",,,,,,", header=HEADER + ",,"))
    assert (entry.key, mistakes) == ("samen", [])
    assert "more fields than columns" in str(read(rows(GOOD + ",,x", header=HEADER + ",,"))[1][0])
    assert "(column 3)" in str(
        read(rows(GOOD.replace(",NL", ",,NL"), header=HEADER.replace(",country", ",,country")))[1]
    )


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"\xff\xfe\x00", b"just words"])
def test_what_is_no_spreadsheet_is_refused_in_words(content: bytes) -> None:
    entries, mistakes = read(content)
    assert entries == []
    assert mistakes


def test_the_same_file_again_changes_nothing_and_a_changed_row_changes_that_row(session: Session) -> None:
    entries, _ = read(rows(GOOD))
    assert import_directory(session, entries, at=AT) == Imported(1, 0, 0)
    assert import_directory(session, entries, at=AT) == Imported(0, 0, 1)
    changed, _ = read(rows(GOOD.replace(",20,5", ",25,5")))
    assert import_directory(session, changed, at=AT) == Imported(0, 1, 0)
    session.expire_all()
    assert session.exec(select(Service.capacity)).one() == 25
    # What changed nothing is not noted.
    noted = session.execute(select(audit_entries.c.who, audit_entries.c.deed, audit_entries.c.about)).all()
    assert [tuple(one) for one in noted] == [("operator", "directory.import", "directory")] * 2


@pytest.mark.parametrize(
    ("says", "name"),
    [
        ("Na-zorg voor (ex-)gedetineerden; ouder-kinddagen", "Na-zorg voor gedetineerden"),
        ("Luistert naar kinderen (102; chat), dag en nacht.", "Luistert naar kinderen, dag en nacht"),
        ("(onbekend)", "Samen op Weg"),
        ("", "Samen op Weg"),
    ],
)
def test_a_service_is_called_by_the_first_thing_that_it_does(session: Session, says: str, name: str) -> None:
    entries, _ = read(rows(f'{GOOD},"{says}"', header=f"{HEADER},what_it_does_nl"))
    import_directory(session, entries, at=AT)
    assert session.exec(select(Service.name)).one() == name


def test_what_a_file_has_no_column_for_stays_as_it_was(session: Session) -> None:
    full = HEADER + ",what_it_does_nl,website_domain,kind,postcode,active,takes_referrals,min_age"
    entries, _ = read(rows(GOOD + ",Gaat mee; helpt,samen.example,ngo,5038,no,no,12", header=full))
    import_directory(session, entries, at=AT)
    before = dict(whole(session))
    short, _ = read(rows("samen,Samen op Weg,NL,bezoek;uitleg,nl", header=",".join(REQUIRED)))
    assert import_directory(session, short, at=AT) == Imported(0, 0, 1)
    renamed, _ = read(rows("samen,Anders,NL,geld,nl,30", header=",".join((*REQUIRED, "capacity"))))
    assert import_directory(session, renamed, at=AT) == Imported(0, 1, 0)
    assert whole(session) == before | {"organisation": "Anders", "needs": ["geld"], "capacity": 30}


def test_a_new_service_of_a_short_file_has_what_is_usual(session: Session) -> None:
    short, _ = read(rows("samen,Samen op Weg,NL,bezoek,nl", header=",".join(REQUIRED)))
    import_directory(session, short, at=AT)
    found = whole(session)
    assert (found["active"], found["takes_referrals"], found["email"]) == (True, True, None)


def test_how_many_lose_their_address_is_said_beforehand_and_afterwards(session: Session) -> None:
    entries, _ = read(rows(GOOD, GOOD.replace("samen", "derde")))
    import_directory(session, entries, at=AT)
    without, _ = read(rows(GOOD.replace("aanmelden@samen.example", ""), GOOD.replace("samen", "derde")))
    for dry_run in (True, False):
        assert import_directory(session, without, at=AT, dry_run=dry_run) == Imported(0, 1, 1, unreachable=1)
    assert import_directory(session, without, at=AT) == Imported(0, 0, 2)


def test_who_is_known_well_enough_is_not_called_incomplete_where_a_file_does_not_say_it_again(
    session: Session,
) -> None:
    header = ",".join(REQUIRED)
    known, _ = read(rows("samen,Samen op Weg,NL,bezoek;uitleg,nl", header=header))
    new, _ = read(rows("derde,Derde,NL,bezoek,nl", header=header))
    assert import_directory(session, read(rows(GOOD))[0], at=AT).incomplete == 0
    assert import_directory(session, known, at=AT).incomplete == 0
    assert import_directory(session, new, at=AT).incomplete == 1


@pytest.mark.parametrize(
    ("change", "hears"),
    [
        (("aanmelden@samen.example", ""), True),
        (("2026-01-05", ""), True),
        ((",yes", ",no"), True),
        (("2026-11-01", ""), False),
        ((",20,", ",0,"), False),
    ],
)
def test_who_can_be_asked_no_more_is_told_once_in_the_same_transaction(
    session: Session, change: tuple[str, str], hears: bool
) -> None:
    told: list[list[UUID]] = []

    def on_left(session: Session, services: Sequence[UUID], *, at: datetime) -> None:
        assert session.in_transaction()
        told.append(list(services))

    line, header = GOOD + ",yes", HEADER + ",active"
    import_directory(session, read(rows(line, header=header))[0], at=AT, on_left=on_left)
    changed, _ = read(rows(line.replace(*change), header=header))
    import_directory(session, changed, at=AT, dry_run=True, on_left=on_left)
    for _ in range(2):
        import_directory(session, changed, at=AT, on_left=on_left)
    later, _ = read(rows(line.replace(*change).replace(",5,", ",6,"), header=header))
    import_directory(session, later, at=AT, on_left=on_left)
    assert told == [[], [service_id("samen")] if hears else [], [], []]


def test_trying_an_import_keeps_nothing(session: Session) -> None:
    entries, _ = read(rows(GOOD))
    assert import_directory(session, entries, at=AT, dry_run=True) == Imported(1, 0, 0)
    assert session.exec(select(Service)).all() == []


def test_the_sample_is_marked_reaches_nobody_and_loads_once(session: Session) -> None:
    assert load_sample(session, at=AT).added == 76
    assert load_sample(session, at=AT) == Imported(0, 0, 76)
    assert all(session.exec(select(Organisation.sample)).all())
    for service in session.exec(select(Service)).all():
        assert service.email
        assert service.email.endswith(".example")
        assert service.phone
        assert service.phone.startswith("0000-")
        assert service.verified_on == AT.date()
    later = load_sample(session, at=AT + timedelta(days=400))
    assert later.changed == 76


def test_a_real_organisation_is_not_overwritten_by_the_sample(session: Session) -> None:
    entries, _ = read(rows(GOOD.replace("samen,", "exodus-nl,")))
    import_directory(session, entries, at=AT)
    load_sample(session, at=AT)
    [real] = session.exec(select(Organisation).where(Organisation.key == "exodus-nl")).all()
    assert (real.name, real.sample) == ("Samen op Weg", False)


@pytest.fixture
def client(client_for: Callable[[str], TestClient], session: Session) -> TestClient:
    load_sample(session, at=AT)
    return client_for("referral")


def get(client: TestClient, path: str) -> Any:
    return client.get(f"/hsds/v3{path}")


def test_the_directory_is_read_by_everybody_page_by_page(client: TestClient) -> None:
    first = get(client, "/services?per_page=50").json()
    assert (first["total_items"], first["total_pages"], first["page_number"], first["size"]) == (76, 2, 1, 50)
    assert (first["first_page"], first["last_page"], first["empty"]) == (True, False, False)
    last = get(client, "/services?per_page=50&page=2").json()
    assert last["size"] == 26
    assert last["last_page"]
    ids = [one["id"] for one in first["contents"] + last["contents"]]
    assert len(set(ids)) == 76
    assert get(client, "/services?page=99").json()["empty"]
    assert get(client, "/services?page=0").status_code == 400


@pytest.mark.parametrize(
    ("path", "known"),
    [("/services?search=bezoek", "page, per_page"), ("/organizations?full=true&page=1", "page, per_page")],
)
def test_a_question_that_the_directory_does_not_answer_is_refused_and_not_answered_with_everything(
    client: TestClient, path: str, known: str
) -> None:
    answer = get(client, path)
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["in"], error["code"]) == ("query", "query-not-known")
    assert known in error["detail"]


def test_a_single_service_takes_no_question_at_all(client: TestClient) -> None:
    one = get(client, "/services").json()["contents"][0]
    assert get(client, f"/services/{one['id']}?minimal=true").status_code == 400
    assert get(client, "/?x=1").status_code == 400


def test_a_sample_service_says_so_and_shows_no_address_for_offers(client: TestClient) -> None:
    one = get(client, "/services").json()["contents"][0]
    shown = get(client, f"/services/{one['id']}")
    assert shown.json()["alert"].startswith("Voorbeeld")
    assert shown.json()["organization"]["description"].startswith("Voorbeeld")
    assert ".example" not in shown.text
    assert get(client, f"/organizations/{one['organization']['id']}").status_code == 200


def test_a_need_has_its_description_beside_its_name(client: TestClient) -> None:
    terms = [
        attribute["taxonomy_term"]
        for one in get(client, "/services?per_page=100").json()["contents"]
        for attribute in get(client, f"/services/{one['id']}").json()["attributes"][:1]
    ]
    [described] = {term["description"] for term in terms if term["code"] == "bezoek"}
    assert described == "Arranging and preparing a visit, visit days, rules, identity papers"


def test_what_is_not_in_the_directory_is_404_and_no_id_is_400(client: TestClient) -> None:
    assert get(client, "/services/6f9f6d3e-2f0a-4c56-9b52-0a8f6c1d2e3a").status_code == 404
    assert get(client, "/services/1").status_code == 400
    assert get(client, "/").json()["version"] == "3.0"
