### Jedes Wort auf Seiten und in Mails. Werte stehen in { $klammern }.
### Einfach, kurz, Gegenwart, „Sie“. Bei Problemen: was geschah, was zu tun ist, wer hilft.

## Anmelden
login-title = Bei { $tenant } anmelden
login-title-short = Anmelden
login-lead = Geben Sie die E-Mail-Adresse ein, mit der Sie arbeiten.
login-lead-choose = Sie melden sich mit einem Konto an, das Sie schon haben.
login-passkey-hint = Ein Passkey auf diesem Gerät erscheint in diesem Feld.
login-continue = Weiter
login-ways = Andere Wege mit dieser Adresse
login-sign-in = Anmelden
login-email-code = Code per E-Mail schicken
login-passkey = Mit einem Passkey anmelden
login-redirect = Weiter mit { $provider }
login-new = Neu bei { $tenant }?
login-signup = Konto anlegen

## Passkeys
passkey-title = Passkey verwenden
passkey-lead = Ihr Gerät fragt nach Fingerabdruck, Gesicht oder PIN.
passkey-start = Passkey verwenden
passkey-busy = Ihr Gerät ist an der Reihe.
passkey-cancelled = Es wurde kein Passkey verwendet. Versuchen Sie es erneut oder wählen Sie einen anderen Weg.
passkey-failed = Dieser Passkey passt hier nicht. Versuchen Sie es erneut oder wählen Sie einen anderen Weg.
passkey-unsupported = Dieser Browser kennt keine Passkeys. Nehmen Sie einen anderen Weg oder einen anderen Browser.
passkey-noscript = Passkeys brauchen JavaScript. Schalten Sie es für diese Seite ein oder wählen Sie einen anderen Weg.
enrol-title = Passkey hinzufügen
enrol-lead = Beim nächsten Mal melden Sie sich mit Fingerabdruck, Gesicht oder Geräte-PIN an. Nichts zu tippen, nichts zu stehlen.
enrol-start = Passkey anlegen
enrol-skip = Jetzt nicht
enrol-cancelled = Es wurde kein Passkey angelegt. Nichts wurde gespeichert.
enrol-failed = Der Passkey konnte nicht gespeichert werden. Versuchen Sie es erneut.
enrol-known = Dieses Gerät hat für dieses Konto schon einen Passkey.

## Code aus einer Mail
code-title = Sehen Sie in Ihre Mails
code-title-short = Code aus der Mail eingeben
code-lead = Wenn diese Adresse hier gilt, ist ein Code mit 6 Ziffern unterwegs an <b>{ $email }</b>.
code-lead-known = Wir haben einen Code mit 6 Ziffern an <b>{ $email }</b> geschickt.
code-other-address = Andere Adresse verwenden
code-label = Code aus der Mail
code-label-short = Code
code-format = Sechs Ziffern
code-hint = Gilt einmal. Sie können ihn auch einfügen.
code-button-login = Anmelden
code-button-signup = Konto anlegen
code-button-verify = Adresse bestätigen
code-button-confirm = Bestätigen
code-resend = Neuen Code schicken
code-resend-in = { $seconds ->
    [one] In 1 Sekunde können Sie einen neuen Code anfordern.
   *[other] In { $seconds } Sekunden können Sie einen neuen Code anfordern.
}
code-resend-count = In # s können Sie einen neuen Code anfordern.
code-resend-ready = Sie können jetzt einen neuen Code anfordern.
code-missing = Noch keine Mail da?
code-missing-spam = Sehen Sie im Spam-Ordner und unter „Sonstige“ nach.
code-missing-wait = Manche Firmen halten Mails ein, zwei Minuten zurück.
code-missing-other = Auf anderem Weg anmelden

## Wege zur Anmeldung
choose-title = Wie möchten Sie sich anmelden?
choose-lead = Wählen Sie einen Weg. Sie können zurückkommen und einen anderen nehmen.
choose-none = Hier ist kein Weg zur Anmeldung mehr übrig. Fragen Sie die Leute, die Ihnen den Zugang gegeben haben.
method-passkey = Passkey verwenden
method-email-code = Code per E-Mail schicken
method-password = Passwort verwenden
method-totp = Authenticator-App verwenden
method-recovery-code = Wiederherstellungscode verwenden
method-redirect = Weiter mit { $provider }
method-other = Anmeldung über Ihre Firma
choose-step-up = Bestätigen Sie, dass Sie es sind

