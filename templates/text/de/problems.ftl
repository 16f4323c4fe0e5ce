### Was Probleme sagen. Der Code sagt diese Sätze auf Englisch; hier stehen die deutschen.

## Überschriften: eine je Kennwort
problem-title-invalid-request = Diese Anfrage ist nicht gültig
problem-title-invalid-cursor = Diese Seite der Liste gibt es nicht
problem-title-invalid-return-to = Die Rückkehradresse ist nicht erlaubt
problem-title-unauthenticated = Melden Sie sich zuerst an
problem-title-invalid-token = Der Schlüssel ist nicht gültig
problem-title-token-expired = Der Schlüssel ist abgelaufen
problem-title-session-stale = Ihre Anmeldung konnte nicht geprüft werden
problem-title-forbidden = Das dürfen Sie nicht
problem-title-csrf-required = Dieses Formular gilt nicht mehr
problem-title-origin-not-allowed = Von dieser Seite aus ist das nicht erlaubt
problem-title-step-up-required = Bitte bestätigen Sie, dass Sie es sind
problem-title-sso-required = Melden Sie sich über Ihre Firma an
problem-title-denied = Die Anmeldung wurde abgelehnt
problem-title-not-found = Hier ist nichts
problem-title-method-not-allowed = Das ist hier nicht vorgesehen
problem-title-duplicate = Das gibt es schon
problem-title-conflict = Inzwischen hat sich etwas geändert
problem-title-wrong-step = Dieser Schritt ist nicht an der Reihe
problem-title-org-mismatch = Eine andere Organisation ist aktiv
problem-title-last-factor = Das ist der letzte Weg zur Anmeldung
problem-title-not-supported-by-upstream = Der Identitätsdienst kann das nicht
problem-title-expired = Das gilt nicht mehr
problem-title-version-mismatch = Der Eintrag hat sich inzwischen geändert
problem-title-too-large = Das ist zu groß
problem-title-unsupported-media-type = Diese Art von Inhalt wird nicht angenommen
problem-title-unknown-host = Diese Adresse gehört nicht hierher
problem-title-invalid-field = Ein Feld stimmt nicht
problem-title-invalid-credentials = Das passt nicht
problem-title-rate-limited = Zu viele Versuche
problem-title-headers-too-large = Ihr Browser schickt zu viel mit
problem-title-internal = Bei uns ist etwas schiefgegangen
problem-title-upstream-invalid = Die Gegenseite hat Unbrauchbares geantwortet
problem-title-upstream-unavailable = Die Gegenseite ist nicht erreichbar
problem-title-store-unavailable = Die Datenbank ist nicht erreichbar
problem-title-upstream-timeout = Die Gegenseite hat zu lange gebraucht

## Für Sätze, die niemand aufgeschrieben hat
problem-any-refused = Das wurde abgelehnt.
problem-any-later = Das geht gerade nicht. Versuchen Sie es gleich noch einmal.
problem-any-wrong = Das hat nicht geklappt. Prüfen Sie Ihre Eingabe und versuchen Sie es erneut.

## Formulare und Adressen
problem-field = Berichtigen Sie das markierte Feld und senden Sie erneut.
problem-nothing-here = Unter dieser Adresse ist nichts bekannt.
problem-host = Diese Adresse ist hier nicht eingerichtet.
problem-method = Diese Adresse lässt sich so nicht aufrufen.
problem-address-part = Ein Teil der Adresse fehlt oder hat die falsche Form.
problem-form-old = Dieses Formular ist zu alt oder stammt nicht von hier. Laden Sie die Seite neu.
problem-form-cookies = Dieses Formular ist zu alt, oder Cookies sind ausgeschaltet. Laden Sie die Seite neu.
problem-link-cookies = Cookies sind ausgeschaltet, oder die Seite ist zu alt. Öffnen Sie den Link noch einmal.
problem-form-unreadable = Das Formular war nicht lesbar.
problem-form-smaller = Senden Sie weniger auf einmal.
problem-body-smaller = Senden Sie weniger auf einmal.
problem-body-object = Senden Sie ein JSON-Objekt.
problem-body-json = Das ist kein gültiges JSON.
problem-body-member = Eine Angabe fehlt oder hat die falsche Form.
problem-content-type = Senden Sie `Content-Type: application/json`.
problem-csrf = Senden Sie den Header `X-CSRF: 1` mit.
problem-lengths = Senden Sie nur eine Längenangabe: Content-Length oder Transfer-Encoding.
problem-headers = Löschen Sie alte Cookies dieser Seite und versuchen Sie es erneut.
problem-one-host = Senden Sie genau einen Host-Header.
problem-gate = Die Anfrage kam nicht durch die Eingangsprüfung.
problem-incident = Der Vorfall ist unter der Kennung unten verzeichnet.
problem-answer-large = Die Antwort ist zu groß.
problem-path-own = Verwenden Sie einen Pfad auf dieser Adresse.
problem-path-listed = Verwenden Sie einen Pfad auf dieser Adresse oder eine zugelassene Adresse.
problem-cursor = Verwenden Sie next_cursor derselben Abfrage unverändert.
problem-acr = Verwenden Sie aal1, aal2 oder phr.
problem-origin-listed = Diese Seite ist nicht zugelassen.

