"""The registry: every topic there is. Catalogue, JSON Schemas and the checks of subscriptions are made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.delivery import examples
from scaicontrol_core.delivery.topic import Topic

if TYPE_CHECKING:
    from collections.abc import Mapping

TEST_TOPIC = "webhook.test.v1"

_ALL = (
    Topic(
        name="tenant.billing_linked.v1",
        aggregate="tenant",
        description="The tenant has a billing profile now, and may buy. Once in its life.",
        example=examples.TENANT_BILLING_LINKED,
    ),
    Topic(
        name="tenant.billing_updated.v1",
        aggregate="tenant",
        description="The tenant's billing profile changed.",
        example=examples.TENANT_BILLING_UPDATED,
    ),
    Topic(
        name="partner.billing_linked.v1",
        aggregate="partner",
        description="The partner became billable. Once in its life.",
        example=examples.PARTNER_BILLING_LINKED,
    ),
    Topic(
        name="partner.billing_updated.v1",
        aggregate="partner",
        description="The identity under which the partner sells changed.",
        example=examples.PARTNER_BILLING_UPDATED,
    ),
    Topic(
        name="subscription.activated.v1",
        aggregate="subscription",
        description="The subscription is active or on trial for the first time.",
        example=examples.SUBSCRIPTION_ACTIVATED,
    ),
    Topic(
        name="subscription.changed.v1",
        aggregate="subscription",
        description="Plan, quantity, status or schedule changed; change_kind says which.",
        example=examples.SUBSCRIPTION_CHANGED,
    ),
    Topic(
        name="subscription.cancelled.v1",
        aggregate="subscription",
        description="The subscription is over: cancelled or expired.",
        example=examples.SUBSCRIPTION_CANCELLED,
    ),
    Topic(
        name="subscription.suspended.v1",
        aggregate="subscription",
        description="The service should refuse work from now on.",
        example=examples.SUBSCRIPTION_SUSPENDED,
    ),
    Topic(
        name="subscription.resumed.v1",
        aggregate="subscription",
        description="A suspended subscription serves again.",
        example=examples.SUBSCRIPTION_RESUMED,
    ),
    Topic(
        name="subscription.trial_ending.v1",
        aggregate="subscription",
        description="A trial ends in 7, 3 or 1 days.",
        example=examples.SUBSCRIPTION_TRIAL_ENDING,
    ),
    Topic(
        name="subscription.payment_failed.v1",
        aggregate="subscription",
        description="A scheduled payment failed; the subscription is past due.",
        example=examples.SUBSCRIPTION_PAYMENT_FAILED,
    ),
    Topic(
        name="pack_subscription.activated.v1",
        aggregate="pack_subscription",
        description="The subscription to a pack is active or on trial for the first time.",
        example=examples.PACK_SUBSCRIPTION_ACTIVATED,
    ),
    Topic(
        name="pack_subscription.changed.v1",
        aggregate="pack_subscription",
        description="Status, items or dates of a subscription to a pack changed.",
        example=examples.PACK_SUBSCRIPTION_CHANGED,
    ),
    Topic(
        name="pack_subscription.cancelled.v1",
        aggregate="pack_subscription",
        description="The subscription to a pack is over, and so is all that it includes.",
        example=examples.PACK_SUBSCRIPTION_CANCELLED,
    ),
    Topic(
        name="invoice.issued.v1",
        aggregate="invoice",
        description="The invoice has its legal number: from now on it is owed.",
        example=examples.INVOICE_ISSUED,
    ),
    Topic(
        name="invoice.sent.v1",
        aggregate="invoice",
        description="The invoice was handed over for the first time.",
        example=examples.INVOICE_SENT,
    ),
    Topic(
        name="invoice.paid.v1",
        aggregate="invoice",
        description="Nothing of the invoice is open any more.",
        example=examples.INVOICE_PAID,
    ),
    Topic(
        name="invoice.overdue.v1",
        aggregate="invoice",
        description="The due date has passed in the seller's zone, and something is still open.",
        example=examples.INVOICE_OVERDUE,
    ),
    Topic(
        name="invoice.voided.v1",
        aggregate="invoice",
        description="The invoice counts for nothing any more; its number and record stay.",
        example=examples.INVOICE_VOIDED,
    ),
    Topic(
        name="credit_note.issued.v1",
        aggregate="invoice",
        description="A credit note has its legal number: some or all of an invoice is taken back.",
        example=examples.CREDIT_NOTE_ISSUED,
    ),
    Topic(
        name="payment.succeeded.v1",
        aggregate="payment",
        description="The money has arrived.",
        example=examples.PAYMENT_SUCCEEDED,
    ),
    Topic(
        name="payment.failed.v1",
        aggregate="payment",
        description="The money will not come.",
        example=examples.PAYMENT_FAILED,
    ),
    Topic(
        name="payment.refunded.v1",
        aggregate="payment",
        description="Money was given back.",
        example=examples.PAYMENT_REFUNDED,
    ),
    Topic(
        name="payment.disputed.v1",
        aggregate="payment",
        description="The payer had its bank take a payment back.",
        example=examples.PAYMENT_DISPUTED,
    ),
    Topic(
        name="usage.threshold_reached.v1",
        aggregate="usage",
        description="Usage reached 80 or 100 per cent of a quota.",
        example=examples.USAGE_THRESHOLD_REACHED,
    ),
    Topic(
        name="usage.daily.v1",
        aggregate="usage",
        description="What a metric came to on a day that is over, and in its period so far. Once a day.",
        example=examples.USAGE_DAILY,
    ),
    Topic(
        name="catalog.plan_changed.v1",
        aggregate="plan",
        description="A plan came, changed or went; only the operator hears of it, and its service in the feed.",
        example=examples.CATALOG_PLAN_CHANGED,
    ),
    Topic(
        name="catalog.service_changed.v1",
        aggregate="service",
        description="A service came, changed or went; only the operator hears of it, and itself in the feed.",
        example=examples.CATALOG_SERVICE_CHANGED,
    ),
    Topic(
        name="webhook.disabled.v1",
        aggregate="webhook_subscription",
        description="A webhook subscription gets nothing any more, until somebody enables it.",
        example=examples.WEBHOOK_DISABLED,
    ),
    Topic(
        name=TEST_TOPIC,
        aggregate="webhook_subscription",
        description="A test that somebody sent to this one subscription.",
        example=examples.WEBHOOK_TEST,
        is_private=True,
    ),
)

TOPICS: Mapping[str, Topic] = {topic.name: topic for topic in _ALL}
#: What can be subscribed to, and stands in the feed.
PUBLIC_TOPICS: tuple[str, ...] = tuple(topic.name for topic in _ALL if not topic.is_private)
PRIVATE_TOPICS: tuple[str, ...] = tuple(topic.name for topic in _ALL if topic.is_private)
