//! The one list of event types, `noun.past_verb`; `docs/operators.md` shows the same list.

macro_rules! types {
    ($($name:ident $text:literal)+) => {
        /// Event types by name.
        pub mod kind {
            $(#[doc = concat!("`", $text, "`")] pub const $name: &str = $text;)+
        }
        /// All of them, for documentation and filters.
        pub const TYPES: &[&str] = &[$($text),+];
    };
}

types! {
    ADMIN_TOKEN_CREATED "admin_token.created"
    CONFIGURATION_APPLIED "configuration.applied"
    HANDOFF_COMPLETED "handoff.completed"
    HOST_ADDED "host.added"
    HOST_REMOVED "host.removed"
    IDENTITY_LINKED "identity.linked"
    IDENTITY_UNLINKED "identity.unlinked"
    LOGIN_COMPLETED "login.completed"
    LOGIN_DENIED "login.denied"
    LOGIN_FAILED "login.failed"
    LOGOUT_TOKEN_REFUSED "logout_token.refused"
    MEMBER_CHANGED "member.changed"
    ORGANIZATION_CREATED "organization.created"
    OWNER_LINK_CREATED "owner_link.created"
    PASSKEY_ENROLLED "passkey.enrolled"
    PASSKEY_REMOVED "passkey.removed"
    SESSION_CHANGED "session.changed"
    SESSION_ENDED "session.ended"
    SIGNING_KEY_ROTATED "signing_key.rotated"
    TENANT_CREATED "tenant.created"
    TENANT_UPDATED "tenant.updated"
    UPSTREAM_ACTIVATED "upstream.activated"
    UPSTREAM_CREATED "upstream.created"
    UPSTREAM_UPDATED "upstream.updated"
    USER_CREATED "user.created"
    USER_DELETED "user.deleted"
    USER_UPDATED "user.updated"
}
