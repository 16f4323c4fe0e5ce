### Pages of the administration. Values stand in { $braces }; `-text` is a number as it is shown.
### For operators: exact words, the stable code beside them, times in UTC.

## Everywhere
desk-nav = Administration
desk-again = You have shown that it is you. What you pressed before was not done: press it once more.
desk-nav-sign-in = Sign-in
desk-nav-record = Record
desk-overview = Overview
desk-people = Users
desk-organizations = Organizations
desk-upstreams = Identity providers
desk-settings = Settings
desk-trail = Audit
desk-your-account = your account
desk-need-attention = need attention
desk-role-owner = Owner
desk-role-admin = Administrator
desk-role-security-admin = Security admin
desk-role-support = Support
desk-role-auditor = Auditor
desk-role-billing = Billing
desk-role-viewer = Viewer
desk-pages = Pages
desk-first-page = First page
desk-next-page = Next page
desk-name = Name
desk-state = State
desk-since = Since
desk-created = Created
desk-facts = Facts
desk-id = Id
desk-save = Save
desk-remove = Remove
desk-apply = Apply
desk-clear = Clear the filters
desk-more = More
desk-actions = Actions
desk-active = Active
desk-disabled = Disabled
desk-suspended = Suspended
desk-organization-off = Organization is off
desk-all-events = All events
desk-look-only = You may look at this and not change it.
desk-from-file = From the configuration file
desk-short-name = Short name
desk-roles = Roles
desk-no-roles = No roles
desk-organization = Organization
desk-no-organization = No organization
desk-person = User
desk-sessions = Sessions

## Overview
desk-range = Time range
desk-range-24h = 24 hours
desk-range-7d = 7 days
desk-range-30d = 30 days
desk-attention = Needs attention
desk-attention-none = Nothing needs you. Identity providers, mail, nodes and keys were looked at just now.
desk-figures = Figures
desk-sign-ins = Sign-ins
desk-live-sessions = Live sessions
desk-revocation = Revocation delay, p99
desk-users-active = Users
desk-worked-share = { $share } % worked
desk-worked-more = { $share } % worked · { $change-text } % more than the { $range } before
desk-worked-less = { $share } % worked · { $change-text } % fewer than the { $range } before
desk-worked-none = None in this time
desk-counted-at = Counted { $at }
desk-people-organizations = { $disabled ->
    [0] { "" }
   *[other] { $disabled-text } disabled ·{ " " }
}{ $organizations ->
    [one] 1 organization
   *[other] { $organizations-text } organizations
} · counted { $at }
desk-revocation-more = Bound { $bound } s · worst { $worst-text } ms · last hour
desk-revocation-none = Bound { $bound } s · none seen here in the last hour
desk-by-hour = Sign-ins by hour
desk-by-six-hours = Sign-ins by six hours
desk-by-day = Sign-ins by day
desk-method-passkey = Passkey
desk-method-email-code = Email code
desk-method-password = Password
desk-method-redirect = Identity provider
desk-method-other = Other
desk-failed = Failed
desk-no-sign-ins = No sign-ins in this time
desk-no-sign-ins-more = Nobody has signed in, and nobody has tried.
desk-as-table = Show as a table
desk-chart-numbers = Sign-ins as numbers
desk-from-utc = From, UTC
desk-source-events = Counted from audit events. The last bar is not over.
desk-chart-busiest = { $total ->
    [one] 1 sign-in
   *[other] { $total-text } sign-ins
}. Busiest from { $at } with { $most-text }. { $failed ->
    [0] None failed.
   *[other] { $failed-text } failed, most of them from { $worst }.
}
desk-chart-now = now
desk-clock = { $time }
desk-day-1 = { $day } Jan
desk-day-2 = { $day } Feb
desk-day-3 = { $day } Mar
desk-day-4 = { $day } Apr
desk-day-5 = { $day } May
desk-day-6 = { $day } Jun
desk-day-7 = { $day } Jul
desk-day-8 = { $day } Aug
desk-day-9 = { $day } Sep
desk-day-10 = { $day } Oct
desk-day-11 = { $day } Nov
desk-day-12 = { $day } Dec
desk-all-upstreams = All identity providers
desk-upstreams-state = Identity providers and their state
desk-last-probe = Last probe
desk-took = Took
desk-answering = Answering
desk-not-answering = Not answering
desk-drifted = Needs a hand
desk-unusable = Cannot be used
desk-not-probed-yet = Not probed yet
desk-use-primary = Everybody signs in here
desk-use-companion = Adds methods on our page
desk-use-secondary = May be linked
desk-use-retired = Retired
desk-nodes = Revocation by node
desk-nodes-more = How fast each node hears of revocations
desk-nodes-none = No node has reported yet
desk-nodes-none-more = Each node writes how it is every ten seconds.
desk-node = Node
desk-trusts = Trusts its cache
desk-heard = Heard
desk-trust-yes = Yes
desk-trust-catching-up = Catching up
desk-trust-catching-up-more = Reads the database meanwhile
desk-trust-missed = Not heard of
desk-trust-missed-more = Stopped, killed or without the database
desk-bound = Bound { $seconds } s, last hour
desk-source-nodes = Measured on each node, from the change to its knowing it.
desk-why = Why sign-ins failed
desk-why-none = None failed in this time.
desk-why-events = See the events
desk-failed-count = { $n-text } in { $range }
desk-why-code = Wrong or old email code
desk-why-passkey = Passkey did not match
desk-why-password = Wrong password
desk-why-totp = Wrong code of the app
desk-why-recovery = Wrong recovery code
desk-why-cancelled = Cancelled at the identity provider
desk-why-login-required = Identity provider wants a sign-in first
desk-why-unknown = Nobody is linked, and strangers are not let in
desk-why-disabled = Account is disabled
desk-why-other-person = Somebody else came back
desk-why-linked-elsewhere = Identity belongs to another account
desk-why-too-weak = Proof was too weak
desk-why-no-member = Not a member of the organization
desk-why-unavailable = Identity provider did not answer
desk-why-invalid = Identity provider’s answer could not be trusted
desk-why-else = { $method }: { $reason }
desk-changes = Changed by people
desk-changes-none = Nobody has changed anything yet.

