"""Where moto differs from AWS, and Terraform would notice."""

from collections.abc import Callable
from typing import Any

Connect = Callable[..., Any]
ROLE = "arn:aws:iam::222233334444:role/nodes"


def test_every_cluster_has_its_own_identity(connect: Connect, identities: dict[str, Any]) -> None:
    eks = connect("eks", identities["customer"]["administrator"])
    first, second = (
        eks.create_cluster(name=name, roleArn=ROLE, resourcesVpcConfig={"subnetIds": []})["cluster"]
        for name in ("identity-1", "identity-2")
    )
    assert first["endpoint"] != second["endpoint"]
    assert first["identity"]["oidc"]["issuer"] != second["identity"]["oidc"]["issuer"]
    assert first["version"] == "1.33"


def test_node_group_has_no_remote_access_unless_asked_for(connect: Connect, identities: dict[str, Any]) -> None:
    eks = connect("eks", identities["customer"]["administrator"])
    eks.create_cluster(name="nodes", roleArn=ROLE, resourcesVpcConfig={"subnetIds": []})
    asked = {"clusterName": "nodes", "subnets": ["subnet-1"], "nodeRole": ROLE}
    eks.create_nodegroup(**asked, nodegroupName="plain")
    assert not eks.describe_nodegroup(clusterName="nodes", nodegroupName="plain")["nodegroup"].get("remoteAccess")
    eks.create_nodegroup(**asked, nodegroupName="reachable", remoteAccess={"ec2SshKey": "key"})
    found = eks.describe_nodegroup(clusterName="nodes", nodegroupName="reachable")["nodegroup"]
    assert found["remoteAccess"] == {"ec2SshKey": "key"}


def test_launch_template_keeps_its_tags_to_itself(connect: Connect, identities: dict[str, Any]) -> None:
    ec2 = connect("ec2", identities["customer"]["administrator"])
    tags = [{"Key": "Vendor", "Value": "zilliz"}]
    made = ec2.create_launch_template(
        LaunchTemplateName="tagged",
        LaunchTemplateData={"TagSpecifications": [{"ResourceType": "instance", "Tags": tags}]},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": tags}],
    )["LaunchTemplate"]
    assert made["Tags"] == tags
    version = ec2.describe_launch_template_versions(LaunchTemplateName="tagged")["LaunchTemplateVersions"][0]
    given = version["LaunchTemplateData"]["TagSpecifications"]
    assert [one["ResourceType"] for one in given] == ["instance"]


def test_a_node_group_has_the_instances_that_it_desires_and_takes_them_with_it(
    connect: Connect, identities: dict[str, Any]
) -> None:
    eks, ec2 = (connect(service, identities["customer"]["administrator"]) for service in ("eks", "ec2"))
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.77.{number}.0/24")["Subnet"]["SubnetId"] for number in range(2)
    ]
    eks.create_cluster(name="counted", roleArn=ROLE, resourcesVpcConfig={"subnetIds": subnets})
    group = {"clusterName": "counted", "nodegroupName": "core"}
    size = {"minSize": 1, "maxSize": 5, "desiredSize": 3}
    eks.create_nodegroup(**group, subnets=subnets, nodeRole=ROLE, instanceTypes=["m6i.2xlarge"], scalingConfig=size)
    of_cluster = [{"Name": "tag:eks:cluster-name", "Values": ["counted"]}]

    def states() -> list[str]:
        found = ec2.describe_instances(Filters=of_cluster)["Reservations"]
        return sorted(each["State"]["Name"] for one in found for each in one["Instances"])

    (first, *_) = ec2.describe_instances(Filters=of_cluster)["Reservations"][0]["Instances"]
    assert first["InstanceType"] == "m6i.2xlarge"
    assert {"Key": "kubernetes.io/cluster/counted", "Value": "owned"} in first["Tags"]
    assert states() == ["running"] * 3
    eks.delete_nodegroup(**group)
    assert states() == ["terminated"] * 3
    for subnet in subnets:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)
