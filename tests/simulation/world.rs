//! Two nodes, the people in front of them, and what these may expect after all that happened.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use laneway::lane_a::revalidation::ask_due_once;
use laneway_fake::{ManualClock, Mood};
use serde_json::{Value, json};

use super::cut::cut;
use super::entry::{self, Noted, Spent};
use super::script::{Dice, Step};
use crate::harness::app::Options;
use crate::harness::{Browser, LOGIN, Reply, TestApp};
use crate::oauth::client::Client;

/// How many people there are.
pub const PEOPLE: usize = 3;
/// The default of `revocation.bound`, ms.
pub(super) const BOUND: i64 = 5_000;
/// A used refresh token leads on for so long, ms.
pub(super) const GRACE: i64 = 10_000;

/// What is known of something that can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Lives,
    /// Answered as ended, at this instant, by this node.
    Ended(i64, usize),
    /// Whoever ended it got no answer.
    Unknown,
}

/// A session in a browser.
pub struct Session {
    pub(super) owner: usize,
    pub(super) cookie: String,
    pub(super) fate: Fate,
}

/// Refresh tokens that follow each other.
pub struct Family {
    pub(super) owner: usize,
    pub(super) tokens: Vec<String>,
    pub(super) fate: Fate,
    /// The last one was sent at this instant, and no answer came.
    pub(super) unsure: Option<i64>,
}

#[derive(Default)]
pub(super) struct Person {
    sub: Option<String>,
    pub(super) disabled: bool,
}

/// All of it.
pub struct World {
    pub nodes: [TestApp; 2],
    pub sessions: Vec<Session>,
    pub families: Vec<Family>,
    pub spent: Vec<Spent>,
    pub deaths: usize,
    /// How often something came about that a rule speaks of.
    pub tally: BTreeMap<&'static str, usize>,
    pub history: History,
    pub(super) people: [Person; PEOPLE],
    pub(super) clock: Arc<ManualClock>,
    pub(super) client: Client,
    /// Signed tokens: the name of the key, and when they are over.
    pub(super) signed: Vec<(Value, i64)>,
    pub(super) at_provider: bool,
    pub(super) dice: Dice,
}

/// What happened so far; told where a rule is broken.
pub struct History {
    seed: u64,
    steps: Vec<String>,
    over: bool,
}

impl History {
    pub fn add(&mut self, step: &Step) {
        self.steps.push(format!("{step:?}"));
    }

    pub fn over(&mut self) {
        self.over = true;
    }
}

impl Drop for History {
    fn drop(&mut self) {
        if !self.over && std::thread::panicking() {
            let steps = self.steps.join("\n  ");
            eprintln!("LANEWAY_SOAK_SEED={} repeats this:\n  {steps}", self.seed);
        }
    }
}

pub(super) fn email(person: usize) -> String {
    format!("p{person}@x.test")
}

pub(super) fn subject(person: usize) -> String {
    format!("sub-{person}")
}

impl World {
    /// With the tenant's own accounts, or with a provider, as the seed says.
    pub async fn new(seed: u64, app: TestApp, dice: &mut Dice) -> Self {
        let at_provider = seed % 2 == 1;
        if at_provider {
            let id = app.add_fake().await;
            let path = format!("/v1/admin/upstreams/{id}");
            let primary = app
                .admin("PATCH", &path, json!({ "role": "primary" }))
                .await;
            primary.expect(200);
            for person in 0..PEOPLE {
                let new = laneway_fake::Person::new(&subject(person), &email(person));
                app.fake.put(new);
            }
        }
        let client = app.client(json!({})).await;
        let mut dice = Dice::new(dice.number());
        let options = Options {
            seed: dice.number(),
            ..Options::default()
        };
        let second = app.restarted(&options).await.expect("a second node");
        Self {
            clock: Arc::clone(&app.clock),
            nodes: [app, second],
            sessions: Vec::new(),
            families: Vec::new(),
            spent: Vec::new(),
            deaths: 0,
            tally: BTreeMap::new(),
            history: History {
                seed,
                steps: Vec::new(),
                over: false,
            },
            people: Default::default(),
            client,
            signed: Vec::new(),
            at_provider,
            dice,
        }
    }

    pub(super) fn saw(&mut self, what: &'static str) {
        *self.tally.entry(what).or_default() += 1;
    }

    pub(super) fn now(&self) -> i64 {
        laneway_contract::Clock::now_ms(&*self.clock)
    }

    /// Lets a step happen and judges it.
    pub async fn does(&mut self, step: Step) {
        match step {
            Step::SignIn { person, node, dies } => self.sign_in(person, node, dies).await,
            Step::Use { session, node } => self.uses(session, node).await,
            Step::SignOut {
                session,
                node,
                dies,
            } => self.sign_out(session, node, dies).await,
            Step::Repeat { spent, node } => self.repeat(spent, node).await,
            Step::Tokens {
                session,
                node,
                dies,
            } => self.tokens(session, node, dies).await,
            Step::Refresh { family, node, dies } => self.refresh(family, node, dies).await,
            Step::OldRefresh { family, node } => self.old_refresh(family, node).await,
            Step::Disable { person, node } => self.toggle(person, node).await,
            Step::ProviderEnds { person, node } => self.provider_ends(person, node).await,
            Step::Rotate { node, dies } => self.rotate(node, dies).await,
            Step::Mood(mood) => self.nodes[0].fake.set_mood(mood),
            Step::Ask { node } => ask_due_once(self.nodes[node].core()).await,
            Step::Time { seconds } => self.time(seconds).await,
            Step::Hear { node } => self.hear(node).await,
            Step::Die { node } => self.die(node).await,
        }
    }

