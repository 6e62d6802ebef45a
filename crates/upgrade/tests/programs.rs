//! Properties of generated programs: nothing panics, a fixed file parses, a second run finds nothing to fix.

use ironclerk_upgrade::{
    Fix, Generation, Package, Project, RuleSet, Source, Unread, check_source, fix_source,
    rule::Role,
};
use proptest::prelude::*;
use std::{collections::BTreeMap, sync::LazyLock};

static RULES: LazyLock<RuleSet> = LazyLock::new(RuleSet::all);

fn project() -> Project {
    let mut package = Package::default();
    for rule in RULES.iter() {
        for name in &rule.packages {
            package.clerk.insert(name.clone(), Generation::Core1);
        }
    }
    Project::new(vec![package], Box::new(BTreeMap::<String, String>::new()))
}

fn source(text: String) -> Source {
    Source::new("program.tsx", text, Some(0))
}

/// All examples of code in the rules.
static EXAMPLES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let examples = RULES.iter().flat_map(|rule| rule.examples());
    examples
        .filter(|example| example.role != Role::File && example.path.ends_with(['s', 'x']))
        .map(|example| example.text)
        .collect()
});

const ENTRIES: [&str; 9] = [
    "@clerk/backend",
    "@clerk/clerk-sdk-node",
    "@clerk/nextjs",
    "@clerk/nextjs/server",
    "@clerk/nextjs/api",
    "@clerk/clerk-react",
    "@clerk/types",
    "@clerk/clerk-js",
    "./own",
];

const NAMES: [&str; 20] = [
    "Clerk",
    "createClerkClient",
    "clerkClient",
    "verifyJwt",
    "decodeJwt",
    "signJwt",
    "constants",
    "users",
    "organizations",
    "useUser",
    "useOrganization",
    "useMagicLink",
    "isMagicLinkError",
    "auth",
    "currentUser",
    "setClerkApiKey",
    "MembershipRole",
    "AuthObject",
    "User",
    "API_URL",
];

/// An import or `require` of a few names, in one of the many forms.
fn import() -> impl Strategy<Value = String> {
    let names = prop::sample::subsequence(NAMES.to_vec(), 1..5);
    (
        0..9usize,
        prop::sample::select(ENTRIES.to_vec()),
        names,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(form, entry, names, semicolon, double)| {
            let quote = if double { '"' } else { '\'' };
            let end = if semicolon { ";" } else { "" };
            let list = names.join(", ");
            let alias: Vec<String> = names
                .iter()
                .map(|name| format!("{name} as my{name}"))
                .collect();
            let alias = alias.join(",\n  ");
            match form {
                0 => format!("import {{ {list} }} from {quote}{entry}{quote}{end}"),
                1 => format!("import {{\n  {alias},\n}} from {quote}{entry}{quote}{end}"),
                2 => format!("import type {{ {list} }} from {quote}{entry}{quote}{end}"),
                3 => format!("import it, {{ {list} }} from {quote}{entry}{quote}{end}"),
                4 => format!(
                    "import * as space from {quote}{entry}{quote}{end}\nspace.{}(space.{}){end}",
                    names[0],
                    names[names.len() - 1]
                ),
                5 => format!("const {{ {list} }} = require({quote}{entry}{quote}){end}"),
                6 => format!(
                    "const one = require({quote}{entry}{quote}).{}{end}",
                    names[0]
                ),
                7 => format!("export {{ {list} }} from {quote}{entry}{quote}{end}"),
                _ => format!("const {{ {list} }} = await import({quote}{entry}{quote}){end}"),
            }
        })
}

