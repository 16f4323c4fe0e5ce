### Seiten der Verwaltung. Werte stehen in { $Klammern }; `-text` ist eine Zahl, wie sie gezeigt wird.
### Für Betreiber: genaue Wörter, der feste Code daneben, Zeiten in UTC.

## Überall
desk-nav = Verwaltung
desk-again = Sie haben gezeigt, dass Sie es sind. Was Sie vorher gedrückt haben, ist nicht geschehen: Drücken Sie es noch einmal.
desk-nav-sign-in = Anmeldung
desk-nav-record = Protokoll
desk-overview = Übersicht
desk-people = Benutzer
desk-organizations = Organisationen
desk-upstreams = Identitätsanbieter
desk-settings = Einstellungen
desk-trail = Audit
desk-your-account = Ihr Konto
desk-need-attention = brauchen Aufmerksamkeit
desk-role-owner = Inhaber
desk-role-admin = Verwalter
desk-role-security-admin = Sicherheitsverwalter
desk-role-support = Betreuung
desk-role-auditor = Prüfer
desk-role-billing = Abrechnung
desk-role-viewer = Betrachter
desk-pages = Seiten
desk-first-page = Erste Seite
desk-next-page = Nächste Seite
desk-name = Name
desk-state = Zustand
desk-since = Seit
desk-created = Angelegt
desk-facts = Daten
desk-id = Id
desk-save = Speichern
desk-remove = Entfernen
desk-apply = Anwenden
desk-clear = Filter aufheben
desk-more = Mehr
desk-actions = Aktionen
desk-active = Aktiv
desk-disabled = Gesperrt
desk-suspended = Ausgesetzt
desk-organization-off = Organisation ist abgeschaltet
desk-all-events = Alle Ereignisse
desk-look-only = Sie dürfen dies ansehen, aber nicht ändern.
desk-from-file = Aus der Konfigurationsdatei
desk-short-name = Kurzname
desk-roles = Rollen
desk-no-roles = Keine Rollen
desk-organization = Organisation
desk-no-organization = Keine Organisation
desk-person = Benutzer
desk-sessions = Sitzungen

