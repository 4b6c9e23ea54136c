# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user's options, checked: one item of options becomes one `Wanted`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Mapping

from .._errors import ConfigurationError, ReselloError
from .._fields import as_moment
from .._lifecycle import types as lifecycle
from .._lifecycle.due import parse_renew_before
from .._local_files import read_file, read_text
from .._names import normalise_name
from .._order_spec import CONTACT
from .._purchase.spelling import same_names
from .._x509.facts import (
    CertificateFacts,
    CsrFacts,
    load_certificate,
    load_csr,
    split_pem,
)
from .downloads import Downloaded

REFERENCE = re.compile(r"[A-Za-z0-9#][A-Za-z0-9._:/@#+ -]{0,63}")
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
PHONE = re.compile(r"\+[0-9]{1,3}\.[0-9]{1,14}")
LONGEST_WAIT_DAYS = 365
ORGANISATION_FIELDS = ("chamber_of_commerce", "department", "approver_first_name", "approver_last_name")


@dataclass(frozen=True)
class Wanted:
    """One certificate as the user wants it, checked without asking the API."""

    client_reference: str
    state: str
    plan: str | None
    names: tuple[str, ...]
    csr: CsrFacts | None
    dcv_type: str | None
    contact: Mapping[str, str | None]
    ee_reference_order_id: str | None
    hosts: tuple[lifecycle.HostFacts, ...]
    policy: lifecycle.Policy
    force: bool
    only_if_younger_than: timedelta | None
    adopt: str | None = None  # reference or id of an existing order to use
    beside: frozenset[str] = frozenset()  # references and ids of live orders that do not prevent a purchase
    downloaded: Downloaded | None = None  # what the last download of the order gave
    validation_level: str = "dv"
    certificate_needed: bool = False  # a host needs the certificate, whatever it serves

    @property
    def in_use(self) -> tuple[CertificateFacts | None, ...]:
        """The certificate that each of the hosts serves."""

        return tuple(host.deployed for host in self.hosts)

    def require_order_fields(self, action: str, *, planning: bool) -> None:
        """Raise ConfigurationError unless everything is given that this action sends.

        A plan does not need the CSR yet.
        """

        if self.plan is None and action == "create":
            raise ConfigurationError(
                option="plan",
                problem="is missing, and there is no order yet",
                remedy="Name the plan to buy; certops.resello.ssl_certificate_plan_info lists them.",
            )
        if self.dcv_type is None:
            raise ConfigurationError(
                option="dcv_type", problem="is missing, and the order needs it", remedy="Choose EMAIL, FILE or DNS."
            )
        if self.csr is None and not planning:
            raise ConfigurationError(
                option="csr_content",
                problem="and csr_path are both missing, and the order needs a CSR",
                remedy="Give one of the two; check mode says in csr_required which orders need one.",
            )


def wanted_from(
    item: Mapping[str, Any],
    *,
    certificates: int,
    now: datetime,
    frozen_until: datetime | None = None,
    downloaded: Downloaded | None = None,
) -> Wanted:
    """Check one item of options. ``certificates`` is the number of items of the run, for the spread of due dates.

    ``frozen_until`` is the end of the freeze that holds now.

    Reads the files that the options name. Raises ConfigurationError that names option, value and remedy.
    """

    _check_reference(item)
    csr = _csr(item)
    names = _names(item) or (() if csr is None else csr.names)
    _check_csr_names(item, csr, names)
    _check_validation(item, names)
    return Wanted(
        client_reference=item["client_reference"],
        state=item["state"],
        plan=item["plan"],
        names=names,
        csr=csr,
        dcv_type=item["dcv_type"],
        validation_level=item["validation_level"],
        contact={field: (item["contact"] or {}).get(field) for field in CONTACT},
        ee_reference_order_id=item["ee_reference_order_id"],
        hosts=_hosts(item, downloaded),
        policy=_policy(item, certificates, now, frozen_until),
        force=item["force"],
        only_if_younger_than=_younger_than(item),
        adopt=item["adopt"] or None,
        beside=frozenset(item["beside"] or ()),
        downloaded=downloaded,
        certificate_needed=any(host["certificate_needed"] for host in item["hosts"] or ()),
    )


