### Every word on pages and in mails. Values stand in { $braces }.
### Plain, short, present tense. Trouble: what happened, what to do, who can fix it.

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
upstream-plan = See the plan first

## Checks
checks-todo = Needs a hand
checks-failed = { $count ->
    [one] 1 failed
   *[other] { $count } failed
}
checks-advice = Worth knowing
checks-advice-more = It works without this. Whoever sets it up should know.
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
who-you = You, at your identity provider or in this set-up.
who-team = The team that runs this sign-in.
check-answers = Answer of the provider
check-reachable = Connection to the provider
check-discovery = Discovery document
check-realm = Realm
check-events = Records of the realm
check-directory = People of the realm
check-post-logout-redirect-uri = Redirect address after sign-out
check-signing-keys = Signing keys
check-signature-algorithm = Signature algorithm
check-client-credentials = Client ID and secret
check-settings = Settings
check-database = Database
check-passkey-rp-id = Domain of passkeys
check-passkey-origin = Passkeys on the login host
