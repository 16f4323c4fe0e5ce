//! Whoever collects traces, where this program was built to know one.

use laneway_spans::Tracer;

use crate::config::Config;
use crate::domain::Problem;

/// The collector that is configured.
///
/// # Errors
/// Where TLS cannot be set up on this machine.
#[cfg(feature = "otlp")]
pub(super) fn start(config: &Config) -> Result<Option<Tracer>, Problem> {
    use std::sync::Arc;
    use std::time::Duration;

    use http::{HeaderMap, HeaderValue};
    use laneway_contract::Random as _;
    use secrecy::ExposeSecret as _;

    use crate::domain::Code;
    use crate::outbound::SystemRandom;

    let traces = &config.traces;
    let Some(endpoint) = traces.otlp_endpoint.clone() else {
        return Ok(None);
    };
    let mut headers = HeaderMap::new();
    for (name, value) in &traces.otlp_headers {
        if let Ok(value) = HeaderValue::from_str(value.expose_secret()) {
            headers.append(name, value);
        }
    }
    let (mut instance, mut seed) = ([0; 16], [0; 16]);
    SystemRandom.fill(&mut instance);
    SystemRandom.fill(&mut seed);
    let instance = uuid::Builder::from_random_bytes(instance).into_uuid();
    let settings = laneway_otlp::Settings {
        endpoint,
        headers,
        resource: vec![
            ("service.name", traces.service_name.clone()),
            ("service.version", env!("CARGO_PKG_VERSION").to_owned()),
            ("service.instance.id", instance.to_string()),
        ],
        deadline: Duration::from_secs(5),
    };
    let exporter = laneway_otlp::Exporter::start(settings).map_err(|error| {
        Problem::new(Code::Internal, "No root certificates can be read.").because(error)
    })?;
    let tracer = Tracer::new(Arc::new(exporter), traces.sample_ratio, seed);
    Ok(Some(tracer))
}

/// None: the configuration refuses to name one.
#[cfg(not(feature = "otlp"))]
#[expect(clippy::unnecessary_wraps, reason = "with the feature it can fail")]
pub(super) fn start(_: &Config) -> Result<Option<Tracer>, Problem> {
    Ok(None)
}
