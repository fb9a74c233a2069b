"""What can go wrong, whose it is, and the one table of words for it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """What a person reads: what happened, and what to do next."""

    text: str
    next_step: str = ""


class Problem(Exception):
    """A failure with a stable code; the words come from `WORDING`."""

    def __init__(self, code: str, *, field: str | None = None, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.values = values

    @property
    def text(self) -> str:
        """What happened, as a sentence."""
        return WORDING[self.code].text.format(**self.values)

    @property
    def next_step(self) -> str:
        """What the person can do now, as a sentence; may be empty."""
        return WORDING[self.code].next_step.format(**self.values)

    def __str__(self) -> str:
        return f"{self.text} {self.next_step}".strip()


class Refused(Problem):
    """The person who asked can mend it."""


class Faulted(Problem):
    """Ours, or the machine's: nothing the person typed would have helped."""


WORDING: dict[str, Wording] = {
    # --- runs
    "run_moved_on": Wording(
        "This run has moved on since the page was loaded.", "Look at its present status and decide again."
    ),
    "run_active": Wording("A run is already under way for this cloud account.", "Open it and follow it there."),
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
    "plan_too_old": Wording("This plan is older than an hour.", "Start again: planning takes seconds."),
    "plan_stale": Wording("The state has changed since this plan was made.", "Start again from the latest state."),
    "plan_changed": Wording(
        "The stored plan is not the one that was approved.", "Start again, and tell who runs this portal."
    ),
    "key_again": Wording(
        "Less than 15 minutes of your key's hour are left.", "Enter a key of the same account and person once more."
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
    "reference_package_at_zilliz": Wording(
        "The bundled package is a reference written by this project; Zilliz Cloud does not know its roles.",
        "Add Zilliz's own package, with its SHA-256.",
    ),
    "cannot_open": Wording(
        "What was sealed cannot be opened with this portal's master keys.",
        "Put the earlier master key back into MASTER_KEYS.",
    ),
    "could_not_start": Wording(
        "The run could not be started: {detail}", "Try again; the Installation page shows this host's health."
    ),
    "disk_full": Wording(
        "The portal's disk is nearly full: {detail}.", "Make room, then start again; nothing was changed."
    ),
    "terraform_missing": Wording("{detail}", "Then press Retry."),
    "sandbox_unavailable": Wording(
        "This host cannot confine Terraform ({detail}), so it does not run it.",
        "Use a kernel with Landlock (Linux 5.13 or newer), or see docs/operating.md.",
    ),
    # --- external ID, as an organization has it
    "external_id_taken": Wording(
        "This external ID is registered with another organization.", "Copy it from your own console."
    ),
    "external_id_locked": Wording("The external ID is locked already.", "It stays as it is for good."),
    "external_id_is_issued_here": Wording("This portal issues the external ID itself.", "Copy the one that is shown."),
    "external_id_not_locked": Wording("The external ID is not locked yet.", "Enter it and confirm it first."),
    # --- text: what was pasted or uploaded
    "text_encoding": Wording("This file is not text in UTF-8.", "Save it as UTF-8 and upload it again."),
    "text_too_large": Wording("This is {size}; at most {limit} is read.", "Check that it is the right file."),
    # --- external ID
    "external_id_empty": Wording("The external ID is missing.", "Copy it from the console and paste it here."),
    "external_id_blank": Wording(
        "The external ID has {character} inside, at place {position}.", "Copy the ID alone, without the text around it."
    ),
    "external_id_quote": Wording(
        "The external ID holds {character}, at place {position}.", "Paste the ID without quotation marks."
    ),
    "external_id_not_ascii": Wording(
        "The external ID holds {character}, at place {position}; AWS allows plain English letters, digits and signs only.",
        "Copy the ID from the console again instead of typing it.",
    ),
    "external_id_character": Wording(
        "The external ID holds {character}, at place {position}; besides letters and digits AWS allows _ + = , . @ : / -",
        "Copy the ID from the console again.",
    ),
    "external_id_too_short": Wording(
        "The external ID has fewer than {limit} characters.", "Copy the whole ID from the console."
    ),
    "external_id_too_long": Wording(
        "The external ID has {length} characters; AWS allows at most {limit}.", "Copy the ID alone from the console."
    ),
    # --- ARNs
    "arn_empty": Wording("The ARN is missing.", "Paste it from the Terraform output."),
    "arn_too_long": Wording("This is {length} characters long; an ARN has at most {limit}.", "Paste one ARN alone."),
    "arn_blank": Wording("The ARN has {character} inside, at place {position}.", "Paste one ARN alone, on one line."),
    "arn_character": Wording(
        "The ARN holds {character}, at place {position}.", "Copy it from the Terraform output again."
    ),
    "arn_wildcard": Wording(
        "The ARN holds the wildcard {character}, at place {position}.", "Enter the full name of one object."
    ),
    "arn_encoded": Wording(
        "The ARN holds a % code, as in a web address.", "Copy it from the Terraform output instead of an address bar."
    ),
    "arn_prefix": Wording("An ARN starts with “arn:”; this does not.", "Copy it from the Terraform output again."),
    "arn_parts": Wording(
        "An ARN has six parts between colons, all the way to a name; this one breaks off or has lost some.",
        "Copy the whole ARN again.",
    ),
    "arn_partition": Wording(
        "The ARN belongs to the AWS partition “{partition}”; known here: {known}.", "Check where the ARN comes from."
    ),
    "arn_service": Wording("“{service}” is not the name of an AWS service.", "Copy the whole ARN again."),
    "arn_region": Wording("“{region}” is not the code of an AWS region.", "Copy the whole ARN again."),
    "arn_account": Wording(
        "“{account}” is not an AWS account ID: that is 12 digits.", "Copy the ARN from your own Terraform output."
    ),
    "arn_not_iam": Wording("This ARN is of the service {service}; {wanted} of IAM goes here.", "Paste another ARN."),
    "arn_session": Wording(
        "This ARN is of a session (STS), not of IAM; {wanted} goes here.",
        "Paste the ARN with “:iam::” from the Terraform output.",
    ),
    "arn_has_region": Wording(
        "This ARN names the region {region}; roles and policies belong to no region.", "Copy it again."
    ),
    "arn_aws_managed": Wording(
        "This is a policy managed by AWS; one created in your own account goes here.",
        "Copy the ARN from the Terraform output.",
    ),
    "arn_kind": Wording("This is the ARN of {found}; {wanted} goes here.", "Check that two fields are not swapped."),
    "arn_no_name": Wording("This ARN names no {kind}: it ends too early.", "Copy the whole ARN again."),
    "arn_path": Wording("The path “{path}” does not begin and end with one “/”.", "Copy the whole ARN again."),
    "arn_path_too_long": Wording("The path has {length} characters; AWS allows {limit}.", "Check the ARN."),
    "arn_name": Wording(
        "“{name}” is not a name AWS allows for a {kind}: letters, digits and _ + = , . @ - only.", "Check the ARN."
    ),
    "arn_name_too_long": Wording(
        "The name has {length} characters; AWS allows {limit} for a {kind}.", "Check the ARN."
    ),
    "arn_other_partition": Wording(
        "This ARN is of the partition {partition}, the others of {expected}.", "Paste ARNs of one account together."
    ),
    "arn_other_account": Wording(
        "This ARN is of the AWS account {account}, not of {expected}.", "Paste the ARNs of one account together."
    ),
    "arn_twice": Wording("This is the same object as in “{other}”.", "Each field has an ARN of its own."),
    "arn_swapped": Wording(
        "“{name}” is the usual name for “{other}”, not for this field.", "Check that two fields are not swapped."
    ),
    "arn_field_unknown": Wording("“{name}” is not one of the ARNs asked for.", "Leave it out."),
    # --- AWS keys: a value is never repeated
    "access_key_missing": Wording("The access key ID is missing.", "It starts with ASIA or AKIA."),
    "access_key_shape": Wording(
        "This is not an access key ID: that is AKIA or ASIA and 16 capital letters or digits.",
        "Copy it from the place where the key was made.",
    ),
    "access_key_other_kind": Wording(
        "This is an AWS identifier of another kind ({prefix}), not an access key ID.",
        "An access key ID starts with ASIA or AKIA.",
    ),
    "secret_key_missing": Wording("The secret access key is missing.", "It is shown once, when the key is made."),
    "secret_key_length": Wording(
        "The secret access key has {length} characters; it must have 40.", "Copy the whole secret, and nothing else."
    ),
    "secret_key_character": Wording(
        "The secret access key holds {character}; it is made of letters, digits, / and + only.",
        "Copy the secret again, and nothing else.",
    ),
    "session_token_missing": Wording(
        "A key that starts with ASIA works only together with its session token.", "Paste the session token as well."
    ),
    "session_token_unexpected": Wording(
        "A key that starts with AKIA has no session token, so these do not belong together.",
        "Empty the session token, or paste the temporary key (ASIA…) it came with.",
    ),
    "session_token_too_long": Wording(
        "The session token has {length} characters; at most {limit} are accepted.", "Copy the token alone."
    ),
    "session_token_character": Wording(
        "The session token holds {character}; it is made of letters, digits and / + = _ - only.",
        "Copy the token again, on one line.",
    ),
    "credential_blank": Wording("{label} has {character} inside.", "Paste the value alone, on one line."),
    "credential_quote": Wording("{label} holds {character}.", "Paste the value without quotation marks."),
    "credential_assignment": Wording(
        "{label} holds a whole line of a script or a file (“export …” or “name = …”).",
        "Paste only what stands behind the “=”, without quotation marks.",
    ),
    "credential_swapped": Wording(
        "The access key ID and the secret access key seem to be swapped.", "Exchange the two values."
    ),
    "credential_long_term": Wording(
        "This is a long-term key (AKIA…): it works until somebody deletes it.",
        "A temporary key that lives an hour is safer; if you use this one, deactivate it right after the run.",
    ),
    # --- terraform.tfvars: a value is never repeated
    "tfvars_too_large": Wording(
        "This file is larger than {limit} KiB; a terraform.tfvars is a few lines.", "Check that it is the right file."
    ),
    "tfvars_not_text": Wording("This file is not text, so it cannot be a terraform.tfvars.", "Choose another file."),
    "tfvars_json": Wording(
        'This is JSON; a terraform.tfvars has lines like: name = "value"',
        "Upload the .tfvars file, or fill in the form.",
    ),
    "tfvars_smart_quotes": Wording(
        'Line {line} has curly quotation marks (a text editor put them there); Terraform knows only straight ones (").',
        "Replace them, or fill in the form.",
    ),
    "tfvars_not_hcl": Wording(
        'Terraform could not read line {line}: it is not of the form name = "value".',
        "Correct it, or fill in the form.",
    ),
    "tfvars_block": Wording(
        "“{name}” on line {line} is a block of a configuration; a terraform.tfvars has values only.",
        "Upload terraform.tfvars, not a .tf file.",
    ),
    "tfvars_duplicate": Wording("“{name}” is set twice, again on line {line}.", "Keep one of the two."),
    "tfvars_interpolation": Wording(
        "The value of “{name}” (line {line}) holds ${{…}} or %{{…}}; a terraform.tfvars may not compute anything.",
        "Write the value itself.",
    ),
    "tfvars_expression": Wording(
        "The value of “{name}” (line {line}) is computed or refers to something else; it must be written out.",
        "Write the value itself, in straight quotation marks.",
    ),
    "tfvars_not_string": Wording(
        "The value of “{name}” (line {line}) must be text in quotation marks.", 'Write it as {name} = "…"'
    ),
    "tfvars_escape": Wording(
        "The value of “{name}” (line {line}) holds a backslash sequence Terraform does not know.",
        "Paste the value as it is, without backslashes.",
    ),
    # --- terraform.tfvars, compared with the activation
    "tfvars_region": Wording(
        "The file is for the region {found}; this activation is for {expected}.",
        "Upload the file of this region, or begin an activation of the other one.",
    ),
    "tfvars_external_id": Wording(
        "The file holds another external ID than the one locked in step 1.",
        "Download the example file from “Run it yourself”, or leave the external ID out.",
    ),
    "tfvars_vendor_principal": Wording(
        "The file lets another vendor in (vendor_principal_arn) than {expected}.",
        "Leave vendor_principal_arn out; the portal fills it in.",
    ),
    "keys_twice": Wording(
        "The key was given twice: in the fields and in a file.", "Fill in the fields, or upload the file, not both."
    ),
    "run_not_approvable": Wording("There is no plan to approve any more.", "Look at the run's present status."),
    # --- terraform output
    "output_cut": Wording("This line is cut off in the middle.", "Paste the output again, to its end."),
    "output_cut_json": Wording("The JSON is damaged or cut off here.", "Paste the output again, to its end."),
    "output_unknown": Wording(
        "“{name}” is not one of the ARNs asked for.", "It may be of another package; it was left out."
    ),
    "output_unnamed": Wording(
        "This ARN stands without a name, and its own name tells nothing.", "Paste it into its field by hand."
    ),
    "output_unreadable": Wording('This is not of the form name = "arn:…".', "It was left out."),
    "output_not_arn": Wording("The value of “{name}” is not an ARN.", "Paste the output of the right package."),
    "output_hidden": Wording("Terraform hides the value of “{name}” (sensitive).", "Run: terraform output -json"),
    "output_not_yet": Wording(
        "The value of “{name}” is known only after apply; this is the output of a plan.", "Run: terraform apply"
    ),
    "output_removed": Wording("“{name}” is being removed, so its ARN ends with it.", "Paste the output of an apply."),
    "output_differs": Wording(
        "“{name}” was given twice with different ARNs; the first one was kept.", "Check which one is right."
    ),
    "output_other_account": Wording(
        "This ARN is of the AWS account {account}, most of the others of {expected}.",
        "Paste the ARNs of one account together.",
    ),
    "output_none": Wording(
        "Terraform says that there are no outputs.", "Run terraform apply first, in the same directory."
    ),
    "output_empty": Wording("There is nothing to read.", "Paste the whole output of terraform output."),
    "output_no_outputs": Wording(
        "This file holds no outputs.", "Run terraform apply to its end, then take the file again."
    ),
    "output_encrypted": Wording("This state file is encrypted.", "Paste the output of: terraform output -json"),
    "arns_incomplete": Wording(
        "{right} of the seven ARNs are right; nothing was stored.", "Mend the marked fields, or paste again."
    ),
    "output_missing": Wording(
        "None of the seven ARNs was found in this.", "Paste the output of terraform output, to its end."
    ),
    "output_more": Wording("{count} more lines were not understood.", "Paste only the output itself."),
    # --- AWS's answers to a key
    "aws_key_unknown": Wording(
        "AWS does not know this access key ID: it was mistyped, switched off or deleted, or it belongs to another "
        "partition (China, GovCloud).",
        "Copy the key again, or make a new one.",
    ),
    "aws_token_unknown": Wording(
        "AWS does not accept this session token together with this access key ID.",
        "Copy key ID, secret key and session token again, all three from the same place; the token in full.",
    ),
    "aws_secret_wrong": Wording(
        "AWS knows this access key ID, but the secret access key is not the one that belongs to it.",
        "Copy the secret access key again; if it was not kept, make a new key.",
    ),
    "aws_key_expired": Wording("This key's session has ended.", "Make a new temporary key and enter that."),
    "aws_denied": Wording(
        "This key may not call {action}.", "Give it the rights shown beside the form, or enter a key that has them."
    ),
    "aws_absent": Wording("AWS knows nothing of that name ({action}).", "Check the name."),
    "aws_refused": Wording("AWS refused {action} with “{aws_code}”.", "Look this code up in the AWS documentation."),
    "aws_clock_skew": Wording(
        "AWS refuses the signature because this server's clock differs from its own by more than five minutes.",
        "Ask the installation administrator to set the clock (NTP), then try again.",
    ),
    "aws_throttled": Wording(
        "AWS is limiting how often this account may call {action}; three tries were turned away.",
        "Wait a minute, then try again.",
    ),
    "aws_unreachable": Wording(
        "AWS does not answer at {host}.",
        "Check this server's network, DNS and firewall (TCP port 443), then try again.",
    ),
    "aws_untrusted": Wording(
        "The certificate that {host} shows is not trusted here.",
        "If a proxy of your company opens the connection, give its certificates to the portal (a file of certificates "
        "in the settings).",
    ),
    "aws_proxy": Wording("The proxy on the way to {host} does not answer.", "Check the proxy in the settings."),
    "aws_unavailable": Wording("AWS failed at {action} with “{aws_code}”.", "Wait a minute, then try again."),
    "aws_unexpected": Wording(
        "{action} could not be asked ({kind}).", "Try again; if it stays so, tell the installation administrator."
    ),
    # --- regions
    "region_empty": Wording("Choose a region."),
    "region_shape": Wording("“{region}” is not the code of an AWS region.", "A code looks like us-west-2."),
    "region_zone": Wording(
        "“{region}” is an availability zone.", "Enter the region without the last letter: {suggestion}"
    ),
    "region_unknown": Wording("The region “{region}” is not known here.", "Check the spelling."),
    "region_not_enabled": Wording(
        "The region {region} ({city}) is not enabled here; enabled: {enabled}.", "Choose one of these."
    ),
    # --- plans and policy documents
    "plan_unreadable": Wording(
        "Terraform's description of its plan could not be read.",
        "Plan again; if it stays so, the installed Terraform is newer than this portal knows.",
    ),
    "policy_unreadable": Wording(
        "A policy document cannot be read: {reason}.", "Correct the document, or use the package as it was published."
    ),
    # --- people: set-up, invitations, members
    "setup_done": Wording(
        "This installation has an owner already.",
        "Ask the owner for an invitation, or repeat the command with --force.",
    ),
    "setup_link_gone": Wording(
        "This set-up link was used, replaced or is too old.", "Make a new one on the server: manage.py setup_link"
    ),
    "setup_console_differs": Wording(
        "This portal does not fit your console: it prepares the seven ARNs of the guide, and your console asks for a "
        "cross-account role, an EKS role and a storage role instead.",
        "Follow the steps that the Zilliz Cloud console shows you; nothing was created here.",
    ),
    "setup_console_unanswered": Wording(
        "Say what your console asks for.", "It decides whether this portal is of use to you."
    ),
    "vendor_not_configured": Wording(
        "This installation cannot be its own control plane: no vendor identity is configured.",
        "Set VENDOR_HOSTS_PORTAL and the vendor's principal, or answer yes if you have a contract.",
    ),
    "address_taken": Wording(
        "Somebody with this e-mail address has an account here already.", "Sign in first, then open the link again."
    ),
    "password_weak": Wording("{reason}", "Choose another password."),
    "invitation_unknown": Wording(
        "This invitation does not exist.", "Check that the whole link was copied, or ask for a new invitation."
    ),
    "invitation_used": Wording("This invitation was accepted already.", "Sign in instead."),
    "invitation_withdrawn": Wording("This invitation was withdrawn.", "Ask the person who sent it for a new one."),
    "invitation_expired": Wording("This invitation has expired.", "Ask the person who sent it for a new one."),
    "invitation_foreign": Wording(
        "This invitation is for another e-mail address than the one you signed in with.",
        "Sign out, then open the link again as the person it is for.",
    ),
    "invitation_open": Wording(
        "There is an open invitation for this address.", "Withdraw it first, if a new link is needed."
    ),
    "invitation_not_open": Wording("This invitation is not open any more.", "Look at the Members page again."),
    "membership_ended": Wording(
        "This membership has ended since the page was loaded.", "Look at the Members page again."
    ),
    "member_already": Wording("This person is a member already.", "Change the role on the Members page."),
    "last_owner": Wording("An organization keeps at least one owner.", "Make somebody else an owner first."),
    "own_role": Wording("Nobody changes their own role.", "Ask an owner."),
    "owner_changed_by_owner": Wording("Only an owner changes or removes an owner.", "Ask an owner."),
    "role_not_yours_to_give": Wording("Your role cannot make somebody {role}.", "Ask an owner."),
    "demo_only": Wording("Demo people exist only where the demo runs.", "Start with: manage.py up --demo"),
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
    "archive_name_twice": Wording("“{name}” stands in the archive twice.", "Pack it again with one of the two."),
    # --- configuration packages: refused
    "package_no_configuration": Wording(
        "There is no .tf file at the top of this archive.", "Pack the folder that holds main.tf."
    ),
    "package_file_forbidden": Wording(
        "“{file}” may not be in a package: Terraform would take it in by itself.",
        "Leave out values, state, plug-ins, overrides and configuration in JSON.",
    ),
    "package_too_much": Wording(
        "The .tf files have more than {limit} MiB together.", "Check that it is the right file."
    ),
    "package_file_too_large": Wording("“{file}” is larger than {limit} KiB.", "Check that it is the right file."),
    "package_not_text": Wording("“{file}” is not plain text in UTF-8.", "Save it as UTF-8 without control characters."),
    "package_not_hcl": Wording(
        "“{file}” cannot be read; the trouble starts at line {line}.", "Run: terraform validate"
    ),
    "package_block": Wording("“{file}”, line {line}: a block “{what}” may not be in a package.", "Remove it."),
    "package_provisioner": Wording(
        "“{file}”, line {line}: “{what}” would run a program on this server, or reach into a machine.",
        "A package may only describe AWS resources.",
    ),
    "package_backend": Wording(
        "“{file}”, line {line}: the state would be kept elsewhere (“{what}”).", "Remove the block; the portal keeps it."
    ),
    "package_setting": Wording("“{file}”, line {line}: the setting “{what}” may not be in a package.", "Remove it."),
    "package_provider": Wording(
        "“{file}”, line {line}: “{what}” needs another provider than hashicorp/aws.", "A package may use that one only."
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
    "package_manifest": Wording("manifest.json cannot be used.", "Compare it with the one of the bundled package."),
    # --- configuration packages: to be named, not refused
    "keys_not_ephemeral": Wording(
        "Keys given by variable end up in the plan and may end up in the state: {names} are not ephemeral.",
        "The portal treats plan and state of this package as secrets.",
    ),
    "keys_preset": Wording("The package brings keys of its own: {names}.", "Ask its author what they are for."),
    "outputs_missing": Wording(
        "The package does not return all seven ARNs; missing: {names}.", "These have to be entered by hand."
    ),
    "external_id_not_asked": Wording(
        "The package does not ask for {names}, so its roles cannot check it.", "Ask its author for a newer version."
    ),
    "provider_not_locked": Wording(
        "The package does not pin the checksum of {names}.", "Terraform takes the newest version that fits."
    ),
}
