"""The package that builds a region: the values of its variables, and what its plan may do."""

from typing import Any

from django.conf import settings

from activation.aws.quotas import RegionReport
from activation.domain.adoption import ACTIVATION_TAG, Found
from activation.domain.errors import Faulted
from activation.domain.guard import Rules, Verdict
from activation.domain.guard_region import RegionRules, RoleTrust, inspect_region
from activation.domain.plan import PlanReview
from activation.models import PackageVersion, Run
from activation.services.packages import IAM_PATH, REGION_PACKAGE, ensure_bundled, only_declared

ATTACHMENT = "aws_iam_role_policy_attachment."
BOUNDARY = "permission_boundary_policy_arn"


def bundled_package() -> PackageVersion:
    """Return the package of this version of the portal: no other one builds regions."""
    return ensure_bundled(REGION_PACKAGE)


def variables_for(run: Run) -> dict[str, Any]:
    """Return the values of the package's variables; raises Faulted("region_not_chosen") before step 3 is done."""
    activation, account = run.activation, run.workspace.cloud_account
    setup = getattr(activation, "setup", None)
    if setup is None or not setup.vpc_cidr or not account.arns:
        raise Faulted("region_not_chosen")
    values: dict[str, Any] = {
        "aws_region": run.region,
        "name": activation.resource_name,
        "vpc_cidr": setup.vpc_cidr,
        "availability_zones": list(RegionReport.from_json(setup.room).zones) if setup.room else [],
        "iam_path": iam_path(account.arns),
        "allowed_account_ids": [account.account_id],
        "activation_tags": {ACTIVATION_TAG: activation.tag},
        "install_addons": settings.REGION_ADDONS,
        # A server that stands in for AWS has one name for all buckets.
        "s3_use_path_style": bool(settings.AWS_ENDPOINT_URL),
        **{name: arn for name, arn in account.arns.items() if name.endswith("_policy_arn")},
    }
    return only_declared(run.package, values)


def iam_path(arns: dict[str, str]) -> str:
    """Return the path under which step 2 made its roles: the region's own stand beside them."""
    found = IAM_PATH.search(arns["bootstrap_role_arn"])
    return found[1] if found else "/"


def judge(run: Run, review: PlanReview) -> Verdict:
    """Let the safety check judge a region's plan; raises Faulted as `variables_for` does."""
    values, described = variables_for(run), run.package.description
    found = Found.from_json(run.found_again)
    rules = Rules(
        resource_types=frozenset(described["resource_types"]),
        vendor_principal_arn="",
        external_id="",
        account=run.workspace.cloud_account.account_id,
        paths=frozenset({values["iam_path"]}),
        name_prefixes=(values["name"],),
        addresses=frozenset(described["addresses"]),
        retry=run.retry_of_id is not None,
        replaceable=frozenset(found.replaceable),
        importable=frozenset((each.address, each.id) for each in found.imports),
    )
    return inspect_region(
        review,
        rules,
        RegionRules(
            trusts={address: role_trust(said) for address, said in described["trusts"].items()},
            attachments=attachments(run, values),
            boundary_arn=values[BOUNDARY],
            vpc_cidr=values["vpc_cidr"],
        ),
    )


def role_trust(said: dict[str, Any]) -> RoleTrust:
    """Return whom the manifest says that a role trusts."""
    return RoleTrust(str(said.get("service", "")), frozenset(said.get("service_accounts", ())))


def attachments(run: Run, values: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return the role and the policy of each attachment, as the manifest has them, by address."""
    words = {"{name}": values["name"], "{partition}": run.workspace.cloud_account.partition}
    words |= {f"{{var.{name}}}": value for name, value in values.items() if isinstance(value, str)}
    found = {}
    for address, said in run.package.description["resources"].items():
        if address.startswith(ATTACHMENT):
            written = said["import"]
            for word, value in words.items():
                written = written.replace(word, value)
            role, _, policy = written.partition("/")
            found[address] = (role, policy)
    return found
