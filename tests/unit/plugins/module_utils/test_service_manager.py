# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A preset is what the host has: table of services and managers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.certops.resello.plugins.module_utils._host.switch.service_manager import (
    Chosen,
    System,
    choose,
    running_process,
)
from ansible_collections.certops.resello.plugins.module_utils._host.switch.service_presets import PRESETS

DEBIAN = ["/run/systemd/system", "systemctl", "apachectl", "apache2ctl", "nginx", "haproxy", "doveadm", "service"]
UNITS = "/usr/lib/systemd/system"


class Host(System):
    """A host with these paths and programs."""

    def __init__(self, *things: str) -> None:
        self.things = things

    def has(self, path: str) -> bool:
        return path in self.things

    def program(self, name: str) -> bool:
        return name in self.things


def chosen(name: str, *things: str) -> Chosen:
    return choose(name, Host(*things))


@pytest.mark.parametrize(
    ("name", "things", "manager", "reload"),
    [
        ("apache", [*DEBIAN, f"{UNITS}/apache2.service"], "systemd", "systemctl reload apache2"),
        (
            "apache",
            ["/run/systemd/system", "systemctl", "httpd", f"{UNITS}/httpd.service"],
            "systemd",
            "systemctl reload httpd",
        ),
        (
            "apache",
            ["/run/openrc", "rc-service", "/etc/init.d/apache2", "httpd"],
            "OpenRC",
            "rc-service apache2 reload",
        ),
        ("apache", ["service", "/usr/local/etc/rc.d/apache24", "apachectl"], "rc", "service apache24 reload"),
        ("apache", ["apachectl"], "none", ""),
        ("apache", ["httpd"], "none", ""),
        ("nginx", [*DEBIAN, f"{UNITS}/nginx.service"], "systemd", "systemctl reload nginx"),
        ("nginx", [*DEBIAN, "/etc/systemd/system/nginx.service"], "systemd", "systemctl reload nginx"),
        ("nginx", ["nginx", "sv", "/etc/service/nginx/run"], "runit", "sv hup /etc/service/nginx"),
        ("nginx", ["nginx", "s6-svc", "/run/service/nginx/run"], "s6", "s6-svc -h /run/service/nginx"),
        ("nginx", ["nginx", "service", "/etc/init.d/nginx"], "none", "nginx -s reload"),
        ("nginx", ["nginx"], "none", "nginx -s reload"),
        ("haproxy", ["haproxy", "service", "/etc/init.d/haproxy"], "SysV", "service haproxy reload"),
        ("haproxy", ["haproxy"], "none", ""),
        ("postfix", ["postfix", *DEBIAN, f"{UNITS}/postfix.service"], "systemd", "postfix reload"),
        ("postfix", ["postfix"], "none", "postfix reload"),
        (
            "dovecot",
            ["doveadm", "/run/openrc", "rc-service", "/etc/init.d/dovecot"],
            "OpenRC",
            "rc-service dovecot reload",
        ),
        ("dovecot", ["doveadm"], "none", "doveadm reload"),
        ("exim", [*DEBIAN, f"{UNITS}/exim4.service"], "systemd", "systemctl reload exim4"),
        ("mariadb", ["mariadb-admin", *DEBIAN, f"{UNITS}/mariadb.service"], "systemd", "mariadb-admin flush-ssl"),
        ("mariadb", ["mysqladmin"], "none", "mysqladmin flush-ssl"),
        ("postgresql", [*DEBIAN, f"{UNITS}/postgresql.service"], "systemd", "systemctl reload postgresql"),
        ("lighttpd", [*DEBIAN, f"{UNITS}/lighttpd.service"], "systemd", "systemctl reload lighttpd"),
        ("vsftpd", ["/run/openrc", "rc-service", "/etc/init.d/vsftpd"], "OpenRC", "rc-service vsftpd reload"),
    ],
)
def test_a_preset_is_reloaded_by_what_runs_it(name: str, things: list[str], manager: str, reload: str) -> None:
    found = chosen(name, *things)
    assert (found.manager, " ".join(found.reload)) == (manager, reload)


def test_a_host_with_systemd_that_does_not_run_it_is_reloaded_without_it() -> None:
    """A container has its program and its unit files; what counts is whether it was booted with it."""
    found = chosen("nginx", "nginx", "systemctl", f"{UNITS}/nginx.service")
    assert (found.manager, found.reload) == ("none", ("nginx", "-s", "reload"))


@pytest.mark.parametrize(
    ("name", "things", "validate"),
    [
        ("apache", ["httpd"], "httpd -t"),
        ("apache", ["apache2ctl"], "apache2ctl configtest"),
        ("apache", [], "apachectl configtest"),
        ("exim", ["exim"], "exim -bV"),
        ("vsftpd", [], ""),
    ],
)
def test_a_preset_is_tested_by_a_program_that_is_there(name: str, things: list[str], validate: str) -> None:
    """With none of them the first one is tried, and the message names it."""
    assert " ".join(chosen(name, *things).validate) == validate


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_reloaded_on_a_host_without_any_manager(name: str) -> None:
    found = chosen(name, *(command[0] for command in PRESETS[name].own_reload))
    assert found.reload or (found.pid_files and found.signal)
    assert found.running or found.pid_files, "and it can be found out whether it runs"


def test_a_process_is_found_by_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "a.pid").write_text("not a number\n")
    (tmp_path / "b.pid").write_text("999999999\n")
    assert running_process((f"{tmp_path}/*.pid", f"{tmp_path}/missing")) is None
    (tmp_path / "c.pid").write_text(f"{os.getpid()}\n/var/lib/data\n")
    assert running_process((f"{tmp_path}/*.pid",)) == os.getpid()
