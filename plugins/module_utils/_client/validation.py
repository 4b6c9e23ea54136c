# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The validation records that the CA expects for an order: every shape of a validation-details answer, made uniform.

Known shapes: ``validations.dcv.domains[]`` with dcvType/fileLocation/fileContents/dnsRecord/dnsCnameValue, and
``validations.dcv[]`` with type/dnsRecord/dnsType/dnsContents/email. Both appear in camelCase or snake_case, flat,
without the envelope, or with a whole record in one string (``name CNAME value``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Collection, Mapping, Sequence
from urllib.parse import urlsplit

from .._fields import Fields, as_bool, as_text
from .._model.dates import iso
from .._names import (
    a_labels,
    is_dns_name,
    normalise_name,
    without_wildcard,
)
from .._text import clean
from . import record_refusals as _records

_MOST_RECORDS = 1000
_DONE_WORDS = frozenset(
    ("validated", "valid", "complete", "completed", "done", "passed", "ok", "approved", "success", "active", "issued")
)
_METHOD_WORDS = {"EMAIL": "EMAIL", "FILE": "FILE", "HTTP": "FILE", "DNS": "DNS", "CNAME": "DNS", "TXT": "DNS"}
_ONE_STRING = re.compile(
    r"(?P<owner>\S+)\s+(?:\d+\s+)?(?:IN\s+)?(?P<type>CNAME|TXT)\s+(?P<value>\S.*)\Z", re.IGNORECASE | re.DOTALL
)
_EMAIL = re.compile(r"[A-Za-z0-9.!#$&'*+/=?^_`|~-]{1,64}@[A-Za-z0-9.-]{1,253}\Z")

_NAME = ("domain", "common_name", "name", "fqdn", "domain_name")
_METHOD = ("dcv_type", "dcv_method", "method", "type")
_FILE_LOCATION = ("file_location", "file_url", "file_path", "file_name", "http_location", "url")
_FILE_CONTENT = ("file_contents", "file_content", "http_contents")
_OWNER = ("dns_record", "dns_name", "dns_host", "record_name", "dns_cname_name", "cname_name", "dns_cname", "record")
_CNAME_VALUE = ("dns_cname_value", "cname_value", "dns_cname_target")
_TXT_VALUE = ("dns_txt_value", "txt_value", "dns_txt")
_VALUE = ("dns_contents", "dns_content", "dns_value", "record_value", "value")
_TYPE = ("dns_type", "record_type", "dns_record_type")
_EMAIL_FIELD = ("email", "email_address", "approver_email", "approver_email_address")
_RECORD_FIELDS = (*_FILE_LOCATION, *_FILE_CONTENT, *_OWNER, *_CNAME_VALUE, *_TXT_VALUE, *_VALUE, *_EMAIL_FIELD)


@dataclass(frozen=True)
class ValidationRecord:
    """The validation record of one name. ``method`` is FILE, DNS, EMAIL, or "" if the answer does not say.

    ``refused`` is the reason why nothing of this record may be placed; then all file and record fields are None.
    ``file_url`` and ``record_name`` are built or checked here; the API's own URL is never used.
    """

    name: str
    method: str = ""
    done: bool = False
    file_name: str | None = None
    file_content: str | None = None
    file_url: str | None = None
    record_name: str | None = None
    record_type: str | None = None
    record_value: str | None = None
    email: str | None = None
    status_text: str = ""
    refused: str | None = None

    def as_result(self) -> dict[str, Any]:
        """The record as module results show it."""
        return {
            "name": self.name,
            "method": self.method,
            "done": self.done,
            "file_name": self.file_name,
            "file_content": self.file_content,
            "file_url": self.file_url,
            "record_name": self.record_name,
            "record_type": self.record_type,
            "record_value": self.record_value,
            "email": self.email,
            "status": self.status_text,
            "refused": self.refused,
        }


@dataclass(frozen=True)
class ValidationDetails:
    """All records of an order. ``steps`` are open steps of people ("organization: WAITING").

    ``complete`` is True if everything is done, False if something is open, None if the answer says nothing.
    ``since`` is when the order began to wait, if its row shows that.
    """

    records: tuple[ValidationRecord, ...] = ()
    steps: tuple[str, ...] = ()
    complete: bool | None = None
    since: datetime | None = None

    @classmethod
    def from_json(
        cls,
        data: object,
        *,
        names: Sequence[str] | None,
        brand: str | None = None,
        ca_domains: Mapping[str, Collection[str]] | None = None,
    ) -> ValidationDetails:
        """Read an unwrapped answer. Never raises.

        ``names`` are the order's names (lower-case A-labels); without them every record is refused. ``brand`` is the
        plan's brand; ``ca_domains`` maps further brands to the domains of their CNAME targets.
        """
        context = _Context(tuple(names or ()), _records.ca_domains_for(brand, ca_domains))
        root = Fields(data)
        inner = root.get("validations", "validation", "validation_details")
        steps_from, dcv = (Fields(inner), None) if isinstance(inner, Mapping) else (Fields({}), inner)
        dcv = steps_from.get("dcv", "domains") if dcv is None else dcv
        dcv = dcv if dcv is not None else root.get("dcv", "domains", "records")
        if dcv is None:
            dcv = data if isinstance(data, list) or root.get(*_RECORD_FIELDS) is not None else None
        raw, summary = _raw_records(dcv)
        records = tuple(_record(item, context) for item in raw[:_MOST_RECORDS])
        steps = tuple(_steps(root, steps_from, summary))
        return cls(records=records, steps=steps, complete=_complete(records, steps, summary))

    def with_order(self, *, since: datetime | None, mailbox: str | None = None) -> ValidationDetails:
        """The same with facts of the order's row: since when it waits, and which mailbox approves."""
        records = tuple(
            _replace(record, email=mailbox) if mailbox and record.method == "EMAIL" and not record.email else record
            for record in self.records
        )
        return replace(self, records=records, since=since)

    def as_result(self) -> dict[str, Any]:
        """The details as module results show them."""
        return {
            "since": iso(self.since),
            "records": [record.as_result() for record in self.records],
            "steps": list(self.steps),
            "complete": self.complete,
        }


@dataclass(frozen=True)
class _Context:
    names: tuple[str, ...]
    domains: tuple[str, ...]


def _raw_records(dcv: object) -> tuple[list[object], Fields]:
    """The list of raw records, and the object around it with its overall status."""
    if isinstance(dcv, list):
        return [item for item in dcv if isinstance(item, (Mapping, str))], Fields({})
    if isinstance(dcv, str):
        return ([dcv] if _ONE_STRING.match(dcv.strip()) else []), Fields({"status": dcv})
    if not isinstance(dcv, Mapping):
        return [], Fields({})
    around = Fields(dcv)
    inner = around.get("domains", "records")
    if isinstance(inner, (list, Mapping)):
        return _raw_records(inner)[0], around
    if around.get(*_RECORD_FIELDS) is not None:
        return [dcv], Fields({})
    by_name = [{"domain": key, **value} for key, value in dcv.items() if isinstance(value, Mapping)]
    return list(by_name), around


def _steps(root: Fields, inner: Fields, summary: Fields) -> list[str]:
    steps = []
    for name in inner.names():
        value = inner.get(name)
        if name in ("dcv", "domains") or value is None:
            continue
        fields = Fields(value)
        word = fields.text("status", "state", limit=60) if isinstance(value, Mapping) else clean(str(value), limit=60)
        said = fields.text("status_message", "message", limit=200)
        if not _is_done(fields.get("status", "state") if isinstance(value, Mapping) else value):
            steps.append(f"{clean(name, limit=40)}: {word or 'open'}" + (f" ({said})" if said else ""))
    message = summary.text("status_message", "message", limit=200)
    if message and not _is_done(summary.get("status")):
        steps.append(f"dcv: {message}")
    if root.boolean("requires_attention"):
        steps.append("the CA says that this order requires attention")
    return steps[:20]


def _complete(records: Sequence[ValidationRecord], steps: Sequence[str], summary: Fields) -> bool | None:
    if steps or any(not record.done for record in records):
        return False
    if records:
        return True
    status = summary.get("status")
    return None if status is None else _is_done(status)


def _is_done(value: object) -> bool:
    word = as_bool(value)
    if word is not None:
        return word
    return (as_text(value) or "").strip().lower() in _DONE_WORDS


def _record(item: object, context: _Context) -> ValidationRecord:
    fields = Fields({"record": item} if isinstance(item, str) else item)
    name = _record_name(fields, context)
    location, owner, record_type, value = _raw(fields, _FILE_LOCATION), *_dns(fields, name)
    content = _raw(fields, _FILE_CONTENT)
    email = _raw(fields, _EMAIL_FIELD)
    method = _method(fields, location, owner, value, email)
    plain = ValidationRecord(
        name=clean(name, limit=253),
        method=method,
        done=_is_done(fields.get("status", "validated", "done")),
        email=email if email and _EMAIL.match(email) else None,
        status_text=_status_text(fields),
        refused=_records.refuse_name(name, context.names),
    )
    if plain.refused:
        return plain
    if method == "FILE":
        return _with_file(plain, location, content)
    return _with_dns(plain, owner, record_type, value, context) if method == "DNS" else plain


def _raw(fields: Fields, names: Sequence[str]) -> str:
    return (fields.raw_text(*names) or "").strip()


def _record_name(fields: Fields, context: _Context) -> str:
    name = _raw(fields, _NAME).rstrip(".").lower()
    if name:
        return normalise_name(name, where="domain") if is_dns_name(name) else name
    # A flat answer leaves the name out; with one name in the order there is no doubt.
    bases = {without_wildcard(known) for known in context.names}
    return bases.pop() if len(bases) == 1 else ""


def _dns(fields: Fields, name: str) -> tuple[str, str, str]:
    """Owner, type and value, from separate fields or from one string."""
    owner = _raw(fields, _OWNER)
    cname, txt, value = _raw(fields, _CNAME_VALUE), _raw(fields, _TXT_VALUE), _raw(fields, _VALUE)
    value = cname or txt or value
    for text in (owner, value):
        match = _ONE_STRING.match(text)
        if match:
            return _absolute(match.group("owner"), name), match.group("type").upper(), _unquoted(match.group("value"))
    kind = "CNAME" if cname else ("TXT" if txt else "")
    kind = kind or _kind(_raw(fields, _TYPE)) or _kind(_raw(fields, _METHOD)) or _guess(value)
    return (_absolute(owner, name) if owner or value else ""), kind, _unquoted(value)


def _kind(word: str) -> str:
    return next((kind for kind in ("CNAME", "TXT") if kind in word.upper()), "")


def _guess(value: str) -> str:
    """The type of a record without one: a host name is a CNAME target, everything else is a TXT value."""
    return (
        "CNAME" if _records.refuse_target(value.rstrip(".").lower(), _records.ca_domains_for(None)) is None else "TXT"
    )


def _absolute(owner: str, name: str) -> str:
    text = a_labels(owner.rstrip("."))
    base = without_wildcard(name)
    if text in ("", "@"):
        return base
    return f"{text}.{base}" if text.startswith("_") and "." not in text else text


def _unquoted(value: str) -> str:
    text = value.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _method(fields: Fields, location: str, owner: str, value: str, email: str) -> str:
    word = _raw(fields, _METHOD).upper()
    for part, method in _METHOD_WORDS.items():
        if part in word:
            return method
    if value and owner:
        return "DNS"
    if location:
        return "FILE"
    return "EMAIL" if email else ""


def _status_text(fields: Fields) -> str:
    message = fields.text("status_message", "status_detail", "message", limit=200)
    status = fields.get("status")
    word = clean(as_text(status) or "", limit=60)
    return " ".join(text for text in (word, message) if text)


def _with_file(plain: ValidationRecord, location: str, content: str) -> ValidationRecord:
    if not location and not content:
        return plain
    text = content.replace("\r\n", "\n")
    if plain.name.startswith("*."):
        return _refused(plain, "a file never proves a wildcard name")
    reason = _records.refuse_location(location, plain.name)
    if reason:
        return _refused(plain, reason)
    file_name = urlsplit(location).path.rpartition("/")[2]
    reason = _records.refuse_file_name(file_name) or _records.refuse_file_content(text)
    if reason:
        return _refused(plain, reason)
    url = f"http://{plain.name}{_records.VALIDATION_FOLDER}{file_name}"
    return _replace(plain, file_name=file_name, file_content=text, file_url=url)


def _with_dns(plain: ValidationRecord, owner: str, kind: str, value: str, context: _Context) -> ValidationRecord:
    if not value:
        return plain
    value = value.rstrip(".").lower() if kind == "CNAME" else value
    reason = _records.refuse_owner(owner, kind, context.names) or (
        _records.refuse_target(value, context.domains)
        if kind == "CNAME"
        else _records.refuse_text(value, at_name=not owner.startswith("_"))
    )
    if reason:
        return _refused(plain, reason)
    return _replace(plain, record_name=owner, record_type=kind, record_value=value)


def _refused(plain: ValidationRecord, reason: str) -> ValidationRecord:
    return _replace(plain, refused=reason)


def _replace(record: ValidationRecord, **changes: str) -> ValidationRecord:
    return ValidationRecord(**{**record.__dict__, **changes})
