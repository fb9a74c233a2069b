"""Whose key is it, and what may its owner do: users and roles as moto's IAM holds them, sessions as made here."""

import secrets
import string
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Lock
from typing import Any
from urllib.parse import unquote

from activation.simulator.backend import Backend
from activation.simulator.policy import Policy
from activation.simulator.trust import Caller

_SECRET_CHARACTERS = string.ascii_letters + string.digits + "/+"


class Kind(StrEnum):
    """Where a key comes from, which decides what AWS lets it do."""

    USER = "user"
    ROOT = "root"
    # GetSessionToken: acts as the user; IAM only where MFA was given.
    USER_SESSION = "user-session"
    FEDERATED = "federated"
    ROLE = "role"


@dataclass(frozen=True)
class Credential:
    """A key. `expires` is None for long-term keys; `policy` is a session policy as JSON, or empty."""

    access_key: str
    secret: str
    account: str
    kind: Kind
    arn: str
    principal: str
    name: str
    identifier: str
    base_key: str = ""
    token: str | None = None
    expires: datetime | None = None
    mfa: bool = False
    policy: str = ""

    @property
    def caller(self) -> Caller:
        """Return the caller as policies see it."""
        return Caller(self.account, self.arn, self.principal)


@dataclass(frozen=True)
class Rights:
    """What stands behind a principal: identity policies and, where there is one, the permissions boundary."""

    policies: list[Policy]
    boundary: Policy | None
    tags: dict[str, str]


class NoSuchPrincipal(LookupError):
    """A user or role that does not exist."""


def new_access_key(prefix: str) -> str:
    """Return an access key ID: AKIA or ASIA and sixteen of AWS's characters."""
    return prefix + "".join(secrets.choice(string.ascii_uppercase + "234567") for _ in range(16))


def new_secret() -> str:
    """Return a secret access key of forty characters."""
    return "".join(secrets.choice(_SECRET_CHARACTERS) for _ in range(40))


