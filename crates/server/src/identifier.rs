//! What identifies users and organizations: how it is written down, and what is refused.

use ironclerk_api::{ApiError, ErrorCode};
use url::Url;

/// The longest email address (RFC 5321).
const MAX_EMAIL_ADDRESS: usize = 254;
/// The longest name of a person or an organization, in characters.
const MAX_NAME: usize = 256;

/// An email address, in lower case.
pub(crate) fn email_address(parameter: &str, text: &str) -> Result<String, ApiError> {
    let address = text.trim().to_lowercase();
    let acceptable =
        |c: char| !c.is_whitespace() && !c.is_control() && !"<>()[],;:\\\"@".contains(c);
    let well_formed = address.len() <= MAX_EMAIL_ADDRESS
        && address.split_once('@').is_some_and(|(local, domain)| {
            (1..=64).contains(&local.len())
                && local.chars().all(acceptable)
                && !local.starts_with('.')
                && !local.ends_with('.')
                && !local.contains("..")
                && domain.contains('.')
                && domain.split('.').all(is_domain_label)
        });
    if well_formed {
        Ok(address)
    } else {
        Err(ErrorCode::FormParameterFormatInvalid.for_parameter(
            parameter,
            format!("{parameter} must be a valid email address."),
        ))
    }
}

/// The mailbox that mail to an address ends up in, as far as the address tells: without the tag that
/// follows `+`, `=` or `#`, and at Gmail without dots.
pub(crate) fn mailbox(address: &str, without_tag: bool, without_dots: bool) -> String {
    let Some((mut local, domain)) = address.split_once('@') else {
        return address.to_owned();
    };
    if without_tag
        && let Some(tag) = local.find(['+', '=', '#'])
        && tag > 0
    {
        local = &local[..tag];
    }
    if without_dots && matches!(domain, "gmail.com" | "googlemail.com") {
        return format!("{}@{domain}", local.replace('.', ""));
    }
    format!("{local}@{domain}")
}

fn is_domain_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= 63
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c.is_alphanumeric() || c == '-')
}