## Findings
desk-open-upstream = Open
desk-find-no-primary = Nobody can sign in
desk-find-no-primary-more = No identity provider is active. Activate one.
desk-find-fault = { $label } cannot be used as it is set up
desk-find-fault-more = { $fault } Correct its settings.
desk-find-silent = { $label } does not answer
desk-find-silent-more = Since { $since }. People who are signed in stay signed in; new sign-ins there fail until it answers.
desk-find-silent-idle-more = Since { $since }. Nobody signs in by it at present.
desk-find-drift = { $label } is no longer set up as it must be
desk-find-drift-more = { $failed ->
    [one] One check fails
   *[other] { $failed-text } checks fail
} since { $since }. Each says who changes what.
desk-find-recovered = { $label } failed for { $minutes ->
    [0] less than a minute
    [one] one minute
   *[other] { $minutes-text } minutes
}
desk-find-recovered-more = From { $from } to { $to }. It answers again; nobody was signed out.
desk-find-no-mail = No mail is sent
desk-find-no-mail-more = Email codes, invitations and notices are off. Set LANEWAY_MAIL_URL and LANEWAY_MAIL_FROM.
desk-find-mail-late = { $count ->
    [one] One mail waits
   *[other] { $count-text } mails wait
} to be sent
desk-find-mail-late-more = The oldest since { $since }. It is tried again by itself; laneway doctor says what the mail server answers.
desk-find-mail-failed = { $count ->
    [one] One mail was given up
   *[other] { $count-text } mails were given up
}
desk-find-mail-failed-more = Within the last seven days. The log says why for each.
desk-find-node-missed = Node { $name } has not been heard of
desk-find-node-missed-more = Since { $since }. If it was stopped on purpose, nothing is to be done.
desk-find-node-stale = Node { $name } does not hear of changes
desk-find-node-stale-more = It trusts no cache and asks the database for each request. Look at its connection to the database.
desk-find-key-waits = A new signing key is published
desk-find-key-waits-more = { $kid } signs from { $from }. Until then the old one signs.

