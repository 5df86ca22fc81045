"""The customers of a scenario: who they are, where, from which month on, and how they pay. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from attrs import field, frozen

from scaicontrol_core.kernel.period import add_months
from scaicontrol_core.simulation.countries import COUNTRIES, Country
from scaicontrol_core.simulation.randomness import PER_MILLE, Stream
from scaicontrol_core.simulation.scenario import Offer, Scenario
from scaicontrol_core.tenancy.billing_profile import BillingDetails
from scaicontrol_core.tenancy.tenant import CollectionMethod

#: What not quite half of all new customers choose at random is on average the first of these days.
_FIRST_DAYS = 28
_TRIES = 20_000

WellFormed = Callable[[str], bool]


@frozen(kw_only=True)
class Customer:
    """One customer. ``stream`` is its own chance; ``reseller`` its partner's place in the scenario, None: the operator.

    ``vat_number_known``: whether the register knows its number.
    """

    reference: str
    joins_on: date
    details: BillingDetails
    collection_method: CollectionMethod
    reseller: int | None
    offer: Offer
    seats: int
    vat_number_known: bool
    stream: Stream = field(repr=False)

    @property
    def pays_by_card(self) -> bool:
        """Tell whether its payments are collected."""
        return self.collection_method is CollectionMethod.CHARGE_AUTOMATICALLY


def population(scenario: Scenario, root: Stream, well_formed: WellFormed) -> tuple[Customer, ...]:
    """Return everybody who will ever join, by reference. ``well_formed`` judges VAT numbers."""
    return tuple(_customer(scenario, root, number, well_formed) for number in range(scenario.customers.count))


def _customer(scenario: Scenario, root: Stream, number: int, well_formed: WellFormed) -> Customer:
    who = scenario.customers
    reference = f"c{number + 1:05d}"
    stream = root.fork("customer", reference)
    land = stream.fork("country").weighted(tuple(who.countries.items()))
    details = _details(stream, land, COUNTRIES[land], scenario, well_formed)
    by_card = stream.fork("card").happens(who.cards)
    method = CollectionMethod.CHARGE_AUTOMATICALLY if by_card else CollectionMethod.SEND_INVOICE
    return Customer(
        reference=reference,
        joins_on=_joins_on(scenario, stream, number),
        details=details,
        collection_method=method,
        reseller=_reseller(scenario, stream),
        offer=stream.fork("offer").weighted(tuple((offer, offer.weight) for offer in scenario.offers)),
        seats=stream.fork("seats").between(1, who.most_seats),
        vat_number_known=not stream.fork("register").happens(who.invalid_vat_numbers),
        stream=stream,
    )


def _joins_on(scenario: Scenario, stream: Stream, number: int) -> date:
    """Spread those who are not there at the start evenly over the months, each on a day of its own."""
    who = scenario.customers
    day = timedelta(days=stream.fork("joins").below(_FIRST_DAYS))
    if number < who.at_start:
        return scenario.starts_on + day
    later, place = who.count - who.at_start, number - who.at_start
    return add_months(scenario.starts_on, place * who.joining_months // later) + day


def _reseller(scenario: Scenario, stream: Stream) -> int | None:
    shares = [(place, reseller.share) for place, reseller in enumerate(scenario.resellers)]
    own = PER_MILLE - sum(share for _, share in shares)
    return stream.fork("reseller").weighted([(None, own), *shares])


def _details(stream: Stream, code: str, land: Country, scenario: Scenario, well_formed: WellFormed) -> BillingDetails:
    names = stream.fork("name")
    surname = names.pick(land.surnames, 0)
    is_business = not stream.fork("consumer").happens(scenario.customers.consumers)
    firm = names.pick(land.firms, 1).format(surname)
    person = f"{names.pick(land.forenames, 2)} {surname}"
    postal_code, town = names.pick(land.towns, 3)
    return BillingDetails(
        company_name=firm if is_business else person,
        address_line1=names.pick(land.streets, 4).format(names.between(1, 180, 5)),
        postal_code=postal_code,
        city=town,
        country_code=code,
        is_business=is_business,
        vat_number=_vat_number(stream.fork("vat number"), land.vat_number, well_formed) if is_business else None,
        contact_email=f"invoices@{names.at(6) % 10**8:08d}.example",
        preferred_language=land.language,
    )


def _vat_number(stream: Stream, pattern: str | None, well_formed: WellFormed) -> str | None:
    """Return a number of the pattern whose check digits hold: the first of many drawn."""
    if pattern is None:
        return None
    digits = pattern.count("#")
    for place in range(_TRIES):
        number = f"{stream.below(10**digits, place):0{digits}d}"
        filled = pattern.replace("#", "{}").format(*number)
        if well_formed(filled):
            return filled
    return None