## Wer ruft
problem-token-malformed = Der Schlüssel hat die falsche Form.
problem-token-unknown = Diesen Schlüssel gibt es hier nicht.
problem-token-new = Erstellen Sie mit `laneway admin token` einen neuen.
problem-sign-in = Melden Sie sich an, um das zu nutzen.
problem-sign-in-again = Melden Sie sich erneut an.
problem-login-host-only = Die Anmeldung geschieht auf den Seiten der Anmeldeadresse.
problem-confirm = Bestätigen Sie, dass Sie es sind, und versuchen Sie es dann erneut.
problem-token-no-account = Zu einem Betreiberschlüssel gehört kein Konto.
problem-nobody = Hier ist niemand angemeldet.
problem-session-over = Ihre Anmeldung ist beendet. Melden Sie sich erneut an.
problem-other-org = In dieser Anmeldung ist eine andere Organisation aktiv. Laden Sie die Seite neu.
problem-other-session = Der Link gehört zu einer anderen Anmeldung. Es wurde nichts beendet.

## Anmelden
problem-address = Geben Sie Ihre E-Mail-Adresse ein.
problem-address-first = Geben Sie zuerst Ihre E-Mail-Adresse ein.
problem-address-full = Geben Sie eine vollständige E-Mail-Adresse ein.
problem-name = Geben Sie einen Namen ein.
problem-name-long = Verwenden Sie höchstens 100 gewöhnliche Zeichen.
problem-organization = Wählen Sie eine der angezeigten Organisationen.
problem-code-wrong = Dieser Code passt nicht. Sehen Sie in die neueste Mail.
problem-code-over = Dieser Code gilt nicht mehr. Fordern Sie einen neuen an.
problem-link-over = Dieser Link gilt nicht mehr. Fordern Sie einen neuen an.
problem-passkey-wrong = Dieser Passkey passt hier nicht. Versuchen Sie es erneut oder wählen Sie einen anderen Weg.
problem-passkey-off = Die Anmeldung mit Passkey ist gerade nicht möglich.
problem-email-off = Die Anmeldung per E-Mail ist gerade nicht möglich.
problem-refused = Die Anmeldung wurde abgelehnt.
problem-way-off = Dieser Weg zur Anmeldung wurde inzwischen abgeschaltet.
problem-cancelled = Die Anmeldung wurde beim Identitätsdienst abgebrochen.
problem-sign-in-there = Der Identitätsdienst verlangt, dass Sie sich zuerst dort anmelden.
problem-provider-refused-sign-in = Der Identitätsdienst hat die Anmeldung abgelehnt.
problem-over = Diese Anmeldung ist vorbei. Beginnen Sie von vorn.
problem-over-app = Diese Anmeldung ist vorbei. Beginnen Sie in der Anwendung von vorn.
problem-request-damaged = Diese Anmeldung ist beschädigt. Beginnen Sie in der Anwendung von vorn.
problem-request-old = Diese Anmeldung ist zu alt. Beginnen Sie in der Anwendung von vorn.
problem-other-browser = Diese Anmeldung wurde in einem anderen Browser begonnen oder ist zu lange her. Beginnen Sie von vorn.
problem-bound-over = Die Anmeldung, in der Sie begonnen haben, ist beendet. Melden Sie sich an und beginnen Sie von vorn.
problem-faster = Dieser Schritt wurde gerade schon beantwortet.
problem-step = Laden Sie die Seite neu und machen Sie dort weiter.
problem-wait = Warten Sie einen Moment und versuchen Sie es dann erneut.
problem-prompt = prompt ist none, login, select_account oder create.
problem-no-path = Mit diesem Konto geht das noch nicht. Fügen Sie zuerst einen Passkey hinzu.
problem-invitation = Für diese Anmeldung gibt es kein Konto. Bitten Sie um eine Einladung.
problem-somebody-else = Angemeldet hat sich jemand anders als die Person, die hier angemeldet ist.
problem-stronger = Hier wird eine stärkere Bestätigung verlangt, als dieses Konto geben kann.
problem-no-member = Dieses Konto gehört nicht zu dieser Organisation.
problem-made-meanwhile = Dieses Konto wurde inzwischen angelegt. Melden Sie sich erneut an.
problem-switched-off = Dieses Konto ist gesperrt. Fragen Sie die Leute, die es verwalten.
problem-identity-taken = Dieses Konto ist schon mit einem anderen verknüpft.
problem-owner-used = Dieser Link wurde schon benutzt. Erstellen Sie einen neuen.
problem-owner-over = Dieser Link gilt nicht mehr. Erstellen Sie mit `laneway admin owner-link` einen neuen.
problem-owned = Diese Installation hat schon einen Inhaber.

