//! `kill -9` at any point of what goes on with tokens: a code is redeemed, refresh tokens follow each
//! other, a session is used, signing keys change. Nothing half, nothing twice, and the next try works.

use std::time::{Duration, Instant};

use laneway::outbound::SystemClock;
use laneway_contract::{Clock as _, Random as _};
use laneway_fake::SeededRandom;
use laneway_sqlkit::{Db, q};
use serde_json::{Value, json};

use crate::crash;
use crate::harness::node::{Visitor, patient_client};
use crate::harness::soak::{factor, measured};
use crate::harness::{Node, new_database, postgres_url};
use crate::oauth::client::{claims, head};
use crate::oauth::developer::{Answer, Developer};

/// Kills on the way, times the factor of a long run.
const POINTS: u32 = 5;
/// A used refresh token leads to the same successor for ten seconds; a start that took longer than
/// this beside other tests says nothing about it.
const GRACE: Duration = Duration::from_secs(8);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_program_leaves_no_token_half_on_sqlite() {
    torture(Node::on_sqlite().await, "SQLite").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_program_leaves_no_token_half_on_postgresql() {
    let Some(server) = postgres_url() else { return };
    torture(Node::on(new_database(&server).await).await, "PostgreSQL").await;
}

/// What somebody outside knows when the program dies: all that was answered, and what was asked last.
#[derive(Default)]
struct Known {
    code: String,
    /// In the order in which they were answered; the last may have been used without an answer.
    refresh: Vec<String>,
    /// Everything that was ever signed.
    signed: Vec<String>,
    /// Changes of keys that were answered.
    rotated: i64,
}

impl Known {
    fn takes(&mut self, (status, tokens): (u16, Value)) -> Result<(), String> {
        if status != 200 {
            return Err(format!("{status}: {tokens}"));
        }
        let text = |name: &str| tokens[name].as_str().map(str::to_owned);
        self.refresh
            .push(text("refresh_token").ok_or("no refresh token")?);
        self.signed.extend(text("access_token"));
        self.signed.extend(text("id_token"));
        Ok(())
    }

    fn last(&self) -> &str {
        self.refresh.last().map_or("", |token| token)
    }
}

/// Ana, who waits for as long as a busy machine needs.
fn visitor(node: &Node) -> Visitor {
    let ops = [node.ops()];
    Visitor::new(patient_client(60), (&node.url(), &ops), "ana@x.test")
}

/// Somebody who is signed in, and an app of theirs.
struct Scene {
    node: Node,
    developer: Developer,
    cookie: String,
}

async fn torture(mut node: Node, engine: &str) {
    node.kill();
    node.set("LANEWAY_LIMITS_MAILS_PER_ADDRESS", "1000");
    node.start().await;
    let developer = Developer::at(&node).await;
    let cookie = visitor(&node).sign_in("signup").await;
    let cookie = cookie.expect("a session");
    let mut scene = Scene {
        node,
        developer,
        cookie,
    };
    let mut known = Known::default();
    let mut whole = Duration::MAX;
    for _ in 0..2 {
        let begun = Instant::now();
        scene.work(&mut known).await.expect("an undisturbed run");
        whole = whole.min(begun.elapsed());
        scene.again().await;
    }
    let points = POINTS * u32::try_from(factor()).expect("a small factor");
    let seed = crash::seed();
    let dice = SeededRandom::new(seed);
    let mut killed_inside = 0;
    for point in 0..points {
        let mut bytes = [0; 4];
        dice.fill(&mut bytes);
        let within = u32::from_le_bytes(bytes) % 1000;
        let at = whole * (point * 1000 + within) / (points * 1000);
        known.refresh.clear();
        known.code.clear();
        let outcome = tokio::time::timeout(at, scene.work(&mut known)).await;
        let died = Instant::now();
        scene.again().await;
        killed_inside += u32::from(outcome.is_err());
        scene.judge(&mut known, died).await.unwrap_or_else(|error| {
            panic!("seed {seed}, killed after {at:?} of {whole:?}, then: {error}")
        });
        scene.check(&known).await;
    }
    measured(&format!(
        "{engine}: killed {points} times while tokens and keys change, {killed_inside} of them at work: nothing half"
    ));
    assert!(
        killed_inside * 3 >= points,
        "killed at work only {killed_inside} times"
    );
}

impl Scene {
    /// The way on which it is killed.
    async fn work(&self, known: &mut Known) -> Result<(), String> {
        known.refresh.clear();
        known.code = self.developer.code(&self.cookie).await?;
        known.takes(self.developer.redeem(&known.code).await?)?;
        self.next(known).await?;
        self.rotate(known).await?;
        self.next(known).await?;
        self.used().await?;
        self.next(known).await
    }

    async fn next(&self, known: &mut Known) -> Result<(), String> {
        let answer = self.developer.refresh(known.last()).await?;
        known.takes(answer)
    }

    async fn rotate(&self, known: &mut Known) -> Result<(), String> {
        // The new key signs at once: what follows is signed with it.
        let body = json!({ "at_once": true });
        let (status, said) = self
            .developer
            .operates("/v1/admin/keys/rotate", &body)
            .await?;
        known.rotated += 1;
        (status == 200)
            .then_some(())
            .ok_or_else(|| format!("{status}: {said}"))
    }

    async fn used(&self) -> Result<(), String> {
        let (status, user) = visitor(&self.node).user(&self.cookie).await?;
        (status == 200)
            .then_some(())
            .ok_or_else(|| format!("{status}: {user}"))
    }

    async fn again(&mut self) {
        self.node.kill();
        self.node.start().await;
    }

    /// What those outside see after a crash.
    async fn judge(&self, known: &mut Known, died: Instant) -> Result<(), String> {
        self.used().await?;
        self.keys_are_published(known).await?;
        if known.refresh.is_empty() {
            // Redeemed or not: they do not know, and a code that was spent is never taken again.
            let _ = self.developer.code(&self.cookie).await?;
        } else {
            self.goes_on(known, died).await?;
        }
        if !known.code.is_empty() {
            self.spent(known).await?;
        }
        visitor(&self.node).sign_in("login").await?;
        self.work(&mut Known::default()).await
    }

    /// The answer to the last refresh may have been lost: the same token leads on, and once it did,
    /// none before it does.
    async fn goes_on(&self, known: &mut Known, died: Instant) -> Result<(), String> {
        let last = known.last().to_owned();
        let (status, tokens) = self.developer.refresh(&last).await?;
        if status != 200 && died.elapsed() > GRACE {
            return Ok(());
        }
        known.takes((status, tokens))?;
        let newest = known.signed.iter().rev();
        let access = newest
            .clone()
            .find(|token| head(token)["typ"] == "at+jwt")
            .ok_or("no access token")?;
        if !self.developer.counts(access).await? {
            return Err("the newest token does not count".into());
        }
        self.next(known).await?;
        let tokens = &known.refresh;
        let old = &tokens[tokens.len() - 3.min(tokens.len())];
        refused("an old refresh token", &self.developer.refresh(old).await)
    }

    /// Whatever came of a code: it opens nothing a second time.
    async fn spent(&self, known: &Known) -> Result<(), String> {
        if known.refresh.is_empty() {
            // It may not have been redeemed before, and is now.
            self.developer.redeem(&known.code).await?;
        }
        refused("a spent code", &self.developer.redeem(&known.code).await)
    }

    /// Whoever verifies what was signed finds its key for as long as it lasts.
    async fn keys_are_published(&self, known: &Known) -> Result<(), String> {
        let published = self.developer.published().await?;
        let now = SystemClock.now_ms() / 1000;
        for token in &known.signed {
            let lives = claims(token)["exp"].as_i64().is_some_and(|exp| exp > now);
            if lives && !published.contains(&head(token)["kid"]) {
                return Err(format!("no key for {}", head(token)));
            }
        }
        Ok(())
    }

    /// What must hold in the database.
    async fn check(&self, known: &Known) {
        crash::check(&self.node).await;
        let db = Db::connect(self.node.database()).await.expect("it opens");
        for (what, sql) in HALF {
            assert_eq!(count(&db, sql).await, 0, "{what}");
        }
        let rotated = count(
            &db,
            "SELECT COUNT(*) AS n FROM audit_events WHERE type = 'signing_key.rotated'",
        )
        .await;
        assert!(rotated >= known.rotated, "{rotated} of {}", known.rotated);
        let made = count(
            &db,
            "SELECT COUNT(*) AS n FROM signing_keys WHERE alg = 'ES256'",
        )
        .await;
        assert_eq!(made, rotated + 1, "one event per change of keys");
        if let Db::Sqlite { .. } = db {
            let row = q("PRAGMA integrity_check").one(&db).await.expect("a row");
            let said: String = row.get("integrity_check").expect("text");
            assert_eq!(said, "ok");
        }
        db.close().await;
    }
}

const HALF: &[(&str, &str)] = &[
    (
        "a code without its event, or an event without its code",
        "SELECT ABS((SELECT COUNT(*) FROM authorization_codes) - \
        (SELECT COUNT(*) FROM audit_events WHERE type = 'authorization.granted')) AS n",
    ),
    (
        "a family without its spent code",
        "SELECT COUNT(*) AS n FROM refresh_families f WHERE NOT EXISTS \
        (SELECT 1 FROM authorization_codes c WHERE c.family_id = f.id AND c.used_at IS NOT NULL)",
    ),
    (
        "a spent code without its family",
        "SELECT COUNT(*) AS n FROM authorization_codes c WHERE c.used_at IS NOT NULL AND NOT EXISTS \
        (SELECT 1 FROM refresh_families f WHERE c.family_id = f.id)",
    ),
    (
        "a live family without exactly one unused token",
        "SELECT COUNT(*) AS n FROM refresh_families f WHERE f.revoked_at IS NULL AND 1 <> \
        (SELECT COUNT(*) FROM refresh_tokens t WHERE t.family_id = f.id AND t.used_at IS NULL)",
    ),
    (
        "a live family without the session that was kept for it",
        "SELECT COUNT(*) AS n FROM refresh_families f WHERE f.revoked_at IS NULL AND f.kept_sid IS NOT NULL \
        AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.sid = f.kept_sid AND s.ended_at IS NULL)",
    ),
    (
        "a family that ended for reuse without its event",
        "SELECT ABS((SELECT COUNT(*) FROM refresh_families WHERE revoked_at IS NOT NULL) - \
        (SELECT COUNT(*) FROM audit_events WHERE type = 'token.reused')) AS n",
    ),
    (
        "two keys of a kind that nobody has set an end to",
        "SELECT COUNT(*) AS n FROM (SELECT alg FROM signing_keys WHERE retired_at IS NULL \
        GROUP BY alg HAVING COUNT(*) > 1) twice",
    ),
    (
        "the end of a session in a browser, which nobody asked for",
        "SELECT COUNT(*) AS n FROM sessions WHERE app_id IS NULL AND ended_at IS NOT NULL",
    ),
];

async fn count(db: &Db, sql: &'static str) -> i64 {
    let row = q(sql).one(db).await.expect("an answer");
    row.get("n").expect("a number")
}

fn refused(what: &str, answer: &Answer) -> Result<(), String> {
    match answer {
        Ok((400, said)) if said["error"] == "invalid_grant" => Ok(()),
        other => Err(format!("{what} was answered {other:?}")),
    }
}
