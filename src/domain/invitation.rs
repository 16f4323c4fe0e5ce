//! An invitation: who may come in although sign-up is not open, and where to.

use serde::{Deserialize, Serialize};

use super::ids::{OrgId, UserId};

/// What has become of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum InvitationState {
    /// Waits for its person.
    Pending,
    /// Was taken.
    Accepted,
    /// Was taken back.
    Revoked,
    /// Waited too long.
    Expired,
}

/// An invitation to a tenant, or to one organization in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Id.
    pub id: String,
    /// Into this organization; none: the tenant.
    pub org: Option<OrgId>,
    /// The only address by which it can be taken; empty once its account is deleted.
    pub email: String,
    /// In the organization, or over the tenant.
    pub roles: Vec<String>,
    /// Who invited, as in audit events.
    pub invited_by: String,
    /// Epoch ms.
    pub created_at: i64,
    /// The newest mail, epoch ms.
    pub sent_at: i64,
    /// Epoch ms.
    pub expires_at: i64,
    /// Epoch ms.
    pub revoked_at: Option<i64>,
    /// Epoch ms.
    pub accepted_at: Option<i64>,
    /// Who took it.
    pub accepted_by: Option<UserId>,
}

impl Invitation {
    /// Changes with every change of the row, for `ETag`.
    pub fn version(&self) -> i64 {
        let over = self.revoked_at.max(self.accepted_at);
        over.unwrap_or(0).max(self.sent_at)
    }

    /// What has become of it.
    pub fn state(&self, now: i64) -> InvitationState {
        match (self.accepted_at, self.revoked_at) {
            (Some(_), _) => InvitationState::Accepted,
            (None, Some(_)) => InvitationState::Revoked,
            (None, None) if self.expires_at <= now => InvitationState::Expired,
            (None, None) => InvitationState::Pending,
        }
    }
}

/// The invitation that a flow began with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// SHA-256 of the value in the link.
    pub hash: Vec<u8>,
    /// The only address by which it can be taken.
    pub email: String,
}

/// The role of an invitation to the tenant that grants an account and nothing more; the
/// others are those of operators over the tenant.
pub const MEMBER: &str = "member";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_become_of_it() {
        let mut invitation = Invitation {
            id: "i".into(),
            org: None,
            email: "a@x.test".into(),
            roles: Vec::new(),
            invited_by: "token:t".into(),
            created_at: 0,
            sent_at: 0,
            expires_at: 10,
            revoked_at: None,
            accepted_at: None,
            accepted_by: None,
        };
        assert_eq!(invitation.state(9), InvitationState::Pending);
        assert_eq!(invitation.state(10), InvitationState::Expired);
        invitation.revoked_at = Some(5);
        assert_eq!(invitation.state(9), InvitationState::Revoked);
        invitation.accepted_at = Some(4);
        assert_eq!(invitation.state(99), InvitationState::Accepted);
    }
}
