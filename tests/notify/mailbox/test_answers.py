"""What a family answers by mail does what it would do by text, as far as it is certain who answers."""

from __future__ import annotations

import pytest

from services.notify.messages.tables import MessageState
from services.notify.service import SERVICE
from shared.desk.commands import carry_out
from tests.notify.mailbox.post import Post, attempt_of
from tests.notify.mailbox.samples import sample
from tests.notify.visits.office import ADDRESS

QUOTE = (
    "\n\nOp di 1 dec 2026 schreef Weerzien <weerzien@centrum.example>:\n> Wil je geen mail? Antwoord STOP."
)


def settle(post: Post, item_id: object, action: str) -> None:
    with post.runtime.sessions() as session:
        carry_out(session, SERVICE.desk, item_id, action, {}, at=post.office.clock.now(), by="desk")  # type: ignore[arg-type]


def full(post: Post) -> tuple[str, str]:
    """A day with one place, and the family that has it."""
    day = post.office.publish(capacity=1)
    return day, post.register(day)


def goes_again(post: Post) -> bool:
    """Whether a mail to the family still goes."""
    before = post.sent.how_many
    post.register(post.office.publish(date="2026-12-22"), name="Tante")
    post.goes_out()
    return post.sent.how_many > before


@pytest.mark.parametrize(
    ("word", "state", "subject"), [("Ja!", "confirmed", "Fijn"), ("Nee", "cancelled", "afgemeld")]
)
def test_yes_and_no_are_heard_and_answered(post: Post, word: str, state: str, subject: str) -> None:
    day, family = post.family()
    post.hears(post.is_asked(), word + QUOTE)
    assert post.state_of(day, family) == state
    assert post.waiting() == []
    assert subject in str(post.goes_out()[-1]["Subject"])


def test_a_no_by_mail_cancels_though_nobody_asked_and_names_other_days(post: Post) -> None:
    day, family = post.family()
    [mail] = post.goes_out()
    post.hears(mail, "Nee, helaas\n\nGroetjes,\nOma")
    assert post.state_of(day, family) == "cancelled"
    assert "/days" in post.goes_out()[-1].get_content()


@pytest.mark.parametrize(
    ("said", "state", "children"),
    [("Ja, we komen met 3 kinderen", "confirmed", 3), ("we komen met 3", "registered", 1)],
)
def test_who_comes_is_recorded_from_a_mail_where_it_is_clear(
    post: Post, said: str, state: str, children: int
) -> None:
    day, family = post.family()
    post.hears(post.is_asked(), said + QUOTE)
    known = post.office.family(day, family)
    assert (known["state"], len(known["childAgeBands"])) == (state, children)
    assert [item.reason for item in post.waiting()] == ([] if state == "confirmed" else ["how-many"])


def test_a_mail_in_polish_that_says_no_is_read_by_a_person(post: Post) -> None:
    day, family = post.family(language="pl")
    post.hears(post.is_asked(), "No")
    assert post.state_of(day, family) == "registered"
    assert [item.kind for item in post.waiting()] == ["mail-reply"]


def test_a_place_that_is_offered_by_mail_is_taken_by_mail(post: Post) -> None:
    day, family = full(post)
    first = post.register(day, name="Tante", waitlist=True)
    post.office.client.patch(
        f"/v1/visit-days/{day}/registrations/{family}", json={"state": "cancelled"}, headers=post.office.desk
    )
    mail = post.goes_out()[-1]
    assert "JA" in mail.get_content()
    post.hears(mail, "Ja graag")
    assert post.state_of(day, first) == "confirmed"


def test_who_reads_a_mail_writes_back_in_own_words(post: Post) -> None:
    _, family = post.family()
    post.hears(post.is_asked(), "Mag tante ook mee?")
    [item] = post.waiting()
    with post.runtime.sessions() as session:
        params = {"registrationId": family, "words": "Ja, dat mag. Tot dan!"}
        carry_out(session, SERVICE.desk, item.id, "write-back", params, at=post.office.clock.now(), by="desk")
    assert "Ja, dat mag. Tot dan!" in post.goes_out()[-1].get_content()


def test_the_same_yes_twice_is_thanked_for_once(post: Post) -> None:
    post.family()
    mail = post.is_asked()
    post.hears(mail, "Ja")
    post.hears(mail, "ja hoor")
    assert len([one for one in post.goes_out() if "Fijn" in str(one["Subject"])]) == 1
    assert post.taken() == ["yes", "yes"]


def test_an_answer_is_about_the_visit_of_the_mail_that_it_answers(post: Post) -> None:
    """By text nobody could tell; a mail says which one it answers."""
    day, first = post.family()
    second = post.register(day, name="Tante")
    post.is_asked()
    mails = {str(mail["Subject"]): mail for mail in post.goes_out() if "Oma" in mail.get_content()}
    post.hears(mails["Kom je op do 17 dec?"], "nee")
    assert (post.state_of(day, first), post.state_of(day, second)) == ("cancelled", "registered")


