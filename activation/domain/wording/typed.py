"""Words for what people type and paste: external IDs, ARNs, regions, Terraform's output."""

from typing import Final

from activation.domain.wording.words import Wording

TYPED: Final = {
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
        "The external ID holds {character}, at place {position}; AWS allows English letters, digits and signs only.",
        "Copy the ID from the console again instead of typing it.",
    ),
    "external_id_character": Wording(
        "The external ID holds {character}, at place {position}; AWS allows letters, digits and _ + = , . @ : / -.",
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
}
