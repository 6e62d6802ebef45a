//! Edits of spans.

use crate::source::Span;

/// Replaces a span of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

impl Edit {
    /// An edit that replaces `span` by `text`.
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self {
            span,
            text: text.into(),
        }
    }

    /// An edit that puts `text` before the byte at `offset`.
    pub fn insert(offset: u32, text: impl Into<String>) -> Self {
        Self::replace(offset..offset, text)
    }

    /// An edit that takes `span` away.
    pub fn remove(span: Span) -> Self {
        Self::replace(span, "")
    }
}

/// The outcome of [`apply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The text after the edits.
    pub text: String,
    /// For each fix given, whether its edits were made; the others overlapped and have to wait for the next pass.
    pub made: Vec<bool>,
}

/// Makes the edits of several fixes. A fix is made whole or not at all; of two that touch the same place the first wins.
///
/// The places of a fix are the hull of each of its edits: two insertions at the same offset touch each other.
pub fn apply<'f>(text: &str, fixes: impl IntoIterator<Item = &'f [Edit]>) -> Applied {
    let mut chosen: Vec<&Edit> = Vec::new();
    let made = fixes
        .into_iter()
        .map(|edits| {
            let fits = edits.iter().enumerate().all(|(index, edit)| {
                is_within(text, edit)
                    && !chosen.iter().any(|other| touch(&edit.span, &other.span))
                    && !edits[..index]
                        .iter()
                        .any(|other| touch(&edit.span, &other.span))
            });
            if fits {
                chosen.extend(edits);
            }
            fits
        })
        .collect();
    chosen.sort_by_key(|edit| edit.span.start);
    let mut result = String::with_capacity(text.len());
    let mut copied = 0;
    for edit in chosen {
        result.push_str(&text[copied..edit.span.start as usize]);
        result.push_str(&edit.text);
        copied = edit.span.end as usize;
    }
    result.push_str(&text[copied..]);
    Applied { text: result, made }
}

fn is_within(text: &str, edit: &Edit) -> bool {
    edit.span.start <= edit.span.end
        && text.is_char_boundary(edit.span.start as usize)
        && text.is_char_boundary(edit.span.end as usize)
}

fn touch(one: &Span, other: &Span) -> bool {
    if one.is_empty() || other.is_empty() {
        return one.start <= other.end && other.start <= one.end;
    }
    one.start < other.end && other.start < one.end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fix_is_made_whole_or_not_at_all() {
        let first = [Edit::replace(0..1, "A")];
        let second = [Edit::replace(0..2, "x"), Edit::replace(3..4, "D")];
        let third = [Edit::remove(2..3)];
        let applied = apply("abcd", [&first[..], &second[..], &third[..]]);
        assert_eq!(applied.text, "Abd");
        assert_eq!(applied.made, [true, false, true]);
    }

    #[test]
    fn edits_outside_of_the_text_are_refused() {
        assert_eq!(
            apply(
                "é",
                [&[Edit::insert(1, "x")][..], &[Edit::insert(9, "x")][..]]
            )
            .made,
            [false, false]
        );
    }
}
