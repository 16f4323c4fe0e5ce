### Every word on pages and in mails. Values stand in { $braces }.
### Plain, short, present tense. Trouble: what happened, what to do, who can fix it.

## Everywhere
skip = Skip to content
by-laneway = Sign-in by Laneway
error-prefix = Error:
or = or
copy = Copy
copied = Copied
reference = Reference
status = Status
try-again = Try again
start-again = Start again
another-way = Use another way
sign-out = Sign out
email-label = Email address
email-placeholder = you@company.example
password-label = Password
name-label = Name

## Signing in
login-title = Sign in to { $tenant }
login-title-short = Sign in
login-lead = Use the email address you work with.
login-lead-choose = You sign in with an account you already have.
login-passkey-hint = A passkey saved on this device shows up in this field.
login-continue = Continue
login-sign-in = Sign in
login-email-code = Email me a code instead
login-passkey = Sign in with a passkey
login-redirect = Continue with { $provider }
login-new = New to { $tenant }?
login-signup = Create an account

## Passkeys
passkey-title = Use your passkey
passkey-lead = Your device asks for your fingerprint, face or PIN.
passkey-start = Use your passkey
passkey-busy = Waiting for your device.
passkey-cancelled = No passkey was used. Try again or use another way.
passkey-failed = That passkey did not work here. Try again or use another way.
passkey-unsupported = This browser cannot use passkeys. Use another way, or another browser.
passkey-noscript = Passkeys need JavaScript. Switch it on for this page, or use another way.
enrol-title = Add a passkey
enrol-lead = Next time you sign in with your fingerprint, face or device PIN. Nothing to type, nothing to steal.
enrol-start = Create a passkey
enrol-skip = Not now
enrol-cancelled = No passkey was created. Nothing was saved.
enrol-failed = The passkey could not be saved. Try again.
enrol-known = This device has a passkey for this account already.

## Code from a mail
code-title = Check your email
code-title-short = Enter the code we sent
code-lead = If that address can be used here, a code of 6 digits is on its way to <b>{ $email }</b>.
code-lead-known = We sent a code of 6 digits to <b>{ $email }</b>.
code-other-address = Use another address
code-label = Code from the email
code-label-short = Code
code-format = Six digits
code-hint = Works once. Pasting is fine.
code-button-login = Sign in
code-button-signup = Create account
code-button-verify = Confirm address
code-button-confirm = Confirm
code-resend = Send a new code
code-resend-in = { $seconds ->
    [one] A new code can be sent in 1 second.
   *[other] A new code can be sent in { $seconds } seconds.
}
code-resend-count = A new code can be sent in # s.
code-resend-ready = A new code can be sent now.
code-missing = No email yet?
code-missing-spam = Look in spam and in “Other”.
code-missing-wait = Some company mail servers hold messages for a minute or two.
code-missing-other = Choose another way to sign in

## Ways to sign in
choose-title = How do you want to sign in?
choose-lead = Choose one. You can come back and take another.
choose-none = There is no way left to sign in here. Ask the people who gave you access.
method-passkey = Use your passkey
method-email-code = Send a code to my email
method-password = Use my password
method-totp = Use my authenticator app
method-recovery-code = Use a recovery code
method-redirect = Continue with { $provider }
method-other = Sign in with your company
choose-step-up = Confirm that it is you

## Making an account
signup-title = Create your { $tenant } account
signup-title-short = Create an account
signup-lead = We send a code to your address. No password needed.
signup-have = Have an account?
signup-closed-title = { $tenant } is by invitation
signup-closed-lead = Ask somebody who works with { $tenant } to invite you.
profile-title = What is your name?
profile-lead = { $tenant } shows it to the people you work with.
organization-title = Where do you want to work?
organization-lead = You can change this later without signing in again.

## The link in a mail
link-title-short = Sign in
link-lead = You opened the link from our mail. One click and you are in.
link-other-title = Go back to the other browser
link-other-lead = You asked for this in another browser. Enter the code there.
link-other-warning = Did somebody else ask you to open this? Then close the page and give the code to nobody.
link-over-title = This link is over
link-over-lead = It was used already or is too old. Ask for a new one on the sign-in page.

## When it did not work
denied-title = You do not have access yet
denied-next = What to do
denied-ask = Ask the people who run { $tenant } for access and tell them the reference below. They can look it up.
denied-retry = Use another account
down-title = Sign-in is not answering right now
down-lead = { $provider } has not answered. Nothing is wrong with your account.
down-lead-unnamed = The service behind sign-in has not answered. Nothing is wrong with your account.
down-works = What works now
down-in = Already signed in?
down-in-more = You stay signed in. Go on working in your open windows.
down-new = New sign-ins
down-new-more = Wait until the service answers. The people who run { $tenant } can tell when.
error-help = If this stays, tell the people who run this site the reference above.

## Signing out
logged-out-title = You are signed out
logged-out-lead = Nobody can use { $tenant } as you in this browser.
logged-out-again = Sign in again
continue-logout-title = Signing you out
continue-logout-lead = You are signed out here. One more step ends your sign-in at your identity provider.
continue-logout-button = Finish signing out
confirm-logout-title = Sign out?
confirm-logout-lead = You leave { $tenant } in this browser.
confirm-logout-stay = Stay signed in

