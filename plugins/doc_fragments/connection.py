# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of every module that calls the API: where it is, who asks, how patient the client is."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  api_url:
    description:
      - Base URL of the API, for example V(https://rp01.hostcontrol.com/api/v1).
      - Must be C(https). Plain C(http) is accepted only for loopback addresses.
      - If not given, the environment variable E(RESELLO_API_URL) is used. There is no default.
    type: str
    version_added: 1.0.0
  api_username:
    description:
      - The reseller reference, for Basic authentication together with O(api_key).
      - If not given, the environment variable E(RESELLO_API_USERNAME) is used.
    type: str
    version_added: 1.0.0
  api_key:
    description:
      - The API key, for Basic authentication together with O(api_username).
      - If not given, the environment variable E(RESELLO_API_KEY) is used.
    type: str
    version_added: 1.0.0
  api_token_url:
    description:
      - Token endpoint, for OpenID Connect together with O(api_client_id), O(api_client_secret) and O(api_realm).
      - If not given, the environment variable E(RESELLO_API_TOKEN_URL) is used.
    type: str
    version_added: 1.0.0
  api_client_id:
    description:
      - Client of the token endpoint.
      - If not given, the environment variable E(RESELLO_API_CLIENT_ID) is used.
    type: str
    version_added: 1.0.0
  api_client_secret:
    description:
      - Secret of O(api_client_id).
      - If not given, the environment variable E(RESELLO_API_CLIENT_SECRET) is used.
    type: str
    version_added: 1.0.0
  api_realm:
    description:
      - The reseller reference, sent as C(Realm) header beside a bearer token.
      - If not given, the environment variable E(RESELLO_API_REALM) is used.
    type: str
    version_added: 1.0.0
  api_timeout:
    description: Seconds that one call may take in total, from the connection to the last byte.
    type: float
    default: 30
    version_added: 1.0.0
  api_retries:
    description:
      - How often a read-only call is repeated after a lost connection, C(429), C(502), C(503) or C(504).
      - A call that may cost money is never repeated.
    type: int
    default: 4
    version_added: 1.0.0
  api_proxy:
    description:
      - URL of an HTTP proxy for all calls. The proxy variables of the environment are not used.
      - If not given, the environment variable E(RESELLO_API_PROXY) is used.
    type: str
    version_added: 1.0.0
  validate_certs:
    description: Whether the API's TLS certificate is verified. V(false) is accepted only for loopback addresses.
    type: bool
    default: true
    version_added: 1.0.0
  ca_path:
    description:
      - File with the CA certificates (PEM) that the API's TLS certificate is verified against. They replace those of
        the Python package requests.
      - If not given, the environment variable E(RESELLO_CA_PATH) is used.
    type: path
    version_added: 1.0.0
notes:
  - Credentials in the task disable the credentials of the other kind from the environment.
  - C(.netrc) is not read and redirects are not followed.
requirements:
  - requests >= 2.28, cryptography >= 37 on the controller
"""
