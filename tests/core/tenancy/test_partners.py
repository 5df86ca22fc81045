"""Partners: the operator is set up once, resellers come on board and configure themselves."""

from __future__ import annotations

from typing import Any

import pytest

from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.tenancy import BillingModel, Partner, PartnerConfiguration
from scaicontrol_core.tenancy.partner import NewPartner
from scaicontrol_core.tenancy.selling import OperatorMissing, seller_for
from scaicontrol_core.tenancy.use_cases.bootstrap_operator import BootstrapOperator
from scaicontrol_core.tenancy.use_cases.configure_partner import ConfigurePartner, PartnerChanges
from scaicontrol_core.tenancy.use_cases.create_partner import CreatePartner
from scaicontrol_core.tenancy.use_cases.get_operator import GetOperator
from scaicontrol_core.tenancy.use_cases.get_partner import GetPartner
from scaicontrol_core.tenancy.use_cases.list_partners import ListPartners
from scaicontrol_core.testing import FixedClock, MemoryUnitOfWorkFactory, builders


class TestSettingUpTheOperator:
    """The one partner that must exist."""

    async def test_it_numbers_its_invoices_scai_unless_told_otherwise(self, call: Any, people: Any) -> None:
        operator = await call(BootstrapOperator)(people.platform, NewPartner(name="ScaiLabs"))
        assert operator.is_operator
        assert operator.configuration.invoice_number_prefix == "SCAI"

    async def test_a_second_time_changes_nothing(self, call: Any, people: Any, world: MemoryUnitOfWorkFactory) -> None:
        first = await call(BootstrapOperator)(people.platform, NewPartner(name="ScaiLabs"))
        written = len(world.store.audit)
        second = await call(BootstrapOperator)(people.platform, NewPartner(name="Somebody else"))
        assert (second.id, second.name) == (first.id, "ScaiLabs")
        assert len(world.store.audit) == written

    async def test_the_platform_looks_it_up(self, call: Any, people: Any) -> None:
        with pytest.raises(OperatorMissing):
            await call(GetOperator)(people.platform)
        operator = await call(BootstrapOperator)(people.platform, NewPartner(name="ScaiLabs"))
        assert (await call(GetOperator)(people.platform)).id == operator.id
        with pytest.raises(Forbidden):
            await call(GetOperator)(people.reseller(operator.id))

    async def test_a_reseller_cannot_make_itself_one(self, call: Any, people: Any) -> None:
        with pytest.raises(Forbidden):
            await call(BootstrapOperator)(people.reseller(PartnerId("prt_x")), NewPartner(name="Me"))


class TestBecomingBillable:
    """Legal name and country make a seller; the world hears of it once."""

    async def test_a_billable_partner_is_announced_as_it_is_created(
        self, operator: Partner, world: MemoryUnitOfWorkFactory
    ) -> None:
        (announced,) = world.store.outbox
        assert announced.topic == "partner.billing_linked.v1"
        assert announced.partner_id == operator.id
        assert announced.data["seller"]["legal_name"] == "ScaiLabs B.V."
        assert announced.data["seller"]["seller_country_code"] == "NL"

    async def test_a_reseller_is_announced_when_it_crosses_over(
        self, call: Any, people: Any, reseller: Partner, world: MemoryUnitOfWorkFactory, clock: FixedClock
    ) -> None:
        configure = call(ConfigurePartner)
        half = PartnerChanges(configuration={"legal_name": "Resell B.V."})
        partner = await configure(people.reseller(reseller.id), reseller.id, half)
        assert not partner.is_billable
        assert world.store.topics() == ("partner.billing_linked.v1",)  # the operator's

        clock.advance(days=1)
        whole = PartnerChanges(configuration={"seller_country_code": "be"})
        partner = await configure(people.reseller(reseller.id), reseller.id, whole)
        assert partner.is_billable
        assert partner.billing_linked_at == clock.now()
        assert world.store.topics()[1:] == ("partner.billing_linked.v1",)

    async def test_later_changes_name_the_sellers_fields_only(
        self, call: Any, people: Any, operator: Partner, world: MemoryUnitOfWorkFactory
    ) -> None:
        changes = {"seller_city": "Rotterdam", "commission_rate": 500, "branding": {"color": "#123456"}}
        await call(ConfigurePartner)(people.platform, operator.id, PartnerChanges(configuration=changes))
        announced = world.store.outbox[-1]
        assert announced.topic == "partner.billing_updated.v1"
        assert announced.data["changed_fields"] == ["seller_city"]
        configured = next(entry for entry in world.store.audit if entry.action == "partner.configured")
        assert set(configured.details["changes"]) == {"commission_rate", "branding"}

    async def test_nothing_changed_is_nothing_announced(
        self, call: Any, people: Any, operator: Partner, world: MemoryUnitOfWorkFactory
    ) -> None:
        before = (len(world.store.outbox), len(world.store.audit))
        same = PartnerChanges(configuration={"seller_city": "Amsterdam", "iban": "NL91 ABNA 0417 1643 00"})
        partner = await call(ConfigurePartner)(people.platform, operator.id, same)
        assert (len(world.store.outbox), len(world.store.audit)) == before
        assert partner.version == operator.version

    async def test_losing_and_regaining_the_name_is_an_update_not_a_second_birth(
        self, call: Any, people: Any, operator: Partner, world: MemoryUnitOfWorkFactory
    ) -> None:
        for name in (None, "ScaiLabs Holding B.V."):
            changes = PartnerChanges(configuration={"legal_name": name})
            await call(ConfigurePartner)(people.platform, operator.id, changes)
        assert world.store.topics() == (
            "partner.billing_linked.v1",
            "partner.billing_updated.v1",
            "partner.billing_updated.v1",
        )


