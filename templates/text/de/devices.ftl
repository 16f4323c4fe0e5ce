### Geräte auf der Kontoseite und Mails zum Konto.

devices = Geräte
devices-more = Browser, die sich bei diesem Konto angemeldet haben. Eine Anmeldung auf einem anderen melden wir Ihnen per Mail.
devices-doubt = Für dieses Konto wurden viele falsche Passwörter versucht. Wenn Ihres richtig war, ist ein Code unterwegs.
devices-none = Noch kein Gerät
devices-none-more = Ein Browser erscheint hier ab seiner nächsten Anmeldung.
devices-trusted = Vertraut
devices-live = angemeldet
devices-first = Zuerst gesehen
devices-last = zuletzt gesehen
devices-name = Name dieses Geräts
devices-rename = Umbenennen
devices-save = Namen speichern
devices-trust = Vertrauen
devices-untrust = Nicht mehr vertrauen
devices-forget = Vergessen
devices-trust-more = Ein Gerät, dem Sie vertrauen, erkennen wir nach Ihrer letzten Anmeldung länger wieder, und dort darf man sich dreimal so oft irren, bevor ein Code per E-Mail verlangt wird. Es ersetzt nie Passwort, Passkey oder Code. Wird ein Gerät vergessen, ist es abgemeldet.
account-flash-device-saved = Das Gerät ist gespeichert.
account-flash-device-forgotten = Vergessen und dort abgemeldet.
notice-when = Wann
notice-browser = Mit
notice-network = Netzwerk
notice-open = Konto ansehen
notice-new-device = Neue Anmeldung bei { $tenant }
notice-lead-new-device = Jemand hat sich mit einem unbekannten Gerät bei Ihrem Konto von { $tenant } angemeldet.
notice-passkey-added = Ein Passkey wurde Ihrem Konto bei { $tenant } hinzugefügt
notice-lead-passkey-added = Damit kann man sich ab jetzt anmelden.
notice-passkey-removed = Ein Passkey wurde von Ihrem Konto bei { $tenant } entfernt
notice-lead-passkey-removed = Damit kann man sich nicht mehr anmelden, und überall sonst wurden Sie abgemeldet.
notice-totp-added = Eine Authenticator-App wurde Ihrem Konto bei { $tenant } hinzugefügt
notice-lead-totp-added = Ab jetzt fragen wir nach ihren Codes.
notice-totp-removed = Die Authenticator-App wurde von Ihrem Konto bei { $tenant } entfernt
notice-lead-totp-removed = Nach ihren Codes fragen wir nicht mehr.
notice-recovery-codes-made = Neue Wiederherstellungscodes für Ihr Konto bei { $tenant }
notice-lead-recovery-codes-made = Die alten gelten nicht mehr.
notice-recovery-code-used = Ein Wiederherstellungscode Ihres Kontos bei { $tenant } wurde benutzt
notice-lead-recovery-code-used = Jeder gilt einmal. Erstellen Sie neue, wenn nur noch wenige übrig sind.
notice-password-set = Für Ihr Konto bei { $tenant } wurde ein Passwort festgelegt
notice-lead-password-set = Ab jetzt kann man sich auch damit anmelden.
notice-password-changed = Das Passwort Ihres Kontos bei { $tenant } wurde geändert
notice-lead-password-changed = Das alte gilt nicht mehr.
notice-identity-linked = Ein weiterer Weg zur Anmeldung wurde mit Ihrem Konto bei { $tenant } verknüpft
notice-lead-identity-linked = Er öffnet ab jetzt Ihr Konto.
notice-identity-unlinked = Ein verknüpfter Weg zur Anmeldung wurde von Ihrem Konto bei { $tenant } getrennt
notice-lead-identity-unlinked = Er öffnet Ihr Konto nicht mehr, und überall sonst wurden Sie abgemeldet.
notice-token-created = Für Ihr Konto bei { $tenant } wurde ein API-Token angelegt
notice-lead-token-created = Programme, die es haben, handeln in Ihrem Namen, soweit es reicht, bis Sie es widerrufen oder es abläuft.
notice-not-you-device = Öffnen Sie Ihr Konto, vergessen Sie dieses Gerät, damit es abgemeldet wird, und ändern Sie Ihr Passwort, falls Sie eines haben.
notice-not-you-factor = Öffnen Sie sofort Ihr Konto, machen Sie es rückgängig und melden Sie sich überall sonst ab. Kommen Sie nicht hinein, dann fragen Sie die Leute, die { $tenant } betreiben.
notice-instant = { $when }

account-apps = Apps mit Zugriff
account-apps-more = Apps, die dieses Konto nutzen, und was sie dürfen. Wenn Sie es zurücknehmen, endet der Zugriff sofort.
account-apps-none = Keine App nutzt dieses Konto
account-apps-none-more = Eine App steht hier, sobald Sie sie zugelassen haben.
account-apps-own = von { $tenant }
account-apps-renewed = erneuert
account-apps-renewals = { $n ->
    [one] einmal
   *[other] { $n }-mal
}
account-apps-not-renewed = noch nicht erneuert
account-apps-since = Seit
account-apps-withdraw = Zurücknehmen
account-flash-app-withdrawn = Die App hat keinen Zugriff mehr auf Ihr Konto.
