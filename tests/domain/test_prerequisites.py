"""What is needed beforehand, and what each resource of a package is for."""

from activation.domain.control_plane import ControlPlane
from activation.domain.package import read_package
from activation.domain.prerequisites import creations, prerequisites_for
from activation.packages import bundled


def test_the_license_is_asked_for_as_the_control_plane_has_it() -> None:
    there = [each.name for each in prerequisites_for(ControlPlane.ZILLIZ)]
    here = [each.name for each in prerequisites_for(ControlPlane.SELF)]
    assert (there[0], here[0]) == ("welcome", "license")
    assert here[1:] == there[1:]


def test_every_resource_of_the_bundled_package_has_a_purpose() -> None:
    listed = creations(read_package(bundled("terraform-aws-iam")).addresses)

    assert [each.kind for each in listed] == ["Role"] * 2 + ["Policy"] * 7 + ["Attachment"] * 2
    assert all(each.name and each.purpose for each in listed)


def test_a_resource_that_the_guide_does_not_know_is_listed_last_without_a_purpose() -> None:
    listed = creations(["aws_s3_bucket.logs", "module.iam.aws_iam_role.bootstrap_role"])

    assert [each.address for each in listed] == ["module.iam.aws_iam_role.bootstrap_role", "aws_s3_bucket.logs"]
    assert listed[0].name == "zilliz-bootstrap-role"
    assert listed[1].purpose == ""
