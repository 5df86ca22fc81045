"""The Italian wording of e-mails."""

from __future__ import annotations

from scaicontrol_core.documents.mail import MailType
from scaicontrol_core.documents.mail_words import CommonWords, MailWording, MailWords

ITALIAN = MailWording(
    language="it",
    common=CommonWords(
        greeting="Gentile cliente,",
        closing="Cordiali saluti,",
        questions="Domande? Risponda a questo messaggio o scriva a {contact}.",
        attached="Il documento è in allegato.",
    ),
    types={
        MailType.INVOICE: MailWords(
            subject="Fattura {number} di {seller}",
            preheader="{amount}, con scadenza il {due_date}",
            heading="La Sua fattura {number}",
            paragraphs=(
                "In allegato trova la nostra fattura {number} del {issue_date} per {amount}.",
                "La preghiamo di versare l’importo entro il {due_date} indicando {reference}.",
            ),
            action="Vedi la fattura",
        ),
        MailType.CREDIT_NOTE: MailWords(
            subject="Nota di credito {number} di {seller}",
            preheader="{amount} a Suo favore",
            heading="La Sua nota di credito {number}",
            paragraphs=(
                "In allegato trova la nostra nota di credito {number} del {issue_date} per {amount}.",
                "Corregge la nostra fattura {referenced_number}.",
                "Motivo: {reason}.",
                "Compenseremo l’importo con fatture aperte o lo rimborseremo.",
            ),
            action="Vedi la nota di credito",
        ),
        MailType.TRIAL_ENDING: MailWords(
            subject="La Sua prova di {plan} termina il {ends_on}",
            preheader="Poi l’abbonamento prosegue come di consueto",
            heading="La Sua prova di {plan} sta per terminare",
            paragraphs=(
                "La Sua prova di {plan} termina il {ends_on}.",
                "Da quel giorno addebitiamo {price}.",
                "Fino ad allora può modificare o disdire l’abbonamento.",
            ),
            action="Gestisci l’abbonamento",
        ),
        MailType.PAYMENT_FAILED: MailWords(
            subject="Il pagamento della fattura {number} non è riuscito",
            preheader="Non è stato possibile incassare {amount}",
            heading="Il Suo pagamento non è riuscito",
            paragraphs=(
                (
                    "Abbiamo tentato di incassare {amount} per la nostra fattura {number}, ma il pagamento non è "
                    "riuscito."
                ),
                "Il motivo indicato: {reason}.",
                "Riproveremo il {retry_on}.",
                "Verifichi il metodo di pagamento o versi l’importo indicando {reference}.",
            ),
            action="Verifica il metodo di pagamento",
        ),
        MailType.REMINDER_1: MailWords(
            subject="Promemoria: fattura {number} di {seller}",
            preheader="{amount} con scadenza il {due_date}",
            heading="Promemoria di pagamento",
            paragraphs=(
                "La nostra fattura {number} del {issue_date} è scaduta il {due_date}; restano da pagare {amount}.",
                "Forse Le è sfuggita. La preghiamo di versare presto l’importo indicando {reference}.",
                "Se nel frattempo ha pagato, non tenga conto di questo messaggio.",
            ),
            action="Paga la fattura",
        ),
        MailType.REMINDER_2: MailWords(
            subject="Secondo sollecito: fattura {number} di {seller}",
            preheader="{amount} con scadenza il {due_date}",
            heading="Secondo sollecito",
            paragraphs=(
                (
                    "Nonostante il nostro promemoria non abbiamo ancora ricevuto il pagamento della nostra "
                    "fattura {number} del {issue_date}, scaduta il {due_date}; restano da pagare {amount}."
                ),
                "Sono state aggiunte spese di sollecito di {fee}.",
                "La preghiamo di versare l’importo entro il {pay_by} indicando {reference}.",
                "Se nel frattempo ha pagato, non tenga conto di questo messaggio.",
            ),
            action="Paga la fattura",
        ),
        MailType.REMINDER_3: MailWords(
            subject="Ultimo sollecito: fattura {number} di {seller}",
            preheader="{amount} con scadenza il {due_date}",
            heading="Ultimo sollecito",
            paragraphs=(
                (
                    "La nostra fattura {number} del {issue_date} è scaduta il {due_date} e non è ancora pagata "
                    "nonostante i nostri solleciti; restano da pagare {amount}."
                ),
                "Sono state aggiunte spese di sollecito di {fee}.",
                "Versi l’importo al più tardi entro il {pay_by} indicando {reference}.",
                "In caso contrario potremo sospendere i nostri servizi e affidare il credito al recupero.",
            ),
            action="Paga la fattura",
        ),
    },
)
