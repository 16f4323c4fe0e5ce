//! The library that builds requests and verifies answers: the only place that names it.
//!
//! Owns: its settings, each by name, since its defaults are made for compatibility.
//! Must not know: what our own judgement found.

use std::time::{Duration, SystemTime};

use saml_rs::xml::XmlLimits;
use saml_rs::{
    AcsEndpoint, AssertionSignaturePolicy, AudienceValidationPolicy, AuthnRequestSigningPolicy,
    BrowserInput, CertificatePem, ClockSkew, Credentials, EntityId, ForceAuthn, FormField,
    IdpDescriptor, LogoutPolicy, LogoutRequest, MetadataTrustPolicy, NameIdCreationPolicy,
    NameIdFormat, PendingAuthnRequest, PendingSnapshot, PrivateKeyPem, Received, RelayStateParam,
    ReplayPolicy, RespondSlo, ResponseSignaturePolicy, Saml, SamlError, SamlValidationContext,
    SloEndpoint, Sp, SpConfig, SpValidationPolicy, SsoResponse, StartSso, XmlPolicy,
    XmlSignatureProfile,
};
use secrecy::ExposeSecret as _;

use crate::config::{Binding, SamlConfig};
use crate::dom::MAX_BYTES;
use crate::judge::{self, Expected, SKEW_MS};
use crate::logout::{self, LogoutAnswer, LogoutMessage};
use crate::request::Begun;
use crate::{Fault, metadata};

/// What a verified response is about, in the library's reading. It reads attributes by local
/// names, which lets `xmlns:Name` pass for `Name`: what they say is read by ourselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) assertion_id: String,
    pub(crate) issuer: String,
    pub(crate) name_id: String,
    /// Ids that may be seen once.
    pub(crate) once: Vec<String>,
}

/// Our side, made of the settings.
pub(crate) struct Engine {
    sp: Saml<Sp>,
    idp: IdpDescriptor,
}

impl Engine {
    /// # Errors
    /// What of the settings it cannot work with.
    pub(crate) fn new(config: &SamlConfig) -> Result<Self, String> {
        let text = |error: SamlError| error.to_string();
        let sign = config.sign_requests;
        let xml = XmlPolicy {
            limits: XmlLimits {
                max_bytes: MAX_BYTES,
                max_depth: 64,
                ..XmlLimits::default()
            },
            ..XmlPolicy::default()
        };
        let sp = SpConfig::builder(EntityId::try_new(&config.sp_entity_id).map_err(text)?)
            .acs_endpoint(AcsEndpoint::post(config.acs_url.as_str()).map_err(text)?)
            .slo_endpoint(SloEndpoint::redirect(config.logout_url.as_str()).map_err(text)?)
            .slo_endpoint(SloEndpoint::post(config.logout_url.as_str()).map_err(text)?)
            // Who somebody is must not be their address, which can become another person's.
            .name_id_format(NameIdFormat::Persistent)
            .credentials(Credentials {
                signing_key: Some(PrivateKeyPem::new(config.key.key_pem.expose_secret())),
                signing_certificate: Some(CertificatePem::new(&config.key.certificate_pem)),
                ..Credentials::default()
            })
            .validation(SpValidationPolicy {
                assertions: AssertionSignaturePolicy::AllowUnsignedForCompatibility,
                responses: ResponseSignaturePolicy::AllowUnsignedEncryptedCbc,
                xml_signatures: XmlSignatureProfile::StrictRsaSha2,
                authn_requests: if sign {
                    AuthnRequestSigningPolicy::Sign
                } else {
                    AuthnRequestSigningPolicy::DoNotSignForCompatibility
                },
                audience: AudienceValidationPolicy::Validate,
                name_id_creation: NameIdCreationPolicy::AllowCreate,
                logout: LogoutPolicy::recommended(),
            })
            .xml(xml)
            .build()
            .map_err(text)?;
        let known = metadata::of_settings(config);
        // What is set was named by whoever set it: there is no signature to look for.
        let idp = IdpDescriptor::from_metadata_xml_for(
            EntityId::try_new(&config.entity_id).map_err(text)?,
            &known,
            MetadataTrustPolicy::UnsignedForCompatibility,
        );
        Ok(Self {
            sp: Saml::sp(sp).map_err(text)?,
            idp: idp.map_err(text)?,
        })
    }

    /// Our metadata for the provider. A signed response is taken as well, but a provider that is set
    /// up by this document should sign the assertion.
    pub(crate) fn metadata(&self) -> String {
        let (unsigned, signed) = (
            "WantAssertionsSigned=\"false\"",
            "WantAssertionsSigned=\"true\"",
        );
        self.sp.metadata_xml().replacen(unsigned, signed, 1)
    }

    /// A request: where the browser goes, and for the POST binding the encoded request.
    ///
    /// # Errors
    /// What the library says.
    pub(crate) fn begin(
        &self,
        binding: Binding,
        relay_state: &str,
        force: bool,
    ) -> Result<(String, Sent), SamlError> {
        let relay = RelayStateParam::try_from_option(Some(relay_state))?;
        let start = match binding {
            Binding::Redirect => StartSso::redirect(),
            Binding::Post => StartSso::post(),
        };
        let start = start
            .relay_state(relay)
            .apply_web_browser_sso_generation_rules();
        let start = if force {
            start.force_authn(ForceAuthn::Required)
        } else {
            start
        };
        let started = self.sp.start_sso(&self.idp, start)?;
        let id = started.pending.request_id().as_str().to_owned();
        let sent = match binding {
            Binding::Redirect => Sent::To(started.outbound.redirect_url()?.to_owned()),
            Binding::Post => {
                let form = started.outbound.post_form()?;
                Sent::Posted(form.value("SAMLRequest").unwrap_or_default().to_owned())
            }
        };
        Ok((id, sent))
    }

