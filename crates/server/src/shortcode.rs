//! Shortcodes: the `{{user.id}}` in the claims of a JWT template.
//!
//! A text that is nothing but a shortcode becomes the value that it names, of whatever type;
//! within a longer text it becomes text. `{{a || b || 'c'}}` is the first that is neither null
//! nor false, or else the last.

use ironclerk_api::Metadata;
use serde_json::Value;

/// Puts the facts in the places of the shortcodes.
pub(crate) fn fill_in(claims: &Metadata, facts: &Value) -> Metadata {
    claims
        .iter()
        .map(|(name, value)| (name.clone(), fill_in_value(value, facts)))
        .collect()
}

fn fill_in_value(value: &Value, facts: &Value) -> Value {
    match value {
        Value::String(text) => fill_in_text(text, facts),
        Value::Array(items) => items
            .iter()
            .map(|item| fill_in_value(item, facts))
            .collect(),
        Value::Object(members) => Value::Object(fill_in(members, facts)),
        other => other.clone(),
    }
}

fn fill_in_text(text: &str, facts: &Value) -> Value {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, code, after)) = next_shortcode(rest) {
        let value = evaluate(code, facts);
        if before.is_empty() && after.is_empty() && filled.is_empty() {
            return value;
        }
        filled.push_str(before);
        match value {
            Value::String(text) => filled.push_str(&text),
            other => filled.push_str(&other.to_string()),
        }
        rest = after;
    }
    filled.push_str(rest);
    Value::String(filled)
}

/// The text before the first shortcode, what it says, and the text after it.
fn next_shortcode(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    let (code, after) = rest.split_once("}}")?;
    Some((before, code, after))
}

fn evaluate(code: &str, facts: &Value) -> Value {
    let mut value = Value::Null;
    for operand in code.split("||") {
        value = operand_value(operand.trim(), facts);
        if !matches!(value, Value::Null | Value::Bool(false)) {
            break;
        }
    }
    value
}

fn operand_value(operand: &str, facts: &Value) -> Value {
    if let Some(text) = operand
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
    {
        return text.into();
    }
    match serde_json::from_str(operand) {
        Ok(literal @ (Value::Number(_) | Value::Bool(_))) => literal,
        _ => operand
            .split('.')
            .try_fold(facts, |value, member| value.get(member))
            .cloned()
            .unwrap_or(Value::Null),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn shortcodes_become_what_they_name() {
        let facts = json!({
            "user": {
                "id": "user_1",
                "first_name": null,
                "last_name": "Doe",
                "two_factor_enabled": false,
                "public_metadata": {"profile": {"age": 40}, "list": [1]},
                "organizations": {"org_1": "org:admin"},
            }
        });
        for (template, filled) in [
            (json!("{{user.id}}"), json!("user_1")),
            (json!("{{ user.public_metadata.profile.age }}"), json!(40)),
            (
                json!("{{user.public_metadata}}"),
                json!({"profile": {"age": 40}, "list": [1]}),
            ),
            (
                json!("{{user.organizations}}"),
                json!({"org_1": "org:admin"}),
            ),
            (json!("user.organizations"), json!("user.organizations")),
            (json!("{{user.nothing.at.all}}"), json!(null)),
            (json!("{{org.id}}"), json!(null)),
            (
                json!("{{user.first_name}} {{user.last_name}}"),
                json!("null Doe"),
            ),
            (
                json!("age: {{user.public_metadata.profile.age}}!"),
                json!("age: 40!"),
            ),
            (json!("{{user.first_name || user.last_name}}"), json!("Doe")),
            (json!("{{user.first_name || 'nobody'}}"), json!("nobody")),
            (json!("{{user.two_factor_enabled || 30}}"), json!(30)),
            (
                json!("{{user.first_name || user.two_factor_enabled}}"),
                json!(false),
            ),
            (json!("{{user.first_name || true}}"), json!(true)),
            (
                json!({"a": ["{{user.id}}", 1]}),
                json!({"a": ["user_1", 1]}),
            ),
            (json!("{{unclosed"), json!("{{unclosed")),
            (json!("}}{{"), json!("}}{{")),
            (json!(""), json!("")),
        ] {
            assert_eq!(fill_in_value(&template, &facts), filled, "{template}");
        }
    }
}
