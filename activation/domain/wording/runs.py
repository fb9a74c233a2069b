"""Words for runs: what was asked of them, and what this host cannot do."""

from typing import Final

from activation.domain.wording.words import Wording

RUNS: Final = {
    # --- runs
    "run_moved_on": Wording(
        "This run has moved on since the page was loaded.", "Look at its present status and decide again."
    ),
    "type_yes": Wording("The word yes was not typed.", "Type yes in the field to approve exactly this plan."),
    "type_force": Wording(
        "The confirmation was not typed as shown.", "Type: stop by force. What was in hand may be lost sight of."
    ),
    "force_too_early": Wording(
        "Terraform was asked to stop less than {seconds} seconds ago, or not at all.",
        "Let it save its state first; force is offered when that takes too long.",
    ),
    "approval_not_yours": Wording(
        "Your role may not approve this run.",
        "Where four eyes are asked, another owner than the one who started it does.",
    ),
    "safety_check_refused": Wording("The safety check refused this plan.", "Read its findings; nothing was changed."),
    "plan_too_old": Wording("This plan is older than {age}.", "Start again: planning takes seconds."),
    "plan_stale": Wording("The state has changed since this plan was made.", "Start again from the latest state."),
    "plan_changed": Wording(
        "The stored plan is not the one that was approved.", "Start again, and tell who runs this portal."
    ),
    "key_again": Wording(
        "Less than 15 minutes of your key's time are left.", "Enter a key of the same account and person once more."
    ),
    "recovery_inconclusive": Wording(
        "What the earlier run left in AWS could not be found out: {detail}",
        "Nothing was started, so that nothing is made twice. Wait a minute, then press Recover again.",
    ),
    "recovery_stranger": Wording(
        "A name that this package needs belongs to somebody else: {owners}",
        "It was not touched. Ask its owner in your company to rename or delete it, then press Recover; or use another "
        "AWS account.",
    ),
    "key_destroyed": Wording(
        "The key of this run was destroyed, as its time was over.", "Start again with a fresh key."
    ),
    "other_principal": Wording(
        "This key belongs to somebody else than the one the plan was made with ({principal}).",
        "Use a key of the same person.",
    ),
    "other_account": Wording(
        "This belongs to account {account}, but the activation uses another one.",
        "Use a key of the activation's account, or begin a new activation.",
    ),
    "account_taken": Wording(
        "AWS account {account} is registered with another organization of this portal.", "Ask the person who runs it."
    ),
    "account_in_use": Wording(
        "A region of account {account} is being planned or built with the ARNs that are stored.",
        "Wait until that run is over, or discard its plan; then put the ARNs right.",
    ),
    "region_taken": Wording(
        "{region} is already being activated in account {account}.", "Open that activation, or choose another region."
    ),
    "package_missing": Wording(
        "No configuration package was chosen for this control plane yet.",
        "The installation administrator adds it under Installation, Packages.",
    ),
    "package_sha256_differs": Wording(
        "The archive's SHA-256 is {found}, not the one that was given.", "Download it again; do not use this copy."
    ),
    "package_address": Wording(
        "A package is fetched from https addresses only.", "Give an address that begins with https://."
    ),
    "package_too_large": Wording("The archive is larger than 20 MiB.", "A configuration package has a few kilobytes."),
    "package_unreadable": Wording("The archive cannot be read: {detail}.", "Check the path and its permissions."),
    "package_address_password": Wording(
        "The address holds a name or a password, which would be kept and shown with the package.",
        "Download the package yourself and upload the file.",
    ),
    "package_not_fetched": Wording(
        "The archive could not be fetched: {detail}.", "Download it yourself and upload the file."
    ),
    "package_needs_long_term_key": Wording(
        "This package has no variable for a session token, so a temporary key cannot work with it.",
        "Make a long-term key (it begins with AKIA) for this run only, and deactivate it right after.",
    ),
    "package_variable_unknown": Wording(
        "The package asks for variables that the portal does not know: {names}.", "Tell the installation administrator."
    ),
    "region_package_is_bundled": Wording(
        "This package builds a region; only the one that comes with the portal does that here.",
        "Add a package of roles and policies.",
    ),
    "reference_package_at_zilliz": Wording(
        "The bundled package is a reference written by this project; Zilliz Cloud does not know its roles.",
        "Add Zilliz's own package, with its SHA-256.",
    ),
    "cannot_open": Wording(
        "What was sealed cannot be opened with this portal's master keys.",
        "Put the earlier master key back into MASTER_KEYS.",
    ),
    "state_none": Wording(
        "This run wrote no state: it changed nothing in AWS.",
        "Look at the run that it went on from, or at a later one.",
    ),
    "could_not_start": Wording(
        "The run could not be started: {detail}", "Try again; the Installation page shows this host's health."
    ),
    "disk_full": Wording(
        "The portal's disk is nearly full: {detail}.", "Make room, then start again; nothing was changed."
    ),
    "terraform_missing": Wording("{detail}", "Then press Retry."),
    "out_of_reach": Wording(
        "Runs have a user of their own here, as the portal runs as root, and that user cannot reach {paths}.",
        "Let everybody pass through the directories above (chmod o+x), or start the portal as an ordinary user.",
    ),
    "no_landlock": Wording(
        "This kernel has no Landlock, or does not let the portal use it, so nothing can confine Terraform here.",
        "Use Linux 6.7 or newer with Landlock switched on; in a container, a seccomp profile that lets it through.",
    ),
    "sandbox_broken": Wording(
        "The sandbox was tried and does not hold: {detail}.",
        "Run the portal on a Linux kernel of its own (6.7 or newer), not on one that only imitates Landlock.",
    ),
    "sandbox_untried": Wording(
        "The sandbox could not be tried: {detail}.", "Mend what this says; the portal tries again every few seconds."
    ),
}
