### Jedes Wort auf Seiten und in Mails. Werte stehen in { $klammern }.
### Einfach, kurz, Gegenwart, „Sie“. Bei Problemen: was geschah, was zu tun ist, wer hilft.

## Überall
skip = Zum Inhalt springen
by-laneway = Anmeldung durch Laneway
error-prefix = Fehler:
or = oder
copy = Kopieren
copied = Kopiert
reference = Kennung
status = Status
try-again = Erneut versuchen
start-again = Von vorn beginnen
another-way = Anderen Weg wählen
sign-out = Abmelden
email-label = E-Mail-Adresse
email-placeholder = name@firma.example
password-label = Passwort
name-label = Name

## Sprachen und Zeiten
language-name = Deutsch
language-switch = Sprache
instant = { $day }. { $month } { $year }, { $time } UTC
month-1 = Januar
month-2 = Februar
month-3 = März
month-4 = April
month-5 = Mai
month-6 = Juni
month-7 = Juli
month-8 = August
month-9 = September
month-10 = Oktober
month-11 = November
month-12 = Dezember
footer-help = Hilfe
footer-privacy = Datenschutz
