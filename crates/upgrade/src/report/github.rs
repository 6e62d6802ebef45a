//! Annotations of a GitHub workflow: one line on standard output for each finding.

use std::fmt::Write;

use super::{Report, counted};
use crate::{Confidence, Severity};

pub(super) fn render(report: &Report<'_>) -> String {
    let mut out = String::new();
    for (rule, findings) in report.by_rule() {
        for (page, finding) in findings {
            let (start, end) = (
                page.lines.position(finding.span.start),
                page.lines.position(finding.span.end),
            );
            let level = match (finding.severity, finding.confidence) {
                (Severity::Breaking, Confidence::Certain) => "error",
                (Severity::Breaking, Confidence::Likely) => "warning",
                (Severity::Breaking, Confidence::Possible) | (Severity::Notice, _) => "notice",
            };
            // GitHub wants columns only where a place is on one line.
            let columns = match start.line == end.line {
                true => format!(",col={},endColumn={}", start.column, end.column),
                false => String::new(),
            };
            let _ = writeln!(
                out,
                "::{level} file={},line={},endLine={}{columns},title={}::{}",
                property(&finding.path),
                start.line,
                end.line,
                property(&format!("{} ({})", rule.title, rule.id)),
                data(&finding.message),
            );
        }
    }
    for unread in &report.scan.unread {
        let (path, reason) = (property(&unread.path), data(&unread.reason));
        let _ = writeln!(out, "::notice file={path},title=Not read::It {reason}");
    }
    let _ = writeln!(
        out,
        "{} of Core 1 code in {}{}.",
        counted(report.breaking(), "finding"),
        counted(report.scan.counts.files, "file"),
        match report.notices() {
            0 => String::new(),
            notices => format!(", {}", counted(notices, "notice")),
        }
    );
    out
}

/// The escapes of a workflow command's message.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The escapes of a workflow command's property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
