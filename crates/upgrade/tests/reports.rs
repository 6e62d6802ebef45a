//! Reports of everything that any rule finds: SARIF as the standard and GitHub want it, a page that needs nothing else.
// Helpers outside of test functions fail their test by panicking.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;

use ironclerk_upgrade::report::{self, Format};
use ironclerk_upgrade::rule::Role;
use ironclerk_upgrade::scan::{Request, Scan, scan};
use ironclerk_upgrade::{RuleSet, Severity};
use serde_json::Value;
use tempfile::TempDir;

/// A codebase of the examples of all rules, each rule a package of its own.
fn everything() -> (TempDir, Scan) {
    let root = tempfile::tempdir().unwrap();
    for rule in RuleSet::all().iter() {
        for (index, example) in rule.examples().iter().enumerate() {
            let is_shared = matches!(example.role, Role::File);
            if !is_shared && example.role != Role::Before {
                continue;
            }
            let folder = match is_shared {
                true => rule.id.to_owned(),
                false => format!("{}/{index}", rule.id),
            };
            let path = root.path().join(folder).join(&example.path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, example.text).unwrap();
        }
        let dependencies = rule
            .packages
            .iter()
            .map(|name| format!("\"{name}\": \"0.1.0\""));
        let manifest = format!(
            "{{ \"name\": \"{}\", \"dependencies\": {{ {} }} }}",
            rule.id,
            dependencies.collect::<Vec<_>>().join(", ")
        );
        let path = root.path().join(rule.id).join("package.json");
        if !path.exists() {
            fs::write(path, manifest).unwrap();
        }
    }
    fs::write(
        root.path().join("broken.ts"),
        "import { Clerk from '@clerk/backend'",
    )
    .unwrap();
    let scan = scan(root.path(), &Request::default(), &|_| {}).unwrap();
    (root, scan)
}

/// What the 2.1.0 schema allows in each kind of object of ours, with what it requires in front of the bar.
const ALLOWED: [(&str, &str); 17] = [
    ("", "version runs | $schema"),
    (
        "runs",
        "tool | automationDetails columnKind invocations results",
    ),
    ("tool", "driver |"),
    ("driver", "name | informationUri rules semanticVersion"),
    (
        "rules",
        "id | defaultConfiguration fullDescription help name properties shortDescription",
    ),
    ("defaultConfiguration", "| level"),
    ("automationDetails", "| id"),
    (
        "results",
        "message | fixes level locations partialFingerprints properties ruleId ruleIndex",
    ),
    ("locations", "| physicalLocation"),
    ("physicalLocation", "| artifactLocation region"),
    ("artifactLocation", "| uri uriBaseId"),
    ("region", "| startLine startColumn endLine endColumn"),
    ("fixes", "artifactChanges | description"),
    ("artifactChanges", "artifactLocation replacements |"),
    ("replacements", "deletedRegion | insertedContent"),
    (
        "invocations",
        "executionSuccessful | toolExecutionNotifications",
    ),
    ("toolExecutionNotifications", "message | level locations"),
];

/// Looks at an object, and those in it, by the property that holds it.
fn is_of_schema(name: &str, value: &Value) {
    if let Value::Array(items) = value {
        return items.iter().for_each(|item| is_of_schema(name, item));
    }
    let name = if name == "deletedRegion" {
        "region"
    } else {
        name
    };
    let Value::Object(object) = value else { return };
    if let Some((_, keys)) = ALLOWED.iter().find(|(known, _)| *known == name) {
        let (required, optional) = keys.split_once('|').unwrap();
        let allowed: Vec<&str> = required
            .split_whitespace()
            .chain(optional.split_whitespace())
            .collect();
        for key in required.split_whitespace() {
            assert!(object.contains_key(key), "{name} lacks {key}");
        }
        for key in object.keys() {
            assert!(allowed.contains(&key.as_str()), "{name} has {key}");
        }
    }
    if name == "region" {
        let of = |key: &str| value[key].as_u64().unwrap();
        let (start, end) = (
            (of("startLine"), of("startColumn")),
            (of("endLine"), of("endColumn")),
        );
        assert!(start.0 > 0 && start.1 > 0 && start <= end, "{value}");
    }
    if name == "artifactLocation" {
        let uri = value["uri"].as_str().unwrap();
        assert!(
            !uri.starts_with('/') && !uri.contains([' ', '\\', ':']),
            "{uri}"
        );
    }
    if let Some(level) = object.get("level") {
        assert!(["none", "note", "warning", "error"].contains(&level.as_str().unwrap()));
    }
    for (key, value) in object {
        if key != "properties" {
            is_of_schema(key, value);
        }
    }
}

