"""Every operation that the application has, for tests that hold for all of them."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from msgspec import Struct, inspect

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.ids import InvoiceId, TenantId
from scaicontrol_core.payments.method_input import NewPaymentMethod
from scaicontrol_core.payments.payment_input import NewPayment
from scaicontrol_core.payments.use_cases.add_payment_method import AddPaymentMethod
from scaicontrol_core.payments.use_cases.record_payment import RecordPayment

API = "/api/v1"


@frozen
class Operation:
    """A method of a route below ``/api/v1``, as the application has it registered."""

    method: str
    path: str
    """As a template: ``/admin/tenants/{tenant_id}``."""
    handler: HTTPRouteHandler

    def __str__(self) -> str:
        """Name it in messages."""
        return f"{self.method} {self.path}"

    @property
    def is_public(self) -> bool:
        """Tell whether it needs no token."""
        return bool(self.handler.opt.get("public"))

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The parameters in its path."""
        return tuple(re.findall(r"\{(\w+)\}", self.path))

    @property
    def query(self) -> frozenset[str]:
        """The parameters of its query that are its own."""
        names = set(self.handler.parsed_fn_signature.parameters) - {*self.placeholders, *_PROVIDED}
        return frozenset(names)

    @property
    def body(self) -> type[Struct] | None:
        """The type of its JSON body, if it has one."""
        field = self.handler.parsed_data_field
        if field is None:
            return None
        kinds = [field.annotation, *(inner.annotation for inner in field.inner_types)]
        return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Struct)), None)

    def at(self, **values: str) -> str:
        """Return the path with its placeholders filled in."""
        return self.path.format(**values)

    def fields(self) -> tuple[inspect.Field, ...]:
        """Return the fields of its body."""
        return () if self.body is None else _fields(self.body)

    def sample(self) -> dict[str, Any] | None:
        """Return the smallest body it takes, of values that mean nothing in particular."""
        return None if self.body is None else _SAMPLE_BODIES.get(self.body.__name__) or _sample(self.body)


#: What the application provides: no parameters of a request.
_PROVIDED = {"container", "actor", "page", "expected_version", "data", "request", "state"}
#: Fields whose values must mean something.
_SAMPLES: dict[str, Any] = {
    "country_code": "NL",
    "period": "2026-01",
    "slug": "sample",
    "plan_key": "mail.basic",
    "billing_period": "monthly",
    "currency": "EUR",
    "tier": "pro",
    "content_base64": "AAAA",
    "until": "2026-12-31",
    "anchor": "2026-01-01",
    "action": "suspend",
    "iban": "NL91ABNA0417164300",
    "signed_on": "2026-01-02",
    "ids": ["sub_nobodys"],
}
#: Bodies of which something is needed, whatever it is.
_SAMPLE_BODIES: dict[str, dict[str, Any]] = {
    "OverrideBody": {"plan_key": "mail.basic"},
    "ChangePlanBody": {"plan_key": "mail.basic"},
}
_BY_TYPE: dict[str, Any] = {
    "StrType": "x",
    "IntType": 1,
    "BoolType": False,
    "ListType": [],
    "DictType": {},
    "DateType": "2026-12-31",
    "DateTimeType": "2026-01-01T00:00:00Z",
}


def _fields(body: type[Struct]) -> tuple[inspect.Field, ...]:
    described = inspect.type_info(body)
    assert isinstance(described, inspect.StructType)
    return described.fields


def _sample(body: type[Struct]) -> dict[str, Any]:
    return {
        field.encode_name: _SAMPLES.get(field.encode_name, _BY_TYPE[type(field.type).__name__])
        for field in _fields(body)
        if field.required
    }


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.services)])
def settings(request: pytest.FixtureRequest, issuer_folder: Path, tmp_path: Path) -> Settings:
    """Settings on one database after the other: what is refused, and hidden, is so on both."""
    data_dir = tmp_path / "data"
    shutil.copytree(issuer_folder, data_dir)
    url = request.getfixturevalue(f"migrated_{request.param}_url")
    return Settings(data_dir=data_dir, database_url=url, background_jobs="", pdf_workers=1)


@pytest.fixture
def operations(app: Litestar) -> tuple[Operation, ...]:
    """Return all of the API, but the development issuer and the API's own description."""
    found = [
        Operation(method, route.path_format.removeprefix(API), handler)
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path.startswith(API)
        for method, (handler, _) in route.route_handler_map.items()
        if method != "OPTIONS"
    ]
    return tuple(each for each in found if not each.path.startswith(("/dev/", "/openapi.json")))


@pytest.fixture
async def their_payment(container: Container, world: Any) -> str:
    """A payment of the reseller's customer."""
    paid = NewPayment(amount_cents=1)
    recorded = await container.use(RecordPayment)(Actor.operator("tests"), InvoiceId(world.their_invoice), paid)
    return recorded.payment.id


async def _mandate(container: Container, tenant_id: str) -> str:
    wanted = NewPaymentMethod(
        mandate_reference=tenant_id[-26:], debtor_name="Debtor", iban="NL91ABNA0417164300", signed_on=date(2026, 1, 2)
    )
    made = await container.use(AddPaymentMethod)(Actor.operator("tests"), TenantId(tenant_id), wanted)
    assert made.id is not None
    return made.id


@pytest.fixture
async def their_method(container: Container, world: Any) -> str:
    """A mandate of the reseller's customer."""
    return await _mandate(container, world.theirs)


@pytest.fixture
async def own_method(container: Container, world: Any) -> str:
    """A mandate of Acme's."""
    return await _mandate(container, world.acme)


@pytest.fixture
def filled(
    world: Any,
    their_pack: str,
    their_payment: str,
    own_method: str,
    their_people: dict[str, str],
    their_webhook: dict[str, str],
) -> dict[str, str]:
    """Ids of things that are there, by the name of their placeholder."""
    return {
        **their_people,
        **their_webhook,
        "payment_id": their_payment,
        "payment_method_id": own_method,
        "use_case": "ListTenants",
        "tenant_id": world.acme,
        "partner_id": world.reseller,
        "subscription_id": world.subscription,
        "invoice_id": world.draft,
        "run_id": world.run,
        "send_id": world.their_send,
        "template_id": world.their_template,
        "asset_id": world.their_asset,
        "pack_subscription_id": their_pack,
        "slug": "mail",
        "service": "mail",
        "plan": "sample",
    }
