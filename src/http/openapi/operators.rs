//! Who administers, how much is used, and imports that take the whole installation, in words (CONTRACT §8).

use super::describe::{Answer, Entry, Shape, created, gone, json, op, shape};
use crate::domain::Code::{
    Conflict, Duplicate, NotFound, NotSupportedByUpstream, UpstreamUnavailable,
};

/// Routes.
pub const ENTRIES: &[Entry] = &[
    op(
        "GET /v1/admin/operators",
        "Who administers",
        Answer::Page("OperatorGrant"),
    ),
    op(
        "POST /v1/admin/operators",
        "Appoint an operator",
        created("OperatorGrant"),
    )
    .takes("NewOperator")
    .refuses(&[NotFound, Duplicate]),
    op(
        "PATCH /v1/admin/operators/{id}",
        "Give an operator another role over the same",
        json("OperatorGrant"),
    )
    .takes("OperatorChange")
    .refuses(&[Conflict, Duplicate]),
    op(
        "DELETE /v1/admin/operators/{id}",
        "Dismiss an operator",
        gone(),
    )
    .refuses(&[Conflict]),
    op(
        "GET /v1/admin/usage",
        "How much the tenant uses: people, organizations, sessions, sign-ins of 30 days",
        json("Usage"),
    ),
    op(
        "POST /v1/admin/user-imports",
        "Import people with the hashes of the passwords that they have elsewhere; operators of the installation only",
        json("UserImport"),
    )
    .takes("NewUserImport")
    .refuses(&[Conflict, NotSupportedByUpstream, UpstreamUnavailable]),
];

/// Shapes.
pub const SHAPES: &[Shape] = &[
    shape(
        "OperatorGrant",
        "id user role=owner|admin|security_admin|support|auditor|viewer|billing \
         scope=instance|tenant|org tenant=text? org=text? created_at=instant",
    ),
    shape(
        "NewOperator",
        "user role=owner|admin|security_admin|support|auditor|viewer|billing \
         scope=instance|tenant|org org?=text?",
    ),
    shape(
        "OperatorChange",
        "role=owner|admin|security_admin|support|auditor|viewer|billing",
    ),
    shape(
        "Usage",
        "users=UsersCounted organizations=count sessions=count sign_ins=SignInsCounted at=instant",
    ),
    shape(
        "Receipt",
        "seq=count complete=flag bound_ms=count nodes=[Acknowledgement]",
    ),
    shape("Acknowledgement", "name state=heard|waiting|missed"),
    shape("UsersCounted", "active=count disabled=count"),
    shape("SignInsCounted", "days=count succeeded=count failed=count"),
    shape("NewUserImport", "people=[ImportedPerson] plan?=flag"),
    shape(
        "ImportedPerson",
        "email email_verified?=flag name?=text? state?=active|disabled password_hash?=any",
    ),
    shape("UserImport", "items=[ImportOutcome]"),
    shape(
        "ImportOutcome",
        "outcome=created|present|refused|new id=text? refused=text?",
    ),
];
