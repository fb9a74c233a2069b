"""Words for runs: what was asked of them, and what this host cannot do."""

from typing import Final

from activation.domain.wording.words import Wording

RUNS: Final = {
    # --- runs
    "run_moved_on": Wording(
        "The status of this run has changed since the page was loaded.", "Check its current status and decide again."
    ),
    "type_yes": Wording("The word yes was not typed.", "Type yes in the field to approve exactly this plan."),
    "type_force": Wording(
        "The confirmation was not typed as shown.",
        "Type “stop by force”. Resources being created right now may not be recorded.",
    ),
    "force_too_early": Wording(
        "Terraform was asked to stop less than {seconds} seconds ago, or not at all.",
        "Let it save its state first. Stopping by force is offered if that takes too long.",
    ),
    "approval_not_yours": Wording(
        "Your role cannot approve this run.",
        "If four eyes are required, an owner other than the one who started it must approve it.",
    ),
    "safety_check_refused": Wording("The safety check refused this plan.", "Read its findings. Nothing was changed."),
    "plan_too_old": Wording("This plan is older than {age}.", "Start again. Planning takes only seconds."),
    "plan_stale": Wording("The state has changed since this plan was made.", "Start again from the latest state."),
    "plan_changed": Wording(
        "The stored plan is not the one that was approved.", "Start again, and tell the installation administrator."
    ),
    "key_again": Wording(
        "Your key expires in less than 15 minutes.", "Enter a key of the same account and person once more."
    ),
    "recovery_inconclusive": Wording(
        "It could not be determined what the earlier run left in AWS: {detail}",
        "Nothing was started, so that nothing is created twice. Wait a minute, then press Recover again.",
    ),
    "recovery_stranger": Wording(
        "A name that this package needs belongs to somebody else: {owners}",
        "It was not touched. Ask its owner in your company to rename or delete it, then press Recover. Or use "
        "another AWS account.",
    ),
    "key_destroyed": Wording(
        "The key of this run was destroyed because its time had expired.", "Start again with a new key."
    ),
    "key_nearly_over": Wording(
        "Less than {least} was left of this run's key before it could begin to apply. Nothing was changed in AWS.",
        "Press Retry and enter a new key.",
    ),
    "other_principal": Wording(
        "This key does not belong to the person whose key made the plan ({principal}).",
        "Use a key of the same person.",
    ),
    "other_account": Wording(
        "This belongs to account {account}, but the activation uses another one.",
        "Use a key of the activation's account, or start a new activation.",
    ),
    "account_taken": Wording(
        "AWS account {account} is registered with another organization of this portal.",
        "Ask the installation administrator.",
    ),
    "account_in_use": Wording(
        "A region of account {account} is being planned or built with the ARNs that are stored.",
        "Wait until that run has ended, or discard its plan. Then correct the ARNs.",
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
        "Packages are fetched only from https addresses.", "Give an address that begins with https://."
    ),
    "package_too_large": Wording(
        "The archive is larger than 20 MiB.", "A configuration package is only a few kilobytes."
    ),
    "package_unreadable": Wording("The archive cannot be read: {detail}.", "Check the path and its permissions."),
    "package_address_password": Wording(
        "The address contains a user name or password, which would be stored and shown with the package.",
        "Download the package yourself and upload the file.",
    ),
    "package_not_fetched": Wording(
        "The archive could not be fetched: {detail}.", "Download it yourself and upload the file."
    ),
    "package_needs_long_term_key": Wording(
        "This package has no variable for a session token, so a temporary key cannot work with it.",
        "Create a long-term key (it begins with AKIA) for this run only, and deactivate it right afterward.",
    ),
    "package_variable_unknown": Wording(
        "The package asks for variables that the portal does not know: {names}.", "Tell the installation administrator."
    ),
    "region_package_is_bundled": Wording(
        "This package builds a region. Only the package that comes with the portal can do that here.",
        "Add a package of roles and policies.",
    ),
    "reference_package_at_zilliz": Wording(
        "The bundled package is a reference written by this project. Zilliz Cloud does not know its roles.",
        "Add Zilliz's own package, with its SHA-256.",
    ),
    "cannot_open": Wording(
        "The stored data cannot be decrypted with this portal's master keys.",
        "Put the earlier master key back into MASTER_KEYS.",
    ),
    "state_none": Wording(
        "This run wrote no state: it changed nothing in AWS.",
        "Open the run that it continued, or a later one.",
    ),
    "could_not_start": Wording(
        "The run could not be started: {detail}", "Try again. The Installation page shows this host's health."
    ),
    "disk_full": Wording(
        "The portal's disk is nearly full: {detail}.", "Free some space, then start again. Nothing was changed."
    ),
    "terraform_missing": Wording("{detail}", "Then press Retry."),
    "out_of_reach": Wording(
        "The portal runs as root, so runs have their own user, and that user cannot reach {paths}.",
        "Make the directories above accessible to all users (chmod o+x), or start the portal as an ordinary user.",
    ),
    "no_landlock": Wording(
        "This kernel has no Landlock, or does not let the portal use it, so Terraform cannot be confined here.",
        "Use Linux 6.7 or newer with Landlock enabled; in a container, a seccomp profile that allows it.",
    ),
    "sandbox_broken": Wording(
        "The sandbox was tested and is not effective: {detail}.",
        "Run the portal on a Linux kernel of its own (6.7 or newer), not on one that only imitates Landlock.",
    ),
    "sandbox_untried": Wording(
        "The sandbox could not be tested: {detail}.", "Fix this. The portal tries again every few seconds."
    ),
}
