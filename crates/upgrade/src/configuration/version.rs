//! Versions: of Clerk's packages, of what they need, and of Node.js.

use nodejs_semver::Version;

use super::json::{self, Entry};
use super::{Format, Place, code_lines, fix, span};
use crate::discover::DEPENDENCY_MAPS;
use crate::release::{self, ClerkPackage, clerk_package};
use crate::{Change, Edit, Finding, Fix, Generation};

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A dependency as a manifest, a catalog or an override names it.
struct Declared {
    name: String,
    entry: Entry,
    is_peer: bool,
}

/// The dependencies that a file declares.
fn declared(place: &Place<'_>) -> Vec<Declared> {
    let text = &place.source.text;
    let file = name(&place.source.path);
    let entries = match file {
        "package.json" | "deno.json" | "deno.jsonc" | "jsr.json" => json::entries(text),
        "pnpm-workspace.yaml" | ".yarnrc.yml" => json::yaml_entries(text),
        _ => return Vec::new(),
    };
    let found = entries.into_iter().filter_map(|mut entry| {
        let path: Vec<&str> = entry.path.iter().map(String::as_str).collect();
        let (name, is_peer) = match (file, path.as_slice()) {
            ("package.json", [map, name]) if DEPENDENCY_MAPS.contains(map) => {
                (*name, *map == "peerDependencies")
            }
            ("package.json", ["overrides" | "resolutions", .., name])
            | ("package.json", ["pnpm", "overrides", name])
            | ("pnpm-workspace.yaml", ["overrides", name]) => (overridden(name), false),
            (_, ["workspaces", "catalog", name] | ["catalog", name]) => (*name, false),
            (_, ["workspaces", "catalogs", _, name] | ["catalogs", _, name]) => (*name, false),
            ("deno.json" | "deno.jsonc" | "jsr.json", ["imports", _]) => {
                let package = entry.value.strip_prefix("npm:")?;
                let at = package.rfind('@').filter(|&at| at > 0)?;
                let name = package[..at].to_owned();
                // What is behind a path, as in `npm:@clerk/backend@^0.38/jwt`, is left in place.
                let range = package[at + 1..].split('/').next()?.to_owned();
                entry.start += "npm:".len() + at + 1;
                entry.value = range;
                return Some(Declared {
                    name,
                    entry,
                    is_peer: false,
                });
            }
            _ => return None,
        };
        let name = name.to_owned();
        Some(Declared {
            name,
            entry,
            is_peer,
        })
    });
    found.collect()
}

/// The package that the key of an override is about: `a>@clerk/types`, `**/@clerk/types`,
/// `@clerk/types@3`.
fn overridden(key: &str) -> &str {
    let last = key.rsplit('>').next().unwrap_or(key);
    let last = last.find("@clerk/").map_or(last, |at| &last[at..]);
    match last.rfind('@') {
        Some(at) if at > 0 => &last[..at],
        _ => last,
    }
}

