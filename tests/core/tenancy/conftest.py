"""The people of these stories, and the use cases they call."""

from __future__ import annotations

from typing import Any

import pytest

from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.tenancy.partner import NewPartner, Partner
from scaicontrol_core.tenancy.tenant import Tenant
from scaicontrol_core.tenancy.use_cases.bootstrap_operator import BootstrapOperator
from scaicontrol_core.tenancy.use_cases.create_partner import CreatePartner
from scaicontrol_core.tenancy.use_cases.create_tenant import CreateTenant, NewTenant
from scaicontrol_core.testing import builders


@pytest.fixture
async def operator(call: Any, people: Any) -> Partner:
    """The operator, billable."""
    wanted = NewPartner(name="ScaiLabs", configuration=builders.seller_configuration())
    return await call(BootstrapOperator)(people.platform, wanted)  # type: ignore[no-any-return]


@pytest.fixture
async def reseller(call: Any, people: Any, operator: Partner) -> Partner:
    """A reseller, not billable yet."""
    return await call(CreatePartner)(people.platform, NewPartner(name="Resell B.V."))  # type: ignore[no-any-return]


@pytest.fixture
async def customer(call: Any, people: Any, operator: Partner) -> Tenant:
    """A customer of the operator, without a billing profile."""
    wanted = NewTenant(name="Bakkerij Jansen", external_reference="t001")
    return await call(CreateTenant)(people.platform, wanted)  # type: ignore[no-any-return]


@pytest.fixture
def nobody() -> TenantId:
    """The id of no tenant."""
    return TenantId("tnt_nobody")
