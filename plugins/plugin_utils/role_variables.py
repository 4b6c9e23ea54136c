# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Role variables: what each may be, which hold for a whole run, and how an action reads them."""

from __future__ import annotations

import re
from typing import Any, Callable, Iterator, Mapping

from ..module_utils._engine.freezing import read_freeze
from ..module_utils._engine.prices import read_prices
from ..module_utils._errors import ConfigurationError
from ..module_utils._host.errors import InputError
from ..module_utils._host.files import key_access
from ..module_utils._host.switch.service_presets import PRESETS
from ..module_utils._host.switch.services import read_services
from .item_spec import ENDPOINT, QUOTED, item_spec
from .plain import plain
from .values import problems

PREFIX = "ssl_certificate_"
# Variables that tasks take which run once for all hosts.
RUN_WIDE = (
    "max_creates",
    "max_renewals",
    "max_reissues",
    "max_spend",
    "prices",
    "currency",
    "freeze",
    "allow_mass_change",
    "partial_inventory",
    "wait_timeout",
    "wait_sleep",
    "preflight",
    "preflight_checks",
    "resolvers",
    "lookup",
    "dcv_hosts",
    "dcv_backends",
    "dcv_timeout",
    "dcv_fallback",
    "dcv_fallback_after",
    "email_remind_after",
    "dns",
    "dns_secret",
    "report_verbose",
    "deploy_tasks",
)
_TEXT, _FLAG, _PATH = {"type": "str"}, {"type": "bool"}, {"type": "path"}
_SECONDS = {"type": "float", "more_than": 0}
_PORT = {"type": "int", "at_least": 1, "at_most": 65535}
_NAMES = {"type": "list", "elements": "str"}
_COMMAND = {**_NAMES, "command": True}
_COUNT = {"type": "int", "at_least": 0}
_NUMBER = {"type": "float", "at_least": 0}
VARIABLES: dict[str, dict[str, Any]] = {
    "root": {"type": "path", "absolute": True},
    "key_owner": _TEXT,
    "key_group": _TEXT,
    "key_mode": _TEXT,
    "pkcs12_passphrase": _TEXT,
    "keep_versions": {"type": "int", "at_least": 1},
    "services": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {**QUOTED, "required": True},
            "validate_command": _COMMAND,
            "reload_command": _COMMAND,
            "reload_only_if_running": _FLAG,
            "running_command": _COMMAND,
            "reload_timeout": _SECONDS,
            "validate_timeout": _SECONDS,
            "endpoints": {
                "type": "list",
                "elements": "dict",
                "options": {name: option for name, option in ENDPOINT.items() if name != "service"},
            },
            "proof_timeout": _SECONDS,
        },
    },
    "check_served": _FLAG,
    "deploy_tasks": _PATH,
    "webroot": {"type": "path", "absolute": True},
    "webroot_owner": _TEXT,
    "webroot_group": _TEXT,
    "preflight": _FLAG,
    "preflight_checks": {**_NAMES, "choices": ["existence", "caa", "mailbox", "dnssec"]},
    "resolvers": _NAMES,
    "lookup": {
        "type": "dict",
        "options": {
            "nameserver_port": _PORT,
            "http_port": _PORT,
            "addresses": {"type": "dict"},
            "ip_versions": {"type": "list", "elements": "int", "choices": [4, 6]},
            "timeout": _SECONDS,
            "total_timeout": _SECONDS,
            "caa_issuers": {"type": "dict"},
        },
    },
    "dcv_hosts": _NAMES,
    "dcv_backends": _NAMES,
    "dcv_timeout": _NUMBER,
    "dcv_fallback": {"type": "str", "choices": ["DNS", "FILE"]},
    "dcv_fallback_after": _NUMBER,
    "email_remind_after": _NUMBER,
    "dns": {
        "type": "dict",
        "options": {
            "provider": {"type": "str", "choices": ["nsupdate", "lexicon", "tasks"]},
            "tasks": _PATH,
            "server": _TEXT,
            "port": _PORT,
            "protocol": {"type": "str", "choices": ["tcp", "udp"]},
            "key_name": _TEXT,
            "key_algorithm": {
                "type": "str",
                "choices": [
                    "hmac-sha256",
                    "hmac-sha224",
                    "hmac-sha384",
                    "hmac-sha512",
                    "hmac-sha1",
                    "hmac-md5",
                ],
            },
            "zones": _NAMES,
            "ttl": _COUNT,
            "timeout": _SECONDS,
            "lexicon_provider": _TEXT,
            "settings": {"type": "dict"},
        },
    },
    "dns_secret": _TEXT,
    "max_creates": _COUNT,
    "max_renewals": _COUNT,
    "max_reissues": _COUNT,
    "max_spend": _NUMBER,
    "prices": {"type": "dict"},
    "currency": _TEXT,
    "freeze": {
        "type": "list",
        "elements": "dict",
        "options": {"start": {**QUOTED, "required": True}, "end": {**QUOTED, "required": True}, "timezone": _TEXT},
    },
    "allow_mass_change": _FLAG,
    "partial_inventory": _FLAG,
    "wait_timeout": _NUMBER,
    "wait_sleep": {"type": "float", "at_least": 0.1},
    "report_verbose": _FLAG,
}
"""What Ansible's own check of these variables lets through is refused too: text for a list, numbers out of range."""
# Options of modules that a message of the role calls by the names of its variables.
_OPTIONS = re.compile(
    r"(?<![\w.])(?:max_creates|max_renewals|max_reissues|max_spend|allow_mass_change)\b"
    r"|(?<=\boption )prices\b|^(?:prices|currency|freeze)(?=[ \[])"
    r"|^root(?=: )|^(?P<key>owner|group|mode)(?=: )"
)
_ITEM = re.compile(r"\bcertificates\[\d+\]\.(\w+)(?=: )")


