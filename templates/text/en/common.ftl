### Every word on pages and in mails. Values stand in { $braces }.
### Plain, short, present tense. Trouble: what happened, what to do, who can fix it.

## Everywhere
skip = Skip to content
by-laneway = Sign-in by Laneway
error-prefix = Error:
or = or
copy = Copy
copied = Copied
reference = Reference
status = Status
try-again = Try again
start-again = Start again
another-way = Use another way
sign-out = Sign out
email-label = Email address
email-placeholder = you@company.example
password-label = Password
name-label = Name

## Languages and times
language-name = English
language-switch = Language
instant = { $day } { $month } { $year }, { $time } UTC
month-1 = Jan
month-2 = Feb
month-3 = Mar
month-4 = Apr
month-5 = May
month-6 = Jun
month-7 = Jul
month-8 = Aug
month-9 = Sep
month-10 = Oct
month-11 = Nov
month-12 = Dec
footer-help = Help
footer-privacy = Privacy
