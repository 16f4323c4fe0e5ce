//! Rows as the store takes them, with plain values.
//!
//! Owns: samples of every noun. Their ids are what the test says.

use laneway::domain::session::{Session, SessionUpstream};
use laneway::domain::settings::Settings;
use laneway::domain::tenant::{Brand, OrgBrand, Signup, Tenant, TenantState};
use laneway::domain::upstream::{Role, Trust, Upstream};
use laneway::domain::user::{IdentityLink, LinkKind, User, UserState};
use laneway::domain::{Lang, OrgId, Sid, TenantId, UpstreamId, UserId};
use laneway::store::orgs::{OrgState, Organization};
use laneway_contract::Acr;
use laneway_sqlkit::{Db, DbError, Tx};
use serde_json::json;

use super::TestApp;
use super::app::START_MS;

/// An instant for rows.
pub const AT: i64 = START_MS;

/// A transaction on the test's database.
pub async fn tx(app: &TestApp) -> Tx {
    db(app).begin().await.expect("a transaction")
}

/// The test's database.
pub fn db(app: &TestApp) -> &Db {
    &app.core().db
}

/// Did a row of another tenant, or a second of a kind, break a rule?
#[track_caller]
pub fn assert_conflict<T: std::fmt::Debug>(outcome: Result<T, DbError>) {
    assert!(matches!(outcome, Err(DbError::Conflict(_))), "{outcome:?}");
}

/// Another tenant, stored.
pub async fn other_tenant(app: &TestApp) -> TenantId {
    let tenant = tenant("other");
    let mut tx = tx(app).await;
    laneway::store::tenants::create(&mut tx, &tenant)
        .await
        .expect("a tenant");
    tx.commit().await.expect("a commit");
    tenant.id
}

/// A tenant whose id is `t-` and its slug.
pub fn tenant(slug: &str) -> Tenant {
    Tenant {
        id: TenantId(format!("t-{slug}")),
        slug: slug.into(),
        name: format!("Tenant {slug}"),
        public_url: format!("https://{slug}.test").parse().expect("an address"),
        rp_id: format!("{slug}.test"),
        signup: Signup::Invite,
        jit: false,
        origins: vec!["https://a.example".parse().expect("an origin")],
        brand: Brand {
            color: Some("#102030".into()),
            logo_url: None,
        },
        settings: Settings {
            locale: Some(Lang::De),
            support_email: Some("help@x.test".into()),
            ..Settings::default()
        },
        claims_format: true,
        registration_enabled: false,
        client_documents_enabled: false,
        state: TenantState::Active,
        version: 1,
        created_at: AT,
    }
}

/// An active person.
pub fn user(id: &str) -> User {
    User {
        id: UserId(id.into()),
        email: Some(format!("{id}@x.test")),
        email_verified: true,
        name: Some(format!("Name {id}")),
        locale: Some(Lang::De),
        state: UserState::Active,
        version: 1,
        created_at: AT,
    }
}

/// A stored active person of a tenant.
pub async fn stored_user(app: &TestApp, tenant: &TenantId, id: &str) -> User {
    let user = user(id);
    let mut tx = tx(app).await;
    assert!(
        laneway::store::users::create(&mut tx, tenant, &user)
            .await
            .expect("a person")
    );
    tx.commit().await.expect("a commit");
    user
}

/// A link of the kind `upstream`.
pub fn link(id: &str, user: &str, subject: &str) -> IdentityLink {
    IdentityLink {
        id: id.into(),
        user: UserId(user.into()),
        kind: LinkKind::Upstream,
        source: None,
        issuer: "https://idp.test".into(),
        subject: subject.into(),
        created_at: AT,
        last_used_at: None,
    }
}

/// An organization.
pub fn org(id: &str, slug: &str) -> Organization {
    Organization {
        id: OrgId(id.into()),
        slug: slug.into(),
        name: format!("Org {slug}"),
        state: OrgState::Active,
        required_acr: None,
        max_staleness: None,
        social_login: true,
        brand: OrgBrand::default(),
        version: 1,
        created_at: AT,
    }
}

/// A secondary upstream.
pub fn upstream(id: &str, tenant: &TenantId) -> Upstream {
    Upstream {
        id: UpstreamId(id.into()),
        tenant: tenant.clone(),
        slug: format!("slug-{id}"),
        kind: "oidc".into(),
        issuer: "https://idp.test".into(),
        client_id: "laneway".into(),
        secret: Some(vec![1, 2, 3]),
        options: json!({ "label": "Corp" }),
        role: Role::Secondary,
        trust: Trust::Tenant,
        config_owned: false,
        version: 1,
        created_at: AT,
    }
}

/// A session of one hour with an idle limit of ten minutes.
pub fn session(sid: &str, tenant: &TenantId, user: &str) -> Session {
    Session {
        sid: Sid(sid.into()),
        tenant: tenant.clone(),
        user: UserId(user.into()),
        org: None,
        acr: Acr::Aal1,
        amr: vec!["email".into(), "x".into()],
        auth_time: AT,
        upstream: None,
        device: None,
        app: None,
        ip: "192.0.2.7".into(),
        user_agent: "test".into(),
        created_at: AT,
        last_seen_at: AT,
        idle_ms: 600_000,
        expires_at: AT + 3_600_000,
        checked_at: None,
    }
}

/// The same, hanging on a stored upstream.
pub fn session_at(sid: &str, user: &str, upstream: &Upstream) -> Session {
    let hook = SessionUpstream {
        id: upstream.id.clone(),
        slug: upstream.slug.clone(),
        subject: format!("sub-{user}"),
        sid: Some(format!("up-{sid}")),
        within: None,
    };
    Session {
        upstream: Some(hook),
        ..session(sid, &upstream.tenant, user)
    }
}
