"""The commands for what follows an activation."""

from activation.domain.aftercare import (
    KeyAnswer,
    access_commands,
    read_key_answer,
    remove_role_commands,
    switch_off_commands,
)

ROLE = "arn:aws:iam::222233334444:role/zilliz/zilliz-bootstrap-role"


def test_the_role_goes_and_its_policy_stays() -> None:
    detach, delete = remove_role_commands(ROLE)
    policy = "arn:aws:iam::222233334444:policy/zilliz/zilliz-bootstrap-policy"
    assert detach == f"aws iam detach-role-policy --role-name zilliz-bootstrap-role --policy-arn {policy}"
    assert delete == "aws iam delete-role --role-name zilliz-bootstrap-role"
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
