"""Bodies and answers of payment methods: customers' accounts come in whole and are never shown so."""

from __future__ import annotations

from datetime import date, datetime

from scaicontrol_core.payments.method_input import NewPaymentMethod
from scaicontrol_core.payments.payment_method import ShownMethod
from scaicontrol_http.requests import Answer, Body


class PaymentMethodBody(Body):
    """A SEPA direct debit mandate that the customer signed; ``make_default``: it pays with it from now on."""

    mandate_reference: str
    debtor_name: str
    iban: str
    signed_on: date
    bic: str | None = None
    make_default: bool = False

    def wanted(self) -> NewPaymentMethod:
        """Return the core's value."""
        return NewPaymentMethod(
            mandate_reference=self.mandate_reference,
            debtor_name=self.debtor_name,
            iban=self.iban,
            signed_on=self.signed_on,
            bic=self.bic,
            make_default=self.make_default,
        )


class PaymentMethodAnswer(Answer):
    """A way to pay.

    Of a mandate (``kind`` ``sepa_debit``) ``iban`` is masked and ``holder`` the debtor. Of a bank transfer, which has
    no ``id`` and no ``version``, they are the seller's, and the transfer quotes the ``transfer_reference``.
    """

    id: str | None
    tenant_id: str
    seller_id: str
    kind: str
    status: str
    is_default: bool
    holder: str | None
    iban: str | None
    bic: str | None
    transfer_reference: str | None
    mandate_reference: str | None
    signed_on: date | None
    created_at: datetime | None
    detached_at: datetime | None
    version: int | None

    @classmethod
    def of(cls, method: ShownMethod) -> PaymentMethodAnswer:
        """Show a way to pay."""
        return cls(
            id=method.id,
            tenant_id=method.tenant_id,
            seller_id=method.seller_id,
            kind=method.kind.value,
            status=method.status.value,
            is_default=method.is_default,
            holder=method.holder,
            iban=method.iban,
            bic=method.bic,
            transfer_reference=method.transfer_reference,
            mandate_reference=method.mandate_reference,
            signed_on=method.signed_on,
            created_at=method.created_at,
            detached_at=method.detached_at,
            version=method.version,
        )
