//! Every rule's examples are its tests: what stands before is found, what stands after is what the fix makes of it and is
//! left alone, look-alikes are not touched.

use ironclerk_upgrade::{
    Change, Fix, Generation, Package, Project, Rule, RuleSet, Source, check_source, fix_source,
    rule::{Example, FixClass, Role},
};
use std::collections::BTreeMap;

/// A project whose only package is on Core 1 for everything that the rule is about, with the files of its examples.
fn project(rule: &Rule) -> Project {
    let mut package = Package::default();
    let concerned = rule.packages.iter().map(String::as_str);
    // What a rule's examples import beside the package that it is about.
    let beside = [
        "@clerk/backend",
        "@clerk/clerk-sdk-node",
        "@clerk/nextjs",
        "@clerk/clerk-react",
        "@clerk/types",
    ];
    for name in concerned.chain(beside) {
        package.clerk.insert(name.to_owned(), Generation::Core1);
    }
    let files: BTreeMap<String, String> = rule
        .examples()
        .iter()
        .filter(|example| example.role == Role::File)
        .map(|example| (example.path.clone(), example.text.to_owned()))
        .collect();
    Project::new(vec![package], Box::new(files))
}

fn source(example: &Example) -> Source {
    Source::new(example.path.clone(), example.text, Some(0))
}

/// The configuration rules are tested with the code that carries them out.
fn is_code(rule: &Rule, example: &Example) -> bool {
    !matches!(
        rule.change,
        Change::PackageVersion { .. } | Change::RequiredVersion { .. }
    ) && source(example).language != ironclerk_upgrade::Language::Configuration
}

#[test]
fn examples_hold() {
    let mut failures = Vec::new();
    for rule in RuleSet::all().iter() {
        if let Some(only) = std::env::var_os("RULE")
            && only != rule.id
        {
            continue;
        }
        let alone = RuleSet::filtered(|other| other.id == rule.id);
        let project = project(rule);
        let mut fail = |what: String| failures.push(format!("{}: {what}", rule.id));
        let examples = rule.examples();
        let examples: Vec<&Example> = examples
            .iter()
            .filter(|example| is_code(rule, example))
            .collect();
        for (index, example) in examples.iter().enumerate() {
            let checked = check_source(&source(example), &project, &alone);
            if let Some(unread) = &checked.unread {
                fail(format!(
                    "an example is not read: {unread}\n{}",
                    example.text
                ));
                continue;
            }
            match example.role {
                Role::File => {}
                Role::Untouched => {
                    if !checked.findings.is_empty() {
                        fail(format!(
                            "found something in a look-alike: {:#?}\n{}",
                            checked.findings, example.text
                        ));
                    }
                }
                Role::Before => {
                    if checked.findings.is_empty() {
                        fail(format!("found nothing in\n{}", example.text));
                        continue;
                    }
                    let next = examples.get(index + 1).copied();
                    let after = next.filter(|next| matches!(next.role, Role::After | Role::Review));
                    let all_edits = after.is_none_or(|after| after.role == Role::Review);
                    let mut fixed = source(example);
                    fix_source(&mut fixed, &project, &alone, &mut |finding| {
                        all_edits || matches!(finding.fix, Fix::Safe(_))
                    });
                    let expected = after.map_or(example.text, |after| after.text);
                    if fixed.text != expected {
                        fail(format!(
                            "--- expected\n{expected}--- got\n{}--- findings {:#?}",
                            fixed.text, checked.findings
                        ));
                    }
                    if after.is_some_and(|after| after.role == Role::Review)
                        && checked
                            .findings
                            .iter()
                            .all(|finding| matches!(finding.fix, Fix::Safe(_)))
                    {
                        fail(format!(
                            "an example for review has only safe edits\n{}",
                            example.text
                        ));
                    }
                }
                Role::After | Role::Review => {
                    let left: Vec<_> = checked
                        .findings
                        .iter()
                        .filter(|finding| !finding.fix.edits().is_empty())
                        .collect();
                    if !left.is_empty() {
                        fail(format!(
                            "finds something in its own result: {left:#?}\n{}",
                            example.text
                        ));
                    }
                }
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}

#[test]
fn every_code_rule_has_an_example_that_it_finds_something_in() {
    let without: Vec<_> = RuleSet::all()
        .iter()
        .filter(|rule| {
            !matches!(
                rule.change,
                Change::PackageVersion { .. } | Change::RequiredVersion { .. }
            )
        })
        .filter(|rule| {
            !rule
                .examples()
                .iter()
                .any(|example| example.role == Role::Before)
        })
        .map(|rule| rule.id)
        .collect();
    assert_eq!(without, Vec::<&str>::new());
}

#[test]
fn a_rule_that_only_reports_shows_no_result() {
    for rule in RuleSet::all()
        .iter()
        .filter(|rule| rule.fix == FixClass::Report)
    {
        assert!(
            !rule
                .examples()
                .iter()
                .any(|example| matches!(example.role, Role::After | Role::Review)),
            "{}",
            rule.id
        );
    }
}
