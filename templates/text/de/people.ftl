### Adresse, Daten und Ende eines Kontos; Einladungen. Werte stehen in { $braces }.

## Mails zu einem Konto
note-sign-in = Anmelden
note-email-change-subject = { $code } bestätigt Ihre neue Adresse bei { $tenant }
note-email-change-title = Bestätigen Sie Ihre neue Adresse
note-email-change-lead = Jemand, vermutlich Sie, zieht mit einem Konto bei { $tenant } an diese Adresse um. Geben Sie diesen Code auf der Seite ein, auf der Sie ihn angefordert haben.
note-email-change-once = { $minutes ->
    [one] Er gilt einmal, 1 Minute lang.
   *[other] Er gilt einmal, { $minutes } Minuten lang.
}
note-email-change-not-you = Sie müssen nichts tun: Ohne diesen Code ändert sich nichts. Sagen Sie ihn niemandem; { $tenant } fragt nicht danach.
note-email-taken-subject = Zu dieser Adresse gibt es schon ein Konto bei { $tenant }
note-email-taken-title = Zu dieser Adresse gibt es schon ein Konto
note-email-taken-lead = Jemand, vermutlich Sie, wollte mit einem anderen Konto bei { $tenant } an diese Adresse umziehen. Sie hat ein eigenes Konto, darum wurde nichts geändert. Melden Sie sich mit dieser Adresse an, um es zu verwenden.
note-email-taken-not-you = Sie müssen nichts tun. Niemand ist hineingekommen, und niemandem wurde gesagt, dass Sie ein Konto haben.
note-email-changed-subject = Die Adresse Ihres Kontos bei { $tenant } wurde geändert
note-email-changed-title = Ihre Adresse wurde geändert
note-email-changed-lead = Ihr Konto bei { $tenant } ist am { $when } zu { $email } umgezogen. Diese Adresse öffnet es nicht mehr, und alle anderen Sitzungen des Kontos wurden abgemeldet.
note-email-changed-object = Wenn Sie das nicht waren, handeln Sie gleich: Melden Sie sich mit einem Passkey oder auf einem anderen Weg an, den Sie noch haben, melden Sie sich überall sonst ab und ändern Sie die Adresse zurück. Wenn nichts davon geht, schreiben Sie an den Betreiber von { $tenant } und nennen Sie die Kennung { $reference } und die Zeit oben.
note-email-changed-not-you = Vielleicht ist jemand anderes in Ihrem Konto. Tun Sie sofort, was oben steht.
note-factor-reset-subject = Ihr zweiter Faktor bei { $tenant } wurde zurückgesetzt
note-factor-reset-title = Ihr zweiter Faktor wurde zurückgesetzt
note-factor-reset-lead = Am { $when } hat der Betreiber von { $tenant } Ihre Authentifizierungs-App und Ihre Wiederherstellungscodes entfernt und Sie überall abgemeldet. Melden Sie sich mit dem an, was bleibt, und richten Sie eine neue App ein.
note-account-deleted-subject = Ihr Konto bei { $tenant } wurde gelöscht
note-account-deleted-title = Ihr Konto wurde gelöscht
note-account-deleted-lead = Ihr Konto bei { $tenant } wurde am { $when } gelöscht. Es lässt sich nicht zurückholen. Dies ist die letzte Mail dazu.
note-account-deleted-not-you = Schreiben Sie an den Betreiber von { $tenant } und nennen Sie die Kennung { $reference }.
note-invitation-subject = Sie sind zu { $place } eingeladen
note-invitation-title = Sie sind zu { $place } eingeladen
note-invitation-lead = Jemand, der { $tenant } verwaltet, lädt diese Adresse zu { $place } ein. Öffnen Sie den Link und folgen Sie der Seite; es dauert eine Minute.
note-invitation-until = Der Link gilt einmal, nur für diese Adresse, bis { $when }.
note-invitation-open = Einladung ansehen
note-invitation-not-you = Sie müssen nichts tun: Niemand kann den Link verwenden, ohne die Mails dieser Adresse zu lesen.

