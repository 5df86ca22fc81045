"""Field rules of sellers and buyers: bank accounts, routing ids, electronic addresses, invoice prefixes."""

from __future__ import annotations

import re
from enum import StrEnum

from scaicontrol_core.kernel.checks import maybe, maybe_text, worded
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.party import require_country, require_email, require_language
from scaicontrol_core.kernel.period import zone

#: CEF code list EAS (electronic address scheme), as rule BR-CL-25 of the EN 16931 artefacts 1.3.16 has it.
ELECTRONIC_ADDRESS_SCHEMES = frozenset(
    """0002 0007 0009 0037 0060 0088 0096 0097 0106 0130 0135 0142 0147 0151 0154 0158 0170 0177 0183 0184 0188
    0190 0191 0192 0193 0194 0195 0196 0198 0199 0200 0201 0202 0203 0204 0205 0208 0209 0210 0211 0212 0213 0215
    0216 0217 0218 0219 0220 0221 0225 0230 0235 0240 0242 0244 0245 0246 0248 9910 9913 9914 9915 9918 9919 9920
    9922 9923 9924 9925 9926 9927 9928 9929 9930 9931 9932 9933 9934 9935 9936 9937 9938 9939 9940 9941 9942 9943
    9944 9945 9946 9947 9948 9949 9950 9951 9952 9953 9957 9959 AN AQ AS AU EM""".split()
)
#: Prefixes of the sixteen German states and of the federation (Leitweg-ID format 2.0.2, 2.2.1).
_LEITWEG_REGIONS = frozenset([*(f"{state:02d}" for state in range(1, 17)), "99"])
_LEITWEG = re.compile(r"[0-9]{2,12}(-[0-9A-Z]{1,30})?-[0-9]{2}")
_PREFIX = re.compile(r"[A-Z][A-Z0-9]{1,11}")
_URL = re.compile(r"https?://[^\s/]+(/\S*)?")


class EInvoiceFormat(StrEnum):
    """The XML that accompanies an invoice; None instead of one of these means PDF only."""

    UBL = "ubl"
    XRECHNUNG = "xrechnung"
    CII = "cii"
    ZUGFERD = "zugferd"
    FACTURX = "facturx"


def require_iban(value: str, pointer: str) -> str:
    """Return the account number without spaces, upper case; ``Invalid`` (``iban_invalid``) on a wrong check digit."""
    from stdnum import iban  # noqa: PLC0415  # the number formats cost start-up time; few callers need them
    from stdnum.exceptions import ValidationError  # noqa: PLC0415

    try:
        return iban.validate(value)
    except ValidationError:
        raise Invalid.field(pointer, f"{value!r} is not a valid IBAN.", code="iban_invalid") from None


def require_bic(value: str, pointer: str) -> str:
    """Return the bank's ISO 9362 code, upper case; ``Invalid`` (``bic_invalid``) otherwise."""
    from stdnum import bic  # noqa: PLC0415  # as above
    from stdnum.exceptions import ValidationError  # noqa: PLC0415

    try:
        return bic.validate(value)
    except ValidationError:
        raise Invalid.field(pointer, f"{value!r} is not a valid BIC.", code="bic_invalid") from None


def require_leitweg_id(value: str, pointer: str) -> str:
    """Return the German routing id, upper case; ``Invalid`` (``leitweg_id_invalid``) if malformed.

    The last two digits are a check number (ISO 7064, mod 97-10), but it is not enforced: no
    rule of XRechnung checks it, and ids that fail it are in circulation, the format's best
    known example among them. The receiver's portal is the judge.
    """
    upper = value.strip().upper()
    if not _LEITWEG.fullmatch(upper) or upper[:2] not in _LEITWEG_REGIONS:
        raise Invalid.field(
            pointer,
            f"{value!r} is not a Leitweg-ID.",
            code="leitweg_id_invalid",
            hint="It reads like 04011000-12345-34: routing area, optional detail, two check digits.",
        )
    return upper


def require_address_scheme(value: str, pointer: str) -> str:
    """Return the scheme's code of the EAS list, or raise ``Invalid`` (``peppol_scheme_unknown``)."""
    upper = value.strip().upper()
    if upper not in ELECTRONIC_ADDRESS_SCHEMES:
        raise Invalid.field(pointer, f"{value!r} is not a code of the EAS list.", code="peppol_scheme_unknown")
    return upper


def require_invoice_prefix(value: str, pointer: str) -> str:
    """Return the prefix of a seller's invoice numbers: 2 to 12 capitals and digits, a capital first.

    No hyphen: ``SCAI-CN`` as a prefix would run into the credit notes of ``SCAI``.
    """
    upper = value.strip().upper()
    if not _PREFIX.fullmatch(upper):
        raise Invalid.field(
            pointer, f"{value!r} is not 2 to 12 capitals and digits.", code="invoice_number_prefix_invalid"
        )
    return upper


def require_url(value: str, pointer: str) -> str:
    """Return an http or https address of at most 500 characters, or raise ``Invalid`` (``url_invalid``)."""
    trimmed = value.strip()
    if len(trimmed) > 500 or not _URL.fullmatch(trimmed):  # noqa: PLR2004  # said in the docstring
        raise Invalid.field(pointer, f"{value!r} is not an http(s) address.", code="url_invalid")
    return trimmed


def require_timezone(value: str, pointer: str) -> str:
    """Return the IANA zone's name, or raise ``Invalid`` (``timezone_unknown``)."""
    try:
        return zone(value).key
    except Invalid as error:
        raise Invalid.field(pointer, error.message, code=error.code) from None


country = worded(require_country)
maybe_country = maybe(country)
maybe_email = maybe(worded(require_email))
language = worded(require_language)
maybe_iban = maybe(worded(require_iban))
maybe_bic = maybe(worded(require_bic))
maybe_leitweg_id = maybe(worded(require_leitweg_id))
maybe_scheme = maybe(worded(require_address_scheme))
maybe_prefix = maybe(worded(require_invoice_prefix))
timezone = worded(require_timezone)
name_line = maybe_text(200)
"""A line of a name or an address."""
code_line = maybe_text(60)
"""A number, code or reference."""
