//! A person at the fake provider.

use laneway_contract::{AccountMail, Acr, Credential, DirectoryUser, Groups, LockOut};

/// Everything the fake provider knows about somebody. Plain data: a test sets what it needs.
#[derive(Debug, Clone)]
pub struct Person {
    /// Subject at the issuer.
    pub subject: String,
    /// What they type.
    pub login_name: String,
    /// Address as asserted.
    pub email: Option<String>,
    /// Whether the provider calls it verified.
    pub email_verified: bool,
    /// Display name.
    pub name: Option<String>,
    /// Password for the headless method; without one that method never succeeds.
    pub password: Option<String>,
    /// Groups as asserted.
    pub groups: Groups,
    /// Whether they may sign in.
    pub enabled: bool,
    /// How they authenticate on the provider's page.
    pub amr: Vec<String>,
    /// The rung that their redirect logins reach.
    pub acr: Acr,
    /// What they sign in with, as far as we may see it.
    pub credentials: Vec<Credential>,
    /// Kept out for wrong tries.
    pub locked: Option<LockOut>,
    /// Mails that they were sent.
    pub mails: Vec<AccountMail>,
}

impl Person {
    /// An enabled person with a verified address that is also the login name.
    pub fn new(subject: &str, email: &str) -> Self {
        Self {
            subject: subject.to_owned(),
            login_name: email.to_owned(),
            email: Some(email.to_owned()),
            email_verified: true,
            name: None,
            password: None,
            groups: Groups::Absent,
            enabled: true,
            amr: vec!["pwd".to_owned()],
            acr: Acr::Aal1,
            credentials: Vec::new(),
            locked: None,
            mails: Vec::new(),
        }
    }

    pub(crate) fn as_directory_user(&self) -> DirectoryUser {
        DirectoryUser {
            subject: self.subject.clone(),
            login_name: self.login_name.clone(),
            email: self.email.clone(),
            email_verified: self.email_verified,
            name: self.name.clone(),
            enabled: self.enabled,
        }
    }
}
