//! What an app gets in somebody's name, and the keys that sign it.

use serde_json::{Value, json};

use super::cut::cut;
use super::world::{BOUND, Family, Fate, GRACE, World};
use crate::oauth::client::{claims, head, parameter};

impl World {
    pub(super) async fn tokens(&mut self, session: usize, node: usize, dies: Option<u32>) {
        let (mut browser, client) = (self.browser(session, node), self.client.clone());
        let work = async {
            let asked = browser.get(&client.asks(&[])).await;
            let to_app = asked.location().starts_with(&client.redirect);
            let code = to_app.then(|| parameter(&asked, "code"))?;
            Some((
                code.clone(),
                browser.send(client.redeems(&code).bare()).await,
            ))
        };
        let outcome = cut(dies, work).await;
        let Some(outcome) = outcome else {
            return self.die(node).await;
        };
        let Some((code, reply)) = outcome.filter(|(_, reply)| reply.code() == 200) else {
            let fate = self.sessions[session].fate;
            assert!(fate != Fate::Lives, "no tokens for a session that lives");
            return;
        };
        let owner = self.sessions[session].owner;
        self.families.push(Family {
            owner,
            tokens: Vec::new(),
            fate: Fate::Lives,
            unsure: None,
        });
        let family = self.families.len() - 1;
        self.took(family, &reply.json());
        if family % 4 == 3 {
            // A code that comes twice takes back what came of it.
            let again = self.nodes[1 - node]
                .browser()
                .send(client.redeems(&code))
                .await;
            assert_eq!(again.code(), 400, "a code counted twice");
            self.families[family].fate = Fate::Ended(self.now(), 1 - node);
        }
    }

    pub(super) fn took(&mut self, family: usize, tokens: &Value) {
        let text = |name: &str| tokens[name].as_str().expect("a token").to_owned();
        let access = text("access_token");
        let said = claims(&access);
        self.is(self.families[family].owner, &said["sub"]);
        let exp = said["exp"].as_i64().expect("exp");
        self.signed.push((head(&access)["kid"].clone(), exp));
        self.families[family].tokens.push(text("refresh_token"));
        self.families[family].unsure = None;
    }

    pub(super) async fn refresh(&mut self, number: usize, node: usize, dies: Option<u32>) {
        let now = self.now();
        let family = &mut self.families[number];
        let (last, fate, unsure) = (family.tokens.last().cloned(), family.fate, family.unsure);
        let call = self.client.refreshes(&last.expect("a token"));
        let outcome = cut(dies, self.nodes[node].browser().send(call)).await;
        let Some(reply) = outcome else {
            self.families[number].unsure = unsure.or(Some(now));
            return self.die(node).await;
        };
        if reply.code() == 200 {
            let over = matches!(fate, Fate::Ended(at, by) if by == node || now - at > BOUND);
            assert!(!over, "a refresh of what has ended");
            self.saw(if unsure.is_some() {
                "refreshed after a death"
            } else {
                "refreshed"
            });
            return self.took(number, &reply.json());
        }
        assert_eq!(reply.code(), 400, "{}", reply.text());
        let late = unsure.is_some_and(|since| now - since > GRACE);
        assert!(
            fate != Fate::Lives || late,
            "a family is lost: {}",
            reply.text()
        );
        if fate != Fate::Unknown {
            self.families[number].fate = Fate::Ended(now, node);
        }
    }

    /// A token that has had two successors ends its family.
    pub(super) async fn old_refresh(&mut self, number: usize, node: usize) {
        let tokens = &self.families[number].tokens;
        if tokens.len() < 3 {
            return;
        }
        let call = self.client.refreshes(&tokens[0]);
        let reply = self.nodes[node].browser().send(call).await;
        assert_eq!(reply.code(), 400, "an old token counted: {}", reply.text());
        self.saw("old token");
        self.families[number].fate = Fate::Ended(self.now(), node);
    }

    pub(super) async fn rotate(&mut self, node: usize, dies: Option<u32>) {
        let body = json!({});
        let rotated = self.nodes[node].admin("POST", "/v1/admin/keys/rotate", body);
        let rotated = Box::pin(rotated);
        match cut(dies, rotated).await {
            Some(reply) => assert_eq!(reply.code(), 200, "{}", reply.text()),
            None => self.die(node).await,
        }
        self.keys_are_published().await;
    }

    pub(super) async fn keys_are_published(&self) {
        let now = self.now() / 1000;
        for node in &self.nodes {
            let set = node
                .browser()
                .get("/.well-known/jwks.json")
                .await
                .expect(200);
            let set = set.json();
            let keys = set["keys"].as_array().expect("keys");
            for (kid, exp) in self.signed.iter().filter(|(_, exp)| *exp > now) {
                let known = keys.iter().any(|key| key["kid"] == *kid);
                assert!(known, "no key for a token until {exp}: {kid}");
            }
        }
    }
}
