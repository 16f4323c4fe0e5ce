//! Access tokens of other people's implementations: Keycloak's JWTs, and Keycloak and the npm
//! package `oidc-provider` asked about tokens.

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use crate::api_tokens::{get, text};
use crate::harness::app::Options;
use crate::harness::idp::Idp;
use crate::harness::issuer::AUDIENCE;
use crate::harness::realms::Realms;
use crate::harness::{Call, TestApp};
use crate::oauth::client::{VERIFIER, challenge};
use crate::suite::web::client;

async fn real_time() -> TestApp {
    let options = Options {
        real_time: true,
        ..Options::default()
    };
    TestApp::sqlite_with(options).await
}

/// Somebody here, linked to a subject at an upstream; their id.
async fn linked(app: &TestApp, upstream: &str, subject: &str) -> String {
    let id = text(&app.signup("ana@x.test").await.me().await["sub"]);
    let path = format!("/v1/admin/users/{id}/identities");
    let body = json!({ "upstream": upstream, "subject": subject });
    assert!(app.admin("PUT", &path, body).await.code() < 300);
    id
}

/// Tokens of a person at Keycloak by their password, through a client of the command line.
async fn tokens(realms: &Realms) -> Value {
    let url = realms.at(&realms.home, "/protocol/openid-connect/token");
    let fields = [
        ("grant_type", "password"),
        ("client_id", "cli"),
        ("scope", "openid"),
        ("username", "ana"),
        ("password", "ana-signs-in"),
    ];
    let answer = client().post(url).form(&fields).send().await;
    answer
        .expect("Keycloak answers")
        .json()
        .await
        .expect("JSON")
}

async fn client_of(realms: &Realms, mappers: Value) -> String {
    let body = json!({
        "clientId": "cli", "publicClient": true, "directAccessGrantsEnabled": true,
        "protocolMappers": mappers,
    });
    let path = format!("/{}/clients", realms.home);
    let id = realms.send(Method::POST, &path, Some(body)).await;
    id.as_str().expect("an id").to_owned()
}

fn audience() -> Value {
    json!([
        { "name": "us", "protocol": "openid-connect", "protocolMapper": "oidc-audience-mapper",
          "config": { "included.custom.audience": AUDIENCE, "access.token.claim": "true" } },
        { "name": "asker", "protocol": "openid-connect", "protocolMapper": "oidc-audience-mapper",
          "config": { "included.client.audience": "laneway", "access.token.claim": "true" } },
    ])
}

#[tokio::test]
async fn a_token_of_keycloak_is_judged_and_asked_about() {
    let Some(realms) = Realms::new().await else {
        return;
    };
    let app = real_time().await;
    let mut upstream = realms.bootstrap("kc").await;
    upstream["options"] = json!({ "bearer": { "audiences": [AUDIENCE] } });
    let made = app.admin("POST", "/v1/admin/upstreams", upstream).await;
    let path = format!(
        "/v1/admin/upstreams/{}",
        text(&made.expect(201).json()["id"])
    );
    let subject = realms.person(&realms.home, "ana", "staff").await;
    let user = linked(&app, "kc", &subject).await;

    // Without an audience of ours it is somebody else's.
    let cli = client_of(&realms, json!([])).await;
    let token = text(&tokens(&realms).await["access_token"]);
    get(&app, &token, "/v1/me")
        .await
        .refused(401, "invalid_token");
    let delete = format!("/{}/clients/{cli}", realms.home);
    realms.send(Method::DELETE, &delete, None).await;
    client_of(&realms, audience()).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let all = tokens(&realms).await;
    let token = text(&all["access_token"]);
    let me = get(&app, &token, "/v1/me").await.expect(200).json();
    assert_eq!(me["id"], json!(user));
    for kind in ["id_token", "refresh_token"] {
        let other = text(&all[kind]);
        get(&app, &other, "/v1/me")
            .await
            .refused(401, "invalid_token");
    }

    // The same token asked about; then she is signed out there.
    let ask = json!({ "options": { "bearer": { "jwt": false, "introspection": {} } } });
    app.admin("PATCH", &path, ask).await.expect(200);
    let me = get(&app, &token, "/v1/me").await.expect(200).json();
    assert_eq!(me["id"], json!(user));
    let refresh = text(&all["refresh_token"]);
    get(&app, &refresh, "/v1/me")
        .await
        .refused(401, "invalid_token");
    let logout = format!("/{}/users/{subject}/logout", realms.home);
    realms.send(Method::POST, &logout, None).await;
    let rename = json!({ "name": "Ana" });
    let account = format!("/v1/admin/users/{user}");
    app.admin("PATCH", &account, rename).await.expect(200);
    get(&app, &token, "/v1/me")
        .await
        .refused(401, "invalid_token");
    realms.remove().await;
}

#[tokio::test]
async fn an_opaque_token_of_oidc_provider_is_asked_about() {
    let Some(idp) = Idp::new().await else {
        return;
    };
    let app = real_time().await;
    let config = idp.config();
    let id = text(&config["client_id"]);
    let back = "https://cli.test/cb";
    idp.register(&config, back).await;
    let login = idp.person("ana", &json!({})).await;
    let body = json!({
        "kind": "oidc", "name": "idp", "issuer": idp.issuer, "client_id": id,
        "client_secret": config["client_secret"],
        "options": { "bearer": {
            "audiences": [id], "audience_claim": "client_id", "introspection": {},
        } },
    });
    app.admin("POST", "/v1/admin/upstreams", body)
        .await
        .expect(201);
    let user = linked(&app, "idp", &login).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;

    let challenge = challenge();
    let authorize = Url::parse_with_params(
        &format!("{}/auth", idp.issuer),
        [
            ("client_id", id.as_str()),
            ("redirect_uri", back),
            ("response_type", "code"),
            ("scope", "openid"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ],
    );
    let authorize = authorize.expect("an address");
    let home = idp.sign_in(authorize.as_str(), &login).await.address();
    let home = Url::parse(&home).expect("an address");
    let code = home.query_pairs().find(|(name, _)| name == "code");
    let code = code.expect("a code").1.into_owned();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", back),
        ("code_verifier", VERIFIER),
    ];
    let secret = text(&config["client_secret"]);
    let request = client().post(format!("{}/token", idp.issuer)).form(&fields);
    let answer = request.basic_auth(&id, Some(&secret)).send().await;
    let all: Value = answer.expect("an answer").json().await.expect("JSON");
    let token = text(&all["access_token"]);
    let me = get(&app, &token, "/v1/me").await.expect(200).json();
    assert_eq!(me["id"], json!(user));
    let key = Call::new("GET", "/v1/me").header("x-api-key", &token);
    app.browser().send(key).await.expect(200);
    let other = "nobody-has-issued-this-one-0123456789";
    get(&app, other, "/v1/me")
        .await
        .refused(401, "invalid_token");
}
