"""The product's words, for somebody who meets them for the first time."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A word, and what it means here."""

    word: str
    meaning: str


GLOSSARY: tuple[Term, ...] = (
    Term("Activation", "One walk through the four steps, for one cloud region in one AWS account."),
    Term("Organization", "Your company, or the part of it that has a license. What it keeps here nobody else sees."),
    Term(
        "License",
        "What the vendor sold you: how many cores, until when. At Zilliz Cloud it stands in the welcome email.",
    ),
    Term(
        "Control plane",
        "The part that the vendor runs. It creates and manages clusters in your account, by roles that you granted it.",
    ),
    Term("Data plane", "The part that runs in your AWS account: network, cluster, storage, and your vectors."),
    Term(
        "External ID",
        "A word that the roles ask for beside the vendor’s name, so that nobody can have the vendor use your roles for "
        "them. One for each organization, never changed.",
    ),
    Term("Terraform", "The program that creates things in AWS from a description. The portal runs it for you."),
    Term(
        "Configuration package",
        "The description that Terraform carries out. Its SHA-256 is pinned, so that it cannot change unnoticed.",
    ),
    Term("Run", "One plan and, once somebody has approved it, its apply: Terraform’s work from start to end."),
    Term("Plan", "What a run would create, change or delete, for you to read before anything happens."),
    Term("Safety check", "The portal’s own look at each plan: nothing but what the package is for gets through."),
    Term("State", "Terraform’s notes of what it made. Kept sealed; a run that is cut off loses nothing of it."),
    Term(
        "Found again",
        "What an interrupted run had made in AWS without noting it down. It is taken over, not made twice.",
    ),
    Term("ARN", "AWS’s full name of a thing. Seven of them, two roles and five policies, come out of step 2."),
    Term("Netmask", "How large the region’s network is, from /16 (largest) to /20."),
    Term("Cloud region", "Network, cluster and storage of one AWS region, ready for your databases."),
    Term("Event", "One entry of the record of who did what. None can be changed unnoticed."),
    Term("Activation record", "A signed file with the evidence of an activation or a period, for an auditor."),
    Term("Four eyes", "A setting: another owner than the one who started a run has to approve it."),
)
