# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is validated and what is still open, name by name, in each supplier's shape. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from resello_sandbox.dcv import Challenge

Json = dict[str, Any]
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True)
class Proof:
    """One name: how it is validated, where its mail went, and its status."""

    name: str
    done: bool
    message: str
    wanted: Challenge
    email: str | None
    refusal: str | None = None


@dataclass(frozen=True)
class Progress:
    """One order. ``vetted`` is None if no organization must be verified."""

    common_name: str
    proofs: Sequence[Proof]
    vetted: bool | None


def details_in(shape: str, progress: Progress) -> Json:
    """The validation details in one of the shapes of the setting ``details_shape``."""
    return _SHAPES[shape](progress)


def _domains(progress: Progress) -> Json:
    done = all(proof.done for proof in progress.proofs)
    dcv = {
        "status": done,
        "statusDetail": int(done),
        "statusMessage": "Domain control is proven." if done else "Waiting for the proof of domain control.",
        "domains": [_domain(proof) for proof in progress.proofs],
    }
    details: Json = {"dcv": dcv}
    vetted = progress.vetted
    if vetted is not None:
        message = "The organization is verified." if vetted else "The organization is being verified."
        details["organization"] = {"status": vetted, "statusDetail": int(vetted), "statusMessage": message}
    return {"validations": details}


def _domain(proof: Proof) -> Json:
    row: Json = {
        "domain": proof.name,
        "status": proof.done,
        "statusDetail": int(proof.done),
        "statusMessage": proof.refusal or proof.message,
        "dcvType": proof.wanted.method,
    }
    wanted = proof.wanted
    if wanted.record_type == "CNAME":
        return row | {"dnsRecord": wanted.record_name, "dnsCnameValue": wanted.record_value}
    return row | _instruction(proof)


def _instruction(proof: Proof) -> Json:
    wanted = proof.wanted
    if wanted.file_name:
        return {"fileLocation": wanted.file_location, "fileContents": wanted.file_content}
    if wanted.record_type:
        return {
            "dnsRecord": wanted.record_name,
            "dnsType": wanted.record_type,
            "dnsContents": wanted.record_value,
        }
    return {"email": proof.email}


def _list(progress: Progress) -> Json:
    rows = [
        {
            "commonName": proof.name,
            "type": proof.wanted.method,
            "status": _word_of(proof),
            **({"statusMessage": proof.refusal} if proof.refusal else {}),
            **_instruction(proof),
        }
        for proof in progress.proofs
    ]
    validations: Json = {"dcv": rows}
    if progress.vetted is not None:
        validations["organization"] = _word(done=progress.vetted)
    refused = any(proof.refusal for proof in progress.proofs)
    return {"commonName": progress.common_name, "requiresAttention": refused, "validations": validations}


def _word(*, done: bool) -> str:
    return "VALIDATED" if done else "WAITING"


def _word_of(proof: Proof) -> str:
    return "REJECTED" if proof.refusal else _word(done=proof.done)


def _flat(progress: Progress) -> Json:
    return {"validations": [_flat_row(proof) for proof in progress.proofs]}


def _flat_row(proof: Proof) -> Json:
    wanted = proof.wanted
    row: Json = {"domain": proof.name, "dcv_type": wanted.method, "status": _word_of(proof)}
    if proof.refusal:
        row["status_message"] = proof.refusal
    if wanted.file_name:
        return row | {"file_location": wanted.file_location, "file_contents": wanted.file_content}
    if wanted.record_type:
        return row | {"dns_record": wanted.record_name, "dns_value": wanted.record_value}
    return row | {"email": proof.email}


def _line(progress: Progress) -> Json:
    """A DNS record in one string; files have no such form."""
    rows = []
    for proof in progress.proofs:
        row, wanted = _flat_row(proof), proof.wanted
        if wanted.record_type:
            del row["dns_value"]
            row["dns_record"] = f"{wanted.record_name} {wanted.record_type} {wanted.record_value}"
        rows.append(row)
    return {"validations": {"dcv": rows}}


def snake_case(body: Any) -> Any:
    """A copy of a JSON value with every key in snake_case."""
    if isinstance(body, dict):
        return {_HUMP.sub("_", key).lower(): snake_case(value) for key, value in body.items()}
    return [snake_case(value) for value in body] if isinstance(body, list) else body


_SHAPES: dict[str, Callable[[Progress], Json]] = {
    "domains": _domains,
    "domains-snake": lambda progress: dict(snake_case(_domains(progress))),
    "list": _list,
    "list-snake": lambda progress: dict(snake_case(_list(progress))),
    "flat": _flat,
    "line": _line,
}
