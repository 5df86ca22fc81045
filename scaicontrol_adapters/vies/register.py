"""The client: one question in flight per member state, patience within a budget, and never a guess."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from scaicontrol_adapters.tracing import answered, calling
from scaicontrol_adapters.vies.reading import read_answer
from scaicontrol_core.tenancy.vat_register import RegisterRefusesUs, RegisterReply, RegisterUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    import httpx

    from scaicontrol_core.tenancy.vat_register import RegisterAnswer, RegisterQuestion

_PATH = "/check-vat-number"
_PREFIX_LENGTH = 2


@frozen(kw_only=True)
class Patience:
    """How long to wait for what: seconds for one request, for one question with its retries, before the first retry."""

    request_seconds: float = 10.0
    question_seconds: float = 25.0
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 8.0


@define(kw_only=True)
class ViesRegister:
    """VIES over HTTP (port ``VatRegister``). Close it."""

    url: str
    path: str = _PATH
    patience: Patience = field(factory=Patience)
    sleep: Callable[[float], Awaitable[None]] = field(default=asyncio.sleep)
    _client: httpx.AsyncClient | None = field(default=None, init=False)
    _one_at_a_time: dict[str, asyncio.Lock] = field(factory=dict, init=False)

    @property
    def is_on(self) -> bool:
        """There is somebody to ask."""
        return True

    async def check(self, question: RegisterQuestion) -> RegisterAnswer:
        """Return the answer; raises ``RegisterUnavailable`` or ``RegisterRefusesUs``.

        Asks again after a failure, each time after a random part of a longer wait, as long as the
        question's budget lasts.
        """
        country = question.vat_number[:_PREFIX_LENGTH]
        loop = asyncio.get_running_loop()
        deadline, wait = loop.time() + self.patience.question_seconds, self.patience.first_wait_seconds
        async with self._one_at_a_time.setdefault(country, asyncio.Lock()):
            while True:
                try:
                    return await self._ask(question, country)
                except RegisterRefusesUs:
                    raise
                except RegisterUnavailable:
                    pause = random.uniform(wait / 2, wait)  # noqa: S311  # so that many clients don't knock in step
                    if loop.time() + pause > deadline:
                        raise
                await self.sleep(pause)
                wait = min(wait * 2, self.patience.longest_wait_seconds)

    async def check_many(self, questions: Sequence[RegisterQuestion], *, seconds: int) -> Sequence[RegisterReply]:
        """Ask member states side by side; after a failure the rest of that state is not asked.

        Once VIES refuses to talk to us, nobody else is asked at all.
        """
        replies: list[RegisterReply] = [None] * len(questions)
        by_country: dict[str, list[int]] = {}
        for place, question in enumerate(questions):
            by_country.setdefault(question.vat_number[:_PREFIX_LENGTH], []).append(place)
        refused = asyncio.Event()

        async def ask_one_country(places: list[int]) -> None:
            for place in places:
                if refused.is_set():
                    return
                try:
                    replies[place] = await self.check(questions[place])
                except RegisterUnavailable as silence:
                    replies[place] = silence
                    if isinstance(silence, RegisterRefusesUs):
                        refused.set()
                    return

        try:
            async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
                for places in by_country.values():
                    group.create_task(ask_one_country(places))
        except TimeoutError:
            pass  # who was not reached in time stays without a reply
        return replies

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _ask(self, question: RegisterQuestion, country: str) -> RegisterAnswer:
        import httpx  # noqa: PLC0415  # only who asks a register pays for it

        if self._client is None:
            self._client = httpx.AsyncClient(timeout=self.patience.request_seconds)
        try:
            # The timeout of httpx is one between bytes: a server that dribbles would hold us for ever.
            async with asyncio.timeout(self.patience.request_seconds):
                with calling("vies", "POST") as span:
                    response = await self._client.post(self.url + self.path, json=_body(question, country))
                    answered(span, response.status_code)
                text = response.text
        except (TimeoutError, httpx.TimeoutException):
            raise RegisterUnavailable("TIMEOUT") from None
        except httpx.HTTPError as error:
            raise RegisterUnavailable("NETWORK", raw=str(error) or type(error).__name__) from None
        return read_answer(response.status_code, text, country)


def _body(question: RegisterQuestion, country: str) -> dict[str, str]:
    body = {"countryCode": country, "vatNumber": question.vat_number[_PREFIX_LENGTH:]}
    if question.requester is not None:
        body["requesterMemberStateCode"] = question.requester[:_PREFIX_LENGTH]
        body["requesterNumber"] = question.requester[_PREFIX_LENGTH:]
    return body
