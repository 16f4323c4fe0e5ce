### Every word on pages and in mails. Values stand in { $braces }.
### Plain, short, present tense. Trouble: what happened, what to do, who can fix it.

## Mails
mail-not-you = Not you?
mail-asked = Asked for from { $browser } ({ $network }), { $when }.
mail-sent = Sent to { $to } by { $host }
mail-support = Questions? Write to { $address }
mail-look = Look at your sign-ins
agent-on = { $browser } on { $system }
agent-unknown = Unknown browser
mail-code-subject = { $code } is your { $tenant } code
mail-code-preview = { $minutes ->
    [one] Works once, for 1 minute. If you did not ask for it, ignore this mail.
   *[other] Works once, for { $minutes } minutes. If you did not ask for it, ignore this mail.
}
mail-code-title = Your sign-in code
mail-code-lead = Enter it on the page where you asked for it.
mail-code-until = It works once, until { $until }
mail-code-until-html = It works once, until <b class="ink" style="color:#152225">{ $until }</b>
mail-code-minutes = { $minutes ->
    [one] (1 minute).
   *[other] ({ $minutes } minutes).
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
