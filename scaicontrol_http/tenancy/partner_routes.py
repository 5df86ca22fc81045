"""Routes of partners: ``/admin/partners``."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET as ABSENT

from scaicontrol_core.kernel.editing import UNSET
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.tenancy.partner import NewPartner
from scaicontrol_core.tenancy.ports import PARTNERS
from scaicontrol_core.tenancy.seller import PartnerConfiguration
from scaicontrol_core.tenancy.use_cases.attest_partner_vat_number import (
    AttestPartnerVatNumber,
    PartnerAttestation,
)
from scaicontrol_core.tenancy.use_cases.check_partner_vat_number import CheckPartnerVatNumber
from scaicontrol_core.tenancy.use_cases.configure_partner import ConfigurePartner, PartnerChanges
from scaicontrol_core.tenancy.use_cases.create_partner import CreatePartner
from scaicontrol_core.tenancy.use_cases.get_partner import GetPartner
from scaicontrol_core.tenancy.use_cases.list_partners import ListPartners
from scaicontrol_http.dependencies import Actor, Container, ExpectedVersion, PageRequest
from scaicontrol_http.requests import Listing, etag, listing
from scaicontrol_http.sorting import SORTING
from scaicontrol_http.tenancy.schemas import (
    AttestationBody,
    NewPartnerBody,
    PartnerAnswer,
    PartnerPatch,
)

Search = Annotated[str | None, QueryParameter(name="search", description="Part of the name, whatever the case.")]
_PARTNERS = "Admin: partners"


@post(
    "/admin/partners/{partner_id:str}/vat-attestation",
    tags=[_PARTNERS],
    summary="Attest a partner's VAT number",
    status_code=200,
    opt={"idempotent": True},
)
async def attest_partner_vat_number(
    container: Container, actor: Actor, partner_id: FromPath[str], data: JSONBody[AttestationBody]
) -> Response[PartnerAnswer]:
    """Take the number of a partner, or the operator's own, as valid for what it buys; the reason is kept."""
    attestation = PartnerAttestation(note=data.note, reference=data.reference)
    partner = await container.use(AttestPartnerVatNumber)(actor, PartnerId(partner_id), attestation)
    return Response(PartnerAnswer.of(partner), headers=etag(partner.version))


@post(
    "/admin/partners/{partner_id:str}/vat-check",
    tags=[_PARTNERS],
    summary="Check a partner's VAT number in the register",
    status_code=200,
    opt={"idempotent": True},
)
async def check_partner_vat_number(
    container: Container, actor: Actor, partner_id: FromPath[str]
) -> Response[PartnerAnswer]:
    """Ask VIES now. An outage is no error: the evidence stays as it was, or becomes pending."""
    partner = await container.use(CheckPartnerVatNumber)(actor, PartnerId(partner_id))
    return Response(PartnerAnswer.of(partner), headers=etag(partner.version))


# -- a tenant's own --------------------------------------------------------------------------


@get("/admin/partners", tags=[_PARTNERS], summary="List partners", opt={SORTING: PARTNERS})
async def list_partners(
    container: Container, actor: Actor, page: PageRequest, search: Search = None
) -> Listing[PartnerAnswer]:
    """Partners within the caller's scope."""
    return listing(await container.use(ListPartners)(actor, page, search), PartnerAnswer.of)


@post("/admin/partners", tags=[_PARTNERS], summary="Create a partner", opt={"idempotent": True})
async def create_partner(container: Container, actor: Actor, data: JSONBody[NewPartnerBody]) -> Response[PartnerAnswer]:
    """Add a reseller; only the platform may."""
    wanted = NewPartner(name=data.name, configuration=PartnerConfiguration().amended(data.configuration()))
    partner = await container.use(CreatePartner)(actor, wanted)
    return Response(PartnerAnswer.of(partner), status_code=201, headers=etag(partner.version))


@get("/admin/partners/{partner_id:str}", tags=[_PARTNERS], summary="Show a partner")
async def get_partner(container: Container, actor: Actor, partner_id: FromPath[str]) -> Response[PartnerAnswer]:
    """One partner within scope."""
    partner = await container.use(GetPartner)(actor, PartnerId(partner_id))
    return Response(PartnerAnswer.of(partner), headers=etag(partner.version))


@patch("/admin/partners/{partner_id:str}", tags=[_PARTNERS], summary="Configure a partner")
async def configure_partner(
    container: Container,
    actor: Actor,
    partner_id: FromPath[str],
    data: JSONBody[PartnerPatch],
    expected_version: ExpectedVersion,
) -> Response[PartnerAnswer]:
    """Change the given fields; a reseller cannot change the terms of its contract."""
    changes = PartnerChanges(
        name=UNSET if data.name is ABSENT else data.name,
        configuration=data.configuration(),
        expected_version=expected_version,
    )
    partner = await container.use(ConfigurePartner)(actor, PartnerId(partner_id), changes)
    return Response(PartnerAnswer.of(partner), headers=etag(partner.version))


PARTNER_ROUTES = (
    list_partners,
    create_partner,
    get_partner,
    configure_partner,
    attest_partner_vat_number,
    check_partner_vat_number,
)
