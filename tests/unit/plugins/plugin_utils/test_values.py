# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A variable of the role that cannot be used is an error with the variable, the value and the way out."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.plugin_utils import role_variables, values
from hypothesis import example, given
from hypothesis import strategies as st

FINE: dict[str, Any] = {"services": [], "dns": {}, "lookup": {}, "key_mode": None}


def refusal(name: str, value: Any) -> str:
    defaults = value if name == "defaults" else {}
    try:
        role_variables.refuse_unusable({**FINE, name: value}, defaults)
    except role_variables.VariableError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("defaults", "x", "_defaults is the text 'x', not a mapping (name: value)."),
        ("defaults", {"recreate": "failed"}, "_defaults.recreate is the text 'failed', not a list. Write [failed]."),
        ("defaults", {"service": ["nginx"]}, "_defaults has what does not belong there: service. There is: name, "),
        (
            "services",
            [{"name": "x", "reload_command": "systemctl reload x"}],
            "_services[0].reload_command is the text 'systemctl reload x', not a list. Write [systemctl, reload, x].",
        ),
        ("services", ["nginx"], "_services has the text 'nginx' in it, where a mapping (name: value) belongs."),
        ("services", [{"name": False}], "_services[0].name is the value false, which is not text. Put it in quotes."),
        ("services", [{}], "_services[0] has no name, which it needs."),
        ("services", [{"name": "x y"}], "_services[0].name: 'x y' cannot name a service. Use 1 to 63 letters"),
        (
            "services",
            [{"name": "x", "reload_timeout": 0}],
            "_services[0].reload_timeout is 0, and only numbers above 0",
        ),
        (
            "services",
            [{"name": "x", "endpoints": [{"port": 70000}]}],
            "_services[0].endpoints[0].port is 70000, and on",
        ),
        ("services", [{"name": "x", "endpoints": [{"starttls": "pop"}]}], "starttls is the text 'pop', which is none"),
        ("services", [{"name": "x", "reload_only_if_running": True}], "does not say how to find out whether it runs"),
        ("services", [{"name": "x"}, {"name": "x"}], "_services[1].name: 'x' is given twice."),
        ("dcv_hosts", "web1", "_dcv_hosts is the text 'web1', not a list. Write [web1]."),
        ("dcv_hosts", [7], "_dcv_hosts has the value 7 in it, which is not text. Put it in quotes."),
        ("dns", {"zones": "example.com"}, "_dns.zones is the text 'example.com', not a list. Write [example.com]."),
        ("dns", {"provider": "bind"}, "_dns.provider is the text 'bind', which is none of: nsupdate, lexicon, tasks."),
        ("lookup", {"ip_versions": 4}, "_lookup.ip_versions is the value 4, not a list. Write [4]."),
        ("lookup", {"ip_versions": [5]}, "_lookup.ip_versions[0] is the value 5, which is none of: 4, 6."),
        ("lookup", {"timeout": -1}, "_lookup.timeout is -1, and only numbers above 0 make sense."),
        ("keep_versions", 0, "_keep_versions is 0, and only numbers from 1 on make sense."),
        ("keep_versions", "three", "_keep_versions is the text 'three', not a whole number."),
        ("max_creates", True, "_max_creates is the value true, not a whole number."),
        ("max_creates", -1, "_max_creates is -1, and only numbers from 0 on make sense."),
        ("wait_timeout", float("nan"), "_wait_timeout is nan, and only numbers from 0 on make sense."),
        ("wait_sleep", 0, "_wait_sleep is 0, and only numbers from 0.1 on make sense."),
        ("preflight", "perhaps", "_preflight is the text 'perhaps', not true or false."),
        ("webroot", "www", "_webroot is the text 'www', which is no absolute path. Begin it with a slash."),
        ("root", ["/etc"], "_root is a list, not text."),
        ("key_mode", "0666", "_key_mode: '0666' is not a mode for a private key. Use '0600', "),
        ("preflight_checks", ["cca"], "_preflight_checks[0] is the text 'cca', which is none of: existence, caa, "),
    ],
)
def test_the_variable_the_value_and_the_way_out_are_named(name: str, value: Any, sentence: str) -> None:
    said = refusal(name, value)
    assert sentence in said
    assert said.startswith("ssl_certificate_")
    assert said.endswith("Nothing was changed or ordered.")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("keep_versions", "3"),
        ("wait_timeout", "0.5"),
        ("preflight", "no"),
        ("key_mode", "0640"),
        ("key_group", "a-group-of-the-host-alone"),
        ("lookup", {"ip_versions": [4, "6"], "timeout": None}),
        ("services", [{"name": "x", "reload_command": ["x"], "endpoints": [{"port": "8443"}]}]),
        ("services", [{"name": "mariadb", "reload_only_if_running": True}]),  # whether or not the controller has it
        ("defaults", {"plan": "PositiveSSL", "endpoints": [{"port": 443}], "services": None}),
        ("defaults", None),
    ],
)
def test_what_ansible_would_take_and_what_is_left_out_is_fine(name: str, value: Any) -> None:
    assert refusal(name, value) == ""


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "port", "x"]), inner),
    max_leaves=5,
)


@example(value=float("inf"), name="max_creates")
@given(value=ANYTHING, name=st.sampled_from([*role_variables.VARIABLES, "defaults"]))
def test_no_value_is_too_strange_to_be_told_in_one_line(value: Any, name: str) -> None:
    said = refusal(name, value)
    assert said == "" or said.startswith(f"ssl_certificate_{name}")
    assert "\n" not in said
    assert "<class" not in said


@given(value=ANYTHING)
def test_a_secret_is_never_shown(value: Any) -> None:
    said = refusal("pkcs12_passphrase", value)
    assert said == "" or said.startswith("ssl_certificate_pkcs12_passphrase is a")


def test_hosts_are_named_once_and_in_order() -> None:
    assert values.named_hosts(["b", "a", "b", None]) == ["b", "a"]
    assert values.named_hosts("web1") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("5 new orders and max_creates is 0", "5 new orders and ssl_certificate_max_creates is 0"),
        ("raise ssl_certificate_max_creates", "raise ssl_certificate_max_creates"),
        ("owner: 'x' is not a user of this host.", "ssl_certificate_key_owner: 'x' is not a user of this host."),
        ("root: 'x' is not absolute", "ssl_certificate_root: 'x' is not absolute"),
        ("the owner: nobody", "the owner: nobody"),
    ],
)
def test_options_of_modules_have_the_names_of_the_variables(text: str, words: str) -> None:
    assert role_variables.in_words_of_the_role(text) == words