class Directory:
    """All keys of all accounts."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._issued: dict[str, Credential] = {}
        self._lock = Lock()

    # Keys

    def issue(self, credential: Credential) -> Credential:
        """Remember a key that moto does not know (a session, a root key), across restarts."""
        values = asdict(credential)
        values["expires"] = credential.expires.isoformat() if credential.expires else None
        self._backend.note("credential", credential=values)
        with self._lock:
            self._issued[credential.access_key] = credential
        return credential

    def expire(self, access_key: str) -> bool:
        """Let a session end now; return False where there is no such session."""
        with self._lock:
            if access_key not in self._issued:
                return False
        self._backend.note("expire", access_key=access_key)
        self._expire_at(access_key, self._backend.clock.now())
        return True

    def _expire_at(self, access_key: str, moment: datetime) -> None:
        with self._lock:
            self._issued[access_key] = replace(self._issued[access_key], expires=moment)

    def restore(self, record: dict[str, Any]) -> None:
        """Take in a journaled record of a key."""
        if record["kind"] == "expire":
            self._expire_at(record["access_key"], datetime.fromisoformat(record["time"]))
        elif record["kind"] == "credential":
            values = dict(record["credential"])
            values["kind"] = Kind(values["kind"])
            values["expires"] = datetime.fromisoformat(values["expires"]) if values["expires"] else None
            self._issued[values["access_key"]] = Credential(**values)

    def find(self, access_key: str) -> Credential | None:
        """Return the key with this ID, or None where there is none or it is switched off."""
        with self._lock:
            if access_key in self._issued:
                return self._issued[access_key]
        with self._backend.lock:
            for account in self._backend.accounts():
                iam = self._backend.iam(account)
                key = iam.access_keys.get(access_key)
                if key is None or key.status != "Active" or key.user_name not in iam.users:
                    continue
                user = iam.users[key.user_name]
                return Credential(
                    access_key=access_key,
                    secret=key.secret_access_key,
                    account=account,
                    kind=Kind.USER,
                    arn=user.arn,
                    principal=user.arn,
                    name=user.name,
                    identifier=user.id,
                    base_key=access_key,
                )
        return None

    def account_of(self, access_key: str) -> str | None:
        """Return the account a key belongs to, active or not."""
        with self._lock:
            if access_key in self._issued:
                return self._issued[access_key].account
        with self._backend.lock:
            for account in self._backend.accounts():
                if access_key in self._backend.iam(account).access_keys:
                    return account
        return None

    def session(
        self,
        kind: Kind,
        account: str,
        *,
        arn: str,
        principal: str,
        name: str,
        identifier: str,
        seconds: float,
        **more: Any,
    ) -> Credential:
        """Make temporary credentials that live `seconds` from now (an expired session where negative)."""
        return self.issue(
            Credential(
                access_key=new_access_key("ASIA"),
                secret=new_secret(),
                account=account,
                kind=kind,
                arn=arn,
                principal=principal,
                name=name,
                identifier=identifier,
                token="IQoJb3JpZ2luX2VjE" + "".join(secrets.choice(_SECRET_CHARACTERS) for _ in range(300)) + "==",
                expires=self._backend.clock.now() + timedelta(seconds=seconds),
                **more,
            )
        )

    # Users and roles

    def role(self, arn: str) -> Any | None:
        """Return moto's role with this ARN, or None. AWS matches the whole ARN, path and account included."""
        parts = arn.split(":", 5)
        if len(parts) != 6 or not parts[5].startswith("role/") or parts[4] not in self._backend.accounts():
            return None
        with self._backend.lock:
            return next((role for role in self._backend.iam(parts[4]).roles.values() if role.arn == arn), None)

    def exact_arn(self, arn: str | None, account: str) -> str | None:
        """Fill in the path of a user, role, group or profile that exists: calls name it without."""
        if arn is None or account not in self._backend.accounts():
            return arn
        kind, _, name = arn.rpartition(":")[2].partition("/")
        collection = {"role": "roles", "user": "users", "group": "groups", "instance-profile": "instance_profiles"}
        if kind not in collection or not name:
            return arn
        with self._backend.lock:
            held = getattr(self._backend.iam(account), collection[kind])
            for one in held.values():
                if one.name == name.rpartition("/")[2]:
                    return str(one.arn)
        return arn

    def rights(self, principal: str) -> Rights:
        """Collect the policies of the user, role or group with this ARN. Raises NoSuchPrincipal."""
        parts = principal.split(":", 5)
        kind = parts[5].partition("/")[0] if len(parts) == 6 else ""
        if kind not in ("user", "role", "group") or parts[4] not in self._backend.accounts():
            raise NoSuchPrincipal(principal)
        with self._backend.lock:
            iam = self._backend.iam(parts[4])
            held = {"user": iam.users, "role": iam.roles, "group": iam.groups}[kind].values()
            owner = next((one for one in held if one.arn == principal), None)
            if owner is None:
                raise NoSuchPrincipal(principal)
            policies = _policies_of(owner)
            if kind == "user":
                for group in iam.groups.values():
                    if owner in group.users:
                        policies += _policies_of(group)
            boundary = None
            boundary_arn = getattr(owner, "permissions_boundary_arn", None)
            if boundary_arn:
                held_boundary = iam.managed_policies.get(boundary_arn)
                # A boundary that was deleted allows nothing.
                boundary = _managed(held_boundary) if held_boundary else Policy(boundary_arn, {})
            # A list of pairs, as moto has it for users and roles (of policies it keeps a dictionary).
            tags = {tag["Key"]: tag["Value"] for tag in getattr(owner, "tags", None) or []}
            return Rights(policies, boundary, tags)

    def exists(self, principal: str) -> bool:
        """Return whether a user or role exists; True of accounts that are not simulated."""
        if principal.split(":")[4] not in self._backend.accounts():
            return True
        try:
            self.rights(principal)
        except NoSuchPrincipal:
            return False
        return True

    def tags(self, arn: str) -> dict[str, str]:
        """Return the tags of a role or of an OIDC provider; none of what does not exist, or is something else."""
        role = self.role(arn)
        if role is not None:
            return {tag["Key"]: tag["Value"] for tag in role.tags or []}
        account = arn.split(":")[4] if ":oidc-provider/" in arn else ""
        if account not in self._backend.accounts():
            return {}
        with self._backend.lock:
            provider = self._backend.iam(account).open_id_providers.get(arn)
            return {tag["Key"]: tag["Value"] for tag in provider.get_tags()} if provider else {}

    def identifier_of_role(self, arn: str) -> str:
        """Return the role's unique ID (AROA…)."""
        role = self.role(arn)
        return str(role.id) if role else "AROAUNKNOWN"


def _read(name: str, text: Any) -> Policy:
    if isinstance(text, dict):
        return Policy(name, text)
    stripped = str(text).strip()
    return Policy.from_json(name, stripped if stripped.startswith("{") else unquote(stripped))


def _managed(held: Any) -> Policy:
    version = next(one for one in held.versions if one.version_id == held.default_version_id)
    return _read(held.arn, version.document)


def _policies_of(owner: Any) -> list[Policy]:
    inline = [_read(name, document) for name, document in owner.policies.items()]
    return inline + [_managed(policy) for policy in owner.managed_policies.values()]
