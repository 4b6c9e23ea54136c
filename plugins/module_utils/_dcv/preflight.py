# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The preflight for all certificates of a run: which checks each needs, run once or until everything is in place."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Callable, Iterator, Sequence

from .._client.record_refusals import refuse_file_name
from .._text import clean
from .budget import Budget
from .domain import check_caa, check_dnssec, check_existence
from .files import check_file
from .issuers import issuers_of
from .lookup import Lookup
from .mailboxes import check_mailbox
from .placed import check_record
from .types import (
    CAA,
    DNS_RECORD,
    DNSSEC,
    EXISTENCE,
    FILE,
    MAILBOX,
    PASS,
    UNKNOWN,
    Certificate,
    Check,
    Expected,
    Settings,
)

_LONGEST_SLEEP = 30.0
_GROWTH = 1.5
_MOST_LOOKS = 1000

Run = Callable[[Lookup], Check]


@dataclass
class Job:
    """One check of one certificate (by its position in the list), with the last result."""

    certificate: int
    run: Run
    check: Check | None = None


@dataclass(frozen=True)
class Waiting:
    """Whether and how long to check again while records or files are not in place, in seconds."""

    wait: bool = False
    timeout: float = 300.0
    sleep: float = 5.0


def look(certificates: Sequence[Certificate], settings: Settings, waiting: Waiting) -> list[list[Check]]:
    """Every check of every certificate, in their order. Each round is limited by ``settings.total_timeout``."""
    jobs = [
        Job(place, run) for place, certificate in enumerate(certificates) for run in _checks_of(certificate, settings)
    ]
    workers = max(1, settings.max_concurrency)
    with ThreadPoolExecutor(workers) as questions, ThreadPoolExecutor(workers) as checks:
        for todo in _rounds(jobs, waiting):
            lookup = Lookup(settings, Budget(settings.total_timeout), questions)
            for job, future in [(job, checks.submit(job.run, lookup)) for job in todo]:
                job.check = future.result()
    return [[job.check for job in jobs if job.certificate == place and job.check] for place in range(len(certificates))]


def _rounds(jobs: Sequence[Job], waiting: Waiting) -> Iterator[list[Job]]:
    """Yield all jobs, then those that may still change, with growing pauses until the time is over."""
    yield list(jobs)
    end = time.monotonic() + waiting.timeout
    pause = waiting.sleep
    for _look in range(_MOST_LOOKS if waiting.wait else 0):
        pending = [job for job in jobs if job.check is not None and job.check.pending]
        left = end - time.monotonic()
        if not pending or left <= 0:
            return
        time.sleep(min(pause, left))
        pause = min(max(pause, 0.1) * _GROWTH, _LONGEST_SLEEP)
        yield pending


def _checks_of(certificate: Certificate, settings: Settings) -> Iterator[Run]:
    """The checks of a certificate, in the order of the result."""
    dcv_type = certificate.dcv_type
    wanted = settings.checks
    for name in certificate.names:
        if EXISTENCE in wanted:
            yield partial(check_existence, name=name, dcv_type=dcv_type)
        if DNSSEC in wanted:
            yield partial(check_dnssec, name=name)
        if CAA in wanted:
            yield partial(check_caa, name=name, issuers=issuers_of(certificate.brand, settings.caa_issuers))
        if MAILBOX in wanted and dcv_type == "EMAIL":
            yield partial(check_mailbox, name=name, approver=certificate.approver)
    for expected in certificate.records or ():
        kind = {"DNS": DNS_RECORD, "FILE": FILE}.get(expected.method)
        if kind in wanted and kind is not None:
            yield _placed(kind, certificate, expected)


def _placed(kind: str, certificate: Certificate, expected: Expected) -> Run:
    """The check of one record or file, or the reason why there is nothing to check."""
    missing = not (expected.record_value if kind == DNS_RECORD else expected.file_name)
    if expected.done:
        return _known(Check(kind, expected.name, PASS, "the CA has validated this name already"))
    if expected.refused:
        reason = f"what the provider asks for was refused: {expected.refused}"
        return _known(Check(kind, expected.name, UNKNOWN, reason, "Prove this name by another method."))
    unusable = _unusable(kind, expected)
    if unusable:
        return _known(
            Check(kind, expected.name, UNKNOWN, unusable, "Give the record as this collection's results have it.")
        )
    if missing:
        reason = f"the provider has not said yet what must be in place ({certificate.dcv_type})"
        return _known(Check(kind, expected.name, UNKNOWN, reason, "Ask for the validation records again later."))
    if kind == DNS_RECORD:
        return partial(check_record, expected=expected)
    return partial(check_file, expected=expected, brand=certificate.brand, backends=certificate.backends)


def _unusable(kind: str, expected: Expected) -> str:
    """Why the record cannot be checked. Records come from a task, so they may be anything."""
    if kind == FILE and expected.file_name:
        return refuse_file_name(expected.file_name) or ("" if expected.name else "the record has no name")
    if kind == DNS_RECORD and expected.record_value and expected.record_type not in ("CNAME", "TXT"):
        return f"the record's type is {clean(expected.record_type, limit=20) or 'missing'} instead of CNAME or TXT"
    return ""


def _known(check: Check) -> Run:
    return lambda _lookup: check