## Übersicht
desk-range = Zeitraum
desk-range-24h = 24 Stunden
desk-range-7d = 7 Tage
desk-range-30d = 30 Tage
desk-attention = Braucht Aufmerksamkeit
desk-attention-none = Nichts braucht Sie. Identitätsanbieter, Mails, Knoten und Schlüssel wurden eben angesehen.
desk-figures = Zahlen
desk-sign-ins = Anmeldungen
desk-live-sessions = Laufende Sitzungen
desk-revocation = Verzug beim Widerruf, p99
desk-users-active = Benutzer
desk-worked-share = { $share } % gelungen
desk-worked-more = { $share } % gelungen · { $change-text } % mehr als im Zeitraum davor ({ $range })
desk-worked-less = { $share } % gelungen · { $change-text } % weniger als im Zeitraum davor ({ $range })
desk-worked-none = Keine in diesem Zeitraum
desk-counted-at = Gezählt { $at }
desk-people-organizations = { $disabled ->
    [0] { "" }
   *[other] { $disabled-text } gesperrt ·{ " " }
}{ $organizations ->
    [one] 1 Organisation
   *[other] { $organizations-text } Organisationen
} · gezählt { $at }
desk-revocation-more = Grenze { $bound } s · längster { $worst-text } ms · letzte Stunde
desk-revocation-none = Grenze { $bound } s · hier keiner in der letzten Stunde gesehen
desk-by-hour = Anmeldungen je Stunde
desk-by-six-hours = Anmeldungen je sechs Stunden
desk-by-day = Anmeldungen je Tag
desk-method-passkey = Passkey
desk-method-email-code = Code per E-Mail
desk-method-password = Passwort
desk-method-redirect = Identitätsanbieter
desk-method-other = Andere
desk-failed = Misslungen
desk-no-sign-ins = Keine Anmeldungen in diesem Zeitraum
desk-no-sign-ins-more = Niemand hat sich angemeldet, und niemand hat es versucht.
desk-as-table = Als Tabelle zeigen
desk-chart-numbers = Anmeldungen in Zahlen
desk-from-utc = Ab, UTC
desk-source-events = Gezählt aus Audit-Ereignissen. Der letzte Balken ist noch nicht vorbei.
desk-chart-busiest = { $total ->
    [one] 1 Anmeldung
   *[other] { $total-text } Anmeldungen
}. Am meisten ab { $at } mit { $most-text }. { $failed ->
    [0] Keine misslang.
   *[other] { $failed-text } misslangen, die meisten ab { $worst }.
}
desk-chart-now = jetzt
desk-clock = { $time }
desk-day-1 = { $day }. Jan.
desk-day-2 = { $day }. Feb.
desk-day-3 = { $day }. März
desk-day-4 = { $day }. Apr.
desk-day-5 = { $day }. Mai
desk-day-6 = { $day }. Juni
desk-day-7 = { $day }. Juli
desk-day-8 = { $day }. Aug.
desk-day-9 = { $day }. Sept.
desk-day-10 = { $day }. Okt.
desk-day-11 = { $day }. Nov.
desk-day-12 = { $day }. Dez.
desk-all-upstreams = Alle Identitätsanbieter
desk-upstreams-state = Identitätsanbieter und ihr Zustand
desk-last-probe = Letzte Prüfung
desk-took = Dauer
desk-answering = Antwortet
desk-not-answering = Antwortet nicht
desk-drifted = Braucht Hilfe
desk-unusable = Nicht nutzbar
desk-not-probed-yet = Noch nicht geprüft
desk-use-primary = Alle melden sich hier an
desk-use-companion = Ergänzt Verfahren auf unserer Seite
desk-use-secondary = Kann verknüpft werden
desk-use-retired = Außer Dienst
desk-nodes = Widerruf je Knoten
desk-nodes-more = Wie schnell jeder Knoten von Widerrufen erfährt
desk-nodes-none = Noch hat sich kein Knoten gemeldet
desk-nodes-none-more = Jeder Knoten schreibt alle zehn Sekunden, wie es ihm geht.
desk-node = Knoten
desk-trusts = Traut seinem Speicher
desk-heard = Erfahren
desk-trust-yes = Ja
desk-trust-catching-up = Holt auf
desk-trust-catching-up-more = Liest solange die Datenbank
desk-trust-missed = Meldet sich nicht
desk-trust-missed-more = Angehalten, beendet oder ohne Datenbank
desk-bound = Grenze { $seconds } s, letzte Stunde
desk-source-nodes = Auf jedem Knoten gemessen, von der Änderung bis er sie kennt.
desk-why = Warum Anmeldungen misslangen
desk-why-none = In diesem Zeitraum misslang keine.
desk-why-events = Ereignisse ansehen
desk-failed-count = { $n-text } in { $range }
desk-why-code = Falscher oder alter Code
desk-why-passkey = Passkey passte nicht
desk-why-password = Falsches Passwort
desk-why-totp = Falscher Code der App
desk-why-recovery = Falscher Wiederherstellungscode
desk-why-cancelled = Beim Identitätsanbieter abgebrochen
desk-why-login-required = Identitätsanbieter verlangt erst eine Anmeldung
desk-why-unknown = Niemand ist verknüpft, und Fremde haben keinen Zutritt
desk-why-disabled = Konto ist gesperrt
desk-why-other-person = Jemand anderes kam zurück
desk-why-linked-elsewhere = Identität gehört zu einem anderen Konto
desk-why-too-weak = Nachweis war zu schwach
desk-why-no-member = Kein Mitglied der Organisation
desk-why-unavailable = Identitätsanbieter antwortete nicht
desk-why-invalid = Der Antwort des Identitätsanbieters war nicht zu trauen
desk-why-else = { $method }: { $reason }
desk-changes = Von Menschen geändert
desk-changes-none = Noch hat niemand etwas geändert.

