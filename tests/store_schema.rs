//! Store: migrations, and the seal on secrets at rest.

use std::path::Path;

use laneway::store::MIGRATIONS;
use laneway::store::seal::Place;
use laneway_sqlkit::{DbError, q};

use crate::harness::app::Options;
use crate::harness::rows::{AT, db, tx};
use crate::harness::{TestApp, both};

const OTHER_KEY: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";
const PLACE: Place<'static> = Place {
    tenant: "t",
    table: "a",
    column: "b",
    row: "r",
};

both! {
    async fn migrations_can_be_applied_again_and_by_several_at_once(app: TestApp) {
        let all = (0..4).map(|_| MIGRATIONS.apply(db(&app)));
        for outcome in futures::future::join_all(all).await {
            outcome.expect("nothing to do");
        }
        app.restarted(&Options::default()).await.expect("a second start");
    }

    async fn a_newer_schema_is_refused_with_a_clear_text(app: TestApp) {
        let mut tx = tx(&app).await;
        q("INSERT INTO core_migrations (version, description, success, checksum, execution_time) \
           VALUES (9999, 'future', $1, $2, 0)")
            .bind(true).bind(vec![0u8; 4]).run(&mut tx).await.expect("a step of the future");
        tx.commit().await.expect("commit");
        let refused = MIGRATIONS.apply(db(&app)).await.expect_err("refused");
        let DbError::NewerSchema(text) = refused else { panic!("{refused:?}") };
        assert!(text.contains("9999") && text.contains("newer version"), "{text}");
        let Err(problem) = app.restarted(&Options::default()).await else { panic!("it started") };
        assert!(problem.source.is_some_and(|source| source.contains("newer version")));
    }

    async fn a_wrong_master_key_refuses_to_start(app: TestApp) {
        let options = Options { key: OTHER_KEY.into(), ..Options::default() };
        let Err(problem) = app.restarted(&options).await else { panic!("it started") };
        assert!(problem.source.is_some_and(|source| source.contains("master key")));
    }

    async fn a_previous_key_opens_what_it_sealed(app: TestApp) {
        let sealed = app.core().sealer.seal(PLACE, b"secret");
        let options = Options {
            key: OTHER_KEY.into(),
            top: format!("previous_master_keys = [\"{}\"]", Options::default().key),
            ..Options::default()
        };
        let rotated = app.restarted(&options).await.expect("it starts");
        assert_eq!(rotated.core().sealer.open(PLACE, &sealed).expect("opens"), b"secret");
        let newer = rotated.core().sealer.seal(PLACE, b"secret");
        app.core().sealer.open(PLACE, &newer).expect_err("the old key alone does not open the new seal");
    }
}

#[tokio::test]
async fn a_sealed_value_opens_in_its_place_only() {
    let app = TestApp::sqlite().await;
    let sealer = &app.core().sealer;
    let sealed = sealer.seal(PLACE, b"secret");
    assert!(!sealed.windows(6).any(|part| part == b"secret"));
    assert_ne!(
        sealed,
        sealer.seal(PLACE, b"secret"),
        "never the same bytes twice"
    );
    assert_eq!(sealer.open(PLACE, &sealed).expect("opens"), b"secret");
    let elsewhere = [
        Place {
            tenant: "u",
            ..PLACE
        },
        Place {
            table: "x",
            ..PLACE
        },
        Place {
            column: "x",
            ..PLACE
        },
        Place { row: "s", ..PLACE },
        // The same letters, cut elsewhere.
        Place {
            table: "ab",
            column: "",
            ..PLACE
        },
    ];
    for place in elsewhere {
        sealer.open(place, &sealed).expect_err("moved");
    }
    for at in 0..sealed.len() {
        let mut damaged = sealed.clone();
        damaged[at] ^= 1;
        sealer.open(PLACE, &damaged).expect_err("damaged");
    }
    for length in 0..sealed.len() {
        sealer.open(PLACE, &sealed[..length]).expect_err("cut off");
    }
}

#[tokio::test]
async fn nothing_is_written_outside_a_transaction_on_sqlite() {
    let app = TestApp::sqlite().await;
    let outcome = q("UPDATE tenants SET created_at = $1")
        .bind(AT)
        .run(db(&app))
        .await;
    outcome.expect_err("readers cannot write");
}

/// Folders of steps, and the first that may only add. Nodes of the version before go on running
/// while the first new one starts: what they read and write has to stay.
const ONLY_ADDING: [(&str, &str); 4] = [
    ("migrations/sqlite", "0040"),
    ("migrations/postgres", "0040"),
    ("provider-adapters/embedded/migrations/sqlite", "0003"),
    ("provider-adapters/embedded/migrations/postgres", "0003"),
];

#[test]
fn later_steps_only_add() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (folder, first) in ONLY_ADDING {
        for entry in std::fs::read_dir(root.join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            if *name < *first {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a text");
            assert_eq!(taken_away(&text), None, "{folder}/{name}");
        }
    }
    let page = std::fs::read_to_string(root.join("docs/operators.md")).expect("the page");
    let promise = "step 40 of `core_migrations` and step 3 of the embedded provider's on";
    assert!(page.contains(promise), "what is promised");
}

#[test]
fn what_an_older_program_would_miss_is_noticed() {
    for fine in [
        "CREATE TABLE a (b TEXT NOT NULL, FOREIGN KEY (b) REFERENCES c (d) ON DELETE CASCADE);",
        "ALTER TABLE a ADD COLUMN b BIGINT;",
        "ALTER TABLE a ADD COLUMN b BIGINT NOT NULL DEFAULT 0; -- no DROP TABLE here",
        "CREATE INDEX a_by_b ON a (b); UPDATE a SET b = 1 WHERE b IS NULL;",
    ] {
        assert_eq!(taken_away(fine), None, "{fine}");
    }
    for bad in [
        "DROP TABLE a;",
        "ALTER TABLE a\n  RENAME TO b;",
        "alter table a rename column b to c;",
        "ALTER TABLE a DROP COLUMN b;",
        "ALTER TABLE a ALTER COLUMN b SET NOT NULL;",
        "ALTER TABLE a ADD COLUMN b BIGINT NOT NULL;",
        "DELETE FROM a;",
    ] {
        assert!(taken_away(bad).is_some(), "{bad}");
    }
}

/// The statement that an older program could stumble over.
fn taken_away(sql: &str) -> Option<String> {
    let takes = [
        "DROP TABLE",
        "DROP COLUMN",
        "ALTER COLUMN",
        "RENAME ",
        "DELETE FROM",
    ];
    let code: Vec<&str> = sql
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default())
        .collect();
    let statements = code.join(" ").to_ascii_uppercase();
    let mut statements = statements
        .split(';')
        .map(|one| one.split_whitespace().collect::<Vec<_>>().join(" "));
    statements.find(|one| {
        let demands =
            one.contains("ADD COLUMN") && one.contains("NOT NULL") && !one.contains("DEFAULT");
        demands || takes.iter().any(|word| one.contains(word))
    })
}
