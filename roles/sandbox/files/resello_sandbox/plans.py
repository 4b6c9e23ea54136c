# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plans: fixed uuids, names and prices, so that tests and documentation can name them."""

from __future__ import annotations

from dataclasses import dataclass

_SECTIGO = ("sectigo.com", "comodo.com", "comodoca.com", "usertrust.com", "trust-provider.com")
_DIGICERT = (
    "digicert.com",
    "symantec.com",
    "geotrust.com",
    "thawte.com",
    "rapidssl.com",
    "digitalcertvalidation.com",
)


@dataclass(frozen=True)
class Plan:
    """One plan.

    ``level`` is dv, ov or ev; ``max_names`` counts base names (``www.`` is free). The price is in cents, the interval
    in months.
    """

    id: str
    name: str
    brand: str
    price: int
    level: str = "dv"
    wildcard: bool = False
    max_names: int = 1
    interval: int = 12

    @property
    def hashes_of_csr(self) -> bool:
        """Sectigo's validation values are hashes of the CSR; DigiCert's are random."""
        return self.brand == "Comodo"

    @property
    def issuers(self) -> tuple[str, ...]:
        """The domains by which CAA records name the brand's CA."""
        return _SECTIGO if self.hashes_of_csr else _DIGICERT

    @property
    def multi_domain(self) -> bool:
        """Whether several base names may be in one certificate."""
        return self.max_names > 1

    @property
    def description(self) -> str:
        """One sentence for people."""
        scope = "all names one level below a domain" if self.wildcard else "one name and its www. form"
        if self.multi_domain:
            scope = f"up to {self.max_names} names"
        level = {"dv": "Domain", "ov": "Organization", "ev": "Extended"}[self.level]
        return f"{self.name} by {self.brand}. {level} validation, {scope}, {self.interval} months."


_MANY = 100

PLANS: tuple[Plan, ...] = (
    Plan("3f7830c3-3fa4-404d-908f-35daaa1cd17b", "PositiveSSL", "Comodo", 900),
    Plan("5b0d29a1-6a0f-4f0c-9d0e-0f6f7f1f3a02", "PositiveSSL Wildcard", "Comodo", 9900, wildcard=True),
    Plan("c1b1d6a4-2c35-4b36-8d8f-5f7f8a5a9c03", "PositiveSSL Multi-Domain", "Comodo", 2900, max_names=_MANY),
    Plan("e2a9fbd3-51a3-4ff0-9c35-8f5d8a8e0b04", "EssentialSSL", "Comodo", 1900),
    Plan("8d7c0f52-70a5-4b5b-a7d1-0e9f6d3c1e05", "InstantSSL", "Comodo", 5900, level="ov"),
    Plan("0f9e6c1b-8a4d-4c57-b1ce-6d2a9b7f4d06", "Comodo EV SSL", "Comodo", 14900, level="ev"),
    Plan("7a1c5e3d-9b2f-4e68-a0d4-3c8b5f6e7a07", "RapidSSL", "RapidSSL", 1200),
    Plan("b4d2f6a8-1c3e-4a5b-8d7f-9e0c1b2a3d08", "RapidSSL Wildcard", "RapidSSL", 10900, wildcard=True),
    Plan("2e4f6a8c-0b1d-4c3e-9f5a-7b8d9c0e1f09", "GeoTrust True BusinessID", "GeoTrust", 8900, level="ov"),
    Plan(
        "9c8b7a6d-5e4f-4321-8fed-cba987654a10",
        "GeoTrust True BusinessID Multi-Domain",
        "GeoTrust",
        17900,
        level="ov",
        max_names=_MANY,
    ),
    Plan("d0c1b2a3-f4e5-4687-9708-1a2b3c4d5e11", "GeoTrust True BusinessID EV", "GeoTrust", 19900, level="ev"),
    Plan("64c3a1f9-7d2e-4b80-8c5d-e6f7a8b9c012", "Thawte SSL123", "Thawte", 3900),
    Plan("a7e5d3c1-b9f8-4706-9e4d-2c1b0a9f8e13", "Secure Site", "Symantec", 24900, level="ov"),
    Plan("1d3b5f79-8c6a-4e20-b4d8-f0e2c4a68b14", "Secure Site EV", "Symantec", 49900, level="ev"),
)

_BY_ID = {plan.id: plan for plan in PLANS}


def plan_by_id(plan_id: str) -> Plan | None:
    """The plan with this uuid (in any case), or None."""
    return _BY_ID.get(plan_id.lower())


def known_plan(plan_id: str) -> Plan:
    """The plan of an order. A LookupError is possible only if somebody edited the database."""
    return _BY_ID[plan_id]


def find_plans(*, plan_id: str | None = None, name: str | None = None) -> list[Plan]:
    """The plans whose id is this one and whose name contains this text, in any case."""
    return [
        plan
        for plan in PLANS
        if (plan_id is None or plan.id == plan_id.lower()) and (name is None or name.lower() in plan.name.lower())
    ]
