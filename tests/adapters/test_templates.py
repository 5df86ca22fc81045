"""Templates as their editors meet them: checked with the real sandbox, kept, chosen and shown."""

from __future__ import annotations

import re

import pytest

from scaicontrol_adapters.container import Container
from scaicontrol_core.access import Actor, Role
from scaicontrol_core.documents.templates.checking import Severity, TemplateReport
from scaicontrol_core.documents.templates.errors import TemplateExists, TemplateFaulty
from scaicontrol_core.documents.templates.mandatory import FACTS, Mandatory, probe
from scaicontrol_core.documents.templates.template import (
    TemplateContent,
    TemplateGone,
    TemplateId,
    TemplateLanguage,
    TemplateType,
)
from scaicontrol_core.documents.use_cases.copy_template import CopyTemplate, TemplateCopy
from scaicontrol_core.documents.use_cases.delete_template import DeleteTemplate
from scaicontrol_core.documents.use_cases.export_templates import ExportTemplates
from scaicontrol_core.documents.use_cases.get_template import GetTemplate
from scaicontrol_core.documents.use_cases.import_templates import ImportedTemplate, ImportTemplates
from scaicontrol_core.documents.use_cases.list_template_variables import ListTemplateVariables
from scaicontrol_core.documents.use_cases.list_template_versions import ListTemplateVersions
from scaicontrol_core.documents.use_cases.list_templates import ListTemplates
from scaicontrol_core.documents.use_cases.preview_template import PreviewOrder, PreviewTemplate
from scaicontrol_core.documents.use_cases.resolve_template import ResolveTemplate
from scaicontrol_core.documents.use_cases.restore_template import RestoreTemplate
from scaicontrol_core.documents.use_cases.save_template import SaveTemplate, TemplateOffer
from scaicontrol_core.documents.use_cases.validate_template import ValidateTemplate
from scaicontrol_core.kernel.errors import Forbidden, Invalid, NotFound, Stale
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID, new_partner, new_profile, new_tenant

EDITOR = Actor.system("templates")
CUSTOMER = Actor.tenant_user("tim", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN)
WHOLE = TemplateContent(html_content='{% extends "invoice.html" %}')
SHORT = TemplateContent(html_content="<p>{{ document.number }}</p>")


@pytest.fixture
async def house() -> Container:
    """An operator whose house templates are called House, with one customer."""
    container = Container.in_memory()
    async with container.work.begin(EDITOR) as work:
        await work.partners.add(new_partner(invoice_template_name="House"))
        await work.tenants.add(new_tenant())
        await work.billing_profiles.add(new_profile())
        await work.commit()
    return container


def offer(content: TemplateContent = WHOLE, expected: int | None = None) -> TemplateOffer:
    return TemplateOffer(name="House", document_type=TemplateType.INVOICE, content=content, expected_version=expected)


async def check(house: Container, html: str, kind: TemplateType = TemplateType.INVOICE) -> TemplateReport:
    return await house.use(ValidateTemplate)(EDITOR, kind, TemplateContent(html_content=html))


async def test_a_template_lives_through_its_versions(house: Container) -> None:
    first = (await house.use(SaveTemplate)(EDITOR, offer(expected=0))).template
    assert (await house.use(SaveTemplate)(EDITOR, offer())).template.version == 1
    with pytest.raises(TemplateExists):
        await house.use(SaveTemplate)(EDITOR, offer(expected=0))
    second = await house.use(SaveTemplate)(EDITOR, offer(SHORT, expected=1))
    assert (second.template.version, len(second.report.warnings) > 10) == (2, True)
    with pytest.raises(Stale):
        await house.use(SaveTemplate)(EDITOR, offer(WHOLE, expected=1))
    back = await house.use(RestoreTemplate)(EDITOR, first.id, 1, expected_version=2)
    assert (back.version, back.content) == (3, WHOLE)
    await house.use(DeleteTemplate)(EDITOR, first.id, expected_version=3)
    with pytest.raises(TemplateGone):
        await house.use(DeleteTemplate)(EDITOR, first.id)
    assert (await house.use(ListTemplates)(EDITOR, PageRequest())).total == 0
    assert (await house.use(GetTemplate)(EDITOR, first.id)).is_deleted
    versions = await house.use(ListTemplateVersions)(EDITOR, first.id)
    assert [each.version for each in versions] == [4, 3, 2, 1]


