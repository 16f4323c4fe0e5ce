//! Something a person went to do about their own ways to sign in at their provider, and whether
//! it is seen to have been done.
//!
//! Owns: what counts as done. Must not know: how a provider does anything.

use laneway_contract::{AccountAction, Credential, MethodKind};
use serde::{Deserialize, Serialize};

use super::ids::UpstreamId;

/// What they went for, and what there was before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errand {
    /// Where.
    pub upstream: UpstreamId,
    /// Who they are there.
    pub subject: String,
    /// What they want.
    pub action: AccountAction,
    /// Their credentials when they set out.
    pub before: Vec<Known>,
}

/// A credential as far as it is compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Id at the provider.
    pub id: String,
    /// Password, passkey, …
    pub kind: MethodKind,
    /// Epoch ms: another password may keep the id of the old one.
    pub created_at: i64,
}

impl Known {
    fn is(&self, other: &Credential) -> bool {
        self.id == other.id && self.created_at == other.created_at_ms
    }
}

impl From<&Credential> for Known {
    fn from(credential: &Credential) -> Self {
        Self {
            id: credential.id.clone(),
            kind: credential.kind,
            created_at: credential.created_at_ms,
        }
    }
}

/// What has been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// There was no password.
    PasswordSet,
    /// There is another password.
    PasswordChanged,
    /// There is one more authenticator app.
    TotpAdded,
    /// There is one more passkey.
    PasskeyAdded,
    /// There are other recovery codes.
    RecoveryCodesMade,
    /// An authenticator app is gone.
    TotpRemoved,
    /// A passkey is gone.
    PasskeyRemoved,
}

impl Errand {
    /// What was done of what they went for, and to which credential; `None` for nothing. Only
    /// what the provider shows of them counts, never what a browser brings back.
    pub fn seen(&self, after: &[Credential]) -> Option<(Done, String)> {
        let had = |kind| self.before.iter().any(|known| known.kind == kind);
        let new = |kind| {
            let new = |one: &&Credential| {
                one.kind == kind && !self.before.iter().any(|known| known.is(one))
            };
            after.iter().find(new).map(|one| one.id.clone())
        };
        match &self.action {
            AccountAction::ChangePassword => {
                let done = if had(MethodKind::Password) {
                    Done::PasswordChanged
                } else {
                    Done::PasswordSet
                };
                new(MethodKind::Password).map(|id| (done, id))
            }
            AccountAction::AddTotp => new(MethodKind::Totp).map(|id| (Done::TotpAdded, id)),
            AccountAction::AddPasskey => {
                new(MethodKind::Passkey).map(|id| (Done::PasskeyAdded, id))
            }
            AccountAction::RenewRecoveryCodes => {
                new(MethodKind::RecoveryCode).map(|id| (Done::RecoveryCodesMade, id))
            }
            AccountAction::Remove(id) => {
                let there = after.iter().any(|one| one.id == *id);
                let was = self.before.iter().find(|known| known.id == *id);
                let done = removed(was.filter(|_| !there)?.kind)?;
                Some((done, id.clone()))
            }
        }
    }
}

/// What it is called when a credential of a kind is gone.
fn removed(kind: MethodKind) -> Option<Done> {
    match kind {
        MethodKind::Totp => Some(Done::TotpRemoved),
        MethodKind::Passkey => Some(Done::PasskeyRemoved),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(id: &str, kind: MethodKind, at: i64) -> Credential {
        Credential {
            id: id.into(),
            kind,
            label: String::new(),
            created_at_ms: at,
            last_used_at_ms: None,
            remaining: None,
        }
    }

    fn errand(action: AccountAction, before: &[Credential]) -> Errand {
        Errand {
            upstream: UpstreamId("u".into()),
            subject: "s".into(),
            action,
            before: before.iter().map(Known::from).collect(),
        }
    }

    #[test]
    fn a_password_is_new_by_its_date_and_an_addition_by_its_id() {
        let (password, app) = (
            credential("p", MethodKind::Password, 1),
            credential("t", MethodKind::Totp, 1),
        );
        let before = [password.clone(), app.clone()];
        let change = errand(AccountAction::ChangePassword, &before);
        assert_eq!(change.seen(&before), None);
        let newer = [credential("p", MethodKind::Password, 2), app.clone()];
        let seen = Some((Done::PasswordChanged, "p".to_owned()));
        assert_eq!(change.seen(&newer), seen);
        let first = errand(AccountAction::ChangePassword, std::slice::from_ref(&app));
        let seen = Some((Done::PasswordSet, "p".to_owned()));
        assert_eq!(first.seen(&before), seen);

        // What came that nobody went for is not what they went for.
        let add = errand(AccountAction::AddTotp, &before);
        let passkey = [password, app, credential("k", MethodKind::Passkey, 2)];
        assert_eq!(add.seen(&passkey), None);
        let add = errand(AccountAction::AddPasskey, &before);
        let seen = Some((Done::PasskeyAdded, "k".to_owned()));
        assert_eq!(add.seen(&passkey), seen);
    }

    #[test]
    fn only_what_was_there_and_is_gone_was_removed() {
        let before = [
            credential("p", MethodKind::Password, 1),
            credential("k", MethodKind::Passkey, 1),
        ];
        let remove = |id: &str| errand(AccountAction::Remove(id.into()), &before);
        let seen = Some((Done::PasskeyRemoved, "k".to_owned()));
        assert_eq!(remove("k").seen(&before[..1]), seen);
        assert_eq!(remove("k").seen(&before), None);
        assert_eq!(remove("never").seen(&before), None);
    }
}
