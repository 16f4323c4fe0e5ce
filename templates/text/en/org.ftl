# The pages of an organization, for its own people.

org-nav = Organization
org-home = Home
org-people = Members
org-nav-domains = Domains
org-rules = Who must use it
org-role-owner = Owner
org-role-admin = Organization admin
org-role-some = Member
org-role-operator = Operator
org-own-pages = Its own pages
org-flash-saved = Saved. It counts everywhere within seconds.

## Home
org-home-lead = What is set up here, and what comes next.
org-open = To do
org-open-none = Nothing is missing, and nothing is wrong.
org-done = In place
org-line-people = { $n ->
    [one] One member
   *[other] { $n-text } members
}
org-line-owners = { $n ->
    [0] Nobody is owner: appoint one, so that somebody here can decide.
    [one] One owner. Appoint a second one, so that you are not stuck when one is away.
   *[other] { $n-text } owners.
}
org-line-waiting = { $n ->
    [one] One invitation waits
   *[other] { $n-text } invitations wait
}
org-line-waiting-more = Whoever is invited has not come yet. You can send the link again.
org-line-no-domain = No proven domain
org-line-no-domain-more = A proven domain leads people from their address to your company sign-in.
org-line-domains = { $n ->
    [one] One proven domain
   *[other] { $n-text } proven domains
}
org-line-domains-more = The records are looked at every day.
org-line-domains-open = { $n ->
    [one] Another one is named and not proven yet.
   *[other] { $n-text } more are named and not proven yet.
}
org-line-domain-gone = The record of { $domain } is gone
org-line-domain-gone-more = After three days the proof no longer counts. Put the record back.
org-line-no-connection = No company sign-in
org-line-no-connection-more = Connect your identity provider: people sign in as they do everywhere in your company.
org-line-draft = { $name } is not live yet
org-line-draft-more = Go on with the set-up: test it, then activate what was tested.
org-line-off = { $name } is switched off
org-line-off-more = Nobody signs in by it.
org-line-partly = { $name } is not open to everyone
org-line-partly-more = Roll it out further when those who have it are content.
org-line-live = { $name } works
org-line-live-more = Open to everyone.
org-line-used = Last sign-in { $at }.
org-line-faults = { $name } fails its checks
org-line-faults-more = { $n ->
    [one] One check failed at the last look: see what and who has to change it.
   *[other] { $n-text } checks failed at the last look: see which and who has to change what.
}
org-line-notes = { $name } will need you
org-line-notes-more = People still sign in; something changes or ends soon. See what.
org-line-failed = Some sign-ins by { $name } failed
org-line-failed-more = { $n ->
    [one] One within seven days. See why.
   *[other] { $n-text } within seven days. See why.
}
org-line-enforced = { $name } is the only way in
org-line-enforced-more = Into this organization, and for people of its proven domains.
org-line-free = Other ways in are open
org-line-free-more = People of your domains may still use codes and passkeys. You can make the company sign-in the only way.
org-line-emergency = { $proven } of { $named } people for emergencies are ready
org-line-emergency-more = Two have to sign in without the provider first: by a passkey, or with two factors at the tenant’s own identity provider.
org-go-people = See members
org-go-invitations = See invitations
org-go-domains = Go to domains
org-go-connections = Connect a provider
org-go-connection = How it goes
org-go-rules = Decide

## Members
org-people-lead = { $suspended ->
    [0] { $active-text } active.
   *[other] { $active-text } active, { $suspended-text } suspended.
}
org-people-search = Name, address or id
org-people-none-more = Invite somebody: they appear here once they have come.
org-people-waiting = { $n ->
    [one] One invitation waits to be taken.
   *[other] { $n-text } invitations wait to be taken.
}
org-flash-removed = The member is removed. Their account stays.
org-roles-more = What you tick is given by hand. Roles from other sources come and go with their source.
org-roles-save = Save the roles
org-role-also = Also:
org-role-above = May do more than you: an owner decides.
org-since = Member since
org-named = Named
org-place = Place in the organization
org-suspend = Suspend
org-suspend-more = They keep their roles and cannot use them until you let them in again.
org-suspend-do = Suspend
org-restore = Let in again
org-restore-more = They get back the roles that they had.
org-restore-do = Let in
org-remove = Remove
org-leave = Leave the organization
org-remove-more = Membership and all roles here end at once. The account itself stays.
org-remove-emergency = They are named for emergencies. See that two others are ready.
org-remove-ask = Remove now
org-remove-do = Remove

## Groups and roles
org-groups = Groups
org-groups-lead = Whoever is in a group has its roles, as long as they are in it.
org-groups-all = All groups
org-groups-none = No groups yet
org-groups-none-more = A group gives its roles to many people at once.
org-group-new = New group
org-group-create = Make the group
org-group-count = { $n ->
    [one] One member
   *[other] { $n } members
}
org-group-empty = Nobody is in it yet.
org-group-add = Put into the group
org-group-take = Take out
org-group-gives = What it gives
org-group-gives-more = Members follow at once.
org-group-delete = Delete the group
org-group-delete-more = What it gave ends at once. Its members stay in the organization.
org-flash-group-deleted = The group is deleted.
org-roles-lead = What each role permits. You can define roles of your own.
org-roles-all = All roles
org-role-nothing = Permits nothing here; applications may know it
org-role-own = Own
org-role-new = New role
org-role-new-more = It can permit no more than you may yourself.
org-role-slug-more = Lower-case letters, digits, inner dashes. Applications see it; it stays.
org-role-create = Define the role
org-role-permits = What it permits
org-role-permits-more = Whoever has the role may do at once what it says now.
org-role-fixed = This role is not yours to change here.
org-role-delete = Delete the role
org-role-delete-more = Only while nobody has it, and no group, invitation or rule would give it.
org-flash-role-deleted = The role is deleted.
org-may-see = See the organization and what is set up.
org-may-change = Change its name and define roles.
org-may-see-members = See members, groups and roles.
org-may-change-members = Change, invite and remove members; make groups.
org-may-change-owners = Appoint and dismiss owners.
org-may-see-sign-in = See company sign-in and domains.
org-may-change-sign-in = Set up company sign-in, prove domains, decide who must use it.
org-may-see-record = Read what happened.
org-may-else = For applications.