#[test]
fn sarif() {
    let (_root, scan) = everything();
    let text = report::render(&scan, Format::Sarif, false);
    // To look at it with other tools.
    if let Some(path) = std::env::var_os("KEEP_SARIF") {
        fs::write(path, &text).unwrap();
    }
    let log: Value = serde_json::from_str(&text).unwrap();
    is_of_schema("", &log);
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: BTreeSet<&str> = rules
        .iter()
        .map(|rule| rule["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), rules.len(), "an id is there twice");
    for rule in rules {
        let length = |key: &str, part: &str| rule[key][part].as_str().unwrap().chars().count();
        // What GitHub shows of a rule, and where it cuts.
        assert!(
            (1..=1024).contains(&length("shortDescription", "text")),
            "{}",
            rule["id"]
        );
        assert!(
            (1..=1024).contains(&length("fullDescription", "text")),
            "{}",
            rule["id"]
        );
        assert!(length("help", "markdown") > 0);
        assert!(rule["name"].as_str().unwrap().len() <= 255);
        assert!(rule["properties"]["tags"].as_array().unwrap().len() <= 20);
    }
    let results = run["results"].as_array().unwrap();
    assert!(results.len() > 300 && results.len() <= 25_000);
    let mut fingerprints = BTreeSet::new();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        assert_eq!(result["locations"].as_array().unwrap().len(), 1);
        fingerprints.insert(
            result["partialFingerprints"]["ironclerk/v1"]
                .as_str()
                .unwrap(),
        );
    }
    assert_eq!(fingerprints.len(), results.len());
    let notes = run["invocations"][0]["toolExecutionNotifications"]
        .as_array()
        .unwrap();
    assert!(notes.iter().any(|note| {
        note["message"]["text"]
            .as_str()
            .unwrap()
            .starts_with("broken.ts")
    }));
}

#[test]
fn every_rule_is_in_the_reports() {
    let (_root, scan) = everything();
    let html = report::render(&scan, Format::Html, false);
    let json: Value = serde_json::from_str(&report::render(&scan, Format::Json, false)).unwrap();
    let rules = json["rules"].as_array().unwrap();
    for rule in RuleSet::all().iter() {
        let shown = rules.iter().find(|shown| shown["id"] == rule.id);
        let shown = shown.unwrap_or_else(|| panic!("{} finds nothing", rule.id));
        let severity = match rule.severity {
            Severity::Breaking => "breaking",
            Severity::Notice => "notice",
        };
        assert_eq!(shown["severity"], severity);
        assert!(
            html.contains(&format!("data-rule=\"{}\"", rule.id)),
            "{}",
            rule.id
        );
    }
    let findings = json["findings"].as_array().unwrap();
    let notices = findings
        .iter()
        .filter(|finding| finding["severity"] == "notice");
    assert_eq!(json["summary"]["notices"], notices.count());
    assert_eq!(json["summary"]["findings"], findings.len());
    assert_eq!(
        scan.left() as u64 + json["summary"]["notices"].as_u64().unwrap(),
        findings.len() as u64
    );
}

#[test]
fn the_page_needs_nothing_else() {
    let (_root, scan) = everything();
    let html = report::render(&scan, Format::Html, false);
    if let Some(path) = std::env::var_os("KEEP_HTML") {
        fs::write(path, &html).unwrap();
    }
    for loads in [
        "<link", "src=", "@import", "url(", "fetch(", "<iframe", "<img",
    ] {
        let mut places = html.match_indices(loads).map(|(at, _)| at);
        let outside = places.find(|&at| !is_code(&html, at));
        assert_eq!(outside, None, "the page has {loads}");
    }
    assert!(html.contains("default-src 'none'"));
    assert_eq!(html.matches("<script>").count(), 1);
}

/// Whether a place is inside of shown code.
fn is_code(html: &str, at: usize) -> bool {
    let before = &html[..at];
    let open = before
        .rfind("<pre")
        .into_iter()
        .chain(before.rfind("<code"))
        .max();
    let close = before
        .rfind("</pre>")
        .into_iter()
        .chain(before.rfind("</code>"))
        .max();
    open > close
}

#[test]
fn all_rules_are_listed() {
    let rules = RuleSet::all();
    insta::assert_snapshot!("list_rules", report::list(&rules, false));
    for rule in rules.iter() {
        let explained = report::explain(rule, false);
        assert!(explained.contains(&rule.title) && explained.contains(rule.explanation));
    }
}

/// A codebase on Core 1 of these files.
fn scanned(files: &[(&str, &str)]) -> Scan {
    let root = tempfile::tempdir().unwrap();
    let manifest = r#"{ "dependencies": { "@clerk/nextjs": "^4.29.0" } }"#;
    fs::write(root.path().join("package.json"), manifest).unwrap();
    for (path, text) in files {
        fs::write(root.path().join(path), text).unwrap();
    }
    let rules = RuleSet::filtered(|rule| !matches!(rule.id, "package-version" | "node-version"));
    let request = Request {
        rules,
        ..Request::default()
    };
    scan(root.path(), &request, &|_| {}).unwrap()
}

#[test]
fn notices_ask_for_nothing() {
    let text =
        "import { UserProfile } from '@clerk/nextjs';\nexport default () => <UserProfile />;\n";
    let scan = scanned(&[("page.tsx", text)]);
    assert_eq!((scan.left(), scan.findings().count()), (0, 3));
    let report = report::render(&scan, Format::Text, false);
    let (before, _) = report.rsplit_once("Looked at").unwrap();
    insta::assert_snapshot!("notices", before);
    for (format, expected) in [
        (Format::Json, "\"notices\": 3"),
        (Format::Sarif, "\"level\": \"note\""),
        (Format::Markdown, "## Good to know"),
        (Format::Github, "::notice file=page.tsx,line=2"),
        (Format::Html, "data-severity=\"notice\""),
    ] {
        let text = report::render(&scan, format, false);
        assert!(text.contains(expected), "{format:?}: {text}");
    }
}