## Konto anlegen
signup-title = Konto bei { $tenant } anlegen
signup-title-short = Konto anlegen
signup-lead = Wir schicken einen Code an Ihre Adresse. Ein Passwort brauchen Sie nicht.
signup-have = Haben Sie schon ein Konto?
signup-closed-title = { $tenant } ist nur auf Einladung zugänglich
signup-closed-lead = Lassen Sie sich von jemandem einladen, der mit { $tenant } arbeitet.
profile-title = Wie heißen Sie?
profile-lead = { $tenant } zeigt den Namen den Leuten, mit denen Sie arbeiten.
organization-title = Wo möchten Sie arbeiten?
organization-lead = Sie können später wechseln, ohne sich neu anzumelden.

## Der Link in einer Mail
link-title-short = Anmelden
link-lead = Sie haben den Link aus unserer Mail geöffnet. Ein Klick, und Sie sind angemeldet.
link-other-title = Gehen Sie zurück zum anderen Browser
link-other-lead = Sie haben die Anmeldung in einem anderen Browser begonnen. Geben Sie den Code dort ein.
link-other-warning = Hat jemand anders Sie gebeten, das zu öffnen? Dann schließen Sie die Seite und geben Sie den Code niemandem.
link-over-title = Dieser Link gilt nicht mehr
link-over-lead = Er wurde schon benutzt oder ist zu alt. Fordern Sie auf der Anmeldeseite einen neuen an.

## Wenn es nicht ging
sso-required-unlinked = Dort hat sich mit Ihrem Konto noch niemand angemeldet. Haben Sie dort ein anderes, dann arbeiten Sie mit diesem weiter.
sso-required-link = Dieses Konto behalten: diese Anmeldung zuerst damit verknüpfen.
sso-required-go = Zur Anmeldung Ihrer Organisation
leave-step = Zurück zu Ihrem Konto
denied-title = Sie haben noch keinen Zugang
denied-title-link = Dieses Konto wurde nicht hinzugefügt
denied-next = Was Sie tun können
denied-ask = Bitten Sie die Leute, die { $tenant } betreiben, um Zugang und nennen Sie die Kennung unten. Damit finden sie den Vorgang.
denied-ask-link = Ihr eigenes Konto ist, wie es war. Versuchen Sie es dort mit einem anderen Konto; hätte es klappen müssen, nennen Sie den Leuten, die { $tenant } betreiben, die Kennung unten.
denied-title-weak = Diese Anmeldung genügt nicht
denied-ask-weak = Melden Sie sich anders an, etwa mit einem Passkey. Haben Sie keinen, dann fragen Sie die Leute, die { $tenant } betreiben, und nennen Sie die Kennung unten.
denied-title-provider = Ihr Anbieter hat die Anmeldung abgelehnt
denied-ask-provider = Versuchen Sie es noch einmal. Bleibt es dabei, nennen Sie den Leuten, die { $tenant } betreiben, die Kennung unten.
denied-title-answer = Die Antwort des Anbieters wurde nicht angenommen
denied-ask-answer = Sie haben nichts falsch gemacht. Fangen Sie neu an; bleibt es dabei, nennen Sie den Leuten, die { $tenant } betreiben, die Kennung unten: An der Verbindung ist etwas zu richten.
denied-title-account = Dieses Konto ist hier nicht zugelassen
denied-ask-account = Melden Sie sich beim Anbieter mit einem anderen Konto an. Müsste dieses zugelassen sein, nennen Sie den Leuten, die { $tenant } betreiben, die Kennung unten.
denied-title-off = Das ist abgeschaltet
denied-ask-off = Sollte es das nicht sein, nennen Sie den Leuten, die { $tenant } betreiben, die Kennung unten.
denied-title-cancelled = Sie haben sich nicht angemeldet
denied-ask-cancelled = Fangen Sie neu an, wann Sie möchten. Haben nicht Sie abgebrochen, dann nennen Sie den Leuten, die { $tenant } betreiben, die Kennung unten.
denied-title-early = Dieser Weg steht Ihnen noch nicht offen
denied-ask-early = Melden Sie sich an wie bisher. Müsste er offen sein, nennen Sie den Leuten, die { $tenant } betreiben, die Kennung unten.
denied-retry = Anderes Konto verwenden
down-title = Die Anmeldung antwortet gerade nicht
down-lead = { $provider } hat nicht geantwortet. Mit Ihrem Konto ist alles in Ordnung.
down-lead-unnamed = Der Dienst hinter der Anmeldung hat nicht geantwortet. Mit Ihrem Konto ist alles in Ordnung.
down-works = Was jetzt geht
down-in = Schon angemeldet?
down-in-more = Sie bleiben angemeldet. Arbeiten Sie in den offenen Fenstern weiter.
down-new = Neue Anmeldungen
down-new-more = Warten Sie, bis der Dienst antwortet. Die Leute, die { $tenant } betreiben, wissen, wann.
down-emergency = Wer für Notfälle benannt ist, kommt herein
down-emergency-more = Lassen Sie auf der Anmeldeseite die Adresse leer und nehmen Sie Ihren Passkey.
down-emergency-go = Zur Anmeldeseite
error-help = Bleibt das so, dann nennen Sie den Leuten, die diese Seite betreiben, die Kennung oben.
error-support = Bleibt das so, dann schreiben Sie an <a href="mailto:{ $address }">{ $address }</a> und nennen Sie die Kennung.

