"""What each file of a record is for, in a few words, and in which order people look for them."""

from typing import Final

# The beginning of a name (or all of it), and what such a file is for; the first that fits.
PURPOSES: Final = (
    ("summary.pdf", "The report, to be read first"),
    ("summary.html", "The same report as a page"),
    ("README.txt", "What is inside, and how to verify it"),
    ("verify.py", "Verifies the record without us"),
    ("manifest.json", "All files with size and SHA-256, signed"),
    ("events.csv", "Events for a spreadsheet"),
    ("events.jsonl", "Events, authoritative"),
    ("checkpoints.jsonl", "Signed statements of how far the events went"),
    ("access.csv", "Who had access"),
    ("activations/", "The activation and its ARNs"),
    ("runs/", ""),
    ("packages/", "What Terraform ran: hashes of its files and providers"),
    ("public_key.pem", "The key that signed"),
    ("keys/", "An earlier key, which signed checkpoints"),
)
OF_RUNS: Final = {
    "run.json": "Who, when, on what, and how it ended",
    "plan.txt": "The plan, readable",
    "plan.json": "The plan, for programs",
    "log.txt": "The whole log; secrets were masked",
    "terraform.tfvars": "Input values, without keys",
    "inventory.json": "What existed in the account after it",
}


def rank(name: str) -> int:
    """Return where a file stands in a list for people."""
    return next((at for at, (beginning, _) in enumerate(PURPOSES) if name.startswith(beginning)), len(PURPOSES))


def purpose(name: str) -> str:
    """Return what a file is for; nothing for one that is not known."""
    if name.startswith("runs/"):
        return OF_RUNS.get(name.rpartition("/")[2], "")
    return next((words for beginning, words in PURPOSES if name.startswith(beginning)), "")
