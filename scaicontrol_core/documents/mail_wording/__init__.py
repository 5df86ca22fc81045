"""The words of e-mails, a module per language, so that a translator finds one place to work."""

from __future__ import annotations

from scaicontrol_core.documents.mail_wording.de import GERMAN
from scaicontrol_core.documents.mail_wording.en import ENGLISH
from scaicontrol_core.documents.mail_wording.es import SPANISH
from scaicontrol_core.documents.mail_wording.fr import FRENCH
from scaicontrol_core.documents.mail_wording.it import ITALIAN
from scaicontrol_core.documents.mail_wording.nl import DUTCH
from scaicontrol_core.documents.mail_words import MailWording
from scaicontrol_core.kernel.party import require_language

#: Language code → its words, in the order documents list the languages.
WORDINGS: dict[str, MailWording] = {
    wording.language: wording for wording in (ENGLISH, DUTCH, GERMAN, FRENCH, SPANISH, ITALIAN)
}


def wording_for(language: str) -> MailWording:
    """Return the words of one of the six languages; raises ``Invalid`` (``language_unknown``)."""
    return WORDINGS[require_language(language, "/language")]
