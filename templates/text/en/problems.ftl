### What problems say. The code says these sentences in English, word for word; here they
### get a key, and the other languages their words. One line each. A test compares.

## Titles: one line per code, as `domain/problem.rs` says it
problem-title-invalid-request = The request is not valid
problem-title-invalid-cursor = The page cursor is not valid
problem-title-invalid-return-to = The return address is not allowed
problem-title-unauthenticated = Sign in first
problem-title-invalid-token = The token is not valid
problem-title-token-expired = The token has expired
problem-title-session-stale = The session could not be confirmed
problem-title-forbidden = You may not do this
problem-title-csrf-required = The request lacks its anti-forgery mark
problem-title-origin-not-allowed = This origin may not call
problem-title-step-up-required = More proof is needed
problem-title-sso-required = Sign in with your organization
problem-title-denied = Sign-in was refused
problem-title-not-found = There is nothing here
problem-title-method-not-allowed = This method is not allowed here
problem-title-duplicate = This exists already
problem-title-conflict = The state has changed meanwhile
problem-title-wrong-step = This step is not open
problem-title-org-mismatch = Another organization is active
problem-title-last-factor = This is the last way to sign in
problem-title-not-supported-by-upstream = The identity provider cannot do this
problem-title-expired = This is over
problem-title-version-mismatch = The record has changed meanwhile
problem-title-too-large = The body is too large
problem-title-unsupported-media-type = This content type is not accepted
problem-title-unknown-host = This host is not served here
problem-title-invalid-field = A field is not valid
problem-title-invalid-credentials = That did not match
problem-title-rate-limited = Too many requests
problem-title-headers-too-large = The headers are too large
problem-title-internal = Something went wrong on our side
problem-title-upstream-invalid = The other side answered nonsense
problem-title-upstream-unavailable = The other side cannot be reached
problem-title-store-unavailable = The database cannot be reached
problem-title-upstream-timeout = The other side took too long

## For sentences that nobody wrote down
problem-any-refused = This was refused.
problem-any-later = This is not possible now. Try again in a moment.
problem-any-wrong = This did not work. Check what you entered and try again.

## Forms and addresses
problem-field = Correct the marked field and send again.
problem-nothing-here = Nothing is known under this address.
problem-host = This host name is not set up here.
problem-method = This address knows other methods.
problem-address-part = A part of the address is missing or not of the right form.
problem-form-old = This form is too old or was not made here. Load the page again.
problem-form-cookies = This form is too old, or cookies are off. Load the page again.
problem-link-cookies = Cookies are off, or the page is too old. Open the link again.
problem-form-unreadable = The form could not be read.
problem-form-smaller = Send a smaller form.
problem-body-smaller = Send a smaller body.
problem-body-object = Send a JSON object.
problem-body-json = The body is not valid JSON.
problem-body-member = A member of the body is missing or of the wrong type.
problem-content-type = Send `Content-Type: application/json`.
problem-csrf = Send the header `X-CSRF: 1` with this request.
problem-lengths = Send one length: Content-Length or Transfer-Encoding.
problem-headers = Send less in headers; clear old cookies.
problem-one-host = Send exactly one Host header.
problem-gate = The request did not pass the gate.
problem-incident = The incident is logged under the reference below.
problem-answer-large = The answer is too large.
problem-path-own = Use a path on this host.
problem-path-listed = Use a path on this host, or an address of a listed origin.
problem-cursor = Use next_cursor of the same query as it came.
problem-acr = Use aal1, aal2 or phr.
problem-origin-listed = This page's origin is not listed.

## Who is calling
problem-token-malformed = The token is malformed.
problem-token-unknown = This token is not known here.
problem-token-new = Make a new one with `laneway admin token`.
problem-sign-in = Sign in to use this.
problem-sign-in-again = Sign in again.
problem-login-host-only = Sign-in happens on the login host's own pages.
problem-confirm = Confirm that it is you, then try again.
problem-token-no-account = Operator tokens have no account.
problem-nobody = Nobody is signed in here.
problem-session-over = The session has ended. Sign in again.
problem-other-org = Another organization is active in this session. Reload.
problem-other-session = The link is for another session. Nothing was ended.

