//! Environment variables that have another name.

use super::{Format, Place, code_lines, fix, span};
use crate::{Change, Edit, Finding};

/// What bundlers put before a variable that a browser may see. The new name keeps it.
/// Prefixes with which frameworks hand a variable to the browser; they stay.
pub(crate) const PREFIXES: [&str; 8] = [
    "EXPO_PUBLIC_",
    "GATSBY_",
    "NEXT_PUBLIC_",
    "NUXT_PUBLIC_",
    "PUBLIC_",
    "REACT_APP_",
    "REDWOOD_ENV_",
    "VITE_",
];

/// The places where a variable is named, with its prefix.
fn mentions<'t>(line: &'t str, name: &str) -> impl Iterator<Item = (usize, &'t str)> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let found = line
        .match_indices(name)
        .map(|(at, _)| at)
        .collect::<Vec<_>>();
    let length = name.len();
    found.into_iter().filter_map(move |at| {
        let bytes = line.as_bytes();
        let before = bytes[..at]
            .iter()
            .rev()
            .take_while(|&&byte| is_part(byte))
            .count();
        let is_end = bytes.get(at + length).is_none_or(|&byte| !is_part(byte));
        let prefix = &line[at - before..at];
        let is_known = prefix.is_empty() || PREFIXES.contains(&prefix);
        (is_end && is_known).then(|| (at - before, &line[at - before..at + length]))
    })
}

pub(super) fn check(place: &Place<'_>, findings: &mut Vec<Finding>) {
    let Change::EnvironmentVariable {
        from,
        to,
        new_value,
        exact,
    } = &place.rule.change
    else {
        return;
    };
    let text = &place.source.text;
    if !text.contains(from.as_str()) {
        return;
    }
    for (start, line) in code_lines(text, place.format) {
        let names: Vec<(usize, &str)> = mentions(line, from)
            .filter(|(_, name)| !exact || name == from)
            .collect();
        let Some(&(first, old)) = names.first() else {
            continue;
        };
        let new = old.replacen(from.as_str(), to, 1);
        let at = |place: usize| start + place;
        let whole = span(at(first), at(first) + old.len());
        let renames = || {
            let rename = |&(place, old): &(usize, &str)| {
                let new = old.replacen(from.as_str(), to, 1);
                Edit::replace(span(at(place), at(place) + old.len()), new)
            };
            names.iter().map(rename).collect::<Vec<_>>()
        };
        if place.format == Format::Readme {
            let message = format!("The documentation names {old}; Core 2 reads {new}.");
            findings.push(place.finding(whole, message, fix(place.rule, false, renames())));
            continue;
        }
        let is_there = (code_lines(text, place.format))
            .any(|(_, line)| mentions(line, to).any(|(_, name)| name == new));
        let value = value(line, first + old.len()).or_else(|| value_below(&text[start..]));
        let fresh = if *new_value { "pk_" } else { "sk_" };
        let (message, fix) = if is_there {
            let message = format!("{old} is not read by Core 2, and {new} is already here.");
            let line = span(start, start + line_length(&text[start..]));
            let is_own_line = place.format == Format::Environment;
            let edits = if is_own_line {
                vec![Edit::remove(line)]
            } else {
                Vec::new()
            };
            (message, fix(place.rule, false, edits))
        } else if !to.ends_with("_KEY")
            || value.is_none_or(|value| value.starts_with(fresh) || is_placeholder(value))
        {
            let message = format!("Core 2 reads {new} in place of {old}.");
            (message, fix(place.rule, true, renames()))
        } else if place.format == Format::Environment && !is_sample(&place.source.path) {
            let message = format!(
                "Core 2 reads {new} in place of {old}, and a key that begins with {fresh}."
            );
            let remark =
                format!("# TODO: paste the key from the Clerk dashboard, it begins with {fresh}\n");
            let mut edits = renames();
            match first {
                0 => edits[0].text.insert_str(0, &remark),
                _ => edits.push(Edit::insert(span(start, start).start, remark)),
            }
            (message, fix(place.rule, false, edits))
        } else {
            let message = format!(
                "Core 2 reads {new} in place of {old}, and a key that begins with {fresh}."
            );
            let is_safe = !new_value && is_sample(&place.source.path);
            (message, fix(place.rule, is_safe, renames()))
        };
        findings.push(place.finding(whole, message, fix));
    }
}

fn line_length(text: &str) -> usize {
    text.find('\n').map_or(text.len(), |newline| newline + 1)
}

/// What is assigned to a name that ends at `end`, on the same line, without quotes.
fn value(line: &str, end: usize) -> Option<&str> {
    let rest = line[end..].trim_start_matches(['"', '\'']).trim_start();
    let value = rest.strip_prefix(['=', ':']).or_else(|| {
        // ENV NAME value, as old Dockerfiles have it.
        let is_env = line.trim_start().to_ascii_uppercase().starts_with("ENV ");
        is_env.then_some(rest)
    })?;
    let value = value.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ','));
    (!value.is_empty()).then_some(value)
}

/// What the line below assigns to a name that stands alone: `- name: X` and `value: Y`, as Kubernetes and Render have it.
fn value_below(text: &str) -> Option<&str> {
    let line = text.lines().nth(1)?;
    let end = line
        .find("value:")
        .filter(|at| line[..*at].trim().is_empty())?
        + "value".len();
    value(line, end)
}

/// Whether a value stands for another one: `$NAME`, `${{ secrets.NAME }}`, `<your key>`, `xxx`.
fn is_placeholder(value: &str) -> bool {
    value.starts_with(['$', '<', '{', '['])
        || value.contains("${")
        || value
            .chars()
            .all(|character| matches!(character, 'x' | 'X' | '.' | '*' | '-' | '_'))
}

/// Whether an environment file is an example that is kept under version control.
fn is_sample(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    [
        "example", "sample", "template", "dist", "defaults", "schema",
    ]
    .iter()
    .any(|word| name.contains(word))
}
