# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of a preflight: one verdict for each certificate, what is ready, what failed, and warnings."""

from __future__ import annotations

from typing import Any, Sequence

from .mailboxes import NOTE
from .types import FAIL, PASS, UNKNOWN, Certificate, Check, worst

_MOST_WARNINGS = 20
_SHOWN = 3


def report(certificates: Sequence[Certificate], checks: Sequence[Sequence[Check]]) -> dict[str, Any]:
    """What the module returns."""
    entries = [_entry(certificate, its) for certificate, its in zip(certificates, checks)]
    references = {
        verdict: [entry["client_reference"] for entry in entries if entry["verdict"] == verdict]
        for verdict in (FAIL, UNKNOWN)
    }
    return {
        "certificates": entries,
        "ready": all(entry["verdict"] == PASS for entry in entries),
        "failing": references[FAIL],
        "unknown": references[UNKNOWN],
    }


def warnings(certificates: Sequence[Certificate], checks: Sequence[Sequence[Check]]) -> list[str]:
    """One line for each certificate with an unknown check, at most twenty."""
    lines = []
    for certificate, its in zip(certificates, checks):
        doubts = [check for check in its if check.verdict == UNKNOWN]
        said = "; ".join(f"{check.check}: {check.reason}" for check in doubts[:_SHOWN])
        more = f"; and {len(doubts) - _SHOWN} more" if len(doubts) > _SHOWN else ""
        lines += [f"{certificate.client_reference}: not known: {said}{more}"] if doubts else []
    left = len(lines) - _MOST_WARNINGS
    return lines[:_MOST_WARNINGS] + ([f"{left} more certificates have checks that are not known"] if left > 0 else [])


def _entry(certificate: Certificate, checks: Sequence[Check]) -> dict[str, Any]:
    return {
        "client_reference": certificate.client_reference,
        "verdict": worst(check.verdict for check in checks),
        "provisional": certificate.records is None and certificate.dcv_type != "EMAIL",
        "checks": [check.as_result() for check in checks],
        "notes": [NOTE] if certificate.dcv_type == "EMAIL" else [],
    }