/// A use of the names.
fn statement() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "const client = new Clerk({ apiKey, frontendApi: f });",
        "const other = createClerkClient({ apiKey: k, secretKey, httpOptions: {} })",
        "const all = await clerkClient.users.getUserList();",
        "const [first] = await users.getUserList({ limit: 1 });",
        "for (const user of await clerkClient.users.getUserList()) show(user.profileImageUrl);",
        "(await organizations.getOrganizationList()).map(({ logoUrl, members_count }) => logoUrl);",
        "const [a, b] = await Promise.all([clerkClient.users.getUserList(), organizations.getOrganizationList()]);",
        "async function f() { return clerkClient.users.getUserList() }",
        "clerkClient.sessions.getSessionList().then(list => list.length)",
        "const { user } = useUser();",
        "user?.update({ password, name: 'x' });",
        "const { organization } = useOrganization({ membershipList: {} });",
        "organization.getMemberships({ limit, offset: 20 });",
        "await clerkClient.authenticateRequest({ request: req, ...rest, apiKey });",
        "let role: MembershipRole;",
        "const { user: { profileImageUrl: picture } } = useUser();",
        "setClerkApiKey(process.env.CLERK_API_KEY);",
        "verifyJwt(token, { clockSkewInSeconds, issuer: x });",
        "const view = <UserButton userProfile={{}} />;",
        "export { Clerk };",
        "if (error instanceof User) throw error;",
        "const shorthand = { users, Clerk, verifyJwt };",
    ])
    .prop_map(str::to_owned)
}

/// Imports that make most of the statements mean Clerk.
fn prelude() -> impl Strategy<Value = String> {
    prop::sample::subsequence(
        vec![
            "import { Clerk, verifyJwt, createClerkClient, User } from '@clerk/backend'",
            "import clerk, { clerkClient, users, organizations, setClerkApiKey } from \"@clerk/clerk-sdk-node\";",
            "import { useUser, useOrganization, UserButton, auth } from '@clerk/nextjs';",
            "import type { MembershipRole } from '@clerk/types';",
        ],
        0..=4,
    )
    .prop_map(|imports| imports.join("\n") + "\n")
}

fn program() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        3 => import(),
        4 => statement(),
        2 => prop::sample::select(&**EXAMPLES).prop_map(|text| text.trim_end().to_owned()),
        1 => Just("// users and Clerk in a comment\nconst text = `getUserList ${Clerk}`;".to_owned()),
    ];
    (prelude(), prop::collection::vec(part, 1..8))
        .prop_map(|(prelude, parts)| prelude + &parts.join("\n") + "\n")
}

/// Fixes a text, with the edits for review as well or without, and looks at what comes out.
fn fixed_for_good(text: String, all: bool) -> String {
    let project = project();
    let mut fixed = source(text);
    let wanted = |fix: &Fix| all || matches!(fix, Fix::Safe(_));
    assert_eq!(check_source(&fixed, &project, &RULES).unread, None);
    fix_source(&mut fixed, &project, &RULES, &mut |finding| {
        wanted(&finding.fix)
    });
    let again = check_source(&fixed, &project, &RULES);
    assert_eq!(again.unread, None, "{}", fixed.text);
    let is_left = |fix: &Fix| !fix.edits().is_empty() && wanted(fix);
    let left: Vec<_> = again
        .findings
        .iter()
        .filter(|finding| is_left(&finding.fix))
        .collect();
    assert!(left.is_empty(), "{left:#?}");
    fixed.text
}

#[test]
fn a_name_is_not_declared_twice() {
    let text = "const { users } = require('@clerk/clerk-sdk-node');
const { sessions } = require('@clerk/clerk-sdk-node');
users.getUser(a);
sessions.getSession(b);
";
    // The second is left to a person, since its new name is taken by then.
    let expected = "const { clerkClient } = require('@clerk/clerk-sdk-node');
const { sessions } = require('@clerk/clerk-sdk-node');
clerkClient.users.getUser(a);
sessions.getSession(b);
";
    assert_eq!(fixed_for_good(text.to_owned(), false), expected);
}

#[test]
fn comments_of_others_stay() {
    for (text, expected) in [
        (
            "import {
  createClerkClient, // online
  verifyJwt,
} from '@clerk/backend';
",
            "import {
  createClerkClient, // online
} from '@clerk/backend';
import { verifyJwt } from '@clerk/backend/jwt';
",
        ),
        (
            "import { createClerkClient, /* offline */ verifyJwt } from '@clerk/backend';
",
            "import { createClerkClient, /* offline */ } from '@clerk/backend';
import { verifyJwt } from '@clerk/backend/jwt';
",
        ),
        (
            "import {
  createClerkClient,
  // offline
  verifyJwt
} from '@clerk/backend';
",
            "import {
  createClerkClient,
  // offline
} from '@clerk/backend';
import { verifyJwt } from '@clerk/backend/jwt';
",
        ),
    ] {
        assert_eq!(fixed_for_good(text.to_owned(), false), expected);
    }
}

