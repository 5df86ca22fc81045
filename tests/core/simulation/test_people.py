"""Who the customers are, what they want, how they pay and what they use: the same for the same seed, one by one."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from attrs import evolve

from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.simulation import Scenario, Stream, read_scenario
from scaicontrol_core.simulation import behaviour as acts
from scaicontrol_core.simulation.behaviour import Behaviour, Standing, Wish, WishfulDay, first_purchase
from scaicontrol_core.simulation.paying import StepKind, steps_of
from scaicontrol_core.simulation.population import Customer, population
from scaicontrol_core.simulation.register import ScenarioRegister
from scaicontrol_core.simulation.scenario import Metered, Paying, Usage
from scaicontrol_core.simulation.usage import Meter
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.tax import VatNumberFormat
from scaicontrol_core.tenancy.tenant import CollectionMethod
from scaicontrol_core.tenancy.vat_register import RegisterQuestion

MONTH = Period(date(2026, 3, 1), date(2026, 4, 1))
DAY = date(2026, 3, 10)
TENANT = TenantId("tnt_1")
_S = SubscriptionStatus
numbers = VatNumberFormat()


def everybody(raw: dict[str, Any], seed: int = 7) -> tuple[Customer, ...]:
    return population(read_scenario(raw, seed=seed), Stream.of(seed), numbers.is_registrable)


# -- who ----------------------------------------------------------------------------------------


def test_the_same_seed_makes_the_same_people(raw: dict[str, Any]) -> None:
    assert everybody(raw) == everybody(raw)
    assert everybody(raw) != everybody(raw, seed=8)


def test_more_customers_change_none_of_those_there_were(raw: dict[str, Any]) -> None:
    before = everybody(raw)
    raw["customers"] |= {"count": 60, "joining_months": 3}
    ours = [(each.details, each.offer, each.collection_method) for each in before]
    assert [(each.details, each.offer, each.collection_method) for each in everybody(raw)[: len(before)]] == ours


def test_people_join_when_the_scenario_says(scenario: Scenario, customers: tuple[Customer, ...]) -> None:
    first_month = Period(date(2026, 1, 1), date(2026, 2, 1))
    assert all(customer.joins_on in first_month for customer in customers[: scenario.customers.at_start])
    assert all(customer.joins_on in scenario.period for customer in customers)
    assert customers[-1].joins_on >= date(2026, 2, 1)


def test_businesses_in_the_eu_have_numbers_that_are_well_formed_and_private_persons_none(raw: dict[str, Any]) -> None:
    raw["customers"] |= {"count": 400}
    people = everybody(raw)
    assert {each.details.country_code for each in people} == set(raw["customers"]["countries"])
    for each in people:
        number = each.details.vat_number
        inside = each.details.country_code not in {"CH", "GB", "US"}
        assert (number is not None) == (each.details.is_business and inside)
        assert number is None or numbers.is_registrable(number)
    unknown = sum(not each.vat_number_known for each in people)
    assert 15 < unknown < 50
    assert 100 < sum(each.pays_by_card for each in people) < 180
    assert 30 < sum(each.reseller is not None for each in people) < 90


async def test_the_register_knows_whom_it_was_told() -> None:
    register = ScenarioRegister(known={"NL1"})
    yes, no = [await register.check(RegisterQuestion(number, "DE1")) for number in ("NL1", "NL2")]
    assert (yes.valid, no.valid, no.consultation_number) == (True, False, None)
    assert yes.consultation_number is not None
    assert await register.check_many([RegisterQuestion("NL1", "DE1")], seconds=1) == [yes]


# -- what they want -----------------------------------------------------------------------------


def wishes(scenario: Scenario, customers: tuple[Customer, ...]) -> list[WishfulDay]:
    behaviour = Behaviour(scenario)
    return sorted(wish for customer in customers for wish in behaviour.wishes(customer, MONTH))


def test_one_habit_more_shifts_no_other(scenario: Scenario, customers: tuple[Customer, ...]) -> None:
    before = wishes(scenario, customers)
    calm = evolve(scenario, habits=evolve(scenario.habits, cancel=0, pause=1000))
    kept = {Wish.CANCEL, Wish.PAUSE}
    after = wishes(calm, customers)
    assert [wish for wish in before if wish.wish not in kept] == [wish for wish in after if wish.wish not in kept]
    assert Counter(wish.wish for wish in after)[Wish.PAUSE] > Counter(wish.wish for wish in before)[Wish.PAUSE]
    assert all(wish.day in MONTH for wish in after)


def test_nobody_wishes_before_it_joined(scenario: Scenario, customers: tuple[Customer, ...]) -> None:
    eager = evolve(scenario, habits=evolve(scenario.habits, upgrade=1000))
    late = evolve(customers[0], joins_on=date(2026, 3, 20))
    assert all(wish.day > late.joins_on for wish in wishes(eager, (late,)))


def decided(scenario: Scenario, customer: Customer, wish: Wish, *held: Standing) -> acts.Action | None:
    return Behaviour(scenario).decide(customer, WishfulDay(DAY, customer.reference, wish, 24315), held)


def holding(plan_key: str = "keys.starter", status: SubscriptionStatus = _S.ACTIVE, **fields: Any) -> Standing:
    return Standing(id="sub_1", plan_key=plan_key, status=status, **fields)


def test_up_and_down_the_ladder(scenario: Scenario, customers: tuple[Customer, ...]) -> None:
    up = decided(scenario, customers[0], Wish.UPGRADE, holding())
    down = decided(scenario, customers[0], Wish.DOWNGRADE, holding("keys.pro"))
    assert isinstance(up, acts.Change)
    assert isinstance(down, acts.Change)
    assert (up.plan_key, down.plan_key) == ("keys.pro", "keys.starter")


@pytest.mark.parametrize(
    ("wish", "held"),
    [
        (Wish.UPGRADE, holding("keys.enterprise")),
        (Wish.UPGRADE, holding("vault.standard")),
        (Wish.DOWNGRADE, holding("keys.starter")),
        (Wish.UPGRADE, holding(in_pack=True)),
        (Wish.PAUSE, holding("together", is_pack=True)),
        (Wish.PAUSE, holding(status=_S.SUSPENDED)),
        (Wish.CANCEL, holding(status=_S.CANCELLED)),
        (Wish.CHANGE_MIND, holding()),
        (Wish.CONVERT, holding()),
        (Wish.COME_BACK, holding()),
        (Wish.BUY_MORE, holding(status=_S.CANCELLED)),
    ],
)
def test_some_wishes_come_to_nothing(
    scenario: Scenario, customers: tuple[Customer, ...], wish: Wish, held: Standing
) -> None:
    assert decided(scenario, customers[0], wish, held) is None


def test_every_other_wish_is_an_act(scenario: Scenario, customers: tuple[Customer, ...]) -> None:
    customer, trial, leaving = customers[0], holding("keys.trial", _S.TRIALING), holding(status=_S.CANCELLING)
    assert isinstance(decided(scenario, customer, Wish.CONVERT, trial), acts.Change)
    assert isinstance(decided(scenario, customer, Wish.EXTEND_TRIAL, trial), acts.ExtendTrial)
    assert isinstance(decided(scenario, customer, Wish.PAUSE, holding()), acts.Pause)
    assert decided(scenario, customer, Wish.CANCEL, holding()) == acts.Cancel(holding(), immediate=False)
    assert decided(scenario, customer, Wish.CANCEL_AT_ONCE, holding()) == acts.Cancel(holding(), immediate=True)
    assert decided(scenario, customer, Wish.CHANGE_MIND, leaving) == acts.Resume(leaving)
    assert decided(scenario, customer, Wish.TAKE_PACK, holding()) == acts.SubscribePack("together")
    more, again = decided(scenario, customer, Wish.BUY_MORE, holding()), decided(scenario, customer, Wish.COME_BACK)
    assert isinstance(more, acts.Subscribe)
    assert isinstance(again, acts.Subscribe)
    assert not more.plan_key.startswith("keys.")


def test_another_quantity_is_another_one_and_never_none(scenario: Scenario, customers: tuple[Customer, ...]) -> None:
    for customer in customers:
        change = decided(scenario, customer, Wish.CHANGE_QUANTITY, holding(quantity=3))
        assert isinstance(change, acts.Change)
        assert change.quantity not in (None, 0, 3)


def test_everybody_joins_for_what_was_offered(customers: tuple[Customer, ...]) -> None:
    first = [first_purchase(customer) for customer in customers]
    assert {type(each) for each in first} == {acts.Subscribe, acts.SubscribePack}


def test_what_becomes_of_a_trial(scenario: Scenario, customers: tuple[Customer, ...]) -> None:
    sure = evolve(scenario, habits=evolve(scenario.habits, convert=1000, extend_trial=1000))
    found = list(Behaviour(sure).trial_wishes(customers[0], DAY, DAY + timedelta(days=14), 1))
    assert [(each.wish, (each.day - DAY).days) for each in found] == [(Wish.EXTEND_TRIAL, 10), (Wish.CONVERT, 13)]


# -- how they pay -------------------------------------------------------------------------------


def paid(customer: Customer, **paying: Any) -> list[tuple[StepKind, int]]:
    steps = steps_of(customer, Paying(**paying), 0, DAY, DAY + timedelta(days=14))
    return [(step.kind, (step.day - DAY).days) for step in steps]


def test_a_card_pays_at_once_or_is_tried_again_until_it_is_given_up(customers: tuple[Customer, ...]) -> None:
    card = evolve(customers[0], collection_method=CollectionMethod.CHARGE_AUTOMATICALLY)
    assert paid(card) == [(StepKind.PAID, 0)]
    assert paid(card, failing=1000, recovering=1000) == [(StepKind.FAILED, 0), (StepKind.PAID, 3)]
    assert [step for step, _ in paid(card, failing=1000, recovering=0)] == [StepKind.FAILED] * 4 + [StepKind.GIVEN_UP]


def test_a_transfer_comes_around_the_due_date_or_never(customers: tuple[Customer, ...]) -> None:
    sender = evolve(customers[0], collection_method=CollectionMethod.SEND_INVOICE)
    ((kind, day),) = paid(sender, most_days_late=20)
    assert kind is StepKind.PAID
    assert 4 <= day <= 34
    assert paid(sender, never=1000, patience_days=30) == [(StepKind.GIVEN_UP, 44)]


def test_money_goes_back_only_once_it_came(customers: tuple[Customer, ...]) -> None:
    for customer in customers:
        steps = paid(customer, refunds=1000, credit_notes=1000)
        kinds = [kind for kind, _ in steps]
        assert kinds.index(StepKind.PAID) < kinds.index(StepKind.REFUNDED)
        assert StepKind.CREDITED in kinds


# -- what they use ------------------------------------------------------------------------------


def meter(customer: Customer, metered: Metered) -> Meter:
    return Meter(tenant_id=TENANT, reference=customer.reference, metered=metered, stream=customer.stream)


def test_usage_is_reported_exactly_once_or_sometimes_twice(customers: tuple[Customer, ...]) -> None:
    calls = Metered(service="keys", metric="api_calls", monthly=30000, spread=0)
    (report,) = meter(customers[0], calls).reports(Usage(), DAY)
    assert 3500 <= report.quantity <= 10500
    assert report.occurred_at.date() == DAY - timedelta(days=1)
    twice = list(meter(customers[0], calls).reports(Usage(repeats=1000), DAY))
    assert twice == [report, report]


def test_late_and_wrong_reports(customers: tuple[Customer, ...]) -> None:
    calls = Metered(service="keys", metric="api_calls", monthly=30000)
    report, correction = meter(customers[0], calls).reports(Usage(late=1000, corrections=1000), DAY)
    assert report.occurred_at.date() < DAY - timedelta(days=1)
    assert correction.correction
    assert -report.quantity < correction.quantity < 0


def test_distinct_values_are_named_and_never_corrected(customers: tuple[Customer, ...]) -> None:
    users = Metered(service="keys", metric="active_users", monthly=30, spread=0, distinct="user_id")
    reports = list(meter(customers[0], users).reports(Usage(corrections=1000), DAY))
    assert 1 <= len(reports) <= 12
    assert len({report.idempotency_key for report in reports}) == len(reports)
    assert all(set(report.properties) == {"user_id"} and not report.correction for report in reports)
