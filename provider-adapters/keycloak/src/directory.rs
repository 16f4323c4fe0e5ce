//! The realm's people, managed by our client's account. Keycloak chooses their ids.
//!
//! A record is never written as a whole: what is not sent stays, so that attributes, required
//! actions and what somebody else changes meanwhile are kept. A login name is the user name;
//! that people may sign in by their address too is a matter of the realm.
//!
//! Owns: what of a person stands where in Keycloak's record, and what its refusals mean.
//! Must not know: who asks, and why.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Response, StatusCode};
use laneway_contract::{
    DirectoryUser, ForeignHash, Imported, ImportedUser, NewUser, ProviderError, UserDirectory,
};
use serde_json::{Value, json};

use crate::Keycloak;
use crate::admin::{self, Call, MISSING_RIGHT};
use crate::hash;

/// The one role that all of this needs; it lets one read and search too.
pub(crate) const RIGHT: &str = "manage-users";
/// The user names of clients' accounts, which are nobody's.
const OF_CLIENTS: &str = "service-account-";

type Result<T> = std::result::Result<T, ProviderError>;

#[async_trait]
impl UserDirectory for Keycloak {
    async fn create(&self, user: NewUser) -> Result<DirectoryUser> {
        self.make(user, true, None).await
    }

    async fn find(&self, login_name: &str) -> Result<Option<DirectoryUser>> {
        let wanted = login_name.trim().to_lowercase();
        if wanted.is_empty() {
            return Ok(None);
        }
        let all = self.search("username", &wanted).await?;
        Ok(all.into_iter().find(|person| person.login_name == wanted))
    }

    async fn get(&self, subject: &str) -> Result<Option<DirectoryUser>> {
        let Some(path) = place(subject) else {
            return Ok(None);
        };
        let answer = self.send(Method::GET, &path, None).await?;
        match answer.status() {
            StatusCode::OK => {
                let record = admin::json(&answer);
                let record = record.ok_or_else(|| invalid("a person's record is not JSON"))?;
                Ok(shown(&record))
            }
            _ if nobody(&answer) => Ok(None),
            _ => Err(self.refusal(&answer)),
        }
    }

    async fn update(&self, user: DirectoryUser) -> Result<()> {
        let current = self.get(&user.subject).await?;
        let current = current.ok_or(ProviderError::NotFound)?;
        let mut body = json!({
            // Keycloak takes no `null` for "none any more".
            "email": user.email.as_deref().unwrap_or_default(),
            // An address that is sent alone keeps the mark of the old one.
            "emailVerified": user.email_verified,
        });
        // Two names are one here: what is the same is not split anew.
        if user.name != current.name {
            let (first, last) = split(user.name.as_deref());
            body["firstName"] = json!(first);
            body["lastName"] = json!(last);
        }
        if user.login_name.to_lowercase() != current.login_name {
            body["username"] = json!(user.login_name);
        }
        self.change(Method::PUT, &user.subject, Some(&body)).await
    }

    async fn set_enabled(&self, subject: &str, enabled: bool) -> Result<()> {
        let person = self.get(subject).await?;
        person.ok_or(ProviderError::NotFound)?;
        let body = json!({ "enabled": enabled });
        self.change(Method::PUT, subject, Some(&body)).await?;
        if enabled {
            // Who is locked out for a while is not disabled, and would stay out.
            self.forget_tries(subject).await?;
        }
        Ok(())
    }

    async fn delete(&self, subject: &str) -> Result<()> {
        let person = self.get(subject).await?;
        person.ok_or(ProviderError::NotFound)?;
        self.change(Method::DELETE, subject, None).await
    }