#[test]
fn lines_end_as_they_did() {
    let text = "import { verifyJwt, createClerkClient } from '@clerk/backend';\r\nverifyJwt(a);\r\ncreateClerkClient({});\r\n";
    let fixed = fixed_for_good(text.to_owned(), false);
    assert_ne!(fixed, text);
    assert_eq!(fixed.replace("\r\n", "").find('\n'), None, "{fixed:?}");
}

#[test]
fn the_examples_of_all_rules_in_one_file() {
    let readable = |text: &&&str| {
        let source = source((**text).to_owned());
        check_source(&source, &project(), &RULES).unread.is_none()
    };
    let examples: Vec<&str> = EXAMPLES.iter().filter(readable).copied().collect();
    assert!(examples.len() > 500);
    let together = examples.concat();
    for all in [false, true] {
        assert_ne!(fixed_for_good(together.clone(), all), together);
    }
    // Each with the one behind it: what two rules make of the same names.
    for pair in examples.windows(2) {
        fixed_for_good(pair.concat(), true);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn what_is_fixed_parses_and_stays_fixed(text in program(), all in any::<bool>()) {
        let project = project();
        let mut fixed = source(text);
        let was_read = check_source(&fixed, &project, &RULES).unread.is_none();
        let mut wanted = |finding: &ironclerk_upgrade::Finding| all || matches!(finding.fix, Fix::Safe(_));
        fix_source(&mut fixed, &project, &RULES, &mut wanted);
        let again = check_source(&fixed, &project, &RULES);
        prop_assert!(!was_read || again.unread.is_none(), "{:?}\n{}", again.unread, fixed.text);
        let left: Vec<_> = again
            .findings
            .iter()
            .filter(|finding| !finding.fix.edits().is_empty() && wanted(finding))
            .collect();
        prop_assert!(left.is_empty(), "{left:#?}\n{}", fixed.text);
        let once = fixed.text.clone();
        fix_source(&mut fixed, &project, &RULES, &mut |finding| all || matches!(finding.fix, Fix::Safe(_)));
        prop_assert_eq!(once, fixed.text);
    }

    #[test]
    fn every_edit_is_inside_of_the_text(text in program()) {
        let source = source(text);
        for finding in check_source(&source, &project(), &RULES).findings {
            let length = u32::try_from(source.text.len()).unwrap_or(u32::MAX);
            prop_assert!(finding.span.end <= length && finding.span.start <= finding.span.end);
            for edit in finding.fix.edits() {
                prop_assert!(edit.span.end <= length && edit.span.start <= edit.span.end);
            }
        }
    }

    #[test]
    fn mutated_programs_do_no_harm(text in program(), cut in any::<prop::sample::Index>(), junk in "\\PC{0,6}") {
        let mut at = cut.index(text.len() + 1).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let mut text = text;
        text.insert_str(at, &junk);
        let mut fixed = source(text);
        fix_source(&mut fixed, &project(), &RULES, &mut |_| true);
    }
}

#[test]
fn what_is_too_deep_or_too_large_is_not_read() {
    let project = project();
    let deep = format!(
        "const clerk = {}1{};",
        "(".repeat(10_000),
        ")".repeat(10_000)
    );
    assert!(matches!(
        check_source(&source(deep), &project, &RULES).unread,
        Some(Unread::Nesting { .. })
    ));
    let unary = format!("const clerk = {}1;", "!".repeat(20_000));
    assert_eq!(check_source(&source(unary), &project, &RULES).unread, None);
    let sum = format!("const clerk = 1{};", " + 1".repeat(20_000));
    assert_eq!(check_source(&source(sum), &project, &RULES).unread, None);
    let chain = format!("const clerk = a{};", ".b()".repeat(10_000));
    assert_eq!(check_source(&source(chain), &project, &RULES).unread, None);
    let large = format!("const clerk = '{}';", "x".repeat(11 << 20));
    assert!(matches!(
        check_source(&source(large), &project, &RULES).unread,
        Some(Unread::Size { .. })
    ));
    let wrong = check_source(&source("const clerk = ;".into()), &project, &RULES).unread;
    assert!(
        matches!(wrong, Some(Unread::Syntax { line: 1, .. })),
        "{wrong:?}"
    );
}
