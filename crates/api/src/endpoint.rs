//! What an operation of the API is, and how a client writes one.

use std::borrow::Cow;

use http::{Method, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::decode::{ParameterError, Source};
use crate::namespaces::MethodName;
use crate::value::{Array, File, Metadata, Nullable, Patch, Secret};

/// An operation of the API: a request type that knows where it goes and what is answered.
///
/// Declared in the resource modules, one struct each; see [`ENDPOINTS`](crate::ENDPOINTS).
pub trait Endpoint: Parameters + Send + Sync + 'static {
    /// What a successful answer holds.
    type Response: Serialize + DeserializeOwned + Send + 'static;
    /// Method, path and parameters.
    const INFO: EndpointInfo;
}

/// The facts of an endpoint that do not depend on its types.
#[derive(Clone, Debug)]
pub struct EndpointInfo {
    /// The name of the request type.
    pub name: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path, with `{name}` for each path parameter.
    pub path: &'static str,
    /// All parameters by their wire names: in path, query or body.
    pub parameters: fn() -> Vec<&'static str>,
    /// The parameters that are in the query although there is a body.
    pub in_query: &'static [&'static str],
    /// What the body is, where there is one.
    pub body: BodyKind,
    /// Whether a page is answered only to `paginated=true`, and a bare array otherwise.
    pub paginated_on_request: bool,
    /// The status of a success.
    pub status: StatusCode,
    /// What a client calls it, if it has a method of its own.
    pub call: Option<MethodName>,
}

impl EndpointInfo {
    /// Whether the path has a version. Those of Clerk's service for keys and tokens of programs
    /// have none.
    pub fn has_version(&self) -> bool {
        self.path.starts_with("/v1/")
    }

    /// Whether our server has the operation. See [`NOT_SERVED`](crate::NOT_SERVED).
    pub fn is_served(&self) -> bool {
        let mut not_served = crate::NOT_SERVED.iter().copied().flatten();
        !not_served.any(|endpoint| endpoint.name == self.name)
    }

    /// Whether the parameters outside the path travel in a body, not in the query.
    pub fn has_body(&self) -> bool {
        self.method != Method::GET && self.method != Method::DELETE
    }
}

/// Is shown every operation with its types, where [`ENDPOINTS`](crate::ENDPOINTS) has the facts
/// alone. See [`visit_endpoints`](crate::visit_endpoints).
pub trait Visitor {
    /// Shows an operation.
    fn endpoint<E: Endpoint>(&mut self);
}

/// What a body is. It follows from the types of a request's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// A JSON object with a member for each parameter.
    Object,
    /// A JSON array, the one parameter of its request: a field of the type [`Array`].
    Array,
    /// A form with a part for each parameter: there is a field of the type [`File`].
    Multipart,
}

impl BodyKind {
    /// What the body is when one of its fields asks for `other`.
    pub const fn or(self, other: Self) -> Self {
        match self {
            Self::Object => other,
            kind => kind,
        }
    }
}

/// The query parameter that asks for a page where the answer would be a bare array.
pub const PAGINATED: &str = "paginated";

