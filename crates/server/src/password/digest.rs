//! The password digests of other systems, by Clerk's names for them: what they look like, and
//! whether a password is the right one.

use argon2::Argon2;
use argon2::password_hash::{PasswordVerifier, phc::PasswordHash};
use aws_lc_rs::cipher::{AES_256, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA512};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{constant_time, pbkdf2};
use data_encoding::{BASE64_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};
use md5::{Digest, Md5};

/// How many rounds a digest may ask for: what somebody's server would do in some seconds.
const MOST_ROUNDS: u32 = 10_000_000;
/// How much memory a digest may ask for, in bytes.
const MOST_MEMORY: u64 = 1 << 30;

/// What Clerk takes digests from.
pub(crate) const HASHERS: &[&str] = &[
    "argon2i",
    "argon2id",
    "awscognito",
    "bcrypt",
    "bcrypt_peppered",
    "bcrypt_sha256_django",
    "ldap_ssha",
    "md5",
    "md5_phpass",
    "md5_salted",
    "pbkdf2_sha1",
    "pbkdf2_sha256",
    "pbkdf2_sha256_django",
    "pbkdf2_sha512",
    "pbkdf2_sha512_hex",
    "phpass",
    "scrypt_firebase",
    "scrypt_werkzeug",
    "sha256",
    "sha256_salted",
    "sha512_symfony",
];

