"""What VIES says, over real HTTP: a clear yes, a clear no, and all the ways to get neither."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_adapters.vies.reading import REFUSES_US, read_answer
from scaicontrol_adapters.vies.register import Patience, ViesRegister
from scaicontrol_core.tenancy.vat_register import (
    NoRegister,
    RegisterAnswer,
    RegisterOff,
    RegisterQuestion,
    RegisterRefusesUs,
    RegisterUnavailable,
)
from tests.services.vies import TEST_NUMBERS, Reply, Vies, failure, verdict

Client = Callable[..., ViesRegister]
OWN = "NL868355884B01"
IRISH, ITALIAN, GERMAN, GREEK = "IE3507995F", "IT04597840158", "DE158950105", "EL500985347"
ASKED = {"countryCode": "IE", "vatNumber": "3507995F"}


async def test_a_yes_bears_a_consultation_number_for_who_names_itself(vies: Vies, client: Client) -> None:
    vies.known.add(IRISH)
    answer = await client().check(RegisterQuestion(IRISH, OWN))
    assert (answer.valid, answer.consultation_number) == (True, "WAPIAAAAX1abcdef")
    assert (answer.name, answer.address) == ("Trader B.V.", "Street 1\n1000 Town")
    assert answer.requested_at is not None
    assert answer.requested_at.year == 2026
    assert json.loads(answer.raw or "")["traderNameMatch"] == "NOT_PROCESSED"
    assert vies.received == [
        ASKED | {"requesterMemberStateCode": "NL", "requesterNumber": "868355884B01"},
    ]
    nameless = await client().check(RegisterQuestion(IRISH))
    assert (nameless.valid, nameless.consultation_number, vies.received[-1]) == (True, None, ASKED)


async def test_three_dashes_are_nothing_told_and_greece_is_el(vies: Vies, client: Client) -> None:
    vies.known |= {GERMAN, GREEK}
    told = await client().check(RegisterQuestion(GERMAN))
    assert (told.valid, told.name, told.address) == (True, None, None)
    assert (await client().check(RegisterQuestion(GREEK))).valid
    assert vies.received[-1]["countryCode"] == "EL"


async def test_a_no_is_a_no(client: Client) -> None:
    assert not (await client().check(RegisterQuestion(IRISH))).valid


@pytest.mark.parametrize(("number", "said"), TEST_NUMBERS.items())
async def test_every_number_of_the_test_service(client: Client, number: str, said: str) -> None:
    register = client(path="/check-vat-test-service")
    if said in ("VALID", "INVALID", "INVALID_INPUT"):
        answer = await register.check(RegisterQuestion(f"NL{number}"))
        assert answer.valid is (said == "VALID")
        assert answer.error_code == ("INVALID_INPUT" if said == "INVALID_INPUT" else None)
        return
    kind = RegisterRefusesUs if said in REFUSES_US else RegisterUnavailable
    with pytest.raises(RegisterUnavailable) as silence:
        await register.check(RegisterQuestion(f"NL{number}"))
    assert (type(silence.value), silence.value.register_code) == (kind, said)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (verdict(ASKED, valid=False, userError="IP_BLOCKED"), "IP_BLOCKED"),
        (verdict(ASKED, valid=False, userError="MS_UNAVAILABLE"), "MS_UNAVAILABLE"),
        (failure("MS_UNAVAILABLE", status=200), "MS_UNAVAILABLE"),
        (failure("MS_MAX_CONCURRENT_REQ", status=400), "MS_MAX_CONCURRENT_REQ"),
        (failure("SOMETHING_NEW"), "SOMETHING_NEW"),
        (Reply(200, json.dumps({"actionSucceed": False})), "UNREADABLE_ANSWER"),
        (Reply(200, "<html>Maintenance</html>"), "UNREADABLE_ANSWER"),
        (Reply(200, "[]"), "UNREADABLE_ANSWER"),
        (Reply(200, '{"valid": false, "userError": []}'), "UNREADABLE_ANSWER"),
        (Reply(500, '{"errorWrappers": 7}'), "UNREADABLE_ANSWER"),
        (Reply(200, '{"valid": "no"}'), "UNREADABLE_ANSWER"),
        (Reply(200, '{"valid": false, "countryCode": "DE"}'), "UNREADABLE_ANSWER"),
        (Reply(503, "busy"), "HTTP_503"),
        (Reply(404, '{"valid": false}'), "HTTP_404"),
        (Reply(429, ""), "HTTP_429"),
    ],
)
async def test_whatever_is_no_clear_answer_is_no_answer(vies: Vies, client: Client, reply: Reply, code: str) -> None:
    vies.scripted[IRISH] = [reply]
    with pytest.raises(RegisterUnavailable) as silence:
        await client().check(RegisterQuestion(IRISH))
    assert silence.value.register_code == code


async def test_a_clear_no_may_repeat_itself_as_a_user_error(vies: Vies, client: Client) -> None:
    vies.scripted[IRISH] = [verdict(ASKED, valid=False, userError="INVALID")]
    assert not (await client().check(RegisterQuestion(IRISH))).valid


async def test_a_slow_answer_and_nobody_there_are_no_answers(vies: Vies, client: Client) -> None:
    vies.delay = 0.5
    with pytest.raises(RegisterUnavailable) as slow:
        await client(Patience(request_seconds=0.05, question_seconds=0)).check(RegisterQuestion(IRISH))
    with pytest.raises(RegisterUnavailable) as gone:
        await client(url="http://127.0.0.1:9").check(RegisterQuestion(IRISH))
    assert (slow.value.register_code, gone.value.register_code) == ("TIMEOUT", "NETWORK")


async def test_a_hiccup_is_survived_within_the_budget(vies: Vies, client: Client) -> None:
    vies.known.add(IRISH)
    vies.scripted[IRISH] = [failure("MS_UNAVAILABLE"), Reply(502, "bad gateway")]
    patient = Patience(request_seconds=5, question_seconds=5, first_wait_seconds=0.01)
    assert (await client(patient).check(RegisterQuestion(IRISH))).valid
    assert len(vies.received) == 3


async def test_who_is_refused_does_not_insist(vies: Vies, client: Client) -> None:
    vies.outages["IE"] = "IP_BLOCKED"
    with pytest.raises(RegisterRefusesUs):
        await client(Patience(question_seconds=5)).check(RegisterQuestion(IRISH))
    assert len(vies.received) == 1


async def test_one_question_at_a_time_per_state_and_states_side_by_side(vies: Vies, client: Client) -> None:
    vies.delay = 0.03
    register = client()
    same = [RegisterQuestion(IRISH)] * 4
    replies = await asyncio.gather(
        register.check_many([*same, RegisterQuestion(ITALIAN)], seconds=10),
        register.check_many([*same, RegisterQuestion(GERMAN)], seconds=10),
    )
    assert all(isinstance(reply, RegisterAnswer) for replied in replies for reply in replied)
    assert {vies.most_at_once[state] for state in ("IE", "IT", "DE")} == {1}
    assert vies.most_at_once["*"] > 1


async def test_a_state_that_is_away_holds_up_no_other(vies: Vies, client: Client) -> None:
    vies.known |= {ITALIAN, GERMAN}
    vies.outages["IE"] = "MS_MAX_CONCURRENT_REQ"
    questions = [RegisterQuestion(each) for each in (IRISH, ITALIAN, IRISH, GERMAN)]
    first, second, third, fourth = await client().check_many(questions, seconds=10)
    assert isinstance(first, RegisterUnavailable)
    assert isinstance(second, RegisterAnswer)
    assert isinstance(fourth, RegisterAnswer)
    assert (third, vies.numbers().count(IRISH)) == (None, 1)


async def test_time_that_is_over_leaves_the_rest_unasked(vies: Vies, client: Client) -> None:
    vies.delay = 5
    assert await client().check_many([RegisterQuestion(IRISH), RegisterQuestion(ITALIAN)], seconds=0) == [None, None]


async def test_a_register_that_is_off_calls_nobody() -> None:
    off = NoRegister()
    with pytest.raises(RegisterOff) as refusal:
        await off.check(RegisterQuestion(IRISH))
    assert refusal.value.code == "register_off"
    assert (off.is_on, await off.check_many([RegisterQuestion(IRISH)], seconds=1)) == (False, [None])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
CODES = st.sampled_from([code for code in TEST_NUMBERS.values() if code not in ("VALID", "INVALID", "INVALID_INPUT")])
WORDS = CODES | st.text(min_size=1, max_size=20).filter(
    lambda word: word.strip().upper() not in ("", "VALID", "INVALID", "INVALID_INPUT")
)


@given(status=st.integers(200, 599), code=WORDS, valid=st.booleans(), rest=st.dictionaries(st.text(), JSON, max_size=3))
def test_no_fault_ever_becomes_a_no(status: int, code: str, valid: bool, rest: dict[str, object]) -> None:  # noqa: FBT001  # drawn
    told = {"valid": valid, "countryCode": "IE"}
    for fault in ({"errorWrappers": [{"error": code}], "actionSucceed": False}, {"userError": code}):
        with pytest.raises(RegisterUnavailable):
            read_answer(status, json.dumps(rest | told | fault), "IE")


@given(status=st.integers(100, 599), body=st.text(max_size=60) | JSON.map(json.dumps))
def test_garbage_is_an_answer_only_if_it_says_so(status: int, body: str) -> None:
    try:
        answer = read_answer(status, body, "IE")
    except RegisterUnavailable:
        return
    assert status == 200
    assert json.loads(body)["valid"] is answer.valid
