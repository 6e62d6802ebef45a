//! Indented `key: value` files, as package managers and CI systems write them: lock files, pnpm's
//! workspace file, workflows. A reader of lines, not of YAML: it keeps the place of every value and
//! reads megabytes of lock file in milliseconds.

use std::ops::Range;

/// One line with a key.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'p, 'a> {
    /// The keys above this one, outermost first, and its own last. A list item has none of its own.
    pub path: &'p [&'a str],
    /// What stands behind the key, without quotes and comment. Empty above a nested block.
    pub value: &'a str,
    /// The place of `value`.
    pub span: Range<usize>,
}

/// Calls `visit` for every line that has a key, in order.
pub fn lines<'a>(text: &'a str, mut visit: impl FnMut(Line<'_, 'a>)) {
    let mut keys: Vec<&'a str> = Vec::new();
    let mut indents: Vec<usize> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let offset = start;
        start += line.len();
        let mut rest = line.trim_start_matches(' ');
        while let Some(item) = rest.strip_prefix("- ") {
            rest = item.trim_start_matches(' ');
        }
        let indent = line.len() - rest.len();
        if rest.starts_with('#') || rest.trim().is_empty() {
            continue;
        }
        let Some((key, behind)) = split_key(rest) else {
            continue;
        };
        let depth = indents.partition_point(|&above| above < indent);
        keys.truncate(depth);
        indents.truncate(depth);
        keys.push(key);
        indents.push(indent);
        let value = unquote(without_comment(behind).trim());
        let place = match value.is_empty() {
            true => rest.trim_end().len(),
            false => value.as_ptr() as usize - rest.as_ptr() as usize,
        };
        let from = offset + indent + place;
        visit(Line {
            path: &keys,
            value,
            span: from..from + value.len(),
        });
    }
}

/// `key: value`, `"key": value` or, as yarn 1 writes it, `key value`.
fn split_key(line: &str) -> Option<(&str, &str)> {
    if let Some(quote @ ('"' | '\'')) = line.chars().next() {
        let (key, rest) = line[1..].split_once(quote)?;
        // Yarn 1 puts several quoted keys into one line.
        return Some((key, rest.split_once(':').map_or("", |(_, value)| value)));
    }
    let line = line.trim_end();
    match (line.split_once(": "), line.strip_suffix(':')) {
        (Some(pair), _) => Some(pair),
        (None, Some(key)) => Some((key, "")),
        (None, None) => line.split_once(' '),
    }
}

fn without_comment(value: &str) -> &str {
    match value.trim_start().starts_with('#') {
        true => "",
        false => value.split_once(" #").map_or(value, |(value, _)| value),
    }
}

/// The inside of a quoted text, and any other text as it is.
pub fn unquote(value: &str) -> &str {
    let inner = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_values_and_places() {
        let text = "a:\n  'b@c': \"1.2\" # why\n  list:\n    - name: x\n      with: y\nd: e\n\"@f/g@^1\", \"@f/g@~1\":\n  version \"2\"\n";
        let mut seen = Vec::new();
        lines(text, |line| {
            assert_eq!(&text[line.span.clone()], line.value);
            seen.push(format!("{}={}", line.path.join("/"), line.value));
        });
        assert_eq!(
            seen,
            [
                "a=",
                "a/b@c=1.2",
                "a/list=",
                "a/list/name=x",
                "a/list/with=y",
                "d=e",
                "@f/g@^1=",
                "@f/g@^1/version=2"
            ]
        );
    }
}
