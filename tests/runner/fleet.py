# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host that already serves many issued certificates, laid out as docs/deployment.md says, without buying each."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

FOLDER_MODE = 0o711


def serve_seeded(sandbox: SandboxProcess, root: Path, *, count: int, age_days: float) -> list[dict[str, Any]]:
    """Make `count` issued orders at the sandbox, put their certificates on the host, return the items of the role."""
    seeded = sandbox.control("POST", "seed", {"count": count, "prefix": "seed-", "age_days": age_days})
    key = seeded["private_key"]
    chain = (Path(sandbox.info["issuer_ca_path"]).parent / "intermediate.pem").read_text()
    orders = sandbox.control("GET", "orders")["orders"]
    return [serve_order(root, order, key=key, chain=chain) for order in orders]


def serve_order(root: Path, order: dict[str, Any], *, key: str, chain: str) -> dict[str, Any]:
    """Put the certificate of one order of the sandbox on a host, return the item of the role."""
    root.mkdir(mode=FOLDER_MODE, exist_ok=True)
    (root / ".certops-resello").touch()
    leaf = order["certificates"][0]["pem"]
    certificate = x509.load_pem_x509_certificate(leaf.encode())
    begin = datetime.fromisoformat(order["certificates"][0]["not_before"].replace("Z", "+00:00"))
    digest = hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
    whole = hashlib.sha256((leaf + chain).encode()).hexdigest()
    name = f"{begin:%Y%m%dT%H%M%SZ}-{digest[:12]}-{whole[:8]}"
    place = root / order["client_reference"] / "versions" / name
    for folder in (place.parents[1], place.parent, place):
        folder.mkdir(mode=FOLDER_MODE)
    files = {"cert.pem": leaf, "chain.pem": chain, "fullchain.pem": leaf + chain}
    secret = {"privkey.pem": key, "combined.pem": key + leaf + chain}
    for file, text in {**files, **secret}.items():
        (place / file).touch(mode=0o600 if file in secret else 0o644)
        (place / file).write_text(text)
    (place.parents[1] / "current").symlink_to(f"versions/{name}")
    return {"name": order["client_reference"], "names": [order["domain"]]}
