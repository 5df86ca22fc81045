"""The development issuer: one key, kept to itself; tokens for the asking, and never in production."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from attrs import evolve

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.scaikey.development import DevelopmentIssuer, _make_key, issue_dev_token
from scaicontrol_adapters.scaikey.trust import KnownResellers, token_verifier, trusted_issuers
from scaicontrol_adapters.settings import Environment, Settings
from scaicontrol_core.access import Actor, Role
from scaicontrol_core.kernel.errors import Forbidden, Invalid
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.testing import builders


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("issuer")


@pytest.fixture
def settings(folder: Path) -> Settings:
    return Settings(data_dir=folder, background_jobs="")


def test_the_key_is_its_owners_alone_and_stays(settings: Settings, folder: Path) -> None:
    first = DevelopmentIssuer.from_settings(settings).jwks()
    files = list(folder.iterdir())
    assert len(files) == 1
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600
    assert DevelopmentIssuer.from_settings(settings).jwks() == first
    assert "d" not in first["keys"][0]


def test_servers_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    path = tmp_path / "data" / "key.json"
    with ThreadPoolExecutor(4) as threads:
        for made in [threads.submit(_make_key, path) for _ in range(4)]:
            made.result()
    assert [each.name for each in path.parent.iterdir()] == ["key.json"]


async def test_its_tokens_are_taken_by_the_server_it_belongs_to(settings: Settings) -> None:
    verifier = token_verifier(Container.in_memory(settings))
    admin = await verifier.actor(issue_dev_token(settings, Role.SUPER_ADMIN))
    assert admin.scope.kind is ScopeKind.PLATFORM
    reseller = await verifier.actor(issue_dev_token(settings, Role.PARTNER_ADMIN, partner_id="prt_1"))
    assert reseller.scope.partner_id == "prt_1"
    customer = await verifier.actor(issue_dev_token(settings, Role.TENANT_ADMIN, tenant_id="tnt_1"))
    assert customer.scope.tenant_id == "tnt_1"


def test_it_asks_whom_a_token_is_for(settings: Settings) -> None:
    for role, pointer in ((Role.TENANT_ADMIN, "/tenant_id"), (Role.PARTNER_ADMIN, "/partner_id")):
        with pytest.raises(Invalid) as caught:
            issue_dev_token(settings, role)
        assert [each.pointer for each in caught.value.fields] == [pointer]
    with pytest.raises(Invalid):
        issue_dev_token(settings, Role.SUPER_ADMIN, ttl=0)


def test_it_is_off_in_production_whatever_the_settings_say(settings: Settings) -> None:
    forced = evolve(settings, env=Environment.PRODUCTION, dev_issuer=True)
    with pytest.raises(Forbidden) as caught:
        issue_dev_token(forced, Role.SUPER_ADMIN)
    assert caught.value.code == "dev_issuer_off"
    assert trusted_issuers(forced) == ()
    with pytest.raises(Forbidden):
        issue_dev_token(evolve(settings, dev_issuer=False), Role.SUPER_ADMIN)


def test_both_issuers_can_be_trusted_while_developing(settings: Settings) -> None:
    both = Settings(data_dir=settings.data_dir, scaikey_url="https://key.example", dev_issuer=True)
    assert [each.issuer for each in trusted_issuers(both)] == [
        "https://key.example",
        "http://localhost:8000/api/v1/dev",
    ]


async def test_a_resellers_tenancy_is_told_from_the_operators() -> None:
    container = Container.in_memory()
    async with container.work.begin(Actor.system("test")) as work:
        await work.partners.add(builders.new_partner())
        await work.partners.add(builders.new_partner(PartnerId("prt_r"), operator=False, invoice_number_prefix="RES"))
        await work.tenants.add(builders.new_tenant())
        await work.tenants.add(builders.new_tenant(TenantId("tnt_r"), PartnerId("prt_r")))
        await work.commit()
    resellers = KnownResellers(container)
    own, theirs = builders.OPERATOR_ID, PartnerId("prt_r")
    for _ in range(2):
        assert await resellers.own(theirs, None)
        assert await resellers.own(None, TenantId("tnt_r"))
        assert await resellers.own(own, TenantId("tnt_r"))
        assert not await resellers.own(own, builders.TENANT_ID)
        assert not await resellers.own(PartnerId("prt_unknown"), None)
        assert not await resellers.own(None, None)
