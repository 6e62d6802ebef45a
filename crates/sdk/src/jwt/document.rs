//! The JSON of a token, read in one pass. Building a map of owned strings would cost more than
//! everything else around the signature, and most requests look at a handful of claims.

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

/// So that the list of a session token's claims grows once at most.
const USUAL_MEMBERS: usize = 12;

/// A JSON text that has been checked to be well-formed.
#[derive(Clone)]
pub(super) struct Document {
    text: String,
    /// The members of the object in their order, the last of a name counting. Empty when the text
    /// is not an object or has escapes; the tree is there then.
    members: Vec<Member>,
    tree: OnceLock<Box<Value>>,
}

#[derive(Clone)]
struct Member {
    name: Place,
    value: Part,
}

#[derive(Clone)]
enum Part {
    Text(Place),
    Number(Number),
    Bool(bool),
    Null,
    Array(Vec<Part>),
    Object(Vec<Member>),
}

/// Where a string without escapes stands in the text.
#[derive(Clone)]
struct Place(Range<u32>);

impl Document {
    pub(super) fn read(text: String) -> Option<Self> {
        let mut json = serde_json::Deserializer::from_str(&text);
        let part = PartOf(&text).deserialize(&mut json);
        let (members, tree) = match part.and_then(|part| json.end().map(|()| part)) {
            Ok(Part::Object(members)) => (members, OnceLock::new()),
            // No object, or one with escapes, or not JSON.
            _ => {
                let tree: Value = serde_json::from_str(&text).ok()?;
                (Vec::new(), OnceLock::from(Box::new(tree)))
            }
        };
        Some(Self {
            text,
            members,
            tree,
        })
    }

    pub(super) fn is_object(&self) -> bool {
        self.tree.get().is_none_or(|tree| tree.is_object())
    }

    /// A member of the object, if it is a string.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.member(&self.members, name) {
            Some(Part::Text(place)) => Some(place.of(&self.text)),
            Some(_) => None,
            None => self.tree.get()?.get(name)?.as_str(),
        }
    }

    /// A member of the object, if it is a number.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        match self.member(&self.members, name) {
            Some(Part::Number(number)) => number.as_f64(),
            Some(_) => None,
            None => self.tree.get()?.get(name)?.as_f64(),
        }
    }

    /// A string in an object that is a member of the object.
    pub(super) fn nested_text(&self, outer: &str, name: &str) -> Option<&str> {
        match self.member(&self.members, outer) {
            Some(Part::Object(members)) => match self.member(members, name)? {
                Part::Text(place) => Some(place.of(&self.text)),
                _ => None,
            },
            Some(_) => None,
            None => self.tree.get()?.get(outer)?.get(name)?.as_str(),
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.member(&self.members, name).is_some()
            || self.tree.get().is_some_and(|tree| tree.get(name).is_some())
    }

    /// A member of the object.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.has(name).then(|| self.tree().get(name))?
    }

    /// The whole, built when it is first asked for.
    pub(super) fn tree(&self) -> &Value {
        self.tree
            .get_or_init(|| Box::new(object(&self.members, &self.text)))
    }

    fn member<'a>(&self, members: &'a [Member], name: &str) -> Option<&'a Part> {
        let mut members = members.iter();
        let found = members.rfind(|member| member.name.of(&self.text) == name)?;
        Some(&found.value)
    }
}

impl Place {
    fn new(piece: &str, text: &str) -> Option<Self> {
        let start = u32::try_from(piece.as_ptr().addr() - text.as_ptr().addr()).ok()?;
        Some(Self(start..start + u32::try_from(piece.len()).ok()?))
    }

    fn of<'a>(&self, text: &'a str) -> &'a str {
        &text[self.0.start as usize..self.0.end as usize]
    }
}

fn object(members: &[Member], text: &str) -> Value {
    let members = members.iter();
    let members = members.map(|member| {
        let name = member.name.of(text).to_owned();
        (name, value(&member.value, text))
    });
    Value::Object(members.collect())
}