## Befunde
desk-open-upstream = Öffnen
desk-find-no-primary = Niemand kann sich anmelden
desk-find-no-primary-more = Kein Identitätsanbieter ist aktiv. Aktivieren Sie einen.
desk-find-fault = { $label } ist so, wie er eingerichtet ist, nicht nutzbar
desk-find-fault-more = { $fault } Berichtigen Sie seine Einstellungen.
desk-find-silent = { $label } antwortet nicht
desk-find-silent-more = Seit { $since }. Wer angemeldet ist, bleibt es; neue Anmeldungen dort misslingen, bis er antwortet.
desk-find-silent-idle-more = Seit { $since }. Zurzeit meldet sich niemand darüber an.
desk-find-drift = { $label } ist nicht mehr eingerichtet, wie es sein muss
desk-find-drift-more = { $failed ->
    [one] Eine Prüfung misslingt
   *[other] { $failed-text } Prüfungen misslingen
} seit { $since }. Bei jeder steht, wer was ändert.
desk-find-recovered = { $label } war { $minutes ->
    [0] weniger als eine Minute
    [one] eine Minute
   *[other] { $minutes-text } Minuten
} gestört
desk-find-recovered-more = Von { $from } bis { $to }. Er antwortet wieder; niemand wurde abgemeldet.
desk-find-no-mail = Es werden keine Mails verschickt
desk-find-no-mail-more = Codes, Einladungen und Hinweise per E-Mail sind aus. Setzen Sie LANEWAY_MAIL_URL und LANEWAY_MAIL_FROM.
desk-find-mail-late = { $count ->
    [one] Eine Mail wartet
   *[other] { $count-text } Mails warten
} auf den Versand
desk-find-mail-late-more = Die älteste seit { $since }. Es wird von selbst wieder versucht; laneway doctor sagt, was der Mailserver antwortet.
desk-find-mail-failed = { $count ->
    [one] Eine Mail wurde aufgegeben
   *[other] { $count-text } Mails wurden aufgegeben
}
desk-find-mail-failed-more = In den letzten sieben Tagen. Das Log nennt zu jeder den Grund.
desk-find-node-missed = Knoten { $name } meldet sich nicht
desk-find-node-missed-more = Seit { $since }. Wurde er mit Absicht angehalten, ist nichts zu tun.
desk-find-node-stale = Knoten { $name } erfährt nichts von Änderungen
desk-find-node-stale-more = Er traut keinem Speicher und fragt für jede Anfrage die Datenbank. Prüfen Sie seine Verbindung dorthin.
desk-find-key-waits = Ein neuer Signaturschlüssel ist veröffentlicht
desk-find-key-waits-more = { $kid } signiert ab { $from }. Bis dahin signiert der alte.

## Benutzer
desk-people-lead = { $people ->
    [one] 1 Benutzer
   *[other] { $people-text } Benutzer
}, { $organizations ->
    [one] 1 Organisation
   *[other] { $organizations-text } Organisationen
}, gezählt { $at }
desk-people-search = Anfang eines Namens oder einer Adresse, oder eine Id
desk-any-state = Jeder Zustand
desk-people-list = Benutzer
desk-people-order = Ohne Suche kommen die neuesten zuerst.
desk-people-none = Noch keine Benutzer
desk-people-none-more = Sie erscheinen hier, wenn sie sich registrieren, eingeladen werden oder sich zum ersten Mal anmelden.
desk-people-no-match = Niemand passt
desk-people-no-match-more = Namen und Adressen wurden von ihrem Anfang an verglichen, Ids ganz.
desk-ways = Wege hinein
desk-way-email = Code per E-Mail
desk-last-sign-in = Letzte Anmeldung
desk-never = Nie
desk-invite = Jemanden einladen
desk-flash-deleted = Das Konto ist gelöscht. Seine Sitzungen endeten auf diesem Knoten sofort, auf allen innerhalb der Grenze.

