"""Routes of templates: kept in versions, checked before they are kept, shown before they are used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from litestar import Response, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from scaicontrol_core.documents.templates.ports import TEMPLATES, TemplateFilter
from scaicontrol_core.documents.templates.template import DocumentTemplate, TemplateId, TemplateType, TemplateVersion
from scaicontrol_core.documents.use_cases.copy_template import CopyTemplate
from scaicontrol_core.documents.use_cases.delete_template import DeleteTemplate
from scaicontrol_core.documents.use_cases.get_template import GetTemplate
from scaicontrol_core.documents.use_cases.list_template_variables import ListTemplateVariables
from scaicontrol_core.documents.use_cases.list_template_versions import ListTemplateVersions
from scaicontrol_core.documents.use_cases.list_templates import ListTemplates
from scaicontrol_core.documents.use_cases.preview_template import PreviewTemplate
from scaicontrol_core.documents.use_cases.restore_template import RestoreTemplate
from scaicontrol_core.documents.use_cases.save_template import SaveTemplate, TemplateOffer
from scaicontrol_core.documents.use_cases.validate_template import ValidateTemplate
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.paging import Sorting, SortKey, paged, sortable
from scaicontrol_http.dependencies import Actor, Container, ExpectedVersion, PageRequest
from scaicontrol_http.requests import Listing, etag, listing
from scaicontrol_http.sorting import SORTING
from scaicontrol_http.templates.answers import (
    PreviewAnswer,
    ReportAnswer,
    TemplateAnswer,
    TemplateHeadAnswer,
    VariableAnswer,
    VariablesAnswer,
    VersionAnswer,
)
from scaicontrol_http.templates.schemas import (
    ContentBody,
    CopyBody,
    NewTemplateBody,
    PreviewBody,
    RestoreBody,
    ValidateBody,
    language_of,
    type_of,
    wanted_type,
)

_VERSIONS = Sorting("template_versions", ("version",), "-version")
_KEYS: Mapping[str, SortKey[TemplateVersion]] = {"version": lambda each: (sortable(each.version),)}
_TAG = "Admin: templates"
_PATH = "/admin/billing/templates"
_Name = Annotated[str | None, QueryParameter(name="name", description="Templates of this name only.")]
_Type = Annotated[str | None, QueryParameter(name="document_type", description="Templates of this type only.")]
_Language = Annotated[str | None, QueryParameter(name="language", description="Templates of this language only.")]
_Partner = Annotated[str | None, QueryParameter(name="partner_id", description="Templates of this partner only.")]


@get(_PATH, tags=[_TAG], summary="List templates", opt={SORTING: TEMPLATES})
async def list_templates(
    container: Container,
    actor: Actor,
    page: PageRequest,
    name: _Name = None,
    document_type: _Type = None,
    partner_id: _Partner = None,
    language: _Language = None,
) -> Listing[TemplateHeadAnswer]:
    """The templates in use, by name; a partner sees its own."""
    wanted = TemplateFilter(
        partner_id=PartnerId(partner_id) if partner_id else None,
        document_type=wanted_type(document_type),
        name=name,
        language=language,
    )
    return listing(await container.use(ListTemplates)(actor, page, wanted), TemplateHeadAnswer.of)


@post(_PATH, tags=[_TAG], summary="Make a template", opt={"idempotent": True})
async def create_template(
    container: Container, actor: Actor, data: JSONBody[NewTemplateBody]
) -> Response[TemplateAnswer]:
    """Check and keep it. Errors refuse it; `warnings` name what an invoice must show by law and this one doesn't."""
    saved = await container.use(SaveTemplate)(actor, data.offer())
    return Response(TemplateAnswer.saved(saved), status_code=201, headers=etag(saved.template.version))


@get(f"{_PATH}/{{template_id:str}}", tags=[_TAG], summary="Show a template")
async def get_template(container: Container, actor: Actor, template_id: FromPath[str]) -> Response[TemplateAnswer]:
    """A template with its text, as it is today."""
    return _answer(await container.use(GetTemplate)(actor, TemplateId(template_id)))


