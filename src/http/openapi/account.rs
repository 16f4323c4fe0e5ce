//! People and their own account, in words (CONTRACT §7).

use super::describe::{Answer, Entry, Shape, created, gone, json, op, shape};
use crate::domain::Code::{
    Conflict, Expired, InvalidCredentials, LastFactor, NotFound, NotSupportedByUpstream,
    OrgMismatch, SsoRequired, UpstreamUnavailable,
};

/// Routes.
pub const ENTRIES: &[Entry] = &[
    op("GET /v1/me", "The own account", json("User")),
    op("PATCH /v1/me", "Change the own account", json("User"))
        .takes("MeChange")
        .refuses(&[OrgMismatch]),
    op("DELETE /v1/me", "Delete the own account", gone()).refuses(&[Conflict]),
    op(
        "POST /v1/me/email",
        "Send a code to another address, to move the account there",
        Answer::Json(202, "EmailChange"),
    )
    .takes("NewEmail")
    .refuses(&[Conflict, SsoRequired]),
    op(
        "POST /v1/me/email/confirm",
        "Move the account by the code; other sessions end",
        json("User"),
    )
    .takes("CodeAnswer")
    .refuses(&[
        InvalidCredentials,
        Expired,
        Conflict,
        SsoRequired,
        NotSupportedByUpstream,
        UpstreamUnavailable,
    ]),
    op(
        "GET /v1/me/export",
        "All that is kept about the account, as a file",
        Answer::Media("application/json"),
    ),
    op(
        "GET /v1/me/sessions",
        "Own sessions",
        Answer::Page("Session"),
    ),
    op("DELETE /v1/me/sessions", "End all other sessions", gone()),
    op("DELETE /v1/me/sessions/{sid}", "End one session", gone()),
    op(
        "GET /v1/me/passkeys",
        "Own passkeys",
        Answer::Page("Passkey"),
    ),
    op(
        "POST /v1/me/passkeys",
        "Begin to add a passkey",
        created("PasskeyBegun"),
    )
    .takes("NewPasskey")
    .refuses(&[NotSupportedByUpstream]),
    op("POST /v1/me/passkeys/{id}", "Finish it", created("Passkey")).takes("PasskeyAnswer"),
    op("DELETE /v1/me/passkeys/{id}", "Remove a passkey", gone()).refuses(&[LastFactor]),
    op(
        "GET /v1/me/upstream-credentials",
        "What the account's providers keep to sign in with",
        Answer::Page("UpstreamCredentials"),
    ),
    op(
        "POST /v1/me/upstream-credentials",
        "Begin to change it on the provider's page",
        json("GoTo"),
    )
    .takes("UpstreamErrand")
    .refuses(&[
        NotFound,
        NotSupportedByUpstream,
        LastFactor,
        UpstreamUnavailable,
    ]),
    op(
        "GET /v1/me/identities",
        "What the account is linked to",
        Answer::Page("Identity"),
    ),
    op(
        "POST /v1/me/identities",
        "Begin to link a provider",
        json("GoTo"),
    )
    .takes("NewIdentity")
    .refuses(&[NotSupportedByUpstream]),
    op("DELETE /v1/me/identities/{id}", "Remove a link", gone()).refuses(&[LastFactor]),
    op(
        "GET /v1/me/organizations",
        "Own organizations",
        Answer::Page("ActiveOrg"),
    ),
    op(
        "DELETE /v1/me/organizations/{org}",
        "Leave an organization; the last owner cannot",
        gone(),
    )
    .refuses(&[Conflict]),
    op("POST /v1/me/password", "Set or change the password", gone()).takes("PasswordChange"),
    op(
        "GET /v1/me/totp",
        "Is there an authenticator app?",
        json("TotpState"),
    ),
    op(
        "POST /v1/me/totp",
        "Begin to add an authenticator app",
        created("TotpBegun"),
    ),
    op("DELETE /v1/me/totp", "Remove the authenticator app", gone()),
    op(
        "POST /v1/me/totp/confirm",
        "Finish it by a code",
        json("TotpSet"),
    )
    .takes("CodeAnswer"),
    op(
        "GET /v1/me/recovery-codes",
        "How many recovery codes are left",
        json("CodesLeft"),
    ),
    op(
        "POST /v1/me/recovery-codes",
        "New recovery codes; the old ones end",
        created("Codes"),
    ),
    op(
        "GET /v1/me/apps",
        "Apps that were let in, with what each got in a sign-in and how it uses that",
        Answer::Page("HeldApp"),
    ),
    op(
        "DELETE /v1/me/apps/{app}",
        "Take everything back from an app; its tokens end",
        gone(),
    ),
    op(
        "GET /v1/me/tokens",
        "Own API tokens",
        Answer::Page("ApiToken"),
    ),
    op(
        "POST /v1/me/tokens",
        "Make an API token; its value is in this answer only",
        created("NewApiToken"),
    )
    .takes("ApiTokenInput")
    .refuses(&[Conflict]),
    op("DELETE /v1/me/tokens/{id}", "Revoke an API token", gone()),
    op("GET /v1/me/devices", "Own devices", Answer::Page("Device")),
    op(
        "PATCH /v1/me/devices/{id}",
        "Rename or trust a device",
        json("Device"),
    )
    .takes("DeviceChange"),
    op(
        "DELETE /v1/me/devices/{id}",
        "Forget a device and sign it out",
        gone(),
    ),
];

