//! The small types that requests and resources are made of.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};

/// A free-form JSON object: an application's own data, never renamed or reordered.
pub type Metadata = serde_json::Map<String, serde_json::Value>;

/// The `object` field of a resource: always the same text for a type.
///
/// On the way in any text is accepted, as Clerk's clients do.
pub struct ObjectTag<T>(PhantomData<fn() -> T>);

/// A type with an `object` field.
pub trait Tagged {
    /// The text of the field.
    const OBJECT: &'static str;
}

impl<T> Default for ObjectTag<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T> Clone for ObjectTag<T> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<T> PartialEq for ObjectTag<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for ObjectTag<T> {}

impl<T: Tagged> fmt::Debug for ObjectTag<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(T::OBJECT, formatter)
    }
}

impl<T: Tagged> Serialize for ObjectTag<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(T::OBJECT)
    }
}

impl<'de, T> Deserialize<'de> for ObjectTag<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        de::IgnoredAny::deserialize(deserializer)?;
        Ok(Self::default())
    }
}

/// One page of a list, and how many items there are in all.
///
/// JavaScript: `PaginatedResourceResponse` (`{ data, totalCount }`). A bare array, or a page that
/// does not say how many items there are, is read as the whole list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The items of this page.
    pub data: Vec<T>,
    /// The number of items over all pages.
    #[doc(alias = "totalCount")]
    pub total_count: u64,
}

impl<T> Page<T> {
    /// A page of something else in the place of each item.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            data: self.data.into_iter().map(change).collect(),
            total_count: self.total_count,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Page<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Shape<T> {
            Page {
                data: Vec<T>,
                total_count: Option<u64>,
            },
            Bare(Vec<T>),
        }
        let (data, total_count) = match Shape::deserialize(deserializer)? {
            Shape::Page { data, total_count } => (data, total_count),
            Shape::Bare(data) => (data, None),
        };
        Ok(Self {
            total_count: total_count.unwrap_or(data.len() as u64),
            data,
        })
    }
}

/// An answer that holds items of a list: [`Vec`] or [`Page`].
pub trait List {
    /// An item of the list.
    type Item: Send;

    /// The items.
    fn into_items(self) -> Vec<Self::Item>;
}

impl<T: Send> List for Vec<T> {
    type Item = T;

    fn into_items(self) -> Vec<T> {
        self
    }
}

impl<T: Send> List for Page<T> {
    type Item = T;

    fn into_items(self) -> Vec<T> {
        self.data
    }
}

/// Reads null as what stands for a missing field.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A field of a request that is always sent: as `null` when there is no value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nullable<T>(pub Option<T>);

impl<T> Default for Nullable<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> From<T> for Nullable<T> {
    fn from(value: T) -> Self {
        Self(Some(value))
    }
}

impl<T> From<Option<T>> for Nullable<T> {
    fn from(value: Option<T>) -> Self {
        Self(value)
    }
}

/// A field of an update: left alone, cleared, or set.
///
/// ```
/// use ironclerk_api::{endpoint, users::UpdateUser, Patch};
///
/// let update = UpdateUser {
///     user_id: "user_1".into(),
///     first_name: Patch::Set("Ada".into()),
///     username: Patch::Null,
///     ..Default::default()
/// };
/// let body = endpoint::encode(&update)?.body.unwrap_or_default();
/// assert_eq!(body, br#"{"first_name":"Ada","username":null}"#);
/// # Ok::<(), endpoint::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// The field is not in the request.
    #[default]
    Absent,
    /// The field is `null`: clear it.
    Null,
    /// The new value.
    Set(T),
}

impl<T> Patch<T> {
    /// Puts the patch on a current value.
    pub fn apply(self, current: &mut Option<T>) {
        match self {
            Self::Absent => {}
            Self::Null => *current = None,
            Self::Set(value) => *current = Some(value),
        }
    }

    /// The new value, if the patch sets one.
    pub fn set(self) -> Option<T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// The same patch, borrowed.
    pub fn as_ref(&self) -> Patch<&T> {
        match self {
            Self::Absent => Patch::Absent,
            Self::Null => Patch::Null,
            Self::Set(value) => Patch::Set(value),
        }
    }
}

impl<T> From<T> for Patch<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

/// A text that must not be seen: it sends and stores, but prints as `[redacted]`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

/// A body that is a JSON array, one item for each object to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Array<T>(pub Vec<T>);

impl<T> Default for Array<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> From<Vec<T>> for Array<T> {
    fn from(items: Vec<T>) -> Self {
        Self(items)
    }
}

/// A file to upload. `Debug` shows how long it is, not what is in it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct File {
    /// Its name, such as `portrait.png`.
    pub name: String,
    /// Its media type, such as `image/png`.
    pub content_type: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for File {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("File")
            .field("name", &self.name)
            .field("content_type", &self.content_type)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// The keys that one list can be sorted by. Declared by `sort_keys!`.
pub trait SortKey: Copy + Sized + 'static {
    /// Each key with its name on the wire.
    const ALL: &'static [(&'static str, Self)];
}

/// How a list is sorted: `created_at`, `+created_at` or `-created_at` on the wire.
///
/// JavaScript: `orderBy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort<K> {
    /// What to sort by.
    pub key: K,
    /// Whether the greatest comes first.
    pub descending: bool,
}

impl<K> Sort<K> {
    /// Smallest first.
    pub fn ascending(key: K) -> Self {
        Self {
            key,
            descending: false,
        }
    }

    /// Greatest first.
    pub fn descending(key: K) -> Self {
        Self {
            key,
            descending: true,
        }
    }
}

impl<K: SortKey + PartialEq> Serialize for Sort<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sign = if self.descending { "-" } else { "+" };
        let name = K::ALL
            .iter()
            .find(|(_, key)| *key == self.key)
            .map_or("", |(name, _)| name);
        serializer.collect_str(&format_args!("{sign}{name}"))
    }
}

impl<'de, K: SortKey> Deserialize<'de> for Sort<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // An unencoded `+` arrives as a space.
        let (descending, name) = match text.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, text.strip_prefix(['+', ' ']).unwrap_or(&text)),
        };
        K::ALL
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, key)| Self {
                key: *key,
                descending,
            })
            .ok_or_else(|| {
                let names: Vec<_> = K::ALL.iter().map(|(name, _)| *name).collect();
                de::Error::custom(format_args!(
                    "must be one of {}, with or without a + or - before it",
                    names.join(", ")
                ))
            })
    }
}

/// What is left of a deleted object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedObject {
    /// The kind of the object that was deleted.
    pub object: String,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its slug, where it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// Whether it is gone.
    pub deleted: bool,
    /// The id that the application had given it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

/// How many objects there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TotalCount {
    /// The kind of object: `total_count`.
    #[serde(default)]
    pub object: ObjectTag<TotalCount>,
    /// The number.
    pub total_count: u64,
}

impl Tagged for TotalCount {
    const OBJECT: &'static str = "total_count";
}
