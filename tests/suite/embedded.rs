//! Laneway's own provider: its page is Laneway's, so a person acts through the flows API.
//!
//! Owns: codes from the outbox and passkeys in software. Must not know: what any test proves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use laneway::lane_a::mail;
use laneway::store::tenants;
use laneway_fake::SoftAuthenticator;
use serde_json::{Value, json};
use url::Url;

use super::live::unique;
use super::rig::{Declared, Does, Landing, Logout, Person, Rig};
use super::stage::Stage;
use super::web::{Browser, Page};

/// The embedded provider under the suite.
#[derive(Default)]
pub struct EmbeddedRig {
    keys: Mutex<HashMap<String, Arc<SoftAuthenticator>>>,
}

impl EmbeddedRig {
    fn keys_of(&self, person: &Person) -> Option<Arc<SoftAuthenticator>> {
        self.keys
            .lock()
            .expect("no panic before")
            .get(&person.subject)
            .cloned()
    }

    async fn enrol(&self, stage: &Stage, person: &Person) {
        let keys = SoftAuthenticator::new();
        let mut browser = stage.signed_in(person).await;
        let begun = browser
            .call(
                "POST",
                &stage.at("/v1/me/passkeys"),
                Some(&json!({ "label": "key" })),
            )
            .await;
        let begun = begun.expect(201).json();
        let credential = keys
            .create(&begun["public_key"], &origin(stage))
            .expect("a passkey");
        let path = format!("/v1/me/passkeys/{}", begun["id"].as_str().expect("an id"));
        browser
            .call(
                "POST",
                &stage.at(&path),
                Some(&json!({ "credential": credential })),
            )
            .await
            .expect(201);
        self.keys
            .lock()
            .expect("no panic before")
            .insert(person.subject.clone(), Arc::new(keys));
    }

    async fn by_code(
        &self,
        stage: &Stage,
        browser: &mut Browser,
        flow: &str,
        (person, does): (&Person, Does),
    ) -> Page {
        stage
            .answer(browser, flow, "email-code", json!({}))
            .await
            .expect(200);
        let mails = mail::kept(&stage.core).await.expect("the outbox opens");
        let mut own = mails.iter().rev().filter(|mail| mail.to == person.login);
        let code = own.find_map(|mail| mail.code.clone());
        // No mail goes to somebody who is kept out; a guess is all they have.
        let code = code
            .filter(|_| does == Does::SignIn)
            .unwrap_or_else(|| "000000".to_owned());
        stage
            .answer(browser, flow, "email-code", json!({ "code": code }))
            .await
    }

    async fn by_passkey(
        &self,
        stage: &Stage,
        browser: &mut Browser,
        flow: &str,
        person: &Person,
    ) -> Page {
        let begun = stage
            .answer(browser, flow, "passkey", json!({}))
            .await
            .expect(200)
            .json();
        let keys = self.keys_of(person).expect("a person with a passkey");
        match keys.get(&begun["step"]["public_key"], &origin(stage)) {
            Ok(credential) => {
                stage
                    .answer(
                        browser,
                        flow,
                        "passkey",
                        json!({ "credential": credential }),
                    )
                    .await
            }
            // None of theirs is asked for: their browser has nothing to send.
            Err(_) => {
                stage
                    .answer(browser, flow, "passkey", json!({ "credential": {} }))
                    .await
            }
        }
    }
}

fn origin(stage: &Stage) -> String {
    stage.at("/").origin().ascii_serialization()
}

#[async_trait]
impl Rig for EmbeddedRig {
    fn declared(&self) -> Declared {
        Declared {
            methods: &[("email-code", "headless"), ("passkey", "headless")],
            acr: "aal1",
            amr: &["email"],
            strongest: "phr",
            beyond: None,
            judges_factors: false,
            directory: true,
            manages: false,
            credentials: true,
            actions: false,
            logout: Logout::Nothing,
            back_channel: false,
            tells: false,
            cancel: false,
        }
    }

    async fn register(&self, _public_url: &str) -> Option<Value> {
        None
    }

    async fn provision(&self, stage: &Stage, name: &str, strong: bool) -> Person {
        let login = format!("{}@example.test", unique(name));
        let body = json!({ "email": login, "email_verified": true, "name": name });
        let made = stage
            .admin("POST", "/v1/admin/users", Some(body))
            .await
            .expect(201)
            .json();
        let person = Person {
            login,
            subject: made["id"].as_str().expect("an id").to_owned(),
        };
        if strong {
            self.enrol(stage, &person).await;
        }
        person
    }

    async fn act_as_user(
        &self,
        stage: &Stage,
        browser: &mut Browser,
        url: &Url,
        (person, does): (&Person, Does),
    ) -> Landing {
        if does == Does::Nothing {
            return Landing::Page(browser.open(url).await.status);
        }
        let given = url
            .query_pairs()
            .find(|(name, _)| name == "flow")
            .map(|(_, id)| id.into_owned());
        let flow = match given {
            Some(id) => id,
            None => {
                let body = json!({ "username": person.login, "return_to": "/account" });
                let begun = stage.flow(browser, body).await.expect(201).json();
                begun["id"].as_str().expect("an id").to_owned()
            }
        };
        let page = match does {
            Does::SecondFactor => self.by_passkey(stage, browser, &flow, person).await,
            _ => self.by_code(stage, browser, &flow, (person, does)).await,
        };
        if page.status == 200 && page.json()["state"] == "done" {
            return Landing::Home(stage.at(page.json()["return_to"].as_str().expect("an address")));
        }
        Landing::Page(page.status)
    }

    async fn disable(&self, stage: &Stage, person: &Person) {
        let tenant = tenants::find_by_slug(&stage.core.db, "main")
            .await
            .expect("the store answers");
        let primary = stage
            .core
            .providers
            .primary(&tenant.expect("a tenant"))
            .await
            .expect("a primary");
        let provider = primary.provider().expect("an adapter");
        let directory = provider.user_directory().expect("a directory");
        directory
            .set_enabled(&person.subject, false)
            .await
            .expect("it is done");
    }

    async fn end_session(&self, _: &Stage, _: &Person) {
        unreachable!("it has no sessions of its own");
    }

    async fn stop(&self) {
        unreachable!("it is part of Laneway");
    }

    async fn start(&self) {}

    async fn clean_up(&self) {}
}
