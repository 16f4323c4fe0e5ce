//! The page of an invitation: who is invited, to what, and what to do now.

use askama::Template;

use super::{Chrome, PendingCode, filters};

/// Where somebody stands who opened an invitation.
#[derive(Debug, Clone)]
pub enum InvitationStep {
    /// Nobody is signed in.
    Begin,
    /// Signed in with the invited address.
    Accept,
    /// Signed in, without a confirmed address.
    Confirm,
    /// A code to the invited address is waited for.
    Code(PendingCode),
    /// Signed in with another address.
    Other,
    /// It was taken.
    Used,
    /// It was taken back.
    Revoked,
    /// It is too old.
    Expired,
}

/// `GET /invitations/{token}`.
#[derive(Template)]
#[template(path = "pages/invitation.html")]
pub struct InvitationPage {
    /// Frame.
    pub chrome: Chrome,
    /// Hidden token.
    pub csrf: String,
    /// The invited address.
    pub email: String,
    /// Name of the organization; empty: to the tenant.
    pub organization: String,
    /// Who is signed in; empty: nobody.
    pub me: String,
    /// What is to be done.
    pub step: InvitationStep,
    /// What went wrong.
    pub error: Option<String>,
}

impl InvitationPage {
    fn place(&self) -> &str {
        if self.organization.is_empty() {
            &self.chrome.tenant_name
        } else {
            &self.organization
        }
    }

    fn pending(&self) -> Option<&PendingCode> {
        match &self.step {
            InvitationStep::Code(pending) => Some(pending),
            _ => None,
        }
    }

    /// Why it cannot be taken any more, as the end of a key.
    fn over(&self) -> Option<(&'static str, &'static str)> {
        match self.step {
            InvitationStep::Used => Some(("invitation-used", "invitation-used-more")),
            InvitationStep::Revoked => Some(("invitation-revoked", "invitation-revoked-more")),
            InvitationStep::Expired => Some(("invitation-expired", "invitation-expired-more")),
            _ => None,
        }
    }

    /// The button that is all there is to press, with what it posts.
    fn button(&self) -> Option<(&'static str, &'static str)> {
        match self.step {
            InvitationStep::Begin => Some(("begin", "invitation-begin")),
            InvitationStep::Accept => Some(("accept", "invitation-accept")),
            InvitationStep::Confirm => Some(("send", "invitation-send")),
            InvitationStep::Other => Some(("sign-out", "invitation-sign-out")),
            _ => None,
        }
    }

    fn lead_key(&self) -> &'static str {
        match self.step {
            InvitationStep::Accept => "invitation-lead-accept",
            InvitationStep::Confirm => "invitation-lead-confirm",
            InvitationStep::Other => "invitation-lead-other",
            _ => "invitation-lead-begin",
        }
    }
}

#[cfg(test)]
impl InvitationPage {
    pub(super) fn samples() -> Vec<Self> {
        let page = |step| Self {
            chrome: Chrome::sample(),
            csrf: "t0ken".into(),
            email: "ana.ferreira@brennankohl.example".into(),
            organization: "Brennan & Kohl".into(),
            me: "Ana <Ferreira>".into(),
            step,
            error: None,
        };
        let code = || {
            InvitationStep::Code(PendingCode {
                email: "ana.ferreira@brennankohl.example".into(),
                resend_in: 12,
            })
        };
        let error = || Some("That code does not match.".to_owned());
        vec![
            Self {
                organization: String::new(),
                me: String::new(),
                ..page(InvitationStep::Begin)
            },
            page(InvitationStep::Accept),
            page(InvitationStep::Confirm),
            page(code()),
            Self {
                error: error(),
                ..page(code())
            },
            page(InvitationStep::Other),
            Self {
                error: error(),
                ..page(InvitationStep::Other)
            },
            page(InvitationStep::Used),
            page(InvitationStep::Revoked),
            page(InvitationStep::Expired),
        ]
    }
}
