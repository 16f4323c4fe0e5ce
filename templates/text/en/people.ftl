### The account's address, its data and its end; invitations. Values stand in { $braces }.

## Mails about an account
note-sign-in = Sign in
note-email-change-subject = { $code } confirms your new { $tenant } address
note-email-change-title = Confirm your new address
note-email-change-lead = Somebody, probably you, is moving a { $tenant } account to this address. Enter this code on the page where you asked for it.
note-email-change-once = { $minutes ->
    [one] It works once, for 1 minute.
   *[other] It works once, for { $minutes } minutes.
}
note-email-change-not-you = You need do nothing: without this code nothing changes. Never read it out to anyone; { $tenant } will not ask for it.
note-email-taken-subject = This address has a { $tenant } account already
note-email-taken-title = This address has an account already
note-email-taken-lead = Somebody, probably you, wanted to move another { $tenant } account to this address. It has an account of its own, so nothing was changed. Sign in with this address to use that account.
note-email-taken-not-you = You need do nothing. Nobody got in, and nobody was told that you have an account.
note-email-changed-subject = The address of your { $tenant } account was changed
note-email-changed-title = Your address was changed
note-email-changed-lead = Your { $tenant } account moved to { $email } on { $when }. This address does not open it any more, and all other sessions of the account were signed out.
note-email-changed-object = If that was not you, act now: sign in with a passkey or another way that you still have, sign out everywhere else and change the address back. If nothing works, write to whoever runs { $tenant } and name the reference { $reference } and the time above.
note-email-changed-not-you = Somebody else may be in your account. Do what stands above at once.
note-factor-reset-subject = Your second factor at { $tenant } was reset
note-factor-reset-title = Your second factor was reset
note-factor-reset-lead = On { $when }, whoever runs { $tenant } took your authenticator app and your recovery codes off and signed you out everywhere. Sign in by what is left and set up another app.
note-account-deleted-subject = Your { $tenant } account was deleted
note-account-deleted-title = Your account was deleted
note-account-deleted-lead = Your { $tenant } account was deleted on { $when }. It cannot be brought back. This is the last mail about it.
note-account-deleted-not-you = Write to whoever runs { $tenant } and name the reference { $reference }.
note-invitation-subject = You are invited to { $place }
note-invitation-title = You are invited to { $place }
note-invitation-lead = Somebody who runs { $tenant } invites this address to { $place }. Open the link and follow the page; it takes a minute.
note-invitation-until = The link works once, for this address only, until { $when }.
note-invitation-open = See the invitation
note-invitation-not-you = You need do nothing: nobody can use the link without reading the mail of this address.

## Invitations
invitation-title-short = Invitation
invitation-title = You are invited to { $place }
invitation-lead-begin = The invitation is for <b>{ $email }</b>. Continue to prove that this address is yours and to sign in or make your account.
invitation-lead-accept = The invitation is for <b>{ $email }</b>, which is your address.
invitation-lead-confirm = The invitation is for <b>{ $email }</b>. We send a code there to see that the address is yours.
invitation-lead-other = The invitation is for <b>{ $email }</b>, and your account has another address. Sign out and open it again to use the right account, or move your account to that address first.
invitation-me = You are signed in as <b>{ $me }</b>.
invitation-begin = Continue
invitation-accept = Accept
invitation-send = Send the code
invitation-confirm = Confirm and accept
invitation-then = The address becomes that of your account.
invitation-sign-out = Sign out and open it again
invitation-used = This invitation was used
invitation-used-more = It works once. If it was you, sign in to get to { $place }. If not, tell whoever invited you.
invitation-revoked = This invitation was taken back
invitation-revoked-more = Ask whoever invited you to { $place } for a new one. A newer mail may have replaced this one.
invitation-expired = This invitation is too old
invitation-expired-more = Ask whoever invited you to { $place } to send it again.

## Another address
email-change-title = Change your address
email-change-lead = Your account is at <b>{ $email }</b>. We send a code to the new address and change nothing before you enter it.
email-change-lead-none = Your account has no address yet. We send a code to it and change nothing before you enter it.
email-change-new = New email address
email-change-hint = Use one that only you read: it opens this account.
email-change-send = Send the code
email-change-then = Your old address is told. All other sessions of this account are signed out.
email-change-confirm = Confirm and move my account
email-change-cancel = Keep the old address
back-to-account = Back to your account

