//! Codes of authenticator apps (RFC 6238): 6 digits, 30 seconds, SHA-1.

use aws_lc_rs::constant_time;
use aws_lc_rs::hmac;
use data_encoding::BASE32_NOPAD;
use ironclerk_api::{ApiError, ErrorCode, Secret};

/// For how long a code is shown, in ms.
const PERIOD: i64 = 30_000;
/// How many steps a clock may be off.
const SKEW: i64 = 1;
/// How many digits a code has.
pub(crate) const DIGITS: usize = 6;

/// A secret in base 32, as it is stored: no spaces, upper case, no padding.
pub(crate) fn secret(parameter: &str, secret: &Secret) -> Result<String, ApiError> {
    let text: String = secret
        .expose()
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '='))
        .map(|c| c.to_ascii_uppercase())
        .collect();
    match BASE32_NOPAD.decode(text.as_bytes()) {
        Ok(key) if (10..=64).contains(&key.len()) => Ok(text),
        _ => Err(ErrorCode::InvalidTotpSecret.for_parameter(
            parameter,
            format!("{parameter} must be a secret of 10 to 64 bytes in base 32."),
        )),
    }
}

/// The step that a code belongs to, if it is one of those around a time.
pub(crate) fn step_of(secret: &str, code: &str, now: i64) -> Option<i64> {
    let key = BASE32_NOPAD.decode(secret.as_bytes()).ok()?;
    let step = now.div_euclid(PERIOD);
    let is_code_of = |step: &i64| {
        let expected = code_of(&key, *step);
        constant_time::verify_slices_are_equal(expected.as_bytes(), code.as_bytes()).is_ok()
    };
    (step - SKEW..=step + SKEW).find(is_code_of)
}

fn code_of(key: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[tag.len() - 1] & 0xf);
    let number = tag[offset..offset + 4]
        .iter()
        .fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B; of its eight digits the last six.
        let key = b"12345678901234567890";
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(code_of(key, seconds * 1000 / PERIOD), code);
        }
    }

    #[test]
    fn a_code_is_good_for_a_step_before_and_after() {
        let secret = BASE32_NOPAD.encode(b"12345678901234567890");
        let step = 59_000 / PERIOD;
        for (now, found) in [
            (0, Some(step)),
            (59_000, Some(step)),
            (89_999, Some(step)),
            (90_000, None),
        ] {
            assert_eq!(step_of(&secret, "287082", now), found, "{now}");
        }
        for code in ["", "28708", "2870820", "287083"] {
            assert_eq!(step_of(&secret, code, 59_000), None, "{code}");
        }
    }

    #[test]
    fn secrets_are_written_in_many_ways() {
        let given = |text: &str| secret("totp_secret", &text.into());
        let stored = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        for text in [
            stored,
            "gezd gnbv gy3t qojq gezd gnbv gy3t qojq",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ====",
        ] {
            assert_eq!(given(text).unwrap(), stored);
        }
        for text in ["", "GEZDGNBV", "1", "ü", &"A".repeat(400)] {
            assert!(given(text).is_err(), "{text}");
        }
    }
}
