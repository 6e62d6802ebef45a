//! How a server reads a request, and what is wrong with it when it cannot.
//!
//! Parameters come as text (path and query) or as JSON (body). Both are read by one
//! deserializer that knows what serde's own do not: which parameter is at fault, that a field
//! may be left out, and that a body holds nothing that the endpoint does not know.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};
use serde_json::Value;

use crate::endpoint::{Endpoint, Parameters};
use crate::value::{File, Patch};

/// What is wrong with which parameter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}: {problem}")]
pub struct ParameterError {
    /// The parameter's name, with a dotted path to a value within it; empty when the body as a
    /// whole is at fault.
    pub parameter: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What can be wrong with a parameter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It is required and not there.
    #[error("is missing")]
    Missing,
    /// It is null and may not be.
    #[error("must not be null")]
    Null,
    /// The endpoint has no such parameter.
    #[error("is not a parameter of this request")]
    Unknown,
    /// It is of another type.
    #[error("must be {0}")]
    Type(String),
    /// It has the right type and a value that is not allowed.
    #[error("{0}")]
    Value(String),
    /// There is no file where one is required.
    #[error("must be a file")]
    NoFile,
    /// It is given more than once.
    #[error("is given more than once")]
    Repeated,
}

impl ParameterError {
    fn new(problem: Problem) -> Self {
        Self {
            parameter: String::new(),
            problem,
        }
    }

    fn within(mut self, name: &str) -> Self {
        self.parameter = match self.parameter.as_str() {
            "" => name.to_owned(),
            inner => format!("{name}.{inner}"),
        };
        self
    }
}

impl de::Error for ParameterError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Problem::Value(message.to_string()))
    }

    fn invalid_type(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(match unexpected {
            de::Unexpected::Unit | de::Unexpected::Option => Problem::Null,
            _ => Problem::Type(in_json_terms(expected)),
        })
    }

    fn invalid_value(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(Problem::Value(format!(
            "must be {}",
            in_json_terms(expected)
        )))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Problem::Missing).within(field)
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::new(Problem::Unknown).within(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(Problem::Repeated).within(field)
    }
}

/// Serde speaks of Rust's types; a caller of the API knows JSON's.
fn in_json_terms(expected: &dyn de::Expected) -> String {
    match expected.to_string().as_str() {
        "u32" | "u64" => "a whole number that is not negative".to_owned(),
        "i64" => "a whole number".to_owned(),
        "a sequence" => "an array".to_owned(),
        "a map" => "an object".to_owned(),
        other => other.to_owned(),
    }
}

/// Reads a request from its path parameters, its query, and the JSON object in its body.
///
/// A query parameter that the endpoint does not know is passed over, as Clerk does; one in the
/// body is an error. `name[]` in a query is read as `name`.
///
/// # Errors
/// Names the first parameter that cannot be read.
pub fn decode<'a, E: Endpoint>(
    path: impl IntoIterator<Item = (&'a str, &'a str)>,
    query: &'a str,
    body: impl Into<Body>,
) -> Result<E, ParameterError> {
    Source::new(&mut path.into_iter(), query, body.into()).take()
}

/// A body, taken apart as the endpoint's [`BodyKind`](crate::endpoint::BodyKind) says.
#[derive(Clone, Debug)]
pub enum Body {
    /// The members of a JSON object. Empty where there is no body.
    Object(serde_json::Map<String, Value>),
    /// The items of a JSON array.
    Array(Vec<Value>),
    /// The parts of a form.
    Form(Form),
}

/// The parts of a form that carries files.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// The parts that are texts, with their names.
    pub fields: Vec<(String, String)>,
    /// The parts that are files, with their names.
    pub files: Vec<(String, File)>,
}

impl Default for Body {
    fn default() -> Self {
        Self::Object(serde_json::Map::new())
    }
}

impl From<serde_json::Map<String, Value>> for Body {
    fn from(members: serde_json::Map<String, Value>) -> Self {
        Self::Object(members)
    }
}

