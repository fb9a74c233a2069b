"""Words for step 3 and 4: networks, trust, room in a region."""

from typing import Final

from activation.domain.wording.words import Wording

REGIONS: Final = {
    # --- networks
    "netmask_empty": Wording("The network is missing.", "Choose one, such as 10.0.0.0/16."),
    "netmask_shape": Wording("“{given}” is not an IPv4 network.", "Write it like 10.0.0.0/16."),
    "netmask_no_mask": Wording("“{given}” has no netmask.", "Add one, from /16 to /20, such as 10.0.0.0/16."),
    "netmask_ipv6": Wording("This is an IPv6 network. The data plane uses only IPv4.", "Enter one like 10.0.0.0/16."),
    "netmask_too_large": Wording(
        "/{netmask} is larger than a VPC can be. AWS allows /16 at most.", "Choose /16, the largest."
    ),
    "netmask_too_small": Wording(
        "/{netmask} is too small: the public subnet would be a /{public}, and AWS allows none below /28.",
        "Choose /20 or larger; /16 leaves the most room to grow.",
    ),
    "netmask_host_bits": Wording(
        "“{given}” is an address inside a network, not the network itself.", "You probably mean {suggestion}."
    ),
    "netmask_public_addresses": Wording(
        "{given} is not private: these addresses belong to others on the internet.",
        "Choose a network within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.",
    ),
    "netmask_mask_shape": Wording("“{given}” is not a netmask.", "Write it like /16."),
    "netmask_not_aws": Wording("AWS does not allow a VPC of size /{netmask}.", "Choose one from /16 to /28."),
    # --- the portal's own identity
    "vendor_identity_missing": Wording(
        "This portal has no AWS identity with which to assume your roles.",
        "Ask the installation administrator to set VENDOR_ACCESS_KEY_ID and VENDOR_SECRET_ACCESS_KEY, or "
        "VENDOR_IDENTITY=host.",
    ),
    "region_not_chosen": Wording("The network of this region has not been chosen.", "Choose it in step 3."),
    "region_is_built_by_zilliz": Wording(
        "The Zilliz Cloud console builds this region, not this portal.", "Hand the values over. The portal watches."
    ),
    "region_not_startable": Wording(
        "This region cannot be started: it is {status}.", "Open the activation to see what is next."
    ),
    "region_without_state": Wording("No state of this region is stored.", "Start the activation again."),
    # --- found again
    "recovery_doubled": Wording(
        "Two resources in AWS have the tags of {address}: {things}.",
        "Neither was touched. Check both in the AWS console, delete the one that nothing uses, then press Resume.",
    ),
    "recovery_canceled": Wording(
        "You canceled while it was still waiting for AWS.",
        "Nothing was started. Press Resume when you want to continue.",
    ),
    # --- step 3
    "arn_other_path": Wording(
        "Its path is “{path}”; the package creates its roles and policies under {expected}.",
        "Copy it from Terraform's output again.",
    ),
    "arn_other_name": Wording(
        "Its name is “{name}”; the package calls it {expected}.", "Copy it from Terraform's output again."
    ),
    "region_step_is_over": Wording(
        "A plan of this region is in progress, or the region is being built. Your choices stay as they are.",
        "To change it, discard the plan first.",
    ),
    "region_arns_absent": Wording("No ARNs are stored for this account.", "Paste Terraform's output, or go to step 2."),
    "region_arns_wrong": Wording(
        "{count} of the seven ARNs cannot be correct: {label}: {problem}", "Open the ARNs above and correct them."
    ),
    "region_other_than_terraform": Wording(
        "Terraform ran in {ran}, but this activation is for {region}.",
        "Run step 2 again in {region}, or start an activation for {ran}.",
    ),
    "region_overlaps": Wording(
        "{cidr} overlaps with existing networks in this account and region: {names}.",
        "Choose another network. The two could never be connected.",
    ),
    "region_checks_missing": Wording(
        "The trust of the two roles has not been checked.", "Press “Check trust and room”."
    ),
    "region_checks_running": Wording("The checks are still running.", "Wait until they are done."),
    "region_checks_old": Wording("The checks are more than an hour old, or the ARNs changed since.", "Check again."),
    "region_trust_missing": Wording("The {role} is not protected as agreed.", "Its checks above show how to fix it."),
    "region_trust_open": Wording(
        "It could not be determined whether the {role} is protected.", "Check again in a minute."
    ),
    "region_room_missing": Wording("There is not enough room in the region: {titles}.", "Fix this, then check again."),
    "region_proof_old": Wording(
        "The roles were last tried more than {minutes} minutes ago. Who can assume them may have changed since.",
        "Discard this plan and create a new one. It starts by trying both roles.",
    ),
    "region_proof_missing": Wording(
        "The two roles are not known to be protected as agreed.",
        "Discard this plan. Step 3 shows what is wrong and how to fix it.",
    ),
    # --- trust
    "ROLE_NOT_PROTECTED": Wording(
        "The role {role} can be assumed {how}. Anybody who can act as the vendor could get into your account.",
        "Its trust policy must require the external ID (StringEquals sts:ExternalId), as the package writes it. Run "
        "step 2 again, or correct it in the IAM console. Then check again.",
    ),
    "ROLE_NOT_ASSUMABLE": Wording(
        "AWS does not let this portal assume the role {role}, even after {seconds} seconds: it does not exist, "
        "trusts somebody else, or requires another external ID.",
        "Compare the ARN with Terraform's output, and the external ID in the trust policy with step 1.",
    ),
    "ROLE_ELSEWHERE": Wording(
        "Assuming the role {role} led to {landed}, which is another role or another account.",
        "Paste the ARNs of the run again. If they are correct, tell the installation administrator.",
    ),
    "ROLE_NOT_PROVEN": Wording(
        "It could not be determined whether the role {role} is protected: {reason}", "Check again in a minute."
    ),
    "TRUST_POLICY_WEAK": Wording(
        "The trust policy of {role} is not as agreed: {findings}",
        "Run step 2 again, or correct the trust policy in the IAM console. Then check again.",
    ),
    "TRUST_POLICY_UNREAD": Wording(
        "The trust policy of {role} could not be read: {reason}",
        "Enter a key that may call iam:GetRole, then check again.",
    ),
    "TRUST_ROLE_ABSENT": Wording(
        "The role {role} does not exist in this account.", "Compare its ARN with Terraform's output."
    ),
}
