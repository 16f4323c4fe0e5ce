//! Store: migrations, and the seal on secrets at rest.

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