/// A digest, taken apart.
pub(crate) enum Digested<'a> {
    /// `$argon2id$v=19$m=…,t=…,p=…$salt$hash`
    Argon2(Box<PasswordHash>),
    /// `$2b$cost$salt-and-hash`, of the password and what is added to it.
    Bcrypt {
        hash: &'a str,
        input: BcryptInput<'a>,
    },
    /// PBKDF2.
    Pbkdf2 {
        algorithm: pbkdf2::Algorithm,
        rounds: std::num::NonZeroU32,
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
    /// `$P$`, a letter for the rounds, salt and hash. `of_md5`: of the hexadecimal MD5 of the
    /// password.
    Phpass {
        rounds: u32,
        salt: &'a str,
        hash: &'a str,
        of_md5: bool,
    },
    /// One MD5, of the password with or without a salt.
    Md5 {
        salt: Option<&'a str>,
        hash: Vec<u8>,
    },
    /// One SHA-256, of the password with or without a salt.
    Sha256 {
        salt: Option<&'a str>,
        hash: Vec<u8>,
    },
    /// One SHA-1 of the password and the salt behind it.
    SaltedSha1 { salt: Vec<u8>, hash: Vec<u8> },
    /// Many SHA-512, each of the one before and the salted password.
    Symfony {
        rounds: u32,
        salt: &'a str,
        hash: Vec<u8>,
    },
    /// scrypt as it is.
    Scrypt {
        parameters: scrypt::Params,
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
    /// scrypt as a key that encrypts a key.
    Firebase {
        parameters: scrypt::Params,
        salt: Vec<u8>,
        signer_key: Vec<u8>,
        hash: Vec<u8>,
    },
    /// Only Amazon Cognito itself can tell.
    Cognito,
}

/// What bcrypt was given.
pub(crate) enum BcryptInput<'a> {
    Password,
    /// The hexadecimal SHA-256 of the password.
    Sha256,
    /// The password and a text behind it.
    Peppered(&'a str),
}

impl<'a> Digested<'a> {
    /// Takes a digest apart. Nothing if it is not one of this hasher, or asks for more time or
    /// memory than a password is worth.
    pub(crate) fn parse(hasher: &str, digest: &'a str) -> Option<Self> {
        Some(match hasher {
            "argon2i" | "argon2id" => argon2(hasher, digest)?,
            "bcrypt" => bcrypt(digest, BcryptInput::Password)?,
            "bcrypt_sha256_django" => {
                let hash = digest.strip_prefix("bcrypt_sha256$")?;
                bcrypt(hash, BcryptInput::Sha256)?
            }
            "bcrypt_peppered" => {
                let (hash, pepper) = digest.split_at_checked(60)?;
                let pepper = pepper.strip_prefix('$')?;
                bcrypt(hash, BcryptInput::Peppered(pepper))?
            }
            "pbkdf2_sha1"
            | "pbkdf2_sha256"
            | "pbkdf2_sha256_django"
            | "pbkdf2_sha512"
            | "pbkdf2_sha512_hex" => pbkdf2(hasher, digest)?,
            "phpass" => phpass(digest, false)?,
            "md5_phpass" => phpass(digest, true)?,
            "md5" => Self::Md5 {
                salt: None,
                hash: hex(digest, 16)?,
            },
            "md5_salted" => {
                let (salt, hash) = digest.rsplit_once('$')?;
                Self::Md5 {
                    salt: Some(salt),
                    hash: hex(hash, 16)?,
                }
            }
            "sha256" => Self::Sha256 {
                salt: None,
                hash: hex(digest, 32)?,
            },
            "sha256_salted" => {
                let (salt, hash) = digest.rsplit_once('$')?;
                Self::Sha256 {
                    salt: Some(salt),
                    hash: hex(hash, 32)?,
                }
            }
            "ldap_ssha" => {
                let mut hash = base64(digest.strip_prefix("{SSHA}")?)?;
                let salt = hash.split_off_checked(20)?;
                Self::SaltedSha1 { salt, hash }
            }
            "sha512_symfony" => {
                let [name, rounds, salt, hash] = parts(digest)?;
                let hash = base64(hash).filter(|hash| hash.len() == 64)?;
                let rounds = rounds
                    .parse()
                    .ok()
                    .filter(|it| (1..=MOST_ROUNDS).contains(it))?;
                (name == "sha512_symfony").then_some(Self::Symfony { rounds, salt, hash })?
            }
            "scrypt_werkzeug" => werkzeug(digest)?,
            "scrypt_firebase" => firebase(digest)?,
            "awscognito" => {
                let mut parts = digest.split('#');
                let is_cognito = parts.next() == Some("awscognito");
                let rest: Vec<_> = parts.collect();
                let is_whole = rest.len() == 3 && rest.iter().all(|part| !part.is_empty());
                (is_cognito && is_whole).then_some(Self::Cognito)?
            }
            _ => return None,
        })
    }

    /// Whether a password is the right one. Takes as long as the digest asks for.
    pub(crate) fn verify(&self, password: &str) -> bool {
        let same =
            |one: &[u8], other: &[u8]| constant_time::verify_slices_are_equal(one, other).is_ok();
        match self {
            Self::Argon2(hash) => Argon2::default()
                .verify_password(password.as_bytes(), hash.as_ref())
                .is_ok(),
            Self::Bcrypt { hash, input } => {
                let input = match input {
                    BcryptInput::Password => password.to_owned(),
                    BcryptInput::Sha256 => {
                        HEXLOWER.encode(digest::digest(&SHA256, password.as_bytes()).as_ref())
                    }
                    BcryptInput::Peppered(pepper) => format!("{password}{pepper}"),
                };
                ::bcrypt::verify(input, hash).unwrap_or(false)
            }
            Self::Pbkdf2 {
                algorithm,
                rounds,
                salt,
                hash,
            } => pbkdf2::verify(*algorithm, *rounds, salt, password.as_bytes(), hash).is_ok(),
            Self::Phpass {
                rounds,
                salt,
                hash,
                of_md5,
            } => {
                let password = match of_md5 {
                    true => HEXLOWER.encode(&Md5::digest(password)),
                    false => password.to_owned(),
                };
                let mut state = Md5::digest([salt.as_bytes(), password.as_bytes()].concat());
                for _ in 0..*rounds {
                    state = Md5::digest([state.as_slice(), password.as_bytes()].concat());
                }
                same(phpass_text(&state).as_bytes(), hash.as_bytes())
            }
            Self::Md5 { salt, hash } => orders(password, *salt)
                .iter()
                .any(|text| same(&Md5::digest(text), hash)),
            Self::Sha256 { salt, hash } => orders(password, *salt)
                .iter()
                .any(|text| same(digest::digest(&SHA256, text.as_bytes()).as_ref(), hash)),
            Self::SaltedSha1 { salt, hash } => {
                let text = [password.as_bytes(), salt].concat();
                same(
                    digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, &text).as_ref(),
                    hash,
                )
            }
            Self::Symfony { rounds, salt, hash } => {
                let salted = format!("{password}{{{salt}}}");
                let mut state = digest::digest(&SHA512, salted.as_bytes());
                for _ in 1..*rounds {
                    let next = [state.as_ref(), salted.as_bytes()].concat();
                    state = digest::digest(&SHA512, &next);
                }
                same(state.as_ref(), hash)
            }
            Self::Scrypt {
                parameters,
                salt,
                hash,
            } => {
                let mut found = vec![0; hash.len()];
                scrypt::scrypt(password.as_bytes(), salt, parameters, &mut found).is_ok()
                    && same(&found, hash)
            }
            Self::Firebase {
                parameters,
                salt,
                signer_key,
                hash,
            } => {
                let mut key = [0; 32];
                if scrypt::scrypt(password.as_bytes(), salt, parameters, &mut key).is_err() {
                    return false;
                }
                encrypted(&key, signer_key).is_some_and(|found| same(&found, hash))
            }
            Self::Cognito => {
                tracing::warn!("a password from Amazon Cognito cannot be checked here");
                false
            }
        }
    }
}

