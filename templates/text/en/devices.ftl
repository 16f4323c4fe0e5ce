### Devices on the account page, and mails about the account.

## The account page
devices = Devices
devices-more = Browsers that have signed in to this account. A sign-in on another one is told to you by mail.
devices-doubt = Many wrong passwords were tried on this account. If yours was right, a code is on its way.
devices-none = No device yet
devices-none-more = A browser is listed from its next sign-in on.
devices-trusted = Trusted
devices-live = signed in
devices-first = First seen
devices-last = last seen
devices-name = Name of this device
devices-rename = Rename
devices-save = Save name
devices-trust = Trust
devices-untrust = Trust no more
devices-forget = Forget
devices-trust-more = A device that you trust is recognised for longer after you last signed in on it, and may be wrong three times as often before a code by mail is asked for. It never replaces a password, passkey or code. Forgetting a device signs it out.
account-flash-device-saved = The device is saved.
account-flash-device-forgotten = Forgotten, and signed out there.

## Mails
notice-when = When
notice-browser = Browser
notice-network = Network
notice-open = Look at your account
notice-new-device = New sign-in to { $tenant }
notice-lead-new-device = Somebody signed in to your { $tenant } account on a device that was not known.
notice-passkey-added = A passkey was added to your { $tenant } account
notice-lead-passkey-added = It can be used to sign in from now on.
notice-passkey-removed = A passkey was removed from your { $tenant } account
notice-lead-passkey-removed = It no longer signs in, and your other sessions were signed out.
notice-totp-added = An authenticator app was added to your { $tenant } account
notice-lead-totp-added = Its codes are asked for from now on.
notice-totp-removed = The authenticator app was removed from your { $tenant } account
notice-lead-totp-removed = Its codes are not asked for any more.
notice-recovery-codes-made = New recovery codes for your { $tenant } account
notice-lead-recovery-codes-made = The old ones are worth nothing now.
notice-recovery-code-used = A recovery code of your { $tenant } account was used
notice-lead-recovery-code-used = Each works once. Make new ones when few are left.
notice-password-set = A password was set for your { $tenant } account
notice-lead-password-set = It can be used to sign in from now on.
notice-password-changed = The password of your { $tenant } account was changed
notice-lead-password-changed = The old one no longer works.
notice-identity-linked = Another sign-in was linked to your { $tenant } account
notice-lead-identity-linked = It opens your account from now on.
notice-identity-unlinked = A linked sign-in was removed from your { $tenant } account
notice-lead-identity-unlinked = It no longer opens your account, and your other sessions were signed out.
notice-token-created = An API token was made for your { $tenant } account
notice-lead-token-created = Programs that have it act as you, as far as its scopes go, until you revoke it or it expires.
notice-not-you-device = Open your account, forget this device, which signs it out, and change your password if you have one.
notice-not-you-factor = Open your account at once, undo it and sign out everywhere else. If you cannot get in, ask whoever runs { $tenant }.
notice-instant = { $when }

account-apps = Apps with access
account-apps-more = Apps that use this account, and what they may do. Taking it back ends what they have at once.
account-apps-none = No app uses this account
account-apps-none-more = An app is listed once you have let it in.
account-apps-own = by { $tenant }
account-apps-renewed = renewed
account-apps-renewals = { $n ->
    [one] once
   *[other] { $n } times
}
account-apps-not-renewed = not renewed yet
account-apps-since = Since
account-apps-withdraw = Take back
account-flash-app-withdrawn = The app has no access to your account any more.