/// A struct whose fields are parameters: a request, or a group that several requests share.
pub trait Parameters: Sized {
    /// What kind of body the fields need.
    const BODY: BodyKind;
    /// The wire names of the fields.
    fn names() -> Vec<&'static str>;
    /// Writes the fields that are present.
    ///
    /// # Errors
    /// When a field has no JSON form.
    fn put(&self, into: &mut Outgoing) -> Result<(), serde_json::Error>;
    /// Reads the fields.
    ///
    /// # Errors
    /// Names the first field that cannot be read.
    fn take(from: &mut Source<'_>) -> Result<Self, ParameterError>;
}

/// A type that a request can have a field of.
pub trait Parameter: Sized {
    /// What kind of body the field needs.
    const BODY: BodyKind = BodyKind::Object;
    /// Adds the wire name of a field called `field`, or the names of its own fields.
    fn name(field: &'static str, names: &mut Vec<&'static str>) {
        names.push(field);
    }
    /// Writes the value, unless it is absent.
    ///
    /// # Errors
    /// When the value has no JSON form.
    fn put(&self, field: &'static str, into: &mut Outgoing) -> Result<(), serde_json::Error>;
    /// Reads the value.
    ///
    /// # Errors
    /// When it is missing or malformed.
    fn take(field: &'static str, from: &mut Source<'_>) -> Result<Self, ParameterError>;
}

/// The parameters of a request on their way out.
#[derive(Debug, Default)]
pub struct Outgoing {
    values: Metadata,
    items: Vec<Value>,
    files: Vec<(&'static str, File)>,
}

impl Outgoing {
    /// Adds a parameter.
    pub(crate) fn insert(&mut self, name: &'static str, value: Value) {
        self.values.insert(name.to_owned(), value);
    }
}

/// The name of a parameter for a field, whose name in Rust may need a `r#`.
pub(crate) fn wire_name(field: &'static str) -> &'static str {
    field.strip_prefix("r#").unwrap_or(field)
}

/// Makes types that serde reads and writes required parameters.
macro_rules! json_parameter {
    ($($type:ty),*) => {$(
        impl crate::endpoint::Parameter for $type {
            fn put(
                &self,
                field: &'static str,
                into: &mut crate::endpoint::Outgoing,
            ) -> Result<(), serde_json::Error> {
                into.insert(field, serde_json::to_value(self)?);
                Ok(())
            }

            fn take(
                field: &'static str,
                from: &mut crate::decode::Source<'_>,
            ) -> Result<Self, crate::decode::ParameterError> {
                from.required(field)
            }
        }
    )*};
}
pub(crate) use json_parameter;

/// Makes a struct of parameters a field whose fields stand in the request as its own.
macro_rules! group {
    ($type:ty) => {
        impl crate::endpoint::Parameter for $type {
            const BODY: crate::endpoint::BodyKind = <Self as crate::endpoint::Parameters>::BODY;

            fn name(_: &'static str, names: &mut Vec<&'static str>) {
                names.extend(<Self as crate::endpoint::Parameters>::names());
            }

            fn put(
                &self,
                _: &'static str,
                into: &mut crate::endpoint::Outgoing,
            ) -> Result<(), serde_json::Error> {
                crate::endpoint::Parameters::put(self, into)
            }

            fn take(
                _: &'static str,
                from: &mut crate::decode::Source<'_>,
            ) -> Result<Self, crate::decode::ParameterError> {
                crate::endpoint::Parameters::take(from)
            }
        }
    };
}
pub(crate) use group;

json_parameter!(bool, u32, u64, i64, String, Metadata, Secret);

impl<T: Serialize + DeserializeOwned> Parameter for Option<T> {
    fn put(&self, field: &'static str, into: &mut Outgoing) -> Result<(), serde_json::Error> {
        if let Some(value) = self {
            into.insert(field, serde_json::to_value(value)?);
        }
        Ok(())
    }

    fn take(field: &'static str, from: &mut Source<'_>) -> Result<Self, ParameterError> {
        from.optional(field).map(Patch::set)
    }
}

impl<T: Serialize + DeserializeOwned> Parameter for Patch<T> {
    fn put(&self, field: &'static str, into: &mut Outgoing) -> Result<(), serde_json::Error> {
        let value = match self {
            Self::Absent => return Ok(()),
            Self::Null => Value::Null,
            Self::Set(value) => serde_json::to_value(value)?,
        };
        into.insert(field, value);
        Ok(())
    }

    fn take(field: &'static str, from: &mut Source<'_>) -> Result<Self, ParameterError> {
        from.optional(field)
    }
}

impl<T: Serialize + DeserializeOwned> Parameter for Nullable<T> {
    fn put(&self, field: &'static str, into: &mut Outgoing) -> Result<(), serde_json::Error> {
        into.insert(field, serde_json::to_value(&self.0)?);
        Ok(())
    }

    fn take(field: &'static str, from: &mut Source<'_>) -> Result<Self, ParameterError> {
        from.optional(field).map(|value| Self(value.set()))
    }
}

impl<T: Serialize + DeserializeOwned> Parameter for Vec<T> {
    fn put(&self, field: &'static str, into: &mut Outgoing) -> Result<(), serde_json::Error> {
        if !self.is_empty() {
            into.insert(field, serde_json::to_value(self)?);
        }
        Ok(())
    }

    fn take(field: &'static str, from: &mut Source<'_>) -> Result<Self, ParameterError> {
        from.optional(field)
            .map(|values| values.set().unwrap_or_default())
    }
}

impl<T: Parameters> Parameter for Array<T> {
    const BODY: BodyKind = BodyKind::Array;

    fn name(_: &'static str, names: &mut Vec<&'static str>) {
        names.extend(T::names());
    }

    fn put(&self, _: &'static str, into: &mut Outgoing) -> Result<(), serde_json::Error> {
        for item in &self.0 {
            let mut outgoing = Outgoing::default();
            item.put(&mut outgoing)?;
            into.items.push(Value::Object(outgoing.values));
        }
        Ok(())
    }

    fn take(_: &'static str, from: &mut Source<'_>) -> Result<Self, ParameterError> {
        from.items().map(Self)
    }
}

impl Parameter for File {
    const BODY: BodyKind = BodyKind::Multipart;

    fn put(&self, field: &'static str, into: &mut Outgoing) -> Result<(), serde_json::Error> {
        into.files.push((field, self.clone()));
        Ok(())
    }

    fn take(field: &'static str, from: &mut Source<'_>) -> Result<Self, ParameterError> {
        from.file(field)
    }
}

/// A request, ready for the transport. The method and the path are the endpoint's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedRequest {
    /// The HTTP method.
    pub method: Method,
    /// The path, its parameters percent-encoded.
    pub path: String,
    /// The query without its question mark; empty when there is none.
    pub query: String,
    /// The body, when the request has parameters for one.
    pub body: Option<Vec<u8>>,
    /// The type of the body: JSON, or a form that carries files.
    pub content_type: Cow<'static, str>,
}

impl EncodedRequest {
    /// What the query says of a parameter.
    pub fn query_value(&self, name: &str) -> Option<Cow<'_, str>> {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    /// The same request with these parameters in the query, and none of them twice. An empty text
    /// leaves a parameter out.
    #[must_use]
    pub fn with_query(&self, parameters: &[(&str, &str)]) -> Self {
        let kept = form_urlencoded::parse(self.query.as_bytes())
            .filter(|(name, _)| !parameters.iter().any(|(changed, _)| changed == name));
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(kept);
        query.extend_pairs(parameters.iter().filter(|(_, value)| !value.is_empty()));
        Self {
            query: query.finish(),
            ..self.clone()
        }
    }
}

/// The content type of JSON.
pub const JSON: &str = "application/json";

/// Why a request cannot be sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A path parameter is empty. JavaScript: the same text, thrown by `requireId`.
    #[error("A valid resource ID is required.")]
    MissingId,
    /// A path parameter that a URL would resolve as another path.
    #[error("{0:?} cannot be the ID of a resource.")]
    InvalidId(String),
    /// A parameter has no JSON form.
    #[error("the request has no JSON form: {0}")]
    Json(#[from] serde_json::Error),
}

/// Everything but RFC 3986's unreserved characters, so that no id can change the path.
const PATH_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Writes a request: its path, its query or its body.
///
/// # Errors
/// When a path parameter is empty, `.` or `..`.
pub fn encode<E: Endpoint>(request: &E) -> Result<EncodedRequest, EncodeError> {
    let info = E::INFO;
    let mut outgoing = Outgoing::default();
    request.put(&mut outgoing)?;
    let Outgoing {
        values: mut parameters,
        items,
        files,
    } = outgoing;

    let mut path = String::with_capacity(info.path.len() + 32);
    for segment in info.path.split('/').skip(1) {
        path.push('/');
        match parameter_of(segment) {
            None => path.push_str(segment),
            Some(name) => {
                let id = parameters
                    .shift_remove(name)
                    .map(text_of)
                    .unwrap_or_default();
                match id.as_str() {
                    "" => return Err(EncodeError::MissingId),
                    "." | ".." => return Err(EncodeError::InvalidId(id)),
                    id => path.extend(utf8_percent_encode(id, PATH_SEGMENT)),
                }
            }
        }
    }

    let mut query = form_urlencoded::Serializer::new(String::new());
    if info.paginated_on_request {
        query.append_pair(PAGINATED, "true");
    }
    let in_query = match info.has_body() {
        true => info
            .in_query
            .iter()
            .filter_map(|name| parameters.shift_remove_entry(*name))
            .collect(),
        false => std::mem::take(&mut parameters),
    };
    for (name, value) in in_query {
        match value {
            Value::Array(items) => {
                for item in items {
                    query.append_pair(&name, &text_of(item));
                }
            }
            value => {
                query.append_pair(&name, &text_of(value));
            }
        }
    }
    let mut content_type = Cow::Borrowed(JSON);
    let body = match info.body {
        BodyKind::Object if parameters.is_empty() => None,
        BodyKind::Object => Some(serde_json::to_vec(&parameters)?),
        BodyKind::Array if items.is_empty() => None,
        BodyKind::Array => Some(serde_json::to_vec(&items)?),
        BodyKind::Multipart => {
            let boundary = multipart::boundary(&files);
            content_type = format!("multipart/form-data; boundary={boundary}").into();
            let fields = parameters
                .into_iter()
                .map(|(name, value)| (name, text_of(value)));
            Some(multipart::write(&boundary, fields, &files))
        }
    };
    Ok(EncodedRequest {
        method: info.method,
        path,
        query: query.finish(),
        body,
        content_type,
    })
}

/// Forms that carry files (RFC 7578).
mod multipart {
    use crate::value::File;

