"""What can be seen of a data plane from outside, once Terraform says that it stands: AWS is asked, not the state.

Reads only. The management role may read cluster, node groups and bucket; the trust policies of the data plane's own
roles are readable to the bootstrap role alone, which a customer may remove later. What may not be read is *not
checked*: never taken for right, and never for wrong.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from activation.aws.errors import may_pass
from activation.aws.sessions import Session
from activation.domain import policy_document
from activation.domain.checks import Check, CheckState, Report
from activation.domain.errors import Problem, Refused
from activation.domain.policy_document import PolicyDocument, Statement
from activation.domain.service_accounts import SUBJECTS, lint

_CLUSTER_PAGE: Final = "https://docs.aws.amazon.com/eks/latest/userguide/troubleshooting.html"
_NODES_PAGE: Final = "https://docs.aws.amazon.com/eks/latest/userguide/troubleshooting.html"
_BUCKET_PAGE: Final = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html"
_ROLES_PAGE: Final = "https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html"

# EKS and S3 have words of their own for what does not exist.
_ABSENT: Final = frozenset({"ResourceNotFoundException", "NoSuchBucket"})
_UNSET: Final = frozenset(
    {
        "ServerSideEncryptionConfigurationNotFoundError",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchBucketPolicy",
        "OwnershipControlsNotFoundError",
    }
)
# A cluster or node group that takes a change goes on working.
_WORKING: Final = frozenset({"ACTIVE", "UPDATING"})
_ROLE_TITLES: Final = {
    "aws-lb-irsa": "Role of the load balancer controller",
    "ca-irsa": "Role of the cluster autoscaler",
    "ebs-csi-irsa": "Role of the EBS CSI driver",
    "business-irsa": "Role of the database's service accounts",
}
# How the codes of those lines begin.
ROLE_LINES: Final = "role_"
_RESUME: Final = "Resume the activation: Terraform compares and puts it right."


@dataclass(frozen=True)
class Seen(Report):
    """What was seen; `passing` are the codes of lines that were not, for a reason that may pass by itself."""

    passing: frozenset[str] = frozenset()


def look(
    aws: Session, *, cluster: str, node_groups: tuple[str, ...], bucket: str, roles: Session | None = None
) -> Seen:
    """Look at the cluster, its node groups, the bucket and the roles of service accounts, from outside.

    `aws` is a session of the management role in the region; `roles` one that may read the data plane's roles (the
    bootstrap role's), without which those lines are asked for with `aws`. Raises nothing for what AWS answers.
    """
    found = _Looker(aws, roles or aws, cluster, bucket)
    lines = (*found.cluster_lines(), *map(found.node_group, node_groups), *found.bucket_lines(), *found.roles())
    return Seen(lines, frozenset(found.passing))


class _Looker:
    def __init__(self, aws: Session, role_reader: Session, cluster: str, bucket: str) -> None:
        self.aws = aws
        self.role_reader = role_reader
        self.cluster = cluster
        self.bucket = bucket
        # What EKS says of the cluster; empty where it could not be read.
        self.seen: Mapping[str, Any] = {}
        self.passing: set[str] = set()

    def unread(self, code: str, title: str, problem: Problem, page: str) -> Check:
        """Say of what could not be read that it is not there, or that it was not checked."""
        if may_pass(problem):
            self.passing.add(code)
        return _unread(code, title, problem, page)

    # --- EKS

    def cluster_lines(self) -> tuple[Check, ...]:
        """Say whether the cluster works, and whether its API stays inside the network."""
        title, inside = f"Cluster {self.cluster}", "Kubernetes API inside the network only"
        try:
            self.seen = self.aws.ask("eks", "describe_cluster", name=self.cluster)["cluster"]
        except Problem as problem:
            whether = Check("cluster_endpoint", inside, CheckState.NOT_CHECKED, "The cluster could not be read.")
            if may_pass(problem):
                self.passing.add(whether.code)
            return self.unread("cluster", title, problem, _CLUSTER_PAGE), whether
        return judge("cluster", title, self.seen, _CLUSTER_PAGE), judge_endpoint(inside, self.seen)

    def node_group(self, name: str) -> Check:
        """Say whether a node group works."""
        title = f"Node group {name}"
        try:
            answer = self.aws.ask("eks", "describe_nodegroup", clusterName=self.cluster, nodegroupName=name)
        except Problem as problem:
            return self.unread(f"node_group_{name}", title, problem, _NODES_PAGE)
        return judge(f"node_group_{name}", title, answer["nodegroup"], _NODES_PAGE)

    # --- S3

    def bucket_lines(self) -> tuple[Check, ...]:
        """Say whether the bucket is encrypted, private, owned and reached by TLS alone."""
        return (
            self._bucket("encryption", "Bucket encrypted", "get_bucket_encryption", judge_encryption),
            self._bucket("public_access", "Bucket not public", "get_public_access_block", judge_public_access),
            self._bucket("ownership", "Bucket owned by your account", "get_bucket_ownership_controls", judge_ownership),
            self._bucket("tls", "Bucket reached only by TLS", "get_bucket_policy", self._judge_policy),
        )

    def _bucket(self, code: str, title: str, operation: str, right: Callable[[Mapping[str, Any]], str]) -> Check:
        """Ask for one setting; `right` returns what is wrong with the answer, nothing where it is right."""
        try:
            wrong = right(self.aws.ask("s3", operation, Bucket=self.bucket))
        except Problem as problem:
            if problem.values.get("aws_code") not in _UNSET:
                return self.unread(f"bucket_{code}", title, problem, _BUCKET_PAGE)
            wrong = "This setting was never made."
        if wrong:
            return Check(f"bucket_{code}", title, CheckState.FAILED, f"{self.bucket}: {wrong}", _RESUME, _BUCKET_PAGE)
        return Check(f"bucket_{code}", title, CheckState.PASSED, self.bucket)

    def _judge_policy(self, answer: Mapping[str, Any]) -> str:
        try:
            document = policy_document.read(str(answer["Policy"]))
        except Refused as refused:
            return refused.text
        return "" if demands_tls(document, self.bucket) else "Its policy allows requests without TLS."

    # --- IAM

    def roles(self) -> tuple[Check, ...]:
        """Say of each role of service accounts whom it lets in."""
        return tuple(self._role(end, title) for end, title in _ROLE_TITLES.items())

    def _role(self, end: str, title: str) -> Check:
        code, name = f"{ROLE_LINES}{end.replace('-', '_')}", f"{self.cluster}-{end}"
        issuer = str(self.seen.get("identity", {}).get("oidc", {}).get("issuer", "")).removeprefix("https://")
        if not issuer:
            if "cluster" in self.passing:
                self.passing.add(code)
            return Check(code, title, CheckState.NOT_CHECKED, "The cluster's identity provider is not known.")
        try:
            role = self.role_reader.ask("iam", "get_role", RoleName=name)["Role"]
        except Problem as problem:
            if problem.code == "aws_denied":
                why = f"The role that the portal uses for checks cannot read {name} ({problem.values['action']})."
                return Check(code, title, CheckState.NOT_CHECKED, why, "Check its trust policy in the IAM console.")
            return self.unread(code, title, problem, _ROLES_PAGE)
        # arn:aws:eks:us-west-2:123456789012:cluster/zilliz-byoc-…
        _, partition, _, _, account, *_ = str(self.seen["arn"]).split(":")
        provider = f"arn:{partition}:iam::{account}:oidc-provider/{issuer}"
        document = role.get("AssumeRolePolicyDocument") or ""
        wrong = lint(document, provider=provider, issuer=issuer, subjects=SUBJECTS[end])
        if wrong:
            detail = f"{name} trusts others than its service accounts."
            return Check(code, title, CheckState.FAILED, detail, _RESUME, _ROLES_PAGE, wrong)
        return Check(code, title, CheckState.PASSED, f"{name} trusts only its service accounts of this cluster.")


def judge(code: str, title: str, seen: Mapping[str, Any], page: str) -> Check:
    """Judge what EKS says of a cluster or a node group: its status and its health."""
    status = str(seen.get("status", "unknown"))
    issues = tuple(_issue(each) for each in (seen.get("health") or {}).get("issues") or ())
    if status not in _WORKING:
        detail, remedy = f"EKS says {status}.", "Wait until EKS has finished, then resume the activation."
        if status.endswith("FAILED") or status == "DEGRADED":
            remedy = "Fix what EKS reports, then resume the activation."
        return Check(code, title, CheckState.FAILED, detail, remedy, page, issues)
    if issues:
        count = f"{len(issues)} health issue{'' if len(issues) == 1 else 's'}"
        return Check(code, title, CheckState.FAILED, f"{status}, with {count}.", "Fix what EKS reports.", page, issues)
    if status == "UPDATING":
        return Check(code, title, CheckState.WARNING, "It works and is being changed.")
    return Check(code, title, CheckState.PASSED, "Active, without health issues.")


def _issue(issue: Mapping[str, Any]) -> str:
    """Return a health issue of EKS as a line; its text is AWS's own and names no secret."""
    text = str(issue.get("message", ""))[:300]
    return f"{issue.get('code', 'Unknown')}: {text}" if text else str(issue.get("code", "Unknown"))


