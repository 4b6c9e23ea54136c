# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options and records out of a task: what is refused, with which words, and what is made of the rest."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._dcv.settings import certificates_from, settings_from
from ansible_collections.certops.resello.plugins.module_utils._errors import ConfigurationError

DEFAULTS: dict[str, Any] = {
    "checks": ["caa"],
    "resolvers": ["192.0.2.53"],
    "nameserver_port": 53,
    "http_port": 80,
    "addresses": None,
    "ip_versions": [4, 6],
    "transports": ["udp"],
    "timeout": 5.0,
    "total_timeout": 60.0,
    "max_concurrency": 16,
    "caa_issuers": None,
    "follow_redirects": "auto",
}
CERTIFICATE: dict[str, Any] = {
    "client_reference": "c0",
    "names": ["shop.example"],
    "dcv_type": "DNS",
    "brand": None,
    "approver_email_address": None,
    "records": None,
    "backends": None,
}


@pytest.mark.parametrize(
    ("certificate", "options", "words"),
    [
        ({"names": []}, {}, "names of c0: is empty"),
        ({"names": ["192.0.2.1"]}, {}, "is an IP address"),
        ({"names": ["*.com"]}, {}, "wildcard for a whole top-level domain"),
        ({}, {"resolvers": ["ns.example.net"]}, "resolvers (given: 'ns.example.net'): is not an IP address"),
        ({}, {"resolvers": ["192.0.2.1:99999"]}, "is not a port"),
        ({}, {"nameserver_port": 0}, "nameserver_port (given: '0'): is not a port"),
        ({}, {"timeout": 0}, "timeout (given: '0'): must be more than 0"),
        ({}, {"max_concurrency": 1000}, "must be 1 to 64"),
        (
            {},
            {"addresses": {"shop.example": ["here"]}},
            "addresses (given: 'shop.example: here'): is not an IP address",
        ),
        ({"backends": ["http://x/"]}, {}, "backends (given: 'http://x/'): is not an address"),
        ({}, {"caa_issuers": {"acme": ["not a name"]}}, "caa_issuers"),
    ],
)
def test_bad_input_names_option_value_and_way_out(
    certificate: dict[str, Any], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        certificates_from([{**CERTIFICATE, **certificate}], settings_from({**DEFAULTS, **options}))
    assert words in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("192.0.2.53:5353", ("192.0.2.53", 5353)),
        ("2001:db8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
        ("[2001:db8::53]", ("2001:db8::53", 53)),
    ],
)
def test_resolvers_with_and_without_port(text: str, expected: tuple[str, int]) -> None:
    assert settings_from({**DEFAULTS, "resolvers": [text]}).resolvers == (expected,)


def test_names_and_records_become_comparable() -> None:
    record = {
        "name": "Bücher.example",
        "method": "DNS",
        "record_name": "_AB.Bücher.example.".lower().replace("bücher", "xn--bcher-kva").upper(),
        "record_type": "cname",
        "record_value": "X.Sectigo.com",
        "status": "open",
        "file_url": None,
    }
    given = {**CERTIFICATE, "names": ["Bücher.example", "*.Bücher.example"], "records": [record]}
    certificate = certificates_from([given], settings_from(DEFAULTS))[0]
    assert certificate.names == ("xn--bcher-kva.example", "*.xn--bcher-kva.example")
    assert certificate.records is not None
    expected = certificate.records[0]
    assert (expected.name, expected.record_name) == ("xn--bcher-kva.example", "_ab.xn--bcher-kva.example.".rstrip("."))
    assert (expected.record_type, expected.file_name, expected.done) == ("CNAME", "", False)
