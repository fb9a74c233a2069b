"""The commands for what follows an activation."""

import subprocess
from pathlib import Path

from activation.domain.aftercare import (
    KeyAnswer,
    access_commands,
    read_key_answer,
    remove_role_commands,
    switch_off_commands,
)

ROLE = "arn:aws:iam::222233334444:role/zilliz/zilliz-bootstrap-role"


def test_the_role_goes_and_its_policy_stays_whatever_a_package_calls_it(tmp_path: Path) -> None:
    policy = "arn:aws:iam::222233334444:policy/acme/zilliz-bootstrap-policy-k3x"
    # Writes down what it is called with, and tells what is attached.
    aws = tmp_path / "aws"
    aws.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/calls\ncase "$2" in list-*) echo {policy};; esac\n')
    aws.chmod(0o755)
    commands = "\n".join(remove_role_commands(ROLE.replace("-role", "-role-k3x")))

    subprocess.run(["/bin/sh", "-euc", commands], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=True)

    role = "--role-name zilliz-bootstrap-role-k3x"
    assert (tmp_path / "calls").read_text().splitlines()[1:] == [
        f"iam detach-role-policy {role} --policy-arn {policy}",
        f"iam delete-role {role}",
    ]
    assert remove_role_commands("") == ()


def test_a_user_s_key_is_switched_off_by_the_user_s_name_and_another_s_without() -> None:
    of_user = switch_off_commands("arn:aws:iam::222233334444:user/people/ada", "WXYZ")
    of_root = switch_off_commands("arn:aws:iam::222233334444:root", "")
    assert of_user[0][1].endswith("--access-key-id YOUR_ACCESS_KEY_ID_WXYZ --status Inactive --user-name ada")
    assert of_root[0][1].endswith("--access-key-id YOUR_ACCESS_KEY_ID --status Inactive")


def test_only_two_answers_say_something_of_a_key() -> None:
    codes = ("aws_secret_wrong", "aws_key_unknown", "aws_throttled", "aws_denied", "aws_clock_skew")
    assert [read_key_answer(code) for code in codes] == [KeyAnswer.ON, KeyAnswer.OFF, None, None, None]


def test_letting_a_role_in_names_cluster_and_region() -> None:
    for command in access_commands("us-west-2", "zilliz-byoc-a"):
        assert "--region us-west-2 --cluster-name zilliz-byoc-a" in command
