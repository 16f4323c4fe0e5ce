### Every word on pages and in mails. Values stand in { $braces }.
### Plain, short, present tense. Trouble: what happened, what to do, who can fix it.

## Account
account-title = Your account
account-lead = One account for { $tenant }, however you sign in.
account-acr-phr = You signed in with a passkey.
account-acr-aal2 = You signed in with two steps.
account-acr-aal1 = You signed in with one step.
account-profile = Profile
account-profile-more = Your name and address as { $tenant } shows them to people you work with.
account-email-verified = This address is confirmed.
account-email-unverified = This address is not confirmed yet.
account-save = Save profile
account-locale-browser = As the browser prefers
account-ways = Ways to sign in
account-where = Where you are signed in
account-operate = Running { $tenant }
account-upstream = Identity provider
account-passkeys = Passkeys
account-passkeys-more = Sign in with your fingerprint, face or device PIN. Nothing to type, nothing to steal.
account-passkeys-none = No passkeys yet
account-passkeys-none-more = Add one and you need no codes from mails on this device.
account-passkeys-elsewhere = Your passkeys are kept by the service you sign in with.
account-passkey-add = Add a passkey
account-added = Added
account-used = used
account-unused = never used
account-remove = Remove
account-there = Sign-in at { $provider }
account-there-more = It is kept there and changed on its pages. Afterwards you are back here.
account-there-passkey = Passkey
account-there-totp-add = Add an authenticator app
account-there-last = Your only way to sign in
account-there-away = { $provider } does not answer, so what it keeps cannot be shown or changed now. The rest of this page works. Try again in a few minutes.
account-there-not-allowed = What { $provider } keeps cannot be shown here, because Laneway may not see it there. You can change it on the pages of { $provider } itself. Your administrator can open it to this page.
account-there-gone = { $provider } does not know this account any more. Ask your administrator.
account-flash-there-nothing = Nothing was changed.
account-flash-there-unseen = You are back, but your provider could not be asked whether anything was changed. Look here again in a few minutes.
account-flash-there-totp = The authenticator app is added.
account-flash-there-codes = You have new recovery codes. The old ones do not work any more.
account-identities = Linked identities
account-confined = You came by your organization’s provider. Ways in, sign-ins elsewhere and your data are changed by whoever signs in to this account itself.
account-identities-more = Accounts elsewhere that open this one. We match them by their own id, never by email.
account-identities-none = Nothing linked
account-identities-none-more = You sign in with what is kept here.
account-link = Link { $provider }
account-unlink = Unlink
account-linked = linked
identity-email = Email
identity-kind-upstream = Identity provider
identity-kind-connection = Company sign-in
identity-kind-social = Account elsewhere
identity-kind-email = Confirmed address
account-sessions = Sessions
account-sessions-more = Every place you are signed in. Signing one out works within a second.
account-unknown-browser = Unknown browser
account-flash-added = The passkey is added.
account-flash-saved = Your profile is saved.
account-flash-ended = Signed out there.
account-flash-removed = Removed. Your other sessions are signed out.
account-flash-left = You have left the organization.
account-only-owner = You are its only owner. Appoint another one before you leave.
account-leave-now = Leave now
account-flash-linked = Linked. You can sign in with it from now on.
account-end-others = Sign out everywhere else
account-this-device = This device
account-signed-in = signed in
account-seen = last seen
account-hosts = Open on

## API tokens
account-tokens = API tokens
account-tokens-more = Programs that have one act as you, as far as its scopes go and never further than you may yourself.
account-tokens-none = No API tokens
account-tokens-none-more = You need one only for scripts and programs of your own.
account-flash-again = You have shown that it is you. What you pressed before was not done: press it once more.
account-flash-revoked = Revoked. It opens nothing any more.
token-made = Copy it now: it is not shown again.
token-value = the token
token-over = expired
token-expires = expires
token-uses = { $n ->
    [one] used once
   *[other] used { $n } times
}
token-revoke = Revoke
token-new = New token
token-name = Name
token-name-more = What it is for, so that you know it again.
token-life = Valid for
token-days = { $n ->
    [one] one day
   *[other] { $n } days
}
token-org = Organization
token-org-none = None in particular
token-scopes = What it may do
token-make = Make the token
token-scope-api = Use applications as you
token-scope-account = Read your name and address
token-scope-operator = What you may do as an operator