class TestConfiguring:
    """Field by field; what is wrong is named, and the contract is the operator's."""

    async def test_what_is_not_named_stays(self, call: Any, people: Any, operator: Partner) -> None:
        changes = PartnerChanges(name="ScaiLabs NL", configuration={"bank_name": "ABN AMRO"})
        partner = await call(ConfigurePartner)(people.platform, operator.id, changes)
        assert partner.name == "ScaiLabs NL"
        assert partner.configuration == builders.seller_configuration(bank_name="ABN AMRO")
        emptied = PartnerChanges(configuration={"bank_name": None})
        partner = await call(ConfigurePartner)(people.platform, operator.id, emptied)
        assert partner.configuration.bank_name is None
        assert partner.trading_name == "ScaiLabs NL"

    @pytest.mark.parametrize(
        ("field", "value", "code"),
        [
            ("iban", "NL91ABNA0417164301", "iban_invalid"),
            ("bic", "ABNANL2", "bic_invalid"),
            ("seller_country_code", "ZZ", "country_unknown"),
            ("seller_vat_number", "NL123456789B01", "vat_number_invalid"),
            ("seller_vat_number", "DE136695976", "vat_number_country_mismatch"),
            ("seller_email", "billing", "email_invalid"),
            ("billing_timezone", "Europe/Atlantis", "timezone_unknown"),
            ("language", "pl", "language_unknown"),
            ("default_currency", "EURO", "currency_unknown"),
            ("commission_rate", 10_001, "number_invalid"),
            ("commission_rate", "12.5", "number_invalid"),
            ("fiscal_year_start_month", 13, "number_invalid"),
            ("payment_terms_days", -1, "number_invalid"),
            ("auto_finalize", "yes", "flag_invalid"),
            ("billing_model", "retail", "choice_unknown"),
            ("non_eu_services_category", "Z", "choice_unknown"),
            ("invoice_number_prefix", "SCAI-CN", "invoice_number_prefix_invalid"),
            ("invoice_number_prefix", "1AB", "invoice_number_prefix_invalid"),
            ("invoice_logo_url", "javascript:alert(1)", "url_invalid"),
            ("seller_peppol_scheme", "1234", "peppol_scheme_unknown"),
            ("seller_peppol_id", "12345678", "peppol_incomplete"),
            ("branding", ["red"], "json_invalid"),
            ("allowed_services", ["scaikey", "scaikey"], "list_invalid"),
            ("shoe_size", 42, "field_unknown"),
        ],
    )
    async def test_a_wrong_field_is_named_and_nothing_is_written(
        self,
        call: Any,
        people: Any,
        operator: Partner,
        world: MemoryUnitOfWorkFactory,
        field: str,
        value: Any,
        code: str,
    ) -> None:
        before = len(world.store.audit)
        changes = PartnerChanges(configuration={field: value})
        with pytest.raises(Invalid) as refusal:
            await call(ConfigurePartner)(people.platform, operator.id, changes)
        assert refusal.value.code == code
        assert refusal.value.fields[0].pointer.startswith(f"/{field.replace('peppol_id', 'peppol_scheme')}")
        assert len(world.store.audit) == before

    async def test_a_vat_number_needs_its_country(self, call: Any, people: Any, reseller: Partner) -> None:
        changes = PartnerChanges(configuration={"seller_vat_number": "NL868355884B01"})
        with pytest.raises(Invalid) as refusal:
            await call(ConfigurePartner)(people.platform, reseller.id, changes)
        assert refusal.value.fields[0].pointer == "/seller_country_code"

    async def test_a_greek_seller(self, call: Any, people: Any, reseller: Partner) -> None:
        changes = {"seller_country_code": "EL", "seller_vat_number": "gr 094259216"}
        partner = await call(ConfigurePartner)(people.platform, reseller.id, PartnerChanges(configuration=changes))
        assert partner.configuration.seller_country_code == "GR"
        assert partner.configuration.seller_vat_number == "EL094259216"

    async def test_a_reseller_does_not_grant_itself_a_commission(
        self, call: Any, people: Any, reseller: Partner, world: MemoryUnitOfWorkFactory
    ) -> None:
        greedy = {"commission_rate": 9000, "billing_model": "wholesale", "seller_city": "Gent"}
        with pytest.raises(Forbidden) as refusal:
            await call(ConfigurePartner)(
                people.reseller(reseller.id), reseller.id, PartnerChanges(configuration=greedy)
            )
        assert refusal.value.code == "contract_fields_forbidden"
        assert {field.pointer for field in refusal.value.fields} == {"/commission_rate", "/billing_model"}
        partner = await call(ConfigurePartner)(people.platform, reseller.id, PartnerChanges(configuration=greedy))
        assert partner.configuration.billing_model is BillingModel.WHOLESALE

    async def test_repeating_the_contract_as_it_is_breaks_nothing(
        self, call: Any, people: Any, reseller: Partner
    ) -> None:
        same = {"commission_rate": 0, "billing_model": "pass_through", "allowed_plans": [], "seller_city": "Gent"}
        actor = people.reseller(reseller.id)
        partner = await call(ConfigurePartner)(actor, reseller.id, PartnerChanges(configuration=same))
        assert partner.configuration.seller_city == "Gent"

    async def test_somebody_elses_partner_does_not_exist(
        self, call: Any, people: Any, operator: Partner, reseller: Partner
    ) -> None:
        actor = people.reseller(reseller.id)
        with pytest.raises(NotFound):
            await call(ConfigurePartner)(actor, operator.id, PartnerChanges(name="Mine"))
        with pytest.raises(NotFound):
            await call(GetPartner)(actor, operator.id)

    async def test_an_edit_of_an_old_version_is_stale(self, call: Any, people: Any, operator: Partner) -> None:
        with pytest.raises(Stale):
            await call(ConfigurePartner)(people.platform, operator.id, PartnerChanges(name="X", expected_version=7))

    async def test_two_sellers_cannot_share_a_prefix(
        self, call: Any, people: Any, operator: Partner, reseller: Partner
    ) -> None:
        changes = PartnerChanges(configuration={"invoice_number_prefix": "scai"})
        with pytest.raises(Conflict) as refusal:
            await call(ConfigurePartner)(people.platform, reseller.id, changes)
        assert refusal.value.code == "invoice_number_prefix_taken"


