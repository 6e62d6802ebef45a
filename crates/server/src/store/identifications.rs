//! Email addresses, phone numbers, web3 wallets and passkeys of users.

use std::collections::HashMap;

use ironclerk_api::id::{IdentificationId, UserId};
use ironclerk_api::users::{EmailAddress, Passkey, PhoneNumber, User, Verification, Web3Wallet};

use super::Conditions;
use crate::database::{DatabaseError, Row, Transaction};
use crate::identifier;

/// The kinds of identification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdentificationKind {
    EmailAddress,
    PhoneNumber,
    Web3Wallet,
    Passkey,
}

impl IdentificationKind {
    const ALL: [Self; 4] = [
        Self::EmailAddress,
        Self::PhoneNumber,
        Self::Web3Wallet,
        Self::Passkey,
    ];

    /// The name, which is that of the parameter too.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::EmailAddress => "email_address",
            Self::PhoneNumber => "phone_number",
            Self::Web3Wallet => "web3_wallet",
            Self::Passkey => "passkey",
        }
    }

    /// The user's primary identification of this kind.
    pub(crate) fn primary_of(self, user: &mut User) -> Option<&mut Option<IdentificationId>> {
        match self {
            Self::EmailAddress => Some(&mut user.primary_email_address_id),
            Self::PhoneNumber => Some(&mut user.primary_phone_number_id),
            Self::Web3Wallet => Some(&mut user.primary_web3_wallet_id),
            Self::Passkey => None,
        }
    }
}

/// An identification as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Identification {
    pub id: IdentificationId,
    pub user_id: UserId,
    pub kind: IdentificationKind,
    /// What identifies: an address, a number, the id of a passkey's credential.
    pub value: String,
    pub verified: bool,
    /// By what means it was or will be verified.
    pub strategy: Option<String>,
    /// Whether it can be used although it is not verified.
    pub reserved: bool,
    pub reserved_for_second_factor: bool,
    pub default_second_factor: bool,
    /// What the user calls a passkey.
    pub name: Option<String>,
    pub last_used_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
}

impl Identification {
    /// One that an administrator makes, verified.
    pub(crate) fn new(
        id: IdentificationId,
        user_id: UserId,
        kind: IdentificationKind,
        value: String,
        now: i64,
    ) -> Self {
        Self {
            id,
            user_id,
            kind,
            value,
            verified: true,
            strategy: Some("admin".to_owned()),
            reserved: false,
            reserved_for_second_factor: false,
            default_second_factor: false,
            name: None,
            last_used_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    fn verification(&self) -> Option<Verification> {
        let strategy = self.strategy.clone()?;
        Some(Verification {
            object: Some(format!("verification_{strategy}")),
            status: match self.verified {
                true => "verified",
                false => "unverified",
            }
            .to_owned(),
            strategy,
            ..Default::default()
        })
    }

    pub(crate) fn into_email_address(self) -> EmailAddress {
        EmailAddress {
            verification: self.verification(),
            id: self.id,
            email_address: self.value,
            reserved: self.reserved,
            created_at: self.created_at,
            updated_at: self.updated_at,
            ..Default::default()
        }
    }

    pub(crate) fn into_phone_number(self) -> PhoneNumber {
        PhoneNumber {
            verification: self.verification(),
            id: self.id,
            phone_number: self.value,
            reserved: self.reserved,
            reserved_for_second_factor: self.reserved_for_second_factor,
            default_second_factor: self.default_second_factor,
            created_at: self.created_at,
            updated_at: self.updated_at,
            ..Default::default()
        }
    }

    fn into_web3_wallet(self) -> Web3Wallet {
        Web3Wallet {
            verification: self.verification(),
            id: self.id,
            web3_wallet: self.value,
            created_at: self.created_at,
            updated_at: self.updated_at,
            ..Default::default()
        }
    }

    fn into_passkey(self) -> Passkey {
        Passkey {
            verification: self.verification(),
            id: self.id,
            name: self.name.unwrap_or_default(),
            last_used_at: Some(self.last_used_at.unwrap_or(self.created_at)),
            ..Default::default()
        }
    }
}

const COLUMNS: &str = "id, user_id, kind, value, verified, verification_strategy, reserved, \
     reserved_for_second_factor, default_second_factor, name, last_used_at, created_at, updated_at";

fn read(mut row: Row) -> Result<Identification, DatabaseError> {
    let (id, user_id) = (row.next()?, row.next()?);
    let kind: String = row.next()?;
    let kind = IdentificationKind::ALL
        .into_iter()
        .find(|known| known.as_str() == kind)
        .ok_or_else(|| DatabaseError::Failed(format!("an identification of the kind {kind}")))?;
    Ok(Identification {
        id,
        user_id,
        kind,
        value: row.next()?,
        verified: row.next()?,
        strategy: row.next()?,
        reserved: row.next()?,
        reserved_for_second_factor: row.next()?,
        default_second_factor: row.next()?,
        name: row.next()?,
        last_used_at: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
    })
}

/// Stores the identifications of a user, in their order, and answers the kind of the first that is
/// taken.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    identifications: &[Identification],
) -> Result<Option<IdentificationKind>, DatabaseError> {
    let mut in_order: Vec<_> = (0_i64..).zip(identifications).collect();
    // The same order for all users, so that no two of them wait for each other.
    in_order.sort_by(|(_, one), (_, other)| {
        (one.kind.as_str(), &one.value).cmp(&(other.kind.as_str(), &other.value))
    });
    for (ordinal, identification) in in_order {
        let inserted = transaction.execute(
            "INSERT INTO identifications (id, user_id, kind, value, verified,
                 verification_strategy, reserved, reserved_for_second_factor,
                 default_second_factor, name, last_used_at, ordinal, created_at, updated_at,
                 mailbox)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
             ON CONFLICT DO NOTHING",
            &[
                (&identification.id).into(),
                (&identification.user_id).into(),
                identification.kind.as_str().into(),
                (&identification.value).into(),
                identification.verified.into(),
                identification.strategy.as_deref().into(),
                identification.reserved.into(),
                identification.reserved_for_second_factor.into(),
                identification.default_second_factor.into(),
                identification.name.as_deref().into(),
                identification.last_used_at.into(),
                ordinal.into(),
                identification.created_at.into(),
                identification.updated_at.into(),
                (identification.kind == IdentificationKind::EmailAddress)
                    .then(|| mailbox(&identification.value))
                    .into(),
            ],
        )?;
        if inserted == 0 {
            return Ok(Some(identification.kind));
        }
    }
    Ok(None)
}

