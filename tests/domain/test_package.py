"""Configuration packages: what is read from them, what may not be in them, what is only named."""

import json
from pathlib import Path

import pytest

from activation.domain.archive import pack, unpack
from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.errors import Refused
from activation.domain.hcl import LIMIT
from activation.domain.package import SEVEN_OUTPUTS, fill_example, lint, read_package
from activation.domain.tfvars import KNOWN, parse
from activation.packages import BUNDLED, bundled

SUFFIXED = Path(__file__).parents[1] / "packages/terraform-aws-iam-suffixed"


def codes(files: dict[str, str]) -> list[str]:
    problems = lint({name: text.encode() for name, text in files.items()})
    assert all(problem.text and problem.field == "archive" for problem in problems)
    return [problem.code for problem in problems]


# --- what is read


def test_bundled_package_is_read_whole() -> None:
    package = read_package(bundled("terraform-aws-iam"))
    assert (package.name, package.version) == ("terraform-aws-iam", "1.1.1")
    assert package.resource_types == {
        "aws_iam_policy": 7,
        "aws_iam_role": 2,
        "aws_iam_role_policy_attachment": 2,
    }
    assert len(package.addresses) == 11
    assert package.outputs == tuple(sorted(SEVEN_OUTPUTS))
    assert package.arn_outputs == SEVEN_OUTPUTS
    assert package.providers == ("hashicorp/aws",)
    assert package.findings == ()
    assert package.keys_stay_out_of_plan
    assert "iam:CreateRole" in package.caller_actions["create"]


def test_bundled_package_asks_for_the_known_variables() -> None:
    variables = {variable.name: variable for variable in read_package(bundled("terraform-aws-iam")).variables}
    assert set(KNOWN) <= set(variables)
    required = {name for name, variable in variables.items() if variable.required}
    assert required == {"aws_region", "external_id", "vendor_principal_arn"}
    keys = {name for name, variable in variables.items() if variable.ephemeral}
    assert keys == {"aws_access_key", "aws_secret_key", "aws_session_token"}
    assert all(variables[name].default is None for name in keys)


def test_package_by_somebody_else_is_read_and_its_keys_are_named() -> None:
    package = read_package({path.name: path.read_bytes() for path in SUFFIXED.iterdir()}, name="their-package")
    assert (package.name, package.version) == ("their-package", "")
    assert package.arn_outputs == SEVEN_OUTPUTS
    assert {finding.code for finding in package.findings} == {"keys_not_ephemeral", "provider_not_locked"}
    assert not package.keys_stay_out_of_plan
    finding = package.findings[0]
    assert finding.names == ("aws_access_key", "aws_secret_key", "aws_session_token")
    assert "aws_secret_key" in finding.text
    assert finding.next_step
    variables = {variable.name: variable for variable in package.variables}
    assert variables["external_id"].description == "The external ID,\nas it stands in the console."
    assert variables["suffix"].default == "7f3a"


def test_package_that_names_its_policies_says_which_decide_a_roles_rights() -> None:
    package = read_package({path.name: path.read_bytes() for path in SUFFIXED.iterdir()})
    assert package.pointers == {
        "aws_iam_role.role": {"permissions_boundary": "aws_iam_policy.policy"},
        "aws_iam_role_policy_attachment.attachment": {"policy_arn": "aws_iam_policy.policy"},
    }
    assert read_package(bundled("terraform-aws-iam")).pointers == {
        "aws_iam_role_policy_attachment.bootstrap_attachment": {"role": "aws_iam_role.bootstrap_role"},
        "aws_iam_role_policy_attachment.management_attachment": {"role": "aws_iam_role.management_role"},
    }


def pointers(expression: str) -> dict[str, dict[str, str]]:
    text = f'resource "aws_iam_role_policy_attachment" "x" {{\n  policy_arn = {expression}\n}}\n'
    files = {"main.tf": b'module "m" {\n  source = "./m"\n}\n', "m/main.tf": text.encode()}
    return {address: dict(each) for address, each in read_package(files).pointers.items()}


