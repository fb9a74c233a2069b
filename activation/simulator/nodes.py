"""Instances of node groups, which EKS starts and moto does not: whoever counts cores finds what AWS would show."""

import itertools
from typing import Any

# EKS's own image for nodes; nobody looks it up.
IMAGE = "ami-0c5b63ec54dd3fc38"


def start_and_end_instances() -> None:
    """Have EKS start the instances of a node group in its subnets, and end them with it."""
    from moto.eks.models import EKSBackend

    create, delete = EKSBackend.create_nodegroup, EKSBackend.delete_nodegroup

    def create_nodegroup(self: EKSBackend, **given: Any) -> Any:
        made = create(self, **given)
        start(self, made)
        return made

    def delete_nodegroup(self: EKSBackend, cluster_name: str, nodegroup_name: str) -> Any:
        gone = delete(self, cluster_name, nodegroup_name)
        end(self, gone)
        return gone

    type.__setattr__(EKSBackend, "create_nodegroup", create_nodegroup)
    type.__setattr__(EKSBackend, "delete_nodegroup", delete_nodegroup)


def tags_of(group: Any) -> dict[str, str]:
    """Return the tags by which EKS marks its instances. Source: Amazon EKS User Guide, *Managed node groups*."""
    return {
        "eks:cluster-name": group.cluster_name,
        "eks:nodegroup-name": group.nodegroup_name,
        f"kubernetes.io/cluster/{group.cluster_name}": "owned",
        "aws:autoscaling:groupName": group.resources["autoScalingGroups"][0]["name"],
    }


def start(backend: Any, group: Any) -> None:
    """Start as many instances as the group desires, one subnet after the other."""
    ec2 = ec2_of(backend)
    known = {name for subnets in ec2.subnets.values() for name in subnets}
    subnets = [name for name in group.subnets if name in known]
    if not subnets:
        # moto takes a group whose subnets do not exist; nothing can stand in them.
        return
    wanted = int(group.scaling_config.get("desiredSize", group.scaling_config.get("minSize", 1)))
    for subnet in itertools.islice(itertools.cycle(subnets), wanted):
        ec2.run_instances(
            IMAGE,
            1,
            None,
            [],
            instance_type=group.instance_types[0],
            is_instance_type_default=False,
            region_name=backend.region_name,
            subnet_id=subnet,
            tags={"instance": tags_of(group)},
            lifecycle="spot" if group.capacity_type == "SPOT" else None,
        )


def end(backend: Any, group: Any) -> None:
    """Terminate the instances of a group that is deleted."""
    ec2 = ec2_of(backend)
    filters = {f"tag:{key}": [value] for key, value in tags_of(group).items()}
    found = [each.id for reservation in ec2.all_reservations(filters=filters) for each in reservation.instances]
    if found:
        ec2.terminate_instances(found)


def ec2_of(backend: Any) -> Any:
    """Return moto's EC2 of the same account and region."""
    from moto.ec2.models import ec2_backends

    return ec2_backends[backend.account_id][backend.region_name]
