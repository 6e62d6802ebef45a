//! No input makes a scan panic or hang: broken programs, absurd sizes and depths, bytes that are no
//! text.
// Helpers outside of test functions fail their test by panicking.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use ironclerk_upgrade::scan::{Request, Rewrite, scan};
use ironclerk_upgrade::{
    Generation, Language, Package, Project, RuleSet, Source, check_source, discover, fix_source,
    report,
};
use proptest::prelude::*;

/// Far more than any of these needs, on a slow machine and without optimisation.
const PATIENCE: Duration = Duration::from_secs(60);

fn project() -> Project {
    let names = RuleSet::all()
        .iter()
        .flat_map(|rule| rule.packages.clone())
        .collect::<Vec<_>>();
    let root = Package {
        clerk: names
            .into_iter()
            .map(|name| (name, Generation::Core1))
            .collect(),
        ..Package::default()
    };
    Project::new(vec![root], Box::new(BTreeMap::<String, String>::new()))
}

/// A file as a scan reads it.
fn source(path: &str, text: &str) -> Source {
    let mut source = Source::new(path, text, Some(0));
    if let Some(scripts) = discover::scripts(path, text) {
        source.language = Language::Embedded(scripts);
    }
    source
}

/// Checks and fixes a text, and looks whether every place is one.
fn survive(path: &str, text: &str, project: &Project, rules: &RuleSet) {
    let started = Instant::now();
    let mut source = source(path, text);
    for finding in check_source(&source, project, rules).findings {
        let places = finding
            .fix
            .edits()
            .iter()
            .map(|edit| edit.span.clone())
            .chain([finding.span]);
        for place in places {
            assert!(
                text.get(place.start as usize..place.end as usize).is_some(),
                "{path} {place:?}"
            );
        }
    }
    fix_source(&mut source, project, rules, &mut |_| true);
    assert!(
        started.elapsed() < PATIENCE,
        "{path} took {:?}",
        started.elapsed()
    );
}

/// The examples of all rules: code in which every rule finds something.
fn seeds() -> Vec<(String, &'static str)> {
    let rules = RuleSet::all();
    let examples = rules.iter().flat_map(|rule| rule.examples());
    examples
        .map(|example| (example.path.clone(), example.text))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn mutated_programs(
        seed in 0..10_000_usize,
        other in 0..10_000_usize,
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..6_u8, "[\\PC]{0,3}"), 1..6),
    ) {
        let seeds = seeds();
        let (path, text) = &seeds[seed % seeds.len()];
        let mut text = (*text).to_owned();
        for (place, kind, inserted) in cuts {
            let mut at = place.index(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            let tail = text.split_off(at);
            match kind {
                0 => text.push_str(&inserted),
                1 => text.push_str(["{", "}", "(", ")", "`", "'", "/*", "</script>", "---\n"][inserted.len() % 9]),
                2 => text.push_str(seeds[other % seeds.len()].1),
                // Nothing more: the end is cut off.
                3 => continue,
                4 => {
                    text.extend(tail.chars().skip(1));
                    continue;
                }
                _ => text.push_str(&tail.chars().take(20).collect::<String>()),
            }
            text.push_str(&tail);
        }
        survive(path, &text, &project(), &RuleSet::all());
    }

    #[test]
    fn texts_of_any_kind(
        name in prop::sample::select(vec![
            "a.ts", "a.tsx", "a.vue", "a.svelte", "a.astro", "a.html", "a.mdx", "package.json", ".env",
            "a.yml", "Dockerfile", "turbo.json", "pnpm-workspace.yaml", ".tool-versions", "a.toml", "README.md",
        ]),
        parts in prop::collection::vec(prop::sample::select(vec![
            "CLERK_API_KEY", "=", ":", "\n", " ", "\"", "'", "{", "}", "[", "]", "<script>", "</script>", "<!--",
            "-->", "---\n", "import ", "from '@clerk/backend'", "@clerk/nextjs", "^0.38.0", "node:", "FROM ", "16",
            "node-version", "- ", "#", "//", "api.clerk.dev", "```", "é", "\u{feff}", "\r\n", "dependencies",
            "engines", "node", "${", "`", "catalog", "NEXT_PUBLIC_CLERK_FRONTEND_API", "lang=ts", ",",
        ]), 0..40),
    ) {
        survive(name, &parts.concat(), &project(), &RuleSet::all());
    }
}

