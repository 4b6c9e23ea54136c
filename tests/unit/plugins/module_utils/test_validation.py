# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validation details: every shape becomes the same records, and nothing harmful may be placed."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._client import suffixes
from ansible_collections.certops.resello.plugins.module_utils._client.record_refusals import ca_domains_for
from ansible_collections.certops.resello.plugins.module_utils._client.validation import (
    ValidationDetails,
    ValidationRecord,
)
from ansible_collections.certops.resello.plugins.module_utils._text import has_template
from hypothesis import given
from hypothesis import strategies as st

NAMES = ("example.com", "www.example.com")
FILE = {
    "name": "example.com",
    "method": "FILE",
    "file_name": "AB12.txt",
    "file_content": "abc\nsectigo.com\nunique",
    "file_url": "http://example.com/.well-known/pki-validation/AB12.txt",
}
CNAME = {
    "name": "www.example.com",
    "method": "DNS",
    "record_name": "_ab12.www.example.com",
    "record_type": "CNAME",
    "record_value": "x.y.sectigo.com",
}
TXT = {
    "name": "example.com",
    "method": "DNS",
    "record_name": "example.com",
    "record_type": "TXT",
    "record_value": "abcdef0123456789",
}


def details(data: Any, names: Any = NAMES, **arguments: Any) -> ValidationDetails:
    return ValidationDetails.from_json(data, names=names, **arguments)


def only(data: Any, names: Any = NAMES, **arguments: Any) -> ValidationRecord:
    (record,) = details(data, names, **arguments).records
    return record


def has(record: ValidationRecord, expected: dict[str, Any]) -> None:
    assert record.refused is None
    result = record.as_result()
    assert {name: result[name] for name in expected} == expected


FIRST = {
    "validations": {
        "dcv": {
            "status": False,
            "statusDetail": 0,
            "statusMessage": "waiting for the file",
            "domains": [
                {
                    "domain": "example.com",
                    "status": False,
                    "dcvType": "FILE",
                    "fileLocation": "http://example.com/.well-known/pki-validation/AB12.txt",
                    "fileContents": "abc\nsectigo.com\nunique",
                },
                {
                    "domain": "www.example.com",
                    "status": True,
                    "dcvType": "DNS",
                    "dnsRecord": "_ab12.www.example.com",
                    "dnsCnameValue": "x.y.sectigo.com",
                },
            ],
        }
    }
}
SECOND = {
    "commonName": "example.com",
    "requiresAttention": False,
    "validations": {
        "organization": "WAITING",
        "dcv": [
            {
                "commonName": "example.com",
                "type": "DNS",
                "status": "WAITING",
                "dnsRecord": "example.com",
                "dnsType": "TXT",
                "dnsContents": "abcdef0123456789",
            },
            {"commonName": "www.example.com", "type": "EMAIL", "status": "VALIDATED", "email": "admin@example.com"},
        ],
    },
}


def snake(data: Any) -> Any:
    """camelCase keys as snake_case."""
    if isinstance(data, list):
        return [snake(one) for one in data]
    if not isinstance(data, dict):
        return data
    return {"".join(f"_{c.lower()}" if c.isupper() else c for c in key): snake(value) for key, value in data.items()}


@pytest.mark.parametrize("data", [FIRST, snake(FIRST), FIRST["validations"], {"dcv": FIRST["validations"]["dcv"]}])
def test_the_first_shape(data: Any) -> None:
    found = details(data)
    first, second = found.records
    has(first, {**FILE, "done": False})
    has(second, {**CNAME, "done": True})
    assert found.complete is False
    assert found.steps == ("dcv: waiting for the file",)


