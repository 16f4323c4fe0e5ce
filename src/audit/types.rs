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
    ACCESS_DENIED "access.denied"
    ADMIN_TOKEN_CREATED "admin_token.created"
    CONFIGURATION_APPLIED "configuration.applied"
    DEVICE_FORGOTTEN "device.forgotten"
    DEVICE_UPDATED "device.updated"
    EMAIL_CHANGED "email.changed"
    EMAIL_CHANGE_FAILED "email_change.failed"
    EMAIL_CHANGE_REQUESTED "email_change.requested"
    HANDOFF_COMPLETED "handoff.completed"
    HOST_ADDED "host.added"
    HOST_REMOVED "host.removed"
    IDENTITY_LINKED "identity.linked"
    IDENTITY_UNLINKED "identity.unlinked"
    INVITATION_ACCEPTED "invitation.accepted"
    INVITATION_CREATED "invitation.created"
    INVITATION_RESENT "invitation.resent"
    INVITATION_REVOKED "invitation.revoked"
    LOGIN_COMPLETED "login.completed"
    LOGIN_DENIED "login.denied"
    LOGIN_FAILED "login.failed"
    LOGOUT_TOKEN_REFUSED "logout_token.refused"
    MEMBER_CHANGED "member.changed"
    MEMBER_REMOVED "member.removed"
    OPERATOR_APPOINTED "operator.appointed"
    OPERATOR_DISMISSED "operator.dismissed"
    ORGANIZATION_CREATED "organization.created"
    ORGANIZATION_DELETED "organization.deleted"
    ORGANIZATION_UPDATED "organization.updated"
    OWNER_LINK_CREATED "owner_link.created"
    PASSKEY_ENROLLED "passkey.enrolled"
    PASSKEY_REMOVED "passkey.removed"
    PASSWORD_CHANGED "password.changed"
    PASSWORD_RESET "password.reset"
    RECOVERY_CODES_CREATED "recovery_codes.created"
    RECOVERY_CODE_USED "recovery_code.used"
    SESSION_CHANGED "session.changed"
    SESSION_ENDED "session.ended"
    SIGNING_KEY_ROTATED "signing_key.rotated"
    TENANT_CREATED "tenant.created"
    TENANT_UPDATED "tenant.updated"
    TOTP_ENROLLED "totp.enrolled"
    TOTP_REMOVED "totp.removed"
    UPSTREAM_ACTIVATED "upstream.activated"
    UPSTREAM_CREATED "upstream.created"
    UPSTREAM_DELETED "upstream.deleted"
    UPSTREAM_FAILED "upstream.failed"
    UPSTREAM_RECOVERED "upstream.recovered"
    UPSTREAM_UPDATED "upstream.updated"
    USER_CREATED "user.created"
    USER_DELETED "user.deleted"
    USER_EXPORTED "user.exported"
    USER_UPDATED "user.updated"
}
