//! A person's own page: how they get in, where they are in.

use askama::Template;

use super::{Chrome, RedirectChoice, filters};

/// One live session. Times are epoch milliseconds.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// Public session id.
    pub id: String,
    /// The one that looks at this page.
    pub current: bool,
    /// Browser and system, such as "Firefox on macOS".
    pub title: String,
    /// Last address seen.
    pub ip: String,
    /// Signed in.
    pub created: i64,
    /// Last seen.
    pub last_seen: i64,
    /// Hosts that hold a cookie of it.
    pub hosts: Vec<String>,
}

/// One passkey. Times are epoch milliseconds.
#[derive(Debug, Clone)]
pub struct PasskeyRow {
    /// Id at its provider.
    pub id: String,
    /// Its name.
    pub label: String,
    /// Added.
    pub created: i64,
    /// Used last.
    pub last_used: Option<i64>,
}

/// One linked identity.
#[derive(Debug, Clone)]
pub struct IdentityRow {
    /// Link id.
    pub id: String,
    /// Name of the provider.
    pub label: String,
    /// Who the person is there.
    pub subject: String,
    /// `upstream`, `connection` or `email`.
    pub kind: String,
    /// Linked, epoch milliseconds.
    pub since: i64,
    /// Shows "Unlink", which posts to `/account/identities/{id}/remove`.
    pub removable: bool,
}

impl IdentityRow {
    fn icon(&self) -> &'static str {
        if self.kind == "email" {
            "envelope"
        } else {
            "building"
        }
    }

    fn kind_key(&self) -> &'static str {
        match self.kind.as_str() {
            "email" => "identity-kind-email",
            "connection" => "identity-kind-connection",
            _ => "identity-kind-upstream",
        }
    }
}

/// `GET /account`.
#[derive(Template)]
#[template(path = "pages/account.html")]
pub struct AccountPage {
    /// Frame.
    pub chrome: Chrome,
    /// Hidden token of every form.
    pub csrf: String,
    /// Display name.
    pub name: String,
    /// Address; empty when none is known.
    pub email: String,
    /// Somebody vouches for the address.
    pub email_verified: bool,
    /// How strong the present session is: `aal1`, `aal2`, `phr`.
    pub acr: String,
    /// Live sessions.
    pub sessions: Vec<SessionRow>,
    /// Passkeys.
    pub passkeys: Vec<PasskeyRow>,
    /// Linked identities.
    pub identities: Vec<IdentityRow>,
    /// Providers that could be linked.
    pub linkable: Vec<RedirectChoice>,
    /// Passkeys can be added here.
    pub can_enrol: bool,
    /// May set up the installation.
    pub operator: bool,
    /// What just happened.
    pub flash: Option<String>,
    /// Ends this session.
    pub logout_href: String,
}

impl AccountPage {
    fn shown_name(&self) -> &str {
        if self.name.is_empty() {
            &self.email
        } else {
            &self.name
        }
    }

    fn acr_key(&self) -> &'static str {
        match self.acr.as_str() {
            "phr" => "account-acr-phr",
            "aal2" => "account-acr-aal2",
            _ => "account-acr-aal1",
        }
    }

    fn has_other_sessions(&self) -> bool {
        self.sessions.iter().any(|session| !session.current)
    }
}

#[cfg(test)]
const DAY: i64 = 1_773_306_840_000;

#[cfg(test)]
impl AccountPage {
    pub(super) fn samples() -> Vec<Self> {
        vec![Self::full_sample(), Self::empty_sample()]
    }

    fn full_sample() -> Self {
        let mut other = SessionRow::sample("s2", "Chrome on Windows");
        other.hosts.clear();
        Self {
            name: "Ana Ferreira".into(),
            email: "ana.ferreira@brennankohl.example".into(),
            email_verified: true,
            acr: "phr".into(),
            sessions: vec![
                SessionRow {
                    current: true,
                    ..SessionRow::sample("s1", "Firefox on macOS")
                },
                other,
            ],
            passkeys: vec![
                PasskeyRow::sample("p1", "MacBook, Touch ID", Some(DAY)),
                PasskeyRow::sample("p2", "YubiKey <5C>", None),
            ],
            identities: vec![
                IdentityRow::sample("i1", "Brennan & Kohl", "00u1f7", "upstream"),
                IdentityRow {
                    removable: true,
                    ..IdentityRow::sample(
                        "i2",
                        "Email",
                        "ana.ferreira@brennankohl.example",
                        "email",
                    )
                },
            ],
            linkable: vec![RedirectChoice {
                connection: "kc".into(),
                label: "Keycloak".into(),
            }],
            can_enrol: true,
            operator: true,
            flash: Some("Your profile is saved.".into()),
            chrome: Chrome::sample(),
            ..Self::empty_sample()
        }
    }

    fn empty_sample() -> Self {
        Self {
            chrome: Chrome::branded_sample(),
            csrf: "t0ken".into(),
            name: String::new(),
            email: String::new(),
            email_verified: false,
            acr: "aal1".into(),
            sessions: vec![SessionRow {
                current: true,
                ..SessionRow::sample("s1", "")
            }],
            passkeys: Vec::new(),
            identities: Vec::new(),
            linkable: Vec::new(),
            can_enrol: false,
            operator: false,
            flash: None,
            logout_href: "/bff/logout?sid=s1".into(),
        }
    }
}

#[cfg(test)]
impl SessionRow {
    fn sample(id: &str, title: &str) -> Self {
        Self {
            id: id.into(),
            current: false,
            title: title.into(),
            ip: "203.0.113.24".into(),
            created: DAY,
            last_seen: DAY + 7_200_000,
            hosts: vec![
                "login.tidewell.example".into(),
                "app.tidewell.example".into(),
            ],
        }
    }
}

#[cfg(test)]
impl PasskeyRow {
    fn sample(id: &str, label: &str, last_used: Option<i64>) -> Self {
        Self {
            id: id.into(),
            label: label.into(),
            created: DAY,
            last_used,
        }
    }
}

#[cfg(test)]
impl IdentityRow {
    fn sample(id: &str, label: &str, subject: &str, kind: &str) -> Self {
        Self {
            id: id.into(),
            label: label.into(),
            subject: subject.into(),
            kind: kind.into(),
            since: DAY,
            removable: false,
        }
    }
}
