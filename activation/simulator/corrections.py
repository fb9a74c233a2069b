"""Where moto 5.2 differs from AWS in a way that Terraform notices: put right once, when it is loaded."""

from collections.abc import Iterator
from typing import Any

from activation.simulator.nodes import start_and_end_instances

# What EKS takes where no version is asked for; moto's own is years out of support.
KUBERNETES_VERSION = "1.33"


class _Drawn:
    """A template that draws an identifier each time it is filled in."""

    def __init__(self, text: str, random: Any) -> None:
        self._text = text
        self._random = random

    def format(self, *, region: str) -> str:
        return self._text.format(region=region, drawn=self._random.get_random_hex(32).upper())


def correct_eks(random: Any) -> None:
    """Give each cluster its own identity, and leave out what nobody asked for. `random` is moto's generator."""
    from moto.eks import models

    # Drawn once, when moto is imported: all clusters of a process would share one address and one issuer.
    models.__dict__["ISSUER_TEMPLATE"] = _Drawn("https://oidc.eks.{region}.amazonaws.com/id/{drawn}", random)
    models.__dict__["ENDPOINT_TEMPLATE"] = _Drawn("https://{drawn}.gr7.{region}.eks.amazonaws.com", random)
    # Made up where none was asked for, which Terraform would take for a change from outside.
    models.__dict__["DEFAULT_REMOTE_ACCESS"] = None
    models.__dict__["DEFAULT_KUBERNETES_VERSION"] = KUBERNETES_VERSION
    start_and_end_instances()


def correct_tagging() -> None:
    """Let the tagging API find clusters, and only the region's own buckets. Before anything of EKS is made."""
    from moto.core.resource_tagging import TaggableResourcesMixin, TaggedResource
    from moto.eks.models import EKSBackend, eks_backends
    from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend
    from moto.s3.models import s3_backends

    class TaggedEKSBackend(TaggableResourcesMixin, EKSBackend):
        # By it moto finds what addresses a service answers.
        __module__ = EKSBackend.__module__
        SERVICE_NAMESPACE = "eks"

        def iter_tagged_resources(self) -> Iterator[TaggedResource]:
            for each in self.clusters.values():
                yield TaggedResource(each.arn, each.tags, "eks:cluster")

    eks_backends.__dict__["backend"] = TaggedEKSBackend
    find = ResourceGroupsTaggingAPIBackend._get_resources_generator

    def of_this_region(self: ResourceGroupsTaggingAPIBackend, **given: Any) -> Iterator[TaggedResource]:
        for each in find(self, **given):
            name = each.arn.removeprefix("arn:aws:s3:::")
            if name == each.arn or s3_backends[self.account_id]["aws"].buckets[name].region_name == self.region_name:
                yield each

    type.__setattr__(ResourceGroupsTaggingAPIBackend, "_get_resources_generator", of_this_region)


def correct_launch_templates() -> None:
    """Keep a launch template's own tags out of those it gives to what it launches."""
    from moto.ec2.models.launch_templates import LaunchTemplateBackend

    make = LaunchTemplateBackend.create_launch_template

    def create_launch_template(
        self: LaunchTemplateBackend,
        name: str,
        description: str,
        template_data: dict[str, Any],
        tag_spec: dict[str, Any],
    ) -> Any:
        given = template_data.pop("TagSpecifications", [])
        kept = [one for one in given if one.get("ResourceType") != "launch-template"]
        if kept:
            template_data["TagSpecifications"] = kept
        return make(self, name, description, template_data, tag_spec)

    type.__setattr__(LaunchTemplateBackend, "create_launch_template", create_launch_template)
