//! What providers keep of a person, and let them change on pages of their own.

/// What one provider keeps.
#[derive(Debug, Clone)]
pub struct ElsewhereSection {
    /// Slug of the upstream.
    pub upstream: String,
    /// Its name.
    pub label: String,
    /// Why nothing is shown: `away`, `not-allowed`, `gone`.
    pub trouble: Option<&'static str>,
    /// When the password was changed, if there is one; epoch milliseconds.
    pub password_changed: Option<i64>,
    /// Passkeys and authenticator apps.
    pub rows: Vec<KeptRow>,
    /// Unused recovery codes, where there are any codes.
    pub codes: Option<u32>,
}

/// One passkey or authenticator app there.
#[derive(Debug, Clone)]
pub struct KeptRow {
    /// Id at its provider.
    pub id: String,
    /// It is a passkey.
    pub passkey: bool,
    /// Its name, if it has one.
    pub label: String,
    /// Added, epoch milliseconds.
    pub created: i64,
    /// Nothing else lets them in.
    pub last: bool,
}

impl KeptRow {
    /// What stands before it.
    pub fn icon(&self) -> &'static str {
        if self.passkey { "key" } else { "phone" }
    }

    /// The words for its kind.
    pub fn kind_key(&self) -> &'static str {
        if self.passkey {
            "account-there-passkey"
        } else {
            "account-totp"
        }
    }
}

impl ElsewhereSection {
    /// The words for what is in the way.
    pub fn trouble_key(&self) -> Option<&'static str> {
        self.trouble.map(|trouble| match trouble {
            "not-allowed" => "account-there-not-allowed",
            "gone" => "account-there-gone",
            _ => "account-there-away",
        })
    }
}

#[cfg(test)]
impl ElsewhereSection {
    pub(super) fn samples() -> [Vec<Self>; 2] {
        let row = |id: &str, passkey, label: &str| KeptRow {
            id: id.into(),
            passkey,
            label: label.into(),
            created: super::DAY,
            last: passkey,
        };
        let full = Self {
            upstream: "keycloak".into(),
            label: "Harbour <ID>".into(),
            trouble: None,
            password_changed: Some(super::DAY),
            rows: vec![row("k1", true, "YubiKey <5C>"), row("t1", false, "")],
            codes: Some(7),
        };
        let without = |(upstream, trouble): (&str, _)| Self {
            upstream: upstream.into(),
            label: format!("Harbour {upstream}"),
            trouble,
            password_changed: None,
            rows: Vec::new(),
            codes: None,
        };
        let troubles = [
            ("one", None),
            ("two", Some("away")),
            ("three", Some("not-allowed")),
            ("four", Some("gone")),
        ];
        [vec![full], troubles.map(without).to_vec()]
    }
}