## Signing in
problem-address = Enter your email address.
problem-address-first = Enter your email address first.
problem-address-full = Enter a full email address.
problem-name = Enter a name.
problem-name-long = Use at most 100 ordinary characters.
problem-organization = Choose one of the listed organizations.
problem-code-wrong = That code does not match. Check the newest mail.
problem-code-over = That code is over. Ask for a new one.
problem-link-over = This link is over. Ask for a new one.
problem-passkey-wrong = That passkey did not work here. Try again or use another way.
problem-passkey-off = Sign-in by passkey is not possible now.
problem-email-off = Sign-in by email is not possible now.
problem-refused = Sign-in was refused.
problem-way-off = This way to sign in was switched off meanwhile.
problem-cancelled = Sign-in was cancelled at the identity provider.
problem-sign-in-there = The identity provider wants you to sign in there first.
problem-provider-refused-sign-in = The identity provider refused the sign-in.
problem-over = This sign-in is over. Start again.
problem-over-app = This sign-in is over. Start again in the app.
problem-request-damaged = This sign-in request is damaged. Start again in the app.
problem-request-old = This sign-in request is too old. Start again in the app.
problem-other-browser = This sign-in was begun in another browser, or too long ago. Start again.
problem-bound-over = The session this was begun in has ended. Sign in and start again.
problem-faster = Another answer to this step was faster.
problem-step = Read the flow again and answer its open step.
problem-wait = Wait a moment, then try again.
problem-prompt = prompt is none, login, select_account or create.
problem-no-path = There is no way for this account to give the proof that is wanted. Add a passkey first.
problem-invitation = No account is open to this sign-in. Ask for an invitation.
problem-somebody-else = Somebody else signed in than the one who is signed in here.
problem-stronger = A stronger proof is needed than this account can give.
problem-no-member = This account is not a member of that organization.
problem-made-meanwhile = This account was made meanwhile. Sign in again.
problem-switched-off = This account is switched off. Ask your administrator.
problem-identity-taken = This identity belongs to another account already.
problem-owner-used = This owner link was used already. Make another.
problem-owner-over = This owner link is over. Make another with `laneway admin owner-link`.
problem-owned = Somebody owns this installation already.

## Signing out
problem-signed-out = You are signed out already.
problem-sign-out-elsewhere = This answer of the identity provider belongs to no sign-out that began here.
problem-logout-token = The logout token is not acceptable.
problem-logout-token-used = The logout token was used before.
problem-logout-token-nobody = The logout token names nobody.

## The account
problem-account-changed = The account was changed meanwhile. Try again.
problem-link-before = Link another way to sign in before you remove this one.
problem-add-before = Add another way to sign in before you remove this one.
problem-passkeys-elsewhere = Passkeys are kept by your identity provider.
problem-passkey-store = The passkey could not be stored. Try again.
problem-passkey-store-skip = The passkey could not be stored. Try again or skip.
problem-passkey-send = Send the new credential, or skip.
problem-verify-instead = Verify your address instead: that is what links you to this provider.
problem-upstream-name = Name one of the tenant's upstreams.

## Providers and applications
problem-no-provider = No identity provider is active here.
problem-provider-away = The identity provider cannot be reached. Try again soon.
problem-provider-nonsense = The identity provider gave an answer that cannot be trusted.
problem-provider-refused = The identity provider refused.
problem-provider-has = The identity provider has this record already.
problem-client = The outbound client cannot be set up.
problem-path-dots = Write the path without dot segments.
problem-path = The path is not usable.
problem-host-name = The host name is not usable.
problem-forward-question = The proxy's question is not usable: { $why }.
problem-forward-refused = Your account may not use this. It takes: { $rule }.
problem-forward-step-up = This needs a stronger proof that it is you.
problem-echo = This address answers listed proxies only: add the proxy to trusted_proxies.
problem-app-body = The body stopped arriving. Send it again.
problem-app-ended = The session has ended.
problem-app-stops = This node stops. Send the request again.
problem-app-slow = The application behind this address took too long.
problem-app-away = The application behind this address is not running.
problem-app-nonsense = The application behind this address answered nonsense.

