//! A service provider and an identity provider that know each other.

use laneway_contract::{
    AdapterState, BeginRedirect, Callback, Check, LoginStep, RedirectLogin as _, UpstreamIdentity,
};
use laneway_fake::saml_idp::{Said, SamlIdp, SeenRequest};
use laneway_fake::{ManualClock, test_env};
use laneway_saml::{Binding, Certificate, Handle, SamlConfig, SamlProvider, SigningKey};
use url::Url;

pub const NOW: i64 = 1_790_000_000_000;
pub const ACS: &str = "https://login.test/saml/c1/acs";
pub const LOGOUT: &str = "https://login.test/saml/c1/logout";
pub const SP: &str = "https://login.test/saml/c1";
pub const STATE: &str =
    "t.0199c0de-0000-7000-8000-000000000001.0123456789012345678901234567890123456789";

/// Both sides and a sign-in that was begun.
pub struct Rig {
    pub idp: SamlIdp,
    pub handle: Handle,
    pub request: SeenRequest,
    state: AdapterState,
}

pub fn config(idp: &SamlIdp) -> SamlConfig {
    SamlConfig {
        entity_id: idp.entity_id.clone(),
        sso_url: Url::parse(&idp.sso_url).expect("an address"),
        sso_binding: Binding::Redirect,
        slo: None,
        certificates: vec![Certificate::read(&idp.certificate()).expect("a certificate")],
        metadata_url: None,
        sp_entity_id: SP.to_owned(),
        acs_url: Url::parse(ACS).expect("an address"),
        logout_url: Url::parse(LOGOUT).expect("an address"),
        request_page: Url::parse("https://login.test/saml/c1/request").expect("an address"),
        key: SigningKey::generate("login.test", NOW).expect("a key"),
        sign_requests: true,
        groups_claim: None,
        email_claim: None,
        name_claim: None,
    }
}

pub fn idp() -> SamlIdp {
    SamlIdp::new(
        "https://idp.test/metadata",
        "https://idp.test/sso?tenant=1&x=2",
    )
}

impl Rig {
    pub async fn new() -> Self {
        let idp = idp();
        let config = config(&idp);
        Self::with(idp, config).await
    }

    pub async fn with(idp: SamlIdp, config: SamlConfig) -> Self {
        let posted = config.sso_binding == Binding::Post;
        // Whoever calls out from here fails: there is no network.
        let env = test_env(&ManualClock::at(NOW), 1);
        let handle = Handle(SamlProvider::new(config, env).expect("a provider"));
        let begun = handle.begin(request()).await.expect("begun");
        let request = if posted {
            let value = |name: &str| {
                let found = begun.url.query_pairs().find(|(key, _)| key == name);
                found.expect("a field").1.into_owned()
            };
            idp.read_posted(&value("SAMLRequest"), &value("RelayState"))
        } else {
            idp.read(&begun.url)
        };
        Self {
            idp,
            handle,
            request,
            state: begun.state,
        }
    }

    /// What a plain answer would say.
    pub fn said(&self) -> Said {
        let mut said = self.idp.says(&self.request, "u-1001", NOW);
        said.attributes = vec![
            ("email".into(), vec!["mona@acme.test".into()]),
            ("displayName".into(), vec!["Mona & Co".into()]),
            ("groups".into(), vec!["staff".into(), "eng".into()]),
        ];
        said
    }

    /// What comes of an answer: the checks and the person.
    pub async fn takes(&self, response: &str) -> (Vec<Check>, Option<UpstreamIdentity>) {
        self.takes_with(response, &self.request.relay_state).await
    }

    pub async fn takes_with(
        &self,
        response: &str,
        relay_state: &str,
    ) -> (Vec<Check>, Option<UpstreamIdentity>) {
        let params = vec![
            ("SAMLResponse".to_owned(), response.to_owned()),
            ("RelayState".to_owned(), relay_state.to_owned()),
            ("state".to_owned(), relay_state.to_owned()),
        ];
        let redirect_uri = Url::parse(ACS).expect("an address");
        let callback = Callback {
            redirect_uri,
            params,
        };
        let trial = self.handle.trial(&self.state, callback.clone()).await;
        let who = |step: LoginStep| match step {
            LoginStep::Authenticated(identity) => Some(*identity),
            _ => None,
        };
        let real = self
            .handle
            .complete(&self.state, callback)
            .await
            .expect("a verdict");
        let (tried, real) = (who(trial.outcome.expect("a verdict")), who(real));
        assert_eq!(
            tried.as_ref().map(|one| &one.subject),
            real.as_ref().map(|one| &one.subject),
            "a test and a sign-in judge alike"
        );
        (trial.checks, real)
    }

    /// The code of the check that failed.
    pub async fn refuses(&self, response: &str) -> String {
        let (checks, who) = self.takes(response).await;
        assert!(who.is_none(), "somebody came in: {who:?}");
        let failed: Vec<&Check> = checks.iter().filter(|check| !check.ok).collect();
        assert_eq!(failed.len(), 1, "{checks:?}");
        assert!(!failed[0].fix.is_empty());
        failed[0].name.clone()
    }
}

pub fn request() -> BeginRedirect {
    BeginRedirect {
        redirect_uri: Url::parse("https://login.test/federation/callback/c1").expect("an address"),
        state: STATE.to_owned(),
        login_hint: None,
        prompt: None,
        acr: None,
        max_age: None,
        ui_locales: None,
    }
}
