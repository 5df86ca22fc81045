"""The English wording of e-mails."""

from __future__ import annotations

from scaicontrol_core.documents.mail import MailType
from scaicontrol_core.documents.mail_words import CommonWords, MailWording, MailWords

ENGLISH = MailWording(
    language="en",
    common=CommonWords(
        greeting="Dear customer,",
        closing="Kind regards,",
        questions="Questions? Reply to this message, or write to {contact}.",
        attached="The document is attached.",
    ),
    types={
        MailType.INVOICE: MailWords(
            subject="Invoice {number} from {seller}",
            preheader="{amount}, due on {due_date}",
            heading="Your invoice {number}",
            paragraphs=(
                "Please find attached our invoice {number} of {issue_date} for {amount}.",
                "Please transfer the amount by {due_date}, quoting {reference}.",
            ),
            action="View the invoice",
        ),
        MailType.CREDIT_NOTE: MailWords(
            subject="Credit note {number} from {seller}",
            preheader="{amount} in your favour",
            heading="Your credit note {number}",
            paragraphs=(
                "Please find attached our credit note {number} of {issue_date} for {amount}.",
                "It corrects our invoice {referenced_number}.",
                "Reason: {reason}.",
                "We will set the amount off against open invoices or refund it.",
            ),
            action="View the credit note",
        ),
        MailType.TRIAL_ENDING: MailWords(
            subject="Your trial of {plan} ends on {ends_on}",
            preheader="From then on your subscription goes its usual way",
            heading="Your trial of {plan} is about to end",
            paragraphs=(
                "Your trial of {plan} ends on {ends_on}.",
                "From then on we charge {price}.",
                "Until that day you can change or cancel your subscription.",
            ),
            action="Manage the subscription",
        ),
        MailType.PAYMENT_FAILED: MailWords(
            subject="Your payment for invoice {number} failed",
            preheader="{amount} could not be collected",
            heading="Your payment did not go through",
            paragraphs=(
                "We tried to collect {amount} for our invoice {number}, and the payment did not go through.",
                "The reason we were given: {reason}.",
                "We will try again on {retry_on}.",
                "Please check your payment method, or transfer the amount, quoting {reference}.",
            ),
            action="Check the payment method",
        ),
        MailType.REMINDER_1: MailWords(
            subject="Reminder: invoice {number} from {seller}",
            preheader="{amount} was due on {due_date}",
            heading="A friendly reminder",
            paragraphs=(
                "Our invoice {number} of {issue_date} was due on {due_date}; {amount} is still open.",
                "You may simply have overlooked it. Please transfer the amount soon, quoting {reference}.",
                "If you have paid in the meantime, please disregard this message.",
            ),
            action="Pay the invoice",
        ),
        MailType.REMINDER_2: MailWords(
            subject="Second reminder: invoice {number} from {seller}",
            preheader="{amount} has been due since {due_date}",
            heading="Second reminder",
            paragraphs=(
                (
                    "Despite our reminder we have not yet received your payment of our invoice {number} of "
                    "{issue_date}, which was due on {due_date}; {amount} is open."
                ),
                "A reminder fee of {fee} has been added.",
                "Please transfer the amount by {pay_by}, quoting {reference}.",
                "If you have paid in the meantime, please disregard this message.",
            ),
            action="Pay the invoice",
        ),
        MailType.REMINDER_3: MailWords(
            subject="Final reminder: invoice {number} from {seller}",
            preheader="{amount} has been due since {due_date}",
            heading="Final reminder",
            paragraphs=(
                (
                    "Our invoice {number} of {issue_date} was due on {due_date} and is still unpaid, despite our "
                    "reminders; {amount} is open."
                ),
                "A reminder fee of {fee} has been added.",
                "Please transfer the amount by {pay_by} at the latest, quoting {reference}.",
                "Otherwise we may suspend our services and hand the claim over for collection.",
            ),
            action="Pay the invoice",
        ),
    },
)
