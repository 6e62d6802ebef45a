//! The report for programs. docs/upgrade.md describes it; within a `version`, fields are only added.

use std::borrow::Cow;

use rayon::prelude::*;
use serde::Serialize;
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
    let document = Document {
        version: 1,
        tool: json!({ "name": "ironclerk", "version": env!("CARGO_PKG_VERSION") }),
        from: "core-1",
        to: "core-2",
        root: scan.root.to_string_lossy(),
        summary: json!({
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
        }),
        rules: rules.collect(),
        findings: [],
        fixed: (scan.files.iter().filter(|file| file.before.is_some()))
            .map(|file| {
                let rules: Vec<_> = file.fixed.iter().map(|finding| finding.rule).collect();
                json!({ "path": file.source.path, "rules": rules })
            })
            .collect(),
        unread: (scan.unread.iter())
            .map(|unread| json!({ "path": unread.path, "reason": unread.reason }))
            .collect(),
    };
    // There can be many of these, so they are written on all processors.
    let findings: Vec<String> = (report.files.par_iter())
        .flat_map_iter(|page| {
            let findings = page.file.findings.iter();
            findings.map(|found| indented(&finding(report, page, found)))
        })
        .collect();
    // A document always has a text.
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    // No string in it has a line break.
    let Some((before, after)) = text.split_once("\n  \"findings\": []") else {
        return text;
    };
    let mut whole = format!("{before}\n  \"findings\": [");
    for (index, finding) in findings.iter().enumerate() {
        whole.push_str(if index == 0 { "" } else { "," });
        whole.push_str(finding);
    }
    if !findings.is_empty() {
        whole.push_str("\n  ");
    }
    whole.push(']');
    whole.push_str(after);
    whole.push('\n');
    whole
}

#[derive(Serialize)]
struct Document<'s> {
    version: u32,
    tool: Value,
    from: &'static str,
    to: &'static str,
    root: Cow<'s, str>,
    summary: Value,
    rules: Vec<Value>,
    findings: [(); 0],
    fixed: Vec<Value>,
    unread: Vec<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found<'s> {
    rule: &'static str,
    path: &'s str,
    package: Option<&'s str>,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    start: u32,
    end: u32,
    severity: &'static str,
    confidence: &'static str,
    message: &'s str,
    source: &'s str,
    fix: &'static str,
    edits: Vec<Edited<'s>>,
}

#[derive(Serialize)]
struct Edited<'s> {
    start: u32,
    end: u32,
    text: Cow<'s, str>,
}

/// A finding as it stands in the document.
fn indented(found: &Found<'_>) -> String {
    let text = serde_json::to_string_pretty(found).unwrap_or_default();
    format!("\n{text}").replace('\n', "\n    ")
}

fn finding<'s>(report: &'s Report<'_>, page: &'s Page<'_>, finding: &'s Finding) -> Found<'s> {
    const LONGEST_SOURCE: usize = 1_000;
    let start = page.lines.position(finding.span.start);
    let end = page.lines.position(finding.span.end);
    let (_, source) = page.lines.around(&finding.span);
    let cut = source.char_indices().nth(LONGEST_SOURCE);
    let edits = finding.fix.edits().iter().map(|edit| Edited {
        start: edit.span.start,
        end: edit.span.end,
        text: super::redact::redact("", &edit.text),
    });
    Found {
        rule: finding.rule,
        path: &finding.path,
        package: report.package(page),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        start: finding.span.start,
        end: finding.span.end,
        severity: severity_name(finding.severity),
        confidence: confidence_name(finding.confidence),
        message: &finding.message,
        source: cut.map_or(source, |(at, _)| &source[..at]),
        fix: fix_name(&finding.fix),
        edits: edits.collect(),
    }
}
