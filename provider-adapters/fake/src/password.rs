//! Password login on our page. Known and unknown people get the same challenge.

use async_trait::async_trait;
use laneway_contract::{
    AdapterState, Answer, BeginHeadless, Challenge, Denial, HeadlessLogin, LoginStep, MethodKind,
    ProviderError,
};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};

use crate::provider::{Evidence, Script, state_of};
use crate::{Fake, Person};

const MAX_TRIES: u32 = 5;

#[derive(Serialize, Deserialize)]
struct Open {
    id: String,
    login_name: String,
}

#[async_trait]
impl HeadlessLogin for Fake {
    async fn begin(&self, request: BeginHeadless) -> Result<LoginStep, ProviderError> {
        self.obey().await?;
        if request.method != MethodKind::Password {
            return Err(ProviderError::Misconfigured(
                "only passwords on our page".to_owned(),
            ));
        }
        let open = Open {
            id: self.token("try"),
            login_name: request.login_name.unwrap_or_default(),
        };
        Ok(LoginStep::Challenge(Box::new(Challenge {
            method: MethodKind::Password,
            public_key: None,
            resend_in: None,
            delivery: None,
            state: state_of(&open)?,
        })))
    }

    async fn answer(
        &self,
        state: &AdapterState,
        answer: Answer,
    ) -> Result<LoginStep, ProviderError> {
        self.obey().await?;
        let open: Open = state
            .decode()
            .map_err(|_| ProviderError::InvalidResponse("the state is not ours".to_owned()))?;
        let Answer::Password(password) = answer else {
            return Ok(LoginStep::Denied(Denial::WrongAnswer(state.clone())));
        };
        let judged = judge(&mut self.script(), &open, password.expose_secret());
        Ok(match judged {
            Judged::Right(person) => {
                LoginStep::Authenticated(self.assert(&person, Evidence::Password))
            }
            Judged::Wrong => LoginStep::Denied(Denial::WrongAnswer(state.clone())),
            Judged::Over(denial) => LoginStep::Denied(denial),
        })
    }
}

enum Judged {
    Right(Box<Person>),
    Wrong,
    Over(Denial),
}

/// One lock around the whole judgement: of many right answers one wins.
fn judge(script: &mut Script, open: &Open, password: &str) -> Judged {
    if script.spent.contains(&open.id) {
        return Judged::Over(Denial::Expired);
    }
    let wrong = script.tries.get(&open.id).copied().unwrap_or(0);
    if wrong >= MAX_TRIES {
        return Judged::Over(Denial::TooManyTries);
    }
    let person = script
        .people
        .values()
        .find(|person| person.login_name == open.login_name);
    match person.filter(|person| person.password.as_deref() == Some(password)) {
        Some(person) if !person.enabled => Judged::Over(Denial::Disabled),
        Some(person) => {
            let person = Box::new(person.clone());
            script.spent.insert(open.id.clone());
            Judged::Right(person)
        }
        None => {
            script.tries.insert(open.id.clone(), wrong + 1);
            if wrong + 1 >= MAX_TRIES {
                Judged::Over(Denial::TooManyTries)
            } else {
                Judged::Wrong
            }
        }
    }
}
