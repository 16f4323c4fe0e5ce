### Verbindungen: Probeanmeldungen und die Einrichtung durch Administratoren von Kunden.

test-passed = Die Probeanmeldung hat geklappt
test-failed = Die Probeanmeldung hat nicht geklappt
test-over = Diese Probe wurde schon gemacht
test-over-more = Wer darum gebeten hat, sieht das Ergebnis. Für einen weiteren Versuch braucht es einen neuen Link.
test-rehearsal = Das war eine Probe der Anmeldung bei { $organization } mit { $connection }: Niemand wurde angemeldet, gespeichert wurde nur dieser Bericht.
test-close = Sie können diese Seite schließen. Wer um die Probe gebeten hat, sieht diesen Bericht auch.