## Abmelden
problem-signed-out = Sie sind schon abgemeldet.
problem-sign-out-elsewhere = Diese Antwort des Identitätsdienstes gehört zu keiner Abmeldung von hier.
problem-logout-token = Das Abmelde-Token ist nicht gültig.
problem-logout-token-used = Das Abmelde-Token wurde schon benutzt.
problem-logout-token-nobody = Das Abmelde-Token nennt niemanden.

## Konto
problem-account-changed = Das Konto wurde inzwischen geändert. Versuchen Sie es erneut.
problem-link-before = Verknüpfen Sie zuerst einen anderen Weg zur Anmeldung, bevor Sie diesen entfernen.
problem-add-before = Fügen Sie zuerst einen anderen Weg zur Anmeldung hinzu, bevor Sie diesen entfernen.
problem-passkeys-elsewhere = Ihre Passkeys liegen bei Ihrem Identitätsdienst.
problem-passkey-store = Der Passkey konnte nicht gespeichert werden. Versuchen Sie es erneut.
problem-passkey-store-skip = Der Passkey konnte nicht gespeichert werden. Versuchen Sie es erneut oder überspringen Sie den Schritt.
problem-passkey-send = Legen Sie den Passkey an oder überspringen Sie den Schritt.
problem-verify-instead = Bestätigen Sie stattdessen Ihre Adresse: Damit werden Sie mit diesem Dienst verknüpft.
problem-upstream-name = Nennen Sie einen der eingerichteten Identitätsdienste.

## Dienste und Anwendungen
problem-no-provider = Hier ist kein Identitätsdienst aktiv.
problem-provider-away = Der Identitätsdienst ist nicht erreichbar. Versuchen Sie es bald erneut.
problem-provider-nonsense = Der Identitätsdienst hat eine Antwort gegeben, der nicht zu trauen ist.
problem-provider-refused = Der Identitätsdienst hat abgelehnt.
problem-provider-has = Der Identitätsdienst hat diesen Eintrag schon.
problem-client = Die ausgehende Verbindung lässt sich nicht einrichten.
problem-path-dots = Schreiben Sie den Pfad ohne Punkte als Teile.
problem-path = Dieser Pfad ist nicht brauchbar.
problem-host-name = Dieser Name ist nicht brauchbar.
problem-forward-question = Die Frage des Proxys ist nicht brauchbar: { $why }.
problem-forward-refused = Ihr Konto darf das nicht nutzen. Nötig ist: { $rule }.
problem-forward-step-up = Bestätigen Sie dafür noch einmal, dass Sie es sind.
problem-echo = Diese Adresse antwortet nur eingetragenen Proxys: Tragen Sie den Proxy in trusted_proxies ein.
problem-app-body = Die Übertragung ist abgebrochen. Senden Sie es noch einmal.
problem-app-ended = Ihre Anmeldung ist beendet.
problem-app-stops = Dieser Rechner wird gerade angehalten. Senden Sie die Anfrage noch einmal.
problem-app-slow = Die Anwendung hinter dieser Adresse hat zu lange gebraucht.
problem-app-away = Die Anwendung hinter dieser Adresse läuft nicht.
problem-app-nonsense = Die Anwendung hinter dieser Adresse hat Unbrauchbares geantwortet.

