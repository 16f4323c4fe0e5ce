### Jedes Wort auf Seiten und in Mails. Werte stehen in { $klammern }.
### Einfach, kurz, Gegenwart, „Sie“. Bei Problemen: was geschah, was zu tun ist, wer hilft.

## Passwörter
password-title = Passwort eingeben
password-lead = Sie melden sich an als <b>{ $name }</b>.
password-forgot = Passwort vergessen?
password-confirm-title = Mit Ihrem Passwort bestätigen
new-password-title = Passwort wählen
new-password-recover-title = Neues Passwort wählen
new-password-lead = Damit melden Sie sich beim nächsten Mal an.
new-password-recover-lead = Es ersetzt das alte und meldet Sie überall sonst ab.
new-password-label = Neues Passwort
new-password-hint = Mindestens { $min } Zeichen. Ein paar Wörter ohne Zusammenhang sind gut; Leerzeichen und alle Buchstaben zählen. Sie können es auch einfügen.
new-password-more = Noch # Zeichen.
new-password-enough = Lang genug. Beim Speichern vergleichen wir es mit häufigen und bekannt gewordenen Passwörtern.
new-password-save = Passwort speichern
new-password-skip = Jetzt nicht
password-show = Passwort zeigen
password-hide = Passwort verbergen
current-password-label = Bisheriges Passwort

## Zugang wiederherstellen
recover-title = Wieder in Ihr Konto kommen
recover-title-short = Zugang wiederherstellen
recover-lead = Wir schicken einen Code an Ihre Adresse. Damit wählen Sie ein neues Passwort.
recover-back = Zurück zur Anmeldung

## Authenticator-App
totp-title = Code aus Ihrer App eingeben
totp-lead = Öffnen Sie Ihre Authenticator-App und geben Sie die 6 Ziffern ein, die sie gerade zeigt.
totp-label = Code aus der App
totp-hint = Er wechselt alle 30 Sekunden und gilt einmal.
recovery-title = Wiederherstellungscode eingeben
recovery-lead = Einer der zehn Codes, die Sie beim Einrichten der App aufgehoben haben. Jeder gilt einmal.
recovery-label = Wiederherstellungscode
recovery-hint = Buchstaben und Ziffern in drei Gruppen. Großschreibung und Striche sind egal.
second-confirm = Weiter
second-other = Anderen Weg wählen
totp-enrol-title = Authenticator-App einrichten
totp-enrol-lead = Scannen Sie das mit einer App, zum Beispiel der auf Ihrem Telefon. Geben Sie dann den Code ein, den sie zeigt.
totp-enrol-qr = QR-Code mit dem Schlüssel für Ihre Authenticator-App
totp-enrol-secret = Keine Kamera? Tippen Sie diesen Schlüssel in die App:
totp-enrol-what = Schlüssel
totp-enrol-save = Einschalten
totp-enrol-instead = Stattdessen eine Authenticator-App verwenden
passkey-enrol-instead = Stattdessen einen Passkey verwenden
totp-enrol-cancel = Abbrechen

## Wiederherstellungscodes
codes-title = Ihre Wiederherstellungs­codes
codes-lead = Bewahren Sie sie dort auf, wo Ihr Telefon nicht ist. Jeder öffnet Ihr Konto einmal, anstelle der App.
codes-once = Sie werden nicht noch einmal angezeigt. Frühere Codes gelten nicht mehr.
codes-copy = Wiederherstellungscodes
codes-download = Herunterladen
codes-print = Drucken
codes-done = Ich habe sie aufgehoben
codes-file = Wiederherstellungscodes für

## Auf der Kontoseite
account-factors = Passwort und zweiter Schritt
account-factors-more = Was Sie wissen und was Sie haben. Ein zweiter Schritt hält andere auch dann fern, wenn sie Ihr Passwort kennen.
account-password = Passwort
account-password-changed = geändert
account-password-none = Kein Passwort. Sie melden sich ohne an.
account-password-set = Passwort festlegen
account-password-change = Ändern
account-password-title = Passwort ändern
account-password-set-title = Passwort festlegen
account-password-lead = Beim Speichern werden Sie überall sonst abgemeldet.
account-totp = Authenticator-App
account-totp-none = Nicht eingerichtet.
account-totp-add = Einrichten
account-totp-since = eingerichtet
account-recovery = Wiederherstellungscodes
account-recovery-left = { $count ->
    [one] Noch 1 Code übrig.
   *[other] Noch { $count } Codes übrig.
}
account-recovery-few = Erstellen Sie neue, bevor sie ausgehen.
account-recovery-none = Keine vorhanden. Erstellen Sie welche, damit ein verlorenes Telefon Sie nicht aussperrt.
account-recovery-make = Neue Codes erstellen
account-flash-password = Ihr Passwort ist gespeichert. Überall sonst sind Sie abgemeldet.
account-flash-totp-removed = Die App ist entfernt, und mit ihr die Wiederherstellungscodes. Überall sonst sind Sie abgemeldet.
