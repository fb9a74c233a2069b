"""Words for set-up, invitations and members."""

from typing import Final

from activation.domain.wording.words import Wording

PEOPLE: Final = {
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
        "This installation cannot be its own control plane: it is not configured as a vendor's.",
        "Set VENDOR_HOSTS_PORTAL and what it takes (docs/configuration.md), or answer yes if you have a contract.",
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
    "four_eyes_need_two_owners": Wording(
        "Four eyes need at least two owners.", "Make a second person an owner first, or switch four eyes off."
    ),
    "four_eyes_by_owners": Wording(
        "Four eyes are switched off by two owners: one asks, another confirms.", "Ask an owner."
    ),
    "owner_by_two": Wording(
        "While four eyes are asked for, nobody becomes an owner by an invitation.",
        "Invite in another role; then one owner gives the role of an owner and another confirms.",
    ),
    "change_asked_already": Wording("This waits for another owner already.", "Look at the Members page."),
    "change_by_other_owner": Wording(
        "Another owner than the one who asked confirms this.", "Send them to the Members page."
    ),
    "change_gone": Wording("This does not wait any more.", "Look at the Members page again."),
    "own_role": Wording("Nobody changes their own role.", "Ask an owner."),
    "owner_changed_by_owner": Wording("Only an owner changes or removes an owner.", "Ask an owner."),
    "role_not_yours_to_give": Wording("Your role cannot make somebody {role}.", "Ask an owner."),
    "demo_only": Wording("Demo people exist only where the demo runs.", "Start with: manage.py up --demo"),
}
