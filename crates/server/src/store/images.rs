//! Pictures that were uploaded.

use ironclerk_api::id::ImageId;

use crate::database::{DatabaseError, Transaction};
use crate::images::NewImage;

/// What has a picture.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Owner {
    User,
    Organization,
}

/// A picture as it is stored.
pub(crate) struct StoredImage {
    pub content_type: String,
    pub content: Vec<u8>,
}

/// A picture.
pub(crate) fn get(
    transaction: &mut Transaction<'_>,
    id: &ImageId,
) -> Result<Option<StoredImage>, DatabaseError> {
    let sql = "SELECT content_type, content FROM images WHERE id = $1";
    let row = transaction.query_one(sql, &[id.into()])?;
    row.map(|mut row| {
        Ok(StoredImage {
            content_type: row.next()?,
            content: row.next()?,
        })
    })
    .transpose()
}

/// Gives an owner a picture in place of the one that they had, or takes that away, and tells
/// whether the owner is there.
pub(crate) fn replace(
    transaction: &mut Transaction<'_>,
    owner: Owner,
    owner_id: &str,
    image: Option<NewImage>,
    now: i64,
) -> Result<bool, DatabaseError> {
    let (touch, find, set) = match owner {
        Owner::User => (
            "UPDATE users SET updated_at = $1 WHERE id = $2",
            "SELECT image_id FROM users WHERE id = $1",
            "UPDATE users SET image_id = $1 WHERE id = $2",
        ),
        Owner::Organization => (
            "UPDATE organizations SET updated_at = $1 WHERE id = $2",
            "SELECT image_id FROM organizations WHERE id = $1",
            "UPDATE organizations SET image_id = $1 WHERE id = $2",
        ),
    };
    // Nobody else replaces the picture from here on.
    if transaction.execute(touch, &[now.into(), owner_id.into()])? == 0 {
        return Ok(false);
    }
    let old: Option<ImageId> = match transaction.query_one(find, &[owner_id.into()])? {
        Some(mut row) => row.next()?,
        None => None,
    };
    let id = image.as_ref().map(|image| image.id.clone());
    if let Some(image) = image {
        transaction.execute(
            "INSERT INTO images (id, content_type, content, created_at) VALUES ($1, $2, $3, $4)",
            &[
                (&image.id).into(),
                image.content_type.into(),
                image.content.into(),
                now.into(),
            ],
        )?;
    }
    transaction.execute(set, &[id.as_ref().into(), owner_id.into()])?;
    if let Some(old) = old {
        delete_unused(transaction, &old)?;
    }
    Ok(true)
}

/// Gives an owner a picture that is stored already, and tells whether it is.
pub(crate) fn set(
    transaction: &mut Transaction<'_>,
    owner: Owner,
    owner_id: &str,
    image: &ImageId,
) -> Result<bool, DatabaseError> {
    let (find, set) = match owner {
        Owner::User => (
            "SELECT image_id FROM users WHERE id = $1",
            "UPDATE users SET image_id = $1 WHERE id = $2",
        ),
        Owner::Organization => (
            "SELECT image_id FROM organizations WHERE id = $1",
            "UPDATE organizations SET image_id = $1 WHERE id = $2",
        ),
    };
    let stored = "SELECT id FROM images WHERE id = $1";
    if transaction.query_one(stored, &[image.into()])?.is_none() {
        return Ok(false);
    }
    let old: Option<ImageId> = match transaction.query_one(find, &[owner_id.into()])? {
        Some(mut row) => row.next()?,
        None => None,
    };
    transaction.execute(set, &[image.into(), owner_id.into()])?;
    if let Some(old) = old {
        delete_unused(transaction, &old)?;
    }
    Ok(true)
}

/// Deletes a picture, unless somebody has it.
fn delete_unused(transaction: &mut Transaction<'_>, id: &ImageId) -> Result<(), DatabaseError> {
    transaction.execute(
        "DELETE FROM images WHERE id = $1
             AND NOT EXISTS (SELECT 1 FROM users WHERE image_id = images.id)
             AND NOT EXISTS (SELECT 1 FROM organizations WHERE image_id = images.id)",
        &[id.into()],
    )?;
    Ok(())
}