@pytest.mark.parametrize("data", [SECOND, snake(SECOND), SECOND["validations"]])
def test_the_second_shape(data: Any) -> None:
    found = details(data)
    first, second = found.records
    has(first, {**TXT, "done": False, "status": "WAITING"})
    has(second, {"name": "www.example.com", "method": "EMAIL", "done": True, "email": "admin@example.com"})
    if "validations" in data:
        assert found.steps == ("organization: WAITING",)
    assert found.complete is False


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"dns_record": "_ab12.www.example.com", "dns_value": "x.y.sectigo.com", "domain": "www.example.com"}, CNAME),
        ({"domain": "www.example.com", "dnsRecord": "_ab12", "dnsCnameValue": "x.y.sectigo.com."}, CNAME),
        (
            {"domain": "WWW.example.com.", "dnsRecord": "_AB12.www.EXAMPLE.com.", "dnsCnameValue": "X.Y.Sectigo.com."},
            CNAME,
        ),
        ({"domain": "www.example.com", "dns_record": "_ab12.www.example.com. CNAME x.y.sectigo.com."}, CNAME),
        ({"domain": "www.example.com", "dns_value": "_ab12.www.example.com. 3600 IN CNAME x.y.sectigo.com."}, CNAME),
        ({"domain": "example.com", "dnsRecord": 'example.com TXT "abcdef0123456789"', "dcvType": "DNS"}, TXT),
        ({"domain": "example.com", "dnsRecord": "@", "dnsType": "TXT", "dnsContents": "abcdef0123456789"}, TXT),
        ({"domain": "example.com", "dnsType": "TXT", "dnsContents": "abcdef0123456789"}, TXT),
        ({"domain": "example.com", "method": "DNS_TXT", "value": "abcdef0123456789"}, TXT),
        ({"domain": "example.com", "dns_value": "abcdef0123456789", "dns_record": "example.com"}, TXT),
        ({"domain": "example.com", "file_location": "AB12.txt", "file_contents": "abc\r\nsectigo.com\r\nunique"}, FILE),
        (
            {
                "domain": "example.com",
                "dcv_type": "HTTP_CSR_HASH",
                "file_location": "/.well-known/pki-validation/AB12.txt",
                "file_contents": "abc\nsectigo.com\nunique",
            },
            FILE,
        ),
        (
            {
                "domain": "example.com",
                "fileLocation": "https://EXAMPLE.com:443/.well-known/pki-validation/AB12.txt",
                "fileContents": "abc\nsectigo.com\nunique\n",
            },
            FILE,
        ),
    ],
)
def test_flat_records_and_whole_ones_in_a_string(data: Any, expected: dict[str, Any]) -> None:
    has(only(data), expected)
    has(only([data]), expected)
    has(only({"validations": {"dcv": [data]}}), expected)


def test_a_record_that_is_only_a_string_or_keyed_by_name() -> None:
    text = "_ab12.www.example.com CNAME x.y.sectigo.com"
    has(only([text], ["www.example.com"]), CNAME)
    has(only({"dcv": text}, ["www.example.com"]), CNAME)
    has(only({"dcv": {"www.example.com": {"dnsRecord": "_ab12", "dnsCnameValue": "x.y.sectigo.com"}}}), CNAME)


def test_a_wildcard_is_proven_at_its_base() -> None:
    data = {"domain": "*.example.com", "dnsRecord": "_ab.example.com", "dnsCnameValue": "x.sectigo.com"}
    has(only(data, ["*.example.com"]), {"name": "*.example.com", "record_name": "_ab.example.com"})


def test_an_internationalised_name_is_compared_as_an_a_label() -> None:
    data = {"domain": "bücher.example", "dnsRecord": "_ab", "dnsCnameValue": "x.sectigo.com"}
    has(only(data, ["xn--bcher-kva.example"]), {"record_name": "_ab.xn--bcher-kva.example"})


@pytest.mark.parametrize(
    ("data", "complete"),
    [
        ({}, None),
        (None, None),
        ([], None),
        ("x", None),
        ({"validations": {}}, None),
        ({"validations": {"dcv": []}}, None),
        ({"validations": {"dcv": {"status": True, "domains": []}}}, True),
        ({"validations": {"dcv": {"status": False, "domains": []}}}, False),
        ({"validations": {"dcv": [{"domain": "example.com", "status": True}]}}, True),
        ({"validations": {"dcv": [{"domain": "example.com", "status": "true"}]}}, True),
        ({"validations": {"dcv": [{"domain": "example.com", "status": "VALIDATED"}]}}, True),
        ({"validations": {"dcv": [{"domain": "example.com", "status": "INVALIDATED"}]}}, False),
        ({"validations": {"organization": "VALIDATED", "dcv": [{"domain": "example.com", "status": 1}]}}, True),
        ({"validations": {"organization": {"status": False, "statusMessage": "call us"}}}, False),
        ({"requiresAttention": True, "validations": {"dcv": [{"domain": "example.com", "status": True}]}}, False),
    ],
)
def test_whether_all_is_done(data: Any, complete: bool | None) -> None:
    assert details(data).complete is complete


PLACED = ("file_name", "file_content", "file_url", "record_name", "record_type", "record_value")
GOOD_FILE = {"domain": "example.com", "fileLocation": "AB12.txt", "fileContents": "abc"}
GOOD_CNAME = {"domain": "example.com", "dnsRecord": "_ab.example.com", "dnsCnameValue": "x.sectigo.com"}
GOOD_TXT = {"domain": "example.com", "dnsRecord": "_ab.example.com", "dnsType": "TXT", "dnsContents": "abcdef123456"}


