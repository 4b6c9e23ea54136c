# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reseller's account: how each request changes orders, certificates and money. Knows no HTTP."""

from __future__ import annotations

import dataclasses
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

from resello_sandbox.clock import add_months
from resello_sandbox.context import Context
from resello_sandbox.csr import read_csr
from resello_sandbox.forms import OrderForm, read_order_form, read_validate_form
from resello_sandbox.listing import ENDED
from resello_sandbox.names import base_of, is_wildcard
from resello_sandbox.plans import known_plan
from resello_sandbox.records import Certificate, Email, Job, LedgerEntry, Order, Validation
from resello_sandbox.references import reference_after
from resello_sandbox.rejections import invalid_field, not_found, wrong_state
from resello_sandbox.retries import check_retries

DAY = 86400.0
_FIRST_ID = 4_710_000


class Account:
    """Every method is one transaction: it happens completely or, with a RejectionError, not at all."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._store = context.store

    def order(self, order_id: str) -> Order:
        """The order with this id, as it is now."""
        self.keep_time()
        order = self._store.order(order_id)
        if order is None:
            raise not_found("The certificate")
        return order

    def seen(self, order_id: str) -> Order:
        """The order as a reader gets it: by the settings it may be some seconds old, or gone."""
        settings, order = self._context.settings, self.order(order_id)
        seen = self._store.orders.as_of(order, settings.replica_lag) if settings.replica_lag else order
        if seen is None or (settings.ended_orders == "gone" and seen.status in ENDED):
            raise not_found("The certificate")
        return seen

    def keep_time(self) -> None:
        """Do what is due by now: orders renew themselves, or end."""
        now, settings = self._context.clock.now(), self._context.settings
        if settings.auto_renew != "off":
            due = now + settings.auto_renew_days * DAY
            condition = "status = 'active' AND is_auto_renew_enabled = 1 AND paid_until <= ?"
            for order in self._store.orders.where(condition, due):
                self._renew_by_itself(order, due)
        self._store.expire(now)

    def create(self, body: Mapping[str, Any]) -> Order:
        """Order a certificate: charged at once, issued when domain control is validated."""
        form = read_order_form(body, plan=None, takes_upgrade=True)
        now = self._context.clock.now()
        with self._store.transaction():
            order = self._new_order(form, paid_until=add_months(now, form.plan.interval))
            self._open_job(order, form, action="create")
            self._charge(order, action="create", amount=form.plan.price)
        return order

    def renew(self, order_id: str, body: Mapping[str, Any]) -> Order:
        """Order another period. Returns the order as it was before, as the provider does."""
        order = self.order(order_id)
        self._must_be_active(order)
        before = dataclasses.replace(order)
        form = read_order_form(body, plan=known_plan(order.plan_id))
        opens = order.paid_until - self._context.settings.renew_days * DAY
        if self._context.clock.now() < opens:
            raise wrong_state("The certificate cannot be renewed yet: the renewal period has not begun.")
        result = self._context.settings.renew_result
        with self._store.transaction():
            if result == "new-object":
                paid_until = add_months(order.paid_until, form.plan.interval)
                order = self._new_order(form, paid_until=paid_until, renews=before)
            order.plan_id = form.plan.id
            self._open_job(order, form, action="extend" if result == "extension" else "renew")
            self._charge(order, action="renew", amount=form.plan.price)
        return before

    def reissue(self, order_id: str, body: Mapping[str, Any]) -> Order:
        """Ask for a new certificate inside the paid period, free of charge unless ``reissue_price`` says otherwise."""
        order = self.order(order_id)
        self._must_be_active(order)
        plan = known_plan(order.plan_id)
        form = read_order_form({**body, "plan": plan.id}, plan=plan)
        settings = self._context.settings
        with self._store.transaction():
            self._open_job(order, form, action="reissue")
            if settings.reissue_kills == "requested":
                self._revoke_all(order, reason="reissued")
            if settings.reissue_price:
                self._charge(order, action="reissue", amount=settings.reissue_price)
        return order

    def delete(self, order_id: str) -> Order:
        """Revoke the certificate at once; charges within the grace period are refunded."""
        order = self.order(order_id)
        settings = self._context.settings
        if order.status not in ("pending", "active", settings.reissue_status, settings.renew_status):
            raise wrong_state(f"The certificate is already {order.status}.")
        now = self._context.clock.now()
        with self._store.transaction():
            job = self._store.open_job(order_id)
            if job is not None:
                job.state = "cancelled"
                self._store.jobs.save(job)
            self._revoke_all(order, reason="order deleted")
            order.status, order.deleted, order.updated = "deleted", now, now
            self._store.orders.save(order)
            self._refund(order)
        return order

    def validate(self, order_id: str, body: Mapping[str, Any]) -> Order:
        """Check domain control again now, optionally by another method, for one name or for all."""
        order = self.order(order_id)
        job = self._store.open_job(order_id)
        if job is None:
            raise wrong_state("No validation is open for this certificate.")
        form = read_validate_form(body, default_email=order.contact.get("approver_email_address"))
        chosen = [one for one in self._chosen_validations(job, form.domain) if not one.done]
        if form.dcv_type == "FILE" and any(is_wildcard(validation.name) for validation in chosen):
            raise invalid_field("dcv_type", "A wildcard name cannot be validated by FILE.", code="not_allowed")
        now = self._context.clock.now()
        check_retries(chosen, self._context.settings, now)
        with self._store.transaction():
            for validation in chosen:
                validation.method, validation.message = form.dcv_type, "Not checked yet."
                validation.email = form.email if form.dcv_type == "EMAIL" else None
                validation.approved, validation.tries, validation.tried = False, validation.tries + 1, now
                self._store.validations.save(validation)
                self._send_mail(order, validation)
            if form.domain is None:
                order.dcv_type = form.dcv_type
            self._touch(order)
        self._context.wake(check=job.number)
        return order

    def approve(self, order_id: str, domain: str | None) -> int:
        """Follow the link of the validation mail (control side) for one name or for all. Returns how many."""
        order = self.order(order_id)
        job = self._store.open_job(order_id)
        if job is None:
            raise wrong_state("No validation is open for this certificate.")
        chosen = [validation for validation in self._chosen_validations(job, domain) if not validation.done]
        settings = self._context.settings
        with self._store.transaction():
            for validation in chosen:
                validation.approved, validation.message = True, "Approved."
                # The worker checks CAA: a click does not validate what CAA forbids.
                validation.done = not settings.asks_caa and settings.refusal_of(validation.name) is None
                self._store.validations.save(validation)
            if domain is None:
                job.organization_done = True
                self._store.jobs.save(job)
            self._touch(order)
        self._context.wake(check=job.number if settings.asks_caa else None)
        return len(chosen)

    def follow_link(self, number: int) -> int:
        """Follow the link of one validation mail (control side). Returns how many names that approves."""
        mail = self._store.emails.one("number = ?", number)
        job = None if mail is None else self._store.open_job(mail.order_id)
        if mail is None:
            raise not_found("The mail")
        names = [] if job is None else self._store.validations.where("job = ? AND name = ?", job.number, mail.domain)
        if not any(one.method == "EMAIL" and one.email == mail.recipient for one in names):
            raise wrong_state("This link is not valid any more.")
        return self.approve(mail.order_id, mail.domain)

    def issue(self, job: Job) -> Order:
        """Issue the job's certificate, which becomes the current one."""
        order = self.order(job.order_id)
        with self._store.transaction():
            if job.action in ("renew", "extend") and order.renews is None:
                order.paid_until = add_months(order.paid_until, known_plan(order.plan_id).interval)
            if job.action != "extend":
                certificate = self._signed(order, job)
                if job.action == "reissue":
                    self._kill_by_reissue(order)
                order.certificate, order.csr = self._store.certificates.add(certificate), job.csr
            order.status = "active"
            order.provisioned = order.provisioned or self._context.clock.now()
            self._touch(order)
            self._end_predecessor(order)
            job.state = "done"
            self._store.jobs.save(job)
        return order

    def fail(self, order_id: str) -> Order:
        """Let the CA reject the request in progress (control side)."""
        order, settings = self.order(order_id), self._context.settings
        job = self._store.open_job(order_id)
        if job is None:
            raise wrong_state("Nothing is in progress for this certificate.")
        with self._store.transaction():
            job.state = "failed"
            self._store.jobs.save(job)
            order.status = settings.failed_reissue_status if order.provisioned else settings.failed_create_status
            self._touch(order)
        return order

    def force(self, order_id: str, changes: Mapping[str, Any]) -> Order:
        """Overwrite fields of an order (control side); the caller has checked the names and types."""
        order = dataclasses.replace(self.order(order_id), **changes)
        with self._store.transaction():
            if "updated" not in changes:
                order.updated = self._context.clock.now()
            self._store.orders.save(order)
        return order

    def _must_be_active(self, order: Order) -> None:
        if self._store.open_job(order.id) is not None:
            raise wrong_state("Another request for this certificate is still in progress.")
        retry = order.provisioned is not None and order.status == self._context.settings.failed_reissue_status
        if order.status != "active" and not retry:
            raise wrong_state(f"The certificate is {order.status}, not active.")

    def _new_order(self, form: OrderForm, *, paid_until: float, renews: Order | None = None) -> Order:
        now, settings = self._context.clock.now(), self._context.settings
        order = Order(
            id=str(uuid.uuid4()),
            client_reference=renews.client_reference if renews else None,
            plan_id=form.plan.id,
            status="pending",
            domain=form.csr.names[0],
            csr=form.csr_text,
            dcv_type=form.dcv_type,
            contact=form.contact,
            created=now,
            updated=now,
            paid_until=paid_until,
            is_auto_renew_enabled=settings.auto_renew_orders,
            renews=renews.id if renews else None,
        )
        number = self._store.orders.add(order)
        order.provisioning_reference = f"SB-{number:08d}"
        if settings.order_ids != "uuid":
            order.id = str(_FIRST_ID + number)
        self._store.orders.save(order)
        return order

    def _open_job(self, order: Order, form: OrderForm, *, action: str) -> None:
        settings = self._context.settings
        key = form.csr.public_key_sha256
        used = settings.unique_for_used_key and self._store.jobs.count("public_key = ?", key) > 0
        unique = secrets.token_hex(5) if settings.unique_value or used else None
        vetted = form.plan.level == "dv" or settings.organization_vetting == "automatic"
        job = Job(
            order_id=order.id,
            action=action,
            csr=form.csr_text,
            created=self._context.clock.now(),
            organization_done=vetted,
            unique_value=unique,
            public_key=key,
        )
        number = self._store.jobs.add(job)
        email = form.email if form.dcv_type == "EMAIL" else None
        for name in form.csr.names if action != "extend" else ():
            validation = Validation(number, name, form.dcv_type, random=secrets.token_hex(16), email=email)
            self._store.validations.add(validation)
            self._send_mail(order, validation)
        if action != "extend":
            order.dcv_type, order.domain = form.dcv_type, form.csr.names[0]
            order.csr = form.csr_text if settings.pending_csr == "new" else order.csr
        order.contact = {**order.contact, **form.contact}
        order.status = {"reissue": settings.reissue_status, "renew": settings.renew_status}.get(action, "pending")
        order.client_reference = reference_after(
            "renew" if action == "extend" else action,
            before=order.client_reference,
            sent=form.client_reference,
            dialect=settings,
        )
        self._touch(order)
        self._context.wake(check=number)

    def _signed(self, order: Order, job: Job) -> Certificate:
        settings, csr, now = self._context.settings, read_csr(job.csr), self._context.clock.now()
        current = self._store.certificate(order.certificate)
        end = now + settings.certificate_days * DAY
        if job.action == "reissue" and settings.reissue_end == "kept" and current is not None:
            end = current.not_after
        if settings.certificate_cap:
            end = min(end, order.paid_until)
        leaf = self._context.authority.issue(
            csr,
            level=known_plan(order.plan_id).level,
            organization=order.contact.get("company_name") or csr.organization,
            not_before=now,
            not_after=end,
        )
        return Certificate(order.id, job.number, leaf.serial, leaf.pem, leaf.not_before, leaf.not_after)

    def _kill_by_reissue(self, order: Order) -> None:
        settings = self._context.settings
        if settings.reissue_kills == "later":
            self._revoke_all(order, reason="reissued", after=settings.reissue_kill_delay)
        elif settings.reissue_kills == "issued":
            self._revoke_all(order, reason="reissued")

    def _end_predecessor(self, order: Order) -> None:
        """End the renewed order when its successor has its certificate."""
        old = self._store.order(order.renews) if order.renews else None
        if old is not None and old.status == "active":
            old.status = "renewed"
            self._touch(old)

    def _renew_by_itself(self, order: Order, due: float) -> None:
        """Renew until the order is paid beyond ``due``, with the same CSR and without validation."""
        plan = known_plan(order.plan_id)
        with self._store.transaction():
            while order.paid_until <= due:
                order.paid_until = add_months(order.paid_until, plan.interval)
                self._charge(order, action="auto-renew", amount=plan.price)
            self._touch(order)
            if self._context.settings.auto_renew == "certificate" and self._store.open_job(order.id) is None:
                self._store.jobs.add(Job(order.id, "auto-renew", order.csr, self._context.clock.now()))
        self._context.wake()

    def _touch(self, order: Order) -> None:
        order.updated = self._context.clock.now()
        self._store.orders.save(order)

    def _chosen_validations(self, job: Job, domain: str | None) -> list[Validation]:
        validations = self._store.validations.where("job = ?", job.number)
        if domain is None:
            return validations
        exact = [v for v in validations if v.name == domain]
        chosen = exact or [v for v in validations if base_of(v.name) == domain]
        if not chosen:
            raise invalid_field("domain", "This name is not part of the certificate.", code="does_not_exist")
        return chosen

    def _send_mail(self, order: Order, validation: Validation) -> None:
        if validation.method == "EMAIL" and validation.email:
            subject = f"Approve the certificate for {validation.name}"
            now = self._context.clock.now()
            self._store.emails.add(Email(now, validation.email, order.id, validation.name, subject))

    def _charge(self, order: Order, *, action: str, amount: int) -> None:
        now = self._context.clock.now()
        self._store.ledger.add(LedgerEntry(now, "charge", action, order.id, order.client_reference, amount))

    def _refund(self, order: Order) -> None:
        now = self._context.clock.now()
        entries = self._store.ledger.where("order_id = ?", order.id)
        given_back = {entry.refunds for entry in entries}
        for entry in entries:
            young = now - entry.time <= self._context.settings.grace_days * DAY
            if entry.kind == "charge" and young and entry.number not in given_back:
                refund = LedgerEntry(
                    now, "refund", "delete", order.id, order.client_reference, entry.amount, refunds=entry.number
                )
                self._store.ledger.add(refund)

    def _revoke_all(self, order: Order, *, reason: str, after: float = 0.0) -> None:
        now = self._context.clock.now()
        condition = "order_id = ? AND (revoked IS NULL OR revoked > ?)"
        for certificate in self._store.certificates.where(condition, order.id, now):
            certificate.revoked, certificate.reason = now + after, reason
            self._store.certificates.save(certificate)
