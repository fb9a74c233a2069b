"""Words for plans, policy documents and configuration packages."""

from typing import Final

from activation.domain.wording.words import Wording

PACKAGES: Final = {
    # --- plans and policy documents
    "plan_unreadable": Wording(
        "Terraform's description of its plan could not be read.",
        "Plan again. If the problem persists, the installed Terraform is newer than this portal supports.",
    ),
    "policy_unreadable": Wording(
        "A policy document cannot be read: {reason}.", "Correct the document, or use the package as it was published."
    ),
    # --- archives of packages
    "archive_empty": Wording("The archive holds no file.", "Choose the package, a .tar.gz file."),
    "archive_format": Wording("This is not a .tar.gz file.", "Choose the package as it was published."),
    "archive_damaged": Wording("The archive is damaged or cut off.", "Download it again and compare its SHA-256."),
    "archive_too_large": Wording(
        "The archive holds more than {limit} MiB.", "A package is a few text files; check it."
    ),
    "archive_too_many": Wording(
        "The archive holds more than {limit} files.", "A package is a few text files; check it."
    ),
    "archive_link": Wording(
        "“{name}” is a link or a device; only plain files are unpacked.", "Pack it again with the file itself."
    ),
    "archive_name": Wording(
        "“{name}” is not a name that can be unpacked safely.",
        "Names are relative, of English letters, digits and common signs, without “..” or a backslash.",
    ),
    "archive_name_twice": Wording("“{name}” is in the archive twice.", "Pack it again with one of the two."),
    # --- configuration packages: refused
    "package_no_configuration": Wording(
        "There is no .tf file at the top of this archive.", "Pack the folder that holds main.tf."
    ),
    "package_file_forbidden": Wording(
        "“{file}” may not be in a package: Terraform would load it by itself, or a run writes it.",
        "Leave out values, state, plug-ins, overrides and configuration in JSON.",
    ),
    "package_file_hidden": Wording(
        "“{file}” may not be in a package: programs read settings from hidden files.",
        "Leave out files and folders whose names begin with a dot.",
    ),
    "package_too_much": Wording(
        "The .tf files have more than {limit} KiB, or more than {tokens} words and signs, together.",
        "Check that it is the right file.",
    ),
    "package_file_too_large": Wording("“{file}” is larger than {limit} KiB.", "Check that it is the right file."),
    "package_not_text": Wording("“{file}” is not plain text in UTF-8.", "Save it as UTF-8 without control characters."),
    "package_not_hcl": Wording(
        "“{file}” cannot be read. The problem starts at line {line}.", "Run: terraform validate"
    ),
    "package_block": Wording("“{file}”, line {line}: a block “{what}” may not be in a package.", "Remove it."),
    "package_provisioner": Wording(
        "“{file}”, line {line}: “{what}” would run a program on this server, or reach into a machine.",
        "A package may only describe AWS resources.",
    ),
    "package_backend": Wording(
        "“{file}”, line {line}: the state would be kept elsewhere (“{what}”).",
        "Remove the block. The portal keeps the state.",
    ),
    "package_setting": Wording("“{file}”, line {line}: the setting “{what}” may not be in a package.", "Remove it."),
    "package_provider": Wording(
        "“{file}”, line {line}: “{what}” needs a provider other than hashicorp/aws.", "A package may use only that one."
    ),
    "package_provider_setting": Wording(
        "“{file}”, line {line}: the provider setting “{what}” would change whose keys are used or where they are sent.",
        "Remove it.",
    ),
    "package_external": Wording(
        "“{file}”, line {line}: the data source “{what}” would run a program on this server.", "Remove it."
    ),
    "package_http": Wording(
        "“{file}”, line {line}: the data source “{what}” would fetch addresses of its own choice.", "Remove it."
    ),
    "package_remote_state": Wording(
        "“{file}”, line {line}: “{what}” would read another configuration's state.", "Use a variable instead."
    ),
    "package_remote_module": Wording(
        "“{file}”, line {line}: the module “{what}” is not part of this package.",
        "Put it into a folder of the package.",
    ),
    "package_reads_file": Wording(
        "“{file}”, line {line}: {what}() may read a file outside the package.",
        'Write the path as "${{path.module}}/name".',
    ),
    "package_resource": Wording(
        "“{file}”, line {line}: “{what}” does not belong in step 2, which creates IAM roles, policies and their "
        "attachments.",
        "A package for step 2 may only manage these.",
    ),
    "package_data_source": Wording(
        "“{file}”, line {line}: the data source “{what}” may not be read.",
        "Terraform reads data sources while it plans, before anybody has seen the plan.",
    ),
    "package_manifest": Wording("manifest.json cannot be used.", "Compare it with the one in the bundled package."),
    # --- configuration packages: to be named, not refused
    "keys_not_ephemeral": Wording(
        "Keys given by variable end up in the plan and may end up in the state: {names} are not ephemeral.",
        "The portal treats plan and state of this package as secrets.",
    ),
    "keys_preset": Wording("The package contains its own keys: {names}.", "Ask its author what they are for."),
    "outputs_missing": Wording(
        "The package does not return all seven ARNs. Missing: {names}.", "You have to enter these manually."
    ),
    "external_id_not_asked": Wording(
        "The package has no variable {names}, so its roles cannot check it.", "Ask its author for a newer version."
    ),
    "long_term_key_needed": Wording(
        "The package has no variable for a session token ({names}), so it works with a long-term key (AKIA…) only.",
        "Create one only for the run, and deactivate it right afterward. The pages of step 2 show how.",
    ),
    "inputs_from_file": Wording(
        "The package needs values that are not text, a number, or yes or no: {names}.",
        "Whoever runs it provides them in a terraform.tfvars.",
    ),
    "inputs_unfillable": Wording(
        "The package needs secrets that the portal does not accept: {names}. It cannot be run here.",
        "Run it yourself and paste its output, or ask its author for a version that does not need them.",
    ),
    "inputs_secret": Wording(
        "The package accepts secrets that the portal does not accept: {names}.", "It runs here with its defaults."
    ),
    "provider_not_locked": Wording(
        "The package does not pin the checksum of {names}.",
        "The first run on each host uses the newest version that fits. Later runs there keep it.",
    ),
}
