### Die Seite, die die API beschreibt. Technisches bleibt englisch.

api-title = API-Referenz
api-lead = Jede Adresse, die Laneway auf einem Anmelde-Host beantwortet, wer sie aufrufen darf und was sie antwortet.
api-english = Namen und Beschreibungen sind englisch
api-nouns = Themen
api-who = Wer darf
api-signed-in = Wer angemeldet ist
api-anybody = Alle
api-query = In der Adresse
api-body = Im Text der Anfrage
api-answer = Antwort
