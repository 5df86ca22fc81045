"""A register of VAT numbers that knows what a test tells it."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field

from scaicontrol_core.tenancy.vat_register import (
    RegisterAnswer,
    RegisterQuestion,
    RegisterRefusesUs,
    RegisterReply,
    RegisterUnavailable,
)


@define
class MemoryRegister:
    """Port ``VatRegister``: ``known`` numbers are valid, others are not; ``away`` names states without an answer.

    ``*`` in ``away`` is all of them; ``refuses_us`` a code with which it turns us away. ``asked`` are
    the questions so far.
    """

    known: set[str] = field(factory=set)
    away: set[str] = field(factory=set)
    refuses_us: str | None = None
    is_on: bool = True
    asked: list[RegisterQuestion] = field(factory=list)

    async def check(self, question: RegisterQuestion) -> RegisterAnswer:
        """Return the answer, or raise for want of one."""
        self.asked.append(question)
        if self.refuses_us is not None:
            raise RegisterRefusesUs(self.refuses_us)
        if self.away & {"*", question.vat_number[:2]}:
            raise RegisterUnavailable("MS_UNAVAILABLE")
        valid = question.vat_number in self.known
        number = f"WAPI{len(self.asked):04}" if valid and question.requester else None
        return RegisterAnswer(valid=valid, consultation_number=number, name="Trader", raw='{"valid": ...}')

    async def check_many(self, questions: Sequence[RegisterQuestion], *, seconds: int) -> Sequence[RegisterReply]:
        """Return a reply for each."""
        del seconds
        return [await self._reply(question) for question in questions]

    async def _reply(self, question: RegisterQuestion) -> RegisterReply:
        try:
            return await self.check(question)
        except RegisterUnavailable as silence:
            return silence