class TestTakingOnResellers:
    """Only the platform does."""

    async def test_a_reseller_cannot_take_on_another(self, call: Any, people: Any, reseller: Partner) -> None:
        with pytest.raises(Forbidden):
            await call(CreatePartner)(people.reseller(reseller.id), NewPartner(name="Friend"))

    async def test_it_needs_a_name(self) -> None:
        with pytest.raises(Invalid) as refusal:
            NewPartner(name=" ")
        assert refusal.value.fields[0].pointer == "/name"

    async def test_the_directory_is_searched_by_name(
        self, call: Any, people: Any, operator: Partner, reseller: Partner
    ) -> None:
        everyone = await call(ListPartners)(people.platform, PageRequest(sort="name"))
        assert [partner.name for partner in everyone.items] == ["Resell B.V.", "ScaiLabs"]
        found = await call(ListPartners)(people.platform, PageRequest(), "RESELL")
        assert [partner.id for partner in found.items] == [reseller.id]
        own = await call(ListPartners)(people.reseller(reseller.id), PageRequest())
        assert [partner.id for partner in own.items] == [reseller.id]

    async def test_strangers_and_customers_see_no_directory(self, call: Any, people: Any, customer: Any) -> None:
        for actor in (Actor.anonymous(), people.customer(customer)):
            with pytest.raises(Forbidden):
                await call(ListPartners)(actor, PageRequest())


class TestWhoSells:
    """The operator, unless a partner sells in its own name."""

    def test_a_pass_through_partner_leaves_it_to_the_operator(self) -> None:
        operator = builders.new_partner()
        partner = builders.new_partner(PartnerId("prt_r"), operator=False, invoice_number_prefix=None)
        assert seller_for(partner, operator) is operator
        assert seller_for(operator, operator) is operator
        with pytest.raises(OperatorMissing):
            seller_for(partner, None)

    def test_a_wholesale_partner_sells_itself(self) -> None:
        wholesale = builders.new_partner(PartnerId("prt_r"), operator=False, billing_model=BillingModel.WHOLESALE)
        assert seller_for(wholesale, builders.new_partner()) is wholesale


def test_all_wrong_fields_of_a_configuration_are_named_at_once() -> None:
    with pytest.raises(Invalid) as refusal:
        PartnerConfiguration(iban="x", bic="y", seller_country_code="zz", language="xx")
    assert [field.pointer for field in refusal.value.fields] == ["/seller_country_code", "/iban", "/bic", "/language"]