@pytest.mark.parametrize(
    "expression",
    [
        "aws_iam_policy.p.arn",
        "aws_iam_policy.p.id",
        '"${aws_iam_policy.p.arn}"',
        "aws_iam_policy.p[0].arn",
        "aws_iam_policy.p[each.value].arn",
        'aws_iam_policy.p["a-b"].arn',
        '"${aws_iam_policy.p["a"].arn}"',
    ],
)
def test_reference_to_a_policy_is_one(expression: str) -> None:
    assert pointers(expression) == {
        "module.m.aws_iam_role_policy_attachment.x": {"policy_arn": "module.m.aws_iam_policy.p"}
    }


@pytest.mark.parametrize(
    "expression",
    [
        'replace(aws_iam_policy.p.arn, "/.*/", "arn:aws:iam::aws:policy/AdministratorAccess")',
        '"${aws_iam_policy.p.arn}x"',
        '"arn:aws:iam::aws:policy/${aws_iam_policy.p.arn}"',
        'aws_iam_policy.p.arn == "" ? "" : "arn:aws:iam::aws:policy/AdministratorAccess"',
        'aws_iam_policy.p[0].arn == "" ? "arn:aws:iam::aws:policy/AdministratorAccess" : aws_iam_policy.p[0].arn',
        "aws_iam_policy.p[*].arn[0]",
        "(aws_iam_policy.p.arn)",
        "local.arn",
        "data.aws_iam_policy.p.arn",
        "<<E\n${aws_iam_policy.p.arn}\nE",
    ],
)
def test_value_computed_from_a_policy_is_no_reference_to_it(expression: str) -> None:
    assert pointers(expression) == {}


def test_every_name_of_the_seven_is_an_output_of_the_bundled_package() -> None:
    assert {output.name for output in ARN_OUTPUTS} == set(read_package(bundled("terraform-aws-iam")).outputs)


def test_missing_outputs_and_a_missing_external_id_are_named() -> None:
    package = read_package({"main.tf": b'output "bootstrap_role_arn" {\n  value = "x"\n}\n'})
    found = {finding.code: finding.names for finding in package.findings}
    assert set(found) == {"outputs_missing", "external_id_not_asked", "provider_not_locked"}
    assert len(found["outputs_missing"]) == 6


def test_preset_keys_are_named() -> None:
    package = read_package({"main.tf": b'variable "aws_secret_key" {\n  default = "abc"\n}\n'})
    assert "keys_preset" in {finding.code for finding in package.findings}


def test_resources_of_local_modules_are_counted_and_addressed() -> None:
    package = read_package(
        {
            "main.tf": b'module "iam" {\n  source = "./modules/iam"\n}\n',
            "modules/iam/main.tf": b'resource "aws_iam_role" "x" {\n}\nmodule "deep" {\n  source = "../deep"\n}\n',
            "modules/deep/main.tf": b'resource "aws_iam_policy" "y" {\n}\n',
            "examples/one/main.tf": b'terraform {\n  backend "s3" {}\n}\n',
        }
    )
    assert package.addresses == ("module.iam.aws_iam_role.x", "module.iam.module.deep.aws_iam_policy.y")


def test_digest_stays_when_the_package_is_packed_and_unpacked() -> None:
    files = bundled("terraform-aws-iam")
    assert read_package(unpack(pack(files, "terraform-aws-iam"))).digest == read_package(files).digest


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_files_leave_out_what_a_run_leaves_behind(name: str) -> None:
    files = bundled(name)
    assert {".terraform.lock.hcl", "main.tf", "README.md", "terraform.tfvars.example", "manifest.json"} <= set(files)
    assert not [
        path for path in files if "tfstate" in path or path.endswith(".tfvars") or path.startswith(".terraform/")
    ]
    assert lint(files) == ()


def test_unknown_bundled_name_is_an_error() -> None:
    with pytest.raises(KeyError):
        bundled("../domain")


