//! The texts of a JSON file and their places.

use jsonc_parser::ast::Value;
use jsonc_parser::{CollectOptions, ParseOptions};

use crate::discover;

/// A text somewhere in a file of nested maps.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The keys that lead to it, outermost first; positions in a list are left out.
    pub path: Vec<String>,
    /// The text.
    pub value: String,
    /// Where it starts. Without escapes, which no version has, it ends `value.len()` later.
    pub start: usize,
}

/// The texts of a JSON file, comments allowed.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let parsed =
        jsonc_parser::parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default());
    let mut entries = Vec::new();
    if let Some(value) = parsed.ok().and_then(|parsed| parsed.value) {
        collect(&value, &mut Vec::new(), &mut entries);
    }
    entries
}

/// The parser limits how deep a value is nested.
fn collect(value: &Value<'_>, path: &mut Vec<String>, entries: &mut Vec<Entry>) {
    match value {
        Value::StringLit(literal)
            if literal.range.end - literal.range.start == literal.value.len() + 2 =>
        {
            entries.push(Entry {
                path: path.clone(),
                value: literal.value.to_string(),
                start: literal.range.start + 1,
            });
        }
        Value::Object(object) => {
            for property in &object.properties {
                path.push(property.name.clone().into_string());
                collect(&property.value, path, entries);
                path.pop();
            }
        }
        Value::Array(array) => {
            array
                .elements
                .iter()
                .for_each(|value| collect(value, path, entries));
        }
        _ => {}
    }
}

/// The same of a YAML file, as far as [`discover::lines`] reads it.
pub(super) fn yaml_entries(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    discover::lines(text, |line| {
        if !line.value.is_empty() {
            entries.push(Entry {
                path: line.path.iter().map(|key| (*key).to_owned()).collect(),
                value: line.value.to_owned(),
                start: line.span.start,
            });
        }
    });
    entries
}