@put(f"{_PATH}/{{template_id:str}}", tags=[_TAG], summary="Save a new version of a template")
async def save_template(
    container: Container,
    actor: Actor,
    template_id: FromPath[str],
    data: JSONBody[ContentBody],
    expected_version: ExpectedVersion,
) -> Response[TemplateAnswer]:
    """Check and keep it as a new version; the same text again is none."""
    kept = await container.use(GetTemplate)(actor, TemplateId(template_id))
    identity = kept.identity
    offer = TemplateOffer(
        name=identity.name,
        document_type=identity.document_type,
        language=identity.language,
        content=data.content(),
        partner_id=identity.partner_id,
        expected_version=expected_version,
    )
    saved = await container.use(SaveTemplate)(actor, offer)
    return Response(TemplateAnswer.saved(saved), headers=etag(saved.template.version))


@delete(f"{_PATH}/{{template_id:str}}", tags=[_TAG], summary="Delete a template")
async def delete_template(
    container: Container, actor: Actor, template_id: FromPath[str], expected_version: ExpectedVersion
) -> None:
    """Use it no more. Its versions are kept, and can be restored."""
    await container.use(DeleteTemplate)(actor, TemplateId(template_id), expected_version=expected_version)


@get(
    f"{_PATH}/{{template_id:str}}/versions", tags=[_TAG], summary="List a template's versions", opt={SORTING: _VERSIONS}
)
async def list_versions(
    container: Container, actor: Actor, page: PageRequest, template_id: FromPath[str]
) -> Listing[VersionAnswer]:
    """All that it ever said, newest first unless sorted otherwise, a deleted template's too."""
    kept = await container.use(ListTemplateVersions)(actor, TemplateId(template_id))
    return listing(paged(kept, page, _VERSIONS, _KEYS, {"template_id": template_id}), VersionAnswer.of)


@post(
    f"{_PATH}/{{template_id:str}}/restore",
    tags=[_TAG],
    summary="Restore a version of a template",
    status_code=200,
    opt={"idempotent": True},
)
async def restore_template(
    container: Container,
    actor: Actor,
    template_id: FromPath[str],
    data: JSONBody[RestoreBody],
    expected_version: ExpectedVersion,
) -> Response[TemplateAnswer]:
    """Make an older version the newest again, as a version of its own; a deleted template is back with it."""
    restore = container.use(RestoreTemplate)
    return _answer(await restore(actor, TemplateId(template_id), data.version, expected_version=expected_version))


@post(f"{_PATH}/{{template_id:str}}/copy", tags=[_TAG], summary="Copy a template", opt={"idempotent": True})
async def copy_template(
    container: Container, actor: Actor, template_id: FromPath[str], data: JSONBody[CopyBody]
) -> Response[TemplateAnswer]:
    """Make a template of its present text under another name, for another language or another partner."""
    return _answer(await container.use(CopyTemplate)(actor, TemplateId(template_id), data.copy()), 201)


@post(f"{_PATH}/designer/validate", tags=[_TAG], summary="Check a template", status_code=200)
async def validate_template(container: Container, actor: Actor, data: JSONBody[ValidateBody]) -> ReportAnswer:
    """Say what is wrong with it, without keeping it: errors with their lines, and what the law misses."""
    kind, language = type_of(data.document_type), language_of(data.language)
    return ReportAnswer.of(await container.use(ValidateTemplate)(actor, kind, data.content(), language))


@post(f"{_PATH}/designer/preview", tags=[_TAG], summary="Show what a template looks like", status_code=200)
async def preview_template(container: Container, actor: Actor, data: JSONBody[PreviewBody]) -> PreviewAnswer:
    """Render it over a sample document or an invoice; nothing is kept, and a draft is marked as one."""
    return PreviewAnswer.of(await container.use(PreviewTemplate)(actor, data.order()))


@get(f"{_PATH}/designer/variables", tags=[_TAG], summary="List what a template may name")
async def list_variables(container: Container, actor: Actor, document_type: _Type = None) -> VariablesAnswer:
    """Every variable of a type of template (`invoice` unless one is named), for the designer's picker."""
    kind = wanted_type(document_type) or TemplateType.INVOICE
    found = await container.use(ListTemplateVariables)(actor, kind)
    return VariablesAnswer(document_type=kind.value, variables=[VariableAnswer.of(each) for each in found])


def _answer(template: DocumentTemplate, status_code: int = 200) -> Response[TemplateAnswer]:
    return Response(TemplateAnswer.of(template), status_code=status_code, headers=etag(template.version))


ROUTES = (
    list_templates,
    create_template,
    get_template,
    save_template,
    delete_template,
    list_versions,
    restore_template,
    copy_template,
    validate_template,
    preview_template,
    list_variables,
)
