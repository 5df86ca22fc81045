"""The French wording of e-mails."""

from __future__ import annotations

from scaicontrol_core.documents.mail import MailType
from scaicontrol_core.documents.mail_words import CommonWords, MailWording, MailWords

FRENCH = MailWording(
    language="fr",
    common=CommonWords(
        greeting="Madame, Monsieur,",
        closing="Cordialement,",
        questions="Une question ? Répondez à ce message ou écrivez à {contact}.",
        attached="Vous trouverez le document en pièce jointe.",
    ),
    types={
        MailType.INVOICE: MailWords(
            subject="Facture {number} de {seller}",
            preheader="{amount}, à régler le {due_date}",
            heading="Votre facture {number}",
            paragraphs=(
                "Veuillez trouver ci-joint notre facture {number} du {issue_date} d’un montant de {amount}.",
                (
                    "Nous vous prions de virer ce montant au plus tard le {due_date} en indiquant la référence "
                    "{reference}."
                ),
            ),
            action="Voir la facture",
        ),
        MailType.CREDIT_NOTE: MailWords(
            subject="Avoir {number} de {seller}",
            preheader="{amount} en votre faveur",
            heading="Votre avoir {number}",
            paragraphs=(
                "Veuillez trouver ci-joint notre avoir {number} du {issue_date} d’un montant de {amount}.",
                "Il rectifie notre facture {referenced_number}.",
                "Motif : {reason}.",
                "Nous imputerons ce montant sur vos factures ouvertes ou vous le rembourserons.",
            ),
            action="Voir l’avoir",
        ),
        MailType.TRIAL_ENDING: MailWords(
            subject="Votre essai de {plan} se termine le {ends_on}",
            preheader="Votre abonnement suivra ensuite son cours normal",
            heading="Votre essai de {plan} touche à sa fin",
            paragraphs=(
                "Votre essai de {plan} se termine le {ends_on}.",
                "À partir de cette date, nous facturons {price}.",
                "Jusque-là, vous pouvez modifier ou résilier votre abonnement.",
            ),
            action="Gérer l’abonnement",
        ),
        MailType.PAYMENT_FAILED: MailWords(
            subject="Échec du paiement de la facture {number}",
            preheader="{amount} n’ont pas pu être prélevés",
            heading="Votre paiement n’a pas abouti",
            paragraphs=(
                (
                    "Nous avons tenté de prélever {amount} au titre de notre facture {number}, mais le paiement "
                    "n’a pas abouti."
                ),
                "Motif indiqué : {reason}.",
                "Nous ferons une nouvelle tentative le {retry_on}.",
                "Veuillez vérifier votre moyen de paiement ou virer ce montant en indiquant la référence {reference}.",
            ),
            action="Vérifier le moyen de paiement",
        ),
        MailType.REMINDER_1: MailWords(
            subject="Rappel : facture {number} de {seller}",
            preheader="{amount} à régler depuis le {due_date}",
            heading="Rappel",
            paragraphs=(
                "Notre facture {number} du {issue_date} était à régler le {due_date} ; {amount} restent dus.",
                (
                    "Il s’agit peut-être d’un oubli. Nous vous prions de virer prochainement ce montant en "
                    "indiquant la référence {reference}."
                ),
                "Si vous avez réglé entre-temps, veuillez ne pas tenir compte de ce message.",
            ),
            action="Régler la facture",
        ),
        MailType.REMINDER_2: MailWords(
            subject="Deuxième rappel : facture {number} de {seller}",
            preheader="{amount} à régler depuis le {due_date}",
            heading="Deuxième rappel",
            paragraphs=(
                (
                    "Malgré notre rappel, nous n’avons pas encore reçu le règlement de notre facture {number} du "
                    "{issue_date}, qui était à régler le {due_date} ; {amount} restent dus."
                ),
                "Des frais de rappel de {fee} ont été ajoutés.",
                "Nous vous prions de virer ce montant au plus tard le {pay_by} en indiquant la référence {reference}.",
                "Si vous avez réglé entre-temps, veuillez ne pas tenir compte de ce message.",
            ),
            action="Régler la facture",
        ),
        MailType.REMINDER_3: MailWords(
            subject="Dernier rappel : facture {number} de {seller}",
            preheader="{amount} à régler depuis le {due_date}",
            heading="Dernier rappel",
            paragraphs=(
                (
                    "Notre facture {number} du {issue_date} était à régler le {due_date} et reste impayée malgré "
                    "nos rappels ; {amount} restent dus."
                ),
                "Des frais de rappel de {fee} ont été ajoutés.",
                "Veuillez virer ce montant au plus tard le {pay_by} en indiquant la référence {reference}.",
                "À défaut, nous pourrons suspendre nos services et confier le recouvrement à un tiers.",
            ),
            action="Régler la facture",
        ),
    },
)
