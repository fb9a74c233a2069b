"""Words for step 3 and 4: networks, trust, room in a region."""

from typing import Final

from activation.domain.wording.words import Wording

REGIONS: Final = {
    # --- networks
    "netmask_empty": Wording("The network is missing.", "Choose one, such as 10.0.0.0/16."),
    "netmask_shape": Wording("“{given}” is not an IPv4 network.", "Write it like 10.0.0.0/16."),
    "netmask_no_mask": Wording("“{given}” has no netmask.", "Add one, from /16 to /20, such as 10.0.0.0/16."),
    "netmask_ipv6": Wording("This is an IPv6 network; the data plane uses IPv4 only.", "Enter one like 10.0.0.0/16."),
    "netmask_too_large": Wording(
        "/{netmask} is larger than a VPC can be; AWS allows /16 at most.", "Choose /16, the largest."
    ),
    "netmask_too_small": Wording(
        "/{netmask} is too small: the public subnet would be a /{public}, and AWS allows none below /28.",
        "Choose /20 or larger; /16 leaves the most room to grow.",
    ),
    "netmask_host_bits": Wording(
        "“{given}” is an address inside a network, not the network itself.", "You probably mean {suggestion}."
    ),
    "netmask_public_addresses": Wording(
        "{given} is not private: these addresses belong to somebody on the internet.",
        "Choose a network within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.",
    ),
    "netmask_mask_shape": Wording("“{given}” is not a netmask.", "Write it like /16."),
    "netmask_not_aws": Wording("AWS has no VPC of the size /{netmask}.", "Choose one from /16 to /28."),
    # --- the portal's own identity
    "vendor_identity_missing": Wording(
        "This portal has no identity in AWS with which it could take your roles.",
        "The person who runs it sets VENDOR_ACCESS_KEY_ID and VENDOR_SECRET_ACCESS_KEY, or VENDOR_IDENTITY=host.",
    ),
    "region_not_chosen": Wording("The network of this region has not been chosen.", "Choose it in step 3."),
    "region_is_built_by_zilliz": Wording(
        "The Zilliz Cloud console builds this region, not this portal.", "Hand the values over; the portal watches."
    ),
    "region_not_startable": Wording(
        "This region cannot be begun: it is {status}.", "Look at the activation; it says what is next."
    ),
    "region_without_state": Wording("No state of this region is stored.", "Start the activation again."),
    # --- found again
    "recovery_doubled": Wording(
        "Two things in AWS carry the tags of {address}: {things}.",
        "Neither was touched. Look at both in the AWS console, delete the one that nothing uses, then press Resume.",
    ),
    "recovery_canceled": Wording(
        "You canceled while it was still waiting for AWS.", "Nothing was started. Press Resume when you want to go on."
    ),
    # --- step 3
    "arn_other_path": Wording(
        "Its path is “{path}”; the package makes its roles and policies under {expected}.",
        "Copy it from Terraform's output again.",
    ),
    "arn_other_name": Wording(
        "Its name is “{name}”; the package calls it {expected}.", "Copy it from Terraform's output again."
    ),
    "region_step_is_over": Wording(
        "A plan of this region is under way or the region is being built: what was chosen stays as it is.",
        "To change it, discard the plan first.",
    ),
    "region_arns_absent": Wording("No ARNs are stored for this account.", "Paste Terraform's output, or go to step 2."),
    "region_arns_wrong": Wording(
        "{count} of the seven ARNs cannot be right: {label}: {problem}", "Open the ARNs above and put them right."
    ),
    "region_other_than_terraform": Wording(
        "Terraform ran in {ran}, but this activation is for {region}.",
        "Run step 2 again in {region}, or begin an activation for {ran}.",
    ),
    "region_overlaps": Wording(
        "{cidr} overlaps with what exists in this account and region: {names}.",
        "Choose another network; the two could never be connected.",
    ),
    "region_checks_missing": Wording(
        "The trust of the two roles has not been checked.", "Press the button that checks."
    ),
    "region_checks_running": Wording("The checks are still going on.", "Wait until they are done."),
    "region_checks_old": Wording("The checks are more than an hour old, or the ARNs changed since.", "Check again."),
    "region_trust_missing": Wording("The {role} is not protected as agreed.", "Its lights above say how to mend it."),
    "region_trust_open": Wording("Whether the {role} is protected could not be found out.", "Check again in a minute."),
    "region_room_missing": Wording("There is not enough room in the region: {titles}.", "Mend it, then check again."),
    "region_proof_old": Wording(
        "It is more than {minutes} minutes ago that the roles were tried: who may take them can have changed since.",
        "Discard this plan and make a new one; it begins with trying both.",
    ),
    "region_proof_missing": Wording(
        "The two roles are not known to be protected as agreed.",
        "Discard this plan; step 3 says what is the matter and how to mend it.",
    ),
    # --- trust
    "ROLE_NOT_PROTECTED": Wording(
        "The role {role} can be taken {how}. Anybody who can act as the vendor could be led into your account.",
        "Have its trust policy ask for the external ID (StringEquals sts:ExternalId), as the package writes it: run "
        "step 2 again, or put it right in the IAM console. Then check again.",
    ),
    "ROLE_NOT_ASSUMABLE": Wording(
        "AWS does not let this portal into the role {role}, also not after {seconds} seconds: it does not exist, "
        "trusts somebody else, or asks for another external ID.",
        "Compare the ARN with Terraform's output, and the external ID in the trust policy with step 1.",
    ),
    "ROLE_ELSEWHERE": Wording(
        "Taking the role {role} led to {landed}, which is another role or another account.",
        "Paste the ARNs of the run again; if they are right, tell the installation administrator.",
    ),
    "ROLE_NOT_PROVEN": Wording(
        "Whether the role {role} is protected could not be found out: {reason}", "Check again in a minute."
    ),
    "TRUST_POLICY_WEAK": Wording(
        "The trust policy of {role} is not the one that was agreed: {findings}",
        "Run step 2 again, or put the trust policy right in the IAM console; then check again.",
    ),
    "TRUST_POLICY_UNREAD": Wording(
        "The trust policy of {role} could not be read: {reason}",
        "Enter a key that may call iam:GetRole, then check again.",
    ),
    "TRUST_ROLE_ABSENT": Wording(
        "The role {role} does not exist in this account.", "Compare its ARN with Terraform's output."
    ),
}