@pytest.mark.parametrize(
    ("base", "changes"),
    [
        # files
        (GOOD_FILE, {"fileLocation": "shell.php"}),
        (GOOD_FILE, {"fileLocation": ".htaccess"}),
        (GOOD_FILE, {"fileLocation": "a.txt.php"}),
        (GOOD_FILE, {"fileLocation": "../../etc/cron.d/x"}),
        (GOOD_FILE, {"fileLocation": "/.well-known/pki-validation/../x.txt"}),
        (GOOD_FILE, {"fileLocation": "/.well-known/acme-challenge/x"}),
        (GOOD_FILE, {"fileLocation": "http://example.com/x.txt"}),
        (GOOD_FILE, {"fileLocation": "http://example.com.evil.net/.well-known/pki-validation/x.txt"}),
        (GOOD_FILE, {"fileLocation": "http://www.example.com/.well-known/pki-validation/x.txt"}),
        (GOOD_FILE, {"fileLocation": "http://user@example.com/.well-known/pki-validation/x.txt"}),
        (GOOD_FILE, {"fileLocation": "http://example.com/.well-known/pki-validation/x.txt?y"}),
        (GOOD_FILE, {"fileLocation": "file:///.well-known/pki-validation/x.txt"}),
        (GOOD_FILE, {"fileLocation": "http://[::1/x"}),
        (GOOD_FILE, {"fileLocation": "x" * 65 + ".txt"}),
        (GOOD_FILE, {"fileLocation": "a\u202eb.txt"}),
        (GOOD_FILE, {"fileLocation": "/x.txt"}),
        (GOOD_FILE, {"fileLocation": "", "dcvType": "FILE"}),
        (GOOD_FILE, {"fileContents": "<?php system($_GET['x']);"}),
        (GOOD_FILE, {"fileContents": "<script>"}),
        (GOOD_FILE, {"fileContents": "{{ lookup('pipe', 'id') }}"}),
        (GOOD_FILE, {"fileContents": "a\x00b"}),
        (GOOD_FILE, {"fileContents": "ä"}),
        (GOOD_FILE, {"fileContents": "x" * 1025}),
        (GOOD_FILE, {"fileContents": ""}),
        (GOOD_FILE, {"domain": "*.example.com", "_names": ["*.example.com"]}),
        # owners
        (GOOD_CNAME, {"dnsRecord": "_acme-challenge.example.com"}),
        (GOOD_CNAME, {"dnsRecord": "_ACME-challenge"}),
        (GOOD_CNAME, {"dnsRecord": "_acme-challenge-x.example.com"}),
        (GOOD_CNAME, {"dnsRecord": "_dmarc.example.com"}),
        (GOOD_CNAME, {"dnsRecord": "_domainkey.example.com"}),
        (GOOD_CNAME, {"dnsRecord": "mail._domainkey.example.com"}),
        (GOOD_CNAME, {"dnsRecord": "_mta-sts.example.com"}),
        (GOOD_CNAME, {"dnsRecord": "_tlsa.example.com"}),
        (GOOD_CNAME, {"dnsRecord": "_tcp.example.com"}),
        (GOOD_CNAME, {"dnsRecord": "_443._tcp.example.com"}),
        (GOOD_CNAME, {"dnsRecord": "_smtp.example.com"}),
        (GOOD_CNAME, {"dnsRecord": "_github-challenge-x.example.com"}),
        (GOOD_CNAME, {"dnsRecord": "example.com"}),
        (GOOD_CNAME, {"dnsRecord": "www.example.com"}),
        (GOOD_CNAME, {"dnsRecord": "mail.example.com"}),
        (GOOD_CNAME, {"dnsRecord": "_ab.mail.example.com"}),
        (GOOD_CNAME, {"dnsRecord": "_ab.com"}),
        (GOOD_CNAME, {"dnsRecord": "_ab.example.org"}),
        (GOOD_CNAME, {"dnsRecord": "_ab.x.example.com.evil.net"}),
        (GOOD_CNAME, {"dnsRecord": "*.example.com"}),
        (GOOD_CNAME, {"dnsRecord": "_a b.example.com"}),
        (GOOD_CNAME, {"dnsRecord": "_" + "a" * 64 + ".example.com"}),
        (GOOD_CNAME, {"domain": "example.org", "dnsRecord": "_ab.example.org"}),
        (GOOD_CNAME, {"domain": ""}),
        # targets
        (GOOD_CNAME, {"dnsCnameValue": "evil.net"}),
        (GOOD_CNAME, {"dnsCnameValue": "sectigo.com"}),
        (GOOD_CNAME, {"dnsCnameValue": "x.notsectigo.com"}),
        (GOOD_CNAME, {"dnsCnameValue": "x.sectigo.com.evil.net"}),
        (GOOD_CNAME, {"dnsCnameValue": "x y.sectigo.com"}),
        (GOOD_CNAME, {"dnsCnameValue": "x.sectigo.com\nevil CNAME y"}),
        (GOOD_CNAME, {"dnsCnameValue": "{{x}}.sectigo.com"}),
        (GOOD_CNAME, {"dnsCnameValue": "a" * 250 + ".sectigo.com"}),
        (GOOD_CNAME, {"dnsCnameValue": "x.digicert.com", "_brand": "Comodo"}),
        # TXT
        (GOOD_TXT, {"dnsContents": "{{ lookup('pipe', 'id') }}"}),
        (GOOD_TXT, {"dnsContents": "a b"}),
        (GOOD_TXT, {"dnsContents": 'a"b'}),
        (GOOD_TXT, {"dnsContents": "x" * 256}),
        (GOOD_TXT, {"dnsRecord": "_dmarc.example.com"}),
        (GOOD_TXT, {"dnsRecord": "example.com", "dnsContents": "v=spf1"}),
        (GOOD_TXT, {"dnsRecord": "example.com", "dnsContents": "v=spf1 include:evil.net -all"}),
        (GOOD_TXT, {"dnsRecord": "example.com", "dnsContents": "google-site-verification=abcdefgh"}),
        (GOOD_TXT, {"dnsRecord": "mail.example.com"}),
    ],
)
def test_harmful_records_are_refused(base: dict[str, Any], changes: dict[str, Any]) -> None:
    has(only(base), {})
    data = {**base, **{name: value for name, value in changes.items() if not name.startswith("_")}}
    record = only(data, changes.get("_names", NAMES), brand=changes.get("_brand"))
    assert record.refused
    assert len(record.refused) < 400
    assert [getattr(record, name) for name in PLACED] == [None] * 6