## Owner link
owner-title = Set up { $tenant }
owner-title-short = Set up
owner-lead = This link works once and makes you the owner.
owner-step-1 = Sign in
owner-step-1-more = Whoever finishes signing in becomes the owner
owner-step-2 = Connect
owner-step-2-more = Point Laneway at your identity provider
owner-start = Become the owner

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
account-identities = Linked identities
account-identities-more = Accounts elsewhere that open this one. We match them by their own id, never by email.
account-identities-none = Nothing linked
account-identities-none-more = You sign in with what is kept here.
account-link = Link { $provider }
account-unlink = Unlink
account-linked = linked
identity-email = Email
identity-kind-upstream = Identity provider
identity-kind-connection = Company sign-in
identity-kind-email = Confirmed address
account-sessions = Sessions and devices
account-sessions-more = Every place you are signed in. Signing one out works within a second.
account-unknown-browser = Unknown browser
account-flash-added = The passkey is added.
account-flash-saved = Your profile is saved.
account-flash-ended = Signed out there.
account-flash-removed = Removed. Your other sessions are signed out.
account-flash-linked = Linked. You can sign in with it from now on.
account-end-others = Sign out everywhere else
account-this-device = This device
account-signed-in = signed in
account-seen = last seen
account-hosts = Open on

## Connecting the identity provider
upstream-title = Connect your identity provider
upstream-lead = Point Laneway at your Keycloak or any OpenID Connect provider. Nothing goes live before you activate it.
upstream-now = People sign in with <b>{ $label }</b> now
upstream-account = Your account
upstream-steps = Set-up steps
upstream-step-1 = Connect
upstream-step-1-more = Register, fill in
upstream-step-2 = Check
upstream-step-2-more = See what is wrong
upstream-step-3 = Activate
upstream-step-3-more = With a way back
step-done = done
upstream-give = Give these to your identity provider
upstream-give-more = In Keycloak: Clients → Create client, type OpenID Connect, client authentication on. Then paste each address where the label says.
upstream-redirect-uri = Valid redirect URIs
upstream-post-logout-uri = Valid post logout redirect URIs
upstream-backchannel-uri = Backchannel logout URL
upstream-take = Fill in what it gives you
upstream-take-more = The secret is stored sealed and never shown again.
upstream-kind = Kind
upstream-kind-oidc = Other OpenID Connect provider
upstream-name = Short name
upstream-name-more = Lower-case letters, digits, dashes. Part of the addresses above.
upstream-issuer = Issuer
upstream-issuer-more = For Keycloak the address of the realm. We read the rest from there.
upstream-client-id = Client ID
upstream-client-secret = Client secret
upstream-secret-more = In Keycloak: Clients → your client → Credentials.
upstream-secret-kept = A secret is stored. Leave this empty to keep it.
upstream-save = Save and check
upstream-save-more = Nothing goes live. You can close this page and come back.
upstream-link-first = Not activated: link your own account to this provider first, on your account page. Otherwise you could not come back here as yourself.
upstream-not-ready = Not activated: a check fails. Correct what is marked below and try again.
upstream-activate-title = Ready to activate
upstream-activate-lead = All checks passed. People who are signed in with { $label } stay signed in.
upstream-activate = Activate { $name }

## Checks
checks-todo = Needs a hand
checks-failed = { $count ->
    [one] 1 failed
   *[other] { $count } failed
}
checks-passed = Passed
checks-passed-list = Passed checks
checks-count = { $count ->
    [one] 1 check
   *[other] { $count } checks
}
check-name = Check
check-code = Code
check-received = Received
check-expected = Expected
check-who = Who changes what
check-nothing = Nothing
who-us = You, in Laneway’s settings.
who-provider = Whoever runs the identity provider.
who-customer = The customer whose identity provider it is.
check-answers = Answer of the provider
check-reachable = Connection to the provider
check-discovery = Discovery document
check-signing-keys = Signing keys
check-signature-algorithm = Signature algorithm
check-client-credentials = Client ID and secret
check-settings = Settings
check-database = Database
check-passkey-rp-id = Domain of passkeys
check-passkey-origin = Passkeys on the login host

## Mails
mail-not-you = Not you?
mail-code-subject = { $code } is your { $tenant } code
mail-code-preview = { $minutes ->
    [one] Works once, for 1 minute. If you did not ask for it, ignore this mail.
   *[other] Works once, for { $minutes } minutes. If you did not ask for it, ignore this mail.
}
mail-code-title = Your code
mail-code-lead = Enter it on the page where you asked for it.
mail-code-once = { $minutes ->
    [one] It works once, for 1 minute.
   *[other] It works once, for { $minutes } minutes.
}
mail-code-link = Or open this link in the same browser:
mail-code-open = Continue
mail-code-not-you = You need do nothing: without this code nobody gets in. Never read it out to anyone; { $tenant } will not ask for it.
mail-existing-subject = You have a { $tenant } account already
mail-existing-preview = Somebody tried to create an account with this address.
mail-existing-title = You have an account already
mail-existing-lead = Somebody, probably you, tried to create a { $tenant } account with this address. There is one, so no new one was made. Sign in instead:
mail-existing-open = Sign in to { $tenant }
mail-existing-not-you = You need do nothing. Nobody got in, and nobody was told that you have an account.
