# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the JSON body of a request to checked values. All errors are reported at once, by field."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from resello_sandbox.csr import Csr, CsrError, read_csr
from resello_sandbox.dcv import METHODS
from resello_sandbox.names import base_of, is_wildcard, without_www
from resello_sandbox.plans import Plan, plan_by_id
from resello_sandbox.rejections import BAD_REQUEST, FieldErrors, RejectionError

CONTACT_FIELDS = (
    "chamber_of_commerce",
    "company_name",
    "department",
    "address",
    "city",
    "zip_code",
    "approver_first_name",
    "approver_last_name",
    "approver_email_address",
    "approver_phone_number",
)
ORGANIZATION_FIELDS = ("chamber_of_commerce", "department", "approver_first_name", "approver_last_name")
LONGEST_TEXT = 255
_EMAIL = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)
_PHONE = re.compile(r"\+[0-9]{1,3}\.[0-9]{1,14}", re.ASCII)


@dataclass(frozen=True)
class OrderForm:
    """A create, renew or reissue that is ready for the CA."""

    plan: Plan
    csr: Csr
    csr_text: str
    dcv_type: str
    contact: dict[str, str]
    client_reference: str | None

    @property
    def email(self) -> str | None:
        """Where the validation mail goes."""
        return self.contact.get("approver_email_address")


@dataclass(frozen=True)
class ValidateForm:
    """A retry of validation: of one name, or of all when ``domain`` is None."""

    dcv_type: str
    email: str | None
    domain: str | None


def parse_body(raw: bytes) -> dict[str, Any]:
    """A JSON object, whatever the Content-Type said; an empty body is an empty object."""
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise RejectionError("malformed_request", "The body is not JSON.", status=BAD_REQUEST) from exc
    if not isinstance(body, dict):
        raise RejectionError("malformed_request", "The body is not a JSON object.", status=BAD_REQUEST)
    return body


def read_order_form(body: Mapping[str, Any], *, plan: Plan | None, takes_upgrade: bool = False) -> OrderForm:
    """Check a create (``plan`` None: the body must name it), a renew or a reissue (``plan``: the order's own)."""
    errors = FieldErrors()
    texts = _texts(body, ("ee_reference_order_id",) if takes_upgrade else (), errors)
    chosen = _plan(texts, plan, errors)
    csr = _csr(texts, errors)
    dcv_type = _dcv_type(texts, errors)
    _check_contact(texts, dcv_type, errors)
    if chosen and csr:
        _check_names(chosen, csr.names, errors)
        _check_organization(chosen, csr, texts, errors)
    if csr and dcv_type == "FILE" and any(is_wildcard(name) for name in csr.names):
        errors.add("dcv_type", "A wildcard name cannot be validated by FILE.", code="not_allowed")
    errors.raise_if_any()
    if chosen is None or csr is None or dcv_type is None:  # cannot happen: each None has left an error
        raise RejectionError("internal_error", "The request could not be checked.")
    contact = {
        name: text for name, text in texts.items() if name not in ("csr", "plan", "dcv_type", "client_reference")
    }
    return OrderForm(
        plan=chosen,
        csr=csr,
        csr_text=texts["csr"],
        dcv_type=dcv_type,
        contact=contact,
        client_reference=texts.get("client_reference"),
    )


def read_validate_form(body: Mapping[str, Any], *, default_email: str | None) -> ValidateForm:
    """Check a retry of validation."""
    errors = FieldErrors()
    texts = {name: body[name] for name in ("dcv_type", "email_address", "domain") if body.get(name) is not None}
    for name, value in texts.items():
        if not isinstance(value, str):
            errors.add(name, "This must be a string.", code="invalid_type")
    errors.raise_if_any()
    dcv_type = _dcv_type(texts, errors)
    email = texts.get("email_address", default_email)
    if dcv_type == "EMAIL":
        _check_email("email_address", email, errors)
    errors.raise_if_any()
    domain = texts.get("domain")
    return ValidateForm(dcv_type=str(dcv_type), email=email, domain=domain.lower() if domain else None)


