"""The German wording of e-mails."""

from __future__ import annotations

from scaicontrol_core.documents.mail import MailType
from scaicontrol_core.documents.mail_words import CommonWords, MailWording, MailWords

GERMAN = MailWording(
    language="de",
    common=CommonWords(
        greeting="Sehr geehrte Damen und Herren,",
        closing="Mit freundlichen Grüßen",
        questions="Fragen? Antworten Sie auf diese Nachricht oder schreiben Sie an {contact}.",
        attached="Das Dokument finden Sie im Anhang.",
    ),
    types={
        MailType.INVOICE: MailWords(
            subject="Rechnung {number} von {seller}",
            preheader="{amount}, fällig am {due_date}",
            heading="Ihre Rechnung {number}",
            paragraphs=(
                "im Anhang erhalten Sie unsere Rechnung {number} vom {issue_date} über {amount}.",
                "Bitte überweisen Sie den Betrag bis zum {due_date} unter Angabe von {reference}.",
            ),
            action="Rechnung ansehen",
        ),
        MailType.CREDIT_NOTE: MailWords(
            subject="Rechnungskorrektur {number} von {seller}",
            preheader="{amount} zu Ihren Gunsten",
            heading="Ihre Rechnungskorrektur {number}",
            paragraphs=(
                "im Anhang erhalten Sie unsere Rechnungskorrektur {number} vom {issue_date} über {amount}.",
                "Sie berichtigt unsere Rechnung {referenced_number}.",
                "Grund: {reason}.",
                "Wir verrechnen den Betrag mit offenen Rechnungen oder erstatten ihn.",
            ),
            action="Rechnungskorrektur ansehen",
        ),
        MailType.TRIAL_ENDING: MailWords(
            subject="Ihre Testphase von {plan} endet am {ends_on}",
            preheader="Danach läuft Ihr Abonnement wie gewohnt",
            heading="Ihre Testphase von {plan} endet bald",
            paragraphs=(
                "Ihre Testphase von {plan} endet am {ends_on}.",
                "Ab dann berechnen wir {price}.",
                "Bis zu diesem Tag können Sie Ihr Abonnement ändern oder kündigen.",
            ),
            action="Abonnement verwalten",
        ),
        MailType.PAYMENT_FAILED: MailWords(
            subject="Ihre Zahlung zu Rechnung {number} ist fehlgeschlagen",
            preheader="{amount} konnten nicht eingezogen werden",
            heading="Ihre Zahlung ist fehlgeschlagen",
            paragraphs=(
                (
                    "wir haben versucht, {amount} zu unserer Rechnung {number} einzuziehen; die Zahlung ist "
                    "fehlgeschlagen."
                ),
                "Als Grund wurde genannt: {reason}.",
                "Wir versuchen es am {retry_on} erneut.",
                "Bitte prüfen Sie Ihre Zahlungsart oder überweisen Sie den Betrag unter Angabe von {reference}.",
            ),
            action="Zahlungsart prüfen",
        ),
        MailType.REMINDER_1: MailWords(
            subject="Zahlungserinnerung: Rechnung {number} von {seller}",
            preheader="{amount} waren am {due_date} fällig",
            heading="Freundliche Zahlungserinnerung",
            paragraphs=(
                "unsere Rechnung {number} vom {issue_date} war am {due_date} fällig; {amount} sind noch offen.",
                (
                    "Vielleicht ist sie Ihnen entgangen. Bitte überweisen Sie den Betrag bald unter Angabe von "
                    "{reference}."
                ),
                "Falls Sie inzwischen bezahlt haben, betrachten Sie diese Nachricht bitte als gegenstandslos.",
            ),
            action="Rechnung bezahlen",
        ),
        MailType.REMINDER_2: MailWords(
            subject="Zweite Mahnung: Rechnung {number} von {seller}",
            preheader="{amount} sind seit dem {due_date} fällig",
            heading="Zweite Mahnung",
            paragraphs=(
                (
                    "trotz unserer Erinnerung haben wir noch keine Zahlung zu unserer Rechnung {number} vom "
                    "{issue_date} erhalten, die am {due_date} fällig war; {amount} sind offen."
                ),
                "Es wurde eine Mahngebühr von {fee} erhoben.",
                "Bitte überweisen Sie den Betrag bis zum {pay_by} unter Angabe von {reference}.",
                "Falls Sie inzwischen bezahlt haben, betrachten Sie diese Nachricht bitte als gegenstandslos.",
            ),
            action="Rechnung bezahlen",
        ),
        MailType.REMINDER_3: MailWords(
            subject="Letzte Mahnung: Rechnung {number} von {seller}",
            preheader="{amount} sind seit dem {due_date} fällig",
            heading="Letzte Mahnung",
            paragraphs=(
                (
                    "unsere Rechnung {number} vom {issue_date} war am {due_date} fällig und ist trotz unserer "
                    "Mahnungen noch nicht bezahlt; {amount} sind offen."
                ),
                "Es wurde eine Mahngebühr von {fee} erhoben.",
                "Bitte überweisen Sie den Betrag spätestens bis zum {pay_by} unter Angabe von {reference}.",
                "Andernfalls können wir unsere Leistungen aussetzen und die Forderung zum Inkasso übergeben.",
            ),
            action="Rechnung bezahlen",
        ),
    },
)
