//! Spans as the protocol has them.

use laneway_spans::{Kind, Span, Value};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{self as proto, ResourceSpans, ScopeSpans, Status};
use prost::Message as _;

/// Whose names the attributes are.
const SCHEMA: &str = "https://opentelemetry.io/schemas/1.36.0";
/// `SpanFlags`: it is known whether the parent is another program's, and it is.
const KNOWN: u32 = 0x100;
const ELSEWHERE: u32 = 0x200;

pub(crate) fn request(
    resource: &[(&'static str, String)],
    spans: Vec<Span>,
) -> ExportTraceServiceRequest {
    let attributes = resource.iter();
    let attributes = attributes.map(|(name, value)| attribute(name, Value::from(value.clone())));
    let resource = Resource {
        attributes: attributes.collect(),
        ..Resource::default()
    };
    let scope = InstrumentationScope {
        name: "laneway".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        ..InstrumentationScope::default()
    };
    let scope_spans = ScopeSpans {
        scope: Some(scope),
        spans: spans.into_iter().map(span).collect(),
        schema_url: SCHEMA.into(),
    };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource),
            scope_spans: vec![scope_spans],
            schema_url: SCHEMA.into(),
        }],
    }
}

fn span(span: Span) -> proto::Span {
    let elsewhere = if span.from_elsewhere { ELSEWHERE } else { 0 };
    let kind = match span.kind {
        Kind::Server => SpanKind::Server,
        Kind::Client => SpanKind::Client,
    };
    let parent = span.parent.map(|parent| parent.0.to_vec());
    let attributes = span.attributes.into_iter();
    proto::Span {
        trace_id: span.context.trace.0.to_vec(),
        span_id: span.context.span.0.to_vec(),
        trace_state: span.state.as_deref().unwrap_or_default().to_owned(),
        parent_span_id: parent.unwrap_or_default(),
        flags: KNOWN | elsewhere | u32::from(span.context.sampled),
        name: span.name.into_owned(),
        kind: kind.into(),
        start_time_unix_nano: span.began,
        end_time_unix_nano: span.ended,
        attributes: attributes
            .map(|(name, value)| attribute(name, value))
            .collect(),
        status: span.failed.then(|| Status {
            code: StatusCode::Error.into(),
            ..Status::default()
        }),
        ..proto::Span::default()
    }
}

fn attribute(name: &str, value: Value) -> KeyValue {
    let value = match value {
        Value::Text(text) => any_value::Value::StringValue(text.into_owned()),
        Value::Number(number) => any_value::Value::IntValue(number),
    };
    KeyValue {
        key: name.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

/// What a collector says about a batch that it took.
pub(crate) struct Told {
    /// Spans of it that it did not take.
    pub(crate) refused: u64,
    /// Why.
    pub(crate) why: String,
}

/// Whatever is no message of the protocol says nothing: there are collectors that answer JSON.
pub(crate) fn answer(body: &[u8]) -> Told {
    let said = ExportTraceServiceResponse::decode(body).unwrap_or_default();
    let partial = said.partial_success.unwrap_or_default();
    Told {
        refused: u64::try_from(partial.rejected_spans).unwrap_or(0),
        why: partial.error_message,
    }
}
