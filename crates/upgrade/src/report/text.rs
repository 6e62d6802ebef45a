//! The report for a person at a terminal.

use std::fmt::Write;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use similar::TextDiff;

use super::{Hunk, Lines, Report, confidence_name, counted, reason};
use crate::rule::FixClass;
use crate::scan::Scan;
use crate::{Change, Confidence, Finding, Fix, Rule, RuleSet, Severity, Source};

/// Colours, where they are wanted. They never carry meaning alone.
#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        match self.0 {
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            false => text.to_owned(),
        }
    }

    fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    fn removed(self, text: &str) -> String {
        self.with("31", text)
    }

    fn added(self, text: &str) -> String {
        self.with("32", text)
    }
}

pub(super) fn render(report: &Report<'_>, color: bool) -> String {
    let paint = Paint(color);
    let mut out = String::new();
    let is_checklist = report.scan.fixed() > 0;
    for (rule, findings) in report.by_rule() {
        let kind = match rule.severity {
            Severity::Breaking => "place",
            Severity::Notice => "notice",
        };
        let of = format!("[{}, {}]", rule.id, counted(findings.len(), kind));
        let _ = writeln!(out, "{} {}", paint.bold(&rule.title), paint.dim(&of));
        for line in wrapped(&reason(rule), 100) {
            let _ = writeln!(out, "{line}");
        }
        if !is_checklist {
            out.push('\n');
        }
        for (page, finding) in findings {
            match is_checklist {
                true => {
                    let place = page.lines.position(finding.span.start);
                    let path = &finding.path;
                    let mark = match rule.severity {
                        Severity::Breaking => "[ ]",
                        Severity::Notice => " - ",
                    };
                    let _ = writeln!(
                        out,
                        "  {mark} {path}:{}:{} {}",
                        place.line, place.column, finding.message
                    );
                }
                false => shown(&mut out, &page.lines, finding, paint),
            }
        }
        if is_checklist {
            out.push('\n');
        }
    }
    summary(&mut out, report, paint);
    out
}

/// One finding with its source line and what to write instead, as `--interactive` shows it.
pub fn finding(source: &Source, finding: &Finding, color: bool) -> String {
    let mut out = String::new();
    shown(&mut out, &Lines::new(source), finding, Paint(color));
    out
}

