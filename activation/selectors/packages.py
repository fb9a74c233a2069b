"""Configuration packages as pages show them: the list, one of them, and what the key of a run needs."""

import json
from typing import Any

from django.db.models import Q, QuerySet

from activation.aws.iam_rights import APPLY_ACTIONS, caller_policy, hour_key_commands, long_term_key_commands
from activation.domain.package_inputs import Inputs, Variable
from activation.models import Activation, PackageVersion, Run, Workspace

# Stands where the account's number is not known yet; people replace it in what they copied.
ACCOUNT_UNKNOWN = "YOUR_ACCOUNT_ID"


def package_list() -> QuerySet[PackageVersion]:
    """Return all packages, the newest first."""
    return PackageVersion.objects.defer("archive").order_by("-added_at")


def find_package(sha256: str) -> PackageVersion | None:
    """Return the package whose content has this SHA-256."""
    return PackageVersion.objects.defer("archive").filter(sha256=sha256).first()


def inputs_of(package: PackageVersion | None) -> Inputs:
    """Return what a person is asked for where a package is run here; nothing where there is none."""
    listed = package.description.get("variables", ()) if package else ()
    return Inputs.of(Variable(**variable) for variable in listed)


def earlier_inputs(activation: Activation, package: PackageVersion | None) -> dict[str, Any]:
    """Return what the latest run of a package was given by people, for this activation or its AWS account."""
    same = Q(activation=activation)
    if activation.cloud_account_id is not None:
        same |= Q(workspace__cloud_account=activation.cloud_account_id)
    runs = Run.objects.filter(same, package=package, workspace__kind=Workspace.IAM) if package else Run.objects.none()
    return dict(runs.order_by("-created_at").values_list("inputs", flat=True).first() or {})


def rights_of_key(activation: Activation, package: PackageVersion | None) -> dict[str, Any]:
    """Return what the key of step 2 needs to be allowed in the activation's account, and the ways to make one."""
    account = activation.cloud_account
    account_id, partition = (account.account_id, account.partition) if account else (ACCOUNT_UNKNOWN, "aws")
    described = package.description if package else {}
    named = {action for actions in described.get("caller_actions", {}).values() for action in actions}
    policy = caller_policy(
        account_id,
        (described.get("paths") or ["/zilliz/"])[0],
        partition,
        bounded=bool(described.get("boundary", True)),
        actions=named or APPLY_ACTIONS,
    )
    needs_long_term_key = inputs_of(package).needs_long_term_key
    recipes = long_term_key_commands if needs_long_term_key else hour_key_commands
    return {
        "account_id": account.account_id if account else "",
        "caller_policy": json.dumps(policy, indent=2),
        "needs_long_term_key": needs_long_term_key,
        "recipes": recipes(account_id, partition),
        "findings": described.get("findings", []),
    }
