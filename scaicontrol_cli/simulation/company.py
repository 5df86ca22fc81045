"""The company as the simulation knows it: its ports, its customers so far, and what was done."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define, field

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.kernel.errors import ErrorKind, ScaiControlError
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.simulation.behaviour import Behaviour

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from datetime import date, timedelta

    from scaicontrol_adapters.container import Container
    from scaicontrol_core.kernel.ids import PackSubscriptionId, PartnerId, TenantId
    from scaicontrol_core.simulation.population import Customer
    from scaicontrol_core.simulation.register import ScenarioRegister
    from scaicontrol_core.simulation.scenario import Scenario
    from scaicontrol_core.simulation.virtual import VirtualClock

T = TypeVar("T")
U = TypeVar("U")
#: Kinds of refusal that are part of a business's life: a wish that cannot be granted.
_REFUSALS = frozenset({ErrorKind.CONFLICT, ErrorKind.INVALID, ErrorKind.REFUSED, ErrorKind.FORBIDDEN})


@define
class Account:
    """A customer that joined: its tenant, the packs it bought, and how many invoices it got."""

    customer: Customer
    tenant_id: TenantId
    packs: list[PackSubscriptionId] = field(factory=list)
    invoices: int = 0


@define(kw_only=True)
class Company:
    """Everything the days of a simulation share."""

    scenario: Scenario
    container: Container
    clock: VirtualClock
    register: ScenarioRegister
    newcomers: dict[date, list[Customer]]
    actor: Actor = field(factory=lambda: Actor.system("simulation"))
    behaviour: Behaviour = field(init=False)
    sellers: dict[PartnerId, str] = field(factory=dict)
    resellers: list[PartnerId] = field(factory=list)
    accounts: dict[str, Account] = field(factory=dict)
    by_tenant: dict[TenantId, Account] = field(factory=dict)
    done: Counter[str] = field(factory=Counter)
    refused: Counter[str] = field(factory=Counter)
    usage: Counter[str] = field(factory=Counter)

    def __attrs_post_init__(self) -> None:
        """Know how customers behave."""
        self.behaviour = Behaviour(self.scenario)

    @property
    def timezone(self) -> str:
        """The operator's billing zone."""
        return self.scenario.operator.configuration.billing_timezone

    @property
    def today(self) -> date:
        """The operator's local day."""
        return local_date(self.clock.now(), self.timezone)

    def use(self, use_case: type[U]) -> U:
        """Return the use case with its ports."""
        return self.container.use(use_case)

    async def attempt(self, what: str, doing: Awaitable[T]) -> T | None:
        """Do something customers may be refused, and count it either way; whatever else goes wrong is raised."""
        try:
            outcome = await doing
        except ScaiControlError as error:
            if error.kind not in _REFUSALS:
                raise
            self.refused[f"{what}: {error.code}"] += 1
            return None
        self.done[what] += 1
        return outcome

    def take_on(self, customer: Customer, tenant_id: TenantId) -> Account:
        """Note a new customer."""
        account = Account(customer, tenant_id)
        self.accounts[customer.reference] = self.by_tenant[tenant_id] = account
        return account

    def pass_time(self, by: timedelta) -> None:
        """Let a moment pass."""
        self.clock.move_to(self.clock.now() + by)

    def counted(self) -> dict[str, Any]:
        """Return what was done, refused and metered so far, by name."""
        return {name: dict(sorted(getattr(self, name).items())) for name in ("done", "refused", "usage")}