/// `@clerk/backend@^0.38.0` in what is run or told to be run: scripts, workflows, Dockerfiles, READMEs.
/// The range and where it starts.
fn commanded(place: &Place<'_>) -> Vec<(&'static ClerkPackage, usize, String)> {
    let text = &place.source.text;
    let commands: Vec<(usize, String)> = match (name(&place.source.path), place.format) {
        ("package.json", _) => {
            let is_script = |entry: &Entry| entry.path.first().is_some_and(|key| key == "scripts");
            let scripts = json::entries(text).into_iter().filter(is_script);
            scripts.map(|entry| (entry.start, entry.value)).collect()
        }
        ("pnpm-workspace.yaml" | ".yarnrc.yml", _) => return Vec::new(),
        (_, Format::Yaml | Format::Docker | Format::Script | Format::Readme) => {
            let lines = code_lines(text, place.format);
            lines
                .map(|(start, line)| (start, line.to_owned()))
                .collect()
        }
        _ => return Vec::new(),
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_range = |byte: u8| byte.is_ascii_alphanumeric() || b"^~.*-+".contains(&byte);
    let mut found = Vec::new();
    for (start, command) in commands {
        for (at, scope) in command.match_indices("@clerk/") {
            let end_of = |from: usize, is_part: &dyn Fn(u8) -> bool| {
                let rest = command.as_bytes()[from..].iter();
                from + rest.take_while(|&&byte| is_part(byte)).count()
            };
            let end = end_of(at + scope.len(), &is_name);
            let Some(package) = clerk_package(&command[at..end]) else {
                continue;
            };
            if command.as_bytes().get(end) != Some(&b'@') {
                continue;
            }
            let range = &command[end + 1..end_of(end + 1, &is_range)];
            let range = range.trim_end_matches(['.', '-']);
            found.push((package, start + end + 1, range.to_owned()));
        }
    }
    found
}

pub(super) fn check_retired(place: &Place<'_>, findings: &mut Vec<Finding>) {
    let Change::PackageRetired { names, successor } = &place.rule.change else {
        return;
    };
    for Declared { name, entry, .. } in declared(place) {
        if names.contains(&name) {
            let at = span(entry.start, entry.start + entry.value.len());
            let message = format!(
                "{name} gets no releases beyond Core 2; {successor} replaces it. That step can wait \
                 until the upgrade is done."
            );
            findings.push(place.finding(at, message, Fix::None));
        }
    }
}

pub(super) fn check_packages(place: &Place<'_>, findings: &mut Vec<Finding>) {
    for (package, start, range) in commanded(place) {
        let version = release::minimum(&range);
        let is_core_1 =
            version.is_some_and(|version| package.generation(&version) == Generation::Core1);
        if let (true, Some(first)) = (is_core_1, &package.core_2) {
            let at = span(start, start + range.len());
            let name = package.name;
            let message = format!("{name}@{range} is Core 1; Core 2 begins with {first}.");
            let edits = vec![Edit::replace(at.clone(), raised(&range, package, first).0)];
            findings.push(place.finding(at, message, fix(place.rule, false, edits)));
        }
    }
    for Declared {
        name,
        entry,
        is_peer,
    } in declared(place)
    {
        let Some(package) = clerk_package(&name) else {
            continue;
        };
        let range = entry.value.as_str();
        let minimum = release::minimum(range);
        let admits = minimum.as_ref().map(|version| package.generation(version));
        if admits == Some(Generation::Core2) {
            continue;
        }
        // `latest` and the like are what the lock file makes of them, `>=0.30` as well.
        let own = |index: usize| place.project.packages.get(index)?.clerk.get(&name).copied();
        let used = place.source.package.and_then(own);
        let is_core_1_tag = range == "latest-core-1";
        if used == Some(Generation::Core2)
            || (admits.is_none() && used != Some(Generation::Core1) && !is_core_1_tag)
            || (admits.is_none() && range.contains(':') && !range.starts_with("npm:"))
        {
            continue;
        }
        let at = span(entry.start, entry.start + range.len());
        let Some(first) = &package.core_2 else {
            let message = format!(
                "{name} ended with Core 1: its exports are in @clerk/backend and @clerk/nextjs."
            );
            findings.push(place.finding(at, message, Fix::None));
            continue;
        };
        if is_peer && range.split("||").any(|range| admits_core_2(package, range)) {
            continue;
        }
        let (wanted, is_clear) = raised(range, package, first);
        let message =
            format!("{name} {range} is Core 1; Core 2 begins with {first}. Reinstall afterwards.");
        let edits = vec![Edit::replace(at.clone(), wanted)];
        let mut finding = place.finding(at, message, fix(place.rule, is_clear && !is_peer, edits));
        finding.confidence = crate::Confidence::Certain;
        findings.push(finding);
    }
}

fn admits_core_2(package: &ClerkPackage, range: &str) -> bool {
    release::minimum(range.trim())
        .is_some_and(|version| package.generation(&version) == Generation::Core2)
}

/// A range of Core 2 in the style of another one, and whether that style says all.
fn raised(range: &str, package: &ClerkPackage, first: &Version) -> (String, bool) {
    let (alias, range) = match range.strip_prefix("npm:").and_then(|_| range.rfind('@')) {
        Some(at) => range.split_at(at + 1),
        None => ("", range),
    };
    let range = range.trim();
    let numbers = range.trim_start_matches(['^', '~', '=', '>', 'v', ' ']);
    let style = &range[..range.len() - numbers.len()];
    // A pre-release is a version like any other.
    let parts: Vec<&str> = (numbers
        .split(['-', '+'])
        .next()
        .unwrap_or(numbers)
        .split('.'))
    .collect();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_wildcard = |part: &str| matches!(part, "x" | "X" | "*");
    let is_simple = matches!(style.trim_end(), "" | "^" | "~" | "=" | "v" | ">=")
        && !numbers.contains([' ', '|', '<', '>'])
        && parts.len() <= 3
        && is_number(parts[0])
        && (parts[1..].iter()).all(|part| is_number(part) || is_wildcard(part));
    if !is_simple {
        return (format!("{alias}^{first}"), false);
    }
    let last = package.last.as_ref().unwrap_or(first);
    let wildcard = parts.iter().copied().find(|part| is_wildcard(part));
    let version = match (wildcard, parts.len(), style.trim_end()) {
        (Some(wildcard), ..) => format!("{}.{wildcard}", first.major()),
        (None, 1, _) => first.major().to_string(),
        (None, 2, "^" | ">=") => format!("{}.{}", first.major(), first.minor()),
        (None, 2, _) => format!("{}.{}", last.major(), last.minor()),
        (None, _, "^" | ">=") => first.to_string(),
        (None, ..) => last.to_string(),
    };
    (format!("{alias}{style}{version}"), true)
}

pub(super) fn check_required(place: &Place<'_>, findings: &mut Vec<Finding>) {
    let Change::RequiredVersion { of, minimum } = &place.rule.change else {
        return;
    };
    let Ok(minimum) = Version::parse(minimum) else {
        return;
    };
    // Without a Clerk package around, what Clerk needs does not matter.
    if place.generation != Generation::Core1 {
        return;
    }
    let mut report = |at: usize, version: &str, wanted: Option<String>, is_safe: bool| {
        let at = span(at, at + version.len());
        let what = if of == "node" { "Node.js" } else { of };
        let message = format!("{what} {version} is older than {minimum}, which Core 2 needs.");
        let edits = wanted.map(|wanted| Edit::replace(at.clone(), wanted));
        let edits = edits.into_iter().collect();
        let mut finding = place.finding(at, message, fix(place.rule, is_safe, edits));
        if is_workflow_of_several(place) {
            finding.confidence = finding.confidence.min(crate::Confidence::Likely);
        }
        findings.push(finding);
    };
    if of != "node" {
        for Declared {
            name,
            entry,
            is_peer,
        } in declared(place)
        {
            let is_old = release::minimum(&entry.value).is_some_and(|version| version < minimum);
            let admits_newer = entry.value.split("||").any(|range| {
                release::minimum(range.trim()).is_some_and(|version| version >= minimum)
            });
            if name == *of && is_old && !admits_newer && !is_peer {
                report(entry.start, &entry.value, None, false);
            }
        }
        return;
    }
    let text = &place.source.text;
    match place.format {
        Format::Json if name(&place.source.path) == "package.json" => {
            for entry in json::entries(text) {
                let path: Vec<&str> = entry.path.iter().map(String::as_str).collect();
                if !is_older(&entry.value, &minimum) {
                    continue;
                }
                match path.as_slice() {
                    ["engines", "node"] => {
                        report(
                            entry.start,
                            &entry.value,
                            Some(format!(">={minimum}")),
                            true,
                        );
                    }
                    ["volta", "node"] => {
                        report(
                            entry.start,
                            &entry.value,
                            Some(newer(&entry.value, &minimum)),
                            false,
                        );
                    }
                    _ => {}
                }
            }
        }
        Format::Version => {
            let is_tools = name(&place.source.path) == ".tool-versions";
            for (start, line) in code_lines(text, place.format) {
                let mut words = line.split_whitespace();
                if is_tools && !matches!(words.next(), Some("nodejs" | "node")) {
                    continue;
                }
                for word in words {
                    if is_older(word, &minimum) {
                        let at = start + (word.as_ptr() as usize - line.as_ptr() as usize);
                        report(at, word, Some(newer(word, &minimum)), false);
                    }
                }
            }
        }
        Format::Docker | Format::Yaml => {
            let mut is_list = None;
            for (start, line) in code_lines(text, place.format) {
                for word in node_versions(line, place.format, &mut is_list) {
                    if is_older(word, &minimum) {
                        let at = start + (word.as_ptr() as usize - line.as_ptr() as usize);
                        report(at, word, Some(newer(word, &minimum)), false);
                    }
                }
            }
        }
        _ => {}
    }
}

/// Whether the file is a workflow with no `package.json` beside its folder: which of the packages below it is for is not
/// known then.
fn is_workflow_of_several(place: &Place<'_>) -> bool {
    let path = &place.source.path;
    let above = [".github/", ".circleci/"].iter().find_map(|folder| {
        path.split_once(folder)
            .map(|(above, _)| above.trim_end_matches('/'))
    });
    above.is_some_and(|above| {
        !(place.project.packages.iter()).any(|package| package.directory == above)
    })
}

/// The versions of Node.js that a line of a Dockerfile, a workflow or a compose file names. `list`
/// is the indent of a `node-version:` whose values follow on lines of their own.
fn node_versions<'l>(line: &'l str, format: Format, list: &mut Option<usize>) -> Vec<&'l str> {
    let trimmed = line.trim_start();
    let indent = line.len() - trimmed.len();
    let is_number =
        |word: &&str| word.starts_with(|c: char| c.is_ascii_digit()) || word.starts_with("lts/");
    let words = |value: &'l str| {
        value
            .split(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | ',' | '"' | '\''))
            .filter(is_number)
            .collect::<Vec<_>>()
    };
    if let Some(above) = *list {
        if let Some(item) = trimmed.strip_prefix("- ").filter(|_| indent >= above) {
            return words(item);
        }
        if !trimmed.is_empty() {
            *list = None;
        }
    }
    let key = trimmed.trim_start_matches("- ");
    if format == Format::Yaml {
        let keys = [
            "node-version:",
            "node_version:",
            "node-versions:",
            "NODE_VERSION:",
            "node:",
        ];
        if let Some(value) = keys.iter().find_map(|name| key.strip_prefix(name)) {
            if value.trim().is_empty() {
                *list = Some(indent);
            }
            let is_expression = value.contains("${{");
            return if is_expression {
                Vec::new()
            } else {
                words(value)
            };
        }
    }
    // ARG NODE_VERSION=18.8.0, for `FROM node:${NODE_VERSION}-slim`
    if format == Format::Docker
        && let Some((instruction, value)) = trimmed.split_once("NODE_VERSION")
        && matches!(instruction.trim_end(), "ARG" | "ENV" | "arg" | "env")
    {
        return words(value.trim_start_matches(['=', ' ']));
    }
    // FROM node:16-alpine, image: node:16, cimg/node:16.13
    let is_image = match format {
        Format::Docker => trimmed
            .get(..5)
            .is_some_and(|word| word.eq_ignore_ascii_case("from ")),
        _ => ["image:", "name:", "container:"]
            .iter()
            .any(|name| key.starts_with(name)),
    };
    let image = line.match_indices("node:").find(|(at, _)| {
        is_image
            && line[..*at].ends_with(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\''))
    });
    let version = image.map(|(at, found)| {
        let tag = &line[at + found.len()..];
        let end = tag
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(tag.len());
        tag[..end].trim_end_matches('.')
    });
    version.into_iter().filter(is_number).collect()
}