## Users
desk-people-lead = { $people ->
    [one] 1 user
   *[other] { $people-text } users
}, { $organizations ->
    [one] 1 organization
   *[other] { $organizations-text } organizations
}, counted { $at }
desk-people-search = Beginning of a name or an address, or an id
desk-any-state = Any state
desk-people-list = Users
desk-people-order = Without a search, the newest come first.
desk-people-none = No users yet
desk-people-none-more = People appear here when they sign up, are invited or sign in for the first time.
desk-people-no-match = Nobody matches
desk-people-no-match-more = Names and addresses were compared from their beginning, ids in full.
desk-ways = Ways in
desk-way-email = Email code
desk-last-sign-in = Last sign-in
desk-never = Never
desk-invite = Invite a person
desk-flash-deleted = The account is deleted. Its sessions ended at once on this node, and within the bound on all.

## One user
desk-end-all = Sign out everywhere
desk-disable = Disable
desk-enable = Enable
desk-delete = Delete…
desk-belongings = Organizations and roles
desk-belongings-none = Member of no organization.
desk-source-manual = By hand
desk-source-mapping = From mapping
desk-source-scim = From user sync
desk-source-group = From a group
desk-source-invitation = From an invitation
desk-sessions-live = { $n ->
    [one] 1 live
   *[other] { $n } live
}
desk-sessions-none = Not signed in anywhere.
desk-sessions-of = Live sessions of { $name }
desk-device = Device, signed in
desk-proof = Proof
desk-seen = Seen, from
desk-end = End
desk-links = Identity links
desk-links-more = Changing the identity provider adds a row here
desk-person-apps = Apps with access
desk-person-apps-none = No app has anything of this person.
desk-links-none = Nobody’s word leads to this account: it cannot be signed in to.
desk-unlink = Unlink
desk-link-add = Link an identity
desk-link = Link
desk-upstream = Identity provider
desk-subject = Id of the person there
desk-subject-more = What the provider sends as sub. Addresses do not link.
desk-user-id = User id
desk-email = Email
desk-email-none = None is known
desk-email-proven = Verified
desk-email-claimed = Not verified
desk-operates = Administers
desk-operates-none = Administers nothing.
desk-operates-instance = In the whole installation
desk-operates-tenant = In this tenant
desk-operates-elsewhere = In another tenant
desk-operates-org = In one organization
desk-operates-role = Role
desk-operates-change = Change
desk-operates-dismiss = Take away
desk-appoint = Appoint
desk-appoint-more = Over this tenant, at once. What each role may do stands in the documentation.
desk-factor-reset = Reset second factor
desk-flash-factor-reset = The authenticator app and the recovery codes are off, and they are signed out.
desk-lock = Lock-out
desk-lock-open = Not locked out at { $label }
desk-lock-unknown = { $label } does not say now
desk-lock-until = { $n ->
    [one] Locked out by { $label } until { $until }, after 1 wrong try
   *[other] Locked out by { $label } until { $until }, after { $n-text } wrong tries
}
desk-lock-until-some = Locked out by { $label } until { $until }, after wrong tries
desk-lock-for-good = { $n ->
    [one] Locked out by { $label } until somebody unlocks them, after 1 wrong try
   *[other] Locked out by { $label } until somebody unlocks them, after { $n-text } wrong tries
}
desk-lock-for-good-some = Locked out by { $label } until somebody unlocks them, after wrong tries
desk-unlock = Unlock
desk-flash-unlocked = They are not locked out any more and can try again.
desk-mail-password = Send a mail to set a password
desk-mail-verify = Send a mail to verify the address
desk-flash-mailed = The identity provider has sent the mail, to the address that it keeps.
desk-flash-appointed = They administer from now on.
desk-flash-operator = Their role has changed.
desk-flash-dismissed = The role is taken away.
desk-passkeys = Factors kept here
desk-passkeys-none = None
desk-passkeys-elsewhere = Kept by the identity provider
desk-lately = Lately
desk-lately-none = Nothing has happened yet.
desk-flash-disabled = Disabled. All sessions ended at once on this node, and within the bound on all.
desk-flash-enabled = Enabled. The person can sign in again.
desk-flash-ended = Ended at once on this node, and within the bound on all.
desk-flash-linked = Linked. Whoever signs in with that identity is this person.
desk-flash-unlinked = Unlinked, and all sessions ended.

