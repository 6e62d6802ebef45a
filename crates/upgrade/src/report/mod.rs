//! Reports of a scan. What they show of the code goes through [`redact`]: secrets stay out.

mod github;
mod html;
mod json;
mod markdown;
mod redact;
mod sarif;
mod text;

use std::borrow::Cow;
use std::collections::BTreeMap;

use memchr::memchr_iter;
use rayon::prelude::*;

use crate::scan::{Scan, Scanned};
use crate::{Confidence, Edit, Finding, Fix, Rule, Severity, Source, Span};

/// How a scan is reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// For a person at a terminal.
    #[default]
    Text,
    /// For programs; docs/upgrade.md describes it.
    Json,
    /// SARIF 2.1.0, for GitHub's code scanning and editors.
    Sarif,
    /// A migration plan to paste into an issue.
    Markdown,
    /// Annotations of a GitHub workflow.
    Github,
    /// One page that needs nothing else.
    Html,
}

/// The report of a scan. `color` is for a terminal and matters for [`Format::Text`] alone.
pub fn render(scan: &Scan, format: Format, color: bool) -> String {
    let report = Report::new(scan);
    match format {
        Format::Text => text::render(&report, color),
        Format::Json => json::render(&report),
        Format::Sarif => sarif::render(&report),
        Format::Markdown => markdown::render(&report),
        Format::Github => github::render(&report),
        Format::Html => html::render(&report),
    }
}

pub use text::{changes, explain, finding, list};

/// A scan with what every report asks of it.
struct Report<'s> {
    scan: &'s Scan,
    files: Vec<Page<'s>>,
}

/// A file as it may be shown.
struct Page<'s> {
    file: &'s Scanned,
    lines: Lines<'s>,
}

impl<'s> Report<'s> {
    fn new(scan: &'s Scan) -> Self {
        let page = |file: &'s Scanned| Page {
            file,
            lines: Lines::new(&file.source),
        };
        let files = scan.files.par_iter().map(page).collect();
        Self { scan, files }
    }

    /// What is left to do, in the order of files and places.
    fn findings(&self) -> impl Iterator<Item = (&Page<'s>, &'s Finding)> {
        let of = |page| move |finding| (page, finding);
        self.files
            .iter()
            .flat_map(move |page| page.file.findings.iter().map(of(page)))
    }

    /// What is left to do by change, in the order of the rules; what is only worth knowing comes last.
    fn by_rule(&self) -> Vec<(&'static Rule, Vec<(&Page<'s>, &'s Finding)>)> {
        let mut groups: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for (page, finding) in self.findings() {
            groups
                .entry(finding.rule)
                .or_default()
                .push((page, finding));
        }
        let rules = self.scan.rules.iter();
        let mut groups: Vec<_> = rules
            .filter_map(|rule| Some((rule, groups.remove(rule.id)?)))
            .collect();
        groups.sort_by_key(|(rule, _)| rule.severity);
        groups
    }

    fn count(&self, is_counted: impl Fn(&Finding) -> bool) -> usize {
        self.findings()
            .filter(|(_, finding)| is_counted(finding))
            .count()
    }

    /// What has to be done.
    fn breaking(&self) -> usize {
        self.count(|finding| finding.severity == Severity::Breaking)
    }

    /// What is only worth knowing.
    fn notices(&self) -> usize {
        self.count(|finding| finding.severity == Severity::Notice)
    }

    /// How many files have something that has to be done.
    fn files_to_change(&self) -> usize {
        let is_breaking = |finding: &Finding| finding.severity == Severity::Breaking;
        self.files
            .iter()
            .filter(|page| page.file.findings.iter().any(is_breaking))
            .count()
    }

    /// The package of the codebase that a file belongs to, by name or else by directory.
    fn package(&self, page: &Page<'_>) -> Option<&str> {
        let package = self.scan.project.packages.get(page.file.source.package?)?;
        Some(package.name.as_deref().unwrap_or(&package.directory))
    }
}

/// The text of a file as it may be shown, and its lines.
struct Lines<'t> {
    shown: Cow<'t, str>,
    starts: Vec<usize>,
}

/// A place as people count: lines and columns from one, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    line: usize,
    column: usize,
}

/// Lines that an edit touches, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hunk {
    /// The number of the first line.
    line: usize,
    before: String,
    after: String,
}

impl<'t> Lines<'t> {
    fn new(source: &'t Source) -> Self {
        let shown = redact::redact(&source.path, &source.text);
        let starts = memchr_iter(b'\n', shown.as_bytes()).map(|at| at + 1);
        let starts = [0].into_iter().chain(starts).collect();
        Self { shown, starts }
    }