/// AES-256 in counter mode, from zero: encrypting and decrypting are the same.
fn encrypted(key: &[u8; 32], text: &[u8]) -> Option<Vec<u8>> {
    let key = UnboundCipherKey::new(&AES_256, key).ok()?;
    let context = DecryptionContext::Iv128(FixedLength::from([0; 16]));
    let mut text = text.to_owned();
    DecryptingKey::ctr(key)
        .ok()?
        .decrypt(&mut text, context)
        .ok()?;
    Some(text)
}

/// A salted password: systems differ in what comes first.
fn orders(password: &str, salt: Option<&str>) -> Vec<String> {
    match salt {
        None => vec![password.to_owned()],
        Some(salt) => vec![format!("{salt}{password}"), format!("{password}{salt}")],
    }
}

fn parts<const N: usize>(digest: &str) -> Option<[&str; N]> {
    let parts: Vec<_> = digest.split('$').collect();
    parts.try_into().ok()
}

fn hex(text: &str, bytes: usize) -> Option<Vec<u8>> {
    let decoded = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?;
    Some(decoded).filter(|decoded| decoded.len() == bytes)
}

fn base64(text: &str) -> Option<Vec<u8>> {
    BASE64_NOPAD
        .decode(text.trim_end_matches('=').as_bytes())
        .ok()
}

trait SplitOff: Sized {
    fn split_off_checked(&mut self, at: usize) -> Option<Self>;
}

impl SplitOff for Vec<u8> {
    fn split_off_checked(&mut self, at: usize) -> Option<Self> {
        (self.len() > at).then(|| self.split_off(at))
    }
}

fn argon2<'a>(hasher: &str, digest: &'a str) -> Option<Digested<'a>> {
    let hash = PasswordHash::new(digest).ok()?;
    let number = |name| hash.params.get_decimal(name);
    let is_bounded = u64::from(number("m")?) * 1024 <= MOST_MEMORY
        && number("t")? <= 100
        && number("p")? <= 64
        && hash.salt.is_some()
        && hash.hash.is_some();
    (hash.algorithm.as_str() == hasher && is_bounded).then(|| Digested::Argon2(Box::new(hash)))
}

fn bcrypt<'a>(hash: &'a str, input: BcryptInput<'a>) -> Option<Digested<'a>> {
    let parts: ::bcrypt::HashParts = hash.parse().ok()?;
    (hash.len() == 60 && parts.get_cost() <= 20).then_some(Digested::Bcrypt { hash, input })
}