def check_references(references: list[str]) -> None:
    """Refuse two items with one reference, also if the references differ only in case."""

    seen: dict[str, str] = {}
    for reference in references:
        folded = reference.casefold()
        if folded in seen:
            raise ConfigurationError(
                option="client_reference",
                value=reference,
                problem=f"stands in the list twice (the other is {seen[folded]!r}); one reference is one order",
                remedy="Give every certificate a reference of its own. Nothing was sent.",
            )
        seen[folded] = reference


def _check_reference(item: Mapping[str, Any]) -> None:
    reference = item["client_reference"]
    if not REFERENCE.fullmatch(reference) or reference != reference.strip():
        raise ConfigurationError(
            option="client_reference",
            value=reference,
            problem="is not usable as the identity of an order",
            remedy=(
                "Use 1 to 64 letters, digits and ._:/@#+ - with a letter, digit or # first and no space last. An order "
                "that has another one is taken over with adopt."
            ),
        )


def _csr(item: Mapping[str, Any]) -> CsrFacts | None:
    if item["csr_path"]:
        return load_csr(read_file(item["csr_path"], option="csr_path"), where="csr_path")
    if item["csr_content"]:
        return load_csr(item["csr_content"], where="csr_content")
    return None


def _names(item: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(normalise_name(name, where="names") for name in item["names"] or ()))


def _check_csr_names(item: Mapping[str, Any], csr: CsrFacts | None, names: tuple[str, ...]) -> None:
    """Refuse a CSR for other names than the wanted ones: it may come from a host, which could name any domain."""

    if csr is None or same_names(csr.names, names):
        return
    whose = _maker(item, csr)
    beyond = [name for name in csr.names if name not in names]
    if beyond:
        raise ConfigurationError(
            option="names",
            value=", ".join(names),
            problem=f"does not have all names that {whose} asks for: {', '.join(beyond)}. The CSR was not sent",
            remedy="If they are wanted, add them to 'names'. If not, make a CSR for the wanted names only.",
        )
    missing = ", ".join(name for name in names if name not in csr.names)
    raise ConfigurationError(
        option="names",
        value=", ".join(names),
        problem=f"has names that {whose} does not ask for: {missing}",
        remedy="Make a CSR for all names, or leave 'names' out.",
    )


def _maker(item: Mapping[str, Any], csr: CsrFacts) -> str:
    hosts = item["hosts"] or ()
    makers = [host["name"] for host in hosts if csr.public_key_sha256 in (host["public_keys"] or ())]
    if makers:
        return f"the CSR that {makers[0]} sent"
    keyless = ", ".join(host["name"] for host in hosts)
    return f"the CSR (for a key that is not on {keyless})" if keyless else "the CSR"


def _check_validation(item: Mapping[str, Any], names: tuple[str, ...]) -> None:
    wildcards = [name for name in names if name.startswith("*.")]
    if item["dcv_type"] == "FILE" and wildcards:
        raise ConfigurationError(
            option="dcv_type",
            value="FILE",
            problem=f"cannot prove control for the wildcard {wildcards[0]}",
            remedy="Use DNS or EMAIL.",
        )
    contact = item["contact"] or {}
    if item["dcv_type"] == "EMAIL" and not contact.get("approver_email_address"):
        _missing("contact.approver_email_address", "dcv_type=EMAIL")
    if item["validation_level"] != "dv":
        for field in ORGANISATION_FIELDS:
            if not contact.get(field):
                _missing(f"contact.{field}", f"validation_level={item['validation_level']}")
    phone = contact.get("approver_phone_number")
    if phone and not PHONE.fullmatch(phone):
        raise ConfigurationError(
            option="contact.approver_phone_number",
            value=phone,
            problem="is not in the form that the provider accepts",
            remedy="Write country code and number as +31.612345678.",
        )


def _missing(field: str, because: str) -> None:
    raise ConfigurationError(
        option=field, value=None, problem=f"is missing, and {because} requires it", remedy=f"Set {field}."
    )


def _hosts(item: Mapping[str, Any], downloaded: Downloaded | None) -> tuple[lifecycle.HostFacts, ...]:
    hosts = tuple(_host(host, downloaded) for host in item["hosts"] or () if host["listed"])
    text = item["certificate_content"]
    if item["certificate_path"]:
        text = read_text(item["certificate_path"], option="certificate_path")
    if not text:
        return hosts
    option = "certificate_path" if item["certificate_path"] else "certificate_content"
    deployed = _first_certificate(text, option, downloaded)
    local = lifecycle.HostFacts(name="the controller", deployed=deployed)
    return (*hosts, local)


