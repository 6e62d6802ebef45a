//! The pictures of users and organizations: what is accepted, and how they are shown.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use ironclerk_api::id::{Id, ImageId};
use ironclerk_api::{ApiError, ErrorCode, File};

use crate::context::{Cx, not_found};
use crate::store::images as store;

/// The largest picture, in bytes.
pub(crate) const LARGEST: usize = 10 * 1024 * 1024;

/// What files of the types that are shown begin with. SVG is not among them: it can hold scripts.
const TYPES: [(&str, &[u8]); 5] = [
    ("image/png", b"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", b"\xff\xd8\xff"),
    ("image/gif", b"GIF87a"),
    ("image/gif", b"GIF89a"),
    ("image/webp", b"RIFF"),
];

/// A picture that may be stored.
#[derive(Debug)]
pub(crate) struct NewImage {
    pub id: ImageId,
    /// What it is by its own first bytes, whatever its sender says.
    pub content_type: &'static str,
    pub content: Vec<u8>,
}

impl NewImage {
    /// Checks an uploaded file.
    pub(crate) fn check(cx: &Cx, file: File) -> Result<Self, ApiError> {
        let content = file.bytes;
        if content.len() > LARGEST {
            return Err(ErrorCode::ImageTooLarge.for_parameter(
                "file",
                format!("The image must have {LARGEST} bytes at the most."),
            ));
        }
        if content.is_empty() {
            return Err(ErrorCode::RequestWithoutImage.for_parameter("file", "The image is empty."));
        }
        let known = TYPES.iter().find(|(name, start)| {
            content.starts_with(start)
                && (*name != "image/webp" || content.get(8..12) == Some(b"WEBP"))
        });
        let Some((content_type, _)) = known else {
            return Err(ErrorCode::RequestBodyInvalid
                .for_parameter("file", "The image must be a PNG, JPEG, GIF or WebP file."));
        };
        Ok(Self {
            id: cx.new_id()?,
            content_type,
            content,
        })
    }
}

/// Answers `GET /images/{id}`: an uploaded picture by its own id, or the picture of whoever has
/// uploaded none by theirs.
pub(crate) async fn show(cx: Cx, Path(id): Path<String>) -> Result<Response, ApiError> {
    if !id.starts_with(ImageId::PREFIX) {
        return Ok(drawn(&id));
    }
    let id = ImageId::from(id);
    let image = cx
        .database()
        .read(move |transaction| {
            store::get(transaction, &id)?.ok_or_else(|| not_found("image", id))
        })
        .await?;
    let headers = [
        (
            CONTENT_TYPE,
            // Only types of our own choice are stored.
            HeaderValue::try_from(image.content_type)
                .unwrap_or(HeaderValue::from_static("application/octet-stream")),
        ),
        // A new picture has a new address.
        (
            CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        ),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; sandbox"),
        ),
    ];
    Ok((headers, image.content).into_response())
}

/// A disc in a colour of its own.
fn drawn(id: &str) -> Response {
    let hue = id
        .bytes()
        .fold(0_u32, |hue, byte| (hue * 31 + u32::from(byte)) % 360);
    let svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><circle cx="48" cy="48" r="48" fill="hsl({hue} 60% 70%)"/><circle cx="48" cy="38" r="16" fill="hsl({hue} 60% 90%)"/><path d="M16 84a32 32 0 0 1 64 0z" fill="hsl({hue} 60% 90%)"/></svg>"#
    );
    (
        [(CONTENT_TYPE, HeaderValue::from_static("image/svg+xml"))],
        svg,
    )
        .into_response()
}
