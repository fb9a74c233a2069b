"""SimulatePrincipalPolicy and SimulateCustomPolicy, which moto lacks.

Source: IAM API Reference, *SimulatePrincipalPolicy*. Trust policies are not looked at, as in AWS.
"""

from collections.abc import Mapping
from xml.sax.saxutils import escape

from activation.simulator.calls import Call
from activation.simulator.directory import Directory, NoSuchPrincipal, Rights
from activation.simulator.policy import Decision, Limit, Policy, evaluate
from activation.simulator.replies import IAM_NAMESPACE, AwsError, Reply, request_id, xml_reply

OPERATIONS = frozenset({"SimulatePrincipalPolicy", "SimulateCustomPolicy"})


def _list(parameters: Mapping[str, str], prefix: str) -> list[str]:
    found = []
    number = 1
    while (value := parameters.get(f"{prefix}.member.{number}")) is not None:
        found.append(value)
        number += 1
    return found


def _context(parameters: Mapping[str, str]) -> dict[str, list[str]]:
    context = {}
    number = 1
    while (name := parameters.get(f"ContextEntries.member.{number}.ContextKeyName")) is not None:
        context[name] = _list(parameters, f"ContextEntries.member.{number}.ContextKeyValues")
        number += 1
    return context


def _given(parameters: Mapping[str, str], prefix: str) -> list[Policy]:
    try:
        return [Policy.from_json(f"{prefix}.{i}", text) for i, text in enumerate(_list(parameters, prefix), 1)]
    except ValueError as error:
        raise AwsError("InvalidInput", f"Invalid Input in {prefix}: syntax error in the policy") from error


def _kind(name: str) -> str:
    return (
        "IAM Policy" if not name.startswith("arn:") else "User Managed" if ":aws:policy/" not in name else "AWS Managed"
    )


def _result(action: str, resource: str, decision: Decision, *, bounded: bool) -> str:
    matched = "".join(
        f"<member><SourcePolicyId>{escape(one.policy)}</SourcePolicyId>"
        f"<SourcePolicyType>{_kind(one.policy)}</SourcePolicyType></member>"
        for one in decision.statements
    )
    missing = "".join(f"<member>{escape(key)}</member>" for key in sorted(decision.missing_keys))
    detail = ""
    if bounded:
        allowed = "false" if decision.limit is Limit.BOUNDARY else "true"
        detail = (
            f"<PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>{allowed}"
            "</AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail>"
        )
    return (
        f"<member><EvalActionName>{escape(action)}</EvalActionName><EvalResourceName>{escape(resource)}"
        f"</EvalResourceName><EvalDecision>{decision.outcome.value}</EvalDecision>"
        f"<MatchedStatements>{matched}</MatchedStatements><MissingContextValues>{missing}</MissingContextValues>"
        f"{detail}</member>"
    )


def simulate(directory: Directory, call: Call, account: str) -> Reply:
    """Answer a simulation. Raises AwsError as IAM does for a source that is no user, group or role."""
    parameters = call.parameters
    rights = Rights([], None, {})
    if call.operation == "SimulatePrincipalPolicy":
        source = parameters.get("PolicySourceArn", "")
        parts = source.split(":", 5)
        if len(parts) != 6 or parts[2] != "iam" or parts[5].partition("/")[0] not in ("user", "role", "group"):
            text = f"Invalid Entity Arn: {source} does not clearly define entity type and name."
            raise AwsError("InvalidInput", text)
        try:
            if parts[4] != account:
                raise NoSuchPrincipal(source)
            rights = directory.rights(source)
        except NoSuchPrincipal as error:
            raise AwsError("NoSuchEntity", f"The entity with arn {source} cannot be found.", 404) from error
    policies = [*rights.policies, *_given(parameters, "PolicyInputList")]
    given_boundary = _given(parameters, "PermissionsBoundaryPolicyInputList")
    boundary = given_boundary[0] if given_boundary else rights.boundary
    context = _context(parameters)
    results = [
        _result(action, resource, evaluate(policies, boundary, action, resource, context), bounded=boundary is not None)
        for action in _list(parameters, "ActionNames")
        for resource in _list(parameters, "ResourceArns") or ["*"]
    ]
    operation = call.operation
    return xml_reply(
        200,
        f'<{operation}Response xmlns="{IAM_NAMESPACE}"><{operation}Result><IsTruncated>false</IsTruncated>'
        f"<EvaluationResults>{''.join(results)}</EvaluationResults></{operation}Result>"
        f"<ResponseMetadata><RequestId>{request_id()}</RequestId></ResponseMetadata></{operation}Response>",
    )
