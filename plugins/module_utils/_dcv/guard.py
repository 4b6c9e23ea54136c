# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses: what is a valid one, and which are never asked although the DNS names them."""

from __future__ import annotations

import ipaddress

# Metadata services of clouds; some are outside of the link-local ranges.
_METADATA = ("100.100.100.200", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254")


def is_address(text: str) -> bool:
    """Whether the text is an IPv4 or IPv6 address, with or without a scope."""
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def refuse_address(address: str) -> str | None:
    """Why an address from the DNS is not asked: an answer could send us to services of this machine's cloud."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "is not an address"
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip in map(ipaddress.ip_address, _METADATA):
        return "is a link-local or metadata address and not listed in backends, so it is not asked"
    return None