@pytest.mark.parametrize(
    "manifest",
    ["", "[]", '{"name": "A B"}', '{"name": 1}', '{"caller": []}', '{"caller": {"create": ["rm -rf"]}}', "[" * 50_000],
)
def test_manifest_that_makes_no_sense_is_refused(manifest: str) -> None:
    with pytest.raises(Refused) as refused:
        read_package({"main.tf": b"locals {}\n", "manifest.json": manifest.encode()})
    assert refused.value.code == "package_manifest"


# --- what may not be in a package

AWS_ROLE = 'resource "aws_iam_role" "x" {\n%s\n}\n'

BAD: dict[str, tuple[str, str]] = {
    "local-exec": (AWS_ROLE % 'provisioner "local-exec" {\n command = "id"\n}', "package_provisioner"),
    "remote-exec": (AWS_ROLE % 'provisioner "remote-exec" {\n}', "package_provisioner"),
    "unquoted provisioner": (AWS_ROLE % "provisioner local-exec {\n}", "package_provisioner"),
    "provisioner behind a comment": (AWS_ROLE % '/* a */ provisioner "local-exec" {\n}', "package_provisioner"),
    "connection": (AWS_ROLE % "connection {\n}", "package_provisioner"),
    "provisioner in removed": ('removed {\n from = a.b\n provisioner "local-exec" {\n}\n}\n', "package_block"),
    "null_resource": ('resource "null_resource" "x" {\n}\n', "package_provider"),
    "terraform_data": ('resource "terraform_data" "x" {\n}\n', "package_provider"),
    "null_resource with local-exec": (
        'resource "null_resource" "x" {\n provisioner "local-exec" {\n}\n}\n',
        "package_provisioner",
    ),
    "external": ('data "external" "x" {\n program = ["id"]\n}\n', "package_external"),
    "unquoted external": ("data external x {\n}\n", "package_external"),
    "external in a check": ('check "c" {\n data "external" "x" {\n}\n}\n', "package_external"),
    "http": ('data "http" "x" {\n url = "http://169.254.169.254/"\n}\n', "package_http"),
    "remote state": ('data "terraform_remote_state" "x" {\n}\n', "package_remote_state"),
    "another provider's resource": ('resource "google_project" "x" {\n}\n', "package_provider"),
    "another provider": ('provider "google" {\n}\n', "package_provider"),
    "required provider": (
        'terraform {\n required_providers {\n null = {\n source = "hashicorp/null"\n}\n}\n}\n',
        "package_provider",
    ),
    "required provider of the same name": (
        'terraform {\n required_providers {\n aws = {\n source = "evil/aws"\n}\n}\n}\n',
        "package_provider",
    ),
    "required provider elsewhere": (
        'terraform {\n required_providers {\n aws = {\n source = "evil.example/hashicorp/aws"\n}\n}\n}\n',
        "package_provider",
    ),
    "required provider without source": (
        'terraform {\n required_providers {\n null = "~> 3.0"\n}\n}\n',
        "package_provider",
    ),
    "backend": ('terraform {\n backend "s3" {\n}\n}\n', "package_backend"),
    "unquoted backend": ("terraform {\n backend s3 {\n}\n}\n", "package_backend"),
    "cloud": ("terraform {\n cloud {\n}\n}\n", "package_backend"),
    "provider_meta": ('terraform {\n provider_meta "aws" {\n}\n}\n', "package_setting"),
    "experiments": ("terraform {\n experiments = [x]\n}\n", "package_setting"),
    "assume_role": ('provider "aws" {\n assume_role {\n}\n}\n', "package_provider_setting"),
    "endpoints": ('provider "aws" {\n endpoints {\n}\n}\n', "package_provider_setting"),
    "dynamic endpoints": ('provider "aws" {\n dynamic "endpoints" {\n}\n}\n', "package_provider_setting"),
    "credentials file": ('provider "aws" {\n shared_credentials_files = ["/x"]\n}\n', "package_provider_setting"),
    "profile": ('provider "aws" {\n profile = "admin"\n}\n', "package_provider_setting"),
    "registry module": ('module "m" {\n source = "terraform-aws-modules/iam/aws"\n}\n', "package_remote_module"),
    "git module": ('module "m" {\n source = "git::https://x/y"\n}\n', "package_remote_module"),
    "computed module": ('module "m" {\n source = "./${var.x}"\n}\n', "package_remote_module"),
    "module outside": ('module "m" {\n source = "../../etc"\n}\n', "package_remote_module"),
    "module that is not there": ('module "m" {\n source = "./missing"\n}\n', "package_remote_module"),
    "module without source": ('module "m" {\n}\n', "package_remote_module"),
    "import": ('import {\n to = aws_iam_role.x\n id = "admin"\n}\n', "package_block"),
    "ephemeral resource": (
        'ephemeral "aws_secretsmanager_secret_version" "x" {\n secret_id = "x"\n}\n',
        "package_block",
    ),
    "unknown block": ("surprise {\n}\n", "package_block"),
    "environment of Terraform": ('locals {\n a = file("/proc/self/environ")\n}\n', "package_reads_file"),
    "environment, encoded": ('locals {\n a = filebase64("/proc/self/environ")\n}\n', "package_reads_file"),
    "environment in a string": ('locals {\n a = "x${file("/proc/self/environ")}"\n}\n', "package_reads_file"),
    "environment in a heredoc": ('locals {\n a = <<E\n${file("/proc/self/environ")}\nE\n}\n', "package_reads_file"),
    "computed path": ("locals {\n a = file(var.x)\n}\n", "package_reads_file"),
    "path that leaves": ('locals {\n a = file("${path.module}/../x")\n}\n', "package_reads_file"),
    "computed template": ("locals {\n a = templatestring(local.x, {})\n}\n", "package_reads_file"),
    "environment behind a comment in a heredoc": (
        'locals {\n a = <<E\n${file/* ( */ // )\n("/proc/self/environ")}\nE\n}\n',
        "package_reads_file",
    ),
    "environment behind what looks like the package's path": (
        'locals {\n a = file("${path.module}/" == "" ? "" : "/proc/self/environ")\n}\n',
        "package_reads_file",
    ),
    "data source that acts": (
        'data "aws_lambda_invocation" "x" {\n function_name = "f"\n input = "{}"\n}\n',
        "package_data_source",
    ),
    "data source that acts, in a check": (
        'check "c" {\n data "aws_lambda_invocation" "x" {\n}\n}\n',
        "package_data_source",
    ),
    "list of files": ('locals {\n a = fileset("/", "*")\n}\n', "package_reads_file"),
    "home": ('locals {\n a = pathexpand("~/.aws")\n}\n', "package_reads_file"),
    "not HCL": ("this is not HCL {{{", "package_not_hcl"),
    "assignment at the top": ('a = "b"\n', "package_not_hcl"),
    "JSON": ('{"resource": {}}\n', "package_not_hcl"),
    "nested deep": ("locals {\n a = " + "[" * 5000 + "]" * 5000 + "\n}\n", "package_not_hcl"),
    "control character": ("locals {}\n\x0c", "package_not_text"),
    "lone carriage return": ('# a\rprovisioner "x" {}\n', "package_not_text"),
    "line separator": ("# a\u2028\n", "package_not_text"),
    "large": ("#" * (LIMIT + 1), "package_file_too_large"),
}