## Deleting
desk-delete-title = Delete { $name }?
desk-delete-do = Delete { $name }
desk-keep = Keep the account
desk-delete-no-way-back = There is no way back.
desk-goes = What goes
desk-stays = What stays
desk-goes-profile = Name and address
desk-goes-sessions = { $n ->
    [0] No live session
    [one] One live session, at once
   *[other] { $n-text } live sessions, at once
}
desk-goes-links = { $n ->
    [one] One identity link
   *[other] { $n-text } identity links
}
desk-goes-embedded = Passkeys and codes that Laneway keeps
desk-goes-memberships = { $n ->
    [0] No membership
    [one] Membership in one organization
   *[other] Memberships in { $n-text } organizations
}
desk-stays-id = The user id: it is never given to anybody else
desk-stays-events = Audit events, without name and address
desk-stays-upstream = The account at { $label }: whoever signs in with it becomes a new user

## Identity providers
desk-upstreams-lead = Probed in the background, and whenever you like. Sessions live on while a provider is down.
desk-connect = Connect a provider
desk-not-probed = Not probed yet
desk-kind = Kind
desk-issuer = Issuer
desk-fault = Does not fit
desk-checks-passed = { $count ->
    [one] 1 check passed
   *[other] { $count } checks passed
}
desk-probe = Probe now
desk-change = Change
desk-activate-plan = Activate: see the plan
desk-flash-probed = Probed. What was found stands below.
desk-flash-activated = Activated. New sign-ins go there, on all nodes; live sessions go on.
desk-activate-title = Activate { $to }
desk-activate-lead = People sign in with { $from } now. Nothing has been changed yet.
desk-activate-do = Activate { $to }
desk-activate-back = { $from } can be activated again at any time.
desk-not-now = Not now
desk-back-to-upstreams = Back
desk-plan = The plan in figures
desk-plan-people = Users
desk-plan-linked = Keep their account
desk-plan-new = Would be new users
desk-plan-notes = What to know first
desk-plan-notes-more = People are found by their link, never by their address.
desk-plan-unlinked = { $n-text } users are not linked to { $to }. Let them link it on their account page, or link them on their page here, before you activate it.
desk-plan-all-linked = Everybody is linked to { $to }.
desk-plan-passkeys = Passkeys for { $domain } stay stored and are not offered, unless the embedded provider is made companion.
desk-plan-fault = { $to } cannot be used as it is set up: { $fault }
desk-plan-sessions = Live sessions go on, and no user id changes.

## Organizations
desk-organizations-lead = Customers inside this tenant, each with members and roles.
desk-organizations-none = No organizations yet
desk-organizations-none-more = Make one here, then add members to it.
desk-organization-new = New organization
desk-organization-create = Create organization
desk-slug-more = Lower-case letters, digits, inner dashes. Part of addresses.
desk-oldest-first = Oldest first
desk-members = Members
desk-members-none = No members yet
desk-members-none-more = Add a user by address or id, with the roles that they get.
desk-grants-more = Effective roles are the union of all sources.
desk-member-put = Add or change a member
desk-member-put-more = The roles by hand become exactly these; roles from other sources stay.
desk-member-person = Address or id of the user
desk-roles-more = Separated by spaces, for example: admin member
desk-member-unknown = Nobody, or more than one user, is known under this.
desk-flash-member = Saved. It counts at once on this node, and within the bound on all.

## Audit
desk-trail-lead = Each change writes an event in the same transaction. Times are in UTC.
desk-export = Export
desk-trail-search = Address or id of a user, any id, or a reference
desk-event-kind = Kind
desk-kind-all = All kinds
desk-kind-sign-ins = Sign-ins
desk-kind-sessions = Sessions
desk-kind-people = Users and ways in
desk-kind-organizations = Organizations
desk-kind-providers = Identity providers
desk-kind-installation = Installation
desk-outcome = Outcome
desk-outcome-any = Any outcome
desk-outcome-refused = Denied or failed
desk-outcome-success = Done
desk-outcome-failure = Failed
desk-outcome-denied = Denied
desk-time = Time
desk-time-utc = Time, UTC
desk-span-all = All time
desk-trail-none = No events yet
desk-trail-none-more = The first sign-in writes the first one.
desk-trail-no-match = No event matches
desk-trail-no-match-more = Users are found by their whole address or id, requests by their reference.
desk-trail-list = Audit events, newest first
desk-newest-first = Newest first
desk-event = Event
desk-who = Who
desk-who-nobody = Nobody known
desk-who-laneway = Laneway
desk-who-token = Operator token
desk-close = Close the details
desk-when = When
desk-about = About
desk-from = From
desk-decided = How it was decided
desk-changed = What changed
desk-before = Before:
desk-after = After:
desk-recorded = Event as recorded

