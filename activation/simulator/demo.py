"""The accounts and identities that every simulator starts with."""

import json
from typing import Any
from urllib.parse import urlencode

from activation.simulator.backend import Backend
from activation.simulator.calls import Call
from activation.simulator.directory import Credential, Directory, Kind, new_access_key, new_secret
from activation.simulator.signature import RawRequest
from activation.simulator.sts import TokenService

VENDOR_ACCOUNT = "111122223333"
CUSTOMER_ACCOUNT = "222233334444"
OTHER_CUSTOMER_ACCOUNT = "333344445555"
VENDOR_ROLE = "byoc-vendor"
VENDOR_USER = "byoc-portal"
# A session's usual life; and that of the vendor role's own session, which stands for an instance profile's keys, as
# these renew themselves: a hundred years.
SESSION_SECONDS = 12 * 3600
INSTANCE_SECONDS = 100 * 365 * 86400

_EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}],
}
_ASSUME_ANY = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Assume", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}],
}
_IAM_READ = ["iam:Get*", "iam:List*"]
_IAM_WRITE = [
    f"iam:{operation}"
    for operation in (
        "CreateRole",
        "DeleteRole",
        "UpdateRole",
        "UpdateRoleDescription",
        "UpdateAssumeRolePolicy",
        "PutRolePermissionsBoundary",
        "DeleteRolePermissionsBoundary",
        "PutRolePolicy",
        "DeleteRolePolicy",
        "AttachRolePolicy",
        "DetachRolePolicy",
        "TagRole",
        "UntagRole",
        "CreatePolicy",
        "DeletePolicy",
        "CreatePolicyVersion",
        "DeletePolicyVersion",
        "SetDefaultPolicyVersion",
        "TagPolicy",
        "UntagPolicy",
    )
]


def _least_rights(account: str) -> dict[str, Any]:
    mine = [f"arn:aws:iam::{account}:role/*zilliz*", f"arn:aws:iam::{account}:policy/*zilliz*"]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Look", "Effect": "Allow", "Action": [*_IAM_READ, "iam:SimulatePrincipalPolicy"], "Resource": "*"},
            {"Sid": "Make", "Effect": "Allow", "Action": _IAM_WRITE, "Resource": mine},
        ],
    }


# Enough to look around and to make policies, not to make roles: a run fails in its middle.
_TOO_FEW = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Few",
            "Effect": "Allow",
            "Action": [*_IAM_READ, "iam:CreatePolicy", "iam:DeletePolicy", "iam:TagPolicy"],
            "Resource": "*",
        }
    ],
}


class Demo:
    """Makes the demo identities and hands out fresh sessions."""

    def __init__(self, backend: Backend, directory: Directory, tokens: TokenService) -> None:
        self._backend = backend
        self._directory = directory
        self._tokens = tokens

    def _iam(self, account: str, operation: str, **parameters: str) -> None:
        body = urlencode({"Action": operation, "Version": "2010-05-08", **parameters}).encode()
        headers = [("host", "iam.amazonaws.com"), ("content-type", "application/x-www-form-urlencoded")]
        call = Call("iam", "us-east-1", operation)
        reply = self._backend.perform(call, RawRequest("POST", "/", headers, body), account, "AKIASETUP")
        if reply.status != 200:
            raise RuntimeError(f"{operation} failed: {reply.body.decode()}")

    def _user(self, account: str, name: str, document: dict[str, Any]) -> Credential:
        self._iam(account, "CreateUser", UserName=name)
        self._iam(account, "PutUserPolicy", UserName=name, PolicyName="rights", PolicyDocument=json.dumps(document))
        self._iam(account, "CreateAccessKey", UserName=name)
        with self._backend.lock:
            key = self._backend.iam(account).users[name].access_keys[0].access_key_id
        found = self._directory.find(key)
        assert found is not None
        return found

    def _root(self, account: str) -> Credential:
        arn = f"arn:aws:iam::{account}:root"
        return self._directory.issue(
            Credential(new_access_key("AKIA"), new_secret(), account, Kind.ROOT, arn, arn, "root", account)
        )

    def create(self) -> dict[str, Any]:
        """Make the identities of a new directory and return them, keyed by account and then by person."""
        portal = self._user(VENDOR_ACCOUNT, VENDOR_USER, _ASSUME_ANY)
        trust = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"AWS": portal.arn}, "Action": "sts:AssumeRole"}],
        }
        self._iam(VENDOR_ACCOUNT, "CreateRole", RoleName=VENDOR_ROLE, AssumeRolePolicyDocument=json.dumps(trust))
        self._iam(
            VENDOR_ACCOUNT,
            "PutRolePolicy",
            RoleName=VENDOR_ROLE,
            PolicyName="rights",
            PolicyDocument=json.dumps(_ASSUME_ANY),
        )
        role = f"arn:aws:iam::{VENDOR_ACCOUNT}:role/{VENDOR_ROLE}"
        service = self._directory.session(
            Kind.ROLE,
            VENDOR_ACCOUNT,
            arn=f"arn:aws:sts::{VENDOR_ACCOUNT}:assumed-role/{VENDOR_ROLE}/portal",
            principal=role,
            name=VENDOR_ROLE,
            identifier=f"{self._directory.identifier_of_role(role)}:portal",
            seconds=INSTANCE_SECONDS,
        )
        identities: dict[str, Any] = {
            "vendor": {
                "account": VENDOR_ACCOUNT,
                "principal_arn": role,
                "user_arn": portal.arn,
                "user": shown(portal),
                "role": shown(service),
            }
        }
        for label, account in (("customer", CUSTOMER_ACCOUNT), ("other_customer", OTHER_CUSTOMER_ACCOUNT)):
            administrator = self._user(account, "administrator", _EVERYTHING)
            least = self._user(account, "terraform", _least_rights(account))
            few = self._user(account, "reader", _TOO_FEW)
            identities[label] = {
                "account": account,
                "administrator": shown(administrator),
                "least_rights": shown(least),
                "too_few_rights": shown(few),
                "root": shown(self._root(account)),
                "session": shown(self._tokens.user_session(administrator, SESSION_SECONDS, mfa=True)),
                "session_without_mfa": shown(self._tokens.user_session(administrator, SESSION_SECONDS, mfa=False)),
                "expired_session": shown(self._tokens.user_session(administrator, -3600, mfa=True)),
            }
        return identities

    def new_session(self, account: str, seconds: float, *, user: str = "administrator", mfa: bool = True) -> Credential:
        """Return fresh session credentials of a user. Raises LookupError where the user has no key."""
        with self._backend.lock:
            if account not in self._backend.accounts():
                raise LookupError(f"no account {account}")
            held = self._backend.iam(account).users.get(user)
            keys = [key.access_key_id for key in held.access_keys] if held else []
        found = next((one for one in map(self._directory.find, keys) if one), None)
        if found is None:
            raise LookupError(f"no key of user {user} in account {account}")
        return self._tokens.user_session(found, seconds, mfa=mfa)


def shown(credential: Credential) -> dict[str, str]:
    """Return a key as the identities list it; `session_token` and `expires` are empty for long-term keys."""
    return {
        "arn": credential.arn,
        "access_key_id": credential.access_key,
        "secret_access_key": credential.secret,
        "session_token": credential.token or "",
        "expires": credential.expires.isoformat(timespec="seconds") if credential.expires else "",
    }