@pytest.mark.parametrize("names", [None, [], ["other.example.com"]])
def test_without_the_names_of_the_order_nothing_is_placed(names: Any) -> None:
    for data in (GOOD_FILE, GOOD_CNAME, GOOD_TXT):
        record = only(data, names)
        assert record.refused
        assert [getattr(record, name) for name in PLACED] == [None] * 6


@pytest.mark.parametrize(
    ("brand", "overrides", "domain"),
    [
        ("Comodo", None, "sectigo.com"),
        ("SECTIGO", None, "sectigo.com"),
        ("PositiveSSL Wildcard", None, "sectigo.com"),
        ("Symantec", None, "digicert.com"),
        ("GeoTrust", None, "digicert.com"),
        ("RapidSSL", None, "digicert.com"),
        ("Certum", {"certum": ["Certum.pl"]}, "certum.pl"),
        ("Comodo", {"comodo": ["elsewhere.net"]}, "elsewhere.net"),
        (None, None, "digicert.com"),
        ("Certum", None, "sectigo.com"),
    ],
)
def test_targets_by_brand(brand: str | None, overrides: Any, domain: str) -> None:
    assert domain in ca_domains_for(brand, overrides)
    data = {**GOOD_CNAME, "dnsCnameValue": f"x.{domain}"}
    assert only(data, brand=brand, ca_domains=overrides).refused is None


FIELDS = st.sampled_from(
    [
        "validations",
        "dcv",
        "domains",
        "domain",
        "commonName",
        "status",
        "statusMessage",
        "dcvType",
        "type",
        "fileLocation",
        "fileContents",
        "dnsRecord",
        "dnsType",
        "dnsContents",
        "dnsCnameValue",
        "dns_value",
        "email",
        "organization",
        "requiresAttention",
        "record",
    ]
)
WORDS = st.sampled_from(
    [
        "example.com",
        "www.example.com",
        "*.example.com",
        "_ab.example.com",
        "_acme-challenge.example.com",
        "x.sectigo.com",
        "DNS",
        "FILE",
        "EMAIL",
        "TXT",
        "CNAME",
        "AB.txt",
        "http://example.com/.well-known/pki-validation/a.txt",
        "{{x}}",
        "<?",
        "@",
        "VALIDATED",
        "a@example.com",
    ]
)
values = st.none() | st.booleans() | st.integers() | st.text() | WORDS
anything = st.recursive(
    values,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELDS | st.text(), inner, max_size=8),
    max_leaves=20,
)


