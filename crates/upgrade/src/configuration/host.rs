//! A host that has another name.

use super::{Format, Place, code_lines, fix, span};
use crate::{Change, Edit, Finding};

pub(super) fn check(place: &Place<'_>, findings: &mut Vec<Finding>) {
    let Change::HostMoved { from, to, .. } = &place.rule.change else {
        return;
    };
    if place.format == Format::Version || !place.source.text.contains(from.as_str()) {
        return;
    }
    for (start, line) in code_lines(&place.source.text, place.format) {
        for (at, _) in line.match_indices(from.as_str()) {
            if !is_whole_host(line, at, from.len()) {
                continue;
            }
            let span = span(start + at, start + at + from.len());
            let message =
                format!("The Backend API of Core 2 is at {to}; {from} was that of Core 1.");
            let edits = vec![Edit::replace(span.clone(), to)];
            findings.push(place.finding(span, message, fix(place.rule, false, edits)));
        }
    }
}

/// Whether a host name is not a part of a longer one.
pub(crate) fn is_whole_host(text: &str, at: usize, length: usize) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let bytes = text.as_bytes();
    let mut before = bytes[..at].iter().rev();
    let is_start = before
        .next()
        .is_none_or(|&byte| !is_part(byte) && byte != b'.');
    let mut after = bytes[at + length..].iter();
    let is_end = match after.next() {
        Some(b'.') => after.next().is_none_or(|&byte| !is_part(byte)),
        Some(&byte) => !is_part(byte),
        None => true,
    };
    is_start && is_end
}
