"""The product's words, for somebody who meets them for the first time."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A word, and what it means here."""

    word: str
    meaning: str


GLOSSARY: tuple[Term, ...] = (
    Term("Activation", "The four steps for one cloud region in one AWS account."),
    Term("Organization", "Your company, or the part of it that has a license. Nobody else sees what it keeps here."),
    Term(
        "License",
        "What the vendor sold you: how many cores, and until when. With Zilliz Cloud, it is in the welcome email.",
    ),
    Term(
        "Control plane",
        "The part that the vendor runs. It creates and manages clusters in your account through roles that you "
        "granted it.",
    ),
    Term("Data plane", "The part that runs in your AWS account: network, cluster, storage, and your vectors."),
    Term(
        "External ID",
        "A value that the roles require in addition to the vendor’s name, so that nobody can trick the vendor into "
        "using your roles. One per organization; it never changes.",
    ),
    Term("Terraform", "The program that creates resources in AWS from a description. The portal runs it for you."),
    Term(
        "Configuration package",
        "The description that Terraform applies. Its SHA-256 is pinned, so that it cannot change unnoticed.",
    ),
    Term("Run", "One plan and, once somebody has approved it, its apply: Terraform’s work from start to end."),
    Term("Plan", "What a run would create, change or delete, for you to read before anything happens."),
    Term("Safety check", "The portal’s own check of each plan: only what the package is meant to do gets through."),
    Term(
        "State", "Terraform’s record of what it created. It is kept encrypted, and an interrupted run does not lose it."
    ),
    Term(
        "Found again",
        "What an interrupted run created in AWS without recording it. It is imported, not created twice.",
    ),
    Term("ARN", "The full AWS name of a resource. Step 2 returns seven of them: two roles and five policies."),
    Term("Netmask", "The size of the region’s network, from /16 (largest) to /20."),
    Term("Cloud region", "Network, cluster and storage of one AWS region, ready for your databases."),
    Term("Event", "One entry in the record of who did what. None can be changed unnoticed."),
    Term("Activation record", "A signed file with the evidence of an activation or a period, for an auditor."),
    Term("Four eyes", "A setting: an owner other than the one who started a run must approve it."),
)
