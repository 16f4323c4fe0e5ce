//! Rows of `embedded_accounts`.

use laneway_sqlkit::{DbError, On, Row, Tx, q};

/// A person.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) subject: String,
    pub(crate) login_name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) email_verified: bool,
    pub(crate) name: Option<String>,
    pub(crate) enabled: bool,
}

impl Account {
    /// Someone who has shown nothing yet, under the core's id.
    pub(crate) fn bare(subject: &str) -> Self {
        Self {
            subject: subject.to_owned(),
            login_name: None,
            email: None,
            email_verified: false,
            name: None,
            enabled: true,
        }
    }
}

/// The form in which login names are stored and compared.
pub(crate) fn normalise(login_name: &str) -> String {
    login_name.trim().to_lowercase()
}

pub(crate) async fn by_subject(
    on: impl On,
    tenant_id: &str,
    subject: &str,
) -> Result<Option<Account>, DbError> {
    let row = q(
        "SELECT subject, login_name, email, email_verified, name, enabled \
                 FROM embedded_accounts WHERE tenant_id = $1 AND subject = $2",
    )
    .bind(tenant_id)
    .bind(subject)
    .optional(on)
    .await?;
    row.map(|row| read(&row)).transpose()
}

pub(crate) async fn by_login_name(
    on: impl On,
    tenant_id: &str,
    login_name: &str,
) -> Result<Option<Account>, DbError> {
    let row = q(
        "SELECT subject, login_name, email, email_verified, name, enabled \
                 FROM embedded_accounts WHERE tenant_id = $1 AND login_name = $2",
    )
    .bind(tenant_id)
    .bind(login_name)
    .optional(on)
    .await?;
    row.map(|row| read(&row)).transpose()
}

/// Adds the account; false if its subject or login name exists already.
pub(crate) async fn insert(
    tx: &mut Tx,
    tenant_id: &str,
    account: &Account,
    now_ms: i64,
) -> Result<bool, DbError> {
    let touched = q("INSERT INTO embedded_accounts \
                     (tenant_id, subject, login_name, email, email_verified, name, enabled, \
                      created_at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING")
    .bind(tenant_id)
    .bind(&account.subject)
    .bind(account.login_name.as_deref())
    .bind(account.email.as_deref())
    .bind(account.email_verified)
    .bind(account.name.as_deref())
    .bind(account.enabled)
    .bind(now_ms)
    .run(tx)
    .await?;
    Ok(touched == 1)
}

/// Gives an account that has no login name one, unless it is taken.
pub(crate) async fn name_once(
    tx: &mut Tx,
    tenant_id: &str,
    subject: &str,
    login_name: &str,
) -> Result<(), DbError> {
    q("UPDATE embedded_accounts SET login_name = $3 \
       WHERE tenant_id = $1 AND subject = $2 AND login_name IS NULL \
         AND NOT EXISTS (SELECT 1 FROM embedded_accounts \
                         WHERE tenant_id = $1 AND login_name = $3)")
    .bind(tenant_id)
    .bind(subject)
    .bind(login_name)
    .run(tx)
    .await?;
    Ok(())
}

/// Notes that this person has proven an address. An address other than the stored one
/// proves nothing about that one and does not replace it.
pub(crate) async fn mark_proven(
    tx: &mut Tx,
    tenant_id: &str,
    subject: &str,
    email: &str,
) -> Result<(), DbError> {
    q(
        "UPDATE embedded_accounts SET email = $3, email_verified = TRUE \
       WHERE tenant_id = $1 AND subject = $2 \
         AND (email IS NULL OR (email = $3 AND NOT email_verified))",
    )
    .bind(tenant_id)
    .bind(subject)
    .bind(email)
    .run(tx)
    .await?;
    Ok(())
}

/// Replaces name, address and, where there is one, the login name; false if there is no such
/// person.
pub(crate) async fn update(
    tx: &mut Tx,
    tenant_id: &str,
    account: &Account,
) -> Result<bool, DbError> {
    let touched = q(
        "UPDATE embedded_accounts SET email = $3, email_verified = $4, name = $5, \
         login_name = CASE WHEN login_name IS NULL THEN NULL ELSE COALESCE($6, login_name) END \
         WHERE tenant_id = $1 AND subject = $2",
    )
    .bind(tenant_id)
    .bind(&account.subject)
    .bind(account.email.as_deref())
    .bind(account.email_verified)
    .bind(account.name.as_deref())
    .bind(account.login_name.as_deref())
    .run(tx)
    .await?;
    Ok(touched == 1)
}

pub(crate) async fn set_enabled(
    tx: &mut Tx,
    tenant_id: &str,
    subject: &str,
    enabled: bool,
) -> Result<bool, DbError> {
    let touched = q("UPDATE embedded_accounts SET enabled = $3 \
                     WHERE tenant_id = $1 AND subject = $2")
    .bind(tenant_id)
    .bind(subject)
    .bind(enabled)
    .run(tx)
    .await?;
    Ok(touched == 1)
}

/// Removes a person; their passkeys go with them by foreign key.
pub(crate) async fn delete(tx: &mut Tx, tenant_id: &str, subject: &str) -> Result<bool, DbError> {
    let touched = q("DELETE FROM embedded_accounts WHERE tenant_id = $1 AND subject = $2")
        .bind(tenant_id)
        .bind(subject)
        .run(tx)
        .await?;
    Ok(touched == 1)
}

fn read(row: &Row) -> Result<Account, DbError> {
    Ok(Account {
        subject: row.get("subject")?,
        login_name: row.maybe("login_name")?,
        email: row.maybe("email")?,
        email_verified: row.get("email_verified")?,
        name: row.maybe("name")?,
        enabled: row.get("enabled")?,
    })
}