@pytest.mark.parametrize("case", BAD)
def test_configuration_that_reaches_further_than_aws_is_refused(case: str) -> None:
    text, code = BAD[case]
    assert code in codes({"main.tf": text})
    with pytest.raises(Refused):
        read_package({"main.tf": text.encode()})


@pytest.mark.parametrize(
    "name",
    [
        "main.tf.json",
        "main.tofu",
        "x.auto.tfvars",
        "terraform.tfvars",
        "terraform.tfvars.json",
        "terraform.tfstate",
        "terraform.tfstate.backup",
        "override.tf",
        "main_override.tf",
        ".terraform/modules/modules.json",
        "terraform.d/plugins/x",
        "modules/x/main.tf.json",
    ],
)
def test_file_that_terraform_takes_in_by_itself_is_refused(name: str) -> None:
    assert "package_file_forbidden" in codes({"main.tf": "", name: ""})


@pytest.mark.parametrize("name", ["tfplan", "plan.json", "terraform.rc", "portal_imports.tf"])
def test_file_that_a_run_writes_is_refused(name: str) -> None:
    assert codes({"main.tf": "", name: ""}) == ["package_file_forbidden"]
    assert codes({"main.tf": "", f"docs/{name}": ""}) == []


@pytest.mark.parametrize(
    "name",
    [
        ".terraform.d/plugins/registry.terraform.io/hashicorp/aws/terraform-provider-aws_6.99.0_linux_amd64.zip",
        ".local/share/terraform/plugins/registry.terraform.io/hashicorp/aws/6.99.0/linux_amd64/terraform-provider-aws",
        ".terraformrc",
        ".tofurc",
        ".config/opentofu/tofurc",
        ".aws/config",
        ".netrc",
        "modules/.terraformrc",
        ".gitignore/x",
        "._x/y",
        ".main.tf",
    ],
)
def test_hidden_file_from_which_a_program_could_take_settings_is_refused(name: str) -> None:
    assert codes({"main.tf": "", name: ""}) == ["package_file_hidden"]


