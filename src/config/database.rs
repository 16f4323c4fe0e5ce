//! Which database holds the rows.

use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

use super::section::Section;

const DEFAULT_PATH: &str = "./laneway.db";

/// The database.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file of our own.
    Sqlite {
        /// Its path.
        path: PathBuf,
    },
    /// A PostgreSQL server.
    Postgres {
        /// Address with credentials.
        url: SecretString,
    },
}

impl Database {
    /// The address in the form that the store connects to.
    pub fn url(&self) -> SecretString {
        match self {
            Self::Sqlite { path } => SecretString::from(format!("sqlite:{}", path.display())),
            Self::Postgres { url } => url.clone(),
        }
    }

    /// Where the generated master key lies: beside the file, nowhere for PostgreSQL.
    pub fn master_key_path(&self) -> Option<PathBuf> {
        match self {
            Self::Sqlite { path } => Some(path.with_file_name("master.key")),
            Self::Postgres { .. } => None,
        }
    }
}

pub(super) fn read(root: &mut Section<'_>) -> Database {
    root.parsed("database_url", parse)
        .unwrap_or_else(|| Database::Sqlite {
            path: PathBuf::from(DEFAULT_PATH),
        })
}

fn parse(text: &str) -> Result<Database, String> {
    if let Some(rest) = text.strip_prefix("sqlite:") {
        let path = rest.strip_prefix("//").unwrap_or(rest);
        let is_file = !path.is_empty() && !path.ends_with('/') && !path.starts_with(':');
        if is_file && !path.contains(['?', '#']) {
            return Ok(Database::Sqlite {
                path: PathBuf::from(path),
            });
        }
    } else if let Ok(url) = Url::parse(text) {
        let is_postgres = matches!(url.scheme(), "postgres" | "postgresql");
        // Without a host it is a local socket, named by the `host` parameter.
        if is_postgres && (url.has_host() || url.query().is_some_and(|q| q.contains("host="))) {
            return Ok(Database::Postgres {
                url: SecretString::from(text),
            });
        }
    }
    Err("write sqlite:path or postgres://user:password@host/database".to_owned())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::parse;

    #[test]
    fn addresses() {
        let good = [
            ("sqlite:./x.db", "sqlite:./x.db"),
            ("sqlite:/var/lib/x.db", "sqlite:/var/lib/x.db"),
            ("sqlite:///var/lib/x.db", "sqlite:/var/lib/x.db"),
            ("postgres://u:p@h/d", "postgres://u:p@h/d"),
            (
                "postgresql:///d?host=/run/pg",
                "postgresql:///d?host=/run/pg",
            ),
        ];
        for (text, want) in good {
            let parsed = parse(text).expect(text);
            assert_eq!(parsed.url().expose_secret(), want);
        }
        for text in [
            "",
            "x.db",
            "sqlite:",
            "sqlite::memory:",
            "sqlite:a/",
            "mysql://h/d",
            "sqlite:x?y",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
