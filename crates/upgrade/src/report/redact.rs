//! Secrets that a source line may hold never reach a report. Each of their bytes is shown as `*`, so
//! that places in the line stay what they are.

use std::borrow::Cow;

use crate::configuration::Format;

/// What Clerk's keys begin with: `sk_test_…`, `sk_live_…`, the `test_…` and `live_…` of Core 1,
/// `whsec_…`.
const PREFIXES: [&str; 3] = ["test_", "live_", "whsec_"];

/// A text as it may be shown.
pub(super) fn redact<'t>(path: &str, text: &'t str) -> Cow<'t, str> {
    let format = Format::of_path(path);
    // Nearly all code.
    if format.is_none() && !PREFIXES.iter().any(|prefix| text.contains(prefix)) {
        return Cow::Borrowed(text);
    }
    let mut hidden: Vec<(usize, usize)> = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if let Some((start, end)) = format.and_then(|format| assigned(line, format)) {
            hidden.push((offset + start, offset + end));
        }
        hidden.extend(tokens(line).map(|(start, end)| (offset + start, offset + end)));
        offset += line.len();
    }
    if hidden.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut copied = 0;
    hidden.sort_unstable();
    for (start, end) in hidden {
        let start = start.max(copied);
        if start < end {
            shown.push_str(&text[copied..start]);
            shown.extend(std::iter::repeat_n('*', end - start));
            copied = end;
        }
    }
    shown.push_str(&text[copied..]);
    Cow::Owned(shown)
}

/// The value of an assignment in a configuration file: all of them in environment files, elsewhere
/// those whose names speak of secrets. References to other values are none.
fn assigned(line: &str, format: Format) -> Option<(usize, usize)> {
    const SECRETS: [&str; 6] = [
        "API_KEY",
        "SECRET",
        "TOKEN",
        "PASSWORD",
        "PRIVATE",
        "DATABASE_URL",
    ];
    let is_environment = format == Format::Environment;
    let separators: &[char] = match format {
        Format::Environment | Format::Script | Format::Docker | Format::Toml => &['='],
        Format::Yaml => &[':', '='],
        Format::Json => &[':'],
        Format::Version | Format::Readme => return None,
    };
    let at = line.find(separators)?;
    let name = line[..at].to_ascii_uppercase();
    if !is_environment && !SECRETS.iter().any(|word| name.contains(word)) {
        return None;
    }
    let value =
        line[at + 1..].trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ','));
    let start = value.as_ptr() as usize - line.as_ptr() as usize;
    let is_reference = value.starts_with(['$', '{', '[', '<']) || value.starts_with("var.");
    (!value.is_empty() && !is_reference).then_some((start, start + value.len()))
}

/// Literal Clerk keys. The prefix stays, it says what the key is for.
fn tokens(line: &str) -> impl Iterator<Item = (usize, usize)> {
    const SHORTEST: usize = 16;
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric();
    PREFIXES.into_iter().flat_map(move |prefix| {
        line.match_indices(prefix).filter_map(move |(at, _)| {
            let start = at + prefix.len();
            let length = line.as_bytes()[start..]
                .iter()
                .take_while(|byte| is_part(byte))
                .count();
            let before = &line[..at];
            let is_key = !before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                || before.ends_with("sk_");
            (is_key && length >= SHORTEST).then_some((start, start + length))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_nothing_moves() {
        for (path, text, expected) in [
            (
                ".env",
                "A=\"b é\"\nexport C=d\n# e\n",
                "A=\"****\"\nexport C=*\n# e\n",
            ),
            (".env", "A=$B\n", "A=$B\n"),
            (
                "a.yml",
                "CLERK_API_KEY: abc\nname: x\n",
                "CLERK_API_KEY: ***\nname: x\n",
            ),
            (
                "a.yml",
                "- CLERK_SECRET_KEY=abc\n",
                "- CLERK_SECRET_KEY=***\n",
            ),
            (
                "a.yml",
                "CLERK_API_KEY: ${{ secrets.A }}\n",
                "CLERK_API_KEY: ${{ secrets.A }}\n",
            ),
            (
                "Dockerfile",
                "ENV CLERK_API_KEY=abc\n",
                "ENV CLERK_API_KEY=***\n",
            ),
            (
                "a.ts",
                "Clerk({ apiKey: 'test_0123456789abcdef0', b: 'sk_live_0123456789abcdef' })",
                "Clerk({ apiKey: 'test_*****************', b: 'sk_live_****************' })",
            ),
            (
                "a.ts",
                "const my_test_0123456789abcdef0 = latest_x",
                "const my_test_0123456789abcdef0 = latest_x",
            ),
        ] {
            let shown = redact(path, text);
            assert_eq!(shown, expected, "{path}");
            assert_eq!(shown.len(), text.len());
        }
    }
}
