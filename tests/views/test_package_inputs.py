"""Step 2 with a package that declares variables of its own: fields, a file, and what the run gets."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from pytest_django import Settings

from activation.domain.archive import pack
from activation.domain.control_plane import ControlPlane
from activation.domain.roles import Role
from activation.domain.steps import ActivationStatus
from activation.models import Activation, Member, PackageVersion, Run
from activation.packages import bundled
from activation.selectors.packages import earlier_inputs
from activation.services import events, packages, run_inputs
from activation.simulator.client import Simulator
from activation.simulator.vendor_package import stand_in
from tests.factories import make_activation, make_member, make_organization, make_run
from tests.views.run_rows import ATTEMPT, EXTERNAL_ID, TEMPORARY, address, as_typed, client_of, give_plan, text_of

pytestmark = pytest.mark.django_db

LONG_TERM = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": TEMPORARY["secret_access_key"]}
MORE = """
variable "suffix" {
  type        = string
  description = "Ends every name."
}
variable "days" {
  type    = number
  default = 3
}
variable "strict" {
  type    = bool
  default = true
}
variable "zones" {
  type    = list(string)
  default = []
}
"""


def take_in(more: str) -> PackageVersion:
    """Choose the guide's package with more variables."""
    files = stand_in(bundled("terraform-aws-iam"), principal="arn:aws:iam::965570967084:role/zilliz-byoc")
    archive = pack(files | {"more.tf": more.encode()}, "theirs")
    row = packages.add_package(archive, source="a test", actor=events.PORTAL, name="theirs")
    packages.choose(row, control_plane=ControlPlane.ZILLIZ, actor=events.PORTAL)
    return row


@pytest.fixture
def asking() -> Activation:
    """An activation whose package asks for more than the guide's."""
    take_in(MORE)
    organization = make_organization(
        control_plane=ControlPlane.ZILLIZ, external_id=EXTERNAL_ID, external_id_locked_at=timezone.now()
    )
    return make_activation(organization, status=ActivationStatus.PROVISIONING_IAM)


@pytest.fixture
def owner_there(asking: Activation) -> Member:
    return make_member(asking.organization, Role.OWNER)


def as_file(keys: dict[str, str], *more: str) -> SimpleUploadedFile:
    lines = [f'aws_access_key = "{keys["access_key_id"]}"', f'aws_secret_key = "{keys["secret_access_key"]}"', *more]
    return SimpleUploadedFile("terraform.tfvars", "\n".join(lines).encode())


def test_variables_become_fields_and_the_run_gets_their_values(
    asking: Activation, owner_there: Member, customer: dict[str, Any], simulator: Simulator, settings: Settings
) -> None:
    settings.AWS_ENDPOINT_URL = simulator.endpoint
    client, page = client_of(owner_there), address("activation_run_here", asking)
    shown = text_of(client.get(page))
    typed = as_typed(customer["administrator"]) | {"input_suffix": "7f3a", "input_days": "12", "input_strict": "false"}

    client.post(page, typed)

    assert "Ends every name." in shown
    assert "If empty, the default is used: 3." in shown
    run = Run.objects.get()
    assert run.inputs == {"suffix": "7f3a", "days": 12, "strict": False}
    assert run_inputs.variables_for(run) == {
        "aws_region": "us-west-2",
        "external_id": EXTERNAL_ID,
        "suffix": "7f3a",
        "days": 12,
        "strict": False,
    }
    give_plan(run)
    review = text_of(client.get(address("run_review", run)))
    assert "<code>days = 12</code><code>strict = false</code>" in review, "whoever approves sees what was given"
    assert earlier_inputs(asking, run.package) == run.inputs, "the next run begins with them"


def test_a_file_gives_what_the_package_asks_for_also_what_is_no_text(
    asking: Activation, owner_there: Member, customer: dict[str, Any], simulator: Simulator, settings: Settings
) -> None:
    settings.AWS_ENDPOINT_URL = simulator.endpoint
    file = as_file(customer["administrator"], 'suffix = "ab"', "days = 5", 'zones = ["a", "b"]', 'aws_regoin = "x"')

    answer = client_of(owner_there).post(
        address("activation_run_here", asking), {"tfvars": file, "attempt": ATTEMPT, "input_days": "7"}, follow=True
    )

    assert Run.objects.get().inputs == {"suffix": "ab", "days": 5, "zones": ["a", "b"]}
    assert "Your file also sets aws_regoin; they were not passed to the package." in text_of(answer)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "The package needs a value for “suffix”."),
        ({"input_suffix": "a", "input_days": "many"}, "Enter a number."),
        ({"input_suffix": "a", "input_strict": "perhaps"}, "Select a valid choice."),
    ],
)
def test_a_value_that_is_missing_or_of_another_kind_is_said_beside_its_field(
    asking: Activation, owner_there: Member, given: dict[str, str], sentence: str
) -> None:
    answer = client_of(owner_there).post(
        address("activation_run_here", asking), LONG_TERM | given | {"attempt": ATTEMPT}
    )

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not Run.objects.exists()


def test_a_value_of_another_kind_in_a_file_is_refused(asking: Activation, owner_there: Member) -> None:
    file = as_file(LONG_TERM, "suffix = 12", "days = true")

    answer = client_of(owner_there).post(address("activation_run_here", asking), {"tfvars": file, "attempt": ATTEMPT})

    assert "“suffix” must be text in quotation marks" in text_of(answer)
    assert "“days” must be a number" in text_of(answer)


def test_a_package_that_needs_a_secret_besides_the_key_is_not_run_here(asking: Activation, owner_there: Member) -> None:
    Activation.objects.update(package=take_in('variable "password" {\n  type = string\n  sensitive = true\n}'))

    answer = client_of(owner_there).post(address("activation_run_here", asking), LONG_TERM | {"attempt": ATTEMPT})

    assert answer.status_code == 422
    assert "secrets that the portal does not accept: password" in text_of(answer)


def test_what_a_person_gives_never_takes_the_place_of_what_the_portal_knows(asking: Activation) -> None:
    package = PackageVersion.objects.get(chosen_for="zilliz")
    run = make_run(asking, package=package, inputs={"suffix": "a", "external_id": "another"})

    assert run_inputs.variables_for(run)["external_id"] == EXTERNAL_ID
