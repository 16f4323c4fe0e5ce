//! One try to hand a batch over.

use std::error::Error;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use laneway_spans::Span;
use prost::Message as _;
use url::Url;

use crate::Settings;
use crate::message::{self, Told};

const CONNECT_DEADLINE: Duration = Duration::from_secs(2);
/// Of an answer; what is longer is nothing that a collector says.
const LONGEST_ANSWER: usize = 64 * 1024;
/// Of what it says, in the log.
const LONGEST_WORD: usize = 200;

/// What a collector made of a batch.
pub(crate) enum Answer {
    /// It has all but so many.
    Taken { refused: u64, why: String },
    /// It may take them later.
    Later {
        asked: Option<Duration>,
        why: String,
    },
    /// It will never take them.
    Refused { why: String },
}

pub(crate) struct Collector {
    client: reqwest::Client,
    url: Url,
    headers: HeaderMap,
    resource: Vec<(&'static str, String)>,
    deadline: Duration,
}

impl Collector {
    pub(crate) fn new(settings: Settings) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            // Wherever spans go is what was configured, and nowhere else.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT_DEADLINE)
            .build()?;
        let mut headers = settings.headers;
        for value in headers.values_mut() {
            value.set_sensitive(true);
        }
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/x-protobuf"),
        );
        Ok(Self {
            client,
            url: traces_of(settings.endpoint),
            headers,
            resource: settings.resource,
            deadline: settings.deadline,
        })
    }

    /// As the log may name it: a path may hold a key.
    pub(crate) fn name(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    pub(crate) fn message(&self, spans: Vec<Span>) -> Bytes {
        message::request(&self.resource, spans)
            .encode_to_vec()
            .into()
    }

    /// Within the deadline, whatever happens at the other end.
    pub(crate) async fn post(&self, message: &Bytes) -> Answer {
        match tokio::time::timeout(self.deadline, self.exchange(message)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => Answer::Later {
                asked: None,
                why: innermost(&error),
            },
            Err(_) => Answer::Later {
                asked: None,
                why: "no answer in time".to_owned(),
            },
        }
    }

    async fn exchange(&self, message: &Bytes) -> Result<Answer, reqwest::Error> {
        let request = self.client.post(self.url.clone());
        let request = request.headers(self.headers.clone()).body(message.clone());
        let mut answer = request.send().await?;
        let status = answer.status();
        let asked = pause_of(answer.headers());
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                break;
            }
            body.extend_from_slice(&chunk);
        }
        Ok(judge(status, asked, &body))
    }
}

fn judge(status: StatusCode, asked: Option<Duration>, body: &[u8]) -> Answer {
    if status.is_success() {
        let Told { refused, why } = message::answer(body);
        return Answer::Taken {
            refused,
            why: word(&why),
        };
    }
    let why = format!("it answers {}", status.as_u16());
    // OTLP, "Failures": these and no others may be tried again.
    if matches!(status.as_u16(), 429 | 502 | 503 | 504) {
        return Answer::Later { asked, why };
    }
    Answer::Refused { why }
}

/// `Retry-After` in seconds.
fn pause_of(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

fn traces_of(mut endpoint: Url) -> Url {
    let path = endpoint.path().trim_end_matches('/');
    if !path.ends_with("/v1/traces") {
        let path = format!("{path}/v1/traces");
        endpoint.set_path(&path);
    }
    endpoint
}

/// The library's own text quotes the address.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    if cause.is::<reqwest::Error>() {
        return "it cannot be reached".to_owned();
    }
    word(&cause.to_string())
}

fn word(text: &str) -> String {
    let plain = text.chars().filter(|letter| !letter.is_control());
    plain.take(LONGEST_WORD).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_named_by_its_base_or_its_whole_address() {
        for (given, meant) in [
            ("http://c.test:4318", "http://c.test:4318/v1/traces"),
            ("http://c.test:4318/", "http://c.test:4318/v1/traces"),
            (
                "https://c.test/otlp?key=1",
                "https://c.test/otlp/v1/traces?key=1",
            ),
            (
                "https://c.test/api/v1/traces",
                "https://c.test/api/v1/traces",
            ),
        ] {
            let url = Url::parse(given).expect("an address");
            assert_eq!(traces_of(url).as_str(), meant);
        }
    }
}
