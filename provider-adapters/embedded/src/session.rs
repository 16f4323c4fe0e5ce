//! What a completed login says about a person, and the sessions that this provider does
//! not have: the core's own session is all there is, so ending it ends everything.

use async_trait::async_trait;
use laneway_contract::{
    Acr, AuthEvidence, EndSession, EvidenceSource, Groups, LogoutToken, ProviderError,
    SessionControl, SessionEvidence, UpstreamIdentity, UpstreamSession, Verdict,
};

use crate::account::{self, Account};
use crate::fault::Fault;
use crate::provider::Embedded;

/// What was just proven.
pub(crate) struct Proof {
    /// The address that the code went to.
    pub(crate) address: Option<String>,
    pub(crate) amr: Vec<String>,
    pub(crate) acr: Acr,
}

impl Embedded {
    /// The assertion for the core. An address proven right now stands above a stored one.
    pub(crate) fn identity(&self, account: Account, proof: Proof) -> Box<UpstreamIdentity> {
        let email_verified = proof.address.is_some() || account.email_verified;
        Box::new(UpstreamIdentity {
            issuer: self.issuer.clone(),
            subject: account.subject,
            via: None,
            email_verified,
            email: proof.address.or(account.email),
            name: account.name,
            groups: Groups::Absent,
            claims: serde_json::Map::new(),
            evidence: AuthEvidence {
                amr: proof.amr,
                acr: proof.acr,
                auth_time_ms: self.env.clock.now_ms(),
                source: EvidenceSource::Own,
            },
            session: None,
            once: Vec::new(),
        })
    }
}

#[async_trait]
impl SessionControl for Embedded {
    async fn end_session(
        &self,
        _session: SessionEvidence,
        _return_to: &str,
    ) -> Result<EndSession, ProviderError> {
        Ok(EndSession::Ended)
    }

    async fn verify_logout_token(&self, _token: &str) -> Result<LogoutToken, ProviderError> {
        // Whoever sends one made it up.
        Err(ProviderError::InvalidResponse(
            "the embedded provider sends no logout tokens".to_owned(),
        ))
    }

    async fn revalidate(&self, session: SessionEvidence) -> Result<Verdict, ProviderError> {
        let tenant_id = &self.config.tenant_id;
        let account = account::by_subject(&self.db, tenant_id, &session.subject).await;
        Ok(match account.map_err(Fault::from)? {
            None => Verdict::SubjectGone,
            Some(account) if account.enabled => Verdict::Alive,
            Some(_) => Verdict::Disabled,
        })
    }

    async fn refresh(
        &self,
        _session: SessionEvidence,
    ) -> Result<Option<UpstreamSession>, ProviderError> {
        // It issues none.
        Ok(None)
    }

    async fn revoke(&self, _session: &UpstreamSession) -> Result<(), ProviderError> {
        Ok(())
    }
}