@pytest.mark.parametrize(
    "name", [".terraform.lock.hcl", ".gitignore", "modules/x/.gitignore", ".editorconfig", "._main.tf", ".DS_Store"]
)
def test_hidden_file_that_authors_tools_leave_behind_is_let_pass(name: str) -> None:
    assert codes({"main.tf": "", name: ""}) == []


def test_archive_without_configuration_is_refused() -> None:
    assert codes({"README.md": "", "examples/main.tf": "", "._main.tf": ""}) == ["package_no_configuration"]


def test_very_much_configuration_is_not_even_read() -> None:
    assert codes({f"{number}.tf": "#" * LIMIT for number in range(9)}) == ["package_too_much"]


@pytest.mark.parametrize("text", ["\n" * 50_000, "locals {\n a = [" + "1," * 25_000 + "1]\n}\n"])
def test_configuration_of_very_many_signs_is_not_even_read(text: str) -> None:
    assert codes({"main.tf": text}) == ["package_too_much"]


@pytest.mark.parametrize(
    "kind",
    ["aws_iam_role_policy", "aws_iam_user", "aws_iam_access_key", "aws_iam_policy_attachment", "aws_lambda_function"],
)
def test_package_for_step_2_may_manage_roles_policies_and_their_attachments_only(kind: str) -> None:
    text = f'resource "{kind}" "x" {{\n}}\n'
    assert codes({"main.tf": text}) == ["package_resource"]
    # The package for a region says what its phases are; its resources are judged by rules of their own.
    assert codes({"main.tf": text, "manifest.json": '{"phases": []}'}) == []


def test_dynamic_block_of_a_role_is_refused_and_one_of_a_policy_document_is_not() -> None:
    dynamic = 'dynamic "%s" {\n for_each = [1]\n content {\n}\n}'
    assert codes({"main.tf": AWS_ROLE % (dynamic % "inline_policy")}) == ["package_block"]
    document = 'data "aws_iam_policy_document" "x" {\n%s\n}\n'
    assert codes({"main.tf": document % (dynamic % "statement")}) == []


def test_bad_block_in_a_local_module_is_found_with_file_and_line() -> None:
    (problem,) = lint(
        {
            "main.tf": b'module "m" {\n  source = "./m"\n}\n',
            "m/main.tf": b'# first\nresource "aws_iam_role" "x" {\n  provisioner "local-exec" {}\n}\n',
        }
    )
    assert (problem.code, problem.values["file"], problem.values["line"]) == ("package_provisioner", "m/main.tf", 3)
    assert problem.text.startswith("“m/main.tf”, line 3: “local-exec”")