def test_stop_silences_the_address_and_no_mail_says_so(post: Post) -> None:
    post.family()
    [mail] = post.goes_out()
    post.hears(mail, "Stop aub" + QUOTE)
    assert post.silence() == ["stop-word"]
    assert not goes_again(post)
    assert [item.kind for item in post.waiting()] == ["number-silenced"]


def test_start_ends_the_silence(post: Post) -> None:
    post.family()
    [mail] = post.goes_out()
    post.hears(mail, "stop")
    post.hears(mail, "START")
    assert post.silence() == []
    assert goes_again(post)


def test_afmelden_with_a_visit_ahead_is_about_the_visit(post: Post) -> None:
    day, family = post.family()
    [mail] = post.goes_out()
    post.hears(mail, "Afmelden\n\nGroeten,\nOma")
    assert post.state_of(day, family) == "cancelled"
    assert post.silence() == []


def test_a_stop_word_in_a_sentence_keeps_mail_back_until_a_person_has_looked(post: Post) -> None:
    post.family()
    [mail] = post.goes_out()
    post.hears(mail, "Kan dit stoppen als de afspraak voorbij is?")
    [item] = post.waiting()
    assert (item.kind, item.reason) == ("mail-reply-paused", "stop-in-a-mail")
    assert item.text == "Kan dit stoppen als de afspraak voorbij is?"
    assert not goes_again(post)
    settle(post, item.id, "go-on")
    assert post.silence() == []
    assert post.waiting() == []


def test_a_person_who_reads_a_stop_in_it_ends_the_mail(post: Post) -> None:
    post.family()
    [mail] = post.goes_out()
    post.hears(mail, "laat me met rust")
    [item] = post.waiting()
    assert (item.kind, item.reason) == ("mail-reply", "not-understood")
    settle(post, item.id, "stop-mail")
    assert post.silence() == ["desk"]


def test_what_no_rule_understands_is_shown_to_the_desk_with_what_it_answers(post: Post) -> None:
    _, family = post.family()
    [mail] = post.goes_out()
    post.hears(mail, "Mag oma's zus mee?" + QUOTE)
    [item] = post.waiting()
    assert item.text == "Mag oma's zus mee?"
    assert item.details["recipientId"] == family
    page = post.office.client.get("/v1/work-items", headers=post.office.desk).json()["items"]
    answers = ["comes", "comes-not", "comes-with", "write-back", "answered", "stop-mail"]
    assert [one["actions"] for one in page] == [answers]


def test_a_yes_though_nothing_was_asked_is_read_by_a_person(post: Post) -> None:
    post.family()
    [mail] = post.goes_out()
    post.hears(mail, "ja")
    assert [item.reason for item in post.waiting()] == ["answer-to-nothing"]


# Anybody can write another's address above a mail.


@pytest.mark.parametrize("word", ["STOP", "nee", "ja", "START", "Mag oma mee?"])
def test_in_anothers_name_nothing_is_done_by_a_mail_that_answers_none_of_ours(post: Post, word: str) -> None:
    day, family = post.family()
    mail = post.is_asked()
    if word == "START":
        post.hears(mail, "STOP")
    before = post.silence()
    post.writes(word)
    post.writes(word, **{"In-Reply-To": "<00000000-0000-4000-8000-000000000009@centrum.example>"})
    post.look()
    assert post.state_of(day, family) == "registered"
    assert post.silence() == (["paused"] if word == "STOP" else before)
    assert {item.reason for item in post.waiting()} == {
        "stop-perhaps-anothers" if word == "STOP" else "perhaps-anothers"
    }


def test_a_stop_that_is_perhaps_anothers_keeps_mail_back_and_a_person_lets_it_go_on(post: Post) -> None:
    post.family()
    post.goes_out()
    post.writes("STOP")
    post.look()
    [item] = post.waiting()
    assert not goes_again(post)
    settle(post, item.id, "go-on")
    assert post.silence() == []


def test_who_answers_from_another_address_is_asked_about_by_a_person(post: Post) -> None:
    """The mail was sent on: whoever has it answers for the address to which it went, and may be anybody."""
    day, family = post.family()
    mail = post.is_asked()
    post.hears(mail, "nee", sender="ander@elders.example")
    post.hears(mail, "stop", sender="ander@elders.example")
    assert post.state_of(day, family) == "registered"
    assert [item.reason for item in post.waiting()] == ["perhaps-anothers", "stop-perhaps-anothers"]
    assert not goes_again(post)
    settle(post, post.waiting()[1].id, "stop-mail")
    assert post.silence() == ["desk"]


