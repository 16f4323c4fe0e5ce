### Connections: test logins, and the set-up that customers' administrators go through.

test-passed = Test login worked
test-failed = Test login did not work
test-over = This test has been run
test-over-more = Whoever asked for it sees what came of it. Ask for another link to run it again.
test-rehearsal = This was a rehearsal of signing in to { $organization } with { $connection }: nobody was signed in, nothing was saved but this report.
test-close = You can close this page. Whoever asked for the test sees this report too.
