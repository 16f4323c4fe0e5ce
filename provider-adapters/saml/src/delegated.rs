//! A provider that somebody else speaks to on our behalf.
//!
//! Owns: what they are told, and the judgement of the response that they bring.
//! Must not know: who they are.

use std::sync::Arc;

use async_trait::async_trait;
use laneway_contract::{CustomerSaml, CustomerSettings, Delegable, ProviderError, Trial};
use secrecy::{ExposeSecret as _, SecretString};

use crate::Binding;
use crate::provider::{Handle, step, unreadable};

#[async_trait]
impl Delegable for Handle {
    async fn settings(&self) -> Result<CustomerSettings, ProviderError> {
        let config = &self.0.config;
        let certificates = config.certificates.iter();
        Ok(CustomerSettings::Saml(CustomerSaml {
            entity_id: config.entity_id.clone(),
            sso_url: config.sso_url.clone(),
            by_post: config.sso_binding == Binding::Post,
            certificates: certificates.map(|one| one.base64.clone()).collect(),
            sign_requests: config.sign_requests,
            sp_entity_id: config.sp_entity_id.clone(),
        }))
    }

    async fn judge(&self, answer: &SecretString) -> Trial {
        let (provider, answer) = (Arc::clone(&self.0), answer.clone());
        let work =
            tokio::task::spawn_blocking(move || provider.examine_brought(answer.expose_secret()));
        let (checks, outcome) = work.await.unwrap_or_else(|_| unreadable());
        Trial {
            checks,
            outcome: Ok(step(outcome)),
        }
    }
}
