//! What ends sessions: their owners, operators, the provider.

use laneway_sqlkit::q;
use serde_json::json;

use super::cut::cut;
use super::world::{Fate, World, email, subject};
use crate::harness::Call;

impl World {
    pub(super) async fn sign_out(&mut self, session: usize, node: usize, dies: Option<u32>) {
        let mut browser = self.browser(session, node);
        let call = Call::api("POST", "/bff/logout", &json!({}));
        let outcome = cut(dies, browser.send(call)).await;
        let now = self.now();
        let fate = &mut self.sessions[session].fate;
        let before = *fate;
        match &outcome {
            Some(reply) if reply.code() == 200 && matches!(before, Fate::Ended(..)) => {}
            Some(reply) if reply.code() == 200 => *fate = Fate::Ended(now, node),
            Some(reply) => assert!(
                before != Fate::Lives && reply.code() == 401,
                "{}",
                reply.text()
            ),
            None if before == Fate::Lives => *fate = Fate::Unknown,
            None => {}
        }
        if outcome.is_none() {
            self.die(node).await;
        }
    }

    pub(super) async fn user_id(&self, person: usize) -> Option<String> {
        let sql = "SELECT id FROM users WHERE email = $1";
        let row = q(sql)
            .bind(email(person))
            .optional(&self.nodes[0].core().db)
            .await;
        Some(row.expect("an answer")?.get("id").expect("text"))
    }

    /// Switches somebody off, or on again.
    pub(super) async fn toggle(&mut self, person: usize, node: usize) {
        let Some(id) = self.user_id(person).await else {
            return;
        };
        let off = !self.people[person].disabled;
        let state = json!({ "state": if off { "disabled" } else { "active" } });
        let path = format!("/v1/admin/users/{id}");
        let told = self.nodes[node].admin("PATCH", &path, state).await;
        if told.code() == 503 {
            // A provider that is away keeps nobody's sessions alive, and lets nobody in again.
            told.refused(503, "upstream_unavailable");
            if !off {
                return;
            }
        } else {
            told.expect(200);
        }
        self.people[person].disabled = off;
        if off {
            self.all_of(person, Fate::Ended(self.now(), node), true);
        }
    }

    pub(super) fn all_of(&mut self, person: usize, fate: Fate, families: bool) {
        let own = self.sessions.iter_mut().filter(|one| one.owner == person);
        for session in own.filter(|one| !matches!(one.fate, Fate::Ended(..))) {
            session.fate = fate;
        }
        let own = self.families.iter_mut().filter(|one| one.owner == person);
        for family in own.filter(|one| !matches!(one.fate, Fate::Ended(..))) {
            family.fate = if families { fate } else { Fate::Unknown };
        }
    }

    pub(super) async fn provider_ends(&mut self, person: usize, node: usize) {
        if !self.at_provider {
            return;
        }
        let app = &self.nodes[node];
        app.fake.end_sessions_of(&subject(person));
        let token = app.fake.logout_token(Some(&subject(person)), None);
        let told = Call::form("/bff/backchannel/corp", &[("logout_token", &token)]);
        let heard = app.browser().send(told.clone()).await.code() == 200;
        let fate = if heard {
            Fate::Ended(self.now(), node)
        } else {
            Fate::Unknown
        };
        self.all_of(person, fate, false);
        let again = self.nodes[1 - node].browser().send(told).await;
        assert!(
            !heard || again.code() != 200,
            "a logout token counted twice"
        );
        if again.code() == 200 {
            self.all_of(person, Fate::Ended(self.now(), 1 - node), false);
        }
    }
}