## Die Installation betreiben
problem-slug = Verwenden Sie Kleinbuchstaben, Ziffern und dazwischen Bindestriche.
problem-upstream-config = Dieser Identitätsdienst steht in der Konfigurationsdatei. Ändern Sie ihn dort oder wählen Sie einen anderen Namen.
problem-upstream-kind = Verwenden Sie keycloak oder oidc.
problem-upstream-issuer = Geben Sie die Adresse des Issuers an, zum Beispiel https://kc.example.com/realms/main.
problem-upstream-client = Geben Sie die Client ID an.
problem-upstream-options = Geben Sie ein Objekt an.
problem-upstream-last = Aktivieren Sie stattdessen einen anderen: Einer muss die Leute anmelden.
problem-upstream-companion = Begleiter kann nur der eingebaute Dienst sein.
problem-upstream-passkeys = Passkeys für { $domain } bleiben gespeichert, werden aber nicht angeboten, solange der eingebaute Dienst kein Begleiter ist.
problem-public-url = Die öffentliche Adresse ist nicht brauchbar.
problem-outbox = Der Postausgang ist nicht lesbar.
problem-user-address = Geben Sie eine vollständige E-Mail-Adresse an.
problem-user-elsewhere = Der Identitätsdienst legt seine Benutzer selbst an; hier erscheinen sie mit der ersten Anmeldung.
problem-user-exists = Diese Person gibt es schon.
problem-user-address-exists = Eine Person mit dieser Adresse gibt es schon.
problem-user-subject = Geben Sie die Kennung der Person bei diesem Dienst an.
problem-user-identity = Diese Verknüpfung gehört zu einer anderen Person.
problem-url-full = Geben Sie eine vollständige Adresse an, zum Beispiel https://login.example.com.
problem-url-host = Der Adresse fehlt der Name des Rechners.
problem-url-https = Verwenden Sie https; http gilt nur für localhost.
problem-url-parts = Geben Sie nur https, Namen und Port an.
problem-host-give = Geben Sie einen Namen an, mit Port, falls es nicht 443 ist.
problem-upstream-settings = Berichtigen Sie die Einstellungen des Identitätsdienstes.
problem-upstream-start = Starten Sie den Identitätsdienst und machen Sie seine Adresse von dem Rechner aus erreichbar, auf dem Laneway läuft.