fn pbkdf2<'a>(hasher: &str, digest: &'a str) -> Option<Digested<'a>> {
    let mut parts = digest.split('$');
    let (name, rounds, salt, hash) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    // What else may follow is the length of the hash, which can be seen.
    let plain = |text: &str| Some(text.as_bytes().to_owned());
    let any_hex = |text: &str| HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
    let (names, algorithm, salt, hash) = match hasher {
        "pbkdf2_sha1" => (
            ["pbkdf2_sha1", ""],
            pbkdf2::PBKDF2_HMAC_SHA1,
            plain(salt),
            any_hex(hash),
        ),
        "pbkdf2_sha256" => (
            ["pbkdf2_sha256", ""],
            pbkdf2::PBKDF2_HMAC_SHA256,
            base64(salt),
            base64(hash),
        ),
        "pbkdf2_sha256_django" => (
            ["pbkdf2_sha256", ""],
            pbkdf2::PBKDF2_HMAC_SHA256,
            plain(salt),
            base64(hash),
        ),
        "pbkdf2_sha512" => (
            ["pbkdf2_sha512", ""],
            pbkdf2::PBKDF2_HMAC_SHA512,
            plain(salt),
            any_hex(hash),
        ),
        _ => (
            ["pbkdf2_sha512_hex", "pbkdf2_sha512"],
            pbkdf2::PBKDF2_HMAC_SHA512,
            any_hex(salt),
            any_hex(hash),
        ),
    };
    let rounds: std::num::NonZeroU32 = rounds.parse().ok()?;
    let hash = hash.filter(|hash| (16..=128).contains(&hash.len()))?;
    let is_whole = names.contains(&name) && rounds.get() <= MOST_ROUNDS;
    is_whole.then_some(Digested::Pbkdf2 {
        algorithm,
        rounds,
        salt: salt?,
        hash,
    })
}

/// The letters of phpass, in their order.
const PHPASS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn phpass(digest: &str, of_md5: bool) -> Option<Digested<'_>> {
    let rest = digest
        .strip_prefix("$P$")
        .or_else(|| digest.strip_prefix("$H$"))?;
    let is_whole = rest.len() == 31 && rest.bytes().all(|byte| PHPASS.contains(&byte));
    let exponent = PHPASS
        .iter()
        .position(|letter| rest.as_bytes().first() == Some(letter))?;
    let is_bounded = (7..=23).contains(&exponent);
    (is_whole && is_bounded).then(|| Digested::Phpass {
        rounds: 1 << exponent,
        salt: &rest[1..9],
        hash: &rest[9..],
        of_md5,
    })
}

/// Base 64 with phpass's letters and the least bits first.
fn phpass_text(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut value = 0_u32;
        for (index, byte) in chunk.iter().enumerate() {
            value |= u32::from(*byte) << (8 * index);
        }
        for index in 0..=chunk.len() {
            text.push(char::from(PHPASS[(value >> (6 * index)) as usize & 63]));
        }
    }
    text
}

fn scrypt_parameters(log_n: u8, r: u32, p: u32) -> Option<scrypt::Params> {
    let memory = 128_u64
        .checked_mul(u64::from(r))?
        .checked_shl(log_n.into())?;
    if log_n > 30 || memory > MOST_MEMORY || p > 64 {
        return None;
    }
    scrypt::Params::new(log_n, r, p).ok()
}

/// `scrypt:n:r:p$salt$hash in hexadecimal`
fn werkzeug(digest: &str) -> Option<Digested<'_>> {
    let [method, salt, hash] = parts(digest.strip_prefix('$').unwrap_or(digest))?;
    let mut numbers = method.strip_prefix("scrypt:")?.split(':');
    let mut number = || numbers.next()?.parse::<u32>().ok();
    let (n, r, p) = (number()?, number()?, number()?);
    let hash = HEXLOWER_PERMISSIVE.decode(hash.as_bytes()).ok()?;
    let is_whole = n.is_power_of_two() && (16..=128).contains(&hash.len());
    let parameters = scrypt_parameters(n.trailing_zeros().try_into().ok()?, r, p)?;
    is_whole.then(|| Digested::Scrypt {
        parameters,
        salt: salt.as_bytes().to_owned(),
        hash,
    })
}