@given(anything, st.sampled_from([NAMES, ("*.example.com",), None]))
def test_nothing_surprises(data: Any, names: Any) -> None:
    found = details(data, names)
    text = json.dumps(found.as_result())
    assert not has_template(text)
    for record in found.records:
        placed = [getattr(record, name) for name in PLACED]
        if record.refused:
            assert placed == [None] * 6
        if record.record_name:
            assert record.record_name.endswith("example.com")
            assert "acme" not in record.record_name
        if record.record_type == "CNAME":
            assert str(record.record_value).endswith((".sectigo.com", ".digicert.com"))
        if record.file_name:
            assert "/" not in record.file_name
            assert "<" not in str(record.file_content)


# --- owners above a name, and other scripts ------------------------------------------------------------------------

BELOW = ("www.shop.example.co.uk", "*.dev.example.co.uk")


@pytest.mark.parametrize(
    "owner", ["shop.example.co.uk", "example.co.uk", "www.shop.example.co.uk", "dev.example.co.uk"]
)
def test_a_record_may_stand_at_a_domain_above_a_name(owner: str) -> None:
    record = only({"domain": BELOW[0], "dnsRecord": f"_ab12.{owner}", "dnsCnameValue": "x.y.sectigo.com"}, names=BELOW)
    assert (record.refused, record.record_name) == (None, f"_ab12.{owner}")


@pytest.mark.parametrize(
    ("names", "owner", "why"),
    [
        (BELOW, "_ab12.co.uk", "co.uk is a public suffix"),
        (BELOW, "_ab12.uk", "uk is a public suffix"),
        (BELOW, "_ab12.other.example.co.uk", "or of a domain above it"),
        (BELOW, "_ab12.example.com", "or of a domain above it"),
        (BELOW, "_ab12.x.www.shop.example.co.uk", "or of a domain above it"),
        (BELOW, "_ab12.op.example.co.uk", "or of a domain above it"),
        (BELOW, "_acme-challenge.example.co.uk", "belongs to another protocol"),
        (BELOW, "_dmarc.example.co.uk", "belongs to another protocol"),
        (BELOW, "ab12.example.co.uk", "does not start with a validation label"),
        (("customer.github.io",), "_ab12.github.io", "github.io is a public suffix"),
        (("www.example.internal",), "_ab12.internal", "internal is a public suffix"),
    ],
)
def test_an_owner_above_a_name_is_the_customers_own(names: tuple[str, ...], owner: str, why: str) -> None:
    record = only({"domain": names[0], "dnsRecord": owner, "dnsCnameValue": "x.y.sectigo.com"}, names=names)
    assert why in (record.refused or ""), record
    assert record.record_name is None


def test_a_txt_record_stands_at_no_domain_above_a_name() -> None:
    record = only(
        {"domain": BELOW[0], "dnsRecord": "example.co.uk", "dnsType": "TXT", "dnsContents": "abcdef0123456789"},
        names=BELOW,
    )
    assert record.refused is not None


def test_without_the_list_of_public_suffixes_nothing_is_placed_above_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tldextract", None)
    suffixes._extractor.cache_clear()
    record = only(
        {"domain": BELOW[0], "dnsRecord": "_ab12.example.co.uk", "dnsCnameValue": "x.y.sectigo.com"}, names=BELOW
    )
    suffixes._extractor.cache_clear()
    assert "the Python package tldextract is missing on the controller" in (record.refused or "")


IDN = ("xn--bcher-kva.example.com", "www.xn--bcher-kva.example.com")


@pytest.mark.parametrize("shape", ["fields", "line", "upper"])
def test_an_answer_may_spell_names_in_unicode(shape: str) -> None:
    owner = "_ab12.www.b\u00fccher.example.com"
    data = {
        "fields": {"domain": "www.b\u00fccher.example.com", "dnsRecord": owner, "dnsCnameValue": "x.y.sectigo.com"},
        "line": {"domain": "www.b\u00fccher.example.com", "dnsRecord": f"{owner} CNAME x.y.sectigo.com"},
        "upper": {
            "domain": "WWW.B\u00dcCHER.example.com",
            "dnsRecord": owner.upper(),
            "dnsCnameValue": "X.Y.sectigo.com",
        },
    }[shape]
    record = only(data, names=IDN)
    assert (record.refused, record.name, record.record_name) == (None, IDN[1], f"_ab12.{IDN[1]}")


def test_a_file_may_be_wanted_on_a_host_in_unicode() -> None:
    location = "http://b\u00fccher.example.com/.well-known/pki-validation/AB12.txt"
    record = only({"domain": "b\u00fccher.example.com", "fileLocation": location, "fileContents": "abc"}, names=IDN)
    assert (record.refused, record.file_url) == (None, location.replace("b\u00fccher", "xn--bcher-kva"))