## Ein Benutzer
desk-end-all = Überall abmelden
desk-disable = Sperren
desk-enable = Entsperren
desk-delete = Löschen …
desk-belongings = Organisationen und Rollen
desk-belongings-none = Mitglied keiner Organisation.
desk-source-manual = Von Hand
desk-source-mapping = Aus der Zuordnung
desk-source-scim = Aus dem Benutzerabgleich
desk-source-group = Aus einer Gruppe
desk-source-invitation = Aus einer Einladung
desk-sessions-live = { $n ->
    [one] 1 läuft
   *[other] { $n } laufen
}
desk-sessions-none = Nirgends angemeldet.
desk-sessions-of = Laufende Sitzungen von { $name }
desk-device = Gerät, angemeldet
desk-proof = Nachweis
desk-seen = Gesehen, von
desk-end = Beenden
desk-links = Verknüpfte Identitäten
desk-links-more = Ein Wechsel des Identitätsanbieters fügt hier eine Zeile hinzu
desk-person-apps = Apps mit Zugang
desk-person-apps-none = Keine App hat etwas von dieser Person.
desk-links-none = Niemandes Wort führt zu diesem Konto: Es kann sich niemand dort anmelden.
desk-unlink = Trennen
desk-link-add = Identität verknüpfen
desk-link = Verknüpfen
desk-upstream = Identitätsanbieter
desk-subject = Id der Person dort
desk-subject-more = Was der Anbieter als sub schickt. Adressen verknüpfen nicht.
desk-user-id = Benutzer-Id
desk-email = E-Mail
desk-email-none = Keine bekannt
desk-email-proven = Bestätigt
desk-email-claimed = Nicht bestätigt
desk-operates = Verwaltet
desk-operates-none = Verwaltet nichts.
desk-operates-instance = In der ganzen Installation
desk-operates-tenant = In diesem Mandanten
desk-operates-elsewhere = In einem anderen Mandanten
desk-operates-org = In einer Organisation
desk-operates-role = Rolle
desk-operates-change = Ändern
desk-operates-dismiss = Entziehen
desk-appoint = Ernennen
desk-appoint-more = Über diesen Mandanten, ab sofort. Was jede Rolle darf, steht in der Dokumentation.
desk-factor-reset = Zweiten Faktor zurücksetzen
desk-flash-factor-reset = Authentifizierungs-App und Wiederherstellungscodes sind entfernt; die Person ist abgemeldet.
desk-lock = Aussperrung
desk-lock-open = Bei { $label } nicht ausgesperrt
desk-lock-unknown = { $label } sagt es gerade nicht
desk-lock-until = { $n ->
    [one] Von { $label } ausgesperrt bis { $until }, nach 1 falschen Versuch
   *[other] Von { $label } ausgesperrt bis { $until }, nach { $n-text } falschen Versuchen
}
desk-lock-until-some = Von { $label } ausgesperrt bis { $until }, nach falschen Versuchen
desk-lock-for-good = { $n ->
    [one] Von { $label } ausgesperrt, bis jemand die Aussperrung aufhebt, nach 1 falschen Versuch
   *[other] Von { $label } ausgesperrt, bis jemand die Aussperrung aufhebt, nach { $n-text } falschen Versuchen
}
desk-lock-for-good-some = Von { $label } ausgesperrt, bis jemand die Aussperrung aufhebt, nach falschen Versuchen
desk-unlock = Aussperrung aufheben
desk-flash-unlocked = Die Person ist nicht mehr ausgesperrt und kann es wieder versuchen.
desk-mail-password = E-Mail zum Setzen eines Passworts senden
desk-mail-verify = E-Mail zum Bestätigen der Adresse senden
desk-flash-mailed = Der Identitätsdienst hat die E-Mail gesendet, an die Adresse, die er führt.
desk-flash-appointed = Verwaltet ab jetzt mit.
desk-flash-operator = Die Rolle ist geändert.
desk-flash-dismissed = Die Rolle ist entzogen.
desk-passkeys = Hier verwahrte Faktoren
desk-passkeys-none = Keine
desk-passkeys-elsewhere = Beim Identitätsanbieter
desk-lately = Zuletzt
desk-lately-none = Noch ist nichts geschehen.
desk-flash-disabled = Gesperrt. Alle Sitzungen endeten auf diesem Knoten sofort, auf allen innerhalb der Grenze.
desk-flash-enabled = Entsperrt. Die Person kann sich wieder anmelden.
desk-flash-ended = Auf diesem Knoten sofort beendet, auf allen innerhalb der Grenze.
desk-flash-linked = Verknüpft. Wer sich mit dieser Identität anmeldet, ist diese Person.
desk-flash-unlinked = Getrennt, und alle Sitzungen beendet.