## Settings
desk-settings-lead = Issuer { $issuer }
desk-general = General
desk-general-more = What people see, and who may come in by themselves.
desk-tenant-name-more = On pages and in mails.
desk-color = Colour
desk-color-more = As #rrggbb. Everything else is derived from it.
desk-signup = Who may sign up
desk-signup-open = Anybody
desk-signup-invite = Whoever is invited
desk-signup-closed = Nobody
desk-jit = Unknown people from the identity provider
desk-jit-create = Become users on first sight
desk-jit-deny = Are refused
desk-origins = Listed origins
desk-origins-more = One per line, such as https://app.example.com. They may call the API and be returned to, beside the hosts below.
desk-settings-live = Counts at once, on all nodes within the bound.
desk-told = Help and mail
desk-told-more = What people are told on pages and in mails.
desk-told-locale = Language
desk-told-locale-none = English, unless people say otherwise
desk-told-locale-more = Only where neither the person, the application nor the browser says one.
desk-told-support = Support address
desk-told-support-more = On error pages and below mails.
desk-told-help = Help page
desk-told-help-more = A link on pages of sign-in and on the account page. https only.
desk-told-privacy = Privacy page
desk-told-privacy-more = A link on the same pages. https only.
desk-told-sender = Sender’s name
desk-told-sender-more = Who mails come from. Empty: as shown.
desk-told-sender-address = Sender’s address
desk-told-sender-address-more = Your relay must accept it. Empty: as shown.
desk-told-installation = For operators of the whole installation
desk-told-empty = An empty field is not shown anywhere.
desk-logo = Logo
desk-logo-more = Beside the name on every page. Mails show the first letter in your colour: mail programs block pictures.
desk-logo-now = The logo now
desk-logo-none = No logo: pages show the first letter of the name.
desk-logo-file = Picture
desk-logo-file-more = One PNG of at most 64 KiB, each side 16 to 1024 pixels.
desk-logo-upload = Upload
desk-flash-logo = The logo is on every page from now on.
desk-flash-logo-removed = The logo is gone. Pages show the first letter of the name.
desk-hosts = Hosts
desk-hosts-more = Where this tenant is served. Passkeys are for { $rp }.
desk-host = Host name
desk-host-add = Add a host
desk-purpose = Purpose
desk-host-login = Login host: pages, issuer, passkeys
desk-host-login-org = Login host of an organization: its sign-in
desk-host-org = Organization
desk-host-org-more = Only for a login host that is one organization’s own sign-in: its short name.
desk-host-app = App host: only knows its cookie
desk-canonical = links and passkeys hang on it
desk-flash-saved = Saved. It counts at once on this node, and within the bound on all.
desk-flash-host = Saved. The host is served as soon as its traffic arrives here.

## Accounts elsewhere
desk-social = Accounts elsewhere
desk-social-lead = Providers at which anybody may have an account. Whether a stranger gets one here says the sign-up of this tenant; an account that exists is opened by its own link, never by its address.
desk-social-none = Nothing attached
desk-social-none-more = People sign in with what is kept here, or at the identity provider.
desk-social-new = Attach one
desk-social-new-more = Nothing goes live before its test login has passed.
desk-social-other = Another provider (OpenID Connect)
desk-social-attach = Attach { $vendor }
desk-social-callback = Redirect URI
desk-social-test = Run a test login
desk-social-activate = Put it live
desk-social-off = Switch off
desk-social-on = Switch on
desk-social-name-more = It stands on the button of the sign-in page.
desk-social-tenants-more = Separated by spaces; * stands for every account.
desk-flash-social-made = Saved as a draft. Run a test login next.
desk-flash-social-tested = The test is over. What it found stands below.
desk-flash-social-live = It is on the sign-in page, on all nodes.
desk-flash-social-off = Switched off. Its sessions ended at once on this node, and within the bound on all.
