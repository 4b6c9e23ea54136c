# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DNS providers without a network: values, decisions, checks, secrets, answers."""

from __future__ import annotations

from typing import Any

import dns.rcode
import pytest
from ansible_collections.certops.resello.plugins.module_utils._dns_providers import decide, nsupdate
from ansible_collections.certops.resello.plugins.module_utils._dns_providers.lexicon_options import (
    checked_settings,
    masked,
    secrets_of,
)
from ansible_collections.certops.resello.plugins.module_utils._dns_providers.nsupdate_answers import refused_answer
from ansible_collections.certops.resello.plugins.module_utils._dns_providers.task import wanted_record
from ansible_collections.certops.resello.plugins.module_utils._dns_providers.types import (
    ABSENT,
    NOTHING,
    PRESENT,
    DnsError,
    Found,
    Record,
)
from ansible_collections.certops.resello.plugins.module_utils._dns_providers.values import plain_name, plain_text
from ansible_collections.certops.resello.plugins.module_utils._dns_providers.zones import zone_among
from ansible_collections.certops.resello.plugins.module_utils._errors import ConfigurationError
from hypothesis import given
from hypothesis import strategies as st

CNAME = Record("_a.example.com", "CNAME", "x.sectigo.com", 60)
TXT = Record("example.com", "TXT", "token", 60)
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=700)


@given(PRINTABLE)
def test_a_text_is_read_back_as_it_was_written(value: str) -> None:
    """Through dnspython's own writing of it, in strings of 255 bytes."""
    written = nsupdate._rdata(Record("example.com", "TXT", value, 60)).to_text()
    assert plain_text(written) == value


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("token", "token"),
        ('"token"', "token"),
        ('"one" "two"', "onetwo"),
        ('one" "two', "onetwo"),  # outer quotes taken off
        ('"v=spf1 include:x -all"', "v=spf1 include:x -all"),
        ("v=spf1 -all", "v=spf1 -all"),
        ('"a \\"b\\" \\\\ \\195"', 'a "b" \\ \xc3'),
        ("", ""),
    ],
)
def test_texts_as_apis_write_them(content: str, value: str) -> None:
    assert plain_text(content) == value


def test_names_are_compared_without_case_and_final_dot() -> None:
    assert plain_name(" WWW.Example.COM. ") == "www.example.com"


@pytest.mark.parametrize(
    ("record", "found", "state", "change"),
    [
        (CNAME, NOTHING, PRESENT, True),
        (CNAME, Found(cname="x.sectigo.com"), PRESENT, False),
        (CNAME, Found(cname="y.sectigo.com"), PRESENT, True),
        (CNAME, Found(cname="x.sectigo.com"), ABSENT, True),
        (CNAME, Found(cname="y.sectigo.com"), ABSENT, False),
        (CNAME, NOTHING, ABSENT, False),
        (TXT, Found(texts=("v=spf1", "token")), PRESENT, False),
        (TXT, Found(texts=("v=spf1",)), PRESENT, True),
        (TXT, Found(texts=("v=spf1", "token")), ABSENT, True),
        (TXT, Found(texts=("Token",)), ABSENT, False),
    ],
)
def test_what_needs_a_change(record: Record, found: Found, state: str, change: bool) -> None:
    assert decide.needs_change(record, found, state) is change


@pytest.mark.parametrize(
    ("record", "found", "said"),
    [
        (CNAME, NOTHING, None),
        (CNAME, Found(cname="y.sectigo.com"), "has a CNAME to y.sectigo.com"),
        (CNAME, Found(texts=("a",)), "has TXT records"),
        (CNAME, Found(other=True), "has other records"),
        (TXT, Found(other=True), None),
        (TXT, Found(texts=("a",)), None),
        (TXT, Found(cname="y.sectigo.com"), "has a CNAME to y.sectigo.com"),
    ],
)
def test_what_excludes_each_other(record: Record, found: Found, said: str | None) -> None:
    reason = decide.conflict(record, found)
    assert reason is None if said is None else reason is not None and said in reason


@given(st.sets(st.sampled_from(["v=spf1", "token", "other"])), st.sampled_from([PRESENT, ABSENT]))
def test_what_is_there_afterwards_needs_no_change(texts: set[str], state: str) -> None:
    found = Found(texts=tuple(texts), ttl=3600 if texts else None)
    then = decide.after(TXT, found, state)
    assert not decide.needs_change(TXT, then, state)
    assert set(then.texts) - {"token"} == texts - {"token"}
    assert then.ttl == (None if not then.texts else 3600 if texts else 60)


