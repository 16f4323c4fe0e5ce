### Every word on pages and in mails. Values stand in { $braces }.
### Plain, short, present tense. Trouble: what happened, what to do, who can fix it.

## Passwords
password-title = Enter your password
password-lead = Signing in as <b>{ $name }</b>.
password-forgot = Forgot your password?
password-confirm-title = Confirm with your password
new-password-title = Choose a password
new-password-recover-title = Choose a new password
new-password-lead = Use it the next time you sign in.
new-password-recover-lead = It replaces the old one and signs you out everywhere else.
new-password-label = New password
new-password-hint = At least { $min } characters. A few unrelated words do well; spaces and any letters count. Pasting is fine.
new-password-more = # more characters to go.
new-password-enough = Long enough. It is checked against common and leaked passwords when you save it.
new-password-save = Save password
new-password-skip = Not now
password-show = Show password
password-hide = Hide password
current-password-label = Current password

## Recovering an account
recover-title = Get back into your account
recover-title-short = Get back in
recover-lead = We send a code to your address. With it you choose a new password.
recover-back = Back to sign-in

## Authenticator app
totp-title = Enter the code from your app
totp-lead = Open your authenticator app and type the 6 digits it shows now.
totp-label = Code from the app
totp-hint = It changes every 30 seconds and works once.
recovery-title = Enter a recovery code
recovery-lead = One of the ten codes you kept when you set up your app. Each works once.
recovery-label = Recovery code
recovery-hint = Letters and digits in three groups. Capitals and dashes do not matter.
second-confirm = Continue
second-other = Try another way
totp-enrol-title = Set up an authenticator app
totp-enrol-lead = Scan this with an app such as the one your phone came with. Then type the code it shows.
totp-enrol-qr = QR code with the secret for your authenticator app
totp-enrol-secret = No camera? Type this secret into the app:
totp-enrol-what = secret
totp-enrol-save = Turn it on
totp-enrol-instead = Use an authenticator app instead
passkey-enrol-instead = Use a passkey instead
totp-enrol-cancel = Cancel

## Recovery codes
codes-title = Your recovery codes
codes-lead = Keep them where your phone is not. Each opens your account once, in place of the app.
codes-once = They are not shown again. Codes you had before no longer work.
codes-copy = recovery codes
codes-download = Download
codes-print = Print
codes-done = I have kept them
codes-file = Recovery codes for

## On the account page
account-factors = Password and second step
account-factors-more = What you know and what you hold. A second step keeps others out even when they know your password.
account-password = Password
account-password-changed = changed
account-password-none = No password. You sign in without one.
account-password-set = Set a password
account-password-change = Change
account-password-title = Change your password
account-password-set-title = Set a password
account-password-lead = Your other sessions are signed out when you save it.
account-totp = Authenticator app
account-totp-none = Not set up.
account-totp-add = Set up
account-totp-since = set up
account-recovery = Recovery codes
account-recovery-left = { $count ->
    [one] 1 code left.
   *[other] { $count } codes left.
}
account-recovery-few = Make new ones before they run out.
account-recovery-none = None at hand. Make some so that a lost phone does not lock you out.
account-recovery-make = Make new codes
account-flash-password = Your password is saved. Your other sessions are signed out.
account-flash-totp-removed = The app is removed, and its recovery codes with it. Your other sessions are signed out.
