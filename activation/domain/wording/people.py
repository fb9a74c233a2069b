"""Words for set-up, invitations and members."""

from typing import Final

from activation.domain.wording.words import Wording

PEOPLE: Final = {
    # --- people: set-up, invitations, members
    "setup_done": Wording(
        "This installation already has an owner.",
        "Ask the owner for an invitation, or repeat the command with --force.",
    ),
    "setup_link_gone": Wording(
        "This setup link has been used, replaced or has expired.",
        "Create a new one on the server: manage.py setup_link",
    ),
    "setup_console_differs": Wording(
        "This portal does not work with your console. It prepares the seven ARNs of the guide, but your console asks "
        "for a cross-account role, an EKS role and a storage role instead.",
        "Follow the steps in the Zilliz Cloud console. Nothing was created here.",
    ),
    "setup_console_unanswered": Wording(
        "Say what your console asks for.", "It decides whether this portal works for you."
    ),
    "vendor_not_configured": Wording(
        "This installation cannot be its own control plane, because it is not configured for a vendor.",
        "Set VENDOR_HOSTS_PORTAL and the settings it needs (docs/configuration.md), or answer yes if you have a "
        "contract.",
    ),
    "address_taken": Wording(
        "An account with this e-mail address already exists.", "Sign in first, then open the link again."
    ),
    "password_weak": Wording("{reason}", "Choose another password."),
    "invitation_unknown": Wording(
        "This invitation does not exist.", "Check that the whole link was copied, or ask for a new invitation."
    ),
    "invitation_used": Wording("This invitation has already been accepted.", "Sign in instead."),
    "invitation_withdrawn": Wording("This invitation was withdrawn.", "Ask the person who sent it for a new one."),
    "invitation_expired": Wording("This invitation has expired.", "Ask the person who sent it for a new one."),
    "invitation_foreign": Wording(
        "This invitation is for a different e-mail address from the one you signed in with.",
        "Sign out, then open the link again as the person it is for.",
    ),
    "invitation_open": Wording(
        "There is an open invitation for this address.", "If you need a new link, withdraw it first."
    ),
    "invitation_not_open": Wording("This invitation is no longer open.", "Check the Members page again."),
    "membership_ended": Wording(
        "This membership has ended since the page was loaded.", "Check the Members page again."
    ),
    "member_already": Wording("This person is already a member.", "Change the role on the Members page."),
    "last_owner": Wording("An organization keeps at least one owner.", "Make somebody else an owner first."),
    "four_eyes_need_two_owners": Wording(
        "Four eyes need at least two owners.", "Make a second person an owner first, or turn four eyes off."
    ),
    "four_eyes_by_owners": Wording(
        "Turning four eyes off takes two owners: one requests it, another confirms.", "Ask an owner."
    ),
    "owner_by_two": Wording(
        "While four eyes are required, nobody can become an owner through an invitation.",
        "Invite the person in another role. Then one owner makes them an owner and another confirms.",
    ),
    "change_asked_already": Wording("This is already waiting for another owner.", "Check the Members page."),
    "change_by_other_owner": Wording(
        "An owner other than the one who requested this must confirm it.", "Send them to the Members page."
    ),
    "change_gone": Wording("This is no longer waiting.", "Check the Members page again."),
    "own_role": Wording("You cannot change your own role.", "Ask an owner."),
    "owner_changed_by_owner": Wording("Only an owner can change or remove an owner.", "Ask an owner."),
    "role_not_yours_to_give": Wording("Your role cannot make somebody {role}.", "Ask an owner."),
    "demo_only": Wording("Demo people exist only where the demo runs.", "Start with: manage.py up --demo"),
}
