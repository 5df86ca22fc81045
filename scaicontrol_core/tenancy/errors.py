"""The conflicts of tenancy; the codes are part of the API."""

from __future__ import annotations

from scaicontrol_core.kernel.errors import Conflict, FieldError, Forbidden


class ExternalReferenceTaken(Conflict):
    """Another tenant of the partner has that reference."""

    code = "external_reference_taken"

    def __init__(self, reference: str) -> None:
        super().__init__(
            f"Another tenant of this partner has the external reference {reference!r}.",
            fields=[FieldError("/external_reference", "This reference is taken.")],
        )


class InvoicePrefixTaken(Conflict):
    """Another partner numbers its invoices with that prefix."""

    code = "invoice_number_prefix_taken"

    def __init__(self, prefix: str) -> None:
        super().__init__(
            f"Another partner uses the invoice number prefix {prefix!r}.",
            fields=[FieldError("/invoice_number_prefix", "This prefix is taken.")],
        )


class OperatorExists(Conflict):
    """There is exactly one operator."""

    code = "operator_exists"

    def __init__(self) -> None:
        super().__init__("There is an operator already.")


class BillingProfileExists(Conflict):
    """Two writers created the profile at once."""

    code = "billing_profile_exists"

    def __init__(self, tenant_id: str) -> None:
        super().__init__(f"The tenant {tenant_id!r} has a billing profile already.")


class ContractFieldsForbidden(Forbidden):
    """A reseller tried to change what its contract with the operator says."""

    code = "contract_fields_forbidden"

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(
            "Only the operator may change the terms of a partner.",
            fields=[FieldError(f"/{name}", "Only the operator may change this.") for name in names],
        )


class TaxExemptionForbidden(Forbidden):
    """A customer tried to free itself of VAT."""

    code = "tax_exempt_forbidden"

    def __init__(self) -> None:
        super().__init__(
            "Only the seller may exempt a customer from VAT.",
            fields=[FieldError("/tax_exempt", "Only the seller may switch this on.")],
            hint="Send the seller the proof of the exemption.",
        )


class RepeatedReference(Conflict):
    """A list names the same customer twice, and nobody can say which row should count."""

    code = "reference_repeated"

    def __init__(self, reference: str, first_row: int) -> None:
        super().__init__(
            f"The reference {reference!r} stands in row {first_row} already.",
            fields=[FieldError("/tenant", f"This reference stands in row {first_row} already.")],
        )