def test_template_that_reads_elsewhere_is_refused() -> None:
    files = {"main.tf": 'locals {\n a = templatefile("${path.module}/a.tftpl", {})\n}\n'}
    assert codes({**files, "a.tftpl": "plain ${name}"}) == []
    assert codes({**files, "a.tftpl": '${file("/proc/self/environ")}'}) == ["package_reads_file"]
    assert codes({**files, "a.tftpl": '${file/**/("/proc/self/environ")}'}) == ["package_reads_file"]


def test_template_is_looked_into_whatever_it_is_called_and_wherever_it_lies() -> None:
    files = {
        "main.tf": 'module "m" {\n source = "./m"\n}\n',
        "m/main.tf": 'locals {\n a = templatefile("${path.module}/t/x.txt", {})\n}\n',
    }
    assert codes({**files, "m/t/x.txt": "plain ${name}"}) == []
    assert codes({**files, "m/t/x.txt": '${file("/proc/self/environ")}'}) == ["package_reads_file"]
    # What is not there cannot be looked into.
    assert codes(files) == ["package_reads_file"]


def test_text_that_only_names_files_is_no_reading() -> None:
    text = "locals {\n a = <<E\narn:aws:s3:::${var.x}/files/* # a file\n# (none)\nE\n}\n"
    assert codes({"main.tf": text, "notes.txt": '${file("/x")}'}) == []


def test_every_problem_is_told_at_once() -> None:
    assert set(codes({"a.tf": BAD["backend"][0], "b.tf": BAD["external"][0]})) == {
        "package_backend",
        "package_external",
    }


@pytest.mark.parametrize(
    "text",
    [
        AWS_ROLE % 'tags = { provisioner = "terraform", backend = "x" }',
        AWS_ROLE % 'description = "Which file(s) it may read"',
        '# provisioner "local-exec" {\nlocals {}\n',
        'locals {\n a = file("${path.module}/policy.json")\n}\n',
        'terraform {\n required_providers {\n aws = {\n source = "hashicorp/aws"\n}\n}\n}\n',
        'terraform {\n required_providers {\n aws = "~> 5.0"\n}\n}\n',
        'data "aws_caller_identity" "x" {\n}\n',
        "locals {\r\n a = 1\r\n}\r\n",
    ],
)
def test_what_only_looks_like_it_passes(text: str) -> None:
    assert codes({"main.tf": text}) == []


# --- terraform.tfvars.example


def test_example_is_filled_so_that_terraform_reads_the_values_back() -> None:
    values = {
        "aws_region": "us-west-2",
        "external_id": "cid-abc",
        "vendor_principal_arn": "arn:aws:iam::111111111111:role/console",
    }
    filled = fill_example(bundled("terraform-aws-iam")["terraform.tfvars.example"].decode(), values)
    read = parse(filled)
    assert read.values == values
    assert read.problems == ()
    assert "REPLACE" not in filled


def test_filled_value_can_compute_nothing() -> None:
    filled = fill_example('external_id = "x"\n', {"external_id": '"${file("/etc/passwd")}"', "new": "a\nb"})
    assert filled == 'external_id = "\\"$${file(\\"/etc/passwd\\")}\\""\nnew = "a\\nb"\n'


def test_lines_left_to_the_environment_are_commented_out_as_a_file_counts_before_it() -> None:
    text = 'aws_access_key = ""\n  aws_secret_key=""\n# aws_secret_key = ""\naws_access_key_of_others = "x"\n'
    assert fill_example(text, {}, left_out=("aws_access_key", "aws_secret_key")) == (
        '# aws_access_key = ""\n#   aws_secret_key=""\n# aws_secret_key = ""\naws_access_key_of_others = "x"\n'
    )


def test_manifest_of_the_bundled_package_counts_what_the_configuration_holds() -> None:
    files = bundled("terraform-aws-iam")
    assert json.loads(files["manifest.json"])["creates"] == read_package(files).resource_types
