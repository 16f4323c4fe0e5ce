### Jedes Wort auf Seiten und in Mails. Werte stehen in { $klammern }.
### Einfach, kurz, Gegenwart, „Sie“. Bei Problemen: was geschah, was zu tun ist, wer hilft.

## Konto
account-title = Ihr Konto
account-lead = Ein Konto für { $tenant }, egal wie Sie sich anmelden.
account-acr-phr = Sie haben sich mit einem Passkey angemeldet.
account-acr-aal2 = Sie haben sich in zwei Schritten angemeldet.
account-acr-aal1 = Sie haben sich in einem Schritt angemeldet.
account-profile = Profil
account-profile-more = Ihr Name und Ihre Adresse, wie { $tenant } sie den Leuten zeigt, mit denen Sie arbeiten.
account-email-verified = Diese Adresse ist bestätigt.
account-email-unverified = Diese Adresse ist noch nicht bestätigt.
account-save = Profil speichern
account-locale-browser = Wie im Browser eingestellt
account-ways = Wege zur Anmeldung
account-where = Wo Sie angemeldet sind
account-operate = { $tenant } betreiben
account-upstream = Identitätsdienst
account-passkeys = Passkeys
account-passkeys-more = Melden Sie sich mit Fingerabdruck, Gesicht oder Geräte-PIN an. Nichts zu tippen, nichts zu stehlen.
account-passkeys-none = Noch keine Passkeys
account-passkeys-none-more = Legen Sie einen an, dann brauchen Sie auf diesem Gerät keine Codes aus Mails.
account-passkeys-elsewhere = Ihre Passkeys liegen bei dem Dienst, mit dem Sie sich anmelden.
account-passkey-add = Passkey hinzufügen
account-added = Hinzugefügt
account-used = benutzt
account-unused = nie benutzt
account-remove = Entfernen
account-there = Anmeldung bei { $provider }
account-there-more = Sie liegt dort und wird auf den Seiten dort geändert. Danach sind Sie wieder hier.
account-there-passkey = Passkey
account-there-totp-add = Authenticator-App hinzufügen
account-there-last = Ihr einziger Weg zur Anmeldung
account-there-away = { $provider } antwortet nicht. Was dort liegt, lässt sich gerade weder zeigen noch ändern; der Rest dieser Seite geht. Versuchen Sie es in einigen Minuten noch einmal.
account-there-not-allowed = Was bei { $provider } liegt, lässt sich hier nicht zeigen, weil Laneway es dort nicht sehen darf. Auf den Seiten von { $provider } selbst können Sie es ändern. Ihre Administration kann es für diese Seite freigeben.
account-there-gone = { $provider } kennt dieses Konto nicht mehr. Fragen Sie Ihre Administration.
account-flash-there-nothing = Es wurde nichts geändert.
account-flash-there-unseen = Sie sind zurück, aber Ihr Anbieter konnte nicht gefragt werden, ob etwas geändert wurde. Sehen Sie in einigen Minuten noch einmal hier nach.
account-flash-there-totp = Die Authenticator-App ist hinzugefügt.
account-flash-there-codes = Sie haben neue Wiederherstellungscodes. Die alten gelten nicht mehr.
account-identities = Verknüpfte Konten
account-confined = Sie sind über den Anbieter Ihrer Organisation hier. Wege ins Konto, Anmeldungen anderswo und Ihre Daten ändert, wer sich an diesem Konto selbst anmeldet.
account-identities-more = Konten anderswo, die dieses hier öffnen. Wir erkennen sie an ihrer eigenen Kennung, nie an der E-Mail-Adresse.
account-identities-none = Nichts verknüpft
account-identities-none-more = Sie melden sich mit dem an, was hier hinterlegt ist.
account-link = { $provider } verknüpfen
account-unlink = Trennen
account-linked = verknüpft
identity-email = E-Mail
identity-kind-upstream = Identitätsdienst
identity-kind-connection = Anmeldung über die Firma
identity-kind-social = Konto anderswo
identity-kind-email = Bestätigte Adresse
account-sessions = Anmeldungen
account-sessions-more = Alle Orte, an denen Sie angemeldet sind. Eine Abmeldung wirkt binnen einer Sekunde.
account-unknown-browser = Unbekannter Browser
account-flash-added = Der Passkey ist hinzugefügt.
account-flash-saved = Ihr Profil ist gespeichert.
account-flash-ended = Dort sind Sie abgemeldet.
account-flash-removed = Entfernt. Überall sonst sind Sie abgemeldet.
account-flash-left = Sie haben die Organisation verlassen.
account-only-owner = Sonst besitzt sie niemand. Ernennen Sie jemanden, bevor Sie sie verlassen.
account-leave-now = Jetzt verlassen
account-flash-linked = Verknüpft. Sie können sich ab jetzt damit anmelden.
account-end-others = Überall sonst abmelden
account-this-device = Dieses Gerät
account-signed-in = angemeldet
account-seen = zuletzt gesehen
account-hosts = Offen auf

## API-Token
account-tokens = API-Token
account-tokens-more = Programme, die eines haben, handeln in Ihrem Namen: so weit es reicht, und nie weiter, als Sie selbst dürfen.
account-tokens-none = Keine API-Token
account-tokens-none-more = Sie brauchen eines nur für eigene Skripte und Programme.
account-flash-again = Sie haben gezeigt, dass Sie es sind. Was Sie vorher gedrückt haben, ist nicht geschehen: Drücken Sie es noch einmal.
account-flash-revoked = Widerrufen. Es öffnet nichts mehr.
token-made = Kopieren Sie es jetzt: Es wird nicht noch einmal gezeigt.
token-value = das Token
token-over = abgelaufen
token-expires = gilt bis
token-uses = { $n ->
    [one] einmal benutzt
   *[other] { $n }-mal benutzt
}
token-revoke = Widerrufen
token-new = Neues Token
token-name = Bezeichnung
token-name-more = Wofür es ist, damit Sie es wiedererkennen.
token-life = Gilt für
token-days = { $n ->
    [one] einen Tag
   *[other] { $n } Tage
}
token-org = Organisation
token-org-none = Keine bestimmte
token-scopes = Was es darf
token-make = Token anlegen
token-scope-api = Anwendungen in Ihrem Namen benutzen
token-scope-account = Ihren Namen und Ihre Adresse lesen
token-scope-operator = Was Sie als Betreiber dürfen
