//! A migration plan to paste into an issue.

use std::fmt::Write;

use super::{Page, Report, counted, reason};
use crate::{Confidence, Finding, Fix, Severity};

/// Whether a finding belongs to a part of the plan.
type Part = fn(&Finding) -> bool;

/// GitHub takes issues of 65,536 characters; what is beyond that is counted.
const LONGEST: usize = 60_000;

pub(super) fn render(report: &Report<'_>) -> String {
    let scan = report.scan;
    let mut out = String::from("# Upgrade to Clerk Core 2\n\n");
    let total = report.breaking();
    if scan.fixed() > 0 {
        let _ = writeln!(
            out,
            "`ironclerk upgrade --fix` rewrote {}.\n",
            counted(scan.fixed(), "place")
        );
    }
    let groups = report.by_rule();
    let breaking = || {
        groups
            .iter()
            .filter(|(rule, _)| rule.severity == Severity::Breaking)
    };
    if total == 0 {
        out.push_str("Nothing is left to do.\n");
    } else {
        let _ = writeln!(
            out,
            "{} of {} in {}.\n",
            counted(total, "finding"),
            counted(breaking().count(), "change"),
            counted(report.files_to_change(), "file")
        );
        out.push_str(
            "| change | places | `--fix` | to look at | by hand |\n|---|---:|---:|---:|---:|\n",
        );
    }
    for (rule, findings) in breaking() {
        let count =
            |of: fn(&Finding) -> bool| findings.iter().filter(|(_, finding)| of(finding)).count();
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            rule.title.replace('|', "\\|"),
            findings.len(),
            count(is_automatic),
            count(is_to_review),
            count(is_by_hand),
        );
    }
    let parts: [(&str, &str, Part); 4] = [
        (
            "Rewritten by `ironclerk upgrade --fix`",
            "Nothing to decide here.",
            is_automatic,
        ),
        (
            "To look at",
            "`ironclerk upgrade --interactive` offers these one by one.",
            is_to_review,
        ),
        ("By hand", "No edit is right for all of these.", is_by_hand),
        ("Good to know", "Nothing breaks here.", is_notice),
    ];
    let mut left_out = 0;
    for (title, remark, is_part) in parts {
        if !report.findings().any(|(_, finding)| is_part(finding)) {
            continue;
        }
        let _ = write!(out, "\n## {title}\n\n{remark}\n");
        for (rule, findings) in &groups {
            let findings: Vec<_> = findings
                .iter()
                .filter(|(_, finding)| is_part(finding))
                .collect();
            if findings.is_empty() {
                continue;
            }
            if out.len() > LONGEST {
                left_out += findings.len();
                continue;
            }
            let _ = write!(out, "\n### {}\n\n{}\n\n", rule.title, reason(rule));
            for (page, finding) in findings {
                match out.len() > LONGEST {
                    true => left_out += 1,
                    false => item(&mut out, page, finding),
                }
            }
        }
    }
    if left_out > 0 {
        let _ = write!(
            out,
            "\nAnd {} more, which did not fit.\n",
            counted(left_out, "place")
        );
    }
    if !scan.unread.is_empty() {
        out.push_str("\n## Not read\n\n");
        for unread in scan.unread.iter().take(50) {
            let _ = writeln!(out, "- `{}` {}", unread.path, unread.reason);
        }
    }
    out
}

fn item(out: &mut String, page: &Page<'_>, finding: &Finding) {
    let place = page.lines.position(finding.span.start);
    let sure = match finding.confidence {
        Confidence::Certain => "",
        Confidence::Likely => " _(likely)_",
        Confidence::Possible => " _(possible)_",
    };
    let mark = match finding.severity {
        Severity::Breaking => "- [ ]",
        Severity::Notice => "-",
    };
    let _ = writeln!(
        out,
        "{mark} `{}:{}`{sure} {}",
        finding.path, place.line, finding.message
    );
    let hunks = page.lines.hunks(finding.fix.edits());
    let is_short = hunks
        .iter()
        .map(|hunk| hunk.before.len() + hunk.after.len())
        .sum::<usize>()
        < 1_000;
    if !hunks.is_empty() && is_short && !matches!(finding.fix, Fix::None) {
        let _ = writeln!(out, "  ```diff");
        for hunk in hunks {
            for line in hunk.before.lines() {
                let _ = writeln!(out, "  -{line}");
            }
            for line in hunk.after.lines() {
                let _ = writeln!(out, "  +{line}");
            }
        }
        let _ = writeln!(out, "  ```");
    }
}

fn is_notice(finding: &Finding) -> bool {
    finding.severity == Severity::Notice
}

fn is_automatic(finding: &Finding) -> bool {
    !is_notice(finding)
        && matches!(finding.fix, Fix::Safe(_))
        && finding.confidence == Confidence::Certain
}

fn is_to_review(finding: &Finding) -> bool {
    !is_notice(finding) && !is_automatic(finding) && !is_by_hand(finding)
}

fn is_by_hand(finding: &Finding) -> bool {
    !is_notice(finding) && finding.fix == Fix::None
}