def _texts(body: Mapping[str, Any], more: tuple[str, ...], errors: FieldErrors) -> dict[str, str]:
    texts = {}
    for name in ("csr", "plan", "dcv_type", "client_reference", *CONTACT_FIELDS, *more):
        value = body.get(name)
        if value is None:
            continue
        if not isinstance(value, str):
            errors.add(name, "This must be a string.", code="invalid_type")
        elif name != "csr" and len(value) > LONGEST_TEXT:
            errors.add(name, f"This must have at most {LONGEST_TEXT} characters.", code="max_length")
        else:
            texts[name] = value
    return texts


def _plan(texts: Mapping[str, str], own: Plan | None, errors: FieldErrors) -> Plan | None:
    if "plan" not in texts:
        if own is None and not errors.has("plan"):
            errors.add("plan", "This is required.", code="required")
        return own
    plan = plan_by_id(texts["plan"])
    if plan is None:
        errors.add("plan", "There is no plan with this id.", code="does_not_exist")
    return plan


def _csr(texts: Mapping[str, str], errors: FieldErrors) -> Csr | None:
    if not texts.get("csr", "").strip():
        if not errors.has("csr"):
            errors.add("csr", "This is required.", code="required")
        return None
    try:
        return read_csr(texts["csr"])
    except CsrError as exc:
        errors.add("csr", str(exc), code=exc.code)
        return None


def _dcv_type(texts: Mapping[str, str], errors: FieldErrors) -> str | None:
    value = texts.get("dcv_type")
    if value in METHODS:
        return value
    if value is not None:
        errors.add("dcv_type", f"This must be one of {', '.join(METHODS)}.", code="invalid_choice")
    elif not errors.has("dcv_type"):
        errors.add("dcv_type", "This is required.", code="required")
    return None


def _check_contact(texts: Mapping[str, str], dcv_type: str | None, errors: FieldErrors) -> None:
    phone = texts.get("approver_phone_number")
    if phone and not _PHONE.fullmatch(phone):
        errors.add("approver_phone_number", "This must look like +31.612345678.")
    email = texts.get("approver_email_address")
    if email or dcv_type == "EMAIL":
        _check_email("approver_email_address", email, errors)


def _check_email(field: str, email: str | None, errors: FieldErrors) -> None:
    if not email:
        errors.add(field, "This is required for EMAIL validation.", code="required")
    elif not _EMAIL.fullmatch(email):
        errors.add(field, "This is not an e-mail address.")


def _check_names(plan: Plan, names: tuple[str, ...], errors: FieldErrors) -> None:
    wildcards = [name for name in names if is_wildcard(name)]
    if wildcards and not plan.wildcard:
        errors.add("csr", f"The plan {plan.name} does not allow the wildcard {wildcards[0]}.", code="not_allowed")
    elif plan.wildcard and not wildcards:
        errors.add("csr", f"The plan {plan.name} needs a wildcard name.", code="not_allowed")
    elif wildcards:
        _check_covered(plan, wildcards[0], names, errors)
    elif len({without_www(name) for name in names}) > plan.max_names:
        message = f"The plan {plan.name} allows {plan.max_names} name(s), the CSR has {len(names)}."
        errors.add("csr", message, code="too_many_names")


def _check_covered(plan: Plan, wildcard: str, names: tuple[str, ...], errors: FieldErrors) -> None:
    base = base_of(wildcard)
    for name in names:
        covered = name in (wildcard, base) or (name.partition(".")[2] == base and not is_wildcard(name))
        if not covered:
            message = f"The plan {plan.name} is for one wildcard: {wildcard} does not cover {name}."
            errors.add("csr", message, code="too_many_names")


def _check_organization(plan: Plan, csr: Csr, texts: Mapping[str, str], errors: FieldErrors) -> None:
    if plan.level == "dv":
        return
    for name in ORGANIZATION_FIELDS:
        if not texts.get(name, "").strip() and not errors.has(name):
            errors.add(name, f"This is required for {plan.level.upper()} certificates.", code="required")
    if not (texts.get("company_name") or csr.organization):
        errors.add("company_name", "Neither this nor the CSR names the organization.", code="required")
