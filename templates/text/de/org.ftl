# Die Seiten einer Organisation, für ihre eigenen Leute.

org-nav = Organisation
org-home = Start
org-people = Mitglieder
org-nav-domains = Domains
org-rules = Wer sie nutzen muss
org-role-owner = Inhaber
org-role-admin = Verwalter der Organisation
org-role-some = Mitglied
org-role-operator = Betreiber
org-own-pages = Ihre eigenen Seiten
org-flash-saved = Gespeichert. Es gilt überall innerhalb von Sekunden.

## Start
org-home-lead = Was hier eingerichtet ist und was als Nächstes kommt.
org-open = Zu tun
org-open-none = Nichts fehlt, und nichts ist falsch.
org-done = Eingerichtet
org-line-people = { $n ->
    [one] Ein Mitglied
   *[other] { $n-text } Mitglieder
}
org-line-owners = { $n ->
    [0] Niemand ist Inhaber: Ernennen Sie jemanden, damit hier entschieden werden kann.
    [one] Ein Inhaber. Ernennen Sie einen zweiten, damit es weitergeht, wenn einer fehlt.
   *[other] { $n-text } Inhaber.
}
org-line-waiting = { $n ->
    [one] Eine Einladung wartet
   *[other] { $n-text } Einladungen warten
}
org-line-waiting-more = Wer eingeladen ist, war noch nicht hier. Sie können den Link noch einmal senden.
org-line-no-domain = Keine bewiesene Domain
org-line-no-domain-more = Eine bewiesene Domain führt Ihre Leute von ihrer Adresse zur Firmenanmeldung.
org-line-domains = { $n ->
    [one] Eine bewiesene Domain
   *[other] { $n-text } bewiesene Domains
}
org-line-domains-more = Die Einträge werden täglich angesehen.
org-line-domains-open = { $n ->
    [one] Eine weitere ist genannt und noch nicht bewiesen.
   *[other] { $n-text } weitere sind genannt und noch nicht bewiesen.
}
org-line-domain-gone = Der Eintrag von { $domain } ist weg
org-line-domain-gone-more = Nach drei Tagen gilt der Beweis nicht mehr. Setzen Sie den Eintrag wieder ein.
org-line-no-connection = Keine Firmenanmeldung
org-line-no-connection-more = Verbinden Sie Ihren Identitätsanbieter: Ihre Leute melden sich an wie überall in der Firma.
org-line-draft = { $name } ist noch nicht aktiv
org-line-draft-more = Setzen Sie die Einrichtung fort: erst proben, dann aktivieren, was geprobt ist.
org-line-off = { $name } ist abgeschaltet
org-line-off-more = Darüber meldet sich niemand an.
org-line-partly = { $name } ist nicht für alle offen
org-line-partly-more = Öffnen Sie weiter, wenn die zufrieden sind, die es schon haben.
org-line-live = { $name } funktioniert
org-line-live-more = Für alle offen.
org-line-used = Letzte Anmeldung { $at }.
org-line-faults = { $name } besteht seine Prüfungen nicht
org-line-faults-more = { $n ->
    [one] Eine Prüfung schlug zuletzt fehl: Sehen Sie nach, welche und wer es ändern muss.
   *[other] { $n-text } Prüfungen schlugen zuletzt fehl: Sehen Sie nach, welche und wer was ändern muss.
}
org-line-notes = { $name } wird Sie brauchen
org-line-notes-more = Die Anmeldung geht noch; etwas ändert sich oder endet bald. Sehen Sie nach, was.
org-line-failed = Einige Anmeldungen über { $name } schlugen fehl
org-line-failed-more = { $n ->
    [one] Eine in sieben Tagen. Sehen Sie nach, warum.
   *[other] { $n-text } in sieben Tagen. Sehen Sie nach, warum.
}
org-line-enforced = { $name } ist der einzige Weg
org-line-enforced-more = In diese Organisation, und für Personen ihrer bewiesenen Domains.
org-line-free = Andere Wege sind offen
org-line-free-more = Personen Ihrer Domains dürfen noch Codes und Passkeys nutzen. Sie können die Firmenanmeldung zum einzigen Weg machen.
org-line-emergency = { $proven } von { $named } Personen für Notfälle sind bereit
org-line-emergency-more = Zwei müssen sich zuerst ohne den Dienst anmelden: mit einem Passkey, oder mit zwei Faktoren beim eigenen Dienst des Mandanten.
org-go-people = Mitglieder ansehen
org-go-invitations = Einladungen ansehen
org-go-domains = Zu den Domains
org-go-connections = Anbieter verbinden
org-go-connection = Wie es läuft
org-go-rules = Entscheiden

