# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a reissue may be asked for: it revokes the certificate that every host of the list serves."""

from __future__ import annotations

from datetime import datetime

from .._model.certificates import CsrFacts
from .._model.dates import plus
from .case import IssuedCase
from .dates import DAY
from .types import HostFacts

LAST_STRETCH = 10 * DAY


def unready(case: IssuedCase) -> tuple[str, ...]:
    """Return in words, for each host that could not take a new certificate today, why. What is not known is no reason.

    While a run plans there is no fresh CSR yet, and its key is not looked for.
    """
    return tuple(said for said in (_unready(host, case.desired.csr) for host in case.hosts) if said)


def goes_on_alone(case: IssuedCase) -> datetime:
    """Return from when a host that is not ready no longer holds a reissue up: max(10 days, a third of the margin)."""
    return plus(case.certificate.not_after, -max(LAST_STRETCH, case.due.margin / 3))


def _unready(host: HostFacts, csr: CsrFacts | None) -> str:
    if not host.answered:
        return f"{host.name} did not take part"
    if host.config_test_passes is False:
        return f"the configuration test fails on {host.name}"
    if csr is not None and host.public_keys is not None and csr.public_key_sha256 not in host.public_keys:
        return f"{host.name} does not hold the new key"
    return ""
