//! One customer's provider as Keycloak's documents describe it.
//!
//! Owns: every setting that must not be left to a default.
//! Must not know: how the documents are sent.

use laneway_contract::{CustomerOidc, CustomerSaml, CustomerSettings, SecretIn, WantedConnection};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::FIRST_LOGIN;

/// The whole of it, switched on. Addresses are never a proof of who somebody is
/// (`trustEmail`), and its button stands on no page.
pub(super) fn body(wanted: &WantedConnection) -> Value {
    let (kind, config, keeps) = match &wanted.settings {
        CustomerSettings::Oidc(one) => ("oidc", oidc(one), false),
        // Kept until the next sign-in: there is no other way to hear what it has said.
        CustomerSettings::Saml(one) => ("saml", saml(one), true),
    };
    json!({
        "alias": wanted.name, "displayName": wanted.label, "providerId": kind, "enabled": true,
        "trustEmail": false, "storeToken": keeps, "addReadTokenRoleOnCreate": keeps,
        "authenticateByDefault": false, "linkOnly": false, "hideOnLogin": true,
        "firstBrokerLoginFlowAlias": FIRST_LOGIN, "config": config,
    })
}

fn oidc(one: &CustomerOidc) -> Value {
    let mut config = json!({
        // What the customer says today counts, not what they said first.
        "syncMode": "FORCE",
        "issuer": one.issuer,
        "authorizationUrl": one.authorization_endpoint,
        "tokenUrl": one.token_endpoint,
        "jwksUrl": one.jwks_uri,
        "useJwksUrl": "true",
        "validateSignature": "true",
        "clientId": one.client_id,
        "clientSecret": one.client_secret.expose_secret(),
        "clientAuthMethod": match one.secret_in {
            SecretIn::Header => "client_secret_basic",
            SecretIn::Body => "client_secret_post",
        },
        "defaultScope": one.scopes.join(" "),
        "pkceEnabled": "true",
        "pkceMethod": "S256",
        "disableUserInfo": one.userinfo_endpoint.is_none().to_string(),
        "loginHint": "true",
        "passMaxAge": "true",
        "allowedClockSkew": "60",
    });
    if let Some(url) = &one.userinfo_endpoint {
        config["userInfoUrl"] = json!(url);
    }
    config
}

fn saml(one: &CustomerSaml) -> Value {
    json!({
        "syncMode": "FORCE",
        "entityId": one.sp_entity_id,
        "idpEntityId": one.entity_id,
        "singleSignOnServiceUrl": one.sso_url,
        "signingCertificate": one.certificates.join(","),
        "validateSignature": "true",
        "wantAssertionsSigned": "true",
        "wantAssertionsEncrypted": "false",
        "wantAuthnRequestsSigned": one.sign_requests.to_string(),
        "signatureAlgorithm": "RSA_SHA256",
        "nameIDPolicyFormat": "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
        "principalType": "SUBJECT",
        "postBindingAuthnRequest": one.by_post.to_string(),
        "postBindingResponse": "true",
        "allowCreate": "true",
        "forceAuthn": "false",
        "allowedClockSkew": "60",
    })
}

/// The name of somebody in the realm: what their provider calls them, told apart by
/// connection. Two customers may both have an `ada`.
pub(super) fn mapper(wanted: &WantedConnection) -> Value {
    let (kind, template) = match &wanted.settings {
        CustomerSettings::Oidc(_) => ("oidc-username-idp-mapper", "${ALIAS}.${CLAIM.sub}"),
        CustomerSettings::Saml(_) => ("saml-username-idp-mapper", "${ALIAS}.${NAMEID}"),
    };
    json!({
        "name": "laneway user name", "identityProviderAlias": wanted.name,
        "identityProviderMapper": kind,
        "config": {"syncMode": "FORCE", "template": template, "target": "LOCAL"},
    })
}
