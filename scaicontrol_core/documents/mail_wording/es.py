"""The Spanish wording of e-mails."""

from __future__ import annotations

from scaicontrol_core.documents.mail import MailType
from scaicontrol_core.documents.mail_words import CommonWords, MailWording, MailWords

SPANISH = MailWording(
    language="es",
    common=CommonWords(
        greeting="Estimado cliente:",
        closing="Atentamente,",
        questions="¿Alguna pregunta? Responda a este mensaje o escriba a {contact}.",
        attached="Encontrará el documento adjunto.",
    ),
    types={
        MailType.INVOICE: MailWords(
            subject="Factura {number} de {seller}",
            preheader="{amount}, con vencimiento el {due_date}",
            heading="Su factura {number}",
            paragraphs=(
                "Le adjuntamos nuestra factura {number} del {issue_date} por importe de {amount}.",
                "Le rogamos que transfiera el importe antes del fin del {due_date} indicando {reference}.",
            ),
            action="Ver la factura",
        ),
        MailType.CREDIT_NOTE: MailWords(
            subject="Factura rectificativa {number} de {seller}",
            preheader="{amount} a su favor",
            heading="Su factura rectificativa {number}",
            paragraphs=(
                "Le adjuntamos nuestra factura rectificativa {number} del {issue_date} por importe de {amount}.",
                "Corrige nuestra factura {referenced_number}.",
                "Motivo: {reason}.",
                "Compensaremos el importe con facturas pendientes o se lo devolveremos.",
            ),
            action="Ver la factura rectificativa",
        ),
        MailType.TRIAL_ENDING: MailWords(
            subject="Su prueba de {plan} termina el {ends_on}",
            preheader="Después, su suscripción sigue su curso habitual",
            heading="Su prueba de {plan} está a punto de terminar",
            paragraphs=(
                "Su prueba de {plan} termina el {ends_on}.",
                "A partir de entonces cobramos {price}.",
                "Hasta ese día puede cambiar o cancelar su suscripción.",
            ),
            action="Gestionar la suscripción",
        ),
        MailType.PAYMENT_FAILED: MailWords(
            subject="El pago de la factura {number} ha fallado",
            preheader="No se han podido cobrar {amount}",
            heading="Su pago no se ha completado",
            paragraphs=(
                "Hemos intentado cobrar {amount} por nuestra factura {number} y el pago no se ha completado.",
                "El motivo indicado es: {reason}.",
                "Lo intentaremos de nuevo el {retry_on}.",
                "Compruebe su método de pago o transfiera el importe indicando {reference}.",
            ),
            action="Comprobar el método de pago",
        ),
        MailType.REMINDER_1: MailWords(
            subject="Recordatorio: factura {number} de {seller}",
            preheader="{amount} vencieron el {due_date}",
            heading="Recordatorio de pago",
            paragraphs=(
                "Nuestra factura {number} del {issue_date} venció el {due_date}; quedan pendientes {amount}.",
                (
                    "Quizá se le haya pasado por alto. Le rogamos que transfiera el importe en breve indicando "
                    "{reference}."
                ),
                "Si ya ha pagado, no tenga en cuenta este mensaje.",
            ),
            action="Pagar la factura",
        ),
        MailType.REMINDER_2: MailWords(
            subject="Segundo recordatorio: factura {number} de {seller}",
            preheader="{amount} pendientes desde el {due_date}",
            heading="Segundo recordatorio",
            paragraphs=(
                (
                    "A pesar de nuestro recordatorio, aún no hemos recibido el pago de nuestra factura {number} "
                    "del {issue_date}, que venció el {due_date}; quedan pendientes {amount}."
                ),
                "Se han añadido gastos de reclamación de {fee}.",
                "Le rogamos que transfiera el importe antes del fin del {pay_by} indicando {reference}.",
                "Si ya ha pagado, no tenga en cuenta este mensaje.",
            ),
            action="Pagar la factura",
        ),
        MailType.REMINDER_3: MailWords(
            subject="Último recordatorio: factura {number} de {seller}",
            preheader="{amount} pendientes desde el {due_date}",
            heading="Último recordatorio",
            paragraphs=(
                (
                    "Nuestra factura {number} del {issue_date} venció el {due_date} y sigue sin pagarse a pesar "
                    "de nuestros recordatorios; quedan pendientes {amount}."
                ),
                "Se han añadido gastos de reclamación de {fee}.",
                "Transfiera el importe a más tardar el {pay_by} indicando {reference}.",
                "De lo contrario, podremos suspender nuestros servicios y ceder el cobro a terceros.",
            ),
            action="Pagar la factura",
        ),
    },
)