/// A phone number in E.164 form: spaces and punctuation are taken out.
pub(crate) fn phone_number(parameter: &str, text: &str) -> Result<String, ApiError> {
    let number: String = text.chars().filter(|c| !" -.()".contains(*c)).collect();
    let digits = number.strip_prefix('+').unwrap_or_default();
    if (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
    {
        Ok(number)
    } else {
        Err(ErrorCode::FormParameterFormatInvalid.for_parameter(
            parameter,
            format!(
                "{parameter} must be a phone number in international form, such as +15555550100."
            ),
        ))
    }
}

/// A username, in lower case: 4 to 64 letters, digits, `-` and `_`, not all of them digits.
pub(crate) fn username(text: &str) -> Result<String, ApiError> {
    let refuse = |code: ErrorCode, reason: &str| Err(code.for_parameter("username", reason));
    let name = text.trim().to_lowercase();
    if !(4..=64).contains(&name.chars().count()) {
        return refuse(
            ErrorCode::FormUsernameInvalidLength,
            "username must have between 4 and 64 characters.",
        );
    }
    if !name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    {
        return refuse(
            ErrorCode::FormUsernameInvalidCharacter,
            "username may have only letters, digits, - and _.",
        );
    }
    if name.chars().all(|c| c.is_ascii_digit()) {
        return refuse(
            ErrorCode::FormUsernameNeedsNonNumber,
            "username must have at least one character that is no digit.",
        );
    }
    Ok(name)
}

/// The name of a person or the like: not too long; an empty one is none.
pub(crate) fn optional_name(
    parameter: &str,
    text: Option<String>,
) -> Result<Option<String>, ApiError> {
    match text.as_deref().map(str::trim) {
        None | Some("") => Ok(None),
        Some(name) => {
            check_length(parameter, name, MAX_NAME)?;
            Ok(Some(name.to_owned()))
        }
    }
}

/// The name of an organization.
pub(crate) fn name(parameter: &str, text: &str) -> Result<String, ApiError> {
    optional_name(parameter, Some(text.to_owned()))?.ok_or_else(|| {
        ErrorCode::FormParameterValueInvalid
            .for_parameter(parameter, format!("{parameter} must not be empty."))
    })
}

/// The name of an organization in URLs.
pub(crate) fn slug(text: &str) -> Result<String, ApiError> {
    let slug = text.trim();
    check_length("slug", slug, MAX_NAME)?;
    if slug == slugify(slug) && !slug.is_empty() {
        Ok(slug.to_owned())
    } else {
        Err(ErrorCode::FormParameterFormatInvalid.for_parameter(
            "slug",
            "slug may have only lower-case letters, digits and, between them, single hyphens.",
        ))
    }
}

/// A name as a slug: `Acme & Co.` becomes `acme-co`. Empty when nothing of it is left.
pub(crate) fn slugify(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

/// The longest address, in bytes.
const MAX_URL: usize = 2048;

/// An address to which a browser or an app can go.
pub(crate) fn url(parameter: &str, text: &str) -> Result<String, ApiError> {
    check_length(parameter, text, MAX_URL)?;
    let is_allowed = Url::parse(text).is_ok_and(|url| match url.scheme() {
        // These run or show what stands in the address itself, or read files.
        "javascript" | "data" | "vbscript" | "file" | "blob" => false,
        "http" | "https" => url.has_host(),
        _ => true,
    });
    if is_allowed {
        return Ok(text.to_owned());
    }
    Err(ErrorCode::FormParameterFormatInvalid.for_parameter(
        parameter,
        format!("{parameter} must be an absolute URL such as https://example.com/welcome."),
    ))
}

/// The name of an email domain, in lower case.
pub(crate) fn domain(parameter: &str, text: &str) -> Result<String, ApiError> {
    let domain = text.trim().to_lowercase();
    let labels = domain.split('.').count();
    if domain.len() <= 253 && labels > 1 && domain.split('.').all(is_domain_label) {
        return Ok(domain);
    }
    Err(ErrorCode::FormParameterFormatInvalid.for_parameter(
        parameter,
        format!("{parameter} must be a domain such as example.com."),
    ))
}

/// The longest address on the web, in bytes.
const LONGEST_ADDRESS: usize = 8 * 1024;

/// Whether a text is an absolute address on the web.
pub(crate) fn is_web_address(address: &str) -> bool {
    let host = ["http://", "https://"]
        .iter()
        .find_map(|scheme| address.strip_prefix(scheme));
    address.len() <= LONGEST_ADDRESS
        && host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
        && !address.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Refuses what is no absolute address on the web.
pub(crate) fn web_address(parameter: &str, address: &str) -> Result<(), ApiError> {
    if is_web_address(address) {
        return Ok(());
    }
    Err(ErrorCode::FormParameterFormatInvalid.for_parameter(
        parameter,
        format!("{parameter} must be an address that begins with http:// or https://."),
    ))
}

/// A web3 wallet: an address of Ethereum or Solana, as it is written.
pub(crate) fn web3_wallet(parameter: &str, text: &str) -> Result<String, ApiError> {
    const BASE58: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let address = text.trim();
    let is_ethereum = address.strip_prefix("0x").is_some_and(|digits| {
        digits.len() == 40 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    let is_solana =
        (32..=44).contains(&address.len()) && address.chars().all(|c| BASE58.contains(c));
    match (is_ethereum, is_solana) {
        (true, _) => Ok(address.to_lowercase()),
        (_, true) => Ok(address.to_owned()),
        _ => Err(ErrorCode::FormParameterFormatInvalid.for_parameter(
            parameter,
            format!("{parameter} must be the address of an Ethereum or Solana wallet."),
        )),
    }
}

/// Refuses a text that is longer than so many characters.
pub(crate) fn check_length(parameter: &str, text: &str, most: usize) -> Result<(), ApiError> {
    if text.chars().count() <= most {
        return Ok(());
    }
    Err(ErrorCode::FormParameterMaxLengthExceeded.for_parameter(
        parameter,
        format!("{parameter} must have {most} characters at the most."),
    ))
}

/// A time in RFC 3339 form, as ms since the epoch.
pub(crate) fn time(parameter: &str, text: &str) -> Result<i64, ApiError> {
    text.parse::<jiff::Timestamp>()
        .map(|time| time.as_millisecond())
        .map_err(|_| {
            ErrorCode::FormParameterInvalidTime.for_parameter(
                parameter,
                format!("{parameter} must be a time such as 2026-01-31T12:00:00.000Z."),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn email_addresses() {
        for (text, address) in [
            ("Ada@Example.com", "ada@example.com"),
            (" a+b.c@x.co.uk ", "a+b.c@x.co.uk"),
            ("müller@exämple.de", "müller@exämple.de"),
        ] {
            assert_eq!(email_address("email_address", text).unwrap(), address);
        }
        let long = format!("{}@example.com", "a".repeat(65));
        for text in [
            "", "a", "a@", "@b.c", "a@b", "a@b..c", "a@-b.c", "a b@c.d", "a@b@c.d", ".a@b.c",
            "a..b@c.d", "a\n@b.c", &long,
        ] {
            let error = email_address("email_address", text).unwrap_err();
            assert!(error.has_code("form_param_format_invalid"), "{text:?}");
        }
    }

    #[test]
    fn phone_numbers() {
        assert_eq!(
            phone_number("phone_number", "+1 (555) 555-0100").unwrap(),
            "+15555550100"
        );
        for text in [
            "",
            "+",
            "5555550100",
            "+0555550100",
            "+1555555010012345",
            "+1555x550100",
        ] {
            assert!(phone_number("phone_number", text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn usernames() {
        assert_eq!(username("Ada_L-1").unwrap(), "ada_l-1");
        for (text, code) in [
            ("ada", "form_username_invalid_length"),
            ("ada lovelace", "form_username_invalid_character"),
            ("12345", "form_username_needs_non_number_char"),
        ] {
            assert!(username(text).unwrap_err().has_code(code), "{text:?}");
        }
    }

    #[test]
    fn slugs() {
        for (name, slug) in [
            ("Acme & Co.", "acme-co"),
            ("  ÄÖ  ", ""),
            ("a--b", "a-b"),
            ("X1", "x1"),
        ] {
            assert_eq!(slugify(name), slug);
        }
        assert!(slug("acme-co").is_ok());
        for text in ["", "Acme", "acme-", "-acme", "a--b", "a/b"] {
            assert!(slug(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn times() {
        assert_eq!(
            time("created_at", "2023-11-14T22:13:20.123Z").unwrap(),
            1_700_000_000_123
        );
        assert!(
            time("created_at", "yesterday")
                .unwrap_err()
                .has_code("form_param_invalid_time")
        );
    }

    #[test]
    fn a_mailbox_can_have_many_addresses() {
        for (address, without_tag, without_dots, expected) in [
            ("a.da+x@gmail.com", false, false, "a.da+x@gmail.com"),
            ("a.da+x@gmail.com", true, false, "a.da@gmail.com"),
            ("a.da+x@gmail.com", false, true, "ada+x@gmail.com"),
            ("a.da+x.y@gmail.com", true, true, "ada@gmail.com"),
            ("a.da@googlemail.com", true, true, "ada@googlemail.com"),
            ("a.da+x@example.com", true, true, "a.da@example.com"),
            ("ada=x#y@example.com", true, true, "ada@example.com"),
            ("+ada@example.com", true, true, "+ada@example.com"),
            ("nobody", true, true, "nobody"),
        ] {
            assert_eq!(
                mailbox(address, without_tag, without_dots),
                expected,
                "{address}"
            );
        }
    }
}
