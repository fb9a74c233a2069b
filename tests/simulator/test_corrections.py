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
