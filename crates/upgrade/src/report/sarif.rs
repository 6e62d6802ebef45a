//! SARIF 2.1.0, as GitHub's code scanning reads it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Page, Report, confidence_name, fix_name, reason, severity_name};
use crate::{Confidence, Finding, Rule, Severity};

/// GitHub refuses a file with more results than this.
const MOST: usize = 25_000;

pub(super) fn render(report: &Report<'_>) -> String {
    let groups = report.by_rule();
    let index: BTreeMap<&str, usize> = (groups.iter().enumerate())
        .map(|(index, (rule, _))| (rule.id, index))
        .collect();
    // The same finding on the same code, wherever the line moves to; twins are told apart by their number.
    let mut twins: BTreeMap<String, usize> = BTreeMap::new();
    let results = report.findings().take(MOST).map(|(page, finding)| {
        let source = page.lines.around(&finding.span).1;
        let hash = fingerprint(&[finding.rule, &finding.path, source.trim()]);
        let number = twins.entry(hash.clone()).or_default();
        *number += 1;
        result(page, finding, &index, &format!("{hash}:{number}"))
    });
    let left_out = report.count(|_| true).saturating_sub(MOST);
    let left_out = (left_out > 0).then(|| {
        let text = format!("{left_out} more findings did not fit, --format json has all");
        json!({ "level": "warning", "message": { "text": text } })
    });
    let unread = report.scan.unread.iter().map(|unread| {
        json!({
            "level": "note",
            "message": { "text": format!("{} {}", unread.path, unread.reason) },
            "locations": [{ "physicalLocation": { "artifactLocation": location(&unread.path) } }],
        })
    });
    let value = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "ironclerk upgrade",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": groups.iter().map(|(rule, _)| describe(rule)).collect::<Vec<_>>(),
            } },
            "automationDetails": { "id": "ironclerk-upgrade/core-2" },
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": unread.chain(left_out).collect::<Vec<_>>(),
            }],
        }],
    });
    format!("{value:#}\n")
}

fn describe(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "name": rule.id,
        "shortDescription": { "text": rule.title.replace('`', "") },
        "fullDescription": { "text": reason(rule).replace('`', "") },
        "help": { "text": rule.explanation, "markdown": rule.explanation },
        "defaultConfiguration": { "level": match rule.severity {
            Severity::Breaking => "warning",
            Severity::Notice => "note",
        } },
        "properties": { "tags": ["clerk", "core-2", rule.guide], "precision": "high" },
    })
}

fn result(
    page: &Page<'_>,
    finding: &Finding,
    index: &BTreeMap<&str, usize>,
    fingerprint: &str,
) -> Value {
    let lines = &page.lines;
    let (start, end) = (
        lines.position(finding.span.start),
        lines.position(finding.span.end),
    );
    let level = match (finding.severity, finding.confidence) {
        (Severity::Breaking, Confidence::Certain) => "error",
        (Severity::Breaking, Confidence::Likely) => "warning",
        (Severity::Breaking, Confidence::Possible) | (Severity::Notice, _) => "note",
    };
    let mut value = json!({
        "ruleId": finding.rule,
        "ruleIndex": index.get(finding.rule),
        "level": level,
        "message": { "text": finding.message },
        "locations": [{ "physicalLocation": {
            "artifactLocation": location(&finding.path),
            "region": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            },
        } }],
        "partialFingerprints": { "ironclerk/v1": fingerprint },
        "properties": {
            "severity": severity_name(finding.severity),
            "confidence": confidence_name(finding.confidence),
            "fix": fix_name(&finding.fix),
        },
    });
    let replacements = finding.fix.edits().iter().map(|edit| {
        let (start, end) = (
            lines.position(edit.span.start),
            lines.position(edit.span.end),
        );
        json!({
            "deletedRegion": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            },
            "insertedContent": { "text": super::redact::redact("", &edit.text) },
        })
    });
    let replacements: Vec<Value> = replacements.collect();
    if !replacements.is_empty() {
        value["fixes"] = json!([{
            "description": { "text": "What Core 2 wants in its place" },
            "artifactChanges": [{
                "artifactLocation": location(&finding.path),
                "replacements": replacements,
            }],
        }]);
    }
    value
}

/// A path as the relative reference that SARIF asks for.
fn location(path: &str) -> Value {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    json!({ "uri": uri, "uriBaseId": "%SRCROOT%" })
}

/// FNV-1a: the same on every machine and in every version.
fn fingerprint(parts: &[&str]) -> String {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}