/// An identification of a kind.
pub(crate) fn get(
    transaction: &mut Transaction<'_>,
    kind: IdentificationKind,
    id: &IdentificationId,
) -> Result<Option<Identification>, DatabaseError> {
    let sql = format!("SELECT {COLUMNS} FROM identifications WHERE id = $1 AND kind = $2");
    transaction
        .query_one(sql, &[id.into(), kind.as_str().into()])?
        .map(read)
        .transpose()
}

/// Whether somebody has an identification, verified or not.
pub(crate) fn is_taken(
    transaction: &mut Transaction<'_>,
    kind: IdentificationKind,
    value: &str,
) -> Result<bool, DatabaseError> {
    let sql = "SELECT id FROM identifications WHERE kind = $1 AND value = $2";
    let found = transaction.query_one(sql, &[kind.as_str().into(), value.into()])?;
    Ok(found.is_some())
}

/// The mailbox of an email address, as it is stored.
fn mailbox(address: &str) -> String {
    identifier::mailbox(address, true, true)
}

/// The email addresses that may have the same mailbox as this one.
pub(crate) fn addresses_of(
    transaction: &mut Transaction<'_>,
    address: &str,
) -> Result<Vec<String>, DatabaseError> {
    let sql = "SELECT value FROM identifications WHERE mailbox = $1";
    let rows = transaction.query(sql, &[mailbox(address).into()])?;
    rows.into_iter().map(|mut row| row.next()).collect()
}

/// Stores the mailboxes of some email addresses that were stored before there were mailboxes, and
/// tells whether there were any.
pub(crate) fn fill_in_mailboxes(transaction: &mut Transaction<'_>) -> Result<bool, DatabaseError> {
    let kind = IdentificationKind::EmailAddress.as_str();
    let rows = transaction.query(
        "SELECT id, value FROM identifications WHERE kind = $1 AND mailbox IS NULL LIMIT 1000",
        &[kind.into()],
    )?;
    let were_any = !rows.is_empty();
    for mut row in rows {
        let id: IdentificationId = row.next()?;
        let address: String = row.next()?;
        transaction.execute(
            "UPDATE identifications SET mailbox = $1 WHERE id = $2",
            &[mailbox(&address).into(), (&id).into()],
        )?;
    }
    Ok(were_any)
}

/// Stores what has changed of an identification.
pub(crate) fn update(
    transaction: &mut Transaction<'_>,
    identification: &Identification,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE identifications SET verified = $1, verification_strategy = $2, reserved = $3,
             reserved_for_second_factor = $4, default_second_factor = $5, updated_at = $6
         WHERE id = $7",
        &[
            identification.verified.into(),
            identification.strategy.as_deref().into(),
            identification.reserved.into(),
            identification.reserved_for_second_factor.into(),
            identification.default_second_factor.into(),
            identification.updated_at.into(),
            (&identification.id).into(),
        ],
    )?;
    Ok(())
}