## Domains
org-domain = Domain name
org-domains-lead = Whoever controls a domain’s name server can prove it with one TXT record. Keep the record: it is looked at every day.
org-domains-none = No domain yet
org-domains-none-more = Name the domain of your people’s addresses, then prove that it is yours.
org-domain-new = Add a domain
org-domain-new-more = Naming one changes nothing. It counts once it is proven.
org-domain-add = Add
org-domain-open = Not proven
org-domain-proven = Proven
org-domain-missing = Record is gone
org-domain-since = Proven since
org-domain-gone = Not seen since
org-domain-to-do = Publish this TXT record, then let us look.
org-domain-looked = last looked
org-domain-look = Look now
org-domain-seen = Seen there
org-domain-fix = Whoever runs the domain’s name server. A new record may take up to an hour to be seen everywhere.
org-domain-remove-more = Addresses of this domain no longer lead here, and nobody is held to the company sign-in by it. Another organization may prove it then.
org-txt = TXT record
org-txt-name = Name of the TXT record
org-txt-value = Its value
org-flash-domain-added = Added. Publish the record, then let us look.
org-flash-domain-proven = The domain is proven.
org-flash-domain-removed = The domain is removed.

## Company sign-in
org-connections-lead = How your people sign in at your own identity provider.
org-connections-look = Somebody who may set up company sign-in has to begin.
org-rules-lead = Which company sign-in is the only way in for people of your domains, and who gets in without it.
org-rules-none = Connect your identity provider first, and open it to everyone.
org-set-up = Open the set-up
org-go-on = Go on
org-not-live = Not live yet
org-not-live-more = How sign-ins go is shown here once it is.
org-changed = The provider says something else of itself than before. On the page of the set-up you see each difference, take it as right or read it again.
org-changed-go = See what has changed
org-connect = Connect a provider
org-connect-ways = Ways to begin
org-connect-more = In this browser, now. Nothing is live before it has passed a test.
org-connect-here = Begin the set-up
org-link-life = The link lives
org-link-day = One day
org-link-week = Seven days
org-link-month = Thirty days
org-link-email = Only for the mailbox (optional)
org-link-email-more = Whoever opens the link then needs a code that is sent there.

## Audit
org-trail-lead = What happened in this organization, and who did it. Times are in UTC.

## Settings
org-settings-lead = What the organization is called, how its sign-in looks, and what it asks for.
org-look-name = Name on the sign-in page
org-look-name-more = Empty: the name above.
org-look-logo = Address of the logo
org-look-logo-more = https only. Empty: the first letter.
org-acr = To act here somebody needs
org-acr-any = Any sign-in
org-acr-two = Two steps
org-acr-passkey = A passkey
org-acr-more = Whoever comes with less is asked for more.
org-stale = While the identity provider does not answer, people go on for
org-stale-any = As long as their session lives
org-stale-quarter = 15 minutes
org-stale-hour = 1 hour
org-stale-day = 8 hours
org-stale-night = 24 hours
org-stale-more = Then they wait until it answers again. They stay signed in.
org-logo-more = Beside your name on your sign-in page and on these pages. An upload takes the place of an address.
org-flash-logo = The logo is on your sign-in page and these pages from now on.
org-flash-logo-removed = The logo is gone. Pages show the first letter of the name.
org-social = Accounts elsewhere on your sign-in page
org-social-yes = Offered
org-social-no = Not offered, and refused
org-social-now = At present: { $names }.
org-social-none = None is set up at present.
org-social-more = Whoever comes in on another page and switches here is not kept out by this. To allow your company sign-in alone, make it the only way in.
org-called = Name, look and sign-in
org-slug = Short name
org-slug-more = Addresses with the old one lead nowhere any more.

## Account
org-manage = Manage

## Service accounts
org-services = Service accounts
org-services-lead = Callers that are no people: builds, imports, other services. They have roles like people, and keys in place of a sign-in.
org-services-all = All service accounts
org-services-none = No service accounts yet
org-services-none-more = A program that must go on when somebody leaves gets one.
org-service-new = New service account
org-service-create = Make the service account
org-service-off = switched off
org-service-id = Applications see it as
org-service-keys = Keys
org-service-keys-more = To swap one, make the next, roll it out, then revoke the old one.
org-service-keys-none = It has no keys and can call nothing.
org-service-key-make = Make a key
org-service-public-keys = Public keys
org-service-public-keys-more = For programs that sign instead of keeping a key of ours: they get short tokens with private_key_jwt.
org-service-public-keys-none = None yet
org-service-public-key-jwk = Public key, as a JWK
org-service-public-key-add = Add the public key
org-service-public-key-remove = Remove
org-service-roles = What it is
org-service-roles-more = Its keys follow at once.
org-service-switch-off = Switch off
org-service-switch-on = Switch on
org-service-delete = Delete the service account
org-service-delete-more = Its keys end at once.
org-flash-service-deleted = The service account is deleted.
