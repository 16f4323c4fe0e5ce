//! Why somebody is not let in.
//!
//! Owns: the reasons and their words. Must not know: who finds one.

use serde::Serialize;

/// Why a sign-in is refused. The person sees less than the audit event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Nobody is linked and strangers are not let in.
    UnknownPerson,
    /// The account is switched off.
    Disabled,
    /// Somebody else came back than the one whose session this is.
    OtherPerson,
    /// The identity belongs to another account already.
    LinkedElsewhere,
    /// The demanded rung was not reached and cannot be.
    TooWeak,
    /// Not a member of the organization asked for.
    NoMember,
    /// A claim that the connection demands is missing or another one.
    UnmetClaim,
    /// Was a member and is suspended.
    Suspended,
    /// A rule of the role mapping keeps them out.
    KeptOut,
    /// The connection is not open to them yet.
    NotRolledOut,
    /// The connection lets nobody attach its identities to an account.
    NotLinkable,
    /// The organization that they sign in to does not take this way.
    NotTaken,
    /// Their organization wants its own provider.
    SsoRequired,
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::UnknownPerson,
        Self::Disabled,
        Self::OtherPerson,
        Self::LinkedElsewhere,
        Self::TooWeak,
        Self::NoMember,
        Self::UnmetClaim,
        Self::Suspended,
        Self::KeptOut,
        Self::NotRolledOut,
        Self::NotLinkable,
        Self::NotTaken,
        Self::SsoRequired,
    ];

    /// The word for the audit event.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownPerson => "unknown_person",
            Self::Disabled => "disabled",
            Self::OtherPerson => "other_person",
            Self::LinkedElsewhere => "linked_elsewhere",
            Self::TooWeak => "too_weak",
            Self::NoMember => "no_member",
            Self::UnmetClaim => "unmet_claim",
            Self::Suspended => "suspended",
            Self::KeptOut => "kept_out",
            Self::NotRolledOut => "not_rolled_out",
            Self::NotLinkable => "not_linkable",
            Self::NotTaken => "not_taken",
            Self::SsoRequired => "sso_required",
        }
    }
}
