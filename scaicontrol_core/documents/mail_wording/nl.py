"""The Dutch wording of e-mails."""

from __future__ import annotations

from scaicontrol_core.documents.mail import MailType
from scaicontrol_core.documents.mail_words import CommonWords, MailWording, MailWords

DUTCH = MailWording(
    language="nl",
    common=CommonWords(
        greeting="Geachte klant,",
        closing="Met vriendelijke groet,",
        questions="Vragen? Beantwoord dit bericht of schrijf naar {contact}.",
        attached="Het document vindt u in de bijlage.",
    ),
    types={
        MailType.INVOICE: MailWords(
            subject="Factuur {number} van {seller}",
            preheader="{amount}, te betalen op {due_date}",
            heading="Uw factuur {number}",
            paragraphs=(
                "In de bijlage vindt u onze factuur {number} van {issue_date} ter hoogte van {amount}.",
                "Wij verzoeken u het bedrag uiterlijk {due_date} over te maken onder vermelding van {reference}.",
            ),
            action="Factuur bekijken",
        ),
        MailType.CREDIT_NOTE: MailWords(
            subject="Creditnota {number} van {seller}",
            preheader="{amount} in uw voordeel",
            heading="Uw creditnota {number}",
            paragraphs=(
                "In de bijlage vindt u onze creditnota {number} van {issue_date} ter hoogte van {amount}.",
                "Deze corrigeert onze factuur {referenced_number}.",
                "Reden: {reason}.",
                "Wij verrekenen het bedrag met openstaande facturen of betalen het terug.",
            ),
            action="Creditnota bekijken",
        ),
        MailType.TRIAL_ENDING: MailWords(
            subject="Uw proefperiode van {plan} eindigt op {ends_on}",
            preheader="Daarna loopt uw abonnement gewoon door",
            heading="Uw proefperiode van {plan} loopt af",
            paragraphs=(
                "Uw proefperiode van {plan} eindigt op {ends_on}.",
                "Vanaf dat moment brengen wij {price} in rekening.",
                "Tot die dag kunt u uw abonnement wijzigen of opzeggen.",
            ),
            action="Abonnement beheren",
        ),
        MailType.PAYMENT_FAILED: MailWords(
            subject="Uw betaling van factuur {number} is mislukt",
            preheader="{amount} kon niet worden geïncasseerd",
            heading="Uw betaling is niet gelukt",
            paragraphs=(
                (
                    "Wij hebben geprobeerd {amount} te incasseren voor onze factuur {number}, maar de betaling is "
                    "niet gelukt."
                ),
                "De opgegeven reden: {reason}.",
                "Wij proberen het opnieuw op {retry_on}.",
                "Controleer uw betaalmethode of maak het bedrag over onder vermelding van {reference}.",
            ),
            action="Betaalmethode controleren",
        ),
        MailType.REMINDER_1: MailWords(
            subject="Herinnering: factuur {number} van {seller}",
            preheader="{amount} had op {due_date} betaald moeten zijn",
            heading="Een vriendelijke herinnering",
            paragraphs=(
                (
                    "Onze factuur {number} van {issue_date} had uiterlijk {due_date} betaald moeten zijn; "
                    "{amount} staat nog open."
                ),
                (
                    "Misschien is dit aan uw aandacht ontsnapt. Wij verzoeken u het bedrag spoedig over te maken "
                    "onder vermelding van {reference}."
                ),
                "Hebt u inmiddels betaald, dan kunt u dit bericht als niet verzonden beschouwen.",
            ),
            action="Factuur betalen",
        ),
        MailType.REMINDER_2: MailWords(
            subject="Tweede herinnering: factuur {number} van {seller}",
            preheader="{amount} staat open sinds {due_date}",
            heading="Tweede herinnering",
            paragraphs=(
                (
                    "Ondanks onze herinnering hebben wij nog geen betaling ontvangen van onze factuur {number} "
                    "van {issue_date}, die uiterlijk {due_date} betaald had moeten zijn; {amount} staat open."
                ),
                "Er zijn {fee} aan aanmaningskosten in rekening gebracht.",
                "Wij verzoeken u het bedrag uiterlijk {pay_by} over te maken onder vermelding van {reference}.",
                "Hebt u inmiddels betaald, dan kunt u dit bericht als niet verzonden beschouwen.",
            ),
            action="Factuur betalen",
        ),
        MailType.REMINDER_3: MailWords(
            subject="Laatste herinnering: factuur {number} van {seller}",
            preheader="{amount} staat open sinds {due_date}",
            heading="Laatste herinnering",
            paragraphs=(
                (
                    "Onze factuur {number} van {issue_date} had uiterlijk {due_date} betaald moeten zijn en is "
                    "ondanks onze herinneringen nog niet voldaan; {amount} staat open."
                ),
                "Er zijn {fee} aan aanmaningskosten in rekening gebracht.",
                "Maak het bedrag uiterlijk {pay_by} over onder vermelding van {reference}.",
                "Anders kunnen wij onze diensten opschorten en de vordering uit handen geven.",
            ),
            action="Factuur betalen",
        ),
    },
)
