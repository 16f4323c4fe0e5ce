# Die eigene Anmeldung einer Organisation, in der Administration.

desk-company = Firmenanmeldung
desk-company-lead = Die Organisation meldet sich bei ihrem eigenen Identitätsanbieter an. Ihr Administrator richtet das über einen Link ein, ohne Konto.
desk-company-new = Neuer Einrichtungslink
desk-company-new-more = Er öffnet sich einmal und gilt sieben Tage. Wer ihn hat, vergibt nicht mehr, als Sie könnten.
desk-company-make = Link anlegen
desk-company-made = Der Link, nur jetzt sichtbar
desk-company-made-more = Senden Sie ihn dem Administrator der Organisation auf einem Weg, den nur er liest.
desk-company-link = Einrichtungslink
desk-company-links = Einrichtungslinks
desk-connections = Verbindungen
desk-connections-none = Noch keine Verbindung
desk-connections-none-more = Legen Sie einen Link an und senden Sie ihn dem Administrator der Organisation.
desk-connection-draft = Entwurf
desk-connection-tested = Geprobt
desk-connection-active = Aktiv
desk-connection-off = Abgeschaltet
desk-connection-used = Letzte Anmeldung
desk-connection-unused = Noch keine Anmeldung
desk-link-waiting = Nicht geöffnet
desk-link-opened = Geöffnet
desk-link-expired = Abgelaufen
desk-link-revoked = Zurückgezogen
desk-link-shared = Weitergegeben
desk-flash-link-back = Der Link ist ungültig, mit allem, was daraus weitergegeben wurde.