/// `hash$salt$signer key$salt separator$rounds$memory cost`
fn firebase(digest: &str) -> Option<Digested<'_>> {
    let [hash, salt, signer_key, separator, rounds, memory_cost] = parts(digest)?;
    let (hash, signer_key) = (base64(hash)?, base64(signer_key)?);
    let salt = [base64(salt)?, base64(separator)?].concat();
    let parameters = scrypt_parameters(memory_cost.parse().ok()?, rounds.parse().ok()?, 1)?;
    (hash.len() == signer_key.len() && hash.len() >= 16).then_some(Digested::Firebase {
        parameters,
        salt,
        signer_key,
        hash,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digests with their passwords, made with Node.js and Python: bcryptjs, argon2, crypto and
    /// hashlib, put together by the rules of each system.
    const KNOWN: &str = include_str!("../../../../testdata/password_digests.tsv");

    #[test]
    fn the_right_password_and_no_other() {
        let mut hashers = Vec::new();
        for line in KNOWN.lines().skip(1) {
            let [hasher, password, digest] = line
                .split('\t')
                .collect::<Vec<_>>()
                .try_into()
                .expect("three columns");
            let digested = Digested::parse(hasher, digest)
                .unwrap_or_else(|| panic!("{hasher} does not know {digest}"));
            assert!(digested.verify(password), "{hasher} {digest}");
            for wrong in ["", "Password", &format!("{password}x"), &password[1..]] {
                assert!(!digested.verify(wrong), "{hasher} {digest} takes {wrong:?}");
            }
            hashers.push(hasher);
        }
        for hasher in HASHERS {
            // Only Amazon's own servers can check these.
            assert!(
                *hasher == "awscognito" || hashers.contains(hasher),
                "{hasher} is not tested"
            );
        }
    }

    #[test]
    fn what_is_no_digest_or_costs_too_much_is_refused() {
        for (hasher, digest) in [
            ("bcrypt", ""),
            ("bcrypt", "$2b$10$short"),
            (
                "bcrypt",
                "$2b$31$abcdefghijklmnopqrstuuCQ0y2mZyoE0dCbGRG5gj4kYl2U5oQ6K",
            ),
            ("bcrypt_sha256_django", "bcrypt_sha256$"),
            ("bcrypt_peppered", "ü"),
            ("md5", "5f4dcc3b5aa765d61d8327deb882cf9"),
            ("md5", "zf4dcc3b5aa765d61d8327deb882cf99"),
            ("md5_salted", "5f4dcc3b5aa765d61d8327deb882cf99"),
            ("sha256", "5f4dcc3b5aa765d61d8327deb882cf99"),
            (
                "pbkdf2_sha256",
                "pbkdf2_sha256$0$c2FsdA==$aGFzaGhhc2hoYXNoaGFzaA==",
            ),
            (
                "pbkdf2_sha256",
                "pbkdf2_sha256$4000000000$c2FsdA==$aGFzaGhhc2hoYXNoaGFzaA==",
            ),
            (
                "pbkdf2_sha256",
                "pbkdf2_sha1$1$c2FsdA==$aGFzaGhhc2hoYXNoaGFzaA==",
            ),
            ("phpass", "$P$"),
            ("phpass", "$P$Zabcdefgh0123456789abcdefghijkl"),
            ("scrypt_werkzeug", "scrypt:1073741824:8:1$salt$00"),
            ("scrypt_werkzeug", "scrypt:3:8:1$salt$00"),
            ("scrypt_firebase", "a$b$c$d$8$99"),
            ("ldap_ssha", "{SSHA}AAAA"),
            (
                "argon2id",
                "$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            ),
            (
                "argon2id",
                "$argon2id$v=19$m=4000000,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            ),
            ("sha512_symfony", "sha512_symfony$1$salt$AAAA"),
            ("awscognito", "awscognito#a#b"),
            ("rot13", "cnffjbeq"),
        ] {
            assert!(
                Digested::parse(hasher, digest).is_none(),
                "{hasher} {digest}"
            );
        }
    }
}