def test_much_mail_in_anothers_name_is_one_line_at_the_desk_and_the_first(post: Post) -> None:
    post.family()
    post.goes_out()
    for _ in range(10):
        post.writes("STOP")
    post.look()
    assert [item.group is None for item in post.waiting()] == [True] + [False] * 9
    assert len({item.group for item in post.waiting()}) == 2


def test_mail_of_strangers_is_one_line_at_the_desk_and_silences_nobody(post: Post) -> None:
    for number in range(5):
        post.writes(f"Buy now! unsubscribe {number}", sender=f"shop{number}@elders.example")
    post.look()
    assert post.silence() == []
    assert {(item.reason, item.group) for item in post.waiting()} == {
        ("from-a-stranger", "mail-of-strangers")
    }


def test_a_stop_from_an_address_that_we_do_not_know_is_a_line_of_its_own_and_keeps_mail_back(
    post: Post,
) -> None:
    """Somebody may answer an old mail, or from another address than the one that we have."""
    post.writes("Buy now! unsubscribe", sender="shop@elders.example")
    post.writes("STOP")
    post.look()
    assert {item.reason for item in post.waiting()} == {"from-a-stranger", "stop-of-a-stranger"}
    assert post.silence() == ["paused"]
    assert not goes_again(post)


def test_a_partner_that_answers_its_mail_is_read_by_a_person(post: Post) -> None:
    with post.runtime.engine.begin() as connection:
        post.family()
        [mail] = post.goes_out()
        connection.exec_driver_sql("UPDATE messages SET recipient_kind = 'partner'")
    post.hears(mail, "stop")
    assert [item.reason for item in post.waiting()] == ["from-a-partner"]
    assert post.silence() == []


# What nobody wrote.


@pytest.mark.parametrize("name", ["away_nl", "away_fr", "away_en", "list", "opened"])
def test_what_nobody_wrote_does_nothing_and_makes_no_work(post: Post, name: str) -> None:
    day, family = post.family()
    mail = post.is_asked()
    post.box.comes(sample(name, answers=attempt_of(mail), sender=ADDRESS))
    post.look()
    assert post.state_of(day, family) == "registered"
    assert (post.silence(), post.waiting(), post.taken()) == ([], [], ["automatic"])


def test_our_answer_that_is_answered_by_a_program_goes_round_no_further(post: Post) -> None:
    post.family()
    post.hears(post.is_asked(), "ja")
    thanks = post.goes_out()[-1]
    before = post.sent.how_many
    post.hears(thanks, "Ja", **{"Auto-Submitted": "auto-replied"})
    post.hears(thanks, "Ja", sender="weerzien@centrum.example")
    post.goes_out()
    assert post.sent.how_many == before
    assert post.taken() == ["yes", "automatic", "our-own"]


@pytest.mark.parametrize("name", ["postfix_5", "exchange_5", "exim_5", "postfix_given_up"])
def test_a_mail_that_came_back_did_not_arrive_and_a_person_hears_of_it(post: Post, name: str) -> None:
    post.family()
    [mail] = post.goes_out()
    post.box.comes(sample(name, answers=attempt_of(mail), sender=ADDRESS))
    post.look()
    [message] = post.rows("messages")
    assert message.state == MessageState.UNDELIVERED
    assert message.reason.startswith("came-back-")
    assert [(item.kind, item.reason) for item in post.waiting()] == [("message-failed", message.reason)]
    assert post.taken() == ["came-back"]


def test_a_mail_that_is_still_tried_is_left_alone_and_counted(post: Post) -> None:
    post.family()
    [mail] = post.goes_out()
    post.box.comes(sample("postfix_delayed", answers=attempt_of(mail), sender=ADDRESS))
    post.look()
    assert post.rows("messages")[0].state == MessageState.ACCEPTED
    assert (post.waiting(), post.taken()) == ([], ["delayed"])


def test_a_report_of_a_mail_that_we_do_not_know_changes_nothing(post: Post) -> None:
    post.family()
    post.goes_out()
    post.box.comes(sample("postfix_5", sender=ADDRESS))
    post.look()
    assert post.rows("messages")[0].state == MessageState.ACCEPTED
    assert (post.waiting(), post.taken()) == ([], ["unknown-report"])


def test_what_somebody_wrote_is_readable_at_the_desk_alone(
    post: Post, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    post.family()
    [mail] = post.goes_out()
    caplog.set_level("DEBUG")
    post.hears(mail, "Kwetterdekwet", sender=ADDRESS)
    stored = [
        str(row) for table in ("taken_mails", "mailbox_state", "work_items") for row in post.rows(table)
    ]
    kept = [bytes(one) for row in post.rows("inbound_texts") for one in row if isinstance(one, bytes)]
    everything = "".join([*stored, repr(kept), caplog.text, *capsys.readouterr()])
    assert "Kwetterdekwet" not in everything
    assert ADDRESS not in everything
