"""The Security Token Service: who am I, assume a role, session and federation tokens.

Answered here and not by moto, which lets anybody assume anything.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from activation.simulator.authorization import decide, denial, request_context
from activation.simulator.calls import Call
from activation.simulator.directory import Credential, Directory, Kind
from activation.simulator.replies import STS_NAMESPACE, AwsError, Reply, request_id, xml_reply
from activation.simulator.trust import evaluate_trust

_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_CHAINED_LIMIT = 3600


@dataclass
class Settings:
    """What tests may switch.

    `ignore_external_ids` makes STS as careless as a badly written trust policy; `check_principals` refuses trust
    policies that name a user or role which does not exist in one of the accounts here, as AWS does.
    """

    ignore_external_ids: bool = False
    enforce_identity_policies: bool = True
    check_principals: bool = False


def _answer(operation: str, body: str) -> Reply:
    return xml_reply(
        200,
        f'<{operation}Response xmlns="{STS_NAMESPACE}"><{operation}Result>{body}</{operation}Result>'
        f"<ResponseMetadata><RequestId>{request_id()}</RequestId></ResponseMetadata></{operation}Response>",
    )


def _credentials(made: Credential) -> str:
    expires = made.expires.strftime("%Y-%m-%dT%H:%M:%SZ") if made.expires else ""
    return (
        f"<Credentials><AccessKeyId>{made.access_key}</AccessKeyId><SecretAccessKey>{made.secret}</SecretAccessKey>"
        f"<SessionToken>{made.token}</SessionToken><Expiration>{expires}</Expiration></Credentials>"
    )


def _invalid(parameter: str, value: str, rule: str) -> AwsError:
    text = f"1 validation error detected: Value '{value}' at '{parameter}' failed to satisfy constraint: {rule}"
    return AwsError("ValidationError", text)


def _seconds(parameters: Mapping[str, str], default: int, least: int, most: int) -> int:
    text = parameters.get("DurationSeconds", str(default))
    if not text.isdigit():
        raise _invalid("durationSeconds", text, "Member must be a number")
    seconds = int(text)
    if seconds < least:
        raise _invalid("durationSeconds", text, f"Member must have value greater than or equal to {least}")
    if seconds > most:
        raise _invalid("durationSeconds", text, f"Member must have value less than or equal to {most}")
    return seconds


class TokenService:
    """STS for all accounts."""

    def __init__(self, directory: Directory, settings: Settings) -> None:
        self._directory = directory
        self._settings = settings
        self._operations: dict[str, Callable[[Credential, Call], Reply]] = {
            "GetCallerIdentity": self._get_caller_identity,
            "AssumeRole": self._assume_role,
            "GetSessionToken": self._get_session_token,
            "GetFederationToken": self._get_federation_token,
            "GetAccessKeyInfo": self._get_access_key_info,
        }

    def answer(self, credential: Credential, call: Call) -> Reply:
        """Answer a call. Raises AwsError, also for operations that are not offered here."""
        operation = self._operations.get(call.operation)
        if operation is None:
            raise AwsError("InvalidAction", f"The action {call.operation} is not valid for this web service.")
        return operation(credential, call)

    def _get_caller_identity(self, credential: Credential, call: Call) -> Reply:
        return _answer(
            call.operation,
            f"<Arn>{escape(credential.arn)}</Arn><UserId>{credential.identifier}</UserId>"
            f"<Account>{credential.account}</Account>",
        )

    def _get_access_key_info(self, credential: Credential, call: Call) -> Reply:
        account = self._directory.account_of(call.parameters.get("AccessKeyId", ""))
        if account is None:
            raise AwsError("ValidationError", "Access key not found.", 400)
        return _answer(call.operation, f"<Account>{account}</Account>")

    def _assume_role(self, credential: Credential, call: Call) -> Reply:
        parameters = call.parameters
        arn = parameters.get("RoleArn", "")
        session = parameters.get("RoleSessionName", "")
        external_id = parameters.get("ExternalId")
        if not _SESSION_NAME.fullmatch(session):
            raise _invalid("roleSessionName", session, r"Member must satisfy regular expression pattern: [\w+=,.@-]*")
        if external_id is not None and not _EXTERNAL_ID.fullmatch(external_id):
            raise _invalid("externalId", external_id, r"Member must satisfy regular expression pattern: [\w+=,.@:\/-]*")
        if not re.fullmatch(r"arn:aws[a-z-]*:iam::\d{12}:role/[!-~]{1,576}", arn):
            raise AwsError("ValidationError", f"{arn} is invalid")
        if credential.principal.endswith(":root"):
            raise AwsError("AccessDenied", "Roles may not be assumed by root accounts.", 403)
        seconds = _seconds(parameters, 3600, 900, 43200)
        self._check_trust(credential, call, arn, external_id)
        role = self._directory.role(arn)
        assert role is not None
        if credential.kind is Kind.ROLE and seconds > _CHAINED_LIMIT:
            text = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
            raise AwsError("ValidationError", text)
        if seconds > int(role.max_session_duration or 3600):
            text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
            raise AwsError("ValidationError", text)
        policy = parameters.get("Policy", "")
        if policy:
            try:
                json.loads(policy)
            except ValueError as error:
                raise AwsError("MalformedPolicyDocument", "This policy contains invalid Json") from error
        account = arn.split(":")[4]
        made = self._directory.session(
            Kind.ROLE,
            account,
            arn=f"arn:aws:sts::{account}:assumed-role/{role.name}/{session}",
            principal=arn,
            name=role.name,
            identifier=f"{role.id}:{session}",
            seconds=seconds,
            policy=policy,
        )
        assumed = f"<Arn>{escape(made.arn)}</Arn><AssumedRoleId>{made.identifier}</AssumedRoleId>"
        return _answer(call.operation, f"{_credentials(made)}<AssumedRoleUser>{assumed}</AssumedRoleUser>")

    def _check_trust(self, credential: Credential, call: Call, arn: str, external_id: str | None) -> None:
        """Refuse in the same words whether the role is missing, distrusts the caller or the caller may not ask."""
        text = f"User: {credential.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        refused = AwsError("AccessDenied", text, 403)
        role = self._directory.role(arn)
        if role is None:
            raise refused
        document = role.assume_role_policy_document
        document = json.loads(document) if isinstance(document, str) else document
        context = dict(request_context(credential, call, {}, self._directory))
        context["sts:RoleSessionName"] = call.parameters.get("RoleSessionName", "")
        if external_id is not None:
            context["sts:ExternalId"] = external_id
        trust = evaluate_trust(
            document, credential.caller, context, ignore_external_id=self._settings.ignore_external_ids
        )
        if not trust.allowed:
            raise refused
        same_account = arn.split(":")[4] == credential.account
        if self._settings.enforce_identity_policies and not (same_account and trust.directly):
            decision = decide(self._directory, credential, Call("sts", call.region, "AssumeRole", call.parameters, arn))
            if not decision.allowed:
                raise denial(credential, Call("sts", call.region, "AssumeRole", {}, arn), decision)

    def _get_session_token(self, credential: Credential, call: Call) -> Reply:
        code = call.parameters.get("TokenCode")
        serial = call.parameters.get("SerialNumber")
        if (serial or code) and not (serial and re.fullmatch(r"\d{6}", code or "") and code != "000000"):
            text = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
            raise AwsError("AccessDenied", text, 403)
        made = self.user_session(credential, _seconds(call.parameters, 43200, 900, 129600), mfa=serial is not None)
        return _answer(call.operation, _credentials(made))

    def user_session(self, credential: Credential, seconds: float, *, mfa: bool) -> Credential:
        """Make a session that acts as the user of `credential`."""
        return self._directory.session(
            Kind.USER_SESSION,
            credential.account,
            arn=credential.arn,
            principal=credential.principal,
            name=credential.name,
            identifier=credential.identifier,
            base_key=credential.base_key,
            seconds=seconds,
            mfa=mfa,
        )

    def _get_federation_token(self, credential: Credential, call: Call) -> Reply:
        name = call.parameters.get("Name", "")
        if not re.fullmatch(r"[\w+=,.@-]{2,32}", name, re.ASCII):
            raise _invalid("name", name, r"Member must satisfy regular expression pattern: [\w+=,.@-]*")
        policy = call.parameters.get("Policy") or '{"Statement": []}'
        made = self._directory.session(
            Kind.FEDERATED,
            credential.account,
            arn=f"arn:aws:sts::{credential.account}:federated-user/{name}",
            principal=credential.principal,
            name=credential.name,
            identifier=f"{credential.account}:{name}",
            base_key=credential.base_key,
            seconds=_seconds(call.parameters, 43200, 900, 129600),
            policy=policy,
        )
        user = f"<Arn>{escape(made.arn)}</Arn><FederatedUserId>{made.identifier}</FederatedUserId>"
        return _answer(call.operation, f"{_credentials(made)}<FederatedUser>{user}</FederatedUser>")