/// The parameters of a request that have not been read yet.
#[derive(Default)]
pub struct Source<'a> {
    text: Vec<(Cow<'a, str>, Vec<Cow<'a, str>>)>,
    body: serde_json::Map<String, Value>,
    items: Vec<Value>,
    files: Vec<(String, File)>,
}

impl<'a> Source<'a> {
    /// The parameters of a request, in its path, its query and its body. What stands in the path
    /// cannot be given in the query too.
    pub fn new(
        path: &mut dyn Iterator<Item = (&'a str, &'a str)>,
        query: &'a str,
        body: Body,
    ) -> Self {
        let mut source = Self::default();
        let mut fields = Vec::new();
        match body {
            Body::Object(members) => source.body = members,
            Body::Array(items) => source.items = items,
            Body::Form(form) => {
                source.files = form.files;
                fields = form.fields;
            }
        }
        for (name, value) in path {
            source.text.push((name.into(), vec![value.into()]));
        }
        let path_parameters = source.text.len();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let name = match name {
                Cow::Borrowed(name) => Cow::Borrowed(name.strip_suffix("[]").unwrap_or(name)),
                Cow::Owned(name) => Cow::Owned(name.strip_suffix("[]").unwrap_or(&name).to_owned()),
            };
            match source.text.iter().position(|(known, _)| *known == name) {
                Some(index) if index < path_parameters => {}
                Some(index) => source.text[index].1.push(value),
                None => source.text.push((name, vec![value])),
            }
        }
        for (name, value) in fields {
            source.text.push((name.into(), vec![value.into()]));
        }
        source
    }

    /// Reads the parameters of a request, and refuses a body that has more.
    ///
    /// # Errors
    /// Names the first parameter that cannot be read.
    pub fn take<T: Parameters>(mut self) -> Result<T, ParameterError> {
        let parameters = T::take(&mut self)?;
        self.nothing_left()?;
        Ok(parameters)
    }

    fn nothing_left(&self) -> Result<(), ParameterError> {
        match self.body.keys().next() {
            None => Ok(()),
            Some(name) => Err(ParameterError::new(Problem::Unknown).within(name)),
        }
    }

    /// Reads the items of a body that is an array.
    pub(crate) fn items<T: Parameters>(&mut self) -> Result<Vec<T>, ParameterError> {
        let read = |item| match item {
            Value::Object(body) => Source {
                body,
                ..Source::default()
            }
            .take(),
            _ => Err(ParameterError::new(Problem::Type("an object".to_owned()))),
        };
        self.items.drain(..).map(read).collect()
    }

    /// Reads a file.
    pub(crate) fn file(&mut self, name: &'static str) -> Result<File, ParameterError> {
        match self.files.iter().position(|(known, _)| known == name) {
            Some(index) => Ok(self.files.swap_remove(index).1),
            None => Err(ParameterError::new(Problem::NoFile).within(name)),
        }
    }

    /// Reads a parameter that may be absent or null.
    pub(crate) fn optional<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
    ) -> Result<Patch<T>, ParameterError> {
        match self.input(name) {
            None => Ok(Patch::Absent),
            Some(Input::Json(Value::Null)) => Ok(Patch::Null),
            Some(input) => T::deserialize(input)
                .map(Patch::Set)
                .map_err(|error| error.within(name)),
        }
    }

    fn input(&mut self, name: &str) -> Option<Input<'a>> {
        match self.text.iter().position(|(known, _)| known == name) {
            Some(index) => Some(Input::Text(self.text.swap_remove(index).1)),
            None => self.body.shift_remove(name).map(Input::Json),
        }
    }

    /// Reads a parameter that must be there.
    pub(crate) fn required<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
    ) -> Result<T, ParameterError> {
        match self.optional(name)? {
            Patch::Set(value) => Ok(value),
            Patch::Absent => Err(ParameterError::new(Problem::Missing).within(name)),
            Patch::Null => Err(ParameterError::new(Problem::Null).within(name)),
        }
    }
}