#[test]
fn absurd_depths() {
    let rules = RuleSet::all();
    let import = "import { Clerk } from '@clerk/backend';\n";
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{", "}"),
        ("!", ""),
        ("a?b:", ""),
        ("a+", ""),
        ("<div>", ""),
        ("`${", "}`"),
    ] {
        let text = format!(
            "{import}x = {}0{}",
            open.repeat(10_000),
            close.repeat(10_000)
        );
        survive("a.tsx", &text, &project(), &rules);
    }
    let chain = format!("{import}const c = Clerk(); c{}", ".users".repeat(10_000));
    survive("a.ts", &chain, &project(), &rules);
    let json = format!(
        "{}\"CLERK_API_KEY\"{}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    survive("turbo.json", &json, &project(), &rules);
    survive("package.json", &json, &project(), &rules);
    let yaml: String = (0..2_000)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    survive(
        "a.yml",
        &format!("{yaml}node-version: 16\n"),
        &project(),
        &rules,
    );
}

#[test]
fn one_long_line() {
    let statement = "import{verifyJwt as a}from'@clerk/backend';a(b,{clockSkewInSeconds:5});";
    let text = format!("{}{statement}", "var x=[1,2,3];".repeat(20_000));
    survive("bundle.js", &text, &project(), &RuleSet::all());
    survive(
        ".env",
        &format!("A={}\nCLERK_API_KEY=x", "y".repeat(1_000_000)),
        &project(),
        &RuleSet::all(),
    );
}

#[test]
fn a_tree_of_traps() {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, bytes: &[u8]| fs::write(root.path().join(path), bytes).unwrap();
    write(
        "package.json",
        br#"{"dependencies":{"@clerk/backend":"^0.38.0"}}"#,
    );
    write("latin.ts", b"// clerk caf\xe9");
    write("utf16.ts", b"\xff\xfec\0l\0e\0r\0k\0");
    write("empty.ts", b"");
    write("broken.ts", b"import { Clerk from '@clerk/backend'");
    write(
        "good.ts",
        b"import { Clerk } from '@clerk/backend';\nClerk({});\n",
    );
    write("yarn.lock", b"\"@clerk/backend@\n  version\n\n@:\n");
    write("pnpm-lock.yaml", b"importers:\n  clerk\n :");
    write("bun.lock", b"\"@clerk/backend\": [\"@clerk/backend\"");
    write(
        "tsconfig.json",
        b"{ \"extends\": \"./tsconfig.json\", \"compilerOptions\": { \"paths\": { \"*\": [3] } } }",
    );
    fs::File::create(root.path().join("huge.js"))
        .unwrap()
        .set_len(50_000_000)
        .unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(root.path(), root.path().join("again")).unwrap();
    let request = Request {
        rewrite: Some(Rewrite::default()),
        ..Request::default()
    };
    let scan = scan(root.path(), &request, &|_| {}).unwrap();
    scan.write().unwrap();
    let good = fs::read_to_string(root.path().join("good.ts")).unwrap();
    assert_eq!(
        good,
        "import { createClerkClient } from '@clerk/backend';\ncreateClerkClient({});\n"
    );
    let unread: Vec<&str> = scan
        .unread
        .iter()
        .map(|unread| unread.path.as_str())
        .collect();
    assert_eq!(unread, ["broken.ts", "huge.js", "latin.ts", "utf16.ts"]);
    for format in [
        report::Format::Text,
        report::Format::Json,
        report::Format::Sarif,
        report::Format::Html,
    ] {
        assert!(report::render(&scan, format, false).contains("broken.ts"));
    }
}
