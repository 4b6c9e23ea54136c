# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Well-known services: what they are called where, how they test their configuration, and how they load new files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping


@dataclass(frozen=True)
class Preset:
    """Of several commands and names the first counts that the host has.

    ``own_reload``: the service's own command, where no service manager knows it. ``prefers_own``: also where one does.
    ``signal`` goes to the process of the first of ``pid_files`` (patterns) where there is no such command.
    """

    units: tuple[str, ...]
    validate: tuple[tuple[str, ...], ...] = ()
    own_reload: tuple[tuple[str, ...], ...] = ()
    prefers_own: bool = False
    running: tuple[tuple[str, ...], ...] = ()
    pid_files: tuple[str, ...] = ()
    signal: str = "HUP"
    endpoints: tuple[Mapping[str, Any], ...] = ()


# The config tests of Postfix and Dovecot do not read the keys. A key with a passphrase is left to the service itself.
_KEYS_ARE_READ = """while read -r key; do
  [ -z "$key" ] || grep -q ENCRYPTED "$key" || openssl pkey -noout -in "$key" || exit 1
done"""
_POSTFIX_TEST = f"""postfix check || exit
postconf -xh smtpd_tls_chain_files smtpd_tls_key_file | tr -s ', ' '\\n\\n' | {_KEYS_ARE_READ}"""
_DOVECOT_TEST = f"""doveconf -n > /dev/null || exit
doveconf -nP | sed -n 's/^ *ssl_key = <//p; s/^ *ssl_server_key_file = //p' | {_KEYS_ARE_READ}"""

PRESETS: Mapping[str, Preset] = {
    "nginx": Preset(
        units=("nginx",),
        validate=(("nginx", "-t"),),
        own_reload=(("nginx", "-s", "reload"),),
        pid_files=("/run/nginx.pid", "/var/run/nginx.pid", "/run/nginx/nginx.pid"),
        endpoints=({"port": 443},),
    ),
    "apache": Preset(
        units=("apache2", "httpd", "apache24"),
        validate=(("apachectl", "configtest"), ("apache2ctl", "configtest"), ("httpd", "-t")),
        pid_files=("/run/apache2/apache2.pid", "/run/httpd/httpd.pid", "/run/apache2/httpd.pid", "/var/run/httpd.pid"),
        signal="USR1",
        endpoints=({"port": 443},),
    ),
    "haproxy": Preset(
        units=("haproxy",),
        validate=(("haproxy", "-c", "-f", "/etc/haproxy/haproxy.cfg"),),
        pid_files=("/run/haproxy.pid", "/var/run/haproxy.pid", "/run/haproxy/haproxy.pid"),
        signal="USR2",  # its master process starts new workers
        endpoints=({"port": 443},),
    ),
    "lighttpd": Preset(
        units=("lighttpd",),
        validate=(("lighttpd", "-tt", "-f", "/etc/lighttpd/lighttpd.conf"),),
        pid_files=("/run/lighttpd.pid", "/var/run/lighttpd.pid"),
        signal="USR1",
        endpoints=({"port": 443},),
    ),
    "postfix": Preset(
        units=("postfix",),
        validate=(("sh", "-c", _POSTFIX_TEST),),
        own_reload=(("postfix", "reload"),),
        prefers_own=True,
        running=(("postfix", "status"),),
        endpoints=({"port": 25, "starttls": "smtp"},),
    ),
    "exim": Preset(
        units=("exim4", "exim"),
        validate=(("exim4", "-bV"), ("exim", "-bV")),
        pid_files=("/run/exim4/exim.pid", "/run/exim.pid", "/var/run/exim.pid", "/run/exim/exim.pid"),
        endpoints=({"port": 25, "starttls": "smtp"},),
    ),
    "dovecot": Preset(
        units=("dovecot",),
        validate=(("sh", "-c", _DOVECOT_TEST),),
        own_reload=(("doveadm", "reload"),),
        pid_files=("/run/dovecot/master.pid", "/var/run/dovecot/master.pid"),
        endpoints=({"port": 993},),
    ),
    "vsftpd": Preset(units=("vsftpd",), pid_files=("/run/vsftpd.pid", "/run/vsftpd/vsftpd.pid", "/var/run/vsftpd.pid")),
    "postgresql": Preset(
        units=("postgresql",),
        pid_files=(
            "/run/postgresql/*.pid",
            "/var/lib/postgresql/data/postmaster.pid",
            "/var/lib/pgsql/data/postmaster.pid",
        ),
        endpoints=({"port": 5432, "starttls": "postgres"},),
    ),
    "mariadb": Preset(
        units=("mariadb", "mysql", "mysql-server"),
        own_reload=(("mariadb-admin", "flush-ssl"), ("mysqladmin", "flush-ssl")),
        prefers_own=True,
        running=(("mariadb-admin", "ping"), ("mysqladmin", "ping")),
    ),
}