/// Shapes.
pub const SHAPES: &[Shape] = &[
    shape(
        "HeldApp",
        "id client_id client_name first_party=flag scope created_at=instant tokens=[any]",
    ),
    shape(
        "ApiToken",
        "id name prefix scopes=[text]? org_id=text? created_at=instant expires_at=instant \
         uses=count last_used_at=instant? last_used_ip=text?",
    ),
    shape(
        "NewApiToken",
        "id name prefix scopes=[text]? org_id=text? created_at=instant expires_at=instant \
         uses=count last_used_at=instant? last_used_ip=text? token",
    ),
    shape(
        "ApiTokenInput",
        "name scopes=[text] org?=text? expires_in?=count?",
    ),
    shape(
        "User",
        "id email=text? email_verified=flag name=text? locale=en|de? state=active|disabled \
         created_at=instant",
    ),
    shape("MeChange", "name?=text? locale?=en|de?"),
    shape("NewEmail", "email"),
    shape("EmailChange", "email expires_in=count resend_in=count"),
    shape(
        "Session",
        "id current=flag created_at=instant last_seen_at=instant ip user_agent acr amr=[text] \
         org_id=text? hosts=[text] app=SessionApp?",
    ),
    shape("SessionApp", "client_id name"),
    shape(
        "Passkey",
        "id label created_at=instant last_used_at=instant?",
    ),
    shape("NewPasskey", "label?"),
    shape("PasskeyBegun", "id? public_key?=any redirect_to?"),
    shape("PasskeyAnswer", "credential=any"),
    shape(
        "Identity",
        "id kind=upstream|connection|email upstream=text? issuer subject created_at=instant \
         last_used_at=instant?",
    ),
    shape(
        "UpstreamCredentials",
        "upstream label state=known|unavailable|not_permitted|gone credentials=[UpstreamCredential]",
    ),
    shape(
        "UpstreamCredential",
        "id kind=password|totp|passkey|recovery-code label created_at=instant remaining=count? \
         removable=flag",
    ),
    shape(
        "UpstreamErrand",
        "upstream action=change-password|add-totp|add-passkey|renew-recovery-codes|remove \
         credential?",
    ),
    shape("NewIdentity", "upstream"),
    shape("GoTo", "redirect_to"),
    shape("PasswordChange", "current?=text? new"),
    shape(
        "TotpState",
        "set=flag created_at=instant? last_used_at=instant?",
    ),
    shape("TotpSet", "set=flag created_at=instant codes=any"),
    shape("TotpBegun", "otpauth_uri secret"),
    shape("CodeAnswer", "code"),
    shape("CodesLeft", "remaining=count"),
    shape("Codes", "codes=any"),
    shape(
        "Device",
        "id label current=flag trusted=flag created_at=instant last_seen_at=instant ip user_agent sessions?=count",
    ),
    shape("DeviceChange", "label?=text? trusted?=flag?"),
];
