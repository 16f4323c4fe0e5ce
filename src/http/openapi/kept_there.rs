//! What a person's identity provider does about them for an operator, in words: lock-outs and
//! mails.

use super::describe::{Answer, Entry, Shape, gone, json, op, shape};
use crate::domain::Code::{Conflict, NotSupportedByUpstream, RateLimited, UpstreamUnavailable};

/// Routes.
pub const ENTRIES: &[Entry] = &[
    op(
        "GET /v1/admin/users/{id}/lockouts",
        "Whether a person's identity providers keep them out for wrong tries",
        Answer::Page("LockOut"),
    ),
    op(
        "DELETE /v1/admin/users/{id}/lockouts",
        "End a person's lock-outs at their identity providers",
        gone(),
    )
    .refuses(&[Conflict, NotSupportedByUpstream, UpstreamUnavailable]),
    op(
        "POST /v1/admin/users/{id}/mails",
        "Have a person's identity provider write to them: to set a password, or to verify the address",
        json("AccountMail"),
    )
    .takes("NewAccountMail")
    .refuses(&[
        Conflict,
        NotSupportedByUpstream,
        RateLimited,
        UpstreamUnavailable,
    ]),
];

/// Bodies.
pub const SHAPES: &[Shape] = &[
    shape(
        "LockOut",
        "upstream state=open|locked|unknown failures=count? until=instant? last_failure_at=instant?",
    ),
    shape("NewAccountMail", "mail=set-password|verify-email"),
    shape("AccountMail", "upstream mail=set-password|verify-email"),
];
