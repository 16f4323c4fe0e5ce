//! People who come from another system with their passwords: by the API, by a file, into the
//! embedded provider and into a live Keycloak.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::app::Options;
use crate::harness::realms::Realms;
use crate::harness::{Call, Node, TestApp, answer, both};

const OLD: &str = "correct horse battery staple";
/// Of that password, by PHP and by Python.
const BCRYPT: &str = "$2y$05$9Jcbnlp.x.mW1MtFa/3QvOWl5kAVg3MNDdwQIy9QOuXTPKe/u0Nma";
const ARGON2: &str = "$argon2id$v=19$m=1024,t=2,p=1$MFl0NkpXSDFmZ1RPc0NJcA$0Zmcpb9h43LoAp9Jq1IHE6Q0XBKIeDu3+uwRcynnsDY";
const PBKDF2: &str =
    "$pbkdf2-sha256$1000$YSBzYWx0IG9mIHNpeHRlZQ$IyOiMcew1QO0U7KEAvYoGIBT6FaYe.wldKDgtY1rT8s";

fn somebody(email: &str, hash: &str) -> Value {
    json!({ "email": email, "email_verified": true, "name": "Ana", "password_hash": hash })
}

async fn outcomes(app: &TestApp, people: Value, plan: bool) -> Vec<String> {
    let body = json!({ "people": people, "plan": plan });
    let told = app
        .admin("POST", "/v1/admin/user-imports", body)
        .await
        .expect(200)
        .json();
    let items = told["items"].as_array().expect("a list");
    let word = |item: &Value| item["outcome"].as_str().expect("a word").to_owned();
    items.iter().map(word).collect()
}

async fn signs_in(app: &TestApp, email: &str, password: &str) -> u16 {
    let mut browser = app.browser();
    let flow = app.flow_of(&mut browser, "login", email).await;
    let body = json!({ "password": password });
    answer(&mut browser, &flow, "password", body).await.code()
}

async fn people(app: &TestApp) -> usize {
    let all = app
        .admin("GET", "/v1/admin/users", Value::Null)
        .await
        .expect(200)
        .json();
    all["items"].as_array().expect("a list").len()
}

