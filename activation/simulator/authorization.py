"""Whether a caller may make a call: the limits of its kind of key, then its policies, in AWS's words."""

from collections.abc import Mapping
from datetime import UTC, datetime

from activation.simulator.calls import Call
from activation.simulator.conditions import Context
from activation.simulator.directory import Credential, Directory, Kind, NoSuchPrincipal, Rights
from activation.simulator.policy import Decision, Limit, Policy, Verdict, evaluate
from activation.simulator.replies import XML_QUERY_SERVICES, AwsError

# GetCallerIdentity needs no permission and cannot be denied (STS API Reference).
_FREE = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken"})
_INVALID_TOKEN = AwsError("InvalidClientTokenId", "The security token included in the request is invalid", 403)


def check_kind(credential: Credential, call: Call) -> None:
    """Refuse what AWS forbids a kind of temporary credentials, whatever its policies say.

    Source: IAM User Guide, *Compare AWS STS credentials*. Raises AwsError.
    """
    if credential.kind is Kind.USER_SESSION:
        if call.service == "iam" and not credential.mfa:
            raise _INVALID_TOKEN
        if call.service == "sts" and call.operation not in ("AssumeRole", "GetCallerIdentity"):
            raise AwsError("AccessDenied", f"Cannot call {call.operation} with session credentials", 403)
    if credential.kind is Kind.FEDERATED:
        if call.service == "iam":
            raise _INVALID_TOKEN
        if call.service == "sts" and call.operation != "GetCallerIdentity":
            raise AwsError("AccessDenied", f"Cannot call {call.operation} with federated user credentials", 403)
    if credential.kind is Kind.ROLE and call.action in ("sts:GetSessionToken", "sts:GetFederationToken"):
        raise AwsError("AccessDenied", f"Cannot call {call.operation} with session credentials", 403)


def _members(parameters: Mapping[str, str], prefix: str, part: str) -> dict[int, str]:
    """Return `prefix.N.part` of a query as {N: value}."""
    found = {}
    for name, value in parameters.items():
        if name.startswith(prefix + ".") and name.endswith("." + part):
            number = name[len(prefix) + 1 : -len(part) - 1]
            if number.isdigit():
                found[int(number)] = value
    return found


def request_context(credential: Credential, call: Call, tags: Mapping[str, str], directory: Directory) -> Context:
    """Return the condition keys that are known of a call."""
    context: dict[str, str | list[str]] = {
        "aws:PrincipalArn": credential.principal,
        "aws:PrincipalAccount": credential.account,
        "aws:PrincipalType": "AssumedRole" if credential.kind is Kind.ROLE else "User",
        "aws:userid": credential.identifier,
        "aws:RequestedRegion": call.region,
        "aws:SourceIp": "127.0.0.1",
        # The loopback stands for AWS's own TLS endpoints.
        "aws:SecureTransport": "true",
        "aws:CurrentTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(datetime.now(UTC).timestamp())),
    }
    if credential.kind in (Kind.USER, Kind.USER_SESSION):
        context["aws:username"] = credential.name
    if credential.kind is not Kind.USER:
        context["aws:MultiFactorAuthPresent"] = "true" if credential.mfa else "false"
    for key, value in tags.items():
        context[f"aws:PrincipalTag/{key}"] = value
    prefixes = ["Tags.member"] if call.service in ("iam", "sts") else [f"TagSpecification.{n}.Tag" for n in range(1, 6)]
    keys: list[str] = []
    for prefix in prefixes:
        values = _members(call.parameters, prefix, "Value")
        for number, key in _members(call.parameters, prefix, "Key").items():
            keys.append(key)
            context[f"aws:RequestTag/{key}"] = values.get(number, "")
    if keys:
        context["aws:TagKeys"] = keys
    if call.service == "iam":
        _iam_context(context, call, directory)
    return context


