"""``scaicontrol vat``: which VAT a supply bears, the rates, and whether a number is one. No database."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scaicontrol_cli.arguments import AsJson, day
from scaicontrol_cli.context import settings, wait
from scaicontrol_cli.errors import FAILED
from scaicontrol_cli.groups import group
from scaicontrol_cli.output import Column, Json, columns, print_item, print_json, print_note, print_rows
from scaicontrol_core.kernel.errors import Invalid, Malformed, ScaiControlError
from scaicontrol_core.kernel.events import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date


app = group("VAT: decide a supply, list the rates, check a number.")

Country = Annotated[str | None, typer.Option("--country", help="Two letters: NL, DE, EL or GR, …")]


@app.command("determine")
def determine_vat(
    explain: Annotated[
        bool, typer.Option("--explain", help="Say each step and its law: on stderr, and as steps in the JSON.")
    ] = False,
) -> None:
    """Decide supplies: JSON on standard input, one decision per line on standard output.

    The input is one object per line, or one object or list over several lines. What cannot be
    decided gets an error in its place; the rest go on, and the exit code is 1.
    """
    from scaicontrol_core.tax.supply import determine, read_supply, refusal
    from scaicontrol_core.tax.vat_rates import standard_rates

    rates, failed, write = standard_rates(), False, sys.stdout.write
    for value in _values():
        try:
            if isinstance(value, Malformed):
                raise value
            found = determine(read_supply(value), rates)
        except ScaiControlError as error:
            failed = True
            supply_id = value.get("id") if isinstance(value, dict) else None
            write(json.dumps(refusal(supply_id, error)) + "\n")
            continue
        # Without ensure_ascii=False: half a character in somebody's id is escaped, and stops nothing.
        write(json.dumps(found.to_dict(with_steps=explain)) + "\n")
        if explain:
            _print_steps(found.to_dict(with_steps=True))
    if failed:
        raise typer.Exit(FAILED)


def _print_steps(decision: Json) -> None:
    print_note(f"{decision['id']}: {decision['treatment']}, {decision['category']} {decision['rate']} %")
    for number, step in enumerate(decision["steps"], 1):
        law = f" [{step['law']}]" if step["law"] else ""
        print_note(f"  {number}. {step['text']}{law}")


def _values() -> Iterator[Any]:
    """Yield the supplies of standard input, as they come; what is no JSON as the error to report for it."""
    lines = (line for line in sys.stdin.buffer if line.strip())
    first = next(lines, None)
    if first is None:
        return
    try:
        whole = _parsed(first)
    except Malformed:
        # Either one value over several lines, or a first line that is wrong in itself.
        rest = list(lines)
        try:
            yield from _listed(_parsed(b"".join((first, *rest))))
        except Malformed:
            for line in (first, *rest):
                yield _parsed_or_error(line)
        return
    yield from _listed(whole)
    for line in lines:
        yield _parsed_or_error(line)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        reason = next(iter(str(error).splitlines()), "nested too deeply")
        raise Malformed(f"This is not JSON: {reason}.", code="malformed") from None


def _parsed_or_error(line: bytes) -> Any:
    try:
        return _parsed(line)
    except Malformed as error:
        return error


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number")


@app.command("rates")
def list_rates(
    on: Annotated[str | None, typer.Option("--on", help="The day, YYYY-MM-DD (default: today).")] = None,
    country: Country = None,
    history: Annotated[bool, typer.Option("--history", help="Every rate known, past and announced.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the standard rates in force on a day, each with its law."""
    from scaicontrol_core.tax.territory import territory_of
    from scaicontrol_core.tax.vat_rates import standard_rates

    table = standard_rates()
    rows = table.rows if history else table.on(day(on, "/on") or _today())
    if country is not None:
        wanted = territory_of(country).country
        rows = tuple(
            row for row in rows if row.territory.partition("-")[0] == wanted or row.territory == country.upper()
        )
    items = [
        {
            "rate_id": row.rate_id,
            "territory": row.territory,
            "rate": row.percent,
            "valid_from": row.valid_from.isoformat(),
            "valid_to": row.valid_to.isoformat() if row.valid_to else None,
            "source": row.source,
        }
        for row in rows
    ]
    if as_json:
        print_json({"items": items, "total": len(items), "next_cursor": None})
        return
    print_rows(
        items, (*columns("territory"), Column("rate", "rate", right=True), *columns("valid_from", "valid_to", "source"))
    )


def _today() -> date:
    from scaicontrol_adapters.system import SystemClock

    return SystemClock().now().date()


@app.command("check")
def check_number(
    number: Annotated[str, typer.Argument(help="The number, with its prefix (or with --country).", metavar="NUMBER")],
    country: Country = None,
    online: Annotated[bool, typer.Option("--online", help="Ask VIES too, the Commission's register.")] = False,
    requester: Annotated[
        str | None, typer.Option(help="With --online: your own number, so that the answer has a consultation number.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a VAT number's prefix, format and check digits; exits with 1 if it is wrong, or VIES says no.

    An outage of VIES is no answer: the state is pending, and the exit code 0.
    """
    found = _checked(number, country)
    if online and found["well_formed"]:
        found |= wait(_asked(found["vat_number"], requester))
    print_item(found, as_json=as_json)
    if not found["well_formed"] or found.get("state") == "invalid":
        raise typer.Exit(FAILED)


def _checked(number: str, country: str | None) -> Json:
    from scaicontrol_core.tax.territory import territory_of
    from scaicontrol_core.tax.vat_id import find_vat_number, parse_vat_number, require_vat_number

    found: Json = {"number": number, "vat_number": None, "country": None, "well_formed": False}
    try:
        if country is None:
            sound = parse_vat_number(number)
        else:
            home = territory_of(country).country
            prefixed = {"GR": "EL", "GB": "XI"}.get(home, home) + number
            bare = find_vat_number(number) is None and find_vat_number(prefixed) is not None
            sound = require_vat_number(prefixed if bare else number, country)
    except Invalid as wrong:
        return found | {"code": wrong.code, "message": wrong.message, "hint": wrong.hint}
    return found | {"vat_number": str(sound), "country": sound.country, "well_formed": True}


async def _asked(number: str, requester: str | None) -> Json:
    """Return what VIES says: ``state`` is valid, invalid, or pending where it gave no answer."""
    from scaicontrol_adapters.settings import VIES_URL
    from scaicontrol_adapters.vies import ViesRegister
    from scaicontrol_adapters.vies.register import Patience
    from scaicontrol_core.tax.vat_id import parse_vat_number
    from scaicontrol_core.tenancy.vat_register import RegisterQuestion, RegisterUnavailable

    ours = str(parse_vat_number(requester, pointer="/requester")) if requester else None
    own = settings()
    seconds = own.vies_timeout_seconds
    # Whoever asks by hand means it, also where this installation asks nobody by itself; and waits for one answer.
    register = ViesRegister(
        url=own.vies_url or VIES_URL, patience=Patience(request_seconds=seconds, question_seconds=seconds)
    )
    try:
        answer = await register.check(RegisterQuestion(number, ours))
    except RegisterUnavailable as silence:
        print_note(f"{silence.message} It is not a no: ask again later.")
        return {"state": "pending", "register_code": silence.register_code}
    finally:
        await register.close()
    return {
        "state": "valid" if answer.valid else "invalid",
        "name": answer.name,
        "address": answer.address,
        "consultation_number": answer.consultation_number,
        "requested_at": to_json(answer.requested_at),
    }
