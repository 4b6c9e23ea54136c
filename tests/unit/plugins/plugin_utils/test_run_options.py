# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for a whole run must be the same on all its hosts."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.plugin_utils.run_options import comparable, differences

HIDDEN = "dGhlIHNlY3JldCBvZiBhIGtleQ=="


def compared(*values: dict[str, Any]) -> list[str]:
    return differences([{"host": f"web{number}", "values": comparable(own)} for number, own in enumerate(values, 1)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"n": 10}, {"n": "10"}),
        ({"n": True}, {"n": "true"}),
        ({"n": None}, {"n": ""}),
        ({"d": {"a": [1, 2], "b": {"x": 1}}}, {"d": {"b": {"x": 1}, "a": [1, 2]}}),
        ({"d": {}}, {"d": {}}),
        ({"ssl_certificate_dns_secret": HIDDEN}, {"ssl_certificate_dns_secret": HIDDEN}),
    ],
)
def test_the_same_in_other_words_is_no_difference(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert compared(one, other) == []


def test_the_first_two_hosts_that_differ_are_named_with_both_values() -> None:
    values = [{"ssl_certificate_max_creates": number} for number in (10, 10, 0, 5)]
    assert compared(*values) == ["ssl_certificate_max_creates is 10 on web1 and 0 on web3."]


def test_of_a_mapping_only_the_part_that_differs_is_named() -> None:
    one = {"ssl_certificate_dns": {"provider": "nsupdate", "server": "192.0.2.1"}}
    assert compared(one, {"ssl_certificate_dns": {"provider": "nsupdate", "server": "192.0.2.2", "port": 53}}) == [
        "ssl_certificate_dns.server is 192.0.2.1 on web1 and 192.0.2.2 on web2.",
        "ssl_certificate_dns.port is not set on web1 and 53 on web2.",
    ]


@pytest.mark.parametrize("other", ["", "another"])
def test_a_secret_is_compared_and_neither_shown_nor_kept(other: str) -> None:
    for name, wrap in (
        ("ssl_certificate_dns_secret", lambda value: {"ssl_certificate_dns_secret": value}),
        ("ssl_certificate_dns.settings", lambda value: {"ssl_certificate_dns": {"settings": {"auth": value}}}),
    ):
        assert compared(wrap(HIDDEN), wrap(other)) == [f"{name} differs between web1 and web2 (secrets are not shown)."]
        assert HIDDEN not in str(comparable(wrap(HIDDEN)))


def test_without_hosts_there_is_nothing_to_compare() -> None:
    assert differences([]) == []