def as_preset(name: str) -> dict[str, Any]:
    """The option ``preset`` of a service that has the name of one."""

    return {"preset": name} if name in PRESETS else {}


def _without_preset(service: Mapping[str, Any]) -> dict[str, Any]:
    """What can be judged on the controller: how a preset finds out whether it runs is known on its host alone."""

    left_out = ("reload_only_if_running",) if as_preset(service["name"]) else ()
    return {name: value for name, value in service.items() if name not in left_out}


class VariableError(ValueError):
    """A variable of the role cannot be used. The text is for people; nothing was changed or ordered."""


def in_words_of_the_role(text: str) -> str:
    """The message of a module, with the role's variables in the place of the module's options."""

    named = _OPTIONS.sub(lambda found: f"{PREFIX}{'key_' if found['key'] else ''}{found[0]}", text)
    return _ITEM.sub(rf"'\1' in {PREFIX}orders", named)


def refuse_unusable(values: Mapping[str, Any], defaults: Any) -> None:
    """Raise VariableError for what is wrong with these variables, given without prefix, and with the defaults."""

    wrong = [
        sentence for name, spec in VARIABLES.items() for sentence in problems(PREFIX + name, values.get(name), spec)
    ]
    spec = {"type": "dict", "options": {**item_spec(), "hosts": {"type": "raw"}}}
    wrong += problems(f"{PREFIX}defaults", defaults, spec)
    if not wrong:
        try:
            # Users and groups are those of the host.
            key_access(owner=None, group=None, mode=values.get("key_mode") or None)
        except InputError as error:
            wrong.append(f"{PREFIX}key_{error}")
        try:
            read_services([_without_preset(one) for one in values.get("services") or ()])
        except InputError as error:
            wrong.append(f"{PREFIX}{error}")
        try:
            read_prices(values)
            read_freeze(values.get("freeze") or ())
        except ConfigurationError as error:
            wrong.append(f"{PREFIX}{error}")
    if wrong:
        raise VariableError(f"{' '.join(wrong)} Nothing was changed or ordered.")


def use_of_role(task: Any) -> str:
    """Tells the uses of the role in one play apart: a host that takes no part in this one has observed for another.

    Ansible has one object for each use, and the processes of all its tasks are forked from the one that holds it.
    """

    return f"{id(task._role):x}"


class RoleVariables(Mapping[str, Any]):
    """The variables of the role on one host, without their prefix, evaluated when they are asked for."""

    def __init__(self, task_vars: Mapping[str, Any], evaluate: Callable[[Any], Any]) -> None:
        self._raw = task_vars
        self._evaluate = evaluate
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = plain(self._evaluate(self._raw[PREFIX + name]))
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return (name.removeprefix(PREFIX) for name in self._raw if name.startswith(PREFIX))

    def __len__(self) -> int:
        return sum(1 for _name in self)

    def raw(self, name: str) -> Any:
        return self._raw.get(PREFIX + name)

    def run_wide(self) -> dict[str, Any]:
        return {PREFIX + name: self.get(name) for name in RUN_WIDE}

    def refuse_unusable(self) -> None:
        """See `refuse_unusable`."""

        refuse_unusable({name: self.get(name) for name in VARIABLES}, self.get("defaults"))