    /// A line that is in none of the files.
    pub(super) fn boundary(files: &[(&'static str, File)]) -> String {
        let is_in_a_file = |boundary: &str| {
            files.iter().any(|(_, file)| {
                let mut windows = file.bytes.windows(boundary.len());
                windows.any(|window| window == boundary.as_bytes())
            })
        };
        let mut number = 0_u64;
        loop {
            let boundary = format!("ironclerk-form-{number:016x}");
            if !is_in_a_file(&boundary) {
                return boundary;
            }
            number += 1;
        }
    }

    /// The body: the files first, as Clerk's clients do.
    pub(super) fn write(
        boundary: &str,
        fields: impl Iterator<Item = (String, String)>,
        files: &[(&'static str, File)],
    ) -> Vec<u8> {
        let mut body = Vec::new();
        let mut part = |head: String, content: &[u8]| {
            let head = format!("--{boundary}\r\ncontent-disposition: form-data; {head}\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        };
        for (name, file) in files {
            let head = format!(
                "name=\"{name}\"; filename=\"{}\"\r\ncontent-type: {}",
                quoted(&file.name),
                file.content_type.replace(['\r', '\n'], "")
            );
            part(head, &file.bytes);
        }
        for (name, value) in fields {
            part(format!("name=\"{}\"", quoted(&name)), value.as_bytes());
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        body
    }

    /// What browsers do with the three characters that cannot stand in a quoted name.
    fn quoted(name: &str) -> String {
        name.replace('"', "%22")
            .replace('\r', "%0D")
            .replace('\n', "%0A")
    }
}

/// The names of a path's parameters, in order.
pub fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(parameter_of)
}

fn parameter_of(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

fn text_of(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use crate::sessions::ListSessions;
    use crate::users::{GetUser, ListUsers, UserFilter, UserSort};
    use crate::value::Sort;

    use super::*;

    #[test]
    fn path_parameters_cannot_change_the_path() {
        for (id, path) in [
            ("user_1", "/v1/users/user_1"),
            ("../x", "/v1/users/..%2Fx"),
            ("a?b#c", "/v1/users/a%3Fb%23c"),
            ("é", "/v1/users/%C3%A9"),
        ] {
            assert_eq!(encode(&GetUser { user_id: id.into() }).unwrap().path, path);
        }
        for id in ["", ".", ".."] {
            assert!(encode(&GetUser { user_id: id.into() }).is_err(), "{id:?}");
        }
    }

    #[test]
    fn lists_repeat_their_key_and_a_plus_is_encoded() {
        let request = ListUsers {
            limit: Some(2),
            order_by: Some(Sort::descending(UserSort::LastActiveAt)),
            filter: UserFilter {
                email_address: vec!["a@x.c".into(), "b@x.c".into()],
                organization_id: vec!["+org_1".into()],
                ..Default::default()
            },
            ..Default::default()
        };
        let encoded = encode(&request).unwrap();
        assert_eq!(
            encoded.query,
            "limit=2&order_by=-last_active_at&email_address=a%40x.c&email_address=b%40x.c&organization_id=%2Borg_1"
        );
        assert_eq!(encoded.body, None);
    }

    #[test]
    fn lists_with_two_shapes_ask_for_the_page() {
        assert_eq!(
            encode(&ListSessions::default()).unwrap().query,
            "paginated=true"
        );
    }
}
