//! The mails with a link that Keycloak writes to people of the realm.
//!
//! The link opens Keycloak's own page. When what the mail is for is done, that page leads to the
//! home address of our client, which the set-up writes; how long a link is good is the realm's
//! setting.
//!
//! Owns: what each mail is called there, and what stands in its way.
//! Must not know: who asks, and why.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Response};
use laneway_contract::{AccountMail, AccountMails, MailSent, ProviderError};
use serde_json::json;

use crate::Keycloak;
use crate::admin::{self, Call};
use crate::directory::{nobody, place};

#[async_trait]
impl AccountMails for Keycloak {
    async fn send(&self, subject: &str, mail: AccountMail) -> Result<MailSent, ProviderError> {
        let [users, subject] = place(subject).ok_or(ProviderError::NotFound)?;
        let actions = json!([action(mail)]);
        let call = Call {
            method: Method::PUT,
            path: &[users, subject, "execute-actions-email"],
            query: &[("client_id", self.config.client_id.as_str())],
            body: Some(&actions),
        };
        let answer = self.ask(&call).await?;
        if answer.status().is_success() {
            return Ok(MailSent::Sent);
        }
        if nobody(&answer) {
            return Err(ProviderError::NotFound);
        }
        hindrance(&answer).ok_or_else(|| self.refusal(&answer))
    }
}

fn action(mail: AccountMail) -> &'static str {
    match mail {
        AccountMail::SetPassword => "UPDATE_PASSWORD",
        AccountMail::VerifyEmail => "VERIFY_EMAIL",
    }
}

/// What Keycloak says of this mail, where it is not a fault of the call. A mail server that is
/// missing, refuses or is away is the same to it, and a 500.
fn hindrance(answer: &Response<Bytes>) -> Option<MailSent> {
    let said = admin::reason(answer);
    match (answer.status().as_u16(), said.as_str()) {
        (400, "User email missing") => Some(MailSent::NoAddress),
        (400, "User is disabled") => Some(MailSent::Disabled),
        (500, text) if text.starts_with("Failed to send") => Some(MailSent::NotDelivered(said)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_way_is_told_from_faults() {
        let of = |status: u16, text: &str| {
            let body = Bytes::from(json!({ "errorMessage": text }).to_string());
            hindrance(&Response::builder().status(status).body(body).unwrap())
        };
        assert_eq!(of(400, "User email missing"), Some(MailSent::NoAddress));
        assert_eq!(of(400, "User is disabled"), Some(MailSent::Disabled));
        let away = "Failed to send execute actions email: Error when attempting to send";
        assert_eq!(of(500, away), Some(MailSent::NotDelivered(away.into())));
        for (status, text) in [
            (400, "Client doesn't exist"),
            (500, "unknown_error"),
            (403, "User is disabled"),
            (502, "Failed to send"),
        ] {
            assert_eq!(of(status, text), None, "{status} {text}");
        }
    }
}