## Löschen
desk-delete-title = { $name } löschen?
desk-delete-do = { $name } löschen
desk-keep = Konto behalten
desk-delete-no-way-back = Es gibt keinen Weg zurück.
desk-goes = Was verschwindet
desk-stays = Was bleibt
desk-goes-profile = Name und Adresse
desk-goes-sessions = { $n ->
    [0] Keine laufende Sitzung
    [one] Eine laufende Sitzung, sofort
   *[other] { $n-text } laufende Sitzungen, sofort
}
desk-goes-links = { $n ->
    [one] Eine verknüpfte Identität
   *[other] { $n-text } verknüpfte Identitäten
}
desk-goes-embedded = Passkeys und Codes, die Laneway aufbewahrt
desk-goes-memberships = { $n ->
    [0] Keine Mitgliedschaft
    [one] Mitgliedschaft in einer Organisation
   *[other] Mitgliedschaften in { $n-text } Organisationen
}
desk-stays-id = Die Benutzer-Id: Sie wird nie wieder vergeben
desk-stays-events = Audit-Ereignisse, ohne Name und Adresse
desk-stays-upstream = Das Konto bei { $label }: Wer sich damit anmeldet, wird ein neuer Benutzer

## Identitätsanbieter
desk-upstreams-lead = Im Hintergrund geprüft, und wann immer Sie mögen. Sitzungen laufen weiter, während ein Anbieter ausfällt.
desk-connect = Anbieter verbinden
desk-not-probed = Noch nicht geprüft
desk-kind = Art
desk-issuer = Aussteller
desk-fault = Passt nicht
desk-checks-passed = { $count ->
    [one] 1 Prüfung bestanden
   *[other] { $count } Prüfungen bestanden
}
desk-probe = Jetzt prüfen
desk-change = Ändern
desk-activate-plan = Aktivieren: Plan ansehen
desk-flash-probed = Geprüft. Was gefunden wurde, steht unten.
desk-flash-activated = Aktiviert. Neue Anmeldungen gehen dorthin, auf allen Knoten; laufende Sitzungen gehen weiter.
desk-activate-title = { $to } aktivieren
desk-activate-lead = Zurzeit melden sich alle mit { $from } an. Noch ist nichts geändert.
desk-activate-do = { $to } aktivieren
desk-activate-back = { $from } kann jederzeit wieder aktiviert werden.
desk-not-now = Jetzt nicht
desk-back-to-upstreams = Zurück
desk-plan = Der Plan in Zahlen
desk-plan-people = Benutzer
desk-plan-linked = Behalten ihr Konto
desk-plan-new = Wären neue Benutzer
desk-plan-notes = Was vorher zu wissen ist
desk-plan-notes-more = Personen werden an ihrer Verknüpfung erkannt, nie an ihrer Adresse.
desk-plan-unlinked = { $n-text } Benutzer sind nicht mit { $to } verknüpft. Lassen Sie sie es auf ihrer Kontoseite tun, oder verknüpfen Sie sie hier auf ihrer Seite, bevor Sie aktivieren.
desk-plan-all-linked = Alle sind mit { $to } verknüpft.
desk-plan-passkeys = Passkeys für { $domain } bleiben gespeichert und werden nicht angeboten, außer der eingebaute Anbieter ergänzt den neuen.
desk-plan-fault = { $to } ist so, wie er eingerichtet ist, nicht nutzbar: { $fault }
desk-plan-sessions = Laufende Sitzungen gehen weiter, und keine Benutzer-Id ändert sich.