## Your data
account-data = Your data
account-data-more = What is kept about you, to take with you or to end.
account-export = Download your data
account-export-what = One JSON file: profile, links, sessions, devices, ways to sign in, organizations, and what happened with your account. No secrets.
account-delete = Delete account
account-delete-what = You see what goes and what stays before anything happens.
account-email-change = Change
account-email-confirm = Confirm or change
account-organizations = Organizations
account-organizations-more = Where you work with others, and as what.
account-organizations-none = No organization yet
account-organizations-none-more = You see one here when somebody adds or invites you.
account-no-role = No role
account-flash-moved = Your address is changed. Other sessions are signed out.
account-flash-kept = Nothing was changed. The code that is out does not work any more.
account-flash-joined = The invitation is accepted.

## The end of an account
delete-title = Delete your account
delete-lead = This ends your { $tenant } account for good. Nobody can bring it back, not even whoever runs this.
delete-goes = What goes, at once
delete-goes-profile = your name and address
delete-goes-factors = passkeys and other ways to sign in that are kept here
delete-goes-links = links to accounts elsewhere
delete-goes-sessions = all your sessions, on every device and app
delete-goes-organizations = your place in: { $names }
delete-stays = What stays
delete-stays-id = an empty record with your account’s number, so that nobody else ever gets it
delete-stays-record = the record of what happened (sign-ins, changes of name and address, from which network address), under that number, as long as the operator keeps it
delete-stays-provider = your account at { $provider }: end it there. Signing in with it again would make a new, empty account
delete-stays-apps = what apps have stored about you themselves: ask them
delete-only-owner = You are the only owner of this { $tenant } installation. Make somebody else an owner, then you can delete your account.
delete-export = You may want a copy first:
delete-confirm = Type <b>{ $word }</b> to confirm
delete-word = delete
delete-mismatch = That is not what stands above. Nothing was deleted.
delete-button = Delete my account for good
deleted-title = Your account is deleted
deleted-lead = Everything that belonged to it is gone, and you are signed out everywhere. { $tenant } sends one last mail about it.

## Inviting people, for operators
desk-invite-to = Invite to { $place }
desk-invite-lead = Whoever is invited gets a link by mail. It works once, for seven days, only for that address.
desk-invite-role = Role
desk-invite-role-more = Only roles that you hold yourself can be given.
desk-invite-no-role = No role
desk-invite-member = Member: an account, nothing more
desk-invite-security-admin = Security admin: how people get in, policy, keys, sessions
desk-invite-support = Support: sees people, ends sessions, sends invitations again
desk-invite-auditor = Auditor: reads everything, changes nothing
desk-invite-billing = Billing: sees organizations and how much is used
desk-invite-admin = Admin: may change everything but who administers
desk-invite-owner = Owner: everything in this tenant
desk-invite-send = Invite
desk-invite-link = the link
desk-invited = { $email } is invited
desk-invited-mail = The link is on its way by mail. It is shown here once, in case you want to hand it over yourself.
desk-invited-no-mail = No mail is sent here. Hand the link over yourself: it is shown once.
desk-invitations = Invitations
desk-invitations-none = No invitations yet
desk-invitations-none-more = Whom you invite appears here, with what has become of it.
desk-invitation-pending = Waiting
desk-invitation-accepted = Accepted
desk-invitation-revoked = Taken back
desk-invitation-expired = Too old
desk-invite-until = good until
desk-invite-again = Send again
desk-invite-back = Take back
desk-flash-resent = The link is on its way by mail. The one before is dead.
desk-invite-forgotten = Deleted account
desk-flash-revoked = The invitation is taken back. Its link is dead.
note-connection-subject = { $name }: something needs you
note-connection-title = Something about { $name } needs you
note-connection-lead = The sign-in of { $org } at { $tenant } through { $provider } was looked at, and this is new.
note-connection-finding = { $what }. { $explained } More about this: { $help }
note-connection-finding-other = { $code }. What it means: { $help }
note-connection-finding-said = { $what }: { $said }. { $explained } More about this: { $help }
note-connection-not-you = You get this because you were named as a contact for this sign-in. Whoever set it up can take you off.
note-connection-left = Fewer than { $days } days are left.
note-connection-open = Look at it and mend it
note-setup-code-subject = { $code } opens your set-up at { $tenant }
note-setup-code-title = The code for your set-up link
note-setup-code-lead = Somebody opened the link by which the company sign-in of { $org } is set up. Enter this code there.
note-setup-code-not-you = Without this code the link does not open. Give the code to nobody; { $tenant } will not ask for it.