## Einladungen
invitation-title-short = Einladung
invitation-title = Sie sind zu { $place } eingeladen
invitation-lead-begin = Die Einladung ist für <b>{ $email }</b>. Im nächsten Schritt zeigen Sie, dass diese Adresse Ihre ist, und melden sich an oder legen Ihr Konto an.
invitation-lead-accept = Die Einladung ist für <b>{ $email }</b>; das ist Ihre Adresse.
invitation-lead-confirm = Die Einladung ist für <b>{ $email }</b>. Wir senden einen Code dorthin, um zu sehen, dass die Adresse Ihre ist.
invitation-lead-other = Die Einladung ist für <b>{ $email }</b>, und Ihr Konto hat eine andere Adresse. Melden Sie sich ab und öffnen Sie die Einladung noch einmal, um das richtige Konto zu verwenden, oder ziehen Sie mit Ihrem Konto zuerst an jene Adresse um.
invitation-me = Sie sind angemeldet als <b>{ $me }</b>.
invitation-begin = Weiter
invitation-accept = Annehmen
invitation-send = Code senden
invitation-confirm = Bestätigen und annehmen
invitation-then = Die Adresse wird die Ihres Kontos.
invitation-sign-out = Abmelden und noch einmal öffnen
invitation-used = Diese Einladung wurde verwendet
invitation-used-more = Sie gilt einmal. Wenn Sie das waren, melden Sie sich an, um zu { $place } zu kommen. Wenn nicht, sagen Sie es der Person, die Sie eingeladen hat.
invitation-revoked = Diese Einladung wurde zurückgenommen
invitation-revoked-more = Bitten Sie die Person, die Sie zu { $place } eingeladen hat, um eine neue. Vielleicht hat eine neuere Mail diese ersetzt.
invitation-expired = Diese Einladung ist zu alt
invitation-expired-more = Bitten Sie die Person, die Sie zu { $place } eingeladen hat, sie noch einmal zu senden.

## Eine andere Adresse
email-change-title = Adresse ändern
email-change-lead = Ihr Konto ist bei <b>{ $email }</b>. Wir senden einen Code an die neue Adresse und ändern nichts, bevor Sie ihn eingeben.
email-change-lead-none = Ihr Konto hat noch keine Adresse. Wir senden einen Code dorthin und ändern nichts, bevor Sie ihn eingeben.
email-change-new = Neue E-Mail-Adresse
email-change-hint = Nehmen Sie eine, die nur Sie lesen: Sie öffnet dieses Konto.
email-change-send = Code senden
email-change-then = Ihre alte Adresse erfährt davon. Alle anderen Sitzungen dieses Kontos werden abgemeldet.
email-change-confirm = Bestätigen und umziehen
email-change-cancel = Alte Adresse behalten
back-to-account = Zurück zum Konto

## Ihre Daten
account-data = Ihre Daten
account-data-more = Was über Sie gespeichert ist: zum Mitnehmen oder zum Beenden.
account-export = Daten herunterladen
account-export-what = Eine JSON-Datei: Profil, Verknüpfungen, Sitzungen, Geräte, Anmeldewege, Organisationen und was mit Ihrem Konto geschehen ist. Keine Geheimnisse.
account-delete = Konto löschen
account-delete-what = Sie sehen, was verschwindet und was bleibt, bevor etwas geschieht.
account-email-change = Ändern
account-email-confirm = Bestätigen oder ändern
account-organizations = Organisationen
account-organizations-more = Wo Sie mit anderen arbeiten, und als was.
account-organizations-none = Noch keine Organisation
account-organizations-none-more = Hier erscheint eine, wenn jemand Sie aufnimmt oder einlädt.
account-no-role = Keine Rolle
account-flash-moved = Ihre Adresse ist geändert. Andere Sitzungen sind abgemeldet.
account-flash-kept = Es wurde nichts geändert. Der Code, der unterwegs ist, gilt nicht mehr.
account-flash-joined = Die Einladung ist angenommen.