## Organisationen
desk-organizations-lead = Kunden in diesem Mandanten, jeder mit Mitgliedern und Rollen.
desk-organizations-none = Noch keine Organisationen
desk-organizations-none-more = Legen Sie hier eine an, und fügen Sie dann Mitglieder hinzu.
desk-organization-new = Neue Organisation
desk-organization-create = Organisation anlegen
desk-slug-more = Kleinbuchstaben, Ziffern, Bindestriche innen. Teil von Adressen.
desk-oldest-first = Die älteste zuerst
desk-members = Mitglieder
desk-members-none = Noch keine Mitglieder
desk-members-none-more = Fügen Sie Benutzer mit Adresse oder Id hinzu, mit den Rollen, die sie bekommen.
desk-grants-more = Wirksam ist die Summe der Rollen aus allen Quellen.
desk-member-put = Mitglied hinzufügen oder ändern
desk-member-put-more = Die Rollen von Hand werden genau diese; Rollen aus anderen Quellen bleiben.
desk-member-person = Adresse oder Id des Benutzers
desk-roles-more = Durch Leerzeichen getrennt, zum Beispiel: admin member
desk-member-unknown = Darunter ist niemand bekannt, oder mehr als ein Benutzer.
desk-flash-member = Gespeichert. Es gilt auf diesem Knoten sofort, auf allen innerhalb der Grenze.

## Audit
desk-trail-lead = Jede Änderung schreibt ein Ereignis in derselben Transaktion. Zeiten in UTC.
desk-export = Ausgeben
desk-trail-search = Adresse oder Id eines Benutzers, irgendeine Id oder eine Referenz
desk-event-kind = Art
desk-kind-all = Alle Arten
desk-kind-sign-ins = Anmeldungen
desk-kind-sessions = Sitzungen
desk-kind-people = Benutzer und Wege hinein
desk-kind-organizations = Organisationen
desk-kind-providers = Identitätsanbieter
desk-kind-installation = Installation
desk-outcome = Ergebnis
desk-outcome-any = Jedes Ergebnis
desk-outcome-refused = Abgelehnt oder misslungen
desk-outcome-success = Getan
desk-outcome-failure = Misslungen
desk-outcome-denied = Abgelehnt
desk-time = Zeit
desk-time-utc = Zeit, UTC
desk-span-all = Gesamte Zeit
desk-trail-none = Noch keine Ereignisse
desk-trail-none-more = Die erste Anmeldung schreibt das erste.
desk-trail-no-match = Kein Ereignis passt
desk-trail-no-match-more = Benutzer werden mit ganzer Adresse oder Id gefunden, Anfragen mit ihrer Referenz.
desk-trail-list = Audit-Ereignisse, die neuesten zuerst
desk-newest-first = Die neuesten zuerst
desk-event = Ereignis
desk-who = Wer
desk-who-nobody = Niemand Bekanntes
desk-who-laneway = Laneway
desk-who-token = Betreiber-Token
desk-close = Einzelheiten schließen
desk-when = Wann
desk-about = Betrifft
desk-from = Von
desk-decided = Wie entschieden wurde
desk-changed = Was sich änderte
desk-before = Vorher:
desk-after = Nachher:
desk-recorded = Ereignis wie aufgezeichnet