## Running the installation
problem-slug = Use lower-case letters, digits and inner dashes.
problem-upstream-config = The configuration file owns this upstream. Change it there, or choose another name.
problem-upstream-kind = Use keycloak or oidc.
problem-upstream-issuer = Give the issuer address, such as https://kc.example.com/realms/main.
problem-upstream-client = Give the client id.
problem-upstream-options = Give an object.
problem-upstream-last = Activate another upstream instead: a tenant needs one that signs people in.
problem-upstream-companion = Only the embedded provider can be a companion.
problem-upstream-passkeys = Passkeys for { $domain } stay stored but are not offered, unless embedded is made companion.
problem-public-url = The public URL is not usable.
problem-outbox = The outbox cannot be read.
problem-user-address = Give a full email address.
problem-user-elsewhere = The identity provider creates its own users; they appear here when they first sign in.
problem-user-exists = This person exists already.
problem-user-address-exists = A person with this address exists already.
problem-user-subject = Give the person's id at the provider.
problem-user-identity = This identity belongs to another user.
problem-url-full = Give a full address such as https://login.example.com.
problem-url-host = The address needs a host name.
problem-url-https = Use https; plain http is for localhost only.
problem-url-parts = Give only scheme, host and port.
problem-host-give = Give a host name, with a port if it is not 443.
problem-upstream-settings = Correct the upstream's settings.
problem-upstream-start = Start the provider and make its address reachable from the machine that Laneway runs on.

## Passwords and apps
problem-linking = Linking begins on the account page.
problem-purposes = Use login, signup, recover, verify or step_up.
problem-app-code = Enter the code that the app shows, or skip.
problem-app-code-wrong = That code does not match. Wait for the next one in your app.
problem-password-short = Use at least { $min } characters. A few unrelated words do well.
problem-password-long = Use at most 1024 bytes.
problem-password-common = Many people use this password, so it is tried first. Choose another.
problem-password-leaked = This password has been published in a leak. Choose another.
problem-password-own = This is mostly your own name or address. Choose something nobody knows about you.
problem-password-weak = This is guessed too soon. Add a few unrelated words.
problem-app-elsewhere = Authenticator apps are kept by the identity provider.
problem-password-elsewhere = Passwords are kept by the identity provider.
problem-password-current = Your current password is not right.
problem-app-there = Set the app up at the identity provider.
problem-password-alone = Your password is too short to stand alone. Change it to one of 15 characters or more first.
problem-codes-without-app = Recovery codes stand in for an authenticator app. Set one up first.
problem-no-password = There is no password to recover here.
problem-password-choose = Choose a password.
problem-password-there = The identity provider keeps the passwords. Set them there.
problem-password-wrong = The address or the password is not right.
problem-recovery-code = That is not one of your unused recovery codes.
problem-desk-signup = Use open, invite or closed.
problem-desk-origins = Give each origin as scheme, host and port only, one per line.
problem-desk-read = Read the record again before you change it.
problem-desk-changed = The record was changed meanwhile. Read it again.
problem-device-name = Use at most 80 ordinary characters.

