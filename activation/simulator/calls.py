"""Say what a request asks of AWS: service, action, resource, and whether it changes anything."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from moto.core.request import Request
from moto.core.routing import get_service_router
from werkzeug.exceptions import NotFound

from activation.simulator.signature import RawRequest

# Services known by their API version, for requests that carry no signature to name the service.
_VERSIONS = {"2011-06-15": "sts", "2010-05-08": "iam", "2016-11-15": "ec2"}
_READING = re.compile(r"(Get|List|Describe|Head|Simulate|Lookup|Search|Select|Decode|BatchGet)")

# Where the permissions of a service have another prefix than its signatures.
_PREFIXES = {"tagging": "tag"}

# Without a user's name these are about whoever calls.
ABOUT_ONESELF = frozenset({"iam:GetUser", "iam:ListAccessKeys", "iam:CreateAccessKey", "iam:ChangePassword"})

# Where the permission is not called like the operation (Service Authorization Reference, Amazon S3).
_S3_PERMISSIONS = {
    "ListBuckets": "ListAllMyBuckets",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "HeadObject": "GetObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketTagging": "PutBucketTagging",
    "GetBucketReplication": "GetReplicationConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
}


@dataclass(frozen=True)
class Call:
    """One AWS call. `resource` is its ARN, or None where it is not cheap to know."""

    service: str
    region: str
    operation: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    resource: str | None = None

    @property
    def action(self) -> str:
        """Return `service:Operation`, by which calls are recorded and counted."""
        return f"{self.service}:{self.operation}"

    @property
    def permission(self) -> str:
        """Return the action that policies name; it may differ from the name of the operation, or of the service."""
        if self.service == "s3":
            return f"s3:{_S3_PERMISSIONS.get(self.operation, self.operation)}"
        return f"{_PREFIXES.get(self.service, self.service)}:{self.operation}"

    @property
    def changes_something(self) -> bool:
        """Return whether the call may change what the simulator holds."""
        return _READING.match(self.operation) is None


def guess_service(request: RawRequest) -> str:
    """Name the service of a request without a readable signature, so that it gets an answer in its protocol."""
    parameters = dict(parse_qsl(request.body.decode("utf-8", "replace"))) | dict(request.query)
    if parameters.get("Version") in _VERSIONS:
        return _VERSIONS[parameters["Version"]]
    if request.header("x-amz-target") or request.path.startswith(("/clusters", "/addons")):
        return "eks"
    return "s3"


def read_call(request: RawRequest, environ: dict[str, Any], service: str, region: str, account: str) -> Call:
    """Read the operation and its main resource out of a request. `environ` is its WSGI form."""
    parameters: dict[str, str] = {}
    target = request.header("x-amz-target")
    content_type = request.header("content-type") or ""
    if target:
        return Call(service, region, target.rpartition(".")[2])
    if content_type.startswith("application/x-www-form-urlencoded"):
        parameters = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    if "Action" not in parameters:
        parameters |= {key: value for key, value in request.query if not key.startswith("X-Amz-")}
    if "Action" in parameters:
        resource = _iam_resource(parameters, account) if service == "iam" else None
        return Call(service, region, parameters["Action"], parameters, resource)
    try:
        operation, path_parameters = get_service_router(service).match(Request(environ))
    except (NotFound, NotImplementedError, ValueError, KeyError):
        return Call(service, region, f"{request.method} {request.path}")
    except Exception as error:  # botocore knows no such service: its exception classes are made at run time
        if type(error).__name__ != "UnknownServiceError":
            raise
        return Call(service, region, f"{request.method} {request.path}")
    found = {str(key): str(value) for key, value in path_parameters.items()}
    if service == "s3":
        return Call(service, region, operation.name, parameters | found, _s3_resource(request.path))
    if service == "eks":
        return Call(service, region, operation.name, found, _eks_resource(request, found, region, account))
    return Call(service, region, operation.name, found)


def _s3_resource(path: str) -> str:
    name = unquote(path.lstrip("/"))
    return f"arn:aws:s3:::{name.rstrip('/') if '/' not in name.rstrip('/') else name}" if name else "*"


def _eks_resource(request: RawRequest, found: Mapping[str, str], region: str, account: str) -> str | None:
    name = found.get("name") if request.path.startswith("/clusters/") else None
    if request.path == "/clusters" and request.method == "POST":
        try:
            name = str(json.loads(request.body).get("name", ""))
        except ValueError:
            name = None
    return f"arn:aws:eks:{region}:{account}:cluster/{name}" if name else None


# Calls that hand a role to a service, and which service; the name stands in the body or among the parameters.
_PASSING = {
    "eks:CreateCluster": ("roleArn", "eks.amazonaws.com"),
    "eks:CreateNodegroup": ("nodeRole", "eks.amazonaws.com"),
    "iam:AddRoleToInstanceProfile": ("RoleName", "ec2.amazonaws.com"),
}


def passed_roles(call: Call, request: RawRequest, account: str) -> list[Call]:
    """Return the iam:PassRole that a call needs besides its own permission, if any."""
    if call.action not in _PASSING:
        return []
    name, service = _PASSING[call.action]
    role = call.parameters.get(name, "")
    if call.service == "eks":
        try:
            role = str(json.loads(request.body).get(name, ""))
        except (ValueError, AttributeError):
            return []
    arn = role if role.startswith("arn:") else f"arn:aws:iam::{account}:role/{role}"
    return [Call("iam", call.region, "PassRole", {"PassedToService": service}, arn)]


# Operations that list: what AWS names as their resource, with the path prefix that was asked for.
_IAM_LISTS = {
    "ListRoles": "role",
    "ListUsers": "user",
    "ListGroups": "group",
    "ListInstanceProfiles": "instance-profile",
}
_IAM_NAMES = {
    "RoleName": "role",
    "UserName": "user",
    "GroupName": "group",
    "InstanceProfileName": "instance-profile",
}


def _iam_resource(parameters: Mapping[str, str], account: str) -> str | None:
    """Return the ARN that an IAM call is about; of a thing that exists the path is filled in by the directory."""
    operation = parameters["Action"]
    prefix = f"arn:aws:iam::{account}"
    if operation in _IAM_LISTS:
        return f"{prefix}:{_IAM_LISTS[operation]}{parameters.get('PathPrefix', '/')}"
    for name in ("OpenIDConnectProviderArn", "SAMLProviderArn", "PolicySourceArn"):
        if name in parameters:
            return parameters[name]
    path = parameters.get("Path", "/")
    if operation == "CreatePolicy":
        return f"{prefix}:policy{path}{parameters.get('PolicyName', '')}"
    if operation == "CreateOpenIDConnectProvider":
        url = parameters.get("Url", "").removeprefix("https://")
        return f"{prefix}:oidc-provider/{url}"
    about_instance_profile = "InstanceProfileName" in parameters
    for name, kind in _IAM_NAMES.items():
        if name in parameters and not (about_instance_profile and name != "InstanceProfileName"):
            return f"{prefix}:{kind}{path}{parameters[name]}"
    return parameters.get("PolicyArn", "*")