def judge_endpoint(title: str, seen: Mapping[str, Any]) -> Check:
    """Judge whether the cluster's API answers inside the VPC only."""
    network = seen.get("resourcesVpcConfig") or {}
    private, public = bool(network.get("endpointPrivateAccess")), bool(network.get("endpointPublicAccess"))
    if private and not public:
        return Check("cluster_endpoint", title, CheckState.PASSED, "It answers only inside the VPC.")
    detail = "It also answers on the internet." if public else "It answers neither inside the VPC nor outside."
    return Check("cluster_endpoint", title, CheckState.WARNING, detail, _RESUME, _CLUSTER_PAGE)


def judge_encryption(answer: Mapping[str, Any]) -> str:
    """Return what is wrong with a bucket's encryption."""
    rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", ())
    kinds = [each.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", "") for each in rules]
    return "" if any(kind == "AES256" or kind.startswith("aws:kms") for kind in kinds) else "Objects are not encrypted."


def judge_public_access(answer: Mapping[str, Any]) -> str:
    """Return which ways to make something public are open."""
    blocks = answer.get("PublicAccessBlockConfiguration", {})
    wanted = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    off = [name for name in wanted if blocks.get(name) is not True]
    return f"Turned off: {', '.join(off)}." if off else ""


def judge_ownership(answer: Mapping[str, Any]) -> str:
    """Return what is wrong with whose the objects are."""
    rules = answer.get("OwnershipControls", {}).get("Rules", ())
    owners = [str(each.get("ObjectOwnership", "")) for each in rules]
    return "" if owners == ["BucketOwnerEnforced"] else "Access control lists are in use: objects may belong to others."


def demands_tls(document: PolicyDocument, bucket: str) -> bool:
    """Return whether some statement denies everybody everything in the bucket without TLS."""
    return any(_denies_plain(statement, bucket) for statement in document.statements)


def _denies_plain(statement: Statement, bucket: str) -> bool:
    everything = {"*", "s3:*"} & set(statement.actions)
    everybody = any(each.value == "*" and each.kind in ("*", "AWS") for each in statement.principals)
    ends = [resource.partition(":::")[2] for resource in statement.resources]
    covered = "*" in statement.resources or {bucket, f"{bucket}/*"} <= set(ends) or f"{bucket}*" in ends
    conditions = [(each.operator, each.key.lower(), each.values) for each in statement.conditions]
    plain = conditions == [("Bool", "aws:securetransport", ("false",))]
    return statement.effect == "Deny" and bool(everything) and everybody and covered and plain


def _unread(code: str, title: str, problem: Problem, page: str) -> Check:
    """Say of what could not be read that it is not there, or that it was not checked."""
    if problem.code == "aws_absent" or problem.values.get("aws_code") in _ABSENT:
        return Check(code, title, CheckState.FAILED, "It does not exist.", _RESUME, page)
    denied = problem.code == "aws_denied"
    why = f"The management role is not allowed to call {problem.values['action']}." if denied else problem.text
    return Check(code, title, CheckState.NOT_CHECKED, why, "Check it in the AWS console, or check again here.", page)
