# An organization's own sign-in, in the administration.

desk-company = Company sign-in
desk-company-lead = The organization signs in at its own identity provider. Its administrator sets that up by a link, without an account.
desk-company-new = New set-up link
desk-company-new-more = It opens once and lives seven days. Whoever holds it gives no more than you could.
desk-company-make = Make a link
desk-company-made = The link, shown once
desk-company-made-more = Send it to the organization’s administrator by a way that only they read.
desk-company-link = Set-up link
desk-company-links = Set-up links
desk-connections = Connections
desk-connections-none = No connection yet
desk-connections-none-more = Make a link and send it to the organization’s administrator.
desk-connection-draft = Draft
desk-connection-tested = Tested
desk-connection-active = Live
desk-connection-off = Switched off
desk-connection-used = Last sign-in
desk-connection-unused = No sign-in yet
desk-link-waiting = Not opened
desk-link-opened = Opened
desk-link-expired = Expired
desk-link-revoked = Taken back
desk-link-shared = Shared
desk-flash-link-back = The link is dead, with everything that was shared from it.
