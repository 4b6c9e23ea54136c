# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CA of a brand: its issuer domains in CAA records, and whether it follows redirects."""

from __future__ import annotations

from typing import Collection, Mapping

from .._client.record_refusals import known_ca_domains


def issuers_of(brand: str, overrides: Mapping[str, Collection[str]]) -> tuple[str, ...] | None:
    """Issuer domains of a brand's CA; None if the brand is not known. ``overrides`` maps brands to domains."""
    return known_ca_domains(brand, overrides)


def follows_redirects(brand: str) -> bool | None:
    """Whether the CA follows redirects to a validation file: Sectigo never, DigiCert does; None if not known."""
    domains = known_ca_domains(brand)
    return None if domains is None else "digicert.com" in domains