/// Deletes an identification.
pub(crate) fn delete(
    transaction: &mut Transaction<'_>,
    identification: &Identification,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "DELETE FROM identifications WHERE id = $1",
        &[(&identification.id).into()],
    )?;
    Ok(())
}

/// Makes an identification the primary one of its kind: always, or only where there is none.
pub(crate) fn make_primary(
    transaction: &mut Transaction<'_>,
    identification: &Identification,
    always: bool,
) -> Result<(), DatabaseError> {
    let sql = match (identification.kind, always) {
        (IdentificationKind::EmailAddress, true) => {
            "UPDATE users SET primary_email_address_id = $1 WHERE id = $2"
        }
        (IdentificationKind::EmailAddress, false) => {
            "UPDATE users SET primary_email_address_id = $1
             WHERE id = $2 AND primary_email_address_id IS NULL"
        }
        (IdentificationKind::PhoneNumber, true) => {
            "UPDATE users SET primary_phone_number_id = $1 WHERE id = $2"
        }
        (IdentificationKind::PhoneNumber, false) => {
            "UPDATE users SET primary_phone_number_id = $1
             WHERE id = $2 AND primary_phone_number_id IS NULL"
        }
        (IdentificationKind::Web3Wallet, true) => {
            "UPDATE users SET primary_web3_wallet_id = $1 WHERE id = $2"
        }
        (IdentificationKind::Web3Wallet, false) => {
            "UPDATE users SET primary_web3_wallet_id = $1
             WHERE id = $2 AND primary_web3_wallet_id IS NULL"
        }
        (IdentificationKind::Passkey, _) => return Ok(()),
    };
    let parameters = [
        (&identification.id).into(),
        (&identification.user_id).into(),
    ];
    transaction.execute(sql, &parameters)?;
    Ok(())
}

/// Makes another verified identification of the same kind primary, if this one was.
pub(crate) fn release_primary(
    transaction: &mut Transaction<'_>,
    identification: &Identification,
) -> Result<(), DatabaseError> {
    let sql = match identification.kind {
        IdentificationKind::EmailAddress => {
            "UPDATE users SET primary_email_address_id = $1 WHERE primary_email_address_id = $2"
        }
        IdentificationKind::PhoneNumber => {
            "UPDATE users SET primary_phone_number_id = $1 WHERE primary_phone_number_id = $2"
        }
        IdentificationKind::Web3Wallet => {
            "UPDATE users SET primary_web3_wallet_id = $1 WHERE primary_web3_wallet_id = $2"
        }
        IdentificationKind::Passkey => return Ok(()),
    };
    let next = transaction.query_one(
        "SELECT id FROM identifications WHERE user_id = $1 AND kind = $2 AND verified
         ORDER BY created_at, ordinal LIMIT 1",
        &[
            (&identification.user_id).into(),
            identification.kind.as_str().into(),
        ],
    )?;
    let next: Option<IdentificationId> = next.map(|mut row| row.next()).transpose()?;
    transaction.execute(sql, &[next.as_ref().into(), (&identification.id).into()])?;
    Ok(())
}

/// Notes that a user was changed.
pub(crate) fn touch(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    now: i64,
) -> Result<(), DatabaseError> {
    let sql = "UPDATE users SET updated_at = $1 WHERE id = $2";
    transaction.execute(sql, &[now.into(), user.into()])?;
    Ok(())
}

/// Reads the identifications of users and puts them in, the oldest first.
pub(super) fn add(
    transaction: &mut Transaction<'_>,
    ids: &[String],
    users: &mut HashMap<UserId, &mut User>,
) -> Result<(), DatabaseError> {
    let mut conditions = Conditions::default();
    conditions.one_of("user_id", ids);
    let (rest, values) = conditions.counting();
    let sql = format!("SELECT {COLUMNS} FROM identifications{rest} ORDER BY created_at, ordinal");
    for row in transaction.query(sql, values)? {
        let identification = read(row)?;
        let Some(user) = users.get_mut(&identification.user_id) else {
            continue;
        };
        match identification.kind {
            IdentificationKind::EmailAddress => user
                .email_addresses
                .push(identification.into_email_address()),
            IdentificationKind::PhoneNumber => {
                user.two_factor_enabled |= identification.reserved_for_second_factor;
                user.phone_numbers.push(identification.into_phone_number());
            }
            IdentificationKind::Web3Wallet => {
                user.web3_wallets.push(identification.into_web3_wallet());
            }
            IdentificationKind::Passkey => user.passkeys.push(identification.into_passkey()),
        }
    }
    Ok(())
}
