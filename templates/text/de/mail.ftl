### Jedes Wort auf Seiten und in Mails. Werte stehen in { $klammern }.
### Einfach, kurz, Gegenwart, „Sie“. Bei Problemen: was geschah, was zu tun ist, wer hilft.

## Mails
mail-not-you = Waren Sie das nicht?
mail-asked = Angefordert mit { $browser } ({ $network }), { $when }.
mail-sent = Geschickt an { $to } von { $host }
mail-support = Fragen? Schreiben Sie an { $address }
mail-look = Ihre Anmeldungen ansehen
agent-on = { $browser } auf { $system }
agent-unknown = Unbekannter Browser
mail-code-subject = { $code } ist Ihr Code für { $tenant }
mail-code-preview = { $minutes ->
    [one] Gilt einmal, 1 Minute lang. Haben Sie ihn nicht angefordert, dann beachten Sie diese Mail nicht.
   *[other] Gilt einmal, { $minutes } Minuten lang. Haben Sie ihn nicht angefordert, dann beachten Sie diese Mail nicht.
}
mail-code-title = Ihr Anmeldecode
mail-code-lead = Geben Sie ihn auf der Seite ein, auf der Sie ihn angefordert haben.
mail-code-until = Er gilt einmal, bis { $until }
mail-code-until-html = Er gilt einmal, bis <b class="ink" style="color:#152225">{ $until }</b>
mail-code-minutes = { $minutes ->
    [one] (1 Minute).
   *[other] ({ $minutes } Minuten).
}
mail-code-link = Oder öffnen Sie diesen Link im selben Browser:
mail-code-open = Weiter
mail-code-not-you = Sie müssen nichts tun: Ohne diesen Code kommt niemand hinein. Lesen Sie ihn nie jemandem vor; { $tenant } fragt nicht danach.
mail-existing-subject = Sie haben schon ein Konto bei { $tenant }
mail-existing-preview = Jemand wollte mit dieser Adresse ein Konto anlegen.
mail-existing-title = Sie haben schon ein Konto
mail-existing-lead = Jemand, vermutlich Sie selbst, wollte mit dieser Adresse ein Konto bei { $tenant } anlegen. Es gibt schon eines, darum wurde kein neues angelegt. Melden Sie sich stattdessen an:
mail-existing-open = Bei { $tenant } anmelden
mail-existing-not-you = Sie müssen nichts tun. Niemand ist hineingekommen, und niemand hat erfahren, dass Sie ein Konto haben.
