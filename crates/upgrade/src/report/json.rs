//! The report for programs. docs/upgrade.md describes it; within a `version`, fields are only added.

use serde_json::{Value, json};

use super::{Page, Report, confidence_name, fix_name, severity_name};
use crate::{Confidence, Finding};

pub(super) fn render(report: &Report<'_>) -> String {
    let scan = report.scan;
    let rules = report.by_rule().into_iter().map(|(rule, findings)| {
        json!({
            "id": rule.id,
            "title": rule.title,
            "aliases": rule.aliases,
            "severity": severity_name(rule.severity),
            "packages": rule.packages,
            "findings": findings.len(),
        })
    });
    let of = |confidence| report.count(|finding| finding.confidence == confidence);
    let fixes = |name: &str| report.count(|finding| fix_name(&finding.fix) == name);
    let value = json!({
        "version": 1,
        "tool": { "name": "ironclerk", "version": env!("CARGO_PKG_VERSION") },
        "from": "core-1",
        "to": "core-2",
        "root": scan.root.to_string_lossy(),
        "summary": {
            "files": scan.counts.files,
            "checkedFiles": scan.checked,
            "findings": report.count(|_| true),
            "notices": report.notices(),
            "confidence": {
                "certain": of(Confidence::Certain),
                "likely": of(Confidence::Likely),
                "possible": of(Confidence::Possible),
            },
            "fix": { "safe": fixes("safe"), "review": fixes("review"), "none": fixes("none") },
            "fixed": scan.fixed(),
            "milliseconds": u64::try_from(scan.elapsed.as_millis()).unwrap_or(u64::MAX),
        },
        "rules": rules.collect::<Vec<_>>(),
        "findings": report.findings().map(|(page, found)| finding(report, page, found)).collect::<Vec<_>>(),
        "fixed": scan.files.iter().filter(|file| file.before.is_some()).map(|file| json!({
            "path": file.source.path,
            "rules": file.fixed.iter().map(|finding| finding.rule).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "unread": scan.unread.iter().map(|unread| json!({
            "path": unread.path,
            "reason": unread.reason,
        })).collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}

fn finding(report: &Report<'_>, page: &Page<'_>, finding: &Finding) -> Value {
    let (start, end) = (
        page.lines.position(finding.span.start),
        page.lines.position(finding.span.end),
    );
    let edits = finding.fix.edits().iter().map(|edit| {
        json!({
            "start": edit.span.start,
            "end": edit.span.end,
            "text": super::redact::redact("", &edit.text),
        })
    });
    json!({
        "rule": finding.rule,
        "path": finding.path,
        "package": report.package(page),
        "line": start.line,
        "column": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "start": finding.span.start,
        "end": finding.span.end,
        "severity": severity_name(finding.severity),
        "confidence": confidence_name(finding.confidence),
        "message": finding.message,
        "source": page.lines.around(&finding.span).1.chars().take(1_000).collect::<String>(),
        "fix": fix_name(&finding.fix),
        "edits": edits.collect::<Vec<_>>(),
    })
}