async def test_the_chain_is_walked_for_a_customer(house: Container) -> None:
    resolve = house.use(ResolveTemplate)
    assert (await resolve(EDITOR, TENANT_ID, TemplateType.INVOICE)).template is None
    kept = (await house.use(SaveTemplate)(EDITOR, offer())).template
    german = await house.use(CopyTemplate)(EDITOR, kept.id, TemplateCopy(name="House", language=TemplateLanguage.DE))
    for language, wanted in ((None, kept), (TemplateLanguage.DE, german)):
        chosen = await resolve(EDITOR, TENANT_ID, TemplateType.INVOICE, language)
        assert chosen.template is not None
        assert chosen.template.id == wanted.id
    with pytest.raises(TemplateExists):
        await house.use(CopyTemplate)(EDITOR, kept.id, TemplateCopy(name="House"))


@pytest.mark.parametrize("language", list(TemplateLanguage))
@pytest.mark.parametrize("kind", [TemplateType.INVOICE, TemplateType.CREDIT_NOTE])
async def test_the_built_in_ones_lack_nothing(house: Container, kind: TemplateType, language: TemplateLanguage) -> None:
    content = TemplateContent(html_content=f'{{% extends "{kind.value}.html" %}}')
    assert await house.use(ValidateTemplate)(EDITOR, kind, content, language) == TemplateReport()


@pytest.mark.parametrize(
    ("html", "line", "reason"),
    [
        ("a\n{% if x %}", 2, "wrong syntax"),
        ("{{ 1|nofilter }}", 1, "No filter"),
        ("\n\n{{ documnt }}", 3, "there is no variable 'documnt'"),
        ("{{ seller.nam }}", 1, "no attribute 'nam'"),
        ("{% if reverse_charge %}{{ buyer.vat }}{% endif %}", 1, "no attribute 'vat'"),
        ("{% include '/etc/passwd' %}", 1, "only built-in"),
        ("{% import name as x %}", 1, "only built-in"),
        ("{{ ''.__class__ }}", 1, "forbidden"),
        ("{{ ''['__class__'] }}", 1, "forbidden"),
        ("<p onclick='x'>", 1, "event attributes"),
        ("<SCRIPT >", 1, "forbidden"),
        ("<a href='javascript:x'>", 1, "run code"),
        ("<img src=//example.com/x>", 1, "network"),
        ("<p style='background: url(http://x)'>", 1, "network"),
        ("{% for a in range(10**9) %}{% endfor %}", 1, "Range too big"),
    ],
)
async def test_an_error_has_its_line_and_its_reason(house: Container, html: str, line: int, reason: str) -> None:
    first = (await check(house, html)).errors[0]
    assert (first.severity, first.line) == (Severity.ERROR, line)
    assert reason in first.message
    with pytest.raises(TemplateFaulty):
        await house.use(SaveTemplate)(EDITOR, offer(TemplateContent(html_content=html)))


async def test_a_stylesheet_fetches_and_closes_nothing(house: Container) -> None:
    css = "p {}\n@import 'x.css';\np { background: url(https://x/y.png) }\n</style>"
    content = TemplateContent(html_content="<p></p>", css_content=css)
    errors = (await house.use(ValidateTemplate)(EDITOR, TemplateType.INVOICE, content)).errors
    assert [(each.part, each.line) for each in errors] == [("css_content", 2), ("css_content", 3), ("css_content", 4)]


