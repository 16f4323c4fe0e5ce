//! A provider over an empty database of its own, with clock and randomness in hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use laneway_contract::{
    AdapterState, Answer, BeginEnrol, BeginHeadless, Challenge, Credential, CredentialAdmin as _,
    Denial, EnrolStep, FinishEnrol, HeadlessLogin as _, LoginStep, MethodKind, ProviderError,
    RelyingParty, SubjectHint, UpstreamIdentity,
};
use laneway_embedded::{Embedded, EmbeddedConfig, Keys, Vault, VaultPlace, migrations};
use laneway_fake::{ManualClock, SoftAuthenticator, test_env};
use laneway_sqlkit::{Db, Row, q_dynamic};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

pub(crate) const NOW_MS: i64 = 1_800_000_000_000;
pub(crate) const ORIGIN: &str = "https://login.example.org";
pub(crate) const RP_ID: &str = "login.example.org";
pub(crate) const ANNA: &str = "01900000-0000-7000-8000-00000000000a";
pub(crate) const BERT: &str = "01900000-0000-7000-8000-00000000000b";

/// Runs each test once per engine.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn sqlite() {
                let rig = crate::rig::Rig::sqlite().await;
                super::$name(&rig).await;
                rig.close().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn postgres() {
                let Some(rig) = crate::rig::Rig::postgres().await else { return };
                super::$name(&rig).await;
                rig.close().await;
            }
        }
    )+};
}
pub(crate) use on_both;

pub(crate) struct Rig {
    pub(crate) embedded: Arc<Embedded>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) keys: SoftAuthenticator,
    db: Db,
    /// The SQLite folder, or the server to drop the database at.
    home: Home,
}

enum Home {
    Folder(#[expect(dead_code, reason = "held so that the folder lives")] tempfile::TempDir),
    Server(Db, String),
}

impl Rig {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let db = Db::connect(&format!("sqlite:{}", path.display()))
            .await
            .unwrap();
        Self::over(db, Home::Folder(folder)).await
    }

    pub(crate) async fn postgres() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Ok(address) = std::env::var("LANEWAY_TEST_PG_URL") else {
            assert!(
                std::env::var("CI").is_err(),
                "LANEWAY_TEST_PG_URL must be set in CI"
            );
            eprintln!("skipped: LANEWAY_TEST_PG_URL is not set");
            return None;
        };
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("embedded_test_{}_{number}", std::process::id());
        let server = Db::connect(&address).await.unwrap();
        let create = format!("CREATE DATABASE {name} TEMPLATE template0");
        q_dynamic(create).run(&server).await.unwrap();
        let mut url = Url::parse(&address).unwrap();
        url.set_path(&name);
        let db = Db::connect(url.as_str()).await.unwrap();
        Some(Self::over(db, Home::Server(server, name)).await)
    }

    async fn over(db: Db, home: Home) -> Self {
        migrations().apply(&db).await.unwrap();
        let clock = ManualClock::at(NOW_MS);
        let embedded = Arc::new(provider(&db, &clock, "tenant-1", 1));
        Self {
            embedded,
            clock,
            keys: SoftAuthenticator::new(),
            db,
            home,
        }
    }

    pub(crate) async fn close(self) {
        self.db.close().await;
        if let Home::Server(server, name) = self.home {
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            q_dynamic(drop).run(&server).await.unwrap();
            server.close().await;
        }
    }

    /// Another tenant's provider over the same tables.
    pub(crate) fn other_tenant(&self) -> Embedded {
        provider(&self.db, &self.clock, "tenant-2", 2)
    }

    pub(crate) fn db(&self) -> &Db {
        &self.db
    }

    pub(crate) async fn rows(&self, sql: &str) -> Vec<Row> {
        q_dynamic(sql.to_owned()).all(&self.db).await.unwrap()
    }

    pub(crate) async fn begin_code(
        &self,
        login_name: &str,
        subject: SubjectHint,
        deliver: bool,
    ) -> Challenge {
        let request = BeginHeadless {
            method: MethodKind::EmailCode,
            relying_party: party(),
            login_name: Some(login_name.to_owned()),
            subject,
            deliver,
        };
        challenge(self.embedded.begin(request).await.unwrap())
    }

    pub(crate) async fn type_code(&self, state: &AdapterState, code: &str) -> LoginStep {
        let answer = Answer::Code(SecretString::from(code));
        self.embedded.answer(state, answer).await.unwrap()
    }

    /// Signs up, or in, by code.
    pub(crate) async fn sign_up(&self, email: &str, subject: &str) -> UpstreamIdentity {
        let hint = SubjectHint::Candidate(subject.to_owned());
        let challenge = self.begin_code(email, hint, true).await;
        let code = sent(&challenge);
        identity(self.type_code(&challenge.state, &code).await)
    }

    pub(crate) async fn begin_enrol(&self, subject: &str) -> (Value, AdapterState) {
        let request = BeginEnrol {
            kind: MethodKind::Passkey,
            subject: subject.to_owned(),
            login_name: format!("{subject}@example.org"),
            display_name: "Somebody".to_owned(),
            relying_party: party(),
            return_to: Url::parse(ORIGIN).unwrap(),
        };
        match self.embedded.begin_enrol(request).await.unwrap() {
            EnrolStep::Challenge { public_key, state } => (public_key, state),
            other => panic!("expected a ceremony, got {other:?}"),
        }
    }

    pub(crate) async fn finish_enrol(
        &self,
        state: &AdapterState,
        credential: Value,
        label: &str,
    ) -> Result<Credential, ProviderError> {
        let request = FinishEnrol {
            state: state.clone(),
            answer: Answer::Credential(credential),
            label: label.to_owned(),
        };
        self.embedded.finish_enrol(request).await
    }

    /// Enrols a passkey on the rig's authenticator.
    pub(crate) async fn enrol(&self, subject: &str) -> Credential {
        let (options, state) = self.begin_enrol(subject).await;
        let credential = self.keys.create(&options, ORIGIN).unwrap();
        self.finish_enrol(&state, credential, "").await.unwrap()
    }

    pub(crate) async fn begin_passkey(&self, subject: SubjectHint) -> (Value, AdapterState) {
        let step = self.embedded.begin(passkey_request(subject)).await.unwrap();
        let challenge = challenge(step);
        (challenge.public_key.unwrap(), challenge.state)
    }

    pub(crate) async fn assert(&self, state: &AdapterState, credential: Value) -> LoginStep {
        self.embedded
            .answer(state, Answer::Credential(credential))
            .await
            .unwrap()
    }
}

