# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many issued orders at once, for tests and benchmarks. They share one key and cost nothing."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from resello_sandbox.account import DAY
from resello_sandbox.clock import add_months
from resello_sandbox.context import Context
from resello_sandbox.csr import Csr
from resello_sandbox.names import is_dns_name
from resello_sandbox.plans import PLANS, Plan, plan_by_id
from resello_sandbox.records import Certificate, Order

_MOST = 100_000


@dataclass(frozen=True)
class SeedRequest:
    """``count`` orders ``<prefix><number>`` for ``<number>.<domain>``, bought ``age_days`` ago under ``plan``."""

    count: int
    prefix: str
    plan: Plan
    domain: str
    age_days: float

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> SeedRequest:
        """Check a control request. Raises ValueError or TypeError for an invalid one."""
        unknown = set(body) - {"count", "prefix", "plan", "domain", "age_days"}
        if unknown:
            raise ValueError(f"Unknown: {', '.join(sorted(unknown))}.")
        plan = plan_by_id(str(body.get("plan", PLANS[0].id)))
        domain, count = str(body.get("domain", "seed.example")), int(body.get("count", 0))
        if plan is None or plan.wildcard or not is_dns_name(f"n1.{domain}") or not 0 < count <= _MOST:
            raise ValueError(f"Needed: count (1 to {_MOST}); plan (uuid, no wildcard) and domain are optional.")
        return cls(count, str(body.get("prefix", "seed-")), plan, domain, float(body.get("age_days", 0)))


@dataclass(frozen=True)
class _Batch:
    orders: list[Order]
    certificates: list[Certificate]


async def seed(context: Context, wanted: SeedRequest) -> dict[str, Any]:
    """Make the orders; returns ids and references, and the key that all of them share (PEM)."""
    key = ec.generate_private_key(ec.SECP256R1())
    first = context.store.orders.count() + 1
    batch = await asyncio.to_thread(_make, context, wanted, key, first)
    store = context.store
    with store.transaction():
        for order, certificate in zip(batch.orders, batch.certificates, strict=True):
            order.certificate = store.certificates.add(certificate)
        store.orders.add_all(batch.orders)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    rows = [{"id": order.id, "client_reference": order.client_reference} for order in batch.orders]
    return {"created": len(rows), "orders": rows, "private_key": pem}


def _make(context: Context, wanted: SeedRequest, key: ec.EllipticCurvePrivateKey, first: int) -> _Batch:
    bought = context.clock.now() - wanted.age_days * DAY
    batch = _Batch([], [])
    for index in range(wanted.count):
        name = f"n{first + index}.{wanted.domain}"
        request = (
            x509.CertificateSigningRequestBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(key, hashes.SHA256())
        )
        leaf = context.authority.issue(
            Csr(request=request, names=(name,), organization=None),
            level=wanted.plan.level,
            organization="Seeded Organization",
            not_before=bought,
            not_after=bought + context.settings.certificate_days * DAY,
        )
        order_id = str(uuid.uuid4())
        batch.certificates.append(Certificate(order_id, None, leaf.serial, leaf.pem, leaf.not_before, leaf.not_after))
        batch.orders.append(
            Order(
                id=order_id,
                client_reference=f"{wanted.prefix}{first + index}",
                plan_id=wanted.plan.id,
                status="active",
                domain=name,
                csr=request.public_bytes(Encoding.PEM).decode(),
                dcv_type="DNS",
                created=bought,
                updated=bought,
                paid_until=add_months(bought, wanted.plan.interval),
                provisioned=bought,
                provisioning_reference=f"SB-{first + index:08d}",
                seeded=True,
            )
        )
    return batch
