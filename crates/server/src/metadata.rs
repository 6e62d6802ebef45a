//! Metadata: how an update is put into what is there.

use ironclerk_api::{ApiError, ErrorCode, Metadata, Patch};
use serde_json::Value;

/// The longest metadata of one kind, in bytes of JSON.
const LONGEST: usize = 512 * 1024;

/// Puts an update into what is there, on all levels. A member that is null is taken out.
///
/// # Errors
/// When the result is too long to keep.
pub(crate) fn merge(
    parameter: &str,
    current: &mut Metadata,
    update: Option<Metadata>,
) -> Result<(), ApiError> {
    let Some(update) = update else { return Ok(()) };
    merge_members(current, update);
    let length = serde_json::to_string(current).map_or(usize::MAX, |json| json.len());
    if length > LONGEST {
        return Err(ErrorCode::FormParameterMaxLengthExceeded.for_parameter(
            parameter,
            format!("{parameter} would have more than {LONGEST} bytes."),
        ));
    }
    Ok(())
}

fn merge_members(current: &mut Metadata, update: Metadata) {
    for (name, new) in update {
        match (current.get_mut(&name), new) {
            (_, Value::Null) => {
                current.shift_remove(&name);
            }
            (Some(Value::Object(old)), Value::Object(new)) => merge_members(old, new),
            (_, Value::Object(new)) => {
                // Even in a new object a null stands for nothing.
                let mut object = Metadata::new();
                merge_members(&mut object, new);
                current.insert(name, Value::Object(object));
            }
            (_, new) => {
                current.insert(name, new);
            }
        }
    }
}

/// Puts new metadata in the place of what is there.
pub(crate) fn replace(current: &mut Metadata, new: Patch<Metadata>) {
    match new {
        Patch::Absent => {}
        Patch::Null => current.clear(),
        Patch::Set(new) => *current = new,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn merges_on_all_levels() {
        let object = |value| serde_json::from_value::<Metadata>(value).unwrap();
        for (current, update, merged) in [
            (
                json!({"a": 1, "b": 2}),
                json!({"b": 3, "c": 4}),
                json!({"a": 1, "b": 3, "c": 4}),
            ),
            (
                json!({"a": {"b": 1, "c": 2}}),
                json!({"a": {"b": null}}),
                json!({"a": {"c": 2}}),
            ),
            (
                json!({"a": 1, "b": 2}),
                json!({"a": null, "x": null}),
                json!({"b": 2}),
            ),
            (json!({"a": [1, 2]}), json!({"a": [3]}), json!({"a": [3]})),
            (
                json!({"a": 1}),
                json!({"a": {"b": null, "c": 1}}),
                json!({"a": {"c": 1}}),
            ),
            (json!({"a": {"b": 1}}), json!({"a": 2}), json!({"a": 2})),
            (json!({"a": 1}), json!({}), json!({"a": 1})),
        ] {
            let mut result = object(current);
            merge("public_metadata", &mut result, Some(object(update))).unwrap();
            assert_eq!(Value::Object(result), merged);
        }
    }

    #[test]
    fn refuses_what_is_too_long() {
        let mut current = Metadata::from_iter([("a".to_owned(), "x".repeat(LONGEST).into())]);
        let update = Metadata::from_iter([("b".to_owned(), 1.into())]);
        let error = merge("private_metadata", &mut current, Some(update)).unwrap_err();
        assert!(error.has_code("form_param_max_length_exceeded"));
    }
}
