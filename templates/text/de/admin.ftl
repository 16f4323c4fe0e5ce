### Jedes Wort auf Seiten und in Mails. Werte stehen in { $klammern }.
### Einfach, kurz, Gegenwart, „Sie“. Bei Problemen: was geschah, was zu tun ist, wer hilft.

## Den Identitätsdienst verbinden
upstream-title = Ihren Identitätsdienst verbinden
upstream-lead = Verbinden Sie Laneway mit Ihrem Keycloak oder einem anderen Dienst, der OpenID Connect spricht. Nichts geht in Betrieb, bevor Sie es aktivieren.
upstream-now = Angemeldet wird jetzt mit <b>{ $label }</b>
upstream-account = Ihr Konto
upstream-steps = Schritte der Einrichtung
upstream-step-1 = Verbinden
upstream-step-1-more = Eintragen, ausfüllen
upstream-step-2 = Prüfen
upstream-step-2-more = Sehen, was nicht stimmt
upstream-step-3 = Aktivieren
upstream-step-3-more = Mit Weg zurück
step-done = erledigt
upstream-give = Das tragen Sie bei Ihrem Identitätsdienst ein
upstream-give-more = In Keycloak: Clients → Create client, Typ OpenID Connect, Client authentication an. Fügen Sie dann jede Adresse dort ein, wo die Beschriftung sie nennt.
upstream-redirect-uri = Valid redirect URIs
upstream-post-logout-uri = Valid post logout redirect URIs
upstream-backchannel-uri = Backchannel logout URL
upstream-take = Das bekommen Sie von ihm
upstream-take-more = Das Secret wird versiegelt gespeichert und nie wieder angezeigt.
upstream-kind = Art
upstream-kind-oidc = Anderer Dienst mit OpenID Connect
upstream-name = Kurzname
upstream-name-more = Kleinbuchstaben, Ziffern, Bindestriche. Er ist Teil der Adressen oben.
upstream-issuer = Issuer
upstream-issuer-more = Bei Keycloak die Adresse des Realms. Den Rest lesen wir dort.
upstream-client-id = Client ID
upstream-client-secret = Client Secret
upstream-secret-more = In Keycloak: Clients → Ihr Client → Credentials.
upstream-secret-kept = Ein Secret ist gespeichert. Lassen Sie das Feld leer, um es zu behalten.
upstream-save = Speichern und prüfen
upstream-save-more = Nichts geht in Betrieb. Sie können die Seite schließen und wiederkommen.
upstream-link-first = Nicht aktiviert: Verknüpfen Sie zuerst auf Ihrer Kontoseite Ihr eigenes Konto mit diesem Dienst. Sonst kämen Sie nicht als Sie selbst zurück.
upstream-not-ready = Nicht aktiviert: Eine Prüfung ist nicht bestanden. Beheben Sie, was unten markiert ist, und versuchen Sie es erneut.
upstream-activate-title = Bereit zum Aktivieren
upstream-activate-lead = Alle Prüfungen sind bestanden. Wer mit { $label } angemeldet ist, bleibt angemeldet.
upstream-plan = Zuerst den Plan ansehen
upstream-activate = { $name } aktivieren

## Prüfungen
checks-todo = Hier ist etwas zu tun
checks-failed = { $count ->
    [one] 1 nicht bestanden
   *[other] { $count } nicht bestanden
}
checks-advice = Gut zu wissen
checks-advice-more = Es geht auch ohne. Wer einrichtet, sollte es wissen.
checks-passed = Bestanden
checks-passed-list = Bestandene Prüfungen
checks-count = { $count ->
    [one] 1 Prüfung
   *[other] { $count } Prüfungen
}
check-name = Prüfung
check-code = Code
check-received = Erhalten
check-expected = Erwartet
check-who = Wer ändert was
check-nothing = Nichts
who-us = Sie, in den Einstellungen von Laneway.
who-provider = Wer den Identitätsdienst betreibt.
who-customer = Der Kunde, dem der Identitätsdienst gehört.
who-you = Sie, bei Ihrem Identitätsdienst oder in dieser Einrichtung.
who-team = Das Team, das diese Anmeldung betreibt.
check-answers = Antwort des Dienstes
check-reachable = Verbindung zum Dienst
check-discovery = Discovery-Dokument
check-realm = Realm am Server
check-events = Aufzeichnungen am Server
check-directory = Personen am Server
check-post-logout-redirect-uri = Adresse nach dem Abmelden
check-signing-keys = Signaturschlüssel
check-signature-algorithm = Signaturverfahren
check-client-credentials = Client ID und Secret
check-settings = Einstellungen
check-database = Datenbank
check-passkey-rp-id = Domain der Passkeys
check-passkey-origin = Passkeys auf dem Anmelde-Host
