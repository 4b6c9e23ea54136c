# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Argument specifications of the API modules, and the connection options read from a module's parameters."""

from __future__ import annotations

import os
from typing import Any, Mapping

from ansible.module_utils.basic import env_fallback

from ._client.transport import ConnectionOptions

BASIC = {"api_username": "RESELLO_API_USERNAME", "api_key": "RESELLO_API_KEY"}
OPENID = {
    "api_token_url": "RESELLO_API_TOKEN_URL",
    "api_client_id": "RESELLO_API_CLIENT_ID",
    "api_client_secret": "RESELLO_API_CLIENT_SECRET",
    "api_realm": "RESELLO_API_REALM",
}


def connection_spec() -> dict[str, Any]:
    """Options of every module that calls the API (doc fragment certops.resello.connection).

    The credentials have no `fallback` to the environment: which variables count depends on the kind of credential that
    the task sets, see `connection_options`. The action plugin passes options of the task as RESELLO_TASK_* variables.
    """

    return {
        "api_url": {"type": "str", "fallback": (env_fallback, ["RESELLO_API_URL"])},
        "api_username": {"type": "str"},
        "api_key": {"type": "str", "no_log": True, "fallback": (env_fallback, ["RESELLO_TASK_API_KEY"])},
        "api_token_url": {"type": "str", "no_log": False},
        "api_client_id": {"type": "str"},
        "api_client_secret": {
            "type": "str",
            "no_log": True,
            "fallback": (env_fallback, ["RESELLO_TASK_API_CLIENT_SECRET"]),
        },
        "api_realm": {"type": "str"},
        "api_timeout": {"type": "float", "default": 30},
        "api_retries": {"type": "int", "default": 4},
        "api_proxy": {
            "type": "str",
            "no_log": True,
            "fallback": (env_fallback, ["RESELLO_TASK_API_PROXY", "RESELLO_API_PROXY"]),
        },
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path", "fallback": (env_fallback, ["RESELLO_CA_PATH"])},
    }


def connection_options(params: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> ConnectionOptions:
    """Return the validated connection options from a module's parameters and the environment.

    A credential in the task disables the environment's credentials of the other kind. Missing parts of the same kind
    still come from the environment. Raises ConfigurationError that names option, value and remedy.
    """

    environ = os.environ if environment is None else environment
    in_task = {name for name in (*BASIC, *OPENID) if params.get(name)}
    kinds = [kind for kind in (BASIC, OPENID) if in_task & set(kind)] or [BASIC, OPENID]
    credentials: dict[str, str | None] = {}
    origins: list[str] = []
    for kind in kinds:
        for option, variable in kind.items():
            if params.get(option):
                credentials[option] = params[option]
                origins.append(f"{option} from the task")
            elif environ.get(variable):
                credentials[option] = environ[variable]
                origins.append(f"{option} from the environment variable {variable}")
    return ConnectionOptions(
        api_url=params.get("api_url") or "",
        api_username=credentials.get("api_username"),
        api_key=credentials.get("api_key"),
        api_token_url=credentials.get("api_token_url"),
        api_client_id=credentials.get("api_client_id"),
        api_client_secret=credentials.get("api_client_secret"),
        api_realm=credentials.get("api_realm"),
        api_timeout=params["api_timeout"],
        api_retries=params["api_retries"],
        api_proxy=params.get("api_proxy"),
        validate_certs=params["validate_certs"],
        ca_path=params.get("ca_path"),
        credential_origin=", ".join(origins),
    ).validated()


ORDER_EXCLUSIVE = [("csr_path", "csr_content"), ("certificate_path", "certificate_content")]


FREEZE = {
    "start": {"type": "str", "required": True},
    "end": {"type": "str", "required": True},
    "timezone": {"type": "str", "default": "UTC"},
}


def run_spec() -> dict[str, Any]:
    """Options of a whole run that may place orders (doc fragment certops.resello.order)."""

    return {
        "retry_validation": {"type": "bool", "default": False},
        "journal_path": {"type": "path"},
        "recovery_timeout": {"type": "float", "default": 180},
        "prices": {"type": "dict"},
        "currency": {"type": "str"},
        "freeze": {"type": "list", "elements": "dict", "default": [], "options": FREEZE},
    }


def batch_spec() -> dict[str, Any]:
    """Options of a run for many orders."""

    return {
        "max_creates": {"type": "int", "default": 10},
        "max_renewals": {"type": "int", "default": 10},
        "max_reissues": {"type": "int", "default": 10},
        "max_spend": {"type": "float"},
        "allow_mass_change": {"type": "bool", "default": False},
        "role_step": {"type": "dict"},
    }


def validate_spec() -> dict[str, Any]:
    """Options of ssl_certificate_validate."""

    entry = {
        "client_reference": {"type": "str"},
        "id": {"type": "str"},
        "dcv_type": {"type": "str", "choices": ["EMAIL", "FILE", "DNS"]},
        "email_address": {"type": "str"},
        "names": {"type": "list", "elements": "str"},
        "retry": {"type": "bool"},
    }
    return {
        "certificates": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": entry,
            "mutually_exclusive": [("client_reference", "id")],
            "required_one_of": [("client_reference", "id")],
        },
        "cool_down": {"type": "int", "default": 60},
        "max_concurrency": {"type": "int", "default": 8},
    }


def waiting_spec() -> dict[str, Any]:
    """Options of modules that can follow an order (doc fragment certops.resello.waiting)."""

    return {
        "wait": {"type": "bool", "default": False},
        "wait_timeout": {"type": "float", "default": 300},
        "wait_sleep": {"type": "float", "default": 5},
    }
