# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Domain control validation: which file, record or mail validates one name.

Sectigo (brand Comodo) derives its values from hashes of the CSR in DER; DigiCert's brands use a random value.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from resello_sandbox.csr import read_csr
from resello_sandbox.names import base_of, parent_of
from resello_sandbox.plans import Plan
from resello_sandbox.records import Job, Validation

METHODS = ("EMAIL", "FILE", "DNS")
FOLDER = "/.well-known/pki-validation/"


@dataclass(frozen=True)
class Challenge:
    """What must be in place. Only the fields of its method are set."""

    method: str
    host: str
    file_host: str | None = None
    file_name: str | None = None
    file_content: str | None = None
    record_name: str | None = None
    record_type: str | None = None
    record_value: str | None = None

    @property
    def file_path(self) -> str:
        """Path of the file on the web server."""
        return f"{FOLDER}{self.file_name}"

    @property
    def file_location(self) -> str:
        """The file's URL, as the validation details show it."""
        return f"http://{self.file_host or self.host}{self.file_path}"


def challenge_of(plan: Plan, job: Job, validation: Validation, *, at_parent: bool = False) -> Challenge:
    """The challenge of the plan's CA for one name of one job. ``at_parent``: Sectigo's CNAME one label higher."""
    method, host = validation.method, base_of(validation.name)
    if method == "EMAIL":
        return Challenge(method=method, host=host)
    if plan.hashes_of_csr:
        owner = parent_of(host) if at_parent else host
        csr_der = read_csr(job.csr).der
        return _sectigo(method=method, host=host, owner=owner, csr_der=csr_der, unique=job.unique_value)
    return _digicert(method=method, host=host, random=validation.random)


def _sectigo(*, method: str, host: str, owner: str, csr_der: bytes, unique: str | None) -> Challenge:
    md5 = hashlib.md5(csr_der, usedforsecurity=False).hexdigest()
    sha256 = hashlib.sha256(csr_der).hexdigest()
    if method == "FILE":
        lines = [sha256, "sectigo.com"] + ([unique] if unique else [])
        return Challenge(method=method, host=host, file_name=f"{md5.upper()}.txt", file_content="\n".join(lines))
    labels = [sha256[:32], sha256[32:]] + ([unique] if unique else [])
    return Challenge(
        method=method,
        host=host,
        record_name=f"_{md5}.{owner}",
        record_type="CNAME",
        record_value=".".join([*labels, "sectigo.com"]),
    )


def _digicert(*, method: str, host: str, random: str) -> Challenge:
    if method == "FILE":
        return Challenge(method=method, host=host, file_name="fileauth.txt", file_content=random)
    return Challenge(method=method, host=host, record_name=host, record_type="TXT", record_value=random)


def same_file(expected: str, served: str) -> bool:
    """Whether a served file is right: the same lines, whatever the line ends and trailing blanks."""
    return _lines(expected) == _lines(served)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]