fn shown(out: &mut String, lines: &Lines<'_>, finding: &Finding, paint: Paint) {
    /// More than this of one finding is not looked at in a terminal.
    const LONGEST: usize = 1_000;
    let place = lines.position(finding.span.start);
    let (first, around) = lines.around(&finding.span);
    let level = match finding.severity {
        Severity::Breaking => Level::WARNING.with_name(Some(confidence_name(finding.confidence))),
        Severity::Notice => Level::NOTE.with_name(Some("notice")),
    };
    let group = Group::with_title(level.primary_title(finding.message.as_str()));
    let group = match around.len() <= LONGEST {
        true => {
            let start = (finding.span.start as usize)
                .saturating_sub(first)
                .min(around.len());
            let end = (finding.span.end as usize)
                .saturating_sub(first)
                .clamp(start, around.len());
            let snippet = Snippet::source(around)
                .path(finding.path.as_str())
                .line_start(place.line);
            group.element(snippet.annotation(AnnotationKind::Primary.span(start..end)))
        }
        false => {
            let origin = Origin::path(finding.path.as_str()).line(place.line);
            group.element(origin.char_column(place.column))
        }
    };
    let renderer = if paint.0 {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let _ = writeln!(out, "{}", renderer.render(&[group]));
    let hunks = lines.hunks(finding.fix.edits());
    if hunks
        .iter()
        .all(|hunk| hunk.before.len().max(hunk.after.len()) <= LONGEST)
    {
        for hunk in &hunks {
            hunk_lines(out, hunk, paint);
        }
    }
    if matches!(finding.fix, Fix::Review(_)) {
        let _ = writeln!(
            out,
            "  {}",
            paint.dim("look at it afterwards: this edit may change what the code does")
        );
    }
    out.push('\n');
}

fn hunk_lines(out: &mut String, hunk: &Hunk, paint: Paint) {
    let width = (hunk.line + hunk.before.lines().count()).to_string().len();
    let number = |offset: usize| hunk.line + offset;
    for (offset, line) in hunk.before.lines().enumerate() {
        let _ = writeln!(
            out,
            "{}",
            paint.removed(&format!("{:width$} - {line}", number(offset)))
        );
    }
    for (offset, line) in hunk.after.lines().enumerate() {
        let _ = writeln!(
            out,
            "{}",
            paint.added(&format!("{:width$} + {line}", number(offset)))
        );
    }
}

fn summary(out: &mut String, report: &Report<'_>, paint: Paint) {
    let scan = report.scan;
    let edited = scan
        .files
        .iter()
        .filter(|file| file.before.is_some())
        .count();
    if scan.fixed() > 0 {
        let (places, files) = (counted(scan.fixed(), "place"), counted(edited, "file"));
        let line = format!("Rewrote {places} in {files}.");
        let _ = writeln!(out, "{}", paint.bold(&line));
        let fixed = scan.files.iter().flat_map(|file| &file.fixed);
        if fixed
            .into_iter()
            .any(|finding| is_about_versions(report, finding))
        {
            out.push_str("Reinstall the packages now. Keep the list above: code that has Core 2 installed\nis taken for upgraded by the next run.\n");
        }
    }
    let total = report.breaking();
    if total == 0 {
        let rest = match (scan.fixed() > 0, scan.unread.is_empty()) {
            (true, true) => "Nothing is left to do.",
            (false, true) => "Nothing to do: no Core 1 code was found.",
            (true, false) => "Nothing is left to do in what could be read.",
            (false, false) => "No Core 1 code was found in what could be read.",
        };
        let _ = writeln!(out, "{}", paint.bold(rest));
    } else {
        let files = report.files_to_change();
        let count = |is_counted: &dyn Fn(&Finding) -> bool| {
            report.count(|finding| finding.severity == Severity::Breaking && is_counted(finding))
        };
        let of = |confidence| count(&|finding| finding.confidence == confidence);
        let (findings, files) = (counted(total, "finding"), counted(files, "file"));
        let _ = writeln!(
            out,
            "{} {} certain, {} likely, {} possible.",
            paint.bold(&format!("{findings} in {files}:")),
            of(Confidence::Certain),
            of(Confidence::Likely),
            of(Confidence::Possible),
        );
        let is_safe = |finding: &Finding| {
            matches!(finding.fix, Fix::Safe(_)) && finding.confidence == Confidence::Certain
        };
        let safe = count(&is_safe);
        let person = count(&|finding| finding.fix == Fix::None);
        let _ = writeln!(
            out,
            "--fix rewrites {safe}, --interactive offers {} more, {person} {} a person.",
            total - safe - person,
            if person == 1 { "needs" } else { "need" },
        );
    }
    if report.notices() > 0 {
        let notices = counted(report.notices(), "notice");
        let _ = writeln!(
            out,
            "{notices}: nothing breaks there, but it is worth knowing."
        );
    }
    if !scan.unread.is_empty() {
        const SHOWN: usize = 20;
        let _ = writeln!(
            out,
            "\n{}",
            paint.bold(&format!("{} not read:", counted(scan.unread.len(), "file")))
        );
        for unread in scan.unread.iter().take(SHOWN) {
            let _ = writeln!(out, "  {} {}", unread.path, unread.reason);
        }
        if scan.unread.len() > SHOWN {
            let _ = writeln!(
                out,
                "  … and {} more (--format json names all)",
                scan.unread.len() - SHOWN
            );
        }
    }
    let line = format!(
        "Looked at {}, {} that can mention Clerk closely, in {:.2} s.",
        counted(scan.counts.files, "file"),
        scan.checked,
        scan.elapsed.as_secs_f64()
    );
    let _ = writeln!(out, "{}", paint.dim(&line));
}

fn is_about_versions(report: &Report<'_>, finding: &Finding) -> bool {
    let rule = report.scan.rules.get(finding.rule);
    rule.is_some_and(|rule| matches!(rule.change, Change::PackageVersion { .. }))
}

/// The edits of a scan as a unified diff.
pub fn changes(scan: &Scan, color: bool) -> String {
    let paint = Paint(color);
    let mut out = String::new();
    for file in &scan.files {
        let Some(before) = &file.before else { continue };
        let path = &file.source.path;
        let (before, after) = (
            super::redact::redact(path, before),
            super::redact::redact(path, &file.source.text),
        );
        let diff = TextDiff::from_lines(&*before, &*after);
        let diff = diff
            .unified_diff()
            .header(&format!("a/{path}"), &format!("b/{path}"))
            .to_string();
        for line in diff.split_inclusive('\n') {
            match line.as_bytes() {
                [b'-', ..] => out.push_str(&paint.removed(line)),
                [b'+', ..] => out.push_str(&paint.added(line)),
                _ => out.push_str(line),
            }
        }
    }
    out
}

/// What a rule says.
pub fn explain(rule: &Rule, color: bool) -> String {
    let paint = Paint(color);
    let mut out = String::new();
    let fix = match (rule.severity, rule.fix) {
        (Severity::Notice, _) => "none: nothing breaks, it is worth knowing",
        (_, FixClass::Safe) => "rewritten by --fix where it is certain",
        (_, FixClass::Review) => "rewritten on request, to be looked at",
        (_, FixClass::Report) => "reported; a person has to change it",
    };
    let _ = writeln!(out, "{}\n", paint.bold(&rule.title));
    let _ = writeln!(out, "Rule      {}", rule.id);
    if !rule.aliases.is_empty() {
        let _ = writeln!(out, "Also      {}", rule.aliases.join(", "));
    }
    for (index, line) in wrapped(&rule.packages.join(", "), 80).iter().enumerate() {
        let _ = writeln!(
            out,
            "{}  {line}",
            if index == 0 { "Packages" } else { "        " }
        );
    }
    let _ = writeln!(out, "Fix       {fix}\n");
    let _ = writeln!(out, "{}", rule.explanation.trim_end());
    out
}

/// All rules, by guide.
pub fn list(rules: &RuleSet, color: bool) -> String {
    let paint = Paint(color);
    let mut out = String::new();
    let width = rules
        .iter()
        .map(|rule| rule.id.len())
        .max()
        .unwrap_or_default();
    let mut guide = "";
    let mut sorted: Vec<&Rule> = rules.iter().collect();
    sorted.sort_by_key(|rule| (rule.guide, rule.id));
    for rule in sorted {
        if rule.guide != guide {
            let gap = if guide.is_empty() { "" } else { "\n" };
            let _ = writeln!(out, "{gap}{}", paint.bold(rule.guide));
            guide = rule.guide;
        }
        let fix = match (rule.severity, rule.fix) {
            (Severity::Notice, _) => "notice",
            (_, FixClass::Safe) => "fix",
            (_, FixClass::Review) => "review",
            (_, FixClass::Report) => "report",
        };
        let _ = writeln!(out, "  {:width$}  {fix:6}  {}", rule.id, rule.title);
    }
    let _ = writeln!(out, "\n{}", counted(rules.iter().count(), "rule"));
    out
}

/// Words in lines of at most that many characters.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