both! {
    async fn people_sign_in_with_the_password_that_they_have_elsewhere(app: TestApp) {
        app.passwords_on().await;
        let mut off = somebody("di@x.test", PBKDF2);
        off["state"] = json!("disabled");
        let all = json!([somebody("Ana@x.test", BCRYPT), somebody("bo@x.test", ARGON2), somebody("cy@x.test", PBKDF2), off,
            { "email": "ed@x.test" }]);
        assert_eq!(outcomes(&app, all.clone(), true).await, ["new"; 5]);
        assert_eq!(people(&app).await, 0, "a plan makes nobody");
        assert_eq!(outcomes(&app, all.clone(), false).await, ["created"; 5]);
        for email in ["ana@x.test", "bo@x.test", "cy@x.test"] {
            assert_eq!(signs_in(&app, email, "another password of theirs").await, 422, "{email}");
            // By the old hash, then by the new one.
            assert_eq!(signs_in(&app, email, OLD).await, 200, "{email}");
            assert_eq!(signs_in(&app, email, OLD).await, 200, "{email}");
        }
        assert_ne!(signs_in(&app, "di@x.test", OLD).await, 200);
        assert_eq!(signs_in(&app, "ed@x.test", OLD).await, 422);
        // Told again, everybody is there and as they were.
        assert_eq!(outcomes(&app, all.clone(), true).await, ["present"; 5]);
        let again = json!([somebody("ana@x.test", ARGON2), somebody("new@x.test", ARGON2)]);
        assert_eq!(outcomes(&app, again, false).await, ["present", "created"]);
        assert_eq!(people(&app).await, 6);
        let events = app.events("user.created").await;
        assert_eq!(events.len(), 6);
        for event in events {
            assert!(event.detail.contains(r#""by":"import""#), "{}", event.detail);
            assert!(!event.detail.contains('$'), "{}", event.detail);
        }
    }

    async fn one_that_is_bad_stops_all_and_is_named_without_its_hash(app: TestApp) {
        let dear = ARGON2.replace("m=1024", "m=4194304");
        let all = json!([
            somebody("ana@x.test", BCRYPT), somebody("nobody", BCRYPT), somebody("bo@x.test", "plain-secret-77"),
            somebody("cy@x.test", &dear), somebody("ANA@x.test", BCRYPT),
            { "email": "di@x.test", "name": "http://x.test" },
        ]);
        let body = json!({ "people": all });
        let told = app.admin("POST", "/v1/admin/user-imports", body).await.refused(422, "invalid_field");
        let faults = told.json()["errors"].clone();
        let faults: Vec<_> = faults.as_array().expect("faults").iter().map(|fault| (fault["pointer"].as_str(), fault["code"].as_str())).collect();
        assert_eq!(faults, [
            (Some("/people/1/email"), Some("invalid_email")), (Some("/people/2/password_hash"), Some("invalid")),
            (Some("/people/3/password_hash"), Some("invalid")), (Some("/people/4/email"), Some("duplicate")),
            (Some("/people/5/name"), Some("invalid")),
        ]);
        assert!(!told.text().contains("plain-secret") && !told.text().contains("4194304"), "{}", told.text());
        for (body, pointer) in [
            (json!({ "people": [] }), "/people"), (json!({ "people": vec![json!({ "email": "a@x.test" }); 101] }), "/people"),
            (json!({ "people": [{ "email": "a@x.test", "role": "owner" }] }), "/people/0/role"),
            (json!({ "people": [{ "email": "a@x.test", "state": "deleted" }] }), "/people/0/state"),
        ] {
            let told = app.admin("POST", "/v1/admin/user-imports", body).await.refused(422, "invalid_field");
            assert_eq!(told.json()["errors"][0]["pointer"], pointer);
        }
        assert_eq!(people(&app).await, 0);
    }

    async fn only_operators_of_the_installation_import(app: TestApp) {
        let tenant = app.tenant().await.id;
        let body = json!({ "people": [{ "email": "ana@x.test" }] });
        let own = app.operator_of("admin", Some(&tenant)).await;
        let wide = app.operator_of("admin", None).await;
        let call = |by: &str| Call::api("POST", "/v1/admin/user-imports", &body).bearer(by);
        app.browser().send(call(&own)).await.refused(403, "forbidden");
        assert_eq!(people(&app).await, 0);
        app.browser().send(call(&wide)).await.expect(200);
        let mut ana = app.signup("bo@x.test").await;
        ana.send(Call::api("POST", "/v1/admin/user-imports", &body)).await.refused(403, "forbidden");
    }
}

fn run(node: &Node, arguments: &str) -> Value {
    let text = node.run(&format!("{arguments} --json"));
    let text = text.unwrap_or_else(|complaint| panic!("{arguments}: {complaint}"));
    serde_json::from_str(&text).expect("JSON")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_people_is_taken_as_a_whole_or_not_at_all() {
    let node = Node::on_sqlite().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("people.csv");
    let file = path.display();
    let head = "email,email_verified,name,state,password_hash\n";
    let good = format!("{head}ana@x.test,true,Ana,,{BCRYPT}\nbo@x.test,,,disabled,\"{ARGON2}\"\n");
    std::fs::write(
        &path,
        format!("{good}cy@x.test,,,,hunter2-secret\nnobody,,,,\n"),
    )
    .expect("written");
    let refused = node
        .run(&format!("admin users import {file}"))
        .expect_err("bad lines");
    for said in [
        "line 4: password_hash: ",
        "line 5: email: ",
        "2 of 4 records",
        "Nobody was imported",
    ] {
        assert!(refused.contains(said), "{said}: {refused}");
    }
    assert!(!refused.contains("hunter2"), "{refused}");
    assert_eq!(run(&node, "admin user list")["items"], json!([]));
    let skipped = run(
        &node,
        &format!("admin user import {file} --plan --skip-bad"),
    );
    assert_eq!(
        skipped,
        json!({ "records": 4, "new": 2, "present": 0, "bad": 2, "refused": 0 })
    );
    std::fs::write(&path, &good).expect("written");
    let counts = |created: u64, present: u64| json!({ "records": 2, "created": created, "present": present, "bad": 0, "refused": 0 });
    assert_eq!(
        run(&node, &format!("admin user import {file}")),
        counts(2, 0)
    );
    assert_eq!(
        run(&node, &format!("admin user import {file}")),
        counts(0, 2)
    );
    let listed = run(&node, "admin user list bo@");
    assert_eq!(listed["items"][0]["state"], "disabled");
    // The same people as lines of JSON, and one more.
    let lines = folder.path().join("people.jsonl");
    let text = format!(
        "{}\n{}\n",
        somebody("ana@x.test", PBKDF2),
        somebody("cy@x.test", PBKDF2)
    );
    std::fs::write(&lines, text).expect("written");
    assert_eq!(
        run(&node, &format!("admin user import {}", lines.display())),
        counts(1, 1)
    );
    let missing = node
        .run("admin user import /nowhere.csv")
        .expect_err("no file");
    assert!(missing.contains("/nowhere.csv"), "{missing}");
}

#[tokio::test]
async fn people_are_imported_into_a_live_keycloak() {
    let Some(mut realms) = Realms::new().await else {
        return;
    };
    realms.directory = true;
    let options = Options {
        real_time: true,
        ..Options::default()
    };
    let app = TestApp::sqlite_with(options).await;
    let mut upstream = realms.bootstrap("kc").await;
    upstream["options"] = json!({ "directory": true });
    let made = app
        .admin("POST", "/v1/admin/upstreams", upstream)
        .await
        .expect(201)
        .json();
    let path = format!(
        "/v1/admin/upstreams/{}",
        made["id"].as_str().expect("an id")
    );
    app.admin("PATCH", &path, json!({ "role": "primary" }))
        .await
        .expect(200);

    // Keycloak has no bcrypt: said before anybody is made.
    let body =
        json!({ "people": [somebody("ana@acme.test", PBKDF2), somebody("bob@acme.test", BCRYPT)] });
    let told = app
        .admin("POST", "/v1/admin/user-imports", body)
        .await
        .refused(422, "invalid_field");
    assert_eq!(
        told.json()["errors"][0]["pointer"],
        "/people/1/password_hash"
    );
    assert_eq!(people(&app).await, 0);

    realms.person(&realms.home, "cyd", "staff").await;
    let all = json!([somebody("ana@acme.test", PBKDF2), somebody("bob@acme.test", ARGON2), { "email": "cyd@acme.test" }]);
    assert_eq!(
        outcomes(&app, all.clone(), true).await,
        ["new", "new", "present"]
    );
    assert_eq!(
        outcomes(&app, all.clone(), false).await,
        ["created", "created", "present"]
    );
    assert_eq!(outcomes(&app, all, false).await, ["present"; 3]);
    assert_eq!(people(&app).await, 2);
    // Linked by the subject there, whoever comes in with the old password is the person here.
    let found = format!("/{}/users?username=ana@acme.test&exact=true", realms.home);
    let found = realms.send(Method::GET, &found, None).await;
    let listed = app
        .admin("GET", "/v1/admin/users?q=ana@", Value::Null)
        .await
        .expect(200)
        .json();
    let id = listed["items"][0]["id"].as_str().expect("an id").to_owned();
    let links = format!("/v1/admin/users/{id}/identities");
    let links = app
        .admin("GET", &links, Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(links["items"][0]["subject"], found[0]["id"]);
    realms.remove().await;
}
