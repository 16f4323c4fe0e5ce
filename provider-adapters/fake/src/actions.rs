//! What people change about their own ways to sign in on the fake provider's page. There is no
//! page: a test lets the action that an address names happen, or not.

use async_trait::async_trait;
use laneway_contract::{
    AccountAction, AccountActions, BeginRedirect, Credential, MethodKind, ProviderError,
    RedirectLogin, RedirectTo,
};
use url::Url;

use crate::{Fake, Person};

impl Fake {
    /// This person does what `authorize` asks for; false where it asks for nothing, or for what
    /// is not there.
    pub fn perform(&self, subject: &str, authorize: &Url) -> bool {
        let asked = authorize.query_pairs().find(|(key, _)| key == "action");
        let asked = asked.and_then(|(_, value)| serde_json::from_str(&value).ok());
        let Some(action) = asked else {
            return false;
        };
        let new = Credential {
            id: self.token("credential"),
            kind: kind(&action),
            label: String::new(),
            created_at_ms: self.shared.env.clock.now_ms(),
            last_used_at_ms: None,
            remaining: None,
        };
        let mut done = false;
        self.change(subject, |person| done = carry_out(person, &action, new));
        done
    }

    /// Whether we may not see people's credentials.
    pub fn set_private(&self, private: bool) {
        self.script().private = private;
    }
}

fn kind(action: &AccountAction) -> MethodKind {
    match action {
        AccountAction::ChangePassword => MethodKind::Password,
        AccountAction::AddTotp => MethodKind::Totp,
        AccountAction::AddPasskey | AccountAction::Remove(_) => MethodKind::Passkey,
        AccountAction::RenewRecoveryCodes => MethodKind::RecoveryCode,
    }
}

fn carry_out(person: &mut Person, action: &AccountAction, new: Credential) -> bool {
    let before = person.credentials.len();
    match action {
        AccountAction::Remove(id) => {
            person.credentials.retain(|known| known.id != *id);
            return person.credentials.len() < before;
        }
        AccountAction::ChangePassword | AccountAction::RenewRecoveryCodes => {
            person.credentials.retain(|known| known.kind != new.kind);
        }
        AccountAction::AddTotp | AccountAction::AddPasskey => {}
    }
    person.credentials.push(new);
    true
}

#[async_trait]
impl AccountActions for Fake {
    async fn begin(
        &self,
        request: BeginRedirect,
        action: &AccountAction,
    ) -> Result<RedirectTo, ProviderError> {
        let mut begun = RedirectLogin::begin(self, request).await?;
        let action = serde_json::to_string(action)
            .map_err(|error| ProviderError::InvalidResponse(error.to_string()))?;
        begun.url.query_pairs_mut().append_pair("action", &action);
        Ok(begun)
    }

    async fn credentials(&self, subject: &str) -> Result<Vec<Credential>, ProviderError> {
        self.obey().await?;
        let script = self.script();
        if script.private {
            return Err(ProviderError::Misconfigured(
                "credentials are not for us to see [missing_right]".into(),
            ));
        }
        let person = script.people.get(subject);
        person
            .map(|person| person.credentials.clone())
            .ok_or(ProviderError::NotFound)
    }
}
