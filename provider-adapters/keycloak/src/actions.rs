//! Self-service on Keycloak's pages: choose a password, add or remove an authenticator app or a
//! passkey, make new recovery codes.
//!
//! The answer's `kc_action_status` is unsigned and is not read: whether it happened is seen in the
//! person's credentials, as the administration shows them to our client's account.
//!
//! Owns: what Keycloak calls each action and each credential.
//! Must not know: who wants what, and what becomes of it here.

use async_trait::async_trait;
use http::{Method, StatusCode};
use laneway_contract::{
    AccountAction, AccountActions, BeginRedirect, Check, Credential, MethodKind, ProviderError,
    RedirectTo, Who,
};
use serde_json::Value;

use crate::Keycloak;
use crate::admin::{self, Call, MISSING_RIGHT};
use crate::directory::nobody;

/// The role that lets one read somebody's credentials.
const RIGHT: &str = "view-users";

#[async_trait]
impl AccountActions for Keycloak {
    async fn begin(
        &self,
        request: BeginRedirect,
        action: &AccountAction,
    ) -> Result<RedirectTo, ProviderError> {
        self.begin_with(request, Some(&name(action))).await
    }

    async fn credentials(&self, subject: &str) -> Result<Vec<Credential>, ProviderError> {
        // `.` and `..` would climb out of the path, and nothing would name them all.
        if matches!(subject, "" | "." | "..") {
            return Err(ProviderError::NotFound);
        }
        let path = ["users", subject, "credentials"];
        let call = Call {
            method: Method::GET,
            path: &path,
            query: &[],
            body: None,
        };
        let answer = self.account.send(&call, self.oidc.env()).await;
        let answer = answer.map_err(|error| match error.code() {
            Some(MISSING_RIGHT) => no_right(),
            _ => error,
        })?;
        match answer.status().as_u16() {
            200 => {}
            401 | 403 => return Err(no_right()),
            404 if nobody(&answer) => return Err(ProviderError::NotFound),
            404 => {
                return Err(ProviderError::Misconfigured(
                    "there is no administration to ask about credentials: open it to Laneway"
                        .into(),
                ));
            }
            _ => return Err(admin::refused(&answer, &self.account.place(&path))),
        }
        let Some(Value::Array(all)) = admin::json(&answer) else {
            let text = "a person's credentials are no list";
            return Err(ProviderError::InvalidResponse(text.into()));
        };
        Ok(all.iter().filter_map(shown).collect())
    }
}

impl Keycloak {
    /// Whether people's own ways to sign in can be shown to them. Without it they sign in all the
    /// same, and change them on Keycloak's own pages.
    pub(crate) async fn check_credentials(&self) -> Check {
        let name = "credentials";
        let expected = "the right to see people's credentials (view-users)";
        let fix = "Run `laneway upstream bootstrap keycloak`.";
        match self.may_read_credentials().await {
            Ok(()) => Check::pass(name, "read for people's own account page"),
            Err(ProviderError::Misconfigured(_)) => {
                let received = "Laneway's client may not see them";
                Check::warn(name, received, expected, Who::Us, fix)
            }
            Err(error) => Check::warn(name, error.to_string(), expected, Who::Us, fix),
        }
    }

    /// Asks, with the rights that the account has now, about that account itself.
    async fn may_read_credentials(&self) -> Result<(), ProviderError> {
        let admin = self.account.fresh(self.oidc.env()).await?;
        let own = admin.subject().unwrap_or_default();
        let call = Call {
            method: Method::GET,
            path: &["users", &own, "credentials"],
            query: &[],
            body: None,
        };
        let answer = admin.call(&call).await?;
        match answer.status() {
            StatusCode::OK => Ok(()),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(no_right()),
            _ => Err(admin::refused(&answer, &self.account.place(call.path))),
        }
    }
}

const PASSWORD: &str = "UPDATE_PASSWORD";
const TOTP: &str = "CONFIGURE_TOTP";
const PASSKEY: &str = "webauthn-register-passwordless";
const CODES: &str = "CONFIGURE_RECOVERY_AUTHN_CODES";
const REMOVAL: &str = "delete_credential";

/// Every action that somebody may be sent to.
pub(crate) const NEEDED: [&str; 5] = [PASSWORD, TOTP, PASSKEY, CODES, REMOVAL];

fn name(action: &AccountAction) -> String {
    match action {
        AccountAction::ChangePassword => PASSWORD.into(),
        AccountAction::AddTotp => TOTP.into(),
        AccountAction::AddPasskey => PASSKEY.into(),
        AccountAction::RenewRecoveryCodes => CODES.into(),
        AccountAction::Remove(id) => format!("{REMOVAL}:{id}"),
    }
}

fn no_right() -> ProviderError {
    ProviderError::Misconfigured(format!(
        "the client may not see people's credentials: run `laneway upstream bootstrap keycloak`, or give its account the role {RIGHT} of the client realm-management [{MISSING_RIGHT}]"
    ))
}

/// Old passwords that only a rule remembers are no way in; nor, by itself, is a security key that
/// is asked for after a password (`webauthn`), and there is no word for one of those here.
fn shown(record: &Value) -> Option<Credential> {
    let kind = match record["type"].as_str()? {
        "password" => MethodKind::Password,
        "otp" => MethodKind::Totp,
        "webauthn-passwordless" => MethodKind::Passkey,
        "recovery-authn-codes" => MethodKind::RecoveryCode,
        _ => return None,
    };
    Some(Credential {
        id: record["id"].as_str().unwrap_or_default().to_owned(),
        kind,
        label: record["userLabel"].as_str().unwrap_or_default().to_owned(),
        created_at_ms: record["createdDate"].as_i64().unwrap_or_default(),
        last_used_at_ms: None,
        remaining: (kind == MethodKind::RecoveryCode)
            .then(|| remaining(record))
            .flatten(),
    })
}

fn remaining(record: &Value) -> Option<u32> {
    let data: Value = serde_json::from_str(record["credentialData"].as_str()?).ok()?;
    u32::try_from(data["remaining"].as_u64()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_signs_somebody_in_is_shown() {
        let of = |kind: &str| {
            let record = json!({"id": "1", "type": kind, "userLabel": "Phone", "createdDate": 5,
                "credentialData": r#"{"remaining":7,"totalCodes":12}"#});
            shown(&record).map(|found| (found.kind, found.remaining))
        };
        assert_eq!(of("password"), Some((MethodKind::Password, None)));
        assert_eq!(of("otp"), Some((MethodKind::Totp, None)));
        let passkey = Some((MethodKind::Passkey, None));
        assert_eq!(of("webauthn-passwordless"), passkey);
        let codes = Some((MethodKind::RecoveryCode, Some(7)));
        assert_eq!(of("recovery-authn-codes"), codes);
        for other in ["password-history", "webauthn", "secret-question"] {
            assert_eq!(of(other), None);
        }
        assert_eq!(shown(&json!({"id": "1"})), None);
    }

    #[test]
    fn a_credential_is_named_in_its_removal() {
        let action = AccountAction::Remove("c1".into());
        assert_eq!(name(&action), "delete_credential:c1");
    }
}
