//! A person's own page: how they get in, where they are in. A file per section, here and
//! in `templates/parts/account`.

mod apps;
mod devices;
mod elsewhere;
mod factors;
mod identities;
mod organizations;
mod passkeys;
mod profile;
mod sessions;
mod tokens;

pub use apps::{AppRow, AppSignIn, AppsSection};
pub use devices::{DeviceRow, DevicesSection};
pub use elsewhere::{ElsewhereSection, KeptRow};
pub use factors::FactorsSection;
pub use identities::{IdentitiesSection, IdentityRow};
pub use organizations::{MembershipRow, OrganizationsSection};
pub use passkeys::{PasskeyRow, PasskeysSection};
pub use profile::ProfileSection;
pub use sessions::{SessionRow, SessionsSection};
pub use tokens::{TokenRow, TokensSection};

use askama::Template;

use super::{Chrome, filters};

/// `GET /account`.
#[derive(Template)]
#[template(path = "pages/account.html")]
pub struct AccountPage {
    /// Frame.
    pub chrome: Chrome,
    /// Hidden token of every form.
    pub csrf: String,
    /// How strong the present session is: `aal1`, `aal2`, `phr`.
    pub acr: String,
    /// May set up the installation.
    pub operator: bool,
    /// What just happened.
    pub flash: Option<String>,
    /// Ends this session.
    pub logout_href: String,
    /// Section.
    pub profile: ProfileSection,
    /// Section.
    pub passkeys: PasskeysSection,
    /// Section.
    pub factors: FactorsSection,
    /// A section for each provider that keeps something.
    pub elsewhere: Vec<ElsewhereSection>,
    /// Section.
    pub identities: IdentitiesSection,
    /// Section.
    pub sessions: SessionsSection,
    /// Section.
    pub devices: DevicesSection,
    /// Section.
    pub apps: AppsSection,
    /// Section.
    pub tokens: TokensSection,
    /// Section.
    pub organizations: OrganizationsSection,
}

impl AccountPage {
    fn shown_name(&self) -> &str {
        if self.profile.name.is_empty() {
            &self.profile.email
        } else {
            &self.profile.name
        }
    }

    /// Passkeys are kept elsewhere only, and are shown there.
    fn no_passkeys_here(&self) -> bool {
        let none = self.passkeys.rows.is_empty() && !self.passkeys.can_enrol;
        none && !self.elsewhere.is_empty()
    }

    fn acr_key(&self) -> &'static str {
        match self.acr.as_str() {
            "phr" => "account-acr-phr",
            "aal2" => "account-acr-aal2",
            _ => "account-acr-aal1",
        }
    }
}

#[cfg(test)]
const DAY: i64 = 1_773_306_840_000;

#[cfg(test)]
impl AccountPage {
    /// A page where every section is full, and one where every section is empty.
    pub(super) fn samples() -> Vec<Self> {
        let [profile, no_profile] = ProfileSection::samples();
        let [passkeys, no_passkeys] = PasskeysSection::samples();
        let [factors, no_factors] = FactorsSection::samples();
        let [elsewhere, trouble_elsewhere] = ElsewhereSection::samples();
        let [identities, no_identities] = IdentitiesSection::samples();
        let [organizations, no_organizations] = OrganizationsSection::samples();
        let [sessions, one_session] = SessionsSection::samples();
        let [devices, no_devices] = DevicesSection::samples();
        let [apps, no_apps] = AppsSection::samples();
        let [tokens, no_tokens] = TokensSection::samples();
        let full = Self {
            chrome: Chrome::sample(),
            csrf: "t0ken".into(),
            acr: "phr".into(),
            operator: true,
            flash: Some("Your profile is saved.".into()),
            logout_href: "/bff/logout?sid=s1".into(),
            profile,
            passkeys,
            factors,
            elsewhere,
            identities,
            sessions,
            devices,
            apps,
            tokens,
            organizations,
        };
        let empty = Self {
            chrome: Chrome::branded_sample(),
            csrf: "t0ken".into(),
            acr: "aal1".into(),
            operator: false,
            flash: None,
            logout_href: "/bff/logout?sid=s1".into(),
            profile: no_profile,
            passkeys: no_passkeys,
            factors: no_factors,
            elsewhere: trouble_elsewhere,
            identities: no_identities,
            sessions: one_session,
            devices: no_devices,
            apps: no_apps,
            tokens: no_tokens,
            organizations: no_organizations,
        };
        vec![full, empty]
    }
}
