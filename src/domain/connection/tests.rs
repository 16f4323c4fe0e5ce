//! Connections: what is activated, what a config may hold.

use serde_json::{Map, Value, json};

use super::*;

fn connection(state: State) -> Connection {
    Connection {
        id: ConnectionId("c".into()),
        tenant: TenantId("t".into()),
        org: Some(OrgId("o".into())),
        slug: "acme".into(),
        name: "Acme".into(),
        protocol: Protocol::Oidc,
        broker: Broker::Direct,
        through: None,
        state,
        rollout: Rollout::All,
        enforced: false,
        redirect_uri: "https://login.test/federation/callback/c".into(),
        acs_url: None,
        sp_entity_id: None,
        draft: 3,
        draft_hash: "new".into(),
        active: None,
        tested_hash: None,
        last_login_at: None,
        version: 1,
        created_at: 0,
    }
}

#[test]
fn only_the_tested_draft_goes_live() {
    let mut one = connection(State::Draft);
    assert!(one.activated("new").is_err(), "not tested");
    one.tested_hash = Some("old".into());
    assert!(one.activated("old").is_err(), "tested, but edited since");
    assert!(one.activated("new").is_err());
    one.tested_hash = Some("new".into());
    one.activated("new").expect("tested");
    assert_eq!((one.state, one.active), (State::Active, Some(3)));
    one.edited(4, "newer".into());
    assert_eq!(
        (one.state, one.active),
        (State::Active, Some(3)),
        "what is live stays"
    );
    assert!(one.activated("new").is_err(), "no longer the draft");
}

#[test]
fn an_edit_undoes_the_test_and_nothing_is_switched_on_that_never_was() {
    let mut one = connection(State::Tested);
    assert!(one.switched(State::Active).is_err());
    assert!(one.switched(State::Draft).is_err());
    one.edited(4, "newer".into());
    assert_eq!(one.state, State::Draft);
    one.active = Some(2);
    one.switched(State::Disabled).expect("off");
    one.switched(State::Active).expect("on");
}

fn oidc(more: &Value) -> Result<Config, serde_json::Error> {
    let mut all = json!({ "issuer": "https://idp.example", "client_id": "c" });
    let members = all.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("members").clone());
    Config::read(Protocol::Oidc, &all.to_string())
}

#[test]
fn configs_are_checked_and_unknown_members_refused() {
    oidc(&json!({})).expect("reads").check().expect("good");
    for bad in [
        json!({ "issuer": "javascript:1" }),
        json!({ "issuer": "https://idp.example?x=1" }),
        json!({ "client_id": " " }),
        json!({ "scopes": ["a b"] }),
        json!({ "groups_claim": "" }),
    ] {
        assert!(oidc(&bad).expect("reads").check().is_err(), "{bad}");
    }
    oidc(&json!({ "isuer": "x" })).expect_err("unknown");
    let Config::Oidc(read) = oidc(&json!({ "scopes": "openid  email" })).expect("reads") else {
        panic!("another protocol");
    };
    assert_eq!(read.scopes.expect("scopes"), ["openid", "email"]);
}

#[test]
fn saml_needs_who_where_and_a_key() {
    let with = |more: Value| {
        let mut all = json!({
            "entity_id": "https://idp.example/saml", "sso_url": "https://idp.example/sso",
            "certificates": ["MIIB"],
        });
        let members = all.as_object_mut().expect("an object");
        members.extend(more.as_object().expect("members").clone());
        Config::read(Protocol::Saml, &all.to_string()).expect("reads")
    };
    with(json!({})).check().expect("good");
    for bad in [
        json!({ "entity_id": "" }),
        json!({ "sso_url": "javascript:1" }),
        json!({ "certificates": [] }),
        json!({ "email_claim": " " }),
    ] {
        assert!(with(bad.clone()).check().is_err(), "{bad}");
    }
}

#[test]
fn a_demanded_claim_must_be_exactly_so() {
    let config = oidc(&json!({ "required_claims": { "hd": "acme.test" } })).expect("reads");
    let unmet = |claims: Value| {
        let claims: Map<String, Value> = serde_json::from_value(claims).expect("claims");
        config.unmet(&claims).map(|(name, _)| name.to_owned())
    };
    assert_eq!(unmet(json!({ "hd": "acme.test" })), None);
    for bad in [
        json!({}),
        json!({ "hd": "acme.test.evil" }),
        json!({ "hd": ["acme.test"] }),
    ] {
        assert_eq!(unmet(bad).as_deref(), Some("hd"));
    }
}
