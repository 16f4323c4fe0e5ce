### Every word on pages and in mails. Values stand in { $braces }.
### Plain, short, present tense. Trouble: what happened, what to do, who can fix it.

## Signing in
login-title = Sign in to { $tenant }
login-title-short = Sign in
login-lead = Use the email address you work with.
login-lead-choose = You sign in with an account you already have.
login-passkey-hint = A passkey saved on this device shows up in this field.
login-continue = Continue
login-ways = Other ways with this address
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
sso-required-unlinked = Nobody has signed in there as you yet. If you have another account there, you go on with that one.
sso-required-link = Keep this account: link that sign-in to it first.
sso-required-go = Go to your organization’s sign-in
leave-step = Back to your account
denied-title = You do not have access yet
denied-title-link = This account was not added
denied-next = What to do
denied-ask = Ask the people who run { $tenant } for access and tell them the reference below. They can look it up.
denied-ask-link = Your own account is as it was. Try again with another account there; if it should have worked, tell the people who run { $tenant } the reference below.
denied-title-weak = This sign-in is not strong enough
denied-ask-weak = Sign in another way, such as by a passkey. If you have none, ask the people who run { $tenant } and tell them the reference below.
denied-title-provider = Your provider refused the sign-in
denied-ask-provider = Try it again. If it stays like this, tell the people who run { $tenant } the reference below.
denied-title-answer = The provider’s answer was not accepted
denied-ask-answer = You did nothing wrong. Begin again; if it stays like this, tell the people who run { $tenant } the reference below: something in the connection has to be mended.
denied-title-account = This account is not let in here
denied-ask-account = Sign in at the provider with another account. If this one should be let in, tell the people who run { $tenant } the reference below.
denied-title-off = This is switched off
denied-ask-off = If it should not be, tell the people who run { $tenant } the reference below.
denied-title-cancelled = You did not sign in
denied-ask-cancelled = Begin again whenever you like. If it was not you who cancelled, tell the people who run { $tenant } the reference below.
denied-title-early = This way in is not open to you yet
denied-ask-early = Sign in as before. If it should be open to you, tell the people who run { $tenant } the reference below.
denied-retry = Use another account
down-title = Sign-in is not answering right now
down-lead = { $provider } has not answered. Nothing is wrong with your account.
down-lead-unnamed = The service behind sign-in has not answered. Nothing is wrong with your account.
down-works = What works now
down-in = Already signed in?
down-in-more = You stay signed in. Go on working in your open windows.
down-new = New sign-ins
down-new-more = Wait until the service answers. The people who run { $tenant } can tell when.
down-emergency = People named for emergencies get in
down-emergency-more = On the sign-in page leave the address empty and use your passkey.
down-emergency-go = To the sign-in page
error-help = If this stays, tell the people who run this site the reference above.
error-support = If this stays, write to <a href="mailto:{ $address }">{ $address }</a> and name the reference.

## Signing out
logged-out-title = You are signed out
logged-out-lead = Nobody can use { $tenant } as you in this browser.
logged-out-again = Sign in again
continue-sign-in-title = On to your identity provider
continue-sign-in-lead = Your organization's provider asks who you are. It brings you back here.
continue-sign-in-button = Continue
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

## An app asks
consent-title = Allow { $app } to use your account?
consent-account = Signed in as { $account }.
consent-switch = Switch
consent-choose = Organization it may read
consent-nowhere = No organization
consent-who = See who you are
consent-who-detail = An id that stands for you here.
consent-profile = See your profile
consent-profile-detail = Your name and language.
consent-email = See your email address
consent-email-detail = And whether it is proven.
consent-phone = See your phone number
consent-phone-detail = And whether it is proven.
consent-address = See your postal address
consent-address-detail = As it is kept here.
consent-organization = See your organization
consent-organization-detail = Its name, and your roles in it.
consent-offline = Keep access while you are away
consent-offline-detail = Until you end it among your sessions.
consent-use = Use { $place } as you
consent-known-by = Known by its address
consent-scope = Use { $scope }
consent-for = Organization
consent-goes-to = Goes to
consent-this-computer = a program on this computer
consent-privacy = Privacy
consent-terms = Terms
consent-deny = Don’t allow
consent-allow = Allow
return-to-app-title = Back to the app
return-to-app-lead = This goes on by itself. If it does not, press the button.
return-to-app-button = Go back

## A device without a browser
device-enter-title = Sign in a device
device-enter-lead = Enter the code that your terminal, TV or scanner shows.
device-code = Code on your device
device-code-hint = Eight letters. The dash is optional, small letters are fine.
device-continue = Continue
device-unknown = No device waits with this code. Look again, or start anew on the device.
device-title = Is this your device?
device-lead = Go on only if you started this yourself and your device shows the same code.
device-other-code = Enter another code
device-app = App
device-from = Asked from
device-same-network = Same network as this browser
device-may = It may
device-warning = Did someone send you this code or ask for it on the phone? Then choose “Not mine”.
device-deny = Not mine
device-allow = Sign in the device
device-allowed = Your device is signed in
device-allowed-lead = It goes on by itself. You can close this page.
device-denied = The device was not signed in
device-denied-lead = Nothing was given to it. You can close this page.
device-account = Your account