def _host(host: Mapping[str, Any], downloaded: Downloaded | None) -> lifecycle.HostFacts:
    text = host["certificate_content"]
    return lifecycle.HostFacts(
        name=host["name"],
        answered=host["answered"],
        public_keys=None if host["public_keys"] is None else frozenset(host["public_keys"]),
        deployed=_first_certificate(text, "hosts[].certificate_content", downloaded) if text else None,
        config_test_passes=host["config_test_passes"],
    )


def _first_certificate(text: str, option: str, downloaded: Downloaded | None) -> CertificateFacts:
    blocks = split_pem(text)
    try:
        known = None if downloaded is None else downloaded.facts_of(blocks[0])
        return known or load_certificate(blocks[0])
    except (IndexError, ReselloError) as error:
        raise _unreadable(option) from error


def _unreadable(option: str) -> ConfigurationError:
    return ConfigurationError(
        option=option,
        value=None,
        problem="holds no certificate that can be read",
        remedy="Give the certificate as PEM; a file may hold the chain behind it. Leave it out if nothing is deployed.",
    )


def _policy(
    item: Mapping[str, Any], certificates: int, now: datetime, frozen_until: datetime | None
) -> lifecycle.Policy:
    reissue_after = item["reissue_after"] and parse_date(item["reissue_after"], option="reissue_after")
    if reissue_after and reissue_after > now:
        raise ConfigurationError(
            option="reissue_after",
            value=item["reissue_after"],
            problem="is in the future, so every certificate would be reissued again and again until then",
            remedy="Give the date of the event that makes older certificates unwanted.",
        )
    return lifecycle.Policy(
        renew_before=_renew_before(item["renew_before"]),
        certificates=certificates,
        recreate=frozenset(item["recreate"]),
        reissue_after=reissue_after or None,
        paid_until=parse_date(item["paid_until"], option="paid_until") if item["paid_until"] else None,
        paid_until_checked=_paid_until_checked(item["paid_until_checked"], now),
        wait_at_most=_wait_at_most(item["wait_at_most"]),
        auto_renew=item["auto_renew"],
        lost_key=item["lost_key"],
        names_fit_plan=item["names_fit_plan"],
        frozen_until=frozen_until,
    )


def _paid_until_checked(text: str | None, now: datetime) -> datetime | None:
    if not text:
        return None
    checked = parse_date(text, option="paid_until_checked")
    if checked > now + timedelta(days=1):  # a local date may be ahead of UTC
        raise ConfigurationError(
            option="paid_until_checked",
            value=text,
            problem="is in the future",
            remedy="Give the day on which somebody looked up at the provider until when the order is paid.",
        )
    return checked


def _wait_at_most(days: int | None) -> timedelta | None:
    if days is None:
        return None
    if not 1 <= days <= LONGEST_WAIT_DAYS:
        raise ConfigurationError(
            option="wait_at_most",
            value=days,
            problem=f"is not a number of days from 1 to {LONGEST_WAIT_DAYS}",
            remedy="Leave it out for 3 days (DNS, FILE), 7 days (EMAIL) or 21 days (OV and EV).",
        )
    return timedelta(days=days)


def _renew_before(text: str | None) -> lifecycle.RenewBefore:
    if text is None:
        return lifecycle.Policy().renew_before
    try:
        return parse_renew_before(text)
    except ValueError as error:
        raise ConfigurationError(
            option="renew_before",
            value=text,
            problem=str(error),
            remedy="Write 30d or 33%, or leave it out for one third.",
        ) from error


def _younger_than(item: Mapping[str, Any]) -> timedelta | None:
    days = item["only_if_younger_than"]
    if days is None:
        return None
    if days < 0:
        raise ConfigurationError(
            option="only_if_younger_than", value=days, problem="is negative", remedy="Give a number of days, 0 or more."
        )
    return timedelta(days=days)


def parse_date(text: str, *, option: str) -> datetime:
    """Return an aware UTC datetime from an ISO 8601 date or date and time. Without an offset it is UTC.

    Raises ConfigurationError for anything else.
    """

    moment = as_moment(text.strip()) if ISO_DAY.match(text.strip()) else None
    if moment is None:
        raise ConfigurationError(
            option=option, value=text, problem="is not a date", remedy="Write it as 2027-01-31 or 2027-01-31T12:00:00Z."
        )
    return moment