def _iam_context(context: dict[str, str | list[str]], call: Call, directory: Directory) -> None:
    if "PermissionsBoundary" in call.parameters:
        context["iam:PermissionsBoundary"] = call.parameters["PermissionsBoundary"]
    if "PolicyArn" in call.parameters:
        context["iam:PolicyARN"] = call.parameters["PolicyArn"]
    if "AWSServiceName" in call.parameters:
        context["iam:AWSServiceName"] = call.parameters["AWSServiceName"]
    if call.operation == "PassRole":
        context["iam:PassedToService"] = call.parameters["PassedToService"]
    for key, value in directory.tags(call.resource or "").items():
        context[f"aws:ResourceTag/{key}"] = value
        context[f"iam:ResourceTag/{key}"] = value
    role = directory.role(call.resource or "")
    if role is not None and role.permissions_boundary_arn and call.operation != "CreateRole":
        context.setdefault("iam:PermissionsBoundary", role.permissions_boundary_arn)


def decide(directory: Directory, credential: Credential, call: Call) -> Decision:
    """Evaluate the caller's policies for a call. IAM and STS strictly; of other services the action's name and what
    else is known of the request, where a condition on anything unknown is given the benefit of the doubt."""
    if credential.principal.endswith(":root") or call.action in _FREE:
        return Decision(Verdict.ALLOWED)
    try:
        rights = directory.rights(credential.principal)
    except NoSuchPrincipal:
        rights = Rights([], None, {})
    strict = call.service in ("iam", "sts")
    session = [Policy.from_json("session", credential.policy)] if credential.policy else []
    return evaluate(
        rights.policies,
        rights.boundary,
        call.permission,
        (call.resource or "*") if strict else call.resource,
        request_context(credential, call, rights.tags, directory),
        session_policies=session,
        lenient=not strict,
    )


# Before it makes a node group, EKS looks for its own role with the caller's rights, and makes it where it is absent.
_NODE_GROUP_ROLE = "AWSServiceRoleForAmazonEKSNodegroup"
_NODE_GROUP_SERVICE = "eks-nodegroup.amazonaws.com"


def check_service_role(directory: Directory, credential: Credential, call: Call) -> None:
    """Refuse a node group where its maker may not look for EKS's own role, or not have it made; raises AwsError.

    Of a role that does not exist IAM knows no path. Words as EKS says them in public reports.
    """
    if call.action != "eks:CreateNodegroup":
        return
    plain = f"arn:aws:iam::{credential.account}:role/{_NODE_GROUP_ROLE}"
    known = directory.exact_arn(plain, credential.account)
    if not decide(directory, credential, Call("iam", call.region, "GetRole", {}, known)).allowed:
        text = (
            f"Failed to validate if SLR: {_NODE_GROUP_ROLE} already exists due to missing permissions for 'iam:GetRole'"
        )
        raise AwsError("InvalidRequestException", text)
    if known != plain:
        return
    with_path = f"arn:aws:iam::{credential.account}:role/aws-service-role/{_NODE_GROUP_SERVICE}/{_NODE_GROUP_ROLE}"
    asked = {"AWSServiceName": _NODE_GROUP_SERVICE}
    if not decide(directory, credential, Call("iam", call.region, "CreateServiceLinkedRole", asked, with_path)).allowed:
        text = (
            f"Failed to create service linked role: {_NODE_GROUP_ROLE} due to missing permissions for "
            "'iam:CreateServiceLinkedRole'"
        )
        raise AwsError("InvalidRequestException", text)


def denial(credential: Credential, call: Call, decision: Decision) -> AwsError:
    """Return AWS's refusal, which names who wanted what of which resource and why not."""
    action = call.permission
    limit = decision.limit or Limit.IDENTITY
    resource = call.resource or "*"
    if call.service == "s3" and resource != "*":
        resource = f'"{resource}"'
    if decision.outcome is Verdict.EXPLICIT_DENY:
        article = "an" if limit is Limit.IDENTITY else "a"
        reason = f"with an explicit deny in {article} {limit.value}"
    else:
        reason = f"because no {limit.value} allows the {action} action"
    text = f"User: {credential.arn} is not authorized to perform: {action} on resource: {resource} {reason}"
    if call.service == "ec2":
        return AwsError("UnauthorizedOperation", f"You are not authorized to perform this operation. {text}", 403)
    if call.service == "s3" or call.service in XML_QUERY_SERVICES:
        return AwsError("AccessDenied", text, 403)
    return AwsError("AccessDeniedException", text, 403)