## Abmelden
logged-out-title = Sie sind abgemeldet
logged-out-lead = Niemand kann { $tenant } in diesem Browser unter Ihrem Namen nutzen.
logged-out-again = Wieder anmelden
continue-sign-in-title = Weiter zu Ihrem Anmeldedienst
continue-sign-in-lead = Der Dienst Ihrer Organisation fragt, wer Sie sind, und bringt Sie wieder hierher.
continue-sign-in-button = Weiter
continue-logout-title = Sie werden abgemeldet
continue-logout-lead = Hier sind Sie abgemeldet. Ein letzter Schritt beendet auch die Anmeldung bei dem Dienst, über den Sie gekommen sind.
continue-logout-button = Abmeldung abschließen
confirm-logout-title = Abmelden?
confirm-logout-lead = Sie verlassen { $tenant } in diesem Browser.
confirm-logout-stay = Angemeldet bleiben

## Link für den Inhaber
owner-title = { $tenant } einrichten
owner-title-short = Einrichten
owner-lead = Dieser Link gilt einmal und macht Sie zum Inhaber.
owner-step-1 = Anmelden
owner-step-1-more = Wer die Anmeldung abschließt, wird Inhaber
owner-step-2 = Verbinden
owner-step-2-more = Laneway mit Ihrem Identitätsdienst verbinden
owner-start = Inhaber werden

## An app asks
consent-title = Darf { $app } Ihr Konto verwenden?
consent-account = Angemeldet als { $account }.
consent-switch = Wechseln
consent-choose = Organisation, die sie lesen darf
consent-nowhere = Keine Organisation
consent-who = Sehen, wer Sie sind
consent-who-detail = Eine Kennung, die hier für Sie steht.
consent-profile = Ihr Profil sehen
consent-profile-detail = Ihren Namen und Ihre Sprache.
consent-email = Ihre E-Mail-Adresse sehen
consent-email-detail = Und ob sie bestätigt ist.
consent-phone = Ihre Telefonnummer sehen
consent-phone-detail = Und ob sie bestätigt ist.
consent-address = Ihre Postanschrift sehen
consent-address-detail = Wie sie hier hinterlegt ist.
consent-organization = Ihre Organisation sehen
consent-organization-detail = Deren Namen und Ihre Rollen darin.
consent-offline = Zugriff behalten, während Sie weg sind
consent-offline-detail = Bis Sie es bei Ihren Sitzungen beenden.
consent-use = { $place } als Sie verwenden
consent-known-by = Bekannt durch seine Adresse
consent-scope = { $scope } verwenden
consent-for = Organisation
consent-goes-to = Geht an
consent-this-computer = ein Programm auf diesem Computer
consent-privacy = Datenschutz
consent-terms = Bedingungen
consent-deny = Nicht erlauben
consent-allow = Erlauben
return-to-app-title = Zurück zur App
return-to-app-lead = Es geht von selbst weiter. Wenn nicht, drücken Sie den Knopf.
return-to-app-button = Zurück

## Ein Gerät ohne Browser
device-enter-title = Ein Gerät anmelden
device-enter-lead = Geben Sie den Code ein, den Ihr Terminal, Fernseher oder Scanner zeigt.
device-code = Code auf Ihrem Gerät
device-code-hint = Acht Buchstaben. Der Strich kann fehlen, Kleinbuchstaben gehen auch.
device-continue = Weiter
device-unknown = Mit diesem Code wartet kein Gerät. Sehen Sie noch einmal nach, oder beginnen Sie am Gerät neu.
device-title = Ist das Ihr Gerät?
device-lead = Gehen Sie nur weiter, wenn Sie das selbst begonnen haben und Ihr Gerät denselben Code zeigt.
device-other-code = Einen anderen Code eingeben
device-app = App
device-from = Angefragt von
device-same-network = Dasselbe Netz wie dieser Browser
device-may = Es darf
device-warning = Hat Ihnen jemand diesen Code geschickt oder am Telefon danach gefragt? Dann wählen Sie „Nicht meins“.
device-deny = Nicht meins
device-allow = Das Gerät anmelden
device-allowed = Ihr Gerät ist angemeldet
device-allowed-lead = Es geht dort von selbst weiter. Sie können diese Seite schließen.
device-denied = Das Gerät wurde nicht angemeldet
device-denied-lead = Es hat nichts bekommen. Sie können diese Seite schließen.
device-account = Ihr Konto