    /// The index of the line that holds an offset.
    fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset) - 1
    }

    fn floor(&self, offset: u32) -> usize {
        let mut offset = (offset as usize).min(self.shown.len());
        while !self.shown.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }

    fn position(&self, offset: u32) -> Position {
        let offset = self.floor(offset);
        let line = self.line(offset);
        let column = self.shown[self.starts[line]..offset].chars().count() + 1;
        Position {
            line: line + 1,
            column,
        }
    }

    /// The whole lines that a span touches, with the offset of the first.
    fn around(&self, span: &Span) -> (usize, &str) {
        let (start, end) = (self.floor(span.start), self.floor(span.end));
        let first = self.starts[self.line(start)];
        let last = self.line(end.max(start));
        let behind = self
            .starts
            .get(last + 1)
            .copied()
            .unwrap_or(self.shown.len());
        (
            first,
            self.shown[first..behind].trim_end_matches(['\n', '\r']),
        )
    }

    /// What edits change, line by line.
    fn hunks(&self, edits: &[Edit]) -> Vec<Hunk> {
        let mut edits: Vec<&Edit> = edits.iter().collect();
        edits.sort_by_key(|edit| edit.span.start);
        let mut groups: Vec<(usize, usize, Vec<&Edit>)> = Vec::new();
        for edit in edits {
            let first = self.line(self.floor(edit.span.start));
            // An edit that ends with a line break does not touch the line after it.
            let end = self
                .floor(edit.span.end.saturating_sub(1))
                .max(self.floor(edit.span.start));
            let last = self.line(end);
            match groups.last_mut() {
                Some((_, until, group)) if first <= *until + 1 => {
                    *until = last.max(*until);
                    group.push(edit);
                }
                _ => groups.push((first, last, vec![edit])),
            }
        }
        let hunks = groups.into_iter().map(|(first, last, edits)| {
            let start = self.starts[first];
            let end = self
                .starts
                .get(last + 1)
                .copied()
                .unwrap_or(self.shown.len());
            let mut after = String::new();
            let mut copied = start;
            for edit in edits {
                let (from, to) = (
                    self.floor(edit.span.start).max(copied),
                    self.floor(edit.span.end),
                );
                after.push_str(&self.shown[copied..from]);
                after.push_str(&redact::redact("", &edit.text));
                copied = to.max(from);
            }
            after.push_str(self.shown.get(copied..end).unwrap_or_default());
            Hunk {
                line: first + 1,
                before: self.shown[start..end].to_owned(),
                after,
            }
        });
        hunks.collect()
    }
}

/// What `--fix` does with a finding, in one word.
fn fix_name(fix: &Fix) -> &'static str {
    match fix {
        Fix::Safe(_) => "safe",
        Fix::Review(_) => "review",
        Fix::None => "none",
    }
}

fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Breaking => "breaking",
        Severity::Notice => "notice",
    }
}

fn confidence_name(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Certain => "certain",
        Confidence::Likely => "likely",
        Confidence::Possible => "possible",
    }
}

/// The explanation of a rule up to its first example, without line breaks within a paragraph.
fn reason(rule: &Rule) -> String {
    let prose = rule.explanation.split("```").next().unwrap_or_default();
    let paragraph = prose
        .split("\n\n")
        .find(|paragraph| !paragraph.trim().is_empty());
    paragraph
        .unwrap_or_default()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// `1 file`, `2 files`.
fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hunks_are_whole_lines() {
        let source = Source::new("a.ts", "one\ntwo\nthree\nfour\n", None);
        let lines = Lines::new(&source);
        let edits = [
            Edit::replace(14..18, "4"),
            Edit::replace(1..2, "N"),
            Edit::remove(4..8),
        ];
        let shown = lines
            .hunks(&edits)
            .into_iter()
            .map(|hunk| (hunk.line, hunk.before, hunk.after));
        let expected = [(1, "one\ntwo\n", "oNe\n"), (4, "four\n", "4\n")];
        assert_eq!(
            shown.collect::<Vec<_>>(),
            expected.map(|(line, before, after)| (line, before.to_owned(), after.to_owned()))
        );
    }

    #[test]
    fn positions_count_characters() {
        let source = Source::new("a.ts", "é\nüx", None);
        let lines = Lines::new(&source);
        assert_eq!(lines.position(5), Position { line: 2, column: 2 });
        assert_eq!(lines.position(99), Position { line: 2, column: 3 });
        assert_eq!(lines.around(&(3..5)), (3, "üx"));
    }
}
