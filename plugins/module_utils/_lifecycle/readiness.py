# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a reissue may be requested: it revokes the certificate that every host of the list serves."""

from __future__ import annotations

from datetime import datetime

from .._model.certificates import CsrFacts
from .._model.dates import plus
from .case import IssuedCase
from .dates import DAY
from .types import HostFacts

LAST_STRETCH = 10 * DAY


def unready(case: IssuedCase) -> tuple[str, ...]:
    """Return in words, for each host that could not accept a new certificate today, why. Unknown is not a reason.

    A plan has no fresh CSR yet, so its key is not checked.
    """
    return tuple(said for said in (_unready(host, case.desired.csr) for host in case.hosts) if said)


def goes_on_alone(case: IssuedCase) -> datetime:
    """Return when a reissue no longer waits for a host that is not ready: max(10 days, a third of the margin)."""
    return plus(case.certificate.not_after, -max(LAST_STRETCH, case.due.margin / 3))


def _unready(host: HostFacts, csr: CsrFacts | None) -> str:
    if not host.answered:
        return f"{host.name} did not take part"
    if host.config_test_passes is False:
        return f"the configuration test fails on {host.name}"
    if csr is not None and host.public_keys is not None and csr.public_key_sha256 not in host.public_keys:
        return f"{host.name} does not hold the new key"
    return ""
