//! One page that needs nothing else: no network, no other file.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Page, Report, confidence_name, counted, fix_name, reason, severity_name};
use crate::{Finding, Severity};

pub(super) fn render(report: &Report<'_>) -> String {
    let template = include_str!("page.html");
    let mut page = String::with_capacity(template.len());
    // Split at the placeholders: what is put in is never looked at again.
    for (index, part) in template.split("{{").enumerate() {
        let Some((name, rest)) = part.split_once("}}").filter(|_| index > 0) else {
            page.push_str(part);
            continue;
        };
        page.push_str(&match name {
            "summary" => summary(report),
            "filters" => filters(report),
            _ => changes(report),
        });
        page.push_str(rest);
    }
    page
}

fn summary(report: &Report<'_>) -> String {
    let notices = match report.notices() {
        0 => String::new(),
        notices => format!(" {}, where nothing breaks.", counted(notices, "notice")),
    };
    let fixed = match report.scan.fixed() {
        0 => String::new(),
        fixed => format!("{} rewritten. ", counted(fixed, "place")),
    };
    escape(&format!(
        "{fixed}{} in {}, of {} looked at.{notices}",
        counted(report.breaking(), "finding"),
        counted(report.files_to_change(), "file"),
        counted(report.scan.counts.files, "file"),
    ))
}

fn filters(report: &Report<'_>) -> String {
    let mut out = String::new();
    let mut group = |title: &str, name: &str, value: &dyn Fn(&Page<'_>, &Finding) -> String| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (page, finding) in report.findings() {
            *counts.entry(value(page, finding)).or_default() += 1;
        }
        let _ = writeln!(
            out,
            "<fieldset><legend>{title}</legend><div class=\"choices\">"
        );
        for (value, count) in counts {
            let value = escape(&value);
            let shown = if value.is_empty() { "(none)" } else { &value };
            let _ = writeln!(
                out,
                "<label><input type=\"checkbox\" name=\"{name}\" value=\"{value}\"><span>{shown}</span><span class=\"count\">{count}</span></label>"
            );
        }
        out.push_str("</div></fieldset>\n");
    };
    group("Confidence", "confidence", &|_, finding| {
        confidence_name(finding.confidence).to_owned()
    });
    group("Rewritten", "fix", &|_, finding| {
        fix_title(finding).to_owned()
    });
    group("Package", "package", &|page, _| {
        report.package(page).unwrap_or_default().to_owned()
    });
    group("Change", "rule", &|_, finding| finding.rule.to_owned());
    out
}

fn changes(report: &Report<'_>) -> String {
    let mut out = String::new();
    for (rule, findings) in report.by_rule() {
        let _ = writeln!(
            out,
            "<section data-change><h2>{}</h2><p>{}</p>",
            prose(&rule.title),
            prose(&reason(rule))
        );
        for (page, finding) in findings {
            article(&mut out, report, page, finding);
        }
        out.push_str("</section>\n");
    }
    if report.count(|_| true) == 0 {
        out.push_str("<section><h2>Nothing to do</h2></section>\n");
    }
    if !report.scan.unread.is_empty() {
        out.push_str("<section><h2>Not read</h2><ul>\n");
        for unread in &report.scan.unread {
            let _ = writeln!(
                out,
                "<li><code>{}</code> {}</li>",
                escape(&unread.path),
                escape(&unread.reason)
            );
        }
        out.push_str("</ul></section>\n");
    }
    out
}

