"""Clients that act with the given keys and with nothing else.

Left alone, botocore looks for keys, endpoints, proxies and certificates in the host's environment, in ~/.aws and at the
instance metadata service. Here a wrong key of a customer must never become the host's own role: every one of these
sources is taken away, not merely outvoted.
"""

import functools
import logging
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config
from botocore.credentials import CredentialResolver
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader
from botocore.parsers import ResponseParserError
from botocore.tokens import TokenProviderChain

from activation.aws import errors
from activation.domain.credentials import AccessKeys
from activation.domain.errors import Refused

# Seconds. Twice the slowest call measured from another continent; a person waits for these.
CONNECT_TIMEOUT = 5
READ_TIMEOUT = 15
# The first try and two more, with the back-off of botocore's standard mode.
ATTEMPTS = 3

# Where permissions have another prefix than botocore's name of the service.
_PREFIXES = {"resourcegroupstaggingapi": "tag", "service-quotas": "servicequotas"}

# At DEBUG botocore writes whole requests, session tokens included, whoever asked for DEBUG and why.
logging.getLogger("botocore").setLevel(logging.INFO)


def utc_now() -> datetime:
    """Return the time of this host's clock."""
    return datetime.now(UTC)


class Session:
    """Calls to AWS with one key in one region."""

    def __init__(
        self, core: botocore.session.Session, config: Config, options: dict[str, Any], now: Callable[[], datetime]
    ) -> None:
        self._core = core
        self._config = config
        self._options = options
        self._now = now
        self._clients: dict[str, Any] = {}
        # How far this host's clock is ahead of AWS's, in seconds, as of the last answer; None before the first.
        self.clock_ahead: float | None = None

    @property
    def is_temporary(self) -> bool:
        """Tell whether the calls carry a session token."""
        return self._core.get_credentials().token is not None

    def client(self, service: str) -> Any:
        """Return botocore's client for a service such as `iam`, the same one each time."""
        if service not in self._clients:
            self._clients[service] = self._core.create_client(service, config=self._config, **self._options)
        return self._clients[service]

    def ask(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Make one call, such as `ask("iam", "get_role", RoleName=…)`, and return the answer.

        Raises the Refused and Faulted of `activation.aws.errors.read`, after the retries.
        """
        client = self.client(service)
        action = f"{_PREFIXES.get(service, service)}:{client.meta.method_to_api_mapping[operation]}"
        try:
            answer: dict[str, Any] = getattr(client, operation)(**parameters)
        except ClientError as error:
            self._compare_clocks(error.response)
            raise errors.read(error, action, temporary=self.is_temporary) from None
        except (BotoCoreError, ResponseParserError) as error:
            # From None: the chain of a traceback could show what was sent.
            host = urlsplit(client.meta.endpoint_url).hostname or ""
            raise errors.read(error, action, host=host) from None
        self._compare_clocks(answer)
        return answer

    def pages(self, service: str, operation: str, key: str, **parameters: Any) -> Iterator[Any]:
        """Yield everything under `key` of all pages; services spell the token in three ways. Raises as `ask` does."""
        while True:
            page = self.ask(service, operation, **parameters)
            yield from page.get(key, ())
            token = next((name for name in ("NextToken", "nextToken", "PaginationToken") if page.get(name)), "")
            if not token:
                return
            parameters[token] = page[token]

    def _compare_clocks(self, answer: Any) -> None:
        date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
        try:
            self.clock_ahead = (self._now() - parsedate_to_datetime(date)).total_seconds()
        except (ValueError, TypeError):
            self.clock_ahead = None


def session(
    keys: AccessKeys,
    region: str,
    endpoint: str = "",
    *,
    ca_bundle: str = "",
    proxy: str = "",
    now: Callable[[], datetime] = utc_now,
) -> Session:
    """Open a session; no call is made yet.

    `endpoint` replaces AWS's own addresses (the simulator's); `ca_bundle` is the path of a file of certificates to
    trust instead of the ones that come with botocore, `proxy` the address of a proxy: without them neither is used,
    whatever the environment says. Raises Refused("access_key_missing", "secret_key_missing") for an empty key, which
    botocore would take for none.
    """
    if not keys.access_key_id:
        raise Refused("access_key_missing", field="access_key_id")
    if not keys.secret_access_key:
        raise Refused("secret_key_missing", field="secret_access_key")
    core = _from_nothing()
    core.set_credentials(keys.access_key_id, keys.secret_access_key, keys.session_token or None)
    return _opened(core, region, endpoint, ca_bundle=ca_bundle, proxy=proxy, now=now)


def host_session(
    region: str, endpoint: str = "", *, ca_bundle: str = "", proxy: str = "", now: Callable[[], datetime] = utc_now
) -> Session:
    """Open a session with the keys that AWS gives to this host: an instance profile, a task's or a pod's role.

    For the portal's own identity alone; endpoint, certificates and proxy are as `session` has them. Raises
    Refused("access_key_missing") where the host was given none.
    """
    core = botocore.session.Session()
    core.register_component("data_loader", _models())
    if core.get_credentials() is None:
        raise Refused("access_key_missing", field="access_key_id")
    return _opened(core, region, endpoint, ca_bundle=ca_bundle, proxy=proxy, now=now)


def _opened(
    core: botocore.session.Session,
    region: str,
    endpoint: str,
    *,
    ca_bundle: str,
    proxy: str,
    now: Callable[[], datetime],
) -> Session:
    config = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        # Not None: then botocore would ask the environment.
        proxies={"http": proxy, "https": proxy} if proxy else {},
        ignore_configured_endpoint_urls=True,
    )
    # Neither is None, for the same reason.
    options: dict[str, Any] = {"region_name": region, "verify": ca_bundle or True}
    if endpoint:
        options["endpoint_url"] = endpoint
    return Session(core, config, options, now)


def _from_nothing() -> botocore.session.Session:
    """Return a session whose settings are botocore's defaults and whose lists of places to look for keys are empty."""
    variables = {
        name: (None, None, default, conversion)
        for name, (_, _, default, conversion) in botocore.session.Session.SESSION_VARIABLES.items()
    }
    for file in ("config_file", "credentials_file"):
        variables[file] = (None, None, os.devnull, None)
    made = botocore.session.Session(session_vars=variables)
    made.register_component("credential_provider", CredentialResolver([]))
    made.register_component("token_provider", TokenProviderChain([]))
    made.register_component("data_loader", _models())
    return made


@functools.cache
def _models() -> Loader:
    """Return botocore's own descriptions of AWS's services, read once in a process; those below ~/.aws do not count.

    Reading EC2's alone takes longer than most calls.
    """
    return Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
