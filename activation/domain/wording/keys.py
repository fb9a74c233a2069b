"""Words for AWS keys, files of them, and AWS's answers; a value is never repeated."""

from typing import Final

from activation.domain.wording.words import Wording

KEYS: Final = {
    # --- AWS keys: a value is never repeated
    "access_key_missing": Wording("The access key ID is missing.", "It starts with ASIA or AKIA."),
    "access_key_shape": Wording(
        "This is not an access key ID, which is AKIA or ASIA followed by 16 capital letters or digits.",
        "Copy it from where the key was created.",
    ),
    "access_key_other_kind": Wording(
        "This is a different kind of AWS identifier ({prefix}), not an access key ID.",
        "An access key ID starts with ASIA or AKIA.",
    ),
    "secret_key_missing": Wording(
        "The secret access key is missing.", "It is shown only once, when the key is created."
    ),
    "secret_key_length": Wording(
        "The secret access key has {length} characters; it must have 40.", "Copy the whole secret, and nothing else."
    ),
    "secret_key_character": Wording(
        "The secret access key contains {character}. Only letters, digits, / and + are allowed.",
        "Copy the secret again, and nothing else.",
    ),
    "session_token_missing": Wording(
        "A key that starts with ASIA works only together with its session token.", "Paste the session token as well."
    ),
    "session_token_unexpected": Wording(
        "A key that starts with AKIA has no session token, so these two do not belong together.",
        "Clear the session token, or paste the temporary key (ASIA…) it came with.",
    ),
    "session_token_too_long": Wording(
        "The session token has {length} characters; at most {limit} are accepted.", "Copy only the token."
    ),
    "session_token_character": Wording(
        "The session token contains {character}. Only letters, digits and / + = _ - are allowed.",
        "Copy the token again, on one line.",
    ),
    "credential_blank": Wording("{label} contains {character}.", "Paste only the value, on one line."),
    "credential_quote": Wording("{label} contains {character}.", "Paste the value without quotation marks."),
    "credential_assignment": Wording(
        "{label} contains a complete line of a script or a file (“export …” or “name = …”).",
        "Paste only what follows the “=”, without quotation marks.",
    ),
    "credential_swapped": Wording(
        "The access key ID and the secret access key seem to be swapped.", "Swap the two values."
    ),
    # --- terraform.tfvars: a value is never repeated
    "tfvars_too_large": Wording(
        "This file is larger than {limit} KiB. A terraform.tfvars has only a few lines.",
        "Check that it is the right file.",
    ),
    "tfvars_not_text": Wording("This file is not text, so it cannot be a terraform.tfvars.", "Choose another file."),
    "tfvars_json": Wording(
        'This is JSON. A terraform.tfvars has lines like: name = "value"',
        "Upload the .tfvars file, or fill in the form.",
    ),
    "tfvars_smart_quotes": Wording(
        'Line {line} has curly quotation marks (from a text editor). Terraform accepts only straight ones (").',
        "Replace them, or fill in the form.",
    ),
    "tfvars_not_hcl": Wording(
        'Terraform could not read line {line}: it does not have the form name = "value".',
        "Correct it, or fill in the form.",
    ),
    "tfvars_block": Wording(
        "“{name}” on line {line} is a configuration block. A terraform.tfvars contains only values.",
        "Upload terraform.tfvars, not a .tf file.",
    ),
    "tfvars_duplicate": Wording("“{name}” is set twice, again on line {line}.", "Keep one of the two."),
    "tfvars_interpolation": Wording(
        "The value of “{name}” (line {line}) contains ${{…}} or %{{…}}. A terraform.tfvars cannot compute anything.",
        "Write the value itself.",
    ),
    "tfvars_expression": Wording(
        "The value of “{name}” (line {line}) is computed or refers to something else. It must be written out.",
        "Write the value itself, in straight quotation marks.",
    ),
    "tfvars_not_string": Wording(
        "The value of “{name}” (line {line}) must be text in quotation marks.", 'Write it as {name} = "…"'
    ),
    "tfvars_escape": Wording(
        "The value of “{name}” (line {line}) contains a backslash sequence that Terraform does not know.",
        "Paste the value as it is, without backslashes.",
    ),
    # --- terraform.tfvars, compared with the activation
    "tfvars_region": Wording(
        "The file is for the region {found}; this activation is for {expected}.",
        "Upload the file for this region, or start an activation for the other one.",
    ),
    "tfvars_external_id": Wording(
        "The external ID in the file is not the one locked in step 1.",
        "Download the example file from “Run it yourself”, or leave the external ID out.",
    ),
    "tfvars_vendor_principal": Wording(
        "The file trusts a vendor (vendor_principal_arn) other than {expected}.",
        "Leave vendor_principal_arn out; the portal fills it in.",
    ),
    # --- values that a package asks for
    "input_missing": Wording("The package needs a value for “{name}”.", "Fill it in, or set it in the file."),
    "input_missing_in_file": Wording(
        "The package needs a value for “{name}”, of the type {type}.", "Set it in the terraform.tfvars."
    ),
    "input_kind": Wording("“{name}” must be {kind}.", "Correct it in the file."),
    "keys_twice": Wording(
        "The key was given twice: in the fields and in a file.", "Fill in the fields, or upload the file, not both."
    ),
    # --- AWS's answers to a key
    "aws_key_unknown": Wording(
        "AWS does not recognize this access key ID: it was mistyped, deactivated or deleted, or it belongs to "
        "another partition (China, GovCloud).",
        "Copy the key again, or create a new one.",
    ),
    "aws_token_unknown": Wording(
        "AWS does not accept this session token together with this access key ID.",
        "Copy the key ID, the secret key and the complete session token again, all three from the same place.",
    ),
    "aws_secret_wrong": Wording(
        "AWS recognizes this access key ID, but the secret access key does not belong to it.",
        "Copy the secret access key again. If you no longer have it, create a new key.",
    ),
    "aws_key_expired": Wording("This key's session has ended.", "Create a new temporary key and enter it."),
    "aws_denied": Wording(
        "This key is not allowed to call {action}.",
        "Give it the permissions shown beside the form, or enter a key that has them.",
    ),
    "aws_absent": Wording("AWS does not know that name ({action}).", "Check the name."),
    "aws_refused": Wording("AWS refused {action} with “{aws_code}”.", "Look this code up in the AWS documentation."),
    "aws_clock_skew": Wording(
        "AWS refuses the signature because this server's clock is off by more than five minutes.",
        "Ask the installation administrator to set the clock (NTP), then try again.",
    ),
    "aws_throttled": Wording(
        "AWS is limiting how often this account may call {action}. Three attempts were refused.",
        "Wait a minute, then try again.",
    ),
    "aws_unreachable": Wording(
        "AWS does not answer at {host}.",
        "Check this server's network, DNS and firewall (TCP port 443), then try again.",
    ),
    "aws_untrusted": Wording(
        "The certificate of {host} is not trusted here.",
        "If a company proxy intercepts the connection, ask the installation administrator to set AWS_CA_PATH.",
    ),
    "aws_proxy": Wording(
        "The proxy used to reach {host} does not answer.", "Ask the installation administrator to check AWS_PROXY_URL."
    ),
    "aws_unavailable": Wording("AWS failed at {action} with “{aws_code}”.", "Wait a minute, then try again."),
    "aws_unreadable": Wording(
        "What {host} answered is not a whole answer of AWS.",
        "Try again. If the problem persists, ask the installation administrator whether a proxy or firewall answers "
        "in AWS's place.",
    ),
    "aws_unexpected": Wording(
        "{action} could not be called ({kind}).",
        "Try again. If the problem persists, tell the installation administrator.",
    ),
}