pub(crate) fn passkey_request(subject: SubjectHint) -> BeginHeadless {
    BeginHeadless {
        method: MethodKind::Passkey,
        relying_party: party(),
        login_name: None,
        subject,
        deliver: true,
    }
}

fn provider(db: &Db, clock: &Arc<ManualClock>, tenant: &str, seed: u64) -> Embedded {
    configured(db, clock, seed, EmbeddedConfig::new(tenant, tenant))
}

/// With options of the test's own.
pub(crate) fn configured(
    db: &Db,
    clock: &Arc<ManualClock>,
    seed: u64,
    config: EmbeddedConfig,
) -> Embedded {
    let keys = Keys {
        mac: vec![vec![7; 32].into()],
        vault: Arc::new(TestVault),
    };
    Embedded::new(config, db.clone(), keys, test_env(clock, seed))
}

/// Turns bytes over and remembers the place: enough to see that nothing lies there in
/// plain, and that what lies elsewhere does not open.
struct TestVault;

impl Vault for TestVault {
    fn seal(&self, place: VaultPlace<'_>, plain: &[u8]) -> Vec<u8> {
        let head = format!("{}.{}.{}:", place.table, place.column, place.row);
        head.bytes().chain(plain.iter().map(|b| !b)).collect()
    }

    fn open(&self, place: VaultPlace<'_>, sealed: &[u8]) -> Option<Vec<u8>> {
        let head = format!("{}.{}.{}:", place.table, place.column, place.row);
        let rest = sealed.strip_prefix(head.as_bytes())?;
        Some(rest.iter().map(|b| !b).collect())
    }
}

pub(crate) fn party() -> RelyingParty {
    RelyingParty {
        id: RP_ID.to_owned(),
        name: "Example".to_owned(),
        origins: vec![Url::parse(ORIGIN).unwrap()],
    }
}

pub(crate) fn challenge(step: LoginStep) -> Challenge {
    match step {
        LoginStep::Challenge(challenge) => *challenge,
        other => panic!("expected a challenge, got {other:?}"),
    }
}

pub(crate) fn identity(step: LoginStep) -> UpstreamIdentity {
    match step {
        LoginStep::Authenticated(identity) => *identity,
        other => panic!("expected a person, got {other:?}"),
    }
}

pub(crate) fn denial(step: LoginStep) -> Denial {
    match step {
        LoginStep::Denied(denial) => denial,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// The code in the mail that the core would send.
pub(crate) fn sent(challenge: &Challenge) -> String {
    challenge
        .delivery
        .as_ref()
        .unwrap()
        .code
        .expose_secret()
        .to_owned()
}

/// Six digits that are not these.
pub(crate) fn other_than(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

/// A text of somebody's password row.
pub(crate) async fn stored_text(rig: &Rig, column: &str, subject: &str) -> Option<String> {
    let sql = format!(
        "SELECT {column} FROM embedded_passwords WHERE tenant_id = 'tenant-1' AND subject = $1"
    );
    let row = q_dynamic(sql)
        .bind(subject)
        .optional(rig.db())
        .await
        .unwrap();
    row.and_then(|row| row.maybe(column).unwrap())
}
