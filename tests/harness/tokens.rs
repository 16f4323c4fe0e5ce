//! Tokens of every kind, minted as the program will mint them.
//!
//! Owns: bearer values for tests.

use laneway::authz::Permission;
use laneway::core::hash_token;
use laneway::domain::{TenantId, api_token};
use laneway::store::api_tokens::{self, AdminToken, ApiToken, Principal, Usage};
use laneway::tokens::{AccessClaims, Alg};
use serde_json::Value;

use super::TestApp;

impl TestApp {
    /// An operator's token of a role, for one tenant or for the installation.
    pub async fn operator_of(&self, role: &str, tenant: Option<&TenantId>) -> String {
        let core = self.core();
        let (secret, _) = core.new_token();
        let plain = format!("lw_adm_{}", secret.expose());
        let mut write = core.begin().await.expect("a transaction");
        let now = write.now();
        let row = AdminToken {
            role: role.to_owned(),
            tenant: tenant.cloned(),
            ..AdminToken::owner(core.new_id(), &plain, now + 3_600_000)
        };
        api_tokens::create(&mut write.tx, &row, &hash_token(&plain), now)
            .await
            .expect("a token");
        core.commit(write).await.expect("a commit");
        plain
    }

    /// An API token of a principal in the default tenant, for an hour; its id and value.
    pub async fn api_token(&self, principal: Principal, scopes: &[&str]) -> (String, String) {
        let core = self.core();
        let kind = match &principal {
            Principal::User(_) => api_token::Kind::Personal,
            Principal::ServiceAccount(_) => api_token::Kind::Service,
        };
        let (plain, hash) = core.new_api_token(kind);
        let plain = plain.expose().to_owned();
        let tenant = self.tenant().await.id;
        let mut write = core.begin().await.expect("a transaction");
        let now = write.now();
        let row = ApiToken {
            id: core.new_id(),
            prefix: api_token::shown_prefix(&plain),
            name: "test".into(),
            tenant,
            principal,
            org: None,
            scopes: Some(scopes.iter().map(|scope| (*scope).to_owned()).collect()),
            sign_in: None,
            created_at: now,
            expires_at: now + 3_600_000,
            usage: Usage::default(),
        };
        api_tokens::create_api(&mut write.tx, &row, &hash)
            .await
            .expect("a token");
        core.commit(write).await.expect("a commit");
        (row.id, plain)
    }

    /// A service account of an organization with a role there; its id.
    pub async fn service_account(&self, org: &str, role: &str) -> String {
        let place = format!("/v1/organizations/{org}/service-accounts");
        let body = serde_json::json!({ "name": "CI", "roles": [role] });
        let made = self.admin("POST", &place, body).await.expect(201);
        made.json()["id"].as_str().expect("an id").to_owned()
    }

    /// Claims of an access token for our own API that stands for a session.
    pub async fn claims(&self, me: &Value, scopes: &[Permission]) -> AccessClaims {
        let issuer = self.tenant().await.issuer();
        let text = |name: &str| me[name].as_str().expect("a member").to_owned();
        let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        let now = self.core().now() / 1000;
        AccessClaims {
            iss: issuer.clone(),
            sub: text("sub"),
            aud: issuer,
            client_id: "cli".into(),
            sid: text("sid"),
            jti: self.core().new_id(),
            iat: now,
            exp: now + 300,
            scope: scopes.join(" "),
            org_id: None,
            org_slug: None,
            org_roles: Vec::new(),
            org_permissions: Vec::new(),
            acr: "aal1".into(),
            amr: vec!["email".into()],
            auth_time: now,
            token_use: "access".into(),
            cnf: None,
            act: None,
            seen: self.core().log.position(),
        }
    }

    /// Signs claims with the tenant's key.
    pub async fn sign(&self, typ: &str, claims: &AccessClaims) -> String {
        let tenant = self.tenant().await.id;
        self.core()
            .keys
            .sign(&tenant, (Alg::Es256, typ), claims)
            .await
            .expect("a signature")
    }
}