    /// Verifies a response, cryptographically and by the library's own rules.
    ///
    /// # Errors
    /// What it does not accept, in our words.
    pub(crate) fn finish(
        &self,
        begun: &Begun,
        response: &str,
        expected: &Expected<'_>,
    ) -> Result<Verified, Fault> {
        let fields = vec![
            FormField::new("SAMLResponse", response),
            FormField::new("RelayState", &begun.relay_state),
        ];
        let context = validation(expected.now_ms);
        let session = pending(begun, expected.idp)
            .and_then(|pending| {
                let input = BrowserInput::<SsoResponse>::post(fields);
                self.sp.finish_sso(&self.idp, &pending, input, context)
            })
            .map_err(|error| fault(&error, expected))?;
        let name = session.name_id();
        Ok(Verified {
            assertion_id: session.assertion_id().as_str().to_owned(),
            issuer: session.issuer().as_str().to_owned(),
            name_id: name.value().trim().to_owned(),
            once: session
                .replay_keys()
                .iter()
                .map(saml_rs::ReplayKey::cache_key)
                .collect(),
        })
    }

    /// Verifies a request to end sessions, cryptographically and by the library's own rules.
    ///
    /// # Errors
    /// What it does not accept.
    pub(crate) fn receive_logout(
        &self,
        message: LogoutMessage,
        now_ms: i64,
    ) -> Result<Received<LogoutRequest>, Fault> {
        let input = match message {
            LogoutMessage::Redirect(query) => BrowserInput::<LogoutRequest>::redirect(query),
            LogoutMessage::Posted(fields) => {
                let fields = fields
                    .iter()
                    .map(|(name, value)| FormField::new(name, value));
                BrowserInput::<LogoutRequest>::post(fields.collect())
            }
        };
        self.sp
            .receive_slo(&self.idp, input, validation(now_ms))
            .map_err(|error| logout::refused(error.to_string()))
    }

    /// The signed answer to a request that was received.
    ///
    /// # Errors
    /// What the library says.
    pub(crate) fn answer_logout(
        &self,
        asked: &Received<LogoutRequest>,
        binding: Binding,
    ) -> Result<LogoutAnswer, SamlError> {
        let options = match binding {
            Binding::Redirect => RespondSlo::redirect(),
            Binding::Post => RespondSlo::post(),
        };
        let told = self.sp.respond_slo(&self.idp, asked, options)?;
        Ok(match binding {
            Binding::Redirect => LogoutAnswer::To(told.redirect_url()?.to_owned()),
            Binding::Post => {
                let form = told.post_form()?;
                let fields = form.fields().iter();
                let fields = fields.map(|one| (one.name().to_owned(), one.value().to_owned()));
                LogoutAnswer::Post(form.action().as_str().to_owned(), fields.collect())
            }
        })
    }
}

/// The library's clock is ours. Which messages were seen before is asked in the transaction that
/// acts on them.
fn validation(now_ms: i64) -> SamlValidationContext<'static> {
    let since = Duration::from_millis(u64::try_from(now_ms).unwrap_or_default());
    SamlValidationContext::new(
        SystemTime::UNIX_EPOCH + since,
        ReplayPolicy::DisabledForCompatibility,
    )
    .with_clock_skew(ClockSkew::from_millis(-SKEW_MS, SKEW_MS))
}

/// A request on its way.
pub(crate) enum Sent {
    /// The whole address.
    To(String),
    /// For a page that posts it.
    Posted(String),
}

fn pending(begun: &Begun, idp: &str) -> Result<PendingAuthnRequest, SamlError> {
    PendingAuthnRequest::from_snapshot(PendingSnapshot::authn_request(
        &begun.request_id,
        RelayStateParam::try_from_option(Some(begun.relay_state.as_str()))?,
        idp,
        "post",
        &begun.acs_url,
        "post",
    ))
}

/// What our own judgement has let pass and the library has not.
fn fault(error: &SamlError, expected: &Expected<'_>) -> Fault {
    match error {
        SamlError::SignatureMissing | SamlError::AssertionSignatureRequired => judge::unsigned(),
        SamlError::AlgorithmUnsupported => judge::weak_algorithm("another algorithm"),
        SamlError::NoTrustedCertificate
        | SamlError::CertificateMismatch
        | SamlError::UnmatchCertificate => judge::wrong_certificate(expected),
        SamlError::SignatureVerification { .. }
        | SamlError::ReferenceResolution { .. }
        | SamlError::SignedReferenceMismatch
        | SamlError::FailedToVerifySignature
        | SamlError::PotentialWrappingAttack
        | SamlError::Crypto(_) => wrong_signature(error.to_string()),
        other => Fault::new(
            "saml_not_acceptable",
            other.to_string(),
            "a response by the Web Browser SSO profile",
            "Look at the provider's settings for this application, and at its log for this sign-in.",
        ),
    }
}

pub(crate) fn wrong_signature(received: impl Into<String>) -> Fault {
    Fault::new(
        "wrong_signature",
        received,
        "a signature by the certificate that was given here",
        "Give the certificate that the provider signs with now; it may have been replaced there.",
    )
}
