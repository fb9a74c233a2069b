"""Words for AWS keys, files of them, and AWS's answers; a value is never repeated."""

from typing import Final

from activation.domain.wording.words import Wording

KEYS: Final = {
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
}
