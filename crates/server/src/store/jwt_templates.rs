//! JWT templates.

use ironclerk_api::Page;
use ironclerk_api::id::JwtTemplateId;
use ironclerk_api::jwt_templates::JwtTemplate;

use super::{Conditions, Window, order_by};
use crate::database::{DatabaseError, Row, Transaction};

const COLUMNS: &str = "id, name, claims, lifetime, allowed_clock_skew, signing_algorithm, \
                       signing_key, created_at, updated_at";

/// A template with the private key that clients never see.
pub(crate) struct StoredTemplate {
    pub template: JwtTemplate,
    pub signing_key: Option<String>,
}

fn read(mut row: Row) -> Result<StoredTemplate, DatabaseError> {
    let mut template = JwtTemplate {
        id: row.next()?,
        name: row.next()?,
        claims: row.next()?,
        lifetime: row.next()?,
        allowed_clock_skew: row.next()?,
        signing_algorithm: row.next()?,
        ..Default::default()
    };
    let signing_key: Option<String> = row.next()?;
    template.custom_signing_key = signing_key.is_some();
    template.created_at = row.next()?;
    template.updated_at = row.next()?;
    Ok(StoredTemplate {
        template,
        signing_key,
    })
}

pub(crate) fn get(
    transaction: &mut Transaction<'_>,
    id: &JwtTemplateId,
) -> Result<Option<StoredTemplate>, DatabaseError> {
    let sql = format!("SELECT {COLUMNS} FROM jwt_templates WHERE id = $1");
    transaction
        .query_one(sql, &[id.into()])?
        .map(read)
        .transpose()
}

pub(crate) fn get_by_name(
    transaction: &mut Transaction<'_>,
    name: &str,
) -> Result<Option<StoredTemplate>, DatabaseError> {
    let sql = format!("SELECT {COLUMNS} FROM jwt_templates WHERE name = $1");
    transaction
        .query_one(sql, &[name.into()])?
        .map(read)
        .transpose()
}

pub(crate) fn list(
    transaction: &mut Transaction<'_>,
    window: Window,
) -> Result<Page<JwtTemplate>, DatabaseError> {
    let total_count = match transaction.query_one("SELECT count(*) FROM jwt_templates", &[])? {
        Some(mut row) => row.next()?,
        None => 0,
    };
    let (rest, values) = Conditions::default().listing(&order_by("created_at", true, "id"), window);
    let rows = transaction.query(
        format!("SELECT {COLUMNS} FROM jwt_templates{rest}"),
        &values,
    )?;
    let data: Result<Vec<_>, _> = rows
        .into_iter()
        .map(|row| read(row).map(|stored| stored.template))
        .collect();
    Ok(Page {
        data: data?,
        total_count,
    })
}

/// Stores a template, unless its name is taken.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    stored: &StoredTemplate,
) -> Result<bool, DatabaseError> {
    let template = &stored.template;
    let inserted = transaction.execute(
        "INSERT INTO jwt_templates (id, name, claims, lifetime, allowed_clock_skew,
             signing_algorithm, signing_key, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT DO NOTHING",
        &[
            (&template.id).into(),
            (&template.name).into(),
            (&template.claims).into(),
            template.lifetime.cast_signed().into(),
            template.allowed_clock_skew.cast_signed().into(),
            (&template.signing_algorithm).into(),
            stored.signing_key.as_deref().into(),
            template.created_at.into(),
            template.updated_at.into(),
        ],
    )?;
    Ok(inserted > 0)
}

pub(crate) fn update(
    transaction: &mut Transaction<'_>,
    stored: &StoredTemplate,
) -> Result<(), DatabaseError> {
    let template = &stored.template;
    transaction.execute(
        "UPDATE jwt_templates SET name = $1, claims = $2, lifetime = $3, allowed_clock_skew = $4,
             signing_algorithm = $5, signing_key = $6, updated_at = $7
         WHERE id = $8",
        &[
            (&template.name).into(),
            (&template.claims).into(),
            template.lifetime.cast_signed().into(),
            template.allowed_clock_skew.cast_signed().into(),
            (&template.signing_algorithm).into(),
            stored.signing_key.as_deref().into(),
            template.updated_at.into(),
            (&template.id).into(),
        ],
    )?;
    Ok(())
}

/// Deletes a template and tells whether it was there.
pub(crate) fn delete(
    transaction: &mut Transaction<'_>,
    id: &JwtTemplateId,
) -> Result<bool, DatabaseError> {
    Ok(transaction.execute("DELETE FROM jwt_templates WHERE id = $1", &[id.into()])? > 0)
}
