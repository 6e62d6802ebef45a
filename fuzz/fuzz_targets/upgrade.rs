//! A file of a codebase: whatever is in it, it is checked and rewritten without a panic, what is rewritten parses if
//! it did before, and rewriting again changes nothing.
#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ironclerk_upgrade::{
    Fix, Generation, Language, Package, Project, RuleSet, Source, check_source, discover,
    fix_source,
};
use libfuzzer_sys::fuzz_target;

static RULES: LazyLock<RuleSet> = LazyLock::new(RuleSet::all);

/// What the rules have as examples, which every rule finds something in.
static SEEDS: LazyLock<Vec<(String, &str)>> = LazyLock::new(|| {
    let examples = RULES.iter().flat_map(|rule| rule.examples());
    examples
        .map(|example| (example.path, example.text))
        .collect()
});

static PROJECT: LazyLock<Project> = LazyLock::new(|| {
    let names = RULES.iter().flat_map(|rule| &rule.packages);
    let package = Package {
        clerk: names
            .map(|name| (name.clone(), Generation::Core1))
            .collect(),
        ..Package::default()
    };
    Project::new(vec![package], Box::new(BTreeMap::<String, String>::new()))
});

const OTHER_PATHS: [&str; 8] = [
    "a.vue", "a.svelte", "a.astro", "a.html", "a.mdx", "a.js", "a.tsx", "a.d.ts",
];

fn source(path: &str, text: String) -> Source {
    let mut source = Source::new(path, text, Some(0));
    if let Some(scripts) = discover::scripts(path, &source.text) {
        source.language = Language::Embedded(scripts);
    }
    source
}

fuzz_target!(|data: &[u8]| {
    // The beginning of an example, anything, the end of another one.
    let Some((head, junk)) = data.split_at_checked(9) else {
        return;
    };
    let number = |at: usize| usize::from(u16::from_le_bytes([head[at], head[at + 1]]));
    let (path, one) = &SEEDS[number(0) % SEEDS.len()];
    let (_, other) = &SEEDS[number(2) % SEEDS.len()];
    let path = match usize::from(head[8]) {
        choice if choice < 64 => OTHER_PATHS[choice % OTHER_PATHS.len()],
        _ => path,
    };
    let begin = one.floor_char_boundary(number(4) % (one.len() + 1));
    let end = other.floor_char_boundary(number(6) % (other.len() + 1));
    let junk = String::from_utf8_lossy(junk);
    let text = format!("{}{junk}{}", &one[..begin], &other[end..]);

    let mut source = source(path, text);
    let before = check_source(&source, &PROJECT, &RULES);
    for finding in &before.findings {
        let edits = finding.fix.edits().iter().map(|edit| &edit.span);
        for span in edits.chain([&finding.span]) {
            assert!(
                source
                    .text
                    .get(span.start as usize..span.end as usize)
                    .is_some()
            );
        }
    }
    let all = head[8] % 2 == 0;
    let wanted = |fix: &Fix| all || matches!(fix, Fix::Safe(_));
    fix_source(&mut source, &PROJECT, &RULES, &mut |finding| {
        wanted(&finding.fix)
    });
    let after = check_source(&source, &PROJECT, &RULES);
    assert!(
        before.unread.is_some() || after.unread.is_none(),
        "{path}\n{}",
        source.text
    );
    let once = source.text.clone();
    fix_source(&mut source, &PROJECT, &RULES, &mut |finding| {
        wanted(&finding.fix)
    });
    assert_eq!(once, source.text, "{path}");
});