## Mitglieder
org-people-lead = { $suspended ->
    [0] { $active-text } aktiv.
   *[other] { $active-text } aktiv, { $suspended-text } gesperrt.
}
org-people-search = Name, Adresse oder Id
org-people-none-more = Laden Sie jemanden ein: Wer gekommen ist, steht danach hier.
org-people-waiting = { $n ->
    [one] Eine Einladung wartet darauf, angenommen zu werden.
   *[other] { $n-text } Einladungen warten darauf, angenommen zu werden.
}
org-flash-removed = Das Mitglied ist entfernt. Das Konto bleibt.
org-roles-more = Was Sie ankreuzen, ist von Hand vergeben. Rollen aus anderen Quellen kommen und gehen mit ihrer Quelle.
org-roles-save = Rollen speichern
org-role-also = Auch:
org-role-above = Darf mehr als Sie: Das entscheidet ein Inhaber.
org-since = Mitglied seit
org-named = Benannt
org-place = Platz in der Organisation
org-suspend = Sperren
org-suspend-more = Die Rollen bleiben und gelten nicht, bis Sie wieder öffnen.
org-suspend-do = Sperren
org-restore = Wieder zulassen
org-restore-more = Die früheren Rollen gelten dann wieder.
org-restore-do = Zulassen
org-remove = Entfernen
org-leave = Die Organisation verlassen
org-remove-more = Mitgliedschaft und alle Rollen hier enden sofort. Das Konto selbst bleibt.
org-remove-emergency = Für Notfälle benannt. Sorgen Sie dafür, dass zwei andere bereit sind.
org-remove-ask = Jetzt entfernen
org-remove-do = Entfernen

## Gruppen und Rollen
org-groups = Gruppen
org-groups-lead = Wer in einer Gruppe ist, hat ihre Rollen, solange er darin ist.
org-groups-all = Alle Gruppen
org-groups-none = Noch keine Gruppen
org-groups-none-more = Eine Gruppe gibt ihre Rollen vielen auf einmal.
org-group-new = Neue Gruppe
org-group-create = Gruppe anlegen
org-group-count = { $n ->
    [one] Ein Mitglied
   *[other] { $n } Mitglieder
}
org-group-empty = Noch niemand ist darin.
org-group-add = In die Gruppe aufnehmen
org-group-take = Herausnehmen
org-group-gives = Was sie gibt
org-group-gives-more = Für die Mitglieder gilt es sofort.
org-group-delete = Gruppe löschen
org-group-delete-more = Was sie gab, endet sofort. Ihre Mitglieder bleiben in der Organisation.
org-flash-group-deleted = Die Gruppe ist gelöscht.
org-roles-lead = Was jede Rolle erlaubt. Sie können eigene Rollen festlegen.
org-roles-all = Alle Rollen
org-role-nothing = Erlaubt hier nichts; Anwendungen können sie kennen
org-role-own = Eigene
org-role-new = Neue Rolle
org-role-new-more = Sie kann nicht mehr erlauben, als Sie selbst dürfen.
org-role-slug-more = Kleinbuchstaben, Ziffern, Bindestriche innen. Anwendungen sehen ihn; er bleibt.
org-role-create = Rolle festlegen
org-role-permits = Was sie erlaubt
org-role-permits-more = Wer die Rolle hat, darf sofort, was jetzt hier steht.
org-role-fixed = Diese Rolle können Sie hier nicht ändern.
org-role-delete = Rolle löschen
org-role-delete-more = Nur solange niemand sie hat und keine Gruppe, Einladung oder Regel sie gäbe.
org-flash-role-deleted = Die Rolle ist gelöscht.
org-may-see = Die Organisation ansehen und was eingerichtet ist.
org-may-change = Ihren Namen ändern und Rollen festlegen.
org-may-see-members = Mitglieder, Gruppen und Rollen ansehen.
org-may-change-members = Mitglieder ändern, einladen und entfernen; Gruppen anlegen.
org-may-change-owners = Inhaber ernennen und entlassen.
org-may-see-sign-in = Firmenanmeldung und Domains ansehen.
org-may-change-sign-in = Firmenanmeldung einrichten, Domains beweisen, entscheiden, wer sie nutzen muss.
org-may-see-record = Lesen, was geschah.
org-may-else = Für Anwendungen.