fn article(out: &mut String, report: &Report<'_>, page: &Page<'_>, finding: &Finding) {
    let place = page.lines.position(finding.span.start);
    let confidence = confidence_name(finding.confidence);
    let (what, severity) = (fix_title(finding), severity_name(finding.severity));
    let package = escape(report.package(page).unwrap_or_default());
    let path = escape(&finding.path);
    let _ = writeln!(
        out,
        "<article data-rule=\"{}\" data-severity=\"{severity}\" data-confidence=\"{confidence}\" data-fix=\"{what}\" data-package=\"{package}\">",
        finding.rule
    );
    let _ = writeln!(
        out,
        "<div class=\"place\"><code>{path}:{}:{}</code><span class=\"tag {confidence}\">{confidence}</span><span class=\"tag\">{what}</span></div>",
        place.line, place.column
    );
    let _ = writeln!(out, "<p>{}</p>", prose(&finding.message));
    const LONGEST: usize = 20_000;
    let hunks = page.lines.hunks(finding.fix.edits());
    if hunks.is_empty() || hunks.iter().any(|hunk| hunk.before.len() > LONGEST) {
        let (first, around) = page.lines.around(&finding.span);
        if around.len() <= LONGEST {
            let start = (finding.span.start as usize)
                .saturating_sub(first)
                .min(around.len());
            let end = (finding.span.end as usize)
                .saturating_sub(first)
                .clamp(start, around.len());
            let marked = format!(
                "{}<mark>{}</mark>{}",
                escape(&around[..start]),
                escape(&around[start..end]),
                escape(&around[end..])
            );
            let _ = writeln!(
                out,
                "<div class=\"sides\">{}</div>",
                side("plain", place.line, &marked)
            );
        }
    } else {
        for hunk in hunks {
            let (before, after) = compared(&hunk.before, &hunk.after);
            let _ = writeln!(
                out,
                "<div class=\"sides\">{}{}</div>",
                side("removed", hunk.line, &before),
                side("added", hunk.line, &after)
            );
        }
    }
    out.push_str("</article>\n");
}

/// What becomes of a finding, in words.
fn fix_title(finding: &Finding) -> &'static str {
    match (finding.severity, fix_name(&finding.fix)) {
        (Severity::Notice, _) => "nothing to do",
        (_, "safe") => "by --fix",
        (_, "review") => "on request, to look at",
        _ => "by hand",
    }
}

/// Lines before and after, escaped, with what differs in them marked where they are as many.
fn compared(before: &str, after: &str) -> (String, String) {
    if before.lines().count() != after.lines().count() {
        return (escape(before), escape(after));
    }
    let rows = before.lines().zip(after.lines()).map(|(before, after)| {
        let start = (before.char_indices().zip(after.chars()))
            .find(|((_, one), other)| one != other)
            .map_or(before.len().min(after.len()), |((at, _), _)| at);
        let tail = (before[start..].chars().rev())
            .zip(after[start..].chars().rev())
            .take_while(|(one, other)| one == other)
            .map(|(character, _)| character.len_utf8())
            .sum::<usize>();
        let marked = |line: &str| {
            let end = line.len() - tail;
            let (head, middle, rest) = (&line[..start], &line[start..end], &line[end..]);
            match head.trim().is_empty() && rest.trim().is_empty() || middle.is_empty() {
                true => escape(line),
                false => format!(
                    "{}<mark>{}</mark>{}",
                    escape(head),
                    escape(middle),
                    escape(rest)
                ),
            }
        };
        (marked(before) + "\n", marked(after) + "\n")
    });
    rows.unzip()
}

/// Numbered lines of text that is escaped already.
fn side(class: &str, line: usize, text: &str) -> String {
    let rows = text
        .lines()
        .map(|row| format!("<span class=\"row\">{row}</span>"));
    let rows = rows.collect::<String>();
    format!(
        "<pre class=\"{class}\" style=\"--from:{}\">{rows}</pre>",
        line - 1
    )
}

/// One line of Markdown: code spans are all that titles and messages have.
fn prose(text: &str) -> String {
    let mut out = String::new();
    for (index, part) in text.split('`').enumerate() {
        let part = escape(part);
        match index % 2 {
            1 => out.push_str(&format!("<code>{part}</code>")),
            _ => out.push_str(&part),
        }
    }
    out
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            character => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::compared;

    #[test]
    fn what_differs_is_marked() {
        for (before, after, expected) in [
            ("a(b)", "a(c, b)", ("a(b)\n", "a(<mark>c, </mark>b)\n")),
            (
                "  x: é1,",
                "  x: è1,",
                ("  x: <mark>é</mark>1,\n", "  x: <mark>è</mark>1,\n"),
            ),
            ("one", "two", ("one\n", "two\n")),
            ("a < b\nc", "a < b", ("a &lt; b\nc", "a &lt; b")),
            ("", "", ("", "")),
        ] {
            let (one, other) = compared(before, after);
            assert_eq!((&*one, &*other), expected, "{before} {after}");
        }
    }
}
