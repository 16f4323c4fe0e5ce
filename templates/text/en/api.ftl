### The page that describes the API. What is technical stays in English.

api-title = API reference
api-lead = Every address that Laneway answers on a login host, who may call it, and what it answers.
api-english = Names and descriptions are in English
api-nouns = Subjects
api-who = Who may
api-signed-in = Whoever is signed in
api-anybody = Anybody
api-query = In the address
api-body = In the body
api-answer = Answer