    async fn is_taken(&self, login_name: &str, email: &str) -> Result<bool> {
        // In most realms an address is one person's alone; where it is not, it does no harm to
        // leave somebody out of a plan.
        for (by, wanted) in [("username", login_name), ("email", email)] {
            if !self
                .search(by, &wanted.trim().to_lowercase())
                .await?
                .is_empty()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn checks(&self, hash: &ForeignHash) -> bool {
        hash::credential(hash).is_some()
    }

    /// One after the other: what fails in the middle leaves those before it made.
    async fn import(&self, people: Vec<ImportedUser>) -> Result<Vec<Imported>> {
        let mut all = Vec::with_capacity(people.len());
        for person in people {
            let password = person.password.as_ref();
            let Ok(password) = password
                .map(|one| hash::credential(one).ok_or(()))
                .transpose()
            else {
                all.push(Imported::Refused("password"));
                continue;
            };
            let made = self.make(person.user, person.enabled, password).await;
            all.push(match made {
                Ok(made) => Imported::Made(made),
                Err(ProviderError::Conflict) => Imported::Present,
                Err(ProviderError::Unacceptable(member)) => Imported::Refused(member),
                Err(other) => return Err(other),
            });
        }
        Ok(all)
    }
}

impl Keycloak {
    /// Whoever has exactly this.
    async fn search(&self, by: &str, wanted: &str) -> Result<Vec<DirectoryUser>> {
        let call = Call {
            method: Method::GET,
            path: &["users"],
            query: &[
                (by, wanted),
                ("exact", "true"),
                ("briefRepresentation", "true"),
            ],
            body: None,
        };
        let answer = self.ask(&call).await?;
        if answer.status() != StatusCode::OK {
            return Err(self.refusal(&answer));
        }
        let Some(Value::Array(all)) = admin::json(&answer) else {
            return Err(invalid("the search for people brought no list"));
        };
        Ok(all.iter().filter_map(shown).collect())
    }

    async fn make(
        &self,
        user: NewUser,
        enabled: bool,
        password: Option<Value>,
    ) -> Result<DirectoryUser> {
        let (first, last) = split(user.name.as_deref());
        let mut body = json!({
            "username": user.login_name, "email": user.email, "emailVerified": user.email_verified,
            "firstName": first, "lastName": last, "enabled": enabled,
        });
        if let Some(password) = password {
            body["credentials"] = json!([password]);
        }
        let answer = self.send(Method::POST, &["users"], Some(&body)).await?;
        if !answer.status().is_success() {
            return Err(self.refusal(&answer));
        }
        Ok(DirectoryUser {
            subject: admin::created(&answer)?,
            login_name: user.login_name.to_lowercase(),
            email: user.email.map(|email| email.to_lowercase()),
            email_verified: user.email_verified,
            name: joined(&first, &last),
            enabled,
        })
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<Response<Bytes>> {
        let call = Call {
            method,
            path,
            query: &[],
            body,
        };
        self.ask(&call).await
    }

    pub(crate) async fn ask(&self, call: &Call<'_>) -> Result<Response<Bytes>> {
        let answer = self.account.send(call, self.oidc.env()).await;
        answer.map_err(|error| match error.code() {
            Some(MISSING_RIGHT) => no_right(),
            _ => error,
        })
    }

    pub(crate) async fn change(
        &self,
        method: Method,
        subject: &str,
        body: Option<&Value>,
    ) -> Result<()> {
        let path = place(subject).ok_or(ProviderError::NotFound)?;
        let answer = self.send(method, &path, body).await?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            _ if nobody(&answer) => Err(ProviderError::NotFound),
            _ => Err(self.refusal(&answer)),
        }
    }

    pub(crate) fn refusal(&self, answer: &Response<Bytes>) -> ProviderError {
        let url = self.account.place(&["users"]);
        match answer.status().as_u16() {
            401 | 403 => no_right(),
            404 => ProviderError::Misconfigured(format!(
                "there is no administration at {}: open it to Laneway",
                url.path()
            )),
            400 => refused_value(answer).unwrap_or_else(|| admin::refused(answer, &url)),
            _ => admin::refused(answer, &url),
        }
    }

    /// Asks for the rights that the account has now.
    pub(crate) async fn may_manage_people(&self) -> Result<bool> {
        let admin = self.account.fresh(self.oidc.env()).await?;
        let own = admin.subject().unwrap_or_default();
        let record = admin.get(&["users", &own]).await?.unwrap_or_default();
        Ok(record["access"]["manage"] == true)
    }
}

fn no_right() -> ProviderError {
    ProviderError::Misconfigured(format!(
        "the client may not manage the people of the realm: run `laneway upstream bootstrap keycloak` with --directory, or give its account the role {RIGHT} of the client realm-management [{MISSING_RIGHT}]"
    ))
}

/// `.` and `..` would climb out of the path, and nothing would name them all.
pub(crate) fn place(subject: &str) -> Option<[&str; 2]> {
    let named = !matches!(subject, "" | "." | "..");
    named.then_some(["users", subject])
}

/// Keycloak's own word that there is no such person. A proxy that hides the administration, or a
/// realm that is gone, says nothing about anybody.
pub(crate) fn nobody(answer: &Response<Bytes>) -> bool {
    answer.status() == StatusCode::NOT_FOUND && admin::reason(answer) == "User not found"
}

/// Which value a rule of the realm does not let pass.
fn refused_value(answer: &Response<Bytes>) -> Option<ProviderError> {
    let said = admin::json(answer)?;
    let first = &said["errors"][0];
    let first = if first.is_object() { first } else { &said };
    let fixed = first["errorMessage"] == "error-user-attribute-read-only";
    match first["field"].as_str()? {
        "username" if fixed => Some(ProviderError::Misconfigured(
            "the realm lets no user name be changed: switch on \"Edit username\" under Realm settings, Login".into(),
        )),
        "username" => Some(ProviderError::Unacceptable("login_name")),
        "email" => Some(ProviderError::Unacceptable("email")),
        "firstName" | "lastName" => Some(ProviderError::Unacceptable("name")),
        _ => None,
    }
}

pub(crate) fn shown(record: &Value) -> Option<DirectoryUser> {
    let text = |name: &str| record[name].as_str().unwrap_or_default();
    let login_name = text("username");
    if text("id").is_empty() || login_name.starts_with(OF_CLIENTS) {
        return None;
    }
    Some(DirectoryUser {
        subject: text("id").to_owned(),
        login_name: login_name.to_owned(),
        email: Some(text("email").to_owned()).filter(|email| !email.is_empty()),
        email_verified: record["emailVerified"] == true,
        name: joined(text("firstName"), text("lastName")),
        enabled: record["enabled"] == true,
    })
}

/// As Keycloak puts them together for the claim `name`.
fn joined(first: &str, last: &str) -> Option<String> {
    let all: Vec<&str> = [first, last]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    (!all.is_empty()).then(|| all.join(" "))
}

/// The last word is the last name.
fn split(name: Option<&str>) -> (String, String) {
    let name = name.unwrap_or_default().trim();
    let (first, last) = name.rsplit_once(' ').unwrap_or((name, ""));
    (first.trim_end().to_owned(), last.to_owned())
}

fn invalid(text: &str) -> ProviderError {
    ProviderError::InvalidResponse(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Response<Bytes> {
        let body = Bytes::copy_from_slice(body.as_bytes());
        Response::builder().status(status).body(body).unwrap()
    }

    #[test]
    fn a_name_is_split_and_joined_alike() {
        for (name, parts) in [
            ("Ana Maria Lind", ("Ana Maria", "Lind")),
            ("Ana", ("Ana", "")),
            ("", ("", "")),
        ] {
            let (first, last) = split(Some(name));
            assert_eq!((first.as_str(), last.as_str()), parts);
            let whole = joined(&first, &last);
            assert_eq!(whole.unwrap_or_default(), name);
        }
    }

    #[test]
    fn only_keycloaks_own_word_says_that_there_is_nobody() {
        assert!(nobody(&answer(404, r#"{"error":"User not found"}"#)));
        for (status, body) in [
            (404, "<html>Not Found</html>"),
            (404, r#"{"error":"Realm not found."}"#),
            (403, r#"{"error":"User not found"}"#),
        ] {
            assert!(!nobody(&answer(status, body)), "{status} {body}");
        }
    }

    #[test]
    fn a_refused_value_is_named() {
        let refused = |body: &str| refused_value(&answer(400, body));
        let of = |field: &str| format!(r#"{{"field":"{field}","errorMessage":"error-invalid"}}"#);
        for (field, ours) in [
            ("username", "login_name"),
            ("email", "email"),
            ("firstName", "name"),
            ("lastName", "name"),
        ] {
            let expected = Some(ProviderError::Unacceptable(ours));
            assert_eq!(refused(&of(field)), expected);
            let listed = format!(r#"{{"errors":[{}]}}"#, of(field));
            assert_eq!(refused(&listed), expected);
        }
        // What we never send cannot be mended by another value of ours.
        assert_eq!(refused(&of("department")), None);
        assert_eq!(refused("<html>"), None);
        let fixed = r#"{"field":"username","errorMessage":"error-user-attribute-read-only"}"#;
        assert!(matches!(
            refused(fixed),
            Some(ProviderError::Misconfigured(_))
        ));
    }

    #[test]
    fn a_clients_account_is_nobody() {
        let record = json!({"id": "1", "username": "service-account-laneway", "enabled": true});
        assert_eq!(shown(&record), None);
        for wrong in ["", ".", ".."] {
            assert_eq!(place(wrong), None);
        }
    }
}
