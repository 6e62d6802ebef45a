use serde::Serialize;
use serde_json::Value;

/// A user, an organization or anything that holds them as JSON, without the data that only the
/// back end may read: for a page that is rendered on the server.
///
/// ```
/// use ironclerk::api::users::User;
/// use ironclerk::internal::without_private_metadata;
///
/// let user: User = serde_json::from_str(r#"{"id": "user_1", "private_metadata": {"age": 7}}"#)?;
/// let shown = without_private_metadata(&user)?;
/// assert_eq!(shown.get("private_metadata"), None);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// JavaScript: `stripPrivateDataFromObject(object)`.
///
/// # Errors
/// When the value has no JSON form. The resources of the contract always have one.
#[doc(alias = "stripPrivateDataFromObject")]
pub fn without_private_metadata(resource: &impl Serialize) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(resource)?;
    strip(&mut value);
    Ok(value)
}

fn strip(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(strip),
        Value::Object(members) => {
            members.shift_remove("private_metadata");
            // What an application keeps in the other metadata is its own, whatever its names.
            let of_clerk = members
                .iter_mut()
                .filter(|(name, _)| !name.ends_with("_metadata"));
            of_clerk.for_each(|(_, value)| strip(value));
        }
        _ => {}
    }
}
