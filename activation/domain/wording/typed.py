"""Words for what people type and paste: external IDs, ARNs, regions, Terraform's output."""

from typing import Final

from activation.domain.wording.words import Wording

TYPED: Final = {
    # --- external ID, as an organization has it
    "external_id_taken": Wording(
        "This external ID is registered with another organization.", "Copy it from your own console."
    ),
    "external_id_locked": Wording("The external ID is already locked.", "It can no longer be changed."),
    "external_id_is_issued_here": Wording("This portal issues the external ID itself.", "Copy the one that is shown."),
    "external_id_not_locked": Wording("The external ID is not locked yet.", "Enter it and confirm it first."),
    # --- text: what was pasted or uploaded
    "text_encoding": Wording("This file is not text in UTF-8.", "Save it as UTF-8 and upload it again."),
    "text_too_large": Wording("This is {size}; at most {limit} is read.", "Check that it is the right file."),
    # --- external ID
    "external_id_empty": Wording("The external ID is missing.", "Copy it from the console and paste it here."),
    "external_id_blank": Wording(
        "The external ID contains {character} at position {position}.", "Copy only the ID, without the text around it."
    ),
    "external_id_quote": Wording(
        "The external ID contains {character} at position {position}.", "Paste the ID without quotation marks."
    ),
    "external_id_not_ascii": Wording(
        "The external ID contains {character} at position {position}. AWS allows only English letters, digits and "
        "some signs.",
        "Copy the ID from the console again instead of typing it.",
    ),
    "external_id_character": Wording(
        "The external ID contains {character} at position {position}. AWS allows letters, digits and _ + = , . @ : / "
        "-.",
        "Copy the ID from the console again.",
    ),
    "external_id_too_short": Wording(
        "The external ID has fewer than {limit} characters.", "Copy the whole ID from the console."
    ),
    "external_id_too_long": Wording(
        "The external ID has {length} characters; AWS allows at most {limit}.", "Copy only the ID from the console."
    ),
    # --- ARNs
    "arn_empty": Wording("The ARN is missing.", "Paste it from the Terraform output."),
    "arn_too_long": Wording("This is {length} characters long; an ARN has at most {limit}.", "Paste only one ARN."),
    "arn_blank": Wording("The ARN contains {character} at position {position}.", "Paste only one ARN, on one line."),
    "arn_character": Wording(
        "The ARN contains {character} at position {position}.", "Copy it from the Terraform output again."
    ),
    "arn_wildcard": Wording(
        "The ARN contains the wildcard {character} at position {position}.", "Enter the full name of one resource."
    ),
    "arn_encoded": Wording(
        "The ARN contains a % code, as in a web address.",
        "Copy it from the Terraform output instead of an address bar.",
    ),
    "arn_prefix": Wording("An ARN starts with “arn:”. This does not.", "Copy it from the Terraform output again."),
    "arn_parts": Wording(
        "An ARN has six parts separated by colons and ends with a name. This one is incomplete.",
        "Copy the whole ARN again.",
    ),
    "arn_partition": Wording(
        "The ARN belongs to the AWS partition “{partition}”. Known here: {known}.", "Check where the ARN comes from."
    ),
    "arn_service": Wording("“{service}” is not the name of an AWS service.", "Copy the whole ARN again."),
    "arn_region": Wording("“{region}” is not the code of an AWS region.", "Copy the whole ARN again."),
    "arn_account": Wording(
        "“{account}” is not an AWS account ID, which has 12 digits.", "Copy the ARN from your own Terraform output."
    ),
    "arn_not_iam": Wording(
        "This ARN belongs to the service {service}. Enter {wanted} of IAM instead.", "Paste another ARN."
    ),
    "arn_session": Wording(
        "This ARN is of a session (STS), not of IAM; {wanted} goes here.",
        "Paste the ARN with “:iam::” from the Terraform output.",
    ),
    "arn_has_region": Wording(
        "This ARN names the region {region}. Roles and policies are not tied to a region.", "Copy it again."
    ),
    "arn_aws_managed": Wording(
        "This is a policy managed by AWS. One created in your own account goes here.",
        "Copy the ARN from the Terraform output.",
    ),
    "arn_kind": Wording("This is the ARN of {found}; {wanted} goes here.", "Check that two fields are not swapped."),
    "arn_no_name": Wording("This ARN does not name a {kind}: it ends too early.", "Copy the whole ARN again."),
    "arn_path": Wording("The path “{path}” does not begin and end with one “/”.", "Copy the whole ARN again."),
    "arn_path_too_long": Wording("The path has {length} characters; AWS allows {limit}.", "Check the ARN."),
    "arn_name": Wording(
        "“{name}” is not a name AWS allows for a {kind}: letters, digits and _ + = , . @ - only.", "Check the ARN."
    ),
    "arn_name_too_long": Wording(
        "The name has {length} characters; AWS allows {limit} for a {kind}.", "Check the ARN."
    ),
    "arn_other_partition": Wording(
        "This ARN belongs to the partition {partition}, not to {expected}.", "Paste the ARNs of one account together."
    ),
    "arn_other_account": Wording(
        "This ARN belongs to the AWS account {account}, not to {expected}.", "Paste the ARNs of one account together."
    ),
    "arn_twice": Wording("This is the same resource as in “{other}”.", "Each field needs its own ARN."),
    "arn_swapped": Wording(
        "“{name}” is the usual name for “{other}”, not for this field.", "Check that two fields are not swapped."
    ),
    "arn_field_unknown": Wording("“{name}” is not one of the requested ARNs.", "Leave it out."),
    # --- terraform output
    "output_cut": Wording("This line is cut off in the middle.", "Paste the output again, to its end."),
    "output_cut_json": Wording("The JSON is damaged or cut off here.", "Paste the output again, to its end."),
    "output_unknown": Wording(
        "“{name}” is not one of the requested ARNs.", "It may belong to another package. It was left out."
    ),
    "output_unnamed": Wording(
        "This ARN has no output name, and its own name does not identify it.", "Paste it into its field yourself."
    ),
    "output_unreadable": Wording('This does not have the form name = "arn:…".', "It was left out."),
    "output_not_arn": Wording("The value of “{name}” is not an ARN.", "Paste the output of the right package."),
    "output_hidden": Wording("Terraform hides the value of “{name}” (sensitive).", "Run: terraform output -json"),
    "output_not_yet": Wording(
        "The value of “{name}” is known only after apply. This is the output of a plan.", "Run: terraform apply"
    ),
    "output_removed": Wording(
        "“{name}” is being removed, so its ARN will no longer exist.", "Paste the output of an apply."
    ),
    "output_differs": Wording(
        "“{name}” was given twice with different ARNs. The first one was kept.", "Check which one is right."
    ),
    "output_other_account": Wording(
        "This ARN belongs to the AWS account {account}, most of the others to {expected}.",
        "Paste the ARNs of one account together.",
    ),
    "output_none": Wording(
        "Terraform says that there are no outputs.", "Run terraform apply first, in the same directory."
    ),
    "output_empty": Wording("There is nothing to read.", "Paste the complete output of terraform output."),
    "output_no_outputs": Wording(
        "This file contains no outputs.", "Run terraform apply to its end, then take the file again."
    ),
    "output_encrypted": Wording("This state file is encrypted.", "Paste the output of: terraform output -json"),
    "arns_incomplete": Wording(
        "{right} of the seven ARNs are correct. Nothing was stored.", "Correct the marked fields, or paste again."
    ),
    "output_missing": Wording(
        "None of the seven ARNs was found in this text.", "Paste the output of terraform output, to its end."
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