## Passwörter und Apps
problem-linking = Verknüpft wird auf der Kontoseite.
problem-purposes = Verwenden Sie login, signup, recover, verify oder step_up.
problem-app-code = Geben Sie den Code ein, den die App zeigt, oder überspringen Sie den Schritt.
problem-app-code-wrong = Dieser Code passt nicht. Warten Sie auf den nächsten in Ihrer App.
problem-password-short = Verwenden Sie mindestens { $min } Zeichen. Ein paar Wörter ohne Zusammenhang sind gut.
problem-password-long = Das Passwort ist zu lang: höchstens 1024 Byte.
problem-password-common = Viele Leute verwenden dieses Passwort, darum wird es zuerst probiert. Wählen Sie ein anderes.
problem-password-leaked = Dieses Passwort ist öffentlich bekannt geworden. Wählen Sie ein anderes.
problem-password-own = Das ist fast nur Ihr Name oder Ihre Adresse. Wählen Sie etwas, das niemand von Ihnen weiß.
problem-password-weak = Das ist zu schnell erraten. Fügen Sie ein paar Wörter ohne Zusammenhang hinzu.
problem-app-elsewhere = Authenticator-Apps liegen beim Identitätsdienst.
problem-password-elsewhere = Passwörter liegen beim Identitätsdienst.
problem-password-current = Ihr bisheriges Passwort stimmt nicht.
problem-app-there = Richten Sie die App beim Identitätsdienst ein.
problem-password-alone = Ihr Passwort ist zu kurz, um allein zu genügen. Ändern Sie es zuerst in eines mit mindestens 15 Zeichen.
problem-codes-without-app = Wiederherstellungscodes vertreten eine Authenticator-App. Richten Sie zuerst eine ein.
problem-no-password = Hier gibt es kein Passwort wiederherzustellen.
problem-password-choose = Wählen Sie ein Passwort.
problem-password-there = Die Passwörter liegen beim Identitätsdienst. Legen Sie sie dort fest.
problem-password-wrong = Adresse oder Passwort stimmt nicht.
problem-recovery-code = Das ist keiner Ihrer unbenutzten Wiederherstellungscodes.
problem-desk-signup = Verwenden Sie open, invite oder closed.
problem-desk-origins = Geben Sie je Zeile eine Adresse an, nur https, Name und Port.
problem-desk-read = Laden Sie den Eintrag neu, bevor Sie ihn ändern.
problem-desk-changed = Der Eintrag wurde inzwischen geändert. Laden Sie ihn neu.
problem-device-name = Verwenden Sie höchstens 80 gewöhnliche Zeichen.

## Berechtigungen
problem-token-make = Erstellen Sie einen neuen Schlüssel.
problem-token-session = Die Anmeldung zu diesem Schlüssel ist beendet.
problem-authority-above = Das träfe jemanden, der mehr darf als Sie.
problem-authority = Dafür fehlt Ihnen die Berechtigung.
problem-token-applications = Mit einem Schlüssel für Laneway selbst öffnen Sie keine Anwendung.
problem-token-account = Mit einem Schlüssel geht das nicht.
problem-token-scope = Dieser Schlüssel reicht dafür nicht.
problem-grant-already = Das ist diese Person schon.
problem-host-config = Diese Adresse steht in der Konfigurationsdatei. Entfernen Sie sie dort.
problem-host-canonical = An dieser Adresse hängen Links und Passkeys.
problem-role-defined = Verwenden Sie eine Rolle, die es hier gibt: { $roles }.
problem-role-above = Diese Rollen dürfen mehr als Sie: Das muss jemand über Ihnen entscheiden.
problem-organization-owner = Das ist der letzte Inhaber der Organisation. Bestimmen Sie zuerst einen weiteren.
problem-upstream-tenant = Dieser Dienst gehört fest dazu.
problem-upstream-exists = Einen Identitätsdienst mit diesem Namen gibt es schon.
problem-upstream-other-kind = Einen Dienst anderer Art mit diesem Namen gibt es schon. Wählen Sie einen anderen Namen.
problem-upstream-options-only = Dieser Dienst ist eingebaut: Nur seine Optionen lassen sich ändern.
problem-installation-owner = Das ist der letzte Inhaber der Installation. Bestimmen Sie zuerst einen weiteren.
problem-token-audience = Dieser Schlüssel gilt hier nicht.
problem-token-get = Holen Sie einen neuen Schlüssel.

## Settings
problem-colour-form = Geben Sie eine Farbe als #rrggbb an.
problem-tenant-last-host = Von hier aus könnte diesen Mandanten niemand wieder einschalten. Tun Sie es vom Host eines anderen Mandanten aus.