/// The value of one parameter.
enum Input<'a> {
    /// In the path or the query; several when the name is repeated.
    Text(Vec<Cow<'a, str>>),
    /// In the body.
    Json(Value),
}

impl Input<'_> {
    /// The value where one is wanted: of repeated texts the last.
    fn single(self) -> Single {
        match self {
            Self::Text(values) => Single::Text(
                values
                    .into_iter()
                    .next_back()
                    .unwrap_or_default()
                    .into_owned(),
            ),
            Self::Json(value) => Single::Json(value),
        }
    }
}

enum Single {
    Text(String),
    Json(Value),
}

/// Reads a number, from its digits where it came as text.
macro_rules! number {
    ($($method:ident $visit:ident $type:ty,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParameterError> {
            match self.single() {
                Single::Json(value) => json(value, visitor),
                Single::Text(text) => match text.parse::<$type>() {
                    Ok(number) => visitor.$visit(number),
                    // Digits that do not fit are a wrong value, not a wrong type.
                    Err(_) if text.parse::<f64>().is_ok() => {
                        Err(de::Error::invalid_value(de::Unexpected::Str(&text), &visitor))
                    }
                    Err(_) => Err(de::Error::invalid_type(de::Unexpected::Str(&text), &visitor)),
                },
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Input<'_> {
    type Error = ParameterError;

    number! {
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
        deserialize_f32 visit_f32 f32,
        deserialize_f64 visit_f64 f64,
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParameterError> {
        match self.single() {
            Single::Json(value) => json(value, visitor),
            Single::Text(text) => match text.as_str() {
                "true" | "1" => visitor.visit_bool(true),
                "false" | "0" => visitor.visit_bool(false),
                other => Err(de::Error::invalid_type(
                    de::Unexpected::Str(other),
                    &visitor,
                )),
            },
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParameterError> {
        match self {
            Self::Json(Value::Null) => visitor.visit_none(),
            value => visitor.visit_some(value),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParameterError> {
        match self {
            Self::Text(values) => visitor.visit_seq(Items(
                values
                    .into_iter()
                    .map(|value| Input::Text(vec![value]))
                    .collect::<Vec<_>>()
                    .into_iter(),
            )),
            Self::Json(value) => json(value, visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ParameterError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParameterError> {
        match self.single() {
            Single::Json(value) => json(value, visitor),
            Single::Text(text) => visitor.visit_string(text),
        }
    }

    serde::forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct
        enum identifier ignored_any
    }
}

struct Items<'a>(std::vec::IntoIter<Input<'a>>);

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = ParameterError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ParameterError> {
        self.0.next().map(|item| seed.deserialize(item)).transpose()
    }
}

/// Hands a JSON value to the visitor, its members as inputs in turn.
fn json<'de, V: Visitor<'de>>(value: Value, visitor: V) -> Result<V::Value, ParameterError> {
    match value {
        Value::Null => visitor.visit_unit(),
        Value::Bool(value) => visitor.visit_bool(value),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(value), ..) => visitor.visit_u64(value),
            (_, Some(value), _) => visitor.visit_i64(value),
            (.., value) => visitor.visit_f64(value.unwrap_or(f64::NAN)),
        },
        Value::String(text) => visitor.visit_string(text),
        Value::Array(items) => {
            let items: Vec<_> = items.into_iter().map(Input::Json).collect();
            visitor.visit_seq(Items(items.into_iter()))
        }
        Value::Object(members) => visitor.visit_map(Members {
            rest: members.into_iter(),
            current: None,
        }),
    }
}

struct Members {
    rest: serde_json::map::IntoIter,
    current: Option<(String, Value)>,
}

impl<'de> de::MapAccess<'de> for Members {
    type Error = ParameterError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ParameterError> {
        let Some((name, value)) = self.rest.next() else {
            return Ok(None);
        };
        let key = seed.deserialize(name.as_str().into_deserializer())?;
        self.current = Some((name, value));
        Ok(Some(key))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, ParameterError> {
        let Some((name, value)) = self.current.take() else {
            return Err(de::Error::custom("a value was read before its name"));
        };
        seed.deserialize(Input::Json(value))
            .map_err(|error| error.within(&name))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::users::{CreateUser, ListUsers, UpdateUser, UserSort};
    use crate::value::{Patch, Sort};

    use super::*;

    fn body(value: Value) -> serde_json::Map<String, Value> {
        match value {
            Value::Object(members) => members,
            other => panic!("{other} is not an object"),
        }
    }

    #[test]
    fn reads_a_query() {
        let list: ListUsers = decode(
            [],
            "limit=20&offset=40&email_address=a%40x.c&email_address=b&username[]=c&banned=true&order_by=+last_active_at&paginated=true",
            Body::default(),
        )
        .unwrap();
        assert_eq!(list.limit, Some(20));
        assert_eq!(list.offset, Some(40));
        assert_eq!(list.filter.email_address, ["a@x.c", "b"]);
        assert_eq!(list.filter.username, ["c"]);
        assert_eq!(list.filter.banned, Some(true));
        assert_eq!(list.order_by, Some(Sort::ascending(UserSort::LastActiveAt)));
    }

    #[test]
    fn tells_absent_null_and_set_apart() {
        let update: UpdateUser = decode(
            [("user_id", "user_1")],
            "",
            body(json!({"first_name": null, "username": "ada"})),
        )
        .unwrap();
        assert_eq!(update.user_id.as_str(), "user_1");
        assert_eq!(update.first_name, Patch::Null);
        assert_eq!(update.username, Patch::Set("ada".into()));
        assert_eq!(update.last_name, Patch::Absent);
    }

    #[test]
    fn metadata_keeps_its_keys_and_their_order() {
        let metadata = json!({"zCamel": {"b": [1, -2, 1.5, null, true], "a": "x"}, "a_b": 1});
        let create: CreateUser =
            decode([], "", body(json!({"public_metadata": metadata}))).unwrap();
        let read = serde_json::to_string(&create.public_metadata).unwrap();
        assert_eq!(read, metadata.to_string());
    }

    #[test]
    fn names_the_parameter_at_fault() {
        let create = |value| decode::<CreateUser>([], "", body(value)).unwrap_err();
        let list = |query| decode::<ListUsers>([], query, Body::default()).unwrap_err();
        let update =
            decode::<UpdateUser>([("user_id", "user_1")], "", body(json!({"username": 5})))
                .unwrap_err();
        for (error, parameter, problem) in [
            (
                create(json!({"first_name": 5})),
                "first_name",
                "must be a string",
            ),
            (
                create(json!({"email_address": "a@x.c"})),
                "email_address",
                "must be an array",
            ),
            (
                create(json!({"email_address": [null]})),
                "email_address",
                "must not be null",
            ),
            (
                create(json!({"nope": 1})),
                "nope",
                "is not a parameter of this request",
            ),
            (
                create(json!({"public_metadata": 1})),
                "public_metadata",
                "must be an object",
            ),
            (
                list("limit=ten"),
                "limit",
                "must be a whole number that is not negative",
            ),
            (
                list("limit=-1"),
                "limit",
                "must be a whole number that is not negative",
            ),
            (list("banned=maybe"), "banned", "must be a boolean"),
            (update, "username", "must be a string"),
        ] {
            assert_eq!(error.parameter, parameter);
            assert_eq!(error.problem.to_string(), problem);
        }
        assert!(matches!(list("limit=-1").problem, Problem::Value(_)));
        assert!(matches!(list("limit=ten").problem, Problem::Type(_)));
        assert!(matches!(
            list("order_by=shoe_size").problem,
            Problem::Value(_)
        ));
        let missing = decode::<UpdateUser>([], "", Body::default()).unwrap_err();
        assert_eq!(
            (missing.parameter.as_str(), missing.problem),
            ("user_id", Problem::Missing)
        );
    }
}