## Domains
org-domain = Name der Domain
org-domains-lead = Wer den Nameserver einer Domain führt, kann sie mit einem TXT-Eintrag beweisen. Lassen Sie ihn stehen: Er wird täglich angesehen.
org-domains-none = Noch keine Domain
org-domains-none-more = Nennen Sie die Domain der Adressen Ihrer Leute und beweisen Sie dann, dass sie Ihnen gehört.
org-domain-new = Domain hinzufügen
org-domain-new-more = Sie zu nennen ändert nichts. Sie zählt, sobald sie bewiesen ist.
org-domain-add = Hinzufügen
org-domain-open = Nicht bewiesen
org-domain-proven = Bewiesen
org-domain-missing = Eintrag ist weg
org-domain-since = Bewiesen seit
org-domain-gone = Nicht gesehen seit
org-domain-to-do = Veröffentlichen Sie diesen TXT-Eintrag und lassen Sie uns dann nachsehen.
org-domain-looked = zuletzt angesehen
org-domain-look = Jetzt nachsehen
org-domain-seen = Dort gesehen
org-domain-fix = Wer den Nameserver der Domain führt. Bis ein neuer Eintrag überall zu sehen ist, kann es eine Stunde dauern.
org-domain-remove-more = Adressen dieser Domain führen dann nicht mehr hierher, und niemand ist ihretwegen an die Firmenanmeldung gebunden. Eine andere Organisation darf sie dann beweisen.
org-txt = TXT-Eintrag
org-txt-name = Name des TXT-Eintrags
org-txt-value = Sein Wert
org-flash-domain-added = Hinzugefügt. Veröffentlichen Sie den Eintrag und lassen Sie uns dann nachsehen.
org-flash-domain-proven = Die Domain ist bewiesen.
org-flash-domain-removed = Die Domain ist entfernt.

## Firmenanmeldung
org-connections-lead = Wie sich Ihre Leute bei Ihrem eigenen Identitätsanbieter anmelden.
org-connections-look = Beginnen muss, wer die Firmenanmeldung einrichten darf.
org-rules-lead = Welche Firmenanmeldung für Personen Ihrer Domains der einzige Weg ist, und wer ohne sie hereinkommt.
org-rules-none = Verbinden Sie zuerst Ihren Identitätsanbieter, und öffnen Sie ihn für alle.
org-set-up = Einrichtung öffnen
org-go-on = Fortsetzen
org-not-live = Noch nicht aktiv
org-not-live-more = Wie die Anmeldungen laufen, steht hier, sobald sie es ist.
org-changed = Der Dienst gibt über sich etwas anderes an als vorher. Auf der Seite der Einrichtung sehen Sie jeden Unterschied, nehmen ihn als richtig an oder lesen ihn neu ein.
org-changed-go = Ansehen, was sich geändert hat
org-connect = Anbieter verbinden
org-connect-ways = Wie Sie beginnen können
org-connect-more = In diesem Browser, jetzt gleich. Nichts ist aktiv, bevor es eine Probe bestanden hat.
org-connect-here = Einrichtung beginnen
org-link-life = Der Link gilt
org-link-day = Einen Tag
org-link-week = Sieben Tage
org-link-month = Dreißig Tage
org-link-email = Nur für das Postfach (freiwillig)
org-link-email-more = Wer den Link öffnet, braucht dann einen Code, der dorthin gesendet wird.