fn value(part: &Part, text: &str) -> Value {
    match part {
        Part::Text(place) => place.of(text).into(),
        Part::Number(number) => Value::Number(number.clone()),
        Part::Bool(is_true) => (*is_true).into(),
        Part::Null => Value::Null,
        Part::Array(parts) => parts.iter().map(|part| value(part, text)).collect(),
        Part::Object(members) => object(members, text),
    }
}

/// Reads one value of the text. A string with an escape is an error.
#[derive(Clone, Copy)]
struct PartOf<'text>(&'text str);

impl PartOf<'_> {
    fn place<E: Error>(self, piece: &str) -> Result<Place, E> {
        Place::new(piece, self.0).ok_or_else(|| E::custom("too long"))
    }
}

impl<'de> DeserializeSeed<'de> for PartOf<'de> {
    type Value = Part;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Part, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PartOf<'de> {
    type Value = Part;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without escapes")
    }

    fn visit_borrowed_str<E: Error>(self, piece: &'de str) -> Result<Part, E> {
        self.place(piece).map(Part::Text)
    }

    fn visit_bool<E: Error>(self, is_true: bool) -> Result<Part, E> {
        Ok(Part::Bool(is_true))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Part, E> {
        Ok(Part::Number(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Part, E> {
        Ok(Part::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Part, E> {
        Ok(Number::from_f64(number).map_or(Part::Null, Part::Number))
    }

    fn visit_unit<E: Error>(self) -> Result<Part, E> {
        Ok(Part::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Part, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = sequence.next_element_seed(self)? {
            parts.push(part);
        }
        Ok(Part::Array(parts))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Part, A::Error> {
        let mut members = Vec::with_capacity(USUAL_MEMBERS);
        while let Some(name) = map.next_key::<&'de str>()? {
            members.push(Member {
                name: self.place(name)?,
                value: map.next_value_seed(self)?,
            });
        }
        Ok(Part::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Option<Document> {
        Document::read(text.to_owned())
    }

    #[test]
    fn every_text_reads_as_it_does_with_serde_json() {
        for text in [
            "{}",
            "[]",
            "null",
            "7",
            "\"text\"",
            r#" {"a": "b", "c": {"d": [1, "e"]}, "f": null, "g": -1.5, "h": true} "#,
            r#"{"a": "x\n", "b\u0041": 1}"#,
            r#"{"a": 1, "b": 2, "a": 3}"#,
            r#"{"a": 1e999}"#,
            r#"{"a": "\ud800"}"#,
            r#"{"a": {"b": 1e999}}"#,
            r#"{"a": 1,}"#,
            r#"{"a": 1} x"#,
            r#"{"a": 1"#,
            r#"{1: 1}"#,
            "",
            "{\"a\": \"\u{0}\"}",
        ] {
            let expected = serde_json::from_str::<Value>(text).ok();
            let document = read(text);
            assert_eq!(
                document.as_ref().map(Document::tree),
                expected.as_ref(),
                "{text}"
            );
        }
    }

    #[test]
    fn the_last_of_equal_names_counts() {
        for text in [r#"{"a":"x","a":"y"}"#, r#"{"a":"x","\u0061":"y"}"#] {
            let document = read(text).expect("JSON");
            assert_eq!(document.text("a"), Some("y"), "{text}");
            assert_eq!(document.get("a"), Some(&json!("y")), "{text}");
            assert_eq!(document.tree(), &json!({"a": "y"}), "{text}");
        }
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((".{0,4}", inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn members_are_found_as_in_the_tree(value in values()) {
            let document = read(&value.to_string()).expect("JSON");
            let tree: Value = serde_json::from_str(&value.to_string()).expect("JSON");
            for name in tree.as_object().into_iter().flat_map(|members| members.keys()) {
                prop_assert_eq!(document.get(name), tree.get(name));
                prop_assert_eq!(document.text(name), tree[name].as_str());
                prop_assert_eq!(document.number(name), tree[name].as_f64());
                let nested = tree[name].as_object().into_iter().flatten();
                for (inner, value) in nested {
                    prop_assert_eq!(document.nested_text(name, inner), value.as_str());
                }
            }
            prop_assert!(!document.has("no such name"));
            prop_assert_eq!(document.tree(), &tree);
        }
    }
}
