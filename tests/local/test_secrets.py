from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local import secrets
from shared.security.keystore import split
from shared.settings import parse_keys


def test_secrets_are_made_once_and_only_the_owner_reads_them(tmp_path: Path) -> None:
    data = tmp_path / "data"
    made = [secrets.secret_key(data), secrets.encryption_keys(data), secrets.operator_key(data)]
    assert made == [secrets.secret_key(data), secrets.encryption_keys(data), secrets.operator_key(data)]
    files = [data / "operator.key", *(data / "secrets").iterdir()]
    assert len(files) == 4
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_the_index_key_is_one_of_its_own_and_where_there_was_one_key_for_everything_it_is_that_one(
    tmp_path: Path,
) -> None:
    assert secrets.index_key(tmp_path / "new") != secrets.secret_key(tmp_path / "new")
    before = secrets.keep(tmp_path / "old", "secret_key", lambda: "the key of before")
    assert (secrets.index_key(tmp_path / "old"), secrets.secret_key(tmp_path / "old")) == (before, before)


def test_two_folders_have_different_secrets(tmp_path: Path) -> None:
    assert secrets.secret_key(tmp_path / "one") != secrets.secret_key(tmp_path / "other")


def test_they_have_the_form_that_the_settings_ask_for(tmp_path: Path) -> None:
    assert list(parse_keys(secrets.encryption_keys(tmp_path))) == ["k1"]
    assert split(secrets.operator_key(tmp_path)) is not None


def test_two_programs_that_make_one_at_the_same_time_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(20) as pool:
        made = set(pool.map(lambda _: secrets.password(tmp_path, "database"), range(40)))
    assert len(made) == 1
    assert [file.name for file in (tmp_path / "secrets").iterdir()] == ["database_password"]