## Das Ende eines Kontos
delete-title = Konto löschen
delete-lead = Das beendet Ihr Konto bei { $tenant } für immer. Niemand kann es zurückholen, auch nicht der Betreiber.
delete-goes = Was sofort verschwindet
delete-goes-profile = Ihr Name und Ihre Adresse
delete-goes-factors = Passkeys und andere Anmeldewege, die hier gespeichert sind
delete-goes-links = Verknüpfungen mit Konten anderswo
delete-goes-sessions = alle Ihre Sitzungen, auf jedem Gerät und in jeder App
delete-goes-organizations = Ihr Platz in: { $names }
delete-stays = Was bleibt
delete-stays-id = ein leerer Eintrag mit der Nummer Ihres Kontos, damit niemand sonst sie je bekommt
delete-stays-record = das Protokoll dessen, was geschehen ist (Anmeldungen, Änderungen von Name und Adresse, von welcher Netzadresse), unter dieser Nummer, solange der Betreiber es aufbewahrt
delete-stays-provider = Ihr Konto bei { $provider }: Beenden Sie es dort. Wenn Sie sich damit wieder anmelden, entsteht hier ein neues, leeres Konto
delete-stays-apps = was Apps selbst über Sie gespeichert haben: Fragen Sie dort
delete-only-owner = Diese Installation von { $tenant } gehört nur Ihnen. Machen Sie zuerst jemand anderen zum Inhaber, dann können Sie Ihr Konto löschen.
delete-export = Vielleicht möchten Sie vorher eine Kopie:
delete-confirm = Geben Sie <b>{ $word }</b> ein, um zu bestätigen
delete-word = löschen
delete-mismatch = Das ist nicht, was oben steht. Es wurde nichts gelöscht.
delete-button = Mein Konto für immer löschen
deleted-title = Ihr Konto ist gelöscht
deleted-lead = Alles, was dazu gehörte, ist weg, und Sie sind überall abgemeldet. { $tenant } sendet noch eine letzte Mail dazu.

## Einladen, für die Verwaltung
desk-invite-to = Zu { $place } einladen
desk-invite-lead = Wer eingeladen ist, bekommt einen Link per Mail. Er gilt einmal, sieben Tage lang, nur für diese Adresse.
desk-invite-role = Rolle
desk-invite-role-more = Sie können nur Rollen vergeben, die Sie selbst haben.
desk-invite-no-role = Keine Rolle
desk-invite-member = Mitglied: ein Konto, mehr nicht
desk-invite-security-admin = Sicherheitsverwalter: wie man hereinkommt, Regeln, Schlüssel, Sitzungen
desk-invite-support = Support: sieht Personen, beendet Sitzungen, sendet Einladungen noch einmal
desk-invite-auditor = Prüfer: liest alles, ändert nichts
desk-invite-billing = Abrechnung: sieht Organisationen und wie viel genutzt wird
desk-invite-admin = Verwalter: darf alles ändern, außer wer verwaltet
desk-invite-owner = Inhaber: alles in diesem Mandanten
desk-invite-send = Einladen
desk-invite-link = den Link
desk-invited = { $email } ist eingeladen
desk-invited-mail = Der Link ist per Mail unterwegs. Hier steht er einmal, falls Sie ihn selbst weitergeben möchten.
desk-invited-no-mail = Hier werden keine Mails gesendet. Geben Sie den Link selbst weiter: Er steht nur dieses eine Mal hier.
desk-invitations = Einladungen
desk-invitations-none = Noch keine Einladungen
desk-invitations-none-more = Wen Sie einladen, steht danach hier, mit dem, was daraus wurde.
desk-invitation-pending = Wartet
desk-invitation-accepted = Angenommen
desk-invitation-revoked = Zurückgenommen
desk-invitation-expired = Zu alt
desk-invite-until = gilt bis
desk-invite-again = Noch einmal senden
desk-invite-back = Zurücknehmen
desk-flash-resent = Der Link ist per Mail unterwegs. Der vorige gilt nicht mehr.
desk-invite-forgotten = Gelöschtes Konto
desk-flash-revoked = Die Einladung ist zurückgenommen. Ihr Link gilt nicht mehr.
note-connection-subject = { $name }: Etwas braucht Sie
note-connection-title = Etwas an { $name } braucht Sie
note-connection-lead = Die Anmeldung von { $org } bei { $tenant } über { $provider } wurde geprüft, und das hier ist neu.
note-connection-not-you = Sie bekommen das, weil Sie als Kontakt für diese Anmeldung eingetragen sind. Wer sie eingerichtet hat, kann Sie streichen.
note-connection-finding = { $what }. { $explained } Mehr dazu: { $help }
note-connection-finding-other = { $code }. Was das bedeutet: { $help }
note-connection-finding-said = { $what }: { $said }. { $explained } Mehr dazu: { $help }
note-connection-left = Es bleiben weniger als { $days } Tage.
note-connection-open = Ansehen und beheben
note-setup-code-subject = { $code } öffnet Ihre Einrichtung bei { $tenant }
note-setup-code-title = Der Code für Ihren Einrichtungslink
note-setup-code-lead = Jemand hat den Link aufgerufen, über den die Firmenanmeldung von { $org } eingerichtet wird. Geben Sie dort diesen Code ein.
note-setup-code-not-you = Ohne diesen Code öffnet sich der Link nicht. Geben Sie den Code niemandem; { $tenant } wird nicht danach fragen.