## Audit
org-trail-lead = Was in dieser Organisation geschah, und durch wen. Zeiten in UTC.

## Einstellungen
org-settings-lead = Wie die Organisation heißt, wie ihre Anmeldung aussieht und was sie verlangt.
org-look-name = Name auf der Anmeldeseite
org-look-name-more = Leer: der Name oben.
org-look-logo = Adresse des Logos
org-look-logo-more = Nur https. Leer: der erste Buchstabe.
org-acr = Um hier zu handeln, braucht man
org-acr-any = Irgendeine Anmeldung
org-acr-two = Zwei Schritte
org-acr-passkey = Einen Passkey
org-acr-more = Wer mit weniger kommt, wird nach mehr gefragt.
org-stale = Antwortet der Identitätsanbieter nicht, geht es weiter für
org-stale-any = So lange, wie die Sitzung gilt
org-stale-quarter = 15 Minuten
org-stale-hour = 1 Stunde
org-stale-day = 8 Stunden
org-stale-night = 24 Stunden
org-stale-more = Danach wartet man, bis er wieder antwortet. Angemeldet bleibt man.
org-logo-more = Steht neben Ihrem Namen auf Ihrer Anmeldeseite und auf diesen Seiten. Ein Bild, das Sie hochladen, tritt an die Stelle einer Adresse.
org-flash-logo = Das Logo steht ab jetzt auf Ihrer Anmeldeseite und auf diesen Seiten.
org-flash-logo-removed = Das Logo ist weg. Die Seiten zeigen den ersten Buchstaben des Namens.
org-social = Konten anderswo auf Ihrer Anmeldeseite
org-social-yes = Angeboten
org-social-no = Nicht angeboten und abgelehnt
org-social-now = Zurzeit: { $names }.
org-social-none = Zurzeit ist keines eingerichtet.
org-social-more = Wer auf einer anderen Seite hereinkommt und hierher wechselt, wird dadurch nicht abgehalten. Soll nur die Anmeldung Ihrer Firma gelten, dann machen Sie sie zum einzigen Weg.
org-called = Name, Aussehen und Anmeldung
org-slug = Kurzname
org-slug-more = Adressen mit dem alten führen dann nirgends mehr hin.

## Konto
org-manage = Verwalten

## Dienstkonten
org-services = Dienstkonten
org-services-lead = Aufrufer, die keine Menschen sind: Builds, Importe, andere Dienste. Sie haben Rollen wie Menschen, und Schlüssel statt einer Anmeldung.
org-services-all = Alle Dienstkonten
org-services-none = Noch keine Dienstkonten
org-services-none-more = Ein Programm, das weiterlaufen muss, wenn jemand geht, bekommt eines.
org-service-new = Neues Dienstkonto
org-service-create = Dienstkonto anlegen
org-service-off = ausgeschaltet
org-service-id = Anwendungen sehen es als
org-service-keys = Schlüssel
org-service-keys-more = Zum Tauschen den nächsten anlegen, verteilen, dann den alten widerrufen.
org-service-keys-none = Es hat keine Schlüssel und kann nichts aufrufen.
org-service-key-make = Schlüssel anlegen
org-service-public-keys = Öffentliche Schlüssel
org-service-public-keys-more = Für Programme, die unterschreiben, statt einen Schlüssel von hier aufzubewahren: Sie bekommen kurze Token mit private_key_jwt.
org-service-public-keys-none = Noch keine
org-service-public-key-jwk = Öffentlicher Schlüssel, als JWK
org-service-public-key-add = Öffentlichen Schlüssel eintragen
org-service-public-key-remove = Entfernen
org-service-roles = Was es ist
org-service-roles-more = Für seine Schlüssel gilt es sofort.
org-service-switch-off = Ausschalten
org-service-switch-on = Einschalten
org-service-delete = Dienstkonto löschen
org-service-delete-more = Seine Schlüssel enden sofort.
org-flash-service-deleted = Das Dienstkonto ist gelöscht.