## Einladungen und Adressen
problem-invite-closed = Hier kann sich niemand registrieren. Lassen Sie zuerst Eingeladene zu.
problem-invite-roles = Nennen Sie weniger Rollen.
problem-invite-organization = Diese Organisation ist abgeschaltet.
problem-invite-tenant-roles = Eine Einladung zum Mandanten kennt member, viewer, admin und owner.
problem-address-mails = Diese Adresse hat in der letzten Stunde viele Mails bekommen. Versuchen Sie es später.
problem-invite-done = Diese Einladung wurde angenommen oder zurückgenommen. Machen Sie eine neue.
problem-address-no-mail = Hier werden keine Mails gesendet, darum lässt sich keine Adresse bestätigen.
problem-invitation-over = Diese Einladung gilt nicht mehr. Bitten Sie die Person, die Sie eingeladen hat, um eine neue.
problem-invitation-other = Diese Einladung ist für eine andere Adresse als Ihre. Melden Sie sich ab und öffnen Sie sie noch einmal.
problem-invitation-organization = Diese Organisation ist abgeschaltet. Fragen Sie die Person, die Sie eingeladen hat.
problem-code-asked-over = Dieser Code gilt nicht mehr. Fordern Sie einen neuen an.
problem-address-same = Das ist schon die Adresse Ihres Kontos.
problem-address-lost = Diese Adresse gehört inzwischen zu einem anderen Konto. Es wurde nichts geändert.
problem-not-yourself = Nicht getan: Dies ist Ihr eigenes Konto. Ein anderer Inhaber kann es tun, oder Sie auf Ihrer Kontoseite.
problem-locale = Wählen Sie eine der angezeigten Sprachen.
problem-setting = Diese Einstellung gibt es nicht, oder sie hat die falsche Form.
problem-setting-file = Das steht in der Konfigurationsdatei. Ändern Sie es dort.
problem-url-secure = Geben Sie eine Adresse mit https an.
problem-hundred = Verwenden Sie 1 bis 100 Zeichen.
problem-logo-large = Senden Sie ein Bild von höchstens 64 KiB.
problem-logo-png = Senden Sie eine vollständige PNG-Datei.
problem-logo-sides = Senden Sie ein Bild, dessen Seiten 16 bis 1024 Pixel haben.
problem-store-later = Versuchen Sie es in ein paar Sekunden erneut.
problem-store-exists = Einen Eintrag mit diesem Wert gibt es schon.
problem-sender-installation = Die Absenderadresse bestimmen nur Betreiber der ganzen Installation.
problem-logo-url = Geben Sie eine Adresse mit https an oder einen Pfad auf Ihrem eigenen Host.
problem-logo-choose = Wählen Sie zuerst eine PNG-Datei.
problem-upload-form = Der Upload war nicht lesbar. Wählen Sie die Datei noch einmal.
problem-text-wanted = Geben Sie einen Text an.
problem-member-unknown = Dieses Feld gibt es hier nicht.

## Verbindungen
problem-connection-tested = Nur ein Entwurf, dessen Testanmeldung gelungen ist, kann aktiviert werden. Testen Sie ihn, wie er jetzt ist.
problem-connection-status = Verwenden Sie active oder disabled.
problem-connection-never-live = Diese Verbindung war noch nie aktiv. Testen Sie sie und aktivieren Sie, was getestet wurde.
problem-connection-issuer = Geben Sie die Adresse des Ausstellers an, etwa https://idp.example.com.
problem-connection-scopes = Geben Sie höchstens 30 Scopes ohne Leerzeichen an.
problem-claim-name = Nennen Sie einen Claim.
problem-claim-names = Nennen Sie höchstens 20 Claims.
problem-rules-many = Verwenden Sie höchstens 200 Regeln.
problem-rule-roles-many = Verwenden Sie höchstens 50 Rollen in einer Regel.
problem-rule-deny-roles = Eine Regel, die Personen aussperrt, vergibt keine Rollen.
problem-rule-group = Nennen Sie eine Gruppe.
problem-rule-value = Geben Sie einen Text, eine Zahl, true, false oder null an.
problem-rule-long = Verwenden Sie höchstens 256 Zeichen.
problem-rule-domain = Nennen Sie eine Domain.
problem-rule-true = Nur true hat hier eine Bedeutung.
problem-slug-id = Das hat die Form einer Kennung. Wählen Sie einen Namen.
problem-subject-own = Beim eingebauten Dienst sind alle unter ihrer eigenen Kennung bekannt.
problem-login-name = Diese Adresse ist hier der Anmeldename. Verlegen Sie stattdessen das Konto auf eine andere Adresse.
problem-own-page = Mit einem Cookie ist das den eigenen Seiten des Anmelde-Hosts vorbehalten. Senden Sie stattdessen ein Token.