async def test_each_thing_that_the_law_asks_for_is_missed_by_name(house: Container) -> None:
    invoice, note = [
        (await check(house, "<p></p>", kind)).warnings for kind in (TemplateType.INVOICE, TemplateType.CREDIT_NOTE)
    ]
    missed = " ".join(each.message for each in (*invoice, *note))
    assert [fact.key for fact in FACTS if fact.what not in missed] == []
    hidden = '<div style="display: none">{{ document.number }}</div>'
    assert "the number" in (await check(house, hidden)).warnings[0].message


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.key)
async def test_what_alone_is_left_out_is_missed_alone(house: Container, fact: Mandatory) -> None:
    """A page that shows all but one: the one warning names it."""
    whole = re.sub(r"probe-of:\w+|:end", "", probe().html)
    page = re.sub(rf"<p>probe-of:{fact.key}<br>.*?</p>", "", probe().html)
    kind = TemplateType.CREDIT_NOTE if fact.key == "referenced_number" else TemplateType.INVOICE
    assert (await check(house, whole, kind)).warnings == ()
    assert [fact.what in each.message for each in (await check(house, page, kind)).warnings] == [True]


@pytest.mark.parametrize("kind", [each for each in TemplateType if not each.is_printed])
async def test_every_type_of_email_is_checked_over_its_own_samples(house: Container, kind: TemplateType) -> None:
    good = TemplateContent(subject="{{ seller.name }}: {{ text.subject }}", html_content="<p>{{ text.heading }}</p>")
    assert await house.use(ValidateTemplate)(EDITOR, kind, good) == TemplateReport()
    notice = {"email_trial_ending": "trial", "email_payment_failed": "failure"}.get(kind.value, "reminder")
    wrong = f"{{% if {notice} %}}{{{{ {notice}.colour }}}}{{% endif %}}{{{{ seller.colour }}}}"
    assert "has no attribute 'colour'" in (await check(house, wrong, kind)).errors[0].message
    shown = await house.use(PreviewTemplate)(EDITOR, PreviewOrder(document_type=kind, content=good))
    assert (shown.subject or "").startswith("Sample: ")
    with pytest.raises(Invalid):
        await house.use(PreviewTemplate)(EDITOR, PreviewOrder(document_type=kind, pdf=True))


async def test_a_kept_template_is_shown_over_any_sample(house: Container) -> None:
    kept = (await house.use(SaveTemplate)(EDITOR, offer(SHORT))).template
    shown = await house.use(PreviewTemplate)(EDITOR, PreviewOrder(template_id=kept.id, sample="many_lines"))
    assert "<p>SAMPLE-2026-000042</p>" in shown.html
    with pytest.raises(NotFound):
        await house.use(PreviewTemplate)(EDITOR, PreviewOrder(template_id=TemplateId("tpl_none")))


async def test_what_is_exported_can_be_imported_all_or_nothing(house: Container) -> None:
    await house.use(SaveTemplate)(EDITOR, offer())
    (kept,) = await house.use(ExportTemplates)(EDITOR)
    same = ImportedTemplate(name="House", document_type=TemplateType.INVOICE, content=kept.content)
    (again,) = await house.use(ImportTemplates)(EDITOR, [same])
    assert again.template.version == 1
    other = ImportedTemplate(name="New", document_type=TemplateType.INVOICE, content=SHORT)
    bad = ImportedTemplate(
        name="Bad", document_type=TemplateType.INVOICE, content=TemplateContent(html_content="{{ x }}")
    )
    with pytest.raises(Invalid) as wrong:
        await house.use(ImportTemplates)(EDITOR, [other, bad, bad])
    assert [each.pointer for each in wrong.value.fields] == ["/1/html_content", "/2/name", "/2/html_content"]
    assert len(await house.use(ExportTemplates)(EDITOR)) == 1


async def test_names_are_fit_for_revisions_and_customers_have_no_say(house: Container) -> None:
    with pytest.raises(Invalid):
        await house.use(SaveTemplate)(
            EDITOR, TemplateOffer(name="a@b", document_type=TemplateType.INVOICE, content=WHOLE)
        )
    with pytest.raises(Forbidden):
        await house.use(SaveTemplate)(CUSTOMER, offer())
    paths = {each.path for each in await house.use(ListTemplateVariables)(EDITOR, TemplateType.EMAIL_REMINDER_1)}
    assert {"reminder.fee", "document.number", "line_items[].net", "text.subject"} <= paths
