//! What a deleted person leaves in the database: every column of every table is searched, so
//! that a new table cannot keep somebody by accident.

use laneway::store::operators;
use laneway_sqlkit::{q, q_dynamic};

use super::TestApp;
use super::rows::db;

/// Where the id of a deleted person may stand: their empty row, what ended, what happened.
const ID: &[&str] = &[
    "users",
    "sessions",
    "audit_events",
    "invalidations",
    "invitations",
];

/// Where their address may: in the record of what happened.
const ADDRESS: &[&str] = &["audit_events"];

impl TestApp {
    /// Fails where something of a deleted person is left (SQLite).
    pub async fn leaves_nothing_of(&self, id: &str, addresses: &[&str]) {
        let tables = q("SELECT name FROM sqlite_schema WHERE type = 'table'")
            .all(db(self))
            .await
            .expect("tables");
        let mut searched = 0;
        for table in &tables {
            let table: String = table.get("name").expect("a name");
            let columns = q_dynamic(format!("SELECT name FROM pragma_table_info('{table}')"))
                .all(db(self))
                .await
                .expect("columns");
            for column in &columns {
                let column: String = column.get("name").expect("a name");
                searched += 1;
                for (value, allowed) in
                    std::iter::once((id, ID)).chain(addresses.iter().map(|a| (*a, ADDRESS)))
                {
                    let sql = format!(
                        "SELECT COUNT(*) AS n FROM {table} WHERE instr(CAST({column} AS TEXT), $1) > 0"
                    );
                    let found = q_dynamic(sql).bind(value).one(db(self)).await;
                    let n: i64 = found.expect("a count").get("n").expect("a number");
                    assert!(
                        n == 0 || allowed.contains(&table.as_str()),
                        "{value} in {table}.{column}"
                    );
                }
            }
        }
        assert!(searched > 100, "the tables are walked: {searched}");
        let row = q(
            "SELECT COALESCE(email, '') AS email, COALESCE(name, '') AS name, search, \
                     state FROM users WHERE id = $1",
        )
        .bind(id)
        .one(db(self))
        .await
        .expect("the row stays");
        let cell = |name: &str| row.get::<String>(name).expect("text");
        assert_eq!(
            [cell("email"), cell("name"), cell("search"), cell("state")],
            ["", "", "", "deleted"]
        );
    }

    /// Makes a person an owner of the instance.
    pub async fn make_owner(&self, user: &str) {
        let core = self.core();
        let mut write = core.begin().await.expect("a transaction");
        let (id, now) = (core.new_id(), write.now());
        operators::grant(&mut write.tx, &id, ("user", user), "owner", None, now)
            .await
            .expect("a grant");
        core.commit(write).await.expect("a commit");
    }
}
