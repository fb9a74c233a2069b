"""One table family a file."""

from activation.models.cloud import Activation, CloudAccount, StateVersion, Workspace
from activation.models.events import ChainStatus, Checkpoint, Event, EventCounter
from activation.models.licenses import CoreReading, License
from activation.models.nodes import Node
from activation.models.packages import PackageVersion
from activation.models.people import Invitation, Member, Organization, PendingChange, SetupLink, User
from activation.models.records import Record
from activation.models.regions import Handover, RegionSetup
from activation.models.runs import Credential, LogLine, Plan, Run

__all__ = [
    "Activation",
    "ChainStatus",
    "Checkpoint",
    "CloudAccount",
    "CoreReading",
    "Credential",
    "Event",
    "EventCounter",
    "Handover",
    "Invitation",
    "License",
    "LogLine",
    "Member",
    "Node",
    "Organization",
    "PackageVersion",
    "PendingChange",
    "Plan",
    "Record",
    "RegionSetup",
    "Run",
    "SetupLink",
    "StateVersion",
    "User",
    "Workspace",
]