## Permissions
problem-token-make = Make a new token.
problem-token-session = The session of this token is over.
problem-authority-above = This would touch somebody who may do more than you.
problem-authority = You have no permission for this.
problem-token-applications = Tokens for Laneway itself open no applications.
problem-token-account = API tokens cannot do this.
problem-token-scope = The token's scope does not include this.
problem-grant-already = They are that already.
problem-host-config = The configuration file owns this host. Remove it there.
problem-host-canonical = This is the tenant's canonical login host: links and passkeys hang on it.
problem-role-defined = Use a role that is defined here: { $roles }.
problem-role-above = These roles may do more than you: somebody above you has to decide.
problem-organization-owner = This is the organization's last owner. Appoint another one first.
problem-upstream-tenant = This provider comes with the tenant.
problem-upstream-exists = An upstream of this name exists already.
problem-upstream-other-kind = An upstream of this name and another kind exists. Choose another name.
problem-upstream-options-only = This provider lives here: only its options can be changed.
problem-installation-owner = This is the last owner of the installation. Appoint another one first.
problem-token-audience = This token does not count here.
problem-token-get = Get a new access token.

## Settings
problem-colour-form = Give a colour as #rrggbb.
problem-tenant-last-host = Nobody could switch this tenant on again from here. Do it from another tenant's host.

## Invitations and addresses
problem-invite-closed = Sign-up is closed here. Let in whoever is invited first.
problem-invite-roles = Name fewer roles.
problem-invite-organization = This organization is switched off.
problem-invite-tenant-roles = An invitation to the tenant knows member, viewer, admin and owner.
problem-address-mails = This address got many mails in the last hour. Try again later.
problem-invite-done = This invitation was accepted or taken back. Make another.
problem-address-no-mail = No mail can be sent here, so no address can be confirmed.
problem-invitation-over = This invitation is over. Ask whoever invited you for another.
problem-invitation-other = This invitation is for another address than yours. Sign out and open it again.
problem-invitation-organization = This organization is switched off. Ask whoever invited you.
problem-code-asked-over = This code is over. Ask for a new one.
problem-address-same = This is the address of your account already.
problem-address-lost = This address belongs to another account by now. Nothing was changed.
problem-not-yourself = Not done: this is your own account. Another owner can do it, or you on your account page.
problem-locale = Choose one of the listed languages.
problem-setting = This setting is unknown or of the wrong form.
problem-setting-file = The configuration file sets this. Change it there.
problem-url-secure = Give an https address.
problem-hundred = Use 1 to 100 characters.
problem-logo-large = Send a picture of at most 64 KiB.
problem-logo-png = Send one whole PNG file.
problem-logo-sides = Send a picture whose sides have 16 to 1024 pixels.
problem-store-later = Try again in a few seconds.
problem-store-exists = A record with this value exists already.
problem-sender-installation = Only operators of the whole installation choose the sender's address.
problem-logo-url = Give an https address or a path on your own host.
problem-logo-choose = Choose a PNG file first.
problem-upload-form = The upload could not be read. Choose the file again.
problem-text-wanted = Give a text.
problem-member-unknown = There is no such member here.

## Connections
problem-connection-tested = Only a draft that has passed its test login can be activated. Test it as it is now.
problem-connection-status = Use active or disabled.
problem-connection-never-live = This connection has never been live. Test it and activate what was tested.
problem-connection-issuer = Give the issuer address, such as https://idp.example.com.
problem-connection-scopes = Give at most 30 scopes without spaces.
problem-claim-name = Name a claim.
problem-claim-names = Name at most 20 claims.
problem-rules-many = Use at most 200 rules.
problem-rule-roles-many = Use at most 50 roles in one rule.
problem-rule-deny-roles = A rule that keeps people out gives no roles.
problem-rule-group = Name a group.
problem-rule-value = Give a text, a number, true, false or null.
problem-rule-long = Use at most 256 characters.
problem-rule-domain = Name a domain.
problem-rule-true = Only true has a meaning here.
problem-slug-id = This has the form of an id. Choose a name.
problem-subject-own = At the embedded provider everybody is known by their own id.
problem-login-name = This address is the sign-in name here. Move the account to another address instead.
problem-own-page = With a cookie this is for the login host's own pages. Send a token instead.