    /// The process is gone, and another starts on the same store.
    pub(super) async fn die(&mut self, node: usize) {
        let options = Options {
            seed: self.dice.number(),
            ..Options::default()
        };
        let fresh = self.nodes[node].restarted(&options).await;
        self.nodes[node] = fresh.expect("it starts again");
        self.deaths += 1;
    }

    pub(super) async fn hear(&self, node: usize) {
        let heard = self.nodes[node].core().log.poll().await;
        heard.expect("the log is read");
    }

    /// A node that runs hears of changes all along; over a moment it may not.
    async fn time(&self, seconds: i64) {
        self.clock.advance_s(seconds);
        if seconds > 60 {
            self.hear(0).await;
            self.hear(1).await;
        }
    }

    async fn sign_in(&mut self, person: usize, node: usize, dies: Option<u32>) {
        self.clock.advance_s(1);
        let noted: Noted = Mutex::new(Vec::new());
        let app = &self.nodes[node];
        let (email, subject) = (email(person), subject(person));
        let outcome = if self.at_provider {
            cut(dies, entry::by_provider(app, (person, &subject), &noted)).await
        } else {
            cut(dies, entry::by_code(app, (person, &email), &noted)).await
        };
        self.spent.extend(noted.into_inner().expect("a list"));
        let Some(outcome) = outcome else {
            return self.die(node).await;
        };
        assert!(
            outcome.is_none() || !self.people[person].disabled,
            "whoever is switched off got in"
        );
        assert!(
            outcome.is_some() || self.people[person].disabled || self.at_provider,
            "an own account did not get in"
        );
        if let Some(cookie) = outcome {
            self.entered(person, cookie, node).await;
        }
    }

    pub(super) async fn entered(&mut self, owner: usize, cookie: String, node: usize) {
        self.sessions.push(Session {
            owner,
            cookie,
            fate: Fate::Lives,
        });
        self.uses(self.sessions.len() - 1, node).await;
    }

    pub(super) fn browser(&self, session: usize, node: usize) -> Browser {
        let mut browser = self.nodes[node].browser();
        browser.set_cookie(LOGIN, "__Host-lw", &self.sessions[session].cookie);
        browser
    }

    /// A session is answered for its own person for as long as it lives, and after its end nowhere
    /// past the bound.
    pub(super) async fn uses(&mut self, session: usize, node: usize) {
        let reply = self.browser(session, node).user(LOGIN).await;
        let (owner, fate) = (self.sessions[session].owner, self.sessions[session].fate);
        self.judge(&reply, fate, node);
        match (reply.code(), fate) {
            (200, Fate::Lives) => self.saw("lives"),
            (200, Fate::Ended(..)) => self.saw("not heard of yet"),
            (401, Fate::Ended(..)) => self.saw("ended"),
            _ => {}
        }
        if reply.code() == 200 {
            self.is(owner, &reply.json()["sub"]);
        }
    }

    #[track_caller]
    fn judge(&self, reply: &Reply, fate: Fate, node: usize) {
        let code = reply.code();
        match fate {
            Fate::Lives => assert_eq!(code, 200, "a session is lost: {}", reply.text()),
            Fate::Ended(at, by) if by == node || self.now() - at > BOUND => {
                assert_eq!(
                    code, 401,
                    "an ended session is answered at {node}: {fate:?}"
                );
            }
            Fate::Ended(..) | Fate::Unknown => assert!(matches!(code, 200 | 401), "{code}"),
        }
    }

    #[track_caller]
    pub(super) fn is(&mut self, person: usize, sub: &Value) {
        let sub = sub.as_str().expect("a sub");
        let known = self.people[person]
            .sub
            .get_or_insert_with(|| sub.to_owned());
        assert_eq!(known, sub, "somebody else");
        let same = self
            .people
            .iter()
            .filter(|one| one.sub.as_deref() == Some(sub));
        assert_eq!(same.count(), 1, "two people are one");
    }

    /// The same request again, at either node, by the same browser.
    async fn repeat(&mut self, number: usize, node: usize) {
        let Spent {
            call,
            browser,
            person,
            taken,
        } = self.spent[number].clone();
        let mut browser = browser.towards(&self.nodes[node].app.router);
        let reply = browser.send(call).await;
        let cookie = browser.cookie(LOGIN, "__Host-lw").map(str::to_owned);
        if reply.code() != 200 && cookie.is_none() {
            return self.saw("repeated in vain");
        }
        assert!(!taken, "a one-time value counted twice: {}", reply.text());
        self.spent[number].taken = true;
        if let Some(cookie) = cookie {
            assert!(
                !self.people[person].disabled,
                "whoever is switched off got in"
            );
            self.entered(person, cookie, node).await;
        }
    }

    /// Everything is well again: what lives lives on both nodes, what has ended is over, everybody
    /// gets in.
    pub async fn settles(&mut self) {
        self.nodes[0].fake.set_mood(Mood::Fine);
        self.clock.advance_s(90);
        for node in [0, 1] {
            self.hear(node).await;
            for session in 0..self.sessions.len() {
                self.uses(session, node).await;
            }
        }
        self.keys_are_published().await;
        for person in 0..PEOPLE {
            if self.people[person].disabled {
                self.toggle(person, 0).await;
            }
            let before = self.sessions.len();
            self.sign_in(person, person % 2, None).await;
            assert_eq!(self.sessions.len(), before + 1, "{person} does not get in");
        }
        for number in 0..self.spent.len() {
            self.repeat(number, number % 2).await;
        }
    }
}
