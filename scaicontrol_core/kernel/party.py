"""What a seller and a buyer have in common: an address, and how text about them is cleaned."""

from __future__ import annotations

import re
import unicodedata

from scaicontrol_core.kernel.errors import Invalid

LANGUAGES = ("en", "nl", "de", "fr", "es", "it")
_COUNTRIES = frozenset(
    """AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY
    BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM
    FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT
    JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN
    MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT
    PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL
    TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW XK""".split()
)
_COUNTRY_ALIASES = {"EL": "GR", "UK": "GB", "XI": "GB"}
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s.\x00-\x1f]+(\.[^@\s.\x00-\x1f]+)+")
#: RFC 5321, 4.5.3.1.3, less the angle brackets.
_MAX_EMAIL = 254
#: Control characters, and what is no character at all: lone surrogates (JSON can smuggle them in) and noncharacters.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def require_country(code: str, pointer: str) -> str:
    """Return the ISO 3166-1 alpha-2 code; ``EL``, ``UK`` and ``XI`` are mapped; else ``Invalid``."""
    upper = code.strip().upper()
    upper = _COUNTRY_ALIASES.get(upper, upper)
    if upper not in _COUNTRIES:
        raise Invalid.field(pointer, f"{code!r} is not an ISO 3166 country code.", code="country_unknown")
    return upper


def require_email(address: str, pointer: str) -> str:
    """Return the trimmed address, or raise ``Invalid`` (``email_invalid``)."""
    trimmed = address.strip()
    if len(trimmed) > _MAX_EMAIL or not _EMAIL.fullmatch(trimmed):
        raise Invalid.field(pointer, f"{address!r} is not an e-mail address.", code="email_invalid")
    return trimmed


def require_language(code: str, pointer: str) -> str:
    """Return the language code if documents can be written in it, or raise ``Invalid``."""
    lower = code.strip().lower()
    if lower not in LANGUAGES:
        raise Invalid.field(pointer, f"{code!r} is not one of {', '.join(LANGUAGES)}.", code="language_unknown")
    return lower


def clean_text(text: str, pointer: str, *, max_length: int, min_length: int = 0) -> str:
    """Return the text in NFC, trimmed; ``Invalid`` if too long, too short or with control characters.

    XML 1.0 and PDF can't carry control characters, so they are refused at the door.
    """
    cleaned = unicodedata.normalize("NFC", text).strip()
    if _CONTROL.search(cleaned):
        raise Invalid.field(pointer, "Control characters are not allowed.", code="text_invalid")
    if len(cleaned) < min_length:
        raise Invalid.field(pointer, "This may not be empty.", code="required")
    if len(cleaned) > max_length:
        raise Invalid.field(pointer, f"At most {max_length} characters.", code="text_too_long")
    return cleaned


def optional_text(text: str | None, pointer: str, *, max_length: int) -> str | None:
    """As ``clean_text``; nothing and only blanks give None."""
    return (clean_text(text, pointer, max_length=max_length) or None) if text is not None else None
