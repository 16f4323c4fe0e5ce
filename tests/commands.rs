//! `laneway admin …` beside a running node: the same records, and the node learns at once.

use serde_json::Value;

use crate::harness::{Node, until};

fn json(node: &Node, arguments: &str) -> Value {
    let text = node
        .run(&format!("{arguments} --json"))
        .unwrap_or_else(|complaint| panic!("{arguments}: {complaint}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{arguments}: {error}: {text}"))
}

fn id_of(record: &Value) -> String {
    record["id"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_are_made_changed_and_shown() {
    let node = Node::on_sqlite().await;
    let user = id_of(&json(&node, "admin user create ana@x.test --name Ana"));
    let found = json(&node, "admin user list ana@");
    assert_eq!(found["items"][0]["id"], user.as_str());
    let table = node.run("admin user list").expect("a table");
    assert!(
        table.starts_with("id ") && table.contains("ana@x.test"),
        "{table}"
    );
    json(&node, "admin org create acme --name Acme");
    let member = json(&node, &format!("admin member put acme {user} --role owner"));
    assert_eq!(member["roles"], serde_json::json!(["owner"]));
    let refused = node.run(&format!("admin member put acme {user} --role emperor"));
    let refused = refused.expect_err("a role that nobody defined");
    assert!(!refused.contains("marked field"), "{refused}");
    let refused = node
        .run("admin user create nobody")
        .expect_err("no address");
    assert!(refused.contains("email: "), "{refused}");
    let refused = node
        .run("admin user disable 0199aaaa-0000-7000-8000-000000000000")
        .expect_err("nobody");
    assert!(refused.contains("name or id"), "{refused}");
    let refused = node.run(&format!("admin member remove acme {user}"));
    assert!(refused.expect_err("refused").contains("last owner"));
    let changed = json(&node, "admin org set acme --name Acme2 --slug acme2");
    assert_eq!(changed["name"], "Acme2");
    assert_eq!(changed["slug"], "acme2");
    let tenant = json(
        &node,
        "admin tenant create other --name Other --public-url https://other.test",
    );
    assert_eq!(tenant["signup"], "invite");
    json(
        &node,
        "admin host add app.other.test --purpose app --tenant other",
    );
    let hosts = json(&node, "admin host list --tenant other");
    assert_eq!(hosts["items"].as_array().map(Vec::len), Some(2));
    node.run("admin host remove app.other.test --tenant other")
        .expect("removed");
    assert!(
        node.run("admin host remove other.test --tenant other")
            .is_err(),
        "canonical"
    );
    assert_eq!(
        json(&node, "admin tenant set other --state disabled")["state"],
        "disabled"
    );
    let made = json(&node, "admin invite ina@x.test --role member --org acme2");
    let link = made["url"].as_str().expect("a link").to_owned();
    assert!(link.contains("/invitations/"), "{link}");
    let listed = json(&node, "admin invitation list --org acme2");
    assert_eq!(listed["items"][0]["id"], made["id"]);
    assert!(listed["items"][0].get("url").is_none());
    let again = format!("admin invitation resend {} --org acme2", id_of(&made));
    assert_ne!(json(&node, &again)["url"], made["url"]);
    let back = format!("admin invitation revoke {} --org acme2", id_of(&made));
    node.run(&back).expect("taken back");
    assert!(node.run(&back).is_err(), "once");
    assert!(node.run("admin invite ina@x.test --role emperor").is_err());
    let grant = json(
        &node,
        &format!("admin operator appoint {user} --role admin"),
    );
    assert_eq!(
        json(&node, "admin operator list")["items"][0]["id"],
        grant["id"]
    );
    let change = |role: &str| format!("admin operator change {} --role {role}", id_of(&grant));
    assert_eq!(
        json(&node, &change("security_admin"))["role"],
        "security_admin"
    );
    assert!(node.run(&change("emperor")).is_err());
    node.run(&format!("admin operator dismiss {}", id_of(&grant)))
        .expect("dismissed");
    let token = node.run("admin token --role auditor --ttl 5m");
    assert!(token.expect("a token").starts_with("lw_adm_"));
    let upstreams = json(&node, "admin upstream list");
    assert_eq!(upstreams["items"][0]["name"], "embedded");
    let events = json(
        &node,
        &format!("admin audit list --target user:{user} --type member.changed"),
    );
    assert_eq!(events["items"][0]["actor"], "system:cli");
    apps(&node);
    assert!(node.run("admin user list --tenant nowhere").is_err());
    assert!(node.run("admin session end").is_err(), "whose?");
    node.run("admin org delete acme2").expect("deleted");
    node.run(&format!("admin user delete {user}"))
        .expect("deleted");
    assert_eq!(
        json(&node, "admin user list ana@")["items"],
        serde_json::json!([])
    );
}

/// Registered apps, from their creation to their end.
fn apps(node: &Node) {
    let made = json(
        node,
        "admin app create Planner --redirect-uri https://planner.test/cb --grant authorization_code --grant refresh_token",
    );
    assert!(made["client_secret"].is_string(), "{made}");
    let app = id_of(&made);
    let set = format!("admin app set {app} --name Plans --state disabled --first-party true");
    let changed = json(node, &set);
    assert_eq!(changed["client_secret"], serde_json::json!({ "set": true }));
    assert_eq!(
        (&changed["state"], &changed["grant_types"]),
        (&"disabled".into(), &made["grant_types"])
    );
    assert_ne!(
        json(node, &format!("admin app secret {app}"))["client_secret"],
        made["client_secret"]
    );
    let refused = node.run(&format!(
        "admin app set {app} --redirect-uri http://planner.test/"
    ));
    assert!(refused.expect_err("no https").contains("https"));
    assert_eq!(
        json(node, "admin app list")["items"][0]["client_name"],
        "Plans"
    );
    node.run(&format!("admin app delete {app}"))
        .expect("deleted");
    assert!(node.run(&format!("admin app show {app}")).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_node_learns_what_a_command_ended() {
    let node = Node::on_sqlite().await;
    let mut visitor = node.visitor("ana@x.test");
    let cookie = visitor.sign_in("signup").await.expect("signed up");
    let (status, me) = visitor.user(&cookie).await.expect("an answer");
    assert_eq!(status, 200);
    let sub = me["sub"].as_str().expect("a sub");
    let listed = json(&node, &format!("admin session list --user {sub}"));
    assert_eq!(listed["items"][0]["id"], me["sid"]);
    node.run(&format!("admin session end --user {sub}"))
        .expect("ended");
    until(5, "the node has heard of it", || async {
        let (status, _) = visitor.user(&cookie).await.expect("an answer");
        (status == 401).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn set_up_links_are_made_and_taken_back_at_a_terminal() {
    let node = Node::on_sqlite().await;
    json(&node, "admin org create acme --name Acme");
    let made = json(&node, "admin setup-link create acme --days 3");
    assert!(
        made["url"]
            .as_str()
            .is_some_and(|url| url.contains("/setup/"))
    );
    let listed = json(&node, "admin setup-link list acme");
    assert_eq!(listed["items"][0]["state"], "waiting");
    assert!(listed["items"][0].get("url").is_none());
    let back = format!("admin setup-link revoke acme {}", id_of(&made));
    node.run(&back).expect("taken back");
    assert!(node.run(&back).is_err(), "once");
    for nothing in ["nowhere", "acme --connection none", "acme --days 0"] {
        let refused = node.run(&format!("admin setup-link create {nothing}"));
        assert!(refused.is_err(), "{nothing}");
    }
}
