//! Accounts elsewhere on pages: attached in the administration, added and removed on the account
//! page.

use serde_json::json;

use crate::desk_pages::owner;
use crate::harness::attached::Stage;
use crate::harness::social::{Kind, Social};
use crate::harness::{Browser, Call, Reply, TestApp, form_token};

const PAGE: &str = "/admin/connections";

async fn page(browser: &mut Browser, path: &str) -> String {
    browser.get(path).await.expect(200).text()
}

async fn send(browser: &mut Browser, on: &str, to: &str, fields: &[(&str, &str)]) -> Reply {
    let token = form_token(&page(browser, on).await);
    let mut all = vec![("csrf", token.as_str())];
    all.extend_from_slice(fields);
    browser.send(Call::form(to, &all)).await
}

#[track_caller]
fn says(html: &str, words: &str) {
    assert!(
        html.contains(words),
        "{words:?} is not on the page:\n{html}"
    );
}

#[tokio::test]
async fn an_owner_attaches_tests_and_switches_one_on_the_page() {
    let app = TestApp::sqlite().await;
    let idp = Social::new(Kind::Google, &app.clock).await;
    let mut ana = owner(&app, "ana@x.test").await;
    says(&page(&mut ana, PAGE).await, "Nothing attached");
    for provider in ["google", "github", "microsoft", "apple", "other"] {
        let new = format!("{PAGE}/new?provider={provider}");
        let to = ana.get(&new).await.expect(303);
        let at = to.location().to_owned();
        let id = at.split("id=").nth(1).expect("an id").to_owned();
        let form = page(&mut ana, &at).await;
        says(&form, &format!("/federation/callback/{id}"));
        let key = form.contains("name=\"team_id\"") && form.contains("<textarea");
        assert_eq!(key, provider == "apple");
        assert_eq!(form.contains("name=\"tenants\""), provider == "microsoft");
        assert_eq!(form.contains("name=\"issuer\""), provider == "other");
    }
    let unknown = format!("{PAGE}/new?provider=okta");
    ana.get(&unknown).await.refused(404, "not_found");

    let to = ana.get(&format!("{PAGE}/new?provider=other")).await;
    let new = to.expect(303).location().to_owned();
    let id = new.split("id=").nth(1).expect("an id").to_owned();
    let mut fields = vec![
        ("name", "Club"),
        ("issuer", idp.base.as_str()),
        ("client_id", "ours"),
    ];
    let dark = [
        ("name", "Dark"),
        ("issuer", "http://127.0.0.1:9"),
        ("client_id", "ours"),
        ("client_secret", "a-secret-of-ours"),
    ];
    let dark = send(&mut ana, &new, &new, &dark).await.expect(422).text();
    says(&dark, "aria-describedby=\"issuer-wrong\"");
    says(&dark, "/help/checks#unreachable");
    let wrong = send(&mut ana, &new, &new, &fields).await.expect(422).text();
    says(&wrong, &id);
    assert!(wrong.contains("role=\"alert\""));
    fields.push(("client_secret", "a-secret-of-ours"));
    let made = send(&mut ana, &new, &new, &fields).await.expect(303);
    assert_eq!(made.location(), "/admin/connections?done=created");
    let listed = page(&mut ana, made.location()).await;
    says(&listed, &format!("/federation/callback/{id}"));
    assert!(!listed.contains("a-secret-of-ours"));
    // A test login leads there, and browsers would not let the form go on.
    let csp = ana.get(PAGE).await.expect(200);
    let csp = csp.header("content-security-policy");
    let targets = csp.split("form-action").nth(1).expect("targets");
    assert!(targets.contains(&format!(" {}", idp.base)), "{csp}");
    assert!(
        !listed.contains("value=\"activate\""),
        "not before its test"
    );

    let on = [("id", id.as_str()), ("action", "test")];
    let start = send(&mut ana, PAGE, PAGE, &on).await.expect(303);
    let mut said = idp.says(start.location(), "5");
    said.claims["email_verified"] = json!(true);
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(idp.code(&said))
        .finish();
    let back = format!("/federation/callback/{id}?{query}");
    let back = ana.get(&back).await.expect(303);
    assert_eq!(back.location(), "/admin/connections?done=tested");
    assert_eq!(ana.me().await["email"], "ana@x.test", "still herself");
    let listed = page(&mut ana, back.location()).await;
    let hash = listed
        .split("name=\"hash\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a hash")
        .to_owned();
    let on = [
        ("id", id.as_str()),
        ("action", "activate"),
        ("hash", "other"),
    ];
    let stale = send(&mut ana, PAGE, PAGE, &on).await;
    says(&stale.expect(409).text(), "test login");
    let on = [
        ("id", id.as_str()),
        ("action", "activate"),
        ("hash", hash.as_str()),
    ];
    let live = send(&mut ana, PAGE, PAGE, &on).await.expect(303);
    assert_eq!(live.location(), "/admin/connections?done=live");
    let login = page(&mut app.browser(), "/login").await;
    says(&login, "Club");
    let on = [("id", id.as_str()), ("action", "off")];
    send(&mut ana, PAGE, PAGE, &on).await.expect(303);
    assert!(!page(&mut app.browser(), "/login").await.contains("Club"));
    let on = [("id", id.as_str()), ("action", "on")];
    send(&mut ana, PAGE, PAGE, &on).await.expect(303);
    says(&page(&mut app.browser(), "/login").await, "Club");
}

#[tokio::test]
async fn a_viewer_sees_and_changes_nothing() {
    let stage = Stage::live(Kind::GitHub).await;
    let mut vera = stage.app.signup("vera@x.test").await;
    let sub = vera.me().await["sub"].clone();
    let grant = json!({ "user": sub, "role": "viewer", "scope": "tenant" });
    let grant = stage.call("POST", "/v1/admin/operators", &grant).await;
    grant.expect(201);
    let listed = page(&mut vera, PAGE).await;
    says(&listed, "GitHub");
    assert!(!listed.contains("name=\"action\""));
    let new = format!("{PAGE}/new?provider=github");
    vera.get(&new).await.refused(403, "forbidden");
}

#[tokio::test]
async fn people_add_and_remove_one_on_their_account_page() {
    let stage = Stage::live(Kind::GitHub).await;
    let mut ana = stage.app.signup("ana@x.test").await;
    let add = [("connection", stage.slug.as_str())];
    let to = "/account/identities/link";
    let start = send(&mut ana, "/account", to, &add).await.expect(303);
    let said = stage.idp.says(start.location(), "12");
    stage.answer(&mut ana, &said).await.expect(303);
    let account = page(&mut ana, "/account").await;
    says(&account, "Account elsewhere");
    let link = account
        .split("/account/identities/")
        .filter_map(|rest| rest.split("/remove").next())
        .find(|id| id.len() == 36)
        .expect("a link to remove")
        .to_owned();
    let to = format!("/account/identities/{link}/remove");
    send(&mut ana, "/account", &to, &[]).await.expect(303);
    let account = page(&mut ana, "/account").await;
    assert!(!account.contains("Account elsewhere"));
}