## Einstellungen
desk-settings-lead = Aussteller { $issuer }
desk-general = Allgemein
desk-general-more = Was Menschen sehen, und wer von selbst hereinkommt.
desk-tenant-name-more = Auf Seiten und in Mails.
desk-color = Farbe
desk-color-more = Als #rrggbb. Alles andere wird daraus abgeleitet.
desk-signup = Wer sich registrieren darf
desk-signup-open = Alle
desk-signup-invite = Wer eingeladen ist
desk-signup-closed = Niemand
desk-jit = Unbekannte vom Identitätsanbieter
desk-jit-create = Werden beim ersten Mal Benutzer
desk-jit-deny = Werden abgewiesen
desk-origins = Aufgeführte Ursprünge
desk-origins-more = Einer je Zeile, etwa https://app.example.com. Sie dürfen die API aufrufen und Ziel der Rückkehr sein, neben den Hosts unten.
desk-settings-live = Gilt sofort, auf allen Knoten innerhalb der Grenze.
desk-told = Hilfe und Mail
desk-told-more = Was Menschen auf Seiten und in Mails erfahren.
desk-told-locale = Sprache
desk-told-locale-none = Englisch, wenn niemand etwas anderes sagt
desk-told-locale-more = Nur wo weder Person noch Anwendung noch Browser eine nennen.
desk-told-support = Adresse für Fragen
desk-told-support-more = Auf Fehlerseiten und unter Mails.
desk-told-help = Hilfeseite
desk-told-help-more = Ein Link auf den Seiten der Anmeldung und im Konto. Nur https.
desk-told-privacy = Datenschutzseite
desk-told-privacy-more = Ein Link auf denselben Seiten. Nur https.
desk-told-sender = Name des Absenders
desk-told-sender-more = Von wem Mails kommen. Leer: wie angezeigt.
desk-told-sender-address = Adresse des Absenders
desk-told-sender-address-more = Ihr Mailserver muss sie annehmen. Leer: wie angezeigt.
desk-told-installation = Nur für Betreiber der ganzen Installation
desk-told-empty = Was leer ist, wird nirgends gezeigt.
desk-logo = Logo
desk-logo-more = Neben dem Namen auf jeder Seite. Mails zeigen den ersten Buchstaben in Ihrer Farbe: Mailprogramme sperren Bilder.
desk-logo-now = Das jetzige Logo
desk-logo-none = Kein Logo: Seiten zeigen den ersten Buchstaben des Namens.
desk-logo-file = Bild
desk-logo-file-more = Eine PNG-Datei von höchstens 64 KiB, jede Seite 16 bis 1024 Pixel lang.
desk-logo-upload = Hochladen
desk-flash-logo = Das Logo steht ab jetzt auf jeder Seite.
desk-flash-logo-removed = Das Logo ist entfernt. Seiten zeigen den ersten Buchstaben des Namens.
desk-hosts = Hosts
desk-hosts-more = Wo dieser Mandant zu erreichen ist. Passkeys gelten für { $rp }.
desk-host = Hostname
desk-host-add = Host hinzufügen
desk-purpose = Zweck
desk-host-login = Anmelde-Host: Seiten, Aussteller, Passkeys
desk-host-login-org = Anmelde-Host einer Organisation: ihre Anmeldung
desk-host-org = Organisation
desk-host-org-more = Nur für einen Anmelde-Host, der einer Organisation allein gehört: ihr Kurzname.
desk-host-app = App-Host: kennt nur seinen Cookie
desk-canonical = Links und Passkeys hängen daran
desk-flash-saved = Gespeichert. Es gilt auf diesem Knoten sofort, auf allen innerhalb der Grenze.
desk-flash-host = Gespeichert. Der Host wird bedient, sobald sein Verkehr hier ankommt.

## Konten anderswo
desk-social = Konten anderswo
desk-social-lead = Dienste, bei denen jeder ein Konto haben kann. Ob ein Fremder hier eines bekommt, sagt die Registrierung dieses Mandanten; ein bestehendes Konto öffnet nur seine eigene Verknüpfung, nie die Adresse.
desk-social-none = Nichts angebunden
desk-social-none-more = Angemeldet wird mit dem, was hier verwahrt ist, oder beim Identitätsdienst.
desk-social-new = Einen anbinden
desk-social-new-more = Nichts geht live, bevor die Testanmeldung bestanden ist.
desk-social-other = Ein anderer Dienst (OpenID Connect)
desk-social-attach = Anbinden: { $vendor }
desk-social-callback = Redirect-URI
desk-social-test = Testanmeldung ausführen
desk-social-activate = Live schalten
desk-social-off = Ausschalten
desk-social-on = Einschalten
desk-social-name-more = Er steht auf der Schaltfläche der Anmeldeseite.
desk-social-tenants-more = Durch Leerzeichen getrennt; * steht für jedes Konto.
desk-flash-social-made = Als Entwurf gespeichert. Führen Sie als Nächstes eine Testanmeldung aus.
desk-flash-social-tested = Der Test ist vorbei. Was er gefunden hat, steht unten.
desk-flash-social-live = Steht auf der Anmeldeseite, auf allen Knoten.
desk-flash-social-off = Ausgeschaltet. Die Sitzungen endeten auf diesem Knoten sofort und auf allen innerhalb der Frist.