@pytest.mark.parametrize(
    ("entry", "owner", "value"),
    [
        (
            {"name": "_AB12.Example.COM.", "type": "CNAME", "value": "A.Sectigo.com."},
            "_ab12.example.com",
            "a.sectigo.com",
        ),
        ({"name": "münchen.example", "type": "TXT", "value": " token-12 "}, "xn--mnchen-3ya.example", "token-12"),
        ({"name": "_x.münchen.example", "type": "TXT", "value": "Token"}, "_x.xn--mnchen-3ya.example", "Token"),
        ({"name": "_x.a.co.uk", "type": "TXT", "value": "t" * 255}, "_x.a.co.uk", "t" * 255),
    ],
)
def test_records_in_the_form_dns_uses(entry: dict[str, Any], owner: str, value: str) -> None:
    record = wanted_record(entry, ttl=60, names=())
    assert (record.name, record.value, record.ttl) == (owner, value, 60)
    assert wanted_record(record.as_dict(), ttl=1, names=()) == record  # what `placed` holds can be given back


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "_acme-challenge.example.com", "type": "CNAME", "value": "a.sectigo.com"},
        {"name": "_acme-challenge.example.com", "type": "TXT", "value": "token"},
        {"name": "www.example.com", "type": "CNAME", "value": "a.sectigo.com"},
        {"name": "_a._b.example.com", "type": "TXT", "value": "token"},
        {"name": "*.example.com", "type": "TXT", "value": "token"},
        {"name": "_a", "type": "TXT", "value": "token"},
        {"name": "", "type": "TXT", "value": "token"},
        {"name": "example.com", "type": "TXT", "value": "v=spf1 -all"},
        {"name": "example.com", "type": "TXT", "value": "google-site-verification=abc"},
        {"name": "_a.example.com", "type": "TXT", "value": "two words"},
        {"name": "_a.example.com", "type": "TXT", "value": "t" * 256},
        {"name": "_a.example.com", "type": "TXT", "value": ""},
        {"name": "_a.example.com", "type": "CNAME", "value": "203.0.113.7"},
        {"name": "_a.example.com", "type": "CNAME", "value": "localhost"},
        {"name": "_a.example.com", "type": "TXT", "value": "token", "ttl": 90000},
    ],
)
def test_records_that_are_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="records"):
        wanted_record(entry, ttl=60, names=())


def test_the_innermost_zone_is_taken() -> None:
    zones = ("example.co.uk", "shop.example.co.uk", "ample.co.uk")
    assert zone_among("_a.www.shop.example.co.uk", zones) == "shop.example.co.uk"
    assert zone_among("example.co.uk", zones) == "example.co.uk"
    with pytest.raises(DnsError, match="in none of the zones"):
        zone_among("_a.co.uk", zones)


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        (None, {}),
        ("token", {"auth_token": "token"}),
        (" token==\n", {"auth_token": "token=="}),
        ("key=with=equal", {"auth_token": "key=with=equal"}),
        ("auth_token=a=b", {"auth_token": "a=b"}),
        ("auth_username=me\nauth_password=p w\n\n", {"auth_username": "me", "auth_password": "p w"}),
        ("api_key=k", {"api_key": "k"}),
    ],
)
def test_secrets_in_one_string(text: str | None, secrets: dict[str, str]) -> None:
    assert secrets_of(text) == secrets


def test_secrets_that_are_not_understood_are_not_shown() -> None:
    with pytest.raises(ConfigurationError) as caught:
        secrets_of("auth_username=me\npassword: hush")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("name", ["auth_token", "auth_password", "api_key", "private-key", "auth_secret", "Token"])
def test_settings_that_sound_like_secrets(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        checked_settings({name: "hush"})
    assert "hush" not in str(caught.value)


def test_settings_become_text() -> None:
    assert checked_settings({"pdns_server": "http://x", "zone_id": 7}) == {"pdns_server": "http://x", "zone_id": "7"}


def test_secrets_are_masked_in_every_spelling() -> None:
    text = "401 for https://api.example/v1?token=a%2Fb&x=1 with a/b-c and a%2Fb-c, hmac-sha256:key:a/b-c"
    shown = masked(text, {"auth_token": "a/b-c"})
    assert "a/b-c" not in shown and "a%2Fb" not in shown and "https://api.example/v1 with" in shown


@pytest.mark.parametrize("code", [code for code in dns.rcode.Rcode if code != dns.rcode.NOERROR])
def test_every_code_becomes_a_message_with_a_remedy(code: dns.rcode.Rcode) -> None:
    error = refused_answer(code.name, where="The server", key="the key", zone="example.com", about="_a.example.com")
    assert code.name in str(error) and "Nothing was changed. " in str(error) and "{" not in str(error)


@pytest.mark.parametrize("secret", ["", " ", "no base64!", "ä"])
def test_keys_that_are_none(secret: str) -> None:
    with pytest.raises(ConfigurationError, match="secret"):
        nsupdate.tsig_key("name", "hmac-sha256", secret)


def test_a_key_may_have_line_breaks() -> None:
    assert nsupdate.tsig_key("Name.", "hmac-md5", "c2Vj\n cmV0\n").secret == b"secret"
    assert nsupdate.tsig_key(None, "hmac-sha256", None) is None