/// Whether something that selects a version of Node.js can select one below the minimum. `18` and
/// `18.x` select the newest of that line.
fn is_older(selector: &str, minimum: &Version) -> bool {
    const OLD_LINES: [&str; 7] = [
        "argon", "boron", "carbon", "dubnium", "erbium", "fermium", "gallium",
    ];
    if let Some(line) = selector.strip_prefix("lts/") {
        return OLD_LINES.contains(&line.to_ascii_lowercase().as_str());
    }
    let version = selector.trim_start_matches(['^', '~', '=', 'v', ' ']);
    let parts: Vec<&str> = version.split('.').collect();
    let is_line = parts[1..]
        .iter()
        .all(|part| matches!(*part, "x" | "X" | "*"));
    if is_line && parts[0] == minimum.major().to_string() {
        return false;
    }
    // Tags of images have two parts, and mean the newest of them: 18.17 is recent enough.
    release::minimum(selector).is_some_and(|version| version < *minimum)
}

/// The minimum in the style of an older version: `16` becomes `18`, `v16.13.2` becomes `v18.17.0`.
fn newer(old: &str, minimum: &Version) -> String {
    if old.starts_with("lts/") {
        return "lts/hydrogen".to_owned();
    }
    let numbers = old.trim_start_matches(['^', '~', '=', '>', 'v', ' ']);
    let style = &old[..old.len() - numbers.len()];
    let parts: Vec<&str> = numbers.split('.').collect();
    let wildcard = parts
        .iter()
        .copied()
        .find(|part| matches!(*part, "x" | "X" | "*"));
    let (major, minor) = (minimum.major(), minimum.minor());
    match (wildcard, parts.len()) {
        (Some(wildcard), _) => format!("{style}{major}.{wildcard}"),
        (None, 1) => format!("{style}{major}"),
        (None, 2) => format!("{style}{major}.{minor}"),
        (None, _) => format!("{style}{minimum}"),
    }
}
