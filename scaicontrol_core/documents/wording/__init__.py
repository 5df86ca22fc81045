"""The words of each language, a module per language, so that a translator finds one place to work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.documents.wording.de import GERMAN
from scaicontrol_core.documents.wording.en import ENGLISH
from scaicontrol_core.documents.wording.es import SPANISH
from scaicontrol_core.documents.wording.fr import FRENCH
from scaicontrol_core.documents.wording.it import ITALIAN
from scaicontrol_core.documents.wording.nl import DUTCH
from scaicontrol_core.kernel.party import require_language

if TYPE_CHECKING:
    from scaicontrol_core.documents.labels import Labels

#: Language code → its words, in the order documents list the languages.
LABELS = {labels.language: labels for labels in (ENGLISH, DUTCH, GERMAN, FRENCH, SPANISH, ITALIAN)}


def labels_for(language: str) -> Labels:
    """Return the words of one of the six languages; raises ``Invalid`` (``language_unknown``)."""
    return LABELS[require_language(language, "/language")]
