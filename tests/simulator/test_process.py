"""The process: its start, its end, and what a restarted one still has."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from activation.simulator.client import Simulator

Connect = Callable[..., Any]
Start = Callable[..., Any]
LOOK = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"}]}'
NOBODY = '{"Version": "2012-10-17", "Statement": []}'


def everything(connect_to: Connect, endpoint: str, key: dict[str, str]) -> dict[str, Any]:
    """Return what an account holds, with identifiers and dates."""
    iam, ec2, eks, s3 = (connect_to(endpoint, service, key) for service in ("iam", "ec2", "eks", "s3"))
    found: dict[str, Any] = {
        "roles": iam.list_roles()["Roles"],
        "users": iam.list_users()["Users"],
        "policies": iam.list_policies(Scope="Local")["Policies"],
        "vpcs": ec2.describe_vpcs()["Vpcs"],
        "subnets": ec2.describe_subnets()["Subnets"],
        "groups": ec2.describe_security_groups()["SecurityGroups"],
        "clusters": [eks.describe_cluster(name=name)["cluster"] for name in eks.list_clusters()["clusters"]],
        "buckets": [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]],
    }
    for user in found["users"]:
        user.pop("PasswordLastUsed", None)
    return found


def test_start_is_quick_and_says_where_in_one_line_and_in_a_private_file(start: Start, tmp_path: Path) -> None:
    process = start(tmp_path)
    written = json.loads((tmp_path / "simulator.json").read_text())
    assert process.ready == {"endpoint": written["endpoint"], "port": written["port"]}
    assert written["pid"] == process.pid
    for file in tmp_path.iterdir():
        if file.name != "simulator.lock":
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_moto_listens_nowhere(start: Start, tmp_path: Path) -> None:
    """The advertised address is the only one that the process opened, and it is on the loopback."""
    process = start(tmp_path)
    links = [os.readlink(f"/proc/{process.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{process.pid}/fd")]
    sockets = {link[8:-1] for link in links if link.startswith("socket:[")}
    listening = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == "0A" and columns[9] in sockets:
                listening.append(columns[1])
    assert listening == [f"0100007F:{process.ready['port']:04X}"]


def test_after_kill_9_everything_is_there_again(start: Start, connect_to: Connect, tmp_path: Path) -> None:
    process = start(tmp_path)
    first = Simulator.from_directory(tmp_path)
    identities = first.identities()
    customer = identities["customer"]
    key = customer["administrator"]
    ec2 = connect_to(first.endpoint, "ec2", key)
    # Reading makes an account's default network; the restarted simulator, which replays no reads, must make the same.
    connect_to(first.endpoint, "ec2", identities["other_customer"]["administrator"]).describe_vpcs()
    iam = connect_to(first.endpoint, "iam", key)
    role = iam.create_role(RoleName="kept", Path="/zilliz/", AssumeRolePolicyDocument=NOBODY)["Role"]
    iam.put_role_policy(RoleName="kept", PolicyName="p", PolicyDocument=LOOK)
    iam.create_role(RoleName="deleted", AssumeRolePolicyDocument=NOBODY)
    iam.delete_role(RoleName="deleted")
    iam.create_user(UserName="new")
    new = iam.create_access_key(UserName="new")["AccessKey"]

    # In parallel, as Terraform does.
    def network(number: int) -> str:
        vpc = ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"]
        return str(ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.{number}.1.0/24")["Subnet"]["SubnetId"])

    with ThreadPoolExecutor(8) as pool:
        subnets = list(pool.map(network, range(16)))
    connect_to(first.endpoint, "eks", key).create_cluster(
        name="kept", roleArn=role["Arn"], resourcesVpcConfig={"subnetIds": subnets[:2]}
    )
    s3 = connect_to(first.endpoint, "s3", key)
    s3.create_bucket(Bucket="kept-bucket", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket="kept-bucket", Key="a b/ü", Body=b"\x00content")
    gone = first.new_session(customer["account"], 3600)
    first.expire(gone["access_key_id"])
    before, actions = everything(connect_to, first.endpoint, key), first.actions()

    process.send_signal(signal.SIGKILL)
    process.wait(10)
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(b'{"kind":"call","cut off')
    again = start(tmp_path)
    second = Simulator.from_directory(tmp_path)
    assert again.ready == process.ready

    assert everything(connect_to, second.endpoint, key) == before
    assert second.identities() == identities
    assert second.actions()[: len(actions)] == actions
    content = connect_to(second.endpoint, "s3", key).get_object(Bucket="kept-bucket", Key="a b/ü")["Body"].read()
    assert content == b"\x00content"
    kept = {"access_key_id": new["AccessKeyId"], "secret_access_key": new["SecretAccessKey"], "session_token": ""}
    for one in (kept, customer["session"], customer["root"]):
        connect_to(second.endpoint, "sts", one).get_caller_identity()
    with pytest.raises(ClientError, match="ExpiredToken"):
        connect_to(second.endpoint, "sts", gone).get_caller_identity()


def test_two_directories_have_different_secrets(start: Start, tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        start(tmp_path / name)
        found.append(Simulator.from_directory(tmp_path / name).identities()["customer"]["administrator"])
    assert found[0]["arn"] == found[1]["arn"]
    assert found[0]["access_key_id"] != found[1]["access_key_id"]
    assert found[0]["secret_access_key"] != found[1]["secret_access_key"]
    assert len(found[0]["secret_access_key"]) == 40


def test_signals_and_the_lifeline_end_it(start: Start, tmp_path: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        process = start(tmp_path)
        process.send_signal(number)
        assert process.wait(10) == 0
    reading, writing = os.pipe()
    process = start(tmp_path, "--lifeline-fd", str(reading), pass_fds=[reading])
    os.close(reading)
    time.sleep(0.2)
    assert process.poll() is None
    os.close(writing)
    assert process.wait(10) == 0


def test_second_one_in_the_same_directory_is_refused(start: Start, tmp_path: Path) -> None:
    process = start(tmp_path)
    second = subprocess.run(
        [sys.executable, "-m", "activation.simulator", "--directory", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert second.returncode == 1
    assert "Another simulator" in second.stderr
    assert process.poll() is None
