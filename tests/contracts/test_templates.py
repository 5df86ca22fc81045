"""What every store promises of templates and their versions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from scaicontrol_adapters.sql.rows.templates import TemplateVersionRow
from scaicontrol_core.access import Actor, Role
from scaicontrol_core.documents.page_format import PageFormat
from scaicontrol_core.documents.templates.errors import TemplateExists
from scaicontrol_core.documents.templates.ports import TemplateFilter
from scaicontrol_core.documents.templates.template import (
    DocumentTemplate,
    TemplateChange,
    TemplateContent,
    TemplateId,
    TemplateIdentity,
    TemplateLanguage,
    TemplateType,
)
from scaicontrol_core.kernel.errors import NotFound, OutOfScope, Refused, Stale
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.clock import DEFAULT_START as NOW

PLATFORM = Actor.system("contract")
SELLER = PartnerId("prt_reseller")
RITA = Actor.partner_admin("rita", SELLER)
RIVAL = Actor.partner_admin("rob", PartnerId("prt_rival"))
TENANT = Actor.tenant_user("tim", TenantId("tnt_ours"), SELLER, Role.TENANT_ADMIN)
FIRST = TemplateContent(
    html_content="\n  <p>{{ document.number }}</p>\r\n",
    css_content="p { color: red }",
    editor_data={"blocks": [1, {"a": "é"}]},
    page_format=PageFormat.A5,
)


def template(name: str = "House", number: int = 1, owner: str = SELLER, **identity: Any) -> DocumentTemplate:
    known = {"document_type": TemplateType.INVOICE, "language": TemplateLanguage.NL} | identity
    told = TemplateIdentity(partner_id=PartnerId(owner), name=name, **known)
    return DocumentTemplate.create(TemplateId(f"tpl_{number}"), told, FIRST, NOW, "rita")


@pytest.fixture
async def shelf(work_factory: Any) -> Any:
    """Two partners; nothing on the shelf yet."""
    async with work_factory.begin(PLATFORM) as work:
        await work.partners.add(builders.new_partner())
        for key, name in ((SELLER, "RES"), ("prt_rival", "RIV")):
            await work.partners.add(
                builders.new_partner(PartnerId(key), operator=False, name=name, invoice_number_prefix=name)
            )
        await work.commit()
    return work_factory


async def put(shelf: Any, *templates: DocumentTemplate, actor: Actor = RITA) -> None:
    async with shelf.begin(actor) as work:
        for each in templates:
            await work.templates.add(each)
        await work.commit()


async def rewrite(shelf: Any, edited: DocumentTemplate) -> None:
    async with shelf.begin(RITA) as work:
        await work.templates.save(edited)
        await work.commit()


async def test_a_template_comes_back_as_it_was_written(shelf: Any) -> None:
    await put(shelf, template())
    async with shelf.begin(RITA, read_only=True) as work:
        found = await work.templates.get(TemplateId("tpl_1"))
        assert await work.templates.find(found.identity) is not None
    assert (found.content, found.identity, found.version, found.label) == (FIRST, template().identity, 1, "House@1")


async def test_every_save_is_kept_as_a_version_and_can_come_back(shelf: Any) -> None:
    await put(shelf, template())
    second = TemplateContent(html_content="<p>two</p>", subject="Two")
    async with shelf.begin(RITA) as work:
        found = await work.templates.get(TemplateId("tpl_1"))
        found.save(second, NOW + timedelta(hours=1), "rita")
        await work.templates.save(found)
        found.restore(await work.templates.version(found.id, 1), NOW + timedelta(hours=2), "rob")
        await work.templates.save(found)
        found.delete(NOW + timedelta(hours=3), "rob")
        await work.templates.save(found)
        await work.commit()
    async with shelf.begin(RITA, read_only=True) as work:
        versions = await work.templates.versions(TemplateId("tpl_1"))
        assert [(each.version, each.reason) for each in versions] == [
            (4, TemplateChange.DELETED),
            (3, TemplateChange.RESTORED),
            (2, TemplateChange.SAVED),
            (1, TemplateChange.CREATED),
        ]
        assert [each.content for each in versions] == [FIRST, FIRST, second, FIRST]
        assert (await work.templates.get(TemplateId("tpl_1"))).is_deleted
        assert (await work.templates.list(PageRequest(), TemplateFilter())).total == 0
        with pytest.raises(NotFound):
            await work.templates.version(TemplateId("tpl_1"), 9)


async def test_there_is_one_of_a_name_type_and_language(shelf: Any) -> None:
    await put(shelf, template(), template(number=2, language=None), template(number=3, language=TemplateLanguage.DE))
    for again in (template(number=4), template(number=5, language=None)):
        with pytest.raises(TemplateExists):
            await put(shelf, again)
    await put(shelf, template(number=6, owner="prt_rival"), actor=RIVAL)


async def test_of_two_editors_one_is_told_to_look_again(shelf: Any) -> None:
    await put(shelf, template())
    async with shelf.begin(RITA, read_only=True) as work:
        mine, yours = [await work.templates.get(TemplateId("tpl_1")) for _ in range(2)]
    for editor, words in ((mine, "mine"), (yours, "yours")):
        editor.save(TemplateContent(html_content=words), NOW, words)
    await rewrite(shelf, mine)
    with pytest.raises(Stale):
        await rewrite(shelf, yours)


async def test_nobody_sees_or_writes_another_partners(shelf: Any) -> None:
    await put(shelf, template())
    for stranger in (RIVAL, TENANT):
        async with shelf.begin(stranger, read_only=True) as work:
            assert (await work.templates.list(PageRequest(), TemplateFilter())).items == ()
            assert await work.templates.find(template().identity) is None
            assert list(await work.templates.versions(TemplateId("tpl_1"))) == []
            with pytest.raises(NotFound):
                await work.templates.get(TemplateId("tpl_1"))
        with pytest.raises(OutOfScope):
            await put(shelf, template(number=7, name="Sly"), actor=stranger)


async def test_a_customers_document_is_written_with_its_sellers_template(shelf: Any) -> None:
    await put(shelf, template(), template("Other", 2), template(number=3, document_type=TemplateType.CREDIT_NOTE))
    async with shelf.begin(TENANT, read_only=True) as work:
        found = await work.templates.candidates(SELLER, TemplateType.INVOICE, {"House", "Garden"})
        assert [each.id for each in found] == ["tpl_1"]
        assert list(await work.templates.candidates(SELLER, TemplateType.INVOICE, ())) == []


async def test_lists_are_filtered_sorted_and_paged(shelf: Any) -> None:
    names = ("Beta", "Alpha", "Gamma")
    await put(shelf, *(template(name, number) for number, name in enumerate(names)))
    async with shelf.begin(PLATFORM, read_only=True) as work:
        first = await work.templates.list(PageRequest(limit=2), TemplateFilter(partner_id=SELLER))
        rest = await work.templates.list(
            PageRequest(limit=2, cursor=first.next_cursor), TemplateFilter(partner_id=SELLER)
        )
        named = await work.templates.list(
            PageRequest(), TemplateFilter(name="Beta", document_type=TemplateType.INVOICE)
        )
        late = await work.templates.list(PageRequest(sort="-saved_at", limit=1), TemplateFilter())
    assert [each.identity.name for each in (*first.items, *rest.items)] == ["Alpha", "Beta", "Gamma"]
    assert (first.total, rest.next_cursor, named.total, late.items[0].id) == (3, None, 1, "tpl_2")


async def test_the_database_itself_keeps_versions(shelf: Any) -> None:
    if not hasattr(shelf, "database"):
        return  # memory has no other way in
    await put(shelf, template())
    for statement in (update(TemplateVersionRow).values(saved_by="nobody"), delete(TemplateVersionRow)):
        async with shelf.begin(PLATFORM) as work:
            with pytest.raises(Refused):
                await work.transaction.update(statement, {})
