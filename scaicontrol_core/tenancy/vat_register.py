"""The register of VAT numbers as the core sees it: a question, an answer, and three ways to get none.

Only an answer says "no". Whatever else happens (an outage, a busy member state, a refusal to
talk to us, an answer nobody can read) leaves what is known as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from attrs import frozen

from scaicontrol_core.kernel.errors import Unavailable


@frozen
class RegisterQuestion:
    """Is this number valid? Both in canonical form with prefix; with ``requester`` the answer bears a number."""

    vat_number: str
    requester: str | None = None


@frozen(kw_only=True)
class RegisterAnswer:
    """A clear yes or no.

    ``name`` and ``address`` are None where the member state does not disclose them;
    ``requested_at`` is the register's own time; ``error_code`` is set where it refused the number
    by its format (``INVALID_INPUT``), which is a no.
    """

    valid: bool
    consultation_number: str | None = None
    name: str | None = None
    address: str | None = None
    requested_at: datetime | None = None
    error_code: str | None = None
    raw: str | None = None


class RegisterUnavailable(Unavailable):
    """The register gave no answer; ``register_code`` is its own word for why (``MS_UNAVAILABLE``)."""

    code = "vat_register_unavailable"

    def __init__(self, register_code: str, message: str | None = None, *, raw: str | None = None) -> None:
        super().__init__(
            message or f"The register of VAT numbers gave no answer ({register_code}).",
            hint="The number counts as pending; it is asked for again by itself.",
        )
        self.register_code = register_code
        self.raw = raw


class RegisterRefusesUs(RegisterUnavailable):
    """The register does not talk to us (our own number, our address): the operator's to mend, never the buyer's."""

    code = "vat_register_refuses_us"

    def __init__(self, register_code: str, *, raw: str | None = None) -> None:
        super().__init__(
            register_code, f"The register of VAT numbers refuses our questions ({register_code}).", raw=raw
        )
        self.hint = "Check the seller's own VAT number, and whether this server's address is blocked."


class RegisterOff(RegisterUnavailable):
    """This installation asks no register."""

    code = "register_off"

    def __init__(self) -> None:
        super().__init__("REGISTER_OFF", "No register of VAT numbers is configured.")
        self.hint = "Set SCAICONTROL_VIES_URL, or attest the number yourself."


#: None: there was no time to ask, or another question showed that asking was in vain.
RegisterReply: TypeAlias = RegisterAnswer | RegisterUnavailable | None


class VatRegister(Protocol):
    """Asks whether VAT numbers are valid."""

    @property
    def is_on(self) -> bool:
        """Tell whether there is anybody to ask."""
        ...

    async def check(self, question: RegisterQuestion) -> RegisterAnswer:
        """Return the answer; raises ``RegisterUnavailable`` (``RegisterRefusesUs``, ``RegisterOff``) without one."""
        ...

    async def check_many(self, questions: Sequence[RegisterQuestion], *, seconds: int) -> Sequence[RegisterReply]:
        """Return one reply for each question, in order, after at most so many seconds; never raises for want of one.

        Member states are asked side by side, one question at a time each.
        """
        ...


class NoRegister:
    """Nobody to ask (port ``VatRegister``): nothing is called, and every number stays as it is."""

    is_on = False

    async def check(self, question: RegisterQuestion) -> RegisterAnswer:
        """Raise ``RegisterOff``."""
        del question
        raise RegisterOff

    async def check_many(self, questions: Sequence[RegisterQuestion], *, seconds: int) -> Sequence[RegisterReply]:
        """Return nothing for each."""
        del seconds
        return [None] * len(questions)
