"""A server over an embedded database, and bearer tokens for everyone who may knock."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.pdf.inline import InlineRenderer
from scaicontrol_adapters.scaikey.development import DevelopmentIssuer, issue_dev_token
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.access import Role
from scaicontrol_core.testing import FixedClock
from scaicontrol_http.app import create_app

Headers = dict[str, str]
#: Makes the headers of a role: ``headers("tenant_admin", tenant_id="tnt_1")``.
MakeHeaders = Callable[..., Headers]
BASE_URL = "http://server"


@pytest.fixture(scope="session")
def issuer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the development issuer's key: made once, for making one takes its time."""
    folder = tmp_path_factory.mktemp("issuer")
    DevelopmentIssuer.from_settings(Settings(data_dir=folder)).jwks()
    return folder


@pytest.fixture
def settings(issuer_folder: Path, migrated_sqlite_url: str, tmp_path: Path) -> Settings:
    """Development settings with everything in a folder of this test's own, and no background jobs."""
    data_dir = tmp_path / "data"
    shutil.copytree(issuer_folder, data_dir)
    return Settings(data_dir=data_dir, database_url=migrated_sqlite_url, background_jobs="", pdf_workers=1)


@pytest.fixture
def clock() -> FixedClock:
    """The business's clock: it stands in January 2026 until a test moves it."""
    return FixedClock()


@pytest.fixture
async def container(settings: Settings, clock: FixedClock) -> AsyncIterator[Container]:
    """A container over a migrated SQLite file; PDFs are rendered in this process."""
    opened = Container.from_settings(settings, clock=clock)
    opened.renderer = InlineRenderer()
    yield opened
    await opened.aclose()


@pytest.fixture
def app(container: Container) -> Litestar:
    """The application over it."""
    return create_app(container)


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[AsyncClient]:
    """A client without a token."""
    async with AsyncClient(transport=ASGITransport(cast("Any", app)), base_url=BASE_URL) as opened:
        yield opened


@pytest.fixture
def token(settings: Settings) -> Callable[..., str]:
    """Make the token of a role: ``token("partner_admin", partner_id="prt_1")``; tenant users name their tenant."""

    def made(role: str = "super_admin", tenant_id: str | None = None, partner_id: str | None = None) -> str:
        return issue_dev_token(settings, Role(role), tenant_id=tenant_id, partner_id=partner_id)

    return made


@pytest.fixture
def headers(token: Callable[..., str]) -> MakeHeaders:
    """Make the headers of a role."""

    def made(role: str = "super_admin", tenant_id: str | None = None, partner_id: str | None = None) -> Headers:
        return {"Authorization": f"Bearer {token(role, tenant_id, partner_id)}"}

    return made


@pytest.fixture
def admin(headers: MakeHeaders) -> Headers:
    """The headers of the platform's own administrator."""
    return headers("super_admin")
